//! `/register/passkeys`: a person's own passkeys; and what an administrator can do with those of others.

use ankomst_shared::app::{Acted, Action, Body, Choice, Input, Line, PageView, Sign, Tone};
use ankomst_shared::ids::{DeviceId, UserId};
use ankomst_shared::text::Word;

use super::made::badge;
use super::{Answers, Desk, DeskError, people, text};
use crate::accounts::passkeys::{ALL, has_one_for, is_needed, remove, short};
use crate::storage::accesses::entry::{Entry, What};
use crate::storage::sqlite::accounts::UserRow;
use crate::storage::sqlite::passkeys::{self, PasskeyRow};

/// The place.
pub(super) const HERE: &str = "/register/passkeys";

impl Desk {
    pub(super) fn own_passkeys(&self) -> Result<PageView, DeskError> {
        let rows = self.app.readers.read(|db| passkeys::of(db, self.me.id))?;
        let line = |row: &PasskeyRow| {
            let what = (Word::RegisterPasskeyOut, Sign::Cross, Word::RegisterPasskeyOutHelp);
            Line {
                actions: vec![self.act_of(HERE, ("passkey-out", &short(row)), what, Vec::new())],
                ..self.passkey_line(row)
            }
        };
        let none = self.w(Word::RegisterPasskeysNone).to_owned();
        let lines = Body::Lines(rows.iter().map(line).collect(), none);
        let mut part = self.part("passkeys", Word::RegisterPasskeys, lines);
        self.w(Word::RegisterPasskeysHelp).clone_into(&mut part.help);
        // Whoever takes the last one away where it is needed is told before.
        let last = rows.len() == 1 && is_needed(&self.app, self.me.unit)?;
        let last = last.then(|| self.notice("last", Tone::Decide, Word::RegisterPasskeyLast));
        Ok(PageView {
            title: self.w(Word::RegisterPasskeys).to_owned(),
            back: Some(("/surfplatta".to_owned(), self.w(Word::ThisDevice).to_owned())),
            parts: last.into_iter().chain([part]).collect(),
            ..PageView::default()
        })
    }

    /// Whether whoever is at this desk has one that is good for the host they have come by.
    pub(super) fn has_passkey(&self) -> Result<bool, DeskError> {
        Ok(has_one_for(&self.app, self.me.id, &self.origin)?)
    }

    fn passkey_line(&self, row: &PasskeyRow) -> Line {
        let made = self.f(Word::RegisterPasskeyMade, &[&Self::moment(row.made_ms)]);
        let used = match row.used_ms {
            Some(ms) => self.f(Word::RegisterPasskeyUsed, &[&Self::moment(ms)]),
            None => self.w(Word::RegisterPasskeyUnused).to_owned(),
        };
        let regressed = row
            .regressed_ms
            .map(|ms| badge(&self.f(Word::RegisterPasskeyTwo, &[&Self::moment(ms)]), Tone::Danger));
        Line {
            key: short(row),
            title: row.name.clone(),
            detail: format!("{made} · {used} · {}", row.host),
            badges: regressed.into_iter().collect(),
            ..Line::default()
        }
    }

    /// Removes one's own passkey, and ends the sessions on other devices: they may have been begun with it.
    pub(super) async fn remove_own_passkey(&self, which: &str) -> Result<Acted, DeskError> {
        self.remove_passkeys((self.me.id, which), Some(self.device)).await?;
        Ok(self.said(Word::RegisterPasskeyOutDone))
    }

    /// What an administrator is offered for somebody who has passkeys.
    pub(super) fn passkeys_action(&self, user: &UserRow) -> Result<Option<Action>, DeskError> {
        let rows = self.app.readers.read(|db| passkeys::of(db, user.id))?;
        if rows.is_empty() {
            return Ok(None);
        }
        let choice = |code: String, label: String| Choice {
            code,
            label,
            help: None,
            chosen: false,
            lacks_reason: false,
        };
        let mut choices = vec![choice(ALL.to_owned(), self.w(Word::DeskPasskeysAll).to_owned())];
        choices.extend(rows.iter().map(|row| {
            let line = self.passkey_line(row);
            choice(line.key, format!("{} ({})", line.title, line.detail))
        }));
        let what = (Word::DeskPasskeys, Sign::Cross, Word::DeskPasskeysHelp);
        let asked = vec![self.question("passkey", Word::DeskPasskey, Input::Choice(choices))];
        Ok(Some(self.act_of(people::HERE, ("passkeys", &user.id.to_string()), what, asked)))
    }

    /// Removes passkeys of somebody of the unit, and ends the sessions there are: they may have been begun with one.
    pub(super) async fn remove_passkeys_of(
        &self,
        user: &str,
        answers: &Answers,
    ) -> Result<Acted, DeskError> {
        let user = self.account(user)?;
        self.remove_passkeys((user.id, text(answers, "passkey")?), None).await?;
        Ok(self.said(Word::SavedDone))
    }

    async fn remove_passkeys(
        &self,
        (user, which): (UserId, &str),
        but: Option<DeviceId>,
    ) -> Result<(), DeskError> {
        let entry = Entry { about: user.to_string(), ..self.by().entry(What::PasskeyGone) };
        let is_gone = remove(&self.app, (user, which), but, entry).await?;
        if is_gone { Ok(()) } else { Err(DeskError::Nowhere) }
    }
}
