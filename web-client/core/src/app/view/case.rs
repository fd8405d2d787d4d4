//! Cases, persons, intakes.

use ankomst_shared::app::{CaseListView, CaseRow, CaseView, EntryRow, Refusal};
use ankomst_shared::ids::DocumentId;

use super::super::rows::Stage;
use super::viewer::{Viewer, count};

impl Viewer<'_> {
    pub(super) fn cases(&mut self) -> CaseListView {
        let ids = self.of_kind("case");
        CaseListView { rows: ids.into_iter().filter_map(|id| self.case_row(id).ok()).collect() }
    }

    pub(super) fn case(&mut self, id: DocumentId) -> Result<CaseView, Refusal> {
        let row = self.case_row(id)?;
        let record = self.record(id)?;
        let persons = record.entries(self.catalog, "case", "persons");
        let persons = persons.iter().map(|entry| self.person_row(id, entry)).collect();
        let intakes = record.entries(self.catalog, "case", "intakes");
        let intakes = intakes.iter().map(|entry| self.intake_row(id, entry)).collect();
        Ok(CaseView { row, form: self.form(id, None)?, persons, intakes })
    }

    fn case_row(&mut self, id: DocumentId) -> Result<CaseRow, Refusal> {
        let record = self.record(id)?;
        let number = self.text(id, "case_number");
        // Until the server has given a number, the end of the id serves.
        let text = id.to_string();
        let short: String = text.chars().skip(text.len().saturating_sub(4)).collect();
        let number =
            if number.is_empty() { format!("T-{}", short.to_ascii_uppercase()) } else { number };
        let persons = record.entries(self.catalog, "case", "persons");
        let persons = persons.iter().map(|entry| self.person_name(id, entry)).collect();
        let unsent = self.open.chunks.get(&id).into_iter().flatten();
        let unsent = unsent.filter(|(_, row)| row.stage == Stage::Unsent).count();
        let arrival = self.text(id, "arrival_date");
        Ok(CaseRow {
            document: id,
            number,
            title: self.text(id, "household_label"),
            persons,
            state: self.words(id, "state"),
            arrival: Some(arrival).filter(|arrival| !arrival.is_empty()),
            conflicts: count(record.open()),
            protected: self.is_protected(id),
            waiting: count(unsent),
        })
    }

    fn person_row(&mut self, id: DocumentId, entry: &str) -> EntryRow {
        let key = |field: &str| format!("persons/{entry}/{field}");
        let parts = ["native_name", "birth_date", "personal_number", "dossier_number"];
        let parts = parts.map(|field| self.words(id, &key(field)));
        let detail: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let protected = self.text(id, &key("protected_identity"));
        let is_protected = !matches!(protected.as_str(), "" | "none");
        EntryRow {
            list: "persons".to_owned(),
            entry: entry.to_owned(),
            title: self.person_name(id, entry),
            detail: detail.join(" · "),
            state: is_protected.then(|| self.words(id, &key("protected_identity"))),
            state_code: is_protected.then_some(protected),
            conflicts: self.entry_conflicts(id, "persons", entry),
            progress: None,
        }
    }

    fn intake_row(&mut self, id: DocumentId, entry: &str) -> EntryRow {
        let person = self.text(id, &format!("intakes/{entry}/person"));
        let form = self.form(id, Some(("intakes", entry)));
        EntryRow {
            list: "intakes".to_owned(),
            entry: entry.to_owned(),
            title: self.person_name(id, &person),
            detail: self.words(id, &format!("intakes/{entry}/started_on")),
            state: None,
            state_code: None,
            conflicts: self.entry_conflicts(id, "intakes", entry),
            progress: form.ok().map(|form| (form.answered, form.total)),
        }
    }
}
