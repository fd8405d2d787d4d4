//! Accounts, units and devices of a dataset. The first unit's people are those of the story, with
//! passwords that are printed; the others share one.

use ankomst_shared::app::Role;
use ankomst_shared::ids::{DeviceId, UnitId, UserId};
use ankomst_shared::sign::SigningKey;

use super::super::SeedError;
use super::super::day::{after, at};
use super::super::staff::{STAFF, UNIT};
use super::{Plan, Stream, nth};

/// Password of all accounts that are not people of the story.
pub const SHARED_PASSWORD: &str = "alla-i-provby";
const FAMILIES: [&str; 6] = ["Lindqvist", "Sandberg", "Nyström", "Holm", "Wikander", "Rosén"];
const GIVEN: [&str; 8] = ["Maja", "Vera", "Tyra", "Per", "Anton", "Nils", "Sixten", "Ingrid"];

/// Everybody who writes.
#[derive(Debug)]
pub struct Crew {
    /// Units.
    pub units: Vec<Unit>,
    /// Accounts.
    pub members: Vec<Member>,
    /// Devices with their people and keys.
    pub hands: Vec<Hand>,
}

/// A unit.
#[derive(Debug)]
pub struct Unit {
    /// Id.
    pub id: UnitId,
    /// Name.
    pub name: String,
    /// Caseworkers, as numbers of [`Crew::hands`].
    pub workers: Vec<usize>,
    /// Inspectors.
    pub inspectors: Vec<usize>,
    /// The supervisor.
    pub desk: usize,
}

/// An account.
#[derive(Debug)]
pub struct Member {
    /// Id.
    pub id: UserId,
    /// Login.
    pub login: String,
    /// Name.
    pub name: String,
    /// Password.
    pub password: &'static str,
    /// Role.
    pub role: Role,
    /// Number of the unit.
    pub unit: usize,
}

/// A device in the hands of a person.
#[derive(Debug)]
pub struct Hand {
    /// The person.
    pub user: UserId,
    /// The device.
    pub device: DeviceId,
    /// Its signing key.
    pub key: SigningKey,
    /// Its name.
    pub name: String,
    /// Number of the unit.
    pub unit: usize,
}

impl Crew {
    /// Draws accounts and devices.
    ///
    /// # Errors
    /// When a key cannot be given.
    pub fn draw(
        plan: &Plan,
        mut key: impl FnMut() -> Result<[u8; 32], SeedError>,
    ) -> Result<Self, SeedError> {
        let figures = plan.size.figures();
        let mut draw = plan.draw(Stream::Crew, 0);
        let since = at(after(plan.today, -plan.days() - 60), 0);
        let mut crew = Self { units: Vec::new(), members: Vec::new(), hands: Vec::new() };
        for unit in 0..figures.units {
            let id = UnitId::new(since, draw.bytes());
            let name =
                if unit == 0 { UNIT.to_owned() } else { format!("{UNIT}, enhet {}", unit + 1) };
            let tablets = figures.tablets / figures.units;
            let mut rows = roles(unit, tablets);
            let mut own = Unit { id, name, workers: Vec::new(), inspectors: Vec::new(), desk: 0 };
            for (number, (login, name, password, role, writes)) in rows.drain(..).enumerate() {
                let user = UserId::new(since, draw.bytes());
                crew.members.push(Member { id: user, login, name, password, role, unit });
                if !writes {
                    continue;
                }
                let hand = crew.hands.len();
                let place = match role {
                    Role::Caseworker => {
                        own.workers.push(hand);
                        format!("Surfplatta {}-{}", unit + 1, number + 1)
                    }
                    Role::Inspector => {
                        own.inspectors.push(hand);
                        format!("Surfplatta {}-{}", unit + 1, number + 1)
                    }
                    _ => {
                        own.desk = hand;
                        format!("Skrivbord {}", unit + 1)
                    }
                };
                let (device, key) =
                    (DeviceId::new(since, draw.bytes()), SigningKey::from_seed(key()?));
                crew.hands.push(Hand { user, device, key, name: place, unit });
            }
            crew.units.push(own);
        }
        Ok(crew)
    }

    /// One of those who write.
    ///
    /// # Errors
    /// When there is no such number.
    pub fn hand(&self, number: usize) -> Result<&Hand, SeedError> {
        nth(&self.hands, number, "the device")
    }

    /// A unit.
    ///
    /// # Errors
    /// When there is no such number.
    pub fn unit(&self, number: usize) -> Result<&Unit, SeedError> {
        nth(&self.units, number, "the unit")
    }
}

type Row = (String, String, &'static str, Role, bool);

/// The accounts of a unit; the last says whether the person has a device: so many tablets, and the
/// supervisor's desk.
fn roles(unit: usize, tablets: usize) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    if unit == 0 {
        for (at, one) in STAFF.iter().enumerate() {
            let writes = at < 3 || one.role == Role::Supervisor;
            rows.push((one.login.into(), one.name.into(), one.password, one.role, writes));
        }
    } else {
        let login = format!("chef-{:02}", unit + 1);
        rows.push((login, named(unit), SHARED_PASSWORD, Role::Supervisor, true));
    }
    let there = rows.iter().filter(|row| row.4 && row.3 != Role::Supervisor).count();
    for number in there..tablets {
        // Every fourth is an inspector.
        let inspects = number % 4 == 2;
        let role = if inspects { Role::Inspector } else { Role::Caseworker };
        let what = if inspects { "inspektor" } else { "handlaggare" };
        let login = format!("{what}-{:02}-{:02}", unit + 1, number + 1);
        rows.push((login, named(unit * 31 + number), SHARED_PASSWORD, role, true));
    }
    rows
}

fn named(number: usize) -> String {
    let given = GIVEN.get(number % GIVEN.len()).copied().unwrap_or_default();
    let family = FAMILIES.get(number / GIVEN.len() % FAMILIES.len()).copied().unwrap_or_default();
    format!("{given} {family}")
}
