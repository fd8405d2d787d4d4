//! What pages offer to do. Reading order: this file (one arm for each), [`entries`] (making, taking
//! away, setting), [`same`] (cards of one person), [`placing`] (who lives where), [`signing`], [`found`] (deficiencies that an
//! inspection makes).

mod entries;
mod found;
mod placing;
mod same;
mod signing;

use ankomst_shared::app::{Act, Acted, Query, Refusal};
use ankomst_shared::chunk::sha256;
use ankomst_shared::document::Edit;
use ankomst_shared::ids::{DocumentId, base32};
use ankomst_shared::path::FieldPath;
use ankomst_shared::text::{Word, fill, w};
use ankomst_shared::value::Value;

use super::rows::standing_key;
use super::state::Core;
use crate::platform::Platform;
use crate::store::Table;

/// Answers to the questions of an act.
pub(super) struct Answers(pub(super) Vec<(String, Value)>);

impl Answers {
    fn value(&self, id: &str) -> Option<&Value> {
        self.0.iter().find(|(known, _)| known == id).map(|(_, value)| value)
    }

    /// A text that is not empty.
    fn text(&self, id: &str) -> Result<&str, Refusal> {
        let text = self.value(id).and_then(Value::as_str).map(str::trim);
        text.filter(|text| !text.is_empty()).ok_or(Refusal::BadValue)
    }
}

/// What tells a signed text from any other.
pub(super) fn body_hash(text: &str) -> String {
    base32(&sha256(&[b"ankomst note", text.as_bytes()]))
}

/// One answer.
pub(super) fn edit(key: &str, value: Value) -> Option<Edit> {
    Some(Edit { path: FieldPath::parse(key).ok()?, value })
}

impl<P: Platform> Core<P> {
    /// Does what a page offered.
    pub(super) async fn act(
        &self,
        act: Act,
        answers: Vec<(String, Value)>,
    ) -> Result<Acted, Refusal> {
        let answers = Answers(answers);
        match act {
            Act::NewCase => return self.new_case(answers.text("label")?).await,
            Act::NewResidence => return self.new_residence(&answers).await,
            Act::New { kind, parent } => return self.new_of_kind(&kind, parent, answers.0).await,
            Act::StartRun { parent, checklist } => {
                return self.start_run(parent, &checklist, answers).await;
            }
            Act::TakeAlong { residence, keep } => return self.take_along(residence, keep).await,
            Act::Add { parent, list } => return self.add(parent, &list, answers.0).await,
            Act::Remove { document, list, entry } => {
                return self.remove(document, (&list, &entry), answers.text("reason")?).await;
            }
            Act::Set { document, mut values } => {
                for (key, value) in answers.0 {
                    values.push((FieldPath::parse(&key).map_err(|_| Refusal::BadValue)?, value));
                }
                return self.set_values(document, values).await;
            }
            Act::Same(case, entry, other, joined) => {
                return self.same((case, &entry), &other, joined, answers.text("reason")?).await;
            }
            Act::Count { document, path } => return self.count_one(document, &path).await,
            Act::Place { residence, room, bed } => {
                return self.place((residence, &room, bed.as_deref()), &answers).await;
            }
            Act::Move { residence, occupant } => {
                return self.move_on(residence, &occupant, &answers).await;
            }
            Act::End { residence, occupant } => {
                return self.end(residence, &occupant, &answers).await;
            }
            Act::Sign { document, entry } => return self.sign(document, entry.as_deref()).await,
            Act::Reopen(run) => return self.reopen(run, answers.text("reason")?).await,
            Act::Correct { document, entry } => {
                return self.correct(document, &entry, &answers).await;
            }
            Act::Sighting { document, entry } => return self.sighting(document, &entry).await,
            Act::Understood => self.understood(None).await?,
            Act::Seen(record) => self.understood(Some(record)).await?,
            Act::Lock => self.shut().await,
            Act::Pin => return self.set_pin(answers.value("pin").and_then(Value::as_str)),
            Act::OpenAgain(document) => return self.open_again(document).await,
            Act::NoPasskey => return self.drop_key().await,
            Act::SignOut => self.sign_out().await?,
            Act::Sync => self.exchange_again()?,
            Act::Speak(language) => self.set_language(language).await?,
            // The page does these itself.
            Act::Go(_)
            | Act::Persist
            | Act::Theme(_)
            | Act::Print
            | Act::SafetyCopy
            | Act::HandOver(_)
            | Act::Passkey
            | Act::Save(..) => {}
            Act::Server(page, name) => return self.server_act(&page, &name, answers.0).await,
        }
        Ok(Acted::default())
    }

    /// Words in the language of the person.
    pub(super) fn say(&self, word: Word, parts: &[&str]) -> String {
        fill(w(self.0.state.borrow().language, word), parts)
    }

    /// Said, with what takes it back.
    fn done(&self, word: Word, undo: Option<Act>) -> Acted {
        Acted { say: self.say(word, &[]), undo, ..Acted::default() }
    }

    /// The introduction was read, or that work in a destroyed record was lost.
    async fn understood(&self, record: Option<DocumentId>) -> Result<(), Refusal> {
        self.change_standing(|standing| {
            standing.understood |= record.is_none();
            let lost = standing.lost.iter_mut();
            lost.filter(|one| Some(one.what.record) == record).for_each(|one| one.is_seen = true);
        })
        .await?;
        self.tell(vec![Query::Page(String::new())]);
        Ok(())
    }

    /// Changes what is kept of where this device stands.
    pub(in crate::app) async fn change_standing(
        &self,
        change: impl Fn(&mut super::rows::Standing),
    ) -> Result<(), Refusal> {
        let _turn = self.0.turn.take().await;
        let (user, mut standing) =
            self.with_open(|open| Ok((open.user(), open.standing.clone())))?;
        change(&mut standing);
        let row = self.sealed(Table::Meta, standing_key(user), &standing)?;
        self.commit(vec![row]).await?;
        self.with_open(|open| {
            change(&mut open.standing);
            Ok(())
        })
    }

    /// Asks for a whole exchange, also while the live socket is open.
    fn exchange_again(&self) -> Result<(), Refusal> {
        self.with_open(|open| {
            open.wants_again = true;
            Ok(())
        })?;
        self.0.wake.put(());
        Ok(())
    }

    async fn take_along(&self, residence: DocumentId, keep: bool) -> Result<Acted, Refusal> {
        self.change_standing(|standing| {
            standing.wants.retain(|id| *id != residence);
            standing.returned.retain(|id| *id != residence);
            if keep {
                standing.wants.push(residence);
            }
        })
        .await?;
        self.exchange_again()?;
        self.tell(vec![Query::Page(String::new())]);
        Ok(self.done(if keep { Word::TakeDone } else { Word::LetGoDone }, None))
    }
}
