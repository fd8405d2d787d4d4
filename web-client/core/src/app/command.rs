//! What a page asks, one arm for each command.

use ankomst_shared::app::{Answer, Command, Query, Refusal, Reply, Request, Role};
use ankomst_shared::catalog::{Catalog, Field, FieldType, MergeCode, Required};
use ankomst_shared::document::Edit;
use ankomst_shared::ids::{ConflictId, DocumentId, EntryId};
use ankomst_shared::merge::{review_edits, settle_edits, withdraw_edits};
use ankomst_shared::packed::to_bytes;
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::Header;
use ankomst_shared::sign::header::review_of;
use ankomst_shared::value::Value;

use super::rows::standing_key;
use super::state::Core;
use crate::platform::Platform;
use crate::store::Table;

impl<P: Platform> Core<P> {
    /// Answers a message of a page. The answer to bytes that cannot be read has number 0.
    pub async fn receive(&self, message: &[u8]) -> Vec<u8> {
        let (id, reply) = match Request::read(message, &self.0.build) {
            Ok(request) => (request.id, self.handle(request.command).await),
            Err((id, refusal)) => (id, Reply::Refused(refusal)),
        };
        to_bytes(&Answer::Reply(id, reply))
    }

    /// Carries out a command.
    pub async fn handle(&self, command: Command) -> Reply {
        match self.carry_out(command).await {
            Ok(reply) => reply,
            Err(refusal) => Reply::Refused(refusal),
        }
    }

    async fn carry_out(&self, command: Command) -> Result<Reply, Refusal> {
        match command {
            Command::Status => return Ok(Reply::Status(self.status())),
            Command::Get(query) => return self.view(&query).map(Reply::View),
            Command::Type { document, path, value } => {
                self.type_value(document, path.clone(), value).await?;
                self.tell(self.queries_of(document));
                return Ok(Reply::Saved);
            }
            Command::AddEntry { document, list, answers } => {
                let entry = self.add_entry(document, &list, answers).await?;
                return Ok(Reply::Entry(entry.to_string()));
            }
            Command::NewCase { label } => return self.new_case(&label).await.map(Reply::Document),
            Command::StartRun { residence, checklist } => {
                return self.start_run(residence, &checklist).await.map(Reply::Document);
            }
            Command::SignIn(request) => self.sign_in(request).await?,
            Command::Unlock { login, passphrase } => self.unlock(&login, &passphrase).await?,
            Command::Lock => self.lock().await,
            Command::SignOut => self.sign_out().await?,
            Command::SetLanguage(language) => self.set_language(language).await?,
            Command::Commit(document) => self.commit_drafts(document).await?,
            Command::TakeAlong { residence, keep } => self.take_along(residence, keep).await?,
            Command::Settle { document, path, conflict, value, reason } => {
                self.settle((document, path), conflict, &value, &reason).await?;
            }
            Command::Unsettle { document, settlement } => {
                self.write_review(document, |_| Ok(withdraw_edits(settlement))).await?;
            }
            Command::Review { document, approved, note } => {
                let entry = self.entry()?;
                let heads = self
                    .with_open(|open| Ok(open.read(document).ok_or(Refusal::NotHere)?.heads()))?;
                let edits = review_edits(entry, &heads, approved, &note);
                self.write_review(document, |_| Ok(edits)).await?;
            }
            Command::SyncNow => self.0.wake.put(()),
        }
        Ok(Reply::Done)
    }

    async fn add_entry(
        &self,
        document: DocumentId,
        list: &str,
        answers: Vec<(String, Value)>,
    ) -> Result<EntryId, Refusal> {
        let entry = self.entry()?;
        let edits = self.with_open(|open| {
            let kind = open.kind(document).ok_or(Refusal::NotHere)?;
            let fields = answers.into_iter().map(|(field, value)| {
                let path = FieldPath::parse(&format!("{list}/{entry}/{field}"))
                    .map_err(|_| Refusal::BadValue)?;
                checked(kind, path, &value)
            });
            fields.collect::<Result<Vec<_>, _>>()
        })?;
        let edits =
            if edits.is_empty() { self.first_answers(document, list, entry)? } else { edits };
        let _turn = self.0.turn.take().await;
        self.write(document, &edits).await?;
        Ok(entry)
    }

    /// What an entry begins with when nothing is said yet: today's date, the person where there is
    /// only one to choose, otherwise nothing in its first field, so that the entry exists.
    fn first_answers(
        &self,
        document: DocumentId,
        list: &str,
        entry: EntryId,
    ) -> Result<Vec<Edit>, Refusal> {
        let today = self.today()?;
        self.with_open(|open| {
            let catalog = Catalog::builtin();
            let kind = open.kind(document).ok_or(Refusal::NotHere)?.to_owned();
            let fields = catalog.kind(&kind).and_then(|kind| kind.entry_list(list));
            let fields = &fields.ok_or(Refusal::NotHere)?.fields;
            let record = open.record(document).ok_or(Refusal::NotHere)?;
            let mut persons = record.entries(catalog, &kind, "persons");
            let person = if persons.len() == 1 { persons.pop() } else { None };
            let answer = |field: &Field| match &field.typ {
                FieldType::Date if field.required == Required::Creation => {
                    Some(Value::text(&today))
                }
                FieldType::Reference(to) if to == "person" => person.as_ref().map(Value::text),
                _ => None,
            };
            let mut edits: Vec<Edit> = fields
                .iter()
                .filter_map(|field| edit(&format!("{list}/{entry}/{}", field.id), answer(field)?))
                .collect();
            if edits.is_empty() {
                let first = fields.iter().find(|field| field.merge != MergeCode::I);
                let first = first.ok_or(Refusal::BadValue)?;
                edits.extend(edit(&format!("{list}/{entry}/{}", first.id), Value::Null));
            }
            Ok(edits)
        })
    }

    fn today(&self) -> Result<String, Refusal> {
        let now = ankomst_shared::catalog::civil(self.now_ms()).ok_or(Refusal::Internal)?;
        Ok(ankomst_shared::catalog::written_date(now.date()))
    }

    fn header(&self, kind: &str, parent: Option<DocumentId>) -> Result<Header, Refusal> {
        let now_ms = self.now_ms();
        let document = DocumentId::new(now_ms, self.random()?);
        self.with_open(|open| {
            let unit = match parent {
                Some(parent) => open.headers.get(&parent).ok_or(Refusal::NotHere)?.unit,
                None => *open.identity.units.first().ok_or(Refusal::NotAllowed)?,
            };
            Ok(Header {
                document,
                kind: kind.to_owned(),
                parent,
                unit,
                protection: 0,
                user: open.user(),
                device: open.identity.device,
                created_ms: now_ms,
                template: None,
            })
        })
    }

    async fn new_case(&self, label: &str) -> Result<DocumentId, Refusal> {
        if label.trim().is_empty() {
            return Err(Refusal::BadValue);
        }
        let header = self.header("case", None)?;
        let answers = [
            ("household_label", Value::text(label.trim())),
            ("case_kind", Value::text("settlement")),
            ("state", Value::text("active")),
        ];
        let edits: Vec<Edit> =
            answers.into_iter().filter_map(|(key, value)| edit(key, value)).collect();
        let _turn = self.0.turn.take().await;
        self.create(&header, &edits).await
    }

    /// Joins the open run of that checklist at that house, or starts one.
    async fn start_run(
        &self,
        residence: DocumentId,
        checklist: &str,
    ) -> Result<DocumentId, Refusal> {
        let template = Catalog::builtin().newest_checklist(checklist).ok_or(Refusal::NotHere)?;
        let _turn = self.0.turn.take().await;
        let runs = self.with_open(|open| {
            if open.kind(residence) != Some("residence") {
                return Err(Refusal::NotHere);
            }
            let mut runs: Vec<DocumentId> = open
                .headers
                .values()
                .filter(|header| header.kind == "run" && header.parent == Some(residence))
                .map(|header| header.document)
                .collect();
            runs.retain(|run| {
                open.record(*run).is_some_and(|record| {
                    record.text("checklist") == checklist && record.text("state") == "open"
                })
            });
            Ok(runs)
        })?;
        if let Some(run) = runs.into_iter().max() {
            return Ok(run);
        }
        let mut header = self.header("run", Some(residence))?;
        header.template = Some((template.id.clone(), template.version));
        let day = self.today()?;
        let mut edits: Vec<Edit> = [
            ("checklist", Value::text(checklist)),
            ("version", Value::Int(i64::from(template.version))),
            ("anchor_date", Value::text(day)),
            ("state", Value::text("open")),
        ]
        .into_iter()
        .filter_map(|(key, value)| edit(key, value))
        .collect();
        // Every item is there from the first change on, so that nobody has to create it.
        edits.extend(template.items.iter().filter_map(|item| {
            edit(&format!("item/{}/status", item.id), Value::text("not_checked"))
        }));
        self.create(&header, &edits).await
    }

    async fn take_along(&self, residence: DocumentId, keep: bool) -> Result<(), Refusal> {
        let _turn = self.0.turn.take().await;
        let (user, standing) = self.with_open(|open| {
            let mut standing = open.standing.clone();
            standing.wants.retain(|id| *id != residence);
            if keep {
                standing.wants.push(residence);
            }
            Ok((open.user(), standing))
        })?;
        let row = self.sealed(Table::Meta, standing_key(user), &standing)?;
        self.commit(vec![row]).await?;
        self.with_open(|open| {
            open.standing.wants = standing.wants;
            open.wants_again = true;
            Ok(())
        })?;
        self.tell(vec![Query::Residences, Query::Residence(residence)]);
        self.0.wake.put(());
        Ok(())
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
            let record = open.record(document).ok_or(Refusal::NotHere)?;
            // A set is shown as one field; what is contradicted is one of its members.
            let prefix = format!("{path}/");
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
        self.write_review(document, |_| Ok(edits)).await
    }

    /// Writes into the review document of a record, making it if there is none.
    async fn write_review(
        &self,
        record: DocumentId,
        edits: impl FnOnce(DocumentId) -> Result<Vec<Edit>, Refusal>,
    ) -> Result<(), Refusal> {
        let review = review_of(record);
        let edits = edits(review)?;
        let _turn = self.0.turn.take().await;
        let exists = self.with_open(|open| Ok(open.chunks.contains_key(&review)))?;
        if exists {
            return self.write(review, &edits).await;
        }
        let mut header = self.header("review", Some(record))?;
        header.document = review;
        self.create(&header, &edits).await.map(drop)
    }
}

/// Whether one of these roles decides on contradictions of a kind.
pub(super) fn may_settle(roles: &[Role], kind: &str, safety: bool) -> bool {
    let own_case = matches!(kind, "case" | "protected") && !safety;
    roles.contains(&Role::Supervisor) || (roles.contains(&Role::Caseworker) && own_case)
}

fn edit(key: &str, value: Value) -> Option<Edit> {
    Some(Edit { path: FieldPath::parse(key).ok()?, value })
}

fn checked(kind: &str, path: FieldPath, value: &Value) -> Result<Edit, Refusal> {
    let catalog = Catalog::builtin();
    let located = catalog.locate(kind, &path).ok_or(Refusal::NotHere)?;
    let value = ankomst_shared::catalog::check(catalog, located.field, value)
        .map_err(|_| Refusal::BadValue)?;
    Ok(Edit { path, value })
}
