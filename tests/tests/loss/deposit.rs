//! One person's unsent work on a tablet that another person uses next.

use std::path::Path;

use ankomst_shared::app::Command;
use ankomst_tests::kit::ledger::{Ledger, Shown};
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::Tablet;

use crate::kit::{local, new_case, password, signed_in, text};

const SECRETS: [&str; 3] =
    ["Zarghona Provdotter", "från Mazar via Trelleborg", "flytt.hemlig@example.org"];

#[test]
fn unsent_work_reaches_the_server_by_another_persons_tablet_unread() {
    let Some(mut server) = Server::with_village() else { return };
    local(handed_over(&mut server));
}

async fn handed_over(server: &mut Server) {
    let folder = tempfile::tempdir().unwrap();
    let tablet = signed_in(server, folder.path(), "elin").await;
    server.stop();
    let mut ledger = Ledger::default();
    let case = new_case(&tablet, SECRETS[0]).await;
    tablet.answer(case, "arriving_from", text(SECRETS[1])).await;
    // Not left when she signs out.
    tablet.type_only(case, "email", text(SECRETS[2])).await;
    for typed in SECRETS {
        ledger.note(typed, Shown::Saved);
    }
    // Control: the same search finds every text in her own views.
    assert_eq!(found(tablet.everything_shown().await.as_bytes()), SECRETS);
    tablet.must(Command::SignOut).await;
    assert_eq!(found(tablet.everything_shown().await.as_bytes()), [""; 0]);
    assert_eq!(found(&bytes_of(folder.path())), [""; 0]);

    server.start();
    tablet.login("mats", &password("mats")).await;
    tablet.sync().await;
    let sent = || tablet.status().deposits == 0;
    assert!(tablet.eventually(std::time::Duration::from_mins(1), sent).await);
    assert_eq!(found(tablet.everything_shown().await.as_bytes()), [""; 0]);
    assert_eq!(found(&bytes_of(folder.path())), [""; 0]);

    server.stop();
    let missing = ledger.missing(&server.command(&["dump"]), Shown::Saved);
    assert!(missing.is_empty(), "{missing:?}");

    // She finds it again on her tablet, and on a desk that never was hers.
    let tablet = Tablet::open(&tablet.crash().await, &server.url()).await;
    tablet.unlock("elin").await;
    assert_eq!(found(tablet.everything_shown().await.as_bytes()), SECRETS);
    server.start();
    let elsewhere = tempfile::tempdir().unwrap();
    let desk = signed_in(server, elsewhere.path(), "ingrid").await;
    assert_eq!(found(desk.everything_shown().await.as_bytes()), SECRETS);
}

fn found(bytes: &[u8]) -> Vec<&'static str> {
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    SECRETS.into_iter().filter(|text| holds(text)).collect()
}

fn bytes_of(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        bytes.extend(path.as_os_str().as_encoded_bytes());
        bytes.extend(if path.is_dir() { bytes_of(&path) } else { std::fs::read(&path).unwrap() });
    }
    assert!(!bytes.is_empty());
    bytes
}
