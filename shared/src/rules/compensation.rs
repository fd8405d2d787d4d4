//! What the state pays for an unaccompanied child, by a table with days. There are no amounts in the
//! catalog: the municipality writes them with the source, and where none is written none is invented.

use super::answer::{Answer, Worth};
use super::sheet::{Ask, Sheet};

/// What the table's rows are called in the municipality's policies, before the category.
const ROW: &str = "compensation:";

pub(super) fn amount<'a>(ask: &Ask<'a>) -> Option<Answer<'a>> {
    let mut sheet = Sheet::new("compensation", ask, "persons")?;
    let category = sheet.text("category");
    if !category.starts_with("CAT-UA") {
        return None;
    }
    let code = super::Put::Code("category", category.to_owned());
    let day = sheet.answer.on.clone();
    let rows = sheet.policies(&[ROW, category].concat(), &day);
    let worth = match rows.as_slice() {
        [] => {
            sheet.lacks("lacks_amount", &[("category", code), ("day", day.into())]);
            sheet.change("fill", &[]);
            Worth::Unknown
        }
        [(amount, from)] => {
            let amount = super::Put::Decimal((*amount).to_owned());
            sheet.say("value", &[("amount", amount), ("category", code), ("from", (*from).into())]);
            sheet.change("row", &[]);
            rows.first().map_or(Worth::Unknown, |(amount, _)| Worth::Text((*amount).to_owned()))
        }
        _ => {
            let amounts: Vec<&str> = rows.iter().map(|(amount, _)| *amount).collect();
            sheet.say("disputed", &[("amounts", amounts.join(" / ").into()), ("category", code)]);
            sheet.change("decide", &[]);
            Worth::Disputed
        }
    };
    sheet.change("category", &[]);
    Some(sheet.worth(worth))
}
