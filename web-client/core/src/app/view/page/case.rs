//! `/arenden/<id>`: one case: household, intakes, checklists, journal, tasks, placement.

use ankomst_shared::app::{Act, Body, Line, PageView, Part, Refusal, Sign, Tone};
use ankomst_shared::catalog::is_over;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::text::Word;

use super::super::viewer::{Viewer, count};
use super::made::{action, badge, notice, part, primary, signed};

impl Viewer<'_> {
    pub(super) fn case(&mut self, id: DocumentId) -> Result<PageView, Refusal> {
        let record = self.record(id)?;
        let mut badges = Vec::new();
        let mut parts = Vec::new();
        if self.is_protected(id) {
            badges.push(signed(self.w(Word::Protected), Tone::Danger, Sign::Shield));
            parts.push(notice("protected", Tone::Danger, self.w(Word::ProtectedHelp)));
        }
        badges.push(signed(self.case_number(id), Tone::Plain, Sign::None));
        badges.extend(self.state(id, "state"));
        badges.extend(self.conflicts(record.open()));
        let journal = self.home(id, "notes").map_or(id, |(journal, _)| journal);
        parts.extend(self.decide_parts(id, None));
        parts.extend(self.broken_part(id, &[id, journal]));
        parts.push(self.case_overview(id));
        parts.push(self.entries_part(
            id,
            "intakes",
            [Word::Intakes, Word::IntakesNone, Word::AddIntake],
        ));
        parts.push(self.checklist_part(id));
        parts.push(self.task_part(id));
        parts.push(self.journal_part(id));
        parts.push(self.entries_part(
            id,
            "persons",
            [Word::PersonsTitle, Word::PersonsNone, Word::AddPerson],
        ));
        parts.push(self.living_part(id));
        parts.push(self.case_visits(id));
        parts.extend(self.files_part(id, ""));
        parts.extend(self.rules_part(id, ("", "")));
        parts.push(self.more(id));
        let intake = primary(self.add(id, "intakes", Word::AddIntake));
        let note = self.add(id, "notes", Word::AddNote);
        Ok(PageView {
            title: self.title(id),
            back: Some(("/arenden".to_owned(), self.w(Word::Cases).to_owned())),
            badges,
            actions: vec![intake, note],
            parts,
        })
    }

    fn case_overview(&mut self, id: DocumentId) -> Part {
        let mut facts = Vec::new();
        for (word, key) in [
            (Word::Phone, "phone"),
            (Word::ArrivalDate, "arrival_date"),
            (Word::ComingFrom, "arriving_from"),
            (Word::CaseKind, "case_kind"),
            (Word::Priority, "priority"),
        ] {
            facts.push((self.w(word).to_owned(), self.words(id, key)));
        }
        facts.retain(|(_, value)| !value.is_empty());
        let mut about = part("about", self.w(Word::AboutCase), Body::Facts(facts));
        let act = Act::Go(format!("/arenden/{id}/uppgifter"));
        about.actions.push(action("change", self.w(Word::ChangeFacts), Sign::Pencil, act));
        about
    }

    /// The entries of a list as lines, with a button for a new one.
    pub(super) fn entries_part(
        &mut self,
        parent: DocumentId,
        list: &str,
        [title, none, add]: [Word; 3],
    ) -> Part {
        let entries = match list {
            "persons" => self.people(parent),
            _ => self.listed(parent, list).1,
        };
        let lines = entries.iter().map(|entry| self.entry_line(parent, list, entry)).collect();
        let mut part = self.lines(list, title, lines, none);
        part.actions.push(self.add(parent, list, add));
        part
    }

    /// Runs of task checklists, with the checklists that fit.
    pub(super) fn checklist_part(&mut self, id: DocumentId) -> Part {
        let lines = self.run_lines(id, false);
        let mut part = self.lines("checklists", Word::Checklists, lines, Word::ChecklistsNone);
        part.actions = self.starts(id, false);
        if self.open.unread > 0 {
            self.w(Word::OwnUnread).clone_into(&mut part.help);
        }
        part
    }

    /// Where the persons of the case live.
    fn living_part(&mut self, id: DocumentId) -> Part {
        let case = id.to_string();
        let mut lines = Vec::new();
        for house in self.of_kind("residence") {
            let Ok(record) = self.record(house) else { continue };
            let mut own = record.entries(self.catalog, "residence", "occupancy");
            own.retain(|entry| record.text(&format!("occupancy/{entry}/case")) == case);
            for entry in own {
                lines.extend(self.living_line(house, &entry));
            }
        }
        self.lines("living", Word::Living, lines, Word::LivingNone)
    }

    /// A placement as a line; nothing where somebody has decided against it.
    pub(super) fn living_line(&mut self, house: DocumentId, entry: &str) -> Option<Line> {
        let record = self.record(house).ok()?;
        let key = |field: &str| format!("occupancy/{entry}/{field}");
        let mut badges: Vec<_> = self.state(house, &key("state")).into_iter().collect();
        match self.lived(&record).placements().find(|one| one.entry == entry) {
            Some(one) if one.state == "disputed" => {
                badges = vec![badge(self.placement(&one.state), Tone::Decide)];
            }
            None if !is_over(record.text(&key("state"))) => return None,
            _ => {}
        }
        let room = record.text(&key("room")).to_owned();
        let room = self.text(house, &format!("rooms/{room}/label"));
        Some(Line {
            href: Some(format!("/boenden/{house}")),
            title: self.occupant_name(house, entry),
            detail: format!("{} · {room}", self.text(house, "name")),
            figure: self.text(house, &key("from_date")),
            badges,
            key: entry.to_owned(),
            ..Line::default()
        })
    }

    fn case_visits(&mut self, id: DocumentId) -> Part {
        let mut lines = Vec::new();
        for entry in self.listed(id, "visits").1 {
            lines.push(self.visit_line(id, &entry));
        }
        let mut visits = self.lines("visits", Word::Visits, lines, Word::VisitsNone);
        visits.actions.push(self.add(id, "visits", Word::PlanVisit));
        visits
    }

    /// The way to everything else that can be recorded of a house or case.
    pub(super) fn more(&mut self, id: DocumentId) -> Part {
        let address = self.address(id);
        let mut lines = vec![Line {
            key: "whole".to_owned(),
            href: Some(format!("{address}/uppgifter")),
            title: self.w(Word::AllFacts).to_owned(),
            ..Line::default()
        }];
        let shown = ["persons", "intakes", "tasks", "visits", "occupancy", "attachments"];
        let lists = self.kind(id).map(|kind| kind.entry_lists.as_slice()).unwrap_or_default();
        for list in lists.iter().filter(|list| !shown.contains(&list.id.as_str())) {
            let number = count(self.listed(id, &list.id).1.len());
            // What only the program writes is shown once there is some.
            if number == 0 && list.is_made_by_program() {
                continue;
            }
            lines.push(Line {
                key: list.id.clone(),
                href: Some(format!("{address}/{}", list.id)),
                title: list.label.get(self.language).to_owned(),
                figure: number.to_string(),
                ..Line::default()
            });
        }
        lines.extend(self.kind_lines(Some(id)));
        lines.push(Line {
            key: "history".to_owned(),
            href: Some(format!("{address}/historik")),
            title: self.w(Word::History).to_owned(),
            ..Line::default()
        });
        self.lines("more", Word::More, lines, Word::Empty)
    }
}
