//! The story pack "Three houses" (SP-1): a small Swedish village, 38 persons in 13 households. One
//! quota family with a pregnant mother, one flat with five singles, one house with a blocked room.

use super::pools::{
    AFGHANISTAN, CONGO, ERITREA, IRAN, LEVANT, Names, SOMALIA, Sex, UKRAINE, UZBEKISTAN, Years,
};

/// A house.
#[derive(Debug)]
pub struct HouseOutline {
    /// Name.
    pub name: &'static str,
    /// Code of the type.
    pub kind: &'static str,
    /// Code of the operator.
    pub operator: &'static str,
    /// Street and number, invented.
    pub street: &'static str,
    /// Code of the fire alarm.
    pub alarm: &'static str,
    /// Staffing.
    pub staffing: &'static str,
    /// Rooms.
    pub rooms: &'static [RoomOutline],
    /// Other yes-answers: set field and member.
    pub sets: &'static [(&'static str, &'static str)],
}

/// A room or flat.
#[derive(Debug)]
pub struct RoomOutline {
    /// Label on the door.
    pub label: &'static str,
    /// Code of the kind.
    pub kind: &'static str,
    /// Square metres.
    pub area: &'static str,
    /// Most persons.
    pub most: i64,
    /// Sex rule.
    pub rule: &'static str,
    /// Why it is blocked, if it is.
    pub blocked: Option<&'static str>,
}

/// A household and where it lives.
#[derive(Debug)]
pub struct HouseholdOutline {
    /// Names.
    pub names: &'static Names,
    /// A family name of its own, for the singles who share one.
    pub named: Option<(&'static str, &'static str)>,
    /// Category code.
    pub category: &'static str,
    /// Kind of case.
    pub kind: &'static str,
    /// Priority.
    pub priority: &'static str,
    /// Number of the house, and of the room in it.
    pub place: (usize, usize),
    /// The people, the oldest first.
    pub people: &'static [PersonOutline],
}

/// A person.
#[derive(Debug)]
pub struct PersonOutline {
    /// Sex.
    pub sex: Sex,
    /// Years of birth.
    pub years: Years,
    /// What is kept in a document of its own.
    pub protection: Protection,
}

/// What about a person only named colleagues may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// Nothing.
    Nothing,
    /// Expects a child: a matter of health.
    Pregnant,
    /// Lives under protected registration.
    Hidden,
}

const fn p(sex: Sex, years: Years) -> PersonOutline {
    PersonOutline { sex, years, protection: Protection::Nothing }
}

const fn guarded(sex: Sex, years: Years, protection: Protection) -> PersonOutline {
    PersonOutline { sex, years, protection }
}

const fn room(
    label: &'static str,
    kind: &'static str,
    area: &'static str,
    most: i64,
    rule: &'static str,
) -> RoomOutline {
    RoomOutline { label, kind, area, most, rule, blocked: None }
}

/// The three houses.
pub static HOUSES: [HouseOutline; 3] = [
    HouseOutline {
        name: "Provgården",
        kind: "RES-BLK",
        operator: "municipal_company",
        street: "Testgatan 4",
        alarm: "linked_alarm",
        staffing: "visits",
        rooms: &[
            room("Lgh 1101", "flat", "78.5", 7, "family"),
            room("Lgh 1102", "flat", "82", 5, "men"),
            room("Lgh 1201", "flat", "64", 5, "family"),
            room("Tvättstuga", "laundry", "12", 0, "any"),
        ],
        sets: &[
            ("target_groups", "CAT-KVO"),
            ("target_groups", "CAT-ABO"),
            ("target_groups", "SN-05"),
            ("accessibility", "lift"),
            ("accessibility", "near_bus"),
            ("info_langs", "swe"),
            ("info_langs", "ara"),
            ("info_langs", "prs"),
        ],
    },
    HouseOutline {
        name: "Fiktiva huset",
        kind: "RES-SUB",
        operator: "municipality",
        street: "Fiktiva vägen 12",
        alarm: "battery_alarm",
        staffing: "none",
        rooms: &[
            room("Lgh A", "flat", "58", 4, "family"),
            room("Lgh B", "flat", "71", 6, "family"),
            room("Lgh C", "flat", "44.5", 3, "any"),
        ],
        sets: &[
            ("target_groups", "CAT-TMR"),
            ("target_groups", "SN-01"),
            ("accessibility", "ground_floor"),
            ("info_langs", "swe"),
            ("info_langs", "ukr"),
        ],
    },
    HouseOutline {
        name: "Provstigens boende",
        kind: "RES-COL",
        operator: "municipality",
        street: "Provstigen 9",
        alarm: "automatic_alarm",
        staffing: "daytime",
        rooms: &[
            room("Rum 1", "bedroom", "26", 6, "family"),
            room("Rum 2", "bedroom", "24", 5, "family"),
            room("Rum 3", "bedroom", "14", 3, "any"),
            RoomOutline {
                label: "Rum 4",
                kind: "bedroom",
                area: "13.2",
                most: 3,
                rule: "any",
                blocked: Some("Vattenskada i taket, fuktmätning pågår"),
            },
            room("Gemensamt kök", "kitchen", "22", 0, "any"),
            room("Lekrum", "playroom", "18", 0, "any"),
        ],
        sets: &[
            ("target_groups", "CAT-ABO"),
            ("target_groups", "SN-06"),
            ("accessibility", "step_free_entry"),
            ("accessibility", "wheelchair_room"),
            ("info_langs", "swe"),
            ("info_langs", "eng"),
            ("info_langs", "som"),
        ],
    },
];

const fn settled(
    pool: &'static Names,
    category: &'static str,
    place: (usize, usize),
    people: &'static [PersonOutline],
) -> HouseholdOutline {
    HouseholdOutline {
        names: pool,
        named: None,
        category,
        kind: "settlement",
        priority: "normal",
        place,
        people,
    }
}

const fn single(
    own: Option<(&'static str, &'static str)>,
    pool: &'static Names,
    people: &'static [PersonOutline],
) -> HouseholdOutline {
    HouseholdOutline { named: own, ..settled(pool, "CAT-ABO", (0, 1), people) }
}

/// Three men of one flat bear the same name, as happens.
const SAME: Option<(&str, &str)> = Some(("Karam", "Haddad"));

/// The household of whose children a task was sent to the school.
pub const SENT: usize = 7;

/// The thirteen households.
pub static HOUSEHOLDS: [HouseholdOutline; 13] = {
    use Protection::{Hidden, Pregnant};
    use Sex::{F, M};
    use Years::{Adult, Child, Elder, Newborn, Small, Teen, Unconfirmed, Young};
    [
        HouseholdOutline {
            priority: "high",
            ..settled(
                &AFGHANISTAN,
                "CAT-KVO",
                (0, 0),
                &[
                    p(F, Elder),
                    guarded(F, Adult, Pregnant),
                    p(M, Adult),
                    p(F, Teen),
                    p(M, Child),
                    p(F, Small),
                ],
            )
        },
        single(SAME, &LEVANT, &[p(M, Adult)]),
        single(SAME, &LEVANT, &[p(M, Young)]),
        single(SAME, &LEVANT, &[p(M, Unconfirmed)]),
        single(None, &ERITREA, &[p(M, Adult)]),
        // He came alone and has just come of age: his case is still that of a child.
        HouseholdOutline { kind: "unaccompanied", ..single(None, &SOMALIA, &[p(M, Young)]) },
        HouseholdOutline {
            kind: "temporary_protection",
            priority: "urgent",
            ..settled(
                &UKRAINE,
                "CAT-TMR",
                (1, 0),
                &[guarded(F, Adult, Hidden), p(M, Teen), p(F, Child)],
            )
        },
        settled(
            &LEVANT,
            "CAT-KVO",
            (0, 2),
            &[p(F, Adult), p(M, Adult), p(F, Child), p(M, Child), p(M, Small)],
        ),
        settled(&ERITREA, "CAT-ANH", (1, 2), &[p(F, Adult), p(M, Adult)]),
        settled(
            &SOMALIA,
            "CAT-ABO",
            (2, 0),
            &[p(F, Adult), p(M, Teen), p(F, Child), p(F, Small), p(F, Newborn)],
        ),
        settled(
            &CONGO,
            "CAT-KVO",
            (1, 1),
            &[p(F, Adult), p(M, Adult), p(F, Teen), p(M, Child), p(M, Small), p(M, Small)],
        ),
        settled(&IRAN, "CAT-ABO", (2, 1), &[p(F, Adult), p(M, Adult), p(F, Teen), p(M, Child)]),
        settled(&UZBEKISTAN, "CAT-ABO", (2, 2), &[p(F, Elder), p(M, Elder)]),
    ]
};
