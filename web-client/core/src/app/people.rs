//! The persons of a case as they are looked for: by name, by number, by how their names sound. Read once
//! with the record and forgotten with it.

use std::rc::Rc;

use ankomst_shared::app::Language;
use ankomst_shared::catalog::numbers::plain;
use ankomst_shared::catalog::{Catalog, Field, Kind};
use ankomst_shared::document::Statement;
use ankomst_shared::find::{Somebody, Text, short_number};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::merge::RecordState;
use ankomst_shared::path::FieldPath;
use ankomst_shared::sound::Name;
use ankomst_shared::sound::twins::{Person, Written};
use ankomst_shared::value::Value;

use super::state::Open;

/// A case and its persons.
pub(super) struct Household {
    /// What the case itself is found by, without its persons.
    pub(super) own: Text,
    /// What it is called.
    pub(super) label: Name,
    pub(super) persons: Vec<Listed>,
    /// Pairs that somebody has said are two.
    pub(super) apart: Vec<Apart>,
}

/// Two that somebody has said are two.
pub(super) struct Apart {
    pub(super) pair: [String; 2],
    /// Who said so, if that was not when they were taken apart.
    pub(super) said: Option<Statement>,
}

/// A person of a case.
pub(super) struct Listed {
    pub(super) entry: String,
    /// All it is found by, also what others wrote and does not rule.
    pub(super) found: Somebody,
    pub(super) person: Person,
}

impl Open {
    /// The persons of a case, drafts not included.
    pub(super) fn household(&mut self, id: DocumentId) -> Option<Rc<Household>> {
        let record = self.record(id)?;
        if let Some(household) = self.records.get(&id).and_then(|known| known.household.clone()) {
            return Some(household);
        }
        let household = Rc::new(household(id, &record));
        if let Some(known) = self.records.get_mut(&id) {
            known.household = Some(Rc::clone(&household));
        }
        Some(household)
    }
}

/// Reads a case.
pub(super) fn household(id: DocumentId, record: &RecordState) -> Household {
    let mut household = Household {
        own: Text::default(),
        label: Name::of(record.text("household_label")),
        persons: Vec::new(),
        apart: Vec::new(),
    };
    let catalog = Catalog::builtin();
    let Some(kind) = catalog.kind("case") else { return household };
    let mut own = String::new();
    if record.text("case_number").is_empty() {
        own = short_number(id);
    }
    let mut read = Reading { kind, record };
    read.words("", &kind.fields, &mut own);
    for list in &kind.entry_lists {
        // No list but these is looked through, so none is gone through for nothing.
        if list.id != "persons" && list.fields.iter().all(|field| field.finds.is_none()) {
            continue;
        }
        for entry in record.entries(catalog, &kind.id, &list.id) {
            let at = [&list.id, "/", &entry, "/"].concat();
            if list.id == "persons" {
                let mut text = String::new();
                let names = read.words(&at, &list.fields, &mut text);
                household.persons.push(read.person(entry, names, &text));
            } else {
                read.words(&at, &list.fields, &mut own);
            }
        }
    }
    for list in ["not_duplicates", "same_said"] {
        for entry in record.entries(catalog, &kind.id, list) {
            let key = |field: &str| [list, "/", &entry, field].concat();
            let is_saying = list == "same_said";
            if is_saying && record.value(&key("/joined")) != Some(&Value::Bool(false)) {
                continue;
            }
            let path = FieldPath::parse(&key("/other")).ok().filter(|_| !is_saying);
            let said = path.and_then(|path| record.fields.get(&path)?.statements.first().cloned());
            let other = key("/other");
            let other = record.text(&other).rsplit('/').next().unwrap_or_default().to_owned();
            let pair = [record.text(&key("/person")).to_owned(), other];
            household.apart.push(Apart { pair, said });
        }
    }
    household.own = Text::of(&own);
    household
}

struct Reading<'a> {
    kind: &'static Kind,
    record: &'a RecordState,
}

impl Reading<'_> {
    /// Adds to a text what the fields at a place are found by, as it is kept and as it is shown; gives the
    /// names among it. What somebody wrote and does not rule is found, too.
    fn words(&mut self, at: &str, fields: &[Field], text: &mut String) -> Vec<Name> {
        let mut names = Vec::new();
        for field in fields {
            let Some(finds) = field.finds else { continue };
            let path = FieldPath::parse(&[at, &field.id].concat());
            let Some(state) = path.ok().and_then(|path| self.record.fields.get(&path)) else {
                continue;
            };
            let said = state.statements.iter().map(|said| &said.value);
            let mut seen: Vec<&Value> = Vec::new();
            for value in core::iter::once(&state.value).chain(said) {
                let Some(kept) = value.as_str().filter(|_| !seen.contains(&value)) else {
                    continue;
                };
                seen.push(value);
                text.push_str(kept);
                text.push(' ');
                let shown = Catalog::builtin().words(field, value, Language::Sv);
                if shown != kept {
                    text.push_str(&shown);
                    text.push(' ');
                }
                if finds == ankomst_shared::catalog::Finds::Name {
                    names.push(Name::of(kept));
                }
            }
        }
        names
    }

    fn person(&self, entry: String, mut names: Vec<Name>, text: &str) -> Listed {
        let of = |field: &str| {
            self.record.text(&["persons/", &entry, "/", field].concat()).trim().to_owned()
        };
        let written = |field: &str| Written::of(&of(field));
        let mut whole = vec![written("native_name")];
        let aliases = self.record.entries(Catalog::builtin(), &self.kind.id, "aliases");
        for alias in aliases {
            let at = |field: &str| self.record.text(&["aliases/", &alias, field].concat());
            if at("/person") == entry {
                whole.push(Written::of(at("/name")));
                names.push(Name::of(at("/name")));
            }
        }
        let number = |field: &str| plain(&of(field));
        let mut numbers = vec![number("personal_number"), number("coordination_number")];
        numbers.retain(|number| !number.is_empty());
        let person = Person {
            given: vec![written("given"), written("known_as"), written("middle")],
            family: written("family"),
            whole,
            born: of("birth_date"),
            is_born_exact: matches!(of("birth_precision").as_str(), "" | "day"),
            sex: of("sex"),
            numbers,
            card: number("lma_number"),
            reserve: number("reserve_number"),
            file: number("dossier_number"),
            phone: number("phone"),
        };
        let found = Somebody { text: Text::of(text), names };
        Listed { entry, found, person }
    }
}
