//! Reports made on the server from the merged records: read on a page of the register by whoever may read what
//! they are made of, and had as a file. Nothing of them is stored.
//!
//! Reading order: this file (what there is, and its file), [`records`] (what they are made of), then one file
//! each: [`forecast`], [`spread`], [`shares`], [`waiting`], [`indicators`].

pub(crate) mod destroyed;
mod forecast;
mod indicators;
mod records;
mod shares;
mod spread;
mod waiting;

use ankomst_shared::app::Language;
use ankomst_shared::catalog::Catalog;
use ankomst_shared::catalog::zone::swedish;
use ankomst_shared::ids::UnitId;
use ankomst_shared::report::csv;
use ankomst_shared::text::{Word, w};
use jiff::civil::{Date, DateTime};

use crate::app::App;
use crate::export;
use crate::storage::StorageError;
use crate::storage::sqlite::accounts::UserRow;

use self::records::Records;
pub(crate) use self::spread::INHABITANTS;

/// Numbers of persons below this are not told where persons could be known by them (domain section 6).
const SMALL: usize = 5;

/// A report.
#[derive(Debug)]
pub struct Report {
    /// Its name on the command line and of its file: `r02`.
    pub id: &'static str,
    /// Its place below `/register/rapport/`.
    pub place: &'static str,
    /// Its name.
    pub title: Word,
    /// What it tells.
    pub help: Word,
    /// The kinds it is made of: only who may read all of them may read it.
    pub kinds: &'static [&'static str],
    /// It adds up what is in all records: nobody who may read only some of them reads it.
    pub of_all: bool,
    /// Numbers from which persons could be known are hidden in it, and it leads nowhere: a regional coordinator may
    /// read it.
    pub is_anonymous: bool,
    make: fn(&Records, &Told<'_>) -> Vec<Table>,
}

/// All of them, in the order shown.
pub static REPORTS: [Report; 5] = [
    Report {
        id: "r02",
        place: "bostadslage",
        title: Word::RegisterForecast,
        help: Word::RegisterForecastHelp,
        kinds: &["residence", "contract", "assignment", "year", "premises"],
        of_all: true,
        is_anonymous: false,
        make: forecast::make,
    },
    Report {
        id: "r14",
        place: "spridning",
        title: Word::RegisterSpread,
        help: Word::RegisterSpreadHelp,
        kinds: &["residence", "org"],
        of_all: true,
        is_anonymous: false,
        make: spread::make,
    },
    Report {
        id: "shares",
        place: "andelar",
        title: Word::RegisterShares,
        help: Word::RegisterSharesHelp,
        kinds: &["case"],
        of_all: true,
        is_anonymous: true,
        make: shares::make,
    },
    Report {
        id: "departments",
        place: "avdelningar",
        title: Word::RegisterWaiting,
        help: Word::RegisterWaitingHelp,
        kinds: &["case", "plan", "residence", "run", "org"],
        of_all: false,
        is_anonymous: false,
        make: waiting::make,
    },
    Report {
        id: "indicators",
        place: "indikatorer",
        title: Word::RegisterIndicators,
        help: Word::RegisterIndicatorsHelp,
        kinds: &["plan"],
        of_all: false,
        is_anonymous: false,
        make: indicators::make,
    },
];

/// A table of a report.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name in a file.
    pub id: &'static str,
    /// Its heading.
    pub title: Word,
    /// A sentence below it.
    pub help: Word,
    /// Names of the columns: fixed, for files, and for people.
    pub columns: Vec<(&'static str, Word)>,
    /// A cell for each column.
    pub rows: Vec<Row>,
    /// Too long for a page on which nothing was chosen.
    pub in_file_only: bool,
}

/// A row of a table.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// It needs somebody to act.
    pub is_grave: bool,
    /// What stands in it.
    pub cells: Vec<String>,
    /// Where it leads; `./` begins a part of this report.
    pub href: Option<String>,
}

/// Of which records a report is made.
#[derive(Debug, Clone, Copy)]
pub struct Whose<'a> {
    /// Those of a unit.
    pub unit: UnitId,
    /// And of these only what this person may read; all on the command line.
    pub reader: Option<&'a UserRow>,
}

/// For whom a report is made.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// In which language.
    pub language: Language,
    /// Today in Sweden.
    pub today: Date,
    /// Which part of it, such as the code of a department.
    pub chosen: Option<&'a str>,
}

impl Told<'_> {
    fn w(&self, word: Word) -> String {
        w(self.language, word).to_owned()
    }
}

/// The report of an id or place.
#[must_use]
pub fn known(name: &str) -> Option<&'static Report> {
    REPORTS.iter().find(|report| report.id == name || report.place == name)
}

/// Makes a report of a unit; of reports in parts, with what is chosen alone.
///
/// # Errors
/// When storage refuses.
pub fn made(
    app: &App,
    whose: Whose<'_>,
    report: &Report,
    (language, chosen): (Language, Option<&str>),
) -> Result<Vec<Table>, StorageError> {
    let records = Records::read(app, whose, report.kinds)?;
    let today = swedish(app.now_ms()).map_or(Date::MIN, DateTime::date);
    Ok((report.make)(&records, &Told { language, today, chosen }))
}

/// A report as a file for a spreadsheet: whose, from when, then its tables, each below its name. Decimals stand
/// behind a comma or a point.
///
/// # Errors
/// When storage refuses.
pub fn file(
    app: &App,
    (report, tables): (&Report, &[Table]),
    asked: export::Asked,
) -> Result<String, StorageError> {
    let told = |word: Word| w(asked.language, word).to_owned();
    let mut lines = vec![vec![told(Word::RegisterReport), told(report.title)]];
    lines.extend(facts(app, asked)?.into_iter().map(|(name, value)| vec![name, value]));
    for table in tables {
        lines.push(Vec::new());
        lines.push(vec![table.id.to_owned()]);
        lines.push(table.columns.iter().map(|(id, _)| (*id).to_owned()).collect());
        for row in &table.rows {
            let cell = |cell: &String| decimal(cell, asked.comma);
            lines.push(row.cells.iter().map(cell).collect());
        }
    }
    Ok(csv::write(&lines))
}

/// Whose report it is, when it was made, up to when devices were heard, and of which catalog its codes are.
///
/// # Errors
/// When storage refuses.
pub fn facts(app: &App, asked: export::Asked) -> Result<Vec<(String, String)>, StorageError> {
    let head = export::head(app, asked)?;
    let fact = |word: Word, value: String| (w(asked.language, word).to_owned(), value);
    Ok(vec![
        fact(Word::ReportUnit, head.unit),
        fact(Word::ReportMade, head.made),
        fact(Word::ReportUntil, head.until),
        fact(Word::ReportWaiting, head.waiting),
        fact(Word::ReportCodes, head.codes),
    ])
}

/// The kinds of secrecy that a report touches: kinds that belong to others are kept as those.
#[must_use]
pub fn homes(report: &Report) -> Vec<&'static str> {
    let known = |id: &&&'static str| {
        let kind = Catalog::builtin().kind(id);
        kind.is_some_and(|kind| !kind.roles.is_empty())
    };
    report.kinds.iter().filter(known).copied().collect()
}

/// A number with its decimals behind a comma or a point; anything else stays as it is.
pub(crate) fn decimal(cell: &str, comma: bool) -> String {
    let bare = cell.strip_prefix('-').unwrap_or(cell);
    let parts = bare.split_once(['.', ',']);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|one| one.is_ascii_digit());
    match parts {
        Some((whole, places)) if digits(whole) && digits(places) => {
            let sign = if bare.len() == cell.len() { "" } else { "-" };
            format!("{sign}{whole}{}{places}", if comma { ',' } else { '.' })
        }
        _ => cell.to_owned(),
    }
}

/// Per cent of a whole with one decimal, rounded half up; empty without a whole.
fn share(part: usize, whole: usize) -> String {
    if whole == 0 {
        return String::new();
    }
    let tenths = (part * 2000 + whole) / (whole * 2);
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests;
