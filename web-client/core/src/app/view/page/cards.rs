//! Cards of one person: who is shown where, and the page of a person with several cards.

use ankomst_shared::app::{
    Act, Badge, Body, FieldView, FormView, Input, Line, PageView, SectionView, Sign, Tone,
};
use ankomst_shared::catalog::{EntryList, FieldType, is_over};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::merge::RecordState;
use ankomst_shared::occupancy::{self, House};
use ankomst_shared::path::FieldPath;
use ankomst_shared::same::{Card, Fault};
use ankomst_shared::text::Word;
use ankomst_shared::value::Value;

use super::super::viewer::Viewer;
use super::made::{action, badge, notice, part, quiet, signed};

impl Viewer<'_> {
    /// Who lives where in a house; who has several cards held here is one person.
    pub(super) fn lived(&mut self, record: &RecordState) -> House {
        let same = self.open.same();
        occupancy::house_on(self.catalog, record, &same, self.now.today())
    }

    /// The card under which the person of a card is shown.
    pub(in crate::app::view) fn shown_as(&mut self, case: DocumentId, entry: &str) -> Card {
        let same = self.open.same();
        same.under(case, entry).cloned().unwrap_or_else(|| (case, entry.to_owned()))
    }

    /// The persons of a case as a household counts them: several cards of it are one.
    pub(in crate::app::view) fn people(&mut self, case: DocumentId) -> Vec<String> {
        let same = self.open.same();
        let mut people = self.listed(case, "persons").1;
        people.retain(|entry| same.under(case, entry).is_none_or(|under| under.0 != case));
        people
    }

    /// A card in words: its own name and the number of its case.
    pub(in crate::app::view) fn card_words(&mut self, card: &Card) -> String {
        if self.open.kind(card.0) != Some("case") {
            return self.w(Word::CardElsewhere).to_owned();
        }
        let (mut name, number) = (self.card_name(card.0, &card.1), self.case_number(card.0));
        if name.is_empty() {
            self.w(Word::Untitled).clone_into(&mut name);
        }
        [&name, " · ", &number].concat()
    }

    pub(super) fn card_address(&self, card: &Card) -> String {
        [&self.address(card.0), "/persons/", &card.1].concat()
    }

    /// What the page of a card has because somebody said that the person has several.
    pub(super) fn cards(&mut self, page: &mut PageView, case: DocumentId, entry: &str) {
        let same = self.open.same();
        let card = (case, entry.to_owned());
        let to = [&self.card_address(&card), "/lika"].concat();
        page.actions.push(action("same", self.w(Word::SamePerson), Sign::Folder, Act::Go(to)));
        let said = match (same.under(case, entry), same.fault(case, entry)) {
            (Some(under), _) => {
                let name = self.card_words(under);
                let act = Act::Go(self.card_address(under));
                page.actions.insert(0, action("under", name.clone(), Sign::Back, act));
                Some((Tone::Info, self.f(Word::CardUnder, &[&name])))
            }
            (None, Some(Fault::Loop)) => Some((Tone::Decide, self.w(Word::CardLoop).to_owned())),
            (None, Some(Fault::Removed)) => {
                Some((Tone::Decide, self.w(Word::CardRemoved).to_owned()))
            }
            (None, Some(Fault::Elsewhere)) => Some((Tone::Info, self.w(Word::CardAway).to_owned())),
            (None, None) => None,
        };
        let was_said = !self.sayings(&card).is_empty();
        if let Some((tone, said)) = said {
            page.parts.insert(0, notice("card", tone, said));
        }
        if was_said {
            let act = Act::Go([&self.card_address(&card), "/kort"].concat());
            page.actions.push(action("cards", self.w(Word::CardsApart), Sign::Differ, act));
        }
        let others = same.others(case, entry);
        if !others.is_empty() {
            self.joined(page, &card, &others);
        }
    }

    /// The page of a person with further cards: what these say stands beside, each below, then all that is
    /// about the person.
    fn joined(&mut self, page: &mut PageView, card: &Card, others: &[Card]) {
        page.badges.push(self.cards_badge(others.len()));
        for other in others {
            if let Some(Body::Form(form)) = page
                .parts
                .iter_mut()
                .map(|part| &mut part.body)
                .find(|body| matches!(body, Body::Form(form) if form.document == card.0))
            {
                self.set_beside(form, card, other);
            }
        }
        let mut lines = Vec::new();
        for other in others {
            lines.push(self.card_line(other));
        }
        let mut cards = part("cards", self.w(Word::CardsTitle), Body::Lines(lines, String::new()));
        self.w(Word::CardsHelp).clone_into(&mut cards.help);
        page.parts.insert(0, cards);
        for other in others {
            let form = self.card_form(other);
            page.parts.extend(form.map(|form| part(&other.1, "", Body::Form(form))));
            if self.is_protected(other.0) {
                page.badges.push(signed(self.w(Word::Protected), Tone::Danger, Sign::Shield));
            }
        }
        let mut all = others.to_vec();
        all.push(card.clone());
        let mut about = Vec::new();
        for one in &all {
            self.about(one, &mut about);
        }
        self.living(&all, &mut about);
        page.parts.push(self.lines("about", Word::AboutPerson, about, Word::Empty));
    }

    /// Marks of a person in a list: protected on any of the cards, how many these are, and under which card of
    /// another case.
    pub(super) fn person_marks(&mut self, case: DocumentId, entry: &str) -> Vec<Badge> {
        let mut cards = self.open.same().others(case, entry);
        cards.insert(0, (case, entry.to_owned()));
        let mut marks = Vec::new();
        for (case, card) in &cards {
            let key = ["persons/", card, "/protected_identity"].concat();
            if marks.is_empty() && !matches!(self.text(*case, &key).as_str(), "" | "none") {
                marks.push(signed(self.words(*case, &key), Tone::Danger, Sign::Shield));
            }
        }
        if cards.len() > 1 {
            marks.push(self.cards_badge(cards.len() - 1));
        }
        let shown = self.shown_as(case, entry);
        if shown.0 != case {
            marks.push(badge(self.card_words(&shown), Tone::Info));
        }
        marks
    }

    /// How many cards a person has, as a mark.
    fn cards_badge(&self, others: usize) -> Badge {
        let number = others.saturating_add(1).to_string();
        badge(self.f(Word::CardsNumber, &[&number]), Tone::Info)
    }

    /// A further card as a line, with who said so and the way to take it apart.
    fn card_line(&mut self, card: &Card) -> Line {
        let address = self.card_address(card);
        let mut line = Line {
            key: card.1.clone(),
            href: Some(address.clone()),
            title: self.card_words(card),
            ..Line::default()
        };
        if let Some(newest) = self.sayings(card).last() {
            (line.detail, line.figure) = self.saying_words(card.0, newest);
        }
        let act = Act::Go([&address, "/kort"].concat());
        line.actions.push(quiet(action("cards", self.w(Word::CardsApart), Sign::Differ, act)));
        line
    }

    /// Puts beside each answer of a card what another says; where the card has none, the other's stands there.
    fn set_beside(&mut self, form: &mut FormView, card: &Card, other: &Card) {
        let words = self.card_words(other);
        for field in form.sections.iter_mut().flat_map(|section| &mut section.fields) {
            let Some(name) = field.path.as_str().rsplit('/').next() else { continue };
            let key = ["persons/", &other.1, "/", name].concat();
            let Some((value, text)) = self.told_at(other.0, &key) else { continue };
            if text.is_empty() || text == field.text {
                continue;
            }
            let said = if field.text.is_empty()
                && !matches!(field.input, Input::Set(_) | Input::Count)
                && !self.is_said(card.0, &field.path)
            {
                (field.value, field.text) = (value, text);
                self.f(Word::CardFrom, &[&words])
            } else {
                self.f(Word::CardSays, &[&words, &text])
            };
            field.beside = if field.beside.is_empty() {
                said
            } else {
                [&field.beside, " · ", &said].concat()
            };
        }
    }

    /// What stands in a field of a card, as it is shown.
    fn told_at(&mut self, case: DocumentId, key: &str) -> Option<(Value, String)> {
        let path = FieldPath::parse(key).ok()?;
        let record = self.record(case).ok()?;
        let located = self.catalog.locate("case", &path)?;
        let view = self.field(case, (&path, located.field), &record);
        Some((view.value, view.text))
    }

    /// Whether anybody ever answered a field.
    fn is_said(&mut self, id: DocumentId, path: &FieldPath) -> bool {
        self.draft(id, path).is_some()
            || self.record(id).is_ok_and(|record| record.fields.contains_key(path))
    }

    /// What a further card says, to be read and changed where it stands.
    fn card_form(&mut self, card: &Card) -> Option<FormView> {
        let mut form = self.form(card.0, Some(("persons", &card.1))).ok()?;
        let record = self.record(card.0).ok()?;
        let mut fields: Vec<FieldView> = Vec::new();
        for field in form.sections.drain(..).flat_map(|section| section.fields) {
            let within = [field.path.as_str(), "/"].concat();
            let mut said = record.fields.keys();
            if said.any(|path| *path == field.path || path.as_str().starts_with(&within)) {
                fields.push(field);
            }
        }
        let words = self.card_words(card);
        let label = self.f(Word::CardOf, &[&words]);
        form.sections.push(SectionView { id: card.1.clone(), label, fields });
        Some(form)
    }

    /// Adds what the case and its journal say of a card: everything that names it.
    fn about(&mut self, card: &Card, lines: &mut Vec<Line>) {
        let case = card.0;
        lines.push(Line {
            key: case.to_string(),
            href: Some(self.address(case)),
            title: self.title(case),
            figure: self.case_number(case),
            ..Line::default()
        });
        let Ok(kind) = self.kind(case) else { return };
        let journal = self.home(case, "notes").map(|(_, journal)| journal);
        let kinds = [Some(kind), journal];
        let lists = kinds.into_iter().flatten().flat_map(|kind| &kind.entry_lists);
        for list in lists.filter(|list| !matches!(list.id.as_str(), "same_said" | "not_duplicates"))
        {
            for entry in self.naming(case, list, &card.1) {
                let (list, entry) = match list.id.as_str() {
                    "note_persons" => {
                        let (home, _) = self.listed(case, "notes");
                        ("notes", self.text(home, &["note_persons/", &entry, "/note"].concat()))
                    }
                    id => (id, entry),
                };
                let mut line = self.entry_line(case, list, &entry);
                let label = kind.entry_list(list).or_else(|| journal?.entry_list(list));
                let label = label.map_or("", |list| list.label.get(self.language));
                line.detail = [label, " · ", &line.detail].concat();
                // One line for each, also where it names two cards.
                if !lines.iter().any(|known| known.key == line.key) {
                    lines.push(line);
                }
            }
        }
    }

    /// The entries of a list that name a person.
    fn naming(&mut self, case: DocumentId, list: &EntryList, person: &str) -> Vec<String> {
        let is_person = |typ: &FieldType| matches!(typ, FieldType::Reference(to) if to == "person");
        let (home, mut entries) = self.listed(case, &list.id);
        let Ok(record) = self.record(home) else { return Vec::new() };
        entries.retain(|entry| {
            list.fields.iter().any(|field| {
                is_person(&field.typ)
                    && record.text(&[&list.id, "/", entry, "/", &field.id].concat()) == person
            })
        });
        entries
    }

    /// Adds where the cards of a person live or are planned to.
    fn living(&mut self, cards: &[Card], lines: &mut Vec<Line>) {
        for house in self.of_kind("residence") {
            let Ok(record) = self.record(house) else { continue };
            for entry in record.entries(self.catalog, "residence", "occupancy") {
                let text = |field: &str| record.text(&["occupancy/", &entry, "/", field].concat());
                let is_one = cards.iter().any(|card| card.1 == text("person"));
                if is_one && !is_over(text("state")) {
                    lines.extend(self.living_line(house, &entry));
                }
            }
        }
    }
}
