//! A municipality's own checklist: what is taken, and what each fault says.

use super::SourceFile;
use super::own::{FILE_BYTES_MAX, ITEMS_MAX, Written, municipality, own};
use crate::catalog::{Catalog, Checklist};

const FINE: &str = r#"
id = "k2326_fire_round"
version = 1
label = { sv = "Brandrond", en = "Fire round" }
anchors = ["VIS"]
scope = "A"
groups = [{ id = "out", label = { sv = "Utrymning", en = "Ways out" } }]

[adopted]
by = "Integrationsnämnden"
on = "2026-10-01"
number = "IN 2026:17"
owner = "Samordnaren"
review_on = "2027-10-01"

[offered]
at = "residence"
when = "residence_type in ['RES-APT']"
name = "start-k2326-fire-round"
label = { sv = "Starta: brandrond", en = "Start: fire round" }

[[items]]
id = "K2326-F01"
label = { sv = "Dörren går att öppna", en = "The door opens" }
group = "out"
departments = ["BOS"]
severity = 1
evidence = [{ kind = "tick" }]
sources = ["LSO"]

[[items]]
id = "K2326-F02"
label = { sv = "Trappans bredd", en = "Width of the stairs" }
group = "out"
departments = ["BOS"]
severity = 2
evidence = [{ kind = "number", unit = { sv = "cm", en = "cm" }, caution = "lowest" }]
sources = ["LSO"]
"#;

fn read(text: &str, published: &[Checklist]) -> Result<Written, Vec<String>> {
    let file = SourceFile { name: "brand.toml".to_owned(), text: text.to_owned() };
    let read = own(&file, Catalog::builtin().package(), published);
    read.map_err(|faults| faults.iter().map(ToString::to_string).collect())
}

fn fine(text: &str, published: &[Checklist]) -> Checklist {
    read(text, published).unwrap().checklist
}

/// The one fault of a file in which something stands instead of something else.
fn fault(what: &str, instead: &str) -> String {
    assert!(FINE.contains(what), "{what}");
    let faults = read(&FINE.replacen(what, instead, 1), &[]).unwrap_err();
    faults.join("\n")
}

#[test]
fn what_fits_is_taken_with_its_condition_and_its_decision() {
    let written = read(FINE, &[]).unwrap();
    assert_eq!((written.by.as_str(), written.on.as_str()), ("Integrationsnämnden", "2026-10-01"));
    assert_eq!(written.number, "IN 2026:17");
    assert_eq!(written.review_on, "2027-10-01");
    let list = written.checklist;
    assert_eq!((list.id.as_str(), list.items.len()), ("k2326_fire_round", 2));
    assert!(!list.offered.unwrap().when.unwrap().steps.is_empty());
}

#[test]
fn ids_are_the_municipalitys_own_and_no_built_in_one_is() {
    assert_eq!(municipality("k2326_fire"), Some("2326"));
    for other in ["fire", "k232_fire", "k23266_fire", "k2326", "x2326_a", "kåäö6_a", ""] {
        assert_eq!(municipality(other), None, "{other}");
    }
    for list in Catalog::builtin().checklists() {
        assert_eq!(municipality(&list.id), None);
        assert!(list.items.iter().all(|item| municipality(&item.id).is_none()), "{}", list.id);
    }
    let said = fault("k2326_fire_round\"", "residence_inspection\"");
    assert!(said.contains("brand.toml:1: `id` must begin with k"), "{said}");
    let said = fault("K2326-F01", "B-F01");
    assert!(said.contains("brand.toml:22: the `id` of an item must begin with K2326-"), "{said}");
    let said = fault("K2326-F01", "K0114-F01");
    assert!(said.contains("must begin with K2326-"), "{said}");
    let mine = fine(FINE, &[]);
    let other = FINE.replace("2326", "0114");
    let said = read(&other, &[mine]).unwrap_err().join("\n");
    assert!(said.contains("code 2326, and `id` says 0114"), "{said}");
}

#[test]
fn each_fault_names_its_line_and_what_would_be_right() {
    let cases = [
        ("[adopted]", "[adoption]", "`adopted` is missing"),
        ("on = \"2026-10-01\"", "on = \"2026-13-01\"", "brand.toml:9: `on` must be a day"),
        ("group = \"out\"", "group = \"in\"", "brand.toml:22: there is no group `in`"),
        ("departments = [\"BOS\"]", "departments = [\"XXX\"]", "there is no department `XXX`"),
        ("sources = [\"LSO\"]", "sources = [\"hemma\"]", "there is no source `hemma`"),
        ("severity = 1", "severity = 9", "severity goes from 1 to 4"),
        ("severity = 1", "grade = 1", "`grade` is not known here"),
        ("at = \"residence\"", "at = \"journal\"", "`case` or `residence`"),
        ("at = \"residence\"", "at = \"case\"", "an inspection (anchor VIS) is of a house"),
        ("start-k2326-fire-round", "start-run", "must be `start-k2326-fire-round`"),
        ("residence_type in", "residence_kind in", "there is no field `residence_kind`"),
        ("Dörren", "\\u202eDörren", "control characters"),
        ("version = 1", "version = 0", "`version` goes from 1"),
        ("version = 1", "version = 99999999999999999999", "`version` must be a whole number"),
        ("K2326-F02", "K2326-F01", "is there already"),
    ];
    for (what, instead, wanted) in cases {
        let said = fault(what, instead);
        assert!(said.contains(wanted), "{what}: {said}");
    }
    let long = fault("Dörren", &"x".repeat(401));
    assert!(long.contains("longer than 400 letters"), "{long}");
}

#[test]
fn a_truncated_or_hostile_file_is_a_fault_and_never_a_panic() {
    for end in (0..FINE.len()).filter(|end| FINE.is_char_boundary(*end)) {
        let cut = FINE.get(..end).unwrap();
        if let Ok(written) = read(cut, &[]) {
            let whole = cut.matches("sources = [\"LSO\"]").count();
            assert_eq!(written.checklist.items.len(), whole, "only whole items: {cut}");
        }
    }
    let deep = format!("id = {}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(u64::try_from(deep.len()).unwrap() < FILE_BYTES_MAX);
    assert!(read(&deep, &[]).is_err());
    let keys = format!("{}a = 1", "a.".repeat(50_000));
    assert!(read(&keys, &[]).is_err());
    let formula = format!("when = \"{}true{}\"", "(".repeat(9_000), ")".repeat(9_000));
    assert!(!fault("when = \"residence_type in ['RES-APT']\"", &formula).is_empty());
    assert!(read("\u{0}\u{feff}id", &[]).is_err());
    let (head, item) = FINE.split_at(FINE.find("[[items]]").unwrap());
    let item = item.split("[[items]]").nth(1).unwrap();
    let many: Vec<String> =
        (0..=ITEMS_MAX).map(|at| item.replace("F01", &format!("F{at}"))).collect();
    let many = ["", &many.join("[[items]]")].join("[[items]]");
    let said = read(&format!("{head}{many}"), &[]).unwrap_err().join("\n");
    assert!(said.contains("has 1 to 200 items, this has 201"), "{said}");
}

#[test]
fn what_was_published_stays_as_it_was() {
    let one = fine(FINE, &[]);
    assert_eq!(fine(FINE, std::slice::from_ref(&one)), one, "the same again is no fault");

    let reworded = FINE.replace("The door opens", "The door opens by hand");
    let said = read(&reworded, std::slice::from_ref(&one)).unwrap_err().join("\n");
    assert!(said.contains("version 1 is published with other contents"), "{said}");
    assert!(said.contains("count `version` up to 2"), "{said}");

    let two = reworded.replace("version = 1", "version = 2");
    let published = [one.clone(), fine(&two, std::slice::from_ref(&one))];
    let said = read(FINE, &published).unwrap();
    assert_eq!(said.checklist, one, "an older version that is there stays there");

    let retyped = two.replacen("severity = 2", "due = { anchor = \"VIS\", days = 1 }", 1);
    let retyped = retyped.replace("version = 2", "version = 3");
    let said = read(&retyped, &published).unwrap_err().join("\n");
    assert!(said.contains("`K2326-F02` was published with another kind of answer"), "{said}");
    assert!(said.contains("inspected with a number in \"cm\""), "{said}");
    let unit = two.replace("\"cm\"", "\"m\"").replace("version = 2", "version = 3");
    assert!(read(&unit, &published).is_err(), "80 m is not 80 cm");

    let (less, _) = two.split_at(two.rfind("[[items]]").unwrap());
    let three = fine(&less.replace("version = 2", "version = 3"), &published);
    let published = [published.to_vec(), vec![three]].concat();
    let back = two.replace("version = 2", "version = 4");
    let said = read(&back, &published).unwrap_err().join("\n");
    assert!(said.contains("`K2326-F02` was taken out in a version before"), "{said}");
    let renamed = back.replace("K2326-F02", "K2326-F03");
    assert_eq!(fine(&renamed, &published).version, 4);
}
