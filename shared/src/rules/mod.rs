//! Rules that explain themselves: from merged records, the catalog and a day to an [`Answer`] that names the
//! version that applied, the answers it rests on, what is missing, and what would change it.
//!
//! Pure: the same records and the same day give the same answer, whatever the clock says, so that a case
//! of 2015 is shown under the rule of 2015. What a rule says and the numbers of its versions are data
//! (`shared/catalog/rules/`); the reckoning is one small file for each rule. Nothing else reckons what is
//! reckoned here.
//!
//! Reading order: [`mod@answer`] (what is told), [`sheet`] (how it is put together), then any rule.

pub mod answer;
pub mod appeal;
pub mod capacity;
pub mod compensation;
pub mod establishment;
pub mod missing;
pub mod overdue;
pub mod permit;
pub mod quota;
pub mod retention;
pub mod sheet;
pub mod vacated;

pub use answer::{Answer, Said, Used, Worth};
pub use sheet::Ask;

/// What a rule gives for a record or an entry; nothing where it does not apply, or for an entry that is not
/// there or was taken away.
#[must_use]
pub fn answer<'a>(rule: &str, ask: &Ask<'a>) -> Option<Answer<'a>> {
    let is_there = |place: &String| match place.split_once('/') {
        None => place == ask.kind,
        Some((kind, "item")) => kind == ask.kind,
        Some((kind, list)) => {
            kind == ask.kind
                && ask.record.entries(ask.catalog, kind, list).iter().any(|one| one == ask.entry)
        }
    };
    // Of records that are shown nowhere, an archive asks as well.
    if rule != "retention" && !ask.catalog.rule(rule)?.at.iter().any(is_there) {
        return None;
    }
    match rule {
        "room_capacity" => capacity::of_room(ask),
        "house_capacity" => capacity::of_house(ask),
        "appeal_day" => appeal::last_day(ask),
        "finality" => appeal::finality(ask),
        "task_overdue" => overdue::task(ask),
        "item_overdue" => overdue::item(ask),
        "permit_expiry" => permit::expiry(ask),
        "missing_clock" => missing::clock(ask),
        "establishment" => establishment::period(ask),
        "quota" => quota::number(ask),
        "vacated" => vacated::arrears(ask),
        "compensation" => compensation::amount(ask),
        "retention" => retention::class(ask),
        _ => None,
    }
}
