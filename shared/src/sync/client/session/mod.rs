//! What a tablet says and what it makes of the answer.

use std::collections::BTreeSet;

use crate::ids::{ChangeHash, DocumentId};
use crate::limits::{HEAL_MAX, UNSURE_MAX};
use crate::order::{self, Few};
use crate::plant::{self, Plant};
use crate::sign::header::review_of;
use crate::sync::chain::Position;
use crate::sync::client::news::{Heard, News, Said};
use crate::sync::client::{Kept, Place, Stage};
use crate::sync::digest::Digest;
use crate::sync::message::{
    Ack, DeliveredChunk, Exchange, ExchangeAnswer, FeedBatch, Hello, Outcome, Refused, ServerFrame,
};

/// What is in memory only, from the opening of a vault to its closing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Client {
    heal: BTreeSet<DocumentId>,
    /// What a comparison has already led to a question about; cleared once the sums agree.
    tried: BTreeSet<DocumentId>,
    /// Received changes that have been offered once more.
    offered: BTreeSet<ChangeHash>,
    /// Documents that came as another line while something of them was still to be sent.
    postponed: Vec<DocumentId>,
    /// Unsent changes that wait for others, or because the server had no room for them; they do not bar the way for the
    /// rest.
    waiting: Few<(DocumentId, ChangeHash), bool>,
    /// The last acknowledgements had some that were taken.
    taken: bool,
    /// The last unsure document that the greeting had room for, if it did not have room for all.
    asked_to: Option<DocumentId>,
}

/// What follows from an answer that has been stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Nothing more to ask: the socket may open.
    Whole,
    /// Ask again at once.
    Again,
    /// Something remains that asking at once would not change: a change waits for others, or a
    /// document cannot be healed. The socket may open; a later exchange tries again.
    Later,
}

/// What became of a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// To be stored.
    News(News),
    /// A new exchange is needed.
    Again,
    /// The session has ended.
    Ended,
}

impl Client {
    /// Fills in what a greeting says of place and contents.
    pub fn greet(&mut self, hello: &mut Hello, place: &Place, kept: &impl Kept) {
        hello.epoch = place.epoch;
        hello.cursor = place.cursor;
        hello.high = place.high;
        hello.arrived = place.arrived;
        hello.digest = digest(place, kept);
        hello.heal = self.heal.iter().copied().take(HEAL_MAX).collect();
        // A document written here that has not come back may have been taken from this person.
        let own = kept.documents().into_iter().filter(|document| {
            let stages = kept.stages(*document);
            !place.leaving.contains(document)
                && stages.iter().all(|(_, stage)| *stage != Stage::Shared)
                && stages.iter().any(|(_, stage)| !stage.is_only_here())
        });
        let unsure: BTreeSet<DocumentId> = order::set(own.chain(place.unsure.iter().copied()));
        let is_more = unsure.len() > UNSURE_MAX;
        hello.unsure = unsure.into_iter().take(UNSURE_MAX).collect();
        self.asked_to = hello.unsure.last().copied().filter(|_| is_more);
    }

    /// Asks for documents whole that have gone from here.
    pub fn ask_again(&mut self, documents: impl IntoIterator<Item = DocumentId>) {
        self.heal.extend(documents);
    }

    /// Whether a document is asked for whole, and has not come and is not known not to come.
    #[must_use]
    pub fn is_to_come(&self, document: DocumentId) -> bool {
        self.heal.contains(&document)
    }

    /// Whether an unsent change waits for others, so that it is not to be pushed now.
    #[must_use]
    pub fn waits(&self, document: DocumentId, hash: &ChangeHash) -> bool {
        self.waiting.contains_key(&(document, *hash))
    }

    /// Hears an answer: what is to be stored together with the place.
    #[must_use]
    pub fn hear(&mut self, place: &mut Place, kept: &impl Kept, answer: &ExchangeAnswer) -> News {
        let mut news = News { anew: answer.anew, ..News::default() };
        // Numbers count once a greeting has shown that the log is the one they were told of.
        let arrival = if answer.anew { 0 } else { answer.welcome.received.feed };
        if answer.anew {
            if place.epoch.is_some() {
                // The log may lack what is here; and its ledger of what is here is not ours.
                news.offer_all(kept);
                place.unsure = kept.documents().into_iter().collect();
                place.leaving.clear();
            }
            place.high = Position::default();
            place.arrived = Position::default();
            // What this answer acknowledges is offered once more, to be told by when it had arrived.
            self.offered = BTreeSet::new();
            news.progress = true;
        }
        place.epoch = Some(answer.welcome.epoch);
        news.progress |= place.cursor != answer.feed.cursor || !answer.documents.is_empty();
        move_on(place, answer.feed.cursor);
        raise(&mut place.arrived, answer.welcome.received);
        if !answer.anew {
            self.doubt(kept, answer, &mut news);
        }
        self.hear_acks(kept, (&answer.acks, arrival), &mut news);
        news.hear_held(kept, &answer.held, arrival);
        self.postponed = Vec::new();
        for history in &answer.documents {
            if News::is_other_line(kept, history) {
                // What is only here goes first, of a record and of what was decided about it.
                let record = if history.kind == "review" { history.parent } else { None };
                let record = record.unwrap_or(history.document);
                if news.has_unsent(kept, record) || news.has_unsent(kept, review_of(record)) {
                    self.heal.insert(history.document);
                    self.postponed.push(history.document);
                    continue;
                }
                news.change_line(kept, history.document);
                news.hear_chunks(kept, &history.chunks, arrival);
            } else {
                news.hear_whole(kept, (history.document, &history.chunks), arrival);
            }
            place.leaving.remove(&history.document);
            place.unsure.remove(&history.document);
        }
        self.hear_feed(kept, (&answer.feed.chunks, arrival), &mut news);
        if !answer.anew {
            news.note_arrivals(kept, arrival);
            // The server has judged those it was asked about and knows; one with unsent work it may not know yet.
            let before = place.unsure.len();
            let later = |document: &DocumentId| self.asked_to.is_some_and(|last| *document > last);
            place.unsure.retain(|document| later(document) || news.has_unsent(kept, *document));
            news.progress |= self.asked_to.is_some() && place.unsure.len() < before;
        }
        for document in &answer.drop {
            news.progress |= place.leaving.insert(*document);
            place.unsure.remove(document);
        }
        news.deposits.extend(&answer.deposits);
        news.progress |= !news.deposits.is_empty();
        for one in answer.destroyed.iter().flatten() {
            news.destroy(kept, place, one);
        }
        self.heal.retain(|document| !news.gone.contains(document));
        self.waiting.retain(|(document, _)| !news.gone.contains(document));
        news.give_up(kept, place);
        news
    }

    /// Says what follows once the news are stored: `kept` is what is kept by then. A comparison
    /// may make documents unsure, which is stored with the next news.
    pub fn settle(
        &mut self,
        place: &mut Place,
        kept: &impl Kept,
        (question, answer): (&Exchange, &ExchangeAnswer),
        progress: bool,
    ) -> Next {
        self.note_healed(question, answer);
        let found = answer.compared && self.compare(place, kept, answer);
        let differs = answer.documents_left == 0 && answer.digest != digest(place, kept);
        if answer.documents_left == 0 && !differs {
            self.tried.clear();
        }
        let unsent = self.can_send(kept);
        // There may be more deposits than fitted, and an answer that is anew has noted none.
        let deposits = answer.welcome.received.feed > 0 && !answer.deposits.is_empty();
        let rest = answer.documents_left > 0 || differs || found || unsent || deposits;
        let rest = rest || !self.heal.is_empty() || self.asked_to.is_some();
        // A server takes only so many late ones at once: where some were taken, others find room now.
        let late = self.taken && !self.waiting.pairs().is_empty();
        // What has gone by order is confirmed at once.
        let rest = rest || answer.anew || late || answer.destroyed.is_some();
        // A difference is worth one more question even if nothing moved: it has the comparison.
        let uncompared = differs && !answer.compared;
        let next = match (rest, progress || found || unsent || uncompared) {
            (false, _) if self.waiting.pairs().is_empty() => Next::Whole,
            (true, true) => Next::Again,
            (_, _) => Next::Later,
        };
        if next != Next::Again || late && !unsent {
            self.waiting = Few::default();
        }
        next
    }

    /// Hears a frame of the live socket.
    #[must_use]
    pub fn hear_frame(
        &mut self,
        place: &mut Place,
        kept: &impl Kept,
        frame: &ServerFrame,
    ) -> Frame {
        let mut news = News::default();
        match frame {
            // An exchange says what was destroyed.
            ServerFrame::Acks(acks, _)
                if acks.iter().any(|ack| ack.outcome == Outcome::Refused(Refused::Destroyed)) =>
            {
                return Frame::Again;
            }
            ServerFrame::Acks(acks, received) => {
                raise(&mut place.arrived, *received);
                self.hear_acks(kept, (acks, received.feed), &mut news);
                news.give_up(kept, place);
                if self.taken {
                    self.offer_late();
                }
            }
            ServerFrame::Feed(FeedBatch { chunks, cursor }) => {
                self.hear_feed(kept, (chunks, 0), &mut news);
                if !self.heal.is_empty() {
                    return Frame::Again;
                }
                move_on(place, *cursor);
            }
            ServerFrame::Held(notes) => news.hear_held(kept, notes, 0),
            ServerFrame::Again => return Frame::Again,
            ServerFrame::Ended => return Frame::Ended,
        }
        Frame::News(news)
    }

    fn hear_acks(&mut self, kept: &impl Kept, (acks, arrival): (&[Ack], u64), news: &mut News) {
        self.taken = false;
        for ack in acks {
            match news.hear_ack(kept, ack, arrival) {
                Heard::Taken => {
                    self.taken = true;
                    self.waiting.retain(|(document, _)| *document != ack.document);
                }
                Heard::Waits => {
                    let no_room = ack.outcome == Outcome::Missing(Vec::new());
                    self.waiting.insert((ack.document, ack.hash), no_room);
                }
                Heard::Nothing => {}
            }
        }
    }

    /// What the server had no room for finds some where others were taken.
    fn offer_late(&mut self) {
        let late = self.waiting.pairs().iter().filter(|(_, no_room)| *no_room);
        for change in late.map(|(change, _)| *change).collect::<Vec<_>>() {
            self.waiting.remove(&change);
        }
    }

    /// What came into a document may be what a change of it waits for.
    fn hear_feed(
        &mut self,
        kept: &impl Kept,
        (chunks, arrival): (&[DeliveredChunk], u64),
        news: &mut News,
    ) {
        let gaps = news.hear_feed(kept, chunks, arrival);
        news.progress |= !gaps.is_empty();
        self.heal.extend(gaps);
        let before = self.waiting.pairs().len();
        let came: BTreeSet<DocumentId> = order::set(chunks.iter().map(|chunk| chunk.document));
        self.waiting.retain(|(document, _)| !came.contains(document));
        news.progress |= self.waiting.pairs().len() != before;
    }

    fn can_send(&self, kept: &impl Kept) -> bool {
        kept.documents().into_iter().any(|document| {
            let mut stages = kept.stages(document).into_iter();
            stages.any(|(hash, stage)| stage == Stage::Unsent && !self.waits(document, &hash))
        })
    }

    /// A document to heal stays one until it has come, or is known not to come.
    fn note_healed(&mut self, question: &Exchange, answer: &ExchangeAnswer) {
        let came: BTreeSet<DocumentId> =
            order::set(answer.documents.iter().map(|history| history.document));
        for document in &question.hello.heal {
            if self.postponed.contains(document) {
                continue;
            }
            if came.contains(document) || answer.documents_left == 0 {
                self.heal.remove(document);
                self.tried.insert(*document);
            }
        }
    }

    /// Finds what differs; tells whether there is something to ask that was not asked before.
    fn compare(&mut self, place: &mut Place, kept: &impl Kept, answer: &ExchangeAnswer) -> bool {
        for (document, theirs) in &answer.digests {
            if digest_of(kept, *document) != *theirs
                && !plant::is(Plant::NeverHealed)
                && !self.tried.contains(document)
            {
                self.heal.insert(*document);
            }
        }
        let counted = answer.digests.iter().map(|(document, _)| *document);
        let sent = answer.documents.iter().map(|history| history.document);
        let known: BTreeSet<DocumentId> = order::set(counted.chain(sent));
        // What the server does not count as held here is to be confirmed or given up.
        let mut found = !self.heal.is_empty();
        for document in kept.documents() {
            let ours = !known.contains(&document)
                && !place.leaving.contains(&document)
                && digest_of(kept, document) != Digest::default();
            if ours && self.tried.insert(document) {
                found = true;
                place.unsure.insert(document);
            }
        }
        found
    }

    /// Offers once more what a log that lost its newest part, but none of its feed, may lack: what
    /// it should hold and does not name, and, once for each opening, what it has had for a while.
    fn doubt(&mut self, kept: &impl Kept, answer: &ExchangeAnswer, news: &mut News) {
        let held: BTreeSet<ChangeHash> = order::set(answer.held.iter().map(|note| note.hash));
        for document in kept.documents() {
            for (hash, stage) in kept.stages(document) {
                let doubtful = match stage {
                    Stage::Held => !held.contains(&hash),
                    Stage::Received => self.offered.insert(hash),
                    Stage::Unsent | Stage::Refused | Stage::Shared => false,
                };
                if doubtful {
                    news.progress = true;
                    news.stages.insert((document, hash), Said::unsent());
                }
            }
        }
    }
}

/// Sum of the changes that came by the feed, of documents the server counts as held here.
#[must_use]
pub fn digest(place: &Place, kept: &impl Kept) -> Digest {
    let mut total = Digest::default();
    for document in kept.documents() {
        if !place.leaving.contains(&document) {
            total.join(&digest_of(kept, document));
        }
    }
    total
}

fn digest_of(kept: &impl Kept, document: DocumentId) -> Digest {
    let mut sum = Digest::default();
    for (hash, stage) in kept.stages(document) {
        if stage == Stage::Shared {
            sum.add(&hash);
        }
    }
    sum
}

fn move_on(place: &mut Place, cursor: Position) {
    place.cursor = cursor;
    raise(&mut place.high, cursor);
}

fn raise(highest: &mut Position, told: Position) {
    if highest.feed < told.feed {
        *highest = told;
    }
}

#[cfg(test)]
mod tests;
