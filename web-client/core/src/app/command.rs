//! What a page asks, one arm for each command.

use ankomst_shared::app::{Answer, Command, Query, Refusal, Reply, Request, Role, View};
use ankomst_shared::catalog::Catalog;
use ankomst_shared::conflict::own_edits;
use ankomst_shared::document::Edit;
use ankomst_shared::ids::{ConflictId, DocumentId};
use ankomst_shared::merge::{review_edits, settle_edits, withdraw_edits};
use ankomst_shared::packed::to_bytes;
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::header::review_of;
use ankomst_shared::value::Value;
use zeroize::Zeroizing;

use super::asked;
use super::desk::SERVER_PAGES;
use super::passkey::Secret;
use super::state::Core;
use crate::platform::Platform;

impl<P: Platform> Core<P> {
    /// Answers a message of a page. The answer to bytes that cannot be read has number 0.
    pub async fn receive(&self, message: &[u8]) -> Vec<u8> {
        self.0.state.borrow_mut().beat.has_page = true;
        let (id, reply) = match Request::read(message, &self.0.build) {
            Ok(request) => (request.id, self.handle(request.command).await),
            Err((id, refusal)) => (id, Reply::Refused(refusal)),
        };
        to_bytes(&Answer::Reply(id, reply))
    }

    /// Carries out a command; whether it may come, [`Core::handle`] has asked.
    pub(super) async fn carry_out(&self, command: Command) -> Result<Reply, Refusal> {
        match command {
            Command::Status => return Ok(Reply::Status(self.status())),
            Command::Get(Query::Page(address))
                if SERVER_PAGES.iter().any(|place| address.starts_with(place)) =>
            {
                return self.server_page(&address).await.map(|page| Reply::View(View::Page(page)));
            }
            Command::Get(query) => {
                if let Some(write) = self.note_look(&query)? {
                    // A device that cannot write says so; what is on it can be read all the same.
                    let _as_before = self.commit(vec![write]).await;
                }
                return self.view(&query).map(Reply::View);
            }
            Command::Printed(records) => self.printed(&records).await?,
            Command::Type { document, path, value } => {
                let is_asked = asked::is_asked(&path);
                self.type_value(document, path, value).await?;
                if !is_asked {
                    self.tell(self.queries_of(document));
                }
                return Ok(Reply::Saved);
            }
            Command::AddEntry { document, list, answers } => {
                let entry = self.add_entry(document, &list, answers).await?;
                return Ok(Reply::Entry(entry.to_string()));
            }
            Command::Act(act, answers) => return self.act(act, answers).await.map(Reply::Acted),
            Command::SignIn(request) => self.sign_in(request).await?,
            Command::Unlock { login, passphrase } => {
                self.unlock(&login, Secret::Phrase(&passphrase)).await?;
            }
            Command::OpenByKey { login, secret } => {
                let secret = Zeroizing::new(secret);
                self.unlock(&login, Secret::Key(&secret)).await?;
            }
            Command::Challenge(makes) => return self.challenge(makes).await,
            Command::TakeKey(new) => return self.take_key(new).await.map(Reply::Acted),
            Command::Lock => self.shut().await,
            Command::Touched => self.touched(),
            Command::Pin(typed) => self.open_by_pin(&typed).await?,
            Command::SignOut => self.sign_out().await?,
            Command::SetLanguage(language) => self.set_language(language).await?,
            Command::Commit(document) => self.commit_drafts(document).await?,
            Command::Settle { document, path, conflict, value, reason } => {
                self.settle((document, path), conflict, &value, &reason).await?;
            }
            Command::Unsettle { document, settlement } => {
                self.write_review(document, &withdraw_edits(settlement)).await?;
            }
            Command::Review { document, approved, note } => {
                let entry = self.entry()?;
                let heads = self
                    .with_open(|open| Ok(open.judged(document).ok_or(Refusal::NotHere)?.heads()))?;
                let edits = review_edits(entry, &heads, approved, &note);
                self.write_review(document, &edits).await?;
            }
            Command::TakeOn { document, mine } => self.take_on(document, mine).await?,
            Command::SyncNow => self.0.wake.put(()),
            Command::SafetyCopy => return self.safety_copy().await.map(Reply::File),
            Command::HandOver => return self.hand_over().await.map(Reply::File),
            Command::TakeFile(file) => return self.take_file(file).await.map(Reply::Acted),
            Command::File(ask) => return self.file(ask).await,
            Command::Asked { form, tab, leaves } => {
                return self.asked((form, &tab), leaves).await.map(Reply::Asked);
            }
        }
        Ok(Reply::Done)
    }

    async fn settle(
        &self,
        (document, path): (DocumentId, FieldPath),
        conflict: ConflictId,
        value: &Value,
        reason: &str,
    ) -> Result<(), Refusal> {
        let entry = self.entry()?;
        // What is being typed about the field belongs to what was seen.
        self.commit_drafts(document).await?;
        let edits = self.with_open(|open| {
            let kind = open.kind(document).ok_or(Refusal::NotHere)?.to_owned();
            // What stands only in a file is decided when the server has it.
            let record = open.judged_record(document).ok_or(Refusal::NotHere)?;
            // A set is shown as one field; what is contradicted is one of its members.
            let prefix = format!("{path}/");
            // Also what came too late for what is signed.
            let record = record.whole();
            let mut fields = record.fields.iter();
            let found = fields.find(|(at, state)| {
                state.conflict == Some(conflict)
                    && (**at == path || at.as_str().starts_with(&prefix))
            });
            let (at, state) = found.ok_or(Refusal::Stale)?;
            let located = Catalog::builtin().locate(&kind, at).ok_or(Refusal::NotHere)?;
            let safety = located.field.caution.is_some();
            if !may_settle(&open.identity.user.roles, &kind, safety) {
                return Err(Refusal::NotAllowed);
            }
            let value = checked(&kind, at.clone(), value)?.value;
            Ok(settle_edits(entry, at, &value, reason.trim(), &state.seen()))
        })?;
        self.write_review(document, &edits).await
    }

    /// Notes who sees to what is to be decided in a record.
    async fn take_on(&self, document: DocumentId, mine: bool) -> Result<(), Refusal> {
        let edits = self.with_open(|open| {
            let kind = open.kind(document).ok_or(Refusal::NotHere)?.to_owned();
            if !may_settle(&open.identity.user.roles, &kind, false) {
                return Err(Refusal::NotAllowed);
            }
            let owner = mine.then(|| open.user());
            let all = open.conflicts(document);
            let to_decide = all.iter().filter(|one| one.is_to_decide());
            Ok(to_decide.flat_map(|one| own_edits(one, owner)).collect::<Vec<_>>())
        })?;
        if edits.is_empty() {
            return Err(Refusal::Stale);
        }
        self.write_review(document, &edits).await
    }

    /// Writes into the review document of a record, making it if there is none.
    async fn write_review(&self, record: DocumentId, edits: &[Edit]) -> Result<(), Refusal> {
        let kind = self.with_open(|open| {
            Ok(open.kind(record).and_then(|kind| Catalog::builtin().kind(kind)))
        })?;
        if kind.is_some_and(|kind| kind.server) {
            return Err(Refusal::NotAllowed);
        }
        let review = review_of(record);
        let _turn = self.0.turn.take().await;
        self.write_companion(record, (review, "review"), edits).await
    }
}

/// Whether one of these roles decides on contradictions of a kind: caseworkers on those of cases, of which
/// inspectors have none, unless safety is at stake.
pub(super) fn may_settle(roles: &[Role], kind: &str, safety: bool) -> bool {
    let own_case = || !safety && is_of_cases(kind);
    let works = |role: &Role| matches!(role, Role::Caseworker | Role::ChildCaseworker);
    roles.contains(&Role::Supervisor) || (roles.iter().any(works) && own_case())
}

fn is_of_cases(kind: &str) -> bool {
    let Some(kind) = Catalog::builtin().kind(kind) else { return false };
    if kind.shares_secrecy() {
        return kind.belongs_to.iter().all(|to| is_of_cases(to));
    }
    kind.is_had_by(&[Role::Caseworker]) && !kind.is_had_by(&[Role::Inspector])
}

/// A value in the form its field takes.
pub(super) fn checked(kind: &str, path: FieldPath, value: &Value) -> Result<Edit, Refusal> {
    let catalog = Catalog::builtin();
    let located = catalog.locate(kind, &path).ok_or(Refusal::NotHere)?;
    let value = ankomst_shared::catalog::check(catalog, located.field, value)
        .map_err(|_| Refusal::BadValue)?;
    Ok(Edit { path, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caseworker_decides_on_cases_and_on_nothing_where_safety_is_at_stake() {
        let own = ["assignment", "case", "incident", "journal", "protected"];
        for kind in &Catalog::builtin().package().kinds {
            let decides = |role: Role, safety| may_settle(&[role], &kind.id, safety);
            let wanted = own.contains(&kind.id.as_str());
            assert_eq!(decides(Role::Caseworker, false), wanted, "{}", kind.id);
            assert_eq!(decides(Role::ChildCaseworker, false), wanted, "{}", kind.id);
            assert!(!decides(Role::Caseworker, true), "{}", kind.id);
            assert!(!decides(Role::ChildCaseworker, true), "{}", kind.id);
            assert!(!decides(Role::Inspector, false), "{}", kind.id);
            assert!(decides(Role::Supervisor, true), "{}", kind.id);
        }
    }
}
