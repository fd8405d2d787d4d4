//! Houses, households and protected parts as answers of the catalog, checked by it.

use ankomst_shared::catalog::{Catalog, check};
use ankomst_shared::document::Edit;
use ankomst_shared::ids::{DocumentId, EntryId, UserId};
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;

use super::outline::{HOUSES, HouseOutline, HouseholdOutline, Protection, RoomOutline};
use super::village::{Household, Person};
use super::{BANNER, SeedError};

/// Answers of one document under construction.
#[derive(Debug)]
pub struct Answers {
    kind: &'static str,
    edits: Vec<Edit>,
}

impl Answers {
    /// Begins with no answers.
    #[must_use]
    pub const fn new(kind: &'static str) -> Self {
        Self { kind, edits: Vec::new() }
    }

    /// Kind of the document.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        self.kind
    }

    /// The answers.
    #[must_use]
    pub fn edits(&self) -> &[Edit] {
        &self.edits
    }

    /// Adds an answer.
    ///
    /// # Errors
    /// When it does not fit the catalog.
    pub fn put(&mut self, path: &str, value: &Value) -> Result<(), SeedError> {
        let fault = |fault: String| SeedError::Answer {
            path: path.to_owned(),
            value: value.clone(),
            fault,
        };
        let at = FieldPath::parse(path).map_err(|error| fault(error.to_string()))?;
        let catalog = Catalog::builtin();
        let located = catalog
            .locate(self.kind, &at)
            .ok_or_else(|| fault("the catalog has no such field".to_owned()))?;
        let value =
            check(catalog, located.field, value).map_err(|error| fault(error.to_string()))?;
        self.edits.push(Edit { path: at, value });
        Ok(())
    }

    /// Adds what was checked elsewhere.
    pub fn say(&mut self, edits: Vec<Edit>) {
        self.edits.extend(edits);
    }

    /// Adds a text or code.
    ///
    /// # Errors
    /// When it does not fit the catalog.
    pub fn text(&mut self, path: &str, text: impl Into<String>) -> Result<(), SeedError> {
        self.put(path, &Value::Str(text.into()))
    }

    /// Adds texts and codes of fields that begin alike.
    ///
    /// # Errors
    /// When one does not fit the catalog.
    pub fn all(&mut self, prefix: &str, answers: &[(&str, &str)]) -> Result<(), SeedError> {
        answers.iter().try_for_each(|(field, text)| self.text(&format!("{prefix}{field}"), *text))
    }
}

/// A house with its rooms.
///
/// # Errors
/// When an answer does not fit the catalog.
pub fn house(outline: &HouseOutline, rooms: &[EntryId]) -> Result<Answers, SeedError> {
    let mut answers = Answers::new("residence");
    let beds = outline.rooms.iter().filter(|room| room.blocked.is_none()).map(|room| room.most);
    answers.all(
        "",
        &[
            ("name", outline.name),
            ("residence_type", outline.kind),
            ("operator_kind", outline.operator),
            ("status", "open"),
            ("staffing", outline.staffing),
            ("address_street", outline.street),
            ("postcode", "835 31"),
            ("city", "Provby"),
            ("fire_alarm_type", outline.alarm),
            ("assembly_point", "Parkeringen framför huset"),
            ("remark", BANNER),
        ],
    )?;
    let rooms_here = i64::try_from(outline.rooms.len()).unwrap_or(0);
    answers.put("max_persons", &Value::Int(beds.sum()))?;
    answers.put("room_count", &Value::Int(rooms_here))?;
    for (set, member) in outline.sets {
        answers.put(&format!("{set}/{member}"), &Value::Bool(true))?;
    }
    for (room, id) in outline.rooms.iter().zip(rooms) {
        self::room(&mut answers, room, *id)?;
    }
    Ok(answers)
}

fn room(answers: &mut Answers, outline: &RoomOutline, id: EntryId) -> Result<(), SeedError> {
    let at = format!("rooms/{id}/");
    let status = if outline.blocked.is_some() { "blocked" } else { "usable" };
    answers.all(
        &at,
        &[
            ("label", outline.label),
            ("kind", outline.kind),
            ("area_m2", outline.area),
            ("sex_rule", outline.rule),
            ("status", status),
        ],
    )?;
    answers.put(&format!("{at}max_persons"), &Value::Int(outline.most))?;
    outline.blocked.map_or(Ok(()), |why| answers.text(&format!("{at}blocked_reason"), why))
}

/// Who lives in a room, as far as a house may know.
#[derive(Debug)]
pub struct Occupant<'a> {
    /// The entry.
    pub entry: EntryId,
    /// The case.
    pub case: DocumentId,
    /// The person's entry in the case.
    pub id: EntryId,
    /// The room.
    pub room: EntryId,
    /// The person.
    pub person: &'a Person,
    /// Since when.
    pub from: &'a str,
}

/// The occupants of a house. Those who live hidden are not named, not even by initials.
///
/// # Errors
/// When an answer does not fit the catalog.
pub fn occupancy(occupants: &[Occupant<'_>]) -> Result<Answers, SeedError> {
    let mut answers = Answers::new("residence");
    for one in occupants {
        let at = format!("occupancy/{}/", one.entry);
        answers.all(
            &at,
            &[
                ("person", &one.id.to_string()),
                ("case", &one.case.to_string()),
                ("display", &one.person.display()),
                ("sex", one.person.sex.code()),
                ("room", &one.room.to_string()),
                ("from_date", one.from),
                ("state", "active"),
            ],
        )?;
        if let Some(band) = one.person.age_band() {
            answers.text(&format!("{at}age_band"), band)?;
        }
    }
    Ok(answers)
}

/// Where a case belongs.
#[derive(Debug)]
pub struct CasePlace {
    /// The house.
    pub house: DocumentId,
    /// The caseworker.
    pub caseworker: UserId,
    /// Entry ids of the people, in their order.
    pub people: Vec<EntryId>,
}

/// A case with its people.
///
/// # Errors
/// When an answer does not fit the catalog.
pub fn case(
    household: &Household,
    outline: &HouseholdOutline,
    place: &CasePlace,
) -> Result<Answers, SeedError> {
    let mut answers = Answers::new("case");
    let street = HOUSES.get(outline.place.0).map_or("", |house| house.street);
    answers.all(
        "",
        &[
            ("household_label", &household.label),
            ("phone", &household.phone),
            ("email", &household.email),
            ("arriving_from", &format!("Anläggningsboende (påhittat), till {street}")),
            ("arrival_date", &household.arrived_on),
            ("residence", &place.house.to_string()),
            ("case_number", &household.number),
            ("case_kind", outline.kind),
            ("state", "active"),
            ("priority", outline.priority),
            ("assigned_to", &place.caseworker.to_string()),
        ],
    )?;
    answers.put("legal_basis/SETTLEMENT", &Value::Bool(true))?;
    for (person, id) in household.people.iter().zip(&place.people) {
        self::person(&mut answers, person, outline, *id)?;
    }
    Ok(answers)
}

/// A task that is sent to another department, with what its recipient may know.
///
/// # Errors
/// When an answer does not fit the catalog.
pub fn sent(answers: &mut Answers, department: &str) -> Result<(), SeedError> {
    let entry = EntryId::from_bytes([7; 10]);
    answers.all(
        &format!("tasks/{entry}/"),
        &[
            ("title", "Skolstart"),
            ("department", department),
            ("due", "2026-12-18"),
            ("status", "todo"),
            (
                "data_to_recipient",
                "Skolplats för ett barn i årskurs 4 från vårterminen. Tolk behövs.",
            ),
        ],
    )
}

fn person(
    answers: &mut Answers,
    person: &Person,
    outline: &HouseholdOutline,
    id: EntryId,
) -> Result<(), SeedError> {
    let at = format!("persons/{id}/");
    let hidden = person.protection == Protection::Hidden;
    answers.all(
        &at,
        &[
            ("given", &person.given),
            ("family", &person.family),
            ("sex", person.sex.code()),
            ("dossier_number", &person.dossier),
            ("protected_identity", if hidden { "protected_registration" } else { "none" }),
            ("category", outline.category),
            ("interpreter_lang", outline.names.language),
        ],
    )?;
    for (field, answer) in [
        ("native_name", &person.native),
        ("birth_date", &person.born_on),
        ("personal_number", &person.number),
    ] {
        if let Some(answer) = answer {
            answers.text(&format!("{at}{field}"), answer.as_str())?;
        }
    }
    answers.put(&format!("{at}citizenships/{}", outline.names.country), &Value::Bool(true))?;
    answers.put(&format!("{at}languages/{}", outline.names.language), &Value::Bool(true))
}

/// What only named colleagues may see about a person.
///
/// # Errors
/// When an answer does not fit the catalog.
pub fn protected(person: &Person, id: EntryId) -> Result<Answers, SeedError> {
    let mut answers = Answers::new("protected");
    answers.text("person", id.to_string())?;
    match person.protection {
        Protection::Nothing => {}
        Protection::Pregnant => {
            answers.put("health_flags/pregnancy", &Value::Bool(true))?;
            answers.text("safety_remark", "Väntar barn i januari. Ring helst på förmiddagen.")?;
        }
        Protection::Hidden => {
            answers.text("address", "Testgatan 99, Provby")?;
            answers.text("phone", "031-390 06 12")?;
            answers.text("safety_remark", "Lämna aldrig ut var familjen bor.")?;
        }
    }
    Ok(answers)
}
