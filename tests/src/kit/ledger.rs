//! The loss ledger: notes, apart from the app, of everything typed and of the level the app showed;
//! afterwards each note must be found in what the server holds.
//!
//! The check reads `ankomst dump`: every change of every document with its state, each with all
//! values it set. A text typed in steps may be found as a longer text that contains it.

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// How far the app said the text had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Shown {
    /// Nothing was shown yet.
    Nothing,
    /// Saved on this device.
    Saved,
    /// Received by the server.
    Received,
}

/// One note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// What was typed.
    pub text: String,
    /// Unix milliseconds.
    pub at_ms: u128,
    /// What was shown for it.
    pub shown: Shown,
}

/// All notes of a test.
#[derive(Debug, Default)]
pub struct Ledger {
    notes: Vec<Note>,
}

impl Ledger {
    /// Notes a text and what the app showed for it.
    pub fn note(&mut self, text: &str, shown: Shown) {
        #[expect(clippy::disallowed_methods, reason = "the ledger stands outside the app")]
        let now = SystemTime::now();
        let at_ms = now.duration_since(UNIX_EPOCH).unwrap().as_millis();
        self.notes.push(Note { text: text.to_owned(), at_ms, shown });
    }

    /// Raises the level of the newest note with that text.
    pub fn shown(&mut self, text: &str, shown: Shown) {
        let note = self.notes.iter_mut().rev().find(|note| note.text == text);
        note.expect("a note is raised that was never made").shown = shown;
    }

    /// Reads notes that were appended to a file.
    #[must_use]
    pub fn read(lines: &str) -> Self {
        Self { notes: lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect() }
    }

    /// Appends the notes to a file, one JSON object a line.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn append_to(&self, file: &std::path::Path) -> std::io::Result<()> {
        use std::io::Write;
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file)?;
        for note in &self.notes {
            writeln!(file, "{}", serde_json::to_string(note)?)?;
        }
        file.sync_all()
    }

    /// Number of notes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.notes.len()
    }

    /// Whether nothing was noted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.notes.is_empty()
    }

    /// Gives the notes at that level or above that are not in the dump.
    #[must_use]
    pub fn missing(&self, dump: &str, at_least: Shown) -> Vec<Note> {
        let values = values_of(dump);
        let found = |note: &Note| {
            values.contains(&note.text) || values.iter().any(|value| value.contains(&note.text))
        };
        self.notes.iter().filter(|note| note.shown >= at_least && !found(note)).cloned().collect()
    }
}

fn values_of(dump: &str) -> BTreeSet<String> {
    let mut values = BTreeSet::new();
    for line in dump.lines().filter(|line| line.starts_with('{')) {
        let entry: serde_json::Value = serde_json::from_str(line).unwrap();
        collect(&entry, &mut values);
    }
    values
}

fn collect(value: &serde_json::Value, into: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::String(text) => drop(into.insert(text.clone())),
        serde_json::Value::Array(all) => all.iter().for_each(|one| collect(one, into)),
        serde_json::Value::Object(all) => all.values().for_each(|one| collect(one, into)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_nowhere_is_reported_and_one_that_is_anywhere_is_not() {
        let mut ledger = Ledger::default();
        ledger.note("Zarghona", Shown::Saved);
        ledger.note("Freshta", Shown::Saved);
        ledger.note("aldrig visad", Shown::Nothing);
        let dump = r#"{"document":"x","ops":[{"path":"given","value":"Zarghona Noori"}]}"#;
        let missing = ledger.missing(dump, Shown::Saved);
        assert_eq!(missing.len(), 1);
        assert_eq!(missing.first().unwrap().text, "Freshta");
        assert_eq!(ledger.missing(dump, Shown::Nothing).len(), 2);
    }
}
