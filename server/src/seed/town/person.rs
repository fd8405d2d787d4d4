//! Persons: who a household is made of, their numbers and days of birth.

use std::collections::BTreeMap;

use ankomst_shared::catalog::read_date;
use ankomst_shared::ids::EntryId;
use jiff::civil::Date;

use super::super::day::{self, after};
use super::super::draw::Draw;
use super::super::outline::Protection;
use super::super::pools::{self, Sex, Years};
use super::names::coordination;
use super::{Plan, shares};

/// A person.
#[derive(Debug)]
pub struct Person {
    /// Entry in the case.
    pub id: EntryId,
    /// Given name.
    pub given: String,
    /// Family name; empty for people with one name.
    pub family: String,
    /// Name in its own script.
    pub native: Option<String>,
    /// Date of birth, where it is known.
    pub born: Option<Date>,
    /// Published test number.
    pub number: Option<Number>,
    /// Agency file number.
    pub dossier: String,
    /// Sex in the register.
    pub sex: Sex,
    /// Years of birth.
    pub years: Years,
    /// Relation to the contact person; none for that person.
    pub relation: Option<&'static str>,
    /// What only named colleagues may see.
    pub protection: Protection,
}

/// An identity number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// Personal number.
    Personal(&'static str),
    /// Coordination number.
    Coordination(&'static str),
}

impl Person {
    /// Initials, as a house shows them.
    #[must_use]
    pub fn display(&self) -> String {
        if self.protection == Protection::Hidden {
            return day::UNNAMED.to_owned();
        }
        day::initials(&self.given, &self.family)
    }

    /// Whether this is a child by the years of birth.
    #[must_use]
    pub const fn is_child(&self) -> bool {
        matches!(self.years, Years::Newborn | Years::Small | Years::Child | Years::Teen)
    }
}

/// What runs out while people are drawn.
#[derive(Debug)]
pub(super) struct Pools {
    numbers: BTreeMap<(Sex, Years), Vec<&'static str>>,
    coordination: BTreeMap<Sex, Vec<&'static str>>,
    dossiers: u32,
}

impl Pools {
    /// Begins with full pools.
    pub(super) const fn new() -> Self {
        Self { numbers: BTreeMap::new(), coordination: BTreeMap::new(), dossiers: 100_000 }
    }
}

pub(super) type Member = (Sex, Years, Option<&'static str>);

/// Who a household is made of, the contact person first.
pub(super) fn members(draw: &mut Draw, category: &str, size: usize) -> Vec<Member> {
    let man = draw.often(shares::SINGLE_MAN);
    let one = if man { Sex::M } else { Sex::F };
    if category == "CAT-UAP" {
        return vec![(one, Years::Teen, None)];
    }
    let grown = |draw: &mut Draw| if draw.often(180) { Years::Young } else { Years::Adult };
    if size <= 1 {
        return vec![(one, grown(draw), None)];
    }
    let mut people = vec![(Sex::F, grown(draw), None)];
    let two = if size == 2 { shares::COUPLE } else { shares::TWO_GROWN_UPS };
    if draw.often(two) {
        people.push((Sex::M, Years::Adult, Some("spouse")));
    }
    if size > 3 && draw.often(shares::ELDER) {
        people.push((Sex::F, Years::Elder, Some("parent")));
    }
    while people.len() < size {
        let sex = if draw.often(490) { Sex::F } else { Sex::M };
        let years = if draw.often(shares::CHILD_TEEN) {
            Years::Teen
        } else if draw.often(shares::CHILD_SCHOOL * 1_000 / (1_000 - shares::CHILD_TEEN)) {
            Years::Child
        } else {
            Years::Small
        };
        people.push((sex, years, Some("child")));
    }
    if size > 2
        && draw.often(shares::NEWBORN)
        && let Some(last) = people.last_mut()
    {
        last.1 = Years::Newborn;
    }
    people
}

/// Draws a person without a name.
pub(super) fn person(
    plan: &Plan,
    (draw, pools): (&mut Draw, &mut Pools),
    (sex, years, relation): Member,
) -> Person {
    let id = EntryId::from_bytes(draw.bytes());
    let left =
        pools.numbers.entry((sex, years)).or_insert_with(|| pools::numbers(sex, years).to_vec());
    let mut number = draw.take(left).map(Number::Personal);
    if number.is_none() && matches!(years, Years::Adult | Years::Young) {
        let left = pools.coordination.entry(sex).or_insert_with(|| coordination(sex).to_vec());
        number = draw.take(left).map(Number::Coordination);
    }
    let born = match number {
        Some(Number::Personal(number)) => read_date(number.get(..8).unwrap_or_default()),
        Some(Number::Coordination(number)) => coordinated(number),
        None if draw.often(shares::UNKNOWN_BIRTH) => None,
        None => Some(born(plan.today, years, draw)),
    };
    let dossier = format!("99-{:06}", pools.dossiers);
    pools.dossiers += 1;
    let pregnant = sex == Sex::F && years == Years::Adult && draw.often(shares::PREGNANT);
    let protection = if pregnant { Protection::Pregnant } else { Protection::Nothing };
    Person {
        id,
        given: String::new(),
        family: String::new(),
        native: None,
        born,
        number,
        dossier,
        sex,
        years,
        relation,
        protection,
    }
}

/// The day of birth in a coordination number whose day is a day and 60.
fn coordinated(number: &str) -> Option<Date> {
    let (month, day) = (number.get(..6)?, number.get(6..8)?.parse::<u8>().ok()?.checked_sub(60)?);
    read_date(&format!("{month}{day:02}"))
}

fn born(today: Date, years: Years, draw: &mut Draw) -> Date {
    let (from, to) = match years {
        Years::Elder => (1940, 1962),
        Years::Adult | Years::Unconfirmed => (1966, 2002),
        Years::Young => (2003, 2007),
        Years::Teen => (2009, 2012),
        Years::Child => (2013, 2018),
        Years::Small => (2019, 2023),
        Years::Newborn => return after(today, -draw.between(8, 60)),
    };
    let (year, month, day) = (draw.between(from, to), draw.between(1, 12), draw.between(1, 28));
    read_date(&format!("{year:04}{month:02}{day:02}")).unwrap_or(today)
}
