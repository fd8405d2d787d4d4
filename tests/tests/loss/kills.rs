//! Power cuts of the server while tablets push.

use std::time::{Duration, Instant};

use ankomst_shared::app::Level;
use ankomst_shared::ids::DocumentId;
use ankomst_tests::kit::ledger::{Ledger, Shown};
use ankomst_tests::kit::server::{Server, signal_pid};
use ankomst_tests::tablet::Tablet;

use crate::kit::{local, new_case, signed_in, text};

const KILLS: u64 = 20;

#[test]
fn nothing_acknowledged_is_lost_in_twenty_power_cuts_of_the_server() {
    let Some(mut server) = Server::with_village() else { return };
    local(cuts(&mut server));
}

async fn cuts(server: &mut Server) {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::default();
    let tablet = signed_in(server, folder.path(), "elin").await;
    let case = new_case(&tablet, "Strömavbrott").await;
    tablet.sync().await;
    let mut dice = 1_u64;
    let mut received = 0;
    for cut in 0..KILLS {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let delay = Duration::from_millis(20 + (dice >> 33) % 400);
        let pid = server.pid();
        let killer = std::thread::spawn(move || {
            std::thread::sleep(delay);
            signal_pid(pid, "-KILL");
        });
        received += type_until(&tablet, case, cut, (Instant::now() + delay, &mut ledger)).await;
        killer.join().unwrap();
        server.kill();
        let missing = ledger.missing(&server.command(&["dump"]), Shown::Received);
        assert!(missing.is_empty(), "power cut {cut}: {missing:?}");
        server.start();
        tablet.sync().await;
    }
    server.stop();
    let missing = ledger.missing(&server.command(&["dump"]), Shown::Saved);
    assert!(missing.is_empty(), "after the last exchange: {missing:?}");
    eprintln!(
        "{KILLS} power cuts, {} texts, {received} shown as received before one",
        ledger.len()
    );
    assert!(received > 0, "no text was ever acknowledged before a power cut");
}

/// Types and leaves sections until after the power cut; gives how many were shown as received.
async fn type_until(
    tablet: &Tablet,
    case: DocumentId,
    cut: u64,
    (end, ledger): (Instant, &mut Ledger),
) -> u32 {
    let mut received = 0;
    for number in 0.. {
        let typed = format!("Rum {cut}-{number} är kallt och fönstret går inte att stänga");
        ledger.note(&typed, Shown::Nothing);
        tablet.answer(case, "arriving_from", text(&typed)).await;
        ledger.shown(&typed, Shown::Saved);
        tokio::time::sleep(Duration::from_millis(5)).await;
        let field = tablet.field((case, "arriving_from")).await.unwrap();
        if field.value == text(&typed) && matches!(field.level, Level::Received | Level::Shared) {
            ledger.shown(&typed, Shown::Received);
            received += 1;
        }
        if Instant::now() > end + Duration::from_millis(20) {
            break;
        }
    }
    received
}
