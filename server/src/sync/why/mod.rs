//! Why a record is, or is not, on a device: the judgement of the feed ([`super::scope`]) for one record, and how far the
//! device has been told of it.

pub mod said;

use std::collections::BTreeSet;

use ankomst_shared::ids::{DeviceId, DocumentId};

use crate::app::App;
use crate::storage::StorageError;
use crate::storage::accesses::read::given_ms;
use crate::storage::sqlite::accounts::{self, DeviceRow, UserRow};
use crate::storage::sqlite::devices::{self, State};
use crate::storage::sqlite::grants::GrantRow;
use crate::storage::sqlite::homes::standing;
use crate::storage::sqlite::log::{self, DocumentRow};
use crate::storage::sqlite::{Connection, destroyed, lines, staff, verify};
use crate::sync::rule::{Rights, level_of};
use crate::sync::scope::{self, Ruled};
use crate::sync::{access, lease};

/// The first rule that decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// The account has ended.
    Ended,
    /// The device is revoked.
    Revoked,
    /// Something has become of the device.
    Gone(State),
    /// There is no such record.
    Unknown,
    /// It was destroyed then, Unix milliseconds.
    Destroyed(i64),
    /// It is being continued with less behind it, and comes when that is done.
    Settling,
    /// What is said of it where none of these is.
    Ruled(Ruled),
}

/// The right that decides, as far as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Right {
    /// The right.
    pub grant: GrantRow,
    /// The level of protection it reaches.
    pub reaches: u8,
    /// The level of protection of the record with all it belongs to.
    pub level: u8,
    /// Assignment decides in the unit.
    pub by_assignment: bool,
    /// It is of a case that the person has.
    pub is_assigned: bool,
}

/// How far a device has been told of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Told {
    /// By the ledger it holds it.
    pub holds: bool,
    /// When it was last given to it, Unix milliseconds, as far as the access log goes back.
    pub given_ms: Option<i64>,
    /// Where the device stands in the feed.
    pub cursor: u64,
    /// The newest place of the record in the feed.
    pub newest: u64,
    /// Changes of it after where the device stands.
    pub after: usize,
    /// Changes that wait for their trial, and for a person.
    pub unseen: (usize, usize),
    /// Last contact.
    pub seen_ms: i64,
    /// Until then the device may be read without contact.
    pub lease_ms: i64,
    /// Somebody is signed in on it.
    pub signed_in: bool,
}

/// Why a record is, or is not, on a device.
#[derive(Debug, Clone)]
pub struct Why {
    /// The device.
    pub device: DeviceRow,
    /// Its person.
    pub user: UserRow,
    /// The record, if there is one.
    pub record: Option<DocumentRow>,
    /// The rule.
    pub rule: Rule,
    /// The right that says so.
    pub right: Option<Right>,
    /// How far the device has been told of it.
    pub told: Told,
}

impl Why {
    /// Whether the feed gives it to the device.
    #[must_use]
    pub fn is_given(&self) -> bool {
        matches!(self.rule, Rule::Ruled(ruled) if ruled.is_given())
    }
}

/// Finds out; nothing where there is no such device.
///
/// # Errors
/// When storage refuses.
pub fn why(app: &App, device: DeviceId, record: DocumentId) -> Result<Option<Why>, StorageError> {
    let given_ms = app.audit.read(|db| given_ms(db, record, device)).unwrap_or_default();
    app.readers.read(|db| {
        let Some(device) = accounts::device(db, device)? else { return Ok(None) };
        let Some(user) = accounts::user(db, device.user)? else { return Ok(None) };
        let row = log::document(db, record)?;
        let told = told((app, db), (&device, &user), (record, given_ms))?;
        let rights = access::rights_now(db, &user)?;
        let rule = match first(db, (&device, &user), record)? {
            Some(rule) => rule,
            None => match &row {
                None => Rule::Unknown,
                Some(row) => {
                    let ruled = scope::of(db, &rights, (device.id, row))?;
                    let waits = ruled.is_given() && lines::is_settling(db, record)?;
                    if waits { Rule::Settling } else { Rule::Ruled(ruled) }
                }
            },
        };
        let right = match &row {
            Some(row) => right(db, (&user, &rights), row)?,
            None => None,
        };
        Ok(Some(Why { device, user, record: row, rule, right, told }))
    })
}

/// What stands before all rights.
fn first(
    db: &Connection,
    (device, user): (&DeviceRow, &UserRow),
    record: DocumentId,
) -> Result<Option<Rule>, StorageError> {
    let state = devices::standing(db, device.id)?.map(|known| known.state);
    if let Some(state) = state.filter(|state| *state > State::Active) {
        return Ok(Some(Rule::Gone(state)));
    }
    if !device.active {
        return Ok(Some(Rule::Revoked));
    }
    if !user.active {
        return Ok(Some(Rule::Ended));
    }
    let Some(of) = destroyed::record_of(db, record)? else { return Ok(None) };
    let at_ms = destroyed::one(db, of)?.map_or(0, |row| row.at_ms);
    Ok(Some(Rule::Destroyed(at_ms)))
}

/// The right that decides about a record, with what it is measured by; of a review, about what that is about.
fn right(
    db: &Connection,
    (user, rights): (&UserRow, &Rights),
    row: &DocumentRow,
) -> Result<Option<Right>, StorageError> {
    let Some(standing) = standing(row, |id| log::document(db, id))? else { return Ok(None) };
    let Some(grant) = rights.says(row, &standing).1 else { return Ok(None) };
    let own = match standing.case {
        Some(case) => staff::cases_of(db, user.id)?.contains(&case),
        None => false,
    };
    Ok(Some(Right {
        reaches: level_of(grant),
        grant: grant.clone(),
        level: standing.level,
        by_assignment: staff::decides(db, row.unit)?,
        is_assigned: own,
    }))
}

fn told(
    (app, db): (&App, &Connection),
    (device, user): (&DeviceRow, &UserRow),
    (record, given_ms): (DocumentId, Option<i64>),
) -> Result<Told, StorageError> {
    let epoch = log::epoch(db)?;
    let mark = verify::marks(db)?.into_iter().find(|mark| mark.device == device.id);
    let cursor = mark.filter(|mark| mark.epoch == epoch).map_or(0, |mark| mark.high);
    let newest = u64::try_from(staff::newest(db, record)?).unwrap_or_default();
    let seen = devices::standing(db, device.id)?.map_or(0, |known| known.seen_ms);
    let seen_ms = app.presence.left_ms(device.id).max(Some(seen)).unwrap_or_default();
    let held: BTreeSet<DocumentId> = log::holdings(db, device.id)?;
    let seconds = lease::of((app, db), user.unit, &held)?.0;
    Ok(Told {
        holds: held.contains(&record),
        given_ms,
        cursor,
        newest,
        after: log::visible_after(db, record, cursor)?.len(),
        unseen: log::unseen(db, record)?,
        seen_ms,
        lease_ms: seen_ms.saturating_add(i64::from(seconds) * 1_000),
        signed_in: devices::is_signed_in(db, device.id, app.now_ms())?,
    })
}
