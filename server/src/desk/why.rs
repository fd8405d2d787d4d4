//! `/register/varfor/…`: why a record is, or is not, on the device that asks.

use ankomst_shared::app::{Body, PageView, Why};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::text::Word;

use super::{Desk, DeskError};
use crate::storage::sqlite::log;
use crate::sync::access;
use crate::sync::rule::May;
use crate::sync::why::{said, why};

/// The place, and behind it which record.
pub(super) const HERE: &str = "/register/varfor/";

impl Desk {
    /// The way to the reasons.
    pub(super) fn why_link(&self, record: DocumentId, is_here: bool) -> Why {
        let word = if is_here { Word::RegisterWhyHere } else { Word::RegisterWhyAway };
        Why { at: format!("{HERE}{record}"), label: self.w(word).to_owned() }
    }

    /// The reasons. A record that the person may not read on the server is as if it were not there.
    pub(super) fn reasons(&self, record: &str) -> Result<PageView, DeskError> {
        let id: DocumentId = record.parse().map_err(|_| DeskError::Nowhere)?;
        let known = self.app.readers.read(|db| {
            let Some(row) = log::document(db, id)? else { return Ok(None) };
            let may = access::may(db, &access::rights_now(db, &self.me)?, &row)?;
            Ok((may > May::Nothing).then_some((row, may)))
        })?;
        let (row, may) = known.ok_or(DeskError::Nowhere)?;
        let found = why(&self.app, self.device, id)?.ok_or(DeskError::Nowhere)?;
        self.saw(id, &row.kind);
        if may == May::Look {
            self.saw_in_need();
        }
        let mut lines = said::reasons(&found, self.language);
        lines.extend(said::times(&found, self.app.now_ms(), self.language));
        let mut part = self.part("why", Word::Empty, Body::Text(lines));
        part.title = String::new();
        part.help = said::whether(&found, self.language);
        Ok(PageView {
            title: self.why_link(id, found.told.holds).label,
            parts: vec![part],
            ..PageView::default()
        })
    }
}
