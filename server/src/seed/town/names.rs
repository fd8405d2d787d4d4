//! Names, numbers, telephones and streets beyond those of the story pack. All identity numbers are
//! Skatteverket's published test numbers.

use super::super::pools::{
    AFGHANISTAN, CONGO, ERITREA, IRAN, LEVANT, Names, SOMALIA, Sex, UKRAINE, UZBEKISTAN,
};

/// Pools of names by weight.
pub const POOLS: [(&Names, u32); 7] = [
    (&LEVANT, 240),
    (&AFGHANISTAN, 200),
    (&SOMALIA, 150),
    (&ERITREA, 170),
    (&IRAN, 90),
    (&CONGO, 100),
    (&UZBEKISTAN, 50),
];
/// The pool of those under temporary protection.
pub static PROTECTED: &Names = &UKRAINE;

/// Streets, all invented.
pub const STREETS: [&str; 8] = [
    "Testgatan",
    "Fiktiva vägen",
    "Provstigen",
    "Påhittsgatan",
    "Exempelgränd",
    "Mallvägen",
    "Övningsgatan",
    "Skissbacken",
];

/// Published coordination numbers: day of birth and 60.
#[must_use]
pub const fn coordination(sex: Sex) -> &'static [&'static str] {
    match sex {
        Sex::F => &[
            "198706872382",
            "199312792386",
            "200505852384",
            "200606832384",
            "200707832382",
            "200901772384",
            "200908752389",
        ],
        Sex::M => &["199203762399", "199504822397", "200010642395", "202201772395", "202302772393"],
    }
}

/// Published coordination numbers of month 00 and of day 60: they say nothing about the day of birth.
pub const UNCONFIRMED: [(Sex, &str); 10] = [
    (Sex::F, "198200832387"),
    (Sex::F, "201000852382"),
    (Sex::M, "198300902395"),
    (Sex::M, "199900882391"),
    (Sex::M, "200300802394"),
    (Sex::M, "201000802395"),
    (Sex::M, "198108602395"),
    (Sex::M, "198210602390"),
    (Sex::M, "200706602398"),
    (Sex::M, "201311602393"),
];

/// A telephone number kept for fiction; after 295 they begin again.
#[must_use]
pub fn phone(number: usize) -> String {
    match number % 295 {
        mobile @ 0..95 => format!("+467017406{:02}", mobile + 5),
        west @ 95..195 => format!("+463139006{:02}", west - 95),
        capital => format!("+468465004{:02}", capital - 195),
    }
}

/// Letters for an address at `example.org`.
#[must_use]
pub fn ascii(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphabetic);
    letters.collect::<String>().to_lowercase()
}
