//! Every so many-th flat given notice is to be offered: how many were expected, how many came.

use super::answer::{Answer, Worth};
use super::sheet::{Ask, Sheet};
use crate::order;
use crate::value::Value;

/// What the municipality decides the number under.
const POLICY: &str = "vacated_every";

pub(super) fn arrears<'a>(ask: &Ask<'a>) -> Option<Answer<'a>> {
    let mut sheet = Sheet::new("vacated", ask, "")?;
    let day = sheet.answer.on.clone();
    let own = sheet.policies(POLICY, &day);
    let decided = own.last().and_then(|(value, _)| value.parse::<i64>().ok());
    let every = decided.or(sheet.number("every")).filter(|every| *every > 0);
    let mut flats: Vec<(String, String, String)> = Vec::new();
    let (mut offered, mut same) = (0_i64, Vec::new());
    let record = sheet.ask.record;
    for entry in record.entries(ask.catalog, ask.kind, "vacated") {
        let text = |field: &str| record.text(&["vacated/", &entry, "/", field].concat());
        if text("vacated_on") > day.as_str() {
            continue;
        }
        let flat = (
            text("vacated_on").to_owned(),
            order::fold(text("object")),
            text("company").to_owned(),
        );
        if flats.contains(&flat) {
            same.push(text("object").to_owned());
        } else {
            flats.push(flat);
        }
        let key = ["vacated/", &entry, "/offered"].concat();
        if record.value(&key) == Some(&Value::Bool(true)) {
            sheet.value_at(0, &key);
            // The same flat twice in the list was offered once.
            let again = same.last().is_some_and(|object| object == text("object"));
            offered += i64::from(!again);
        }
    }
    let vacated = i64::try_from(flats.len()).unwrap_or(i64::MAX);
    let Some(every) = every else {
        sheet.lacks("lacks_every");
        return Some(sheet.worth(Worth::Unknown));
    };
    let expected = vacated / every;
    let arrears = expected.saturating_sub(offered);
    let id = if arrears < 0 { "ahead" } else { "value" };
    let said = sheet.say(id).number("arrears", arrears.saturating_abs());
    said.number("expected", expected).number("offered", offered);
    let said = sheet.say("counted").number("vacated", vacated);
    said.number("n", every).number("expected", expected);
    if let Some((_, from)) = own.last() {
        sheet.say("decided").number("n", every).text("from", from);
    }
    for object in same {
        sheet.say("twice").text("object", &object);
    }
    sheet.change("next").number("more", every - vacated % every);
    if arrears > 0 {
        sheet.change("offer").number("arrears", arrears);
    }
    Some(sheet.worth(Worth::Number(arrears)))
}
