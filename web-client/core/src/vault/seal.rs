//! Sealing of rows: nonce, then the AES-256-GCM ciphertext; table and key are authenticated.

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, KeyInit, Payload};

use super::VaultError;
use crate::store::Table;

const NONCE_BYTES: usize = 12;

/// The key under which everything of one person on one device is sealed.
#[derive(Clone)]
pub struct DataKey {
    bytes: [u8; 32],
    cipher: Aes256Gcm,
}

impl core::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("DataKey(***)")
    }
}

impl DataKey {
    /// Makes the key from its bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self { bytes, cipher: Aes256Gcm::new(&bytes.into()) }
    }

    pub(super) const fn as_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// Seals a value for its place. A nonce is used once.
    ///
    /// # Errors
    /// When the value is larger than the cipher allows.
    pub fn seal(
        &self,
        table: Table,
        key: &[u8],
        value: &[u8],
        nonce: [u8; NONCE_BYTES],
    ) -> Result<Vec<u8>, VaultError> {
        let aad = place(table, key);
        let sealed = self
            .cipher
            .encrypt(&nonce.into(), Payload { msg: value, aad: &aad })
            .map_err(|_| VaultError::Seal)?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens a value of its place.
    ///
    /// # Errors
    /// When it was not sealed with this key for this place, or is damaged.
    pub fn open(&self, table: Table, key: &[u8], sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        let (nonce, sealed) =
            sealed.split_first_chunk::<NONCE_BYTES>().ok_or(VaultError::Damaged)?;
        let aad = place(table, key);
        self.cipher
            .decrypt(&(*nonce).into(), Payload { msg: sealed, aad: &aad })
            .map_err(|_| VaultError::Damaged)
    }
}

impl Drop for DataKey {
    fn drop(&mut self) {
        self.bytes = [0; 32];
    }
}

fn place(table: Table, key: &[u8]) -> Vec<u8> {
    [table.name().as_bytes(), b"/", key].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_opens_only_where_it_was_sealed() {
        let key = DataKey::from_bytes([1; 32]);
        let sealed = key.seal(Table::Drafts, b"a", b"Kungsgatan 5", [9; 12]).unwrap();
        assert_eq!(key.open(Table::Drafts, b"a", &sealed).unwrap(), b"Kungsgatan 5");
        assert!(key.open(Table::Drafts, b"b", &sealed).is_err());
        assert!(key.open(Table::Chunks, b"a", &sealed).is_err());
        assert!(DataKey::from_bytes([2; 32]).open(Table::Drafts, b"a", &sealed).is_err());
        assert!(key.open(Table::Drafts, b"a", &sealed[..5]).is_err());
    }
}
