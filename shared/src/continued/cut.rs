//! What is to be in a record no more, in no byte of it: earlier statements of fields, and entries that were
//! removed (domain L-24, story M-21).

use std::collections::BTreeSet;

use super::Of;
use crate::app::Agreement;
use crate::catalog::Catalog;
use crate::chunk::ChunkInfo;
use crate::document::{Document, Statement};
use crate::ids::ChangeHash;
use crate::limits::CUT_PATHS_MAX;
use crate::merge::settlement::settled_path;
use crate::merge::{RecordState, frozen};
use crate::path::FieldPath;

/// What is left out of a record that goes on.
///
/// Of a field everything goes but what stands there; of an entry that was removed, everything but that it was
/// and why. A decision between values that go, goes with them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cut {
    /// Fields, `phone` or `persons/<entry>/phone`, and entries, `persons/<entry>`.
    pub paths: Vec<FieldPath>,
    /// What stays all the same: the field, and the change that says it.
    pub kept: Vec<(FieldPath, ChangeHash)>,
    /// The changes of which something went, by every name they had, sorted; empty until that is known. Another life of
    /// the log leaves out of these alone: what it has besides was written later.
    pub gone: Vec<ChangeHash>,
}

/// Why something cannot be left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CutError {
    /// No place is named, or too many.
    #[error(
        "name one to {CUT_PATHS_MAX} fields or removed entries of the record; nothing was changed"
    )]
    Count,
    /// No such field.
    #[error("`{0}` is no field or entry of this record; nothing was changed")]
    Unknown(FieldPath),
    /// People say different things there.
    #[error(
        "what stands in `{0}` is not decided: write or decide what holds, then clean it; nothing was changed"
    )]
    Open(FieldPath),
    /// The entry is still there.
    #[error("`{0}` was not removed: remove the entry first, then clean it; nothing was changed")]
    There(FieldPath),
    /// It was signed.
    #[error("`{0}` is signed, and what is signed stays; nothing was changed")]
    Signed(FieldPath),
    /// Nothing would go.
    #[error("there is nothing behind what stands in the fields named; nothing was changed")]
    Nothing,
}

impl Cut {
    /// What is to be left out of a record as it stands now.
    ///
    /// # Errors
    /// A [`CutError`] that says what is to be done first.
    pub fn of(
        catalog: &Catalog,
        kind: &str,
        (document, state): (&Document, &RecordState),
        paths: &[FieldPath],
    ) -> Result<Self, CutError> {
        if paths.is_empty() || paths.len() > CUT_PATHS_MAX {
            return Err(CutError::Count);
        }
        let mut cut = Self { paths: paths.to_vec(), ..Self::default() };
        let signed = frozen(kind, state);
        for path in paths {
            let under = format!("{path}/");
            let own = |at: &FieldPath| at == path || at.as_str().starts_with(&under);
            if signed.iter().any(|prefix| under.starts_with(prefix.as_str()))
                || signed.iter().any(|prefix| prefix.as_str().starts_with(&under))
            {
                return Err(CutError::Signed(path.clone()));
            }
            let mut fields = state.fields.iter().filter(|(at, _)| own(at)).peekable();
            if fields.peek().is_none() {
                return Err(CutError::Unknown(path.clone()));
            }
            if is_entry(catalog, kind, path) {
                // What somebody wrote into it unseen keeps it there until a person decides.
                if !state.is_removed(path.as_str()) {
                    return Err(CutError::There(path.clone()));
                }
                continue;
            }
            for (at, field) in fields {
                let mut kept = field.statements.clone();
                kept.retain(|said| said.value == field.value);
                let is_one = kept.len() == field.statements.len();
                // What a person has decided stands; what was said against it goes.
                let is_decided = field.agreement == Agreement::Settled && !kept.is_empty();
                if !is_decided && (field.agreement != Agreement::Agreed || !is_one) {
                    return Err(CutError::Open(at.clone()));
                }
                cut.kept.extend(kept.into_iter().map(|said| (at.clone(), said.change)));
            }
        }
        let goes = |(path, said): &(FieldPath, Statement)| {
            cut.covers(path.as_str()) && !cut.keeps(path, &[said.change])
        };
        if document.all_history().iter().any(goes) { Ok(cut) } else { Err(CutError::Nothing) }
    }

    /// Whether a place is one of those that are cleaned.
    #[must_use]
    pub fn covers(&self, place: &str) -> bool {
        self.paths.iter().any(|path| {
            place.strip_prefix(path.as_str()).is_some_and(|rest| {
                let is_tombstone = path.as_str().contains('/') && rest == "/tombstone";
                rest.is_empty() || (rest.starts_with('/') && !is_tombstone)
            })
        })
    }

    fn keeps(&self, path: &FieldPath, names: &[ChangeHash]) -> bool {
        self.kept.iter().any(|(at, change)| at == path && names.contains(change))
    }

    /// Whether it is known that something went of a change with these names.
    #[must_use]
    pub fn is_gone(&self, names: &[ChangeHash]) -> bool {
        names.iter().any(|name| self.gone.binary_search(name).is_ok())
    }

    /// The acts of writing of a change that do not go along, by operation counter.
    #[must_use]
    pub fn goes(&self, of: Of, info: &ChunkInfo) -> BTreeSet<u64> {
        let names = [info.hash];
        if self.gone.is_empty() || self.is_gone(&names) {
            self.left_out(of, info, &names)
        } else {
            BTreeSet::new()
        }
    }

    /// The acts of writing of a change in what was cleaned, but for what stays, by operation counter; the change
    /// goes by these names.
    #[must_use]
    pub fn left_out(&self, of: Of, info: &ChunkInfo, names: &[ChangeHash]) -> BTreeSet<u64> {
        let mut out = BTreeSet::new();
        // A decision comes whole in one change.
        let gone: Vec<&str> = match of {
            Of::Record => Vec::new(),
            Of::Review => {
                let about = info.ops.iter().filter_map(|op| {
                    settled_path(&op.key, op.value.as_ref()?).filter(|(_, path)| self.covers(path))
                });
                about.map(|(entry, _)| entry).collect()
            }
        };
        for (counter, op) in (info.start_op..).zip(&info.ops) {
            let goes = match of {
                Of::Record => self.covers(op.key.as_str()) && !self.keeps(&op.key, names),
                Of::Review => {
                    let [entry, ..] = op.key.segments().rest;
                    entry.is_some_and(|entry| gone.contains(&entry))
                }
            };
            if goes && op.header.is_none() {
                out.insert(counter);
            }
        }
        out
    }
}

fn is_entry(catalog: &Catalog, kind: &str, path: &FieldPath) -> bool {
    let parts = path.segments();
    let list = catalog.kind(kind).and_then(|kind| kind.entry_list(parts.head));
    list.is_some() && matches!(parts.rest, [Some(_), None, None])
}
