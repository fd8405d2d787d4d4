//! By which way a request came: bare ones from elsewhere get a page or a problem, never the app.

use ankomst_server::http::listen::Peer;
use ankomst_server::http::way::Way;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Method, Request, StatusCode, header};

use super::kit::{Answer, Door};

const HOST: &str = "ankomst.example.org";
const BARE: Way = Way { tls: false, proxy: false };
const PROXY: Way = Way { tls: false, proxy: true };
const TLS: Way = Way { tls: true, proxy: false };
const HERE: &str = "127.0.0.1:50000";
const FAR: &str = "203.0.113.7:50000";

async fn door() -> Door {
    let door = Door::open().await;
    std::fs::create_dir_all(door.files()).unwrap();
    std::fs::write(door.files().join("index.html"), "the app").unwrap();
    door
}

fn request(method: Method, path: &str, host: &str) -> axum::http::request::Builder {
    Request::builder().method(method).uri(path).header(header::HOST, host)
}

/// Asks for a page by a way from a peer that sends these headers.
async fn page(
    door: &Door,
    way: Way,
    (host, peer): (&str, &str),
    headers: &[(&str, &str)],
) -> Answer {
    let mut request = request(Method::GET, "/boenden", host);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let peer = ConnectInfo(Peer(peer.parse().unwrap()));
    door.send_by(way, request.extension(peer).body(Body::empty()).unwrap()).await
}

fn is_app(answer: &Answer) -> bool {
    let text = String::from_utf8_lossy(&answer.body);
    assert_eq!(text == "the app", answer.status == StatusCode::OK, "{text}");
    text == "the app"
}

#[tokio::test]
async fn a_page_asked_for_without_https_says_in_two_languages_what_to_do() {
    let door = door().await;
    let answer = page(&door, BARE, (HOST, FAR), &[]).await;
    let text = String::from_utf8_lossy(&answer.body);
    for said in
        ["lang=\"sv\"", "lang=\"en\"", "--tls-cert", "--behind-proxy", "Ingenting har ändrats"]
    {
        assert!(text.contains(said), "{said}");
    }
    assert_eq!(answer.status, StatusCode::UPGRADE_REQUIRED);
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(answer.header("upgrade"), "TLS/1.2, HTTP/1.1");
    let policy = answer.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(!policy.contains("script-src") && !text.contains("<script"), "{policy}");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
}

#[tokio::test]
async fn the_api_without_https_is_a_problem_and_signs_nobody_out() {
    let door = door().await;
    for (method, path) in
        [(Method::POST, "/api/v1/sync"), (Method::GET, "/api/v1/live"), (Method::POST, "/")]
    {
        let request = request(method, path, HOST).body(Body::empty()).unwrap();
        let answer = door.send_by(BARE, request).await;
        let found = (answer.status, answer.problem());
        assert_eq!(found, (StatusCode::UPGRADE_REQUIRED, "https-needed"), "{path}");
    }
}

#[tokio::test]
async fn whoever_watches_over_the_server_needs_no_https() {
    let door = door().await;
    for path in ["/healthz", "/readyz"] {
        let request = request(Method::GET, path, HOST).body(Body::empty()).unwrap();
        assert_eq!(door.send_by(BARE, request).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn this_machine_needs_no_https_and_forged_headers_help_nobody() {
    let door = door().await;
    let by_https: &[_] = &[("x-forwarded-proto", "https")];
    let by_http: &[_] = &[("x-forwarded-proto", "http")];
    let cases = [
        (BARE, "localhost:8765", FAR, &[][..], true),
        (BARE, HOST, HERE, &[], false),
        (BARE, HOST, HERE, by_https, false),
        (BARE, "localhost", HERE, by_http, true),
        (PROXY, HOST, HERE, by_https, true),
        (PROXY, HOST, "10.0.0.2:50000", by_https, true),
        (PROXY, HOST, FAR, by_https, false),
        (PROXY, HOST, HERE, by_http, false),
        (PROXY, HOST, HERE, &[], false),
        (PROXY, "localhost", HERE, &[], true),
        (PROXY, "localhost", HERE, by_http, false),
        (TLS, HOST, FAR, &[], true),
        (TLS, HOST, HERE, by_http, true),
    ];
    for (way, host, peer, headers, lets) in cases {
        let answer = page(&door, way, (host, peer), headers).await;
        assert_eq!(is_app(&answer), lets, "{way:?} {host} {peer} {headers:?}");
    }
}

#[tokio::test]
async fn behind_a_proxy_each_person_has_their_own_attempts() {
    let door = Door::with("bakom").await;
    let tried = async |from: &str, by: &str| {
        let request = Request::post("/api/v1/session").header(header::HOST, HOST);
        let request = request.header(header::ORIGIN, format!("https://{HOST}"));
        let request = request.header("x-forwarded-proto", "https").header("x-forwarded-for", from);
        let request = request.extension(ConnectInfo(Peer(by.parse().unwrap())));
        let message = ankomst_shared::sync::message::SignInRequest {
            login: format!("nobody at {from}"),
            password: "fel lösenord".to_owned(),
            device: ankomst_shared::ids::DeviceId::from_bytes([1; 16]),
            enrolment: None,
            passkey: None,
        };
        let body = Body::from(ankomst_shared::sync::wire::pack(&message));
        door.send_by(PROXY, request.body(body).unwrap()).await.problem().to_owned()
    };
    // The attempts of one address end, whatever it claims to have been before.
    let address = "203.0.113.99".parse().ok();
    for count in 0..60 {
        assert!(door.app.throttle.allows(&format!("bakom {count}"), address, None));
    }
    assert_eq!(tried("192.0.2.1, 203.0.113.99", "10.0.0.3:1").await, "too-many");
    assert_eq!(tried("203.0.113.99, 203.0.113.98", "10.0.0.3:1").await, "wrong-password");
    assert_eq!(tried("203.0.113.99", "198.51.100.1:1").await, "https-needed", "no proxy of ours");
}
