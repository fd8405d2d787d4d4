//! what was agreed and how many were received, year by year.

use crate::ids::DocumentId;
use crate::order;

use super::assigned::Assigned;
use super::number::{Version, in_force, ratio};
use super::year::{Agreement, Count, Figure, Late, RECEIVED, Year};

/// One line: a version of a number, with what was received at the one in force when the year ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The year, or the first of several.
    pub year: i64,
    /// The last one.
    pub to: i64,
    /// The record of the year, if there is one.
    pub record: Option<DocumentId>,
    /// The agreement, with all versions of its number.
    pub agreement: Agreement,
    /// The version, and which one it is: those of one day have the same number.
    pub version: Option<(usize, Version)>,
    /// In force when the year ended, or there is no number at all.
    pub rules: bool,
    /// Others say a different number from the same day.
    pub disputed: bool,
    /// What was counted; once for each agreement and year.
    pub counts: Vec<Count>,
    /// How many were received, where that is known exactly and nobody says otherwise.
    pub received: Option<i64>,
    /// Days from decision to reception of the assignments that say when people came, each with whether that
    /// was within two months; and of how many assignments.
    pub days: (Vec<(i64, bool)>, usize),
    /// How many assignments give, where something else was recorded.
    pub assigned: Option<i64>,
    /// The figures of the year stand as they are, and who locked them when.
    pub locked: Option<(String, String)>,
}

impl Row {
    /// What was stated of one thing that is counted, each figure once.
    #[must_use]
    pub fn figures(&self, what: &str) -> Vec<&Figure> {
        let mut found: Vec<&Figure> = Vec::new();
        for one in &self.counts {
            let is_new = |known: &&Figure| {
                known.value != one.figure.value || known.exact != one.figure.exact
            };
            if one.what == what && found.iter().all(is_new) {
                found.push(&one.figure);
            }
        }
        found
    }

    /// A figure that is exact and that nobody contradicts.
    #[must_use]
    pub fn exactly(&self, what: &str) -> Option<i64> {
        match self.figures(what).as_slice() {
            [one] if one.exact.is_empty() => Some(one.value),
            _ => None,
        }
    }

    /// Something about it is for a person to decide.
    #[must_use]
    pub fn is_contested(&self) -> bool {
        let twice = |one: &Count| self.figures(&one.what).len() > 1;
        self.disputed || self.agreement.contested || self.counts.iter().any(twice)
    }

    /// Received less the least of the number; below zero when too few came.
    #[must_use]
    pub fn over_least(&self) -> Option<i64> {
        let least = self.version.as_ref().filter(|_| self.rules)?.1.least?;
        self.received?.checked_sub(least)
    }

    /// Received less the most of the number.
    #[must_use]
    pub fn over_most(&self) -> Option<i64> {
        let most = self.version.as_ref().filter(|_| self.rules)?.1.most?;
        self.received?.checked_sub(most)
    }

    /// Received of the least, in tenths of a per cent.
    #[must_use]
    pub fn fulfilled(&self) -> Option<i64> {
        let least = self.version.as_ref().filter(|_| self.rules)?.1.least?;
        ratio(self.received?, least, 1000)
    }
}

/// The lines of the report, in the order of years.
#[must_use]
pub fn rows(years: &[Year], assigned: &[Assigned]) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut other: Vec<(&Agreement, &Count)> = Vec::new();
    for year in years {
        for agreement in &year.agreements {
            for count in &agreement.counts {
                if (count.year, count.to) != (year.year, year.year) {
                    other.push((agreement, count));
                }
            }
        }
    }
    for year in years {
        for agreement in &year.agreements {
            let mut row = begun(year, agreement);
            for count in &agreement.counts {
                if (count.year, count.to) == (year.year, year.year) {
                    row.counts.push(count.clone());
                }
            }
            // What another year's record says of this one belongs here.
            other.retain(|(at, count)| {
                let is_here = (count.year, count.to) == (row.year, row.to)
                    && (&at.kind, &at.category) == (&agreement.kind, &agreement.category);
                if is_here {
                    row.counts.push((*count).clone());
                }
                !is_here
            });
            if year.agreements.iter().filter(|one| one.kind == agreement.kind).count() == 1 {
                count_assigned(&mut row, year, assigned);
            }
            row.received = row.exactly(RECEIVED);
            // Two records of one year say different things, whatever they say.
            let is_twin = |other: &Year| {
                let is_same = |one: &Agreement| {
                    (&one.kind, &one.category) == (&agreement.kind, &agreement.category)
                };
                other.id != year.id
                    && other.year == year.year
                    && other.agreements.iter().any(is_same)
            };
            if years.iter().any(is_twin) {
                row.agreement.contested = true;
                row.received = None;
            }
            by_version(row, &mut rows);
        }
    }
    without_number(&mut rows, other);
    order::sort_by_key(&mut rows, |row| {
        let one = &row.agreement;
        let (to, span) = (row.to.to_string(), row.to.saturating_sub(row.year).to_string());
        [&to, &span, &one.kind, &one.category, &one.entry].map(String::as_str).join(" ")
    });
    rows
}

/// Rows of years of which only another year's record tells, and of several years together.
fn without_number(rows: &mut Vec<Row>, told: Vec<(&Agreement, &Count)>) {
    for (agreement, count) in told {
        let same = |row: &&mut Row| {
            (row.year, row.to, row.record) == (count.year, count.to, None)
                && row.agreement.entry == agreement.entry
        };
        if let Some(row) = rows.iter_mut().find(same) {
            row.counts.push(count.clone());
            continue;
        }
        // What was agreed then, nobody has said.
        let agreement = Agreement {
            entry: agreement.entry.clone(),
            kind: agreement.kind.clone(),
            category: agreement.category.clone(),
            ..Agreement::default()
        };
        rows.push(Row {
            year: count.year,
            to: count.to,
            record: None,
            agreement,
            version: None,
            rules: true,
            disputed: false,
            counts: vec![count.clone()],
            received: None,
            days: Default::default(),
            assigned: None,
            locked: None,
        });
    }
    for row in rows {
        if row.record.is_none() {
            row.received = row.exactly(RECEIVED);
        }
    }
}

fn begun(year: &Year, agreement: &Agreement) -> Row {
    Row {
        year: year.year,
        to: year.year,
        record: Some(year.id),
        agreement: agreement.clone(),
        version: None,
        rules: true,
        disputed: false,
        counts: Vec::new(),
        received: None,
        days: Default::default(),
        assigned: None,
        locked: year.lock.is_some().then(|| (year.locked_by.clone(), year.locked_on.clone())),
    }
}

/// Counts the people of assignments, where nothing else was recorded.
fn count_assigned(row: &mut Row, year: &Year, assigned: &[Assigned]) {
    let (mut persons, mut children, mut any) = (0, Some(0), false);
    for one in assigned {
        if one.year != year.id || one.series != row.agreement.kind {
            continue;
        }
        row.agreement.contested |= one.is_disputed;
        if one.is_late {
            let (device, number) = (one.device, one.persons);
            let late = Late { device, what: RECEIVED.to_owned(), number, most: None };
            row.agreement.late.push(late);
            continue;
        }
        any = true;
        row.days.0.extend(one.days);
        row.days.1 += 1;
        persons += one.persons;
        children = children.and_then(|sum: i64| sum.checked_add(one.children?));
    }
    if !any {
        return;
    }
    let known = row.exactly(RECEIVED);
    if known.is_some() {
        row.assigned = Some(persons).filter(|counted| known != Some(*counted));
        return;
    }
    let mut add = |what: &str, value: i64| {
        let figure = Figure { value, exact: String::new(), source: String::new() };
        row.counts.push(Count { what: what.to_owned(), year: row.year, to: row.to, figure });
    };
    add(RECEIVED, persons);
    if let Some(children) = children {
        add("adults", persons - children);
        add("children", children);
    }
}

/// A line for each version; what was received stands once, at the first that was in force at the end.
fn by_version(row: Row, rows: &mut Vec<Row>) {
    if row.agreement.versions.is_empty() {
        rows.push(row);
        return;
    }
    let end = [&row.year.to_string(), "-12-31"].concat();
    let versions = &row.agreement.versions;
    let ruling = in_force(versions, &end);
    let (mut number, mut day, mut told) = (0, "", false);
    for version in versions {
        if version.from != day {
            number += 1;
            day = &version.from;
        }
        let rules = ruling.contains(version);
        let mut one = Row { version: Some((number, version.clone())), rules, ..row.clone() };
        one.disputed = versions.iter().filter(|other| other.from == version.from).count() > 1;
        if !rules || told {
            one.counts.clear();
            one.days = Default::default();
            one.assigned = None;
            one.agreement.late.clear();
        }
        told |= rules;
        rows.push(one);
    }
    if !told && let Some(last) = rows.last_mut() {
        last.counts = row.counts;
        last.days = row.days;
        last.agreement.late = row.agreement.late;
    }
}
