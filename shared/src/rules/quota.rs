//! What number a municipality has on a day: the version in force, as a number or a range, never averaged.

use super::answer::{Answer, Worth};
use super::sheet::{Ask, Sheet, whole};
use crate::order;

/// A version of a number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Version {
    from: String,
    least: i64,
    most: i64,
    entry: String,
}

impl Version {
    /// Two people wrote the same.
    fn is_as(&self, other: &Self) -> bool {
        (&self.from, self.least, self.most) == (&other.from, other.least, other.most)
    }

    fn written(&self) -> String {
        if self.least == self.most {
            return self.least.to_string();
        }
        [&self.least.to_string(), "–", &self.most.to_string()].concat()
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
    let worth = match now.as_slice() {
        [one] if one.least == one.most => {
            sheet.say("number").number("number", one.least).text("from", from.as_str());
            Worth::Number(one.least)
        }
        [one] => {
            sheet
                .say("range")
                .number("least", one.least)
                .number("most", one.most)
                .text("from", from.as_str());
            Worth::Range(one.least, one.most)
        }
        _ => {
            let numbers = now.iter().map(|one| one.written()).collect::<Vec<_>>().join(" / ");
            sheet.say("disputed").text("numbers", &numbers).text("from", from.as_str());
            sheet.change("decide");
            Worth::Disputed
        }
    };
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
        if let (Some(least), Some(most)) = (least.or(most), most.or(least)) {
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
    for entry in record.entries(sheet.ask.catalog, sheet.ask.kind, "baselines") {
        let key = |field: &str| ["baselines/", &entry, "/", field].concat();
        if record.text(&key("agreement")) != own || whole(record.value(&key("year"))) != year {
            continue;
        }
        let Some(count) = whole(sheet.value_at(0, &key("count"))) else { continue };
        let (short, over) = (one.least.saturating_sub(count), count.saturating_sub(one.most));
        let id = match (short > 0, over > 0) {
            (true, _) => "below",
            (_, true) => "above",
            _ => "within",
        };
        let room = one.most.saturating_sub(count);
        let said = sheet.say(id).number("received", count).number("short", short);
        said.number("over", over).number("room", room);
    }
}
