//! What a server answers to a greeting: pure, from the greeting and a few facts.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::ids::{DocumentId, Epoch};
use crate::order;
use crate::plant::{self, Plant};
use crate::sync::chain::{Chain, Position};
use crate::sync::digest::Digest;
use crate::sync::message::{FeedBatch, Hello, PROTOCOL_VERSION};

/// What the server knows when a greeting arrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Life of the log.
    pub epoch: Epoch,
    /// Newest place in the feed.
    pub head: Position,
    /// Chain value at the device's cursor, if the log has that number.
    pub at_cursor: Option<Chain>,
    /// Chain value at the highest place the device was ever told, if the log has that number.
    pub at_high: Option<Chain>,
    /// Whether this server has told the cursor the device names.
    pub told_cursor: bool,
    /// Whether this server has told the highest place the device names.
    pub told_high: bool,
    /// Newest number in the order of arrival.
    pub last_arrival: u64,
    /// Chain value at the arrival the device names, if the log has that number.
    pub at_arrived: Option<Chain>,
    /// Whether this server has told the arrival the device names.
    pub told_arrived: bool,
    /// Documents the device holds by the server's ledger.
    pub held: Arc<BTreeSet<DocumentId>>,
    /// Documents the person may read and this device should hold.
    pub allowed: Arc<BTreeSet<DocumentId>>,
    /// Those documents of the greeting's `unsure` that the log knows.
    pub unsure: BTreeSet<DocumentId>,
}

/// What is to be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The two speak no common version.
    Version,
    /// The log is not the one this server has told the device of: its history was rolled back. A
    /// new epoch begins, for all.
    RolledBack,
    /// The device knows another epoch, or names a place that was never told: everything is offered
    /// anew, on both sides, for this device alone.
    Anew {
        /// Documents to send whole.
        send: BTreeSet<DocumentId>,
    },
    /// The exchange goes on from the cursor.
    Follow {
        /// Documents the device has not had, to send whole.
        send: BTreeSet<DocumentId>,
        /// Documents it must no longer hold.
        drop: BTreeSet<DocumentId>,
        /// Documents it holds and keeps.
        keep: BTreeSet<DocumentId>,
    },
}

/// Sum of what a device had at its cursor if nothing is amiss: `total` is the sum of the documents
/// it keeps at the end of `batch`, which reaches from its cursor to there.
#[must_use]
pub fn digest_before(mut total: Digest, batch: &FeedBatch) -> Digest {
    for chunk in &batch.chunks {
        let mut one = Digest::default();
        one.add(&chunk.hash);
        total.leave(&one);
    }
    total
}

/// Decides.
#[must_use]
pub fn decide(hello: &Hello, facts: &Facts) -> Decision {
    if !(hello.version_min..=hello.version_max).contains(&PROTOCOL_VERSION) {
        return Decision::Version;
    }
    let Some(epoch) = hello.epoch else { return Decision::Anew { send: (*facts.allowed).clone() } };
    if epoch != facts.epoch {
        return Decision::Anew { send: (*facts.allowed).clone() };
    }
    let fits = |position: &Position, last: u64, known: Option<Chain>| {
        position.feed == 0 || (position.feed <= last && known == Some(position.chain))
    };
    let last = facts.head.feed;
    let unfit = [
        (fits(&hello.cursor, last, facts.at_cursor), facts.told_cursor),
        (fits(&hello.high, last, facts.at_high), facts.told_high),
        (fits(&hello.arrived, facts.last_arrival, facts.at_arrived), facts.told_arrived),
    ];
    if unfit.iter().any(|(fits, told)| !fits && *told) {
        return Decision::RolledBack;
    }
    if unfit.iter().any(|(fits, _)| !fits) {
        return Decision::Anew { send: (*facts.allowed).clone() };
    }
    let heal: BTreeSet<DocumentId> = order::set(hello.heal.iter().copied());
    let keep: BTreeSet<DocumentId> = facts
        .held
        .intersection(&facts.allowed)
        .copied()
        .filter(|doc| !heal.contains(doc))
        .collect();
    let new = |doc: &&DocumentId| !plant::is(Plant::NothingNewSent) || facts.held.contains(*doc);
    Decision::Follow {
        send: facts.allowed.difference(&keep).filter(new).copied().collect(),
        drop: facts
            .held
            .union(&facts.unsure)
            .filter(|doc| !facts.allowed.contains(doc) && !plant::is(Plant::DropForgotten))
            .copied()
            .collect(),
        keep,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::DeviceId;

    fn doc(number: u8) -> DocumentId {
        DocumentId::from_bytes([number; 16])
    }

    fn hello(epoch: Option<Epoch>, feed: u64, chain: u8) -> Hello {
        Hello {
            version_min: 1,
            version_max: 1,
            capabilities: 0,
            build: String::new(),
            device: DeviceId::from_bytes([0; 16]),
            epoch,
            cursor: Position::at(feed, Chain::from_bytes([chain; 8])),
            high: Position::at(feed, Chain::from_bytes([chain; 8])),
            digest: Digest::default(),
            wants: Vec::new(),
            heal: Vec::new(),
            unsure: Vec::new(),
            arrived: Position::default(),
        }
    }

    fn facts() -> Facts {
        Facts {
            epoch: Epoch::from_bytes([1; 16]),
            head: Position::at(10, Chain::from_bytes([10; 8])),
            at_cursor: Some(Chain::from_bytes([5; 8])),
            at_high: Some(Chain::from_bytes([5; 8])),
            told_cursor: true,
            told_high: true,
            last_arrival: 12,
            at_arrived: Some(Chain::from_bytes([7; 8])),
            told_arrived: true,
            held: Arc::new([doc(1), doc(2)].into()),
            allowed: Arc::new([doc(2), doc(3)].into()),
            unsure: BTreeSet::new(),
        }
    }

    #[test]
    fn only_the_difference_moves() {
        let decision = decide(&hello(Some(Epoch::from_bytes([1; 16])), 5, 5), &facts());
        let (send, drop, keep) = ([doc(3)].into(), [doc(1)].into(), [doc(2)].into());
        assert_eq!(decision, Decision::Follow { send, drop, keep });
    }

    #[test]
    fn a_document_to_heal_is_sent_whole_again() {
        let mut hello = hello(Some(Epoch::from_bytes([1; 16])), 5, 5);
        hello.heal = vec![doc(2), doc(9)];
        let Decision::Follow { send, keep, .. } = decide(&hello, &facts()) else { panic!() };
        assert!(send.contains(&doc(2)) && keep.is_empty() && !send.contains(&doc(9)));
    }

    #[test]
    fn an_unsure_document_is_dropped_if_it_is_known_and_not_allowed() {
        let facts = Facts { unsure: [doc(2), doc(4)].into(), ..facts() };
        let decision = decide(&hello(Some(Epoch::from_bytes([1; 16])), 5, 5), &facts);
        let Decision::Follow { drop, keep, .. } = decision else { panic!() };
        assert_eq!((drop, keep), ([doc(1), doc(4)].into(), [doc(2)].into()));
    }

    #[test]
    fn another_epoch_and_a_first_contact_begin_anew() {
        for epoch in [None, Some(Epoch::from_bytes([2; 16]))] {
            let decision = decide(&hello(epoch, 5, 5), &facts());
            assert_eq!(decision, Decision::Anew { send: (*facts().allowed).clone() });
        }
    }

    #[test]
    fn a_log_that_went_back_is_noticed() {
        let epoch = Some(Epoch::from_bytes([1; 16]));
        assert_eq!(decide(&hello(epoch, 11, 5), &facts()), Decision::RolledBack);
        assert_eq!(decide(&hello(epoch, 5, 6), &facts()), Decision::RolledBack);
    }

    #[test]
    fn a_log_that_lost_only_what_waits_for_its_trial_is_noticed_by_its_arrivals() {
        let life = Some(Epoch::from_bytes([1; 16]));
        let arrived = |number, chain| Hello {
            arrived: Position::at(number, Chain::from_bytes([chain; 8])),
            ..hello(life, 5, 5)
        };
        assert_eq!(decide(&arrived(13, 7), &facts()), Decision::RolledBack);
        assert_eq!(decide(&arrived(12, 8), &facts()), Decision::RolledBack);
        assert!(matches!(decide(&arrived(12, 7), &facts()), Decision::Follow { .. }));
        let untold = Facts { told_arrived: false, ..facts() };
        let anew = Decision::Anew { send: (*facts().allowed).clone() };
        assert_eq!(decide(&arrived(12, 8), &untold), anew);
    }

    #[test]
    fn a_place_that_was_never_told_concerns_that_device_alone() {
        let epoch = Some(Epoch::from_bytes([1; 16]));
        let untold = Facts { told_cursor: false, told_high: false, ..facts() };
        for claim in [hello(epoch, 11, 5), hello(epoch, 5, 6), hello(epoch, u64::MAX, 0)] {
            assert_eq!(
                decide(&claim, &untold),
                Decision::Anew { send: (*facts().allowed).clone() }
            );
        }
        let half = Facts { told_cursor: false, ..facts() };
        assert_eq!(decide(&hello(epoch, 11, 5), &half), Decision::RolledBack);
    }

    #[test]
    fn versions_must_meet() {
        let mut hello = hello(None, 0, 0);
        (hello.version_min, hello.version_max) = (2, 3);
        assert_eq!(decide(&hello, &facts()), Decision::Version);
    }
}
