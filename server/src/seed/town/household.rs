//! The people of a case as answers: persons, intakes, protected parts.

use ankomst_shared::catalog::written_date;
use ankomst_shared::ids::EntryId;
use ankomst_shared::value::Value;
use jiff::civil::Date;

use super::super::SeedError;
use super::super::draw::Draw;
use super::super::outline::Protection;
use super::super::record::Answers;
use super::people::Household;
use super::person::{Number, Person};
use super::words;

/// A person in one change.
///
/// # Errors
/// When an answer does not fit the catalog.
pub fn person(household: &Household, person: &Person) -> Result<Answers, SeedError> {
    let mut answers = Answers::new("case");
    let at = format!("persons/{}/", person.id);
    let hidden = person.protection == Protection::Hidden;
    answers.all(
        &at,
        &[
            ("given", &person.given),
            ("sex", person.sex.code()),
            ("dossier_number", &person.dossier),
            ("protected_identity", if hidden { "protected_registration" } else { "none" }),
            ("category", household.category.0),
            ("interpreter_lang", household.names.language),
            ("country_of_origin", household.names.country),
        ],
    )?;
    let mut more: Vec<(&str, String)> = Vec::new();
    if !person.family.is_empty() {
        more.push(("family", person.family.clone()));
    }
    more.extend(person.native.clone().map(|native| ("native_name", native)));
    more.extend(person.born.map(|born| ("birth_date", written_date(born))));
    more.extend(person.relation.map(|relation| ("role_in_household", relation.to_owned())));
    match person.number {
        Some(Number::Personal(number)) => more.push(("personal_number", number.to_owned())),
        Some(Number::Coordination(number)) => {
            more.push(("coordination_number", number.to_owned()));
        }
        None => {}
    }
    if household.category.0 == "CAT-TMR" {
        more.push(("lma_number", format!("{}/1", person.dossier)));
    }
    for (field, text) in more {
        answers.text(&format!("{at}{field}"), text)?;
    }
    answers.put(&format!("{at}citizenships/{}", household.names.country), &Value::Bool(true))?;
    answers.put(&format!("{at}languages/{}", household.names.language), &Value::Bool(true))?;
    Ok(answers)
}

/// An intake as far as it got in one sitting.
///
/// # Errors
/// When an answer does not fit the catalog.
pub fn intake(
    household: &Household,
    person: &Person,
    (entry, day, draw): (EntryId, Date, &mut Draw),
) -> Result<Answers, SeedError> {
    let mut answers = Answers::new("case");
    let path = |field: &str| format!("intakes/{entry}/{field}");
    answers.text(&path("person"), person.id.to_string())?;
    answers.text(&path("started_on"), written_date(day))?;
    answers.text(&path("feels_safe"), if draw.often(850) { "yes" } else { "unsure" })?;
    answers.text(&path("interpreter_lang"), household.names.language)?;
    answers.text(&path("interpreter_mode"), "phone")?;
    answers.text(&path("income_state"), "establishment_benefit")?;
    let wish = draw.pick(&words::WISHES).copied().unwrap_or_default();
    answers.text(&path("wishes"), wish)?;
    answers.text(&path("state"), "open")?;
    for member in
        ["immediate_needs/winter_clothes", "info_checklist/rights", "info_checklist/secrecy"]
    {
        if draw.often(700) {
            answers.put(&path(member), &Value::Bool(true))?;
        }
    }
    Ok(answers)
}

/// What only named colleagues may see about a person, if there is something.
///
/// # Errors
/// When an answer does not fit the catalog.
pub fn protected(person: &Person) -> Result<Option<Answers>, SeedError> {
    let mut answers = Answers::new("protected");
    answers.text("person", person.id.to_string())?;
    match person.protection {
        Protection::Nothing => return Ok(None),
        Protection::Pregnant => {
            answers.put("health_flags/pregnancy", &Value::Bool(true))?;
            answers.text("safety_remark", "Väntar barn. Ring helst på förmiddagen.")?;
        }
        Protection::Hidden => {
            answers.text("address", "Testgatan 99, Provby")?;
            answers.text("phone", "031-390 06 12")?;
            answers.text("safety_remark", "Lämna aldrig ut var familjen bor.")?;
        }
    }
    Ok(Some(answers))
}
