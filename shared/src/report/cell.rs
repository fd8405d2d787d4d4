//! R-01 as text: what stands in each column.

use crate::app::Language;
use crate::order;
use crate::text::{Word, fill, w};

use super::number::{Version, ratio, written};
use super::row::Row;
use super::year::Late;

/// The columns in their order.
pub const COLUMNS: [&str; 29] = [
    "year",
    "category",
    "obligation",
    "counterpart",
    "number_min",
    "number_max",
    "version_no",
    "effective_from",
    "decided_by",
    "decision_ref",
    "received_total",
    "received_adults",
    "received_children",
    "of_which_quota_refugees",
    "of_which_ABO",
    "share_quota_%",
    "outside_quota_EBO",
    "outside_family",
    "outside_secondary",
    "headcount_agency_accommodation",
    "difference (received − min)",
    "difference (received − max)",
    "fulfilled_%",
    "days_assignment_to_reception_median",
    "p90",
    "within_two_months_%",
    "note",
    "locked_by",
    "locked_at",
];

/// What is counted, in the order of the columns from `received_total` on.
const COUNTED: [&str; 10] = [
    "received",
    "adults",
    "children",
    "quota",
    "abo",
    "quota_share",
    "ebo",
    "family",
    "secondary",
    "headcount",
];

/// In which language and form, and what codes and ids are called: `category`, `obligation`, `counted` and a
/// code; `party`, `user` and `device` and an id.
pub struct Told<'a> {
    /// The language.
    pub language: Language,
    /// Decimals stand behind a comma.
    pub comma: bool,
    /// Names of codes and ids.
    pub name: &'a mut dyn FnMut(&str, &str) -> String,
}

impl Told<'_> {
    pub(super) fn f(&self, word: Word, parts: &[&str]) -> String {
        fill(w(self.language, word), parts)
    }
}

/// The cells of a row, in the order of [`COLUMNS`].
pub fn cells(row: &Row, told: &mut Told<'_>) -> Vec<String> {
    let number = |value: Option<i64>| value.map_or_else(String::new, |value| value.to_string());
    let one = &row.agreement;
    let mut cells = vec![
        years(row.year, row.to),
        (told.name)("category", &one.category),
        (told.name)("obligation", &one.obligation),
        (told.name)("party", &one.counterpart),
    ];
    match &row.version {
        None => cells.resize(10, String::new()),
        Some((at, version)) => {
            let Version { least, most, from, decided_by, reference, .. } = version;
            cells.extend([number(*least), number(*most), at.to_string(), from.clone()]);
            cells.extend([decided_by.clone(), reference.clone()]);
        }
    }
    for what in COUNTED {
        cells.push(counted(row, what, told.comma));
    }
    cells.push(number(row.over_least()));
    cells.push(number(row.over_most()));
    cells.push(row.fulfilled().map_or_else(String::new, |tenths| written(tenths, 1, told.comma)));
    cells.extend(days(row, told.comma));
    cells.push(note(row, told).join("; "));
    let (by, on) = row.locked.clone().unwrap_or_default();
    cells.push((told.name)("user", &by));
    cells.push(on);
    cells
}

/// Days from assignment to reception: the middle one, the one that nine of ten do not exceed, and per cent
/// within two months.
fn days(row: &Row, comma: bool) -> [String; 3] {
    let mut all = row.days.0.clone();
    order::sort_by_key(&mut all, |one| *one);
    let count = all.len();
    let day = |at: usize| all.get(at).map(|(days, _)| *days);
    let (Some(before), Some(after), Some(most)) = (
        day(count.saturating_sub(1) / 2),
        day(count / 2),
        day((count * 9).div_ceil(10).max(1) - 1),
    ) else {
        return Default::default();
    };
    let in_time = all.iter().filter(|(_, in_time)| *in_time).count();
    let whole = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let in_time = ratio(whole(in_time), whole(count), 1000);
    let in_time = in_time.map_or_else(String::new, |tenths| written(tenths, 1, comma));
    [written(before.saturating_add(after).saturating_mul(5), 1, comma), most.to_string(), in_time]
}

/// `2013`, or `2008–2012`.
#[must_use]
pub fn years(first: i64, last: i64) -> String {
    let mut text = first.to_string();
    if last != first {
        text.push('–');
        text.push_str(&last.to_string());
    }
    text
}

/// All that was stated of one thing: `26`, `≈80`, `>400`, `26 / 27`.
fn counted(row: &Row, what: &str, comma: bool) -> String {
    let mut text = String::new();
    for figure in row.figures(what) {
        if !text.is_empty() {
            text.push_str(" / ");
        }
        text.push_str(match figure.exact.as_str() {
            "about" => "≈",
            "more" => ">",
            _ => "",
        });
        text.push_str(&figure.value.to_string());
    }
    if what == "quota_share" && text.is_empty() {
        let share = row.exactly("quota").and_then(|quota| ratio(quota, row.received?, 1000));
        return share.map_or(text, |tenths| written(tenths, 1, comma));
    }
    text
}

/// `34`, `40–60`, `40–` for no upper end.
#[must_use]
pub fn number(version: &Version) -> String {
    let part = |value: Option<i64>| value.map_or_else(String::new, |value| value.to_string());
    if version.least == version.most {
        return part(version.least);
    }
    [&part(version.least), "–", &part(version.most)].concat()
}

/// `34 (2024-01-01) → 52/55 omstritt (2024-07-01)`; empty for a single version.
#[must_use]
pub fn history(versions: &[Version], language: Language) -> String {
    let mut text = String::new();
    if versions.len() < 2 {
        return text;
    }
    let mut rest = versions;
    while let Some(first) = rest.first() {
        let same = rest.iter().take_while(|one| one.from == first.from).count();
        let (day, later) = rest.split_at_checked(same).unwrap_or_default();
        rest = later;
        if !text.is_empty() {
            text.push_str(" → ");
        }
        let numbers: Vec<String> = day.iter().map(number).collect();
        text.push_str(&numbers.join("/"));
        if same > 1 {
            text.push(' ');
            text.push_str(w(language, Word::ReportDisputed));
        }
        text.push_str(" (");
        text.push_str(&first.from);
        text.push(')');
    }
    text
}

/// What is to be known of a row, in sentences.
pub fn note(row: &Row, told: &mut Told<'_>) -> Vec<String> {
    let one = &row.agreement;
    let mut said = vec![one.title.clone()];
    if row.rules {
        said.push(history(&one.versions, told.language));
    }
    said.push(within(row, told));
    if row.disputed && !row.rules {
        said.push(w(told.language, Word::ReportDisputed).to_owned());
    }
    for what in COUNTED {
        let stated = row.figures(what);
        if stated.len() > 1 {
            let name = (told.name)("counted", what);
            said.push([&name, " ", w(told.language, Word::ReportDisputed)].concat());
        }
        for figure in stated {
            if !figure.source.is_empty() && !said.contains(&figure.source) {
                said.push(figure.source.clone());
            }
        }
    }
    if one.contested {
        said.push(w(told.language, Word::ReportContested).to_owned());
    }
    if let Some(counted) = row.assigned {
        said.push(told.f(Word::ReportAssigned, &[&counted.to_string()]));
    }
    let (known, all) = (row.days.0.len(), row.days.1);
    if known > 0 && known < all {
        said.push(told.f(Word::ReportDays, &[&known.to_string(), &all.to_string()]));
    }
    for late in &one.late {
        said.push(late_line(late, told));
    }
    said.retain(|part| !part.is_empty());
    said
}

/// Where what was received stands to a range, never to its middle.
fn within(row: &Row, told: &Told<'_>) -> String {
    let (Some(least), Some(most)) = (row.over_least(), row.over_most()) else {
        return String::new();
    };
    let amount = |value: i64| value.unsigned_abs().to_string();
    if least == most {
        String::new()
    } else if least < 0 {
        told.f(Word::ReportBelow, &[&amount(least), &amount(most)])
    } else if most > 0 {
        told.f(Word::ReportAbove, &[&amount(most)])
    } else {
        w(told.language, Word::ReportWithin).to_owned()
    }
}

/// `sent från surfplatta 3, 4 personer`.
pub fn late_line(late: &Late, told: &mut Told<'_>) -> String {
    let device = (told.name)("device", &late.device.to_string());
    let number = number(&Version {
        least: Some(late.number),
        most: late.most.or(Some(late.number)),
        ..Version::default()
    });
    match late.what.as_str() {
        "" => told.f(Word::ReportLateNumber, &[&device, &number]),
        "received" => told.f(Word::ReportLate, &[&device, &number]),
        what => {
            let what = (told.name)("counted", what);
            told.f(Word::ReportLateOther, &[&device, &what, &number])
        }
    }
}
