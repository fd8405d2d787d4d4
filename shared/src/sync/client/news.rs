//! What is to be stored after hearing from the server.

use std::collections::{BTreeMap, BTreeSet};

use crate::chunk::parse;
use crate::ids::{ChangeHash, DepositId, DocumentId};
use crate::order;
use crate::plant::{self, Plant};
use crate::sync::client::{Kept, Place, Stage};
use crate::sync::message::{
    Ack, DeliveredChunk, Destroyed, DocumentHistory, HeldNote, Outcome, Refused,
};

/// Changes of what is kept; whatever is not named stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct News {
    /// What was said of changes that are here.
    pub stages: BTreeMap<(DocumentId, ChangeHash), Said>,
    /// Whatever was noted of arrivals before is void: the log is another one.
    pub anew: bool,
    /// Changes that were not here; each is still to pass the gate, and is then shared.
    pub arrived: BTreeMap<(DocumentId, ChangeHash), DeliveredChunk>,
    /// Documents to forget whole.
    pub gone: BTreeSet<DocumentId>,
    /// Those of them that were lawfully destroyed: what is half typed in them and their deposits go, too.
    pub destroyed: BTreeSet<DocumentId>,
    /// Changes to forget, because their document goes on in others.
    pub ended: Vec<(DocumentId, ChangeHash)>,
    /// All that is held now, where that was told.
    pub held: Option<Vec<HeldNote>>,
    /// Deposits that are on the server's disk.
    pub deposits: BTreeSet<DepositId>,
    /// Something moved: asking again may bring more.
    pub progress: bool,
}

/// What was said of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said {
    /// How far it has come.
    pub stage: Stage,
    /// When it arrived at the server, if told, Unix milliseconds.
    pub at_ms: Option<i64>,
    /// It had arrived when this many changes had; 0 when not told.
    pub arrival: u64,
}

impl Said {
    /// What is noted of a change written here, from what was noted before: 0 for not known, nothing for
    /// a change of others.
    #[must_use]
    pub fn own(&self, before: Option<u64>, anew: bool) -> Option<u64> {
        before.map(|before| match self.stage {
            Stage::Unsent => 0,
            _ if before > 0 && !anew => before,
            _ => self.arrival,
        })
    }

    pub(super) const fn unsent() -> Self {
        Self { stage: Stage::Unsent, at_ms: None, arrival: 0 }
    }
}

/// What an acknowledgement means for the changes that wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// The change is on the server's disk: what waits in its document may go.
    Taken,
    /// The change waits for others.
    Waits,
    /// Neither.
    Nothing,
}

impl News {
    /// Notes what became of a pushed change.
    pub(super) fn hear_ack(&mut self, kept: &impl Kept, ack: &Ack, arrival: u64) -> Heard {
        let (stage, at_ms) = match &ack.outcome {
            Outcome::Received(at) => (Stage::Received, Some(*at)),
            Outcome::Missing(_) if plant::is(Plant::MissingIsTaken) => (Stage::Received, None),
            Outcome::Missing(missing) => return self.hear_missing(kept, ack.document, missing),
            // It waits for the document it follows, which may be on another device.
            Outcome::Refused(Refused::Header) if kept.parent(ack.document).is_some() => {
                return Heard::Waits;
            }
            Outcome::Refused(_) => (Stage::Refused, None),
        };
        match kept.stage(ack.document, &ack.hash) {
            // The feed may have been faster than the acknowledgement.
            None | Some(Stage::Shared) => Heard::Nothing,
            Some(before) => {
                self.progress |= before != stage;
                self.stages.insert((ack.document, ack.hash), Said { stage, at_ms, arrival });
                if stage == Stage::Received { Heard::Taken } else { Heard::Nothing }
            }
        }
    }

    /// What the server lacks is offered again, but not what it has refused.
    fn hear_missing(
        &mut self,
        kept: &impl Kept,
        document: DocumentId,
        missing: &[ChangeHash],
    ) -> Heard {
        let mut heard = Heard::Waits;
        for hash in missing {
            let stage = kept.stage(document, hash);
            if stage.is_some_and(|stage| !stage.is_only_here()) {
                self.progress = true;
                self.stages.insert((document, *hash), Said::unsent());
                heard = Heard::Nothing;
            }
        }
        heard
    }

    /// Notes what is held for a person.
    pub(super) fn hear_held(&mut self, kept: &impl Kept, notes: &[HeldNote], arrival: u64) {
        self.held = Some(notes.to_vec());
        for note in notes {
            let stage = kept.stage(note.document, &note.hash);
            if stage.is_some_and(|stage| stage != Stage::Shared) {
                let said = Said { stage: Stage::Held, at_ms: None, arrival };
                self.stages.insert((note.document, note.hash), said);
            }
        }
    }

    /// Notes changes of the feed. Being there outweighs whatever else was said.
    pub(super) fn hear_chunks(
        &mut self,
        kept: &impl Kept,
        chunks: &[DeliveredChunk],
        arrival: u64,
    ) {
        for chunk in chunks {
            let key = (chunk.document, chunk.hash);
            if kept.stage(chunk.document, &chunk.hash).is_some() {
                if plant::is(Plant::EchoUnheard) {
                    continue;
                }
                let at_ms = Some(chunk.received_ms);
                self.stages.insert(key, Said { stage: Stage::Shared, at_ms, arrival });
            } else if chunk.bytes.is_some() && chunk.envelope.is_some() {
                self.arrived.insert(key, chunk.clone());
            }
        }
    }

    /// Notes changes of the feed that build on what is here, and gives the documents of the others: what is
    /// here of those has a gap, or belongs to a line that has ended, and they are to come whole.
    pub(super) fn hear_feed(
        &mut self,
        kept: &impl Kept,
        chunks: &[DeliveredChunk],
        arrival: u64,
    ) -> Vec<DocumentId> {
        let mut gaps: Vec<DocumentId> = Vec::new();
        for chunk in chunks {
            let is_here = |hash: &ChangeHash| {
                kept.stage(chunk.document, hash).is_some()
                    || self.arrived.contains_key(&(chunk.document, *hash))
            };
            let info = chunk.bytes.as_ref().and_then(|bytes| parse(bytes).ok());
            let has_gap = info.is_some_and(|info| !info.deps.iter().all(is_here));
            if has_gap && !plant::is(Plant::NeverHealed) {
                gaps.push(chunk.document);
            } else {
                self.hear_chunks(kept, core::slice::from_ref(chunk), arrival);
            }
        }
        gaps
    }

    /// Whether a document whole is another line than the one that is kept: nothing of that is in it. What
    /// was written here may be a second beginning of a review, unless the server says that lines have ended. One of
    /// which nothing is shown yet is no line: what is here may be what waits there.
    pub(super) fn is_other_line(kept: &impl Kept, history: &DocumentHistory) -> bool {
        let mut stages = kept.stages(history.document);
        stages.retain(|(_, stage)| *stage != Stage::Refused);
        let there = |hash: &ChangeHash| history.chunks.iter().any(|chunk| chunk.hash == *hash);
        let came = history.again == Some(true) || kept.came(history.document);
        let is_line = !history.chunks.is_empty();
        came && is_line && !stages.is_empty() && !stages.iter().any(|(hash, _)| there(hash))
    }

    /// Whether something of a document is only here, after what was heard.
    pub(super) fn has_unsent(&self, kept: &impl Kept, document: DocumentId) -> bool {
        kept.stages(document).into_iter().any(|(hash, stage)| {
            let stage = self.stages.get(&(document, hash)).map_or(stage, |said| said.stage);
            stage == Stage::Unsent
        })
    }

    /// Changes from the line that is kept to the one that comes whole. What is held or was refused stays.
    pub(super) fn change_line(&mut self, kept: &impl Kept, document: DocumentId) {
        for (hash, stage) in kept.stages(document) {
            let stage = self.stages.get(&(document, hash)).map_or(stage, |said| said.stage);
            if matches!(stage, Stage::Shared | Stage::Received) {
                self.ended.push((document, hash));
            }
        }
        self.progress = true;
    }

    /// Notes a document whole: what was shared and is not in it is offered again.
    pub(super) fn hear_whole(
        &mut self,
        kept: &impl Kept,
        (document, chunks): (DocumentId, &[DeliveredChunk]),
        arrival: u64,
    ) {
        let there: BTreeSet<ChangeHash> = order::set(chunks.iter().map(|chunk| chunk.hash));
        for (hash, stage) in kept.stages(document) {
            let is_more = !there.contains(&hash) && !plant::is(Plant::WholeIsAll);
            if stage == Stage::Shared && is_more {
                self.stages.insert((document, hash), Said::unsent());
            }
        }
        self.hear_chunks(kept, chunks, arrival);
    }

    /// Notes by when changes had arrived of which nobody has said so: their acknowledgement was lost,
    /// or they were seen on the socket first. The feed and the list of held changes show that the log
    /// has them.
    pub(super) fn note_arrivals(&mut self, kept: &impl Kept, arrival: u64) {
        for (document, hash, stage) in kept.unnoted() {
            let said = Said { stage, at_ms: None, arrival };
            let said = self.stages.entry((document, hash)).or_insert(said);
            if matches!(said.stage, Stage::Shared | Stage::Held) {
                said.arrival = arrival;
            }
        }
    }

    /// Everything here is to be offered once more.
    pub(super) fn offer_all(&mut self, kept: &impl Kept) {
        if plant::is(Plant::NothingOffered) {
            return;
        }
        for document in kept.documents() {
            for (hash, _) in kept.stages(document) {
                self.stages.insert((document, hash), Said::unsent());
            }
        }
    }

    /// Everything of a record that was lawfully destroyed goes, whatever was heard of it, and with it what belongs to
    /// it and only this device knows of.
    pub(super) fn destroy(&mut self, kept: &impl Kept, place: &mut Place, one: &Destroyed) {
        let mut all: BTreeSet<DocumentId> = order::set(one.documents.iter().copied());
        all.insert(one.record);
        let here = kept.documents();
        loop {
            let before = all.len();
            let below = |id: &DocumentId| kept.parent(*id).is_some_and(|it| all.contains(&it));
            let more: Vec<DocumentId> = here.iter().copied().filter(below).collect();
            all.extend(more);
            if all.len() == before {
                break;
            }
        }
        self.stages.retain(|(document, _), _| !all.contains(document));
        self.arrived.retain(|(document, _), _| !all.contains(document));
        self.ended.retain(|(document, _)| !all.contains(document));
        place.leaving.retain(|document| !all.contains(document));
        place.unsure.retain(|document| !all.contains(document));
        self.gone.extend(all.iter().copied());
        self.destroyed.extend(all);
        self.progress = true;
    }

    /// Gives up the documents that leave and of which nothing is only here any more.
    pub(super) fn give_up(&mut self, kept: &impl Kept, place: &mut Place) {
        let ready = |document: &DocumentId| {
            kept.stages(*document).into_iter().all(|(hash, stage)| {
                let stage = self.stages.get(&(*document, hash)).map_or(stage, |said| said.stage);
                !stage.is_only_here() || plant::is(Plant::GivenUpEarly)
            })
        };
        let gone: BTreeSet<DocumentId> = order::set(place.leaving.iter().copied().filter(ready));
        for document in &gone {
            place.leaving.remove(document);
            place.unsure.remove(document);
        }
        self.gone.extend(gone);
    }
}
