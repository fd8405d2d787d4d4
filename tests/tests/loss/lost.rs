//! No lock, no end of an account and no order to wipe costs work, and a tablet that was lost tells nothing: what is
//! sealed on it comes home without a session.

use std::collections::BTreeMap;
use std::path::Path;

use ankomst_core::store::{Store, Table, Write};
use ankomst_core::vault::VaultRecord;
use ankomst_shared::app::{Command, Refusal, Reply, SignIn, Wipe};
use ankomst_shared::ids::DocumentId;
use ankomst_tests::kit::ledger::{Ledger, Shown};
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::Tablet;
use ankomst_tests::tablet::device::{SYNC_MAX, passphrase};
use ankomst_tests::tablet::store::FileStore;

use crate::kit::{local, new_case, password, signed_in, text};

/// Of the person, of what she writes, and of whom.
const NAMES: [&str; 3] = ["Zarghona Provdotter", "från Mazar via Trelleborg", "elin"];

/// Three changes a case: fifty and one that are nowhere else, and what is half typed.
async fn writes_fifty(tablet: &Tablet, ledger: &mut Ledger) -> DocumentId {
    let mut last = None;
    for number in 0..17 {
        let case = new_case(tablet, &format!("{} {number}", NAMES[0])).await;
        ledger.note(&format!("{} {number}", NAMES[0]), Shown::Saved);
        for path in ["arriving_from", "assignment_ref"] {
            let typed = format!("{} {path} {number}", NAMES[1]);
            tablet.answer(case, path, text(&typed)).await;
            ledger.note(&typed, Shown::Saved);
        }
        last = Some(case);
    }
    let case = last.unwrap();
    // Neither is an address or a day: they stay drafts.
    for (path, typed) in [("email", "halvskriven adress"), ("arrival_date", "någon gång i maj")] {
        tablet.type_only(case, path, text(typed)).await;
        ledger.note(typed, Shown::Saved);
    }
    case
}

/// The line of a login's device that `ankomst device list` prints.
fn device_line(server: &Server, login: &str) -> Vec<String> {
    let all = server.command(&["device", "list"]);
    // The village has tablets of its own.
    let lines = all
        .lines()
        .filter(|line| line.contains(&format!(" {login} ")) && !line.contains("berättelsen"));
    lines.map(str::to_owned).collect()
}

fn device_of(server: &Server, login: &str) -> String {
    device_line(server, login)[0].split_whitespace().next().unwrap().to_owned()
}

async fn rows(folder: &Path) -> BTreeMap<&'static str, Vec<(Vec<u8>, Vec<u8>)>> {
    // The journal is looked at as it lies: a tablet may be writing.
    let copy = tempfile::tempdir().unwrap();
    std::fs::copy(folder.join("rows.journal"), copy.path().join("rows.journal")).unwrap();
    let store = FileStore::open(copy.path()).unwrap();
    let mut all = BTreeMap::new();
    for table in Table::ALL {
        all.insert(table.name(), store.load(table, b"").await.unwrap());
    }
    all
}

/// Which of the names stand in what a tablet keeps, in keys or in values.
async fn named(folder: &Path) -> Vec<&'static str> {
    let rows = rows(folder).await;
    let bytes: Vec<u8> =
        rows.into_values().flatten().flat_map(|(key, value)| [key, value].concat()).collect();
    found(&bytes)
}

fn found(bytes: &[u8]) -> Vec<&'static str> {
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    NAMES.into_iter().filter(|text| holds(text)).collect()
}

/// Whether everything this tablet has sealed to the server is there.
async fn is_empty_handed(tablet: &Tablet) -> bool {
    tablet.eventually(SYNC_MAX, || tablet.status().deposits == 0).await
}

fn arrived(server: &Server, ledger: &Ledger) {
    let missing = ledger.missing(&server.command(&["dump"]), Shown::Saved);
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn a_lost_tablet_hands_in_everything_then_tells_nothing_and_says_so() {
    let Some(mut server) = Server::with_village() else { return };
    local(wiped(&mut server, true));
}

#[test]
fn a_tablet_that_is_wiped_in_the_middle_of_work_hands_in_everything_first() {
    let Some(mut server) = Server::with_village() else { return };
    local(wiped(&mut server, false));
}

async fn wiped(server: &mut Server, locked: bool) {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::default();
    let tablet = signed_in(server, folder.path(), "elin").await;
    server.stop();
    writes_fifty(&tablet, &mut ledger).await;
    assert!(ledger.len() > 50 && tablet.status().waiting > 50, "{:?}", tablet.status());
    // Control: the same search finds all of it in her views, and her login on the tablet.
    assert_eq!(found(format!("{} elin", tablet.everything_shown().await).as_bytes()), NAMES);
    assert_eq!(named(folder.path()).await, ["elin"]);
    if locked {
        tablet.must(Command::Lock).await;
    }
    let device = device_of(server, "elin");
    server.command(&["device", "wipe", &device]);
    assert!(device_line(server, "elin")[0].contains(" lost "));
    server.start();
    let gone = || tablet.status().wipe == Wipe::Done && tablet.status().deposits == 0;
    assert!(tablet.eventually(SYNC_MAX, gone).await, "{:?}", tablet.status());
    let said = || device_line(server, "elin")[0].contains(" wiped ");
    assert!(tablet.eventually(SYNC_MAX, said).await, "{:?}", device_line(server, "elin"));
    assert!(server.command(&["audit", "show", "--what", "wiped"]).contains("wiped"));
    assert_eq!(tablet.status().user, None);
    assert!(tablet.status().vaults.is_empty());
    let (login, passphrase) = ("elin".to_owned(), passphrase("elin"));
    let opens = tablet.handle(Command::Unlock { login, passphrase }).await;
    assert_eq!(opens, Reply::Refused(Refusal::NoVault));
    // What is left is sealed to the server, until a backup has it.
    assert_eq!(named(folder.path()).await, [""; 0]);
    let rows = rows(folder.path()).await;
    for (table, rows) in &rows {
        let open = |key: &[u8]| {
            ["arrived", "language", "emptied", "road/"]
                .iter()
                .any(|known| key.starts_with(known.as_bytes()))
        };
        let sealed = *table == "deposits";
        assert!(rows.iter().all(|(key, _)| sealed || open(key)), "{table} has rows of hers");
    }
    assert!(!rows["deposits"].is_empty(), "nothing may go before a backup has it");
    server.stop();
    arrived(server, &ledger);
    // With a backup the last of it goes.
    let copy = tempfile::tempdir().unwrap();
    server.command(&["backup", copy.path().join("b").to_str().unwrap()]);
    server.start();
    let mats = signed_in(server, &tablet.crash().await, "mats").await;
    mats.exchange().await;
    let kept = || mats.status().kept == 0;
    assert!(mats.eventually(SYNC_MAX, kept).await, "{:?}", mats.status());
}

#[test]
fn a_revoked_tablet_hands_in_what_it_has_locked_or_not_and_it_waits_for_a_supervisor() {
    let Some(mut server) = Server::with_village() else { return };
    local(shut_out(&mut server, true));
}

#[test]
fn what_was_written_under_an_account_that_has_ended_comes_home_without_a_session() {
    let Some(mut server) = Server::with_village() else { return };
    local(shut_out(&mut server, false));
}

async fn shut_out(server: &mut Server, revoked: bool) {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::default();
    let tablet = signed_in(server, folder.path(), "elin").await;
    server.stop();
    let case = new_case(&tablet, "Noori, Provgatan").await;
    tablet.answer(case, "arriving_from", text("Mazar via Trelleborg")).await;
    tablet.must(Command::Lock).await;
    for typed in ["Noori, Provgatan", "Mazar via Trelleborg"] {
        ledger.note(typed, Shown::Saved);
    }
    let device = device_of(server, "elin");
    if revoked {
        server.command(&["device", "revoke", &device]);
    } else {
        server.command(&["user", "off", "elin"]);
    }
    server.start();
    assert!(is_empty_handed(&tablet).await, "{:?}", tablet.status());
    // She opens it all the same, and goes on: that comes home, too.
    let tablet = tablet.reopen().await;
    tablet.unlock("elin").await;
    tablet.answer(case, "phone", text("+46701740601")).await;
    ledger.note("+46701740601", Shown::Saved);
    let out = || tablet.status().sign_in_needed;
    assert!(tablet.eventually(SYNC_MAX, out).await);
    let dumped = || ledger.missing(&server.command(&["dump"]), Shown::Saved).is_empty();
    assert!(tablet.eventually(SYNC_MAX, dumped).await);
    assert!(tablet.status().waiting > 0, "she is not told that it is taken in");
    let reason = if revoked { "device revoked" } else { "account ended" };
    let waits = server.command(&["held", "list"]);
    assert!(waits.contains(reason), "{waits}");
    server.stop();
    arrived(server, &ledger);
}

#[test]
fn a_vault_from_before_learns_the_road_with_the_next_exchange() {
    let Some(server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let tablet = signed_in(&server, folder.path(), "elin").await;
        let folder = tablet.crash().await;
        let store = FileStore::open(&folder).unwrap();
        let (place, row) = store.load(Table::Meta, b"vault/").await.unwrap().remove(0);
        let record: VaultRecord = minicbor::decode(&row).unwrap();
        assert!(record.hand_in.is_some());
        let old = VaultRecord { hand_in: None, ..record.clone() };
        let bytes = minicbor::to_vec(&old).unwrap();
        store.commit(vec![Write::put(Table::Meta, place.clone(), bytes)]).await.unwrap();
        drop(store);
        let tablet = Tablet::open(&folder, &server.url()).await;
        tablet.unlock("elin").await;
        tablet.exchange().await;
        let folder = tablet.crash().await;
        let now =
            rows(&folder).await["meta"].iter().find(|(key, _)| *key == place).unwrap().1.clone();
        let now: VaultRecord = minicbor::decode(&now).unwrap();
        assert!(now == record, "the road is not the one it had");
    });
}

async fn forgets(tablet: &Tablet, login: &str, fresh: &str) -> Reply {
    let (login, password) = (login.to_owned(), password(login));
    let device_name = "Surfplatta igen".to_owned();
    let passphrase = fresh.to_owned();
    tablet
        .handle(Command::SignIn(SignIn {
            login,
            password,
            passphrase,
            device_name,
            forgotten: true,
            passkey: Vec::new(),
        }))
        .await
}

#[test]
fn a_forgotten_passphrase_costs_no_work() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::default();
        let tablet = signed_in(&server, folder.path(), "elin").await;
        server.stop();
        let case = writes_fifty(&tablet, &mut ledger).await;
        tablet.must(Command::Lock).await;
        let fresh = "en helt ny ordföljd";
        assert_eq!(forgets(&tablet, "elin", fresh).await, Reply::Refused(Refusal::NoContact));
        server.start();
        assert_eq!(forgets(&tablet, "elin", fresh).await, Reply::Done);
        tablet.until_field((case, "arriving_from"), "her work", |_| true).await;
        tablet.sync().await;
        let shown = tablet.everything_shown().await;
        assert_eq!(found(format!("{shown} elin").as_bytes()), NAMES, "her work is hers again");
        tablet.answer(case, "phone", text("+46701740601")).await;
        ledger.note("+46701740601", Shown::Saved);
        tablet.sync().await;
        let said = || device_line(&server, "elin").iter().any(|line| line.contains(" retired "));
        assert!(tablet.eventually(SYNC_MAX, said).await, "{:?}", device_line(&server, "elin"));
        // What was half typed waits for somebody to look at it.
        let waits = server.command(&["held", "list"]);
        assert!(waits.contains("draft"), "{waits}");
        tablet.must(Command::Lock).await;
        let unlock = |passphrase: &str| Command::Unlock {
            login: "elin".to_owned(),
            passphrase: passphrase.to_owned(),
        };
        let old = tablet.handle(unlock(&passphrase("elin"))).await;
        assert_eq!(old, Reply::Refused(Refusal::WrongPassphrase));
        let aside =
            rows(folder.path()).await["meta"].iter().any(|(key, _)| key.starts_with(b"aside/"));
        assert!(!aside, "what the server has need not be kept under a lost key");
        server.stop();
        arrived(&server, &ledger);
    });
}

#[test]
fn a_wrong_passphrase_makes_the_next_attempt_wait_also_after_a_restart_and_destroys_nothing() {
    let Some(server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let tablet = signed_in(&server, folder.path(), "elin").await;
        let case = new_case(&tablet, NAMES[0]).await;
        tablet.must(Command::Lock).await;
        let tries = |passphrase: String| Command::Unlock { login: "elin".to_owned(), passphrase };
        let wrong = "fel ordföljd fel ordföljd";
        let refused = tablet.handle(tries(wrong.to_owned())).await;
        assert_eq!(refused, Reply::Refused(Refusal::WrongPassphrase));
        let tablet = tablet.reopen().await;
        // Also the right one, and the sign-in, wait.
        let mut waited = 0_u32;
        loop {
            match tablet.handle(tries(passphrase("elin"))).await {
                Reply::Refused(Refusal::Wait(seconds)) => {
                    assert_eq!(seconds, 1);
                    waited += 1;
                    tokio::task::yield_now().await;
                }
                other => break assert_eq!(other, Reply::Done),
            }
        }
        assert!(waited > 0);
        assert!(tablet.field((case, "household_label")).await.is_some());
        tablet.must(Command::Lock).await;
        tablet.unlock("elin").await;
    });
}

/// A tablet's folder, twice.
fn copied(folder: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        std::fs::copy(&path, copy.path().join(path.file_name().unwrap())).unwrap();
    }
    copy
}

#[test]
fn a_tablet_that_was_copied_is_noticed_and_neither_copy_loses_anything() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let mut ledger = Ledger::default();
        let first = signed_in(&server, folder.path(), "elin").await;
        let case = new_case(&first, "Noori, Provgatan").await;
        first.sync().await;
        assert!(!device_line(&server, "elin")[0].contains("two say"));
        let folder = first.crash().await;
        let copy = copied(&folder);
        let tablets = [
            Tablet::open(&folder, &server.url()).await,
            Tablet::open(copy.path(), &server.url()).await,
        ];
        for (tablet, name) in tablets.iter().zip(["ena", "andra"]) {
            tablet.unlock("elin").await;
            for number in 0..30 {
                let typed = format!("från {name} {number}");
                let path = if number % 2 == 0 { "arriving_from" } else { "household_label" };
                tablet.answer(case, path, text(&typed)).await;
                ledger.note(&typed, Shown::Saved);
            }
            if name == "ena" {
                // It comes once more and shows how far it has come.
                tablet.sync().await;
                tablet.exchange().await;
            }
        }
        let noticed = || device_line(&server, "elin")[0].contains("two say");
        assert!(tablets[1].eventually(SYNC_MAX, noticed).await);
        assert!(server.command(&["audit", "show", "--what", "cloned"]).contains("cloned"));
        for tablet in &tablets {
            let out = || tablet.status().sign_in_needed;
            assert!(tablet.eventually(SYNC_MAX, out).await, "{:?}", tablet.status());
        }
        // Whoever has the password goes on; the work of both is there.
        let dumped = || ledger.missing(&server.command(&["dump"]), Shown::Saved).is_empty();
        assert!(tablets[0].eventually(SYNC_MAX, dumped).await);
        tablets[1].login("elin", &password("elin")).await;
        tablets[1].sync().await;
        server.stop();
        arrived(&server, &ledger);
    });
}
