//! Faults of what a kind belongs to, who has it, what it includes and how its states join.

use super::{SourceFile, package};

const LABEL: &str = "label = { sv = \"A\", en = \"A\" }";

fn file(name: &str, text: &str) -> SourceFile {
    SourceFile { name: name.to_owned(), text: text.to_owned() }
}

/// Faults of a kind `house` with those keys, beside a kind `case` that belongs to it, a list of states
/// and a part.
fn faults(keys: &str, field: &str) -> String {
    let section = format!("sections = [{{ id = \"a\", {LABEL} }}]\n");
    let codes = ["open", "closed", "gone", "disputed"]
        .map(|code| format!("{{ id = \"{code}\", {LABEL} }}"))
        .join(", ");
    let common = format!("{LABEL}, sensitivity = 1, section = \"a\"");
    let seen =
        format!("fields = [{{ id = \"seen\", type = \"date\", merge = \"R\", {common} }}]\n");
    let rooms =
        format!("[[entry_lists]]\nid = \"bodies\"\n{LABEL}\nentries = \"keyed\"\n{section}");
    let files = [
        file("package.toml", "id = \"t\"\nversion = 1\n"),
        file("lists/state.toml", &format!("id = \"state\"\n{LABEL}\ncodes = [{codes}]\n")),
        file(
            "kinds/case.toml",
            &format!("id = \"case\"\n{LABEL}\nbelongs_to = [\"house\"]\n{rooms}"),
        ),
        file(
            "kinds/house.toml",
            &format!("id = \"house\"\n{LABEL}\n{section}{keys}\nfields = [{field}]\n"),
        ),
        file("parts/seen.toml", &format!("{seen}{rooms}")),
    ];
    let field = |text: &str| text.replace("COMMON", &common);
    let files = files.map(|one| SourceFile { text: field(&one.text), ..one });
    let found = package(&files).err().unwrap_or_default();
    found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn where_a_kind_belongs_and_who_has_it_is_checked() {
    let cases = [
        ("roles = [\"inspector\"]", ""),
        ("server = true", ""),
        ("belongs_to = [\"case\"]\nsingle = true", ""),
        ("belongs_to = [\"*\"]", ""),
        ("", "kinds/house.toml:1: nobody may read it"),
        ("roles = [\"cook\"]", "kinds/house.toml:1: `roles` names `cook`"),
        (
            "belongs_to = [\"boat\"]",
            "kinds/house.toml:1: `belongs_to` names an unknown kind `boat`",
        ),
        ("server = true\nprotection = 4", "kinds/house.toml:1: `protection` goes from 0 to 3"),
        ("roles = [\"inspector\"]\nsingle = true", "`single` says how many a document has"),
    ];
    for (keys, wanted) in cases {
        let found = faults(keys, "");
        assert!(found.contains(wanted) && found.is_empty() == wanted.is_empty(), "{keys}: {found}");
    }
}

#[test]
fn a_part_is_as_if_its_fields_and_lists_stood_in_the_kind() {
    assert_eq!(faults("server = true\ninclude = [\"seen\"]", ""), "");
    let twice = "{ id = \"seen\", type = \"date\", merge = \"R\", COMMON }";
    let found = faults("server = true\ninclude = [\"seen\"]", twice);
    assert!(found.contains("parts/seen.toml:1: `field house/seen` is there already"), "{found}");
    let found = faults("server = true\ninclude = [\"heard\"]", "");
    assert!(found.contains("kinds/house.toml:1: there is no part `heard`"), "{found}");
}

#[test]
fn a_reference_names_people_a_kind_or_the_entries_of_a_list() {
    for (to, fits) in [("user", true), ("case", true), ("body", true), ("boat", false)] {
        let field = format!("{{ id = \"b\", type = \"reference:{to}\", merge = \"R\", COMMON }}");
        let found = faults("server = true", &field);
        let wanted = format!("there is no kind and no list of `{to}`");
        assert_eq!(found.is_empty(), fits, "{found}");
        assert!(fits || found.contains(&wanted), "{found}");
    }
}

#[test]
fn states_join_the_same_in_any_order() {
    let with = |machine: &str| {
        let field = format!(
            "{{ id = \"s\", type = \"choice:state\", merge = \"M\", COMMON, machine = {{ {machine} }} }}"
        );
        faults("server = true", &field)
    };
    let order = "order = [\"disputed\", \"closed\", \"gone\", \"open\"]";
    assert_eq!(with(&format!("{order}, disputed = [[\"gone\", \"closed\"]]")), "");
    // Gone is over open, and closed over open, but gone and open made gone before closed came.
    let torn = with(&format!("{order}, disputed = [[\"open\", \"closed\"]]"));
    assert!(torn.contains("join differently in another order"), "{torn}");
    let late = |rule: &str| with(&format!("{order}, late = [{{ {rule} }}]"));
    let own = "{ id = \"s\", type = \"text\", merge = \"R\", COMMON }";
    assert_eq!(faults("server = true", own), "");
    for (rule, wanted) in [
        ("from = [\"shut\"], list = \"rooms\", to = \"open\"", "an unknown state `shut`"),
        ("from = [\"closed\"], list = \"rooms\", to = \"ajar\"", "an unknown state `ajar`"),
        ("from = [\"closed\"], list = \"rooms\", to = \"open\"", "`house` has no list `rooms`"),
        ("from = [\"closed\"], to = \"open\"", "`list` is missing"),
    ] {
        let found = late(rule);
        assert!(found.contains(wanted), "{rule}: {found}");
    }
    let last = "order = [\"closed\", \"gone\", \"open\", \"disputed\"], disputed = [[\"gone\", \"closed\"]]";
    assert!(with(last).contains("join differently in another order"));
}
