//! Notes of a case: drafts, signing, corrections.

use ankomst_shared::app::{Act, Body, Input, Line, PageView, Part, Sign, Tone};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::order;
use ankomst_shared::text::Word;
use ankomst_shared::value::Value;

use super::super::super::act::body_hash;
use super::super::viewer::Viewer;
use super::made::{action, asked, badge, notice, part, primary, question};

/// So much of a note stands in a list.
const GLIMPSE_CHARS: usize = 140;

impl Viewer<'_> {
    /// The journal of a case, the newest note first.
    pub(super) fn journal_part(&mut self, case: DocumentId) -> Part {
        let (home, entries) = self.listed(case, "notes");
        let mut notes: Vec<(i64, Line)> = Vec::new();
        for entry in entries {
            let at = self.number(home, &format!("notes/{entry}/occurred_at")).unwrap_or(i64::MAX);
            notes.push((at, self.note_line(case, home, &entry).0));
        }
        order::sort_by_key(&mut notes, |(at, _)| core::cmp::Reverse(*at));
        let lines = notes.into_iter().map(|(_, line)| line).collect();
        let mut part = self.lines("notes", Word::Journal, lines, Word::JournalNone);
        part.actions.push(self.add(case, "notes", Word::AddNote));
        part
    }

    /// A note as a line, and for how many working days it has been unsigned.
    pub(super) fn note_line(
        &mut self,
        case: DocumentId,
        home: DocumentId,
        entry: &str,
    ) -> (Line, Option<usize>) {
        let key = |field: &str| format!("notes/{entry}/{field}");
        let body = self.text(home, &key("body"));
        let mut glimpse: String = body.chars().take(GLIMPSE_CHARS).collect();
        if glimpse.len() < body.len() {
            glimpse.push('…');
        }
        let at = self.number(home, &key("occurred_at"));
        let is_draft = matches!(self.text(home, &key("state")).as_str(), "" | "draft");
        let mut badges = Vec::new();
        let mut days = None;
        if is_draft {
            let written = self.written_ms(home, &key("body")).or(at).unwrap_or(self.now.ms);
            days = Some(self.unsigned_days(written));
            badges.push(self.unsigned_badge(written));
        } else {
            badges.extend(self.state(home, &key("state")));
        }
        if self.is_changed_after_signing(home, entry) {
            badges.push(badge(self.w(Word::ChangedAfterSigning), Tone::Decide));
        }
        badges.extend(self.entry_badge(home, "notes", entry));
        let line = Line {
            key: entry.to_owned(),
            href: Some(format!("/arenden/{case}/notes/{entry}")),
            title: self.words(home, &key("kind")),
            detail: glimpse,
            figure: at.map_or_else(String::new, |at| self.moment(at)),
            badges,
            ..Line::default()
        };
        (line, days)
    }

    /// When what stands in a field was first said.
    fn written_ms(&mut self, id: DocumentId, key: &str) -> Option<i64> {
        let record = self.record(id).ok()?;
        let path = ankomst_shared::path::FieldPath::parse(key).ok()?;
        let state = record.fields.get(&path)?;
        state.statements.iter().map(|said| said.meta.claimed_ms).min()
    }

    /// Whether the text that stands is another than the one signed: someone wrote without knowing.
    fn is_changed_after_signing(&mut self, id: DocumentId, entry: &str) -> bool {
        let signed = self.text(id, &format!("notes/{entry}/body_hash"));
        let body = self.text(id, &format!("notes/{entry}/body"));
        (!signed.is_empty() && signed != body_hash(&body))
            || !self.late(id, &format!("notes/{entry}/")).is_empty()
    }

    /// The text that came too late for the signed note, for a correction.
    fn late_text(&mut self, id: DocumentId, entry: &str) -> Value {
        let key = format!("notes/{entry}/body");
        let record = self.record(id).ok();
        let late = record.iter().flat_map(|record| &record.late);
        let body = late.filter(|late| late.path.as_str() == key).flat_map(|late| &late.said).next();
        body.map_or(Value::Null, |said| said.value.clone())
    }

    /// The text that was signed, found in the history by its hash.
    fn signed_text(&mut self, id: DocumentId, entry: &str) -> Option<String> {
        let signed = self.text(id, &format!("notes/{entry}/body_hash"));
        let path = ankomst_shared::path::FieldPath::parse(&format!("notes/{entry}/body")).ok()?;
        let history = self.open.read(id)?.history(&path);
        let mut texts = history.iter().filter_map(|said| said.value.as_str());
        texts.find(|text| body_hash(text) == signed).map(str::to_owned)
    }

    /// What a note's page has besides its form.
    pub(super) fn note_page(&mut self, page: &mut PageView, id: DocumentId, entry: &str) {
        let key = |field: &str| format!("notes/{entry}/{field}");
        let state = self.text(id, &key("state"));
        if matches!(state.as_str(), "" | "draft") {
            let act = Act::Sign { document: id, entry: Some(entry.to_owned()) };
            let sign = action("sign", self.w(Word::SignNote), Sign::Lock, act);
            let mut help = self.w(Word::SignNoteHelp).to_owned();
            let missing = self.missing(id, ("notes", entry));
            if !missing.is_empty() {
                help = [&help, " ", &self.f(Word::SignMissing, &[&missing])].concat();
            }
            page.actions.push(primary(asked(sign, help, Vec::new())));
            page.actions.push(self.remove(id, "notes", entry));
            page.parts.insert(0, notice("draft", Tone::Info, self.w(Word::DraftHelp)));
            return;
        }
        let (by, at) = (self.text(id, &key("signed_by")), self.number(id, &key("signed_at")));
        let who = by.parse().map_or(by, |user| self.person(user));
        let at = at.map_or_else(String::new, |at| self.moment(at));
        let mut parts = vec![notice("signed", Tone::Good, self.f(Word::SignedBy, &[&who, &at]))];
        if self.is_changed_after_signing(id, entry) {
            let text = self.signed_text(id, entry).unwrap_or_default();
            parts.push(part(
                "signed-text",
                self.w(Word::SignedText),
                Body::Text(paragraphs(&text)),
            ));
            let late = Body::Text(self.late(id, &format!("notes/{entry}/")));
            let mut late = part("late", self.w(Word::ChangedAfterSigning), late);
            self.w(Word::ChangedAfterSigningHelp).clone_into(&mut late.help);
            parts.push(late);
        }
        parts.extend(self.corrections(id, entry));
        parts.append(&mut page.parts);
        page.parts = parts;
        let questions = vec![
            question(
                "text",
                self.w(Word::CorrectionText),
                Input::LongText,
                self.late_text(id, entry),
            ),
            question("reason", self.w(Word::Reason), Input::Text, Value::Null),
        ];
        let act = Act::Correct { document: id, entry: entry.to_owned() };
        let correct = action("correct", self.w(Word::Correct), Sign::Pencil, act);
        page.actions.push(asked(correct, self.w(Word::CorrectHelp), questions));
    }

    fn corrections(&mut self, id: DocumentId, entry: &str) -> Option<Part> {
        let record = self.record(id).ok()?;
        let mut lines = Vec::new();
        for one in record.entries(self.catalog, "journal", "corrections") {
            let key = |field: &str| format!("corrections/{one}/{field}");
            if record.text(&key("note")) != entry {
                continue;
            }
            let path = ankomst_shared::path::FieldPath::parse(&key("text")).ok()?;
            let said = record.fields.get(&path).and_then(|state| state.statements.first());
            let who = said.map_or_else(String::new, |said| {
                format!("{} · {}", self.person(said.meta.user), self.moment(said.meta.claimed_ms))
            });
            lines.push(Line {
                title: record.text(&key("text")).to_owned(),
                detail: format!("{who} · {}", record.text(&key("reason"))),
                key: one,
                ..Line::default()
            });
        }
        (!lines.is_empty())
            .then(|| self.lines("corrections", Word::Corrections, lines, Word::Empty))
    }
}

fn paragraphs(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}
