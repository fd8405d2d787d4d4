//! What went over a tablet's wire, noted apart from the core: what the server acknowledged, how it
//! answered, and where the two stood in their last exchange.

use std::collections::{BTreeMap, BTreeSet};

use ankomst_shared::ids::ChangeHash;
use ankomst_shared::sync::message::{Ack, Exchange, ExchangeAnswer, Hello, Outcome, ServerFrame};
use ankomst_shared::sync::{Digest, Position, wire};

/// Notes of one tablet since it was switched on.
#[derive(Debug, Default)]
pub struct Heard {
    /// Changes of which the server said that they are on its disk.
    pub acked: BTreeSet<ChangeHash>,
    /// How often each status was answered to an exchange.
    pub statuses: BTreeMap<u16, u32>,
    /// Answers that said: this is not the log you knew.
    pub anew: u32,
    /// Answers that said: your digest is not mine.
    pub compared: u32,
    /// Deposits that were handed in.
    pub handed_in: usize,
    /// Frames of live sockets that brought changes.
    pub news: u32,
    /// Whether only statuses and frames are counted: what is measured reads nothing twice.
    pub is_brief: bool,
    /// The last exchange that was answered.
    pub last: Option<Met>,
}

/// Where tablet and server stood in an exchange.
#[derive(Debug, Clone)]
pub struct Met {
    /// What the tablet said of itself.
    pub hello: Hello,
    /// The place in the feed that the answer leads to.
    pub place: Position,
    /// The server's digest of what the tablet holds after the answer.
    pub digest: Digest,
    /// Changes that were pushed or came with the answer.
    pub moved: usize,
}

impl Heard {
    /// Notes the answer to an exchange.
    pub(super) fn answered(&mut self, question: &[u8], status: u16, answer: &[u8]) {
        *self.statuses.entry(status).or_default() += 1;
        if self.is_brief {
            return;
        }
        let (Ok(question), Ok(answer)) =
            (wire::unpack::<Exchange>(question), wire::unpack::<ExchangeAnswer>(answer))
        else {
            return;
        };
        self.take(&answer.acks);
        self.handed_in += question.deposits.len();
        self.anew += u32::from(answer.anew);
        self.compared += u32::from(answer.compared);
        let moved = answer.acks.len() + answer.feed.chunks.len() + answer.documents.len();
        let (place, digest) = (answer.feed.cursor, answer.digest);
        self.last = Some(Met { hello: question.hello, place, digest, moved });
    }

    /// Notes a frame of the live socket.
    pub(super) fn frame(&mut self, frame: &[u8]) {
        match wire::unpack(frame) {
            Ok(ServerFrame::Acks(acks, _)) => self.take(&acks),
            Ok(ServerFrame::Feed(..)) => self.news += 1,
            _ => {}
        }
    }

    fn take(&mut self, acks: &[Ack]) {
        let received = acks.iter().filter(|ack| matches!(ack.outcome, Outcome::Received(_)));
        self.acked.extend(received.map(|ack| ack.hash));
    }
}
