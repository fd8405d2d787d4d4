//! Records are destroyed: what bars it, and what is cut off anywhere on the way is ended, never half.

use ankomst_server::seed;
use ankomst_server::storage::StorageError;
use ankomst_server::storage::accesses::read::was_destroyed;
use ankomst_server::storage::destroyed as ledger;
use ankomst_server::storage::sqlite::{Connection, accounts, destroyed, log, rows};
use ankomst_server::sync::destroy::against::{self, Against};
use ankomst_server::sync::destroy::{self, Asked, DestroyError, Ground};
use ankomst_server::sync::feed;
use ankomst_shared::app::{Acted, Language};
use ankomst_shared::document::Edit;
use ankomst_shared::ids::{ChangeHash, DocumentId};
use ankomst_shared::limits::DESTROYED_MAX;
use ankomst_shared::packed::from_bytes;
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::header::{companion, review_of};
use ankomst_shared::sync::message::{
    CAN_DESTROY, Exchange, ExchangeAnswer, Hello, Outcome, Push, Refused,
};
use ankomst_shared::value::Value;
use axum::http::StatusCode;

use super::desk::{act, page, read};
use super::gone::until;
use super::kinds::Somebody;
use super::kit::Door;

pub(crate) const CASE: [u8; 16] = [93; 16];

fn edit(path: &str, value: Value) -> Edit {
    Edit { path: FieldPath::parse(path).unwrap(), value }
}

/// A village with a closed case, opened and closed long ago, with a journal.
pub(crate) async fn village(more: &[Edit]) -> (Door, Somebody, DocumentId) {
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

pub(crate) fn asked(door: &Door, record: DocumentId, ground: Ground) -> Asked {
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
    until(|| !door.app.begun.has(case)).await;
    is_gone(&door, case);
    until(|| door.app.audit.read(|db| was_destroyed(db, case)).unwrap()).await;
    assert_eq!(ledger::read(&door.app.folder).unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cut_off_after_the_log_is_ended_at_the_next_start() {
    let (door, _, case) = village(&[]).await;
    let row = door.app.row_readers.read(ankomst_server::storage::sqlite::register::all);
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

/// What a device is told that can be told, and is not sure of some documents.
async fn told(
    door: &Door,
    one: &mut Somebody,
    (capabilities, unsure): (u64, Vec<DocumentId>),
) -> ExchangeAnswer {
    let hello = Hello {
        capabilities,
        unsure,
        ..Hello::first(one.browser.device.unwrap(), "test".to_owned())
    };
    let (push, deposits) = (Push::default(), Vec::new());
    let asked = Exchange { hello, push, deposits, looks: None, gone: None };
    one.browser.post(door, "/api/v1/sync", &asked).await.read()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_write_under_an_id_is_not_lost_by_who_says_it_was_of_a_destroyed_record() {
    let (door, mut ingrid, case) = village(&[]).await;
    let (mut elin, _) = Somebody::with(&door, ("elin", "elin-i-provby"), 2).await;
    destroy::destroy(&door.app, asked(&door, case, Ground::Retention)).await.unwrap();
    let living = DocumentId::from_bytes([94; 16]);
    ingrid.begins_with(&door, ("case", living), None, &[]).await;
    let journal = companion(living, "journal");
    let (outcome, _) = elin.begins_with(&door, ("run", journal), Some(case), &[]).await;
    assert_eq!(outcome, Outcome::Refused(Refused::Destroyed));
    let note = [edit("notes/zzzzzzzzzzzzzzzz/body", Value::text("Ny"))];
    let (outcome, _) = ingrid.begins_with(&door, ("journal", journal), Some(living), &note).await;
    assert!(matches!(outcome, Outcome::Received(_)), "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_guesses_at_ids_learns_nothing_of_a_destroyed_record() {
    let (door, _, case) = village(&[]).await;
    let (mut elin, _) = Somebody::with(&door, ("elin", "elin-i-provby"), 2).await;
    let (mut mats, _) = Somebody::with(&door, ("mats", "mats-i-provby"), 3).await;
    destroy::destroy(&door.app, asked(&door, case, Ground::Retention)).await.unwrap();
    let answer = told(&door, &mut mats, (CAN_DESTROY, vec![case])).await;
    assert_eq!(answer.destroyed, None, "an inspector, of a case");
    let answer = told(&door, &mut elin, (CAN_DESTROY, vec![case])).await;
    assert_eq!(answer.destroyed.unwrap()[0].reference, "Dnr 1");
    // Who has something of it is told that it is to go, not what it was.
    mats.begins_with(&door, ("case", case), None, &[]).await;
    let answer = told(&door, &mut mats, (CAN_DESTROY, Vec::new())).await;
    let one = answer.destroyed.unwrap().remove(0);
    assert_eq!(one.record, case);
    assert!(one.kind.is_empty() && one.reference.is_empty() && one.ask.is_empty(), "{one:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_has_it_again_is_told_after_a_restart_too() {
    let (door, _, case) = village(&[]).await;
    let (mut elin, _) = Somebody::with(&door, ("elin", "elin-i-provby"), 2).await;
    destroy::destroy(&door.app, asked(&door, case, Ground::Retention)).await.unwrap();
    let asks = async |elin: &mut Somebody, unsure: Vec<DocumentId>, gone: Vec<DocumentId>| {
        let device = elin.browser.device.unwrap();
        let hello =
            Hello { capabilities: CAN_DESTROY, unsure, ..Hello::first(device, "test".to_owned()) };
        let (push, deposits) = (Push::default(), Vec::new());
        let asked = Exchange { hello, push, deposits, looks: None, gone: Some(gone) };
        let answer: ExchangeAnswer = elin.browser.post(&door, "/api/v1/sync", &asked).await.read();
        answer.destroyed.is_some()
    };
    assert!(asks(&mut elin, vec![case], Vec::new()).await);
    assert!(!asks(&mut elin, Vec::new(), vec![case]).await, "it has gone");
    // An old copy of the tablet was put back.
    assert!(asks(&mut elin, vec![case], Vec::new()).await);
    destroy::destroy_again(&door.app).await.unwrap();
    assert!(asks(&mut elin, Vec::new(), Vec::new()).await, "the ledger knows");
    assert!(!asks(&mut elin, Vec::new(), vec![case]).await);
    destroy::destroy_again(&door.app).await.unwrap();
    assert!(!asks(&mut elin, Vec::new(), Vec::new()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_cannot_be_told_drops_more_than_one_answer_holds() {
    let door = Door::open().await;
    seed::run(&door.app, 1).await.unwrap();
    let (mut elin, first) = Somebody::with(&door, ("elin", "elin-i-provby"), 1).await;
    let (device, me) = (elin.browser.device.unwrap(), first.welcome.me);
    let count = u8::try_from(DESTROYED_MAX).unwrap() + 1;
    let unit = *me.units.first().unwrap();
    let note = move |db: &_| {
        (0..count).try_for_each(|number| {
            let record = DocumentId::from_bytes([100 + number; 16]);
            let row = destroyed::DestroyedRow {
                record,
                kind: "case".to_owned(),
                number: String::new(),
                unit,
                at_ms: 1,
                by: me.user,
                ground: "decision".to_owned(),
                reference: "R".to_owned(),
            };
            destroyed::note(db, &row)?;
            destroyed::note_device(db, record, device)
        })
    };
    door.app.writer.write(note).await.unwrap();
    for wanted in [DESTROYED_MAX, 1, 0] {
        assert_eq!(told(&door, &mut elin, (0, Vec::new())).await.drop.len(), wanted);
    }
    assert!(door.app.readers.read(|db| destroyed::to_tell(db, device)).unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_id_of_no_document_is_nobodys() {
    let (door, mut ingrid, case) = village(&[]).await;
    let nothing = DocumentId::from_bytes([0; 16]);
    let (outcome, _) = ingrid.begins_with(&door, ("case", nothing), None, &[]).await;
    assert_eq!(outcome, Outcome::Refused(Refused::Envelope));
    // As if it had been begun before.
    let row = "INSERT INTO documents (id, kind, parent, unit, protection, user, device, created_ms, received_ms, digest)
               SELECT zeroblob(16), kind, parent, unit, protection, user, device, created_ms, received_ms, digest
               FROM documents WHERE id = ?1";
    let copied = move |db: &Connection| Ok(db.execute(row, [case.as_bytes().as_slice()])?);
    assert_eq!(door.app.writer.write(copied).await.unwrap(), 1);
    destroy::destroy(&door.app, asked(&door, case, Ground::Retention)).await.unwrap();
    assert_eq!(door.app.readers.read(|db| log::document(db, nothing)).unwrap(), None);
    is_gone(&door, case);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_part_is_destroyed_alone_and_each_is_asked() {
    let (door, mut ingrid, case) = village(&[]).await;
    let journal = asked(&door, companion(case, "journal"), Ground::Decision);
    let done = destroy::destroy(&door.app, journal).await;
    assert!(matches!(done, Err(DestroyError::Unknown)), "{done:?}");
    let open = [edit("state", Value::text("open"))];
    let incident = DocumentId::from_bytes([95; 16]);
    ingrid.begins_with(&door, ("incident", incident), Some(case), &open).await;
    let house = DocumentId::from_bytes([96; 16]);
    let closed =
        [edit("status", Value::text("closed")), edit("open_to", Value::text("2010-01-01"))];
    ingrid.begins_with(&door, ("residence", house), None, &closed).await;
    feed::settle(&door.app).await.unwrap();
    let found = |id| against::found(&door.app, id).unwrap().against;
    assert_eq!(found(case), [Against::Open]);
    assert_eq!(found(house), []);
    let ended = [edit("state", Value::text("ended")), edit("end", Value::text("2025-01-01"))];
    let contract = DocumentId::from_bytes([97; 16]);
    ingrid.begins_with(&door, ("contract", contract), Some(house), &ended).await;
    feed::settle(&door.app).await.unwrap();
    let found = found(house);
    assert!(matches!(found.as_slice(), [Against::NotYet(_)]), "{found:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_may_write_all_of_it_destroys() {
    let (door, _, case) = village(&[]).await;
    let mut by_elin = asked(&door, case, Ground::Retention);
    let elin = door.app.readers.read(|db| accounts::user_by_login(db, "elin")).unwrap().unwrap();
    by_elin.by = elin.id;
    let done = destroy::destroy(&door.app, by_elin).await;
    assert!(matches!(done, Err(DestroyError::Unknown)), "no supervisor: {done:?}");
    let asked = asked(&door, case, Ground::Retention);
    let (journal, by) = (companion(case, "journal"), asked.by);
    let raise = move |db: &Connection| {
        let part = journal.as_bytes().as_slice();
        db.execute("UPDATE documents SET protection = 3 WHERE id = ?1", [part])?;
        db.execute("UPDATE grants SET level = 0 WHERE user = ?1", [by.as_bytes().as_slice()])?;
        Ok(())
    };
    door.app.writer.write(raise).await.unwrap();
    let done = destroy::destroy(&door.app, asked).await;
    assert!(matches!(done, Err(DestroyError::Unknown)), "a protected part: {done:?}");
    assert!(ledger::read(&door.app.folder).unwrap().is_empty());
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
