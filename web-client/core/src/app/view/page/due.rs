//! What has a day: deficiencies, tasks, items of task checklists, inspections, unsigned notes.

use ankomst_shared::app::{Act, Badge, Body, Input, Line, Part, Sign, Tone};
use ankomst_shared::catalog::{
    Checklist, days_after, is_over, is_working_day, read_date, written_date,
};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::order;
use ankomst_shared::text::Word;
use ankomst_shared::value::Value;
use jiff::civil::Date;

use super::super::viewer::Viewer;
use super::made::{action, asked, badge, question, quiet, signed};

/// A flat is inspected once a quarter; so many days after the last one it is late (domain 2.2).
const INSPECTION_DAYS: i64 = 92;
/// Working days after which an unsigned note is warned of (domain 3.13).
const UNSIGNED_DAYS: usize = 3;

impl Viewer<'_> {
    /// A day with its weekday and how far it is; a day passed is marked.
    pub(super) fn day_badge(&self, day: Date) -> Badge {
        let today = self.now.today();
        let text = written_date(day);
        if day < today {
            return signed(self.f(Word::LateSince, &[&text]), Tone::Danger, Sign::Clock);
        }
        if day == today {
            return signed(self.w(Word::DueToday), Tone::Decide, Sign::Clock);
        }
        badge(self.f(Word::DueOn, &[&text]), Tone::Plain)
    }

    /// Open deficiencies of a house whose day has passed.
    pub(super) fn late_deficiencies(&mut self, house: DocumentId) -> usize {
        let (home, entries) = self.listed(house, "deficiencies");
        let today = self.now.today();
        let late = entries.iter().filter(|entry| {
            let key = |field: &str| format!("deficiencies/{entry}/{field}");
            !is_over(&self.text(home, &key("state")))
                && read_date(&self.text(home, &key("deadline"))).is_some_and(|day| day < today)
        });
        late.count()
    }

    /// The deficiencies of a house: what is open by its day, then what is over.
    pub(super) fn deficiency_part(&mut self, house: DocumentId) -> Part {
        let (home, entries) = self.listed(house, "deficiencies");
        let mut lines: Vec<(bool, String, Line)> = Vec::new();
        for entry in entries {
            let key = |field: &str| format!("deficiencies/{entry}/{field}");
            let over = is_over(&self.text(home, &key("state")));
            let day = self.text(home, &key("deadline"));
            let line = self.deficiency_line(house, home, &entry);
            lines.push((over, day, line));
        }
        order::sort_by_key(&mut lines, |(over, day, _)| (*over, day.clone()));
        let lines = lines.into_iter().map(|(_, _, line)| line).collect();
        let mut part =
            self.lines("deficiencies", Word::Deficiencies, lines, Word::DeficienciesNone);
        if !self.inspects() {
            return part;
        }
        let questions = vec![
            question("title", self.w(Word::DeficiencyTitle), Input::Text, Value::Null),
            question("severity", self.w(Word::Severity), self.choices("severity"), Value::Null),
        ];
        part.actions.push(asked(
            self.add(house, "deficiencies", Word::AddDeficiency),
            "",
            questions,
        ));
        part
    }

    /// What a deficiency is called: its own title, or what the item demands.
    pub(in crate::app::view) fn deficiency_title(
        &mut self,
        home: DocumentId,
        entry: &str,
    ) -> String {
        let title = self.text(home, &format!("deficiencies/{entry}/title"));
        if !title.is_empty() {
            return title;
        }
        let item = self.text(home, &format!("deficiencies/{entry}/item"));
        let known = self.catalog.item(&item);
        known.map_or(item, |known| known.label.get(self.language).to_owned())
    }

    pub(super) fn deficiency_line(
        &mut self,
        house: DocumentId,
        home: DocumentId,
        entry: &str,
    ) -> Line {
        let key = |field: &str| format!("deficiencies/{entry}/{field}");
        let code = self.text(home, &key("state"));
        let over = is_over(&code);
        let severity = self.words(home, &key("severity"));
        let grave = self.text(home, &key("severity"));
        let tone = if over {
            Tone::Plain
        } else if matches!(grave.as_str(), "S1" | "S2") {
            Tone::Danger
        } else {
            Tone::Decide
        };
        let mut badges = Vec::new();
        if !severity.is_empty() {
            badges.push(badge(severity, tone));
        }
        // Open is no good news for a deficiency.
        let state = self.state(home, &key("state"));
        badges.extend(
            state.map(|state| Badge { tone: if over { state.tone } else { Tone::Plain }, ..state }),
        );
        if !over && let Some(day) = read_date(&self.text(home, &key("deadline"))) {
            badges.push(self.day_badge(day));
        }
        badges.extend(self.entry_badge(home, "deficiencies", entry));
        let detail: Vec<String> =
            [self.text(home, &key("item")), self.text(home, &key("description"))]
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect();
        let mut actions = Vec::new();
        if !over {
            let state = key("state");
            let is_claimed = code == "fixed_claimed";
            let (to, label) = if is_claimed {
                ("verified", Word::Verify)
            } else {
                ("fixed_claimed", Word::Fixed)
            };
            actions.extend(self.setting((home, &state), Value::text(to), (to, label, Sign::Tick)));
            let act = Act::Sighting { document: home, entry: entry.to_owned() };
            actions.push(quiet(action("still-there", self.w(Word::StillThere), Sign::Danger, act)));
        }
        Line {
            key: entry.to_owned(),
            href: Some(format!("/boenden/{house}/deficiencies/{entry}")),
            title: self.deficiency_title(home, entry),
            detail: detail.join(" · "),
            badges,
            actions,
            ..Line::default()
        }
    }

    /// When the house is to be inspected next, in words, and whether that day has passed.
    pub(super) fn next_inspection(&mut self, house: DocumentId) -> (String, bool) {
        let mut last: Option<Date> = None;
        for run in self.runs_of(house) {
            let is_one = self.checklist(run).is_ok_and(Checklist::is_inspection);
            if is_one && self.text(run, "state") != "cancelled" {
                last = last.max(read_date(&self.text(run, "anchor_date")));
            }
        }
        let Some(last) = last else { return (self.w(Word::NeverInspected).to_owned(), false) };
        let Some(next) = days_after(last, INSPECTION_DAYS) else { return (String::new(), false) };
        let late = next < self.now.today();
        let word = if late { Word::LateSince } else { Word::DueOn };
        (self.f(word, &[&written_date(next)]), late)
    }

    /// The tasks of a case: what is open by its day, then what is over.
    pub(super) fn task_part(&mut self, case: DocumentId) -> Part {
        let (home, entries) = self.listed(case, "tasks");
        let mut lines: Vec<(bool, String, Line)> = Vec::new();
        for entry in entries {
            let key = |field: &str| format!("tasks/{entry}/{field}");
            let (over, due) =
                (is_over(&self.text(home, &key("status"))), self.text(home, &key("due")));
            lines.push((over, due, self.task_line(case, &entry)));
        }
        order::sort_by_key(&mut lines, |(over, due, _)| (*over, due.is_empty(), due.clone()));
        let lines = lines.into_iter().map(|(_, _, line)| line).collect();
        let mut part = self.lines("tasks", Word::Tasks, lines, Word::TasksNone);
        let questions = vec![
            question("title", self.w(Word::TaskTitle), Input::Text, Value::Null),
            question(
                "department",
                self.w(Word::Department),
                self.choices("department"),
                Value::Null,
            ),
            question("due", self.w(Word::DueDate), Input::Date, Value::text(self.today_text())),
        ];
        part.actions.push(asked(self.add(case, "tasks", Word::AddTask), "", questions));
        part
    }

    pub(super) fn task_line(&mut self, case: DocumentId, entry: &str) -> Line {
        let key = |field: &str| format!("tasks/{entry}/{field}");
        let code = self.text(case, &key("status"));
        let over = is_over(&code);
        let mut badges: Vec<_> = self.state(case, &key("status")).into_iter().collect();
        let due = read_date(&self.text(case, &key("due"))).filter(|_| !over);
        let has_due = due.is_some();
        badges.extend(due.map(|day| self.day_badge(day)));
        badges.extend(self.entry_badge(case, "tasks", entry));
        let mut detail =
            vec![self.words(case, &key("department")), self.text(case, &key("detail"))];
        let attempts = self.record(case).map_or(0, |record| record.counted(&key("attempts")));
        if attempts > 0 {
            detail.push(self.f(Word::Attempts, &[&attempts.to_string()]));
        }
        detail.retain(|part| !part.is_empty());
        let mut actions = Vec::new();
        let state = key("status");
        if over {
            actions.extend(self.setting(
                (case, &state),
                Value::text("todo"),
                ("todo", Word::Reopen, Sign::Back),
            ));
        } else {
            actions.extend(self.setting(
                (case, &state),
                Value::text("done"),
                ("done", Word::Done, Sign::Tick),
            ));
            if let Ok(path) = ankomst_shared::path::FieldPath::parse(&key("attempts")) {
                let act = Act::Count { document: case, path };
                actions.push(quiet(action("attempt", self.w(Word::CountAttempt), Sign::Plus, act)));
            }
        }
        Line {
            key: entry.to_owned(),
            href: Some(format!("/arenden/{case}/tasks/{entry}")),
            title: self.text(case, &key("title")),
            detail: detail.join(" · "),
            badges,
            actions,
            why: if has_due { vec![self.why("task_overdue", case, entry)] } else { Vec::new() },
            ..Line::default()
        }
    }

    /// How long a note has been unsigned, in working days.
    pub(super) fn unsigned_days(&self, written_ms: i64) -> usize {
        let Some(from) = self.now.local(written_ms) else { return 0 };
        let (mut day, today, mut days) = (from.date(), self.now.today(), 0);
        while day < today && days < 100 {
            let Ok(next) = day.tomorrow() else { break };
            day = next;
            days += usize::from(is_working_day(day));
        }
        days
    }

    /// How long a note has been unsigned, as a mark.
    pub(super) fn unsigned_badge(&self, written_ms: i64) -> Badge {
        let days = self.unsigned_days(written_ms);
        let tone = match days {
            0..UNSIGNED_DAYS => Tone::Plain,
            UNSIGNED_DAYS..=7 => Tone::Decide,
            _ => Tone::Danger,
        };
        signed(self.f(Word::UnsignedDays, &[&days.to_string()]), tone, Sign::Clock)
    }

    /// Everything on this device whose day has come or passed, the oldest first.
    pub(super) fn due_part(&mut self) -> Part {
        let today = self.now.today();
        let mut lines: Vec<(String, Line)> = Vec::new();
        for house in self.of_kind("residence") {
            let name = self.text(house, "name");
            let (home, entries) = self.listed(house, "deficiencies");
            for entry in entries {
                let key = |field: &str| format!("deficiencies/{entry}/{field}");
                let day = self.text(home, &key("deadline"));
                let open = !is_over(&self.text(home, &key("state")));
                if open && read_date(&day).is_some_and(|day| day <= today) {
                    let line = self.deficiency_line(house, home, &entry);
                    lines.push((day, Line { detail: name.clone(), actions: Vec::new(), ..line }));
                }
            }
            let (words, late) = self.next_inspection(house);
            if late {
                lines.push((
                    String::new(),
                    Line {
                        key: format!("inspection-{house}"),
                        href: Some(format!("/boenden/{house}")),
                        title: self.w(Word::InspectionDue).to_owned(),
                        detail: name,
                        badges: vec![badge(words, Tone::Danger)],
                        ..Line::default()
                    },
                ));
            }
            self.late_runs(house, &mut lines);
        }
        for case in self.of_kind("case") {
            let title = self.title(case);
            for entry in self.listed(case, "tasks").1 {
                let key = |field: &str| format!("tasks/{entry}/{field}");
                let day = self.text(case, &key("due"));
                let open = !is_over(&self.text(case, &key("status")));
                if open && read_date(&day).is_some_and(|day| day <= today) {
                    let line = self.task_line(case, &entry);
                    lines.push((day, Line { detail: title.clone(), actions: Vec::new(), ..line }));
                }
            }
            self.late_runs(case, &mut lines);
            let (journal, notes) = self.listed(case, "notes");
            for entry in notes {
                let line = self.note_line(case, journal, &entry);
                let late = line.1.is_some_and(|days| days >= UNSIGNED_DAYS);
                if late {
                    lines.push((String::new(), Line { detail: title.clone(), ..line.0 }));
                }
            }
        }
        order::sort_by_key(&mut lines, |(day, _)| day.clone());
        let lines = lines.into_iter().map(|(_, line)| line).collect();
        let body = Body::Lines(lines, self.w(Word::DueNone).to_owned());
        super::made::part("due", self.w(Word::DueTitle), body)
    }

    /// Runs of task checklists at a house or in a case that have items past their day.
    fn late_runs(&mut self, parent: DocumentId, lines: &mut Vec<(String, Line)>) {
        for run in self.runs_of(parent) {
            if self.checklist(run).is_ok_and(Checklist::is_inspection) {
                continue;
            }
            let Ok(row) = self.run_row(run) else { continue };
            if row.overdue > 0 {
                let late = self.f(Word::ItemsLate, &[&row.overdue.to_string()]);
                let line = Line {
                    key: run.to_string(),
                    href: Some(format!("/besok/{run}")),
                    title: row.title,
                    detail: self.title(parent),
                    badges: vec![badge(late, Tone::Danger)],
                    ..Line::default()
                };
                lines.push((String::new(), line));
            }
        }
    }
}
