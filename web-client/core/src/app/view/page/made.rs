//! How the pieces of a page are made.

use ankomst_shared::app::{
    Act, Action, Ask, Badge, Body, Choice, Input, Line, Look, Part, Question, Sign, Tone,
};
use ankomst_shared::catalog::{Code, Entries, Field, FieldType, Required, written_date};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::order;
use ankomst_shared::path::FieldPath;
use ankomst_shared::text::Word;
use ankomst_shared::value::Value;

use super::super::viewer::Viewer;

/// A word in a tone.
pub(super) fn badge(text: impl Into<String>, tone: Tone) -> Badge {
    let sign = match tone {
        Tone::Danger => Sign::Danger,
        Tone::Decide => Sign::Differ,
        _ => Sign::None,
    };
    Badge { text: text.into(), tone, sign }
}

/// A word in a tone with a sign.
pub(in crate::app::view) fn signed(text: impl Into<String>, tone: Tone, sign: Sign) -> Badge {
    Badge { text: text.into(), tone, sign }
}

/// A part of a page.
pub(in crate::app::view) fn part(key: &str, title: impl Into<String>, body: Body) -> Part {
    Part {
        key: key.to_owned(),
        title: title.into(),
        help: String::new(),
        actions: Vec::new(),
        body,
    }
}

/// A sentence set apart.
pub(super) fn notice(key: &str, tone: Tone, help: impl Into<String>) -> Part {
    Part { help: help.into(), ..part(key, "", Body::Notice(tone)) }
}

/// Something done at once.
pub(in crate::app::view) fn action(
    name: &str,
    label: impl Into<String>,
    sign: Sign,
    act: Act,
) -> Action {
    Action { name: name.to_owned(), label: label.into(), sign, look: Look::Plain, ask: None, act }
}

/// One of the small things that can be done with a line.
pub(super) fn quiet(action: Action) -> Action {
    Action { look: Look::Quiet, ..action }
}

/// The most likely thing.
pub(in crate::app::view) fn primary(action: Action) -> Action {
    Action { look: Look::Primary, ..action }
}

/// Something done after questions; the dialog bears the button's words.
pub(in crate::app::view) fn asked(
    mut action: Action,
    help: impl Into<String>,
    questions: Vec<Question>,
) -> Action {
    let (title, done) = (action.label.clone(), action.label.clone());
    action.ask = Some(Ask { title, help: help.into(), questions, done });
    action
}

/// A question of a dialog.
pub(in crate::app::view) fn question(
    id: &str,
    label: impl Into<String>,
    input: Input,
    value: Value,
) -> Question {
    Question { id: id.to_owned(), label: label.into(), input, value, required: true }
}

/// Puts lines in the order of their titles.
pub(super) fn by_title(lines: &mut Vec<Line>) {
    order::sort_by_key(lines, |line| order::swedish(&line.title));
}

impl Viewer<'_> {
    /// The choices of a code list.
    pub(super) fn choices(&self, list: &str) -> Input {
        let codes = self.catalog.list(list).map(|list| list.codes.as_slice()).unwrap_or_default();
        let choice = |code: &Code| Choice {
            code: code.id.clone(),
            label: code.label.get(self.language).to_owned(),
            help: None,
            chosen: false,
            lacks_reason: false,
        };
        Input::Choice(codes.iter().map(choice).collect())
    }

    /// How many fields people contradict each other on, as a mark; nothing when none.
    pub(super) fn conflicts(&self, number: usize) -> Option<Badge> {
        let text = match number {
            0 => return None,
            1 => self.w(Word::ConflictOne).to_owned(),
            many => self.f(Word::ConflictMany, &[&many.to_string()]),
        };
        Some(badge(text, Tone::Decide))
    }

    /// Contradictions in one entry, as a mark.
    pub(super) fn entry_badge(&mut self, id: DocumentId, list: &str, entry: &str) -> Option<Badge> {
        let number = self.entry_conflicts(id, list, entry);
        self.conflicts(number)
    }

    /// A state as a word; nothing when it has none.
    pub(super) fn state(&mut self, id: DocumentId, key: &str) -> Option<Badge> {
        let (words, code) = (self.words(id, key), self.text(id, key));
        let tone = match code.as_str() {
            "disputed" => Tone::Decide,
            "blocked" | "closed" | "closing" | "intake_stop" => Tone::Danger,
            "open" | "active" | "usable" | "signed" | "verified" | "done" => Tone::Good,
            _ => Tone::Plain,
        };
        (!words.is_empty()).then(|| badge(words, tone))
    }

    /// Sets one field, as an action.
    pub(super) fn setting(
        &self,
        (document, key): (DocumentId, &str),
        value: Value,
        (name, label, sign): (&str, Word, Sign),
    ) -> Option<Action> {
        let values = vec![(FieldPath::parse(key).ok()?, value)];
        Some(quiet(action(name, self.w(label), sign, Act::Set { document, values })))
    }

    /// Takes an entry away, as an action that asks why.
    pub(super) fn remove(&self, document: DocumentId, list: &str, entry: &str) -> Action {
        let act = Act::Remove { document, list: list.to_owned(), entry: entry.to_owned() };
        let why = question("reason", self.w(Word::Reason), Input::Text, Value::Null);
        asked(
            quiet(action("remove", self.w(Word::Remove), Sign::Cross, act)),
            self.w(Word::RemoveHelp),
            vec![why],
        )
    }

    /// A list of a page with what stands there when it is empty.
    pub(super) fn lines(&self, key: &str, title: Word, lines: Vec<Line>, none: Word) -> Part {
        part(key, self.w(title).trim(), Body::Lines(lines, self.w(none).trim().to_owned()))
    }

    /// Adds an entry, as an action. What is written once is asked as a whole before it is written.
    pub(super) fn add(&mut self, parent: DocumentId, list: &str, label: Word) -> Action {
        let act = Act::Add { parent, list: list.to_owned() };
        let add = action(&format!("add-{list}"), self.w(label), Sign::Plus, act);
        let Some((home, kind)) = self.home(parent, list) else { return add };
        let Some(known) = kind.entry_list(list) else { return add };
        if known.entries != Entries::Append {
            return add;
        }
        let fields: Vec<&Field> = known.fields.iter().filter(|field| !field.system).collect();
        asked(add, "", self.questions(home, &fields))
    }

    /// Fields as the questions of a dialog.
    pub(super) fn questions(&mut self, home: DocumentId, fields: &[&Field]) -> Vec<Question> {
        let mut questions = Vec::new();
        for field in fields.iter().filter(|field| field.calculate.is_none()) {
            let input = match &field.typ {
                FieldType::Reference(to) => Input::Choice(self.references(home, to)),
                _ => self.input(field, &[]),
            };
            let first = match input {
                Input::Date if field.required == Required::Creation => {
                    Value::text(self.today_text())
                }
                Input::Set(_) | Input::Time | Input::Count => continue,
                _ => Value::Null,
            };
            let mut asked = question(&field.id, field.label.get(self.language), input, first);
            asked.required = field.required == Required::Creation;
            questions.push(asked);
        }
        questions
    }

    /// Today's date as it is written.
    pub(super) fn today_text(&self) -> String {
        written_date(self.now.today())
    }
}
