//! What the units have decided, as it stands in their records `org`: for what the server itself does by it.

use std::sync::{PoisonError, RwLock};

use ankomst_shared::ids::UnitId;

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Whose it is.
    pub unit: UnitId,
    /// What it is about.
    pub key: String,
    /// What was decided.
    pub value: String,
    /// Its first day.
    pub from: String,
    /// Its last day; empty until it is ended.
    pub to: String,
}

/// The decisions of all units, as last read.
#[derive(Debug, Default)]
pub struct Policies(RwLock<Vec<Policy>>);

impl Policies {
    /// Takes in what was read.
    pub fn set(&self, all: Vec<Policy>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = all;
    }

    /// Whether a unit's records know a decision that began between two days, in force or not.
    #[must_use]
    pub fn is_known_since(&self, (unit, key): (UnitId, &str), (from, to): (&str, &str)) -> bool {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let begun = |one: &Policy| from <= one.from.as_str() && one.from.as_str() <= to;
        all.iter().any(|one| one.unit == unit && one.key == key && begun(one))
    }

    /// Whether a unit has decided this, and it is in force on a day: a newer decision replaces those before it, and of
    /// several of one day one is enough.
    #[must_use]
    pub fn says(&self, unit: UnitId, (key, value): (&str, &str), day: &str) -> bool {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let in_force = |one: &&Policy| {
            let begun = one.unit == unit && one.key == key && one.from.as_str() <= day;
            begun && (one.to.is_empty() || day <= one.to.as_str())
        };
        let newest = all.iter().filter(in_force).map(|one| one.from.as_str()).max();
        all.iter()
            .filter(in_force)
            .any(|one| Some(one.from.as_str()) == newest && one.value == value)
    }

    /// The whole number that a unit has decided on and that is in force on a day, within bounds. A newer decision
    /// replaces those before it; of several of one day the smallest counts.
    #[must_use]
    pub fn number(&self, unit: UnitId, (key, most): (&str, u32), day: &str) -> Option<u32> {
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let holds = |one: &&Policy| {
            let begun = one.unit == unit && one.key == key && one.from.as_str() <= day;
            begun && (one.to.is_empty() || day <= one.to.as_str())
        };
        let newest = all.iter().filter(holds).map(|one| one.from.as_str()).max()?;
        let values = all.iter().filter(holds).filter(|one| one.from == newest);
        values.filter_map(|one| one.value.parse().ok()).min().map(|value: u32| value.clamp(1, most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_decision_in_force_counts_and_of_one_day_the_smallest() {
        let unit = UnitId::new(1, [1; 10]);
        let policy = |unit: UnitId, value: &str, from: &str, to: &str| Policy {
            unit,
            key: "lease_hours".to_owned(),
            value: value.to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
        };
        let policies = Policies::default();
        policies.set(vec![
            policy(unit, "48", "2026-01-01", "2026-01-31"),
            policy(unit, "72", "2026-02-01", ""),
            policy(unit, "96", "2026-02-01", ""),
            policy(unit, "99999", "2026-05-01", "2026-05-31"),
            policy(UnitId::new(2, [2; 10]), "1", "2026-01-01", ""),
        ]);
        let on = |day: &str| policies.number(unit, ("lease_hours", 1_008), day);
        assert_eq!(on("2025-12-31"), None);
        assert_eq!(on("2026-01-31"), Some(48));
        assert_eq!(on("2026-02-01"), Some(72));
        assert_eq!(on("2026-05-31"), Some(1_008));
        assert_eq!(on("2026-06-01"), Some(72));
        assert_eq!(policies.number(unit, ("lock_minutes", 60), "2026-02-01"), None);
    }
}
