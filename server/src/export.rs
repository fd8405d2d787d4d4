//! Reports as files, made from the log: for the command line, and for whoever reads figures by machine.

use ankomst_shared::app::Language;
use ankomst_shared::catalog::Catalog;
use ankomst_shared::document::{Document, Statement};
use ankomst_shared::ids::{ActorId, DeviceId, DocumentId, UnitId, UserId};
use ankomst_shared::merge::{RecordState, record_state};
use ankomst_shared::report::assigned::Assigned;
use ankomst_shared::report::cell::Told;
use ankomst_shared::report::head::{Head, choose, file};
use ankomst_shared::report::row::rows;
use ankomst_shared::report::year::Year;
use ankomst_shared::sign::header::review_of;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use minicbor::bytes::ByteVec;

use crate::app::App;
use crate::storage::StorageError;
use crate::storage::sqlite::{accounts, log, units};

/// A device that was in contact within so many milliseconds has brought what it has.
const DAY_MS: i64 = 86_400_000;

/// What is asked of a report.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// Whose figures.
    pub unit: UnitId,
    /// Of which years; all without.
    pub years: Option<(i64, i64)>,
    /// In which language.
    pub language: Language,
    /// Decimals stand behind a comma.
    pub comma: bool,
}

/// R-01, agreement and received for each year, as a file.
///
/// # Errors
/// When storage refuses.
pub fn r01(app: &App, asked: Asked) -> Result<String, StorageError> {
    let catalog = Catalog::builtin();
    let of = |kind: &'static str| {
        let ids = app.readers.read(|db| units::documents(db, asked.unit, kind))?;
        let mut found = Vec::new();
        for id in ids {
            found.extend(record(app, (kind, id))?.map(|record| (id, record)));
        }
        Ok::<_, StorageError>(found)
    };
    let mut years = Vec::new();
    for (id, record) in of("year")? {
        years.extend(Year::read(catalog, id, &record));
    }
    years.sort_by_key(|one| (one.year, one.id));
    let mut assigned = Vec::new();
    for (id, record) in of("assignment")? {
        let mut arrived = |document, said: &Statement| {
            let chunk = app.readers.read(|db| log::chunk_of(db, document, said.change));
            chunk.ok().flatten().map_or(said.meta.claimed_ms, |chunk| chunk.received_ms)
        };
        assigned.extend(Assigned::read(catalog, &years, (id, &record), &mut arrived));
    }
    let mut rows = rows(&years, &assigned);
    choose(&mut rows, asked.years);
    let head = head(app, asked)?;
    let mut name = |what: &str, code: &str| {
        let known = called(app, what, code).ok().flatten();
        known.unwrap_or_else(|| catalog.code_words(what, code, asked.language))
    };
    let told = &mut Told { language: asked.language, comma: asked.comma, name: &mut name };
    Ok(file(&head, &rows, told))
}

/// The record of a document as far as it is visible.
pub(crate) fn record(
    app: &App,
    (kind, id): (&str, DocumentId),
) -> Result<Option<RecordState>, StorageError> {
    record_with(app, (kind, id), None)
}

/// The same, with what this author, who is the server, has waiting for its trial.
pub(crate) fn record_with(
    app: &App,
    (kind, id): (&str, DocumentId),
    office: Option<UserId>,
) -> Result<Option<RecordState>, StorageError> {
    let Some(document) = opened_with(app, id, office)? else { return Ok(None) };
    let review = opened_with(app, review_of(id), None)?;
    Ok(Some(record_state(Catalog::builtin(), (kind, id), &document, review.as_ref())))
}

/// A document as far as it is visible, with what this author, who is the server, has waiting for its trial. What others
/// have waiting is opened by the trial and by nobody else.
pub(crate) fn opened_with(
    app: &App,
    id: DocumentId,
    office: Option<UserId>,
) -> Result<Option<Document>, StorageError> {
    // In one view: what becomes visible between two would be in neither.
    let rows = app.readers.read(|db| {
        let mut rows = log::chunks_of(db, id, "visible")?;
        if let Some(office) = office {
            let waiting = log::chunks_of(db, id, "pending")?;
            rows.extend(waiting.into_iter().filter(|chunk| chunk.user == office));
        }
        Ok(rows)
    })?;
    let mut chunks: Vec<ByteVec> = Vec::new();
    for chunk in rows {
        chunks.push(app.keys.open_chunk(id, &chunk.hash, &chunk.sealed)?.into());
    }
    let nobody = ActorId::from_bytes([0; 16]);
    let opened = Document::open(nobody, chunks.iter().map(|chunk| chunk.as_slice()));
    Ok(opened.ok().filter(|_| !chunks.is_empty()))
}

pub(crate) fn head(app: &App, asked: Asked) -> Result<Head, StorageError> {
    let now_ms = app.now_ms();
    let mut waiting = Vec::new();
    for (device, _, seen_ms) in app.readers.read(|db| accounts::devices_seen(db, asked.unit))? {
        if now_ms - seen_ms > DAY_MS {
            let known = app.readers.read(|db| accounts::device(db, device))?;
            let name = known.map_or_else(|| device.to_string(), |known| known.name);
            waiting.push(format!("{name} {}", moment(seen_ms)));
        }
    }
    let mut said = waiting.len().to_string();
    if !waiting.is_empty() {
        said = format!("{said}: {}", waiting.join(", "));
    }
    let package = Catalog::builtin().package();
    Ok(Head {
        unit: app.readers.read(|db| units::name(db, asked.unit))?.unwrap_or_default(),
        made: moment(now_ms),
        until: moment(now_ms),
        waiting: said,
        chosen: asked.years,
        codes: format!("{} {}", package.id, package.version),
    })
}

fn moment(ms: i64) -> String {
    let at = Timestamp::from_millisecond(ms).map(|at| at.to_zoned(TimeZone::system()));
    at.map(|at| at.strftime("%Y-%m-%d %H:%M").to_string()).unwrap_or_default()
}

/// The name of a party, a person or a device; nothing for a code.
fn called(app: &App, what: &str, code: &str) -> Result<Option<String>, StorageError> {
    let name = match what {
        "party" => match code.parse() {
            Ok(id) => record(app, ("party", id))?.map(|party| party.text("name").to_owned()),
            Err(_) => None,
        },
        "user" => match code.parse::<UserId>() {
            Ok(id) => app.readers.read(|db| accounts::user(db, id))?.map(|user| user.name),
            Err(_) => None,
        },
        "device" => match code.parse::<DeviceId>() {
            Ok(id) => app.readers.read(|db| accounts::device(db, id))?.map(|device| device.name),
            Err(_) => None,
        },
        _ => return Ok(None),
    };
    Ok(Some(name.unwrap_or_default()))
}
