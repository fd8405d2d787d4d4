//! Tasks that a case has sent to departments.

use std::collections::BTreeSet;

use ankomst_shared::catalog::{Catalog, is_over};
use ankomst_shared::merge::RecordState;

/// The field of a task in which stands what its recipient may know; a task is sent once something does.
const FIELD: &str = "data_to_recipient";

/// The departments that a record has sent open tasks to, by their codes.
pub(super) fn departments(catalog: &Catalog, kind: &str, record: &RecordState) -> BTreeSet<String> {
    if kind != "case" {
        return BTreeSet::new();
    }
    let entries = record.entries(catalog, kind, "tasks").into_iter();
    let sent = entries.filter_map(|entry| {
        let said = |field: &str| record.text(&format!("tasks/{entry}/{field}"));
        let is_sent = !said(FIELD).is_empty() && !is_over(said("status"));
        is_sent.then(|| said("department").to_owned())
    });
    sent.collect()
}
