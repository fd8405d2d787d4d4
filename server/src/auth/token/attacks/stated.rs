//! Claims that are not what they should be, under the right signature.

use serde_json::{Value, json};

use super::super::tests::{now_ms, session};
use super::{Attack, claimed, claims_with, opened};

pub(super) fn all() -> Vec<Attack> {
    let with = |change: &dyn Fn(&mut Value)| claimed(&claims_with(|c| change(c)));
    let missing = ["iss", "aud", "sub", "sid", "dev", "iat", "nbf", "exp"];
    let missing = missing.map(|claim| with(&|c| drop(c.as_object_mut().unwrap().remove(claim))));
    let wrong = ["iss", "aud", "sub", "sid", "dev", "iat", "nbf", "exp"].map(|claim| {
        [
            Value::Null,
            true.into(),
            json!([]),
            json!({}),
            json!(["ankomst", "ankomst-app"]),
            json!(1.5),
            json!("9999999999"),
        ]
        .map(|value| with(&|c| c[claim] = value.clone()))
    });
    let (user, device) = (session().user.to_string(), session().device.to_string());
    vec![
        (
            "another issuer",
            vec![with(&|c| c["iss"] = "ankomst.".into()), with(&|c| c["iss"] = "".into())],
        ),
        (
            "another audience",
            vec![
                with(&|c| c["aud"] = "ankomst".into()),
                with(&|c| c["aud"] = json!(["ankomst-app"])),
            ],
        ),
        ("a claim is missing", missing.to_vec()),
        ("a claim is of another type", wrong.concat()),
        (
            "a claim twice",
            vec![
                claimed(&format!(r#"{{"sub":"{user}",{}"#, opened(&claims_with(|_| {})))),
                claimed(&format!(r#"{{"exp":9999999999,{}"#, opened(&claims_with(|_| {})))),
            ],
        ),
        (
            "ids that are not their own kind of text",
            vec![
                with(&|c| c["sub"] = format!(" {user}").into()),
                with(&|c| c["dev"] = format!("{device}\0").into()),
                with(&|c| c["sid"] = "..".into()),
            ],
        ),
        (
            "no claims",
            vec![claimed(""), claimed("{}"), claimed("[]"), claimed("null"), claimed("\u{feff}{}")],
        ),
        (
            "claims of great depth",
            vec![claimed(&format!("{}{}", "[".repeat(300), "]".repeat(300)))],
        ),
    ]
}

/// Times that are none of a token made now.
pub(super) fn times() -> Vec<Attack> {
    let with = |change: &dyn Fn(&mut Value)| claimed(&claims_with(|c| change(c)));
    let now = now_ms() / 1_000;
    let at = |iat: i64, nbf: i64, exp: i64| {
        with(&move |c| {
            (c["iat"], c["nbf"], c["exp"]) = (iat.into(), nbf.into(), exp.into());
        })
    };
    vec![
        ("not yet good", vec![at(now + 300, now + 300, now + 900), at(now, now + 300, now + 600)]),
        (
            "issued in the future",
            vec![at(now + 60, now - 10, now + 300), at(now + 60, now + 60, now + 660)],
        ),
        ("over", vec![at(now - 700, now - 700, now - 100), at(0, 0, 600), at(-600, -600, 0)]),
        (
            "good for too long, or for less than no time",
            vec![
                at(now, now, now + 601),
                at(now - 86_400, now - 86_400, now + 600),
                at(0, 0, i64::MAX),
                at(i64::MIN, 0, i64::MAX),
                at(now + 20, now + 20, now + 10),
                with(&|c| c["exp"] = json!(1e30)),
            ],
        ),
    ]
}
