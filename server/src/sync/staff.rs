//! Who has a case, as its fields say: everybody who is named in them, also where people contradict each other. And
//! whether it is the case of an unaccompanied child: it is if anybody says so.

use std::collections::BTreeSet;
use std::sync::Arc;

use ankomst_shared::catalog::Catalog;
use ankomst_shared::chunk::parse;
use ankomst_shared::document::Document;
use ankomst_shared::ids::{ActorId, DocumentId, UnitId, UserId};
use ankomst_shared::merge::record_state;
use ankomst_shared::value::Value;
use minicbor::bytes::ByteVec;

use crate::app::App;
use crate::given;
use crate::storage::StorageError;
use crate::storage::sqlite::{Connection, log, staff, units};

/// The kind that people have.
const KIND: &str = "case";
/// The fields that name them, of the case itself and of entries.
const FIELD: &str = "assigned_to";
const ENTRIES: (&str, &str) = ("co_workers", "user");
/// The field that says what kind of case it is, and what it says of a child's.
const CASE_KIND: (&str, &str) = ("case_kind", "unaccompanied");

/// What a case says of whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Whose {
    /// Who has it.
    people: BTreeSet<UserId>,
    /// Whether it is a child's; nothing where nobody says what kind of case it is.
    is_child: Option<bool>,
}

impl Whose {
    /// Notes it of a case.
    ///
    /// # Errors
    /// When the database refuses.
    pub(super) fn note(&self, db: &Connection, case: DocumentId) -> Result<(), StorageError> {
        staff::set(db, case, &self.people)?;
        staff::set_child(db, case, self.is_child)
    }
}

/// Whether one of these changes says anew whose a case is.
pub(super) fn is_touched(kind: &str, changes: &[&ByteVec]) -> bool {
    let names =
        |key: &str| key == FIELD || key == CASE_KIND.0 || key.split('/').next() == Some(ENTRIES.0);
    let touches = |bytes: &ByteVec| {
        parse(bytes).is_ok_and(|info| info.ops.iter().any(|op| names(op.key.as_str())))
    };
    kind == KIND && changes.iter().copied().any(touches)
}

/// Whose the case of these changes is; nothing where they cannot be read.
pub(super) fn of(id: DocumentId, changes: &[&ByteVec]) -> Option<Whose> {
    let nobody = ActorId::from_bytes([0; 16]);
    let document = Document::open(nobody, changes.iter().map(|bytes| bytes.as_slice())).ok()?;
    let record = record_state(Catalog::builtin(), (KIND, id), &document, None);
    let mut people = BTreeSet::new();
    for (path, state) in &record.fields {
        let names = match path.as_str().split('/').collect::<Vec<_>>().as_slice() {
            [field] => *field == FIELD,
            [list, entry, field] => {
                (*list, *field) == ENTRIES && !record.is_removed(&format!("{list}/{entry}"))
            }
            _ => false,
        };
        if names {
            let said = state.statements.iter().map(|statement| &statement.value);
            let said = said.chain([&state.value]).filter_map(Value::as_str);
            people.extend(said.filter_map(|text| text.parse::<UserId>().ok()));
        }
    }
    let mut kinds = record.said(CASE_KIND.0);
    kinds.retain(|kind| !kind.is_empty());
    let is_child = (!kinds.is_empty()).then(|| kinds.contains(&CASE_KIND.1));
    Some(Whose { people, is_child })
}

/// Reads the cases of which it was never noted whether they are those of children, as after an update.
///
/// # Errors
/// When storage refuses.
pub async fn catch_up(app: &Arc<App>) -> Result<(), StorageError> {
    for case in app.readers.read(staff::unread)? {
        follow(app, case).await;
    }
    Ok(())
}

/// Lets assignment decide in a unit, or no more. Before it decides, all cases there are are read.
///
/// # Errors
/// When storage refuses.
pub async fn let_decide(app: &Arc<App>, unit: UnitId, decides: bool) -> Result<(), StorageError> {
    if decides {
        for case in app.readers.read(|db| units::documents(db, unit, KIND))? {
            while !note(app, case).await? {}
        }
    }
    app.writer.write(move |db| staff::let_decide(db, unit, decides)).await?;
    app.news.send_modify(|_| {});
    Ok(())
}

/// Notes whose a case is, if it is one; where that fails its next change, or the next start, tries again.
pub(super) async fn follow(app: &Arc<App>, id: DocumentId) {
    let noted = async {
        let row = app.readers.read(|db| log::document(db, id))?;
        while row.as_ref().is_some_and(|row| row.kind == KIND) && !note(app, id).await? {}
        Ok::<_, StorageError>(())
    };
    if let Err(error) = noted.await {
        tracing::error!(document.id = %id, %error, "Whose a case is could not be noted; its next change tries again.");
    }
}

/// Notes whose a case is; not if something of it has become visible meanwhile.
async fn note(app: &Arc<App>, case: DocumentId) -> Result<bool, StorageError> {
    let reading = Arc::clone(app);
    let read = given::beside(move || read(&reading, case));
    let Some((whose, newest)) = read.await.map_err(|_| StorageError::Stopped)?? else {
        return Ok(true);
    };
    let write = app.writer.write(move |db| {
        let is_same = staff::newest(db, case)? == newest;
        if is_same {
            whose.note(db, case)?;
        }
        Ok(is_same)
    });
    write.await
}

type Found = Option<(Whose, i64)>;

fn read(app: &App, case: DocumentId) -> Result<Found, StorageError> {
    let (chunks, newest) = app
        .readers
        .read(|db| Ok((log::chunks_of(db, case, "visible")?, staff::newest(db, case)?)))?;
    let mut opened: Vec<ByteVec> = Vec::new();
    for chunk in &chunks {
        opened.push(app.keys.open_chunk(case, &chunk.hash, &chunk.sealed)?.into());
    }
    let all: Vec<&ByteVec> = opened.iter().collect();
    Ok(of(case, &all).map(|whose| (whose, newest)))
}
