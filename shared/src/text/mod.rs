//! The texts of the interface in both languages, compiled in from `shared/catalog/text/`.

use crate::app::Language;

include!(concat!(env!("OUT_DIR"), "/texts.rs"));

/// Gives a text.
#[must_use]
#[expect(
    clippy::as_conversions,
    clippy::indexing_slicing,
    reason = "the table has one row for each text, made from the same file"
)]
pub const fn t(language: Language, text: Text) -> &'static str {
    let row = &TEXTS[text as usize];
    match language {
        Language::Sv => row[0],
        Language::En => row[1],
    }
}

/// Puts values into the places `{name}` of a text.
#[must_use]
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut out = text.to_owned();
    for (name, value) in values {
        out = out.replace(&format!("{{{name}}}"), value);
    }
    out
}
