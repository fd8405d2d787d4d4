//! Datasets of a size: S, M or L of the domain's test tenants, with years of journal behind them.
//!
//! A dataset is a pure function of version, seed, size, years and the day that counts as today, down
//! to the bytes of every change if the device keys are given, too. Reading order: [`shares`] (all
//! figures and distributions), [`crew`] (accounts and devices), [`people`], [`person`] and [`awkward`],
//! [`houses`] (who lives where), [`book`] and [`sealed`] (a document under construction and finished),
//! then what is written: [`residence`], [`inspections`], [`defects`], [`cases`], [`household`],
//! [`arrival`], [`journal`]; [`cast`] and [`story`] (what the demo is made of); [`mod@sow`] (into a data
//! folder).

pub mod arrival;
pub mod awkward;
pub mod book;
pub mod cases;
pub mod cast;
pub mod crew;
pub mod defects;
pub mod household;
pub mod houses;
pub mod inspections;
pub mod journal;
pub mod names;
pub mod people;
pub mod person;
pub mod residence;
pub mod sealed;
pub mod shares;
pub mod sow;
pub mod story;
#[cfg(test)]
mod tests;
pub mod words;

use jiff::civil::Date;

use self::cast::Story;
use self::crew::Crew;
use self::houses::House;
use self::people::Household;
use self::sealed::Planted;
use super::draw::Draw;
use super::{SeedError, VERSION};

pub use sow::sow;

/// How big a dataset is (domain section 0.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Size {
    /// 120 active persons, 12 residences, 3 tablets, and a story to try the program on.
    #[value(name = "S")]
    S,
    /// 1,200 persons, 160 residences, 15 tablets.
    #[value(name = "M")]
    M,
    /// 12,000 persons, 1,500 residences, 120 tablets.
    #[value(name = "L")]
    L,
}

/// What a dataset follows from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// How big.
    pub size: Size,
    /// The same seed gives the same people.
    pub seed: u64,
    /// Years of journal.
    pub years: u32,
    /// The day that counts as today.
    pub today: Date,
}

/// Streams of draws, apart from each other so that a change in one thing leaves the others.
#[derive(Debug, Clone, Copy)]

enum Stream {
    Crew,
    People,
    Houses,
    Residence,
    Case,
}

impl Plan {
    fn draw(&self, stream: Stream, number: usize) -> Draw {
        let what = match stream {
            Stream::Crew => 1,
            Stream::People => 2,
            Stream::Houses => 3,
            Stream::Residence => 4,
            Stream::Case => 5,
        };
        Draw::of(VERSION, self.seed, what, number)
    }

    /// Days of journal.
    fn days(&self) -> i64 {
        i64::from(self.years.max(1)) * 365
    }
}

/// Everybody and every house; what is written follows from it piece by piece.
#[derive(Debug)]
pub struct Town {
    /// What it follows from.
    pub plan: Plan,
    /// Who writes.
    pub crew: Crew,
    /// Houses.
    pub houses: Vec<House>,
    /// Households.
    pub households: Vec<Household>,
    /// What the demo is made of; only in size S.
    pub story: Option<Story>,
}

impl Town {
    /// Draws everybody. `key` gives the seeds of the devices' keys, one after the other.
    ///
    /// # Errors
    /// When a pool is empty, the key cannot be given, or the story finds no place.
    pub fn draw(
        plan: Plan,
        key: impl FnMut() -> Result<[u8; 32], SeedError>,
    ) -> Result<Self, SeedError> {
        let crew = Crew::draw(&plan, key)?;
        let mut households = people::draw(&plan, &crew)?;
        let mut houses = houses::draw(&plan, &crew, &mut households)?;
        awkward::apply(&mut households, &houses)?;
        let story = match plan.size {
            Size::S => Some(cast::cast(&plan, &crew, &mut houses, &mut households)?),
            Size::M | Size::L => None,
        };
        Ok(Self { plan, crew, houses, households, story })
    }

    /// So many pieces: one for each house, then one for each household.
    #[must_use]
    pub const fn pieces(&self) -> usize {
        self.houses.len() + self.households.len()
    }

    /// Writes a piece: a house with its inspections, or a case with its journal; parents first.
    ///
    /// # Errors
    /// When an answer does not fit the catalog.
    pub fn piece(&self, number: usize) -> Result<Vec<Planted>, SeedError> {
        if number < self.houses.len() {
            let mut draw = self.plan.draw(Stream::Residence, number);
            return residence::write(self, number, &mut draw);
        }
        let number = number - self.houses.len();
        let mut draw = self.plan.draw(Stream::Case, number);
        cases::write(self, number, &mut draw)
    }
}

/// One of a list that has to be there.
fn nth<'a, T>(list: &'a [T], at: usize, what: &str) -> Result<&'a T, SeedError> {
    list.get(at).ok_or_else(|| SeedError::Unknown(format!("{what} {at}")))
}
