//! A server whose disk is full: it goes on running, says so, and loses nothing.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use ankomst_tests::kit::dump::Dump;
use ankomst_tests::kit::ledger::Shown;
use ankomst_tests::kit::server::{Server, has_small_disks, signal_pid};
use ankomst_tests::tablet::device::SYNC_MAX;

use crate::kills::copy_data;
use crate::kit::local;
use crate::load::Load;

const DISK_BYTES: u32 = 4 << 20;
const DISK_FULL: u16 = 507;
/// How often each tablet is told before there is room again.
const REFUSALS: u32 = 15;

#[test]
fn a_full_disk_ends_nothing_and_everything_arrives_when_there_is_room() {
    if !has_small_disks() {
        eprintln!("skipped: this system does not let a test mount a small disk");
        return;
    }
    let Some(mut server) = Server::empty() else { return };
    server.command(&["seed", "--pack", "sp-1", "--seed", "1"]);
    server.on_small_disk(DISK_BYTES);
    server.start();
    local(full(&mut server));
}

async fn full(server: &mut Server) {
    let folder = tempfile::tempdir().unwrap();
    let pid = server.pid();
    let mut load = Load::begin(server, folder.path(), &["elin", "oskar"], 20).await;
    load.until_acked(2).await;
    let filler = server.data_within().join("filler");
    let bytes = fill(&filler);

    // Typed on until every tablet was told; what SQLite had set aside is used up before that.
    let refused = |count: u32| {
        let told = |tablet: &_| Load::answers(tablet, DISK_FULL) >= count;
        load.tablets.iter().all(|tablet| told(tablet))
    };
    let begun = Instant::now();
    while !refused(REFUSALS) {
        assert!(begun.elapsed() < SYNC_MAX, "no tablet hears that the disk is full");
        load.wake().await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let acked = load.acked();
    assert!(load.tablets.iter().all(|tablet| tablet.status().waiting > 0));
    assert!(load.tablets.iter().all(|tablet| !tablet.status().storage_failing));
    assert!(fill(&filler) < 64 << 10, "the disk was not full");
    assert_eq!(server.pid(), pid);

    // The log can be read as it lies there, and has all that was acknowledged.
    let dump = as_it_lies(server, &folder.path().join("full")).await;
    assert!(dump.lacks(&acked).is_empty());

    let ledger = load.end().await;
    let typed = ledger.borrow().len();
    std::fs::remove_file(&filler).unwrap();
    load.settle().await;
    assert_eq!(server.pid(), pid, "the server was started anew");
    let dump = as_it_lies(server, &folder.path().join("room")).await;
    assert!(dump.lacks(&load.acked()).is_empty());
    assert_eq!(ledger.borrow().missing(dump.text(), Shown::Saved), Vec::new());
    load.reads_the_same().await;
    eprintln!("{typed} texts, {bytes} bytes filled in, {:.0?}", begun.elapsed());
}

/// What a power cut would leave: the files copied while the process is held still.
async fn as_it_lies(server: &Server, copy: &Path) -> Dump {
    signal_pid(server.pid(), "-STOP");
    copy_data(&server.data_within(), copy);
    signal_pid(server.pid(), "-CONT");
    Dump::read(server.begin_on(copy, &["dump"]).await)
}

/// Appends to a file until nothing more fits; gives how many bytes did.
fn fill(file: &Path) -> usize {
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file).unwrap();
    let mut filled = 0;
    for size in [64 << 10, 4 << 10, 512] {
        while let Ok(written) = file.write(&vec![0; size]) {
            filled += written;
            if written < size {
                break;
            }
        }
    }
    filled
}
