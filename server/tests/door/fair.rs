//! What one device may have of the server: a turn at a time, so many values, so much that waits. What is more is not
//! refused: it stays on its tablet.

use std::sync::Arc;

use ankomst_server::http::serve::router;
use ankomst_server::limits::{EXCHANGES_AT_ONCE, ITEMS_MAX};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::limits::PUSH_CHUNKS_MAX;
use ankomst_shared::sync::message::{Exchange, ExchangeAnswer, Hello, Push, PushPart};
use ankomst_shared::sync::wire;
use axum::body::{Body, Bytes};
use axum::http::{Method, Request, StatusCode, header};
use tower::ServiceExt;

use super::kit::{Browser, Door, HOST, PASSWORD, TLS};

async fn signed_in(login: &str) -> (Door, Browser) {
    let door = Door::with(login).await;
    let mut browser = Browser::new(1);
    assert_eq!(browser.enrol(&door, login, PASSWORD).await.status, StatusCode::OK);
    (door, browser)
}

fn question(browser: &Browser, parts: Vec<PushPart>) -> Vec<u8> {
    let hello = Hello::first(browser.device.unwrap(), "test".to_owned());
    wire::pack(&Exchange {
        hello,
        push: Push { parts },
        deposits: Vec::new(),
        looks: None,
        gone: None,
    })
}

fn part(chunks: usize) -> PushPart {
    PushPart {
        document: DocumentId::from_bytes([7; 16]),
        envelope: Vec::new().into(),
        chunks: vec![Vec::new().into(); chunks],
        enrolment: None,
    }
}

#[tokio::test]
async fn a_message_of_more_values_than_anybody_says_is_not_made_at_all() {
    let (door, mut browser) = signed_in("smulor").await;
    // A few kilobytes on the wire that would be tens of megabytes here.
    let body = question(&browser, vec![part(0); ITEMS_MAX]);
    assert!(body.len() < 64 * 1024, "{}", body.len());
    let told = browser.call(&door, (Method::POST, "/api/v1/sync"), body).await;
    assert_eq!((told.status.as_u16(), told.problem()), (400, "unreadable"));
    // What is under the bound is answered for as many changes as a push may have.
    for parts in [vec![part(1); PUSH_CHUNKS_MAX + 500], vec![part(500); 9]] {
        let body = question(&browser, parts);
        let told = browser.call(&door, (Method::POST, "/api/v1/sync"), body).await;
        let answer: ExchangeAnswer = told.read();
        assert_eq!(answer.acks.len(), PUSH_CHUNKS_MAX);
    }
}

/// An exchange whose body begins and never ends; it is being read when this gives back.
async fn dawdles(door: &Door, browser: &Browser) -> tokio::task::JoinHandle<u16> {
    let router = router(Arc::clone(&door.app), None, TLS);
    let (body, receiver) = endless();
    let cookies = browser.cookies.iter().map(|(name, value)| format!("{name}={value}"));
    let cookies = cookies.collect::<Vec<_>>().join("; ");
    let request = Request::post("/api/v1/sync")
        .header(header::HOST, HOST)
        .header(header::ORIGIN, format!("https://{HOST}"))
        .header(header::COOKIE, cookies);
    let slow = router.oneshot(request.body(body).unwrap());
    let slow = tokio::spawn(async move { slow.await.unwrap().status().as_u16() });
    receiver.await.unwrap();
    slow
}

#[tokio::test]
async fn a_body_that_dawdles_keeps_no_later_exchange_of_its_device_waiting() {
    let (door, browser) = signed_in("tur").await;
    let slow = dawdles(&door, &browser).await;
    let mut again = browser.clone();
    let body = question(&browser, Vec::new());
    let told = again.call(&door, (Method::POST, "/api/v1/sync"), body).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.problem());
    assert_eq!(slow.await.unwrap(), 503, "the older one has ended");
}

#[tokio::test]
async fn a_device_has_one_exchange_under_way_and_holds_no_other_place() {
    let (door, browser) = signed_in("turer").await;
    // More than there are places for all.
    let mut slow = Vec::new();
    for _ in 0..EXCHANGES_AT_ONCE + 8 {
        slow.push(dawdles(&door, &browser).await);
    }
    let last = slow.pop().unwrap();
    for older in slow {
        assert_eq!(older.await.unwrap(), 503, "only the newest is being read");
    }
    assert!(!last.is_finished());
    // Given up, it is over, and the next one is answered.
    last.abort();
    assert!(last.await.unwrap_err().is_cancelled());
    let body = question(&browser, Vec::new());
    let told = browser.clone().call(&door, (Method::POST, "/api/v1/sync"), body).await;
    assert_eq!(told.status, StatusCode::OK);
}

/// A body that begins and never ends, and what tells that somebody reads it.
fn endless() -> (Body, tokio::sync::oneshot::Receiver<()>) {
    let (tell, told) = tokio::sync::oneshot::channel();
    let mut tell = Some(tell);
    let stream = futures_util::stream::poll_fn(move |_| match tell.take() {
        Some(tell) => {
            tell.send(()).unwrap();
            std::task::Poll::Ready(Some(Ok::<_, std::convert::Infallible>(Bytes::from_static(
                b"x",
            ))))
        }
        None => std::task::Poll::Pending,
    });
    (Body::from_stream(stream), told)
}
