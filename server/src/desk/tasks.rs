//! `/register/uppdrag`: tasks that were sent to a department, for its recipients: what was written down for them, the
//! day and the state, and nothing else of the case. A task is sent once something stands in its field for the
//! recipient. Nothing of a record that is protected is sent.

use std::collections::BTreeSet;

use ankomst_shared::app::{Acted, Body, Choice, Input, Line, PageView, Question, Sign, Tone};
use ankomst_shared::catalog::zone::swedish;
use ankomst_shared::catalog::{Catalog, written_date};
use ankomst_shared::document::Edit;
use ankomst_shared::ids::{DocumentId, EntryId, UserId};
use ankomst_shared::order;
use ankomst_shared::outward::{self, Sent};
use ankomst_shared::path::FieldPath;
use ankomst_shared::text::Word;
use ankomst_shared::value::Value;

use super::made::badge;
use super::{Answers, Desk, DeskError, text};
use crate::export;
use crate::storage::StorageError;
use crate::storage::accesses::entry::{Entry, What};
use crate::storage::random;
use crate::storage::sqlite::homes::{own_level, standing};
use crate::storage::sqlite::{Connection, log, register as rows};
use crate::sync::access;
use crate::sync::office::{self, Office, OfficeError};
use crate::twice::Answer;

/// The place.
pub(super) const HERE: &str = "/register/uppdrag";
/// Cases that are looked at for one department.
const CASES_MAX: usize = 500;
/// What a recipient may say of a task.
const SAYS: [&str; 3] = ["doing", "waiting", "done"];

/// A task as a recipient sees it, and the case it is of.
struct Task {
    case: DocumentId,
    sent: Sent,
}

/// Whether nothing protects a case, nor anything that belongs to it.
fn is_open(db: &Connection, case: DocumentId) -> Result<bool, StorageError> {
    let Some(row) = log::document(db, case)? else { return Ok(false) };
    let standing = standing(&row, |id| log::document(db, id))?;
    if standing.is_none_or(|standing| standing.level > 0) {
        return Ok(false);
    }
    for part in log::family(db, case)? {
        let Some(part) = log::document(db, part)? else { continue };
        if own_level(&part) > 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

impl Desk {
    /// The departments whose tasks this person receives.
    pub(super) fn receives(&self) -> Result<BTreeSet<String>, DeskError> {
        let unit = self.me.unit;
        Ok(self.app.readers.read(|db| {
            let rights = access::rights_now(db, &self.me)?;
            Ok(rights.receives(unit).into_iter().map(str::to_owned).collect())
        })?)
    }

    /// The server as the author of what recipients answer.
    fn office(&self) -> UserId {
        Office::of(self.app.secrets.server.public()).user
    }

    /// The open tasks of these departments, and whether there may be more.
    fn sent(&self, departments: &BTreeSet<String>) -> Result<(Vec<Task>, bool), DeskError> {
        let (mut cases, mut more) = (BTreeSet::new(), false);
        for code in departments {
            let of = |db: &_| rows::sent_to(db, self.me.unit, code, CASES_MAX + 1);
            let found = self.app.row_readers.read(of)?;
            more |= found.len() > CASES_MAX;
            cases.extend(found.into_iter().take(CASES_MAX));
        }
        let mut tasks = Vec::new();
        for case in cases {
            if !self.app.readers.read(|db| is_open(db, case))? {
                continue;
            }
            // With the answers that wait for their trial: nobody else tells this page that they are through.
            let found = export::record_with(&self.app, ("case", case), Some(self.office()))?;
            let Some(record) = found else { continue };
            // The row that led here may be older than what stands in the record.
            if outward::is_shielded(Catalog::builtin(), "case", &record) {
                continue;
            }
            let sent = outward::sent(Catalog::builtin(), "case", &record).into_iter();
            let theirs = sent.filter(|sent| departments.contains(&sent.department));
            tasks.extend(theirs.map(|sent| Task { case, sent }));
        }
        order::sort_by_key(&mut tasks, |Task { sent, .. }: &Task| {
            (sent.due.is_empty(), sent.due.clone(), sent.entry.clone())
        });
        Ok((tasks, more))
    }

    /// The place.
    pub(super) fn tasks(&self) -> Result<PageView, DeskError> {
        let departments = self.receives()?;
        if departments.is_empty() {
            return Err(DeskError::NotAllowed);
        }
        let (tasks, more) = self.sent(&departments)?;
        for task in &tasks {
            self.saw(task.case, "case");
        }
        let lines = tasks.iter().map(|task| self.task(&task.sent, departments.len() > 1)).collect();
        let none = self.w(Word::RegisterSentNone).to_owned();
        let help = self.notice("how", Tone::Info, Word::RegisterSentHelp);
        let more = more.then(|| self.notice("more", Tone::Info, Word::RegisterSentMore));
        let list = self.part("sent", Word::RegisterSent, Body::Lines(lines, none));
        Ok(PageView {
            title: departments
                .iter()
                .map(|code| Catalog::builtin().code_words("department", code, self.language))
                .collect::<Vec<_>>()
                .join(", "),
            parts: self.making_notice().into_iter().chain([help, list]).chain(more).collect(),
            ..PageView::default()
        })
    }

    fn task(&self, task: &Sent, names: bool) -> Line {
        let words =
            |list: &str, code: &str| Catalog::builtin().code_words(list, code, self.language);
        let today = swedish(self.app.now_ms()).map(|at| written_date(at.date()));
        let late = today.is_some_and(|today| !task.due.is_empty() && task.due < today);
        let tone = if late { Tone::Decide } else { Tone::Plain };
        let choice = |code: &&str| Choice {
            code: (*code).to_owned(),
            label: words("task_status", code),
            help: None,
            chosen: *code == task.status,
            lacks_reason: false,
        };
        let questions = vec![
            self.question(
                "status",
                Word::RegisterState,
                Input::Choice(SAYS.iter().map(choice).collect()),
            ),
            Question {
                required: false,
                ..self.question("comment", Word::RegisterComment, Input::Text)
            },
        ];
        let what = (Word::RegisterAnswer, Sign::Pencil, Word::RegisterAnswerHelp);
        Line {
            key: task.entry.clone(),
            title: task.data.clone(),
            detail: if names { words("department", &task.department) } else { String::new() },
            figure: task.due.clone(),
            badges: vec![badge(&words("task_status", &task.status), tone)],
            actions: vec![self.act_of(HERE, ("answer", &task.entry), what, questions)],
            ..Line::default()
        }
    }

    /// Takes a recipient's answer into the case, as the server: who answered stands in what is written.
    pub(super) async fn answer(&self, entry: &str, answers: &Answers) -> Result<Acted, DeskError> {
        let departments = self.receives()?;
        if departments.is_empty() {
            return Err(DeskError::NotAllowed);
        }
        let status = text(answers, "status")?;
        let status = SAYS.iter().find(|known| **known == status);
        let status = *status.ok_or(DeskError::BadValue("status"))?;
        let said = answers.iter().find(|(id, _)| id == "comment");
        let said = said.and_then(|(_, value)| value.as_str()).unwrap_or_default().trim();
        if said.len() > 1_000 {
            return Err(DeskError::BadValue("comment"));
        }
        // One answer to a task at a time: what is tapped twice, or sent again because the reply was lost, is one answer.
        let _turn = self.app.answered.turn(entry).await;
        let answer = Answer {
            user: self.me.id,
            entry: entry.to_owned(),
            status: status.to_owned(),
            said: said.to_owned(),
        };
        let (tasks, _) = self.sent(&departments)?;
        let task = tasks.iter().find(|task| task.sent.entry == entry);
        // Nobody has said anything else since, at the unit either; what is done is sent no more.
        let stands = task.is_none_or(|task| task.sent.status == status);
        if stands && self.app.answered.has(&answer, self.app.now_ms()) {
            return Ok(self.answered());
        }
        let task = task.ok_or(DeskError::Nowhere)?;
        if let Some(refused) = self.write_answer(task, (status, said)).await? {
            return Ok(refused);
        }
        self.app.answered.note(answer, self.app.now_ms());
        Ok(self.answered())
    }

    fn answered(&self) -> Acted {
        Acted { go: Some(HERE.to_owned()), ..self.said(Word::RegisterAnswered) }
    }

    /// Writes an answer into the case, and into the access log; gives what is said where it could not be.
    async fn write_answer(
        &self,
        Task { case, sent }: &Task,
        (status, said): (&str, &str),
    ) -> Result<Option<Acted>, DeskError> {
        let entry = &sent.entry;
        let name =
            |list: &str, code: &str| Catalog::builtin().code_words(list, code, self.language);
        let who = format!("{} ({})", self.me.name, name("department", &sent.department));
        let says = [name("task_status", status), said.to_owned()].join(". ");
        let log = format!("task_log/{}", EntryId::from_bytes(random()?));
        let mut edits = Vec::new();
        let mut put = |path: String, value: &str| {
            let path = FieldPath::parse(&path).map_err(|_| DeskError::Nowhere)?;
            edits.push(Edit { path, value: Value::text(value) });
            Ok::<_, DeskError>(())
        };
        if sent.status != status {
            put(format!("tasks/{entry}/status"), status)?;
        }
        put(format!("{log}/task"), entry)?;
        put(format!("{log}/text"), format!("{who}: {says}").trim_end_matches(". "))?;
        let Some(document) = export::opened_with(&self.app, *case, Some(self.office()))? else {
            return Err(DeskError::Nowhere);
        };
        let known = Some((*case, document));
        match office::write(&self.app, ("case", self.me.unit), known, &edits).await {
            Ok(()) => {}
            Err(OfficeError::Storage(error)) => return Err(error.into()),
            Err(error) => return Ok(Some(Acted { say: error.to_string(), ..Acted::default() })),
        }
        let about = format!("case {entry}");
        let entry = Entry { record: Some(*case), about, ..self.by().entry(What::Answered) };
        self.app.audit.owe(vec![entry]).await;
        tracing::info!(user.id = %self.me.id, document.id = %case, "A recipient answered a task.");
        Ok(None)
    }

    /// What somebody finds at the register who may read none of its records: the tasks sent to them, or figures.
    pub(super) fn without_records(&self, parts: &[&str]) -> Result<PageView, DeskError> {
        if parts.is_empty() && !self.receives()?.is_empty() {
            return self.tasks();
        }
        match parts {
            [] if self.is_regional() => Ok(PageView {
                title: self.w(Word::Register).to_owned(),
                parts: self.report_lines(None).into_iter().collect(),
                ..PageView::default()
            }),
            ["rapport", place @ ..] if self.is_regional() => self.report(None, place),
            _ => Err(DeskError::NotAllowed),
        }
    }

    /// The way to the tasks, for who has records as well.
    pub(super) fn tasks_line(&self) -> Result<Option<Line>, DeskError> {
        let line = || Line {
            key: HERE.to_owned(),
            href: Some(HERE.to_owned()),
            title: self.w(Word::RegisterSent).to_owned(),
            ..Line::default()
        };
        Ok((!self.receives()?.is_empty()).then(line))
    }
}
