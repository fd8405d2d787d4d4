//! What went over the wire of an earlier version: questions with their answers, in the order they were asked.

use std::fmt::Write;

use ankomst_shared::ids::ChangeHash;
use ankomst_shared::sync::message::{Ack, ExchangeAnswer, Outcome, ServerFrame};
use serde::{Deserialize, Serialize};

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

/// The form it is kept in.
#[derive(Serialize, Deserialize)]
struct Line {
    what: String,
    who: String,
    way: String,
    status: u16,
    head: u64,
    sent: Vec<String>,
    heard: Vec<String>,
}

/// Writes what was said, one JSON object a line.
#[must_use]
pub fn write(all: &[Said]) -> String {
    let bodies = |all: &[Vec<u8>]| all.iter().map(|body| hex(body)).collect::<Vec<_>>();
    let lines = all.iter().cloned().map(|Said { who, way, what, sent, heard, status, head }| {
        let (sent, heard) = (bodies(&sent), bodies(&heard));
        let line = Line { what, who, way, status, head, sent, heard };
        format!("{}\n", serde_json::to_string(&line).unwrap())
    });
    lines.collect()
}

/// Reads what was said.
#[must_use]
pub fn read(text: &str) -> Vec<Said> {
    let bodies = |all: &[String]| all.iter().map(|text| unhex(text)).collect();
    let lines = text.lines().map(|line| serde_json::from_str::<Line>(line).unwrap());
    lines
        .map(|Line { what, who, way, status, head, sent, heard }| {
            let (sent, heard) = (bodies(&sent), bodies(&heard));
            Said { who, way, what, sent, heard, status, head }
        })
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2).map(|pair| core::str::from_utf8(pair).unwrap());
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
