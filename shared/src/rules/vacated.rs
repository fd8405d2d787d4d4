//! Every so many-th flat given notice is to be offered: how many were expected, how many came.

use super::answer::{Answer, Worth};
use super::sheet::{Ask, Sheet};
use crate::order;
use crate::value::Value;

/// What the municipality decides the number under.
const POLICY: &str = "vacated_every";

/// How many vacated flats there are to each one offered.
fn every(sheet: &Sheet<'_>, own: &[(&str, &str)]) -> Option<i64> {
    let every = match own {
        [] => sheet.number("every"),
        // What the municipality has written and cannot be read is not put right by guessing.
        [(value, _)] => value.parse::<i64>().ok(),
        _ => None,
    };
    every.filter(|every| *every > 0)
}

pub(super) fn arrears<'a>(ask: &Ask<'a>) -> Option<Answer<'a>> {
    let mut sheet = Sheet::new("vacated", ask, "")?;
    let day = sheet.answer.on.clone();
    let own = sheet.policies(POLICY, &day);
    let every = every(&sheet, &own);
    let mut flats: Vec<([String; 3], bool)> = Vec::new();
    let (mut same, mut doubted) = (Vec::new(), Vec::new());
    let record = sheet.ask.record;
    for entry in record.entries(ask.catalog, ask.kind, "vacated") {
        let key = |field: &str| ["vacated/", &entry, "/", field].concat();
        let (on, object) = (record.text(&key("vacated_on")), record.text(&key("object")));
        if on > day.as_str() {
            continue;
        }
        let offered = key("offered");
        let mut is_offered = record.value(&offered) == Some(&Value::Bool(true));
        // While people disagree, it counts as not offered.
        let disputed = !sheet.others(&offered).is_empty() || sheet.is_doubted(&offered);
        if is_offered || disputed {
            sheet.value_at(0, &offered);
        }
        if disputed {
            is_offered = false;
            doubted.push(object);
        }
        let company = record.text(&key("company")).to_owned();
        let flat = [on.to_owned(), order::fold(object), company];
        // Who left out the company has told of the same flat.
        let is_same = |known: &[String; 3]| {
            let [day, name, owner] = known;
            (day, name) == (&flat[0], &flat[1])
                && (*owner == flat[2] || owner.is_empty() || flat[2].is_empty())
        };
        match flats.iter_mut().find(|(known, _)| is_same(known)) {
            // Written down twice, offered once.
            Some((_, known)) => {
                *known |= is_offered;
                same.push(object);
            }
            None => flats.push((flat, is_offered)),
        }
    }
    let mut offered = 0_i64;
    for (_, is_offered) in &flats {
        offered += i64::from(*is_offered);
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
    for object in doubted {
        sheet.say("doubted").text("object", object);
    }
    for object in same {
        sheet.say("twice").text("object", object);
    }
    sheet.change("next").number("more", every - vacated % every);
    if arrears > 0 {
        sheet.change("offer").number("arrears", arrears);
    }
    Some(sheet.worth(Worth::Number(arrears)))
}
