//! `ankomst user add --unit`: who comes into which unit.

use std::path::Path;

use tempfile::tempdir;

use super::ankomst;

#[test]
fn a_person_comes_into_the_unit_that_is_named_and_into_the_first_where_none_is() {
    let folder = tempdir().unwrap();
    let data = folder.path().join("data");
    let password = folder.path().join("password");
    std::fs::write(&password, "en lång rad att minnas\n").unwrap();
    let add = |login: &str, unit: &[&str]| {
        let password = password.to_str().unwrap();
        let add = ["user", "add", login, "--name", login, "--roles", "caseworker"];
        let (fine, said) = ankomst(&data, &[&add, ["--password-file", password].as_slice(), unit].concat());
        assert!(fine, "{said}");
    };
    add("anna", &[]);
    assert_eq!(units(&data), ["Enheten"]);
    add("bo", &["--unit", "Norr"]);
    add("cia", &["--unit", "Norr"]);
    add("dag", &["--unit", "Enheten"]);
    add("eva", &[]);
    assert_eq!(units(&data), ["Enheten", "Norr"]);
}

/// The names an export offers where there are several; the only one has no need of a name.
fn units(data: &Path) -> Vec<String> {
    todo!()
}
