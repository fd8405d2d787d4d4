//! The 24 months of an adult's establishment, by the ages of the day of reception.

use super::answer::{Answer, Worth};
use super::sheet::{Ask, Sheet, days_between};
use crate::catalog::{months_after, read_date, written_date};
use crate::value::Value;
use jiff::civil::Date;

pub(super) fn period<'a>(ask: &Ask<'a>) -> Option<Answer<'a>> {
    let mut sheet = Sheet::new("establishment", ask, "establishment_plans")?;
    let person = sheet.text("person");
    let Some(start) = sheet.day("clock_start") else {
        sheet.lacks("lacks_start");
        sheet.change("when_received");
        return Some(sheet.worth(Worth::Unknown));
    };
    sheet.rule_of(start);
    let within = ages(&mut sheet, person, start);
    let months = sheet.number("months");
    let Some(end) = months.and_then(|months| months_after(start, months)) else {
        return Some(sheet.worth(Worth::Unknown));
    };
    if within == Some(false) {
        sheet.change("birth");
        return Some(sheet.worth(Worth::Text("outside".to_owned())));
    }
    sheet.say_first("value").day("end", end).day("start", start);
    let left = days_between(ask.today, end);
    if left < 0 {
        sheet.say("passed");
    } else {
        sheet.say("left").number("days", left);
    }
    let others: Vec<&Value> = sheet.others("clock_start");
    for other in others.into_iter().filter_map(|other| read_date(other.as_str()?)) {
        if let Some(end) = months.and_then(|months| months_after(other, months)) {
            sheet.change("other").day("start", other).day("end", end);
        }
    }
    sheet.change("received");
    Some(sheet.worth(Worth::Text(written_date(end))))
}

/// Whether the person was of the ages that count on the day of reception; not known where the day of birth
/// is not, or where the possible days differ in it.
fn ages(sheet: &mut Sheet<'_>, person: &str, start: Date) -> Option<bool> {
    let (youngest, oldest) = (sheet.number("youngest")?, sheet.number("oldest")?);
    let days = births(sheet, person);
    let (Some(first), Some(last)) = (days.iter().min(), days.iter().max()) else {
        sheet.lacks("lacks_birth");
        return None;
    };
    let (high, low) = (age(*first, start), age(*last, start));
    let is_within = |age: i64| (youngest..=oldest).contains(&age);
    if low == high {
        let id = if is_within(low) { "age" } else { "outside" };
        sheet.say(id).number("age", low);
        return Some(is_within(low));
    }
    sheet.say("ages").number("age", low).number("oldest_age", high);
    match (is_within(low), is_within(high)) {
        (true, true) => Some(true),
        (false, false) if high < youngest || low > oldest => {
            sheet.say("outside_any");
            Some(false)
        }
        _ => {
            sheet.lacks("unsure");
            None
        }
    }
}

/// Every day on which a person may have been born: what stands, what people said against it, what other
/// sources say, and the whole month or year where no more is known.
pub(super) fn births(sheet: &mut Sheet<'_>, person: &str) -> Vec<Date> {
    if person.is_empty() {
        return Vec::new();
    }
    let key = |field: &str| ["persons/", person, "/", field].concat();
    let mut said = vec![sheet.text_at(0, &key("birth_date"))];
    said.extend(sheet.others_at(&key("birth_date")).into_iter().filter_map(Value::as_str));
    let mut precision = sheet.text_at(0, &key("birth_precision"));
    for other in sheet.others_at(&key("birth_precision")).into_iter().filter_map(Value::as_str) {
        // Of several the least exact.
        if other == "year" || (other == "month" && precision != "year") {
            precision = other;
        }
    }
    let record = sheet.ask.record;
    for claim in record.entries(sheet.ask.catalog, sheet.ask.kind, "age_claims") {
        let at = |field: &str| ["age_claims/", &claim, "/", field].concat();
        if record.text(&at("person")) == person {
            said.push(sheet.text_at(0, &at("value")));
        }
    }
    let mut days = Vec::new();
    for day in said.iter().filter_map(|text| read_date(text)) {
        let last = match precision {
            "year" => Date::new(day.year(), 12, 31).unwrap_or(day),
            "month" => day.last_of_month(),
            _ => day,
        };
        let first = match precision {
            "year" => Date::new(day.year(), 1, 1).unwrap_or(day),
            "month" => day.first_of_month(),
            _ => day,
        };
        days.extend([first, last]);
    }
    days
}

/// Whole years on a day.
pub(super) fn age(birth: Date, day: Date) -> i64 {
    let years = i64::from(day.year()) - i64::from(birth.year());
    let before = (day.month(), day.day()) < (birth.month(), birth.day());
    // Who is born on the last of February of a leap year is a year older on the last of any February.
    let leap = (birth.month(), birth.day()) == (2, 29)
        && (day.month(), day.day()) == (2, 28)
        && day.days_in_month() == 28;
    years - i64::from(before && !leap)
}
