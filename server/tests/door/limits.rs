//! Every route and socket has its bounds: who exceeds one is told so, and an honest client is answered
//! meanwhile.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ankomst_server::http::listen::{self, Bounds};
use ankomst_server::http::routes::Added;
use ankomst_server::http::serve::routes;
use ankomst_server::limits;
use ankomst_shared::limits::{SOCKET_MESSAGE_BYTES_MAX, SYNC_BODY_BYTES_MAX};
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tower::ServiceExt;

use super::kit::{Answer, Browser, Door, HOST, PASSWORD, TLS};

const SHORT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_secs(20);

/// A server and somebody who is signed in there.
async fn signed_in(login: &str) -> (Door, Browser) {
    let door = Door::with(login).await;
    let mut browser = Browser::new(1);
    assert_eq!(browser.enrol(&door, login, PASSWORD).await.status, StatusCode::OK);
    (door, browser)
}

fn request(browser: &Browser, route: &Added, body: Body) -> Request<Body> {
    let cookies = browser.cookies.iter().map(|(name, value)| format!("{name}={value}"));
    Request::builder()
        .method(route.method)
        .uri(route.path)
        .header(header::HOST, HOST)
        .header(header::ORIGIN, format!("https://{HOST}"))
        .header(header::COOKIE, cookies.collect::<Vec<_>>().join("; "))
        .body(body)
        .unwrap()
}

async fn answer(router: &Router, request: Request<Body>) -> Answer {
    let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
    Answer { status: parts.status, headers: parts.headers, body }
}

/// A body that begins and never ends.
fn endless() -> Body {
    let begun = futures_util::stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"x"))]);
    Body::from_stream(futures_util::StreamExt::chain(begun, futures_util::stream::pending()))
}

#[tokio::test]
async fn each_route_says_what_is_too_much_for_it() {
    let (door, browser) = signed_in("for-stort").await;
    let (router, added) = routes(Arc::clone(&door.app), Some(door.files()), TLS);
    assert!(added.len() >= 10, "{added:?}");
    for route in &added {
        assert!((1..=SYNC_BODY_BYTES_MAX).contains(&route.body_bytes), "{route:?}");
        assert!((1..=limits::FILES_AT_ONCE).contains(&route.at_once), "{route:?}");
        let mut long = *route;
        let address = format!("{}?{}", route.path, "x".repeat(limits::URL_BYTES_MAX));
        long.path = Box::leak(address.into_boxed_str());
        let told = answer(&router, request(&browser, &long, Body::empty())).await;
        assert_eq!((told.status.as_u16(), told.problem()), (414, "long-address"), "{route:?}");
        if route.method != "POST" {
            continue;
        }
        let told = answer(&router, request(&browser, route, vec![0; route.body_bytes + 1].into()));
        let told = told.await;
        assert_eq!((told.status.as_u16(), told.problem()), (413, "too-large"), "{route:?}");
        let told =
            answer(&router, request(&browser, route, vec![0; route.body_bytes].into())).await;
        assert_ne!(told.status.as_u16(), 413, "{route:?}");
    }
}

#[tokio::test]
async fn each_route_waits_for_a_body_so_long_and_no_longer() {
    let (door, browser) = signed_in("for-sakta").await;
    let (router, added) = routes(Arc::clone(&door.app), None, TLS);
    tokio::time::pause();
    for route in added.iter().filter(|route| route.method == "POST") {
        let begun = tokio::time::Instant::now();
        let told = answer(&router, request(&browser, route, endless())).await;
        assert_eq!((told.status.as_u16(), told.problem()), (408, "slow"), "{route:?}");
        assert!(begun.elapsed() <= limits::ANSWER_WITHIN, "{route:?}");
    }
}

#[tokio::test]
async fn so_many_requests_are_under_way_at_once_and_others_are_asked_to_come_again() {
    let (door, browser) = signed_in("for-manga").await;
    let (router, added) = routes(Arc::clone(&door.app), None, TLS);
    // Of exchanges a device holds one place, whatever it asks: `fair.rs` fills those; `slow.rs` what is read first.
    let is_held = |route: &&Added| {
        route.method == "POST" && route.path != "/api/v1/sync" && !route.reads_first
    };
    for route in added.iter().filter(is_held) {
        let held = (0..route.at_once).map(|_| {
            let (router, request) = (router.clone(), request(&browser, route, endless()));
            tokio::spawn(async move { answer(&router, request).await })
        });
        let held: Vec<_> = held.collect();
        let mut told = answer(&router, request(&browser, route, Body::empty())).await;
        // Those that hold the places may still be on their way in.
        while told.status != StatusCode::SERVICE_UNAVAILABLE {
            tokio::task::yield_now().await;
            told = answer(&router, request(&browser, route, Body::empty())).await;
        }
        assert_eq!((told.problem(), told.header("retry-after")), ("busy", "2"), "{route:?}");
        let other = |path| added.iter().find(|other| other.path == path).unwrap();
        for path in ["/healthz", "/readyz"] {
            let told = answer(&router, request(&browser, other(path), Body::empty())).await;
            assert_eq!(told.status, StatusCode::OK, "{path} while {route:?}");
        }
        let honest = answer(&router, request(&browser, other("/api/v1/held"), Body::empty())).await;
        assert_eq!(honest.problem(), "forbidden", "an honest reader while {route:?}");
        held.iter().for_each(tokio::task::JoinHandle::abort);
        for one in held {
            drop(one.await);
        }
    }
}

#[tokio::test]
async fn after_too_many_attempts_a_minute_is_asked_for() {
    let door = Door::with("forsok").await;
    let mut browser = Browser::new(1);
    let mut told = browser.enrol(&door, "forsok", "fel lösenord här").await;
    for _ in 0..12 {
        told = browser.enrol(&door, "forsok", "fel lösenord här").await;
    }
    assert_eq!((told.status.as_u16(), told.header("retry-after")), (429, "60"));
    // Somebody else comes in meanwhile.
    let other = Browser::new(2).enrol(&door, "forsok-annan", PASSWORD).await;
    assert_eq!(other.problem(), "wrong-password");
}

/// A server on a port of its own with narrow bounds.
pub(super) struct Narrow {
    pub(super) door: Door,
    pub(super) browser: Browser,
    pub(super) address: SocketAddr,
}

impl Narrow {
    async fn open(login: &str, connections: usize) -> Self {
        Self::with(login, Bounds { connections, unread: SHORT, ..Bounds::default() }).await
    }

    pub(super) async fn with(login: &str, bounds: Bounds) -> Self {
        let (door, browser) = signed_in(login).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (router, _) = routes(Arc::clone(&door.app), Some(door.files()), TLS);
        let bounds = Bounds { headers_within: SHORT, ..bounds };
        let app = Arc::clone(&door.app);
        tokio::spawn(async move { listen::serve(&app, (listener, None), router, bounds).await });
        Self { door, browser, address }
    }

    pub(super) async fn says(&self, bytes: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream
    }

    async fn healthy(&self) {
        let answer = till_end(
            self.says(b"GET /healthz HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n").await,
        );
        assert!(answer.await.starts_with("HTTP/1.1 200"), "an honest client is not answered");
    }

    /// Asks for a live socket and gives the stream with the first line of the answer.
    async fn socket(&self) -> (TcpStream, String) {
        let stream = TcpStream::connect(self.address).await.unwrap();
        self.upgrades(stream, &self.browser).await
    }

    /// The same as somebody, over a connection.
    pub(super) async fn upgrades(
        &self,
        mut stream: TcpStream,
        browser: &Browser,
    ) -> (TcpStream, String) {
        let cookies = browser.cookies.iter().map(|(name, value)| format!("{name}={value}"));
        let head = format!(
            "GET /api/v1/live HTTP/1.1\r\nhost: {HOST}\r\norigin: https://{HOST}\r\ncookie: {}\r\n\
             connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            cookies.collect::<Vec<_>>().join("; ")
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(timeout(LONG, stream.read_u8()).await.unwrap().unwrap());
        }
        (stream, String::from_utf8(answer).unwrap())
    }
}

/// What comes until the server closes; it must close.
pub(super) async fn till_end(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    let read = timeout(LONG, stream.read_to_end(&mut answer)).await;
    // A reset is an end, too: what was sent too much has not been read.
    assert!(read.is_ok(), "the server never closes");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn what_is_wrong_with_a_head_is_said_and_what_never_comes_is_not_waited_for() {
    let narrow = Narrow::open("huvud", 64).await;
    let many = "x: y\r\n".repeat(limits::HEADERS_MAX + 1);
    let large = format!("x: {}\r\n", "y".repeat(limits::HEADER_BYTES_MAX));
    let head = "GET /healthz HTTP/1.1\r\nhost: h\r\n";
    let long =
        format!("GET /{} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n", "x".repeat(4_000));
    for (what, sent, told) in [
        ("too many headers", format!("{head}{many}\r\n"), "HTTP/1.1 431"),
        ("too large headers", format!("{head}{large}\r\n"), "HTTP/1.1 431"),
        ("a long address", long, "HTTP/1.1 414"),
        ("no HTTP", "SSH-2.0-hej\r\n\r\n".to_owned(), "HTTP/1.1 400"),
        ("nothing", String::new(), ""),
        ("a single letter", "P".to_owned(), ""),
        ("half of the first line", "GET /heal".to_owned(), ""),
        ("headers without an end", format!("{head}x: y\r\n"), ""),
        ("nothing after an answer", format!("{head}\r\n"), "HTTP/1.1 200"),
        ("half of HTTP/2", "PRI * HTTP/2.0\r\n".to_owned(), ""),
    ] {
        let stream = narrow.says(sent.as_bytes()).await;
        narrow.healthy().await;
        let answer = till_end(stream).await;
        assert!(
            answer.starts_with(told) && (answer.is_empty() || !told.is_empty()),
            "{what}: {answer}"
        );
    }
}

#[tokio::test]
async fn headers_that_come_letter_by_letter_hold_a_connection_no_longer() {
    let narrow = Narrow::open("droppe", 64).await;
    let mut stream = narrow.says(b"GET /healthz HTTP/1.1\r\nx: ").await;
    let begun = tokio::time::Instant::now();
    // A letter whenever there is room for one, until the server has had enough.
    while timeout(SHORT / 10, stream.read_u8()).await.is_err() {
        drop(stream.write_all(b"y").await);
        assert!(begun.elapsed() < LONG, "a slow sender is waited for");
    }
    narrow.healthy().await;
}

#[tokio::test]
async fn for_a_connection_too_many_there_is_a_word_and_a_place_once_another_ends() {
    let narrow = Narrow::open("trangt", 5).await;
    // Five with a request under way: these do not end by resting.
    let mut others = Vec::new();
    for _ in 0..5 {
        let head = format!(
            "POST /api/v1/session HTTP/1.1\r\nhost: {HOST}\r\norigin: https://{HOST}\r\n\
             content-length: 100\r\nexpect: 100-continue\r\n\r\n"
        );
        let mut stream = narrow.says(head.as_bytes()).await;
        let mut goes_on = [0; 25];
        timeout(LONG, stream.read_exact(&mut goes_on)).await.unwrap().unwrap();
        others.push(stream);
    }
    let told = till_end(narrow.says(b"GET /healthz HTTP/1.1\r\nhost: h\r\n\r\n").await).await;
    assert!(told.starts_with("HTTP/1.1 503") && told.contains("retry-after: 2"), "{told}");
    drop(others.pop());
    let begun = tokio::time::Instant::now();
    let ask = b"GET /healthz HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n";
    while !till_end(narrow.says(ask).await).await.starts_with("HTTP/1.1 200") {
        assert!(begun.elapsed() < LONG, "the place is never free again");
    }
}

#[tokio::test]
async fn who_asks_and_never_reads_is_cut_off() {
    let narrow = Narrow::open("stum", 1).await;
    // More than what the two ends' buffers hold.
    std::fs::create_dir_all(narrow.door.files()).unwrap();
    std::fs::write(narrow.door.files().join("index.html"), vec![b'x'; 32 << 20]).unwrap();
    let mute = narrow.says(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").await;
    // The answer has begun.
    timeout(LONG, mute.readable()).await.unwrap().unwrap();
    let begun = tokio::time::Instant::now();
    let ask = b"GET /healthz HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n";
    while !till_end(narrow.says(ask).await).await.starts_with("HTTP/1.1 200") {
        assert!(begun.elapsed() < LONG, "a mute client is waited for");
    }
    drop(mute);
}

#[tokio::test]
async fn who_reads_slowly_gets_the_whole_answer() {
    const BYTES: usize = 32 << 20;
    // What fills the buffers of both ends takes a slow line longer than a head does.
    let narrow = Narrow::with("langsam", Bounds::default()).await;
    std::fs::create_dir_all(narrow.door.files()).unwrap();
    std::fs::write(narrow.door.files().join("index.html"), vec![b'x'; BYTES]).unwrap();
    let mut slow = narrow.says(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n").await;
    let (mut total, mut part) = (0, vec![0; 64 << 10]);
    let begun = tokio::time::Instant::now();
    while total < BYTES {
        let read = timeout(LONG, slow.read(&mut part)).await.unwrap().unwrap();
        assert!(read > 0, "cut off after {total} bytes and {:?}", begun.elapsed());
        total += read;
        // Each pause is shorter than what the server waits, all together are longer.
        if begun.elapsed() < SHORT * 4 {
            tokio::time::sleep(SHORT / 30).await;
        }
    }
    assert!(begun.elapsed() > SHORT * 3, "it was not slow");
}

#[tokio::test]
async fn a_session_has_so_many_live_sockets_and_each_takes_so_much() {
    let narrow = Narrow::open("uttag", 64).await;
    let mut open = Vec::new();
    for _ in 0..limits::SOCKETS_OF_SESSION_MAX {
        let (stream, told) = narrow.socket().await;
        assert!(told.starts_with("HTTP/1.1 101"), "{told}");
        open.push(stream);
    }
    let (_, told) = narrow.socket().await;
    assert!(
        told.starts_with("HTTP/1.1 429") && told.contains("x-ankomst-problem: sockets"),
        "{told}"
    );
    narrow.healthy().await;
    // A binary frame that says how long it is going to be, masked as those of browsers.
    let mut large = open.pop().unwrap();
    let length = u64::try_from(SOCKET_MESSAGE_BYTES_MAX + 1).unwrap().to_be_bytes();
    let frame = [&[0x82, 0xff][..], &length, &[0; 4]].concat();
    large.write_all(&frame).await.unwrap();
    till_end(large).await;
    let begun = tokio::time::Instant::now();
    while !narrow.socket().await.1.starts_with("HTTP/1.1 101") {
        assert!(begun.elapsed() < LONG, "the place is never free again");
    }
    let mut browser = narrow.browser.clone();
    let honest = browser.call(&narrow.door, (Method::GET, "/api/v1/held"), Vec::new()).await;
    assert_eq!(honest.problem(), "forbidden");
}
