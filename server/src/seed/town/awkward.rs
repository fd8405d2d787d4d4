//! The awkward ones that every dataset has: names and numbers that programs stumble over.

use super::super::SeedError;
use super::super::pools::{Sex, Years};
use super::houses::House;
use super::names::UNCONFIRMED;
use super::people::{Household, label};
use super::person::{Number, Person};

/// Forty characters.
pub const LONG: &str = "Ghebremichael-Woldeyohannes-Tesfamariama";

/// What is made of a person.
struct Awkward {
    fits: fn(&Person) -> bool,
    make: fn(&mut Person),
}

const fn is_grown(person: &Person, sex: Sex) -> bool {
    matches!(person.years, Years::Adult)
        && matches!((person.sex, sex), (Sex::F, Sex::F) | (Sex::M, Sex::M))
}

fn woman(person: &Person) -> bool {
    is_grown(person, Sex::F)
}

fn man(person: &Person) -> bool {
    is_grown(person, Sex::M)
}

fn named(person: &mut Person, given: &str, family: &str, native: Option<&str>) {
    given.clone_into(&mut person.given);
    family.clone_into(&mut person.family);
    person.native = native.map(str::to_owned);
}

const ALL: [Awkward; 8] = [
    Awkward { fits: woman, make: |one| named(one, "Saba-Luwam", "Habte-Araya", None) },
    Awkward { fits: woman, make: |one| named(one, "Sa'ida", "M'Kalala", None) },
    Awkward { fits: man, make: |one| named(one, "Filmon", LONG, None) },
    Awkward { fits: man, make: |one| named(one, "Zabi", "", None) },
    Awkward { fits: woman, make: |one| named(one, "Layal", "Khoury", Some("ليال خوري")) },
    Awkward {
        fits: woman, make: |one| named(one, "Selam", "Tesfay", Some("ሰላም ተስፋይ"))
    },
    Awkward {
        fits: man, make: |one| named(one, "Taras", "Melnyk", Some("Тарас Мельник"))
    },
    Awkward {
        fits: man,
        make: |one| {
            one.born = None;
            one.number = None;
        },
    },
];

/// Makes the awkward ones out of people who are there.
///
/// # Errors
/// When nobody fits.
pub fn apply(households: &mut [Household], houses: &[House]) -> Result<(), SeedError> {
    let mut taken = same_names(households, houses)?;
    for awkward in &ALL {
        change(households, &mut taken, awkward.fits, awkward.make)?;
    }
    for number in UNCONFIRMED {
        let fits = match number {
            (Sex::F, _) => woman,
            (Sex::M, _) => man,
        };
        change(households, &mut taken, fits, |one| {
            one.born = None;
            one.number = Some(Number::Coordination(number.1));
        })?;
    }
    twins(households)?;
    newborn(households)
}

/// Changes the first one who fits in a household that nothing was changed in yet.
fn change(
    households: &mut [Household],
    taken: &mut Vec<usize>,
    fits: impl Fn(&Person) -> bool,
    make: impl Fn(&mut Person),
) -> Result<(), SeedError> {
    let nobody = || SeedError::Unknown("a person for an awkward name".to_owned());
    let (at, household) = households
        .iter_mut()
        .enumerate()
        .find(|(at, household)| !taken.contains(at) && household.people.iter().any(&fits))
        .ok_or_else(nobody)?;
    taken.push(at);
    let one = household.people.iter_mut().find(|person| fits(person)).ok_or_else(nobody)?;
    make(one);
    relabel(household);
    Ok(())
}

fn relabel(household: &mut Household) {
    let size = household.people.len();
    if let Some(first) = household.people.first() {
        label(&first.given, &first.family, size).trim_end().clone_into(&mut household.label);
    }
}

/// Three of one house bear the same name.
fn same_names(households: &mut [Household], houses: &[House]) -> Result<Vec<usize>, SeedError> {
    let men = |at: &&usize| {
        households.get(**at).is_some_and(|household| household.people.iter().any(man))
    };
    let three = houses.iter().find_map(|house| {
        let at: Vec<usize> = house.households.iter().filter(men).take(3).copied().collect();
        (at.len() == 3).then_some(at)
    });
    let three = three.ok_or_else(|| SeedError::Unknown("three men in one house".to_owned()))?;
    for at in &three {
        if let Some(household) = households.get_mut(*at) {
            let own = household.people.iter_mut().find(|person| man(person));
            if let Some(own) = own {
                named(own, "Karam", "Haddad", Some("كرم حداد"));
            }
            relabel(household);
        }
    }
    Ok(three)
}

/// Two children of one mother and one day.
fn twins(households: &mut [Household]) -> Result<(), SeedError> {
    for household in households {
        let mut children: Vec<&mut Person> =
            household.people.iter_mut().filter(|person| person.years == Years::Child).collect();
        if let [first, second, ..] = children.as_mut_slice() {
            second.born = first.born;
            // A number would give another day.
            second.number = None;
            return Ok(());
        }
    }
    Err(SeedError::Unknown("two children of one household".to_owned()))
}

/// A child that has no name yet.
fn newborn(households: &mut [Household]) -> Result<(), SeedError> {
    let people = || SeedError::Unknown("a small child".to_owned());
    if households.iter().flat_map(|one| &one.people).any(|one| one.years == Years::Newborn) {
        return Ok(());
    }
    let has_small = |household: &&mut Household| {
        household.people.len() > 2 && household.people.iter().any(|one| one.years == Years::Small)
    };
    let household = households.iter_mut().find(has_small).ok_or_else(people)?;
    let mother = household.people.first().map_or(String::new(), |mother| mother.given.clone());
    let (arrived, small) =
        (household.arrived, household.people.iter_mut().find(|one| one.years == Years::Small));
    let small = small.ok_or_else(people)?;
    small.years = Years::Newborn;
    small.given = format!("Barn 1 till {mother}");
    small.native = None;
    small.number = None;
    small.born = Some(super::super::day::after(arrived, 3));
    Ok(())
}
