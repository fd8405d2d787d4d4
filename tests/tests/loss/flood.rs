//! One enrolled device sends everything it may, all at once, for a minute; three honest tablets write beside it.
//!
//! What is asserted is counted in requests of the flood, never in seconds: in each tenth of them every honest tablet
//! was acknowledged something new. The same load without the flood goes before, for the figures of both.

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
/// Parts into which the requests of the flood are divided.
const PARTS: u64 = 10;

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
    let mut load = Load::begin(server, folder.path(), &["oskar", "ingrid", "mats"], 100).await;
    let calm = Run::watch(&load, lasts, &Flood::default()).await;
    let calm_memory = memory_kb(pid);

    let flood = Arc::new(Flood::default());
    let (url, raw_folder, shared) = (server.url(), folder.path().join("raw"), Arc::clone(&flood));
    std::fs::create_dir_all(&raw_folder).unwrap();
    let sender = std::thread::spawn(move || local(sends(&url, &raw_folder, shared)));
    while flood.requests.load(Ordering::Relaxed) < 10 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let flooded = Run::watch(&load, lasts, &flood).await;
    flood.ends.store(true, Ordering::Relaxed);
    load.end().await;
    sender.join().unwrap();
    load.settle().await;

    let memory = memory_kb(pid);
    eprintln!("without flood: {} acknowledged, {calm_memory} kB at most", calm.acked());
    eprintln!(
        "with flood: {} acknowledged, {memory} kB at most, {} requests of the flood: {:?}",
        flooded.acked(),
        flooded.requests(),
        flood.answers.lock().unwrap()
    );
    assert_eq!(server.pid(), pid);
    assert!(Path::new(&format!("/proc/{pid}")).exists(), "the server has ended");
    assert!(memory < MEMORY_KB_MAX, "{memory} kB");
    assert!(server.dump().lacks(&load.acked()).is_empty());
    flooded.acknowledged_throughout();
}

/// What the tablets were acknowledged by when.
struct Run {
    /// Requests of the flood, and changes each tablet was acknowledged by then.
    looks: Vec<(u64, Vec<usize>)>,
}

impl Run {
    async fn watch(load: &Load, lasts: Duration, flood: &Flood) -> Self {
        let end = Instant::now() + lasts;
        let mut looks = Vec::new();
        while Instant::now() < end {
            let requests = flood.requests.load(Ordering::Relaxed);
            let acked = load.tablets.iter().map(|tablet| tablet.heard().acked.len()).collect();
            looks.push((requests, acked));
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Self { looks }
    }

    fn acked(&self) -> usize {
        let all = |look: &(u64, Vec<usize>)| look.1.iter().sum::<usize>();
        all(self.looks.last().unwrap()) - all(&self.looks[0])
    }

    fn requests(&self) -> u64 {
        self.looks.last().unwrap().0 - self.looks[0].0
    }

    /// In each part of the flood every tablet was acknowledged something new.
    fn acknowledged_throughout(&self) {
        let (first, all) = (self.looks[0].0, self.requests());
        assert!(all >= 10 * PARTS, "that was no flood: {all} requests");
        let at = |requests: u64| {
            self.looks.iter().find(|look| look.0 >= requests).unwrap_or(self.looks.last().unwrap())
        };
        for part in 0..PARTS {
            let from = at(first + all * part / PARTS);
            let to = at(first + all * (part + 1) / PARTS);
            for (tablet, (before, after)) in from.1.iter().zip(&to.1).enumerate() {
                assert!(after > before, "tablet {tablet} waited from {from:?} to {to:?}");
            }
        }
    }
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
    let mut all = Vec::new();
    for worker in 0..3 {
        let (raw, flood) = (Rc::clone(&raw), Arc::clone(&flood));
        all.push(tokio::task::spawn_local(async move { exchanges(&raw, &flood, worker).await }));
    }
    for _ in 0..2 {
        let (raw, flood) = (Rc::clone(&raw), Arc::clone(&flood));
        all.push(tokio::task::spawn_local(async move { asks(&raw, &flood).await }));
    }
    for _ in 0..40 {
        let (raw, flood, host) = (Rc::clone(&raw), Arc::clone(&flood), Rc::clone(&host));
        all.push(tokio::task::spawn_local(async move { drips(&raw, &flood, &host).await }));
    }
    for one in all {
        one.await.unwrap();
    }
}

/// Exchanges of every kind, one after the other.
async fn exchanges(raw: &RawDevice, flood: &Flood, worker: usize) {
    let id = |number: u64| {
        let mut entropy = [9; 10];
        entropy[..8].copy_from_slice(&number.to_be_bytes());
        DocumentId::new(1_700_000_000_000, entropy)
    };
    let ids: Vec<DocumentId> = (0..60_000).map(id).collect();
    let greeting = raw.asking(&ids);
    let empty = |chunks: usize, bytes: usize| PushPart {
        document: ids[0],
        envelope: Vec::new().into(),
        chunks: vec![vec![0x85; bytes].into(); chunks],
        enrolment: None,
    };
    // Small on the wire, large once it is read.
    let bomb = raw.pushing(vec![empty(0, 0); 2_000_000]);
    let many = raw.pushing(vec![empty(1, 0); 20_000]);
    let large = raw.pushing(vec![empty(60, 1_000_000)]);
    let honest = begun(raw, id(70_000), "Äkta").1;
    let mut forged =
        raw.part(id(70_000), ankomst_shared::ids::ActorId::from_bytes([1; 16]), sent(&honest));
    forged.chunks = vec![honest.bytes.into(); 2_000];
    let forged = raw.pushing(vec![forged]);
    let mut made = worker * 1_000_000;
    while flood.goes_on() {
        let fresh = |made: usize| {
            let at = id(80_000 + u64::try_from(made).unwrap());
            let (actor, chunk) = begun(raw, at, "Fyller på");
            raw.part(at, actor, sent(&chunk))
        };
        let new = raw.pushing((made..made + 50).map(fresh).collect());
        let hangs = raw.pushing((made..made + 10).map(|number| hanging(raw, number).0).collect());
        made += 50;
        for (what, body) in [
            ("new changes", new),
            ("changes that hang", hangs),
            ("a huge greeting", greeting.clone()),
            ("a bomb of parts", bomb.clone()),
            ("many empty parts", many.clone()),
            ("large changes", large.clone()),
            ("forged changes", forged.clone()),
        ] {
            let answer = raw.send("/api/v1/sync", body).await;
            flood.answered(what, answer.map_or(0, |answer| answer.status));
            if !flood.goes_on() {
                return;
            }
        }
    }
}

/// Pages, renewals and live sockets, opened and closed.
async fn asks(raw: &RawDevice, flood: &Flood) {
    while flood.goes_on() {
        let page = raw.visits("/register/sok/a").await;
        flood.answered("a page", page.status);
        let page = raw.visits("/register/boenden").await;
        flood.answered("a page", page.status);
        let renewal = raw.send("/api/v1/session/refresh", vec![0; 4_000]).await;
        flood.answered("a renewal", renewal.map_or(0, |answer| answer.status));
        match raw.connects().await {
            Ok(socket) => {
                drop(socket.send(vec![1; 100_000]));
                socket.close();
                flood.answered("a socket", 101);
            }
            Err(_) => flood.answered("a socket", 0),
        }
    }
}

/// A body that comes letter by letter.
async fn drips(raw: &RawDevice, flood: &Flood, host: &str) {
    while flood.goes_on() {
        let Ok(mut stream) = TcpStream::connect(host).await else {
            flood.answered("a slow body", 0);
            continue;
        };
        let head = format!(
            "POST /api/v1/sync HTTP/1.1\r\nhost: {host}\r\norigin: http://{host}\r\ncookie: {}\r\n\
             content-type: application/cbor\r\ncontent-length: 1000000\r\n\r\n",
            raw.cookies()
        );
        drop(stream.write_all(head.as_bytes()).await);
        for _ in 0..10 {
            tokio::time::sleep(Duration::from_millis(200)).await;
            if stream.write_all(b"x").await.is_err() || !flood.goes_on() {
                break;
            }
        }
        flood.answered("a slow body", 1);
    }
}
