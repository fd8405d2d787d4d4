//! Who has on paper what was protected more: a sheet does not know what was decided after it was printed.

use std::collections::BTreeMap;

use ankomst_shared::app::{Body, Line, Part, Tone};
use ankomst_shared::ids::{DeviceId, DocumentId, UserId};
use ankomst_shared::order;
use ankomst_shared::text::Word;

use super::made::badge;
use super::{Desk, DeskError};
use crate::storage::StorageError;
use crate::storage::accesses::read::{self, Printed};
use crate::storage::sqlite::{accounts, log};

/// Lines of the list.
const LINES_MAX: usize = 200;

/// A record and its title.
pub(super) type Titled = (DocumentId, String);

/// What one person has printed of a record and what belongs to it, by one device.
struct Sheets {
    record: usize,
    printed: Printed,
    /// The device has had some of it: what it tells may be so.
    has_had: bool,
}

impl Desk {
    /// The sheets on which these records stand, or what belongs to them, each record with its title. What no device
    /// can have printed comes last: somebody says so who wants the others not to be seen.
    pub(super) fn sheets(&self, records: &[Titled]) -> Result<Vec<Part>, DeskError> {
        let mut sheets = Vec::new();
        for (number, (id, _)) in records.iter().enumerate() {
            sheets.extend(self.sheets_of(number, *id)?);
        }
        if sheets.is_empty() {
            return Ok(Vec::new());
        }
        order::sort_by_key(&mut sheets, |one: &Sheets| {
            (!one.has_had, one.record, core::cmp::Reverse(one.printed.newest_ms))
        });
        let more = sheets.len() > LINES_MAX;
        sheets.truncate(LINES_MAX);
        let lines = sheets.iter().map(|one| {
            let (id, title) = records.get(one.record).ok_or(DeskError::Nowhere)?;
            Ok(self.sheet(one, *id, title)?)
        });
        let lines = Body::Lines(lines.collect::<Result<_, DeskError>>()?, String::new());
        let mut part = self.part("prints", Word::DeskGuardPrints, lines);
        self.w(Word::DeskGuardPrintsHelp).clone_into(&mut part.help);
        let more =
            more.then(|| self.notice("prints-more", Tone::Decide, Word::DeskGuardPrintsMore));
        Ok([part].into_iter().chain(more).collect())
    }

    fn sheets_of(&self, record: usize, id: DocumentId) -> Result<Vec<Sheets>, DeskError> {
        let family = self.app.readers.read(|db| log::family(db, id))?;
        let mut all: BTreeMap<(Option<UserId>, Option<DeviceId>), Printed> = BTreeMap::new();
        self.app.audit.read(|db| {
            for id in &family {
                for one in read::prints(db, *id)? {
                    let known =
                        all.entry((one.who, one.device)).or_insert(Printed { count: 0, ..one });
                    known.count += one.count;
                    known.newest_ms = known.newest_ms.max(one.newest_ms);
                }
            }
            Ok(())
        })?;
        let sheets = all.into_values().map(|printed| {
            let has_had = match printed.device {
                Some(device) => self.has_had(&family, device)?,
                None => true,
            };
            Ok(Sheets { record, printed, has_had })
        });
        Ok(sheets.collect::<Result<_, StorageError>>()?)
    }

    /// Whether a device has brought, holds or was given any of these records.
    fn has_had(&self, family: &[DocumentId], device: DeviceId) -> Result<bool, StorageError> {
        let is_known = self.app.readers.read(|db| {
            for id in family {
                if log::has_written(db, *id, device)? || log::is_held_by(db, device, *id)? {
                    return Ok(true);
                }
            }
            Ok(false)
        })?;
        if is_known {
            return Ok(true);
        }
        self.app.audit.read(|db| {
            for id in family {
                if read::was_delivered(db, *id, device)? {
                    return Ok(true);
                }
            }
            Ok(false)
        })
    }

    fn sheet(&self, one: &Sheets, id: DocumentId, title: &str) -> Result<Line, StorageError> {
        let Printed { who, device, newest_ms, count } = one.printed;
        let (name, device_name) = self.app.readers.read(|db| {
            let user = who.map(|id| accounts::user(db, id)).transpose()?.flatten();
            let device = device.map(|id| accounts::device(db, id)).transpose()?.flatten();
            Ok((user.map(|user| user.name), device.map(|device| device.name)))
        })?;
        let times = (count > 1).then(|| self.f(Word::DeskGuardPrintsTimes, &[&count.to_string()]));
        let detail: Vec<String> = [name, device_name, times].into_iter().flatten().collect();
        let unheld =
            (!one.has_had).then(|| badge(self.w(Word::DeskGuardPrintsUnheld), Tone::Decide));
        let by = who.map_or_else(String::new, |id| id.to_string());
        let on = device.map_or_else(String::new, |id| id.to_string());
        Ok(Line {
            key: format!("{id}/{by}/{on}"),
            title: title.to_owned(),
            detail: detail.join(" · "),
            badges: unheld.into_iter().collect(),
            figure: Self::moment(newest_ms),
            ..Line::default()
        })
    }
}
