//! What lies behind the fields of a record, and could be cleaned ([`super::clean`]).

use ankomst_shared::catalog::Catalog;
use ankomst_shared::continued::{Cut, CutError};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::merge::RecordState;
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;

use crate::app::App;
use crate::sync::clean::{CleanError, family};
use crate::sync::stands;

/// What lies behind a field, or in an entry that was removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind {
    /// The field, or the entry.
    pub path: FieldPath,
    /// What stands there; of an entry, why it was removed.
    pub stands: Value,
    /// What was said before, each once.
    pub earlier: Vec<Value>,
    /// It cannot be cleaned before something is decided.
    pub is_open: bool,
}

/// What could be cleaned in a record.
///
/// # Errors
/// When there is no such record, its changes are just coming in, or storage refuses.
pub fn behind(app: &App, id: DocumentId) -> Result<Vec<Behind>, CleanError> {
    let catalog = Catalog::builtin();
    let family = family(app, id)?;
    let subject = (family.row.kind.as_str(), id);
    let (document, state) = stands::before(catalog, &family)?;
    let mut all: Vec<Behind> = Vec::new();
    for (at, said) in document.all_history() {
        let entry = entry_of(catalog, subject.0, &at);
        let gone = entry.and_then(|(list, entry)| {
            let reason = state.text(&format!("{list}/{entry}/tombstone"));
            let path = FieldPath::parse(&format!("{list}/{entry}")).ok();
            path.filter(|_| !reason.is_empty()).map(|path| (path, Value::text(reason)))
        });
        let stood = state.fields.get(&at);
        let (path, stands) = match gone {
            Some(gone) => gone,
            None => match stood {
                Some(stood) => (at, stood.value.clone()),
                None => continue,
            },
        };
        if said.value == stands || said.value.is_null() {
            continue;
        }
        match all.iter_mut().find(|one| one.path == path) {
            Some(one) if one.earlier.contains(&said.value) => {}
            Some(one) => one.earlier.push(said.value),
            None => {
                let tried =
                    Cut::of(catalog, subject.0, (&document, &state), core::slice::from_ref(&path));
                if !matches!(tried, Err(CutError::Signed(_) | CutError::Nothing)) {
                    let is_open = tried.is_err();
                    all.push(Behind { path, stands, earlier: vec![said.value], is_open });
                }
            }
        }
    }
    Ok(all)
}

/// What stands in a record.
///
/// # Errors
/// When there is no such record, its changes are just coming in, or storage refuses.
pub fn stands(app: &App, id: DocumentId) -> Result<RecordState, CleanError> {
    let (_, state) = stands::before(Catalog::builtin(), &family(app, id)?)?;
    Ok(state)
}

fn entry_of<'a>(catalog: &Catalog, kind: &str, path: &'a FieldPath) -> Option<(&'a str, &'a str)> {
    let parts = path.segments();
    catalog.kind(kind)?.entry_list(parts.head)?;
    Some((parts.head, parts.rest[0]?))
}
