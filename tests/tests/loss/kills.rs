//! Power cuts of the server while tablets push.

use std::path::Path;
use std::time::{Duration, Instant};

use ankomst_tests::kit::dump::Dump;
use ankomst_tests::kit::ledger::Shown;
use ankomst_tests::kit::server::Server;
use ankomst_tests::kit::times;
use ankomst_tests::tablet::raw::RawDevice;

use crate::kit::{local, password};
use crate::load::Load;

/// Longest time from the first acknowledgement after a start to the power cut.
const DELAY_MS_MAX: u64 = 150;
/// Starts after the last power cut within which everybody must agree.
const QUIET_STARTS_MAX: usize = 5;

#[test]
fn nothing_acknowledged_is_lost_in_two_hundred_power_cuts_of_the_server() {
    let Some(mut server) = Server::with_village() else { return };
    local(cuts(&mut server, times("ANKOMST_KILLS", 200)));
}

async fn cuts(server: &mut Server, kills: usize) {
    let begun = Instant::now();
    let folder = tempfile::tempdir().unwrap();
    let mut load = Load::begin(server, folder.path(), &["elin", "oskar", "ingrid"], 40).await;
    let mut dice = 1_u64;
    let mut starts = Vec::new();
    let mut looks = Vec::new();
    for cut in 0..kills {
        load.until_acked(2).await;
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        tokio::time::sleep(Duration::from_millis((dice >> 33) % DELAY_MS_MAX)).await;
        server.kill();
        // What was said before the cut may still be on its way to the tablets.
        tokio::time::sleep(Duration::from_millis(5)).await;
        let acked = load.acked();
        // The copy is looked at while the server gets up again by itself from what the cut left.
        let copy = folder.path().join("cut");
        copy_data(server.data(), &copy);
        let dump = server.begin_on(&copy, &["dump"]);
        starts.push(server.start());
        // Typed on without a server and until it is there again, but not while the log is read.
        load.rest(true);
        let dump = Dump::read(dump.await);
        load.rest(false);
        let lost = dump.lacks(&acked);
        assert!(lost.is_empty(), "power cut {cut}: {lost:?}");
        looks.push(dump.len());
        std::fs::remove_dir_all(&copy).unwrap();
    }
    let ledger = load.end().await;
    load.settle().await;
    // Starts after which nobody may have anything left to say.
    for _ in 0..QUIET_STARTS_MAX {
        load.until_live().await;
        server.kill();
        load.meet(|| _ = server.start()).await;
        if load.is_quiet() {
            break;
        }
    }
    let dump = server.dump();
    load.agrees_with(&dump);
    load.reads_the_same().await;
    let raw = RawDevice::enrol(&server.url(), folder.path(), ("elin", &password("elin"))).await;
    let answer = raw.exchange(Vec::new()).await;
    let held = |id: &_| answer.documents.iter().any(|history| history.document == *id);
    assert_eq!(dump.digest(held), load.tablets[0].heard().last.as_ref().unwrap().digest);
    assert!(dump.lacks(&load.acked()).is_empty());
    let ledger = ledger.borrow();
    assert_eq!(ledger.missing(dump.text(), Shown::Saved), Vec::new());
    starts.sort();
    eprintln!(
        "{kills} power cuts in {:.0?}: {} texts, {} changes acknowledged, {} in the log; a start took \
         {:.0?}, at most {:.0?}",
        begun.elapsed(),
        ledger.len(),
        load.acked().len(),
        dump.len(),
        starts[starts.len() / 2],
        starts[starts.len() - 1]
    );
    // What is acknowledged after a start can have been in the log before, its answer cut off; but
    // that is seldom all of it.
    let idle = looks.windows(2).filter(|pair| pair[0] == pair[1]).count();
    assert!(looks.is_sorted() && idle <= kills / 10, "{idle} cuts hit a server without load");
}

/// Copies the files of a data folder as they lie there.
pub(crate) fn copy_data(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}
