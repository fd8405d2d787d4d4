//! `/administration/hallna`: changes that wait for a person, and deciding about them. For supervisors of the unit;
//! administrators see who waits and why, not for what.

use std::collections::BTreeSet;

use ankomst_shared::app::{Acted, Action, Body, Input, Line, PageView, Part, Role, Sign, Tone};
use ankomst_shared::ids::{ChangeHash, DocumentId, UserId, base32};
use ankomst_shared::limits::CUT_REASON_CHARS_MAX;
use ankomst_shared::text::{Word, held as held_words};

use super::made::badge;
use super::{Answers, Desk, DeskError, text};
use crate::storage::StorageError;
use crate::storage::sqlite::decided::{self, DecidedRow, What};
use crate::storage::sqlite::held::REFUSED;
use crate::storage::sqlite::log::{self, DocumentRow};
use crate::storage::sqlite::{Connection, accounts, cuts};
use crate::sync::access;
use crate::sync::held::{self, Asked, Group, HeldError};

/// The place.
pub(super) const HERE: &str = "/administration/hallna";
/// Most lines of a part.
const LINES_MAX: usize = 2_000;
/// How long what was decided is shown, in milliseconds.
pub(super) const LATELY_MS: i64 = 90 * 24 * 3_600_000;

impl Desk {
    pub(super) fn held(&self) -> Result<PageView, DeskError> {
        let mut lines = [Vec::new(), Vec::new()];
        self.app.readers.read(|db| {
            let rights = access::rights_now(db, &self.me)?;
            for group in held::groups(&self.app, db, self.me.unit)? {
                if !access::oversees(db, &rights, &group.document)? {
                    continue;
                }
                let [waits, refused] = &mut lines;
                let list = if group.reason == REFUSED { refused } else { waits };
                if list.len() < LINES_MAX {
                    list.push(self.group(db, &group)?);
                }
            }
            Ok(())
        })?;
        let [waits, refused] = lines;
        let none = self.w(Word::DeskHeldNone).to_owned();
        let mut parts = vec![
            self.notice("how", Tone::Info, Word::DeskHeldHelp),
            self.part("held", Word::DeskHeld, Body::Lines(waits, none)),
        ];
        if !refused.is_empty() {
            let body = Body::Lines(refused, String::new());
            parts.push(self.part("refused", Word::DeskHeldRefused, body));
        }
        parts.extend(self.lately()?);
        Ok(PageView {
            title: self.w(Word::DeskHeld).to_owned(),
            back: Some(self.back()),
            parts,
            ..PageView::default()
        })
    }

    /// Changes that are decided about together, as a line.
    pub(super) fn group(&self, db: &Connection, group: &Group) -> Result<Line, StorageError> {
        let reads = self.decides() && access::may_read(db, &self.me, &group.document)?.is_some();
        let who = person_name(db, group.user)?;
        let first = group.changes.first();
        let key = first.map(|chunk| base32(chunk.hash.as_bytes())).unwrap_or_default();
        let what = self.record(&group.document, reads)?;
        let count = self.f(Word::HeldCount, &[&group.changes.len().to_string()]);
        let mut detail = vec![self.why(&group.reason), count];
        if !group.follow.is_empty() {
            detail.push(self.f(Word::DeskHeldFollow, &[&group.follow.len().to_string()]));
        }
        if let Some(row) = &group.refused {
            detail = vec![self.decided_words(db, row)?, self.why(&row.held_for)];
        }
        let own = group.user == self.me.id;
        let mut badges = Vec::new();
        if own && self.decides() {
            badges.push(badge(self.w(Word::DeskHeldOwn), Tone::Info));
        } else if group.is_free && group.can_be_released() {
            badges.push(badge(self.w(Word::DeskHeldFree), Tone::Info));
        }
        Ok(Line {
            href: reads.then(|| format!("{HERE}/{}/{key}", group.document.id)),
            key: format!("{}/{key}", group.document.id),
            title: format!("{who}: {what}"),
            detail: detail.join(" · "),
            figure: first.map_or_else(String::new, |chunk| Self::moment(chunk.received_ms)),
            badges,
            actions: self.group_actions(db, group)?,
            ..Line::default()
        })
    }

    /// What this person may do about a group.
    pub(super) fn group_actions(
        &self,
        db: &Connection,
        group: &Group,
    ) -> Result<Vec<Action>, StorageError> {
        let mut actions = Vec::new();
        let Some(first) = group.changes.first() else { return Ok(actions) };
        if !self.decides() || group.user == self.me.id {
            return Ok(actions);
        }
        // Only what was shown is decided about: the newest of it is named.
        let hash = base32(first.hash.as_bytes());
        let subject = format!("{}/{hash}/{}", group.document.id, group.newest());
        let ask = || vec![self.question("reason", Word::DeskHeldReason, Input::Text)];
        if group.can_be_released() && access::may_write(db, &self.me, &group.document)?.is_some() {
            let what = (Word::DeskHeldRelease, Sign::Tick, Word::DeskHeldReleaseHelp);
            actions.push(self.act_of(HERE, ("release", &subject), what, ask()));
        }
        let may_refuse = access::may_read(db, &self.me, &group.document)?.is_some();
        if may_refuse && group.reason != REFUSED && group.reason != cuts::CLEANED {
            let what = (Word::DeskHeldRefuse, Sign::Cross, Word::DeskHeldRefuseHelp);
            actions.push(self.act_of(HERE, ("refuse", &subject), what, ask()));
        }
        Ok(actions)
    }

    /// Whether this person decides about what is held at all.
    pub(super) fn decides(&self) -> bool {
        self.me.is(Role::Supervisor)
    }

    /// Releases or refuses a group as it was shown: `<record>/<first change>/<newest arrival>`; answer `reason`.
    pub(super) async fn decide(
        &self,
        (subject, is_release): (&str, bool),
        answers: &Answers,
    ) -> Result<Acted, DeskError> {
        if !self.decides() {
            return Err(DeskError::NotAllowed);
        }
        let mut parts = subject.split('/');
        let (Some(document), Some(first), Some(newest), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(DeskError::Nowhere);
        };
        let newest: i64 = newest.parse().map_err(|_| DeskError::Nowhere)?;
        let group = self.found(document, first)?;
        let reason = text(answers, "reason")?.to_owned();
        let shown = group.changes.iter().filter(|chunk| chunk.received <= newest);
        let hashes: Vec<ChangeHash> = shown.map(|chunk| chunk.hash).collect();
        let asked =
            Asked { document: group.document.id, hashes, is_release, reason, by: self.me.id };
        let say = match held::decide(&self.app, asked).await {
            Ok(done) if is_release => self.f(Word::DeskHeldReleased, &[&done.let_in.to_string()]),
            Ok(_) => self.w(Word::DeskHeldRefusedDone).to_owned(),
            Err(error) => {
                let most = CUT_REASON_CHARS_MAX.to_string();
                return Ok(Acted { say: self.f(refused(error)?, &[&most]), ..Acted::default() });
            }
        };
        Ok(Acted { say, go: Some(HERE.to_owned()), ..Acted::default() })
    }

    /// A group of this unit by its record and one of its changes; of records that this person may not read there
    /// is none.
    pub(super) fn found(&self, document: &str, hash: &str) -> Result<Group, DeskError> {
        let document: DocumentId = document.parse().map_err(|_| DeskError::Nowhere)?;
        let hash: ChangeHash = hash.parse().map_err(|_| DeskError::Nowhere)?;
        let found = self.app.readers.read(|db| {
            let row = log::document(db, document)?;
            let Some(row) = row.filter(|row| row.unit == self.me.unit) else { return Ok(None) };
            if access::may_read(db, &self.me, &row)?.is_none() {
                return Ok(None);
            }
            let groups = held::groups(&self.app, db, self.me.unit)?;
            let has = |group: &Group| group.changes.iter().any(|chunk| chunk.hash == hash);
            Ok(groups.into_iter().find(|group| group.document.id == document && has(group)))
        })?;
        found.ok_or(DeskError::Nowhere)
    }

    /// Why something is held, in words.
    pub(super) fn why(&self, reason: &str) -> String {
        held_words::why(self.language, reason)
    }

    /// A decision in words: what, by whom and why.
    pub(super) fn decided_words(
        &self,
        db: &Connection,
        row: &DecidedRow,
    ) -> Result<String, StorageError> {
        let by = match row.by {
            Some(by) => person_name(db, by)?,
            None => String::new(),
        };
        Ok(match row.what {
            What::Released => self.f(Word::DeskHeldWasReleased, &[&by, &row.reason]),
            What::Refused => self.f(Word::DeskHeldWasRefused, &[&by, &row.reason]),
            What::HandedOver => self.w(Word::DeskHandedOver).to_owned(),
        })
    }

    /// What was let in lately in records that this person may read, with what came after a hand-over.
    pub(super) fn lately(&self) -> Result<Option<Part>, DeskError> {
        let mut seen: BTreeSet<(DocumentId, i64, &str)> = BTreeSet::new();
        let mut lines = Vec::new();
        self.app.readers.read(|db| {
            let since_ms = self.app.now_ms() - LATELY_MS;
            for one in decided::since(db, self.me.unit, since_ms, LINES_MAX * 10)? {
                // What was decided together, or came together, is one line.
                let is_new = seen.insert((one.document, one.at_ms / 60_000, one.what.name()));
                if !is_new || one.what == What::Refused || lines.len() >= LINES_MAX {
                    continue;
                }
                lines.extend(self.late(db, &one)?);
            }
            Ok(())
        })?;
        let body = Body::Lines(lines, String::new());
        let is_empty = matches!(&body, Body::Lines(lines, _) if lines.is_empty());
        Ok((!is_empty).then(|| self.part("lately", Word::DeskHeldLately, body)))
    }

    fn late(&self, db: &Connection, one: &DecidedRow) -> Result<Option<Line>, StorageError> {
        let Some(row) = log::document(db, one.document)? else { return Ok(None) };
        if access::may_read(db, &self.me, &row)?.is_none() {
            return Ok(None);
        }
        let chunk = log::chunk_of(db, one.document, one.hash)?;
        let who = match chunk {
            Some(chunk) => person_name(db, chunk.user)?,
            None => String::new(),
        };
        Ok(Some(Line {
            key: format!("{}/{}", base32(one.hash.as_bytes()), one.at_ms),
            href: self.address_of(db, &row)?,
            title: format!("{who}: {}", self.record(&row, true)?),
            detail: format!("{} · {}", self.decided_words(db, one)?, self.why(&one.held_for)),
            figure: Self::moment(one.at_ms),
            ..Line::default()
        }))
    }

    /// How many changes of a person wait to be decided about, as a sentence; nothing of none.
    pub(super) fn waits_of(&self, user: UserId) -> Result<String, DeskError> {
        let all = self.app.readers.read(|db| log::held(db, Some(user)))?;
        let is_open =
            |reason: Option<&str>| reason != Some(REFUSED) && reason != Some(cuts::CLEANED);
        let count = all.iter().filter(|chunk| is_open(chunk.reason.as_deref())).count();
        Ok(match count {
            0 => String::new(),
            count => format!(" {}", self.f(Word::DeskAgainHeld, &[&count.to_string()])),
        })
    }

    /// The record a document belongs to, in words; its name for who may read it.
    pub(super) fn record(&self, row: &DocumentRow, reads: bool) -> Result<String, StorageError> {
        let label = self.kind_label(&row.kind);
        if !reads {
            return Ok(label);
        }
        Ok(match self.record_title(row)? {
            title if title.is_empty() => label,
            title => format!("{label}, {title}"),
        })
    }
}

/// The name of a person; empty if nobody is known.
pub(super) fn person_name(db: &Connection, user: UserId) -> Result<String, StorageError> {
    Ok(accounts::user(db, user)?.map(|user| user.name).unwrap_or_default())
}

/// Why it was not done, in words; or as a refusal of the desk.
fn refused(error: HeldError) -> Result<Word, DeskError> {
    match error {
        HeldError::Storage(error) => Err(DeskError::Storage(error)),
        HeldError::NotAllowed => Err(DeskError::NotAllowed),
        HeldError::Reason => Ok(Word::DeskCleanWhy),
        HeldError::Unknown => Ok(Word::DeskHeldNoMore),
        HeldError::Own => Ok(Word::DeskHeldNotOwn),
        HeldError::Crowded => Ok(Word::DeskHeldCrowded),
        HeldError::Base => Ok(Word::DeskHeldBase),
        HeldError::Untried => Ok(Word::DeskHeldUntried),
    }
}
