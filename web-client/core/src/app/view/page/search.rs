//! `/sok`: people, cases and houses on this device, by name and by every kind of number.

use ankomst_shared::app::{Body, Line, PageView};
use ankomst_shared::catalog::Field;
use ankomst_shared::find::{fits, words};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::text::Word;

use super::super::viewer::Viewer;
use super::made::part;

/// So many are shown; more words find the rest.
const SHOWN_MAX: usize = 40;

impl Viewer<'_> {
    pub(super) fn search(&mut self, wanted: &str) -> PageView {
        let words = words(wanted);
        let mut lines = Vec::new();
        if !words.is_empty() {
            for case in self.of_kind("case") {
                self.find_in_case(case, &words, &mut lines);
            }
            for house in self.of_kind("residence") {
                let text = self.found_by(house, "");
                if fits(&words, &text) {
                    lines.extend(self.house_line(house));
                }
            }
        }
        if !words.is_empty() {
            self.find_others(&words, &mut lines);
        }
        let more = lines.len() > SHOWN_MAX;
        lines.truncate(SHOWN_MAX);
        let none = if words.is_empty() { Word::SearchHelp } else { Word::SearchNone };
        let none = self.w(none).to_owned();
        let mut found = part("found", "", Body::Lines(lines, none));
        if more {
            self.w(Word::SearchMore).clone_into(&mut found.help);
        }
        PageView {
            title: self.w(Word::Search).to_owned(),
            parts: vec![found],
            ..PageView::default()
        }
    }

    /// What a record is found by, or all entries of a list of it.
    pub(super) fn found_by(&mut self, id: DocumentId, list: &str) -> String {
        let Ok(kind) = self.kind(id) else { return String::new() };
        if list.is_empty() {
            return self.found_in(id, "", &kind.fields);
        }
        let Some(known) = kind.entry_list(list) else { return String::new() };
        if known.fields.iter().all(|field| field.finds.is_none()) {
            return String::new();
        }
        let entries = self.listed(id, list).1;
        let found = entries
            .iter()
            .map(|entry| self.found_in(id, &format!("{list}/{entry}/"), &known.fields));
        found.collect()
    }

    /// What the fields at a place say by which a record is found.
    fn found_in(&mut self, id: DocumentId, at: &str, fields: &[Field]) -> String {
        let mut text = String::new();
        for field in fields.iter().filter(|field| field.finds.is_some()) {
            let key = format!("{at}{}", field.id);
            // As it is kept and as it is shown: a telephone number differs.
            for form in [self.text(id, &key), self.words(id, &key)] {
                text.push_str(&form);
                text.push(' ');
            }
        }
        text
    }

    fn find_in_case(&mut self, case: DocumentId, words: &[String], lines: &mut Vec<Line>) {
        let Ok(kind) = self.kind(case) else { return };
        let number = self.case_number(case);
        let mut own = format!("{number} {}", self.found_by(case, ""));
        for list in kind.entry_lists.iter().filter(|list| list.id != "persons") {
            own.push_str(&self.found_by(case, &list.id));
        }
        let before = lines.len();
        let Some(people) = kind.entry_list("persons") else { return };
        for entry in self.listed(case, "persons").1 {
            let text = self.found_in(case, &format!("persons/{entry}/"), &people.fields);
            if fits(words, &format!("{text} {own}")) && fits_person(words, &text) {
                let line = self.entry_line(case, "persons", &entry);
                let figure = format!("{number} · {}", self.title(case));
                lines.push(Line { key: format!("{case}-{entry}"), figure, ..line });
            }
        }
        if lines.len() == before && fits(words, &own) {
            lines.extend(self.case_line(case));
        }
    }
}

/// At least one word is the person's own; the rest may be the household's.
fn fits_person(words: &[String], text: &str) -> bool {
    words.iter().any(|word| fits(core::slice::from_ref(word), text))
}
