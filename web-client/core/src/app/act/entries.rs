//! Making records and entries, taking entries away, setting values.

use std::rc::Rc;

use ankomst_shared::app::{Act, Acted, Refusal};
use ankomst_shared::catalog::{Catalog, Field, FieldType, MergeCode, Required, written_date};
use ankomst_shared::document::Edit;
use ankomst_shared::ids::{DocumentId, EntryId};
use ankomst_shared::merge::RecordState;
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::Header;
use ankomst_shared::text::Word;
use ankomst_shared::value::Value;

use super::super::command::checked;
use super::super::state::Core;
use super::super::view::{address, home, status_field};
use super::{Answers, edit};
use crate::platform::Platform;

impl<P: Platform> Core<P> {
    pub(in crate::app) async fn new_case(&self, label: &str) -> Result<Acted, Refusal> {
        let answers = [
            ("household_label", Value::text(label)),
            ("case_kind", Value::text("settlement")),
            ("state", Value::text("active")),
        ];
        self.new_record("case", None, &answers).await
    }

    pub(super) async fn new_residence(&self, answers: &Answers) -> Result<Acted, Refusal> {
        let answers = [
            ("name", Value::text(answers.text("name")?)),
            ("residence_type", Value::text(answers.text("residence_type")?)),
            ("status", Value::text("planned")),
        ];
        self.new_record("residence", None, &answers).await
    }

    /// A record of any kind, in the first of its states.
    pub(super) async fn new_of_kind(
        &self,
        kind: &str,
        parent: Option<DocumentId>,
        mut answers: Vec<(String, Value)>,
    ) -> Result<Acted, Refusal> {
        let catalog = Catalog::builtin();
        let known = catalog.kind(kind).filter(|kind| !kind.server && !kind.single);
        let known = known.ok_or(Refusal::BadValue)?;
        let to = self.with_open(|open| {
            Ok(parent.and_then(|parent| open.kind(parent)).and_then(|kind| catalog.kind(kind)))
        })?;
        if to.is_some() != parent.is_some() || !known.may_belong_to(to) {
            return Err(Refusal::NotHere);
        }
        let first = known.fields.iter().filter_map(|field| first_state(catalog, field));
        answers.extend(first.map(|(field, code)| (field.to_owned(), Value::text(code))));
        let answers: Vec<(&str, Value)> =
            answers.iter().map(|(field, value)| (field.as_str(), value.clone())).collect();
        self.new_record(kind, parent, &answers).await
    }

    async fn new_record(
        &self,
        kind: &str,
        parent: Option<DocumentId>,
        answers: &[(&str, Value)],
    ) -> Result<Acted, Refusal> {
        let header = self.header(kind, parent)?;
        let edits = answers.iter().map(|(key, value)| {
            let path = FieldPath::parse(key).map_err(|_| Refusal::Internal)?;
            checked(kind, path, value)
        });
        let edits = edits.collect::<Result<Vec<Edit>, Refusal>>()?;
        let _turn = self.0.turn.take().await;
        let id = self.create(&header, &edits).await?;
        let go = self.with_open(|open| Ok(address(open, id)))?;
        Ok(Acted { go: Some(go), document: Some(id), ..Acted::default() })
    }

    /// The header of a new document of this person on this device.
    pub(in crate::app) fn header(
        &self,
        kind: &str,
        parent: Option<DocumentId>,
    ) -> Result<Header, Refusal> {
        let now_ms = self.now_ms();
        let document = DocumentId::new(now_ms, self.random()?);
        let protection = Catalog::builtin().kind(kind).map_or(0, |kind| kind.protection);
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
                protection,
                user: open.user(),
                device: open.identity.device,
                created_ms: now_ms,
                template: None,
            })
        })
    }

    /// Writes into a document that follows from another, making it if there is none. The turn must
    /// be taken.
    pub(in crate::app) async fn write_companion(
        &self,
        parent: DocumentId,
        (id, kind): (DocumentId, &str),
        edits: &[Edit],
    ) -> Result<(), Refusal> {
        let exists = self.with_open(|open| Ok(open.chunks.contains_key(&id)))?;
        if exists || id == parent {
            return self.write(id, edits).await;
        }
        let mut header = self.header(kind, Some(parent))?;
        header.document = id;
        self.create(&header, edits).await.map(drop)
    }

    /// Joins the open run of that checklist there, or starts one; answers are dates of events.
    pub(super) async fn start_run(
        &self,
        parent: DocumentId,
        checklist: &str,
        answers: Answers,
    ) -> Result<Acted, Refusal> {
        let catalog = self.with_open(|open| Ok(open.catalog))?;
        let template = catalog.newest_checklist(checklist).ok_or(Refusal::NotHere)?;
        let went = |run: DocumentId| Acted {
            go: Some(format!("/besok/{run}")),
            document: Some(run),
            ..Acted::default()
        };
        let mut edits = Vec::new();
        for (key, value) in &answers.0 {
            let path = FieldPath::parse(key).map_err(|_| Refusal::BadValue)?;
            edits.push(checked("run", path, value)?);
        }
        let _turn = self.0.turn.take().await;
        let open_run = self.with_open(|open| {
            if !matches!(open.kind(parent), Some("residence" | "case")) {
                return Err(Refusal::NotHere);
            }
            let mut runs: Vec<DocumentId> = open
                .headers
                .values()
                .filter(|header| header.kind == "run" && header.parent == Some(parent))
                .map(|header| header.document)
                .collect();
            runs.retain(|run| {
                open.judged_record(*run).is_some_and(|record| {
                    record.text("checklist") == checklist && record.text("state") == "open"
                })
            });
            Ok(runs.into_iter().max())
        })?;
        if let Some(run) = open_run {
            if !edits.is_empty() {
                self.write(run, &edits).await?;
            }
            return Ok(went(run));
        }
        let mut header = self.header("run", Some(parent))?;
        header.template = Some((template.id.clone(), template.version));
        for (key, value) in [
            ("checklist", Value::text(checklist)),
            ("version", Value::Int(i64::from(template.version))),
            ("anchor_date", Value::text(self.today())),
            ("state", Value::text("open")),
        ] {
            edits.extend(edit(key, value));
        }
        // Every item is there from the first change on, so that nobody has to create it.
        edits.extend(template.items.iter().filter_map(|item| {
            let field = status_field(item);
            let first = if field == "status" { "not_checked" } else { "todo" };
            edit(&format!("item/{}/{field}", item.id), Value::text(first))
        }));
        self.create(&header, &edits).await.map(went)
    }

    /// Adds an entry to a list of a house or case and says where its form is.
    pub(super) async fn add(
        &self,
        parent: DocumentId,
        list: &str,
        answers: Vec<(String, Value)>,
    ) -> Result<Acted, Refusal> {
        let stays = !answers.is_empty();
        let entry = self.add_entry(parent, list, answers).await?;
        let at = self.with_open(|open| Ok(address(open, parent)))?;
        Ok(Acted {
            say: if stays { self.say(Word::Added, &[]) } else { String::new() },
            go: (!stays).then(|| format!("{at}/{list}/{entry}")),
            entry: Some(entry.to_string()),
            ..Acted::default()
        })
    }

    pub(in crate::app) async fn add_entry(
        &self,
        parent: DocumentId,
        list: &str,
        answers: Vec<(String, Value)>,
    ) -> Result<EntryId, Refusal> {
        let entry = self.entry()?;
        let (id, kind) = self.with_open(|open| {
            let kind = open.kind(parent).ok_or(Refusal::NotHere)?;
            home(Catalog::builtin(), kind, parent, list).ok_or(Refusal::NotHere)
        })?;
        let given = answers.into_iter().map(|(field, value)| {
            let path = FieldPath::parse(&format!("{list}/{entry}/{field}"));
            checked(&kind.id, path.map_err(|_| Refusal::BadValue)?, &value)
        });
        let mut edits = given.collect::<Result<Vec<Edit>, Refusal>>()?;
        if list == "deficiencies" {
            let severity = edits.iter().find(|one| one.path.as_str().ends_with("/severity"));
            let severity = severity.and_then(|one| one.value.as_str()).unwrap_or_default();
            let deadline = super::found::deadline(severity, self.now().today());
            edits.extend(edit(&format!("{list}/{entry}/deadline"), Value::text(deadline)));
        }
        let at = FieldPath::parse(&format!("{list}/{entry}/tombstone"));
        let at = at.map_err(|_| Refusal::BadValue)?;
        self.with_open(|open| open.may_write(id, &at))?;
        let first = self.first_answers(parent, &kind.id, (list, entry))?;
        edits.extend(
            first
                .into_iter()
                .filter(|one| !edits.iter().any(|given| given.path == one.path))
                .collect::<Vec<_>>(),
        );
        let _turn = self.0.turn.take().await;
        self.write_companion(parent, (id, &kind.id), &edits).await?;
        Ok(entry)
    }

    /// What an entry begins with: today's date, now, the person where there is only one to choose,
    /// the first state of its life; otherwise nothing in its first field, so that the entry exists.
    fn first_answers(
        &self,
        parent: DocumentId,
        kind: &str,
        (list, entry): (&str, EntryId),
    ) -> Result<Vec<Edit>, Refusal> {
        let (today, now_ms) = (self.today(), self.now_ms());
        self.with_open(|open| {
            let catalog = Catalog::builtin();
            let fields = catalog.kind(kind).and_then(|kind| kind.entry_list(list));
            let fields = &fields.ok_or(Refusal::NotHere)?.fields;
            let persons = |of_case: Option<Rc<RecordState>>| {
                of_case.map_or_else(Vec::new, |record| record.entries(catalog, "case", "persons"))
            };
            // Nobody who stands only in a file, and nobody beside whom a file names another.
            let judged = persons(open.judged_record(parent));
            let mut persons = persons(open.record(parent));
            let is_one = persons.len() == 1 && judged == persons;
            let person = if is_one { persons.pop() } else { None };
            let answer = |field: &Field| {
                let first = match first_code(list, &field.id) {
                    "" => first_state(catalog, field).map(|(_, code)| code),
                    code => Some(code),
                };
                if let Some(first) = first {
                    return Some(Value::text(first));
                }
                let needed = field.required == Required::Creation;
                match &field.typ {
                    FieldType::Date if needed => Some(Value::text(&today)),
                    FieldType::Time if needed => Some(Value::Int(now_ms)),
                    // That a new card is of somebody who has one, only a person says.
                    FieldType::Reference(to) if to == "person" && !field.system => {
                        person.as_ref().map(Value::text)
                    }
                    _ => None,
                }
            };
            let mut edits: Vec<Edit> = fields
                .iter()
                .filter_map(|field| edit(&format!("{list}/{entry}/{}", field.id), answer(field)?))
                .collect();
            if edits.is_empty() {
                let first = fields
                    .iter()
                    .find(|field| field.merge != MergeCode::I && !field.typ.has_members());
                let first = first.ok_or(Refusal::BadValue)?;
                edits.extend(edit(&format!("{list}/{entry}/{}", first.id), Value::Null));
            }
            Ok(edits)
        })
    }

    /// Today where the device is, `yyyy-mm-dd`.
    pub(super) fn today(&self) -> String {
        written_date(self.now().today())
    }

    pub(super) async fn remove(
        &self,
        document: DocumentId,
        (list, entry): (&str, &str),
        reason: &str,
    ) -> Result<Acted, Refusal> {
        self.commit_drafts(document).await?;
        let key = format!("{list}/{entry}/tombstone");
        let path = FieldPath::parse(&key).map_err(|_| Refusal::NotHere)?;
        let stands = self.with_open(|open| {
            Ok(open.judged_record(document).is_some_and(|record| record.text(&key) == reason))
        })?;
        if stands {
            // Removed already, but not by somebody who knew all of it: said again, it counts.
            self.set_values(document, vec![(path.clone(), Value::Null)]).await?;
        }
        let mut acted = self.set_values(document, vec![(path, Value::text(reason))]).await?;
        acted.say = self.say(Word::RemovedDone, &[]);
        acted.go = self.with_open(|open| Ok(Some(address(open, document))))?;
        Ok(acted)
    }

    /// Says values, and gives the ones that stood there for taking it back.
    pub(super) async fn set_values(
        &self,
        document: DocumentId,
        values: Vec<(FieldPath, Value)>,
    ) -> Result<Acted, Refusal> {
        let _turn = self.0.turn.take().await;
        // What is typed comes before what is said now.
        self.commit_in_turn(document).await?;
        let (edits, before) = self.with_open(|open| {
            let kind = open.kind(document).ok_or(Refusal::NotHere)?.to_owned();
            let record = open.judged_record(document).ok_or(Refusal::NotHere)?;
            let by_file = open.said_by_file(document);
            let mut before = Vec::new();
            let mut edits = Vec::new();
            for (path, value) in values {
                open.may_write(document, &path)?;
                let state = record.fields.get(&path);
                let was = state.map_or(Value::Null, |state| state.value.clone());
                // What stands and nobody contradicts, not even in a file, is not said again.
                let stands = state.is_some_and(|state| !state.is_open());
                if was == value && stands && !by_file.contains(&path) {
                    continue;
                }
                before.push((path.clone(), was));
                edits.push(checked(&kind, path, &value)?);
            }
            Ok((edits, before))
        })?;
        if edits.is_empty() {
            return Ok(Acted::default());
        }
        self.write(document, &edits).await?;
        Ok(self.done(Word::SavedDone, Some(Act::Set { document, values: before })))
    }

    pub(super) async fn count_one(
        &self,
        document: DocumentId,
        counter: &FieldPath,
    ) -> Result<Acted, Refusal> {
        let path = FieldPath::parse(&format!("{counter}/{}", self.entry()?));
        let path = path.map_err(|_| Refusal::NotHere)?;
        self.set_values(document, vec![(path, Value::Int(1))]).await?;
        Ok(self.done(Word::Counted, None))
    }
}

/// The state in which a record or an entry begins: the first of its list.
fn first_state<'a>(catalog: &'a Catalog, field: &'a Field) -> Option<(&'a str, &'a str)> {
    let begins = field.merge == MergeCode::M && field.required == Required::Creation;
    let list = field.typ.list().filter(|_| begins)?;
    Some((&field.id, &catalog.list(list)?.codes.first()?.id))
}

/// What else an entry of a list begins with.
fn first_code(list: &str, field: &str) -> &'static str {
    match (list, field) {
        ("tasks", "status") => "todo",
        ("notes", "kind") => "journal",
        ("beds", "state") | ("rooms", "status") => "usable",
        ("visits", "kind") => "follow_up",
        _ => "",
    }
}
