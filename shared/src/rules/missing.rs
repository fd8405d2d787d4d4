//! How long a child has been missing, what is to be done next, and how long the case is kept open.

use super::answer::{Answer, Worth};
use super::overdue::{checklist, is_answered, item_times, status_field};
use super::sheet::{Ask, Sheet};
use crate::catalog::{Item, When, months_after};
use crate::value::Value;

/// The checklist whose clock this is.
const CHECKLIST: &str = "missing_child";

const HOUR_MS: i64 = 3_600_000;

pub(super) fn clock<'a>(ask: &Ask<'a>) -> Option<Answer<'a>> {
    if ask.record.text("checklist") != CHECKLIST {
        return None;
    }
    let mut sheet = Sheet::new("missing_clock", ask, "")?;
    let said = sheet.all("last_seen_at");
    // Of different times the earliest, and as long as anybody says that the child is gone, it is.
    let times =
        said.iter().filter_map(|said| if let Value::Int(at) = said { Some(*at) } else { None });
    let seen = times.min();
    let back = sheet.text("returned_on");
    let back = if sheet.is_doubted("returned_on") { "" } else { back };
    if !back.is_empty() {
        sheet.say("returned").text("on", back);
    }
    let Some(seen) = seen else {
        if back.is_empty() {
            sheet.lacks("lacks_seen");
            sheet.change("when_seen");
        }
        return Some(sheet.worth(Worth::Unknown));
    };
    let hours = ask.now_ms.saturating_sub(seen).div_euclid(HOUR_MS);
    let since = When::Moment(seen);
    if back.is_empty() {
        let id = if hours < 0 { "not_yet" } else { "gone" };
        sheet.say(id).number("hours", hours).text("since", &since.written());
    }
    for other in said {
        if let Value::Int(other) = other
            && *other != seen
        {
            let hours = ask.now_ms.saturating_sub(*other).div_euclid(HOUR_MS);
            let at = When::Moment(*other).written();
            sheet.change("other").number("hours", hours).text("since", &at);
        }
    }
    if back.is_empty() {
        if let Some((id, when)) = next_step(ask) {
            let late = when.is_past(ask.today, ask.now_ms);
            let said = sheet.say(if late { "late" } else { "next" });
            said.text("item", id).text("when", &when.written());
        }
        let months = sheet.number("months");
        let until = since.day().zip(months).and_then(|(day, months)| months_after(day, months));
        if let Some(until) = until {
            sheet.say("open_until").day("until", until);
        }
        sheet.change("when_back");
    }
    sheet.change("seen_later");
    let hours = if back.is_empty() { Worth::Number(hours) } else { Worth::Unknown };
    Some(sheet.worth(hours))
}

/// The item not done whose time comes, or came, first.
fn next_step<'a>(ask: &Ask<'a>) -> Option<(&'a str, When)> {
    let list = checklist(ask).or_else(|| ask.catalog.newest_checklist(CHECKLIST))?;
    let moment = |when: &When| match when {
        When::Moment(at) => *at,
        When::Day(day) => crate::form::days(*day).saturating_mul(24 * HOUR_MS),
    };
    let mut first: Option<(&'a Item, When)> = None;
    for item in &list.items {
        let status = ["item/", item.id.as_str(), "/", status_field(item)].concat();
        if is_answered(ask.record.text(&status)) {
            continue;
        }
        let Ok(when) = item_times(ask, item).0 else { continue };
        if first.is_none_or(|(_, known)| moment(&when) < moment(&known)) {
            first = Some((item, when));
        }
    }
    first.map(|(item, when)| (item.id.as_str(), when))
}
