//! Records are destroyed: what bars it, and what is cut off anywhere on the way is ended, never half.

use ankomst_server::seed;
use ankomst_server::storage::StorageError;
use ankomst_server::storage::accesses::read::was_destroyed;
use ankomst_server::storage::destroyed as ledger;
use ankomst_server::storage::sqlite::{accounts, destroyed, log, rows};
use ankomst_server::sync::destroy::against::{self, Against};
use ankomst_server::sync::destroy::{self, Asked, DestroyError, Ground};
use ankomst_server::sync::feed;
use ankomst_shared::app::{Acted, Language};
use ankomst_shared::document::Edit;
use ankomst_shared::ids::{ChangeHash, DocumentId};
use ankomst_shared::packed::from_bytes;
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::header::{companion, review_of};
use ankomst_shared::sync::message::Outcome;
use ankomst_shared::value::Value;
use axum::http::StatusCode;

use super::desk::{act, page, read};
use super::kinds::Somebody;
use super::kit::Door;

const CASE: [u8; 16] = [93; 16];

fn edit(path: &str, value: Value) -> Edit {
    Edit { path: FieldPath::parse(path).unwrap(), value }
}

/// A village with a closed case, opened and closed long ago, with a journal.
async fn village(more: &[Edit]) -> (Door, Somebody, DocumentId) {
    let door = Door::open().await;
    seed::run(&door.app, 1).await.unwrap();
    let (mut ingrid, _) = Somebody::with(&door, ("ingrid", "ingrid-i-provby"), 1).await;
    let case = DocumentId::from_bytes(CASE);
    let mut edits = vec![
        edit("household_label", Value::text("Familjen Kanariehaddad")),
        edit("state", Value::text("closed")),
        edit("opened_on", Value::text("2017-02-01")),
        edit("closed_on", Value::text("2018-03-01")),
    ];
    edits.retain(|one| !more.iter().any(|other| other.path == one.path));
    edits.extend_from_slice(more);
    ingrid.begins_with(&door, ("case", case), None, &edits).await;
    let journal = companion(case, "journal");
    let note = [edit("notes/zzzzzzzzzzzzzzzz/body", Value::text("Kanariegatan"))];
    ingrid.begins_with(&door, ("journal", journal), Some(case), &note).await;
    feed::settle(&door.app).await.unwrap();
    (door, ingrid, case)
}

fn asked(door: &Door, record: DocumentId, ground: Ground) -> Asked {
    let by = door.app.readers.read(|db| accounts::user_by_login(db, "ingrid")).unwrap().unwrap();
    let (reference, confirm) = ("Dnr 1".to_owned(), record.to_string());
    Asked { record, ground, reference, confirm, by: by.id }
}

/// Nothing of it is there: documents, changes, rows, keys, what a dump would show.
fn is_gone(door: &Door, case: DocumentId) {
    for id in [case, companion(case, "journal"), review_of(case)] {
        let (row, changes) = door
            .app
            .readers
            .read(|db| {
                let all = ["visible", "pending", "held", "ended"];
                let all: Vec<_> = all
                    .iter()
                    .map(|state| log::chunks_of(db, id, state))
                    .collect::<Result<_, _>>()?;
                Ok((log::document(db, id)?, all.concat().len()))
            })
            .unwrap();
        assert!(row.is_none() && changes == 0);
        assert_eq!(door.app.row_readers.read(|db| rows::told(db, id)).unwrap(), None);
        let hash = ChangeHash::from_bytes([1; 32]);
        let opened = door.app.keys.open_chunk(id, &hash, &[0; 40]);
        assert!(matches!(opened, Err(StorageError::Damaged(_))), "its key is there: {opened:?}");
        assert!(
            door.app.readers.read(|db| destroyed::record_of(db, id)).unwrap().is_some()
                || id == review_of(case)
        );
    }
    door.app
        .readers
        .read(|db| {
            log::each_chunk(db, |chunk| {
                if !chunk.is_wiped() {
                    door.app.keys.open_chunk(chunk.document, &chunk.hash, &chunk.sealed)?;
                }
                Ok(())
            })
        })
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_law_bars_is_not_destroyed_on_that_ground() {
    let person = "persons/yyyyyyyyyyyyyyyy";
    let hold = [edit("legal_hold", Value::Bool(true))];
    let open = [edit("state", Value::text("active"))];
    let lately = [edit("closed_on", Value::text("2026-03-01"))];
    let born = [
        edit(&format!("{person}/given"), Value::text("Rima")),
        edit(&format!("{person}/birth_date"), Value::text("1990-04-15")),
    ];
    let all: [(&[Edit], &str, [bool; 3]); 5] = [
        (&[], "nothing", [false, true, false]),
        (&hold, "a hold", [true, true, true]),
        (&open, "open", [true, true, true]),
        (&lately, "not yet", [true, true, false]),
        (&born, "kept", [true, false, false]),
    ];
    for (more, name, bars) in all {
        let (door, _, case) = village(more).await;
        let found = against::found(&door.app, case).unwrap();
        for (ground, wanted) in Ground::ALL.into_iter().zip(bars) {
            // What is due goes to no archive; nothing says so, and nothing is lost by it.
            if name == "nothing" && ground == Ground::Archive {
                continue;
            }
            let barred = found.against.iter().any(|one| one.bars(ground));
            assert_eq!(barred, wanted, "{name}, {ground:?}: {:?}", found.against);
            if barred {
                let done = destroy::destroy(&door.app, asked(&door, case, ground)).await;
                assert!(matches!(done, Err(DestroyError::Barred(_))), "{name}: {done:?}");
            }
        }
        assert!(ledger::read(&door.app.folder).unwrap().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_due_goes_with_all_that_belongs_to_it() {
    let (door, _, case) = village(&[]).await;
    let mut wrong = asked(&door, case, Ground::Retention);
    wrong.confirm = "Familjen".to_owned();
    assert!(matches!(destroy::destroy(&door.app, wrong).await, Err(DestroyError::Confirm)));
    let mut wrong = asked(&door, case, Ground::Retention);
    wrong.reference = " ".to_owned();
    assert!(matches!(destroy::destroy(&door.app, wrong).await, Err(DestroyError::Reference)));
    let done = destroy::destroy(&door.app, asked(&door, case, Ground::Retention)).await.unwrap();
    assert_eq!(done.documents, 2);
    is_gone(&door, case);
    let again = destroy::destroy(&door.app, asked(&door, case, Ground::Retention)).await;
    assert!(matches!(again, Err(DestroyError::Unknown)));
    assert_eq!(destroy::destroy_again(&door.app).await.unwrap(), 0);
    assert_eq!(ledger::read(&door.app.folder).unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cut_off_after_the_ledger_is_ended_later() {
    let (door, mut ingrid, case) = village(&[]).await;
    let full = "CREATE TEMP TRIGGER no_room BEFORE DELETE ON main.documents
                WHEN old.kind = 'case' BEGIN SELECT RAISE(ABORT, 'no room'); END";
    door.app.writer.write(|db| Ok(db.execute_batch(full)?)).await.unwrap();
    let answers = [("ground", "retention"), ("reference", "Dnr 1"), ("confirm", &case.to_string())];
    let answer = act(&mut ingrid.browser, &door, &format!("destroy:{case}"), &answers).await;
    let said = from_bytes::<Acted>(&answer.body).unwrap().say;
    assert!(said.starts_with("Förstörandet är antecknat"), "{said}");
    assert_eq!(ledger::read(&door.app.folder).unwrap().len(), 1);
    // Nothing of it is half: the record is whole until it is gone.
    assert!(door.app.readers.read(|db| log::document(db, case)).unwrap().is_some());
    assert_eq!(door.app.readers.read(|db| destroyed::record_of(db, case)).unwrap(), None);
    // And nobody writes in it any more.
    assert!(door.app.begun.has(case));
    let (id, note) = (DocumentId::from_bytes([94; 16]), [edit("title", Value::text("Sent"))]);
    let (outcome, _) = ingrid.begins_with(&door, ("incident", id), Some(case), &note).await;
    assert_eq!(outcome, Outcome::Missing(Vec::new()));
    door.app.writer.write(|db| Ok(db.execute_batch("DROP TRIGGER no_room")?)).await.unwrap();
    // The server ends it by itself.
    while door.app.begun.has(case) {
        tokio::task::yield_now().await;
    }
    is_gone(&door, case);
    assert!(door.app.audit.read(|db| was_destroyed(db, case)).unwrap());
    assert_eq!(ledger::read(&door.app.folder).unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cut_off_after_the_log_is_ended_at_the_next_start() {
    let (door, _, case) = village(&[]).await;
    let row = door.app.row_readers.read(|db| ankomst_server::storage::sqlite::register::all(db));
    let row = row.unwrap().into_iter().find(|row| row.document == case).unwrap();
    destroy::destroy(&door.app, asked(&door, case, Ground::Retention)).await.unwrap();
    // As if its key and its row were there still.
    let hash = ChangeHash::from_bytes([1; 32]);
    let sealed = door.app.keys.seal(case, &hash, b"Kanariegatan").unwrap();
    rows::put_all(&door.app.rows.lock().unwrap(), &[row], None).unwrap();
    assert!(door.app.keys.open_chunk(case, &hash, &sealed).is_ok());
    destroy::destroy_again(&door.app).await.unwrap();
    assert!(door.app.keys.open_chunk(case, &hash, &sealed).is_err());
    is_gone(&door, case);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_say_what_goes_what_bars_and_what_has_gone() {
    let hold = [edit("legal_hold", Value::Bool(true))];
    let (door, mut ingrid, case) = village(&hold).await;
    let address = format!("/administration/gallra/{case}");
    let shown = read(&page(&mut ingrid.browser, &door, &address, Language::Sv).await);
    assert!(shown.actions.is_empty(), "nothing is offered while it is on hold");
    let found = against::found(&door.app, case).unwrap();
    assert!(found.against.contains(&Against::Hold));
    let (door, mut ingrid, case) = village(&[]).await;
    let shown = read(&page(&mut ingrid.browser, &door, &address, Language::Sv).await);
    assert_eq!(shown.actions.len(), 1);
    let name = format!("destroy:{case}");
    let (right, wrong) = (case.to_string(), "Familjen".to_owned());
    for (typed, wanted) in [(&wrong, "Inget förstördes"), (&right, "Förstört. Dokument")] {
        let answers = [("ground", "retention"), ("reference", "Dnr 1"), ("confirm", typed)];
        let answer = act(&mut ingrid.browser, &door, &name, &answers).await;
        assert_eq!(answer.status, StatusCode::OK);
        let said = from_bytes::<Acted>(&answer.body).unwrap().say;
        assert!(said.starts_with(wanted), "{said}");
    }
    let answer = page(&mut ingrid.browser, &door, &address, Language::Sv).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let listed = page(&mut ingrid.browser, &door, "/administration/gallrat", Language::Sv).await;
    let text = String::from_utf8_lossy(&listed.body).into_owned();
    assert!(text.contains("Dnr 1") && !text.contains("Kanarie"), "{text}");
}
