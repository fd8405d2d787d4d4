//! What was destroyed since a backup is known before anything of it can be served.

use ankomst_server::storage::sqlite::backup;
use ankomst_server::storage::{StorageError, destroyed};
use ankomst_shared::ids::{DeviceId, DocumentId};

use super::{MASTER, put, server};

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_takes_the_ledger_beside_it_first_and_ends_at_a_damaged_line() {
    let dir = tempfile::tempdir().unwrap();
    let (old, new) = (dir.path().join("old"), dir.path().join("new"));
    let file = dir.path().join("b.db");
    put(&server(&old).await).await;
    backup::make(&old, &file, MASTER).unwrap();
    std::fs::create_dir(&new).unwrap();
    let gone = destroyed::Line::Gone(destroyed::Met::of(
        DocumentId::from_bytes([7; 16]),
        DeviceId::from_bytes([1; 16]),
        1,
    ));
    destroyed::add(dir.path(), &gone).unwrap();
    let ledger = dir.path().join(destroyed::LEDGER);
    let whole = std::fs::read(&ledger).unwrap();
    std::fs::write(&ledger, [b"{\"what\":\"g0ne\"}\n", whole.as_slice()].concat()).unwrap();
    let refused = backup::restore(&file, &new, MASTER, 1);
    assert!(matches!(refused, Err(StorageError::Ledger(_))), "{refused:?}");
    std::fs::write(&ledger, whole).unwrap();
    assert!(!new.join("log.db").exists() && !new.join(backup::RESTORING).exists());
    backup::restore(&file, &new, MASTER, 1).unwrap();
    assert_eq!(destroyed::read(&new).unwrap(), [gone]);
}
