//! What a server tells of itself, and to whom.

use std::sync::Arc;

use ankomst_server::http::metrics::{Watched, router};
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use tower::ServiceExt;

use super::kit::{Browser, Door, PASSWORD};

/// Everything a label may hold that is not a number.
const LABELS: [&str; 6] = ["method", "route", "status", "became", "file", "version"];

async fn asked(door: &Door, own: Option<&str>, given: Option<&str>) -> (StatusCode, String) {
    let mut request = Request::get("/metrics");
    if let Some(token) = given {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    let router = router(Watched::new(Arc::clone(&door.app), own));
    let response = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
    (parts.status, String::from_utf8(body).unwrap())
}

#[tokio::test]
async fn the_address_people_reach_tells_no_metrics() {
    let door = Door::open().await;
    std::fs::create_dir_all(door.files()).unwrap();
    std::fs::write(door.files().join("index.html"), "<!doctype html>").unwrap();
    for path in ["/metrics", "/metrics/", "/metrics?x=1", "/api/v1/metrics"] {
        let answer = door.get(path, "").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn with_a_token_nobody_else_is_told() {
    let door = Door::open().await;
    assert_eq!(asked(&door, None, None).await.0, StatusCode::OK);
    for wrong in [None, Some(""), Some("token-of-other"), Some("token-of-test ")] {
        let (status, text) = asked(&door, Some("token-of-test"), wrong).await;
        assert_eq!((status, text.as_str()), (StatusCode::UNAUTHORIZED, ""), "{wrong:?}");
    }
    assert_eq!(asked(&door, Some("token-of-test"), Some("token-of-test")).await.0, StatusCode::OK);
}

#[tokio::test]
async fn what_happened_is_counted_without_saying_who_did_it() {
    let door = Door::with("raknad").await;
    let mut browser = Browser::new(1);
    browser.enrol(&door, "raknad", PASSWORD).await;
    browser.enrol(&door, "raknad", "fel lösenord här").await;
    browser.call(&door, (Method::GET, "/api/v1/held"), Vec::new()).await;
    door.get("/boenden/06gsphn2c25m27zskrwvcr9bbw", "").await;
    door.get("/api/v1/raknad", "").await;
    let (_, text) = asked(&door, None, None).await;
    for line in [
        "ankomst_sign_ins_total{became=\"good\"} 1",
        "ankomst_sign_ins_total{became=\"wrong\"} 1",
        "ankomst_sessions 1",
        "ankomst_requests_total{method=\"POST\",route=\"/api/v1/devices\",status=\"200\"} 1",
        "ankomst_requests_total{method=\"GET\",route=\"/api/v1/held\",status=\"403\"} 1",
        "ankomst_requests_total{method=\"GET\",route=\"app\",status=\"404\"} 2",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    let number = |name: &str| -> f64 {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        line.rsplit_once(' ').unwrap().1.parse().unwrap()
    };
    assert!(number("ankomst_file_bytes{file=\"log\"}") > 4096.0);
    assert!(number("ankomst_disk_free_bytes") > 0.0);
    assert!(number("ankomst_process_resident_memory_bytes") > 1e6);
    let device = browser.device.unwrap().to_string();
    for secret in ["raknad", "Namn", "06gsphn2c25m27zskrwvcr9bbw", device.as_str()] {
        assert!(!text.contains(secret), "{secret}");
    }
    for line in text.lines().filter(|line| line.contains('{') && !line.starts_with('#')) {
        let labels = line.split_once('{').unwrap().1.split_once('}').unwrap().0;
        for label in labels.split(',') {
            let name = label.split_once('=').unwrap().0;
            assert!(LABELS.contains(&name) || name == "le", "{line}");
        }
    }
}
