//! Tablets that have taken houses along and are not in contact: what their people wrote may be missing.

use ankomst_shared::ids::{DeviceId, DocumentId};
use ankomst_shared::sync::message::Away;

use crate::app::App;
use crate::storage::StorageError;
use crate::storage::sqlite::Connection;
use crate::storage::sqlite::accounts::{self, UserRow};
use crate::storage::sqlite::wants;

/// Those of the unit of a person who asks from a device.
pub(super) fn of_unit(
    app: &App,
    db: &Connection,
    (asks, user): (DeviceId, &UserRow),
) -> Result<Vec<Away>, StorageError> {
    let mut away = Vec::new();
    for (device, owner, seen_ms) in accounts::devices_seen(db, user.unit)? {
        if device == asks || app.presence.is_live(device) {
            continue;
        }
        let houses: Vec<DocumentId> = wants::of(db, device)?.into_iter().collect();
        if !houses.is_empty() {
            let seen_ms = app.presence.left_ms(device).unwrap_or(seen_ms).max(seen_ms);
            away.push(Away { device, user: owner, seen_ms, houses });
        }
    }
    Ok(away)
}
