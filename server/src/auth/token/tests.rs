//! What a token is, and which keys it may be of.

use super::*;

/// A session that tokens of these tests name.
pub(super) fn session() -> Session {
    Session {
        id: SessionId::new(1, [1; 10]),
        user: UserId::new(1, [2; 10]),
        device: DeviceId::new(1, [3; 10]),
    }
}

pub(super) fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

pub(super) fn claims() -> Claims {
    let token = Tokens::new([1; 32]).make(&session(), now_ms()).unwrap();
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&claims).unwrap()
}

#[test]
fn a_fresh_token_names_its_session() {
    let tokens = Tokens::new([1; 32]);
    let token = tokens.make(&session(), now_ms()).unwrap();
    assert_eq!(tokens.check(&token).map(|good| good.0), Some(session()));
    assert!(token.len() < TOKEN_BYTES_MAX / 2, "{} bytes", token.len());
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
fn a_token_made_in_the_future_is_refused() {
    let tokens = Tokens::new([1; 32]);
    let now_ms = now_ms();
    let at = |seconds: i64| tokens.make(&session(), now_ms + seconds * 1_000).unwrap();
    assert!(tokens.check_at(&at(20), now_ms).is_some(), "clocks of one machine may step a little");
    // `nbf` alone is held against the clock of the machine; this one is good by it.
    assert_eq!(tokens.check_at(&at(0), now_ms - 60_000), None);
    assert_eq!(tokens.check(&at(60)), None);
}

#[test]
fn a_token_that_lacks_a_claim_or_has_one_more_is_refused() {
    let tokens = Tokens::new([1; 32]);
    let signed = |claims: &serde_json::Value| tokens.make_of(claims).unwrap();
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
fn every_byte_of_a_token_counts() {
    let tokens = Tokens::new([1; 32]);
    let token = tokens.make(&session(), now_ms()).unwrap();
    for at in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert!(tokens.check(&changed).is_none(), "byte {at}");
        assert_eq!(tokens.check(token.get(..at).unwrap()), None);
    }
}

#[test]
fn after_a_change_of_keys_tokens_of_both_are_good_until_those_of_the_old_one_are_over() {
    let tokens = Tokens::new([1; 32]);
    let now_ms = now_ms();
    let old = tokens.make(&session(), now_ms).unwrap();
    tokens.take([2; 32], Some(([1; 32], now_ms)));
    let new = tokens.make(&session(), now_ms).unwrap();
    assert_eq!(tokens.check_at(&old, now_ms).map(|good| good.0), Some(session()));
    assert_eq!(tokens.check_at(&new, now_ms).map(|good| good.0), Some(session()));
    assert!(Tokens::new([1; 32]).check(&new).is_none(), "the old key signs no more");
    // The old key in other hands: what it signs is good no longer than the overlap.
    let stolen = Tokens::new([1; 32]).make(&session(), now_ms + OVERLAP_MS).unwrap();
    assert!(tokens.check_at(&stolen, now_ms + OVERLAP_MS).is_some());
    assert_eq!(tokens.check_at(&stolen, now_ms + OVERLAP_MS + 1), None);
    assert_eq!(tokens.check_at(&old, now_ms - 1), None, "replaced in the future");
    let later = tokens.make(&session(), now_ms + OVERLAP_MS).unwrap();
    assert!(tokens.check_at(&later, now_ms + OVERLAP_MS + 1).is_some());
    // Changed once more: the first key is out at once.
    tokens.take([3; 32], Some(([2; 32], now_ms)));
    assert_eq!(tokens.check_at(&old, now_ms), None);
    assert_eq!(tokens.check_at(&new, now_ms).map(|good| good.0), Some(session()));
    tokens.take([3; 32], None);
    assert_eq!(tokens.check_at(&new, now_ms), None);
}

#[test]
fn times_are_asked_of_the_clock_that_is_given() {
    let (tokens, made_ms) = (Tokens::new([1; 32]), now_ms());
    let token = tokens.make(&session(), made_ms).unwrap();
    let leeway = i64::try_from(LEEWAY_S).unwrap();
    let is_good = |after_s: i64| tokens.check_at(&token, made_ms + after_s * 1000).is_some();
    for (after_s, wanted) in [
        (-leeway - 2, false),
        (-leeway + 1, true),
        (0, true),
        (TOKEN_S + leeway - 1, true),
        (TOKEN_S + leeway + 2, false),
    ] {
        assert_eq!(is_good(after_s), wanted, "{after_s} s after it was made");
    }
}
