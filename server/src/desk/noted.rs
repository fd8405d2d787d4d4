//! What the desk has shown and done, for the access log. Every page goes out by [`Desk::page`], which notes first what
//! the page says it has shown ([`Desk::saw`]).

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ankomst_shared::app::{PageView, Tone};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::text::Word;
use ankomst_shared::value::Value;

use super::{Answers, Desk, reports};
use crate::audit::By;
use crate::reports::{Report, Table};
use crate::storage::StorageError;
use crate::storage::accesses::entry::{Entry, What};
use crate::storage::sqlite::accounts;

/// Records that were shown, each with its kind, and how.
#[derive(Debug, Default)]
pub(super) struct Seen(Mutex<Shown>);

#[derive(Debug, Default)]
struct Shown {
    records: BTreeMap<DocumentId, String>,
    report: Option<&'static str>,
    in_need: bool,
    /// The month of the access log that is shown.
    log: Option<String>,
}

impl Desk {
    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.seen.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something of a record is shown: its name, its number or what stands in it.
    pub(super) fn saw(&self, record: DocumentId, kind: &str) {
        let mut shown = self.shown();
        let known = shown.records.entry(record).or_default();
        if known.is_empty() {
            kind.clone_into(known);
        }
    }

    /// It is shown because it was opened in an emergency.
    pub(super) fn saw_in_need(&self) {
        self.shown().in_need = true;
    }

    /// A month of the access log is shown.
    pub(super) fn saw_log(&self, month: &str) {
        self.shown().log = Some(month.to_owned());
    }

    /// A report is shown, with the records that its rows lead to.
    pub(super) fn saw_report(&self, report: &Report, tables: &[Table]) {
        self.shown().report = Some(report.id);
        for href in tables.iter().flat_map(|table| &table.rows).filter_map(|row| row.href.as_ref())
        {
            let mut parts = href.split('/');
            if let (Some(""), Some(place), Some(Ok(id))) =
                (parts.next(), parts.next(), parts.next().map(str::parse))
            {
                let kind = match place {
                    "arenden" => "case",
                    "besok" => "run",
                    "boenden" => "residence",
                    other => other,
                };
                self.saw(id, kind);
            }
        }
    }

    /// Who is at this desk.
    pub(super) const fn by(&self) -> By {
        By { who: Some(self.me.id), device: Some(self.device), unit: Some(self.me.unit) }
    }

    /// Notes what a page shows; where it cannot be noted, the page is not shown.
    pub(super) async fn note_shown(&self, address: &str) -> Result<(), StorageError> {
        let shown = core::mem::take(&mut *self.shown());
        let what = if shown.in_need {
            What::ReadInNeed
        } else if address.starts_with("/register/sok/") {
            What::Found
        } else if address.starts_with(reports::HERE) {
            What::Report
        } else if super::is_story(address) {
            What::Read
        } else {
            What::Listed
        };
        let by = self.by();
        let report =
            shown.report.map(|id| Entry { about: id.to_owned(), ..by.entry(What::Report) });
        let record = |(id, kind)| Entry { record: Some(id), about: kind, ..by.entry(what) };
        let log = shown.log.map(|month| Entry { about: month, ..by.entry(What::LogRead) });
        let entries =
            report.into_iter().chain(log).chain(shown.records.into_iter().map(record)).collect();
        self.app.audit.note(entries).await
    }

    /// What is shown instead: what happened, what is safe, what to do.
    pub(super) fn unnoted(&self) -> PageView {
        PageView {
            title: self.w(Word::DeskLogFails).to_owned(),
            parts: vec![self.notice("access-log", Tone::Danger, Word::DeskLogFailsHelp)],
            ..PageView::default()
        }
    }

    /// Notes what was done to an account, a device or a unit.
    pub(super) async fn note_act(&self, (act, subject): (&str, &str), answers: &Answers) {
        let what = match act {
            "new" => What::AccountMade,
            "end" => What::AccountEnded,
            "again" => What::AccountAgain,
            "out" => What::SignedOutAll,
            "role" => What::RoleGiven,
            "unrole" => What::RoleEnded,
            "level" => What::LevelSet,
            "password" => What::PasswordSet,
            "revoke" | "wipe" => What::Revoked,
            "assign" | "unassign" => What::Assignment,
            // A link is noted where it is made; of departments and decisions the record of the organisation tells.
            _ => return,
        };
        let said = |id: &str| {
            let found = answers.iter().find(|(known, _)| known == id);
            found.and_then(|(_, value)| Value::as_str(value)).unwrap_or_default().to_owned()
        };
        let subject = match act {
            "new" => {
                let login = said("login").to_lowercase();
                let made = self.app.readers.read(|db| accounts::user_by_login(db, login.trim()));
                made.ok().flatten().map_or_else(String::new, |user| user.id.to_string())
            }
            "assign" | "unassign" => act.to_owned(),
            _ => subject.to_owned(),
        };
        let more = match act {
            "role" | "unrole" | "new" => said("role"),
            "level" => said("level"),
            "wipe" => act.to_owned(),
            _ => String::new(),
        };
        let about = format!("{subject} {more}").trim_end().to_owned();
        self.app.audit.owe(vec![Entry { about, ..self.by().entry(what) }]).await;
    }
}
