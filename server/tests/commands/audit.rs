//! `ankomst audit`, and what commands leave in the access log.

use std::path::Path;

use rusqlite::Connection;

use super::ankomst;

fn shown(folder: &Path, more: &[&str]) -> Vec<Vec<String>> {
    let (good, said) = ankomst(folder, &[&["audit", "show"], more].concat());
    assert!(good, "{said}");
    said.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

fn whats(lines: &[Vec<String>]) -> Vec<&str> {
    lines.iter().filter_map(|line| line.get(6)).map(String::as_str).collect()
}

#[test]
fn a_changed_log_is_told_with_its_first_bad_entry_and_what_it_means() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (good, said) = ankomst(&data, &["audit", "rehearse", "--entries", "2500"]);
    assert!(good, "{said}");
    let (good, said) = ankomst(&data, &["audit", "verify"]);
    assert!(good && said.contains("2500 entries, 2 signed checkpoints"), "{said}");
    let change = |sql: &str| {
        let copy = folder.path().join("copy");
        std::fs::create_dir_all(&copy).unwrap();
        for file in std::fs::read_dir(&data).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), copy.join(file.file_name())).unwrap();
        }
        Connection::open(copy.join("access.db")).unwrap().execute_batch(sql).unwrap();
        let (good, said) = ankomst(&copy, &["audit", "verify"]);
        std::fs::remove_dir_all(&copy).unwrap();
        assert!(!good, "{sql} is not found: {said}");
        said
    };
    let cases = [
        ("UPDATE access SET record = NULL WHERE seq = 1234", "entry 1234", "was changed"),
        ("DELETE FROM access WHERE seq = 77", "entry 77", "taken out"),
        ("DELETE FROM access WHERE seq > 2400", "entry 2400", "cut off"),
        ("DELETE FROM checkpoint WHERE seq = 2000", "entry 2000", "checkpoint"),
        (
            "INSERT INTO access SELECT 2501, at, received, who, device, unit, record, what, about, purpose, mode,
                number, chain FROM access WHERE seq = 2500",
            "entry 2501",
            "was changed",
        ),
        ("DELETE FROM head", "entry 2500", "nothing was written by the server"),
    ];
    for (sql, entry, means) in cases {
        let said = change(sql);
        assert!(said.contains(entry) && said.contains(means), "{sql}: {said}");
    }
    std::fs::remove_file(data.join("access.db.end")).unwrap();
    let (good, said) = ankomst(&data, &["audit", "verify"]);
    assert!(!good && said.contains("beside the log"), "{said}");
}

#[test]
fn what_commands_do_is_noted_and_a_restore_does_not_shorten_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let (data, file) = (folder.path().join("data"), folder.path().join("b.db"));
    let password = folder.path().join("password");
    std::fs::write(&password, "ett långt lösenord").unwrap();
    let run = |command: &[&str]| {
        let (good, said) = ankomst(&data, command);
        assert!(good, "{command:?}: {said}");
    };
    let add = ["user", "add", "anna", "--name", "Anna", "--roles", "supervisor", "--password-file"];
    run(&[&add[..], &[password.to_str().unwrap()]].concat());
    run(&["backup", file.to_str().unwrap()]);
    run(&["user", "give", "anna", "caseworker"]);
    run(&["session", "end", "anna"]);
    run(&["user", "off", "anna"]);
    run(&["export", "r01"]);
    let done =
        ["begun", "account-made", "role-given", "signed-out-all", "account-ended", "exported"];
    let before = shown(&data, &[]);
    assert_eq!(whats(&before), [&done[..], &["log-read"]].concat());
    assert!(before.iter().skip(1).all(|line| line[5] == "console"));
    run(&["restore", file.to_str().unwrap()]);
    let after = shown(&data, &[]);
    assert_eq!(after[..before.len()], before, "nothing is gone");
    assert_eq!(whats(&after[before.len()..]), ["restored", "log-read"]);
    run(&["audit", "verify"]);
    assert_eq!(whats(&shown(&data, &["--what", "exported"])), ["exported"]);

    // The disk is lost: what the backup has is there, and it goes on from there.
    let (_, said) = ankomst(&data, &["audit", "verify", &format!("{}.access", file.display())]);
    assert!(said.contains("2 entries"), "{said}");
    for name in ["log.db", "keys.db", "access.db", "access.db.end"] {
        std::fs::remove_file(data.join(name)).unwrap();
    }
    run(&["restore", file.to_str().unwrap()]);
    assert_eq!(whats(&shown(&data, &[])), ["begun", "account-made", "restored", "log-read"]);
    run(&["audit", "verify"]);
}
