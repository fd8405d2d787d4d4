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
use rusqlite::Connection;

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
    app.readers.read(|db| {
        let mut years = Vec::new();
        for id in units::documents(db, asked.unit, "year")? {
            let record = record(app, db, ("year", id))?;
            years.extend(record.and_then(|record| Year::read(catalog, id, &record)));
        }
        years.sort_by_key(|one| (one.year, one.id));
        let mut assigned = Vec::new();
        for id in units::documents(db, asked.unit, "assignment")? {
            let Some(record) = record(app, db, ("assignment", id))? else { continue };
            let mut arrived = |document, said: &Statement| {
                let chunk = log::chunk_of(db, document, said.change);
                let chunk = chunk.ok().flatten();
                chunk.map_or(said.meta.claimed_ms, |chunk| chunk.received_ms)
            };
            assigned.extend(Assigned::read(catalog, &years, (id, &record), &mut arrived));
        }
        let mut rows = rows(&years, &assigned);
        choose(&mut rows, asked.years);
        let head = head(app, db, asked)?;
        let mut name = |what: &str, code: &str| {
            called(app, db, what, code)
                .ok()
                .flatten()
                .unwrap_or_else(|| catalog.code_words(what, code, asked.language))
        };
        let told = &mut Told { language: asked.language, comma: asked.comma, name: &mut name };
        Ok(file(&head, &rows, told))
    })
}

/// The record of a document as far as it is visible.
fn record(
    app: &App,
    db: &Connection,
    (kind, id): (&str, DocumentId),
) -> Result<Option<RecordState>, StorageError> {
    let Some(document) = opened(app, db, id)? else { return Ok(None) };
    let review = opened(app, db, review_of(id))?;
    Ok(Some(record_state(Catalog::builtin(), (kind, id), &document, review.as_ref())))
}

fn opened(app: &App, db: &Connection, id: DocumentId) -> Result<Option<Document>, StorageError> {
    let mut chunks: Vec<ByteVec> = Vec::new();
    for chunk in log::chunks_of(db, id, "visible")? {
        chunks.push(app.keys.open_chunk(id, &chunk.hash, &chunk.sealed)?.into());
    }
    let nobody = ActorId::from_bytes([0; 16]);
    let opened = Document::open(nobody, chunks.iter().map(|chunk| chunk.as_slice()));
    Ok(opened.ok().filter(|_| !chunks.is_empty()))
}

fn head(app: &App, db: &Connection, asked: Asked) -> Result<Head, StorageError> {
    let now_ms = app.now_ms();
    let mut waiting = Vec::new();
    for (device, _, seen_ms) in accounts::devices_seen(db, asked.unit)? {
        if now_ms - seen_ms > DAY_MS {
            let known = accounts::device(db, device)?;
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
        unit: units::name(db, asked.unit)?.unwrap_or_default(),
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
fn called(
    app: &App,
    db: &Connection,
    what: &str,
    code: &str,
) -> Result<Option<String>, StorageError> {
    Ok(match what {
        "party" => {
            let Ok(id) = code.parse() else { return Ok(Some(String::new())) };
            let party = record(app, db, ("party", id))?;
            Some(party.map(|party| party.text("name").to_owned()).unwrap_or_default())
        }
        "user" => {
            let Ok(id) = code.parse::<UserId>() else { return Ok(Some(String::new())) };
            accounts::user(db, id)?.map(|user| user.name)
        }
        "device" => {
            let Ok(id) = code.parse::<DeviceId>() else { return Ok(Some(String::new())) };
            accounts::device(db, id)?.map(|device| device.name)
        }
        _ => None,
    })
}
