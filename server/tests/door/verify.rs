//! A check of everything: what is sound passes, also beside a running server; each kind of damage is found and named,
//! and nothing is changed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ankomst_server::seed;
use ankomst_server::verify;
use ankomst_server::verify::found::{Kind, Report};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::sync::message::Outcome;
use rusqlite::Connection;

use super::kinds::Somebody;
use super::kit::{Door, ankomst};
use super::village::{again, first_exchange};

/// The village with two tablets that have what is theirs and have come again since.
async fn village() -> Door {
    let door = Door::open().await;
    seed::run(&door.app, 1).await.unwrap();
    for login in ["elin", "ingrid"] {
        let (mut browser, answer) = first_exchange(&door, login).await;
        again(&mut browser, &door, &answer).await;
    }
    door
}

/// A copy of a folder that nobody works on.
struct Copied(tempfile::TempDir);

impl Copied {
    fn of(door: &Door) -> Self {
        let copy = tempfile::tempdir().unwrap();
        for file in std::fs::read_dir(door.folder.path().join("data")).unwrap() {
            let file = file.unwrap();
            if !file.file_name().to_string_lossy().ends_with("-shm") {
                std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
            }
        }
        Self(copy)
    }

    fn open(&self, name: &str) -> Connection {
        Connection::open(self.0.path().join(name)).unwrap()
    }

    /// Breaks the first page of a table.
    fn spoil(&self, name: &str, table: &str) {
        let db = self.open(name);
        let sql = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
        let page: u32 = db.query_row(sql, [table], |row| row.get(0)).unwrap();
        let page = usize::try_from(page).unwrap();
        db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        drop(db);
        let path = self.0.path().join(name);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[(page - 1) * 4_096..page * 4_096].fill(0xff);
        std::fs::write(&path, bytes).unwrap();
    }

    /// Takes the access log away.
    fn loses_accesses(&self) {
        for name in ["access.db", "access.db-wal"] {
            let file = self.0.path().join(name);
            if file.exists() {
                std::fs::remove_file(file).unwrap();
            }
        }
    }

    fn verify(&self) -> Report {
        run(self.0.path())
    }

    fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let files = std::fs::read_dir(self.0.path()).unwrap().map(|file| file.unwrap().path());
        let files = files.filter(|file| !file.to_string_lossy().ends_with("-shm"));
        // An empty one stands for none.
        files
            .map(|file| (file.clone(), std::fs::read(file).unwrap()))
            .filter(|(_, bytes)| !bytes.is_empty())
            .collect()
    }

    fn ankomst(&self, command: &[&str]) -> (bool, String) {
        ankomst(self.0.path(), command)
    }
}

fn run(folder: &Path) -> Report {
    let master = std::fs::read(folder.join("master.key")).unwrap();
    verify::run((folder, master.try_into().unwrap()), &|_| ()).unwrap()
}

fn kinds(report: &Report) -> BTreeSet<&'static str> {
    report.faults.iter().map(|fault| fault.kind.name()).collect()
}

/// A change that something else builds on.
const MIDDLE: &str =
    "(SELECT received FROM chunks WHERE EXISTS (SELECT 1 FROM deps WHERE dep = chunks.hash)
    ORDER BY received LIMIT 1)";
/// A case.
const CASE: &str = "(SELECT id FROM documents WHERE kind = 'case' ORDER BY id LIMIT 1)";

/// A damage: in which file, what is done, kinds of faults it is told as, and words of one of them.
type Damage = (&'static str, String, &'static [&'static str], &'static str);

fn damages() -> Vec<Damage> {
    let log = |sql: String, kinds: &'static [&'static str], words: &'static str| {
        ("log.db", sql, kinds, words)
    };
    let rows = |sql: &str, words: &'static str| ("rows.db", sql.to_owned(), &["row"][..], words);
    vec![
        log(format!("DELETE FROM chunks WHERE received = {MIDDLE}"), &["lost", "place", "reckoned"], "are gone"),
        log(
            "DELETE FROM chunks WHERE received = (SELECT max(received) FROM chunks)".to_owned(),
            &["ahead", "lost", "reckoned", "row"],
            "the newest 1 arrivals are gone",
        ),
        log(
            "UPDATE chunks SET chain = x'0101010101010101' WHERE feed = (SELECT max(feed) FROM chunks)".to_owned(),
            &["place"],
            "the chain does not follow",
        ),
        log(format!("UPDATE chunks SET arrival = x'0101010101010101' WHERE received = {MIDDLE}"), &["place"], "order of arrival"),
        log(format!("UPDATE chunks SET state = 'pending' WHERE received = {MIDDLE}"), &["change", "place", "reckoned"], "a state that does not go with its place"),
        log(format!("UPDATE chunks SET seq = seq + 5 WHERE received = {MIDDLE}"), &["change", "lost"], "as which of theirs"),
        log(format!("UPDATE chunks SET user = x'{}' WHERE received = {MIDDLE}", "07".repeat(16)), &["change"], "who wrote it"),
        log("DELETE FROM deps".to_owned(), &["change"], "what it builds on is noted otherwise"),
        log(format!("UPDATE documents SET digest = zeroblob(32) WHERE id = {CASE}"), &["reckoned"], "is told a sum"),
        log(format!("UPDATE chunks SET weight = weight + 1 WHERE received = {MIDDLE}"), &["reckoned"], "its weight"),
        log(format!("UPDATE documents SET parent = x'{}' WHERE id = {CASE}", "07".repeat(16)), &["lost"], "what it belongs to"),
        log(format!("INSERT INTO raised SELECT {CASE}, 3, 'hot', 1, x'{}'", "07".repeat(16)), &["change"], "less protected"),
        log("UPDATE devices SET high = high + 1000".to_owned(), &["ahead"], "was told of place in the feed"),
        log("UPDATE devices SET arrived = arrived + 1000".to_owned(), &["ahead"], "was told of arrival"),
        log(format!("INSERT INTO holdings SELECT id, x'{}' FROM devices", "07".repeat(16)), &["ledger"], "what is not here"),
        ("access.db", "DELETE FROM access WHERE seq = (SELECT min(seq) FROM access WHERE record IS NOT NULL AND device IS NOT NULL)".to_owned(), &["ledger"], "never given"),
        ("keys.db", "DELETE FROM keys WHERE document = (SELECT min(document) FROM keys)".to_owned(), &["change"], "key is gone"),
        rows("UPDATE rows SET title = 'Någon annan' WHERE kind = 'case'", "not what it says: title"),
        rows("UPDATE rows SET protection = 0 WHERE protection > 0", "protection"),
        rows("DELETE FROM keys WHERE key = (SELECT min(key) FROM keys)", "what it is found by"),
        rows("DELETE FROM rows WHERE kind = 'case'", "it has no row"),
        rows("UPDATE rows SET document = randomblob(16) WHERE id = (SELECT min(id) FROM rows)", "a record that is not here"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_village_is_sound_beside_its_server_and_nothing_is_written() {
    let door = village().await;
    let folder = door.folder.path().join("data");
    let report = tokio::task::spawn_blocking(move || run(&folder)).await.unwrap();
    assert!(report.is_sound() && report.notes.is_empty(), "{report:#?}");
    assert!(report.documents > 30 && report.rows > 15 && report.devices >= 2, "{report:#?}");
    assert!(report.changes >= report.documents && report.feed > 0);
    let copy = Copied::of(&door);
    let before = copy.files();
    let (fine, said) = copy.ankomst(&["verify"]);
    assert!(fine && said.contains("All of it is as it must be"), "{said}");
    let (fine, said) = copy.ankomst(&["verify", "--json"]);
    assert!(fine && said.contains("\"sound\":true"), "{said}");
    assert!(before == copy.files(), "a check has written something");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_damage_is_found_named_and_left_as_it_is() {
    let door = village().await;
    for (file, sql, wanted, words) in damages() {
        let copy = Copied::of(&door);
        let db = copy.open(file);
        db.pragma_update(None, "foreign_keys", false).unwrap();
        assert!(db.execute(&sql, []).unwrap() > 0, "{sql}");
        drop(db);
        let before = copy.files();
        let report = copy.verify();
        assert_eq!(kinds(&report), wanted.iter().copied().collect(), "{sql}: {report:#?}");
        let named = report.faults.iter().any(|fault| fault.what.contains(words));
        assert!(named, "{sql}: {report:#?}");
        assert!(before == copy.files(), "{sql}: a check has written something");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_wrong_byte_of_a_change_is_found_and_what_to_do_is_said() {
    let door = village().await;
    let copy = Copied::of(&door);
    let db = copy.open("log.db");
    let select = format!("SELECT received, sealed FROM chunks WHERE received = {MIDDLE}");
    let (received, mut sealed): (i64, Vec<u8>) =
        db.query_row(&select, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let middle = sealed.len() / 2;
    sealed[middle] ^= 1;
    db.execute("UPDATE chunks SET sealed = ?1 WHERE received = ?2", (sealed, received)).unwrap();
    drop(db);
    let report = copy.verify();
    assert_eq!(kinds(&report), BTreeSet::from(["change"]), "{report:#?}");
    let (fine, said) = copy.ankomst(&["verify"]);
    assert!(
        !fine && said.contains("WRONG record ") && said.contains("restore the newest backup"),
        "{said}"
    );
    let (fine, said) = copy.ankomst(&["verify", "--json"]);
    assert!(
        !fine && said.contains("\"sound\":false") && said.contains("\"kind\":\"change\""),
        "{said}"
    );
}

/// What is wrong with one record stops no other: a review is read with what it is about, too.
#[tokio::test(flavor = "multi_thread")]
async fn a_review_that_cannot_be_read_stops_no_other() {
    let door = village().await;
    let whole = Copied::of(&door).verify();
    let review = "SELECT id FROM documents WHERE kind = 'review' ORDER BY id LIMIT 1";
    let sealed =
        format!("UPDATE chunks SET sealed = zeroblob(length(sealed)) WHERE document = ({review})");
    let noted = format!("UPDATE chunks SET seq = -1 WHERE document = ({review})");
    let key = "DELETE FROM keys WHERE document = x'REVIEW'".to_owned();
    for (file, sql) in [("log.db", sealed), ("log.db", noted), ("keys.db", key)] {
        let copy = Copied::of(&door);
        let hex: String = copy
            .open("log.db")
            .query_row(&format!("SELECT hex(id) FROM ({review})"), [], |row| row.get(0))
            .unwrap();
        let db = copy.open(file);
        assert!(db.execute(&sql.replace("REVIEW", &hex), []).unwrap() > 0, "{sql}");
        drop(db);
        let report = copy.verify();
        assert_eq!(kinds(&report), BTreeSet::from(["change"]), "{sql}: {report:#?}");
        assert!(!report.cut_short && report.devices == whole.devices, "{sql}: {report:#?}");
        assert_eq!(report.documents, whole.documents, "{sql}");
        let named: BTreeSet<_> = report.faults.iter().filter_map(|fault| fault.record).collect();
        assert!((1..=2).contains(&named.len()), "{sql}: {report:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_broken_is_told_as_far_as_it_can_be_read() {
    let door = village().await;
    for (name, kind) in [("log.db", "file"), ("rows.db", "row")] {
        let copy = Copied::of(&door);
        copy.spoil(name, if name == "log.db" { "chunks" } else { "rows" });
        let (fine, said) = copy.ankomst(&["verify"]);
        assert!(!fine && said.contains("WRONG") && said.contains("Do:"), "{name}: {said}");
        assert_eq!(said.contains("It had to stop"), name == "log.db", "{said}");
        assert!(name != "log.db" || !said.contains("is whole"), "{said}");
        let (_, said) = copy.ankomst(&["verify", "--json"]);
        assert!(said.contains(&format!("\"kind\":\"{kind}\"")), "{name}: {said}");
    }
}

/// The access log is a file of its own: where it is broken, no log is restored.
#[tokio::test(flavor = "multi_thread")]
async fn a_broken_access_log_is_told_as_such() {
    let door = village().await;
    let whole = Copied::of(&door).verify();
    for table in ["access", "sqlite_schema"] {
        let copy = Copied::of(&door);
        if table == "access" {
            copy.spoil("access.db", table);
        } else {
            copy.loses_accesses();
            std::fs::write(copy.0.path().join("access.db"), [7; 9_000]).unwrap();
        }
        let report = copy.verify();
        assert_eq!(kinds(&report), BTreeSet::from(["access"]), "{table}: {report:#?}");
        let looked = (report.documents, report.devices, report.cut_short);
        assert_eq!(looked, (whole.documents, whole.devices, false), "{table}: {report:#?}");
        let (fine, said) = copy.ankomst(&["verify"]);
        assert!(!fine && said.contains("ankomst audit verify"), "{said}");
        assert!(!said.contains("restore the newest backup"), "{said}");
    }
    let copy = Copied::of(&door);
    copy.loses_accesses();
    let report = copy.verify();
    assert!(report.is_sound(), "{report:#?}");
    assert!(report.notes.iter().any(|note| note.contains("no access log")), "{report:#?}");
}

/// A new access log, as the server begins it after a broken one was moved away, knows nothing of before.
#[tokio::test(flavor = "multi_thread")]
async fn an_access_log_that_was_begun_anew_blames_no_device() {
    let door = village().await;
    let copy = Copied::of(&door);
    copy.loses_accesses();
    let (fine, said) = copy.ankomst(&["audit", "show"]);
    assert!(fine && said.contains("broken"), "{said}");
    // What is given since is in it.
    let db = copy.open("access.db");
    let log = copy.0.path().join("log.db");
    db.execute("ATTACH ?1 AS log", [log.to_str().unwrap()]).unwrap();
    let given =
        "INSERT INTO access (seq, received, device, record, what, about, purpose, mode, chain)
         SELECT 1000000, 1, device, document, 20, '', '', 1, zeroblob(8) FROM log.holdings LIMIT 1";
    assert_eq!(db.execute(given, []).unwrap(), 1);
    drop(db);
    let report = copy.verify();
    assert!(report.is_sound(), "{report:#?}");
    let notes = report.notes.iter().filter(|note| note.contains("does not go back"));
    assert!(notes.count() >= 2, "{report:#?}");
}

/// What waits for its trial, and what is held, is as good as what is shown.
#[tokio::test(flavor = "multi_thread")]
async fn a_record_of_which_nothing_is_visible_yet_is_sound() {
    let door = village().await;
    let (mut elin, _) = Somebody::with(&door, ("elin", "elin-i-provby"), 40).await;
    let id = DocumentId::from_bytes([7; 16]);
    let (outcome, _) = elin.begins_with(&door, ("residence", id), None, &[]).await;
    assert!(matches!(outcome, Outcome::Received(_)), "{outcome:?}");
    let report = Copied::of(&door).verify();
    assert!(report.is_sound() && report.documents == 37, "{report:#?}");
}

/// What a check says to do puts it right.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_reckoned_is_reckoned_anew_by_what_is_said() {
    let door = village().await;
    let copy = Copied::of(&door);
    copy.open("rows.db")
        .execute("UPDATE rows SET title = 'Någon annan' WHERE kind = 'case'", [])
        .unwrap();
    let digest = format!("UPDATE documents SET digest = zeroblob(32) WHERE id = {CASE}");
    copy.open("log.db").execute(&digest, []).unwrap();
    let report = copy.verify();
    assert_eq!(kinds(&report), BTreeSet::from(["reckoned", "row"]), "{report:#?}");
    let record =
        report.faults.iter().find(|fault| fault.kind == Kind::Reckoned).unwrap().record.unwrap();
    let (fine, said) = copy.ankomst(&["continue", &record.to_string()]);
    assert!(fine && said.contains("instead of"), "{said}");
    let (fine, said) = copy.ankomst(&["rebuild"]);
    assert!(fine, "{said}");
    let report = copy.verify();
    assert!(report.is_sound(), "{report:#?}");
}
