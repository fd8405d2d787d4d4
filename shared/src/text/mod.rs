//! The texts of the interface in both languages, compiled in from `shared/catalog/text/`.

use crate::app::Language;

include!(concat!(env!("OUT_DIR"), "/texts.rs"));

/// Puts values into the places `{name}` of a text.
#[must_use]
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut out = text.to_owned();
    for (name, value) in values {
        out = out.replace(&format!("{{{name}}}"), value);
    }
    out
}
