//! Every kind of fault in a rule is reported with its file and line.

use std::fmt::Write as _;

use super::{SourceFile, package};

const KIND: &str = "id = \"case\"\nlabel = { sv = \"Ä\", en = \"C\" }\nroles = [\"caseworker\"]\n\
                    sections = [{ id = \"a\", label = { sv = \"A\", en = \"A\" } }]\nfields = []\n";
const SOURCES: &str = "id = \"source\"\nlabel = { sv = \"K\", en = \"S\" }\ncodes = [\n\
                       { id = \"PRAX\", label = { sv = \"P\", en = \"P\" } },\n]\n";

/// The rule with the most sentences that fit on a page, right in every part.
fn right() -> String {
    let mut text = "id = \"house_capacity\"\nlabel = { sv = \"H\", en = \"H\" }\nat = [\"case\"]\n\
                    [[versions]]\nto = \"2017-12-31\"\nsources = [\"PRAX\"]\n\
                    text = { sv = \"R\", en = \"R\" }\n\
                    [[versions]]\nfrom = \"2018-01-01\"\nsources = [\"PRAX\"]\n\
                    text = { sv = \"R\", en = \"R\" }\n"
        .to_owned();
    let says = [
        ("value", "{most}"),
        ("closed", ""),
        ("opened", ""),
        ("by_written", "{written}"),
        ("by_rooms", "{rooms}"),
        ("blocked", "{room}"),
        ("lacks_written", ""),
        ("lacks_rooms", ""),
        ("unblocked", "{takes}"),
        ("more_written", ""),
        ("more_rooms", ""),
    ];
    for (id, gap) in says {
        text.push_str("[[says]]\n");
        write!(text, "id = \"{id}\"\nsv = \"S {gap}\"\nen = \"E {gap}\"\n").unwrap();
    }
    text
}

fn faults(rule: &str) -> String {
    let file = |name: &str, text: &str| SourceFile { name: name.into(), text: text.into() };
    let files = [
        file("package.toml", "id = \"t\"\nversion = 1\n"),
        file("kinds/case.toml", KIND),
        file("lists/source.toml", SOURCES),
        file("rules/house.toml", rule),
    ];
    match package(&files) {
        Ok(_) => String::new(),
        Err(faults) => faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    }
}

#[test]
fn a_right_rule_has_no_fault() {
    assert_eq!(faults(&right()), "");
}

#[test]
fn every_planted_fault_is_reported_with_its_line() {
    let cases = [
        ("id = \"house_capacity\"", "id = \"full_moon\"", "rules/house.toml:1: nothing reckons"),
        ("at = [\"case\"]", "at = [\"castle\"]", "`at` names no kind or list: `castle`"),
        ("at = [\"case\"]", "at = [\"case/rooms\"]", "`at` names no kind or list: `case/rooms`"),
        (
            "to = \"2017-12-31\"",
            "to = \"2018-01-01\"",
            "rules/house.toml:8: a day has two versions",
        ),
        ("to = \"2017-12-31\"", "to = \"31 dec\"", "rules/house.toml:4: `to` is no day"),
        ("to = \"2017-12-31\"", "to = \"2017-02-29\"", "rules/house.toml:4: `to` is no day"),
        (
            "from = \"2018-01-01\"",
            "from = \"2018-01-01\"\nto = \"2017-01-01\"",
            "ends before it begins",
        ),
        ("from = \"2018-01-01\"", "from = \"2018-01-01\"\nproposed = true", "has no `from` yet"),
        (
            "sources = [\"PRAX\"]",
            "sources = []",
            "rules/house.toml:4: a version names its `sources`",
        ),
        ("sources = [\"PRAX\"]", "sources = [\"MAGIC\"]", "there is no source `MAGIC`"),
        (
            "sources = [\"PRAX\"]",
            "sources = [\"PRAX\"]\nnumbers = { moons = 2 }",
            "`moons` is never used",
        ),
        (
            "sources = [\"PRAX\"]",
            "sources = [\"PRAX\"]\nnumbers = { moons = \"two\" }",
            "`moons` must be a whole number",
        ),
        ("sv = \"R\"", "sv = \"R {moons}\"", "the gap `{moons}` is never filled"),
        ("sv = \"S {most}\"", "sv = \"S\"", "only one language has the gap `{most}`"),
        ("en = \"E {most}\"", "en = \"E {least}\"", "the gap `{least}` is never filled"),
        ("id = \"more_rooms\"", "id = \"fewer_rooms\"", "`says` lacks `more_rooms`"),
        (
            "id = \"more_rooms\"",
            "id = \"fewer_rooms\"",
            "rules/house.toml:52: `fewer_rooms` is never said",
        ),
        ("id = \"more_rooms\"", "id = \"value\"", "is there already, at rules/house.toml:12"),
        ("en = \"R\"", "en = \"\"", "`en` must be a text that is not empty"),
    ];
    for (right_part, wrong, wanted) in cases {
        let found = faults(&right().replacen(right_part, wrong, 1));
        assert!(found.contains(wanted), "{wrong}: {found}");
    }
}
