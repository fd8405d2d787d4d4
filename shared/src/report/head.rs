//! What holds for the whole report: whose it is, of which years, how fresh, and what is not in it and why.

use crate::text::Word;

use super::cell::{COLUMNS, Told, cells, years};
use super::csv;
use super::row::Row;

/// What whoever makes the report knows of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    /// Whose figures these are.
    pub unit: String,
    /// When it is made.
    pub made: String,
    /// When the server was last heard.
    pub until: String,
    /// What is known of devices that have not been in contact.
    pub waiting: String,
    /// The years that were chosen; all without.
    pub chosen: Option<(i64, i64)>,
    /// The catalog its codes are from.
    pub codes: String,
}

/// The rows of the years that were chosen.
pub fn choose(rows: &mut Vec<Row>, chosen: Option<(i64, i64)>) {
    if let Some((first, last)) = chosen {
        rows.retain(|row| row.to >= first && row.year <= last);
    }
}

/// The head as names and values.
#[must_use]
pub fn facts(head: &Head, rows: &[Row], told: &Told<'_>) -> Vec<(String, String)> {
    let first = rows.iter().map(|row| row.year).min();
    let last = rows.iter().map(|row| row.to).max();
    let period = first.zip(last).map(|(first, last)| years(first, last));
    let all = || told.f(Word::ReportAll, &[]);
    let chosen = head.chosen.map_or_else(all, |(first, last)| years(first, last));
    [
        (Word::ReportUnit, head.unit.clone()),
        (Word::ReportPeriod, period.unwrap_or_default()),
        (Word::ReportMade, head.made.clone()),
        (Word::ReportUntil, head.until.clone()),
        (Word::ReportWaiting, head.waiting.clone()),
        (Word::ReportChosen, chosen),
        (Word::ReportCodes, head.codes.clone()),
    ]
    .map(|(word, value)| (told.f(word, &[]), value))
    .to_vec()
}

/// The report as a file for a spreadsheet: the head, what is not in it and why, the columns, the rows.
pub fn file(head: &Head, rows: &[Row], told: &mut Told<'_>) -> String {
    let mut lines = Vec::new();
    for (name, value) in facts(head, rows, told) {
        lines.push(vec![name, value]);
    }
    if rows.iter().all(|row| row.days.0.is_empty()) {
        lines.push(vec![told.f(Word::ReportEmpty, &[]), told.f(Word::ReportNoDay, &[])]);
    }
    lines.push(Vec::new());
    lines.push(COLUMNS.map(str::to_owned).to_vec());
    for row in rows {
        lines.push(cells(row, told));
    }
    csv::write(&lines)
}
