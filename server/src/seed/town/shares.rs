//! Figures of the sizes (domain section 0.3) and distributions (section 9.4): start values, each a
//! parameter, all in one place. Shares are of a thousand.

use super::Size;

/// What a size holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// Active persons.
    pub persons: usize,
    /// Residences.
    pub houses: usize,
    /// Tablets; the supervisor of each unit has a desk besides.
    pub tablets: usize,
    /// Units of the organisation.
    pub units: usize,
}

impl Size {
    /// Its figures.
    #[must_use]
    pub const fn figures(self) -> Figures {
        match self {
            Self::S => Figures { persons: 120, houses: 12, tablets: 3, units: 1 },
            Self::M => Figures { persons: 1_200, houses: 160, tablets: 15, units: 1 },
            Self::L => Figures { persons: 12_000, houses: 1_500, tablets: 120, units: 10 },
        }
    }
}

/// Households by their number of persons.
pub const HOUSEHOLD: [(usize, u32); 8] =
    [(1, 400), (2, 120), (3, 140), (4, 150), (5, 100), (6, 50), (7, 25), (8, 15)];
/// Households of three and more with two grown-ups.
pub const TWO_GROWN_UPS: u32 = 750;
/// Households of two that are couples.
pub const COUPLE: u32 = 500;
/// Families with a grandparent.
pub const ELDER: u32 = 60;
/// Families with a child that has no name yet.
pub const NEWBORN: u32 = 25;
/// Single persons who are men.
pub const SINGLE_MAN: u32 = 620;
/// Categories with the kind of their case.
pub const CATEGORY: [((&str, &str), u32); 6] = [
    (("CAT-ABO", "settlement"), 250),
    (("CAT-KVO", "settlement"), 250),
    (("CAT-TMR", "temporary_protection"), 300),
    (("CAT-ANH", "settlement"), 120),
    (("CAT-EBO", "self_settled"), 30),
    (("CAT-UAP", "unaccompanied"), 50),
];
/// Children by their years of birth.
pub const CHILD_TEEN: u32 = 280;
/// See [`CHILD_TEEN`]; the rest is small.
pub const CHILD_SCHOOL: u32 = 420;
/// Persons whose birth date is not known.
pub const UNKNOWN_BIRTH: u32 = 8;
/// Households with protected identity.
pub const HIDDEN: u32 = 6;
/// Mothers who expect a child.
pub const PREGNANT: u32 = 30;

/// Days from assignment to arrival, in tenths of the households: median 62, a quarter above.
pub const DAYS_TO_ARRIVAL: [(i64, u32); 8] =
    [(14, 60), (30, 140), (45, 150), (58, 150), (62, 150), (66, 120), (80, 130), (110, 100)];
/// Households that have been here for (nearly) all the years; the others came since, evenly.
pub const HERE_FROM_THE_START: u32 = 700;

/// Notes for each person and year.
pub const NOTES_A_YEAR: i64 = 25;
/// In the first half-year notes are so many times as dense as later (1.2 to 0.4 a month).
pub const NOTES_FIRST_DENSITY: i64 = 3;
/// Words of a note: log-normal with median 85, as ten equal parts.
pub const NOTE_WORDS: [usize; 10] = [32, 46, 57, 67, 79, 92, 107, 127, 158, 228];
/// Notes a colleague writes, not the caseworker.
pub const NOTES_BY_COLLEAGUE: u32 = 100;

/// Runs of checklists for each person and year, that of the arrival included.
pub const RUNS_A_YEAR: i64 = 3;
/// Full inspections of a house a year; the other runs are rounds over the short version.
pub const FULL_INSPECTIONS_A_YEAR: i64 = 4;
/// Inspections two people share.
pub const INSPECTION_SHARED: u32 = 250;
/// Deficiencies of a full inspection: so many tries, each of a hundred of a thousand (Poisson 3.1).
pub const DEFICIENCY_TRIES: usize = 31;
/// Tries of a round.
pub const ROUND_TRIES: usize = 3;
/// Chance of a try.
pub const DEFICIENCY_CHANCE: u32 = 100;
/// Severities (S1 0.05, S2 0.35, S3 1.6, S4 1.1 of 3.1).
pub const SEVERITY: [(u8, u32); 4] = [(1, 16), (2, 113), (3, 516), (4, 355)];
/// Deficiencies put right by their day.
pub const FIXED_IN_TIME: u32 = 900;
/// Items of a checklist done by their day.
pub const DONE_IN_TIME: u32 = 700;
/// Items of an inspection that do not apply.
pub const NOT_APPLICABLE: u32 = 80;

/// Persons who have moved within the house.
pub const MOVED: u32 = 60;
/// Rooms with a bed to spare.
pub const SPARE_BED: u32 = 220;
/// Intakes that are signed; the others are half done.
pub const INTAKE_SIGNED: u32 = 700;
/// Tasks a household has in a year.
pub const TASKS_A_YEAR: i64 = 3;
/// Visits to a household in a year.
pub const VISITS_A_YEAR: i64 = 4;
