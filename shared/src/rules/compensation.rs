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
    let day = sheet.answer.on.clone();
    let rows = sheet.policies(&[ROW, category].concat(), &day);
    let worth = match rows.as_slice() {
        [] => {
            sheet.lacks("lacks_amount").code("category", "category", category).text("day", &day);
            sheet.change("fill");
            Worth::Unknown
        }
        [(amount, from)] => {
            let said = sheet.say("value").decimal("amount", amount).text("from", from);
            said.code("category", "category", category);
            sheet.change("row");
            Worth::Text((*amount).to_owned())
        }
        _ => {
            let mut amounts = String::new();
            for (amount, _) in &rows {
                amounts.push_str(if amounts.is_empty() { "" } else { " / " });
                amounts.push_str(amount);
            }
            let said = sheet.say("disputed").text("amounts", &amounts);
            said.code("category", "category", category);
            sheet.change("decide");
            Worth::Disputed
        }
    };
    sheet.change("category");
    Some(sheet.worth(worth))
}
