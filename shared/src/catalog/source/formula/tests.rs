//! Formulas are read as they are meant; what is wrong with one is said with file and line.

use proptest::prelude::*;

use super::super::{SourceFile, package};
use super::{print, words};
use crate::catalog::{Formula, Package, Step};

const LABEL: &str = "label = { sv = \"A\", en = \"A\" }";

fn field(id: &str, typ: &str, more: &str) -> String {
    let merge = if more.contains("calculate") {
        "D"
    } else if typ.starts_with("set") {
        "U"
    } else if typ == "count" {
        "C"
    } else {
        "R"
    };
    let more = if more.is_empty() { String::new() } else { format!(", {more}") };
    format!(
        "{{ id = \"{id}\", {LABEL}, type = \"{typ}\", merge = \"{merge}\", sensitivity = 1, \
         section = \"a\"{more} }},\n"
    )
}

/// A house with rooms, in which the last field or the constraint has the formula.
fn files(own: &str, constraint: &str) -> Vec<SourceFile> {
    let file = |name: &str, text: String| SourceFile { name: name.to_owned(), text };
    let codes =
        |codes: [&str; 2]| codes.map(|code| format!("{{ id = \"{code}\", {LABEL} }}")).join(", ");
    let list = |id: &str, all: [&str; 2]| {
        file(
            &format!("lists/{id}.toml"),
            format!("id = \"{id}\"\n{LABEL}\ncodes = [{}]\n", codes(all)),
        )
    };
    let house = [
        field("opened", "date", ""),
        field("closed", "date", ""),
        field("seen", "time", ""),
        field("area", "decimal:1", ""),
        field("most", "int:0:500", ""),
        field("state", "choice:state", ""),
        field("needs", "set:need", ""),
        field("safe", "bool", ""),
        field("name", "text", ""),
        field("lost", "count", ""),
        field("best", "reference:room", ""),
        field("places", "int", "calculate = \"floor(area / 4)\""),
        own.to_owned(),
    ]
    .concat();
    let room = [
        field("size", "decimal:1", ""),
        field("kind", "choice:state", ""),
        field("beside", "reference:room", ""),
        field("takes", "int", "calculate = \"floor(size / 4)\""),
        field("all", "decimal:1", "calculate = \"sum(rooms, it.size)\""),
    ]
    .concat();
    let constraints = if constraint.is_empty() {
        String::new()
    } else {
        format!(
            "constraints = [\n{{ id = \"c\", at = \"opened\", holds = \"{constraint}\", \
             say = {{ sv = \"A\", en = \"A\" }} }},\n]\n"
        )
    };
    let kind = format!(
        "id = \"house\"\n{LABEL}\nsections = [{{ id = \"a\", {LABEL} }}]\nfields = [\n{house}]\n\
         {constraints}roles = [\"inspector\"]\n[[entry_lists]]\nid = \"rooms\"\n{LABEL}\nentries = \"keyed\"\n\
         sections = [{{ id = \"a\", {LABEL} }}]\nfields = [\n{room}]\n"
    );
    vec![
        file("package.toml", "id = \"t\"\nversion = 1\n".to_owned()),
        list("state", ["open", "closed"]),
        list("need", ["lift", "other"]),
        file("kinds/house.toml", kind),
    ]
}

fn read(own: &str, constraint: &str) -> Result<Package, String> {
    package(&files(own, constraint))
        .map_err(|faults| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

fn steps(constraint: &str) -> Vec<Step> {
    let package = read("", constraint).unwrap_or_else(|faults| panic!("{constraint}: {faults}"));
    package.kinds[0].constraints[0].holds.steps.clone()
}

const FINE: [&str; 27] = [
    "closed >= opened",
    "closed > opened and not (state == 'open')",
    "opened >= '2016-01-01' or safe",
    "opened + 14 >= closed",
    "closed - opened <= 365.5",
    "'2026-01-01' - opened <= 365",
    "state in ['open', 'closed']",
    "'other' in needs or length(needs) == 0",
    "length(name) == 4",
    "name != 'x'",
    "empty(name) or answered(safe)",
    "most * 4 <= area",
    "-most < -(area - 1) / 2",
    "lost <= most",
    "count(rooms) >= 1",
    "count(rooms, it.kind == 'open') < most",
    "sum(rooms, it.size where it.kind == 'open') <= area",
    "highest(rooms, it.size) >= lowest(rooms, it.size)",
    "best.size >= 4",
    "places >= 2",
    "best.takes >= 2",
    "sum(rooms, it.takes) >= places",
    "months(opened, 12) <= closed",
    "if(safe, opened, closed) <= closed",
    "if(safe, state, 'open') == 'closed'",
    "seen >= seen",
    "not not safe",
];

#[test]
fn formulas_are_read_printed_and_read_again_the_same() {
    for text in FINE {
        let first = steps(text);
        let printed = print::text(&first);
        assert_eq!(steps(&printed), first, "{text} as {printed}");
    }
}

#[test]
fn what_binds_closer_is_reckoned_first() {
    let cases = [
        ("safe or safe and safe", "(safe or (safe and safe))"),
        ("not safe or safe", "((not safe) or safe)"),
        ("most + 2 * 3 - 1 == 4", "(((most + (2.000 * 3.000)) - 1.000) == 4.000)"),
        ("most > 1", "(not (most <= 1.000))"),
        ("most >= -1", "(not (most < -1.000))"),
        ("empty(name)", "(not answered(name))"),
        ("places == 1", "(floor((area / 4.000)) == 1.000)"),
        ("best.takes == 1", "(floor((best.size / 4.000)) == 1.000)"),
    ];
    for (text, wanted) in cases {
        assert_eq!(print::text(&steps(text)), wanted, "{text}");
    }
}

#[test]
fn every_planted_fault_of_a_formula_is_named_with_its_line() {
    let deep = format!("{}safe{}", "(".repeat(13), ")".repeat(13));
    let long = format!("{} == 1", vec!["1"; 110].join("+"));
    let huge = format!("name == '{}'", "x".repeat(900));
    let cases = [
        ("closed >= opend", "there is no field `opend`"),
        ("closed >= most", "`>=` wants two alike, not a day and a number"),
        ("closed", "it gives a day, not yes or no"),
        ("state == 'opened'", "`state` has no code `opened`"),
        ("state in ['open', 'shut']", "`state` has no code `shut`"),
        ("'ramp' in needs", "`need` has no code `ramp`"),
        ("opened in needs", "`in` cannot look for a day in codes of `need`"),
        ("opened == '2026-02-30'", "'2026-02-30' is no day"),
        ("opened + closed == opened", "`+` does not work with a day and a day"),
        ("state < 'open'", "`<` wants numbers, days or times"),
        ("safe and most", "`and` wants yes or no, not a number"),
        ("not most", "`not` wants yes or no"),
        ("name * 2 == 4", "`*` wants a number, not a text"),
        ("length(most) == 1", "`length` wants a text or a set"),
        ("sqrt(most) == 1", "there is no function `sqrt`"),
        ("count(doors) == 1", "there is no list of entries `doors`"),
        ("count(rooms, it.size) == 1", "`count` wants yes or no, not a number"),
        ("sum(rooms) == 1", "`sum` wants what to look at"),
        ("count(rooms, count(rooms) == 1) == 1", "`count` cannot stand inside another one"),
        ("sum(rooms, it.all) == 1", "`all` is calculated from other entries"),
        ("it == 'open'", "`it` alone is a choice; there is none here"),
        ("it.size == 1", "`it` has no fields here"),
        ("name.size == 1", "`name` names no entry of this record"),
        ("id == id", "only an entry of a list has an `id`"),
        ("best.", "a field is missing after `best.`"),
        ("(safe", "`)` is missing"),
        ("safe safe", "`safe` is not expected after what stands before it"),
        ("safe or", "it ends too early"),
        ("safe or )", "`)` stands where an answer should"),
        ("state in [open]", "brackets hold codes"),
        ("safe & safe", "`&` is no part of a formula"),
        ("name == 'x", "a text has no end"),
        ("most == 1.2345", "`1.2345` is no number"),
        ("most == 1234567890123", "`1234567890123` is no number"),
        (deep.as_str(), "it nests deeper than 12"),
        (long.as_str(), "it has more than 200 steps"),
        (huge.as_str(), "it is longer than 800 bytes"),
    ];
    for (text, wanted) in cases {
        let found = read("", text).err().unwrap_or_default();
        let wanted = format!("kinds/house.toml:19: `holds`: {wanted}");
        assert!(found.starts_with(&wanted), "{text}: {found}");
    }
}

#[test]
fn every_planted_fault_of_a_fields_formula_is_named_with_its_line() {
    let cases = [
        (field("x", "int", "calculate = \"x + 1\""), "`calculate`: `x` needs `x`: a circle"),
        (
            field("x", "int", "calculate = \"y + 1\"")
                + &field("y", "int", "calculate = \"x + 1\""),
            "`calculate`: `x` needs `y` needs `x`: a circle",
        ),
        (
            field("x", "date", "calculate = \"most + 1\""),
            "it gives a number, the field holds a day",
        ),
        (field("x", "int", "relevant = \"most\""), "`relevant`: it gives a number, not yes or no"),
        (field("x", "int", "relevant = { field = \"safe\" }"), "`relevant` must be a text"),
        (
            field("x", "int", "required = \"S if mest == 1\""),
            "`required`: there is no field `mest`",
        ),
        (field("x", "int", "required = \"X if safe\""), "required `X` is not one of C, S, O"),
        (
            field("x", "int", "choices = \"safe\""),
            "`choices` are of a choice, a set or a reference",
        ),
        (
            field("x", "choice:state", "choices = \"it == 'x'\""),
            "`choices`: `state` has no code `x`",
        ),
        (
            field("x", "int", "required = \"C\", calculate = \"most\""),
            "a calculated field has merge code D and is not required",
        ),
        (
            field("x", "int", "calculate = \"most\"").replace("\"D\"", "\"R\""),
            "merge code D needs `calculate`, and only D has it",
        ),
    ];
    for (own, wanted) in cases {
        let found = read(&own, "").err().unwrap_or_default();
        assert!(found.contains("kinds/house.toml:17: "), "{own}: {found}");
        assert!(found.contains(wanted), "{own}: {found}");
    }
    for fine in [
        field("x", "choice:state", "choices = \"it != 'open' or safe\""),
        field("x", "reference:room", "choices = \"it.id != best and it.takes > 1\""),
        field("x", "int", "relevant = \"safe\", required = \"S if most > 2\""),
        field("x", "set:need", "choices = \"it == 'lift' or it in needs\""),
    ] {
        assert_eq!(read(&fine, "").err(), None, "{fine}");
    }
}

#[test]
fn calculations_that_double_with_every_field_stop_at_the_bound() {
    let mut own = field("x0", "int", "calculate = \"most + most\"");
    for at in 1..30 {
        let before = at - 1;
        own += &field(&format!("x{at}"), "int", &format!("calculate = \"x{before} + x{before}\""));
    }
    let found = read(&own, "").err().unwrap_or_default();
    assert!(found.contains("has more than 200 steps"), "{found}");
}

#[test]
fn a_constraint_stands_at_a_field_there_is() {
    let mut files = files("", "safe");
    files[3].text = files[3].text.replace("at = \"opened\"", "at = \"open\"");
    let found = package(&files).err().unwrap_or_default();
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(found, ["kinds/house.toml:19: `at` names no field beside the constraint"]);
}

proptest! {
    #[test]
    fn any_text_gives_steps_or_a_fault(text in "\\PC{0,60}|[a-z0-9_ ().,'+*/<>=!\\[\\]-]{0,80}") {
        let text = text.replace(['"', '\\'], "");
        if let Ok(package) = read("", &text)
            && let Some(constraint) = package.kinds[0].constraints.first()
        {
            let printed = print::text(&constraint.holds.steps);
            prop_assert_eq!(&steps(&printed), &constraint.holds.steps);
        }
        // Whatever is in it, reading it ends.
        let _read = words::words(&text);
    }

    #[test]
    fn formulas_made_of_fine_ones_are_read_again_the_same(
        picks in prop::collection::vec((0..FINE.len(), any::<bool>()), 1..4)
    ) {
        let parts: Vec<String> = picks
            .iter()
            .map(|(at, turned)| format!("{}({})", if *turned { "not " } else { "" }, FINE[*at]))
            .collect();
        let first = steps(&parts.join(" and "));
        prop_assert!(first.len() <= Formula::STEPS_MAX);
        prop_assert_eq!(steps(&print::text(&first)), first);
    }
}
