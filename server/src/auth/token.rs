//! The signed token: `EdDSA`, ten minutes, every claim required and checked.

use ankomst_shared::ids::{DeviceId, SessionId, UserId};
use ankomst_shared::sign::SigningKey;
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode,
};
use serde::{Deserialize, Serialize};

use crate::sync::Session;

const ISSUER: &str = "ankomst";
const AUDIENCE: &str = "ankomst-app";
/// How long a token is good, in seconds.
pub const TOKEN_S: i64 = 600;
const LEEWAY_S: u64 = 30;
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

/// Makes and checks tokens.
pub struct Tokens {
    kid: String,
    sign: EncodingKey,
    check: DecodingKey,
}

impl core::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Tokens(***)")
    }
}

impl Tokens {
    /// Takes the 32 random bytes of `session.key`.
    #[must_use]
    pub fn new(seed: [u8; 32]) -> Self {
        let public = SigningKey::from_seed(seed).public();
        let der = [PKCS8.as_slice(), &seed].concat();
        let kid = ankomst_shared::ids::base32(&ankomst_shared::chunk::sha256(&[public.as_bytes()]));
        Self {
            kid,
            sign: EncodingKey::from_ed_der(&der),
            check: DecodingKey::from_ed_der(public.as_bytes()),
        }
    }

    /// Makes a token for a session; `None` when signing fails, which is a defect.
    #[must_use]
    pub fn make(&self, session: &Session, now_ms: i64) -> Option<String> {
        let now = now_ms.div_euclid(1000);
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: session.user.to_string(),
            sid: session.id.to_string(),
            dev: session.device.to_string(),
            iat: now,
            nbf: now,
            exp: now + TOKEN_S,
        };
        self.make_of(&claims)
    }

    fn make_of(&self, claims: &Claims) -> Option<String> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(self.kid.clone());
        encode(&header, claims, &self.sign).ok()
    }

    /// Checks a token and gives the session it names; `None` for every token that is not good.
    #[must_use]
    pub fn check(&self, token: &str) -> Option<Session> {
        let header = decode_header(token).ok()?;
        if header.alg != Algorithm::EdDSA || header.kid.as_deref() != Some(self.kid.as_str()) {
            return None;
        }
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "nbf", "aud", "iss", "sub"]);
        validation.validate_nbf = true;
        validation.leeway = LEEWAY_S;
        let claims = decode::<Claims>(token, &self.check, &validation).ok()?.claims;
        let whole = claims.exp.checked_sub(claims.iat)? <= TOKEN_S && claims.nbf <= claims.exp;
        whole.then_some(())?;
        Some(Session {
            id: claims.sid.parse::<SessionId>().ok()?,
            user: claims.sub.parse::<UserId>().ok()?,
            device: claims.dev.parse::<DeviceId>().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> Session {
        Session {
            id: SessionId::new(1, [1; 10]),
            user: UserId::new(1, [2; 10]),
            device: DeviceId::new(1, [3; 10]),
        }
    }

    fn now_ms() -> i64 {
        jiff::Timestamp::now().as_millisecond()
    }

    fn claims() -> Claims {
        let token = Tokens::new([1; 32]).make(&session(), now_ms()).unwrap();
        let validation = {
            let mut validation = Validation::new(Algorithm::EdDSA);
            validation.set_audience(&[AUDIENCE]);
            validation
        };
        decode::<Claims>(&token, &Tokens::new([1; 32]).check, &validation).unwrap().claims
    }

    #[test]
    fn a_fresh_token_names_its_session() {
        let tokens = Tokens::new([1; 32]);
        let token = tokens.make(&session(), now_ms()).unwrap();
        assert_eq!(tokens.check(&token), Some(session()));
    }

    #[test]
    fn tokens_with_other_claims_are_refused() {
        let tokens = Tokens::new([1; 32]);
        let good = claims();
        let cases: Vec<Claims> = vec![
            Claims { iss: "other".into(), ..good.clone() },
            Claims { aud: "other".into(), ..good.clone() },
            Claims { exp: good.iat - 60, ..good.clone() },
            Claims { nbf: good.iat + 300, ..good.clone() },
            Claims { exp: good.exp + 86_400, ..good.clone() },
            Claims { sub: "admin".into(), ..good.clone() },
            Claims { sid: String::new(), ..good.clone() },
        ];
        for case in cases {
            assert_eq!(tokens.check(&tokens.make_of(&case).unwrap()), None, "{case:?}");
        }
        assert!(tokens.check(&tokens.make_of(&good).unwrap()).is_some());
    }

    #[test]
    fn a_token_that_lacks_a_claim_or_has_one_more_is_refused() {
        let tokens = Tokens::new([1; 32]);
        let header = Header { kid: Some(tokens.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        let signed = |claims: &serde_json::Value| encode(&header, claims, &tokens.sign).unwrap();
        let whole = serde_json::to_value(claims()).unwrap();
        assert!(tokens.check(&signed(&whole)).is_some());
        for claim in ["iss", "aud", "sub", "sid", "dev", "iat", "nbf", "exp"] {
            let mut less = whole.clone();
            less.as_object_mut().unwrap().remove(claim);
            assert_eq!(tokens.check(&signed(&less)), None, "{claim}");
        }
        let mut more = whole;
        more.as_object_mut().unwrap().insert("admin".to_owned(), true.into());
        assert_eq!(tokens.check(&signed(&more)), None);
    }

    #[test]
    fn tokens_of_other_keys_algorithms_and_shapes_are_refused() {
        let tokens = Tokens::new([1; 32]);
        assert_eq!(tokens.check(&Tokens::new([2; 32]).make(&session(), now_ms()).unwrap()), None);
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(tokens.kid.clone());
        let public = SigningKey::from_seed([1; 32]).public();
        let confused =
            encode(&header, &claims(), &EncodingKey::from_secret(public.as_bytes())).unwrap();
        assert_eq!(tokens.check(&confused), None);
        let stale = Header { kid: Some("old".into()), ..Header::new(Algorithm::EdDSA) };
        assert_eq!(tokens.check(&encode(&stale, &claims(), &tokens.sign).unwrap()), None);
        // Header {"alg":"none"} with the same claims and no signature.
        let token = tokens.make(&session(), now_ms()).unwrap();
        let body = token.split('.').nth(1).unwrap();
        assert_eq!(tokens.check(&format!("eyJhbGciOiJub25lIn0.{body}.")), None);
        for at in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            let same_bits = at == token.len() - 1;
            assert!(tokens.check(&changed).is_none() || same_bits, "byte {at}");
            assert_eq!(tokens.check(token.get(..at).unwrap()), None);
        }
    }
}
