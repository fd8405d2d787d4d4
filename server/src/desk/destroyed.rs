//! `/administration/gallrat`: the records of the unit that were destroyed, on what ground, and how far that has got on
//! tablets; to be printed or taken along as a file (report R-19).

use ankomst_shared::app::{Act, Body, Line, PageView, Sign, Tone};
use ankomst_shared::text::Word;

use super::made::{badge, plain};
use super::{Desk, DeskError};
use crate::reports::destroyed::{self, Listed};

/// The place.
pub(super) const HERE: &str = "/administration/gallrat";

impl Desk {
    pub(super) fn destroyed(&self) -> Result<PageView, DeskError> {
        let all = self.app.readers.read(|db| destroyed::all(db, Some(self.me.unit)))?;
        let save = Act::Save("R19.csv".to_owned(), destroyed::file(&all));
        let lines = all.iter().map(|one| self.was_destroyed(one)).collect();
        let none = self.w(Word::DeskDestroyedNone).to_owned();
        Ok(PageView {
            title: self.w(Word::DeskDestroyedAll).to_owned(),
            back: Some(self.back()),
            actions: vec![
                plain("csv", self.w(Word::ReportCsv), Sign::None, save),
                plain("print", self.w(Word::Print), Sign::Print, Act::Print),
            ],
            parts: vec![
                self.notice("how", Tone::Info, Word::DeskDestroyedHelp),
                self.part("destroyed", Word::DeskDestroyedAll, Body::Lines(lines, none)),
            ],
            ..PageView::default()
        })
    }

    /// Whoever oversees what is destroyed: supervisors, administrators, auditors.
    pub(super) fn may_see_destroyed(&self) -> bool {
        self.administers() || self.reviews()
    }

    fn was_destroyed(&self, (row, by, reached): &Listed) -> Line {
        let counts = [reached.gone, reached.open, reached.late].map(|count| count.to_string());
        let counts = counts.each_ref().map(String::as_str);
        let (tone, word) = if reached.open > 0 {
            (Tone::Decide, Word::DeskDestroyedOpen)
        } else {
            (Tone::Plain, Word::DeskDestroyedEverywhere)
        };
        Line {
            key: row.record.to_string(),
            title: format!("{} {}", self.kind_words(&row.kind), row.number).trim_end().to_owned(),
            detail: [
                self.ground(&row.ground),
                row.reference.clone(),
                by.clone(),
                self.f(Word::DeskDestroyedReached, &counts),
            ]
            .join(" · "),
            badges: vec![badge(self.w(word), tone)],
            figure: Self::moment(row.at_ms),
            ..Line::default()
        }
    }
}
