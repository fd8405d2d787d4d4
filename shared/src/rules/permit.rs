//! How long a permit is still valid, and by when an extension must be applied for.

use super::answer::{Answer, Worth};
use super::sheet::{Ask, Sheet, days_between};
use crate::catalog::read_date;
use crate::value::Value;

/// Days before the end on which one is reminded, the first first.
const STEPS: [&str; 4] = ["first", "second", "third", "fourth"];

/// Permits without an end.
const PERMANENT: &str = "PUT";

pub(super) fn expiry<'a>(ask: &Ask<'a>) -> Option<Answer<'a>> {
    let mut sheet = Sheet::new("permit_expiry", ask, "decisions")?;
    let kind = sheet.text("permit_type");
    let valid_to = sheet.day("valid_to");
    if kind.is_empty() && valid_to.is_none() {
        return None;
    }
    let Some(to) = valid_to else {
        if kind == PERMANENT && sheet.others("permit_type").is_empty() {
            sheet.say("permanent");
        } else {
            sheet.lacks("lacks_to");
        }
        return Some(sheet.worth(Worth::Unknown));
    };
    let left = days_between(ask.today, to);
    let applied = sheet.text("extension_applied_on");
    if left < 0 {
        sheet.say("ended").day("to", to).number("days", left.saturating_neg());
    } else {
        sheet.say("left").day("to", to).number("days", left);
    }
    if !applied.is_empty() {
        sheet.say("applied").text("on", applied);
        if read_date(applied).is_some_and(|applied| applied > to) {
            sheet.say("applied_late");
        }
    } else if left >= 0 {
        sheet.say("apply").day("to", to);
        let mut next = None;
        for step in STEPS {
            next = next.or(sheet.number(step).filter(|days| *days < left));
        }
        let day = next.and_then(|days| crate::catalog::days_after(to, -days));
        if let (Some(days), Some(day)) = (next, day) {
            sheet.say("remind").number("days", days).day("on", day);
        }
        sheet.change("applied_change");
    } else {
        sheet.say("ask_agency");
    }
    let others: Vec<&Value> = sheet.others("valid_to");
    for other in others.into_iter().filter_map(|other| read_date(other.as_str()?)) {
        let days = days_between(ask.today, other);
        sheet.change("other").day("to", other).number("days", days);
    }
    sheet.change("new_permit");
    Some(sheet.worth(Worth::Number(left)))
}
