//! Half-typed answers of forms that are no records: why something is decided, what an act asks first.
//!
//! They are draft rows under `asked/<tab>/<question>` of the form's id, sealed as all drafts are, and
//! never become a change. Each tab writes rows of its own. A tab that comes to a form takes over what
//! stands there from before the vault was opened; of a tab that may still be open it takes a copy.

use ankomst_shared::app::Refusal;
use ankomst_shared::ids::DocumentId;
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

type At = (DocumentId, FieldPath);

/// Draft rows that go, and those that come.
#[derive(Default)]
pub(super) struct Change {
    pub(super) gone: Vec<At>,
    pub(super) kept: Vec<(At, Draft)>,
}

impl Open {
    /// Answers of a form, of one tab or of all; of all forms when none is named.
    fn answers(&self, form: Option<DocumentId>, tab: Option<&str>) -> Vec<(At, Draft)> {
        let mut found = Vec::new();
        for (at, draft) in self.drafts.pairs() {
            let is_theirs = tab.is_none_or(|tab| parts(&at.1).0 == tab);
            if is_asked(&at.1) && is_theirs && form.is_none_or(|form| at.0 == form) {
                found.push((at.clone(), draft.clone()));
            }
        }
        found
    }

    fn keeps(&mut self, at: At, value: Value, at_ms: i64) -> Change {
        let tab = parts(&at.1).0;
        if !self.tabs.seen.iter().any(|known| known == tab) {
            self.tabs.seen.push(tab.to_owned());
        }
        self.tabs.given.retain(|(form, from, _)| *form != at.0 || from != tab);
        let all = self.answers(None, None);
        let mut change = Change::default();
        if all.len() >= ASKED_MAX
            && let Some((oldest, _)) = all.into_iter().min_by_key(|(_, draft)| draft.at_ms)
        {
            change.gone.push(oldest);
        }
        // Never made a change of, whatever version of the app reads it.
        change.kept.push((at, Draft { value, fits: false, at_ms }));
        change
    }

    /// What a tab finds that comes to a form without answers of its own there: the newest of another.
    fn comes(&mut self, form: DocumentId, tab: &str) -> Change {
        let mut change = Change::default();
        let newest = self.answers(Some(form), None).into_iter();
        let Some(((_, newest), _)) = newest.max_by_key(|(_, draft)| draft.at_ms) else {
            return change;
        };
        let from = parts(&newest).0;
        let is_open = self.tabs.seen.iter().any(|known| known == from);
        for (at, draft) in self.answers(Some(form), Some(from)) {
            if let Ok(path) = FieldPath::parse(&format!("{ASKED}/{tab}/{}", parts(&at.1).1)) {
                change.kept.push(((form, path), draft));
            }
            if !is_open {
                change.gone.push(at);
            }
        }
        if is_open {
            self.tabs.given.push((form, from.to_owned(), tab.to_owned()));
        }
        self.tabs.seen.push(tab.to_owned());
        change
    }

    /// The tab's answers go, and those it was given and has thereby dealt with.
    fn leaves(&mut self, form: DocumentId, tab: &str) -> Change {
        let mut change = Change::default();
        for (at, _) in self.answers(Some(form), None) {
            let writer = parts(&at.1).0;
            let is_given = |given: &(DocumentId, String, String)| {
                given.0 == form && given.1 == writer && given.2 == tab
            };
            if writer == tab || self.tabs.given.iter().any(is_given) {
                change.gone.push(at);
            }
        }
        self.tabs.given.retain(|(known, _, to)| *known != form || to != tab);
        change
    }
}

impl<P: Platform> Core<P> {
    /// Keeps an answer; the turn must be taken.
    pub(super) async fn keep_answer(&self, at: At, value: Value) -> Result<(), Refusal> {
        if value.as_str().is_some_and(|text| text.len() > FIELD_TEXT_BYTES_MAX) {
            return Err(Refusal::BadValue);
        }
        let now_ms = self.now_ms();
        let change = self.with_open(|open| Ok(open.keeps(at, value, now_ms)))?;
        self.change_drafts(change).await
    }

    /// A tab comes to a form and is given what is half typed there; or it leaves it, done or given up.
    pub(super) async fn asked(
        &self,
        (form, tab): (DocumentId, &str),
        leaves: bool,
    ) -> Result<Vec<(String, Value)>, Refusal> {
        let _turn = self.0.turn.take().await;
        let change = self.with_open(|open| {
            let has_own = !open.answers(Some(form), Some(tab)).is_empty();
            Ok(match (leaves, has_own) {
                (true, _) => open.leaves(form, tab),
                (false, false) => open.comes(form, tab),
                (false, true) => Change::default(),
            })
        })?;
        if !(change.gone.is_empty() && change.kept.is_empty()) {
            self.change_drafts(change).await?;
        }
        let own = self.with_open(|open| Ok(open.answers(Some(form), Some(tab))))?;
        Ok(own
            .into_iter()
            .map(|((_, path), draft)| (parts(&path).1.to_owned(), draft.value))
            .collect())
    }

    /// Changes draft rows in memory and on the disk; the turn must be taken.
    pub(super) async fn change_drafts(&self, change: Change) -> Result<(), Refusal> {
        let user = self.with_open(|open| Ok(open.user()))?;
        let mut rows = Vec::new();
        for (form, path) in &change.gone {
            rows.push(Write::delete(Table::Drafts, draft_key(user, *form, path)));
        }
        for ((form, path), draft) in &change.kept {
            rows.push(self.sealed(Table::Drafts, draft_key(user, *form, path), draft)?);
        }
        // In memory first: nothing typed is thrown away when the device cannot write.
        self.with_open(|open| {
            for at in &change.gone {
                open.drafts.remove(at);
            }
            for (at, draft) in change.kept {
                open.drafts.insert(at, draft);
            }
            Ok(())
        })?;
        // A device shows that it can write by writing something.
        if rows.is_empty() {
            rows.push(self.language_row());
        }
        self.commit(rows).await
    }
}
