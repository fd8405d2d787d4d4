//! `/administration/rensa/<id>`: what lies behind the fields of a record, and taking it out for good. For
//! supervisors who may write the record.

use ankomst_shared::app::{Acted, Action, Body, Input, Language, Line, PageView, Role, Sign, Tone};
use ankomst_shared::catalog::Catalog;
use ankomst_shared::continued::CutError;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::limits::CUT_REASON_CHARS_MAX;
use ankomst_shared::path::FieldPath;
use ankomst_shared::text::Word;
use ankomst_shared::value::Value;

use super::{Answers, Desk, DeskError};
use crate::storage::sqlite::log::DocumentRow;
use crate::storage::sqlite::{accounts, cuts, rows};
use crate::sync::access::cleanable;
use crate::sync::behind::{Behind, behind};
use crate::sync::clean::{self, Asked, CleanError};

/// The place, before the record.
pub(super) const HERE: &str = "/administration/rensa/";

impl Desk {
    /// What lies behind the fields of a record.
    pub(super) fn cleaning(&self, record: &str) -> Result<PageView, DeskError> {
        let row = self.cleanable(record)?;
        let done = self.done(&row)?;
        self.saw(row.id, &row.kind);
        let mut parts = vec![self.notice("how", Tone::Danger, Word::DeskCleanHelp)];
        if self.app.unclean.all().iter().any(|line| line.document == row.id.to_string()) {
            parts.push(self.notice("begun", Tone::Decide, Word::DeskCleanBegun));
        }
        match behind(&self.app, row.id) {
            Ok(found) => {
                let lines = found.iter().map(|one| self.behind(&row, one)).collect();
                let none = self.w(Word::DeskCleanNone).to_owned();
                parts.push(self.part("behind", Word::Empty, Body::Lines(lines, none)));
            }
            Err(CleanError::Waits) => {
                parts.push(self.notice("waits", Tone::Info, Word::DeskCleanWaits));
            }
            Err(CleanError::Storage(error)) => return Err(error.into()),
            Err(_) => return Err(DeskError::Nowhere),
        }
        if self.is_destroyable(row.id)? {
            let place = format!("{}{}", super::destroy::HERE, row.id);
            let whole = Line { figure: String::new(), ..self.link(&place, Word::DeskDestroy, 0) };
            parts.push(self.part("whole", Word::Empty, Body::Lines(vec![whole], String::new())));
        }
        if !done.is_empty() {
            parts.push(self.part("done", Word::DeskCleanDone, Body::Lines(done, String::new())));
        }
        let told = self.app.row_readers.read(|db| rows::told(db, row.id))?;
        let name = told.map(|(title, _)| title).filter(|title| !title.is_empty());
        let title = self.w(Word::HistoryClear);
        Ok(PageView {
            title: name.map_or_else(|| title.to_owned(), |name| format!("{title}: {name}")),
            back: Some(self.back()),
            parts,
            ..PageView::default()
        })
    }

    /// What was taken out of a record, by whom, when and why, the newest first.
    fn done(&self, row: &DocumentRow) -> Result<Vec<Line>, DeskError> {
        let mut lines = Vec::new();
        self.app.readers.read(|db| {
            for one in cuts::of(db, row.id)?.into_iter().rev() {
                let who = accounts::user(db, one.by)?.map(|user| user.name).unwrap_or_default();
                let places: Vec<String> =
                    one.cut.paths.iter().map(|path| place(row, path, self.language)).collect();
                lines.push(Line {
                    key: one.line.to_string(),
                    title: places.join(", "),
                    detail: one.reason,
                    figure: format!("{who} · {}", Self::moment(one.at_ms)),
                    ..Line::default()
                });
            }
            Ok(())
        })?;
        Ok(lines)
    }

    /// Takes out what lies behind a field: `<record>/<path>`; answer `reason`. Why it could not be is said in
    /// words, as what was done is.
    pub(super) async fn clean(&self, what: &str, answers: &Answers) -> Result<Acted, DeskError> {
        let (record, path) = what.split_once('/').ok_or(DeskError::Nowhere)?;
        let row = self.cleanable(record)?;
        let path = FieldPath::parse(path).map_err(|_| DeskError::Nowhere)?;
        let reason = answers.iter().find(|(id, _)| id == "reason");
        let reason = reason.and_then(|(_, reason)| reason.as_str()).unwrap_or_default().to_owned();
        let at = place(&row, &path, self.language);
        let asked = Asked { document: row.id, paths: vec![path], reason, by: self.me.id };
        let say = match clean::clean(&self.app, &asked).await {
            Ok(done) => self.f(Word::DeskCleaned, &[&done.statements.to_string()]),
            Err(error) => self.refused(error, &at)?,
        };
        Ok(Acted { say, ..Acted::default() })
    }

    /// Why something was not cleaned, in words.
    fn refused(&self, error: CleanError, at: &str) -> Result<String, DeskError> {
        let most = CUT_REASON_CHARS_MAX.to_string();
        let (word, about) = match error {
            CleanError::Storage(error) => return Err(error.into()),
            CleanError::Unknown => return Err(DeskError::Nowhere),
            CleanError::Begun(error) => {
                tracing::error!(%error, "A cleaning was begun and could not be ended.");
                (Word::DeskCleanBegun, at)
            }
            CleanError::Reason => (Word::DeskCleanWhy, most.as_str()),
            CleanError::Waits => (Word::DeskCleanWaits, at),
            CleanError::Differs => (Word::DeskCleanDiffers, at),
            CleanError::Cut(CutError::Count | CutError::Unknown(_)) => (Word::DeskCleanUnknown, at),
            CleanError::Cut(CutError::Open(_)) => (Word::DeskCleanUndecided, at),
            CleanError::Cut(CutError::There(_)) => (Word::DeskCleanThere, at),
            CleanError::Cut(CutError::Signed(_)) => (Word::DeskCleanSigned, at),
            CleanError::Cut(CutError::Nothing) => (Word::DeskCleanNothing, at),
        };
        Ok(self.f(word, &[about]))
    }

    /// A record that this person may clean; any other is as if it were not there.
    pub(super) fn cleanable(&self, record: &str) -> Result<DocumentRow, DeskError> {
        let id: DocumentId = record.parse().map_err(|_| DeskError::Nowhere)?;
        if !self.me.is(Role::Supervisor) {
            return Err(DeskError::NotAllowed);
        }
        let found = self.app.readers.read(|db| cleanable(db, &self.me, id))?;
        found.ok_or(DeskError::Nowhere)
    }

    fn behind(&self, row: &DocumentRow, one: &Behind) -> Line {
        let catalog = Catalog::builtin();
        let located = catalog.locate(&row.kind, &one.path);
        let shown = |value: &Value| match &located {
            Some(at) => catalog.words(at.field, value, self.language),
            None => value.as_str().unwrap_or_default().to_owned(),
        };
        let earlier: Vec<String> = one.earlier.iter().map(&shown).collect();
        let stands = self.f(Word::DeskCleanStands, &[&shown(&one.stands)]);
        let goes = self.f(Word::DeskCleanGoes, &[&earlier.join(", ")]);
        let subject = format!("{}/{}", row.id, one.path);
        let what = (Word::DeskCleanDo, Sign::Cross, Word::DeskCleanHelp);
        let asked = vec![self.question("reason", Word::DeskCleanReason, Input::Text)];
        let here = format!("{HERE}{}", row.id);
        let action = self.act_of(&here, ("clean", &subject), what, asked);
        let actions: Vec<Action> = if one.is_open { Vec::new() } else { vec![action] };
        Line {
            key: one.path.as_str().to_owned(),
            title: place(row, &one.path, self.language),
            detail: format!("{stands}. {goes}"),
            figure: if one.is_open {
                self.w(Word::DeskCleanOpen).to_owned()
            } else {
                String::new()
            },
            actions,
            ..Line::default()
        }
    }
}

/// A field or entry in words: its list, and the field.
pub(super) fn place(row: &DocumentRow, path: &FieldPath, language: Language) -> String {
    let catalog = Catalog::builtin();
    let list = catalog.kind(&row.kind).and_then(|kind| kind.entry_list(path.segments().head));
    let mut parts: Vec<&str> = list.map(|list| list.label.get(language)).into_iter().collect();
    parts.extend(catalog.locate(&row.kind, path).map(|at| at.field.label.get(language)));
    parts.join(" · ")
}
