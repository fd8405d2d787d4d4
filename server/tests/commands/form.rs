//! The form of the data: what another version wrote is never changed without being asked.

use std::path::{Path, PathBuf};

use ankomst_server::app::App;
use ankomst_server::storage::StorageError;

use super::ankomst;

/// A data folder as this version makes it.
async fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    drop(App::open(folder.path(), PathBuf::from("/bin/false")).await.unwrap());
    folder
}

fn log(folder: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(folder.join("log.db")).unwrap()
}

/// The newest form that was ever applied to the data.
fn form(folder: &Path) -> i64 {
    let newest = "SELECT max(version) FROM refinery_schema_history";
    log(folder).query_row(newest, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn data_of_a_newer_version_are_refused_and_left_as_they_are() {
    let folder = folder().await;
    let current = form(folder.path());
    log(folder.path())
        .execute(
            "INSERT INTO refinery_schema_history (version, name, applied_on, checksum)
             SELECT 99, 'later', applied_on, '1' FROM refinery_schema_history LIMIT 1",
            [],
        )
        .unwrap();
    let opened = App::open(folder.path(), PathBuf::from("/bin/false")).await;
    assert!(
        matches!(opened, Err(StorageError::Newer { found: 99, known }) if known == current),
        "{opened:?}"
    );
    for command in ["serve", "migrate", "doctor", "rebuild", "dump"] {
        let (fine, said) = ankomst(folder.path(), &[command]);
        assert!(!fine && said.contains("written by a newer version of Ankomst (form 99"), "{said}");
    }
    assert_eq!(form(folder.path()), 99);
}

#[tokio::test]
async fn data_of_an_older_version_are_changed_by_those_who_are_alone_with_them_only() {
    let folder = folder().await;
    let current = form(folder.path());
    for name in ["log.db", "log.db-wal", "log.db-shm"] {
        drop(std::fs::remove_file(folder.path().join(name)));
    }
    log(folder.path()).execute_batch("PRAGMA user_version = 1").unwrap();
    for command in [&["doctor"][..], &["dump"], &["device", "list"], &["held", "list"]] {
        let (fine, said) = ankomst(folder.path(), command);
        assert!(!fine && said.contains("run `ankomst migrate`"), "{command:?}: {said}");
    }
    let (fine, said) = ankomst(folder.path(), &["migrate"]);
    assert!(fine && said.contains(&format!("had form 0 and have form {current}")), "{said}");
    let (fine, said) = ankomst(folder.path(), &["migrate"]);
    assert!(fine && said.contains(&format!("have form {current} already")), "{said}");
    assert!(ankomst(folder.path(), &["dump"]).0);
}

#[test]
fn a_folder_without_data_is_not_made_by_a_slip_of_the_pen() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("slip");
    for command in
        [&["migrate"][..], &["rebuild"], &["dump"], &["doctor"], &["user", "off", "anna"]]
    {
        let (fine, said) = ankomst(&folder, command);
        assert!(!fine && said.contains("there are no data in"), "{command:?}: {said}");
    }
    assert!(!folder.exists());
}
