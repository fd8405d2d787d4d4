//! Devices that a log does not know any more, because it is that of a backup from before.

use ankomst_shared::sign::{Enrolment, PublicKey};
use rusqlite::Connection;

use super::accounts::{self, DeviceRow};
use crate::storage::StorageError;

impl DeviceRow {
    /// The device of an enrolment, if this server has signed it.
    #[must_use]
    pub fn enrolled(bytes: &[u8], server: &PublicKey) -> Option<Self> {
        let Enrolment { device, user, key, name, at_ms: _ } =
            Enrolment::open(bytes, server).ok()?;
        Some(Self { id: device, user, name, key, enrolment: bytes.to_vec(), active: true })
    }
}

/// Adds a device that the log does not know any more, if the person is known; one that is known stays as
/// it is, revoked or not. Gives the device as it is then.
///
/// # Errors
/// When the database refuses.
pub fn take_in_again(
    db: &Connection,
    row: &DeviceRow,
    now_ms: i64,
) -> Result<Option<DeviceRow>, StorageError> {
    if accounts::device(db, row.id)?.is_none() && accounts::user(db, row.user)?.is_some() {
        accounts::add_device(db, row, now_ms)?;
    }
    accounts::device(db, row.id)
}
