//! What is signed stands as it was signed, and the figures of a locked year as they were locked. Who wrote into it without knowing that, because no contact was
//! to be had, has not written in vain: it is shown beside, and a person decides.

use std::collections::BTreeSet;

use crate::document::Statement;
use crate::ids::ChangeHash;
use crate::merge::record::{Late, Reading, RecordState};
use crate::order;
use crate::path::FieldPath;
use crate::value::Value;

/// The state of a signed run that was written into by somebody who did not know of the signing.
const WITH_LATE: &str = "signed_with_late_changes";

/// What was known when something was signed, by all who signed it at the same time.
pub(super) struct Signed {
    /// The acts of signing.
    heads: Vec<ChangeHash>,
    /// Everything they build on, themselves included.
    pub(super) before: BTreeSet<ChangeHash>,
    /// Heads of the review document that those who signed had seen.
    pub(super) review_heads: Vec<ChangeHash>,
}

impl Signed {
    fn new(reading: &Reading<'_>, acts: &[Statement]) -> Self {
        let heads: Vec<ChangeHash> = acts.iter().map(|act| act.change).collect();
        let review_heads = acts.iter().flat_map(|act| act.meta.review_heads.iter().copied());
        Self {
            before: reading.document.history_of(&heads),
            review_heads: review_heads.collect(),
            heads,
        }
    }
}

/// Puts back what was signed, and aside what came later.
pub(super) fn freeze(record: &mut RecordState, reading: &mut Reading<'_>) {
    for (prefix, acts) in signings(reading.kind, record) {
        let signed = Signed::new(reading, &acts);
        let kind = reading.kind;
        let covers = |path: &FieldPath| {
            let own = path.as_str().strip_prefix(&prefix);
            // Who locked a year, and when, is written with the lock or after it.
            let is_lock = |own: &str| kind == "year" && own.starts_with("locked");
            own.is_some_and(|own| {
                own != "state" && !own.starts_with("signatures/") && !is_lock(own)
            })
        };
        let later = reading.decided_after(&signed);
        let said = reading.said().iter();
        let later = later.into_iter().chain(
            said.filter(|(_, said)| !signed.before.contains(&said.change))
                .map(|(path, _)| path.clone()),
        );
        let mut paths: Vec<FieldPath> = later.filter(covers).collect();
        order::sort_and_dedup(&mut paths);
        reading.signed = Some(signed);
        for path in paths {
            set_aside(record, reading, path);
        }
        reading.signed = None;
    }
    decided(reading.kind, record);
}

/// Shows a field as it was signed, and beside it what came later.
fn set_aside(record: &mut RecordState, reading: &mut Reading<'_>, path: FieldPath) {
    let Some(signed) = &reading.signed else { return };
    let stood = reading.document.standing_at(&path, &signed.heads);
    let stood: Vec<Statement> = reading
        .said()
        .iter()
        .filter(|(at, said)| *at == path && stood.contains(&said.id))
        .map(|(_, said)| said.clone())
        .collect();
    let Some(state) = record.fields.remove(&path) else { return };
    if let Some(before) = reading.state(&path, &stood).filter(|_| !stood.is_empty()) {
        record.fields.insert(path.clone(), before);
    }
    let mut said = state.statements.clone();
    said.retain(|one| !reading.was_known(one.change));
    record.late.push(Late { path, state, said });
}

/// A signed run whose late changes somebody has seen and decided on is signed again.
fn decided(kind: &str, record: &mut RecordState) {
    if kind != "run" || record.late.is_empty() || !record.late.iter().all(Late::is_decided) {
        return;
    }
    for (path, state) in &mut record.fields {
        if path.as_str() == "state" && state.value.as_str() == Some(WITH_LATE) {
            state.value = Value::text("signed");
        }
    }
}

/// What is signed in a document: the beginning of its keys, and the acts of signing.
/// What is signed: the beginnings of its keys.
pub(crate) fn frozen(kind: &str, record: &RecordState) -> Vec<String> {
    signings(kind, record).into_iter().map(|(prefix, _)| prefix).collect()
}

fn signings(kind: &str, record: &RecordState) -> Vec<(String, Vec<Statement>)> {
    let mut found = Vec::new();
    for (path, state) in &record.fields {
        let parts = path.segments();
        let is_signed = match (kind, parts.head, parts.rest) {
            ("run", "state", [None, ..]) => {
                matches!(state.value.as_str(), Some("signed" | WITH_LATE))
            }
            ("journal", "notes", [Some(_), Some("state"), _]) => {
                !matches!(state.value.as_str(), None | Some("draft"))
            }
            ("year", "locked", _) => state.value == Value::Bool(true),
            _ => false,
        };
        let mut acts = state.statements.clone();
        acts.retain(|said| {
            said.value.as_str() == Some("signed") || said.value == Value::Bool(true)
        });
        if is_signed && !acts.is_empty() {
            let prefix =
                path.as_str().trim_end_matches("state").trim_end_matches("locked").to_owned();
            found.push((prefix, acts));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::document::{Authoring, Chunk, Document, Edit};
    use crate::ids::{ActorId, DeviceId, DocumentId, UserId};
    use crate::merge::{record_state, settle_edits};

    const ID: DocumentId = DocumentId::from_bytes([5; 16]);

    fn by(who: u8, at: i64) -> Authoring {
        Authoring {
            device: DeviceId::from_bytes([who; 16]),
            user: UserId::from_bytes([who; 16]),
            now_ms: at,
            clock_offset_s: None,
            review_heads: Vec::new(),
        }
    }

    fn say(answers: &[(&str, &str)]) -> Vec<Edit> {
        let edit = |(key, text): &(&str, &str)| Edit {
            path: FieldPath::parse(key).unwrap(),
            value: Value::text(*text),
        };
        answers.iter().map(edit).collect()
    }

    fn opened(actor: u8, chunks: &[&Chunk]) -> Document {
        let bytes = chunks.iter().map(|chunk| chunk.bytes.as_slice());
        Document::open(ActorId::from_bytes([actor; 16]), bytes).unwrap()
    }

    fn read(kind: &str, chunks: &[&Chunk]) -> RecordState {
        record_state(Catalog::builtin(), (kind, ID), &opened(9, chunks), None)
    }

    fn begun(answers: &[(&str, &str)]) -> Chunk {
        let actor = ActorId::from_bytes([1; 16]);
        Document::create(actor, vec![1], &say(answers), &by(1, 1_000)).unwrap().1
    }

    fn wrote(who: u8, seen: &[&Chunk], answers: &[(&str, &str)], at: i64) -> Chunk {
        let mut document = opened(who, seen);
        document.commit(&say(answers), &by(who, at)).unwrap().unwrap()
    }

    #[test]
    fn a_signed_inspection_stands_and_the_late_answer_is_shown_beside_it() {
        let pests = "item/B-H09/status";
        let first = begun(&[("state", "open"), (pests, "not_checked")]);
        let ok = wrote(1, &[&first], &[(pests, "ok")], 2_000);
        let signed = wrote(1, &[&first, &ok], &[("state", "signed")], 3_000);
        // Another tablet, without contact since the answer was given.
        let late = wrote(2, &[&first, &ok], &[(pests, "not_ok")], 4_000);
        for order in [[&first, &ok, &signed, &late], [&first, &ok, &late, &signed]] {
            let record = read("run", &order);
            assert_eq!(record.text("state"), "signed_with_late_changes");
            assert_eq!(record.text(pests), "ok", "the signed answer has changed");
            let [found] = record.late.as_slice() else { panic!("{:?}", record.late) };
            assert_eq!(found.path.as_str(), pests);
            assert_eq!(found.said[0].value, Value::text("not_ok"));
            assert_eq!(found.said[0].meta.user, UserId::from_bytes([2; 16]));
            assert_eq!(record.whole().text(pests), "not_ok");
        }
        // Opened again by somebody who has seen it, it counts like everything else.
        let all = [&first, &ok, &signed, &late];
        let reopened = wrote(3, &all, &[("state", "reopened")], 5_000);
        let record = read("run", &[&first, &ok, &signed, &late, &reopened]);
        assert_eq!((record.text(pests), record.late.len()), ("not_ok", 0));
        let again =
            wrote(3, &[&first, &ok, &signed, &late, &reopened], &[("state", "signed")], 6_000);
        let record = read("run", &[&first, &ok, &signed, &late, &reopened, &again]);
        assert_eq!((record.text(pests), record.late.len()), ("not_ok", 0));
    }

    #[test]
    fn two_who_sign_at_the_same_time_have_both_signed_what_they_knew() {
        let [one, other] = ["item/B-F01/status", "item/B-H09/status"];
        let first = begun(&[("state", "open"), (one, "not_checked"), (other, "not_checked")]);
        let sign = &[("state", "signed")];
        let half = wrote(1, &[&first], &[(one, "ok")], 2_000);
        let signed = wrote(1, &[&first, &half], sign, 3_000);
        let rest = wrote(2, &[&first], &[(other, "ok")], 2_000);
        let too = wrote(2, &[&first, &rest], sign, 3_000);
        let late = wrote(3, &[&first], &[(one, "not_ok")], 4_000);
        let record = read("run", &[&first, &half, &signed, &rest, &too]);
        assert_eq!(
            (record.text("state"), record.text(one), record.text(other)),
            ("signed", "ok", "ok")
        );
        assert_eq!(record.late, []);
        let record = read("run", &[&first, &half, &signed, &rest, &too, &late]);
        assert_eq!((record.text("state"), record.text(one)), (WITH_LATE, "ok"));
        assert_eq!(record.late.len(), 1);
    }

    #[test]
    fn a_decision_after_the_signing_stands_beside_what_was_signed() {
        let pests = "item/B-H09/status";
        let first = begun(&[("state", "open"), (pests, "not_checked")]);
        let ok = wrote(1, &[&first], &[(pests, "ok")], 2_000);
        let not = wrote(2, &[&first], &[(pests, "not_ok")], 2_000);
        let signed = wrote(1, &[&first, &ok, &not], &[("state", "signed")], 3_000);
        let all = [&first, &ok, &not, &signed];
        let path = FieldPath::parse(pests).unwrap();
        let seen = read("run", &all).fields[&path].seen();
        let entry = crate::ids::EntryId::from_bytes([1; 10]);
        let edits = settle_edits(entry, &path, &Value::text("ok"), "Sanerat.", &seen);
        let actor = ActorId::from_bytes([4; 16]);
        let (review, _) = Document::create(actor, vec![2], &edits, &by(4, 4_000)).unwrap();
        let document = opened(9, &all);
        let record = record_state(Catalog::builtin(), ("run", ID), &document, Some(&review));
        assert_eq!(record.text(pests), "not_ok", "what was signed has changed");
        assert_eq!(record.late[0].state.value, Value::text("ok"));
        assert_eq!(record.text("state"), "signed");
    }

    #[test]
    fn a_signed_note_keeps_its_text_and_other_notes_are_not_late() {
        let entry = |letter: u8| crate::ids::EntryId::from_bytes([letter; 10]);
        let [body, state] = ["body", "state"].map(|field| format!("notes/{}/{field}", entry(1)));
        let elsewhere = format!("notes/{}/body", entry(2));
        let (body, state, elsewhere) = (body.as_str(), state.as_str(), elsewhere.as_str());
        let first = begun(&[(body, "Hembesök."), (state, "draft"), (elsewhere, "Annat.")]);
        let signed = wrote(1, &[&first], &[(body, "Hembesök."), (state, "signed")], 2_000);
        let late = wrote(2, &[&first], &[(body, "Hembesök. Spisen trasig.")], 3_000);
        let other = wrote(2, &[&first, &late], &[(elsewhere, "Annat, mer.")], 4_000);
        let record = read("journal", &[&first, &signed, &late, &other]);
        assert_eq!(record.text(body), "Hembesök.");
        assert_eq!(record.text(elsewhere), "Annat, mer.");
        let [found] = record.late.as_slice() else { panic!("{:?}", record.late) };
        assert_eq!(found.said[0].value, Value::text("Hembesök. Spisen trasig."));
    }

    #[test]
    fn what_was_said_only_late_stands_beside_and_not_in_what_was_signed() {
        let comment = "item/B-H09/comment";
        let first = begun(&[("state", "open")]);
        let signed = wrote(1, &[&first], &[("state", "signed")], 2_000);
        let late = wrote(2, &[&first], &[(comment, "Spår av möss")], 3_000);
        let record = read("run", &[&first, &signed, &late]);
        assert_eq!(record.text(comment), "");
        assert_eq!(record.late.len(), 1);
    }
}
