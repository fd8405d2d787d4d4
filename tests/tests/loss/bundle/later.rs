//! What a file has brought, when something happens before it is home.

use ankomst_shared::app::{Command, FieldView, Level};
use ankomst_tests::kit::ledger::{Ledger, Shown};
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::Tablet;
use ankomst_tests::tablet::device::SYNC_MAX;

use super::{PHONE, Pair, SECRET, changes, file_of, pair, phone, says_so, takes};
use crate::kit::{local, new_case, password, text};

fn is_hers(field: &FieldView) -> bool {
    field.level == Level::Shared && field.value == text(PHONE) && field.beside.is_empty()
}

#[test]
fn who_made_a_file_comes_home_first_and_nothing_is_there_twice() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let Pair { elin, oskar, case, _folder } = pair(&server).await;
        server.stop();
        elin.answer(case, "phone", text(PHONE)).await;
        new_case(&elin, SECRET).await;
        takes(&oskar, &file_of(&elin).await).await;
        oskar.type_only(case, "email", text("noori@example.org")).await;
        // His has no network until hers is home.
        let folder = oskar.crash().await;
        server.start();
        elin.sync().await;
        let before = changes(&server);
        let oskar = Tablet::open(&folder, &server.url()).await;
        oskar.unlock("oskar").await;
        oskar.until_field((case, "phone"), "hers", is_hers).await;
        assert_eq!(phone(&oskar, case).await.statements.len(), 1);
        assert!(!says_so(&oskar, case).await);
        oskar.sync().await;
        let sent = || oskar.status().deposits == 0 && oskar.status().waiting == 0;
        assert!(oskar.eventually(SYNC_MAX, sent).await, "{:?}", oskar.status());
        assert_eq!(changes(&server), before + 1, "his own, and nothing twice");
        let email = oskar.field((case, "email")).await.unwrap();
        assert_eq!(email.value, text("noori@example.org"));
    });
}

#[test]
fn a_restored_server_gets_once_more_what_a_file_brought() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let Pair { elin, oskar, case, _folder: folder } = pair(&server).await;
        let night = folder.path().join("night.db").to_string_lossy().into_owned();
        server.command(&["backup", &night]);
        server.stop();
        let mut ledger = Ledger::default();
        elin.answer(case, "phone", text(PHONE)).await;
        new_case(&elin, SECRET).await;
        for typed in [PHONE, SECRET] {
            ledger.note(typed, Shown::Saved);
        }
        takes(&oskar, &file_of(&elin).await).await;
        // Hers falls into the water.
        drop(elin);
        server.start();
        oskar.sync().await;
        let sent = || oskar.status().deposits == 0;
        assert!(oskar.eventually(SYNC_MAX, sent).await, "{:?}", oskar.status());
        let oskar = oskar.crash().await;
        server.stop_in_order();
        let missing = |server: &Server| ledger.missing(&server.command(&["dump"]), Shown::Saved);
        assert!(missing(&server).is_empty());
        server.command(&["restore", &night]);
        assert_eq!(missing(&server).len(), 2, "control: the backup is older");
        server.start();
        let oskar = Tablet::open(&oskar, &server.url()).await;
        oskar.unlock("oskar").await;
        oskar.sync().await;
        assert!(oskar.eventually(SYNC_MAX, || missing(&server).is_empty()).await);
        oskar.until_field((case, "phone"), "hers", is_hers).await;
    });
}

#[test]
fn who_else_opens_the_tablet_sees_nothing_of_a_file_and_brings_it_home() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let Pair { elin, oskar: tablet, case, _folder } = pair(&server).await;
        tablet.must(Command::Lock).await;
        tablet.login("mats", &password("mats")).await;
        tablet.sync().await;
        tablet.must(Command::Lock).await;
        tablet.unlock("oskar").await;
        server.stop();
        elin.answer(case, "phone", text(PHONE)).await;
        new_case(&elin, SECRET).await;
        takes(&tablet, &file_of(&elin).await).await;
        drop(elin);
        assert_eq!(phone(&tablet, case).await.value, text(PHONE));
        tablet.type_only(case, "email", text("noori@example.org")).await;
        tablet.must(Command::Lock).await;
        tablet.unlock("mats").await;
        let shown = tablet.everything_shown().await;
        assert!(!shown.contains(PHONE) && !shown.contains(SECRET), "another reads it");
        server.start();
        let mut ledger = Ledger::default();
        for typed in [PHONE, SECRET] {
            ledger.note(typed, Shown::Saved);
        }
        let home = || ledger.missing(&server.command(&["dump"]), Shown::Saved).is_empty();
        assert!(tablet.eventually(SYNC_MAX, home).await, "{:?}", tablet.status());
        tablet.must(Command::Lock).await;
        // The session was another's.
        tablet.login("oskar", &password("oskar")).await;
        tablet.until_field((case, "phone"), "hers", is_hers).await;
        let is_his = |field: &FieldView| field.level == Level::Shared;
        tablet.until_field((case, "email"), "his", is_his).await;
    });
}
