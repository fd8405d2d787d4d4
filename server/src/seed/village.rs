//! Who lives where: the outline filled with drawn names, numbers and dates.

use std::collections::BTreeMap;

use ankomst_shared::catalog::read_date;

use super::day::{UNNAMED, age_band, initials};
use super::draw::Draw;
use super::outline::{HOUSEHOLDS, HouseholdOutline, PersonOutline, Protection};
use super::pools::{self, Sex, Years};
use super::{STORY_MS, STREAM, SeedError};

/// A household of the village.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Household {
    /// What the case is called.
    pub label: String,
    /// Telephone kept for fiction.
    pub phone: String,
    /// E-mail at `example.org`.
    pub email: String,
    /// Day of arrival.
    pub arrived_on: String,
    /// Case number.
    pub number: String,
    /// Number in the outline.
    pub outline: usize,
    /// Its people.
    pub people: Vec<Person>,
}

/// A person of the village.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Given name.
    pub given: String,
    /// Family name.
    pub family: String,
    /// Name in its own script.
    pub native: Option<String>,
    /// Date of birth, where it is known.
    pub born_on: Option<String>,
    /// Personal or coordination number.
    pub number: Option<String>,
    /// Agency file number.
    pub dossier: String,
    /// Sex in the register.
    pub sex: Sex,
    /// Years of birth.
    pub years: Years,
    /// What only named colleagues may see.
    pub protection: Protection,
}

impl Person {
    /// What a house calls the person: initials, as the app writes them; those who live hidden have
    /// none.
    #[must_use]
    pub fn display(&self) -> String {
        if self.protection == Protection::Hidden {
            return UNNAMED.to_owned();
        }
        initials(&self.given, &self.family)
    }

    /// Age band on the day of the story; `None` when the birth date is not known.
    #[must_use]
    pub fn age_band(&self) -> Option<&'static str> {
        let born = read_date(self.born_on.as_deref()?)?;
        Some(age_band(born, read_date(&day(0))?))
    }
}

/// What is still to be drawn from.
struct Pools {
    draw: Draw,
    numbers: BTreeMap<(Sex, Years), Vec<&'static str>>,
    phones: Vec<u32>,
    dossiers: u32,
}

/// Fills the outline. The same seed gives the same village.
///
/// # Errors
/// When the outline asks for more than the pools hold.
pub fn village(seed: u64) -> Result<Vec<Household>, SeedError> {
    let mut draw = Draw::new(STREAM, seed);
    let dossiers = u32::try_from(draw.below(900_000)).unwrap_or(0) + 100_000;
    // 070-174 06 05 to 06 99 are kept for fiction by the telecom agency.
    let mut pools =
        Pools { draw, numbers: BTreeMap::new(), phones: (605..=699).collect(), dossiers };
    HOUSEHOLDS.iter().enumerate().map(|(at, outline)| household(&mut pools, at, outline)).collect()
}

fn household(
    pools: &mut Pools,
    at: usize,
    outline: &HouseholdOutline,
) -> Result<Household, SeedError> {
    let names = outline.names;
    let mut women: Vec<&str> = names.women.to_vec();
    let mut men: Vec<&str> = names.men.to_vec();
    let drawn = names.families.get(pools.draw.below(names.families.len()));
    let family = outline.named.map(|(_, family)| family).or(drawn.copied());
    let family = family.ok_or(SeedError::Exhausted("family names"))?;
    let mut people: Vec<Person> = Vec::new();
    for person in outline.people {
        let given = match (outline.named, person.sex) {
            (Some((given, _)), _) => Some(given),
            (None, Sex::F) => pools.draw.take(&mut women),
            (None, Sex::M) => pools.draw.take(&mut men),
        };
        let mut given = given.ok_or(SeedError::Exhausted("given names"))?.to_owned();
        if person.years == Years::Newborn {
            let mother = people.first().map_or("", |mother| mother.given.as_str());
            given = format!("Barn 1 till {mother}");
        }
        people.push(self::person(pools, person, given, family)?);
    }
    let first = people.first().map_or("", |person| person.given.as_str());
    let alone = people.len() == 1;
    let phone = pools.draw.take(&mut pools.phones).ok_or(SeedError::Exhausted("telephones"))?;
    Ok(Household {
        label: if alone { format!("{first} {family}") } else { format!("Familjen {family}") },
        phone: format!("+467017406{:02}", phone % 100),
        email: format!("{}.{}{at}@example.org", ascii(first), ascii(family)),
        arrived_on: day(pools.draw.below(60)),
        number: format!("SYN-2026-{:03}", at + 1),
        outline: at,
        people,
    })
}

fn person(
    pools: &mut Pools,
    outline: &PersonOutline,
    given: String,
    family: &str,
) -> Result<Person, SeedError> {
    let group = (outline.sex, outline.years);
    let left =
        pools.numbers.entry(group).or_insert_with(|| pools::numbers(group.0, group.1).to_vec());
    let number = pools.draw.take(left);
    if number.is_none() && outline.years != Years::Newborn {
        return Err(SeedError::Exhausted("test numbers"));
    }
    let born_on = match outline.years {
        // A newborn of the story: a week before it.
        Years::Newborn => Some(day(7)),
        // The number of a person whose birth date is unconfirmed says nothing about it.
        Years::Unconfirmed => None,
        _ => number.and_then(|number| {
            let (year, month, day) = (number.get(..4)?, number.get(4..6)?, number.get(6..8)?);
            Some(format!("{year}-{month}-{day}"))
        }),
    };
    let dossier = format!("99-{:06}", pools.dossiers);
    pools.dossiers += 1;
    Ok(Person {
        native: pools::native(&given, family),
        given,
        family: family.to_owned(),
        born_on,
        number: number.map(str::to_owned),
        dossier,
        sex: outline.sex,
        years: outline.years,
        protection: outline.protection,
    })
}

/// A day so many days before the story.
#[must_use]
pub fn day(before: usize) -> String {
    let days = i64::try_from(before).unwrap_or(0);
    jiff::Timestamp::from_millisecond(STORY_MS - days * 86_400_000)
        .map(|at| at.to_zoned(jiff::tz::TimeZone::UTC).date().to_string())
        .unwrap_or_default()
}

fn ascii(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphabetic);
    letters.collect::<String>().to_lowercase()
}
