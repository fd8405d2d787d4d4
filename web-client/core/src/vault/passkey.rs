//! The passkey: what it gives for a salt (`WebAuthn` PRF) wraps the data key a second time, beside the passphrase.

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use ankomst_shared::ids::DeviceId;
use hkdf::Hkdf;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::VaultError;
use super::seal::DataKey;

const WRAP_LABEL: &[u8] = b"ankomst vault passkey 1";
/// A passkey gives as many bytes.
const SECRET_BYTES: usize = 32;

/// A data key wrapped by what a passkey gives.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct KeyWrapped {
    /// Id of the credential.
    #[n(0)]
    pub credential: ByteVec,
    /// What the passkey is asked with.
    #[n(1)]
    pub salt: ByteVec,
    /// Nonce of the wrapping.
    #[cbor(n(2), with = "minicbor::bytes")]
    nonce: [u8; 12],
    /// The sealed data key.
    #[n(3)]
    sealed: ByteVec,
}

impl KeyWrapped {
    /// Wraps the data key of a device's vault with what a passkey gave; a nonce is used once.
    ///
    /// # Errors
    /// When the passkey gave no secret.
    pub fn wrap(
        key: &DataKey,
        (secret, device): (&[u8], DeviceId),
        (credential, salt): (Vec<u8>, Vec<u8>),
        nonce: [u8; 12],
    ) -> Result<Self, VaultError> {
        let (cipher, place) = cipher(secret, &salt, device)?;
        let payload = Payload { msg: key.as_bytes(), aad: &place };
        let sealed = cipher.encrypt(&nonce.into(), payload).map_err(|_| VaultError::Seal)?;
        Ok(Self { credential: credential.into(), salt: salt.into(), nonce, sealed: sealed.into() })
    }

    /// Opens it for the vault of a device.
    ///
    /// # Errors
    /// When the passkey gave something else, or this is of another vault.
    pub fn open(&self, secret: &[u8], device: DeviceId) -> Result<DataKey, VaultError> {
        let (cipher, place) = cipher(secret, &self.salt, device)?;
        let payload = Payload { msg: &self.sealed, aad: &place };
        let opened = cipher.decrypt(&self.nonce.into(), payload).map(Zeroizing::new);
        let opened = opened.map_err(|_| VaultError::WrongKey)?;
        let key = <[u8; 32]>::try_from(opened.as_slice()).map_err(|_| VaultError::Damaged)?;
        Ok(DataKey::from_bytes(key))
    }
}

fn cipher(
    secret: &[u8],
    salt: &[u8],
    device: DeviceId,
) -> Result<(Aes256Gcm, Vec<u8>), VaultError> {
    if secret.len() != SECRET_BYTES {
        return Err(VaultError::WrongKey);
    }
    let place = [WRAP_LABEL, b"/", device.as_bytes().as_slice()].concat();
    let mut key = Zeroizing::new([0; 32]);
    let drawn = Hkdf::<Sha256>::new(Some(salt), secret).expand(&place, key.as_mut_slice());
    drawn.map_err(|_| VaultError::Seal)?;
    Ok((Aes256Gcm::new(&(*key).into()), place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_passkey_gave_opens_the_key_of_that_device() {
        let (key, device) = (DataKey::from_bytes([7; 32]), DeviceId::new(1, [1; 10]));
        let of = (vec![5; 16], vec![6; 32]);
        let wrapped = KeyWrapped::wrap(&key, (&[1; 32], device), of, [4; 12]).unwrap();
        assert_eq!(wrapped.open(&[1; 32], device).unwrap().as_bytes(), key.as_bytes());
        let other = DeviceId::new(1, [2; 10]);
        for (secret, device) in
            [([2; 32].as_slice(), device), (&[1; 32], other), (&[1; 31], device), (&[], device)]
        {
            assert_eq!(wrapped.open(secret, device).err(), Some(VaultError::WrongKey));
        }
        let salted = KeyWrapped { salt: vec![7; 32].into(), ..wrapped };
        assert_eq!(salted.open(&[1; 32], device).err(), Some(VaultError::WrongKey));
    }
}
