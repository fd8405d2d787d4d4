//! Whether a task or an item of a checklist is late, and since when, in working days.

use super::answer::{Answer, Worth};
use super::sheet::{Ask, Sheet, whole};
use crate::catalog::{
    Again, Catalog, Checklist, Due, Item, NoDueDate, When, due_latest, due_when, is_over,
    is_working_day, months_after, read_date, written_date,
};
use crate::merge::RecordState;
use crate::value::Value;
use jiff::civil::Date;

/// Months from birth to the 18th birthday.
const EIGHTEEN: i64 = 12 * 18;
/// Days are looked at no further than this, which is two hundred years.
const DAYS_MAX: i64 = 73_050;

pub(super) fn task<'a>(ask: &Ask<'a>) -> Option<Answer<'a>> {
    let mut sheet = Sheet::new("task_overdue", ask, "tasks")?;
    let status = sheet.text("status");
    let due = sheet.day("due");
    if is_over(status) {
        sheet.say("over");
        sheet.change("reopened");
        return Some(sheet.worth(Worth::Number(0)));
    }
    let Some(due) = due else {
        sheet.lacks("lacks_due");
        return Some(sheet.worth(Worth::Unknown));
    };
    let others: Vec<&Value> = sheet.others("due");
    let worth = told(&mut sheet, When::Day(due));
    for other in others.into_iter().filter_map(Value::as_str) {
        sheet.change("other").text("due", other);
    }
    sheet.change("done");
    Some(sheet.worth(worth))
}

/// Says how late something is, or how long it still has.
fn told(sheet: &mut Sheet<'_>, due: When) -> Worth {
    let (today, now_ms) = (sheet.ask.today, sheet.ask.now_ms);
    let Some(day) = due.day() else { return Worth::Unknown };
    let late = due.is_past(today, now_ms);
    let days = if late { working_days(day, today) } else { working_days(today, day) };
    let id = match (late, day == today) {
        (true, _) => "late",
        (false, true) => "today",
        (false, false) => "left",
    };
    sheet.say(id).text("due", &due.written()).number("days", days);
    // Late by hours is late, though no working day has passed.
    Worth::Number(if late { days.max(1) } else { 0 })
}

/// Working days after one day up to and with another.
fn working_days(after: Date, until: Date) -> i64 {
    let (mut day, mut days, mut steps) = (after, 0, 0);
    while day < until && steps < DAYS_MAX {
        let Ok(next) = day.tomorrow() else { break };
        day = next;
        days += i64::from(is_working_day(day));
        steps += 1;
    }
    days
}

/// The field that says how an item stands: inspections find, tasks are done.
#[must_use]
pub const fn status_field(item: &Item) -> &'static str {
    if item.severity.is_some() { "status" } else { "task_status" }
}

/// Whether an item needs no more looking at.
#[must_use]
pub fn is_answered(status: &str) -> bool {
    !matches!(status, "" | "not_checked" | "todo" | "doing" | "blocked")
}

/// The date of an event: what the run says, or else the house or case it belongs to, with the record (0 the
/// run, then those beside it).
#[must_use]
pub fn event(ask: &Ask<'_>, anchor: &str) -> Option<(usize, String, Value)> {
    let field = ask.catalog.date_field(anchor)?;
    if let Some(said) = earliest(ask.record, &field.id) {
        return Some((0, field.id.clone(), said));
    }
    for (at, (kind, record)) in ask.beside.iter().enumerate() {
        if let Some((key, value)) = known_date(ask.catalog, (kind, record), anchor) {
            return Some((at + 1, key, value));
        }
    }
    None
}

/// Of different days or moments the earliest: what is due by it is due then at the latest.
fn earliest(record: &RecordState, key: &str) -> Option<Value> {
    record.values(key).into_iter().min().cloned()
}

/// What a house or case says of an event: its field with that anchor, or the day on which its only
/// person, born on a day that is known, turns 18.
#[must_use]
pub fn known_date(
    catalog: &Catalog,
    (kind, record): (&str, &RecordState),
    anchor: &str,
) -> Option<(String, Value)> {
    let found = if anchor == "B18" { "birth_date" } else { anchor };
    let (list, field) = catalog.anchor(kind, found)?;
    let Some(list) = list else {
        return Some((field.id.clone(), earliest(record, &field.id)?));
    };
    let mut entries = record.entries(catalog, kind, &list.id);
    let (Some(person), true) = (entries.pop(), entries.is_empty()) else { return None };
    let key = |field: &str| [&list.id, "/", &person, "/", field].concat();
    if !record.said(&key("birth_precision")).iter().all(|exact| matches!(*exact, "" | "day")) {
        return None;
    }
    let birth = earliest(record, &key(&field.id))?;
    let birthday = months_after(read_date(birth.as_str()?)?, EIGHTEEN)?;
    Some((key(&field.id), Value::text(written_date(birthday))))
}

/// When an item of a run is due, and at the very latest; what moved it and what it counts from is noted.
pub fn item_times(ask: &Ask<'_>, item: &Item) -> (Result<When, NoDueDate>, Option<When>) {
    let key = |field: &str| ["item/", &item.id, "/", field].concat();
    let moved = read_date(ask.record.text(&key("due_override"))).map(When::Day);
    let unknown = moved.ok_or(NoDueDate::AnchorUnknown);
    let Some(due) = &item.due else { return (unknown, None) };
    let from = event(ask, &due.anchor).and_then(|(_, _, value)| When::read(&value));
    let Some(from) = from else { return (unknown, None) };
    let done = match due.again {
        Again::Once => None,
        _ => read_date(ask.record.text(&key("last_done"))),
    };
    (moved.map_or_else(|| due_when(due, from, done), Ok), due_latest(due, from))
}

/// The version of the checklist that a run has.
pub(super) fn checklist<'a>(ask: &Ask<'a>) -> Option<&'a Checklist> {
    let version =
        whole(ask.record.value("version")).and_then(|version| u32::try_from(version).ok());
    ask.catalog.checklist(ask.record.text("checklist"), version?)
}

pub(super) fn item<'a>(ask: &Ask<'a>) -> Option<Answer<'a>> {
    let own = checklist(ask).and_then(|list| list.items.iter().find(|item| item.id == ask.entry));
    let item = own.or_else(|| ask.catalog.item(ask.entry))?;
    let due = item.due.as_ref()?;
    let mut sheet = Sheet::new("item_overdue", ask, "item")?;
    let answered = is_answered(sheet.text(status_field(item)));
    let moved = sheet.text("due_override");
    let from = event(ask, &due.anchor);
    if let Some((of, key, _)) = &from {
        sheet.value_at(*of, key);
    } else if let Some(field) = ask.catalog.date_field(&due.anchor) {
        sheet.value_at(0, &field.id);
    }
    if due.again != Again::Once {
        sheet.text("last_done");
    }
    if answered {
        sheet.say("over");
        sheet.change("reopened");
        return Some(sheet.worth(Worth::Number(0)));
    }
    let (times, latest) = item_times(ask, item);
    let worth = match times {
        Ok(when) => told(&mut sheet, when),
        Err(NoDueDate::NoMore) => {
            sheet.say("no_more");
            Worth::Number(0)
        }
        Err(why) => {
            let id = if why == NoDueDate::TimeUnknown { "lacks_time" } else { "lacks_event" };
            sheet.lacks(id).code("event", "anchor", &due.anchor);
            Worth::Unknown
        }
    };
    counting(&mut sheet, due, moved);
    if let Some(latest) = latest {
        sheet.say("latest").text("latest", &latest.written());
    }
    sheet.change("done");
    Some(sheet.worth(worth))
}

/// Says what an item counts from.
fn counting(sheet: &mut Sheet<'_>, due: &Due, moved: &str) {
    use crate::catalog::DueUnit as Unit;
    if !moved.is_empty() {
        sheet.say("moved");
        return;
    }
    let id = match (due.unit, due.offset < 0) {
        (Unit::Hours, _) => "hours",
        (Unit::WorkingDays, true) => "working_before",
        (Unit::WorkingDays, false) => "working",
        (Unit::Months, true) => "months_before",
        (Unit::Months, false) => "months",
        (Unit::Days, true) => "days_before",
        (Unit::Days, false) => "days_after",
    };
    let count = due.offset.saturating_abs();
    sheet.say(id).number("count", count).code("event", "anchor", &due.anchor);
    sheet.change("event_moves").code("event", "anchor", &due.anchor);
}
