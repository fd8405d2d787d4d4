//! Ten thousand ways to change a log by somebody without the key; each is found.

use std::path::Path;

use ankomst_shared::ids::{DeviceId, DocumentId, UnitId, UserId};
use ankomst_shared::sign::SigningKey;
use rusqlite::Connection;

use super::chain::{Chain, Columns};
use super::entry::{Entry, What};
use super::verify::{Fault, file};
use super::{FILE, append, beside, open};

const DAY_MS: i64 = 86_400_000;
const BEGUN_MS: i64 = 1_790_000_000_000;

fn key() -> SigningKey {
    SigningKey::from_seed([3; 32])
}

/// Numbers that look random and are the same every time.
struct Draw(u64);

impl Draw {
    fn below(&mut self, most: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }
}

/// A log of some days with readings, acts, and a device that has counted what it opened.
fn made(folder: &Path, entries: usize) -> Connection {
    let db = open(folder, &key(), BEGUN_MS).unwrap();
    let mut draw = Draw(1);
    let mut counted = 0;
    let mut left = entries;
    let mut now_ms = BEGUN_MS;
    while left > 0 {
        let some = (1 + draw.below(40)).min(left);
        left -= some;
        now_ms += DAY_MS / 3;
        let group: Vec<Entry> = (0..some)
            .map(|_| {
                let what = What::ALL[4 + draw.below(What::ALL.len() - 4)].0;
                let opened = what == What::Opened;
                counted += i64::from(opened);
                let byte = |draw: &mut Draw| [u8::try_from(draw.below(200)).unwrap(); 16];
                Entry {
                    at_ms: opened.then_some(now_ms - 5),
                    who: Some(UserId::from_bytes(byte(&mut draw))),
                    device: Some(DeviceId::from_bytes([7; 16])),
                    unit: Some(UnitId::from_bytes([9; 16])),
                    record: (draw.below(3) > 0).then(|| DocumentId::from_bytes(byte(&mut draw))),
                    about: ["case", "r02", ""][draw.below(3)].to_owned(),
                    purpose: ["", "Barnet är ensamt"][draw.below(2)].to_owned(),
                    number: opened.then_some(counted),
                    ..Entry::of(what)
                }
            })
            .collect();
        db.execute_batch("BEGIN").unwrap();
        let head = append(&db, &key(), &group, now_ms).unwrap();
        db.execute_batch("COMMIT").unwrap();
        beside::note(&folder.join(FILE), &head).unwrap();
    }
    db
}

/// Values of the chain made anew from an entry on, by somebody who has no key.
fn rechain(db: &Connection, from: i64) {
    let before =
        db.query_row("SELECT chain FROM access WHERE seq = ?1", [from - 1], |row| row.get(0));
    let mut chain: Chain = before.unwrap_or([0; 32]);
    let mut select = db
        .prepare("SELECT seq, at, received, who, device, unit, record, what, about, purpose, mode, number
                  FROM access WHERE seq >= ?1 ORDER BY seq")
        .unwrap();
    let mut rows = select.query([from]).unwrap();
    let mut anew: Vec<(i64, Chain)> = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        let blob = |at: usize| row.get::<_, Option<Vec<u8>>>(at).unwrap();
        let (ids, texts) =
            ([3, 4, 5, 6].map(blob), [8, 9].map(|at| row.get::<_, String>(at).unwrap()));
        let columns = Columns {
            seq: row.get(0).unwrap(),
            at: row.get(1).unwrap(),
            received: row.get(2).unwrap(),
            ids: ids.each_ref().map(Option::as_deref),
            what: row.get(7).unwrap(),
            about: texts[0].as_bytes(),
            purpose: texts[1].as_bytes(),
            mode: row.get(10).unwrap(),
            number: row.get(11).unwrap(),
        };
        chain = columns.chain(&chain, &mut Vec::new());
        anew.push((columns.seq, chain));
    }
    for (seq, chain) in anew {
        db.execute("UPDATE access SET chain = ?2 WHERE seq = ?1", (seq, chain.as_slice())).unwrap();
    }
}

/// Changes one thing; tells what, or nothing if this one changed nothing.
#[expect(clippy::too_many_lines, reason = "a list of ways, one after another")]
fn tamper(db: &Connection, folder: &Path, draw: &mut Draw) -> Option<String> {
    let last: i64 = db.query_row("SELECT max(seq) FROM access", [], |row| row.get(0)).unwrap();
    let any = 1 + i64::try_from(draw.below(usize::try_from(last).unwrap())).unwrap();
    let checkpoints: i64 =
        db.query_row("SELECT count(*) FROM checkpoint", [], |row| row.get(0)).unwrap();
    let nth = i64::try_from(draw.below(usize::try_from(checkpoints).unwrap())).unwrap();
    let at: i64 = db
        .query_row("SELECT seq FROM checkpoint ORDER BY seq LIMIT 1 OFFSET ?1", [nth], |row| {
            row.get(0)
        })
        .unwrap();
    let blob = |draw: &mut Draw| [u8::try_from(201 + draw.below(50)).unwrap(); 16];
    let way = draw.below(20);
    let run = |sql: &str, values: &[&dyn rusqlite::ToSql]| db.execute(sql, values).unwrap();
    let changed = match way {
        0 => run("UPDATE access SET who = ?2 WHERE seq = ?1", &[&any, &blob(draw)]),
        1 => run("UPDATE access SET record = ?2 WHERE seq = ?1", &[&any, &blob(draw)]),
        2 => run("UPDATE access SET device = NULL WHERE seq = ?1 AND device IS NOT NULL", &[&any]),
        3 => run(
            "UPDATE access SET received = received + ?2 WHERE seq = ?1",
            &[&any, &i64::try_from(draw.below(9_000) + 1).unwrap()],
        ),
        4 => run("UPDATE access SET at = coalesce(at, 0) + 1 WHERE seq = ?1", &[&any]),
        5 => run("UPDATE access SET what = what + 1 WHERE seq = ?1", &[&any]),
        6 => run("UPDATE access SET purpose = purpose || 'x' WHERE seq = ?1", &[&any]),
        // What leaves one text comes into the next.
        7 => run(
            "UPDATE access SET about = '', purpose = about || purpose WHERE seq = ?1 AND about <> ''",
            &[&any],
        ),
        8 => run("UPDATE access SET mode = 3 - mode WHERE seq = ?1 AND mode < 3", &[&any]),
        9 => run("UPDATE access SET number = 5000 + coalesce(number, 0) WHERE seq = ?1", &[&any]),
        10 => run("UPDATE access SET chain = ?2 WHERE seq = ?1", &[&any, &blob(draw)]),
        11 => run("DELETE FROM access WHERE seq = ?1", &[&any]),
        12 => run("DELETE FROM access WHERE seq >= ?1", &[&any]),
        13 if any < last => {
            run("UPDATE access SET seq = -1 WHERE seq = ?1", &[&any]);
            run("UPDATE access SET seq = ?1 WHERE seq = ?1 + 1", &[&any]);
            run("UPDATE access SET seq = ?1 + 1 WHERE seq = -1", &[&any])
        }
        // One more in the midst, with all behind it made anew.
        14 => {
            run("UPDATE access SET seq = -seq - 1 WHERE seq > ?1", &[&any]);
            run("UPDATE access SET seq = -seq WHERE seq < 0", &[]);
            let all = "at, received, who, device, unit, record, what, about, purpose, mode, number, chain";
            let more =
                format!("INSERT INTO access SELECT seq + 1, {all} FROM access WHERE seq = ?1");
            run(&more, &[&any]);
            rechain(db, any);
            1
        }
        15 => {
            run("UPDATE access SET who = ?2 WHERE seq = ?1", &[&any, &blob(draw)]);
            rechain(db, any);
            1
        }
        // The last are taken out with the checkpoints behind them, and the end is that of a checkpoint.
        16 => {
            run("DELETE FROM access WHERE seq > ?1", &[&at]);
            run("DELETE FROM checkpoint WHERE seq > ?1", &[&at]);
            run(
                "UPDATE head SET (seq, at, chain, signature) =
                     (SELECT seq, at, chain, signature FROM checkpoint WHERE checkpoint.seq = ?1)",
                &[&at],
            )
        }
        17 => run("DELETE FROM checkpoint WHERE seq = ?1", &[&at]),
        18 => {
            let other = SigningKey::from_seed([4; 32]).sign("ankomst/access-checkpoint/1", b"x");
            run("UPDATE checkpoint SET signature = ?2 WHERE seq = ?1", &[&at, &other])
        }
        19 => match draw.below(4) {
            0 => run("UPDATE checkpoint SET seq = seq + 1 WHERE seq = ?1", &[&at]),
            1 => run("DELETE FROM head", &[]),
            2 => run("UPDATE series SET last = last + 1", &[]),
            _ => {
                std::fs::remove_file(beside::of(&folder.join(FILE))).unwrap();
                1
            }
        },
        _ => 0,
    };
    (changed > 0).then(|| format!("way {way} at {any} of {last}, checkpoint {at}"))
}

#[test]
fn ten_thousand_changes_without_the_key_are_all_found() {
    let folder = tempfile::tempdir().unwrap();
    let db = made(folder.path(), 60);
    let log = folder.path().join(FILE);
    let found = file(&log, &key().public()).unwrap();
    assert_eq!((found.entries, found.fault), (61, None));
    db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA synchronous = OFF").unwrap();
    let end = std::fs::read(beside::of(&log)).unwrap();
    let mut draw = Draw(2);
    let mut tried = 0;
    while tried < 10_000 {
        db.execute_batch("BEGIN").unwrap();
        let Some(what) = tamper(&db, folder.path(), &mut draw) else {
            db.execute_batch("ROLLBACK").unwrap();
            continue;
        };
        tried += 1;
        let found = super::verify::file_in(&db, &log, &key().public()).unwrap();
        assert!(found.fault.is_some(), "{what} is not found");
        db.execute_batch("ROLLBACK").unwrap();
        std::fs::write(beside::of(&log), &end).unwrap();
    }
    assert_eq!(file(&log, &key().public()).unwrap(), found, "and it is whole again");
}

#[test]
fn a_changed_byte_of_the_file_is_found_or_changes_no_entry() {
    let folder = tempfile::tempdir().unwrap();
    let db = made(folder.path(), 2_500);
    db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE").unwrap();
    drop(db);
    let log = folder.path().join(FILE);
    let bytes = std::fs::read(&log).unwrap();
    let entries = |log: &Path| {
        let db = Connection::open(log).unwrap();
        let mut all = Vec::new();
        super::read::each(&db, (0, i64::MAX), |noted| {
            all.push(noted);
            Ok(())
        })
        .unwrap();
        all
    };
    let whole = entries(&log);
    assert_eq!(whole.len(), 2_501);
    let (mut draw, mut unseen) = (Draw(5), 0);
    for _ in 0..150 {
        let mut changed = bytes.clone();
        let at = draw.below(changed.len());
        changed[at] ^= 1 << draw.below(8);
        std::fs::write(&log, &changed).unwrap();
        let is_found = !matches!(file(&log, &key().public()), Ok(found) if found.fault.is_none());
        if !is_found {
            unseen += 1;
            assert_eq!(entries(&log), whole, "byte {at} changes an entry and is not found");
        }
    }
    assert!(unseen < 75, "{unseen} of 150 bytes bear nothing");
}

#[test]
fn a_log_put_back_whole_as_it_was_before_is_found_by_what_stands_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let db = made(folder.path(), 30);
    db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE").unwrap();
    drop(db);
    let log = folder.path().join(FILE);
    let before = std::fs::read(&log).unwrap();
    let db = open(folder.path(), &key(), BEGUN_MS).unwrap();
    let head = append(&db, &key(), &[Entry::of(What::Read)], BEGUN_MS + DAY_MS).unwrap();
    beside::note(&log, &head).unwrap();
    db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE").unwrap();
    drop(db);
    assert_eq!(file(&log, &key().public()).unwrap().fault, None);
    std::fs::write(&log, &before).unwrap();
    let found = file(&log, &key().public()).unwrap();
    assert_eq!(found.fault, Some((31, Fault::Cut)));
    // The server finds it by itself, says so in the log, and goes on.
    drop(open(folder.path(), &key(), BEGUN_MS + DAY_MS).unwrap());
    assert_eq!(file(&log, &key().public()).unwrap().fault, Some((32, Fault::Broken)));
    // Taken away as a whole, it begins with the same word.
    std::fs::remove_file(&log).unwrap();
    drop(open(folder.path(), &key(), BEGUN_MS + DAY_MS).unwrap());
    assert_eq!(file(&log, &key().public()).unwrap().fault, Some((1, Fault::Broken)));
}

#[test]
fn what_a_device_counted_comes_in_once_and_what_is_missing_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let db = open(folder.path(), &key(), BEGUN_MS).unwrap();
    let opened = |number: i64| Entry {
        device: Some(DeviceId::from_bytes([7; 16])),
        number: Some(number),
        at_ms: Some(number),
        ..Entry::of(What::Opened)
    };
    for numbers in [vec![1, 2], vec![1, 2, 3], vec![6]] {
        let all: Vec<Entry> = numbers.into_iter().map(opened).collect();
        append(&db, &key(), &all, BEGUN_MS).unwrap();
    }
    let mut said = Vec::new();
    super::read::each(&db, (2, i64::MAX), |noted| {
        said.push((noted.entry.what.name(), noted.entry.number, noted.entry.about));
        Ok(())
    })
    .unwrap();
    let none = String::new;
    assert_eq!(
        said,
        [
            ("opened", Some(1), none()),
            ("opened", Some(2), none()),
            ("opened", Some(3), none()),
            ("series-cut", None, "4-5".to_owned()),
            ("opened", Some(6), none()),
        ]
    );
}
