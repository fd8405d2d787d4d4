//! What went over the wire of an earlier version: questions with their answers, in the order they were asked.

use std::fmt::Write;

use ankomst_shared::ids::ChangeHash;
use ankomst_shared::sync::message::{Ack, ExchangeAnswer, Outcome, ServerFrame};
use serde_json::{Value, json};

/// A question and its answer, or what was said on one live socket.
#[derive(Debug, Clone)]
pub struct Said {
    /// Whose device it was.
    pub who: String,
    /// Where it was said: `/api/v1/sync` and so on.
    pub way: String,
    /// What it is an example of.
    pub what: String,
    /// The bodies sent.
    pub sent: Vec<Vec<u8>>,
    /// The bodies that came back.
    pub heard: Vec<Vec<u8>>,
    /// How it was answered.
    pub status: u16,
    /// The end of the feed when everything brought had been shared.
    pub head: u64,
}

/// Writes what was said, one JSON object a line.
#[must_use]
pub fn write(all: &[Said]) -> String {
    let bodies = |all: &[Vec<u8>]| all.iter().map(|body| hex(body)).collect::<Vec<_>>();
    let lines = all.iter().map(|one| {
        let (sent, heard) = (bodies(&one.sent), bodies(&one.heard));
        let (who, way, what) = (&one.who, &one.way, &one.what);
        let (status, head) = (one.status, one.head);
        let line = json!({ "what": what, "who": who, "way": way, "status": status, "head": head, "sent": sent, "heard": heard });
        format!("{line}\n")
    });
    lines.collect()
}

/// Reads what was said.
#[must_use]
pub fn read(text: &str) -> Vec<Said> {
    let text_of = |value: &Value| value.as_str().unwrap().to_owned();
    let bodies = |value: &Value| value.as_array().unwrap().iter().map(unhex).collect();
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines
        .map(|line| Said {
            who: text_of(&line["who"]),
            way: text_of(&line["way"]),
            what: text_of(&line["what"]),
            sent: bodies(&line["sent"]),
            heard: bodies(&line["heard"]),
            status: u16::try_from(line["status"].as_u64().unwrap()).unwrap(),
            head: line["head"].as_u64().unwrap(),
        })
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn unhex(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap().as_bytes();
    let pairs = text.chunks(2).map(|pair| core::str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

/// What an answer to an exchange says, without what only its time and its server make so.
#[must_use]
pub fn facts(answer: &ExchangeAnswer) -> String {
    let documents: Vec<_> = answer
        .documents
        .iter()
        .map(|one| {
            let chunks: Vec<_> = one
                .chunks
                .iter()
                .map(|chunk| (chunk.hash, &chunk.bytes, &chunk.envelope))
                .collect();
            (one.document, &one.kind, one.parent, one.unit, one.again, chunks)
        })
        .collect();
    let feed: Vec<_> = answer
        .feed
        .chunks
        .iter()
        .map(|one| (one.document, one.hash, one.feed, &one.bytes, &one.envelope))
        .collect();
    let cursor = answer.feed.cursor;
    let held: Vec<_> = answer.held.iter().map(|note| (note.hash, &note.reason)).collect();
    let (left, anew, compared) = (answer.documents_left, answer.anew, answer.compared);
    let welcome = (answer.welcome.version, answer.welcome.epoch, answer.welcome.received);
    format!(
        "{welcome:?} {:?} {:?} {documents:?} {feed:?} {cursor:?} {:?} {held:?} {left} {anew} {compared}",
        answer.deposits, answer.drop, answer.digest
    )
}

/// What became of what was brought.
#[must_use]
pub fn acks(acks: &[Ack]) -> Vec<String> {
    acks.iter().map(|ack| outcome(ack.hash, &ack.outcome)).collect()
}

/// What frames of a live socket say together, however they are cut.
#[must_use]
pub fn heard(frames: &[ServerFrame]) -> String {
    let (mut said, mut feed, mut held, mut last) = (Vec::new(), Vec::new(), Vec::new(), None);
    let mut ends = Vec::new();
    for frame in frames {
        match frame {
            ServerFrame::Acks(all, _) => {
                said.extend(acks(all));
            }
            ServerFrame::Feed(batch) => {
                let chunks = batch.chunks.iter();
                feed.extend(chunks.map(|one| (one.document, one.hash, one.feed, &one.bytes)));
                last = Some(batch.cursor);
            }
            ServerFrame::Held(notes) => held.clone_from(notes),
            ServerFrame::Again | ServerFrame::Ended => ends.push(frame),
        }
    }
    format!("{said:?} {feed:?} {held:?} {last:?} {ends:?}")
}

fn outcome(hash: ChangeHash, outcome: &Outcome) -> String {
    match outcome {
        // When, is the server's clock.
        Outcome::Received(_) => format!("{hash} received"),
        other => format!("{hash} {other:?}"),
    }
}
