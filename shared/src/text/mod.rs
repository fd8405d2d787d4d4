//! The texts of the interface in both languages, compiled in: [`Text`] is what the page says by
//! itself (`shared/catalog/text/`), [`Word`] what stands in the views that the core and the server
//! make (`shared/catalog/words/`). Two tables, so that neither program carries the other's.

pub mod held;

use crate::app::Language;

include!(concat!(env!("OUT_DIR"), "/texts.rs"));
include!(concat!(env!("OUT_DIR"), "/words.rs"));

/// Gives a text of the page.
#[must_use]
#[expect(
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "the table has one row for each text, made from the same file"
)]
pub const fn t(language: Language, text: Text) -> &'static str {
    in_language(&TEXTS[text as usize], language)
}

/// Gives a text of a view.
#[must_use]
#[expect(
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "the table has one row for each text, made from the same file"
)]
pub const fn w(language: Language, word: Word) -> &'static str {
    in_language(&WORDS[word as usize], language)
}

const fn in_language(row: &[&'static str; 2], language: Language) -> &'static str {
    match language {
        Language::Sv => row[0],
        Language::En => row[1],
    }
}

/// Puts values into the places `{0}`, `{1}` … of a text.
#[must_use]
pub fn fill(text: &str, values: &[&str]) -> String {
    let mut out = text.to_owned();
    for (at, value) in values.iter().enumerate() {
        out = out.replace(&format!("{{{at}}}"), value);
    }
    out
}
