//! What decisions and reviews come back as, and what rules when somebody says more without knowing them.

use std::collections::BTreeSet;

use super::laws::{actor, by, edit, opened, path};
use super::*;
use crate::app::{Agreement, ShownRule};
use crate::catalog::Catalog;
use crate::document::{Chunk, Document, Edit};
use crate::ids::{ChangeHash, DocumentId, EntryId};
use crate::value::Value;

const ID: DocumentId = DocumentId::from_bytes([6; 16]);

fn entry(number: u8) -> EntryId {
    EntryId::from_bytes([number; 10])
}

fn begun(edits: &[Edit]) -> Chunk {
    Document::create(actor(1), vec![1], edits, &by(1, 0, Vec::new())).unwrap().1
}

/// Somebody writes who knows these changes, and no decision.
fn wrote(person: u8, known: &[&Chunk], edits: &[Edit]) -> Chunk {
    let known: Vec<Chunk> = known.iter().map(|one| (*one).clone()).collect();
    let mut replica = opened(person, &known);
    replica.commit(edits, &by(person, i64::from(person), Vec::new())).unwrap().unwrap()
}

fn read(kind: &str, chunks: &[&Chunk], review: Option<&Document>) -> RecordState {
    let chunks: Vec<Chunk> = chunks.iter().map(|one| (*one).clone()).collect();
    record_state(Catalog::builtin(), (kind, ID), &opened(9, &chunks), review)
}

/// Two contradict each other at a key, a supervisor decides for the first, a third says more without
/// knowing of either: the state before and after the third.
fn reopened(kind: &str, key: &str, [first, one, other, third]: [&str; 4]) -> [FieldState; 2] {
    let base = begun(&[edit(key, first)]);
    let said: Vec<Chunk> = [(2, one), (3, other), (5, third)]
        .map(|(person, value)| wrote(person, &[&base], &[edit(key, value)]))
        .into();
    let both = [&base, &said[0], &said[1]];
    let seen = read(kind, &both, None).fields[&path(key)].seen();
    let edits = settle_edits(entry(1), &path(key), &one.into(), "Frågat båda", &seen);
    let review = Document::create(actor(4), vec![2], &edits, &by(4, 9, Vec::new())).unwrap().0;
    let all = [&base, &said[0], &said[1], &said[2]];
    [&both[..], &all[..]].map(|chunks| read(kind, chunks, Some(&review)).fields[&path(key)].clone())
}

#[test]
fn what_rules_until_a_reopened_decision_is_looked_at_again() {
    // A state: the table, as if the decision were one more that said so.
    let placement = format!("occupancy/{}/state", entry(7));
    let said = ["planned", "active", "cancelled", "ended"];
    let [decided, after] = reopened("residence", &placement, said);
    assert_eq!((decided.value.as_str(), decided.is_settled()), (Some("active"), true));
    assert_eq!((after.value.as_str(), after.rule), (Some("ended"), ShownRule::Table));
    assert_eq!((after.agreement, after.is_settled()), (Agreement::Reopened, false));
    assert!(after.conflict.is_some());
    assert_eq!(after.statements[0].value, after.value, "the ruling one first");
    // A register with an order: the more cautious of the two.
    let task = format!("tasks/{}/status", entry(7));
    let [decided, after] = reopened("case", &task, ["doing", "done", "cancelled", "todo"]);
    assert_eq!(decided.value.as_str(), Some("done"));
    assert_eq!((after.value.as_str(), after.rule), (Some("todo"), ShownRule::MostCautious));
    let [_, after] = reopened("case", &task, ["todo", "waiting", "doing", "cancelled"]);
    assert_eq!(after.value.as_str(), Some("waiting"), "the decision is the more cautious");
    assert_eq!(after.agreement, Agreement::Reopened);
    // Any other register: what was decided.
    let [_, after] = reopened("case", "household_label", ["A", "B", "C", "D"]);
    assert_eq!((after.value.as_str(), after.rule), (Some("B"), ShownRule::Decided));
}

#[test]
fn an_answer_in_the_place_of_both_that_knows_of_no_decision_ends_none() {
    let base = begun(&[edit("phone", "1")]);
    let said = [(2, "2"), (3, "3")].map(|(who, text)| wrote(who, &[&base], &[edit("phone", text)]));
    let both = [&base, &said[0], &said[1]];
    let seen = read("case", &both, None).fields[&path("phone")].seen();
    let edits = settle_edits(entry(1), &path("phone"), &"2".into(), "Ringt", &seen);
    let review = Document::create(actor(4), vec![2], &edits, &by(4, 9, Vec::new())).unwrap().0;
    let over = wrote(5, &both, &[edit("phone", "4")]);
    let record = read("case", &[&base, &said[0], &said[1], &over], Some(&review));
    let state = &record.fields[&path("phone")];
    assert_eq!((state.agreement, state.value.as_str()), (Agreement::Reopened, Some("2")));
}

#[test]
fn a_signed_run_is_signed_again_when_what_came_late_was_decided_on() {
    let pests = "item/B-H09/status";
    let base = begun(&[edit("state", "open"), edit(pests, "ok"), edit("remark", "Regn")]);
    let signed = wrote(2, &[&base], &[edit("state", "signed")]);
    let late = wrote(3, &[&base], &[edit(pests, "not_ok")]);
    let all = [&base, &signed, &late];
    let open = read("run", &all, None);
    assert_eq!((open.text("state"), open.text(pests)), ("signed_with_late_changes", "ok"));
    assert!(!open.late[0].is_decided());
    let seen = open.late[0].state.seen();
    let edits = settle_edits(entry(1), &path(pests), &"not_ok".into(), "Sett spår", &seen);
    let review = Document::create(actor(4), vec![2], &edits, &by(4, 9, Vec::new())).unwrap().0;
    let decided = read("run", &all, Some(&review));
    assert_eq!((decided.text("state"), decided.text(pests)), ("signed", "ok"));
    assert_eq!(decided.text("remark"), "Regn");
    let [late] = decided.late.as_slice() else { panic!("{:?}", decided.late) };
    assert_eq!((late.is_decided(), late.state.value.as_str()), (true, Some("not_ok")));
}

#[test]
fn what_was_removed_is_back_with_what_another_wrote_into_it_and_nothing_else_is() {
    let [own, other] = [entry(1), entry(2)].map(|entry| format!("persons/{entry}"));
    let given = |prefix: &str| format!("{prefix}/given");
    let base = begun(&[edit(&given(&own), "Rima"), edit(&given(&other), "Adam")]);
    let gone = [edit(&format!("{own}/tombstone"), "fel person")];
    let removed = wrote(2, &[&base], &gone);
    let record = read("case", &[&base, &removed], None);
    assert!(record.revived.is_empty() && record.is_removed(&own), "all in it was known");
    let elsewhere = wrote(3, &[&base], &[edit(&format!("{other}/phone"), "1")]);
    let record = read("case", &[&base, &removed, &elsewhere], None);
    assert!(record.revived.is_empty() && record.is_removed(&own));
    let into = wrote(3, &[&base], &[edit(&format!("{own}/phone"), "1")]);
    let record = read("case", &[&base, &removed, &into], None);
    let [revived] = record.revived.as_slice() else { panic!("{:?}", record.revived) };
    assert_eq!((revived.prefix.as_str(), revived.said.len()), (own.as_str(), 1));
    assert_eq!(revived.said[0].value, "1".into());
    assert!(!record.is_removed(&own) && !record.is_removed(&other));
    // Removed again by somebody who has seen it.
    let again =
        wrote(4, &[&base, &removed, &into], &[edit(&format!("{own}/tombstone"), "ja, fel")]);
    let record = read("case", &[&base, &removed, &into, &again], None);
    assert!(record.revived.is_empty() && record.is_removed(&own));
    // Two have, each for a reason of their own: which one is said is open, that it is gone is not.
    let also = wrote(4, &[&base], &[edit(&format!("{own}/tombstone"), "dubblett")]);
    let record = read("case", &[&base, &removed, &also], None);
    assert!(record.fields[&path(&format!("{own}/tombstone"))].is_open() && record.is_removed(&own));
    // Taken back: nobody has removed it.
    let back = wrote(4, &[&base, &removed], &[edit(&format!("{own}/tombstone"), Value::Null)]);
    let record = read("case", &[&base, &removed, &into, &back], None);
    assert!(record.revived.is_empty() && !record.is_removed(&own));
}

#[test]
fn reviews_come_back_as_they_were_written_oldest_first() {
    let heads = [ChangeHash::from_bytes([3; 32]), ChangeHash::from_bytes([4; 32])];
    let returned = review_edits(entry(2), &heads, false, "Datum saknas");
    let mut review =
        Document::create(actor(4), vec![2], &returned, &by(4, 20, Vec::new())).unwrap().0;
    let approved = review_edits(entry(1), &heads[..1], true, "");
    review.commit(&approved, &by(5, 30, Vec::new())).unwrap();
    let earlier = review_edits(entry(3), &heads[1..], true, "Bra");
    review.commit(&earlier, &by(6, 10, Vec::new())).unwrap();
    let found = reviews(&review);
    let told: Vec<_> = found
        .iter()
        .map(|one| (one.meta.claimed_ms, one.approved, one.note.as_str(), one.heads.as_slice()))
        .collect();
    assert_eq!(
        told,
        [
            (10, true, "Bra", &heads[1..]),
            (20, false, "Datum saknas", &heads[..]),
            (30, true, "", &heads[..1]),
        ]
    );
    assert_eq!(settlements(&review), [], "a review decides on no field");
    let decision = settle_edits(entry(4), &path("phone"), &"1".into(), "", &BTreeSet::new());
    review.commit(&decision, &by(4, 40, Vec::new())).unwrap();
    assert_eq!((reviews(&review).len(), settlements(&review).len()), (3, 1));
}

#[test]
fn a_malformed_decision_is_none_and_spoils_no_other() {
    let seen = read("case", &[&begun(&[edit("phone", "1")])], None).fields[&path("phone")].seen();
    let sound = settle_edits(entry(1), &path("phone"), &"1".into(), "Ringt", &seen);
    let (mut review, _) =
        Document::create(actor(4), vec![2], &sound, &by(4, 1, Vec::new())).unwrap();
    for (number, gone) in (2..).zip(["path", "value", "saw"]) {
        let mut edits = settle_edits(entry(number), &path("phone"), &"2".into(), "", &seen);
        edits.retain(|edit| !edit.path.as_str().ends_with(gone));
        review.commit(&edits, &by(4, 2, Vec::new())).unwrap();
    }
    let mut strange = settle_edits(entry(8), &path("phone"), &"2".into(), "", &seen);
    for edit in strange.iter_mut().filter(|edit| edit.path.as_str().ends_with("/value")) {
        edit.value = Value::text("!");
    }
    review.commit(&strange, &by(4, 3, Vec::new())).unwrap();
    let [found] = settlements(&review).try_into().unwrap();
    assert_eq!((found.id, found.path.as_str(), found.value), (entry(1), "phone", "1".into()));
    assert_eq!((found.reason.as_str(), found.saw), ("Ringt", seen));
}

#[test]
fn whoever_saw_the_action_may_end_the_need_and_a_need_that_stands_is_not_touched() {
    let [person, action] = [entry(1), entry(2)];
    let need = format!("persons/{person}/special_needs/SN-05");
    let base = begun(&[edit(&need, Value::Bool(true))]);
    let acts = [("person", person.to_string()), ("need", "SN-05".to_owned())];
    let acts = acts
        .map(|(field, value)| edit(&format!("need_actions/{action}/{field}"), Value::text(value)));
    let acted = wrote(2, &[&base], &acts);
    let record = read("case", &[&base, &acted], None);
    let stands = &record.fields[&path(&need)];
    assert_eq!((stands.agreement, stands.statements.len()), (Agreement::Agreed, 1));
    assert_eq!((&stands.value, stands.rule), (&Value::Bool(true), ShownRule::Only));
    let over = [edit(&need, "Barnet är fött.")];
    let ended = wrote(3, &[&base, &acted], &over);
    let record = read("case", &[&base, &acted, &ended], None);
    let seen = &record.fields[&path(&need)];
    assert_eq!((seen.agreement, seen.value.as_str()), (Agreement::Agreed, Some("Barnet är fött.")));
    let unseen = wrote(3, &[&base], &over);
    let record = read("case", &[&base, &acted, &unseen], None);
    let kept = &record.fields[&path(&need)];
    assert_eq!((kept.agreement, &kept.value), (Agreement::Open, &Value::Bool(true)));
    assert_eq!(kept.statements.len(), 2, "the action, and who ended it");
    assert_eq!(kept.statements[0].value, Value::Bool(true), "the action says that there is a need");
}

#[test]
fn what_changed_since_a_review_is_told_with_what_stood_before() {
    let base = begun(&[edit("phone", "1"), edit("email", "a@example.org")]);
    let first = opened(9, std::slice::from_ref(&base));
    let news = wrote(2, &[&base], &[edit("phone", "2"), edit("household_label", "Noori")]);
    let document = opened(9, &[base, news]);
    let told = |heads: &[ChangeHash]| -> Vec<(String, Option<Value>)> {
        let changed = changed_since(&document, heads);
        changed.into_iter().map(|one| (one.path.to_string(), one.before)).collect()
    };
    let since = [("household_label".to_owned(), None), ("phone".to_owned(), Some("1".into()))];
    assert_eq!(told(&first.heads()), since);
    let all = ["email", "household_label", "phone"].map(|key| (key.to_owned(), None));
    assert_eq!(told(&[]), all);
    assert_eq!(told(&document.heads()), []);
}
