//! Changes that hang the trial, one after the other, from an enrolled device: they hold up nobody else.

use std::time::{Duration, Instant};

use ankomst_shared::app::Level;
use ankomst_shared::document::{Chunk, Document, Edit};
use ankomst_shared::ids::{ActorId, ChangeHash, DocumentId, base32};
use ankomst_shared::path::FieldPath;
use ankomst_shared::sync::message::{Outcome, PushPart};
use ankomst_shared::value::Value;
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::raw::{RawDevice, sent};

use crate::hostile::held;
use crate::kit::{local, new_case, password, signed_in, text};

/// A change in which this stands never comes back from its trial, in a drill.
pub(crate) const WORD: &str = "fastnar i provet";
const CHANGES: usize = 100;

/// A server whose trials hang over [`WORD`] and are waited for 200 ms, and six times that alone.
pub(crate) fn drilled() -> Option<Server> {
    let mut server = Server::empty()?;
    server.command(&["seed", "--pack", "sp-1", "--seed", "1"]);
    server.variable("ANKOMST_TRIAL_DRILL", &format!("200:{WORD}"));
    server.start();
    Some(server)
}

#[test]
fn a_hundred_changes_that_hang_the_trial_keep_nobody_waiting() {
    let Some(server) = drilled() else { return };
    local(hang(&server));
}

async fn hang(server: &Server) {
    let folder = tempfile::tempdir().unwrap();
    let pid = server.pid();
    let other = signed_in(server, &folder.path().join("tablet"), "oskar").await;
    let raw = RawDevice::enrol(&server.url(), folder.path(), ("elin", &password("elin"))).await;
    let (parts, hashes): (Vec<PushPart>, Vec<ChangeHash>) =
        (0..CHANGES).map(|number| hanging(&raw, number)).unzip();
    let answer = raw.exchange(parts).await;
    assert!(answer.acks.iter().all(|ack| matches!(ack.outcome, Outcome::Received(_))));

    // Meanwhile what others write is acknowledged, tried and shared.
    for number in 0..5 {
        let label = format!("Väntar inte {number}");
        let case = new_case(&other, &label).await;
        other.answer(case, "arriving_from", text(&label)).await;
        other.sync().await;
        let end = Instant::now() + Duration::from_mins(1);
        loop {
            let field = other.field((case, "arriving_from")).await.unwrap();
            if field.value == text(&label) && field.level == Level::Shared {
                break;
            }
            assert!(Instant::now() < end, "never shared: {field:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    let waits = states(server, &hashes).into_iter().filter(|state| state == "pending").count();
    eprintln!("{waits} of {CHANGES} changes that hang were still to be tried");
    assert!(waits > CHANGES / 2, "they were tried first");
    // The first of them is held in the end, after its second time.
    let reason = held(&raw, hashes[0]).await;
    assert_eq!(reason, "the trial was aborted");
    assert_eq!(server.pid(), pid);
}

/// A case whose first change hangs the trial, and the change.
pub(crate) fn hanging(raw: &RawDevice, number: usize) -> (PushPart, ChangeHash) {
    let mut entropy = [8; 10];
    entropy[..8].copy_from_slice(&u64::try_from(number).unwrap().to_be_bytes());
    let id = DocumentId::new(jiff::Timestamp::now().as_millisecond(), entropy);
    let (actor, chunk) = begun(raw, id, WORD);
    (raw.part(id, actor, sent(&chunk)), chunk.hash)
}

/// The first change of a case.
pub(crate) fn begun(raw: &RawDevice, id: DocumentId, label: &str) -> (ActorId, Chunk) {
    let mut actor = [33; 16];
    actor[..8].copy_from_slice(&id.as_bytes()[8..]);
    let actor = ActorId::from_bytes(actor);
    let path = FieldPath::parse("household_label").unwrap();
    let edit = [Edit { path, value: Value::text(label) }];
    let (_, chunk) = Document::create(actor, raw.header(id, "case"), &edit, &raw.by()).unwrap();
    (actor, chunk)
}

/// How the log has changes.
fn states(server: &Server, hashes: &[ChangeHash]) -> Vec<String> {
    let dump = server.command(&["dump"]);
    let wanted: Vec<String> = hashes.iter().map(|hash| base32(hash.as_bytes())).collect();
    let entries =
        dump.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let text = |entry: &serde_json::Value, name: &str| {
        entry.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
    };
    let ours = entries.filter(|entry| wanted.contains(&text(entry, "hash")));
    ours.map(|entry| text(&entry, "state")).collect()
}
