//! `/sok`: people, cases and houses on this device, by name and by every kind of number; then those whose
//! names only sound like what is looked for.

use std::rc::Rc;

use ankomst_shared::app::{Body, Line, PageView};
use ankomst_shared::catalog::Field;
use ankomst_shared::find::{Wanted, fits, words};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::order;
use ankomst_shared::text::Word;

use super::super::super::people::{Household, household};
use super::super::viewer::Viewer;
use super::made::part;

/// So many are shown; more words find the rest.
const SHOWN_MAX: usize = 40;

/// Persons and cases found: as they are written, and by sound with what they differ by. A line is made only of
/// what is shown.
#[derive(Default)]
struct Found {
    exact: Vec<(DocumentId, Option<String>)>,
    alike: Vec<(u16, (DocumentId, Option<String>))>,
}

impl Viewer<'_> {
    pub(super) fn search(&mut self, wanted: &str) -> PageView {
        let words = words(wanted);
        let looked = Wanted::all(wanted);
        let mut found = Found::default();
        if !words.is_empty() {
            for case in self.of_kind("case") {
                if let Some(household) = self.household(case) {
                    look(case, &household, &looked, &mut found);
                }
            }
        }
        self.once_each(&mut found);
        let mut more = found.exact.len() > SHOWN_MAX;
        let exact = found.exact.into_iter().take(SHOWN_MAX);
        let mut lines: Vec<Line> = exact.filter_map(|at| self.found_line(at)).collect();
        if !words.is_empty() {
            for house in self.of_kind("residence") {
                let text = self.found_by(house, "");
                if fits(&words, &text) {
                    lines.extend(self.house_line(house));
                }
            }
            self.find_others(&words, &mut lines);
        }
        more |= lines.len() > SHOWN_MAX;
        lines.truncate(SHOWN_MAX);
        order::sort_by_key(&mut found.alike, |(cost, _)| *cost);
        let alike = found.alike.into_iter().take(SHOWN_MAX);
        let alike: Vec<Line> = alike.filter_map(|(_, at)| self.found_line(at)).collect();
        let none = if words.is_empty() { Word::SearchHelp } else { Word::SearchNone };
        let none = self.w(none).to_owned();
        let mut found = part("found", "", Body::Lines(lines, none));
        if more {
            self.w(Word::SearchMore).clone_into(&mut found.help);
        }
        let mut parts = vec![found];
        if !alike.is_empty() {
            let lines = Body::Lines(alike, String::new());
            let mut heard = part("alike", self.w(Word::SearchAlike), lines);
            self.w(Word::SearchAlikeHelp).clone_into(&mut heard.help);
            parts.push(heard);
        }
        PageView { title: self.w(Word::Search).to_owned(), parts, ..PageView::default() }
    }

    /// The persons of a case, with what is being typed.
    pub(super) fn household(&mut self, case: DocumentId) -> Option<Rc<Household>> {
        if self.open.drafts.keys().any(|(document, _)| *document == case) {
            let typed = self.typed(case).ok()?;
            return Some(Rc::new(household(case, &typed)));
        }
        self.open.household(case)
    }

    /// Each person once, by the card shown, whatever card was found.
    fn once_each(&mut self, found: &mut Found) {
        let mut seen = Vec::new();
        let mut is_first = |viewer: &mut Self, at: &mut (DocumentId, Option<String>)| {
            if let Some(entry) = &at.1 {
                let (case, entry) = viewer.shown_as(at.0, entry);
                *at = (case, Some(entry));
            }
            let is_new = !seen.contains(at);
            if is_new {
                seen.push(at.clone());
            }
            is_new
        };
        found.exact.retain_mut(|at| is_first(self, at));
        found.alike.retain_mut(|(_, at)| is_first(self, at));
    }

    /// A person with its case, or a case.
    fn found_line(&mut self, (case, entry): (DocumentId, Option<String>)) -> Option<Line> {
        let Some(entry) = entry else { return self.case_line(case) };
        Some(self.person_line(case, &entry))
    }

    /// A person with its case.
    pub(super) fn person_line(&mut self, case: DocumentId, entry: &str) -> Line {
        let line = self.entry_line(case, "persons", entry);
        let figure = [&self.case_number(case), " · ", &self.title(case)].concat();
        Line { key: [&case.to_string(), "-", entry].concat(), figure, ..line }
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
}

/// Looks through a case: all words stand in a person or the household around it, at least one in the person;
/// otherwise in the case itself.
fn look(case: DocumentId, household: &Household, looked: &[Wanted], found: &mut Found) {
    let mut is_found = false;
    let in_own: Vec<bool> = looked.iter().map(|word| word.stands_in(&household.own)).collect();
    for person in &household.persons {
        let at = || (case, Some(person.entry.clone()));
        match person.found.fits(looked, &in_own) {
            Some(0) => found.exact.push(at()),
            Some(cost) => found.alike.push((cost, at())),
            None => continue,
        }
        is_found = true;
    }
    if is_found {
        return;
    }
    if in_own.iter().all(|stands| *stands) {
        found.exact.push((case, None));
        return;
    }
    let mut sum = 1_u16;
    for word in looked {
        let Some(cost) = word.sounds_in(core::slice::from_ref(&household.label)) else { return };
        sum = sum.saturating_add(cost);
    }
    found.alike.push((sum, (case, None)));
}
