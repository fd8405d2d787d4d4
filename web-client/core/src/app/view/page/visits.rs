//! Visits and runs of checklists, as lines.

use ankomst_shared::app::{Line, Part, Tone};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::text::Word;

use super::super::viewer::Viewer;
use super::made::badge;

impl Viewer<'_> {
    /// Inspections and visits, the newest first.
    pub(super) fn visit_part(&mut self, id: DocumentId) -> Part {
        let mut lines = Vec::new();
        for entry in self.listed(id, "visits").1 {
            lines.push(self.visit_line(id, &entry));
        }
        lines.extend(self.run_lines(id, true));
        let mut visits = self.lines("visits", Word::Visits, lines, Word::VisitsNone);
        visits.actions.push(self.add(id, "visits", Word::PlanVisit));
        visits
    }

    /// Runs of checklists at a house or in a case, the newest first.
    pub(super) fn runs_of(&self, parent: DocumentId) -> Vec<DocumentId> {
        let mut runs = self.of_kind("run");
        runs.retain(|run| {
            self.open.headers.get(run).and_then(|header| header.parent) == Some(parent)
        });
        runs
    }

    /// Runs as lines: inspections, or all others.
    pub(super) fn run_lines(&mut self, id: DocumentId, inspections: bool) -> Vec<Line> {
        let mut lines = Vec::new();
        for run in self.runs_of(id) {
            match self.checklist(run) {
                Ok(list) if list.is_inspection() == inspections => lines.extend(self.run_line(run)),
                // Of a newer program, or begun under a checklist that is still to come.
                Err(_) if !inspections => lines.push(Line {
                    key: run.to_string(),
                    title: self.w(Word::RunUnread).to_owned(),
                    ..Line::default()
                }),
                Ok(_) | Err(_) => {}
            }
        }
        lines
    }

    pub(super) fn run_line(&mut self, run: DocumentId) -> Option<Line> {
        let row = self.run_row(run).ok()?;
        let mut badges: Vec<_> = self.state(run, "state").into_iter().collect();
        if row.not_ok > 0 {
            badges.push(badge(self.f(Word::NotOk, &[&row.not_ok.to_string()]), Tone::Danger));
        }
        if row.overdue > 0 {
            badges.push(badge(self.f(Word::ItemsLate, &[&row.overdue.to_string()]), Tone::Danger));
        }
        badges.extend(self.conflicts(usize::try_from(row.conflicts).unwrap_or(usize::MAX)));
        Some(Line {
            key: run.to_string(),
            href: Some(format!("/besok/{run}")),
            title: row.title,
            detail: format!("{} · {}", self.moment(row.started_ms), row.people.join(", ")),
            figure: self.f(Word::Of, &[&row.answered.to_string(), &row.total.to_string()]),
            badges,
            progress: Some((row.answered, row.total)),
            ..Line::default()
        })
    }

    pub(super) fn visit_line(&mut self, parent: DocumentId, entry: &str) -> Line {
        let key = |field: &str| format!("visits/{entry}/{field}");
        let at = self.number(parent, &key("planned_at"));
        Line {
            key: entry.to_owned(),
            href: Some(format!("{}/visits/{entry}", self.address(parent))),
            title: self.words(parent, &key("kind")),
            detail: at.map_or_else(String::new, |at| self.moment(at)),
            badges: self.state(parent, &key("outcome")).into_iter().collect(),
            ..Line::default()
        }
    }
}
