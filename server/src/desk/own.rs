//! `/register/hallna`: what of a person's own work is held or was not taken in, in plain words; and what was let in
//! lately, or came after a hand-over, in records the person may read.

use std::collections::BTreeMap;

use ankomst_shared::app::{Body, Line, PageView, Tone};
use ankomst_shared::ids::{DocumentId, base32};
use ankomst_shared::text::Word;

use super::made::badge;
use super::{Desk, DeskError, register};
use crate::storage::StorageError;
use crate::storage::sqlite::Connection;
use crate::storage::sqlite::accounts;
use crate::storage::sqlite::decided;
use crate::storage::sqlite::destroyed::{self, DestroyedRow};
use crate::storage::sqlite::held::REFUSED;
use crate::storage::sqlite::log::{self, ChunkRow};
use crate::sync::access;

/// The place.
pub(super) const HERE: &str = "/register/hallna";

impl Desk {
    pub(super) fn own_held(&self) -> Result<PageView, DeskError> {
        let lines = self.app.readers.read(|db| {
            let mut groups: BTreeMap<(DocumentId, String), Vec<ChunkRow>> = BTreeMap::new();
            for chunk in log::held(db, Some(self.me.id))? {
                let reason = chunk.reason.clone().unwrap_or_default();
                groups.entry((chunk.document, reason)).or_default().push(chunk);
            }
            let lines = groups.iter().map(|((id, reason), all)| self.own(db, *id, (reason, all)));
            lines.collect::<Result<Vec<_>, _>>()
        })?;
        let none = self.w(Word::RegisterOwnNone).to_owned();
        let mut parts = vec![
            self.notice("how", Tone::Info, Word::HeldHelp),
            self.part("own", Word::RegisterOwn, Body::Lines(lines, none)),
        ];
        let late = self.own_late()?;
        if !late.is_empty() {
            let late = Body::Lines(late, String::new());
            parts.push(self.part("late", Word::RegisterOwnLate, late));
        }
        parts.extend(self.lately()?);
        Ok(PageView {
            title: self.w(Word::RegisterOwn).to_owned(),
            back: Some((register::HERE.to_owned(), self.w(Word::Register).to_owned())),
            parts,
            ..PageView::default()
        })
    }

    /// What this person wrote in records that had been destroyed: told here, too, for the tablet may be gone.
    fn own_late(&self) -> Result<Vec<Line>, DeskError> {
        let all = self.app.readers.read(|db| {
            let mut all = Vec::new();
            for (record, at_ms) in destroyed::late_of(db, self.me.id)? {
                if let Some(row) = destroyed::one(db, record)? {
                    let by = accounts::user(db, row.by)?.map(|user| user.name);
                    all.push((row, by.unwrap_or_default(), at_ms));
                }
            }
            Ok(all)
        })?;
        let line = |(row, by, at_ms): (DestroyedRow, String, i64)| Line {
            key: row.record.to_string(),
            figure: Self::moment(at_ms),
            // Number and ground are for people of the record's unit; that it is gone, for whoever wrote in it.
            ..self.late_line(row, by)
        };
        Ok(all.into_iter().map(line).collect())
    }

    fn late_line(&self, row: DestroyedRow, by: String) -> Line {
        if row.unit != self.me.unit {
            let title = self.f(Word::LostPlain, &[&Self::moment(row.at_ms)]);
            return Line { title, ..Line::default() };
        }
        Line {
            title: format!("{} {}", self.kind_words(&row.kind), row.number).trim_end().to_owned(),
            detail: [Self::moment(row.at_ms), self.ground(&row.ground), row.reference, by]
                .join(" · "),
            ..Line::default()
        }
    }

    fn own(
        &self,
        db: &Connection,
        id: DocumentId,
        (reason, all): (&str, &[ChunkRow]),
    ) -> Result<Line, StorageError> {
        let row = log::document(db, id)?;
        let title = match &row {
            Some(row) => self.record(row, access::may_read(db, &self.me, row)?.is_some())?,
            None => String::new(),
        };
        let is_refused = reason == REFUSED;
        let mut detail = vec![self.f(Word::HeldCount, &[&all.len().to_string()])];
        if is_refused {
            // What only builds on something that was not taken in has no decision of its own.
            for chunk in all {
                if let Some(row) = decided::newest(db, id, chunk.root())? {
                    detail.push(self.decided_words(db, &row)?);
                    detail.push(self.why(&row.held_for));
                    break;
                }
            }
            detail.push(self.w(Word::RegisterOwnKept).to_owned());
        } else {
            detail.push(self.why(reason));
        }
        let (word, tone) = if is_refused {
            (Word::DeskHeldRefused, Tone::Danger)
        } else {
            (Word::RegisterOwnWaits, Tone::Decide)
        };
        let first = all.first();
        Ok(Line {
            key: first.map(|chunk| base32(chunk.hash.as_bytes())).unwrap_or_default(),
            title,
            detail: detail.join(" · "),
            badges: vec![badge(self.w(word), tone)],
            figure: first.map_or_else(String::new, |chunk| Self::moment(chunk.received_ms)),
            ..Line::default()
        })
    }
}
