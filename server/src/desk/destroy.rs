//! `/administration/gallra/<id>`: what goes with a record when it is lawfully destroyed, what stands against it, and
//! doing it. For supervisors who may write the record and all that belongs to it.

use ankomst_shared::app::{
    Acted, Action, Body, Choice, Input, Language, Line, PageView, Question, Sign, Tone,
};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::limits::CUT_REASON_CHARS_MAX;
use ankomst_shared::text::Word;
use ankomst_shared::value::Value;

use super::made::badge;
use super::{Answers, Desk, DeskError};
use crate::storage::sqlite::log::DocumentRow;
use crate::storage::sqlite::rows;
use crate::sync::destroy::against::{self, Against, Found};
use crate::sync::destroy::{self, Asked, DestroyError, Ground, destroyable};

/// The place, before the record.
pub(super) const HERE: &str = "/administration/gallra/";

impl Desk {
    /// What goes, and what stands against it.
    pub(super) fn destroying(&self, record: &str) -> Result<PageView, DeskError> {
        let row = self.destroyable(record)?;
        let found = match against::found(&self.app, row.id) {
            Ok(found) => found,
            Err(DestroyError::Storage(error)) => return Err(error.into()),
            Err(_) => return Err(DeskError::Nowhere),
        };
        self.saw(row.id, &row.kind);
        let goes = found
            .kinds()
            .into_iter()
            .map(|(kind, count)| (Tone::Plain, vec![self.kind_words(kind), count.to_string()]));
        let heading =
            [Word::DeskHoldsKind, Word::DeskHoldsCount].map(|word| self.w(word).to_owned());
        let table = std::iter::once((Tone::Plain, heading.to_vec())).chain(goes).collect();
        let [bars, devices] = [self.barring(&found), self.holding(&found)];
        let none = |word| self.w(word).to_owned();
        let parts = vec![
            self.notice("how", Tone::Danger, Word::DeskDestroyHelp),
            self.part(
                "against",
                Word::DeskDestroyAgainst,
                Body::Lines(bars, none(Word::DeskDestroyNothing)),
            ),
            self.part("goes", Word::DeskDestroyGoes, Body::Table(table)),
            self.part(
                "devices",
                Word::DeskDestroyDevices,
                Body::Lines(devices, none(Word::DeskDestroyNowhere)),
            ),
        ];
        let told = self.app.row_readers.read(|db| rows::told(db, row.id))?;
        let name = told.map(|(title, _)| title).filter(|title| !title.is_empty());
        let title = self.w(Word::DeskDestroy);
        Ok(PageView {
            title: name.map_or_else(|| title.to_owned(), |name| format!("{title}: {name}")),
            back: Some(self.back()),
            actions: self.destroy_action(&found).into_iter().collect(),
            parts,
            ..PageView::default()
        })
    }

    /// A record that this person may destroy; any other is as if it were not there.
    fn destroyable(&self, record: &str) -> Result<DocumentRow, DeskError> {
        let row = self.cleanable(record)?;
        if self.is_destroyable(row.id)? { Ok(row) } else { Err(DeskError::Nowhere) }
    }

    /// Whether this person may destroy a record.
    pub(super) fn is_destroyable(&self, record: DocumentId) -> Result<bool, DeskError> {
        Ok(self.app.readers.read(|db| destroyable(db, &self.me, record))?.is_some())
    }

    /// Offered where some ground is left.
    fn destroy_action(&self, found: &Found) -> Option<Action> {
        let is_free = |ground: &Ground| !found.against.iter().any(|one| one.bars(*ground));
        let grounds: Vec<Choice> = Ground::ALL
            .into_iter()
            .filter(is_free)
            .map(|ground| Choice {
                code: ground.code().to_owned(),
                label: self.ground(ground.code()),
                help: None,
                chosen: false,
                lacks_reason: false,
            })
            .collect();
        if grounds.is_empty() {
            return None;
        }
        let confirm = Question {
            id: "confirm".to_owned(),
            label: self.f(Word::DeskDestroyConfirm, &[&found.name()]),
            input: Input::Text,
            value: Value::Null,
            required: true,
        };
        let asked = vec![
            self.question("ground", Word::DeskDestroyGround, Input::Choice(grounds)),
            self.question("reference", Word::DeskDestroyReference, Input::Text),
            confirm,
        ];
        let (here, subject) = (format!("{HERE}{}", found.row.id), found.row.id.to_string());
        let what = (Word::DeskDestroyDo, Sign::Danger, Word::DeskDestroyHelp);
        Some(self.act_of(&here, ("destroy", &subject), what, asked))
    }

    /// A ground in words.
    pub(super) fn ground(&self, code: &str) -> String {
        let word = match Ground::of(code) {
            Some(Ground::Retention) => Word::LostRetention,
            Some(Ground::Archive) => Word::LostArchive,
            _ => Word::LostDecision,
        };
        self.w(word).to_owned()
    }

    fn barring(&self, found: &Found) -> Vec<Line> {
        let [swedish, english] = &found.rule;
        let rule = if self.language == Language::Sv { swedish } else { english };
        let line = |(at, one): (usize, &Against)| {
            let (word, is_rule) = against_word(one);
            let count =
                if let Against::Held(count) = one { count.to_string() } else { String::new() };
            let free = Ground::ALL.into_iter().filter(|ground| !one.bars(*ground));
            let free: Vec<String> = free.map(|ground| self.ground(ground.code())).collect();
            let tone = if free.is_empty() { Tone::Danger } else { Tone::Decide };
            let bars = if free.is_empty() {
                self.w(Word::DeskDestroyBars).to_owned()
            } else {
                self.f(Word::DeskDestroyBarsBut, &[&free.join(", ")])
            };
            Line {
                key: at.to_string(),
                title: self.f(word, &[&count]),
                detail: if is_rule { rule.clone() } else { String::new() },
                badges: vec![badge(&bars, tone)],
                ..Line::default()
            }
        };
        found.against.iter().enumerate().map(line).collect()
    }

    fn holding(&self, found: &Found) -> Vec<Line> {
        let line = |one: &against::Holder| Line {
            key: one.device.to_string(),
            title: one.name.clone(),
            detail: self.w(Word::LastContact).to_owned(),
            figure: Self::moment(one.seen_ms),
            ..Line::default()
        };
        found.devices.iter().map(line).collect()
    }

    /// Destroys a record; answers `ground`, `reference`, `confirm`.
    pub(super) async fn destroy(
        &self,
        record: &str,
        answers: &Answers,
    ) -> Result<Acted, DeskError> {
        let row = self.destroyable(record)?;
        let said = |id: &str| {
            let found = answers.iter().find(|(known, _)| known == id);
            found.and_then(|(_, value)| value.as_str()).unwrap_or_default().to_owned()
        };
        let ground = Ground::of(&said("ground")).ok_or(DeskError::BadValue("ground"))?;
        let asked = Asked {
            record: row.id,
            ground,
            reference: said("reference"),
            confirm: said("confirm"),
            by: self.me.id,
        };
        let say = match destroy::destroy(&self.app, asked).await {
            Ok(done) => {
                let counts = [done.documents.to_string(), done.devices.to_string()];
                self.f(Word::DeskDestroyed, &[&counts[0], &counts[1]])
            }
            Err(error) => self.not_destroyed(error)?,
        };
        Ok(Acted { say, ..Acted::default() })
    }

    /// Why a record was not destroyed, in words.
    fn not_destroyed(&self, error: DestroyError) -> Result<String, DeskError> {
        let word = match error {
            DestroyError::Storage(error) => return Err(error.into()),
            DestroyError::Unknown => return Err(DeskError::Nowhere),
            DestroyError::Reference => {
                return Ok(self.f(Word::DeskDestroyWhy, &[&CUT_REASON_CHARS_MAX.to_string()]));
            }
            DestroyError::Begun(error) => {
                tracing::error!(%error, "A destruction was begun and could not be ended.");
                Word::DeskDestroyBegun
            }
            DestroyError::Confirm => Word::DeskDestroyTyped,
            DestroyError::Waits => Word::DeskDestroyWaits,
            DestroyError::Barred(against) => {
                let count = if let Against::Held(count) = &against { *count } else { 0 };
                let why = self.f(against_word(&against).0, &[&count.to_string()]);
                return Ok(self.f(Word::DeskDestroyBarred, &[&why]));
            }
        };
        Ok(self.w(word).to_owned())
    }
}

/// What stands against it in words, and whether the rule of keeping says it.
const fn against_word(against: &Against) -> (Word, bool) {
    match against {
        Against::Open => (Word::DeskDestroyOpen, false),
        Against::Hold => (Word::DeskDestroyHold, false),
        Against::Waits => (Word::DeskDestroyWaits, false),
        Against::Held(_) => (Word::DeskDestroyHeld, false),
        Against::Kept(_) => (Word::DeskDestroyKept, true),
        Against::NotYet(_) => (Word::DeskDestroyNotYet, true),
        Against::Unknown(_) => (Word::DeskDestroyUnknown, true),
    }
}
