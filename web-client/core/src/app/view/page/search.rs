//! `/sok`: people, cases and houses on this device, by name and by every kind of number.

use ankomst_shared::app::{Body, Line, PageView};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::order::fold;
use ankomst_shared::text::Word;

use super::super::viewer::Viewer;
use super::made::part;

/// Fields of a person that hold numbers.
pub(super) const NUMBERS: [&str; 5] =
    ["personal_number", "coordination_number", "dossier_number", "lma_card", "reserve_number"];
const NAMES: [&str; 5] = ["given", "family", "middle", "native_name", "known_as"];
/// So many are shown; more words find the rest.
const SHOWN_MAX: usize = 40;

impl Viewer<'_> {
    pub(super) fn search(&mut self, wanted: &str) -> PageView {
        let words: Vec<String> = fold(wanted).split_whitespace().map(str::to_owned).collect();
        let mut lines = Vec::new();
        if !words.is_empty() {
            for case in self.of_kind("case") {
                self.find_in_case(case, &words, &mut lines);
            }
            for house in self.of_kind("residence") {
                let text = format!("{} {}", self.text(house, "name"), self.house_address(house));
                if fits(&words, &text) {
                    lines.extend(self.house_line(house));
                }
            }
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

    fn find_in_case(&mut self, case: DocumentId, words: &[String], lines: &mut Vec<Line>) {
        let number = self.case_number(case);
        let own = format!(
            "{number} {} {}",
            self.text(case, "household_label"),
            self.words(case, "phone")
        );
        let before = lines.len();
        for entry in self.listed(case, "persons").1 {
            let key = |field: &str| format!("persons/{entry}/{field}");
            let mut text = String::new();
            for field in NAMES.iter().chain(&NUMBERS) {
                text.push_str(&self.text(case, &key(field)));
                text.push(' ');
            }
            text.push_str(&self.words(case, &key("phone")));
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

/// Whether all words stand in the text; of numbers, strokes and spaces do not count.
fn fits(words: &[String], text: &str) -> bool {
    let text = fold(text);
    let bare: String = text.chars().filter(|sign| !matches!(sign, '-' | '+' | '/')).collect();
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    words.iter().all(|word| {
        let plain: String = word.chars().filter(|sign| !matches!(sign, '-' | '+' | '/')).collect();
        let is_number = plain.len() >= 4 && plain.bytes().all(|sign| sign.is_ascii_digit());
        // A national number without its century's zero is found, too: 070… is kept as +4670….
        let short = plain.strip_prefix('0').unwrap_or(&plain);
        text.contains(word.as_str())
            || bare.contains(&plain)
            || (is_number && digits.contains(short))
    })
}
