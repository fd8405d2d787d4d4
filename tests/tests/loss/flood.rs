//! One enrolled device sends everything it may, all at once, for a minute; three honest tablets write beside it.
//!
//! What is asserted is counted in requests of the flood, never in seconds: in each third of them every honest tablet
//! was acknowledged something new, and heard of something that had become visible. The same load without the flood goes before, for the figures of both.

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ankomst_core::platform::Socket;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::sync::message::PushPart;
use ankomst_tests::kit::server::Server;
use ankomst_tests::kit::times;
use ankomst_tests::tablet::raw::{RawDevice, sent};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::hang::{begun, drilled, hanging};
use crate::kit::{local, password};
use crate::load::Load;

/// Most memory the server may ever have taken, in kilobytes; of a build with its checks in it.
const MEMORY_KB_MAX: u64 = 700_000;
/// Parts into which the requests of the flood are divided, and fewest requests in each.
const PARTS: u64 = 3;
const PART_MIN: u64 = 50;
/// What is shared waits while trials hang, each for as long as one may take.
const PATIENCE: u64 = 10;

/// What the flood and the server have said to each other.
#[derive(Default)]
struct Flood {
    requests: AtomicU64,
    ends: AtomicBool,
    /// How often what was sent was answered how; 0 for no answer.
    answers: Mutex<BTreeMap<(&'static str, u16), u64>>,
}

impl Flood {
    fn answered(&self, what: &'static str, status: u16) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        *self.answers.lock().unwrap().entry((what, status)).or_default() += 1;
    }

    fn goes_on(&self) -> bool {
        !self.ends.load(Ordering::Relaxed)
    }
}

#[test]
fn a_device_that_floods_the_server_keeps_no_honest_one_from_being_acknowledged() {
    let Some(server) = drilled() else { return };
    let seconds = u64::try_from(times("ANKOMST_FLOOD_S", 15)).unwrap();
    local(floods(&server, Duration::from_secs(seconds)));
}

async fn floods(server: &Server, lasts: Duration) {
    let (folder, pid) = (tempfile::tempdir().unwrap(), server.pid());
    let mut load = Load::begin(server, folder.path(), &["oskar", "ingrid", "oskar"], 100).await;
    let calm = Run::watch(&load, (lasts, 0), &Flood::default()).await;
    let calm_memory = memory_kb(pid);

    let flood = Arc::new(Flood::default());
    let (url, raw_folder, shared) = (server.url(), folder.path().join("raw"), Arc::clone(&flood));
    std::fs::create_dir_all(&raw_folder).unwrap();
    let sender = std::thread::spawn(move || local(sends(&url, &raw_folder, shared)));
    while flood.requests.load(Ordering::Relaxed) < 10 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let flooded = Run::watch(&load, (lasts, PARTS * PART_MIN), &flood).await;
    flood.ends.store(true, Ordering::Relaxed);
    load.end().await;
    sender.join().unwrap();
    load.settle().await;

    let memory = memory_kb(pid);
    let (took, acked) = (calm.took, calm.acked());
    let shared = calm.shared();
    eprintln!(
        "without flood, {took:.0?}: {acked} acknowledged, {shared} shared, {calm_memory} kB at most"
    );
    eprintln!(
        "with flood, {:.0?}: {} acknowledged, {} shared, {memory} kB at most, {} requests of the flood: {:?}",
        flooded.took,
        flooded.acked(),
        flooded.shared(),
        flooded.requests(),
        flood.answers.lock().unwrap()
    );
    assert_eq!(server.pid(), pid);
    assert!(Path::new(&format!("/proc/{pid}")).exists(), "the server has ended");
    assert!(memory < MEMORY_KB_MAX, "{memory} kB");
    assert!(server.dump().lacks(&load.acked()).is_empty());
    flooded.served_throughout();
}

/// What the tablets were acknowledged by when.
struct Run {
    /// Requests of the flood, and for each tablet: changes it was acknowledged by then, and times it was told of such
    /// that had become visible.
    looks: Vec<(u64, Vec<[usize; 2]>)>,
    took: Duration,
}

impl Run {
    /// Looks on for so long, and until so many requests of the flood were answered; up to [`PATIENCE`] times as many,
    /// until each tablet was told of something shared.
    async fn watch(load: &Load, (lasts, most): (Duration, u64), flood: &Flood) -> Self {
        let begun = Instant::now();
        let before = flood.requests.load(Ordering::Relaxed);
        let (mut looks, mut requests) = (Vec::new(), before);
        while begun.elapsed() < lasts
            || requests - before < most
            || (requests - before < most * PATIENCE && !is_told_to_each(&looks))
        {
            assert!(begun.elapsed() < lasts * 20, "the flood stands still at {requests}");
            requests = flood.requests.load(Ordering::Relaxed);
            let told = load.tablets.iter().map(|tablet| {
                let heard = tablet.heard();
                [heard.acked.len(), usize::try_from(heard.news).unwrap()]
            });
            looks.push((requests, told.collect()));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Self { looks, took: begun.elapsed() }
    }

    fn acked(&self) -> usize {
        self.sum(0)
    }

    fn shared(&self) -> usize {
        self.sum(1)
    }

    fn sum(&self, which: usize) -> usize {
        let all =
            |look: &(u64, Vec<[usize; 2]>)| look.1.iter().map(|told| told[which]).sum::<usize>();
        all(self.looks.last().unwrap()) - all(&self.looks[0])
    }

    fn requests(&self) -> u64 {
        self.looks.last().unwrap().0 - self.looks[0].0
    }

    /// In each part of the flood every tablet was acknowledged something new; and each was told of something shared: that
    /// waits while a trial hangs.
    fn served_throughout(&self) {
        let (first, all) = (self.looks[0].0, self.requests());
        let at = |requests: u64| {
            self.looks.iter().find(|look| look.0 >= requests).unwrap_or(self.looks.last().unwrap())
        };
        let came = |from: &(u64, Vec<[usize; 2]>), to: &(u64, Vec<[usize; 2]>), which: usize| {
            for (tablet, (before, after)) in from.1.iter().zip(&to.1).enumerate() {
                let came = after[which] > before[which];
                assert!(came, "tablet {tablet} waited ({which}) from {from:?} to {to:?}");
            }
        };
        for part in 0..PARTS {
            came(at(first + all * part / PARTS), at(first + all * (part + 1) / PARTS), 0);
        }
        came(&self.looks[0], self.looks.last().unwrap(), 1);
    }
}

fn is_told_to_each(looks: &[(u64, Vec<[usize; 2]>)]) -> bool {
    let (Some(first), Some(last)) = (looks.first(), looks.last()) else { return false };
    first.1.iter().zip(&last.1).all(|(before, after)| after[1] > before[1])
}

/// Most memory a process has ever taken.
fn memory_kb(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

/// The hostile device: all it may do, at once, until told to end.
async fn sends(url: &str, folder: &Path, flood: Arc<Flood>) {
    let raw = Rc::new(RawDevice::enrol(url, folder, ("elin", &password("elin"))).await);
    let host = Rc::new(url.strip_prefix("http://").unwrap().to_owned());
    let bodies = Rc::new(bodies(&raw));
    let mut all = Vec::new();
    for worker in 0..3 {
        let (raw, flood, bodies) = (Rc::clone(&raw), Arc::clone(&flood), Rc::clone(&bodies));
        let sends = async move { exchanges(&raw, &flood, (worker, &bodies)).await };
        all.push(tokio::task::spawn_local(sends));
    }
    for _ in 0..2 {
        let (raw, flood) = (Rc::clone(&raw), Arc::clone(&flood));
        all.push(tokio::task::spawn_local(async move { asks(&raw, &flood).await }));
    }
    for worker in 10..12 {
        let (raw, flood, host) = (Rc::clone(&raw), Arc::clone(&flood), Rc::clone(&host));
        let leaves = async move { leaves(&raw, &flood, (worker, &host)).await };
        all.push(tokio::task::spawn_local(leaves));
    }
    for _ in 0..40 {
        let (raw, flood, host) = (Rc::clone(&raw), Arc::clone(&flood), Rc::clone(&host));
        all.push(tokio::task::spawn_local(async move { drips(&raw, &flood, &host).await }));
    }
    for one in all {
        one.await.unwrap();
    }
}

fn id(number: u64) -> DocumentId {
    let mut entropy = [9; 10];
    entropy[..8].copy_from_slice(&number.to_be_bytes());
    DocumentId::new(1_700_000_000_000, entropy)
}

/// Exchanges that are the same each time, made before the flood begins.
fn bodies(raw: &RawDevice) -> Vec<(&'static str, Vec<u8>)> {
    let ids: Vec<DocumentId> = (0..30_000).map(id).collect();
    let empty = |chunks: usize, bytes: usize| PushPart {
        document: ids[0],
        envelope: Vec::new().into(),
        chunks: vec![vec![0x85; bytes].into(); chunks],
        enrolment: None,
    };
    let (actor, honest) = begun(raw, id(70_000), "Äkta");
    let mut forged = raw.part(id(70_000), actor, sent(&honest));
    forged.envelope = vec![0x82; 300].into();
    forged.chunks = vec![honest.bytes.into(); 2_000];
    vec![
        ("a huge greeting", raw.asking(&ids)),
        // Small on the wire, large once it is read.
        ("a bomb of parts", raw.pushing(vec![empty(0, 0); 300_000])),
        ("many empty parts", raw.pushing(vec![empty(1, 0); 20_000])),
        ("large changes", raw.pushing(vec![empty(30, 1_000_000)])),
        ("forged changes", raw.pushing(vec![forged])),
    ]
}

/// Exchanges of every kind, one after the other.
async fn exchanges(
    raw: &RawDevice,
    flood: &Flood,
    (worker, bodies): (usize, &[(&'static str, Vec<u8>)]),
) {
    let mut made = worker * 1_000_000;
    loop {
        let fresh = |made: usize| {
            let at = id(80_000 + u64::try_from(made).unwrap());
            let (actor, chunk) = begun(raw, at, "Fyller på");
            raw.part(at, actor, sent(&chunk))
        };
        let new = raw.pushing((made..made + 20).map(fresh).collect());
        let hangs = raw.pushing((made..made + 5).map(|number| hanging(raw, number).0).collect());
        made += 20;
        let more = [("new changes", new), ("changes that hang", hangs)];
        for (what, body) in more.iter().chain(bodies) {
            // What is told to come again is sent again at once, a few times.
            for _ in 0..5 {
                let answer = raw.send("/api/v1/sync", body.clone()).await;
                let status = answer.map_or(0, |answer| answer.status);
                flood.answered(what, status);
                if !flood.goes_on() {
                    return;
                }
                if status != 503 {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
}

/// Pages, renewals and live sockets, opened and closed.
async fn asks(raw: &RawDevice, flood: &Flood) {
    while flood.goes_on() {
        let page = raw.tries_to_visit("/register/sok/a").await;
        flood.answered("a page", page.map_or(0, |page| page.status));
        let page = raw.tries_to_visit("/register/boenden").await;
        flood.answered("a page", page.map_or(0, |page| page.status));
        let renewal = raw.send("/api/v1/session/refresh", vec![0; 4_000]).await;
        flood.answered("a renewal", renewal.map_or(0, |answer| answer.status));
        match raw.connect().await {
            Ok(socket) => {
                drop(socket.send(vec![1; 100_000]));
                socket.close();
                flood.answered("a socket", 101);
            }
            Err(_) => flood.answered("a socket", 0),
        }
    }
}

/// Whole exchanges whose sender goes away before the answer, or in the middle of what it sends.
async fn leaves(raw: &RawDevice, flood: &Flood, (worker, host): (usize, &str)) {
    let mut made = worker * 1_000_000;
    while flood.goes_on() {
        let parts = (made..made + 20).map(|number| {
            let at = id(80_000 + u64::try_from(number).unwrap());
            let (actor, chunk) = begun(raw, at, "Går sin väg");
            raw.part(at, actor, sent(&chunk))
        });
        let body = raw.pushing(parts.collect());
        made += 20;
        let Ok(mut stream) = TcpStream::connect(host).await else {
            flood.answered("who goes away", 0);
            continue;
        };
        let head = head(raw, host, body.len());
        drop(stream.write_all(head.as_bytes()).await);
        let sent = if made.is_multiple_of(40) { body.len() } else { body.len() / 2 };
        drop(stream.write_all(&body[..sent]).await);
        flood.answered("who goes away", 1);
        drop(stream);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn head(raw: &RawDevice, host: &str, length: usize) -> String {
    format!(
        "POST /api/v1/sync HTTP/1.1\r\nhost: {host}\r\norigin: http://{host}\r\ncookie: {}\r\n\
         content-type: application/cbor\r\ncontent-length: {length}\r\n\r\n",
        raw.cookies()
    )
}

/// A body that comes letter by letter.
async fn drips(raw: &RawDevice, flood: &Flood, host: &str) {
    while flood.goes_on() {
        // Now and then: as long as one of them holds the device's turn, nothing else of it comes in.
        if flood.requests.load(Ordering::Relaxed) % 50 < 40 {
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        }
        let Ok(mut stream) = TcpStream::connect(host).await else {
            flood.answered("a slow body", 0);
            continue;
        };
        let head = head(raw, host, 1_000_000);
        drop(stream.write_all(head.as_bytes()).await);
        for _ in 0..5 {
            tokio::time::sleep(Duration::from_millis(200)).await;
            if stream.write_all(b"x").await.is_err() || !flood.goes_on() {
                break;
            }
        }
        // Forty end at once: they are told of and not counted.
        *flood.answers.lock().unwrap().entry(("a slow body", 1)).or_default() += 1;
    }
}
