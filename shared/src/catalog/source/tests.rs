//! Every kind of fault is reported, with its file and line, all at once.

use super::{SourceFile, package, without_unasked_lists};

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
        file("kinds/house.toml", &format!("{kind}roles = [\"inspector\"]\n")),
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
        ("relevant = \"x\"", "kinds/house.toml:5: `relevant`: there is no field `x`"),
        ("merge = \"D\"", "merge code D needs `calculate`"),
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

const CHECKLIST: &str = "id = \"move\"\nversion = 1\nlabel = { sv = \"Flytt\", en = \"Move\" }\n\
                         anchors = [\"ARR\"]\nscope = \"A\"\n\
                         groups = [{ id = \"g\", label = { sv = \"G\", en = \"G\" } }]\nitems = [\n";

const ITEM: [(&str, &str); 7] = [
    ("id", "id = \"M-01\""),
    ("label", "label = { sv = \"Nycklar\", en = \"Keys\" }"),
    ("group", "group = \"g\""),
    ("departments", "departments = [\"INT\"]"),
    ("due", "due = { anchor = \"ARR\", days = -10 }"),
    ("evidence", "evidence = [{ kind = \"tick\" }]"),
    ("sources", "sources = [\"PRAX\"]"),
];

/// Faults of a checklist with one item, in which `change` stands for the key it names.
fn with_item(change: &str) -> String {
    let key = change.split(' ').next().unwrap_or_default();
    let kept = ITEM.iter().filter(|(known, _)| *known != key).map(|(_, text)| *text);
    let item = kept.chain([change]).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ");
    checklist_faults(&[("move", &format!("{CHECKLIST}{{ {item} }},\n]\n"))]).join("\n")
}

fn checklist_faults(checklists: &[(&str, &str)]) -> Vec<String> {
    let list = |id: &str, code: &str| {
        let label = "{ sv = \"A\", en = \"A\" }";
        let text = format!(
            "id = \"{id}\"\nlabel = {label}\ncodes = [{{ id = \"{code}\", label = {label} }}]\n"
        );
        file(&format!("lists/{id}.toml"), &text)
    };
    let mut files = vec![
        file("package.toml", "id = \"t\"\nversion = 1\n"),
        list("department", "INT"),
        list("anchor", "ARR"),
        list("source", "PRAX"),
    ];
    let named = checklists.iter().map(|(id, text)| file(&format!("checklists/{id}.toml"), text));
    files.extend(named);
    match package(&files) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn a_right_item_has_no_fault() {
    let fine = [
        "",
        "due = { anchor = \"ARR\", working_days = 1 }",
        "due = { anchor = \"ARR\", months = 24 }",
        "scope = \"C\"",
        "due = { anchor = \"ARR\", hours = 2 }",
        "due = { anchor = \"ARR\", working_days = 3, latest = 15 }",
        "due = { anchor = \"ARR\", days = 14, every = { months = 2 } }",
        "due = { anchor = \"ARR\", days = -180, then = [-90, -60] }",
        "evidence = [{ kind = \"run\" }, { kind = \"visit\" }, { kind = \"intake\" }]",
        "evidence = [{ kind = \"time\" }]",
    ];
    for change in fine {
        assert_eq!(with_item(change), "", "{change}");
    }
}

#[test]
fn every_planted_fault_of_an_item_is_reported_with_its_line() {
    let cases = [
        ("label = { sv = \"Nycklar\" }", "checklists/move.toml:8: `en` is missing"),
        (
            "label = { sv = \"Nycklar\", en = \" \" }",
            "move.toml:8: `en` must be a text that is not",
        ),
        ("departments = [\"XXX\"]", "move.toml:8: there is no department `XXX`"),
        ("departments = [\"\"]", "move.toml:8: `departments` must be a list of texts that are not"),
        ("group = \"h\"", "move.toml:8: there is no group `h`"),
        ("scope = \"X\"", "move.toml:8: scope is one of"),
        ("severity = 5", "move.toml:8: severity goes from 1 to 4"),
        (
            "due = { anchor = \"VIS\", days = 1 }",
            "move.toml:8: `VIS` is not one of the checklist's",
        ),
        ("due = { days = 1 }", "move.toml:8: `anchor` is missing"),
        ("due = { anchor = \"ARR\" }", "move.toml:8: `due` counts in one of days, working_days"),
        ("due = { anchor = \"ARR\", days = 1, months = 1 }", "move.toml:8: `due` counts in one of"),
        ("due = { anchor = \"ARR\", weeks = 1 }", "move.toml:8: `due` counts in one of"),
        ("due = { anchor = \"ARR\", days = 1, weeks = 1 }", "move.toml:8: `weeks` is not known"),
        ("due = { anchor = \"ARR\", days = \"1\" }", "move.toml:8: `days` must be a whole number"),
        ("due = { anchor = \"ARR\", days = 1.5 }", "move.toml:8: `days` must be a whole number"),
        ("due = { anchor = \"ARR\", months = 1001 }", "move.toml:8: `due` counts to 1000 at most"),
        ("due = \"ARR\"", "move.toml:8: `due` must be a table"),
        (
            "due = { anchor = \"ARR\", days = 7, latest = 7 }",
            "move.toml:8: `latest` comes after the first",
        ),
        (
            "due = { anchor = \"ARR\", days = 7, latest = 1001 }",
            "move.toml:8: `due` counts to 1000 at most",
        ),
        ("due = { anchor = \"ARR\", days = 7, every = 7 }", "move.toml:8: `every` must be a table"),
        (
            "due = { anchor = \"ARR\", days = 7, every = { days = 0 } }",
            "move.toml:8: `every` counts days",
        ),
        (
            "due = { anchor = \"ARR\", days = 7, every = { hours = 2 } }",
            "move.toml:8: `every` counts days",
        ),
        (
            "due = { anchor = \"ARR\", days = 7, every = { days = 1001 } }",
            "move.toml:8: `every` counts to 1000 at most",
        ),
        (
            "due = { anchor = \"ARR\", days = 7, every = { days = 7 }, then = [9] }",
            "move.toml:8: `due` has `every` or `then`",
        ),
        (
            "due = { anchor = \"ARR\", days = 7, then = [6] }",
            "move.toml:8: `then` goes on after the first",
        ),
        (
            "due = { anchor = \"ARR\", days = 7, then = [\"9\"] }",
            "move.toml:8: `then` must be a list of whole numbers",
        ),
        ("sources = [\"XXX\"]", "move.toml:8: there is no source `XXX`"),
        ("was = \"M-00\"", "move.toml:8: the version before has no item `M-00`"),
    ];
    for (change, wanted) in cases {
        let found = with_item(change);
        assert!(found.contains(wanted), "{change}: {found}");
    }
}

#[test]
fn an_item_without_severity_and_due_rule_is_reported() {
    let text = format!("{CHECKLIST}{{ {} }},\n]\n", ITEM.map(|(_, text)| text).join(", "));
    let due = format!("{}, ", ITEM[4].1);
    let found = checklist_faults(&[("move", &text.replace(&due, ""))]);
    assert_eq!(found, ["checklists/move.toml:8: an item has `severity` or `due`"]);
}

#[test]
fn a_checklists_anchor_that_no_list_knows_is_reported() {
    let text = CHECKLIST.replace("\"ARR\"", "\"ARR\", \"XXX\"");
    let found = checklist_faults(&[("move", &format!("{text}]\n"))]);
    assert_eq!(found, ["checklists/move.toml:1: there is no anchor `XXX`"]);
}

#[test]
fn an_item_done_again_has_no_number() {
    let again = "due = { anchor = \"ARR\", days = 7, every = { days = 7 } }";
    let change = format!("{again}, evidence = [{{ kind = \"number\" }}]");
    let item = ITEM.iter().filter(|(key, _)| !["due", "evidence"].contains(key));
    let item = item.map(|(_, text)| *text).collect::<Vec<_>>().join(", ");
    let found = checklist_faults(&[("move", &format!("{CHECKLIST}{{ {item}, {change} }},\n]\n"))]);
    assert_eq!(
        found,
        ["checklists/move.toml:8: an item done again has no number: its day stands there"]
    );
}

/// Faults of a checklist that is offered so, beside a case with a kind and a run with two dates.
fn with_offer(offered: &str, due: &str) -> String {
    let label = "label = { sv = \"A\", en = \"A\" }";
    let more = format!("{label}, merge = \"R\", sensitivity = 1, section = \"a\"");
    let kind = |id: &str, fields: &str| {
        let text = format!(
            "id = \"{id}\"\n{label}\nsections = [{{ id = \"a\", {label} }}]\nfields = [{fields}]\n"
        );
        file(&format!("kinds/{id}.toml"), &format!("{text}server = true\n"))
    };
    let day = format!("{{ id = \"on\", type = \"date\", anchor = \"ARR\", {more} }}");
    let time = format!("{{ id = \"at\", type = \"time\", anchor = \"MIS\", {more} }}");
    let sort = format!("{{ id = \"sort\", type = \"choice:source\", {more} }}");
    let list = |id: &str, codes: &[&str]| {
        let codes: Vec<String> =
            codes.iter().map(|code| format!("{{ id = \"{code}\", {label} }}")).collect();
        let text = format!("id = \"{id}\"\n{label}\ncodes = [{}]\n", codes.join(", "));
        file(&format!("lists/{id}.toml"), &text)
    };
    let head = CHECKLIST.replace("\"ARR\"", "\"ARR\", \"MIS\"");
    let head = head.replace("groups =", &format!("offered = {{ {offered} }}\ngroups ="));
    let item = ITEM.iter().filter(|(key, _)| *key != "due").map(|(_, text)| *text);
    let item = item.collect::<Vec<_>>().join(", ");
    let files = [
        file("package.toml", "id = \"t\"\nversion = 1\n"),
        list("anchor", &["ARR", "MIS", "END"]),
        list("department", &["INT"]),
        list("source", &["PRAX"]),
        kind("case", &sort),
        kind("run", &format!("{day}, {time}")),
        file("checklists/move.toml", &format!("{head}{{ {item}, {due} }},\n]\n")),
    ];
    let found = package(&files).err().unwrap_or_default();
    found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_checklist_is_offered_where_it_can_be() {
    let fine = "at = \"case\", name = \"start-move\", label = { sv = \"A\", en = \"A\" }, \
                asks = [\"MIS\"], when = \"sort == 'PRAX'\"";
    let due = "due = { anchor = \"MIS\", hours = 2 }";
    assert_eq!(with_offer(fine, due), "");
    let cases = [
        ("\"case\"", "\"place\"", "move.toml:1: there is no kind `place`"),
        ("start-move", "move", "the `name` of a button begins with `start-`"),
        ("[\"MIS\"]", "[\"END\"]", "`END` is not one of the checklist's anchors"),
        ("sort ==", "kind ==", "`when`: there is no field `kind`"),
        ("'PRAX'", "'LAW'", "`when`: `source` has no code `LAW`"),
        ("at =", "where = 1, at =", "`where` is not known here"),
    ];
    for (from, to, wanted) in cases {
        let found = with_offer(&fine.replace(from, to), due);
        assert!(found.contains(wanted), "{to}: {found}");
    }
    let hours = with_offer(fine, "due = { anchor = \"ARR\", hours = 2 }");
    assert!(hours.contains("hours count from a time, and `ARR` is a day"), "{hours}");
}

#[test]
fn two_checklists_never_share_a_button() {
    let label = "label = { sv = \"A\", en = \"A\" }";
    let offered = format!("offered = {{ at = \"case\", name = \"start-it\", {label} }}\ngroups =");
    let one = format!("{CHECKLIST}]\n").replace("groups =", &offered);
    let other = one.replace("id = \"move\"", "id = \"leave\"");
    let found = checklist_faults(&[("move", &one), ("leave", &other)]).join("\n");
    assert!(found.contains("move.toml:1: `leave` has a button `start-it`, too"), "{found}");
}

#[test]
fn an_anchor_needs_its_date_in_a_run() {
    let text = CHECKLIST.replace("\"ARR\"", "\"ARR\", \"END\"");
    let run = "id = \"run\"\nlabel = { sv = \"A\", en = \"A\" }\nserver = true\n";
    let list = "id = \"anchor\"\nlabel = { sv = \"A\", en = \"A\" }\ncodes = [\
                { id = \"ARR\", label = { sv = \"A\", en = \"A\" } }, \
                { id = \"END\", label = { sv = \"A\", en = \"A\" } }]\n";
    let files = [
        file("package.toml", "id = \"t\"\nversion = 1\n"),
        file("lists/anchor.toml", list),
        file("kinds/run.toml", run),
        file("checklists/move.toml", &format!("{text}]\n")),
    ];
    let found = package(&files).err().unwrap_or_default();
    let found: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        ["ARR", "END"]
            .map(|it| format!("checklists/move.toml:1: a run has no field for the date of `{it}`"))
    );
}

#[test]
fn answers_move_to_one_item_of_the_next_version() {
    let item = |id: &str, more: &str| {
        let text = ITEM.map(|(_, text)| text).join(", ").replace("M-01", id);
        format!("{{ {text}{more} }},\n")
    };
    let first = format!("{CHECKLIST}{}{}]\n", item("M-01", ""), item("M-02", ""));
    let next = |items: &str| {
        let second = format!("{CHECKLIST}{items}]\n").replace("version = 1", "version = 2");
        checklist_faults(&[("move", &first), ("move_2", &second)]).join("\n")
    };
    let was = ", was = \"M-02\"";
    assert_eq!(next(&format!("{}{}", item("M-01", ""), item("M-03", was))), "");
    let twice = next(&format!("{}{}", item("M-03", was), item("M-04", was)));
    assert!(twice.contains("move_2.toml:9: two items were `M-02`"), "{twice}");
    let kept = next(&format!("{}{}", item("M-02", ""), item("M-03", was)));
    assert!(kept.contains("move_2.toml:9: `M-02` is an item of this version, too"), "{kept}");
}

#[test]
fn an_item_id_is_there_once_in_all_checklists() {
    let item = format!("{{ {} }},\n", ITEM.map(|(_, text)| text).join(", "));
    let twice = format!("{CHECKLIST}{item}{item}]\n");
    let found = checklist_faults(&[("move", &twice)]).join("\n");
    assert!(found.contains("move.toml:9: `item move v1/M-01` is there already, at"), "{found}");
    let one = format!("{CHECKLIST}{item}]\n");
    let other = one.replace("id = \"move\"", "id = \"leave\"");
    let found = checklist_faults(&[("move", &one), ("leave", &other)]).join("\n");
    assert!(found.contains("move.toml:8: `leave` has an item `M-01`, too"), "{found}");
}

#[test]
fn a_list_is_packed_once_a_field_or_the_code_asks_for_it() {
    let list = |id: &str| {
        let text = format!("id = \"{id}\"\nlabel = {{ sv = \"A\", en = \"A\" }}\n");
        file(&format!("lists/{id}.toml"), &text)
    };
    let field = "{ id = \"c\", label = { sv = \"F\", en = \"C\" }, type = \"set:asked\", merge = \"U\", \
                 sensitivity = 1, section = \"a\" },\n]\n";
    let files = [
        file("package.toml", "id = \"t\"\nversion = 1\n"),
        list("department"),
        list("asked"),
        list("unasked"),
        file("kinds/house.toml", &format!("{HEAD}{field}server = true\n")),
    ];
    let packed = without_unasked_lists(package(&files).unwrap());
    let kept: Vec<&str> = packed.lists.iter().map(|list| list.id.as_str()).collect();
    assert_eq!(kept, ["department", "asked"]);
}
