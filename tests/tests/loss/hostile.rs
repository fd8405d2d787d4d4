//! A change that makes the trial abort, sent through the real door by an enrolled device.

use std::time::{Duration, Instant};

use ankomst_shared::chunk::hostile::find_aborting;
use ankomst_shared::chunk::parse;
use ankomst_shared::document::{Chunk, Document, Edit};
use ankomst_shared::ids::{ActorId, ChangeHash, DocumentId, base32};
use ankomst_shared::limits::HEAL_MAX;
use ankomst_shared::path::FieldPath;
use ankomst_shared::sync::message::{Outcome, Refused};
use ankomst_shared::value::Value;
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::raw::{RawDevice, sent};

use crate::kit::{local, new_case, password, signed_in};

#[test]
fn a_change_that_aborts_the_trial_is_held_while_others_go_on() {
    let Some(mut server) = Server::empty() else { return };
    server.command(&["seed", "--pack", "sp-1", "--seed", "1"]);
    server.variable("ANKOMST_TRIAL_DRILL", "1");
    server.start();
    local(drill(&mut server));
}

async fn drill(server: &mut Server) {
    let folder = tempfile::tempdir().unwrap();
    let pid = server.pid();
    let other = signed_in(server, &folder.path().join("tablet"), "oskar").await;
    let raw = RawDevice::enrol(&server.url(), folder.path(), ("elin", &password("elin"))).await;
    let id = DocumentId::new(jiff::Timestamp::now().as_millisecond(), [7; 10]);
    let (before, honest) = history(&raw, id);
    let parts = before.iter().map(|(actor, chunk)| raw.part(id, *actor, sent(chunk))).collect();
    let answer = raw.exchange(parts).await;
    assert_eq!(answer.acks.len(), 3);
    assert!(answer.acks.iter().all(|ack| matches!(ack.outcome, Outcome::Received(_))));

    let known: Vec<&[u8]> = before.iter().map(|(_, chunk)| chunk.bytes.as_slice()).collect();
    let inflated = parse(&honest.bytes).unwrap().bytes;
    let hostile = find_aborting(&known, &inflated, 1).unwrap();
    let info = parse(&hostile).unwrap();
    let answer = raw.exchange(vec![raw.part(id, info.actor, (info.hash, hostile))]).await;
    let outcome = &answer.acks.first().unwrap().outcome;
    assert!(matches!(outcome, Outcome::Received(_)), "{outcome:?}");

    // Meanwhile another tablet's change is acknowledged, tried and shared.
    new_case(&other, "Får inte vänta").await;
    other.sync().await;
    let reason = held(&raw, info.hash).await;
    assert_eq!(server.pid(), pid);
    assert!(std::path::Path::new(&format!("/proc/{pid}")).exists());
    assert_eq!(state(server, info.hash), Some("held".to_owned()), "{reason}");
    assert!(server.command(&["dump"]).contains("Får inte vänta"));
}

#[test]
fn nobody_writes_on_under_the_name_of_anothers_session() {
    let Some(mut server) = Server::empty() else { return };
    server.command(&["seed", "--pack", "sp-1", "--seed", "1"]);
    server.start();
    local(taken_name(&server));
}

async fn taken_name(server: &Server) {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let enrol = async |folder: &tempfile::TempDir, login: &str| {
        RawDevice::enrol(&server.url(), folder.path(), (login, &password(login))).await
    };
    let (elin, oskar) = (enrol(&folders[0], "elin").await, enrol(&folders[1], "oskar").await);
    let id = DocumentId::new(jiff::Timestamp::now().as_millisecond(), [9; 10]);
    let (before, honest) = history(&elin, id);
    let parts = before.iter().map(|(actor, chunk)| elin.part(id, *actor, sent(chunk))).collect();
    let taken = |answer: &ankomst_shared::sync::message::ExchangeAnswer| {
        answer.acks.iter().all(|ack| matches!(ack.outcome, Outcome::Received(_)))
    };
    let answer = elin.exchange(parts).await;
    assert!(taken(&answer), "{:?}", answer.acks);

    // The next number of her session is his, if the server lets him; then her own next change would be refused.
    let (actor, _) = before[0];
    let known = before.iter().map(|(_, chunk)| chunk.bytes.as_slice());
    let mut under_her_name = Document::open(actor, known).unwrap();
    let phone =
        [Edit { path: FieldPath::parse("phone").unwrap(), value: Value::text("+46701740699") }];
    let his = under_her_name.commit(&phone, &oskar.by()).unwrap().unwrap();
    let answer = oskar.exchange(vec![oskar.part(id, actor, sent(&his))]).await;
    let outcome = &answer.acks.first().unwrap().outcome;
    assert_eq!(*outcome, Outcome::Refused(Refused::Envelope));

    let answer = elin.exchange(vec![elin.part(id, actor, sent(&honest))]).await;
    assert!(taken(&answer), "{:?}", answer.acks);
}

#[test]
fn who_asks_for_everything_is_given_so_much_at_a_time() {
    let Some(mut server) = Server::empty() else { return };
    server.command(&["seed", "--pack", "sp-1", "--seed", "1"]);
    server.start();
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let raw = RawDevice::enrol(&server.url(), folder.path(), ("elin", &password("elin"))).await;
        let mut ids = Vec::new();
        for number in 0..10_000_u32 {
            let mut entropy = [0; 10];
            entropy[..4].copy_from_slice(&number.to_be_bytes());
            ids.push(DocumentId::new(jiff::Timestamp::now().as_millisecond(), entropy));
        }
        let answer = raw.asks_for(ids.clone(), ids.clone()).await;
        assert_eq!(usize::try_from(answer.documents_left).unwrap(), ids.len() - HEAL_MAX);
    });
}

pub(crate) async fn held(raw: &RawDevice, hash: ChangeHash) -> String {
    let end = Instant::now() + Duration::from_mins(1);
    loop {
        let answer = raw.exchange(Vec::new()).await;
        if let Some(note) = answer.held.iter().find(|note| note.hash == hash) {
            return note.reason.clone();
        }
        assert!(Instant::now() < end, "the author never hears that it is held");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn state(server: &Server, hash: ChangeHash) -> Option<String> {
    let hash = base32(hash.as_bytes());
    let dump = server.command(&["dump"]);
    let mut entries =
        dump.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let entry =
        entries.find(|entry| entry.get("hash").and_then(|at| at.as_str()) == Some(&hash))?;
    entry.get("state")?.as_str().map(str::to_owned)
}

/// A case in which two actors wrote and one has seen both; the last change is not sent.
pub(crate) fn history(raw: &RawDevice, id: DocumentId) -> (Vec<(ActorId, Chunk)>, Chunk) {
    let phone =
        |text: &str| [Edit { path: FieldPath::parse("phone").unwrap(), value: Value::text(text) }];
    let (one_by, two_by) = (ActorId::from_bytes([31; 16]), ActorId::from_bytes([32; 16]));
    let header = raw.header(id, "case");
    let (mut one, first) =
        Document::create(one_by, header, &phone("+46701740600"), &raw.by()).unwrap();
    let mut two = Document::open(two_by, [first.bytes.as_slice()]).unwrap();
    let a = one.commit(&phone("+46701740601"), &raw.by()).unwrap().unwrap();
    let b = two.commit(&phone("+46701740602"), &raw.by()).unwrap().unwrap();
    one.apply([b.bytes.as_slice()]).unwrap();
    let last = one.commit(&phone("+46701740603"), &raw.by()).unwrap().unwrap();
    (vec![(one_by, first), (one_by, a), (two_by, b)], last)
}
