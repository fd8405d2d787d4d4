//! What follows from several years: sums, means, changes, and a number beside what was received before.
//!
//! Changes from year to year have one decimal, everything measured against a number that was decided is in
//! whole per cent, and what is at least twice as much is told in times with two decimals.

use super::cell::{Told, years};
use super::number::{change, ratio, written};
use super::row::Row;
use crate::text::Word;

/// A series: what was received in one year after the other by agreements alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series<'a> {
    /// Code of the people.
    pub category: &'a str,
    kind: &'a str,
    /// Year and how many were received, the years in order.
    pub received: Vec<(i64, i64)>,
}

impl Series<'_> {
    fn has(&self, row: &Row) -> bool {
        row.agreement.category == self.category && row.agreement.kind == self.kind
    }

    /// The years that are in it: `2008–2009, 2011`.
    fn years(&self) -> String {
        let mut text = String::new();
        let mut rest = self.received.as_slice();
        while let Some((first, _)) = rest.first() {
            let next = |(at, (year, _)): &(usize, &(i64, i64))| {
                i64::try_from(*at).is_ok_and(|at| first.saturating_add(at) == *year)
            };
            let run = rest.iter().enumerate().take_while(next).count().max(1);
            let (these, later) = rest.split_at_checked(run).unwrap_or_default();
            text.push_str(if text.is_empty() { "" } else { ", " });
            text.push_str(&years(*first, these.last().map_or(*first, |(year, _)| *year)));
            rest = later;
        }
        text
    }

    /// All that were received.
    #[must_use]
    pub fn sum(&self) -> i64 {
        self.received.iter().fold(0, |sum: i64, (_, received)| sum.saturating_add(*received))
    }

    /// The mean of a year, in tenths.
    #[must_use]
    pub fn mean(&self) -> Option<i64> {
        ratio(self.sum(), i64::try_from(self.received.len()).ok()?, 10)
    }
}

/// The series of the report, each year once, with those years in which it is known exactly how many came.
#[must_use]
pub fn series(rows: &[Row]) -> Vec<Series<'_>> {
    let mut found: Vec<Series<'_>> = Vec::new();
    for row in rows {
        let Some(received) = row.received.filter(|_| row.year == row.to && row.rules) else {
            continue;
        };
        let known = found.iter().position(|one| one.has(row));
        let at = known.unwrap_or(found.len());
        if known.is_none() {
            let one = &row.agreement;
            let (category, kind) = (one.category.as_str(), one.kind.as_str());
            found.push(Series { category, kind, received: Vec::new() });
        }
        if let Some(one) = found.get_mut(at)
            && one.received.last().is_none_or(|(year, _)| *year != row.year)
        {
            one.received.push((row.year, received));
        }
    }
    found
}

/// What is told below the report: what it is about, and the sentence.
pub fn facts(rows: &[Row], told: &mut Told<'_>) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    for one in series(rows) {
        let Some(last) = one.received.last() else { continue };
        let mut said = Vec::new();
        if one.received.len() > 1 {
            let mean = one.mean().map(|tenths| written(tenths, 1, told.comma));
            said.push(
                told.f(Word::ReportSum, &[&one.sum().to_string(), &mean.unwrap_or_default()]),
            );
            if let [.., before, last] = one.received.as_slice() {
                said.extend(against(*before, (last.0, last.1), ("", 1), told));
            }
            said.extend(share(rows, &one, told));
        }
        for row in rows.iter().filter(|row| row.rules && one.has(row) && row.year > last.0) {
            let Some((_, version)) = &row.version else { continue };
            if version.least == version.most {
                said.extend(
                    version
                        .least
                        .and_then(|number| against(*last, (row.year, number), ("", 0), told)),
                );
                continue;
            }
            for (end, word) in
                [(version.least, Word::ReportLeast), (version.most, Word::ReportMost)]
            {
                let name = told.f(word, &[]);
                said.extend(end.and_then(|end| against(*last, (row.year, end), (&name, 0), told)));
            }
        }
        if !said.is_empty() {
            let name = (told.name)("category", one.category);
            facts.push(([&name, " ", &one.years()].concat(), said.join(" · ")));
        }
    }
    facts
}

/// `2012: 33, +26,9 % mot 2011`, or `2015: 163, 3,33 gånger 2014`.
fn against(
    before: (i64, i64),
    after: (i64, i64),
    (end, decimals): (&str, usize),
    told: &Told<'_>,
) -> Option<String> {
    let (now, then) = (after.0.to_string(), before.0.to_string());
    let number = [end, if end.is_empty() { "" } else { " " }, &after.1.to_string()].concat();
    if after.1 >= before.1.checked_mul(2)? {
        let times = written(ratio(after.1, before.1, 100)?, 2, told.comma);
        return Some(told.f(Word::ReportTimes, &[&now, &number, &times, &then]));
    }
    let parts = if decimals == 0 { 100 } else { 1000 };
    let changed = change(before.1, after.1, parts)?;
    let mut text = written(changed, decimals, told.comma);
    if changed > 0 {
        text.insert(0, '+');
    }
    Some(told.f(Word::ReportChange, &[&now, &number, &text, &then]))
}

/// `omkring 100 av 125 kvotflyktingar (80 %)`, where a share is known for exactly the years of the series.
fn share(rows: &[Row], one: &Series<'_>, told: &Told<'_>) -> Option<String> {
    let (first, last) = (one.received.first()?.0, one.received.last()?.0);
    let is_whole =
        i64::try_from(one.received.len()).ok()? == last.saturating_sub(first).saturating_add(1);
    let row =
        rows.iter().find(|row| one.has(row) && (row.year, row.to) == (first, last) && is_whole)?;
    let [share] = row.figures("quota_share")[..] else { return None };
    let (of, all) = (ratio(one.sum(), 100, share.value)?, one.sum().to_string());
    Some(told.f(Word::ReportQuota, &[&of.to_string(), &all, &share.value.to_string()]))
}
