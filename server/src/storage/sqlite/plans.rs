//! What is asked at every turn must not read the whole log, nor a list or a search the whole register.

use ankomst_shared::find::beginnings;
use ankomst_shared::ids::{DocumentId, UnitId};
use rusqlite::Connection;

use super::files::{SINCE, STALE};
use super::held::WAITS;
use super::log::{HELD, PENDING};
use super::register::{CANDIDATES, CANDIDATES_MAX, KEYS_OF, Order, count_sql, find, list_sql};
use super::rows::ProjectedRow;
use super::trials::KILLERS;
use super::weights::WEIGHTS;
use super::within::Within;
use super::{Schema, open_log, rows};

const UNIT: UnitId = UnitId::from_bytes([1; 16]);
/// Of what may be looked at, nothing is left out.
const OPEN: &str = "(r.protection <= 3)";

/// How a statement is carried out, line by line.
fn plan(db: &Connection, sql: &str) -> Vec<String> {
    let mut explain = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    for at in 1..=explain.parameter_count() {
        explain.raw_bind_parameter(at, None::<i64>).unwrap();
    }
    explain.raw_query().mapped(|row| row.get(3)).collect::<Result<_, _>>().unwrap()
}

#[test]
fn what_waits_and_what_is_held_is_found_by_an_index() {
    let folder = tempfile::tempdir().unwrap();
    let db = open_log(folder.path(), Schema::Bring).unwrap();
    for (sql, index) in [
        (PENDING.to_owned(), "chunks_pending"),
        (format!("SELECT received {HELD}"), "chunks_held"),
        (WAITS.to_owned(), "chunks_held_in|deps_of|sqlite_autoindex_chunks_1"),
        (KILLERS.to_owned(), "chunks_killed"),
        (WEIGHTS.to_owned(), "COVERING INDEX chunks_weight"),
        (SINCE.to_owned(), "COVERING INDEX files_of"),
        (STALE.to_owned(), "files_partial"),
    ] {
        let plan = plan(&db, &sql);
        let mut reads = plan.iter().filter(|line| line.contains("SCAN") || line.contains("SEARCH"));
        let has = |line: &&String| index.split('|').any(|index| line.contains(index));
        assert!(reads.all(|line| has(&line)), "{plan:?}");
    }
}

#[test]
fn every_list_and_every_search_goes_by_an_index_and_sorts_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let db = rows::open(folder.path()).unwrap();
    let orders = [
        Order::Name,
        Order::Updated,
        Order::Arrival,
        Order::Due,
        Order::Open,
        Order::Held,
        Order::State("open"),
    ];
    let lists =
        orders.iter().flat_map(|order| [false, true].map(|from| list_sql(*order, from, OPEN)));
    let all: Vec<String> =
        lists.chain([count_sql(OPEN), CANDIDATES.to_owned(), KEYS_OF.to_owned()]).collect();
    for sql in all {
        let plan = plan(&db, &sql);
        let of_rows = |line: &&String| !line.contains("SEARCH c USING INTEGER PRIMARY KEY");
        assert!(
            plan.iter()
                .filter(of_rows)
                .all(|line| !line.contains("SCAN") || line.contains("SCAN (sub")),
            "{sql}: {plan:?}"
        );
        assert!(plan.iter().any(|line| line.contains("SEARCH")), "{sql}: {plan:?}");
        assert!(plan.iter().all(|line| !line.contains("TEMP B-TREE")), "{sql}: {plan:?}");
    }
}

/// A register of so many houses, each with a name of two words.
fn register(houses: u16) -> (tempfile::TempDir, Connection) {
    let folder = tempfile::tempdir().unwrap();
    let db = rows::open(folder.path()).unwrap();
    let made: Vec<ProjectedRow> = (0..houses)
        .map(|number| {
            let mut id = [0; 16];
            id[..2].copy_from_slice(&number.to_be_bytes());
            ProjectedRow {
                document: DocumentId::from_bytes(id),
                unit: UNIT,
                home: "residence".to_owned(),
                kind: "residence".to_owned(),
                parent: None,
                checklist: String::new(),
                protection: 0,
                shielded: false,
                child: false,
                title: format!("Hus {number:05}"),
                detail: String::new(),
                number: String::new(),
                state: if number % 2 == 0 { "open" } else { "closed" }.to_owned(),
                due: format!("2026-{:02}-01", number % 12 + 1),
                arrival: format!("2025-{:02}-01", number % 12 + 1),
                updated_ms: i64::from(number),
                answered: 1,
                open: usize::from(number % 3),
                pending: 0,
                held: usize::from(number % 5),
                feed: 1,
                case: None,
                keys: vec!["hus".to_owned(), format!("{number:05}")],
            }
        })
        .collect();
    rows::put_all(&db, &made, None).unwrap();
    (folder, db)
}

/// Steps of SQLite's machine for a statement that is carried out to its end.
fn steps(db: &Connection, sql: &str, bind: &[&dyn rusqlite::ToSql]) -> i32 {
    let mut statement = db.prepare(sql).unwrap();
    for (at, value) in bind.iter().enumerate().take(statement.parameter_count()) {
        statement.raw_bind_parameter(at + 1, value).unwrap();
    }
    let mut rows = statement.raw_query();
    while rows.next().unwrap().is_some() {}
    drop(rows);
    statement.get_status(rusqlite::StatementStatus::VmStep)
}

#[test]
fn a_page_reads_as_much_of_a_small_register_as_of_a_large_one() {
    let (small, large) = (register(300), register(6_000));
    let orders = [
        Order::Name,
        Order::Updated,
        Order::Arrival,
        Order::Due,
        Order::Open,
        Order::Held,
        Order::State("open"),
    ];
    let after: &[u8] = &[0; 16];
    for order in orders {
        for from in [false, true] {
            let sql = list_sql(order, from, OPEN);
            // The value a page goes on from stands in the middle of the small register.
            let value: &dyn rusqlite::ToSql = match order {
                Order::Name | Order::State(_) => &"hus 3150",
                Order::Updated | Order::Open | Order::Held => &150,
                Order::Arrival => &"2025-06-01",
                Order::Due => &"2026-06-01",
            };
            let bind: [&dyn rusqlite::ToSql; 6] = [&1, &"residence", &41, value, &after, &"open"];
            let [few, many] = [&small.1, &large.1].map(|db| steps(db, &sql, &bind));
            assert!(few > 400, "{order:?}: {few} steps are no page");
            assert!((few - many).abs() * 10 < few, "{order:?}: {few} and {many} steps");
        }
    }
    let count = count_sql(OPEN);
    let [few, many] = [&small.1, &large.1].map(|db| steps(db, &count, &[&1, &"residence", &301]));
    assert!(many - few < 40, "counting: {few} and {many} steps");
    let prefix = ("h", format!("h{}", char::MAX));
    let most = i64::try_from(CANDIDATES_MAX).unwrap();
    let read = steps(&large.1, CANDIDATES, &[&1, &prefix.0, &prefix.1, &most]);
    assert!(read < 8 * i32::try_from(CANDIDATES_MAX).unwrap(), "a search: {read} steps");
}

#[test]
fn a_search_gives_what_has_all_words_and_says_when_there_may_be_more() {
    let (_folder, db) = register(3_000);
    let within = |homes: &[&'static str]| Within {
        unit: UNIT,
        homes: homes.iter().map(|home| (*home, 0)).collect(),
        ..Within::default()
    };
    let both = within(&["residence", "case"]);
    let find = |wanted: &str, most| {
        let (rows, more) = find(&db, &both, &beginnings(wanted), most).unwrap();
        (rows.into_iter().map(|row| row.title).collect::<Vec<_>>(), more)
    };
    assert_eq!(find("HUS 00417", 40), (vec!["Hus 00417".to_owned()], false));
    assert_eq!(find("0041 hus", 40).0.len(), 10);
    assert_eq!(find("hus 9", 40), (Vec::new(), true), "too many keys of the longer word");
    assert_eq!(find("hu", 40).0.len(), 40);
    assert!(find("hu", 40).1);
    assert_eq!(find("hus 00417x", 40), (Vec::new(), false));
    let strangers = super::register::find(&db, &within(&["case"]), &beginnings("hus"), 40).unwrap();
    assert_eq!(strangers, (Vec::new(), false));
}
