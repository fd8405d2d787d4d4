//! A server whose disk is full: it goes on running, says so, and loses nothing.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use ankomst_tests::kit::dump::Dump;
use ankomst_tests::kit::ledger::Shown;
use ankomst_tests::kit::server::{Server, signal_pid};
use ankomst_tests::kit::small_disk::has_small_disks;
use ankomst_tests::tablet::device::SYNC_MAX;
use ankomst_tests::tablet::raw::RawDevice;

use crate::kills::copy_data;
use crate::kit::{local, password};
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
    server.variable("ANKOMST_BALLAST_MB", "0");
    server.start();
    local(full(&mut server));
}

#[test]
fn on_a_full_disk_an_administrator_signs_in_and_revokes_while_tablets_keep_their_work() {
    if !has_small_disks() {
        eprintln!("skipped: this system does not let a test mount a small disk");
        return;
    }
    let Some(mut server) = Server::empty() else { return };
    server.command(&["seed", "--pack", "sp-1", "--seed", "1"]);
    server.on_small_disk(DISK_BYTES);
    server.start();
    local(administered(&mut server));
}

async fn administered(server: &mut Server) {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| {
        std::fs::create_dir_all(folder.path().join(name)).unwrap();
        folder.path().join(name)
    };
    let pid = server.pid();
    assert_eq!(readiness(server).await["disk"], "ok");
    let stolen = RawDevice::enrol(&server.url(), &at("mats"), ("mats", &password("mats"))).await;
    stolen.exchange(Vec::new()).await;
    let mut load = Load::begin(server, &at("load"), &["elin", "oskar"], 20).await;
    load.until_acked(2).await;
    let filler = server.data_within().join("filler");
    fill(&filler);
    until_disk(server, "full").await;
    let told = |tablet: &_| Load::answers(tablet, DISK_FULL) > 0;
    let begun = Instant::now();
    while !load.tablets.iter().all(|tablet| told(tablet)) {
        assert!(begun.elapsed() < SYNC_MAX, "no tablet hears that the disk is full");
        load.wake().await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let said = readiness(server).await;
    assert!(said["do"].as_str().unwrap().contains("Make room"), "{said}");
    let (_, doctor) = server.try_command_within(&["doctor"]);
    assert!(doctor.contains("LOOK  the disk is full: the ballast was given up"), "{doctor}");

    // What must go on: signing in, on a new device too, reading, and sending somebody away.
    let admin =
        RawDevice::enrol(&server.url(), &at("sixten"), ("sixten", &password("sixten"))).await;
    let overview = admin.visits("/administration").await;
    let shown = String::from_utf8_lossy(&overview.body).into_owned();
    assert!(overview.status == 200 && shown.contains("The server’s disk is full"), "{shown}");
    let revoked = admin.administers(&format!("revoke:{}", stolen.me.device)).await;
    assert_eq!(revoked.status, 200, "{:?}", revoked.problem);
    let out = stolen.send("/api/v1/sync", Vec::new()).await.unwrap();
    assert_eq!(out.problem.as_deref(), Some("signed-out"));
    let pushes = load.tablets.iter().filter(|tablet| tablet.status().waiting > 0).count();
    assert_eq!(pushes, 2, "a tablet's work was taken without room");

    let ledger = load.end().await;
    let before = load.acked();
    std::fs::remove_file(&filler).unwrap();
    until_disk(server, "ok").await;
    load.settle().await;
    assert_eq!(server.pid(), pid, "the server was started anew");
    let dump = as_it_lies(server, &at("room")).await;
    assert!(load.acked().len() > before.len() && dump.lacks(&load.acked()).is_empty());
    assert_eq!(ledger.borrow().missing(dump.text(), Shown::Saved), Vec::new());
    load.reads_the_same().await;
}

async fn readiness(server: &Server) -> serde_json::Value {
    let answer = reqwest::get(format!("{}/readyz", server.url())).await.unwrap();
    assert_eq!(answer.status(), 200, "a full disk is no reason to send people away");
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

async fn until_disk(server: &Server, is: &str) {
    let begun = Instant::now();
    while readiness(server).await["disk"] != is {
        assert!(begun.elapsed() < SYNC_MAX, "the server never finds its disk {is}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
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
