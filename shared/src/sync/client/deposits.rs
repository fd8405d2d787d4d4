//! What a device notes of arrivals at the server, in the open, for whoever uses it.
//!
//! A deposit stays on its device until a backup that was read whole has it (level L3). It is handed in
//! once in each epoch; by when it had arrived is noted, and it may go once a backup reaches that far.
//! Numbers count for one life of the log only, and a log that was put back gives them again: so they
//! are compared only in the answer to a greeting whose `arrived` fits.

use crate::ids::Epoch;
use crate::plant::{self, Plant};
use crate::sync::chain::Position;
use crate::sync::client::Place;
use crate::sync::message::{Exchange, ExchangeAnswer};

/// Highest place in the order of arrival that anybody on the device was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Arrived {
    /// Life of the log it was told in.
    pub epoch: Option<Epoch>,
    /// The place.
    pub at: Position,
}

impl Arrived {
    /// The epoch, then the place as it is sent.
    ///
    /// Nothing without an epoch.
    #[must_use]
    pub fn to_bytes(self) -> Option<Vec<u8>> {
        let place = minicbor::to_vec(self.at).ok()?;
        Some([self.epoch?.as_bytes().as_slice(), &place].concat())
    }

    /// Reads what [`Self::to_bytes`] gave.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (epoch, place) = bytes.split_first_chunk::<16>()?;
        Some(Self { epoch: Some(Epoch::from_bytes(*epoch)), at: minicbor::decode(place).ok()? })
    }

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Noted {
    /// Life of the log it was handed in to.
    pub epoch: Epoch,
    /// It had arrived when this many changes had.
    pub arrival: u64,
}

impl Noted {
    /// The epoch, then the number, the high byte first.
    #[must_use]
    pub fn to_bytes(self) -> Vec<u8> {
        [self.epoch.as_bytes().as_slice(), &self.arrival.to_be_bytes()].concat()
    }

    /// Reads what [`Self::to_bytes`] gave.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (epoch, arrival) = bytes.split_first_chunk::<16>()?;
        let arrival = u64::from_be_bytes(*arrival.first_chunk()?);
        Some(Self { epoch: Epoch::from_bytes(*epoch), arrival })
    }
}

/// What becomes of a deposit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It stays, and this is noted of it.
    Stays(Option<Noted>),
    /// A backup has it.
    Goes,
}

/// What a message says that concerns deposits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// Life of the log.
    pub epoch: Epoch,
    /// Deposits that were taken had arrived when this many changes had; 0 when not told.
    pub arrival: u64,
    /// How far a checked backup reaches.
    pub backed_up: u64,
}

impl Told {
    /// What becomes of a deposit of which that was noted: `moved` is what is noted of its change, if
    /// that is the person's own and was spoken of, and `taken` whether the server has taken it in.
    #[must_use]
    pub fn fate(&self, noted: Option<Noted>, moved: Option<u64>, taken: bool) -> Fate {
        let note = |arrival: u64| (arrival > 0).then_some(Noted { epoch: self.epoch, arrival });
        let noted = match moved {
            Some(arrival) => note(arrival),
            None if taken && self.arrival > 0 => note(self.arrival),
            // A disk put back to before a restore may bring an epoch again with another history.
            None => noted.filter(|noted| noted.epoch == self.epoch),
        };
        let early = plant::is(Plant::DepositTooEarly);
        if noted.is_some_and(|noted| early || noted.arrival <= self.backed_up) {
            Fate::Goes
        } else {
            Fate::Stays(noted)
        }
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
        assert_eq!(Arrived::from_bytes(&arrived.to_bytes().unwrap()), Some(arrived));
        let epoch = Epoch::from_bytes([2; 16]);
        let noted = Noted { epoch, arrival: 120 };
        assert_eq!(Noted::from_bytes(&noted.to_bytes()), Some(noted));
        arrived.hear(life, &place(3, 7));
        assert_eq!(arrived.told(place(3, 0).epoch).feed, 7);
    }

    #[test]
    fn a_deposit_goes_by_a_backup_of_the_same_life_that_reaches_it() {
        let [life, other] = [2, 3].map(|number| Epoch::from_bytes([number; 16]));
        let told = |backed_up| Told { epoch: life, arrival: 9, backed_up };
        let note = |epoch, arrival| Some(Noted { epoch, arrival });
        assert_eq!(told(8).fate(None, None, true), Fate::Stays(note(life, 9)));
        assert_eq!(told(9).fate(None, None, true), Fate::Goes);
        assert_eq!(told(9).fate(None, None, false), Fate::Stays(None));
        assert_eq!(told(9).fate(note(life, 5), None, false), Fate::Goes);
        assert_eq!(told(9).fate(note(other, 5), None, false), Fate::Stays(None));
        // The server says that it lacks the change after all.
        assert_eq!(told(9).fate(note(life, 5), Some(0), false), Fate::Stays(None));
        let quiet = Told { arrival: 0, ..told(9) };
        assert_eq!(quiet.fate(None, None, true), Fate::Stays(None));
    }
}
