//! What of a record may be told to those who do not have it: whether it is of somebody with protected personal data, of
//! whom no list tells, and the tasks it has sent to departments.

use crate::catalog::{Catalog, is_over};
use crate::merge::RecordState;
use crate::path::FieldPath;

/// The field of a task in which stands what its recipient may know; a task is sent once something does.
const FOR_RECIPIENT: &str = "data_to_recipient";

/// A task that is sent and not over: what its recipient may know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Its entry.
    pub entry: String,
    /// Code of the department.
    pub department: String,
    /// What was written down for it.
    pub data: String,
    /// Its day; empty for none.
    pub due: String,
    /// Code of its state.
    pub status: String,
}

/// The open tasks that a record has sent.
#[must_use]
pub fn sent(catalog: &Catalog, kind: &str, record: &RecordState) -> Vec<Sent> {
    if kind != "case" {
        return Vec::new();
    }
    let task = |entry: String| {
        let said = |field: &str| record.text(&format!("tasks/{entry}/{field}")).to_owned();
        let (data, status) = (said(FOR_RECIPIENT), said("status"));
        let is_sent = !data.is_empty() && !is_over(&status);
        is_sent.then(|| Sent {
            department: said("department"),
            due: said("due"),
            entry: entry.clone(),
            data,
            status,
        })
    };
    record.entries(catalog, kind, "tasks").into_iter().filter_map(task).collect()
}

/// Whether a record says that somebody in it has protected personal data. While people disagree everything that stands
/// there counts.
#[must_use]
pub fn is_shielded(catalog: &Catalog, kind: &str, record: &RecordState) -> bool {
    let lists = catalog.kind(kind).into_iter().flat_map(|kind| &kind.entry_lists);
    let ends: Vec<String> = lists
        .flat_map(|list| &list.fields)
        .filter(|field| field.anchor.as_deref() == Some("protection"))
        .map(|field| format!("/{}", field.id))
        .collect();
    let said = record.fields.keys().map(FieldPath::as_str);
    let said = said.filter(|path| ends.iter().any(|end| path.ends_with(end.as_str())));
    said.flat_map(|path| record.said(path)).any(|code| !matches!(code, "" | "none"))
}
