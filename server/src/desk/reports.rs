//! `/register/rapport`: the reports, for whoever may read what they are made of.

use ankomst_shared::app::{Act, Body, Language, Line, PageView, Part, Role, Sign, Tone};
use ankomst_shared::text::Word;

use super::made::plain;
use super::register;
use super::{Desk, DeskError};
use crate::export::Asked;
use crate::reports::{self, REPORTS, Report, Row, Table, Whose};
use crate::storage::sqlite::grants::LEVEL_MAX;
use crate::sync::rule::Reach;

/// The place, before a report.
pub(super) const HERE: &str = "/register/rapport";
/// Rows of one table on a page; a file has all.
const ROWS_MAX: usize = 400;

impl Desk {
    /// The reports this person may read, as lines.
    pub(super) fn report_lines(&self, reach: Option<&Reach>) -> Option<Part> {
        let lines: Vec<Line> = REPORTS
            .iter()
            .filter(|report| self.may_read(reach, report))
            .map(|report| Line {
                key: report.id.to_owned(),
                href: Some(format!("{HERE}/{}", report.place)),
                title: self.w(report.title).to_owned(),
                detail: self.w(report.help).to_owned(),
                ..Line::default()
            })
            .collect();
        (!lines.is_empty())
            .then(|| self.part("reports", Word::RegisterReports, Body::Lines(lines, String::new())))
    }

    /// A report, or its part about one thing.
    pub(super) fn report(
        &self,
        reach: Option<&Reach>,
        place: &[&str],
    ) -> Result<PageView, DeskError> {
        let (name, chosen) = match place {
            [name] => (*name, None),
            [name, chosen] => (*name, Some(*chosen)),
            _ => return Err(DeskError::Nowhere),
        };
        let known = REPORTS.iter().find(|report| report.place == name);
        // A report of what others read is as if it were not there.
        let report =
            known.filter(|report| self.may_read(reach, report)).ok_or(DeskError::Nowhere)?;
        let unit = self.me.unit;
        // Who reads figures only reads those of all.
        let by_right = reach.is_some_and(|reach| may_read(reach, report));
        let whose = Whose { unit, reader: by_right.then_some(&self.me) };
        let tables = reports::made(&self.app, whose, report, (self.language, chosen))?;
        self.saw_report(report, &tables);
        let file = |comma: bool| {
            let asked = Asked { unit, years: None, language: self.language, comma };
            reports::file(&self.app, (report, &tables), asked)
        };
        let save = |name: &str, label: Word, text: String| {
            let act = Act::Save(format!("{}.csv", report.id.to_uppercase()), text);
            plain(name, self.w(label), Sign::None, act)
        };
        let mut actions = Vec::new();
        // A file names the devices that are waited for.
        if by_right {
            actions.push(save("csv", Word::ReportCsv, file(true)?));
            actions.push(save("csv-point", Word::ReportCsvPoint, file(false)?));
        }
        actions.push(plain("print", self.w(Word::Print), Sign::Print, Act::Print));
        let mut parts: Vec<Part> = self.making_notice().into_iter().collect();
        parts.push(self.notice("about", Tone::Info, report.help));
        for table in &tables {
            if !(table.in_file_only && chosen.is_none()) {
                parts.push(self.table(report, table));
            }
        }
        parts.push(self.part("head", Word::ReportAbout, Body::Facts(self.report_facts(by_right)?)));
        let back = if chosen.is_some() {
            (format!("{HERE}/{}", report.place), self.w(report.title).to_owned())
        } else {
            (register::HERE.to_owned(), self.w(Word::Register).to_owned())
        };
        Ok(PageView {
            title: self.w(report.title).to_owned(),
            back: Some(back),
            actions,
            parts,
            ..PageView::default()
        })
    }

    /// Whose report it is, when it was made, and how fresh it is.
    fn report_facts(&self, by_right: bool) -> Result<Vec<(String, String)>, DeskError> {
        let asked = Asked { unit: self.me.unit, years: None, language: self.language, comma: true };
        let mut facts = reports::facts(&self.app, asked)?;
        if !by_right {
            // How many devices are waited for, and not what they are called: that may name a person.
            for (_, said) in
                facts.iter_mut().filter(|(name, _)| name == self.w(Word::ReportWaiting))
            {
                said.truncate(said.find(':').unwrap_or(said.len()));
            }
        }
        Ok(facts)
    }

    pub(super) fn is_regional(&self) -> bool {
        self.me.is(Role::Regional)
    }

    /// Whether this person may read a report, by what may be read or because it is anonymous.
    fn may_read(&self, reach: Option<&Reach>, report: &Report) -> bool {
        reach.is_some_and(|reach| may_read(reach, report))
            || (report.is_anonymous && self.is_regional())
    }

    fn table(&self, report: &Report, table: &Table) -> Part {
        let shown = table.rows.iter().take(ROWS_MAX);
        let body = if table.rows.is_empty() {
            Body::Lines(Vec::new(), self.w(Word::RegisterNothing).to_owned())
        } else if table.rows.iter().any(|row| row.href.is_some()) {
            Body::Lines(shown.map(|row| self.leading(report, table, row)).collect(), String::new())
        } else {
            let names = table.columns.iter().map(|(_, word)| self.w(*word).to_owned());
            let mut rows = vec![(Tone::Plain, names.collect())];
            rows.extend(shown.map(|row| {
                let tone = if row.is_grave { Tone::Danger } else { Tone::Plain };
                (tone, row.cells.iter().map(|cell| self.cell(cell)).collect())
            }));
            Body::Table(rows)
        };
        let mut part = self.part(table.id, table.title, body);
        self.w(table.help).trim().clone_into(&mut part.help);
        if table.rows.len() > ROWS_MAX {
            let all = table.rows.len().to_string();
            part.help = self.f(Word::RegisterTooMany, &[&ROWS_MAX.to_string(), &all]);
        }
        part
    }

    /// A row that leads somewhere: its first cell, then the others by their names.
    fn leading(&self, report: &Report, table: &Table, row: &Row) -> Line {
        let mut cells = table.columns.iter().zip(&row.cells);
        let title = cells.next().map(|(_, cell)| cell.clone()).unwrap_or_default();
        let told = cells.filter(|(_, cell)| !cell.is_empty());
        let told: Vec<String> =
            told.map(|((_, word), cell)| format!("{}: {cell}", self.w(*word))).collect();
        let href = row.href.as_ref().map(|href| match href.strip_prefix("./") {
            Some(below) => format!("{HERE}/{}/{below}", report.place),
            None => href.clone(),
        });
        Line {
            key: href.clone().unwrap_or_else(|| title.clone()),
            href,
            title,
            detail: told.join(" · "),
            tone: if row.is_grave { Tone::Danger } else { Tone::Plain },
            ..Line::default()
        }
    }

    /// A cell as the language writes decimals.
    fn cell(&self, cell: &str) -> String {
        reports::decimal(cell, self.language == Language::Sv)
    }
}

/// Figures of all are for who may read all; a report that names single records shows those a person may read.
fn may_read(reach: &Reach, report: &Report) -> bool {
    let all = &reach.within().homes;
    reports::homes(report).iter().all(|home| {
        if report.of_all { all.contains(&(*home, LEVEL_MAX)) } else { reach.includes(home) }
    })
}
