//! What people have sent to servers instead of a good token, and many small faults in good ones.
//!
//! A forger here knows everything but the seed: the code, the public key, the id of the key, good tokens
//! of others and of the past. Where a case is signed with the right key, it is what a defect of this
//! server could sign.

mod shapes;
mod stated;

use jsonwebtoken::Algorithm::{ES256, HS256, HS512, RS256};
use serde_json::{Value, json};

use super::tests::{claims, now_ms, session};
use super::*;

const SEED: [u8; 32] = [1; 32];

pub(super) fn text(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(super) fn bytes(part: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(part).unwrap()
}

/// The id of the good key, which every token tells.
fn kid() -> String {
    Key::new(SEED).header.kid.unwrap()
}

/// A token with this header and these claims as they are written, signed with the seed.
fn signed(seed: [u8; 32], header: &str, claims: &str) -> String {
    let message = format!("{}.{}", text(header), text(claims));
    let key = EncodingKey::from_ed_der(&[PKCS8.as_slice(), &seed].concat());
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::EdDSA);
    format!("{message}.{}", signature.unwrap())
}

/// A header of the right key with something else in it.
fn header_with(change: impl FnOnce(&mut Value)) -> String {
    let mut header = json!({ "typ": "JWT", "alg": "EdDSA", "kid": kid() });
    change(&mut header);
    header.to_string()
}

/// Good claims with something else in them.
fn claims_with(change: impl FnOnce(&mut Value)) -> String {
    let mut value = serde_json::to_value(claims()).unwrap();
    change(&mut value);
    value.to_string()
}

/// Claims that the right key has signed, under the header it signs.
fn claimed(claims: &str) -> String {
    signed(SEED, &String::from_utf8(bytes(&Key::new(SEED).first)).unwrap(), claims)
}

/// A token whose signature is made with a secret that everybody knows: the public key, as bytes or PEM.
fn confused(algorithm: Algorithm, secret: &[u8]) -> String {
    let header = Header { kid: Some(kid()), ..Header::new(algorithm) };
    encode(&header, &claims(), &EncodingKey::from_secret(secret)).unwrap()
}

/// An object without its first brace.
fn opened(object: &str) -> &str {
    object.strip_prefix('{').unwrap()
}

type Attack = (&'static str, Vec<String>);

/// Other algorithms, and none.
fn algorithms(token: &str) -> Vec<Attack> {
    let [first, second, third] = parts(token);
    let public = SigningKey::from_seed(SEED).public();
    let pem = format!(
        "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
        base64::engine::general_purpose::STANDARD.encode(
            [&[0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0], &public.as_bytes()[..]]
                .concat()
        )
    );
    let none = ["none", "None", "NONE", "nOnE", ""].map(|alg| {
        let header = text(header_with(|header| header["alg"] = alg.into()));
        [format!("{header}.{second}."), format!("{header}.{second}.{third}")]
    });
    let algorithm = [HS256, HS512, RS256, ES256].map(|algorithm| {
        let header = Header { kid: Some(kid()), ..Header::new(algorithm) };
        format!("{}.{second}.{third}", text(serde_json::to_vec(&header).unwrap()))
    });
    vec![
        ("no signature asked for", none.concat()),
        ("no signature", vec![format!("{first}.{second}."), format!("{first}.{second}")]),
        (
            "key confusion",
            vec![
                confused(HS256, public.as_bytes()),
                confused(HS512, public.as_bytes()),
                confused(HS256, pem.as_bytes()),
                confused(HS256, pem.trim().as_bytes()),
                confused(HS256, b""),
            ],
        ),
        ("another algorithm is named", algorithm.to_vec()),
    ]
}

/// Other keys and other signatures.
fn signatures(token: &str) -> Vec<Attack> {
    let [first, second, third] = parts(token);
    let other = Key::new([2; 32]);
    vec![
        (
            "another key, under its own id",
            vec![encode(&other.header, &claims(), &other.sign).unwrap()],
        ),
        (
            "another key, under the id of ours",
            vec![signed([2; 32], &header_as_made(), &claims_with(|_| {}))],
        ),
        (
            "the signature of another token",
            vec![format!(
                "{first}.{}.{third}",
                text(claims_with(|c| c["sub"] = UserId::new(9, [9; 10]).to_string().into()))
            )],
        ),
        (
            "a signature with the order of the group added",
            vec![format!("{first}.{second}.{}", text(malleable(&bytes(third))))],
        ),
        (
            "a signature of noughts or points of small order",
            vec![
                format!("{first}.{second}.{}", text([0; 64])),
                format!("{first}.{second}.{}", text([&[1][..], &[0; 63]].concat())),
                format!("{first}.{second}.{}", text([0xff; 64])),
            ],
        ),
        (
            "the key's signature for another purpose",
            vec![format!(
                "{first}.{second}.{}",
                text(
                    SigningKey::from_seed(SEED)
                        .sign("ankomst/refresh/1", format!("{first}.{second}").as_bytes())
                )
            )],
        ),
    ]
}

/// Headers that want a say.
fn headers() -> Vec<Attack> {
    let with = |change: &dyn Fn(&mut Value)| {
        signed(SEED, &header_with(|h| change(h)), &claims_with(|_| {}))
    };
    let theirs = SigningKey::from_seed([2; 32]).public();
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": text(theirs.as_bytes()), "kid": kid() });
    let jwk = |h: &mut Value| h["jwk"] = jwk.clone();
    vec![
        (
            "a key in the header",
            vec![signed([2; 32], &header_with(jwk), &claims_with(|_| {})), with(&jwk)],
        ),
        (
            "an address of keys in the header",
            vec![
                with(&|h| h["jku"] = "https://evil.example.org/keys".into()),
                with(&|h| h["x5u"] = "https://evil.example.org/cert".into()),
            ],
        ),
        (
            "a certificate in the header",
            vec![with(&|h| h["x5c"] = json!(["MIIB"])), with(&|h| h["x5t"] = "AAAA".into())],
        ),
        (
            "something critical that nobody knows",
            vec![
                with(&|h| h["crit"] = json!(["exp"])),
                with(&|h| {
                    h["crit"] = json!(["b64"]);
                    h["b64"] = false.into();
                }),
            ],
        ),
    ]
}

/// Headers that name another key, or are not those of a session.
fn names() -> Vec<Attack> {
    let with = |change: &dyn Fn(&mut Value)| {
        signed(SEED, &header_with(|h| change(h)), &claims_with(|_| {}))
    };
    vec![
        (
            "an id of a key that is a path, a query, a number, gone",
            vec![
                with(&|h| h["kid"] = "../../session.old.key".into()),
                with(&|h| h["kid"] = "x' UNION SELECT 'AAAA".into()),
                with(&|h| h["kid"] = "/dev/null".into()),
                with(&|h| h["kid"] = 7.into()),
                with(&|h| h["kid"] = "".into()),
                with(&|h| drop(h.as_object_mut().unwrap().remove("kid"))),
            ],
        ),
        (
            "an id of a key of long ago",
            vec![with(&|h| h["kid"] = Key::new([8; 32]).header.kid.into())],
        ),
        (
            "another type",
            vec![
                with(&|h| h["typ"] = "at+jwt".into()),
                with(&|h| h["typ"] = "JWE".into()),
                with(&|h| h["cty"] = "JWT".into()),
                with(&|h| drop(h.as_object_mut().unwrap().remove("typ"))),
            ],
        ),
        (
            "a field twice in the header",
            vec![
                signed(
                    SEED,
                    &format!(r#"{{"alg":"none",{}"#, opened(&header_with(|_| {}))),
                    &claims_with(|_| {}),
                ),
                signed(
                    SEED,
                    &format!(r#"{{"kid":"other",{}"#, opened(&header_with(|_| {}))),
                    &claims_with(|_| {}),
                ),
            ],
        ),
    ]
}

pub(super) fn parts(token: &str) -> [&str; 3] {
    token.split('.').collect::<Vec<_>>().try_into().unwrap()
}

/// The other signature for the same text that a lax check takes: the order of the group added to it.
fn malleable(signature: &[u8]) -> Vec<u8> {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut other = signature.to_vec();
    let mut carry = 0_u16;
    for (byte, add) in other[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = u8::try_from(sum & 0xff).unwrap();
        carry = sum >> 8;
    }
    other
}

#[test]
fn none_of_the_attacks_people_know_gets_in() {
    let tokens = Tokens::new(SEED);
    let token = tokens.make(&session(), now_ms()).unwrap();
    // The control: what these helpers sign is good when nothing is changed.
    assert_eq!(
        tokens.check(&signed(SEED, &header_as_made(), &claims_with(|_| {}))).map(|good| good.0),
        Some(session())
    );
    assert_eq!(tokens.check(&claimed(&claims_with(|_| {}))).map(|good| good.0), Some(session()));
    let all = [
        algorithms(&token),
        signatures(&token),
        headers(),
        names(),
        stated::all(),
        stated::times(),
        shapes::all(&token),
    ]
    .concat();
    assert!(all.len() >= 25, "{} kinds of attack", all.len());
    for (name, forged) in &all {
        assert!(!forged.is_empty(), "{name}");
        for forged in forged {
            assert_ne!(forged, &token, "{name}: not forged at all");
            let shown: String = forged.chars().take(600).collect();
            assert_eq!(tokens.check(forged), None, "{name}: {shown}");
        }
    }
    assert_eq!(tokens.check(&token).map(|good| good.0), Some(session()));
}

/// The header as it is made, written out: a change of its form is a change of every token's.
fn header_as_made() -> String {
    format!(r#"{{"typ":"JWT","alg":"EdDSA","kid":"{}"}}"#, kid())
}
