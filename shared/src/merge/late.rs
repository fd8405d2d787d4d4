//! What is signed stands as it was signed. Who wrote into it without knowing that, because no contact was
//! to be had, has not written in vain: it is shown beside, and a person decides.

use crate::document::Statement;
use crate::ids::ChangeHash;
use crate::merge::record::{Late, Reading, RecordState};
use crate::order;
use crate::path::FieldPath;
use crate::value::Value;

/// The state of a signed run that was written into by somebody who did not know of the signing.
const WITH_LATE: &str = "signed_with_late_changes";

/// Puts back what was signed, and aside what came later.
pub(super) fn freeze(record: &mut RecordState, reading: &mut Reading<'_>) {
    for (prefix, signing) in signings(reading.kind, record) {
        let mut paths = Vec::new();
        let mut known: Vec<(ChangeHash, bool)> = Vec::new();
        let own: Vec<(FieldPath, ChangeHash)> = reading
            .said()
            .iter()
            .filter(|(path, _)| path.as_str().starts_with(&prefix) && !is_state(&prefix, path))
            .map(|(path, said)| (path.clone(), said.change))
            .collect();
        for (path, change) in own {
            let before = match known.iter().find(|(one, _)| *one == change) {
                Some((_, before)) => *before,
                None => {
                    let before = reading.is_before(change, &signing);
                    known.push((change, before));
                    before
                }
            };
            if !before {
                paths.push(path);
            }
        }
        order::sort_and_dedup(&mut paths);
        reading.frozen = Some(signing.clone());
        for path in paths {
            let stood = reading.document.standing_at(&path, &[signing.change]);
            let stood: Vec<Statement> = reading
                .said()
                .iter()
                .filter(|(at, said)| *at == path && stood.contains(&said.id))
                .map(|(_, said)| said.clone())
                .collect();
            let Some(state) = record.fields.remove(&path) else { continue };
            if let Some(signed) = reading.state(&path, &stood).filter(|_| !stood.is_empty()) {
                record.fields.insert(path.clone(), signed);
            }
            let mut said = state.statements.clone();
            said.retain(|one| !reading.is_before(one.change, &signing));
            record.late.push(Late { path, state, said });
        }
        reading.frozen = None;
    }
    decided(reading.kind, record);
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

/// What is signed in a document: the beginning of its keys, and the act of signing.
fn signings(kind: &str, record: &RecordState) -> Vec<(String, Statement)> {
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
            _ => false,
        };
        let signing = state.statements.iter().find(|said| said.value.as_str() == Some("signed"));
        if let (true, Some(signing)) = (is_signed, signing) {
            let prefix = path.as_str().trim_end_matches("state").to_owned();
            found.push((prefix, signing.clone()));
        }
    }
    found
}

fn is_state(prefix: &str, path: &FieldPath) -> bool {
    path.as_str().strip_prefix(prefix) == Some("state")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::document::{Authoring, Chunk, Document, Edit};
    use crate::ids::{ActorId, DeviceId, DocumentId, UserId};
    use crate::merge::record_state;

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
