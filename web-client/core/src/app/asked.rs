//! Half-typed answers of forms that are no records: why something is decided, what an act asks first.
//!
//! They are draft rows under `asked/<tab>/<question>` of the form's id, sealed as all drafts are, and
//! never become a change. Each tab writes rows of its own. A tab that comes to a form takes over what
//! stands there from before the vault was opened; of a tab that may still be open it takes a copy.

use ankomst_shared::app::Refusal;
use ankomst_shared::ids::{DocumentId, UserId};
use ankomst_shared::limits::{ASKED_MAX, FIELD_TEXT_BYTES_MAX};
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;

use super::rows::{Draft, draft_key};
use super::state::{Core, Open};
use crate::platform::Platform;
use crate::store::{Table, Write};

/// The first part of the path of such an answer.
const ASKED: &str = "asked";

/// What is known of tabs since the vault was opened.
#[derive(Default)]
pub(super) struct Tabs {
    /// Tabs that have typed into a form or taken one over.
    seen: Vec<String>,
    /// Form, the tab whose answers another one was given, and that one; until the first types on.
    given: Vec<(DocumentId, String, String)>,
}

/// Whether a path is that of an answer to a form.
pub(super) fn is_asked(path: &FieldPath) -> bool {
    path.segments().head == ASKED
}

/// Tab and question of the path of an answer.
fn parts(path: &FieldPath) -> (&str, &str) {
    let [tab, question, _] = path.segments().rest;
    (tab.unwrap_or_default(), question.unwrap_or_default())
}

type Kept = ((DocumentId, FieldPath), Draft);

impl Open {
    fn answers(&self, wanted: impl Fn(DocumentId, &str) -> bool) -> Vec<Kept> {
        let all = self.drafts.pairs().iter().filter(|((_, path), _)| is_asked(path));
        all.filter(|((form, path), _)| wanted(*form, parts(path).0)).cloned().collect()
    }

    fn is_there(&mut self, tab: &str) {
        if !self.tabs.seen.iter().any(|known| known == tab) {
            self.tabs.seen.push(tab.to_owned());
        }
    }
}

impl<P: Platform> Core<P> {
    /// Keeps an answer; the turn must be taken.
    pub(super) async fn keep_answer(
        &self,
        form: DocumentId,
        path: FieldPath,
        value: Value,
    ) -> Result<(), Refusal> {
        if value.as_str().is_some_and(|text| text.len() > FIELD_TEXT_BYTES_MAX) {
            return Err(Refusal::BadValue);
        }
        let at_ms = self.now_ms();
        let (user, oldest) = self.with_open(|open| {
            let tab = parts(&path).0;
            open.is_there(tab);
            open.tabs.given.retain(|(known, from, _)| *known != form || from != tab);
            let all = open.answers(|_, _| true);
            let oldest = all.iter().min_by_key(|(_, draft)| draft.at_ms);
            let oldest = oldest.filter(|_| all.len() >= ASKED_MAX).map(|(at, _)| at.clone());
            Ok((open.user(), oldest))
        })?;
        // Never made a change of, whatever version of the app reads it.
        let kept = ((form, path), Draft { value, fits: false, at_ms });
        self.change_answers(user, oldest.into_iter().collect(), vec![kept]).await
    }

    /// What a tab that comes to a form finds there: its own answers, or the newest of another.
    pub(super) async fn asked(
        &self,
        form: DocumentId,
        tab: &str,
    ) -> Result<Vec<(String, Value)>, Refusal> {
        let _turn = self.0.turn.take().await;
        let (user, gone, mut found) = self.with_open(|open| {
            let own = open.answers(|known, writer| known == form && writer == tab);
            let all = open.answers(|known, _| known == form);
            let newest = all.iter().max_by_key(|(_, draft)| draft.at_ms);
            let Some(((_, path), _)) = newest.filter(|_| own.is_empty()) else {
                return Ok((open.user(), Vec::new(), own));
            };
            let from = parts(path).0.to_owned();
            let theirs = open.answers(|known, writer| known == form && writer == from);
            let mine = theirs.iter().filter_map(|((_, path), draft)| {
                let path = FieldPath::parse(&format!("{ASKED}/{tab}/{}", parts(path).1)).ok()?;
                Some(((form, path), draft.clone()))
            });
            let mine = mine.collect();
            let gone = if open.tabs.seen.contains(&from) {
                open.tabs.given.push((form, from, tab.to_owned()));
                Vec::new()
            } else {
                theirs.into_iter().map(|(at, _)| at).collect()
            };
            open.is_there(tab);
            Ok((open.user(), gone, mine))
        })?;
        self.change_answers(user, gone, found.clone()).await?;
        let answers = found.drain(..);
        Ok(answers.map(|((_, path), draft)| (parts(&path).1.to_owned(), draft.value)).collect())
    }

    /// A form is done or given up: the tab's answers go, and those it was given and has thereby dealt
    /// with.
    pub(super) async fn answered(&self, form: DocumentId, tab: &str) -> Result<(), Refusal> {
        let _turn = self.0.turn.take().await;
        let (user, gone) = self.with_open(|open| {
            let given = core::mem::take(&mut open.tabs.given);
            let (dealt, left) = given.into_iter().partition(|(known, _, to)| *known == form && to == tab);
            open.tabs.given = left;
            let dealt: Vec<(DocumentId, String, String)> = dealt;
            let gone = open.answers(|known, writer| {
                known == form && (writer == tab || dealt.iter().any(|(_, from, _)| from == writer))
            });
            Ok((open.user(), gone.into_iter().map(|(at, _)| at).collect::<Vec<_>>()))
        })?;
        self.change_answers(user, gone, Vec::new()).await
    }

    async fn change_answers(
        &self,
        user: UserId,
        gone: Vec<(DocumentId, FieldPath)>,
        kept: Vec<Kept>,
    ) -> Result<(), Refusal> {
        let key = |(form, path): &(DocumentId, FieldPath)| draft_key(user, *form, path);
        let mut rows: Vec<Write> =
            gone.iter().map(|at| Write::delete(Table::Drafts, key(at))).collect();
        for (at, draft) in &kept {
            rows.push(self.sealed(Table::Drafts, key(at), draft)?);
        }
        // In memory first: nothing typed is thrown away when the device cannot write.
        self.with_open(|open| {
            for at in &gone {
                open.drafts.remove(at);
            }
            for (at, draft) in kept {
                open.drafts.insert(at, draft);
            }
            Ok(())
        })?;
        if rows.is_empty() { Ok(()) } else { self.commit(rows).await }
    }
}
