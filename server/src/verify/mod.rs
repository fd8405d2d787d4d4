//! Whether a whole data folder is as it must be: every change of every record, the feed and the order of arrival, what
//! the server believes devices hold, and every row against its record. Nothing is written, and a server may run.
//!
//! Reading order: [`found`] (what can be wrong, what is safe then and what to do), this file (all of it, in pieces),
//! `places` (feed and arrivals), `record` (one record), `row` (its row), `attached` (pictures and other files), `devices`.

mod attached;
mod devices;
pub mod found;
mod places;
mod record;
mod row;

use std::collections::{BTreeSet, VecDeque};
use std::num::NonZero;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::thread;

use ankomst_shared::catalog::Catalog;
use ankomst_shared::ids::DocumentId;

use self::found::{Fault, Kind, Report};
use self::record::{Compared, Found};
use crate::storage::StorageError;
use crate::storage::sqlite::open::look_at_log;
use crate::storage::sqlite::{Connection, Keys, verify};
use crate::templates;

/// What is wrong is looked at so many times before it is said: a server may be at work on it.
const LOOKS: usize = 3;
/// So long between two of them.
const BETWEEN: core::time::Duration = core::time::Duration::from_millis(300);
/// Where so much is wrong it is no work under way.
const DOUBTED_MAX: usize = 50;
/// Records between two words of how far it is.
const STEP: u64 = 1_000;

/// A data folder as one thread looks at it.
struct Look {
    log: Connection,
    keys: Keys,
    catalog: &'static Catalog,
    rows: Option<Connection>,
}

impl Look {
    fn at(
        (folder, master): (&Path, [u8; 32]),
        (known, has_rows): Over,
    ) -> Result<Self, StorageError> {
        let log = look_at_log(&folder.join("log.db"))?;
        let keys = Keys::read_only(&folder.join("keys.db"), master)?;
        // A checklist may have been published since. What cannot be read of them is told of with their record.
        let catalog = templates::catalog((&log, &keys), known).unwrap_or(known);
        Ok(Self {
            log,
            keys,
            catalog,
            rows: if has_rows { verify::look_at_rows(folder)? } else { None },
        })
    }
}

/// What all records are looked at with: the catalog, and whether there are rows to compare.
type Over = (&'static Catalog, bool);

/// What is to be looked at next, and what was found.
struct Work {
    waiting: VecDeque<DocumentId>,
    last: Option<DocumentId>,
    report: Report,
    /// Records whose sum is not that of their changes.
    differ: BTreeSet<DocumentId>,
    error: Option<StorageError>,
}

/// Looks at everything, and says from time to time how many records it has looked at.
///
/// # Errors
/// When the log or the keys cannot be read at all.
pub fn run(at: (&Path, [u8; 32]), progress: &(dyn Fn(u64) + Sync)) -> Result<Report, StorageError> {
    let mut report = Report::default();
    match all(at, progress, &mut report) {
        // The file is so broken that nothing more of it can be looked at.
        Err(error) if error.is_unsound() => {
            report.cut_short = true;
            report.add(Fault::of(Kind::File, format!("it could not be read to its end: {error}")));
        }
        other => other?,
    }
    report.end();
    Ok(report)
}

fn all(
    at: (&Path, [u8; 32]),
    progress: &(dyn Fn(u64) + Sync),
    report: &mut Report,
) -> Result<(), StorageError> {
    let (folder, master) = at;
    let log = look_at_log(&folder.join("log.db"))?;
    let keys = Keys::read_only(&folder.join("keys.db"), master)?;
    let catalog = templates::catalog((&log, &keys), Catalog::builtin());
    for said in verify::own_check(&log)? {
        report.add(Fault::of(Kind::File, format!("log.db: {said}")));
    }
    let has_rows = rows_file(folder, report);
    let over = if let Ok(catalog) = catalog {
        (catalog, has_rows)
    } else {
        // What is wrong is found with the record that they stand in.
        let said = "The municipality's own checklists cannot be read; no rows were compared.";
        report.notes.push(said.to_owned());
        (Catalog::builtin(), false)
    };
    places::look(&log, report)?;
    for id in verify::unknown(&log)? {
        report.add(Fault {
            record: Some(id),
            ..Fault::of(Kind::Lost, "there are changes of a record that is not here")
        });
    }
    let work = Mutex::new(Work {
        waiting: VecDeque::new(),
        last: None,
        report: core::mem::take(report),
        differ: BTreeSet::new(),
        error: None,
    });
    let hands = thread::available_parallelism().map_or(1, NonZero::get).div_ceil(2);
    thread::scope(|scope| {
        for _ in 0..hands {
            scope.spawn(|| {
                if let Err(error) = hand(at, over, (&work, progress)) {
                    lock(&work).error.get_or_insert(error);
                }
            });
        }
    });
    let work = work.into_inner().unwrap_or_else(PoisonError::into_inner);
    *report = work.report;
    if let Some(error) = work.error {
        return Err(error);
    }
    stays((at, over), report, row::strays)?;
    stays((at, over), report, devices::traces)?;
    attached::look(folder, &Look::at(at, over)?, report)?;
    devices::look(folder, &Look::at(at, over)?, (&work.differ, report))
}

/// What is looked at as a whole is looked at as often as a record is: a server may be at work on it.
fn stays(
    (at, over): ((&Path, [u8; 32]), Over),
    report: &mut Report,
    look: impl Fn(&Look, &mut Report) -> Result<(), StorageError>,
) -> Result<(), StorageError> {
    let mut left = LOOKS;
    loop {
        let mut found = Report::default();
        look(&Look::at(at, over)?, &mut found)?;
        left -= 1;
        if left == 0 || found.faults.is_empty() || found.faults.len() >= DOUBTED_MAX {
            report.more += found.more;
            found.faults.into_iter().for_each(|fault| report.add(fault));
            return Ok(());
        }
        thread::sleep(BETWEEN);
    }
}

/// Looks at the file of the rows; tells whether they can be compared.
fn rows_file(folder: &Path, report: &mut Report) -> bool {
    let found = verify::look_at_rows(folder).and_then(|db| match db {
        Some(db) => verify::own_check(&db).map(Some),
        None => Ok(None),
    });
    match found {
        Ok(Some(said)) => {
            let is_sound = said.is_empty();
            for said in said {
                report.add(Fault::of(Kind::Row, format!("rows.db: {said}")));
            }
            return is_sound;
        }
        Ok(None) => {
            let said = "There are no rows of this version: the server makes them at its start; they were not compared.";
            report.notes.push(said.to_owned());
        }
        Err(error) => report.add(Fault::of(Kind::Row, format!("rows.db cannot be read: {error}"))),
    }
    false
}

fn lock(work: &Mutex<Work>) -> std::sync::MutexGuard<'_, Work> {
    work.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Looks at a record. One that cannot be read to its end stops nothing: that is what is wrong with it.
fn looked_at(look: &Look, id: DocumentId) -> Result<Found, StorageError> {
    match record::look(look, id) {
        Err(error) if error.is_unsound() => {
            let kind = if error.is_damage() { Kind::File } else { Kind::Change };
            let fault = Fault::of(kind, format!("it cannot be read to its end: {error}"));
            let faults = vec![Fault { record: Some(id), ..fault }];
            Ok(Found { faults, ..Found::default() })
        }
        other => other,
    }
}

/// Looks at records until there are no more.
fn hand(
    at: (&Path, [u8; 32]),
    over: Over,
    (work, progress): (&Mutex<Work>, &(dyn Fn(u64) + Sync)),
) -> Result<(), StorageError> {
    let mut look = Look::at(at, over)?;
    loop {
        let next = {
            let mut work = lock(work);
            if work.error.is_some() {
                return Ok(());
            }
            if work.waiting.is_empty() {
                work.waiting = verify::documents(&look.log, work.last)?.into();
                work.last = work.waiting.back().copied().or(work.last);
            }
            let doubts = work.report.faults.len() < DOUBTED_MAX;
            work.waiting.pop_front().map(|id| (id, doubts))
        };
        let Some((id, doubts)) = next else { return Ok(()) };
        let mut found = looked_at(&look, id)?;
        for _ in 1..LOOKS {
            if found.faults.is_empty() || !doubts {
                break;
            }
            thread::sleep(BETWEEN);
            look = Look::at(at, over)?;
            found = looked_at(&look, id)?;
        }
        let mut work = lock(work);
        if found.differs {
            work.differ.insert(id);
        }
        let report = &mut work.report;
        report.documents += 1;
        report.changes += found.changes;
        report.rows += u64::from(matches!(found.row, Compared::Whole | Compared::Behind));
        report.behind += u64::from(found.row == Compared::Behind);
        report.unmade |= found.row == Compared::Unmade;
        found.faults.into_iter().for_each(|fault| report.add(fault));
        if report.documents.is_multiple_of(STEP) {
            progress(report.documents);
        }
    }
}
