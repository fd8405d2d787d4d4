//! Signing notes and runs; what comes after is a correction.

use ankomst_shared::app::{Acted, Refusal};
use ankomst_shared::catalog::{Catalog, Required};
use ankomst_shared::form::Form;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::path::FieldPath;
use ankomst_shared::text::Word;
use ankomst_shared::value::Value;

use super::super::state::{Core, Open};
use super::{Answers, body_hash};
use crate::platform::Platform;

impl<P: Platform> Core<P> {
    /// Signs a note, or a run when no note is named. What was being typed is in.
    pub(super) async fn sign(
        &self,
        document: DocumentId,
        note: Option<&str>,
    ) -> Result<Acted, Refusal> {
        self.commit_drafts(document).await?;
        if let Some(waits) = self.is_first_judged(document)? {
            return Ok(waits);
        }
        let now_ms = self.now_ms();
        let values = self.with_open(|open| {
            let record = open.record(document).ok_or(Refusal::NotHere)?;
            let me = open.user().to_string();
            let Some(note) = note else {
                return Ok(vec![("state".to_owned(), Value::text("signed"))]);
            };
            let key = |field: &str| format!("notes/{note}/{field}");
            let body = record.text(&key("body"));
            let journal = Catalog::builtin().kind("journal").ok_or(Refusal::NotHere)?;
            let mut form = Form::new(Catalog::builtin(), journal, &record);
            form.entry(journal.entry_list("notes").ok_or(Refusal::NotHere)?, note);
            let needed = |level| level == Required::Signing;
            let mut asked = form.outcome.asked.iter();
            if body.trim().is_empty()
                || asked.any(|asked| asked.missing && needed(asked.field.required))
            {
                return Err(Refusal::Missing);
            }
            open.may_write(
                document,
                &FieldPath::parse(&key("body")).map_err(|_| Refusal::NotHere)?,
            )?;
            Ok(vec![
                // The text as it stands, put together from everybody's words, is what is signed.
                (key("body"), Value::text(body)),
                (key("state"), Value::text("signed")),
                (key("signed_by"), Value::text(me)),
                (key("signed_at"), Value::Int(now_ms)),
                (key("body_hash"), Value::text(body_hash(body))),
            ])
        })?;
        self.write_known(document, &values).await?;
        Ok(self.done(Word::SignedDone, None))
    }

    /// What is said where a file has brought something of a record: nobody signs or moves what others may never see.
    pub(super) fn is_first_judged(&self, document: DocumentId) -> Result<Option<Acted>, Refusal> {
        let waits = self.with_open(|open| Ok(open.is_under_brought(document)))?;
        Ok(waits.then(|| self.done(Word::BundleFirst, None)))
    }

    /// Opens a signed run again; the reason stands in its remark.
    pub(super) async fn reopen(&self, run: DocumentId, reason: &str) -> Result<Acted, Refusal> {
        if let Some(waits) = self.is_first_judged(run)? {
            return Ok(waits);
        }
        let remark = self.with_open(|open| {
            let record = open.record(run).ok_or(Refusal::NotHere)?;
            Ok(record.text("remark").to_owned())
        })?;
        let remark =
            if remark.is_empty() { reason.to_owned() } else { format!("{remark}\n{reason}") };
        let values = [
            ("state".to_owned(), Value::text("reopened")),
            ("remark".to_owned(), Value::text(remark)),
        ];
        self.write_known(run, &values).await?;
        Ok(self.done(Word::ReopenedDone, None))
    }

    pub(super) async fn correct(
        &self,
        journal: DocumentId,
        note: &str,
        answers: &Answers,
    ) -> Result<Acted, Refusal> {
        let entry = self.entry()?;
        let key = |field: &str| format!("corrections/{entry}/{field}");
        let values = [
            (key("note"), Value::text(note)),
            (key("text"), Value::text(answers.text("text")?)),
            (key("reason"), Value::text(answers.text("reason")?)),
        ];
        self.write_known(journal, &values).await?;
        Ok(self.done(Word::CorrectedDone, None))
    }
}

impl Open {
    /// Refuses what must not be written any more: answers of signed notes and runs, states that
    /// nobody leaves.
    pub(in crate::app) fn may_write(
        &mut self,
        document: DocumentId,
        path: &FieldPath,
    ) -> Result<(), Refusal> {
        let kind = self.kind(document).and_then(|kind| Catalog::builtin().kind(kind));
        if kind.is_some_and(|kind| kind.server) {
            return Err(Refusal::NotAllowed);
        }
        let Some(record) = self.judged_record(document) else { return Ok(()) };
        let parts = path.segments();
        let signed = match (self.kind(document), parts.head, parts.rest) {
            (Some("journal"), "notes", [Some(note), _, _]) => {
                !matches!(record.text(&format!("notes/{note}/state")), "" | "draft")
            }
            (Some("run"), head, _) if !matches!(head, "state" | "remark" | "signatures") => {
                matches!(record.text("state"), "signed" | "signed_with_late_changes")
            }
            // What comes to a locked year stands beside its figures, as a line of its own.
            (Some("year"), head, _)
                if !head.starts_with("locked") && !matches!(head, "versions" | "baselines") =>
            {
                record.value("locked") == Some(&Value::Bool(true))
            }
            _ => false,
        };
        if signed { Err(Refusal::Signed) } else { Ok(()) }
    }
}
