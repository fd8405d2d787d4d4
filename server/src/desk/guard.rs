//! `/administration/skydd`: protecting a record more, letting one person into it, and opening one in an emergency, with
//! a list of who did. `/administration/skydd/<id>` is what was opened: on the server only, for a day.

use std::sync::Arc;

use ankomst_shared::app::{Acted, Action, Body, Choice, Input, Line, PageView, Role, Sign, Tone};
use ankomst_shared::catalog::Catalog;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::text::Word;

use super::clean::place;
use super::people::day;
use super::sheets::Titled;
use super::{Answers, Desk, DeskError, text};
use crate::storage::StorageError;
use crate::storage::accesses::entry::{Entry, What};
use crate::storage::sqlite::grants::{self, GrantRow, LEVEL_MAX};
use crate::storage::sqlite::homes::standing;
use crate::storage::sqlite::log::{self, DocumentRow};
use crate::storage::sqlite::{accounts, rows, staff};
use crate::sync::access::{self, Need};
use crate::sync::behind;
use crate::sync::clean::CleanError;
use crate::sync::guard;
use crate::sync::rule::May;
use crate::sync::staff as assigned;

/// The place.
pub(super) const HERE: &str = "/administration/skydd";
/// What it is about when a record is opened in an emergency.
const NEEDS: [(&str, Word); 4] = [
    ("life", Word::DeskGuardLife),
    ("child", Word::DeskGuardChild),
    ("missing", Word::DeskGuardMissing),
    ("duty", Word::DeskGuardDuty),
];
/// Lines of a list.
const LINES_MAX: usize = 200;

impl Desk {
    /// What can be done, and what was.
    pub(super) fn guarding(&self) -> Result<PageView, DeskError> {
        let none = self.w(Word::DeskGuardNone).to_owned();
        let opened = Body::Lines(self.opened()?, none.clone());
        let mut parts = vec![
            self.notice("how", Tone::Info, Word::DeskGuardHelp),
            self.part("opened", Word::DeskGuardOpened, opened),
        ];
        let supervises = self.me.is(Role::Supervisor);
        let mut actions = if supervises { self.guard_actions() } else { Vec::new() };
        if self.administers() {
            let decides = self.app.readers.read(|db| staff::decides(db, self.me.unit))?;
            let (name, label, help) = if decides {
                ("unassign", Word::DeskAssignOff, Word::DeskAssignOffHelp)
            } else {
                ("assign", Word::DeskAssignOn, Word::DeskAssignOnHelp)
            };
            actions.push(self.act_of(HERE, (name, ""), (label, Sign::Folder, help), Vec::new()));
        }
        if supervises {
            let (raised, records) = self.raised()?;
            parts.push(self.part("raised", Word::DeskGuardRaised, Body::Lines(raised, none)));
            parts.extend(self.sheets(&records)?);
        }
        Ok(PageView {
            title: self.w(Word::DeskGuard).to_owned(),
            back: Some(self.back()),
            actions,
            parts,
            ..PageView::default()
        })
    }

    /// Lets assignment decide in the unit, or no more.
    pub(super) async fn set_assignment(&self, decides: bool) -> Result<Acted, DeskError> {
        let (app, unit) = (Arc::clone(&self.app), self.me.unit);
        // It goes on when who asked no longer waits.
        let done = tokio::spawn(async move { assigned::let_decide(&app, unit, decides).await });
        done.await.map_err(|_| StorageError::Stopped)??;
        Ok(self.said(Word::SavedDone))
    }

    fn guard_actions(&self) -> Vec<Action> {
        let record = || self.question("record", Word::DeskGuardRecord, Input::Text);
        let reason = || self.question("reason", Word::DeskGuardReason, Input::Text);
        let needs = NEEDS.map(|(code, word)| choice(code, self.w(word).to_owned())).to_vec();
        let raise = vec![record(), self.question("level", Word::DeskLevel, levels(1)), reason()];
        let let_in = vec![
            record(),
            self.question("login", Word::DeskLogin, Input::Text),
            self.question("role", Word::DeskRole, self.roles([Role::Caseworker, Role::Inspector])),
            self.question("until", Word::DeskGuardUntil, Input::Date),
            reason(),
        ];
        let open = vec![
            record(),
            self.question("need", Word::DeskGuardNeed, Input::Choice(needs)),
            reason(),
        ];
        let act = |name, label, sign, help, asked| {
            self.act_of(HERE, (name, ""), (label, sign, help), asked)
        };
        vec![
            act("open", Word::DeskGuardOpen, Sign::Danger, Word::DeskGuardOpenHelp, open),
            act("raise", Word::DeskGuardRaise, Sign::Shield, Word::DeskGuardRaiseHelp, raise),
            act("letin", Word::DeskGuardLet, Sign::Plus, Word::DeskGuardLetHelp, let_in),
        ]
    }

    /// Who opened what in an emergency, the newest first. Reasons are for supervisors.
    fn opened(&self) -> Result<Vec<Line>, DeskError> {
        let supervises = self.me.is(Role::Supervisor);
        let mut lines = Vec::new();
        self.app.readers.read(|db| {
            for grant in grants::of_need(db, self.me.unit, LINES_MAX)? {
                let who = accounts::user(db, grant.user)?.map(|user| user.name);
                let need = NEEDS.iter().find(|(code, _)| Some(*code) == grant.category.as_deref());
                let need = need.map_or(Word::DeskAuditOpened, |(_, word)| *word);
                let need = self.w(need).to_owned();
                let kind = grant.object.map(|id| log::document(db, id)).transpose()?.flatten();
                let kind = kind.map_or_else(String::new, |row| self.kind_words(&row.kind));
                let mut detail = vec![kind, need];
                detail.extend(supervises.then(|| grant.reason.clone()));
                lines.push(Line {
                    key: grant.id.to_string(),
                    href: (grant.user == self.me.id && grant.is_current(self.app.now_ms()))
                        .then(|| grant.object.map(|id| format!("{HERE}/{id}")))
                        .flatten(),
                    title: who.unwrap_or_default(),
                    detail: detail.join(" · "),
                    figure: Self::moment(grant.from_ms),
                    ..Line::default()
                });
            }
            Ok(())
        })?;
        Ok(lines)
    }

    /// Records that were protected more, as far as this person may read them, as lines and with their titles.
    fn raised(&self) -> Result<(Vec<Line>, Vec<Titled>), DeskError> {
        let found = self.app.readers.read(|db| {
            let rights = access::rights_now(db, &self.me)?;
            let mut found = Vec::new();
            for (row, level, reason) in grants::all_raised(db, self.me.unit)? {
                if access::may(db, &rights, &row)? >= May::Read {
                    found.push((row, level, reason));
                }
            }
            Ok(found)
        })?;
        let (mut lines, mut records) = (Vec::new(), Vec::new());
        for (row, level, reason) in found {
            self.saw(row.id, &row.kind);
            let title = self.app.row_readers.read(|db| rows::told(db, row.id))?;
            let title = title.map(|(title, _)| title).filter(|title| !title.is_empty());
            let title = title.unwrap_or_else(|| self.kind_words(&row.kind));
            records.push((row.id, title.clone()));
            lines.push(Line {
                key: row.id.to_string(),
                title,
                detail: reason,
                figure: format!("{} {level}", self.w(Word::DeskLevel)),
                ..Line::default()
            });
        }
        Ok((lines, records))
    }

    /// What was opened, field by field.
    pub(super) fn opened_record(&self, record: &str) -> Result<PageView, DeskError> {
        let id: DocumentId = record.parse().map_err(|_| DeskError::Nowhere)?;
        let row = self.app.readers.read(|db| {
            let Some(row) = log::document(db, id)? else { return Ok(None) };
            let may = access::may(db, &access::rights_now(db, &self.me)?, &row)?;
            Ok((self.reviews() && may >= May::Look).then_some((row, may)))
        })?;
        let (row, may) = row.ok_or(DeskError::Nowhere)?;
        self.saw(row.id, &row.kind);
        if may == May::Look {
            self.saw_in_need();
        }
        let state = match behind::stands(&self.app, id) {
            Ok(state) => state,
            Err(CleanError::Storage(error)) => return Err(error.into()),
            Err(_) => return Err(DeskError::Nowhere),
        };
        let catalog = Catalog::builtin();
        let facts = state.fields.iter().filter(|(_, state)| !state.value.is_null());
        let facts = facts.map(|(path, state)| {
            let located = catalog.locate(&row.kind, path);
            let plain = || state.value.as_str().unwrap_or_default().to_owned();
            let value = located
                .map_or_else(plain, |at| catalog.words(at.field, &state.value, self.language));
            (place(&row, path, self.language), value)
        });
        let facts = Body::Facts(facts.collect());
        Ok(PageView {
            title: self.kind_words(&row.kind),
            back: Some(self.back_from_opened()),
            parts: vec![
                self.notice("how", Tone::Danger, Word::DeskGuardOpenHelp),
                self.part("record", Word::Empty, facts),
            ],
            ..PageView::default()
        })
    }

    /// Does what the place offers; for supervisors.
    pub(super) async fn guard(&self, act: &str, answers: &Answers) -> Result<Acted, DeskError> {
        if !self.me.is(Role::Supervisor) {
            return Err(DeskError::NotAllowed);
        }
        let row = self.named(text(answers, "record")?)?;
        let reason = text(answers, "reason")?.to_owned();
        let may = self
            .app
            .readers
            .read(|db| access::may(db, &access::rights_now(db, &self.me)?, &row))?;
        if act == "open" {
            return self.open_in_need(row, (text(answers, "need")?, reason)).await;
        }
        if may < May::Write {
            return Err(DeskError::Nowhere);
        }
        if act == "letin" {
            return self.let_in(row, answers, reason).await;
        }
        let level = text(answers, "level")?.parse().map_err(|_| DeskError::BadValue("level"))?;
        if !(1..=LEVEL_MAX).contains(&level) {
            return Err(DeskError::BadValue("level"));
        }
        guard::raise(&self.app, (row.id, level), (self.me.id, reason)).await?;
        tracing::info!(user.id = %self.me.id, document.id = %row.id, level, "A record is protected more.");
        Ok(self.said(Word::SavedDone))
    }

    async fn open_in_need(
        &self,
        row: DocumentRow,
        (need, reason): (&str, String),
    ) -> Result<Acted, DeskError> {
        let known = NEEDS.into_iter().find(|(code, _)| *code == need);
        let (category, _) = known.ok_or(DeskError::BadValue("need"))?;
        let (me, id, now_ms) = (self.me.clone(), row.id, self.app.now_ms());
        let about = category.to_owned();
        let opened = Entry {
            record: Some(id),
            about,
            purpose: reason.clone(),
            unit: Some(row.unit),
            ..self.by().entry(What::OpenedInNeed)
        };
        // What comes of it is reading, so nothing comes of it without this.
        if access::may_open(&self.app, &self.me, &row)? {
            match self.app.audit.note(vec![opened]).await {
                Err(StorageError::Unnoted(_)) => return Ok(self.said(Word::DeskLogFailsHelp)),
                noted => noted?,
            }
        }
        let write = self.app.writer.write(move |db| {
            let need = Need { category, reason: &reason };
            access::open_in_need(db, &me, &row, need, now_ms)
        });
        if !write.await? {
            return Err(DeskError::NotAllowed);
        }
        tracing::warn!(user.id = %self.me.id, document.id = %id, category, "A record was opened in an emergency.");
        Ok(Acted { go: Some(format!("{HERE}/{id}")), ..self.said(Word::DeskGuardOpened) })
    }

    /// Lets a person of the unit into one record, as far as it is protected, until a day.
    async fn let_in(
        &self,
        row: DocumentRow,
        answers: &Answers,
        reason: String,
    ) -> Result<Acted, DeskError> {
        let login = text(answers, "login")?.to_lowercase();
        let to_ms = day(answers, "until", 1)?.ok_or(DeskError::BadValue("until"))?;
        let role = super::people::role(answers)?;
        let now_ms = self.app.now_ms();
        if to_ms <= now_ms || !matches!(role, Role::Caseworker | Role::Inspector) {
            return Err(DeskError::BadValue("until"));
        }
        let (user, level) = self.app.readers.read(|db| {
            let standing = standing(&row, |id| log::document(db, id))?;
            Ok((accounts::user_by_login(db, &login)?, standing.map_or(LEVEL_MAX, |at| at.level)))
        })?;
        let user = user.filter(|user| user.unit == self.me.unit && user.active);
        let user = user.ok_or(DeskError::BadValue("login"))?;
        let grant = GrantRow {
            object: Some(row.id),
            level,
            reason,
            from_ms: now_ms,
            to_ms: Some(to_ms),
            given_by: Some(self.me.id),
            ..GrantRow::of_role(user.id, row.unit, role)
        };
        let noted = Entry {
            record: grant.object,
            about: grant.user.to_string(),
            purpose: grant.reason.clone(),
            unit: Some(grant.unit),
            ..self.by().entry(What::LetIn)
        };
        self.app.writer.write(move |db| grants::add(db, &grant)).await?;
        self.app.audit.owe(vec![noted]).await;
        self.app.news.send_modify(|_| {});
        Ok(self.said(Word::SavedDone))
    }

    /// A record of the unit by its id, the end of its address, or its number. One of another unit is as if it were
    /// not there.
    pub(super) fn named(&self, wanted: &str) -> Result<DocumentRow, DeskError> {
        let end = wanted.rsplit('/').next().unwrap_or_default().trim();
        let id = match end.parse::<DocumentId>() {
            Ok(id) => Some(id),
            Err(_) => self.app.row_readers.read(|db| rows::numbered(db, self.me.unit, end))?,
        };
        let id = id.ok_or(DeskError::BadValue("record"))?;
        let found = self.app.readers.read(|db| log::document(db, id))?;
        found.filter(|row| row.unit == self.me.unit).ok_or(DeskError::BadValue("record"))
    }

    pub(super) fn kind_words(&self, kind: &str) -> String {
        let known = Catalog::builtin().kind(kind);
        known.map_or_else(|| kind.to_owned(), |known| known.label.get(self.language).to_owned())
    }
}

/// Levels to choose from.
pub(super) fn levels(first: u8) -> Input {
    let level = |level: u8| choice(&level.to_string(), level.to_string());
    Input::Choice((first..=LEVEL_MAX).map(level).collect())
}

fn choice(code: &str, label: String) -> Choice {
    Choice { code: code.to_owned(), label, help: None, chosen: false, lacks_reason: false }
}
