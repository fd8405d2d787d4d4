//! Every kind, every list and every field of the built-in catalog: answers are taken or refused, written,
//! merged and read again; every table of states joins the same in any order.

use proptest::prelude::*;

use super::laws::{actor, by, opened, path};
use super::*;
use crate::app::Agreement;
use crate::catalog::{
    Catalog, Entries, EntryList, Field, FieldType, Kind, Machine, MergeCode, check,
};
use crate::document::{ChangeMeta, Document, Edit, Statement, StatementId};
use crate::ids::{ChangeHash, DeviceId, DocumentId, EntryId, UserId};
use crate::value::Value;

const ID: DocumentId = DocumentId::from_bytes([9; 16]);

fn kinds() -> impl Iterator<Item = &'static Kind> {
    Catalog::builtin().package().kinds.iter()
}

/// The fields of a kind with their keys.
fn fields(kind: &'static Kind) -> Vec<(String, &'static Field)> {
    let entry = EntryId::from_bytes([7; 10]);
    let key = |list: Option<&EntryList>, field: &Field| {
        let member = match &field.typ {
            FieldType::Set(list) => format!("/{}", code(list)),
            FieldType::Count => format!("/{entry}"),
            _ => String::new(),
        };
        let at = match list {
            None => String::new(),
            Some(list) if list.entries == Entries::Template => format!("{}/B-F01/", list.id),
            Some(list) => format!("{}/{entry}/", list.id),
        };
        format!("{at}{}{member}", field.id)
    };
    let own = kind.fields.iter().map(|field| (key(None, field), field));
    let lists = kind.entry_lists.iter();
    let theirs = lists.flat_map(|list| list.fields.iter().map(move |field| (list, field)));
    own.chain(theirs.map(|(list, field)| (key(Some(list), field), field))).collect()
}

fn code(list: &str) -> &'static str {
    &Catalog::builtin().list(list).unwrap().codes[0].id
}

/// An answer that fits, and one that does not.
fn answers(field: &Field) -> (Value, Value) {
    let text = |fits: &str, not: &str| (Value::text(fits), Value::text(not));
    match &field.typ {
        FieldType::Text | FieldType::LongText | FieldType::Reference(_) => {
            (Value::text("Provsvar"), Value::Int(1))
        }
        FieldType::Int(least, most) => {
            (Value::Int(least.or(*most).unwrap_or(4)), Value::text("1e3"))
        }
        FieldType::Decimal(..) => text("4", "fyra"),
        FieldType::Bool => (Value::Bool(true), Value::text("ja")),
        FieldType::Date => text("2026-11-25", "2026-02-30"),
        FieldType::Time => (Value::Int(1_800_000_000_000), Value::text("nyss")),
        FieldType::Choice(list) => text(code(list), "no-such-code"),
        FieldType::Set(_) => (Value::Bool(true), Value::Int(1)),
        FieldType::Phone => text("+46701740605", "112"),
        FieldType::Email => text("namn@example.org", "namn"),
        FieldType::Postcode => text("835 31", "8353"),
        FieldType::PersonalNumber => text("199005262382", "199005262383"),
        FieldType::DossierNumber => text("99-123456", "99"),
        FieldType::Count => (Value::Int(1), Value::Int(0)),
    }
}

#[test]
fn every_field_takes_an_answer_that_fits_and_refuses_one_that_does_not() {
    let catalog = Catalog::builtin();
    for kind in kinds() {
        for (key, field) in fields(kind) {
            let key_path = path(&key);
            let located = catalog.locate(&kind.id, &key_path);
            assert_eq!(located.map(|at| at.field), Some(field), "{} {key}", kind.id);
            let (fits, not) = answers(field);
            assert_eq!(check(catalog, field, &fits), Ok(fits.clone()), "{} {key}", kind.id);
            assert!(check(catalog, field, &not).is_err(), "{} {key} takes {not:?}", kind.id);
        }
    }
}

#[test]
fn every_record_comes_back_as_it_was_written_by_two_people() {
    for kind in kinds() {
        let all = fields(kind);
        let edits: Vec<Edit> = all
            .iter()
            .map(|(key, field)| Edit { path: path(key), value: answers(field).0 })
            .collect();
        let first = [Edit { path: path("anything"), value: Value::Null }];
        let (_, base) = Document::create(actor(1), vec![1], &first, &by(1, 0, Vec::new())).unwrap();
        let mut chunks = vec![base];
        // Each writes every other field, without knowing of the other.
        for (person, turn) in [(2, 0), (3, 1)] {
            let mut replica = opened(person, &chunks[..1]);
            let own = edits.iter().enumerate().filter(|(at, _)| at % 2 == turn);
            let own = own.map(|(_, edit)| edit.clone()).filter(|edit| !is_removal(edit));
            let own: Vec<Edit> = own.collect();
            chunks.extend(replica.commit(&own, &by(person, 1, Vec::new())).unwrap());
        }
        // Who takes an entry away has seen what stands in it.
        let removals: Vec<Edit> = edits.iter().filter(|edit| is_removal(edit)).cloned().collect();
        let mut replica = opened(4, &chunks);
        chunks.extend(replica.commit(&removals, &by(4, 2, Vec::new())).unwrap());
        let record = record_state(Catalog::builtin(), (&kind.id, ID), &opened(9, &chunks), None);
        // Also what came for a year that one of them had locked.
        let record = record.whole();
        for edit in &edits {
            let shown = record.fields.get(&edit.path).map(|state| &state.value);
            assert_eq!(shown, Some(&edit.value), "{} {}", kind.id, edit.path);
        }
        assert_eq!(record.open(), 0, "{}", kind.id);
        // An entry that was taken away is gone, and nothing else is.
        for list in &kind.entry_lists {
            let removed = list.entries != Entries::Template && list.fields.iter().any(is_tombstone);
            let left = record.entries(Catalog::builtin(), &kind.id, &list.id).len();
            assert_eq!(left, usize::from(!removed), "{}/{}", kind.id, list.id);
        }
    }
}

/// The catalog as it was before every third field and the last list of each kind.
fn earlier() -> Catalog {
    let mut package = Catalog::builtin().package().clone();
    let thin = |fields: &mut Vec<Field>| {
        let mut at = 0;
        fields.retain(|_| {
            at += 1;
            at % 3 != 0
        });
    };
    for kind in &mut package.kinds {
        thin(&mut kind.fields);
        kind.entry_lists.pop();
        kind.entry_lists.iter_mut().for_each(|list| thin(&mut list.fields));
    }
    Catalog::of(package)
}

#[test]
fn a_device_with_an_earlier_catalog_keeps_what_it_does_not_know() {
    let earlier = earlier();
    for kind in kinds() {
        let edits: Vec<Edit> = fields(kind)
            .iter()
            .map(|(key, field)| Edit { path: path(key), value: answers(field).0 })
            .filter(|edit| !is_removal(edit))
            .collect();
        let whole = by(1, 0, Vec::new());
        let (document, first) = Document::create(actor(1), vec![1], &edits, &whole).unwrap();
        let mut chunks = vec![first];
        let known = |edit: &&Edit| earlier.locate(&kind.id, &edit.path).is_some();
        let seen = record_state(&earlier, (&kind.id, ID), &document, None);
        for edit in &edits {
            let shown = seen.fields.get(&edit.path).map(|state| &state.value);
            assert_eq!(shown, known(&edit).then_some(&edit.value), "{} {}", kind.id, edit.path);
        }
        // It clears all that it knows, and what it does not know stays.
        let cleared: Vec<Edit> = edits
            .iter()
            .filter(known)
            .map(|edit| Edit { path: edit.path.clone(), value: Value::Null })
            .collect();
        assert!(cleared.len() < edits.len(), "{} has nothing new", kind.id);
        let mut older = opened(2, &chunks);
        chunks.extend(older.commit(&cleared, &by(2, 1, Vec::new())).unwrap());
        let record = record_state(Catalog::builtin(), (&kind.id, ID), &opened(9, &chunks), None);
        for edit in edits.iter().filter(|edit| !known(edit)) {
            let shown = record.fields.get(&edit.path).map(|state| &state.value);
            assert_eq!(shown, Some(&edit.value), "{} {} is lost", kind.id, edit.path);
        }
    }
}

fn is_removal(edit: &Edit) -> bool {
    edit.path.as_str().ends_with("/tombstone")
}

fn is_tombstone(field: &Field) -> bool {
    field.id == "tombstone"
}

/// Every field with a table of states.
fn machines() -> Vec<(String, &'static Field, &'static Machine)> {
    let all = kinds().flat_map(|kind| {
        fields(kind).into_iter().map(move |(key, field)| (format!("{} {key}", kind.id), field))
    });
    all.filter_map(|(name, field)| Some((name, field, field.machine.as_ref()?))).collect()
}

fn said(place: u8, code: &str) -> Statement {
    let meta = ChangeMeta {
        device: DeviceId::from_bytes([place; 16]),
        user: UserId::from_bytes([place; 16]),
        claimed_ms: 0,
        clock_offset_s: None,
        review_heads: Vec::new(),
    };
    let id = StatementId { counter: 1, actor: actor(place) };
    Statement { value: Value::text(code), id, change: ChangeHash::from_bytes([place; 32]), meta }
}

/// What states that were said at once make.
fn joined(field: &Field, codes: &[&str], before: &[&str]) -> (String, Agreement) {
    let statements: Vec<Statement> =
        (10..).zip(codes).map(|(place, code)| said(place, code)).collect();
    let mut history: Vec<Statement> =
        (100..).zip(before).map(|(place, code)| said(place, code)).collect();
    history.extend(statements.clone());
    let state = field_state(&FieldInput {
        document: ID,
        path: &path("state"),
        field,
        caution: None,
        statements: &statements,
        history: &history,
        base: "",
        settlements: &[],
        review: None,
    });
    (state.value.as_str().unwrap_or_default().to_owned(), state.agreement)
}

#[test]
fn every_table_has_a_state_for_every_pair_and_calls_what_cannot_be_disputed() {
    let all = machines();
    assert!(all.len() >= 13, "{} tables", all.len());
    for (name, field, machine) in all {
        assert_eq!(field.merge, MergeCode::M, "{name}");
        for one in &machine.order {
            assert_eq!(joined(field, &[one], &[]).0, *one, "{name}: alone");
            assert_eq!(joined(field, &[one, one], &[]).0, *one, "{name}: twice");
            for other in &machine.order {
                let (state, agreement) = joined(field, &[one, other], &[]);
                assert_eq!(state, machine.join(one, other), "{name}: {one} and {other}");
                let torn = state == Machine::DISPUTED && one != &state && other != &state;
                assert_eq!(agreement == Agreement::Open, torn, "{name}: {one} and {other}");
            }
        }
        for end in &machine.sticky {
            for later in &machine.order {
                let (state, _) = joined(field, &[later], &[end]);
                assert!(
                    state == *end || state == Machine::DISPUTED || outranks(machine, &state, end),
                    "{name}: {end} was left for {later}"
                );
            }
        }
    }
}

fn outranks(machine: &Machine, one: &str, other: &str) -> bool {
    one != other && machine.join(one, other) == one
}

proptest! {
    #[test]
    fn states_join_the_same_whoever_is_heard_first(
        table in 0_usize..64,
        picks in proptest::collection::vec(0_usize..64, 1..6),
        turn in 0_usize..6,
    ) {
        let all = machines();
        let (name, field, machine) = &all[table % all.len()];
        let codes: Vec<&str> =
            picks.iter().map(|pick| machine.order[pick % machine.order.len()].as_str()).collect();
        let mut turned = codes.clone();
        turned.rotate_left(turn % codes.len());
        turned.extend(codes.first());
        let whole = joined(field, &codes, &[]).0;
        prop_assert_eq!(&joined(field, &turned, &[]).0, &whole, "{}", name);
        let (left, right) = codes.split_at(turn % codes.len());
        if !left.is_empty() {
            let parts = [joined(field, left, &[]).0, joined(field, right, &[]).0];
            let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
            prop_assert_eq!(&joined(field, &parts, &[]).0, &whole, "{}", name);
        }
        let folded = codes.iter().copied().reduce(|one, other| machine.join(one, other));
        prop_assert_eq!(folded, Some(whole.as_str()), "{}", name);
    }
}
