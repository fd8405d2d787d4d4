//! The passphrase: Argon2id makes a key of it, and that key wraps the data key.

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use ankomst_shared::limits::PASSPHRASE_CHARS_MIN;
use argon2::{Algorithm, Argon2, Params, Version};
use minicbor::{Decode, Encode};

use super::VaultError;
use super::seal::DataKey;

const WRAP_LABEL: &[u8] = b"ankomst vault key 1";

/// Cost of the passphrase function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Argon {
    /// Memory in KiB.
    #[n(0)]
    pub memory_kib: u32,
    /// Passes.
    #[n(1)]
    pub passes: u32,
}

impl Argon {
    /// 19 MiB and two passes, as OWASP recommends for Argon2id.
    pub const PRODUCT: Self = Self { memory_kib: 19 * 1024, passes: 2 };
    /// As light as the function allows; for tests only.
    pub const LIGHT: Self = Self { memory_kib: 8, passes: 1 };
    /// No stored vault may ask for more memory than this.
    const MEMORY_KIB_MAX: u32 = 256 * 1024;
}

/// A data key wrapped by a passphrase.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Wrapped {
    /// Cost.
    #[n(0)]
    argon: Argon,
    /// Salt of the passphrase function.
    #[cbor(n(1), with = "minicbor::bytes")]
    salt: [u8; 16],
    /// Nonce of the wrapping.
    #[cbor(n(2), with = "minicbor::bytes")]
    nonce: [u8; 12],
    /// The sealed data key.
    #[cbor(n(3), with = "minicbor::bytes")]
    sealed: Vec<u8>,
}

/// Random bytes that one wrapping needs: salt and nonce.
#[derive(Clone, Copy)]
pub struct WrapRandom {
    /// Salt of the passphrase function.
    pub salt: [u8; 16],
    /// Nonce of the wrapping.
    pub nonce: [u8; 12],
}

/// Wraps a data key with a passphrase.
///
/// # Errors
/// When the passphrase is too short.
pub fn wrap(
    key: &DataKey,
    passphrase: &str,
    argon: Argon,
    random: WrapRandom,
) -> Result<Wrapped, VaultError> {
    if passphrase.chars().count() < PASSPHRASE_CHARS_MIN {
        return Err(VaultError::ShortPassphrase);
    }
    let cipher = cipher(passphrase, argon, &random.salt)?;
    let sealed = cipher
        .encrypt(&random.nonce.into(), Payload { msg: key.as_bytes(), aad: WRAP_LABEL })
        .map_err(|_| VaultError::Seal)?;
    Ok(Wrapped { argon, salt: random.salt, nonce: random.nonce, sealed })
}

/// Opens a wrapped data key.
///
/// # Errors
/// When the passphrase is another, or the wrapping is damaged.
pub fn unwrap(wrapped: &Wrapped, passphrase: &str) -> Result<DataKey, VaultError> {
    let cipher = cipher(passphrase, wrapped.argon, &wrapped.salt)?;
    let payload = Payload { msg: &wrapped.sealed, aad: WRAP_LABEL };
    let key =
        cipher.decrypt(&wrapped.nonce.into(), payload).map_err(|_| VaultError::WrongPassphrase)?;
    let key = <[u8; 32]>::try_from(key.as_slice()).map_err(|_| VaultError::Damaged)?;
    Ok(DataKey::from_bytes(key))
}

fn cipher(passphrase: &str, argon: Argon, salt: &[u8]) -> Result<Aes256Gcm, VaultError> {
    if argon.memory_kib > Argon::MEMORY_KIB_MAX {
        return Err(VaultError::Parameters);
    }
    let params = Params::new(argon.memory_kib, argon.passes, 1, Some(32))
        .map_err(|_| VaultError::Parameters)?;
    let mut key = [0; 32];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.as_bytes(), salt, &mut key)
        .map_err(|_| VaultError::Parameters)?;
    Ok(Aes256Gcm::new(&key.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RANDOM: WrapRandom = WrapRandom { salt: [3; 16], nonce: [4; 12] };

    #[test]
    fn only_the_passphrase_opens_the_key() {
        let key = DataKey::from_bytes([7; 32]);
        let wrapped = wrap(&key, "korrekt häst batteri", Argon::LIGHT, RANDOM).unwrap();
        assert_eq!(unwrap(&wrapped, "korrekt häst batteri").unwrap().as_bytes(), key.as_bytes());
        assert_eq!(
            unwrap(&wrapped, "korrekt häst batterI").err(),
            Some(VaultError::WrongPassphrase)
        );
    }

    #[test]
    fn a_passphrase_is_counted_in_characters() {
        let key = DataKey::from_bytes([7; 32]);
        let short = wrap(&key, "ååååååååååå", Argon::LIGHT, RANDOM);
        assert_eq!(short.err(), Some(VaultError::ShortPassphrase));
        assert!(wrap(&key, "åååååååååååå", Argon::LIGHT, RANDOM).is_ok());
    }

    #[test]
    fn a_vault_that_asks_for_too_much_memory_is_refused() {
        let key = DataKey::from_bytes([7; 32]);
        let mut wrapped = wrap(&key, "korrekt häst batteri", Argon::LIGHT, RANDOM).unwrap();
        wrapped.argon.memory_kib = u32::MAX;
        let outcome = unwrap(&wrapped, "korrekt häst batteri");
        assert_eq!(outcome.err(), Some(VaultError::Parameters));
    }
}
