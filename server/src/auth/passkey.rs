//! Passkeys (`WebAuthn`): challenges, and whether what an authenticator says to one is genuine. Only what is signed is
//! read here; of a new one the browser gives the public key, so that nothing is taken apart but a head of fixed form.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use ankomst_shared::chunk::sha256;
use ankomst_shared::ids::UserId;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    VerificationAlgorithm,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::storage::{StorageError, random};

/// How long a challenge is good, in milliseconds.
pub const CHALLENGE_MS: i64 = 5 * 60_000;
/// Longest id of a credential.
const CREDENTIAL_BYTES_MAX: usize = 1_023;
/// Longest public key.
const KEY_BYTES_MAX: usize = 2_048;

// Bits of the flags: somebody was present, was recognised; a new credential follows.
const PRESENT: u8 = 1;
const RECOGNISED: u8 = 1 << 2;
const HAS_CREDENTIAL: u8 = 1 << 6;

/// How public keys of P-256 and Ed25519 begin, and the name of RSA in others.
const P256: &[u8] = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";
const EDWARDS: &[u8] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
const RSA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";

/// What a challenge is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To sign in.
    SignIn,
    /// To make a passkey of this account.
    Make(UserId),
}

/// The page somebody comes by: its origin, and the name of its host.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// Scheme, host and port.
    pub origin: &'a str,
    /// The host alone.
    pub host: &'a str,
}

impl<'a> Page<'a> {
    /// The page of an origin.
    #[must_use]
    pub fn of(origin: &'a str) -> Self {
        let named = origin.split_once("://").map_or(origin, |(_, named)| named);
        let host = named.rsplit_once(':').map_or(named, |(host, _)| host);
        Self { origin, host }
    }
}

/// Challenges: each says itself until when and what for it is good, so that none has to be remembered before it was
/// used. Those of another run of the server are good for nothing.
pub struct Challenges {
    key: hmac::Key,
    used: Mutex<BTreeMap<Vec<u8>, i64>>,
}

impl core::fmt::Debug for Challenges {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Challenges(***)")
    }
}

impl Challenges {
    /// None yet.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn new() -> Result<Self, StorageError> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new());
        let key = key.map_err(|_| StorageError::Damaged("the system has no randomness"))?;
        Ok(Self { key, used: Mutex::default() })
    }

    /// Makes a challenge.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn make(&self, purpose: Purpose, now_ms: i64) -> Result<Vec<u8>, StorageError> {
        let mut challenge = (now_ms + CHALLENGE_MS).to_be_bytes().to_vec();
        challenge.extend(random::<16>()?);
        let tag = hmac::sign(&self.key, &Self::signed(&challenge, purpose));
        challenge.extend(tag.as_ref());
        Ok(challenge)
    }

    /// Whether a challenge is one of these and good.
    fn is_good(&self, challenge: &[u8], purpose: Purpose, now_ms: i64) -> bool {
        let Some((head, tag)) = challenge.split_at_checked(24) else { return false };
        let ends = head.first_chunk().map_or(0, |ends| i64::from_be_bytes(*ends));
        // One that is good for longer was made before the clock was put back.
        let in_time = ends > now_ms && ends <= now_ms + CHALLENGE_MS;
        in_time && hmac::verify(&self.key, &Self::signed(head, purpose), tag).is_ok()
    }

    /// Uses a challenge; tells whether nobody had. Only what was signed comes here, so these are few.
    #[must_use]
    pub fn take(&self, challenge: &[u8], now_ms: i64) -> bool {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.retain(|_, ends_ms| *ends_ms > now_ms);
        used.insert(challenge.to_vec(), now_ms + 2 * CHALLENGE_MS).is_none()
    }

    fn signed(head: &[u8], purpose: Purpose) -> Vec<u8> {
        match purpose {
            Purpose::SignIn => [head, b"in"].concat(),
            Purpose::Make(user) => [head, b"make", user.as_bytes().as_slice()].concat(),
        }
    }

    /// The challenge of client data that a page of this origin made for this purpose.
    #[must_use]
    pub fn of(
        &self,
        client: &[u8],
        purpose: Purpose,
        page: Page<'_>,
        now_ms: i64,
    ) -> Option<Vec<u8>> {
        let client: Client = serde_json::from_slice(client).ok()?;
        let kind = match purpose {
            Purpose::SignIn => "webauthn.get",
            Purpose::Make(_) => "webauthn.create",
        };
        let challenge = URL_SAFE_NO_PAD.decode(&client.challenge).ok()?;
        let is_here = client.kind == kind && client.origin == page.origin && !client.cross_origin;
        (is_here && self.is_good(&challenge, purpose, now_ms)).then_some(challenge)
    }
}

#[derive(Deserialize)]
struct Client {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(rename = "crossOrigin", default)]
    cross_origin: bool,
}

/// What an authenticator says: its counter, and the id of a new credential if there is one. Nothing unless it is for
/// this host and has recognised somebody who was present.
#[must_use]
pub fn read(data: &[u8], host: &str) -> Option<(u32, Option<Vec<u8>>)> {
    let (of_host, rest) = data.split_first_chunk::<32>()?;
    let (flags, rest) = rest.split_first()?;
    let (counter, rest) = rest.split_first_chunk::<4>()?;
    let needed = PRESENT | RECOGNISED;
    if *of_host != sha256(&[host.as_bytes()]) || flags & needed != needed {
        return None;
    }
    let counter = u32::from_be_bytes(*counter);
    if flags & HAS_CREDENTIAL == 0 {
        return Some((counter, None));
    }
    // Before the id stands what made it, after it the key, which the browser has given.
    let (length, rest) = rest.get(16..)?.split_first_chunk::<2>()?;
    let credential = rest.get(..usize::from(u16::from_be_bytes(*length)))?;
    let fits = (1..=CREDENTIAL_BYTES_MAX).contains(&credential.len());
    fits.then(|| (counter, Some(credential.to_vec())))
}

/// Whether a public key is one that can be used.
#[must_use]
pub fn is_key(key: &[u8]) -> bool {
    parsed(key).is_some()
}

/// Whether a passkey has signed this.
#[must_use]
pub fn has_signed(key: &[u8], (authenticator, client): (&[u8], &[u8]), signature: &[u8]) -> bool {
    let message = [authenticator, &sha256(&[client])].concat();
    parsed(key).is_some_and(|key| key.verify_sig(&message, signature).is_ok())
}

fn parsed(key: &[u8]) -> Option<ParsedPublicKey> {
    let is_rsa =
        |key: &[u8]| key.get(..32).is_some_and(|head| head.windows(RSA.len()).any(|at| at == RSA));
    let (algorithm, key): (&'static dyn VerificationAlgorithm, _) = match key {
        _ if key.len() > KEY_BYTES_MAX => return None,
        _ if key.starts_with(P256) => (&ECDSA_P256_SHA256_ASN1, key.get(P256.len()..)?),
        _ if key.starts_with(EDWARDS) => (&ED25519, key.get(EDWARDS.len()..)?),
        _ if is_rsa(key) => (&RSA_PKCS1_2048_8192_SHA256, key),
        _ => return None,
    };
    ParsedPublicKey::new(algorithm, key).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_good_once_for_its_purpose_and_for_five_minutes() {
        let (challenges, other) = (Challenges::new().unwrap(), Challenges::new().unwrap());
        let (ana, bo) = (UserId::from_bytes([1; 16]), UserId::from_bytes([2; 16]));
        let challenge = challenges.make(Purpose::Make(ana), 1_000).unwrap();
        let good = |purpose, now_ms| challenges.is_good(&challenge, purpose, now_ms);
        assert!(good(Purpose::Make(ana), 1_000) && good(Purpose::Make(ana), 300_999));
        assert!(!good(Purpose::Make(bo), 1_000) && !good(Purpose::SignIn, 1_000));
        assert!(!good(Purpose::Make(ana), 301_000) && !good(Purpose::Make(ana), 999));
        assert!(!other.is_good(&challenge, Purpose::Make(ana), 1_000), "of another run");
        for at in 0..challenge.len() {
            let mut bent = challenge.clone();
            bent[at] ^= 1;
            assert!(!challenges.is_good(&bent, Purpose::Make(ana), 1_000), "byte {at}");
        }
        assert!(challenges.take(&challenge, 1_000) && !challenges.take(&challenge, 2_000));
    }

    #[test]
    fn the_host_of_an_origin_has_no_port() {
        let host = |origin: &'static str| Page::of(origin).host;
        assert_eq!(host("https://ankomst.example.org"), "ankomst.example.org");
        assert_eq!(host("http://localhost:8765"), "localhost");
    }

    #[test]
    fn what_an_authenticator_says_is_cut_off_nowhere_to_harm() {
        let mut data = [sha256(&[b"localhost"]).as_slice(), &[0x45, 0, 0, 0, 9]].concat();
        data.extend([[0; 16].as_slice(), &[0, 3], b"abc", b"key"].concat());
        assert_eq!(read(&data, "localhost"), Some((9, Some(b"abc".to_vec()))));
        for end in 0..58 {
            assert_eq!(read(&data[..end], "localhost"), None, "{end}");
        }
        assert_eq!(read(&data, "example.org"), None);
        for flags in [0x00, 0x01, 0x04, 0x41, 0x44] {
            data[32] = flags;
            assert_eq!(read(&data, "localhost"), None, "nobody was recognised: {flags:x}");
        }
        data[32] = 5;
        assert_eq!(read(&data, "localhost"), Some((9, None)));
        assert!(!is_key(b"") && !is_key(P256) && !is_key(&[P256, &[4; 65]].concat()));
    }
}
