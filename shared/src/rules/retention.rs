//! Whether a record is kept or destroyed, and by when.

use super::answer::{Answer, Worth};
use super::establishment::{age, births};
use super::sheet::{Ask, Sheet};
use crate::catalog::{Caution, When, months_after, read_date};
use crate::merge::RecordState;
use crate::path::FieldPath;
use crate::value::Value;
use jiff::civil::Date;

/// What the municipality says the day under on which the proposed rule begins.
const IN_FORCE: &str = "LAW-15";

/// Decisions by which a child is placed outside the home.
const PLACED: [&str; 2] = ["placement_SoL", "placement_LVU"];
/// Outcomes by which nobody is placed.
const NOT_PLACED: [&str; 4] = ["rejected", "dismissed", "withdrawn", "pending"];

pub(super) fn class<'a>(ask: &Ask<'a>) -> Option<Answer<'a>> {
    let mut answer = reckoned(ask)?;
    // What happens, and when, is the value; the class says why.
    let is_value = |id: &str| matches!(id, "keep" | "destroy" | "draft");
    if let Some(at) = answer.said.iter().position(|said| is_value(said.id)) {
        let value = answer.said.remove(at);
        answer.said.insert(0, value);
    }
    Some(answer)
}

fn reckoned<'a>(ask: &Ask<'a>) -> Option<Answer<'a>> {
    let list = match ask.kind {
        "access" => "entries",
        _ if ask.entry.is_empty() => "",
        _ => "notes",
    };
    let mut sheet = Sheet::new("retention", ask, list)?;
    let decided = in_force(&mut sheet);
    sheet.rule_from(ask.today, decided.as_deref());
    let (class, months, field) = match ask.kind {
        "case" => return Some(of_case(sheet)),
        "contract" => ("RC-5", years(&sheet, "contract_years"), "end"),
        "residence" => ("RC-5", years(&sheet, "contract_years"), "open_to"),
        "year" | "plan" => ("RC-6", None, ""),
        "event" | "digest" => ("RC-8", None, ""),
        "access" => ("RC-7", years(&sheet, "log_years"), "at"),
        // When it was last referred to, nobody records.
        "party" => ("RC-10", years(&sheet, "party_years"), ""),
        "journal" if sheet.text("signed_by").is_empty() => {
            ("RC-9", sheet.number("draft_months"), "occurred_at")
        }
        _ => return None,
    };
    sheet.say("class").code("class", "retention_class", class);
    let Some(months) = months else {
        sheet.say("keep");
        hold(&mut sheet);
        return Some(sheet.worth(Worth::Text(class.to_owned())));
    };
    let end = if field.is_empty() { None } else { sheet.value(field).and_then(When::read) };
    let mut end = end.and_then(When::day);
    if class == "RC-9" {
        end = end.max(last_written(ask));
    }
    let after = end.and_then(|end| months_after(end, months));
    let worth = match after {
        Some(day) if class == "RC-9" => {
            sheet.say("draft").day("from", day);
            sheet.change("sign");
            Worth::Number(i64::from(day.year()))
        }
        Some(day) => destroy_after(&mut sheet, day),
        None => {
            sheet.lacks("lacks_end");
            Worth::Unknown
        }
    };
    hold(&mut sheet);
    Some(sheet.worth(worth))
}

/// The day on which somebody wrote last in a note.
fn last_written(ask: &Ask<'_>) -> Option<Date> {
    let prefix = ["notes/", ask.entry, "/"].concat();
    let fields = ask.record.fields.iter().filter(|(path, _)| path.as_str().starts_with(&prefix));
    let said = fields.flat_map(|(_, state)| &state.statements);
    let at = said.map(|said| said.meta.claimed_ms.saturating_sub(said.meta.off_ms())).max()?;
    When::Moment(at).day()
}

/// A number of years in months.
fn years(sheet: &Sheet<'_>, name: &str) -> Option<i64> {
    sheet.number(name).map(|years| years.saturating_mul(12))
}

/// The day on which the proposed rule begins, if the municipality has written that it does.
fn in_force(sheet: &mut Sheet<'_>) -> Option<String> {
    let today = sheet.answer.on.clone();
    let all = sheet.policies(IN_FORCE, &today);
    all.first().map(|(_, from)| (*from).to_owned())
}

/// What is destroyed after a day: begins then, and is done by the end of the next year.
fn destroy_after(sheet: &mut Sheet<'_>, day: Date) -> Worth {
    let year = i64::from(day.year()) + 1;
    sheet.say("destroy").day("from", day).number("year", year);
    Worth::Number(year)
}

fn hold(sheet: &mut Sheet<'_>) {
    if sheet.value("legal_hold") == Some(&Value::Bool(true)) {
        sheet.say("hold");
        sheet.change("hold_ends");
    } else {
        sheet.change("hold_begins");
    }
}

fn of_case(mut sheet: Sheet<'_>) -> Answer<'_> {
    let written = sheet.text("retention_class");
    let mut classes: Vec<&'static str> = Vec::new();
    if is_child_placed(&mut sheet) {
        sheet.say("placed");
        classes.push("RC-2");
    }
    let youngest = born(&mut sheet, &mut classes);
    if sheet.number("child_years").is_some() && youngest.is_some() {
        classes.push("RC-11");
    }
    classes.push("RC-1");
    let class = most_cautious(&sheet, written, &classes);
    sheet.say_first("class").code("class", "retention_class", class);
    if class == written && !classes.contains(&class) {
        sheet.say("by_person");
    }
    let worth = match class {
        "RC-2" | "RC-3" | "RC-4" | "RC-6" | "RC-8" => {
            sheet.say("keep");
            Worth::Text(class.to_owned())
        }
        "RC-11" => {
            let months = years(&sheet, "child_years").unwrap_or_default();
            let grown = youngest.and_then(|day| months_after(day, months));
            by_last_entry(&mut sheet, "years", grown)
        }
        "RC-5" => by_last_entry(&mut sheet, "contract_years", None),
        _ => by_last_entry(&mut sheet, "years", None),
    };
    hold(&mut sheet);
    if class != "RC-2" {
        sheet.change("child_placed");
    }
    sheet.worth(worth)
}

/// The class that is kept longest: the order is that of the field, for two who answered differently.
fn most_cautious<'a>(sheet: &Sheet<'a>, written: &'a str, classes: &[&'a str]) -> &'a str {
    let kind = sheet.ask.catalog.kind("case");
    let field = kind.and_then(|kind| kind.field("retention_class"));
    let order = field.and_then(|field| field.caution.as_ref());
    if let Some(Caution::Order(order)) = order {
        for one in order {
            if one == written {
                return written;
            }
            if let Some(class) = classes.iter().find(|class| one == **class) {
                return class;
            }
        }
    }
    "RC-1"
}

/// Whether a child was placed outside the home by a decision, or may have been.
fn is_child_placed(sheet: &mut Sheet<'_>) -> bool {
    let record = sheet.ask.record;
    let mut placed = false;
    for entry in record.entries(sheet.ask.catalog, "case", "decisions") {
        let key = |field: &str| ["decisions/", &entry, "/", field].concat();
        // Where people disagree, one of them may be right.
        let says =
            |field: &str, is: &dyn Fn(&str) -> bool| record.said(&key(field)).into_iter().any(is);
        if !says("kind", &|kind| PLACED.contains(&kind))
            || !says("outcome", &|outcome| !NOT_PLACED.contains(&outcome))
        {
            continue;
        }
        sheet.text_at(0, &key("kind"));
        sheet.text_at(0, &key("outcome"));
        let person = sheet.text_at(0, &key("person"));
        let day = read_date(sheet.text_at(0, &key("decided_on")));
        let youngest = births(sheet, person).into_iter().max();
        // Where the age is not known, it was a child.
        placed |= match (youngest, day) {
            (Some(birth), Some(day)) => age(birth, day) < 18,
            _ => true,
        };
    }
    placed
}

/// Looks at the days of birth: the class of those born on the 5th, 15th or 25th, and the youngest of those
/// who were, or may have been, children when the case was opened.
fn born(sheet: &mut Sheet<'_>, classes: &mut Vec<&'static str>) -> Option<Date> {
    let record = sheet.ask.record;
    let (mut youngest, mut uncertain) = (None, false);
    let opened =
        sheet.all("opened_on").into_iter().filter_map(|day| read_date(day.as_str()?)).min();
    for person in record.entries(sheet.ask.catalog, "case", "persons") {
        let mut days = births(sheet, &person);
        crate::order::sort_and_dedup(&mut days);
        let last = days.last().copied();
        let is_child = |day: &Date| opened.is_none_or(|opened| age(*day, opened) < 18);
        youngest = youngest.max(last.filter(is_child));
        match days.as_slice() {
            [day] if matches!(day.day(), 5 | 15 | 25) => {
                if !classes.contains(&"RC-3") {
                    sheet.say("born").day("day", *day);
                    classes.push("RC-3");
                }
            }
            [_] => {}
            _ => uncertain = true,
        }
    }
    if uncertain {
        sheet.say("uncertain");
        sheet.change("birth_known");
    }
    youngest
}

/// Destroyed so many years after the last entry of a case that is closed, and not before a day.
fn by_last_entry(sheet: &mut Sheet<'_>, name: &str, not_before: Option<Date>) -> Worth {
    let months = years(sheet, name).unwrap_or_default();
    let closed = sheet.day("closed_on");
    let Some(last) = last_entry(sheet).max(closed) else {
        sheet.lacks("lacks_entry");
        return Worth::Unknown;
    };
    sheet.say("last_entry").day("last", last);
    if closed.is_none() {
        sheet.say("open");
    }
    sheet.change("new_entry");
    let after = months_after(last, months);
    after.map_or(Worth::Unknown, |day| {
        destroy_after(sheet, not_before.map_or(day, |not| day.max(not)))
    })
}

/// The latest signed note, decision or document.
fn last_entry(sheet: &mut Sheet<'_>) -> Option<Date> {
    let (catalog, record) = (sheet.ask.catalog, sheet.ask.record);
    let mut last: Option<(usize, String, Date)> = None;
    let mut take = |of: usize, key: String, day: Option<Date>| {
        if let Some(day) = day
            && last.as_ref().is_none_or(|(_, _, known)| *known < day)
        {
            last = Some((of, key, day));
        }
    };
    for entry in record.entries(catalog, "case", "decisions") {
        let key = ["decisions/", &entry, "/decided_on"].concat();
        let day = read_date(record.text(&key));
        take(0, key, day);
    }
    let journal = sheet.ask.beside("journal").map(|(of, journal)| (of, "journal", journal));
    for (of, kind, record) in [(0, "case", record)].into_iter().chain(journal) {
        for (list, field) in [("notes", "signed_at"), ("attachments", "taken_at")] {
            for entry in record.entries(catalog, kind, list) {
                let key = [list, "/", &entry, "/", field].concat();
                let day = moment(record, &key);
                take(of, key, day);
            }
        }
    }
    let (of, key, day) = last?;
    sheet.value_at(of, &key);
    Some(day)
}

/// The day of a point in time; put right where the clock of whoever noted it was wrong.
fn moment(record: &RecordState, key: &str) -> Option<Date> {
    let state = record.fields.get(&FieldPath::parse(key).ok()?)?;
    let Value::Int(at) = state.value else { return None };
    let said = state.statements.iter().find(|said| said.value == state.value);
    When::Moment(at.saturating_sub(said.map_or(0, |said| said.meta.off_ms()))).day()
}
