//! Passkeys through backups and restores.

use ankomst_server::storage::sqlite::accounts::{self, UserRow};
use ankomst_server::storage::sqlite::passkeys::{self, PasskeyRow};
use ankomst_server::storage::sqlite::{backup, units};
use ankomst_shared::app::Role;
use ankomst_shared::ids::{UnitId, UserId};

use super::{MASTER, server};

#[tokio::test]
async fn a_restore_brings_back_no_passkey_that_was_removed_and_forgets_none() {
    let dir = tempfile::tempdir().unwrap();
    let (folder, before, after) =
        (dir.path().join("data"), dir.path().join("b.db"), dir.path().join("a.db"));
    let app = server(&folder).await;
    let (user, unit) = (UserId::from_bytes([2; 16]), UnitId::from_bytes([8; 16]));
    let row = UserRow {
        id: user,
        login: "anna".to_owned(),
        name: "Anna".to_owned(),
        password: String::new(),
        roles: vec![Role::Caseworker],
        unit,
        active: true,
    };
    let passkey = move |number: u8| PasskeyRow {
        credential: vec![number; 16],
        user,
        name: "Surfplatta".to_owned(),
        host: "localhost".to_owned(),
        key: vec![1],
        counter: 0,
        made_ms: 1,
        used_ms: None,
        regressed_ms: None,
    };
    let add = app.writer.write(move |db| {
        units::add(db, unit, "Enheten")?;
        accounts::add_user(db, &row)?;
        passkeys::add(db, &passkey(1))?;
        passkeys::add(db, &passkey(2))?;
        passkeys::let_first(db, user, i64::MAX)
    });
    add.await.unwrap();
    backup::make(&folder, &before, MASTER).unwrap();
    let later = app.writer.write(move |db| {
        passkeys::remove(db, user, &[1; 16], 5)?;
        passkeys::add(db, &passkey(3))
    });
    assert!(later.await.unwrap());
    backup::make(&folder, &after, MASTER).unwrap();
    drop(app);
    // The older one over what is there, then the newer one over that.
    for (number, source) in [(1, &before), (2, &after)] {
        backup::restore(source, &folder, MASTER, number).unwrap();
        let app = server(&folder).await;
        let all = app.readers.read(|db| passkeys::of(db, user)).unwrap();
        let left: Vec<u8> = all.iter().map(|row| row.credential[0]).collect();
        assert_eq!(left, [2, 3], "{number}");
        for host in ["localhost", "elsewhere"] {
            let first = app.readers.read(|db| passkeys::first_until(db, (user, host), 1));
            assert_eq!(first.unwrap(), None, "{host}");
        }
    }
    // The older one onto a folder that knows less.
    let bare = dir.path().join("bare");
    drop(server(&bare).await);
    backup::restore(&after, &bare, MASTER, 3).unwrap();
    let app = server(&bare).await;
    assert_eq!(app.readers.read(|db| passkeys::of(db, user)).unwrap().len(), 2);
}
