//! A session that was ended because somebody used an old secret of it: whoever works on goes on working,
//! and nothing of it is lost.

use std::path::Path;

use ankomst_tests::kit::ledger::{Ledger, Shown};
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::Tablet;

use crate::kit::{local, new_case, password, signed_in, text};

#[test]
fn what_is_typed_after_a_session_has_ended_arrives_with_the_next() {
    let Some(mut server) = Server::with_village() else { return };
    local(ended(&mut server));
}

async fn ended(server: &mut Server) {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::default();
    let elin = signed_in(server, folder.path(), "elin").await;
    let case = new_case(&elin, "Noori, Provgatan").await;
    elin.sync().await;
    elin.answer(case, "phone", text("+46701740601")).await;
    let folder = elin.crash().await;
    an_old_secret_is_used(&folder);

    let elin = Tablet::open(&folder, &server.url()).await;
    elin.unlock("elin").await;
    let is_out = || elin.status().sign_in_needed;
    assert!(elin.eventually(std::time::Duration::from_mins(1), is_out).await);
    elin.answer(case, "arriving_from", text("Mazar via Trelleborg")).await;
    elin.type_only(case, "email", text("noori@example.org")).await;
    for typed in ["+46701740601", "Mazar via Trelleborg", "noori@example.org"] {
        ledger.note(typed, Shown::Saved);
    }
    assert!(elin.status().waiting > 0, "without a session nothing is sent");
    // The tablet may be switched off before somebody signs in.
    let elin = elin.reopen().await;
    elin.login("elin", &password("elin")).await;
    elin.sync().await;
    assert!(!elin.status().sign_in_needed);
    server.stop();
    let missing = ledger.missing(&server.command(&["dump"]), Shown::Saved);
    assert!(missing.is_empty(), "{missing:?}");
}

/// The tablet has no token, and a secret of its session that is not the valid one.
fn an_old_secret_is_used(folder: &Path) {
    let jar = folder.join("cookies");
    let kept = std::fs::read_to_string(&jar).unwrap();
    let secret = kept.lines().find_map(|line| line.strip_prefix("__Host-ankomst-refresh="));
    let session = secret.unwrap().split_once('.').unwrap().0;
    std::fs::write(&jar, format!("__Host-ankomst-refresh={session}.old")).unwrap();
}
