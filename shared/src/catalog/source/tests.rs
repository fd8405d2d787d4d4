//! Every kind of fault is reported, with its file and line, all at once.

use super::{SourceFile, package};

fn file(name: &str, text: &str) -> SourceFile {
    SourceFile { name: name.to_owned(), text: text.to_owned() }
}

fn faults(kind: &str) -> Vec<String> {
    let files = [
        file("package.toml", "id = \"t\"\nversion = 1\n"),
        file(
            "lists/colour.toml",
            "id = \"colour\"\nlabel = { sv = \"Färg\", en = \"Colour\" }\ncodes = [\n\
             { id = \"red\", label = { sv = \"Röd\", en = \"Red\" } },\n\
             { id = \"blue\", label = { sv = \"Blå\", en = \"Blue\" } },\n]\n",
        ),
        file("kinds/house.toml", kind),
    ];
    match package(&files) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.iter().map(ToString::to_string).collect(),
    }
}

const HEAD: &str = "id = \"house\"\nlabel = { sv = \"Hus\", en = \"House\" }\n\
                    sections = [{ id = \"a\", label = { sv = \"A\", en = \"A\" } }]\nfields = [\n";

fn with_field(field: &str) -> String {
    faults(&format!("{HEAD}{field}\n]\n")).join("\n")
}

#[test]
fn a_right_field_has_no_fault() {
    let fine = "{ id = \"c\", label = { sv = \"F\", en = \"C\" }, type = \"choice:colour\", merge = \"S\", \
                sensitivity = 1, section = \"a\", caution = [\"red\", \"blue\"] },";
    assert_eq!(with_field(fine), "");
}

#[test]
fn every_planted_fault_is_reported_with_its_line() {
    let cases = [
        ("label = { sv = \"F\" }", "kinds/house.toml:5: `en` is missing"),
        ("type = \"colour\"", "kinds/house.toml:5: type `colour` is not known"),
        ("type = \"choice:size\"", "kinds/house.toml:5: there is no code list `size`"),
        ("merge = \"X\"", "merge code `X` is not one of"),
        ("merge = \"S\"", "merge code S needs `caution`"),
        ("merge = \"U\"", "a set has merge code U"),
        ("section = \"b\"", "there is no section `b`"),
        ("sensitivity = 9", "sensitivity goes from 0 to 4"),
        ("sensitivity = \"1\"", "`sensitivity` must be a whole number"),
        ("colour = 1", "`colour` is not known here"),
        ("relevant = { field = \"x\", any_of = [\"true\"] }", "an unknown field `x`"),
        ("merge = \"S\", caution = [\"red\"]", "must name each code of `colour` once"),
        ("merge = \"S\", caution = \"deepest\"", "caution `deepest` is not known"),
    ];
    for (change, wanted) in cases {
        let keys = ["label", "type", "merge", "section", "sensitivity"];
        let given = [
            "label = { sv = \"F\", en = \"C\" }",
            "type = \"choice:colour\"",
            "merge = \"R\"",
            "section = \"a\"",
            "sensitivity = 1",
        ];
        let kept: Vec<&str> = keys
            .iter()
            .zip(given)
            .filter(|(key, _)| !change.starts_with(&format!("{key} =")))
            .map(|(_, text)| text)
            .collect();
        let field = format!("{{ id = \"c\", {}, {change} }},", kept.join(", "));
        let found = with_field(&field);
        assert!(found.contains(wanted), "{change}: {found}");
    }
}

#[test]
fn two_faults_are_reported_together_and_a_double_id_names_the_first_place() {
    let field = "{ id = \"c\", label = { sv = \"F\", en = \"C\" }, type = \"text\", merge = \"R\", \
                 sensitivity = 1, section = \"a\" },\n";
    let found = faults(&format!("{HEAD}{field}{}]\n", field.replace("\"a\"", "\"b\"")));
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().any(|fault| fault.contains("is there already, at kinds/house.toml:5")));
}

#[test]
fn a_file_that_is_not_toml_is_reported_with_its_line() {
    let found = faults("id = \"house\"\nlabel = = 3\n");
    assert!(found.iter().any(|fault| fault.starts_with("kinds/house.toml:2: this is not TOML")));
}
