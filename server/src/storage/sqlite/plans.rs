//! What is asked at every turn must not read the whole log, nor a list or a search the whole register.

use rusqlite::Connection;

use super::log::{HELD, PENDING};
use super::register::{CANDIDATES, COUNT, KEYS_OF, Order, list_sql};
use super::{open_log, rows};

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
    let db = open_log(folder.path()).unwrap();
    for (sql, index) in
        [(PENDING.to_owned(), "chunks_pending"), (format!("SELECT received {HELD}"), "chunks_held")]
    {
        let plan = plan(&db, &sql);
        let mut reads = plan.iter().filter(|line| line.contains("SCAN") || line.contains("SEARCH"));
        assert!(reads.all(|line| line.contains(index)), "{plan:?}");
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
    let lists = orders.iter().flat_map(|order| [false, true].map(|from| list_sql(*order, from)));
    let all: Vec<String> = lists.chain([COUNT, CANDIDATES, KEYS_OF].map(str::to_owned)).collect();
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
