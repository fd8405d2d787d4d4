//! A tablet without contact for too long shows nothing of anybody, keeps what was written on it, and hands it in.

use std::time::Duration;

use ankomst_shared::app::{Command, Query, Refusal, Reply, Screen};
use ankomst_tests::kit::ledger::{Ledger, Shown};
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::Tablet;
use ankomst_tests::tablet::device::SYNC_MAX;

use crate::kit::{local, new_case, signed_in, text};

const HOUR: Duration = Duration::from_hours(1);
const FIELD: &str = "arriving_from";

async fn screen(tablet: &Tablet) -> Screen {
    match tablet.handle(Command::Status).await {
        Reply::Status(status) => status.screen,
        other => panic!("no status: {other:?}"),
    }
}

/// A tablet that has passed its lease and is opened anew still tells nothing, and what is on it comes home.
#[test]
fn a_tablet_past_its_lease_hands_in_twenty_changes_and_opens_again() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let elin = signed_in(&server, folder.path(), "elin").await;
        let case = new_case(&elin, "Familjen Noori").await;
        elin.sync().await;
        server.stop();
        let mut ledger = Ledger::default();
        for number in 0..20 {
            let written = format!("ändring {number} utan kontakt");
            elin.answer(case, FIELD, text(&written)).await;
            ledger.note(&written, Shown::Saved);
        }
        let half = "Trelleborg, Åsa mö";
        elin.type_only(case, FIELD, text(half)).await;
        elin.later(8 * 24 * HOUR);
        assert_eq!(screen(&elin).await, Screen::Lease);
        let elin = elin.reopen().await;
        elin.later(9 * 24 * HOUR);
        elin.unlock("elin").await;
        assert_eq!(screen(&elin).await, Screen::Lease);
        let asked = elin.handle(Command::Get(Query::Page("/arenden".to_owned()))).await;
        assert_eq!(asked, Reply::Refused(Refusal::Lease));
        assert!(!elin.everything_shown().await.contains("Noori"));
        assert!(elin.status().waiting > 0, "it does not say that something waits");

        server.start();
        let opens = || elin.status().screen == Screen::Open;
        assert!(elin.eventually(SYNC_MAX, opens).await, "contact does not open it");
        elin.sync().await;
        assert_eq!(ledger.missing(server.dump().text(), Shown::Saved), []);
        assert_eq!(elin.field((case, FIELD)).await.unwrap().text, half);
    });
}

/// The server says how long, by what the tablet holds.
#[test]
fn what_is_protected_shortens_the_lease_of_the_tablets_that_hold_it() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let elin = signed_in(&server, &folder.path().join("a"), "elin").await;
        let mats = signed_in(&server, &folder.path().join("b"), "mats").await;
        for tablet in [&elin, &mats] {
            tablet.exchange().await;
        }
        server.stop();
        for (tablet, name, hours) in [(&elin, "elin", 12), (&mats, "mats", 168)] {
            tablet.later(HOUR * (hours - 1));
            assert_eq!(screen(tablet).await, Screen::Open, "{name}");
            tablet.later(HOUR);
            assert_eq!(screen(tablet).await, Screen::Lease, "{name}");
        }
    });
}
