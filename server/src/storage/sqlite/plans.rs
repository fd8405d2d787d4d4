//! What is asked at every turn must not read the whole log.

use super::log::{HELD, PENDING};
use super::{Schema, open_log};

#[test]
fn what_waits_and_what_is_held_is_found_by_an_index() {
    let folder = tempfile::tempdir().unwrap();
    let db = open_log(folder.path(), Schema::Bring).unwrap();
    for (sql, index) in
        [(PENDING.to_owned(), "chunks_pending"), (format!("SELECT received {HELD}"), "chunks_held")]
    {
        let mut explain = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let nobody: Option<i64> = None;
        let parameters: &[&dyn rusqlite::ToSql] = if sql.contains("?1") { &[&nobody] } else { &[] };
        let plan: Vec<String> = explain
            .query_map(parameters, |row| row.get(3))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        let reads: Vec<&String> =
            plan.iter().filter(|line| line.contains("SCAN") || line.contains("SEARCH")).collect();
        assert!(reads.iter().all(|line| line.contains(index)), "{plan:?}");
    }
}
