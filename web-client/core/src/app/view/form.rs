//! The form of a record, or of one entry of a list in it.

use ankomst_shared::app::{FormView, Language, Refusal, SectionView};
use ankomst_shared::catalog::{Condition, Field, Section, ValueFault};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;

use super::viewer::{Viewer, count};

impl Viewer<'_> {
    pub(super) fn form(
        &mut self,
        id: DocumentId,
        entry: Option<(&str, &str)>,
    ) -> Result<FormView, Refusal> {
        let kind = self.kind(id)?;
        let (sections, fields, prefix) = match entry {
            None => (&kind.sections, &kind.fields, String::new()),
            Some((list, entry)) => {
                let list = kind.entry_list(list).ok_or(Refusal::NotHere)?;
                (&list.sections, &list.fields, format!("{}/{entry}/", list.id))
            }
        };
        let title = match entry {
            Some(("intakes", entry)) => {
                let person = self.text(id, &format!("intakes/{entry}/person"));
                self.person_name(id, &person)
            }
            Some((list, entry)) => self.entry_title(id, list, entry),
            None => self.title(id),
        };
        let title = if title.is_empty() {
            let list = entry.and_then(|(list, _)| kind.entry_list(list));
            list.map_or(title, |list| list.label.get(self.language).to_owned())
        } else {
            title
        };
        let sections = self.sections(id, (sections, fields), &prefix)?;
        let all = || sections.iter().flat_map(|section| &section.fields);
        Ok(FormView {
            document: id,
            title,
            answered: count(all().filter(|field| !field.value.is_null()).count()),
            total: count(all().count()),
            protected: self.is_protected(id),
            sections,
        })
    }

    fn sections(
        &mut self,
        id: DocumentId,
        (sections, fields): (&[Section], &[Field]),
        prefix: &str,
    ) -> Result<Vec<SectionView>, Refusal> {
        let record = self.record(id)?;
        let mut views = Vec::new();
        for section in sections {
            let mut shown = Vec::new();
            for field in fields.iter().filter(|field| field.section == section.id && !field.system)
            {
                let is_relevant = field
                    .relevant
                    .as_ref()
                    .is_none_or(|condition| self.holds(id, prefix, condition));
                let Ok(path) = FieldPath::parse(&format!("{prefix}{}", field.id)) else { continue };
                let Some(view) = self.asked_field(id, (&path, field), &record) else { continue };
                // An answer that was given stays visible, whatever the condition says.
                if is_relevant || !view.value.is_null() {
                    shown.push(view);
                }
            }
            if !shown.is_empty() {
                let label = section.label.get(self.language).to_owned();
                views.push(SectionView { id: section.id.clone(), label, fields: shown });
            }
        }
        Ok(views)
    }

    pub(super) fn holds(&mut self, id: DocumentId, prefix: &str, condition: &Condition) -> bool {
        let key = format!("{prefix}{}", condition.field);
        condition.any_of.iter().any(|wanted| match self.value(id, &key) {
            Some(Value::Str(code)) => code == *wanted,
            Some(Value::Bool(yes)) => yes.to_string() == *wanted,
            _ => matches!(self.value(id, &format!("{key}/{wanted}")), Some(Value::Bool(true))),
        })
    }

    /// What a document is called.
    pub(super) fn title(&mut self, id: DocumentId) -> String {
        let kind = self.open.kind(id).unwrap_or_default().to_owned();
        if let Some((None, field)) = self.catalog.anchor(&kind, "title") {
            return self.text(id, &field.id);
        }
        let parent = self.open.headers.get(&id).and_then(|header| header.parent);
        parent.map_or_else(String::new, |parent| self.title(parent))
    }

    /// What an entry of a list is called.
    pub(super) fn entry_title(&mut self, id: DocumentId, list: &str, entry: &str) -> String {
        if list == "persons" {
            return self.person_name(id, entry);
        }
        let Ok(kind) = self.kind(id) else { return String::new() };
        let title = kind.entry_list(list).and_then(|list| {
            list.fields.iter().find(|field| field.anchor.as_deref() == Some("title"))
        });
        title.map_or_else(String::new, |field| {
            self.text(id, &format!("{list}/{entry}/{}", field.id))
        })
    }

    pub(super) fn person_name(&mut self, id: DocumentId, entry: &str) -> String {
        let names =
            ["given", "family"].map(|part| self.text(id, &format!("persons/{entry}/{part}")));
        names.join(" ").trim().to_owned()
    }

    pub(super) fn is_protected(&mut self, id: DocumentId) -> bool {
        let Ok(record) = self.record(id) else { return false };
        record.fields.iter().any(|(path, state)| {
            path.as_str().ends_with("/protected_identity")
                && state.value.as_str().is_some_and(|code| code != "none")
        })
    }
}

/// What is wrong with an answer, in words.
pub(super) fn fault_words(fault: ValueFault, language: Language) -> String {
    if language == Language::En {
        return fault.to_string();
    }
    let words = match fault {
        ValueFault::Kind => "svaret har fel form",
        ValueFault::Long => "texten är för lång",
        ValueFault::Whole => "skriv ett heltal",
        ValueFault::Decimal => "skriv ett tal, med komma eller punkt",
        ValueFault::Bounds => "talet är utanför det möjliga",
        ValueFault::Date => "skriv ett datum, som 2026-11-25",
        ValueFault::Choice => "välj ett av alternativen",
        ValueFault::Phone => "skriv ett telefonnummer, som 070-174 06 05",
        ValueFault::Email => "skriv en e-postadress, som namn@example.org",
        ValueFault::Postcode => "ett postnummer har fem siffror",
        ValueFault::PersonalNumber => "tolv siffror, och kontrollsiffran ska stämma",
        ValueFault::Reason => "skriv varför det tas bort",
        ValueFault::DossierNumber => "åtta siffror, som 99-123456",
    };
    words.to_owned()
}
