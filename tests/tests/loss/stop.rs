//! A server that is told to stop while tablets push: what is under way ends, what was acknowledged is
//! there, and nobody can hold it up.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use ankomst_tests::kit::ledger::Shown;
use ankomst_tests::kit::server::{Server, signal_pid};
use ankomst_tests::tablet::device::SYNC_MAX;
use ankomst_tests::tablet::raw::RawDevice;
use futures_util::StreamExt;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::kit::{local, password};
use crate::load::Load;

/// Told once, the server ends in this time, whatever others do.
const STOP_MAX: Duration = Duration::from_secs(10);
/// Told twice, in this.
const AT_ONCE: Duration = Duration::from_secs(2);

#[test]
fn told_to_stop_under_load_a_server_ends_what_is_under_way_and_loses_nothing() {
    let Some(mut server) = Server::with_village() else { return };
    local(stopped(&mut server));
}

#[test]
fn told_twice_a_server_ends_at_once() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let who = ("mats", password("mats"));
        let raw = RawDevice::enrol(&server.url(), folder.path(), (who.0, &who.1)).await;
        let half = Half::begin(&server, &folder.path().join("raw-cookies"), raw.question());
        signal_pid(server.pid(), "-TERM");
        until_refused(&mut server).await;
        let begun = Instant::now();
        signal_pid(server.pid(), "-TERM");
        assert!(!ended(&mut server, AT_ONCE).await.success(), "it says that it was forced");
        assert!(begun.elapsed() < AT_ONCE);
        drop(half);
    });
}

async fn stopped(server: &mut Server) {
    let folder = tempfile::tempdir().unwrap();
    let mut load = Load::begin(server, folder.path(), &["elin", "oskar", "ingrid"], 10).await;
    let raw = RawDevice::enrol(&server.url(), folder.path(), ("mats", &password("mats"))).await;
    load.until_acked(3).await;
    let children = children(server.pid());
    assert!(!children.is_empty(), "no trial is under way");
    let mute = Mute::begin(server);
    let (mut socket, _) =
        tokio_tungstenite::connect_async(live(server, folder.path())).await.unwrap();
    let mut half = Half::begin(server, &folder.path().join("raw-cookies"), raw.question());

    let begun = Instant::now();
    signal_pid(server.pid(), "-TERM");
    until_refused(server).await;
    half.rest();
    assert!(half.answer().starts_with("HTTP/1.1 200"), "an exchange under way was not answered");
    let close = loop {
        match socket.next().await {
            Some(Ok(Message::Close(Some(close)))) => break close,
            Some(Ok(_)) => {}
            other => panic!("the live socket ended without a word: {other:?}"),
        }
    };
    assert_eq!((u16::from(close.code), close.reason.as_str()), (1001, "the server stops"));
    let status = ended(server, STOP_MAX).await;
    let took = begun.elapsed();
    assert!(status.success() && took < STOP_MAX, "{status} after {took:?}");
    drop(mute);
    for child in children {
        assert!(!Path::new(&format!("/proc/{child}")).exists(), "a trial outlived its server");
    }
    for name in ["log.db-wal", "keys.db-wal", "rows.db-wal"] {
        let left = std::fs::metadata(server.data().join(name)).map_or(0, |file| file.len());
        assert_eq!(left, 0, "{name}");
    }
    let acked = load.acked();
    let dump = server.dump();
    assert!(dump.lacks(&acked).is_empty(), "an acknowledged change is gone");

    // The tablets go on as if nothing had been.
    let ledger = load.end().await;
    load.meet(|| _ = server.start()).await;
    load.settle().await;
    let dump = server.dump();
    assert_eq!(ledger.borrow().missing(dump.text(), Shown::Saved), Vec::new());
    let again = server.stop_in_order();
    assert!(again.success(), "a server at rest ends in good order");
    eprintln!("{} changes acknowledged, stopped in {took:.1?} against a mute client", acked.len());
}

/// Waits until nobody new is taken, while the process is still there.
async fn until_refused(server: &mut Server) {
    let begun = Instant::now();
    while TcpStream::connect(address(server)).is_ok() {
        assert!(begun.elapsed() < SYNC_MAX, "new connections are still taken");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(server.has_ended().is_none(), "it ended before what was under way did");
}

async fn ended(server: &mut Server, most: Duration) -> std::process::ExitStatus {
    let begun = Instant::now();
    loop {
        if let Some(status) = server.has_ended() {
            return status;
        }
        assert!(begun.elapsed() < most + AT_ONCE, "the server does not end");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn address(server: &Server) -> SocketAddr {
    let port = server.url().rsplit(':').next().unwrap().parse().unwrap();
    SocketAddr::from(([127, 0, 0, 1], port))
}

fn children(pid: u32) -> Vec<u32> {
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap().flatten();
    let read = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("children"));
    let children = tasks.filter_map(|task| read(task).ok());
    let children: Vec<String> = children.collect();
    children.join(" ").split_whitespace().map(|child| child.parse().unwrap()).collect()
}

fn cookies(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap().lines().collect::<Vec<_>>().join("; ")
}

fn live(
    server: &Server,
    folder: &Path,
) -> tokio_tungstenite::tungstenite::handshake::client::Request {
    let at = format!("{}/api/v1/live", server.url().replacen("http", "ws", 1));
    let mut request = at.into_client_request().unwrap();
    let headers = request.headers_mut();
    headers.insert("origin", server.url().parse().unwrap());
    headers.insert("cookie", cookies(&folder.join("raw-cookies")).parse().unwrap());
    request
}

/// Somebody who asks and asks and never reads an answer.
struct Mute(#[expect(dead_code, reason = "held open")] TcpStream);

impl Mute {
    fn begin(server: &Server) -> Self {
        let mut stream = TcpStream::connect(address(server)).unwrap();
        stream.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
        let question = format!("GET / HTTP/1.1\r\nhost: {}\r\n\r\n", address(server)).repeat(1_000);
        let full = loop {
            if let Err(error) = stream.write_all(question.as_bytes()) {
                break error.kind();
            }
        };
        assert!(matches!(full, ErrorKind::WouldBlock | ErrorKind::TimedOut), "{full:?}");
        Self(stream)
    }
}

/// An exchange of which the server has only the first half.
struct Half {
    stream: TcpStream,
    rest: Vec<u8>,
}

impl Half {
    fn begin(server: &Server, jar: &Path, mut question: Vec<u8>) -> Self {
        let mut stream = TcpStream::connect(address(server)).unwrap();
        stream.set_read_timeout(Some(SYNC_MAX)).unwrap();
        let host = server.url().replacen("http://", "", 1);
        let head = format!(
            "POST /api/v1/sync HTTP/1.1\r\nhost: {host}\r\norigin: {}\r\ncookie: {}\r\n\
             content-length: {}\r\nexpect: 100-continue\r\n\r\n",
            server.url(),
            cookies(jar),
            question.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        // It asks for the body once it has looked at the head.
        let mut goes_on = [0; 25];
        stream.read_exact(&mut goes_on).unwrap();
        assert!(goes_on.starts_with(b"HTTP/1.1 100"), "{}", String::from_utf8_lossy(&goes_on));
        let rest = question.split_off(question.len() / 2);
        stream.write_all(&question).unwrap();
        Self { stream, rest }
    }

    fn rest(&mut self) {
        self.stream.write_all(&self.rest).unwrap();
    }

    fn answer(&mut self) -> String {
        let mut answer = Vec::new();
        self.stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }
}
