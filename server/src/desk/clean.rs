//! `/administration/rensa/<id>`: what lies behind the fields of a record, and taking it out for good. For
//! supervisors who may write the record.

use ankomst_shared::app::{Acted, Action, Body, Input, Language, Line, PageView, Role, Sign, Tone};
use ankomst_shared::catalog::Catalog;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::path::FieldPath;
use ankomst_shared::text::Word;
use ankomst_shared::value::Value;

use super::{Answers, Desk, DeskError, text};
use crate::storage::sqlite::log::{self, DocumentRow};
use crate::storage::sqlite::{accounts, cuts, rows};
use crate::sync::access;
use crate::sync::behind::{Behind, behind};
use crate::sync::clean::{self, Asked, CleanError};

/// The place, before the record.
pub(super) const HERE: &str = "/administration/rensa/";

impl Desk {
    /// What lies behind the fields of a record.
    pub(super) fn cleaning(&self, record: &str) -> Result<PageView, DeskError> {
        let row = self.cleanable(record)?;
        let found = behind(&self.app, row.id).map_err(refused)?;
        let lines = found.iter().map(|one| self.behind(&row, one)).collect();
        let none = self.w(Word::DeskCleanNone).to_owned();
        let done = self.done(&row)?;
        let mut parts = vec![
            self.notice("how", Tone::Danger, Word::DeskCleanHelp),
            self.part("behind", Word::Empty, Body::Lines(lines, none)),
        ];
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

    /// Takes out what lies behind a field: `<record>/<path>`; answer `reason`.
    pub(super) async fn clean(&self, what: &str, answers: &Answers) -> Result<Acted, DeskError> {
        let (record, path) = what.split_once('/').ok_or(DeskError::Nowhere)?;
        let row = self.cleanable(record)?;
        let path = FieldPath::parse(path).map_err(|_| DeskError::Nowhere)?;
        let reason = text(answers, "reason")?.to_owned();
        let asked = Asked { document: row.id, paths: vec![path], reason, by: self.me.id };
        let done = clean::clean(&self.app, &asked).await.map_err(refused)?;
        let say = self.f(Word::DeskCleaned, &[&done.statements.to_string()]);
        Ok(Acted { say, ..Acted::default() })
    }

    /// A record that this person may clean; any other is as if it were not there.
    fn cleanable(&self, record: &str) -> Result<DocumentRow, DeskError> {
        let id: DocumentId = record.parse().map_err(|_| DeskError::Nowhere)?;
        if !self.me.is(Role::Supervisor) {
            return Err(DeskError::NotAllowed);
        }
        let found = self.app.readers.read(|db| {
            let Some(row) = log::document(db, id)? else { return Ok(None) };
            let may = row.kind != "review" && access::may_write(db, &self.me, &row)?.is_some();
            Ok(may.then_some(row))
        })?;
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

fn refused(error: CleanError) -> DeskError {
    match error {
        CleanError::Storage(error) => DeskError::Storage(error),
        CleanError::Unknown => DeskError::Nowhere,
        other => DeskError::Refused(other.to_string()),
    }
}
