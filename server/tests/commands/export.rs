//! `ankomst export`: the file of a report, letter by letter.

use tempfile::tempdir;

use super::ankomst;

/// What differs from run to run: when it was made, up to when, and which devices were away.
const MOVING: [&str; 6] = [
    "Framställd;",
    "Uppgifter till och med;",
    "Enheter utan kontakt;",
    "Generated;",
    "Data until;",
    "Devices not in contact;",
];

#[test]
fn a_file_for_a_spreadsheet_says_what_the_municipality_published() {
    let folder = tempdir().unwrap();
    let data = folder.path().join("data");
    let (fine, said) = ankomst(&data, &["seed", "--pack", "sp-7"]);
    assert!(fine && said.contains("krokom"), "{said}");
    let export = |unit: &str, more: &[&str]| {
        let asked = [&["export", "r01", "--unit", unit], more].concat();
        let (fine, said) = ankomst(&data, &asked);
        assert!(fine, "{said}");
        let lines = said.split_inclusive("\r\n");
        let still = |line: &&str| !MOVING.iter().any(|moving| line.starts_with(moving));
        lines.filter(still).collect::<String>()
    };
    let krokom = "Krokom (exempel)";
    assert_eq!(export(krokom, &[]), include_str!("r01-krokom.csv"));
    let point = export("Exempelby (påhittad)", &["--point"]);
    assert!(point.contains(";7;-13;117.5;"), "{point}");
    assert_eq!(export("Olofström (exempel)", &["--english"]), include_str!("r01-olofstrom-en.csv"));
    let one = export(krokom, &["--years", "2013"]);
    assert!(one.contains("\r\n2013;") && !one.contains("\r\n2012;"), "{one}");
    // Planted twice is planted once.
    let (fine, said) = ankomst(&data, &["seed", "--pack", "sp-7"]);
    assert!(fine && said.contains("already"), "{said}");
    let (fine, said) = ankomst(&data, &["export", "r01"]);
    assert!(!fine && said.contains("Trelleborg (exempel)"), "{said}");
}
