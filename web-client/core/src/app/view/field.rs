//! One field: what rules, who said what, what was decided, what is being typed.

use ankomst_shared::app::{
    Agreement, Choice, FieldView, Input, Level, SettlementView, ShownRule, StatementView,
};
use ankomst_shared::catalog::{
    Code, EntryList, Field, FieldType, Kind, Located, MergeCode, Required, ValueFault, check,
};
use ankomst_shared::document::Statement;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::merge::{FieldState, RecordState, Settlement};
use ankomst_shared::path::FieldPath;
use ankomst_shared::same::named;
use ankomst_shared::text::Word;
use ankomst_shared::value::Value;

use super::super::command::may_settle;
use super::viewer::Viewer;

impl Viewer<'_> {
    /// The view of a field that a person can answer; none of one that names something there is no
    /// list of.
    pub(super) fn asked_field(
        &mut self,
        id: DocumentId,
        at: (&FieldPath, &Field),
        record: &RecordState,
    ) -> Option<FieldView> {
        let view = self.field(id, at, record);
        let is_id = matches!(at.1.typ, FieldType::Reference(_));
        (!is_id || view.input != Input::Text).then_some(view)
    }

    /// The view of a field; `path` is the field's own, for a set without a member.
    pub(super) fn field(
        &mut self,
        id: DocumentId,
        (path, field): (&FieldPath, &Field),
        record: &RecordState,
    ) -> FieldView {
        if matches!(field.typ, FieldType::Set(_)) {
            return self.set(id, (path, field), record);
        }
        if field.typ == FieldType::Count {
            let mut view = self.plain(id, (path, field), None);
            let number = record.counted(path.as_str());
            (view.value, view.text) = (Value::Int(number), number.to_string());
            view.input = Input::Count;
            return view;
        }
        let state = record.fields.get(path);
        let mut view = self.plain(id, (path, field), state);
        view.input = self.input(field, &[]);
        if let Some(draft) = self.draft(id, path) {
            view.value = draft.value.clone();
            view.text = self.catalog.words(field, &draft.value, self.language);
            view.level = Level::Saved;
            if !draft.fits {
                let fault = check(self.catalog, field, &draft.value).err();
                view.error = fault.map(|fault| super::form::fault_words(fault, self.language));
            }
        }
        if let FieldType::Reference(to) = &field.typ {
            self.name_references(&mut view, (id, to));
        }
        view.read_only |= self.open.may_write(id, path).is_err();
        view
    }

    /// A person as a field names one: the entry to be chosen and the name. Who has several cards is called as
    /// the one shown, but where the cards themselves are spoken of.
    pub(super) fn named_person(
        &mut self,
        id: DocumentId,
        path: &FieldPath,
        code: &str,
    ) -> (String, String) {
        let case = self.list_of(id, "person").map_or(id, |(at, _)| at);
        let is_card =
            path.as_str().starts_with("same_said/") || path.as_str().ends_with("/duplicate_of");
        let Some(card) = named(case, code) else { return <(String, String)>::default() };
        if card.0 != case {
            return (code.to_owned(), self.card_words(&card));
        }
        let (mut entry, mut name) = (card.1.clone(), self.card_name(case, &card.1));
        if !is_card {
            let shown = self.shown_as(case, &card.1);
            if shown.0 == case {
                entry = shown.1;
            }
            name = self.person_name(case, &card.1);
        }
        if name.is_empty() {
            self.w(Word::Untitled).clone_into(&mut name);
        }
        (entry, name)
    }

    /// What is named is chosen and shown by name, never by an id.
    fn name_references(&mut self, view: &mut FieldView, (id, to): (DocumentId, &str)) {
        let choices = self.references(id, to);
        if to == "person" {
            self.name_persons(id, view);
            if !choices.is_empty() {
                view.input = Input::Choice(choices);
            }
            return;
        }
        if choices.is_empty() {
            return;
        }
        let named = |value: &Value| {
            let code = value.as_str().unwrap_or_default();
            let known = choices.iter().find(|choice| choice.code == code);
            known.map_or_else(String::new, |known| known.label.clone())
        };
        view.text = named(&view.value);
        for said in &mut view.statements {
            said.text = named(&said.value);
        }
        for decision in &mut view.settlements {
            decision.text = named(&decision.value);
        }
        view.input = Input::Choice(choices);
    }

    fn name_persons(&mut self, id: DocumentId, view: &mut FieldView) {
        let path = view.path.clone();
        if let Some(code) = view.value.as_str() {
            let (code, text) = self.named_person(id, &path, code);
            (view.value, view.text) = (Value::text(code), text);
        }
        for said in &mut view.statements {
            said.text = self.named_person(id, &path, said.value.as_str().unwrap_or_default()).1;
        }
        for one in &mut view.settlements {
            one.text = self.named_person(id, &path, one.value.as_str().unwrap_or_default()).1;
        }
    }

    /// What a reference in a document may name; nothing where this device has no list of it.
    pub(super) fn references(&mut self, id: DocumentId, to: &str) -> Vec<Choice> {
        let mut named: Vec<(String, String)> = match to {
            "user" => {
                let people = self.open.standing.people.iter();
                people.map(|(user, name)| (user.to_string(), name.clone())).collect()
            }
            _ if self.catalog.kind(to).is_some() => {
                let all = self.of_kind(to);
                all.into_iter().map(|one| (one.to_string(), self.title(one))).collect()
            }
            _ => {
                let Some((at, list)) = self.list_of(id, to) else { return Vec::new() };
                let (home, mut entries) = self.listed(at, &list.id);
                if list.id == "persons" {
                    entries = self.people(at);
                }
                let names = entries.into_iter().map(|entry| {
                    let name = self.entry_name(home, list, &entry);
                    (entry, name)
                });
                names.collect()
            }
        };
        ankomst_shared::order::sort_by_key(&mut named, |(_, name)| {
            ankomst_shared::order::swedish(name)
        });
        let untitled = self.w(Word::Untitled);
        let choice = |(code, label): (String, String)| {
            let label = if label.is_empty() { untitled.to_owned() } else { label };
            Choice { code, label, help: None, chosen: false, lacks_reason: false }
        };
        named.into_iter().map(choice).collect()
    }

    /// The list that a reference in a document names entries of, and where it is found: the document or what
    /// it belongs to.
    fn list_of(&self, id: DocumentId, to: &str) -> Option<(DocumentId, &'static EntryList)> {
        let parent = self.open.headers.get(&id).and_then(|header| header.parent);
        [Some(id), parent].into_iter().flatten().find_map(|at| {
            let own = self.kind(at).ok()?;
            let with = |kind: &&Kind| {
                kind.id == own.id || kind.single && kind.belongs_to.contains(&own.id)
            };
            let kinds = self.catalog.package().kinds.iter().filter(with);
            let mut lists = kinds.flat_map(|kind| &kind.entry_lists);
            lists.find(|list| list.holds(to)).map(|list| (at, list))
        })
    }

    /// What an entry is called; without a title by its first answers that name nothing else.
    pub(super) fn entry_name(&mut self, id: DocumentId, list: &EntryList, entry: &str) -> String {
        let title = self.entry_title(id, &list.id, entry);
        if list.id == "occupancy" {
            // Two placements of one person are told apart by their rooms.
            let room = self.text(id, &format!("occupancy/{entry}/room"));
            let room = self.text(id, &format!("rooms/{room}/label"));
            return [&title, " · ", &room].concat();
        }
        if !title.is_empty() {
            return title;
        }
        let own = list.fields.iter().filter(|field| !matches!(field.typ, FieldType::Reference(_)));
        let words = own.map(|field| self.words(id, &format!("{}/{entry}/{}", list.id, field.id)));
        let words: Vec<String> = words.filter(|words| !words.is_empty()).take(2).collect();
        words.join(" · ")
    }

    fn plain(
        &self,
        id: DocumentId,
        (path, field): (&FieldPath, &Field),
        state: Option<&FieldState>,
    ) -> FieldView {
        let value = state.map_or(Value::Null, |state| state.value.clone());
        let statements: Vec<StatementView> = state
            .map(|state| {
                state.statements.iter().map(|said| self.statement(id, field, said)).collect()
            })
            .unwrap_or_default();
        let kind = self.open.kind(id).unwrap_or_default();
        let safety = field.merge == MergeCode::S;
        let beside = self.brought_words(id, state);
        FieldView {
            path: path.clone(),
            label: field.label.get(self.language).to_owned(),
            help: field.help.as_ref().map(|help| help.get(self.language).to_owned()),
            input: Input::Text,
            text: self.catalog.words(field, &value, self.language),
            value,
            rule: state.map_or(ShownRule::Only, |state| state.rule),
            agreement: state.map_or(Agreement::Agreed, |state| state.agreement),
            conflict: state.and_then(|state| state.conflict),
            level: statements.first().map_or(Level::Shared, |said| said.level),
            statements,
            settlements: state
                .map(|state| {
                    state.settlements.iter().map(|one| self.settlement(field, one)).collect()
                })
                .unwrap_or_default(),
            // What a file has brought is decided about when the server has it.
            may_settle: beside.is_empty()
                && may_settle(&self.open.identity.user.roles, kind, safety),
            required: field.required != Required::Optional,
            read_only: field.merge == MergeCode::I && state.is_some(),
            error: None,
            safety,
            beside,
        }
    }

    fn set(
        &self,
        id: DocumentId,
        (path, field): (&FieldPath, &Field),
        record: &RecordState,
    ) -> FieldView {
        let FieldType::Set(list) = &field.typ else { return self.plain(id, (path, field), None) };
        let (mut chosen, mut lacking) = (Vec::new(), Vec::new());
        let mut beside = String::new();
        let mut worst: Option<(&Code, &FieldState)> = None;
        let mut level = None;
        for code in self.catalog.list(list).map(|list| list.codes.as_slice()).unwrap_or_default() {
            let Ok(member) = FieldPath::parse(&format!("{path}/{}", code.id)) else { continue };
            let state = record.fields.get(&member);
            let mut is_in = state.is_some_and(|state| matches!(state.value, Value::Bool(true)));
            if let Some(draft) = self.draft(id, &member) {
                is_in = matches!(draft.value, Value::Bool(true));
                level = Some(Level::Saved);
                if !draft.fits {
                    lacking.push(code.id.as_str());
                }
            }
            if beside.is_empty() {
                beside = self.brought_words(id, state);
            }
            if let Some(state) = state {
                let levels = state.statements.iter().map(|said| self.level(id, &said.change).0);
                level = levels.chain(level).min();
                if state.agreement != Agreement::Agreed
                    && !worst.is_some_and(|(_, worst)| worst.is_open())
                {
                    worst = Some((code, state));
                }
            }
            if is_in {
                chosen.push(code.id.as_str());
            }
        }
        let mut view = self.plain(id, (path, field), worst.map(|(_, state)| state));
        if let Some((code, _)) = worst {
            // Said of one of the choices, which is named.
            let of = code.label.get(self.language);
            let said = view.statements.iter_mut().map(|said| &mut said.text);
            for text in said.chain(view.settlements.iter_mut().map(|one| &mut one.text)) {
                if !text.is_empty() {
                    *text = [of, ": ", text].concat();
                }
            }
        }
        let words: Vec<String> =
            chosen.iter().map(|code| self.catalog.code_words(list, code, self.language)).collect();
        view.text = words.join(", ");
        view.value = if chosen.is_empty() { Value::Null } else { Value::text(chosen.join(",")) };
        view.input = self.input(field, &chosen);
        if let Input::Set(choices) = &mut view.input {
            for choice in choices {
                choice.lacks_reason = lacking.contains(&choice.code.as_str());
            }
        }
        if !lacking.is_empty() {
            view.error = Some(super::form::fault_words(ValueFault::Reason, self.language));
        }
        view.level = level.unwrap_or(Level::Shared);
        view.read_only = false;
        view.may_settle &= beside.is_empty();
        view.beside = beside;
        view
    }

    /// That something of a field came by a file, and from whom.
    fn brought_words(&self, id: DocumentId, state: Option<&FieldState>) -> String {
        let said = state.map_or(&[][..], |state| &state.statements);
        let by = said.iter().find_map(|said| self.open.brought.get(&(id, said.change)));
        by.map_or_else(String::new, |one| self.f(Word::BundleBeside, &[&one.by]))
    }

    pub(super) fn input(&self, field: &Field, chosen: &[&str]) -> Input {
        let choices = |list: &str| -> Vec<Choice> {
            let codes =
                self.catalog.list(list).map(|list| list.codes.as_slice()).unwrap_or_default();
            codes
                .iter()
                .map(|code| Choice {
                    code: code.id.clone(),
                    label: code.label.get(self.language).to_owned(),
                    help: code.help.as_ref().map(|help| help.get(self.language).to_owned()),
                    chosen: chosen.contains(&code.id.as_str()),
                    lacks_reason: false,
                })
                .collect()
        };
        match &field.typ {
            FieldType::Text | FieldType::Reference(_) => Input::Text,
            FieldType::LongText => Input::LongText,
            FieldType::Int(..) => Input::Int,
            FieldType::Decimal(_, unit) => Input::Decimal(unit.clone()),
            FieldType::Bool => Input::Bool,
            FieldType::Count => Input::Count,
            FieldType::Date => Input::Date,
            FieldType::Time => Input::Time,
            FieldType::Choice(list) => Input::Choice(choices(list)),
            FieldType::Set(list) => Input::Set(choices(list)),
            FieldType::Phone => Input::Phone,
            FieldType::Email => Input::Email,
            FieldType::Postcode | FieldType::PersonalNumber | FieldType::DossierNumber => {
                Input::Code
            }
        }
    }

    fn statement(&self, id: DocumentId, field: &Field, said: &Statement) -> StatementView {
        let (level, received_ms) = self.level(id, &said.change);
        StatementView {
            value: said.value.clone(),
            text: self.catalog.words(field, &said.value, self.language),
            who: self.person(said.meta.user),
            device: self.device(said.meta.device),
            claimed_ms: said.meta.claimed_ms,
            received_ms,
            level,
            own: said.meta.user == self.open.identity.user.id,
            device_id: said.meta.device,
        }
    }

    fn settlement(&self, field: &Field, one: &Settlement) -> SettlementView {
        SettlementView {
            id: one.id.to_string(),
            text: self.catalog.words(field, &one.value, self.language),
            value: one.value.clone(),
            reason: one.reason.clone(),
            who: self.person(one.meta.user),
            claimed_ms: one.meta.claimed_ms,
            own: one.meta.user == self.open.identity.user.id,
        }
    }

    /// The field a key stands for, and the field's own key: without the member of a set.
    pub(super) fn own_path(located: &Located<'_>, path: &FieldPath) -> FieldPath {
        let text = located.member.and_then(|member| path.as_str().strip_suffix(member));
        let text = text.and_then(|text| text.strip_suffix('/'));
        text.and_then(|text| FieldPath::parse(text).ok()).unwrap_or_else(|| path.clone())
    }
}
