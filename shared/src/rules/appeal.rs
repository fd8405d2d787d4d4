//! The last day to appeal a decision, and whether it is final.

use super::answer::{Answer, Worth};
use super::sheet::{Ask, Sheet, days_between};
use crate::catalog::{days_after, is_working_day, read_date, written_date};
use crate::value::Value;
use jiff::civil::Date;

/// States in which somebody has appealed and no court has ended it.
const APPEALED: [&str; 5] =
    ["appealed", "at_court", "leave_to_appeal_asked", "leave_granted", "leave_refused"];

pub(super) fn last_day<'a>(ask: &Ask<'a>) -> Option<Answer<'a>> {
    let mut sheet = Sheet::new("appeal_day", ask, "decisions")?;
    let last = reckoned(&mut sheet);
    let authority = sheet.text("decided_by");
    let Some((served, counted, last)) = last else {
        return Some(sheet.worth(Worth::Unknown));
    };
    if authority != "MIG" {
        sheet.say("other_authority");
    }
    if counted != last {
        sheet.say("moved").day("first", counted).day("last", last);
    }
    let left = days_between(ask.today, last);
    if left < 0 {
        sheet.say("passed");
    } else {
        sheet.say("left").number("left", left);
    }
    sheet.change("earlier").day("served", served);
    let others: Vec<&Value> = sheet.others("served_on");
    for other in others.into_iter().filter_map(|other| read_date(other.as_str()?)) {
        if let Some((_, then)) = last_of(&sheet, other) {
            sheet.change("other").day("served", other).day("last", then);
        }
    }
    Some(sheet.worth(Worth::Text(written_date(last))))
}

/// The day served, the day three weeks later and the last day; says it, or what is missing.
fn reckoned(sheet: &mut Sheet<'_>) -> Option<(Date, Date, Date)> {
    let Some(served) = sheet.day("served_on") else {
        sheet.lacks("lacks_served");
        sheet.change("when_served");
        return None;
    };
    sheet.rule_of(served);
    let (counted, last) = last_of(sheet, served)?;
    sheet.say("value").day("last", last).day("served", served);
    Some((served, counted, last))
}

/// So many days after, and the working day that it is or that comes next.
fn last_of(sheet: &Sheet<'_>, served: Date) -> Option<(Date, Date)> {
    let counted = days_after(served, sheet.number("days")?)?;
    let mut last = counted;
    while !is_working_day(last) {
        last = last.tomorrow().ok()?;
    }
    Some((counted, last))
}

/// The last day to appeal that `appeal_day` gives, with the sentences of another rule.
fn last_by_rule(ask: &Ask<'_>) -> Option<String> {
    match last_day(ask)?.value {
        Worth::Text(day) => Some(day),
        _ => None,
    }
}

pub(super) fn finality<'a>(ask: &Ask<'a>) -> Option<Answer<'a>> {
    let mut sheet = Sheet::new("finality", ask, "decisions")?;
    let state = sheet.text("appeal_state");
    let appealed = sheet.text("appealed_on");
    let final_on = sheet.text("final_on");
    let source = sheet.text("final_source");
    // Who said so counts only while nobody contradicts it.
    let fields = ["appeal_state", "final_source", "final_on"];
    let contested = fields.iter().any(|field| !sheet.others(field).is_empty());
    let confirmed = matches!(source, "court" | "MIG_notice") || state == "final_confirmed";
    let begun = !final_on.is_empty() && final_on <= written_date(ask.today).as_str();
    let told = if confirmed && begun && !contested {
        sheet.say("confirmed").text("on", final_on);
        "final_confirmed"
    } else if !appealed.is_empty() || APPEALED.contains(&state) {
        sheet.say("appealed");
        "appealed"
    } else {
        waiting(&mut sheet, ask)
    };
    if contested {
        sheet.say("contested");
    }
    if told == "final_confirmed" {
        sheet.change("not_final");
    } else {
        sheet.change("confirm");
    }
    Some(sheet.worth(if told.is_empty() { Worth::Unknown } else { Worth::Text(told.to_owned()) }))
}

/// Nobody has appealed as far as is known, and nobody has confirmed.
fn waiting(sheet: &mut Sheet<'_>, ask: &Ask<'_>) -> &'static str {
    sheet.text("served_on");
    let Some(last) = last_by_rule(ask) else {
        sheet.lacks("unserved");
        return "";
    };
    if written_date(ask.today) <= last {
        sheet.say("running").text("last", &last);
        sheet.change("appeal").text("last", &last);
        return "deadline_running";
    }
    sheet.say("computed").text("last", &last);
    sheet.change("late_appeal");
    "final_unconfirmed"
}
