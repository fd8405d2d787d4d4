//! The rule of access, and nothing else: no database, no clock. All ways to a record ask it.
//!
//! A role has the kinds that the catalog says, in one unit, as far as its level of protection reaches. Where a unit lets
//! assignment decide, a caseworker has the own cases only, with all that belongs to them. A child caseworker has cases of
//! children only, and of houses no ledger. A right for one record is for that record and all that belongs to it. What
//! was opened in an emergency is read on the server alone. Nobody writes from a device what only the server writes, and an administrator has no kinds.

use std::collections::{BTreeMap, BTreeSet};

use ankomst_shared::app::Role;
use ankomst_shared::catalog::{Catalog, Kind};
use ankomst_shared::ids::{DocumentId, UnitId, UserId};

use crate::storage::sqlite::accounts::UserRow;
use crate::storage::sqlite::grants::{GrantRow, level_max};
use crate::storage::sqlite::homes::Standing;
use crate::storage::sqlite::log::DocumentRow;
use crate::storage::sqlite::within::Within;

/// What somebody may do with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum May {
    /// Nothing: it is as if it were not there.
    Nothing,
    /// Read it on the server, for a while, because of an emergency.
    Look,
    /// Read it everywhere.
    Read,
    /// Read and write it.
    Write,
}

/// What a right says of a record: refusals first, from the farthest to the nearest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Says {
    /// There is no right.
    NoRight,
    /// It is one in another unit.
    OtherUnit,
    /// It is one for other records.
    OtherRecord,
    /// Its role does not have records of that kind.
    OtherKind,
    /// Its role has cases of children only, as far as they are the person's own.
    NotChild,
    /// Assignment decides, and it is another one's case.
    NotOwn,
    /// The record is more protected than it reaches.
    Protected,
    /// See [`May::Look`].
    Look,
    /// See [`May::Read`].
    Read,
    /// See [`May::Write`].
    Write,
}

impl From<Says> for May {
    fn from(says: Says) -> Self {
        match says {
            Says::Look => Self::Look,
            Says::Read => Self::Read,
            Says::Write => Self::Write,
            _ => Self::Nothing,
        }
    }
}

/// Somebody's rights at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    /// Who.
    pub user: UserId,
    /// Those that count now; none of an account that has ended.
    grants: Vec<GrantRow>,
    /// The person's cases, in units where assignment decides.
    own: BTreeMap<UnitId, BTreeSet<DocumentId>>,
    /// The cases of children, in units where that is asked.
    children: BTreeMap<UnitId, BTreeSet<DocumentId>>,
}

impl Rights {
    /// Those of an account at a moment, of all it ever had.
    #[must_use]
    pub fn new(user: &UserRow, mut all: Vec<GrantRow>, now_ms: i64) -> Self {
        all.retain(|grant| user.active && grant.user == user.id && grant.is_current(now_ms));
        Self { user: user.id, grants: all, own: BTreeMap::new(), children: BTreeMap::new() }
    }

    /// The same in a unit where assignment decides and these are the person's cases.
    #[must_use]
    pub fn with_cases(mut self, unit: UnitId, own: BTreeSet<DocumentId>) -> Self {
        self.own.insert(unit, own);
        self
    }

    /// The same in a unit where these are the cases of children.
    #[must_use]
    pub fn with_children(mut self, unit: UnitId, children: BTreeSet<DocumentId>) -> Self {
        self.children.insert(unit, children);
        self
    }

    /// Which records a right is for.
    fn scope(&self, grant: &GrantRow) -> Scope<'_> {
        if !is_general(grant) {
            return Scope::All;
        }
        let own = self.own.get(&grant.unit);
        match grant.role {
            Role::Caseworker => own.map_or(Scope::All, Scope::Own),
            Role::ChildCaseworker => Scope::Children(self.children.get(&grant.unit), own),
            _ => Scope::All,
        }
    }

    /// Departments whose tasks the person receives in a unit, by their codes.
    #[must_use]
    pub fn receives(&self, unit: UnitId) -> BTreeSet<&str> {
        let of = |grant: &&GrantRow| grant.role == Role::Recipient && grant.unit == unit;
        let own = self.grants.iter().filter(of).filter(|grant| is_general(grant));
        own.filter_map(|grant| grant.department.as_deref()).collect()
    }

    /// Whether somebody is of the unit's own people, who know each other by name: whoever only receives tasks or figures
    /// is not.
    #[must_use]
    pub fn is_colleague(&self) -> bool {
        let is = |grant: &GrantRow| !matches!(grant.role, Role::Recipient | Role::Regional);
        self.grants.iter().any(is)
    }

    /// What they let somebody do with a record that stands there.
    #[must_use]
    pub fn may(&self, document: &DocumentRow, standing: &Standing) -> May {
        self.says(document, standing).0.into()
    }

    /// What they say of a record that stands there, and which of them says it: the one that gives most or, where none
    /// gives it, the one that comes nearest.
    #[must_use]
    pub fn says(&self, document: &DocumentRow, standing: &Standing) -> (Says, Option<&GrantRow>) {
        let Some(home) = Catalog::builtin().kind(&standing.home) else {
            return (Says::OtherKind, None);
        };
        let said = self
            .grants
            .iter()
            .map(|grant| (self.one(grant, (document, standing), home), Some(grant)));
        said.max_by_key(|(says, _)| *says).unwrap_or((Says::NoRight, None))
    }

    /// What one of them says.
    fn one(
        &self,
        grant: &GrantRow,
        (document, standing): (&DocumentRow, &Standing),
        home: &Kind,
    ) -> Says {
        if grant.unit != document.unit {
            return Says::OtherUnit;
        }
        if !grant.object.is_none_or(|object| standing.line.contains(&object)) {
            return Says::OtherRecord;
        }
        if !home.is_had_by(&[grant.role]) {
            return Says::OtherKind;
        }
        if !self.scope(grant).has(standing) {
            return if grant.role == Role::ChildCaseworker { Says::NotChild } else { Says::NotOwn };
        }
        if standing.level > level_of(grant) {
            return Says::Protected;
        }
        let written_by_server =
            Catalog::builtin().kind(&document.kind).is_some_and(|kind| kind.server);
        match &grant.category {
            Some(_) => Says::Look,
            None if written_by_server => Says::Read,
            None => Says::Write,
        }
    }

    /// Whether somebody has a role in a unit.
    #[must_use]
    pub fn has(&self, role: Role, unit: UnitId) -> bool {
        let is = |grant: &GrantRow| grant.role == role && grant.unit == unit && is_general(grant);
        self.grants.iter().any(is)
    }

    /// What of a unit somebody may read in lists.
    #[must_use]
    pub fn reach(&self, unit: UnitId) -> Reach {
        let mut within = Within { unit, ..Within::default() };
        within.own = self.own.get(&unit).cloned().unwrap_or_default();
        within.children = self.children.get(&unit).cloned().unwrap_or_default();
        if let Some(own) = self.own.get(&unit) {
            within.children.retain(|case| own.contains(case));
        }
        let own = || self.grants.iter().filter(|grant| grant.unit == unit);
        for home in &Catalog::builtin().package().kinds {
            let had = || own().filter(|grant| home.is_had_by(&[grant.role]));
            let general = |fits: fn(&Scope<'_>) -> bool| {
                let is = |grant: &&GrantRow| is_general(grant) && fits(&self.scope(grant));
                had().filter(is).map(level_of).max().map(|level| (home.id.as_str(), level))
            };
            within.homes.extend(general(|scope| matches!(scope, Scope::All)));
            within.bound.extend(general(|scope| matches!(scope, Scope::Own(_))));
            within.narrow.extend(general(|scope| matches!(scope, Scope::Children(..))));
            for grant in had().filter(|grant| grant.category.is_none()) {
                let single = |object| (object, home.id.as_str(), level_of(grant));
                within.single.extend(grant.object.map(single));
            }
        }
        Reach(within)
    }

    /// The units somebody has rights in.
    #[must_use]
    pub fn units(&self) -> BTreeSet<UnitId> {
        self.grants.iter().map(|grant| grant.unit).collect()
    }
}

/// Which records of a unit a right is for, besides their kinds.
enum Scope<'a> {
    /// All.
    All,
    /// Of cases those.
    Own(&'a BTreeSet<DocumentId>),
    /// Of cases those that are in both, and no ledger of a house.
    Children(Option<&'a BTreeSet<DocumentId>>, Option<&'a BTreeSet<DocumentId>>),
}

impl Scope<'_> {
    fn has(&self, standing: &Standing) -> bool {
        match (self, standing.case) {
            (Self::All, _) | (Self::Own(_), None) => true,
            (Self::Own(own), Some(case)) => own.contains(&case),
            (Self::Children(..), None) => !standing.ledger,
            (Self::Children(children, own), Some(case)) => {
                children.is_some_and(|children| children.contains(&case))
                    && own.is_none_or(|own| own.contains(&case))
            }
        }
    }
}

/// For all of a unit, and not for an emergency.
const fn is_general(grant: &GrantRow) -> bool {
    grant.object.is_none() && grant.category.is_none()
}

/// The level of protection a right reaches, whatever is written: a coordinator or a trainee sees nothing protected.
#[must_use]
pub fn level_of(grant: &GrantRow) -> u8 {
    grant.level.min(level_max(grant.role))
}

/// What somebody may read in lists and searches of one unit. Only [`Rights`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach(Within);

impl Reach {
    /// As the register asks for it.
    #[must_use]
    pub const fn within(&self) -> &Within {
        &self.0
    }

    /// Whether there is nothing to read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Within { homes, bound, narrow, single, .. } = &self.0;
        homes.is_empty() && bound.is_empty() && narrow.is_empty() && single.is_empty()
    }

    /// Whether some of a kind of secrecy may be read.
    #[must_use]
    pub fn includes(&self, home: &str) -> bool {
        let Within { homes, bound, narrow, .. } = &self.0;
        homes.iter().chain(bound).chain(narrow).any(|(known, _)| *known == home)
            || self.0.single.iter().any(|(_, known, _)| *known == home)
    }
}
