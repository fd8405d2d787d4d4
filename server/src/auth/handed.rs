//! One-time links that were made a moment ago.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use ankomst_shared::ids::UserId;

/// Links that were made a moment ago, for those who made them. Stored is only the hash of a secret.
#[derive(Default)]
pub struct Handed(Mutex<BTreeMap<UserId, (String, i64)>>);

impl core::fmt::Debug for Handed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Handed(***)")
    }
}

impl Handed {
    /// Notes the secret of an account's link until a moment.
    pub fn note(&self, user: UserId, secret: String, until_ms: i64) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(user, (secret, until_ms));
    }

    /// The secret of an account's link that was made a moment ago.
    #[must_use]
    pub fn of(&self, user: UserId, now_ms: i64) -> Option<String> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, (_, until_ms)| *until_ms > now_ms);
        all.get(&user).map(|(secret, _)| secret.clone())
    }
}
