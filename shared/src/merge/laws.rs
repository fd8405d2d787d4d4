//! Laws of merging: any order, any duplication, the same result; no settlement loses a value.

use std::collections::BTreeSet;

use super::*;
use crate::app::Agreement;
use crate::catalog::Catalog;
use crate::document::{Authoring, Chunk, Document, Edit};
use crate::ids::{ActorId, ChangeHash, DeviceId, DocumentId, EntryId, UserId};
use crate::path::FieldPath;
use crate::value::Value;

/// A small generator of repeatable numbers (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides.max(1)).unwrap()).unwrap()
    }
}

const ID: DocumentId = DocumentId::from_bytes([7; 16]);

pub(super) fn by(person: u8, now_ms: i64, review_heads: Vec<ChangeHash>) -> Authoring {
    Authoring {
        device: DeviceId::from_bytes([person; 16]),
        user: UserId::from_bytes([person; 16]),
        now_ms,
        clock_offset_s: None,
        review_heads,
    }
}

pub(super) fn path(key: &str) -> FieldPath {
    FieldPath::parse(key).unwrap()
}

pub(super) fn edit(key: &str, value: impl Into<Value>) -> Edit {
    Edit { path: path(key), value: value.into() }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

pub(super) fn actor(number: u8) -> ActorId {
    ActorId::from_bytes([number; 16])
}

pub(super) fn opened(person: u8, chunks: &[Chunk]) -> Document {
    Document::open(actor(person), chunks.iter().map(|chunk| chunk.bytes.as_slice())).unwrap()
}

fn base(key: &str, value: &str) -> (Document, Chunk) {
    Document::create(actor(1), vec![1], &[edit(key, value)], &by(1, 0, Vec::new())).unwrap()
}

fn say(document: &mut Document, key: &str, value: &str, by: &Authoring) -> Chunk {
    document.commit(&[edit(key, value)], by).unwrap().unwrap()
}

fn state(document: &Document, review: Option<&Document>, key: &str) -> FieldState {
    let record = record_state(Catalog::builtin(), ("case", ID), document, review);
    record.fields.get(&path(key)).unwrap().clone()
}

fn texts(state: &FieldState) -> BTreeSet<String> {
    state.statements.iter().filter_map(|said| said.value.as_str().map(str::to_owned)).collect()
}

#[test]
fn three_replicas_agree_after_any_of_a_thousand_deliveries() {
    let keys = ["phone", "arriving_from", "priority", "legal_basis/SETTLEMENT", "email"];
    let values = ["+46701740605", "urgent", "low", "Provby", "namn@example.org"];
    let mut dice = Dice(2_026);
    let (_, first) = base("household_label", "Familjen Haddad");
    let mut chunks = vec![first];
    for person in 2..=5 {
        let mut replica = opened(person, &chunks[..1]);
        for round in 0..5 {
            let (key, value) = (keys[dice.roll(5)], values[dice.roll(5)]);
            let edits = [edit(key, value), edit("case_kind", values[round])];
            let made = replica.commit(&edits, &by(person, i64::from(person), Vec::new())).unwrap();
            chunks.extend(made);
        }
    }
    let whole = opened(9, &chunks);
    let (heads, json) = (whole.heads(), whole.canonical_json());
    let record = record_state(Catalog::builtin(), ("case", ID), &whole, None);
    for _ in 0..1_000 {
        let mut replica = Document::open(actor(9), [chunks[0].bytes.as_slice()]).unwrap();
        let mut order: Vec<usize> =
            (0..chunks.len()).chain((0..4).map(|_| dice.roll(chunks.len()))).collect();
        for at in (1..order.len()).rev() {
            order.swap(at, dice.roll(at + 1));
        }
        for at in order {
            replica.apply([chunks[at].bytes.as_slice()]).unwrap();
        }
        assert_eq!(replica.heads(), heads);
        assert_eq!(replica.canonical_json(), json);
        assert_eq!(record_state(Catalog::builtin(), ("case", ID), &replica, None), record);
    }
}

/// Two people contradict each other on a field; a supervisor decides for the first.
fn decided(key: &str, values: [&str; 2]) -> (Document, Document, Vec<Chunk>) {
    let (_, first) = base(key, "low");
    let mut chunks = vec![first];
    for (person, value) in [(2, values[0]), (3, values[1])] {
        let mut replica = opened(person, &chunks[..1]);
        chunks.push(say(&mut replica, key, value, &by(person, 1, Vec::new())));
    }
    let document = opened(9, &chunks);
    let before = state(&document, None, key);
    assert_eq!(before.agreement, Agreement::Open);
    let edits = settle_edits(
        EntryId::from_bytes([1; 10]),
        &path(key),
        &values[0].into(),
        "ringde",
        &before.seen(),
    );
    let (review, _) = Document::create(actor(4), vec![2], &edits, &by(4, 2, Vec::new())).unwrap();
    (document, review, chunks)
}

#[test]
fn a_decision_shows_and_keeps_what_it_decided_against() {
    let (document, review, _) = decided("phone", ["+46701740605", "+46701740699"]);
    let after = state(&document, Some(&review), "phone");
    assert_eq!((after.agreement, after.value.clone()), (Agreement::Settled, "+46701740605".into()));
    assert_eq!(texts(&after), ["+46701740605", "+46701740699"].map(str::to_owned).into());
    assert_eq!(after.conflict, None);
}

#[test]
fn an_answer_the_decision_had_not_seen_reopens_it() {
    let (mut document, review, chunks) = decided("phone", ["+46701740605", "+46701740699"]);
    let mut late = opened(5, &chunks[..1]);
    let unseen = say(&mut late, "phone", "+46701740650", &by(5, 3, Vec::new()));
    document.apply([unseen.bytes.as_slice()]).unwrap();
    let after = state(&document, Some(&review), "phone");
    assert_eq!(
        (after.agreement, after.value.clone()),
        (Agreement::Reopened, "+46701740605".into())
    );
    assert_eq!(texts(&after).len(), 3);
    // The same answer as the decision is no contradiction to it, in whatever form it is written.
    let (mut document, review, chunks) = decided("phone", ["+46701740605", "+46701740699"]);
    let mut late = opened(5, &chunks[..1]);
    let unseen = say(&mut late, "phone", "070-174 06 05", &by(5, 3, Vec::new()));
    document.apply([unseen.bytes.as_slice()]).unwrap();
    assert_eq!(state(&document, Some(&review), "phone").agreement, Agreement::Settled);
}

#[test]
fn an_answer_given_knowing_the_decision_replaces_it() {
    let (mut document, review, _) = decided("phone", ["+46701740605", "+46701740699"]);
    say(&mut document, "phone", "+46701740650", &by(5, 3, review.heads()));
    let after = state(&document, Some(&review), "phone");
    assert_eq!((after.agreement, after.value), (Agreement::Agreed, "+46701740650".into()));
}

#[test]
fn where_safety_is_at_stake_an_unseen_answer_rules_if_it_is_more_cautious() {
    let (mut document, review, chunks) = decided("priority", ["normal", "high"]);
    assert_eq!(state(&document, None, "priority").value, "high".into());
    assert_eq!(state(&document, Some(&review), "priority").value, "normal".into());
    let mut late = opened(5, &chunks[..1]);
    let unseen = say(&mut late, "priority", "urgent", &by(5, 3, Vec::new()));
    document.apply([unseen.bytes.as_slice()]).unwrap();
    let after = state(&document, Some(&review), "priority");
    assert_eq!((after.agreement, after.value), (Agreement::Reopened, "urgent".into()));
}

#[test]
fn two_decisions_that_did_not_know_of_each_other_are_both_shown() {
    let (document, review, _) = decided("phone", ["+46701740605", "+46701740699"]);
    let before = state(&document, None, "phone");
    let other = settle_edits(
        EntryId::from_bytes([2; 10]),
        &path("phone"),
        &"+46701740699".into(),
        "såg lappen",
        &before.seen(),
    );
    let (_, second) = Document::create(actor(6), vec![2], &other, &by(6, 2, Vec::new())).unwrap();
    let mut both = review;
    both.apply([second.bytes.as_slice()]).unwrap();
    let after = state(&document, Some(&both), "phone");
    assert_eq!(after.agreement, Agreement::SettledTwice);
    assert_eq!(after.settlements.len(), 2);
    // A third that knew both ends it.
    let third = settle_edits(
        EntryId::from_bytes([3; 10]),
        &path("phone"),
        &"+46701740699".into(),
        "båda ringde",
        &after.seen(),
    );
    both.commit(&third, &by(4, 4, Vec::new())).unwrap();
    assert_eq!(state(&document, Some(&both), "phone").agreement, Agreement::Settled);
}

#[test]
fn a_decision_taken_back_is_as_if_it_had_not_been() {
    let (document, mut review, _) = decided("phone", ["+46701740605", "+46701740699"]);
    review.commit(&withdraw_edits(EntryId::from_bytes([1; 10])), &by(4, 5, Vec::new())).unwrap();
    assert_eq!(state(&document, Some(&review), "phone"), state(&document, None, "phone"));
}

#[test]
fn every_answer_ever_given_stays_in_the_history_with_its_author() {
    let (mut document, review, _) = decided("phone", ["+46701740605", "+46701740699"]);
    say(&mut document, "phone", "+46701740650", &by(5, 3, review.heads()));
    let said: BTreeSet<(String, UserId)> = document
        .history(&path("phone"))
        .into_iter()
        .filter_map(|said| Some((said.value.as_str()?.to_owned(), said.meta.user)))
        .collect();
    for (text, person) in
        [("low", 1), ("+46701740605", 2), ("+46701740699", 3), ("+46701740650", 5)]
    {
        assert!(said.contains(&(text.to_owned(), UserId::from_bytes([person; 16]))), "{text}");
    }
}
