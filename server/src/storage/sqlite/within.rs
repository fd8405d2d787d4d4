//! What of the register somebody may look at, as a condition that every statement over its rows has.

use std::collections::BTreeSet;

use ankomst_shared::catalog::Catalog;
use ankomst_shared::ids::{DocumentId, UnitId};

use super::homes::is_ledger;
use super::rows::ProjectedRow;

/// What of a unit may be looked at. `sync::rule` says it; everything here keeps to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Within {
    /// The unit.
    pub unit: UnitId,
    /// Kinds of secrecy, each up to a level of protection.
    pub homes: Vec<(&'static str, u8)>,
    /// The same, but of cases, and of what belongs to them, only the own ones.
    pub bound: Vec<(&'static str, u8)>,
    /// The own cases.
    pub own: BTreeSet<DocumentId>,
    /// The same for who works with children: of cases only those of children, and of houses no ledger.
    pub narrow: Vec<(&'static str, u8)>,
    /// The cases of children, as far as they are the person's.
    pub children: BTreeSet<DocumentId>,
    /// Single records with what belongs to them: of which kind of secrecy, and up to which level.
    pub single: Vec<(DocumentId, &'static str, u8)>,
}

impl Within {
    /// Whether a row may be looked at.
    pub(super) fn has(&self, row: &ProjectedRow) -> bool {
        let general = |(home, level): &(&str, u8)| *home == row.home && row.protection <= *level;
        let single = |(id, home, level): &(DocumentId, &str, u8)| {
            *home == row.home
                && row.protection <= *level
                && (row.document == *id || row.parent == Some(*id))
        };
        let of_child = || match row.case {
            Some(case) => self.children.contains(&case),
            None => !is_ledger(&row.kind),
        };
        let is_own = || row.case.is_none_or(|case| self.own.contains(&case));
        row.unit == self.unit
            && (self.homes.iter().any(general)
                || (self.bound.iter().any(general) && is_own())
                || (self.narrow.iter().any(general) && of_child())
                || self.single.iter().any(single))
    }

    /// The same as a condition on rows `r` of a circle.
    pub(super) fn sql(&self, home: &str) -> String {
        let level = |homes: &[(&str, u8)]| {
            let of_home = homes.iter().filter(|(known, _)| *known == home);
            of_home.map(|(_, level)| i16::from(*level)).max().unwrap_or(-1)
        };
        let mut ways = vec![format!("r.protection <= {}", level(&self.homes))];
        if level(&self.bound) >= 0 {
            let own = format!("r.within IS NULL OR r.within IN ({})", listed(&self.own));
            ways.push(format!("(r.protection <= {} AND ({own}))", level(&self.bound)));
        }
        if level(&self.narrow) >= 0 {
            let kinds = Catalog::builtin().package().kinds.iter();
            let ledgers: Vec<&str> =
                kinds.filter(|kind| kind.ledger).map(|kind| kind.id.as_str()).collect();
            let no_ledger =
                format!("r.within IS NULL AND r.kind NOT IN ('{}')", ledgers.join("', '"));
            let of = format!("({no_ledger}) OR r.within IN ({})", listed(&self.children));
            ways.push(format!("(r.protection <= {} AND ({of}))", level(&self.narrow)));
        }
        for (id, _, level) in self.single.iter().filter(|(_, known, _)| *known == home) {
            let id = literal(id);
            let of = format!("r.document = {id} OR r.parent = {id}");
            ways.push(format!("(r.protection <= {level} AND ({of}))"));
        }
        format!("({})", ways.join(" OR "))
    }

    /// The kinds of secrecy something is looked for in.
    pub(super) fn circles(&self) -> BTreeSet<&'static str> {
        let homes = self.homes.iter().chain(&self.bound).chain(&self.narrow).map(|(home, _)| *home);
        homes.chain(self.single.iter().map(|(_, home, _)| *home)).collect()
    }
}

impl Default for Within {
    /// Nothing.
    fn default() -> Self {
        Self {
            unit: UnitId::from_bytes([0; 16]),
            homes: Vec::new(),
            bound: Vec::new(),
            own: BTreeSet::new(),
            narrow: Vec::new(),
            children: BTreeSet::new(),
            single: Vec::new(),
        }
    }
}

/// Ids in a statement.
fn listed(ids: &BTreeSet<DocumentId>) -> String {
    ids.iter().map(literal).collect::<Vec<_>>().join(", ")
}

/// An id in a statement.
fn literal(id: &DocumentId) -> String {
    let hex: Vec<String> = id.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("x'{}'", hex.concat())
}
