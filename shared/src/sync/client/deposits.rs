//! What a device notes of arrivals at the server, in the open, for whoever uses it.
//!
//! A deposit stays on its device until a backup that was read whole has it (level L3). It is handed in
//! once in each epoch; by when it had arrived is noted, and it may go once a backup reaches that far.
//! Numbers count for one life of the log only, and a log that was put back gives them again: so they
//! are compared only in the answer to a greeting whose `arrived` fits.

use minicbor::{Decode, Encode};

use crate::ids::Epoch;
use crate::sync::chain::Position;
use crate::sync::client::Place;
use crate::sync::message::{Exchange, ExchangeAnswer};

/// Highest place in the order of arrival that anybody on the device was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct Arrived {
    /// Life of the log it was told in.
    #[n(0)]
    pub epoch: Option<Epoch>,
    /// The place.
    #[n(1)]
    pub at: Position,
}

impl Arrived {
    /// What a greeting says of it; nothing of another life of the log.
    #[must_use]
    pub fn told(&self, epoch: Option<Epoch>) -> Position {
        if self.epoch == epoch { self.at } else { Position::default() }
    }

    /// Takes in where a person stands after an answer to a greeting that named `asked` as its epoch.
    pub fn hear(&mut self, asked: Option<Epoch>, place: &Place) {
        // What others here were told of that life was not in this greeting: it waits for one that
        // asks whether it still fits.
        if self.epoch != place.epoch || asked == place.epoch {
            *self = Self { epoch: place.epoch, at: place.arrived };
        }
    }
}

/// What is noted of a deposit that the server has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Noted {
    /// Life of the log it was handed in to.
    #[n(0)]
    pub epoch: Epoch,
    /// It had arrived when this many changes had.
    #[n(1)]
    pub arrival: u64,
}

impl Noted {
    /// Whether the deposit may be forgotten.
    #[must_use]
    pub fn may_go(&self, epoch: Epoch, backed_up: u64) -> bool {
        self.epoch == epoch && self.arrival <= backed_up
    }
}

/// How far a checked backup reaches, as far as this answer can tell this device; 0 for not at all.
#[must_use]
pub fn backed_up(question: &Exchange, answer: &ExchangeAnswer) -> u64 {
    if answer.anew { 0 } else { answer.welcome.backed_up.min(question.hello.arrived.feed) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::Chain;

    fn place(epoch: u8, number: u64) -> Place {
        Place {
            epoch: Some(Epoch::from_bytes([epoch; 16])),
            arrived: Position::at(number, Chain::default()),
            ..Place::default()
        }
    }

    #[test]
    fn what_others_here_were_told_waits_for_a_greeting_that_asks() {
        let life = place(2, 0).epoch;
        let mut arrived = Arrived { epoch: life, at: place(2, 100).arrived };
        arrived.hear(place(1, 0).epoch, &place(2, 40));
        assert_eq!(arrived.told(life).feed, 100);
        arrived.hear(life, &place(2, 120));
        assert_eq!(arrived.told(life).feed, 120);
        assert_eq!(arrived.told(place(1, 0).epoch), Position::default());
        arrived.hear(life, &place(3, 7));
        assert_eq!(arrived.told(place(3, 0).epoch).feed, 7);
    }
}
