//! The form of a record, or of one entry of a list in it.

use ankomst_shared::app::{FieldView, FormView, Input, Language, Refusal, SectionView};
use ankomst_shared::catalog::{NumberFault, Section, ValueFault};
use ankomst_shared::form::{Asked, Form, Outcome};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::text::{Word, w};
use ankomst_shared::value::Value;

use super::viewer::{Viewer, count};

/// What follows is laid out from the left.
pub(super) const LEFT_TO_RIGHT: char = '\u{200e}';

impl Viewer<'_> {
    pub(super) fn form(
        &mut self,
        id: DocumentId,
        entry: Option<(&str, &str)>,
    ) -> Result<FormView, Refusal> {
        let kind = self.kind(id)?;
        let typed = self.typed(id)?;
        let mut form = Form::new(self.catalog, kind, &typed);
        let sections = match entry {
            None => {
                form.record();
                &kind.sections
            }
            Some((list, entry)) => {
                let list = kind.entry_list(list).ok_or(Refusal::NotHere)?;
                form.entry(list, entry);
                &list.sections
            }
        };
        let outcome = form.outcome;
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
        let (sections, [answered, total]) = self.sections(id, sections, &outcome)?;
        Ok(FormView {
            document: id,
            title,
            answered: count(answered),
            total: count(total),
            protected: self.is_protected(id),
            sections,
        })
    }

    /// The sections, the fields answered and all that a person may answer.
    fn sections(
        &mut self,
        id: DocumentId,
        sections: &[Section],
        outcome: &Outcome<'_>,
    ) -> Result<(Vec<SectionView>, [usize; 2]), Refusal> {
        let record = self.record(id)?;
        let mut counted = [0; 2];
        let mut views = Vec::new();
        for section in sections {
            let mut shown = Vec::new();
            let asked = outcome.asked.iter();
            for asked in
                asked.filter(|asked| asked.field.section == section.id && !asked.field.system)
            {
                let at = (&asked.path, asked.field);
                let Some(mut view) = self.asked_field(id, at, &record) else { continue };
                // An answer that was given stays visible, whatever the condition says.
                if asked.relevant || !view.value.is_null() {
                    let is_asked = asked.field.calculate.is_none();
                    counted[0] += usize::from(is_asked && !view.value.is_null());
                    counted[1] += usize::from(is_asked);
                    self.told(id, (&mut view, asked), outcome);
                    shown.push(view);
                }
            }
            if !shown.is_empty() {
                let label = section.label.get(self.language).to_owned();
                views.push(SectionView { id: section.id.clone(), label, fields: shown });
            }
        }
        Ok((views, counted))
    }

    /// Puts into the view of a field what the form says of it.
    fn told(
        &mut self,
        id: DocumentId,
        (view, asked): (&mut FieldView, &Asked<'_>),
        all: &Outcome<'_>,
    ) {
        view.required = asked.required;
        if asked.field.calculate.is_some() {
            view.value = asked.calculated.clone().unwrap_or(Value::Null);
            view.text = self.catalog.words(asked.field, &view.value, self.language);
            view.read_only = true;
        }
        if let (Some(kept), Input::Choice(choices) | Input::Set(choices)) =
            (&asked.choices, &mut view.input)
        {
            let said = view.value.as_str().unwrap_or_default();
            choices.retain(|one| one.chosen || one.code == said || kept.contains(&one.code));
        }
        if view.error.is_none() {
            view.error = self.wrong_words(id, &asked.path, all);
        }
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
            return self.card_name(id, entry);
        }
        if list == "occupancy" {
            return self.occupant_name(id, entry);
        }
        if list == "deficiencies" {
            return self.deficiency_title(id, entry);
        }
        let Ok(kind) = self.kind(id) else { return String::new() };
        let title = kind.entry_list(list).and_then(|list| {
            list.fields.iter().find(|field| field.anchor.as_deref() == Some("title"))
        });
        title.map_or_else(String::new, |field| {
            self.text(id, &format!("{list}/{entry}/{}", field.id))
        })
    }

    /// The name of a person: on the card under which the person is shown.
    pub(super) fn person_name(&mut self, id: DocumentId, entry: &str) -> String {
        let (case, shown) = self.shown_as(id, entry);
        let name = self.card_name(case, &shown);
        if name.is_empty() { self.card_name(id, entry) } else { name }
    }

    /// The name that stands on a card; the one in the own script where there is no other.
    pub(super) fn card_name(&mut self, id: DocumentId, entry: &str) -> String {
        let [given, family, native] = ["given", "family", "native_name"]
            .map(|part| self.text(id, &format!("persons/{entry}/{part}")));
        let mut name = [&given, " ", &family].concat().trim().to_owned();
        if name.is_empty() {
            name = native;
        }
        if name.ends_with(is_right_to_left) {
            // What stands behind it, such as a number, keeps its own direction.
            name.push(LEFT_TO_RIGHT);
        }
        name
    }

    pub(super) fn is_protected(&mut self, id: DocumentId) -> bool {
        let Ok(record) = self.record(id) else { return false };
        record.fields.iter().any(|(path, state)| {
            path.as_str().ends_with("/protected_identity")
                && state.value.as_str().is_some_and(|code| code != "none")
        })
    }
}

/// Letters of Hebrew, Arabic and their neighbours.
const fn is_right_to_left(sign: char) -> bool {
    matches!(sign, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}')
}

/// What is wrong with an answer, in words.
pub(super) fn fault_words(fault: ValueFault, language: Language) -> String {
    if let (Language::En, true) = (language, !matches!(fault, ValueFault::Number(_))) {
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
        ValueFault::Number(fault) => return w(language, number_word(fault)).to_owned(),
        ValueFault::Reason => "skriv varför det tas bort",
    };
    words.to_owned()
}

/// Why a number cannot be one.
const fn number_word(fault: NumberFault) -> Word {
    match fault {
        NumberFault::Signs => Word::NumberSigns,
        NumberFault::Length => Word::NumberLength,
        NumberFault::Century => Word::NumberCentury,
        NumberFault::Date => Word::NumberDate,
        NumberFault::CheckDigit => Word::NumberCheckDigit,
        NumberFault::Dossier => Word::NumberDossier,
    }
}
