//! The rotating secret: it is replaced as it is used, at most once a minute; an old one used again ends
//! the session. Only the device whose key signs the request can use either.
//!
//! An answer can be lost on its way or be overtaken by another, and the tabs of a browser share their
//! cookies, so the secret before the valid one is good for a minute after it was replaced. It leads to
//! the same successor however often it is used, and never moves that minute: whichever of several
//! answers comes last, the browser has the valid secret.
//!
//! A tablet whose answer is lost may be out of contact for days before it asks again. So the minute
//! is over only once somebody has the answer, which the first use of its secret or of its token
//! shows; until then nobody can have taken a place that is another's, and the secret before is good.
//!
//! Who has a copy of both secret and key is noticed at the first use of a secret that is over, which is
//! the next renewal of whichever of the two is behind. Two who renew within the same minute every
//! time have the same secrets and are not told apart here.

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

/// The secret that follows on one, from its hash.
fn successor(key: &[u8; 32], id: SessionId, before: &[u8]) -> String {
    let drawn = sha256(&[b"ankomst next refresh", key, id.as_bytes(), before]);
    format!("{id}.{}", base32(&drawn))
}

/// Whether a token that was made then, Unix seconds, shows that the answer of the last renewal came.
#[must_use]
pub const fn shows_taken(row: &SessionRow, made_s: i64) -> bool {
    !row.taken && made_s >= row.rotated_ms.div_euclid(1000)
}

/// Renews a session with a secret; changes the row accordingly. `key` draws the next secret.
pub fn renew(row: &mut SessionRow, given: &str, key: &[u8; 32], now_ms: i64) -> Renewal {
    if row.ended || now_ms >= row.ends_ms {
        return Renewal::Over;
    }
    let presented = hash(given);
    // The server's clock was put back: the minute begins anew, once.
    row.rotated_ms = row.rotated_ms.min(now_ms);
    let is_fresh = now_ms - row.rotated_ms <= RETRY_MS;
    if presented == row.refresh {
        row.taken = true;
        // Requests that are still on their way have this secret or the one before it.
        if is_fresh && row.previous.is_some() {
            return Renewal::Renewed(given.to_owned());
        }
        let next = successor(key, row.id, &presented);
        row.refresh = hash(&next);
        row.previous = Some(presented);
        row.rotated_ms = now_ms;
        row.taken = false;
        return Renewal::Renewed(next);
    }
    if row.previous.as_ref() == Some(&presented) && (is_fresh || !row.taken) {
        if !is_fresh {
            // It is told as if for the first time: other requests may be on their way.
            row.rotated_ms = now_ms;
        }
        let next = successor(key, row.id, &presented);
        row.refresh = hash(&next);
        return Renewal::Renewed(next);
    }
    row.ended = true;
    Renewal::Stolen
}

#[cfg(test)]
mod lossy;
#[cfg(test)]
mod tests {
    use super::*;
    use ankomst_shared::ids::{DeviceId, UserId};

    pub(super) fn start() -> (SessionRow, String) {
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
            taken: true,
        };
        (row, secret)
    }

    const KEY: [u8; 32] = [7; 32];
    const MINUTE: i64 = RETRY_MS;

    fn renewed(row: &mut SessionRow, secret: &str, now_ms: i64) -> String {
        match renew(row, secret, &KEY, now_ms) {
            Renewal::Renewed(secret) => secret,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn however_often_an_answer_is_lost_the_next_secret_is_the_same() {
        let (mut row, first) = start();
        let second = renewed(&mut row, &first, 1_000);
        assert_eq!(renewed(&mut row, &first, 30_000), second);
        assert_eq!(renewed(&mut row, &first, 1_000 + MINUTE), second);
        // Repeating does not make the minute longer.
        row.taken = true;
        assert_eq!(renew(&mut row, &first, &KEY, 1_001 + MINUTE), Renewal::Stolen);
    }

    #[test]
    fn an_answer_that_nobody_has_may_be_asked_for_days_later() {
        let (mut row, first) = start();
        let second = renewed(&mut row, &first, 1_000);
        assert_eq!(renewed(&mut row, &first, 3_000 * MINUTE), second);
        // Other tabs have a minute from then on, whatever the first does with the answer.
        row.taken = true;
        assert_eq!(renewed(&mut row, &first, 3_001 * MINUTE), second);
        assert_eq!(renew(&mut row, &first, &KEY, 3_001 * MINUTE + 1), Renewal::Stolen);
    }

    #[test]
    fn only_a_token_of_the_last_renewal_shows_that_its_answer_came() {
        let (mut row, first) = start();
        assert!(!shows_taken(&row, 0), "there was none");
        renewed(&mut row, &first, 100_700);
        assert!(!shows_taken(&row, 99));
        assert!(shows_taken(&row, 100), "a token tells whole seconds");
        row.taken = true;
        assert!(!shows_taken(&row, 100), "known");
    }

    #[test]
    fn two_tabs_at_once_end_with_the_same_secret_whichever_answer_comes_last() {
        let (mut row, first) = start();
        let answers = [renewed(&mut row, &first, 1_000), renewed(&mut row, &first, 1_001)];
        assert_eq!(answers[0], answers[1]);
        // A third renews with what the first was given before the second has arrived.
        let third = renewed(&mut row, &answers[0], 1_002);
        assert_eq!(renewed(&mut row, &first, 1_003), third);
        assert_ne!(renewed(&mut row, &third, 1_001 + 2 * MINUTE), third);
    }

    #[test]
    fn a_clock_that_is_put_back_signs_nobody_out_and_gives_a_thief_one_minute_at_most() {
        let (mut row, first) = start();
        let second = renewed(&mut row, &first, 90 * MINUTE);
        row.taken = true;
        // The answer is lost, the clock is put back by an hour, the device asks again.
        assert_eq!(renewed(&mut row, &first, 30 * MINUTE), second);
        assert_eq!(renewed(&mut row, &second, 30 * MINUTE + 1), second);
        assert_eq!(renew(&mut row, &first, &KEY, 31 * MINUTE + 1), Renewal::Stolen);
    }

    #[test]
    fn an_old_secret_ends_the_session() {
        let (mut row, first) = start();
        let second = renewed(&mut row, &first, 1_000);
        let third = renewed(&mut row, &second, 2_000 + MINUTE);
        assert_eq!(renew(&mut row, &first, &KEY, 2_001 + MINUTE), Renewal::Stolen);
        assert_eq!(renew(&mut row, &third, &KEY, 2_002 + MINUTE), Renewal::Over);
    }

    #[test]
    fn another_key_leads_to_another_secret() {
        let (mut row, first) = start();
        let mut copy = row.clone();
        let second = renewed(&mut row, &first, 1_000);
        assert_ne!(renew(&mut copy, &first, &[8; 32], 1_000), Renewal::Renewed(second));
    }

    #[test]
    fn a_session_ends_in_the_end() {
        let (mut row, first) = start();
        assert_eq!(renew(&mut row, &first, &KEY, SESSION_MS), Renewal::Over);
        assert_eq!(session_of(&first), Some(row.id));
    }
}
