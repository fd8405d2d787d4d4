//! Opening a vault by what a passkey gives, and what happens to a vault while the server answers.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at once")]

mod desk;

use ankomst_core::Core;
use ankomst_core::store::{MemoryStore, Store, Table, Write};
use ankomst_core::vault::VaultRecord;
use ankomst_shared::app::{Act, Acted, Command, NewKey, Refusal, Reply, SignIn, Status};
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;
use desk::{Desk, PASSPHRASE, ask, shown, signed_in, signs_in, started, unlock};
use futures_util::FutureExt;

const SECRET: [u8; 32] = *b"what the passkey gives, and none";

fn status(core: &Core<Desk>) -> Status {
    match ask(core, Command::Status) {
        Reply::Status(status) => status,
        other => panic!("{other:?}"),
    }
}

/// A passkey that the server knows already.
fn takes_key(core: &Core<Desk>, secret: &[u8]) -> Reply {
    let (credential, salt, secret) = (vec![5; 16], vec![6; 32], secret.to_vec());
    ask(core, Command::TakeKey(NewKey { credential, salt, secret, ..NewKey::default() }))
}

fn opens(core: &Core<Desk>, secret: &[u8]) -> Reply {
    ask(core, Command::OpenByKey { login: "elin".to_owned(), secret: secret.to_vec() })
}

fn unlocks(core: &Core<Desk>, passphrase: &str) -> Reply {
    let (login, passphrase) = ("elin".to_owned(), passphrase.to_owned());
    ask(core, Command::Unlock { login, passphrase })
}

fn signing_in(forgotten: bool) -> Command {
    Command::SignIn(SignIn {
        login: "elin".to_owned(),
        password: "elin-i-provby".to_owned(),
        passphrase: PASSPHRASE.to_owned(),
        device_name: "Surfplatta".to_owned(),
        forgotten,
        passkey: Vec::new(),
    })
}

fn row(store: &MemoryStore, key: &[u8]) -> Option<Vec<u8>> {
    store.get(Table::Meta, key).now_or_never().unwrap().unwrap()
}

fn put(store: &MemoryStore, key: &[u8], value: Option<Vec<u8>>) {
    let write = match value {
        Some(value) => Write::put(Table::Meta, key.to_vec(), value),
        None => Write::delete(Table::Meta, key.to_vec()),
    };
    store.commit(vec![write]).now_or_never().unwrap().unwrap();
}

fn vault(store: &MemoryStore) -> VaultRecord {
    minicbor::decode(&row(store, b"vault/elin").unwrap()).unwrap()
}

/// The order to wipe comes.
fn ordered(store: &MemoryStore) {
    let record = VaultRecord { leaving: true, ..vault(store) };
    put(store, b"vault/elin", Some(minicbor::to_vec(&record).unwrap()));
}

#[test]
fn a_passkey_opens_the_vault_without_the_server_and_the_passphrase_still_does() {
    let (core, _) = signed_in(&MemoryStore::default());
    let store = MemoryStore::default();
    drop(core);
    let core = signs_in(Desk::on(&store));
    assert!(status(&core).keys.is_empty());
    assert!(matches!(takes_key(&core, &SECRET), Reply::Acted(_)));
    assert_eq!(status(&core).keys, [("elin".to_owned(), (vec![5; 16], vec![6; 32]))]);
    let label = vec![("label".to_owned(), Value::text("Noori"))];
    let Reply::Acted(Acted { document: Some(document), .. }) =
        ask(&core, Command::Act(Act::NewCase, label))
    else {
        panic!("no case")
    };
    let path = FieldPath::parse("arriving_from").unwrap();
    let typed = Command::Type { document, path, value: Value::text("Mazar") };
    assert_eq!(ask(&core, typed), Reply::Saved);

    // Another start of the browser, without anybody to ask.
    let core = started(Desk::on(&store.restarted()));
    assert_eq!(status(&core).keys.len(), 1);
    assert_eq!(opens(&core, &SECRET), Reply::Done);
    assert_eq!(shown(&core, document, "arriving_from"), Value::text("Mazar"));
    ask(&core, Command::Lock);
    unlock(&core);

    assert!(matches!(ask(&core, Command::Act(Act::NoPasskey, Vec::new())), Reply::Acted(_)));
    ask(&core, Command::Lock);
    assert!(status(&core).keys.is_empty());
    assert_eq!(opens(&core, &SECRET), Reply::Refused(Refusal::WrongKey));
    unlock(&core);
    assert_eq!(shown(&core, document, "arriving_from"), Value::text("Mazar"));
}

#[test]
fn a_passkey_that_gives_something_else_opens_nothing_and_makes_nobody_wait() {
    let store = MemoryStore::default();
    let core = signs_in(Desk::on(&store));
    takes_key(&core, &SECRET);
    ask(&core, Command::Lock);
    for secret in [[0; 32].as_slice(), &[], &SECRET[1..]] {
        for _ in 0..5 {
            assert_eq!(opens(&core, secret), Reply::Refused(Refusal::WrongKey));
        }
    }
    unlock(&core);
    ask(&core, Command::Lock);
    // A wrong passphrase waits as ever, whatever a passkey says meanwhile; the right passkey opens.
    assert_eq!(unlocks(&core, "inte den rätta"), Reply::Refused(Refusal::WrongPassphrase));
    assert_eq!(opens(&core, &[0; 32]), Reply::Refused(Refusal::WrongKey));
    assert_eq!(unlocks(&core, PASSPHRASE), Reply::Refused(Refusal::Wait(1)));
    assert_eq!(opens(&core, &SECRET), Reply::Done);
    ask(&core, Command::Lock);
    assert_eq!(unlocks(&core, PASSPHRASE), Reply::Refused(Refusal::Wait(1)));
}

#[test]
fn a_passkey_that_gives_no_secret_signs_in_and_wraps_nothing() {
    let store = MemoryStore::default();
    let core = signs_in(Desk::on(&store));
    let Reply::Acted(Acted { say, .. }) = takes_key(&core, &[]) else { panic!("refused") };
    assert!(say.contains("lösenfrasen"), "{say}");
    assert!(status(&core).keys.is_empty() && row(&store, b"passkey/elin").is_none());
    assert_eq!(takes_key(&core, &[1; 31]), Reply::Refused(Refusal::WrongKey));
}

#[test]
fn nothing_of_what_a_passkey_gives_is_on_the_disk_and_a_damaged_row_costs_nothing() {
    let store = MemoryStore::default();
    let core = signs_in(Desk::on(&store));
    takes_key(&core, &SECRET);
    ask(&core, Command::Lock);
    assert_eq!(opens(&core, &SECRET), Reply::Done);
    ask(&core, Command::Lock);
    let bytes = store.bytes();
    for part in SECRET.windows(8) {
        assert!(!bytes.windows(8).any(|found| found == part), "{part:?}");
    }
    put(&store, b"passkey/elin", Some(vec![0xff, 1, 2]));
    let core = started(Desk::on(&store.restarted()));
    assert!(status(&core).keys.is_empty());
    assert_eq!(opens(&core, &SECRET), Reply::Refused(Refusal::WrongKey));
    unlock(&core);
}

#[test]
fn a_new_vault_of_a_forgotten_passphrase_is_not_opened_by_the_old_passkey() {
    let store = MemoryStore::default();
    let core = signs_in(Desk::on(&store));
    takes_key(&core, &SECRET);
    let before = row(&store, b"passkey/elin");
    ask(&core, Command::Lock);
    assert_eq!(ask(&core, signing_in(true)), Reply::Done);
    assert_eq!(row(&store, b"passkey/elin"), None);
    ask(&core, Command::Lock);
    // Also where somebody puts it back: the data key is another.
    put(&store, b"passkey/elin", before);
    assert!(matches!(opens(&core, &SECRET), Reply::Refused(Refusal::WrongKey | Refusal::Storage)));
    unlock(&core);
}

#[test]
fn a_vault_that_is_to_be_wiped_opens_by_no_passkey() {
    let store = MemoryStore::default();
    let core = signs_in(Desk::on(&store));
    takes_key(&core, &SECRET);
    ask(&core, Command::Lock);
    ordered(&store);
    assert_eq!(opens(&core, &SECRET), Reply::Refused(Refusal::Wiped));
}

#[test]
fn an_order_to_wipe_that_comes_while_somebody_signs_in_stands() {
    let store = MemoryStore::default();
    ask(&signs_in(Desk::on(&store)), Command::Lock);
    let desk = Desk::on(&store);
    let there = store.clone();
    // The server gives another word meanwhile, so that the record is written anew.
    put(&store, b"vault/elin", {
        let record = VaultRecord { hand_in: None, ..vault(&store) };
        Some(minicbor::to_vec(&record).unwrap())
    });
    desk.meanwhile(move || ordered(&there));
    let core = started(desk);
    assert_eq!(ask(&core, signing_in(false)), Reply::Refused(Refusal::Wiped));
    assert!(vault(&store).leaving, "the order is undone");
    assert!(status(&core).user.is_none());
}

#[test]
fn a_vault_that_was_emptied_while_somebody_signs_in_does_not_open() {
    let store = MemoryStore::default();
    ask(&signs_in(Desk::on(&store)), Command::Lock);
    let (desk, there) = (Desk::on(&store), store.clone());
    desk.meanwhile(move || put(&there, b"vault/elin", None));
    let core = started(desk);
    assert_eq!(ask(&core, signing_in(false)), Reply::Refused(Refusal::NoVault));
    assert!(row(&store, b"vault/elin").is_none(), "it is back");
    assert!(status(&core).user.is_none());
}

#[test]
fn a_vault_that_went_while_a_new_one_was_made_leaves_no_second_road() {
    let store = MemoryStore::default();
    ask(&signs_in(Desk::on(&store)), Command::Lock);
    let (desk, there) = (Desk::on(&store), store.clone());
    desk.meanwhile(move || put(&there, b"vault/elin", None));
    let core = started(desk);
    assert_eq!(ask(&core, signing_in(true)), Reply::Done);
    let roads = store.load(Table::Meta, b"road/").now_or_never().unwrap().unwrap();
    assert!(roads.is_empty(), "what was wiped is told of as replaced");
}
