//! Bounds of what is sent at once: by number and by bytes. What does not fit goes next time.

use crate::limits::{DEPOSITS_MAX, PUSH_CHUNKS_MAX, SOCKET_MESSAGE_BYTES_MAX, SYNC_BODY_BYTES_MAX};
use crate::sync::message::{Deposit, Push, PushPart};

/// Bytes of changes in one exchange; half of the body, the other half is for deposits.
pub const PUSH_BYTES_MAX: usize = SYNC_BODY_BYTES_MAX / 2;
/// Bytes of changes in one frame of the live socket.
pub const FRAME_BYTES_MAX: usize = SOCKET_MESSAGE_BYTES_MAX / 2;
/// Bytes of deposits in one exchange.
pub const DEPOSIT_BYTES_MAX: usize = SYNC_BODY_BYTES_MAX / 4;
/// Bytes that map keys, lengths and ids of one part take at most.
const FRAMING_BYTES: usize = 64;
/// Largest deposit that goes by way of another tablet: more than one change takes, and there is room for it in every
/// exchange.
pub const CARRIED_BYTES_MAX: usize = DEPOSIT_BYTES_MAX - FRAMING_BYTES;

/// The first parts that fit; never a later one before an earlier one.
#[must_use]
pub fn push(parts: impl IntoIterator<Item = PushPart>, bytes_max: usize) -> Push {
    let (mut count, mut bytes) = (0, 0);
    let fitting = parts.into_iter().take_while(|part| {
        count += part.chunks.len();
        bytes += part_bytes(part);
        count <= PUSH_CHUNKS_MAX && bytes <= bytes_max
    });
    Push { parts: fitting.collect() }
}

/// As many deposits as fit, the first kind before the second; of each beginning after its first `turn`, so that one
/// that is never taken does not bar the way for the others. One of the first kind that is larger than that goes by
/// itself; one of the second never goes with more than fits.
#[must_use]
pub fn deposits(kinds: [(Vec<Deposit>, u64); 2]) -> Vec<Deposit> {
    let kinds = kinds.into_iter().zip([true, false]).flat_map(|((mut all, turn), may_be_large)| {
        let count = u64::try_from(all.len()).unwrap_or(u64::MAX);
        if let Some(start) = turn.checked_rem(count).and_then(|start| usize::try_from(start).ok()) {
            all.rotate_left(start);
        }
        all.into_iter().map(move |deposit| (deposit, may_be_large))
    });
    let mut bytes = 0;
    let fitting = kinds.take(DEPOSITS_MAX).take_while(|(deposit, may_be_large)| {
        let is_first = bytes == 0;
        bytes += deposit.sealed.len() + FRAMING_BYTES;
        is_first && *may_be_large || bytes <= DEPOSIT_BYTES_MAX
    });
    fitting.map(|(deposit, _)| deposit).collect()
}

fn part_bytes(part: &PushPart) -> usize {
    let chunks: usize = part.chunks.iter().map(|chunk| chunk.len() + FRAMING_BYTES).sum();
    let enrolment = part.enrolment.as_ref().map_or(0, |bytes| bytes.len());
    chunks + part.envelope.len() + enrolment + FRAMING_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{DepositId, DocumentId};
    use crate::limits::CHUNK_INFLATED_BYTES_MAX;
    use crate::sync::wire;

    fn part(number: u8, bytes: usize) -> PushPart {
        PushPart {
            document: DocumentId::from_bytes([number; 16]),
            envelope: vec![0; 200].into(),
            chunks: vec![vec![number; bytes].into()],
            enrolment: None,
        }
    }

    #[test]
    fn a_push_fits_into_a_body_and_keeps_the_order() {
        let parts: Vec<PushPart> = (0..40).map(|n| part(n, CHUNK_INFLATED_BYTES_MAX)).collect();
        let first = push(parts.clone(), PUSH_BYTES_MAX);
        assert!(!first.parts.is_empty() && first.parts.len() < parts.len());
        assert!(parts.starts_with(&first.parts));
        assert!(minicbor::to_vec(&first).unwrap().len() <= PUSH_BYTES_MAX);
        let many = push((0..=255).cycle().take(3_000).map(|n| part(n, 10)), PUSH_BYTES_MAX);
        assert_eq!(many.parts.len(), PUSH_CHUNKS_MAX);
    }

    #[test]
    fn the_largest_change_fits_into_one_frame() {
        let one = push([part(1, CHUNK_INFLATED_BYTES_MAX)], FRAME_BYTES_MAX);
        assert_eq!(one.parts.len(), 1);
        assert!(wire::pack(&one).len() <= SOCKET_MESSAGE_BYTES_MAX);
    }

    fn none() -> (Vec<Deposit>, u64) {
        (Vec::new(), 7)
    }

    #[test]
    fn the_first_kind_goes_before_the_second() {
        let some = |number: u8, count: usize| -> Vec<Deposit> {
            let id = DepositId::from_bytes([number; 16]);
            vec![Deposit { id, sealed: vec![number; 300].into() }; count]
        };
        let goes = deposits([(some(1, 3), 1), (some(2, 600), 5)]);
        assert_eq!(goes.len(), DEPOSITS_MAX);
        assert!(goes.iter().take(3).all(|one| one.sealed[0] == 1));
        assert_eq!(deposits([(some(1, 600), 0), (some(2, 600), 0)]), some(1, DEPOSITS_MAX));
    }

    #[test]
    fn what_another_brought_never_makes_an_exchange_too_large() {
        let one = |bytes: usize| {
            let id = DepositId::from_bytes([1; 16]);
            (vec![Deposit { id, sealed: vec![0; bytes].into() }], 0)
        };
        assert!(deposits([none(), one(SYNC_BODY_BYTES_MAX)]).is_empty());
        assert_eq!(deposits([one(SYNC_BODY_BYTES_MAX / 2), one(1)]).len(), 1);
        assert_eq!(deposits([one(1), one(CARRIED_BYTES_MAX)]).len(), 1);
        assert_eq!(deposits([none(), one(CARRIED_BYTES_MAX)]).len(), 1, "it has no turn at all");
    }

    #[test]
    fn every_deposit_gets_its_turn() {
        let all: Vec<Deposit> = (0..1_200_u32)
            .map(|n| Deposit {
                id: DepositId::from_bytes(u128::from(n).to_be_bytes()),
                sealed: vec![0; 300].into(),
            })
            .collect();
        let mut seen = std::collections::BTreeSet::new();
        for turn in 0..3 {
            let turn = (all.clone(), turn * 500);
            seen.extend(deposits([turn, none()]).into_iter().map(|deposit| deposit.id));
        }
        assert_eq!(seen.len(), all.len());
        assert!(deposits([none(), none()]).is_empty());
        let mut all = all;
        all[1].sealed = vec![0; DEPOSIT_BYTES_MAX].into();
        let from = |turn| deposits([(all.clone(), turn), none()]);
        assert_eq!(from(0).len(), 1, "it is no part of more than fits");
        assert_eq!(from(1), all[1..2], "the largest one bars the way");
    }
}
