//! `ankomst user add --unit`: who comes into which unit.

use std::path::PathBuf;

use ankomst_server::app::App;
use ankomst_server::storage::sqlite::{accounts, units};
use tempfile::tempdir;

use super::ankomst;

#[tokio::test]
async fn a_person_comes_into_the_unit_that_is_named_and_into_the_first_where_none_is() {
    let folder = tempdir().unwrap();
    let data = folder.path().join("data");
    let password = folder.path().join("password");
    std::fs::write(&password, "en lång rad att minnas\n").unwrap();
    let password = password.to_str().unwrap();
    let people = [
        ("anna", None, "Enheten"),
        ("bo", Some("Norr"), "Norr"),
        ("cia", Some("Norr"), "Norr"),
        ("dag", Some("Enheten"), "Enheten"),
        ("eva", None, "Enheten"),
    ];
    for (login, unit, _) in people {
        let mut add = vec!["user", "add", login, "--name", login, "--roles", "caseworker"];
        add.extend(["--password-file", password]);
        add.extend(unit.iter().flat_map(|unit| ["--unit", unit]));
        let (fine, said) = ankomst(&data, &add);
        assert!(fine, "{said}");
    }
    let app = App::open(&data, PathBuf::from(env!("CARGO_BIN_EXE_ankomst"))).await.unwrap();
    for (login, _, expected) in people {
        let unit = app.readers.read(|db| {
            let unit = accounts::user_by_login(db, login)?.map(|user| user.unit);
            unit.map_or(Ok(None), |unit| units::name(db, unit))
        });
        assert_eq!(unit.unwrap().as_deref(), Some(expected), "{login}");
    }
    assert_eq!(app.readers.read(units::all).unwrap().len(), 2);
}
