//! What everybody may do, written down once more without the rule.

use std::collections::{BTreeMap, BTreeSet};

use ankomst_server::sync::rule::May;
use ankomst_shared::app::Role;

/// Who began all records.
pub(super) const BEGAN: u8 = 2;

/// Records of each unit: kind, which of them it belongs to, and the level of its kind.
pub(super) const RECORDS: [(&str, Option<usize>, u8); 7] = [
    ("case", None, 0),
    ("journal", Some(0), 0),
    ("protected", Some(0), 3),
    ("residence", None, 0),
    ("incident", Some(3), 0),
    ("plan", None, 0),
    ("org", None, 0),
];

/// A right as the model keeps it.
#[derive(Debug, Clone)]
pub(super) struct Right {
    pub(super) role: Role,
    pub(super) unit: u8,
    pub(super) record: Option<usize>,
    pub(super) level: u8,
    pub(super) emergency: bool,
    pub(super) from_ms: i64,
    pub(super) to_ms: i64,
}

#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) now_ms: i64,
    pub(super) rights: BTreeMap<u8, Vec<Right>>,
    pub(super) raised: BTreeMap<usize, u8>,
    pub(super) ended: BTreeSet<u8>,
    pub(super) revoked: BTreeSet<u8>,
    pub(super) has_case: BTreeMap<u8, BTreeSet<u8>>,
    pub(super) decides: BTreeSet<u8>,
    /// What is said of the case of a unit: whether it is a child's.
    pub(super) child: BTreeMap<u8, Option<bool>>,
    /// What units have decided of leases.
    pub(super) hours: BTreeMap<(u8, &'static str), u32>,
}

/// Who has which kind, as everybody knows.
pub(super) fn is_for(role: Role, kind: &str) -> bool {
    use Role::{Caseworker, ChildCaseworker, Coordinator, Inspector, Supervisor, Trainee};
    let who: &[Role] = match kind {
        "case" | "journal" | "protected" | "incident" => &[Caseworker, ChildCaseworker, Supervisor],
        "residence" => &[Caseworker, ChildCaseworker, Inspector, Supervisor],
        "plan" | "org" => {
            &[Caseworker, ChildCaseworker, Inspector, Supervisor, Coordinator, Trainee]
        }
        _ => &[],
    };
    who.contains(&role)
}

pub(super) fn unit_of(record: usize) -> u8 {
    u8::from(record >= RECORDS.len())
}

pub(super) fn above(record: usize) -> Option<usize> {
    let first = record - record % RECORDS.len();
    RECORDS[record % RECORDS.len()].1.map(|above| first + above)
}

impl Model {
    pub(super) fn level(&self, record: usize) -> u8 {
        let own =
            RECORDS[record % RECORDS.len()].2.max(self.raised.get(&record).copied().unwrap_or(0));
        above(record).map_or(own, |above| own.max(self.level(above)))
    }

    /// Whether a caseworker is kept from the case of a unit. Who began it has it while nobody does.
    pub(super) fn is_kept_from(&self, who: u8, record: usize) -> bool {
        let of_case = record % RECORDS.len() < 3;
        let unit = unit_of(record);
        let people = self.has_case.get(&unit).filter(|people| !people.is_empty());
        let has = people.map_or(who == BEGAN, |people| people.contains(&who));
        of_case && self.decides.contains(&unit) && !has
    }

    /// Whether a child caseworker is kept from a record: of cases all but those of children, and those begun by the
    /// person of which nobody says what they are; and what has happened in a house.
    pub(super) fn is_kept_from_child(&self, who: u8, record: usize) -> bool {
        if record % RECORDS.len() >= 3 {
            return RECORDS[record % RECORDS.len()].0 == "incident";
        }
        let said = self.child.get(&unit_of(record)).copied().flatten();
        !said.unwrap_or(who == BEGAN) || self.is_kept_from(who, record)
    }

    /// Hours for which a device of a unit may be read without contact that holds these.
    pub(super) fn lease(&self, unit: u8, held: &[usize]) -> u32 {
        let is_protected = |record: &usize| self.level(*record) >= 2;
        let is_child = |record: &usize| {
            record.is_multiple_of(RECORDS.len())
                && self.child.get(&unit_of(*record)).copied().flatten() == Some(true)
                && !is_protected(record)
        };
        let decided = |key, usual| self.hours.get(&(unit, key)).copied().unwrap_or(usual);
        let mut hours = decided("lease_hours", 168);
        if held.iter().any(is_child) {
            hours = hours.min(decided("lease_child_hours", 24));
        }
        hours = hours.max(24 * decided("continuity_days", 0));
        if held.iter().any(is_protected) {
            hours = hours.min(decided("lease_protected_hours", 12));
        }
        hours
    }

    pub(super) fn may(&self, who: u8, record: usize) -> May {
        let (kind, ..) = RECORDS[record % RECORDS.len()];
        let mut most = May::Nothing;
        for right in self.rights.get(&who).into_iter().flatten() {
            let counts = !self.ended.contains(&who)
                && right.from_ms <= self.now_ms
                && self.now_ms < right.to_ms;
            let about = right.record.is_none_or(|one| one == record || Some(one) == above(record));
            let most_secret = if matches!(
                right.role,
                Role::Coordinator
                    | Role::Trainee
                    | Role::Auditor
                    | Role::Recipient
                    | Role::Regional
            ) {
                0
            } else {
                right.level
            };
            let bound = right.role == Role::Caseworker && right.record.is_none();
            let of_child = right.role == Role::ChildCaseworker && right.record.is_none();
            if (bound && self.is_kept_from(who, record))
                || (of_child && self.is_kept_from_child(who, record))
            {
                continue;
            }
            if counts
                && about
                && right.unit == unit_of(record)
                && is_for(right.role, kind)
                && self.level(record) <= most_secret
            {
                let it = match (right.emergency, kind) {
                    (true, _) => May::Look,
                    (false, "org") => May::Read,
                    (false, _) => May::Write,
                };
                most = most.max(it);
            }
        }
        most
    }

    pub(super) fn supervises(&self, who: u8, unit: u8) -> bool {
        let mut all = self.rights.get(&who).into_iter().flatten();
        !self.ended.contains(&who)
            && all.any(|right| {
                right.role == Role::Supervisor
                    && right.unit == unit
                    && right.record.is_none()
                    && !right.emergency
                    && right.from_ms <= self.now_ms
                    && self.now_ms < right.to_ms
            })
    }
}
