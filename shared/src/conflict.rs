//! Everything in a record that a person should decide, as records of their own: reckoned from the merged
//! record, never stored, with an id that is the same on every device (domain section 3.31).
//!
//! A conflict ends when its cause does: somebody settles the field, moves a person, writes an override,
//! confirms a removal. Whoever did not know of that has said something new, and the conflict is a new one.

use crate::app::Agreement;
use crate::catalog::{Catalog, MergeCode};
use crate::chunk::sha256;
use crate::document::{CLOCK_OFF_S, Document, Edit, Statement};
use crate::ids::{ConflictId, DocumentId, EntryId, UserId};
use crate::merge::settlement::entry_edits;
use crate::merge::{FieldState, RecordState, conflict_id};
use crate::occupancy::{self, Fault, House};
use crate::order;
use crate::path::FieldPath;
use crate::same::Same;
use crate::value::Value;

/// The list of the review document with who sees to what.
const OWNED: &str = "conflicts";

/// What kind of conflict it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Different answers to one question.
    Value,
    /// States or attestations that exclude each other.
    Contested,
    /// Different answers to a question of safety, or people where nobody should be.
    Safety,
    /// More people than a room or house takes.
    Capacity,
    /// A person in two places, or two in one bed.
    DoublePlacement,
    /// Written into what was signed, without knowing of the signing.
    LateChange,
    /// Removed by one, written into by another.
    DeletedEdited,
    /// Written on a device whose clock is wrong.
    Clock,
    /// Cards of one person that point at each other, or at one that was taken away; cards that may be of one.
    Duplicate,
    /// Two people decided differently.
    TwoResolutions,
}

impl Class {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Contested => "contested",
            Self::Safety => "safety",
            Self::Capacity => "capacity",
            Self::DoublePlacement => "double_placement",
            Self::LateChange => "late_change",
            Self::DeletedEdited => "deleted_edited",
            Self::Clock => "clock",
            Self::Duplicate => "duplicate",
            Self::TwoResolutions => "two_resolutions",
        }
    }

    /// Days within which it is decided (domain section 3.31).
    #[must_use]
    pub const fn days(self) -> u8 {
        match self {
            Self::Safety => 1,
            Self::Capacity | Self::DoublePlacement => 2,
            _ => 7,
        }
    }
}

/// Something to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The same on every device that holds the same changes.
    pub id: ConflictId,
    /// Its kind.
    pub class: Class,
    /// Where in the record: a field, an entry (`rooms/…`), or the record itself when empty.
    pub at: String,
    /// What was said, in the order of the acts of writing.
    pub said: Vec<Statement>,
}

impl Conflict {
    /// A conflict of a record.
    #[must_use]
    pub fn new(record: DocumentId, class: Class, at: &str, mut said: Vec<Statement>) -> Self {
        order::sort_by_key(&mut said, |one| one.id);
        said.dedup_by_key(|one| one.id);
        Self { id: conflict_id(record, class.code(), at, &said), class, at: at.to_owned(), said }
    }

    /// Whether it is shown at a field of the record, with everything said in it.
    #[must_use]
    pub fn is_about_field(&self, record: &RecordState) -> bool {
        let shows = |path: &FieldPath| {
            record.fields.get(path).is_some_and(|state| state.conflict == Some(self.id))
        };
        self.class == Class::LateChange || FieldPath::parse(&self.at).is_ok_and(|path| shows(&path))
    }

    /// Whether somebody has to do something about it; a clock that was wrong is only told, and late
    /// changes are counted apart.
    #[must_use]
    pub fn is_to_decide(&self) -> bool {
        !matches!(self.class, Class::Clock | Class::LateChange)
    }

    /// Whether it is a guess of the program: two cards that may be of one person.
    #[must_use]
    pub fn is_a_guess(&self) -> bool {
        self.class == Class::Duplicate && self.at.split('/').count() == 3
    }

    /// The entry of the review document in which it stands who sees to it: one for each kind and place, so
    /// that it stays theirs when somebody else joins in.
    #[must_use]
    pub fn entry(&self) -> EntryId {
        let hash =
            sha256(&[b"ankomst conflict ", self.class.code().as_bytes(), self.at.as_bytes()]);
        EntryId::from_bytes(*hash.first_chunk().unwrap_or(&[0; 10]))
    }

    /// Who said it.
    #[must_use]
    pub fn people(&self) -> Vec<UserId> {
        let mut people: Vec<UserId> = self.said.iter().map(|one| one.meta.user).collect();
        order::sort_and_dedup(&mut people);
        people
    }
}

/// Notes who sees to it that a conflict is decided; with nobody, that nobody in particular does.
#[must_use]
pub fn own_edits(conflict: &Conflict, owner: Option<UserId>) -> Vec<Edit> {
    let owner = owner.map_or(Value::Null, |owner| Value::text(owner.to_string()));
    entry_edits(
        OWNED,
        conflict.entry(),
        [
            ("conflict", Value::text(conflict.id.to_string())),
            ("class", Value::text(conflict.class.code())),
            ("owner", owner),
        ],
    )
}

/// Who sees to it that a conflict is decided; several where two took it on at the same time.
#[must_use]
pub fn owners(review: &Document, conflict: &Conflict) -> Vec<UserId> {
    let owner = format!("{OWNED}/{}/owner", conflict.entry());
    let said = FieldPath::parse(&owner).map(|path| review.values(&path)).unwrap_or_default();
    let mut owners: Vec<UserId> =
        said.iter().filter_map(|owner| owner.as_str()?.parse().ok()).collect();
    order::sort_and_dedup(&mut owners);
    owners
}

/// Everything to decide in a record, sorted by kind and place, with what is known of cards of one person.
#[must_use]
pub fn conflicts(
    catalog: &Catalog,
    (kind, id): (&str, DocumentId),
    record: &RecordState,
    same: &Same,
) -> Vec<Conflict> {
    let mut found = Vec::new();
    for (path, state) in &record.fields {
        if let Some(class) = field_class(catalog, kind, path, state) {
            let mut conflict = Conflict::new(id, class, path.as_str(), state.statements.clone());
            // Also the decisions make it the one it is.
            conflict.id = state.conflict.unwrap_or(conflict.id);
            found.push(conflict);
        }
    }
    for late in record.late.iter().filter(|late| !late.is_decided()) {
        found.push(Conflict::new(id, Class::LateChange, late.path.as_str(), late.said.clone()));
    }
    for revived in &record.revived {
        let mut said = revived.said.clone();
        said.extend(statements(record, &format!("{}/tombstone", revived.prefix)));
        found.push(Conflict::new(id, Class::DeletedEdited, &revived.prefix, said));
    }
    found.extend(clocks(id, record));
    found.extend(rivals(catalog, (kind, id), record));
    if kind == "residence" {
        let house = occupancy::house(catalog, record, same);
        found.extend(housing(id, record, &house));
    }
    if kind == "case" {
        for (at, said) in same.undecided(id) {
            found.push(Conflict::new(id, Class::Duplicate, &at, said));
        }
    }
    order::sort_by_key(&mut found, |one| (one.class, one.at.clone(), one.id));
    found
}

/// Persons of a case whose cards live in different houses: the house, the person as it names one, and who said
/// that they live there.
#[must_use]
pub fn apart(
    case: DocumentId,
    placed: &[(DocumentId, String, Vec<Statement>)],
    same: &Same,
) -> Vec<Conflict> {
    let mut found = Vec::new();
    for (at, said) in same.apart(case, placed) {
        found.push(Conflict::new(case, Class::DoublePlacement, &at, said));
    }
    found
}

fn field_class(
    catalog: &Catalog,
    kind: &str,
    path: &FieldPath,
    state: &FieldState,
) -> Option<Class> {
    match state.agreement {
        Agreement::SettledTwice => return Some(Class::TwoResolutions),
        Agreement::Open | Agreement::Reopened => {}
        Agreement::Agreed | Agreement::Settled => return None,
    }
    let Some(located) = catalog.locate(kind, path) else { return Some(Class::Value) };
    Some(match located.field.merge {
        MergeCode::S => Class::Safety,
        MergeCode::M | MergeCode::U => Class::Contested,
        _ if located.field.caution.is_some() => Class::Contested,
        _ => Class::Value,
    })
}

/// Entries of which only one should stand: two guardians of a child, two figures from one day.
fn rivals(
    catalog: &Catalog,
    (kind, id): (&str, DocumentId),
    record: &RecordState,
) -> Vec<Conflict> {
    let mut found = Vec::new();
    let lists = catalog.kind(kind).map(|kind| kind.entry_lists.as_slice()).unwrap_or_default();
    for list in lists.iter().filter(|list| !list.one_for.is_empty()) {
        let mut standing: Vec<(Vec<String>, Vec<String>)> = Vec::new();
        for entry in record.entries(catalog, kind, &list.id) {
            let key = |field: &str| format!("{}/{entry}/{field}", list.id);
            if list.until.as_ref().is_some_and(|until| record.value(&key(until)).is_some()) {
                continue;
            }
            let who: Vec<String> = list
                .one_for
                .iter()
                .map(|field| match record.value(&key(field)) {
                    Some(Value::Int(number)) => number.to_string(),
                    value => value.and_then(Value::as_str).unwrap_or_default().to_owned(),
                })
                .collect();
            match standing.iter_mut().find(|(other, _)| *other == who) {
                Some((_, entries)) => entries.push(entry),
                None => standing.push((who, vec![entry])),
            }
        }
        for (who, entries) in standing {
            let all = || entries.iter().map(|entry| said_in(record, &list.id, entry));
            let values = |said: &[(&str, Statement)]| {
                said.iter().map(|(field, one)| ((*field).to_owned(), one.value.clone())).collect()
            };
            let mut different: Vec<Vec<(String, Value)>> =
                all().map(|said| values(&said)).collect();
            different.dedup();
            if different.len() > 1 && !who.iter().any(String::is_empty) {
                let at = format!("{}:{}", list.id, who.join("/"));
                let said = all().flatten().map(|(_, one)| one).collect();
                found.push(Conflict::new(id, Class::Value, &at, said));
            }
        }
    }
    found
}

/// The ruling statements of an entry, by field.
fn said_in<'a>(record: &'a RecordState, list: &str, entry: &str) -> Vec<(&'a str, Statement)> {
    let inside = format!("{list}/{entry}/");
    let fields = record.fields.iter().filter_map(|(path, state)| {
        let field = path.as_str().strip_prefix(&inside)?;
        Some((field, state.statements.first()?.clone()))
    });
    fields.collect()
}

/// One conflict for each device whose clock was wrong when it wrote what still stands.
fn clocks(id: DocumentId, record: &RecordState) -> Vec<Conflict> {
    let wrong = |said: &&Statement| {
        said.meta.clock_offset_s.is_some_and(|off| off.unsigned_abs() > CLOCK_OFF_S)
    };
    let said = record.fields.values().flat_map(|state| &state.statements).filter(wrong);
    let mut by_device: Vec<(crate::ids::DeviceId, Vec<Statement>)> = Vec::new();
    for one in said {
        match by_device.iter_mut().find(|(device, _)| *device == one.meta.device) {
            Some((_, said)) => said.push(one.clone()),
            None => by_device.push((one.meta.device, vec![one.clone()])),
        }
    }
    by_device
        .into_iter()
        .map(|(device, said)| {
            Conflict::new(id, Class::Clock, &crate::ids::base32(device.as_bytes()), said)
        })
        .collect()
}

/// What is wrong with who lives where.
fn housing(id: DocumentId, record: &RecordState, house: &House) -> Vec<Conflict> {
    let mut found = Vec::new();
    let states = |entries: &[&str]| {
        let keys = entries.iter().map(|entry| format!("occupancy/{entry}/state"));
        keys.flat_map(|key| statements(record, &key)).collect::<Vec<_>>()
    };
    let mut everybody: Vec<&str> = Vec::new();
    for room in &house.rooms {
        let beds = room.beds.iter().flat_map(|bed| &bed.occupants);
        let here = room.without_bed.iter().chain(beds).filter(|one| one.lives);
        let here: Vec<&str> = here.map(|one| one.entry.as_str()).collect();
        everybody.extend(&here);
        let at = format!("rooms/{}", room.entry);
        for fault in &room.faults {
            let mut said = states(&here);
            let (class, at) = match fault {
                Fault::Full if is_allowed(record, &here, room.most) => continue,
                Fault::Full => (Class::Capacity, at.clone()),
                Fault::Blocked => {
                    said.extend(statements(record, &format!("{at}/status")));
                    (Class::Safety, at.clone())
                }
                Fault::SexRule => (Class::Safety, format!("{at}/sex_rule")),
                Fault::Stranger => (Class::Safety, format!("{at}/age_band")),
                // Told of the person and the bed below.
                Fault::Twice | Fault::SameBed => continue,
            };
            found.push(Conflict::new(id, class, &at, said));
        }
        for bed in &room.beds {
            let inside = bed.occupants.iter().filter(|one| one.lives);
            let inside: Vec<&str> = inside.map(|one| one.entry.as_str()).collect();
            if inside.len() > 1 {
                let at = format!("beds/{}", bed.entry);
                found.push(Conflict::new(id, Class::DoublePlacement, &at, states(&inside)));
            }
        }
    }
    let elsewhere = house.without_room.iter().filter(|one| one.lives);
    everybody.extend(elsewhere.map(|one| one.entry.as_str()));
    if house.is_full() && !is_allowed(record, &everybody, house.most) {
        found.push(Conflict::new(id, Class::Capacity, "", states(&everybody)));
    }
    for (person, entries) in house.twice() {
        let at = format!("person/{person}");
        found.push(Conflict::new(id, Class::DoublePlacement, &at, states(&entries)));
    }
    found
}

/// Whether a supervisor has allowed as many of the placements as are too many: one override is for one
/// person, and whoever comes after it is too many again.
fn is_allowed(record: &RecordState, placements: &[&str], most: Option<i64>) -> bool {
    let named = record.fields.iter().filter_map(|(path, state)| {
        let parts = path.segments();
        let ([Some(entry), Some("occupancy"), _], "overrides") = (parts.rest, parts.head) else {
            return None;
        };
        let stands = !record.is_removed(&format!("overrides/{entry}"));
        state.value.as_str().filter(|placement| stands && placements.contains(placement))
    });
    let mut allowed: Vec<&str> = named.collect();
    order::sort_and_dedup(&mut allowed);
    let counted = i64::try_from(placements.len().saturating_sub(allowed.len()));
    most.is_none_or(|most| counted.is_ok_and(|counted| counted <= most))
}

fn statements(record: &RecordState, key: &str) -> Vec<Statement> {
    let state = FieldPath::parse(key).ok().and_then(|path| record.fields.get(&path));
    state.map(|state| state.statements.clone()).unwrap_or_default()
}
