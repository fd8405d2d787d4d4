//! Who attaches to the news and never reads them is cut off after a bounded time and with bounded bytes, and keeps nobody
//! else from hearing what there is.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ankomst_server::app::App;
use ankomst_server::http::listen::Bounds;
use ankomst_server::sync::feed;
use ankomst_shared::document::{Authoring, Document, Edit};
use ankomst_shared::ids::{ActorId, DeviceId, DocumentId};
use ankomst_shared::limits::{CHUNK_WIRE_BYTES_MAX, SYNC_BODY_BYTES_MAX};
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::{AuthorEnvelope, Header};
use ankomst_shared::sync::message::{
    ClientFrame, Exchange, ExchangeAnswer, Hello, Me, Outcome, Push, PushPart, ServerFrame,
};
use ankomst_shared::sync::{Position, wire};
use ankomst_shared::value::Value;
use axum::http::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::time::timeout;

use super::kit::{Browser, PASSWORD};
use super::limits::{LONG, Narrow, SHORT};

const CASE: DocumentId = DocumentId::from_bytes([91; 16]);
const ACTOR: ActorId = ActorId::from_bytes([92; 16]);
const LOGIN: &str = "tyst";
/// Changes that are written, and texts in each of them: some 20 MB in all, more than what two ends can hold.
const CHANGES: u64 = 60;
const TEXTS: u64 = 6;
const TEXT_BYTES: u64 = 60 * 1024;
/// What the system holds for a reader who takes nothing, at both ends.
const HELD_BY_SYSTEM: usize = 8 << 20;
/// What is made for a socket at a time: a stretch of the feed, with the change that ends it and all envelopes.
const FRAME_MAX: usize = SYNC_BODY_BYTES_MAX / 4 + CHUNK_WIRE_BYTES_MAX + (256 << 10);

/// Letters that no packing makes much smaller.
fn noise(seed: u64) -> String {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let letter = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'!' + u8::try_from(state % 90).unwrap())
    };
    (0..TEXT_BYTES).map(letter).collect()
}

/// Somebody who writes in one case without a pause.
struct Writer {
    browser: Browser,
    device: DeviceId,
    me: Me,
    document: Option<Document>,
}

impl Writer {
    async fn enrolled(narrow: &Narrow) -> Self {
        let (browser, answer) = enrolled(narrow, 4).await;
        let device = browser.device.unwrap();
        Self { browser, device, me: answer.welcome.me, document: None }
    }

    async fn writes(&mut self, narrow: &Narrow, number: u64) {
        let path = |at: u64| FieldPath::parse(&format!("persons/zzzzzzzzzzzzzzz{at}/given"));
        let edit =
            |at| Edit { path: path(at).unwrap(), value: Value::text(noise(number * TEXTS + at)) };
        let edits: Vec<Edit> = (2..2 + TEXTS).map(edit).collect();
        let (user, device) = (self.me.user, self.device);
        let by =
            Authoring { device, user, now_ms: 1, clock_offset_s: None, review_heads: Vec::new() };
        let chunk = if let Some(document) = &mut self.document {
            document.commit(&edits, &by).unwrap().unwrap()
        } else {
            let header = Header {
                document: CASE,
                kind: "case".to_owned(),
                parent: None,
                unit: *self.me.units.first().unwrap(),
                protection: 0,
                user,
                device,
                created_ms: 1,
                template: None,
            };
            let header = header.sign(&self.browser.key);
            let (document, chunk) = Document::create(ACTOR, header, &edits, &by).unwrap();
            self.document = Some(document);
            chunk
        };
        let envelope = AuthorEnvelope {
            document: CASE,
            actor: ACTOR,
            user,
            device,
            opened_ms: 1,
            last: chunk.hash,
        };
        let part = PushPart {
            document: CASE,
            envelope: envelope.sign(&self.browser.key).into(),
            chunks: vec![chunk.bytes.into()],
            enrolment: None,
        };
        let answer = exchanges(narrow, &mut self.browser, Push { parts: vec![part] }).await;
        let outcome = &answer.acks.first().unwrap().outcome;
        assert!(matches!(outcome, Outcome::Received(_)), "{outcome:?}");
        feed::settle(&narrow.door.app).await.unwrap();
    }
}

async fn exchanges(narrow: &Narrow, browser: &mut Browser, push: Push) -> ExchangeAnswer {
    let hello = Hello::first(browser.device.unwrap(), "test".to_owned());
    let question = Exchange { hello, push, deposits: Vec::new(), looks: None, gone: None };
    browser.post(&narrow.door, "/api/v1/sync", &question).await.read()
}

async fn enrolled(narrow: &Narrow, seed: u8) -> (Browser, ExchangeAnswer) {
    let mut browser = Browser::new(seed);
    assert_eq!(browser.enrol(&narrow.door, LOGIN, PASSWORD).await.status, StatusCode::OK);
    let answer = exchanges(narrow, &mut browser, Push::default()).await;
    (browser, answer)
}

/// A device that has the case and attaches to its news, with so many bytes of the system's for what it does not read.
async fn attaches(
    narrow: &Narrow,
    (browser, answer): &(Browser, ExchangeAnswer),
    buffer: u32,
) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(buffer).unwrap();
    let stream = socket.connect(narrow.address).await.unwrap();
    let (mut stream, told) = narrow.upgrades(stream, browser).await;
    assert!(told.starts_with("HTTP/1.1 101"), "{told}");
    let (device, arrived) = (browser.device.unwrap(), Position::default());
    let (epoch, cursor) = (answer.welcome.epoch, answer.feed.cursor);
    let frame = wire::pack(&ClientFrame::Attach { device, epoch, cursor, arrived });
    // Masked as those of browsers, with nothing.
    let length = u16::try_from(frame.len()).unwrap().to_be_bytes();
    let head = [&[0x82, 0xfe][..], &length, &[0; 4]].concat();
    stream.write_all(&[head, frame].concat()).await.unwrap();
    stream
}

/// The next message of the server, none of which is too long.
async fn message(stream: &mut TcpStream) -> Option<ServerFrame> {
    loop {
        let head = stream.read_u16().await.ok()?.to_be_bytes();
        let bytes = match head[1] {
            126 => u64::from(stream.read_u16().await.ok()?),
            127 => stream.read_u64().await.ok()?,
            short => u64::from(short),
        };
        let mut body = vec![0; usize::try_from(bytes).unwrap()];
        stream.read_exact(&mut body).await.ok()?;
        assert!(body.len() <= FRAME_MAX, "{} bytes at once", body.len());
        if head[0] & 0x0f == 2 {
            return Some(wire::unpack(&body).unwrap());
        }
    }
}

/// Reads the news, and tells how many changes there were.
async fn hears(mut stream: TcpStream, heard: watch::Sender<u64>) {
    while let Some(frame) = message(&mut stream).await {
        if let ServerFrame::Feed(batch) = frame {
            heard.send_modify(|all| *all += u64::try_from(batch.chunks.len()).unwrap());
        }
    }
}

async fn until_heard(heard: &mut watch::Receiver<u64>, wanted: u64) {
    let is_told = timeout(LONG, heard.wait_for(|all| *all == wanted)).await.is_ok();
    assert!(is_told, "{} of {wanted} changes were heard", *heard.borrow());
}

async fn until_here(app: &Arc<App>, device: DeviceId, wanted: bool) {
    let begun = Instant::now();
    while app.presence.is_live(device) != wanted {
        assert!(begun.elapsed() < LONG, "{device}: here should be {wanted}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_never_reads_the_news_is_cut_off_and_all_others_hear_them() {
    let narrow = Narrow::with(LOGIN, Bounds::default()).await;
    let app = Arc::clone(&narrow.door.app);
    app.sockets.read_within(SHORT);
    let mut writer = Writer::enrolled(&narrow).await;
    writer.writes(&narrow, 0).await;
    let (mute, reader, late) =
        (enrolled(&narrow, 5).await, enrolled(&narrow, 6).await, enrolled(&narrow, 7).await);
    let mut unread = attaches(&narrow, &mute, 4_096).await;
    let (sender, mut heard) = watch::channel(0);
    let task = tokio::spawn(hears(attaches(&narrow, &reader, 1 << 20).await, sender));
    let silent = mute.0.device.unwrap();
    until_here(&app, silent, true).await;
    until_here(&app, reader.0.device.unwrap(), true).await;
    // While one takes nothing, another hears each change as it is written.
    for number in 1..=CHANGES {
        writer.writes(&narrow, number).await;
        until_heard(&mut heard, number).await;
    }
    until_here(&app, silent, false).await;
    assert!(app.presence.is_live(reader.0.device.unwrap()), "who reads stays");
    // What it could have read: what the system held, and nothing that the server kept for it.
    let mut taken = Vec::new();
    drop(timeout(LONG, unread.read_to_end(&mut taken)).await.unwrap());
    let written = usize::try_from(CHANGES * TEXTS * TEXT_BYTES).unwrap();
    assert!(!taken.is_empty() && taken.len() < HELD_BY_SYSTEM, "{} bytes", taken.len());
    assert!(HELD_BY_SYSTEM < written / 2, "it would have been no test");
    // It is told all the same once it reads, in parts of which each is bounded ([`message`]).
    let (sender, mut heard) = watch::channel(0);
    let again = tokio::spawn(hears(attaches(&narrow, &late, 1 << 20).await, sender));
    until_heard(&mut heard, CHANGES).await;
    task.abort();
    again.abort();
}
