//! Any list of a house or case, any entry of it, and the whole form of the record.

use ankomst_shared::app::{Action, Body, FormView, Line, PageView, Part, Refusal, Sign, Tone};
use ankomst_shared::catalog::Entries;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::path::FieldPath;
use ankomst_shared::text::Word;

use super::super::form::LEFT_TO_RIGHT;
use super::super::viewer::Viewer;
use super::made::{badge, notice, part};

impl Viewer<'_> {
    /// All fields of a record.
    pub(super) fn whole(&mut self, id: DocumentId) -> Result<PageView, Refusal> {
        let form = self.form(id, None)?;
        let progress = self.answered(&form);
        Ok(PageView {
            title: self.title(id),
            back: Some((self.address(id), self.w(Word::Back).to_owned())),
            badges: vec![progress],
            parts: vec![part("form", "", Body::Form(form))],
            ..PageView::default()
        })
    }

    fn answered(&self, form: &FormView) -> ankomst_shared::app::Badge {
        let (done, all) = (form.answered.to_string(), form.total.to_string());
        badge(self.f(Word::Answered, &[&done, &all]), Tone::Plain)
    }

    /// All entries of a list.
    pub(super) fn list(&mut self, parent: DocumentId, list: &str) -> Result<PageView, Refusal> {
        let (_, kind) = self.home(parent, list).ok_or(Refusal::NoPlace)?;
        let label = kind.entry_list(list).ok_or(Refusal::NoPlace)?.label.get(self.language);
        let mut entries =
            self.entries_part(parent, list, [Word::Empty, Word::EntriesNone, Word::Add]);
        let mut actions = core::mem::take(&mut entries.actions);
        // What a file is, only the program writes.
        actions.retain(|_| list != "attachments");
        let mut parts = self.decide_parts(parent, Some(list));
        match list {
            "attachments" => parts.extend(self.files_part(parent, "")),
            _ => parts.push(entries),
        }
        parts.extend(self.late_part(parent));
        Ok(PageView {
            title: label.to_owned(),
            back: Some((self.address(parent), self.title(parent))),
            actions,
            parts,
            ..PageView::default()
        })
    }

    /// What a person should decide about whole entries: of one list, or of all.
    pub(super) fn decide_parts(&mut self, id: DocumentId, list: Option<&str>) -> Vec<Part> {
        let Ok(kind) = self.kind(id) else { return Vec::new() };
        let all = self.undecided(id).unwrap_or_default();
        let told = all.into_iter().filter(|(at, _)| {
            let of = at.split(['/', ':']).next().unwrap_or_default();
            kind.entry_list(of).is_some() && list.is_none_or(|list| list == of)
        });
        told.map(|(at, said)| notice(&at, Tone::Decide, said)).collect()
    }

    /// One entry with its form.
    pub(super) fn entry(
        &mut self,
        parent: DocumentId,
        list: &str,
        entry: &str,
    ) -> Result<PageView, Refusal> {
        let (home, kind) = self.home(parent, list).ok_or(Refusal::NoPlace)?;
        let (home, kind) = match list {
            "attachments" => self.home_of_file(parent, entry).unwrap_or((home, kind)),
            _ => (home, kind),
        };
        let known = kind.entry_list(list).ok_or(Refusal::NoPlace)?;
        if !self.listed(home, list).1.iter().any(|one| one == entry) {
            return self.removed(parent, (home, list, entry));
        }
        let form = self.form(home, Some((list, entry)))?;
        let progress = self.answered(&form);
        // What is signed in the meantime is drawn anew, without fields to type in.
        let mut fields = form.sections.iter().flat_map(|section| &section.fields);
        let key = if fields.all(|field| field.read_only) { "fixed" } else { "form" };
        let mut page = PageView {
            title: form.title.clone(),
            back: Some((self.address(parent), self.title(parent))),
            badges: vec![progress],
            parts: vec![part(key, "", Body::Form(form))],
            ..PageView::default()
        };
        if let Some(rules) = self.rules_part(home, (list, entry)) {
            page.parts.insert(0, rules);
        }
        let removal = self.text(home, &format!("{list}/{entry}/tombstone"));
        if !removal.is_empty() {
            let who = self.who_said(home, &format!("{list}/{entry}/tombstone"));
            let said = self.f(Word::RemovedEdited, &[&removal, &who]);
            let said = notice("revived", Tone::Decide, said);
            page.parts.insert(0, said);
            page.actions.extend(self.restore(home, (list, entry)));
        }
        if list == "persons" {
            // Beside the heading, so that nothing moves under the hands of who is typing.
            if let Some((badge, action)) = self.like_action(home, entry) {
                page.badges.push(badge);
                page.actions.push(action);
            }
            self.cards(&mut page, home, entry);
        }
        match list {
            "attachments" => {
                if let Some(file) = self.one_file(home, entry) {
                    page.parts.insert(0, file);
                }
            }
            "notes" => page.parts.extend(self.files_part(home, &format!("{list}/{entry}"))),
            "deficiencies" => page.parts.extend(self.files_of_deficiency(home, entry)),
            _ => {}
        }
        if list == "notes" {
            self.note_page(&mut page, home, entry);
        } else if known.entries == Entries::Keyed && list != "occupancy" {
            page.actions.push(self.remove(home, list, entry));
        }
        Ok(page)
    }

    /// Who said what stands in a field.
    fn who_said(&mut self, id: DocumentId, key: &str) -> String {
        let (Ok(record), Ok(path)) = (self.record(id), FieldPath::parse(key)) else {
            return String::new();
        };
        let said = record.fields.get(&path).and_then(|state| state.statements.first());
        said.map_or_else(String::new, |said| self.person(said.meta.user))
    }

    /// The way back of an entry that was taken away.
    fn restore(&mut self, home: DocumentId, (list, entry): (&str, &str)) -> Option<Action> {
        let key = format!("{list}/{entry}/tombstone");
        let nothing = ankomst_shared::value::Value::Null;
        self.setting((home, &key), nothing, ("restore", Word::Restore, Sign::Back))
    }

    /// An entry that was taken away: what it was, why, and the way back.
    fn removed(
        &mut self,
        parent: DocumentId,
        (home, list, entry): (DocumentId, &str, &str),
    ) -> Result<PageView, Refusal> {
        let key = format!("{list}/{entry}/tombstone");
        let reason = self.text(home, &key);
        if reason.is_empty() {
            return Err(Refusal::NotHere);
        }
        let form = self.form(home, Some((list, entry)))?;
        let facts = form.sections.iter().flat_map(|section| &section.fields);
        let facts = facts.filter(|field| !field.text.is_empty());
        let facts = facts.map(|field| (field.label.clone(), field.text.clone())).collect();
        let restore = self.restore(home, (list, entry));
        Ok(PageView {
            title: form.title.clone(),
            back: Some((self.address(parent), self.title(parent))),
            actions: restore.into_iter().collect(),
            parts: vec![
                notice("removed", Tone::Decide, self.f(Word::Removed, &[&reason])),
                part("was", "", Body::Facts(facts)),
            ],
            ..PageView::default()
        })
    }

    /// An entry of a list as a line that leads to its form.
    pub(super) fn entry_line(&mut self, parent: DocumentId, list: &str, entry: &str) -> Line {
        let Some((home, kind)) = self.home(parent, list) else { return Line::default() };
        if list == "notes" {
            return self.note_line(parent, home, entry).0;
        }
        let key = |field: &str| format!("{list}/{entry}/{field}");
        let mut badges = Vec::new();
        let mut progress = None;
        let (title, detail) = match list {
            "persons" => {
                let fields = ["birth_date", "personal_number", "dossier_number", "native_name"];
                badges = self.person_marks(home, entry);
                let mut detail = fields.map(|field| self.words(home, &key(field)));
                let name = self.person_name(home, entry);
                // Whom only the own script names is called by it.
                if name.starts_with(&detail[3]) {
                    detail[3].clear();
                }
                (name, detail)
            }
            "intakes" => {
                let form = self.form(home, Some((list, entry)));
                progress = form.ok().map(|form| (form.answered, form.total));
                let person = self.text(home, &key("person"));
                let started = self.words(home, &key("started_on"));
                (
                    self.person_name(home, &person),
                    [started, String::new(), String::new(), String::new()],
                )
            }
            _ => {
                let title = self.entry_title(home, list, entry);
                let fields = kind.entry_list(list).map(|list| list.fields.as_slice());
                let fields =
                    fields.unwrap_or_default().iter().filter(|field| !field.system).take(5);
                let mut words: Vec<String> =
                    fields.map(|field| self.words(home, &key(&field.id))).collect();
                words.retain(|part| !part.is_empty() && *part != title);
                let title =
                    if title.is_empty() && !words.is_empty() { words.remove(0) } else { title };
                (title, [words.join(" · "), String::new(), String::new(), String::new()])
            }
        };
        badges.extend(self.entry_badge(home, list, entry));
        let mut detail: Vec<String> = detail.into_iter().filter(|part| !part.is_empty()).collect();
        if let (Some(first), "persons") = (detail.first_mut(), list) {
            // Digits run from left to right, whatever script the name behind them has.
            first.insert(0, LEFT_TO_RIGHT);
        }
        let title = if title.is_empty() { self.w(Word::Untitled).to_owned() } else { title };
        let figure = progress.map_or_else(String::new, |(done, all)| {
            self.f(Word::Of, &[&done.to_string(), &all.to_string()])
        });
        Line {
            key: entry.to_owned(),
            href: Some(format!("{}/{list}/{entry}", self.address(parent))),
            title,
            detail: detail.join(" · "),
            badges,
            figure,
            progress,
            ..Line::default()
        }
    }

    /// Contradictions in one entry.
    pub(super) fn entry_conflicts(&mut self, id: DocumentId, list: &str, entry: &str) -> usize {
        let Ok(record) = self.record(id) else { return 0 };
        let prefix = format!("{list}/{entry}/");
        let fields = record.fields.iter();
        fields.filter(|(path, state)| state.is_open() && path.as_str().starts_with(&prefix)).count()
    }
}
