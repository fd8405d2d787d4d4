//! Texts that are no tokens, or nearly.

use serde_json::json;

use super::{Attack, SEED, claimed, claims_with, header_with, parts, signed};

pub(super) fn all(token: &str) -> Vec<Attack> {
    [letters(token), order(token)].concat()
}

/// The same parts with other letters in or around them.
fn letters(token: &str) -> Vec<Attack> {
    let [first, second, third] = parts(token);
    let around = [" ", "\n", "\t", "\0", "\u{a0}", "=", ".", "%20", ",", "\u{feff}"];
    let around = around.iter().flat_map(|c| {
        [
            format!("{c}{token}"),
            format!("{token}{c}"),
            format!("{first}{c}.{second}.{third}"),
            format!("{first}.{c}{second}.{third}"),
        ]
    });
    let padded = |part: &str| format!("{part}{}", "=".repeat((4 - part.len() % 4) % 4));
    let last = third.chars().last().unwrap();
    let twins = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".chars();
    let twins =
        twins.filter(|c| *c != last).map(|c| format!("{}{c}", token.strip_suffix(last).unwrap()));
    let standard = |part: &str| part.replace('-', "+").replace('_', "/");
    let mut shapes = vec![
        ("something around it or between its parts", around.collect()),
        (
            "padding",
            vec![
                format!("{}.{second}.{third}", padded(first)),
                format!("{first}.{}.{third}", padded(second)),
                format!("{first}.{second}.{}", padded(third)),
                format!("{token}=="),
            ],
        ),
        ("an end that decodes to the same bytes, or nearly", twins.collect()),
        (
            "other letters for the same",
            vec![
                token.to_uppercase(),
                token.to_lowercase(),
                token.replace('.', "\u{ff0e}"),
                token.replace('.', "%2E"),
            ],
        ),
    ];
    if standard(token) != token {
        shapes.push(("the other alphabet", vec![standard(token)]));
    }
    shapes
}

/// Parts that are missing, too many, too large or somewhere else.
fn order(token: &str) -> Vec<Attack> {
    let [first, second, third] = parts(token);
    let nested = claimed(&json!(token).to_string());
    vec![
        (
            "empty parts",
            vec![
                String::new(),
                ".".into(),
                "..".into(),
                "...".into(),
                format!("{first}..{third}"),
                format!(".{second}.{third}"),
                format!("..{third}"),
                first.to_owned(),
            ],
        ),
        (
            "parts too many or in another order",
            vec![
                format!("{token}.{third}"),
                format!("{first}.{token}"),
                format!("{first}.{second}.{second}.{third}"),
                format!("{second}.{first}.{third}"),
                format!("{third}.{second}.{first}"),
                // Five parts, as an encrypted token has.
                format!("{first}.{second}.{third}.{second}.{third}"),
            ],
        ),
        (
            "its content told apart from it",
            vec![format!("{first}..{third}"), format!("{first}. .{third}")],
        ),
        (
            "a token in a token",
            vec![
                nested,
                signed(SEED, &header_with(|h| h["cty"] = "JWT".into()), &json!(token).to_string()),
            ],
        ),
        (
            "JSON in the place of the text",
            vec![
                json!({ "payload": second, "protected": first, "signature": third }).to_string(),
                json!([token]).to_string(),
                format!("\"{token}\""),
                format!("Bearer {token}"),
            ],
        ),
        (
            "very large",
            vec![
                format!("{token}{}", "A".repeat(4_000_000)),
                format!("{first}.{}.{third}", "A".repeat(4_000_000)),
                ".".repeat(4_000_000),
                claimed(&claims_with(|c| c["iss"] = "a".repeat(1_000_000).into())),
            ],
        ),
    ]
}
