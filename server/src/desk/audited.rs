//! Records that an auditor asks to read, and that somebody else who reviews the unit opens: two persons, for a day, on
//! the server only. That it was asked for and agreed to are entries of the access log, and so is each reading.

use std::collections::BTreeSet;

use ankomst_shared::app::{Acted, Action, Body, Input, Line, Part, Role, Sign, Tone};
use ankomst_shared::text::Word;

use super::made::badge;
use super::{Answers, Desk, DeskError, guard, log, text};
use crate::storage::StorageError;
use crate::storage::accesses::entry::{Entry, Noted, What};
use crate::storage::accesses::read;
use crate::storage::sqlite::{accounts, log as records, rows};
use crate::sync::access;

/// How long somebody can agree to what was asked, in milliseconds: a week.
const ASKED_MS: i64 = 7 * 24 * 3_600_000;

impl Desk {
    /// Asks to read a record.
    pub(super) fn ask_action(&self) -> Option<Action> {
        let asked = vec![
            self.question("record", Word::DeskGuardRecord, Input::Text),
            self.question("reason", Word::DeskGuardReason, Input::Text),
        ];
        let what = (Word::DeskAuditAsk, Sign::Folder, Word::DeskAuditAskHelp);
        self.me.is(Role::Auditor).then(|| self.act_of(log::HERE, ("audit-ask", ""), what, asked))
    }

    pub(super) async fn ask_to_open(&self, answers: &Answers) -> Result<Acted, DeskError> {
        if !self.me.is(Role::Auditor) {
            return Err(DeskError::NotAllowed);
        }
        let row = self.named(text(answers, "record")?)?;
        let reason = text(answers, "reason")?.to_owned();
        let asked = Entry {
            record: Some(row.id),
            about: row.kind,
            purpose: reason,
            unit: Some(row.unit),
            ..self.by().entry(What::AuditAsked)
        };
        self.noted(asked, Word::DeskAuditAskedDone).await
    }

    /// Agrees to what another has asked for, by its entry in the log.
    pub(super) async fn agree_to_open(&self, seq: &str) -> Result<Acted, DeskError> {
        if !self.reviews() {
            return Err(DeskError::NotAllowed);
        }
        let seq: i64 = seq.parse().map_err(|_| DeskError::Nowhere)?;
        let (asked, opened) = self.requests()?;
        let asked = asked.into_iter().find(|noted| noted.seq == seq && !opened.contains(&seq));
        let asked = asked.filter(|noted| noted.entry.who != Some(self.me.id));
        let Noted { entry, .. } = asked.ok_or(DeskError::Nowhere)?;
        let (who, record) = entry.who.zip(entry.record).ok_or(DeskError::Nowhere)?;
        let (auditor, row) = self
            .app
            .readers
            .read(|db| Ok((accounts::user(db, who)?, records::document(db, record)?)))?;
        let (auditor, row) = auditor.zip(row).ok_or(DeskError::Nowhere)?;
        let opened = Entry {
            record: Some(record),
            about: seq.to_string(),
            purpose: entry.purpose.clone(),
            unit: entry.unit,
            ..self.by().entry(What::AuditOpened)
        };
        // What comes of it is reading, so nothing comes of it without this.
        let said = self.noted(opened, Word::DeskAuditOpened).await?;
        let (me, now_ms) = (self.me.clone(), self.app.now_ms());
        let write = self.app.writer.write(move |db| {
            access::open_for_audit(db, (&auditor, &me), &row, &entry.purpose, now_ms)
        });
        if !write.await? {
            return Err(DeskError::NotAllowed);
        }
        tracing::warn!(user.id = %self.me.id, document.id = %record, "A record was opened for an audit.");
        Ok(said)
    }

    async fn noted(&self, entry: Entry, done: Word) -> Result<Acted, DeskError> {
        match self.app.audit.note(vec![entry]).await {
            Err(StorageError::Unnoted(_)) => Ok(self.said(Word::DeskLogFailsHelp)),
            noted => Ok(noted.map(|()| self.said(done))?),
        }
    }

    /// What was asked for in the unit lately, and which of it was agreed to.
    fn requests(&self) -> Result<(Vec<Noted>, BTreeSet<i64>), DeskError> {
        let now_ms = self.app.now_ms();
        let (mut asked, mut opened) = (Vec::new(), BTreeSet::new());
        self.app.audit.read(|db| {
            let range = read::within(db, now_ms - ASKED_MS, now_ms)?;
            read::each(db, (range.0, i64::MAX), |noted| {
                let entry = &noted.entry;
                let is_of =
                    entry.unit == Some(self.me.unit) && noted.received_ms > now_ms - ASKED_MS;
                match entry.what {
                    What::AuditAsked if is_of => asked.push(noted),
                    What::AuditOpened if is_of => opened.extend(entry.about.parse::<i64>().ok()),
                    _ => {}
                }
                Ok(())
            })
        })?;
        Ok((asked, opened))
    }

    /// What was asked for lately, the newest first.
    pub(super) fn asked_to_open(&self) -> Result<Part, DeskError> {
        let (asked, opened) = self.requests()?;
        let mut lines = Vec::new();
        for noted in asked.iter().rev() {
            let entry = &noted.entry;
            let Some((who, record)) = entry.who.zip(entry.record) else { continue };
            let name = self.app.readers.read(|db| accounts::user(db, who))?;
            let number = self.app.row_readers.read(|db| rows::number_of(db, record))?;
            let is_open = opened.contains(&noted.seq);
            let is_own = who == self.me.id;
            let what = (Word::DeskAuditAgree, Sign::Tick, Word::DeskAuditAskHelp);
            let agree =
                self.act_of(log::HERE, ("audit-agree", &noted.seq.to_string()), what, Vec::new());
            let (word, tone) = if is_open {
                (Word::DeskAuditOpened, Tone::Good)
            } else {
                (Word::DeskAuditWaits, Tone::Decide)
            };
            let title = format!("{} {number}", self.kind_label(&entry.about));
            lines.push(Line {
                key: noted.seq.to_string(),
                href: (is_open && is_own).then(|| format!("{}/{record}", guard::HERE)),
                title: title.trim_end().to_owned(),
                detail: [name.map(|user| user.name).unwrap_or_default(), entry.purpose.clone()]
                    .join(" · "),
                figure: Self::moment(noted.received_ms),
                badges: vec![badge(self.w(word), tone)],
                actions: (!is_open && !is_own).then_some(agree).into_iter().collect(),
                ..Line::default()
            });
        }
        let none = self.w(Word::DeskAuditNone).to_owned();
        Ok(self.part("asked", Word::DeskAuditAsked, Body::Lines(lines, none)))
    }

    /// Where the page of an opened record leads back to.
    pub(super) fn back_from_opened(&self) -> (String, String) {
        let (place, word) = if self.me.is(Role::Supervisor) {
            (guard::HERE, Word::DeskGuard)
        } else {
            (log::HERE, Word::DeskLog)
        };
        (place.to_owned(), self.w(word).to_owned())
    }
}
