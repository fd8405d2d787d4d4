//! What number a municipality has on a day: the version in force, as a number or a range, never averaged.

use super::answer::{Answer, Worth};
use super::sheet::{Ask, Sheet, whole};
use crate::order;

/// A version of a number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    from: String,
    least: Option<i64>,
    most: Option<i64>,
    entry: String,
}

impl Version {
    /// Two people wrote the same.
    fn is_as(&self, other: &Self) -> bool {
        (&self.from, self.least, self.most) == (&other.from, other.least, other.most)
    }

    /// `34`, `40–60`, `40–` for no upper end.
    fn written(&self) -> String {
        let part = |end: Option<i64>| end.map_or_else(String::new, |end| end.to_string());
        if self.least == self.most {
            return part(self.least);
        }
        [&part(self.least), "–", &part(self.most)].concat()
    }
}

pub(super) fn number<'a>(ask: &Ask<'a>) -> Option<Answer<'a>> {
    let mut sheet = Sheet::new("quota", ask, "agreements")?;
    let all = versions(&mut sheet);
    let day = sheet.answer.on.clone();
    let Some(from) = all.iter().map(|one| &one.from).filter(|from| **from <= day).max() else {
        sheet.lacks("lacks_version");
        later(&mut sheet, &all, &day);
        return Some(sheet.worth(Worth::Unknown));
    };
    let mut now: Vec<&Version> = Vec::new();
    for one in all.iter().filter(|one| one.from == *from) {
        if !now.iter().any(|known| (known.least, known.most) == (one.least, one.most)) {
            now.push(one);
        }
    }
    let worth = if let [one] = now.as_slice() {
        sheet.say("number").text("number", &one.written()).text("from", from.as_str());
        match (one.least, one.most) {
            (Some(least), Some(most)) if least == most => Worth::Number(least),
            (Some(least), Some(most)) => Worth::Range(least, most),
            _ => Worth::Text(one.written()),
        }
    } else {
        let numbers = now.iter().map(|one| one.written()).collect::<Vec<_>>().join(" / ");
        sheet.say("disputed").text("numbers", &numbers).text("from", from.as_str());
        sheet.change("decide");
        Worth::Disputed
    };
    let state = sheet.text("state");
    if matches!(state, "none" | "negotiating" | "proposed") {
        sheet.say("not_decided").code("state", "agreement_state", state);
    }
    if all.iter().any(|one| one.from != *from) || now.len() > 1 {
        let line = history(&all);
        sheet.say("history").text("history", &line);
    }
    if let [one] = now.as_slice() {
        received(&mut sheet, one);
    }
    later(&mut sheet, &all, &day);
    sheet.change("new_version");
    Some(sheet.worth(worth))
}

/// The versions of the agreement, the oldest first; what stands in them is noted.
fn versions(sheet: &mut Sheet<'_>) -> Vec<Version> {
    let mut all = Vec::new();
    let (record, own) = (sheet.ask.record, sheet.ask.entry);
    for entry in record.entries(sheet.ask.catalog, sheet.ask.kind, "versions") {
        let key = |field: &str| ["versions/", &entry, "/", field].concat();
        if record.text(&key("agreement")) != own {
            continue;
        }
        let from = sheet.text_at(0, &key("effective_from")).to_owned();
        let number = whole(sheet.value_at(0, &key("number")));
        let (least, most) = match number {
            Some(number) => (Some(number), Some(number)),
            None => {
                (whole(sheet.value_at(0, &key("least"))), whole(sheet.value_at(0, &key("most"))))
            }
        };
        if !from.is_empty() && least.or(most).is_some() {
            all.push(Version { from, least, most, entry });
        }
    }
    order::sort_and_dedup(&mut all);
    all
}

/// `34 (2026-01-01) → 52 / 55 (2026-07-01)`
fn history(all: &[Version]) -> String {
    let mut line = String::new();
    let mut rest = all.iter().peekable();
    while let Some(one) = rest.next() {
        let next = rest.peek().map(|next| &next.from);
        if rest.peek().is_some_and(|next| one.is_as(next)) {
            continue;
        }
        line.push_str(&one.written());
        if next == Some(&one.from) {
            line.push_str(" / ");
            continue;
        }
        line.push_str(&[" (", &one.from, ")"].concat());
        line.push_str(if next.is_some() { " → " } else { "" });
    }
    line
}

/// What comes on a later day.
fn later(sheet: &mut Sheet<'_>, all: &[Version], day: &str) {
    for one in all.iter().filter(|one| one.from.as_str() > day) {
        sheet.change("next").text("from", one.from.as_str()).text("number", &one.written());
    }
}

/// How many were received, where the record says so, against the number.
fn received(sheet: &mut Sheet<'_>, one: &Version) {
    let (record, own) = (sheet.ask.record, sheet.ask.entry);
    let year = whole(sheet.value_at(0, "year"));
    let mut told = Vec::new();
    for entry in record.entries(sheet.ask.catalog, sheet.ask.kind, "baselines") {
        let key = |field: &str| ["baselines/", &entry, "/", field].concat();
        let number = |field: &str| whole(record.value(&key(field)));
        // All that were received in this one year, and exactly so many.
        let counts = matches!(record.text(&key("what")), "" | "received")
            && record.text(&key("exact")).is_empty()
            && number("year_to").is_none_or(|to| Some(to) == year);
        if record.text(&key("agreement")) != own || number("year") != year || !counts {
            continue;
        }
        let Some(count) = whole(sheet.value_at(0, &key("count"))) else { continue };
        if told.contains(&count) {
            continue;
        }
        told.push(count);
        let short = one.least.map_or(0, |least| least.saturating_sub(count));
        let over = one.most.map_or(0, |most| count.saturating_sub(most));
        let id = match (short > 0, over > 0) {
            (true, _) => "below",
            (_, true) => "above",
            _ if one.most.is_none() => continue,
            _ => "within",
        };
        let room = over.saturating_neg();
        let said = sheet.say(id).number("received", count).number("short", short);
        said.number("over", over).number("room", room);
    }
}
