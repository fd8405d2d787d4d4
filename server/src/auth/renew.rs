//! The rotating secret: each use gives a new one; an old one used again ends the session.
//!
//! An answer can be lost on its way, so the secret before the valid one is still good for a minute,
//! and only for the device whose key signs the request.

use ankomst_shared::chunk::sha256;
use ankomst_shared::ids::{SessionId, base32};

use crate::storage::sqlite::accounts::SessionRow;
use crate::storage::{StorageError, random};

/// How long the secret before is still good, in milliseconds.
pub const RETRY_MS: i64 = 60_000;
/// How long a session lasts in all, in milliseconds: thirty days.
pub const SESSION_MS: i64 = 30 * 24 * 3_600_000;

/// What a renewal comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renewal {
    /// Go on with this secret.
    Renewed(String),
    /// A secret of the past: somebody has a copy. The session has ended.
    Stolen,
    /// The session is over.
    Over,
}

/// Makes a secret for a session and gives it with the hash that is stored.
///
/// # Errors
/// When the system has no randomness.
pub fn secret(id: SessionId) -> Result<(String, Vec<u8>), StorageError> {
    let secret = format!("{id}.{}", base32(&random::<32>()?));
    let hash = hash(&secret);
    Ok((secret, hash))
}

/// The session a secret is of.
#[must_use]
pub fn session_of(secret: &str) -> Option<SessionId> {
    secret.split_once('.')?.0.parse().ok()
}

fn hash(secret: &str) -> Vec<u8> {
    sha256(&[b"ankomst refresh", secret.as_bytes()]).to_vec()
}

/// Renews a session with a secret; changes the row accordingly.
///
/// # Errors
/// When the system has no randomness.
pub fn renew(row: &mut SessionRow, given: &str, now_ms: i64) -> Result<Renewal, StorageError> {
    if row.ended || now_ms >= row.ends_ms {
        return Ok(Renewal::Over);
    }
    let given = hash(given);
    let in_time = now_ms - row.rotated_ms <= RETRY_MS;
    if given == row.refresh {
        row.previous = Some(row.refresh.clone());
    } else if !(row.previous.as_ref() == Some(&given) && in_time) {
        row.ended = true;
        return Ok(Renewal::Stolen);
    }
    let (secret, hash) = secret(row.id)?;
    row.refresh = hash;
    row.rotated_ms = now_ms;
    Ok(Renewal::Renewed(secret))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ankomst_shared::ids::{DeviceId, UserId};

    fn start() -> (SessionRow, String) {
        let id = SessionId::new(1, [1; 10]);
        let (secret, hash) = secret(id).unwrap();
        let row = SessionRow {
            id,
            user: UserId::new(1, [2; 10]),
            device: DeviceId::new(1, [3; 10]),
            refresh: hash,
            previous: None,
            rotated_ms: 0,
            ends_ms: SESSION_MS,
            ended: false,
        };
        (row, secret)
    }

    fn renewed(row: &mut SessionRow, secret: &str, now_ms: i64) -> String {
        match renew(row, secret, now_ms).unwrap() {
            Renewal::Renewed(secret) => secret,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_lost_answer_costs_nothing_within_a_minute() {
        let (mut row, first) = start();
        renewed(&mut row, &first, 1_000);
        let second = renewed(&mut row, &first, 30_000);
        renewed(&mut row, &second, 90_000);
        assert!(!row.ended);
    }

    #[test]
    fn an_old_secret_ends_the_session() {
        let (mut row, first) = start();
        let second = renewed(&mut row, &first, 1_000);
        renewed(&mut row, &second, 2_000);
        assert_eq!(renew(&mut row, &first, 3_000).unwrap(), Renewal::Stolen);
        assert_eq!(renew(&mut row, &second, 3_001).unwrap(), Renewal::Over);
    }

    #[test]
    fn a_session_ends_in_the_end() {
        let (mut row, first) = start();
        assert_eq!(renew(&mut row, &first, SESSION_MS).unwrap(), Renewal::Over);
        assert_eq!(session_of(&first), Some(row.id));
    }
}
