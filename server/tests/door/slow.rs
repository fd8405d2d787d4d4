//! Whoever shows only in the body who it is holds up nobody with one that trickles: an honest tablet is answered beside many.

use ankomst_server::http::listen::Bounds;
use ankomst_server::limits;
use ankomst_server::sync::farewell;
use ankomst_shared::ids::{DeviceId, DocumentId};
use ankomst_shared::sync::Position;
use ankomst_shared::sync::message::{Farewell, FileState, HandInFileAnswer};
use ankomst_shared::sync::wire;
use tokio::net::TcpStream;

use super::files::{kept, picture};
use super::kit::HOST;
use super::limits::{Narrow, till_end};

fn head(path: &str, length: usize) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: {HOST}\r\norigin: https://{HOST}\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n"
    )
}

/// A connection that has brought one byte of a body and does not go on.
async fn trickles(narrow: &Narrow, path: &str) -> TcpStream {
    narrow.says(format!("{}x", head(path, 2_000)).as_bytes()).await
}

/// What an honest tablet is told over a connection of its own.
async fn honest(narrow: &Narrow, path: &str, body: &[u8]) -> String {
    let sent = [head(path, body.len()).as_bytes(), body].concat();
    till_end(narrow.says(&sent).await).await
}

#[tokio::test(flavor = "multi_thread")]
async fn honest_pieces_come_in_beside_bodies_that_trickle_however_many_they_are() {
    let path = "/api/v1/files";
    let narrow = Narrow::with("droppar", Bounds::default()).await;
    let (door, device) = (&narrow.door, narrow.browser.device.unwrap());
    let file = kept(door, DocumentId::from_bytes([91; 16]), &picture(1), 1);
    let mut slow = Vec::new();
    for piece in 0..file.pieces.len() {
        // At last more of them than there are places.
        for _ in 0..=limits::PIECE_BODIES_AT_ONCE / 2 {
            slow.push(trickles(&narrow, path).await);
        }
        let asked = wire::pack(&file.asked(door, device, Some(piece)));
        let told = honest(&narrow, path, &asked).await;
        assert!(told.starts_with("HTTP/1.1 200"), "piece {piece}: {told}");
    }
    assert!(slow.len() > limits::PIECE_BODIES_AT_ONCE && slow.len() > 50);
    let asked = file.asked(door, device, None);
    let answer: HandInFileAnswer = super::files::says(door, &asked).await.read();
    assert_eq!(answer.state, FileState::Whole);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_farewell_comes_in_beside_bodies_that_trickle() {
    let path = "/api/v1/farewell";
    let narrow = Narrow::with("droppar-hem", Bounds::default()).await;
    let device: DeviceId = narrow.browser.device.unwrap();
    let mut slow = Vec::new();
    for _ in 0..50 {
        slow.push(trickles(&narrow, path).await);
    }
    let asked = Farewell {
        device,
        token: farewell::token(&narrow.door.app, device).to_vec().into(),
        deposits: Vec::new(),
        epoch: None,
        arrived: Position::default(),
        gone: None,
    };
    let told = honest(&narrow, path, &wire::pack(&asked)).await;
    assert!(told.starts_with("HTTP/1.1 200"), "{told}");
    drop(slow);
}
