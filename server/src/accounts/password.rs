//! Password hashes: Argon2id in PHC form.

use std::sync::OnceLock;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::{PasswordHasher, PasswordVerifier};

use crate::storage::StorageError;

/// Shortest password of an account, in characters.
pub const PASSWORD_CHARS_MIN: usize = 12;

/// Hashes a password with the crate's recommended cost and a random salt. Slow on purpose.
///
/// # Errors
/// When the system has no randomness.
pub fn hash(password: &str) -> Result<String, StorageError> {
    let hash: PasswordHash =
        Argon2::default().hash_password(password.as_bytes()).map_err(|_| StorageError::Random)?;
    Ok(hash.to_string())
}

/// Checks a password; costs the same when there is no account.
#[must_use]
pub fn matches(password: &str, hash: Option<&str>) -> bool {
    static NOBODY: OnceLock<String> = OnceLock::new();
    let nobody = || NOBODY.get_or_init(|| self::hash("nobody").unwrap_or_default());
    let text = hash.unwrap_or_else(|| nobody().as_str());
    let fits = PasswordHash::new(text)
        .is_ok_and(|known| Argon2::default().verify_password(password.as_bytes(), &known).is_ok());
    fits && hash.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_of_an_account_matches() {
        let known = hash("lösenord för demo").unwrap();
        assert!(matches("lösenord för demo", Some(&known)));
        assert!(!matches("lösenord för Demo", Some(&known)));
        assert!(!matches("nobody", None));
    }
}
