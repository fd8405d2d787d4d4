//! Merge codes M, O, T, C and Q on the built-in catalog: what two people said at once, and what one
//! said after another.

use super::laws::{actor, by, edit, opened, path};
use super::*;
use crate::app::{Agreement, ShownRule};
use crate::catalog::{Catalog, MergeCode};
use crate::document::{Chunk, Document, Edit};
use crate::ids::{DocumentId, EntryId};
use crate::value::Value;

const ID: DocumentId = DocumentId::from_bytes([8; 16]);

/// A record of a kind with one answer, and two people who answer without knowing of each other.
fn two(kind: &str, key: &str, [first, one, other]: [&str; 3]) -> FieldState {
    let (_, base) =
        Document::create(actor(1), vec![1], &[edit(key, first)], &by(1, 0, Vec::new())).unwrap();
    let mut chunks = vec![base];
    for (person, value) in [(2, one), (3, other)] {
        let mut replica = opened(person, &chunks[..1]);
        let made = replica.commit(&[edit(key, value)], &by(person, 1, Vec::new())).unwrap();
        chunks.extend(made);
    }
    let mut states: Vec<FieldState> = Vec::new();
    for order in [[0, 1, 2], [0, 2, 1]] {
        let delivered: Vec<Chunk> = order.iter().map(|at| chunks[*at].clone()).collect();
        states.push(state(kind, &opened(9, &delivered), key));
    }
    assert_eq!(states[0], states[1], "any order, the same state");
    states.remove(0)
}

/// One after another, each knowing what stood there.
fn in_turn(kind: &str, key: &str, said: &[(u8, &str)]) -> FieldState {
    let (first, value) = said[0];
    let by_first = by(first, 0, Vec::new());
    let (mut document, _) =
        Document::create(actor(1), vec![1], &[edit(key, value)], &by_first).unwrap();
    for (at, (person, value)) in (1_i64..).zip(&said[1..]) {
        document.commit(&[edit(key, *value)], &by(*person, at, Vec::new())).unwrap();
    }
    state(kind, &document, key)
}

fn state(kind: &str, document: &Document, key: &str) -> FieldState {
    let record = record_state(Catalog::builtin(), (kind, ID), document, None);
    record.fields.get(&path(key)).unwrap().clone()
}

fn entry() -> EntryId {
    EntryId::from_bytes([7; 10])
}

#[test]
fn states_join_by_their_table() {
    let placement = format!("occupancy/{}/state", entry());
    let ended = two("residence", &placement, ["planned", "active", "ended"]);
    assert_eq!((ended.value, ended.agreement), (Value::text("ended"), Agreement::Agreed));
    assert_eq!(ended.rule, ShownRule::Table);
    assert_eq!(ended.statements.len(), 2, "both are kept with their authors");
    let disputed = two("residence", &placement, ["planned", "active", "cancelled"]);
    assert_eq!((disputed.value, disputed.agreement), (Value::text("disputed"), Agreement::Open));
    assert!(disputed.conflict.is_some());
}

/// A record, what one said of a state in it, and what another wrote elsewhere without knowing.
fn beside(kind: &str, before: &[Edit], state: &Edit, elsewhere: &[Edit]) -> RecordState {
    let (_, base) = Document::create(actor(1), vec![1], before, &by(1, 0, Vec::new())).unwrap();
    let mut chunks = vec![base];
    for (person, said) in [(2, core::slice::from_ref(state)), (3, elsewhere)] {
        let mut replica = opened(person, &chunks[..1]);
        chunks.extend(replica.commit(said, &by(person, 1, Vec::new())).unwrap());
    }
    let of = |order: [usize; 3]| {
        let delivered: Vec<Chunk> = order.iter().map(|at| chunks[*at].clone()).collect();
        record_state(Catalog::builtin(), (kind, ID), &opened(9, &delivered), None)
    };
    assert_eq!(of([0, 1, 2]), of([0, 2, 1]), "any order, the same state");
    of([0, 1, 2])
}

#[test]
fn a_state_yields_to_what_was_written_elsewhere_at_the_same_time() {
    let (own, other, seen) = (entry(), EntryId::from_bytes([8; 10]), EntryId::from_bytes([9; 10]));
    let state = format!("deficiencies/{own}/state");
    let before = [edit(&state, "open"), edit(&format!("deficiencies/{other}/state"), "verified")];
    let sighting = |of: EntryId, still: bool| {
        [
            edit(&format!("sightings/{seen}/deficiency"), of.to_string().as_str()),
            edit(&format!("sightings/{seen}/still_present"), Value::Bool(still)),
        ]
    };
    let mended = edit(&state, "verified");
    for (of, still, wanted) in
        [(own, true, "reopened"), (own, false, "verified"), (other, true, "verified")]
    {
        let record = beside("deficiencies", &before, &mended, &sighting(of, still));
        assert_eq!(record.text(&state), wanted, "{of} {still}");
        assert_eq!(record.fields[&path(&state)].statements.len(), 1, "what was said is there");
    }
    // Whoever knew of the sighting and has looked since is believed.
    let mut knowing = opened(
        4,
        &[Document::create(actor(1), vec![1], &before, &by(1, 0, Vec::new())).unwrap().1],
    );
    knowing.commit(&sighting(own, true), &by(4, 1, Vec::new())).unwrap();
    knowing.commit(&[mended], &by(4, 2, Vec::new())).unwrap();
    let record = record_state(Catalog::builtin(), ("deficiencies", ID), &knowing, None);
    assert_eq!(record.text(&state), "verified");
}

#[test]
fn a_signed_run_and_a_closed_case_say_that_somebody_went_on() {
    let answered = [edit("item/B-H09/status", "not_checked"), edit("state", "open")];
    let late = [edit("item/B-H09/status", "not_ok")];
    let record = beside("run", &answered, &edit("state", "signed"), &late);
    assert_eq!(record.text("state"), "signed_with_late_changes");
    let remark = [edit("remark", "Regn")];
    let record = beside("run", &answered, &edit("state", "signed"), &remark);
    assert_eq!(record.text("state"), "signed");

    let task = format!("tasks/{}/title", entry());
    let active = [edit("state", "active"), edit(&task, "Ring skolan")];
    let new = [edit(&format!("tasks/{}/title", EntryId::from_bytes([8; 10])), "Ring hyresvärden")];
    let record = beside("case", &active, &edit("state", "closing"), &new);
    assert_eq!(record.text("state"), "active", "a new entry");
    let old = [edit(&format!("tasks/{}/status", entry()), "done")];
    let record = beside("case", &active, &edit("state", "closing"), &old);
    assert_eq!(record.text("state"), "closing", "an old one came to an end");
}

#[test]
fn a_state_of_a_newer_catalog_joins_with_nothing() {
    let placement = format!("occupancy/{}/state", entry());
    let strange = two("residence", &placement, ["planned", "active", "teleported"]);
    assert_eq!(strange.agreement, Agreement::Open);
    assert_eq!(strange.statements.len(), 2);
}

#[test]
fn what_was_signed_stays_signed() {
    let note = format!("notes/{}/state", entry());
    let signed = two("journal", &note, ["draft", "signed", "struck_with_correction"]);
    assert_eq!(signed.value, Value::text("struck_with_correction"));
    let after = in_turn("journal", &note, &[(1, "draft"), (2, "signed"), (3, "draft")]);
    assert_eq!(after.value, Value::text("signed"), "nobody leaves it, not even knowingly");
    let struck = in_turn("journal", &note, &[(1, "signed"), (2, "struck_with_correction")]);
    assert_eq!(struck.value, Value::text("struck_with_correction"));
}

#[test]
fn the_first_value_of_what_is_written_once_stays_and_anothers_stands_beside_it() {
    let key = "arrival_date";
    let both = in_turn("case", key, &[(1, "2026-11-20"), (2, "2026-11-21")]);
    assert_eq!((both.value, both.rule), (Value::text("2026-11-20"), ShownRule::First));
    assert_eq!(both.agreement, Agreement::Open);
    assert_eq!(both.statements.len(), 2);
    let own = in_turn("case", key, &[(1, "2026-11-02"), (1, "2026-11-20")]);
    assert_eq!((own.value, own.agreement), (Value::text("2026-11-20"), Agreement::Agreed));
    let same = in_turn("case", key, &[(1, "2026-11-20"), (2, "2026-11-20")]);
    assert_eq!(same.agreement, Agreement::Agreed);
    let at_once = two("case", key, ["2026-11-20", "2026-11-21", "2026-11-22"]);
    assert_eq!(at_once.value, Value::text("2026-11-20"));
    assert_eq!(at_once.statements.len(), 3);
}

#[test]
fn texts_of_several_people_are_put_together() {
    let note = format!("notes/{}/body", entry());
    let base = "Familjen mår bra.";
    let texts = [base, "Familjen mår ganska bra.", "Familjen mår bra. Barnen går i skolan."];
    let both = two("journal", &note, texts);
    assert_eq!(both.value, Value::text("Familjen mår ganska bra. Barnen går i skolan."));
    assert_eq!((both.rule, both.agreement), (ShownRule::Merged, Agreement::Agreed));
    assert_eq!(both.statements.len(), 2);
}

#[test]
fn countings_of_everybody_add_up() {
    let counter = format!("tasks/{}/attempts", entry());
    let (_, base) = Document::create(
        actor(1),
        vec![1],
        &[edit("household_label", "Noori")],
        &by(1, 0, Vec::new()),
    )
    .unwrap();
    let mut chunks = vec![base];
    for (person, times) in [(2_u8, 2_u8), (3, 1)] {
        let mut replica = opened(person, &chunks[..1]);
        for time in 0..times {
            let one = EntryId::from_bytes([person * 16 + time; 10]);
            let said = edit(&format!("{counter}/{one}"), Value::Int(1));
            let made = replica.commit(&[said], &by(person, i64::from(time), Vec::new()));
            chunks.extend(made.unwrap());
        }
    }
    // Delivered twice, counted once.
    chunks.extend(chunks.clone());
    let record = record_state(Catalog::builtin(), ("case", ID), &opened(9, &chunks), None);
    assert_eq!(record.counted(&counter), 3);
    assert_eq!(record.open(), 0);
}

#[test]
fn a_quiet_field_asks_nobody() {
    let path = path("household_label");
    let (_, base) =
        Document::create(actor(1), vec![1], &[edit("phone", "1")], &by(1, 0, Vec::new())).unwrap();
    let mut chunks = vec![base];
    for (person, value) in [(2, "Noori"), (3, "Amiri")] {
        let mut replica = opened(person, &chunks[..1]);
        let said = [edit(path.as_str(), value)];
        chunks.extend(replica.commit(&said, &by(person, 1, Vec::new())).unwrap());
    }
    let document = opened(9, &chunks);
    let known = Catalog::builtin().locate("case", &path).unwrap();
    let field = crate::catalog::Field { merge: MergeCode::Q, ..known.field.clone() };
    let statements = document.statements(&path);
    let state = field_state(&FieldInput {
        document: ID,
        path: &path,
        field: &field,
        caution: None,
        statements: &statements,
        history: &[],
        base: "",
        settlements: &[],
        review: None,
    });
    assert_eq!((state.agreement, state.conflict), (Agreement::Agreed, None));
    assert_eq!(state.statements.len(), 2);
    assert_eq!(state.value, statements[0].value);
}
