//! The edge: every route there is, however it answers, bears the headers that keep pages to themselves, and only the
//! app's own pages, by its own scheme, change anything.

use std::collections::BTreeSet;
use std::sync::Arc;

use ankomst_server::http::listen::Peer;
use ankomst_server::http::routes::Added;
use ankomst_server::http::serve::{router, routes};
use ankomst_server::http::way::Way;
use ankomst_server::limits;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use tower::ServiceExt;

use super::kit::{Browser, Door, HOST, PASSWORD, TLS};

const BARE: Way = Way { tls: false, proxy: false };
const PROXY: Way = Way { tls: false, proxy: true };
const JSON: &str = "application/problem+json";
/// What a page of ours may never ask a browser for.
const REFUSED: [&str; 19] = [
    "accelerometer",
    "autoplay",
    "bluetooth",
    "camera",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "geolocation",
    "gyroscope",
    "hid",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "picture-in-picture",
    "serial",
    "sync-xhr",
    "usb",
    "web-share",
];

/// What does not hold of the headers of an answer.
fn faults(headers: &HeaderMap, is_file: bool) -> Vec<String> {
    let text = |name: &str| {
        let all: Vec<_> = headers.get_all(name).iter().collect();
        if all.len() > 1 { "twice" } else { all.first().map_or("", |one| one.to_str().unwrap()) }
    };
    let mut faults = Vec::new();
    let mut wants = |name: &str, good: bool| {
        if !good {
            faults.push(format!("{name}: {}", text(name)));
        }
    };
    for (name, value) in [
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-embedder-policy", "require-corp"),
        ("cross-origin-resource-policy", "same-origin"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
    ] {
        wants(name, text(name) == value);
    }
    // Whoever asks again asks the server; of the app's files alone browsers keep a copy.
    wants("cache-control", is_file || text("cache-control") == "no-store");
    let refused: BTreeSet<&str> = text("permissions-policy").split(", ").collect();
    wants("permissions-policy", REFUSED.iter().all(|one| refused.contains(&*format!("{one}=()"))));
    for own in ["screen-wake-lock", "publickey-credentials-create", "publickey-credentials-get"] {
        wants("permissions-policy", refused.contains(&*format!("{own}=(self)")));
    }
    let policy = text("content-security-policy");
    let parts: BTreeSet<&str> = policy.split(';').map(str::trim).collect();
    let whole = [
        "default-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    ];
    wants("content-security-policy", whole.iter().all(|one| parts.contains(one)));
    let sends = ["form-action 'self'", "form-action 'none'"];
    wants("content-security-policy", sends.iter().any(|one| parts.contains(one)));
    let wide = ["unsafe-inline", "'unsafe-eval'", "*", "http:", "https:", "script-src data:"];
    wants("content-security-policy", !wide.iter().any(|word| policy.contains(word)));
    faults
}

/// A request by a route, with what is changed about it.
fn request(browser: &Browser, route: &Added) -> axum::http::request::Builder {
    let cookies = browser.cookies.iter().map(|(name, value)| format!("{name}={value}"));
    Request::builder()
        .method(route.method)
        .uri(route.path)
        .header(header::HOST, HOST)
        .header(header::COOKIE, cookies.collect::<Vec<_>>().join("; "))
}

/// A route in every way that it can be made to answer without a message of its own.
fn ways(browser: &Browser, route: &Added) -> Vec<(&'static str, Way, Request<Body>)> {
    let own = format!("https://{HOST}");
    let asks = || request(browser, route).header(header::ORIGIN, &own);
    let empty = |request: axum::http::request::Builder| request.body(Body::empty()).unwrap();
    let long = format!("{}?{}", route.path, "x".repeat(limits::URL_BYTES_MAX));
    vec![
        ("as it is meant", TLS, empty(asks())),
        ("without a session", TLS, empty(request(&Browser::new(9), route).header("origin", &own))),
        ("from elsewhere", TLS, empty(request(browser, route).header("origin", "https://x.net"))),
        ("without an origin", TLS, empty(request(browser, route))),
        ("as nonsense", TLS, asks().body(vec![0xff; 16].into()).unwrap()),
        ("too large", TLS, asks().body(vec![0; route.body_bytes + 1].into()).unwrap()),
        ("too long", TLS, empty(asks().uri(long))),
        ("by no method of it", TLS, empty(asks().method("PATCH"))),
        ("only asked about", TLS, empty(asks().method("HEAD"))),
        ("asked before", TLS, empty(asks().method("OPTIONS"))),
        ("beneath it", TLS, empty(asks().uri(format!("{}/x.js", route.path)))),
        ("without TLS", BARE, empty(asks())),
    ]
}

#[tokio::test]
async fn every_route_bears_the_headers_however_it_answers() {
    let door = Door::with("huvuden").await;
    let mut browser = Browser::new(1);
    assert_eq!(browser.enrol(&door, "huvuden", PASSWORD).await.status, StatusCode::OK);
    std::fs::create_dir_all(door.files()).unwrap();
    std::fs::write(door.files().join("index.html"), "the app").unwrap();
    let (_, mut added) = routes(Arc::clone(&door.app), Some(door.files()), TLS);
    // What ends the session comes last.
    added.sort_by_key(|route| (route.method == "DELETE", route.path));
    assert!(added.len() >= 14, "{added:?}");
    let mut told: BTreeSet<u16> = BTreeSet::new();
    let mut wrong = Vec::new();
    for route in &added {
        for (what, way, request) in ways(&browser, route) {
            let is_file = request.uri().path().ends_with("/x.js");
            let router = router(Arc::clone(&door.app), Some(door.files()), way);
            let answer = router.oneshot(request).await.unwrap();
            let (status, headers) = (answer.status(), answer.headers());
            told.insert(status.as_u16());
            let where_ = format!("{} {} {what} → {status}", route.method, route.path);
            wrong.extend(faults(headers, is_file).iter().map(|fault| format!("{where_}: {fault}")));
            // What is told of a fault is no page, whatever it quotes.
            let kind = headers.get(header::CONTENT_TYPE).map_or("", |kind| kind.to_str().unwrap());
            let told_by_api = status.is_client_error() && route.path.starts_with("/api/");
            if told_by_api && !matches!(kind, "" | JSON | "text/plain; charset=utf-8") {
                wrong.push(format!("{where_}: {kind}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} faults:\n{}", wrong.len(), wrong.join("\n"));
    for status in [200, 400, 401, 403, 404, 405, 413, 414, 426] {
        assert!(told.contains(&status), "{status} was never told: {told:?}");
    }
}

#[tokio::test]
async fn a_header_that_is_missing_or_wide_is_noticed() {
    let door = Door::open().await;
    let good = door.get("/healthz", "").await.headers;
    assert!(faults(&good, false).is_empty(), "{:?}", faults(&good, false));
    for name in
        good.keys().filter(|name| !matches!(name.as_str(), "content-type" | "content-length"))
    {
        let mut less = good.clone();
        less.remove(name);
        assert!(!faults(&less, false).is_empty(), "nobody misses {name}");
    }
    let policy = good["content-security-policy"].to_str().unwrap();
    for (from, to) in [
        ("default-src 'none'", "default-src 'self'"),
        ("form-action 'self'", "form-action *"),
        ("script-src 'self'", "script-src 'self' 'unsafe-inline'"),
        ("img-src 'self'", "img-src https:"),
        ("frame-ancestors 'none'", "frame-ancestors 'self'"),
        ("require-trusted-types-for 'script'", ""),
    ] {
        let mut wide = good.clone();
        assert!(policy.contains(from), "{policy}");
        wide.insert("content-security-policy", policy.replace(from, to).parse().unwrap());
        assert!(!faults(&wide, false).is_empty(), "nobody notices {to}");
    }
}

#[tokio::test]
async fn only_pages_of_the_very_scheme_host_and_port_come_in() {
    let door = Door::with("ursprung").await;
    let asked = async |way: Way, (host, proto): (&str, &str), origin: &str| {
        let mut request = Request::builder().method(Method::POST).uri("/api/v1/sync");
        request = request.header(header::HOST, host).header(header::ORIGIN, origin);
        if !proto.is_empty() {
            request = request.header("x-forwarded-proto", proto);
        }
        let peer = ConnectInfo(Peer("127.0.0.1:50000".parse().unwrap()));
        let request = request.extension(peer).body(Body::empty()).unwrap();
        door.send_by(way, request).await.problem().to_owned()
    };
    let own = "https://ankomst.example.org";
    for (way, at, origin, told) in [
        (TLS, (HOST, ""), own, "signed-out"),
        (TLS, (HOST, ""), "http://ankomst.example.org", "origin"),
        (TLS, (HOST, ""), "ws://ankomst.example.org", "origin"),
        (TLS, (HOST, ""), "app://ankomst.example.org", "origin"),
        (TLS, (HOST, ""), "https://ankomst.example.org.", "origin"),
        (TLS, (HOST, ""), "https://ankomst.example.org:8443", "origin"),
        (TLS, (HOST, ""), "https://x.ankomst.example.org", "origin"),
        (TLS, (HOST, ""), "https://ankomst.example.org/x", "origin"),
        (TLS, (HOST, ""), "https://ankomst.example.org@x.net", "origin"),
        (TLS, (HOST, ""), "null", "origin"),
        (TLS, (HOST, ""), "", "origin"),
        // A page of this machine, where no TLS is needed.
        (BARE, ("localhost:8765", ""), "http://localhost:8765", "signed-out"),
        (BARE, ("localhost:8765", ""), "https://localhost:8765", "origin"),
        (BARE, ("localhost:8765", ""), "http://127.0.0.1:8765", "origin"),
        // Behind a proxy the browser's scheme counts, not the one of the last stretch.
        (PROXY, (HOST, "https"), own, "signed-out"),
        (PROXY, (HOST, "https"), "http://ankomst.example.org", "origin"),
        (PROXY, ("localhost:8765", ""), "http://localhost:8765", "signed-out"),
    ] {
        assert_eq!(asked(way, at, origin).await, told, "{way:?} {at:?} from {origin:?}");
    }
}
