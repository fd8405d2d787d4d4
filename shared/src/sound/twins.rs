//! Two persons who may be one: a score of 100 and what speaks for it and against, as data.
//!
//! Deterministic and the same both ways. Nobody is ever taken for another by this alone: a person decides.

use super::Name;

/// From this score on two persons are shown as one perhaps.
pub const SCORE_MIN: u8 = 50;
/// From this score on, where both are in one household, in which names repeat.
pub const SCORE_MIN_HOUSEHOLD: u8 = 65;

/// What names alone can add.
const NAMES_MAX: i32 = Reason::SameGiven.weight() + Reason::SameFamily.weight();

/// What letters a name is written with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Script {
    /// Latin, or nothing that is known.
    Latin,
    /// Arabic, Persian, Pashto.
    Arabic,
    /// Cyrillic.
    Cyrillic,
    /// Ge'ez.
    Geez,
}

impl Script {
    /// The script of the first letter that has one.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let known = text.chars().find_map(|letter| match letter {
            'A'..='Z' | 'a'..='z' | '\u{c0}'..='\u{24f}' => Some(Self::Latin),
            '\u{600}'..='\u{6ff}' => Some(Self::Arabic),
            '\u{400}'..='\u{52f}' => Some(Self::Cyrillic),
            '\u{1200}'..='\u{135f}' => Some(Self::Geez),
            _ => None,
        });
        known.unwrap_or(Self::Latin)
    }
}

/// What speaks for two persons being one, or against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The same personal or coordination number.
    SameNumber,
    /// The same number of an LMA card.
    SameCard,
    /// The same number in health care.
    SameReserve,
    /// The same file of the Migration Agency, which a family may share.
    SameFile,
    /// The same telephone.
    SamePhone,
    /// The given name is written alike.
    SameGiven,
    /// The given name sounds alike, in the same letters or in those.
    GivenSounds(Option<Script>),
    /// The family name is written alike.
    SameFamily,
    /// The family name sounds alike, in the same letters or in those.
    FamilySounds(Option<Script>),
    /// The family name of one begins with the letter that the other has for it.
    FamilyInitial,
    /// Given name and family name have changed places.
    NamesSwapped,
    /// The same date of birth.
    SameBirth,
    /// Day and month of birth have changed places.
    BirthSwapped,
    /// The same year of birth, and one date is not exact.
    SameYear,
    /// The dates of birth differ in one of year, month and day.
    BirthNear,
    /// Against: other dates of birth.
    OtherBirth,
    /// Against: another sex.
    OtherSex,
    /// Against: two numbers that are both good.
    OtherNumber,
}

impl Reason {
    /// The stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::SameNumber => "same_number",
            Self::SameCard => "same_card",
            Self::SameReserve => "same_reserve",
            Self::SameFile => "same_file",
            Self::SamePhone => "same_phone",
            Self::SameGiven => "same_given",
            Self::GivenSounds(_) => "given_sounds",
            Self::SameFamily => "same_family",
            Self::FamilySounds(_) => "family_sounds",
            Self::FamilyInitial => "family_initial",
            Self::NamesSwapped => "names_swapped",
            Self::SameBirth => "same_birth",
            Self::BirthSwapped => "birth_swapped",
            Self::SameYear => "same_year",
            Self::BirthNear => "birth_near",
            Self::OtherBirth => "other_birth",
            Self::OtherSex => "other_sex",
            Self::OtherNumber => "other_number",
        }
    }

    /// Whether it speaks against it.
    #[must_use]
    pub const fn is_against(self) -> bool {
        self.weight() < 0
    }

    /// What it adds to the score.
    const fn weight(self) -> i32 {
        match self {
            Self::SameNumber => 90,
            Self::SameCard | Self::SameReserve => 60,
            Self::SameFile | Self::SameFamily => 25,
            Self::SamePhone => 15,
            Self::SameGiven | Self::SameBirth => 30,
            Self::GivenSounds(_) => 28,
            Self::FamilySounds(_) | Self::BirthSwapped => 22,
            Self::FamilyInitial | Self::SameYear => 10,
            Self::NamesSwapped => 45,
            Self::BirthNear => 14,
            Self::OtherBirth => -30,
            Self::OtherSex => -20,
            Self::OtherNumber => -40,
        }
    }
}

/// A name with the letters it is written with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Written {
    /// Without case and marks.
    text: String,
    script: Option<Script>,
    /// As it is heard.
    pub name: Name,
}

impl Written {
    /// Takes a name.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let text = crate::order::fold(name.trim());
        Self { script: Some(Script::of(&text)), name: Name::of(name), text }
    }

    fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

/// What is known of a person. What is not known is empty; numbers are
/// [`plain`](crate::catalog::numbers::plain).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Person {
    /// Given names: also what somebody is called, and aliases.
    pub given: Vec<Written>,
    /// Family name.
    pub family: Written,
    /// Whole names, given and family together: in the own script, aliases.
    pub whole: Vec<Written>,
    /// `yyyy-mm-dd`.
    pub born: String,
    /// Day and month are known.
    pub is_born_exact: bool,
    /// Code of the sex in the register.
    pub sex: String,
    /// Personal and coordination numbers.
    pub numbers: Vec<String>,
    /// LMA card.
    pub card: String,
    /// Number in health care.
    pub reserve: String,
    /// The Migration Agency's file.
    pub file: String,
    /// Telephone.
    pub phone: String,
}

/// How alike two persons are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Likeness {
    /// Of 100.
    pub score: u8,
    /// What speaks for it and against, in a fixed order.
    pub reasons: Vec<Reason>,
}

/// How alike two persons are, if they may be one.
#[must_use]
pub fn likeness(one: &Person, other: &Person) -> Option<Likeness> {
    let mut reasons = numbers(one, other);
    let births = births(one, other);
    // Names are dear to compare; most pairs are two already without them.
    let sum = |some: &[Reason]| some.iter().map(|why| why.weight()).sum::<i32>();
    if sum(&reasons) + sum(births.as_slice()) + NAMES_MAX < i32::from(SCORE_MIN) {
        return None;
    }
    let proves = reasons
        .iter()
        .any(|why| matches!(why, Reason::SameNumber | Reason::SameCard | Reason::SameReserve));
    let names = names(one, other);
    let is_named = names.iter().any(|why| {
        matches!(why, Reason::SameGiven | Reason::GivenSounds(_) | Reason::NamesSwapped)
    });
    if !is_named && !proves {
        return None;
    }
    reasons.extend(names);
    reasons.extend(births);
    if !one.sex.is_empty() && !other.sex.is_empty() && one.sex != other.sex {
        reasons.push(Reason::OtherSex);
    }
    let score = u8::try_from(sum(&reasons).clamp(0, 100)).unwrap_or(0);
    (score >= SCORE_MIN).then_some(Likeness { score, reasons })
}

fn numbers(one: &Person, other: &Person) -> Vec<Reason> {
    use crate::catalog::numbers::is_same_plain as is_same;
    let mut reasons = Vec::new();
    let has = |number: &String| other.numbers.iter().any(|other| is_same(number, other));
    if one.numbers.iter().any(has) {
        reasons.push(Reason::SameNumber);
    } else if let ([one], [other]) = (one.numbers.as_slice(), other.numbers.as_slice()) {
        let kind = crate::catalog::numbers::code;
        if kind(one) == kind(other) && !kind(one).is_empty() {
            reasons.push(Reason::OtherNumber);
        }
    }
    for (one, other, why) in [
        (&one.card, &other.card, Reason::SameCard),
        (&one.reserve, &other.reserve, Reason::SameReserve),
        (&one.file, &other.file, Reason::SameFile),
        (&one.phone, &other.phone, Reason::SamePhone),
    ] {
        if is_same(one, other) {
            reasons.push(why);
        }
    }
    reasons
}

fn names(one: &Person, other: &Person) -> Vec<Reason> {
    let given = best(&one.given, &other.given);
    let family = best(core::slice::from_ref(&one.family), core::slice::from_ref(&other.family));
    let mut reasons = Vec::new();
    // A name in the own script has both.
    let inside = |name: &Person, whole: &Person| {
        (best(&name.given, &whole.whole), best(core::slice::from_ref(&name.family), &whole.whole))
    };
    let (ab, ba) = (inside(one, other), inside(other, one));
    let whole = best(&one.whole, &other.whole);
    let given = [given, ab.0, ba.0, whole].into_iter().flatten().min();
    let family = [family, ab.1, ba.1, whole].into_iter().flatten().min();
    reasons.extend(given.map(|how| match how {
        How::Written => Reason::SameGiven,
        How::Heard(script) => Reason::GivenSounds(script),
    }));
    reasons.extend(family.map(|how| match how {
        How::Written => Reason::SameFamily,
        How::Heard(script) => Reason::FamilySounds(script),
    }));
    if given.is_none() && family.is_none() {
        let crossed = best(&one.given, core::slice::from_ref(&other.family)).is_some()
            && best(&other.given, core::slice::from_ref(&one.family)).is_some();
        reasons.extend(crossed.then_some(Reason::NamesSwapped));
    } else if family.is_none() && given.is_some() {
        let initial =
            is_initial(&one.family, &other.family) || is_initial(&other.family, &one.family);
        reasons.extend(initial.then_some(Reason::FamilyInitial));
    }
    reasons
}

/// How two names are the same, the surest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum How {
    Written,
    Heard(Option<Script>),
}

fn pair(one: &Written, other: &Written) -> Option<How> {
    if one.is_empty() || other.is_empty() {
        return None;
    }
    if one.text == other.text {
        return Some(How::Written);
    }
    one.name.differs(&other.name)?;
    let foreign = [one.script, other.script].into_iter().flatten().max();
    Some(How::Heard(foreign.filter(|_| one.script != other.script)))
}

fn best(some: &[Written], others: &[Written]) -> Option<How> {
    let mut surest: Option<How> = None;
    for one in some {
        for other in others {
            let how = pair(one, other);
            if surest.is_none() || how.is_some() && how < surest {
                surest = how;
            }
        }
    }
    surest
}

fn is_initial(short: &Written, long: &Written) -> bool {
    let letter = short.text.trim_end_matches('.');
    letter.chars().count() == 1 && long.text.starts_with(letter)
}

fn births(one: &Person, other: &Person) -> Option<Reason> {
    let ([one_year, one_month, one_day], [year, month, day]) =
        (parts(&one.born)?, parts(&other.born)?);
    let is_exact = one.is_born_exact && other.is_born_exact;
    let same = [one_year == year, one_month == month, one_day == day];
    Some(match same {
        [true, true, true] if is_exact => Reason::SameBirth,
        [true, ..] if !is_exact => Reason::SameYear,
        [true, ..] if one_month == day && one_day == month => Reason::BirthSwapped,
        [true, true, _] | [true, _, true] => Reason::BirthNear,
        [false, true, true] if one_year.abs_diff(year) <= 10 => Reason::BirthNear,
        [false, ..] if !is_exact && one_year.abs_diff(year) == 1 => Reason::BirthNear,
        _ => Reason::OtherBirth,
    })
}

fn parts(date: &str) -> Option<[u16; 3]> {
    let mut parts = date.split('-').map(|part| part.parse().ok());
    Some([parts.next()??, parts.next()??, parts.next()??])
}
