//! The signed token: `EdDSA`, ten minutes, every claim required and checked.
//!
//! Two keys at most are good: the one that signs, and for a few minutes the one before it
//! ([`Tokens::take`]). The first part of a token says which, and must be that key's own to the byte: no
//! token has a say in how it is checked.

use std::sync::{PoisonError, RwLock};

use ankomst_shared::chunk::sha256;
use ankomst_shared::ids::{DeviceId, SessionId, UserId, base32};
use ankomst_shared::sign::SigningKey;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};

use crate::given;
use crate::sync::Session;

const ISSUER: &str = "ankomst";
const AUDIENCE: &str = "ankomst-app";
/// How long a token is good, in seconds.
pub const TOKEN_S: i64 = 600;
const LEEWAY_S: u64 = 30;
/// How long a key is good after another took its place, in milliseconds: until every token it has
/// signed is over.
pub const OVERLAP_MS: i64 = (TOKEN_S + 60) * 1_000;
/// Longest token that is looked at, in bytes; those made here have about 450.
const TOKEN_BYTES_MAX: usize = 1_024;
/// What stands before an Ed25519 seed in PKCS#8 (RFC 8410).
const PKCS8: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    /// Issuer.
    pub iss: String,
    /// Audience.
    pub aud: String,
    /// The person.
    pub sub: String,
    /// The session.
    pub sid: String,
    /// The device.
    pub dev: String,
    /// Issued at, Unix seconds.
    pub iat: i64,
    /// Not before, Unix seconds.
    pub nbf: i64,
    /// Not after, Unix seconds.
    pub exp: i64,
}

/// One key.
struct Key {
    header: Header,
    /// The first part of every token it has signed.
    first: String,
    sign: EncodingKey,
    check: DecodingKey,
}

impl Key {
    fn new(seed: [u8; 32]) -> Self {
        let public = SigningKey::from_seed(seed).public();
        let der = [PKCS8.as_slice(), &seed].concat();
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(base32(&sha256(&[public.as_bytes()])));
        // Texts without a key that is no text: this cannot fail, and an empty first part is no token's.
        let first = serde_json::to_vec(&header).unwrap_or_default();
        Self {
            header,
            first: URL_SAFE_NO_PAD.encode(first),
            sign: EncodingKey::from_ed_der(&der),
            check: DecodingKey::from_ed_der(public.as_bytes()),
        }
    }
}

/// The key before, and until when it is good, Unix milliseconds.
struct Before {
    key: Key,
    until_ms: i64,
}

struct Ring {
    seed: [u8; 32],
    now: Key,
    before: Option<Before>,
}

/// Makes and checks tokens.
pub struct Tokens(RwLock<Ring>);

impl core::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Tokens(***)")
    }
}

impl Tokens {
    /// Takes the 32 random bytes of `session.key`.
    #[must_use]
    pub fn new(seed: [u8; 32]) -> Self {
        Self(RwLock::new(Ring { seed, now: Key::new(seed), before: None }))
    }

    /// Signs with this key from here on, if it is another one. `before` is the key it took the place of
    /// and when; what that one has signed stays good for [`OVERLAP_MS`].
    pub fn take(&self, seed: [u8; 32], before: Option<([u8; 32], i64)>) {
        let mut ring = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if ring.seed != seed {
            ring.seed = seed;
            ring.now = Key::new(seed);
        }
        ring.before = before.map(|(seed, replaced_ms)| Before {
            key: Key::new(seed),
            until_ms: replaced_ms.saturating_add(OVERLAP_MS),
        });
    }

    /// Makes a token for a session; `None` when signing fails, which is a defect.
    #[must_use]
    pub fn make(&self, session: &Session, now_ms: i64) -> Option<String> {
        let now = now_ms.div_euclid(1000);
        self.make_of(&Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: session.user.to_string(),
            sid: session.id.to_string(),
            dev: session.device.to_string(),
            iat: now,
            nbf: now,
            exp: now + TOKEN_S,
        })
    }

    fn make_of(&self, claims: &impl Serialize) -> Option<String> {
        let ring = self.0.read().unwrap_or_else(PoisonError::into_inner);
        encode(&ring.now.header, claims, &ring.now.sign).ok()
    }

    /// Checks a token and gives the session it names and when it was made, Unix seconds; `None` for every
    /// token that is not good.
    #[must_use]
    pub fn check(&self, token: &str) -> Option<(Session, i64)> {
        self.check_at(token, given::now_ms())
    }

    /// Checks a token; what is cheap to see comes before the signature.
    fn check_at(&self, token: &str, now_ms: i64) -> Option<(Session, i64)> {
        if token.len() > TOKEN_BYTES_MAX {
            return None;
        }
        let first = token.split('.').next()?;
        let ring = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let before = ring.before.as_ref().filter(|before| is_good_until(before.until_ms, now_ms));
        let keys = [Some(&ring.now), before.map(|before| &before.key)];
        let key = keys.into_iter().flatten().find(|key| key.first == first)?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
        // The library asks the machine's clock; times are asked of the given one, below.
        (validation.validate_exp, validation.validate_nbf) = (false, false);
        let claims = decode::<Claims>(token, &key.check, &validation).ok()?.claims;
        // Its times are as this server makes them, it is not over, and it is not made in the future.
        let now = now_ms.div_euclid(1000);
        let is_over = claims.exp.checked_add_unsigned(LEEWAY_S)? < now;
        let as_made = claims.exp.checked_sub(claims.iat)? == TOKEN_S && claims.nbf == claims.iat;
        let is_begun = claims.iat <= now.checked_add_unsigned(LEEWAY_S)?;
        (as_made && is_begun && !is_over).then_some(())?;
        let session = Session {
            id: claims.sid.parse::<SessionId>().ok()?,
            user: claims.sub.parse::<UserId>().ok()?,
            device: claims.dev.parse::<DeviceId>().ok()?,
        };
        Some((session, claims.iat))
    }
}

/// Whether a key that was replaced is still good. One that was replaced in the future, as a clock put
/// back makes it look, is not.
fn is_good_until(until_ms: i64, now_ms: i64) -> bool {
    (now_ms..=now_ms.saturating_add(OVERLAP_MS)).contains(&until_ms)
}

#[cfg(test)]
mod attacks;
#[cfg(test)]
mod mutations;
#[cfg(test)]
mod tests;
