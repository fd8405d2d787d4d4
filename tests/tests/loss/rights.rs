//! Somebody loses a right and gets it again, while work on the tablet is unsent: nothing is lost, nothing is seen.

use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::device::{SYNC_MAX, Tablet};

use crate::kit::{local, new_case, signed_in, text};

/// Waits until a tablet holds so many cases.
async fn cases(tablet: &Tablet, wanted: usize) {
    let begun = std::time::Instant::now();
    loop {
        let found = tablet.listed("/arenden").await.len();
        if found == wanted {
            return;
        }
        assert!(begun.elapsed() < SYNC_MAX, "{found} cases and never {wanted}");
        // What a command changed rings at no socket.
        tablet.exchange().await;
    }
}

/// The server's own list of held changes.
fn held(server: &Server) -> usize {
    server.command(&["held", "list"]).lines().filter(|line| line.contains("not permitted")).count()
}

#[test]
fn a_role_taken_back_takes_the_records_after_the_unsent_work() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let elin = signed_in(&server, &folder.path().join("a"), "elin").await;
        let oskar = signed_in(&server, &folder.path().join("b"), "oskar").await;
        let case = new_case(&elin, "Familjen Noori").await;
        elin.sync().await;
        let all = elin.listed("/arenden").await.len();
        cases(&oskar, all).await;
        server.stop();
        elin.answer(case, "household_label", text("Noori, utan kontakt")).await;
        server.command(&["user", "take", "elin", "caseworker"]);
        server.start();
        elin.sync().await;
        cases(&elin, 0).await;
        assert_eq!(held(&server), 0, "what was written before she could know is taken (M-11)");
        let begun = std::time::Instant::now();
        while oskar.field((case, "household_label")).await.unwrap().text != "Noori, utan kontakt" {
            assert!(begun.elapsed() < SYNC_MAX, "her work is not shown to others");
            oskar.exchange().await;
        }
        // She gets the role again: everything comes back.
        server.command(&["user", "give", "elin", "caseworker"]);
        cases(&elin, all).await;
        assert_eq!(held(&server), 0);
    });
}
