//! A question and its answer, however it is asked: `line` (all that is typed), `pick` (one of
//! several), `set` (any of several), `mark` (how far it has come), `said` (what else was said).

mod line;
mod mark;
mod pick;
mod said;
mod set;

use crate::prelude::*;
use ankomst_shared::app::{Act, Agreement, FieldView, Input, Refusal, Sign};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;

pub use line::{read_typed, shape_of};
pub use mark::{kept, mark};
pub use said::{said, voice};

use crate::icon::icon;
use crate::parts::run;
use crate::react::{Kept, Live, attr, dynamic, effect, on};
use crate::text::{Text, refusal, tr};
use crate::typing::{self, Mark};

/// A field on the page: its view, and what the person has done with it since.
#[derive(Clone, Copy)]
pub struct Held {
    /// The document.
    pub document: DocumentId,
    /// The field as the core shows it.
    pub view: Live<FieldView>,
    mark: StoredValue<Kept<Mark>>,
}

impl Held {
    /// Takes a field up.
    pub fn new(document: DocumentId, view: Live<FieldView>) -> Self {
        let mark = StoredValue::new(Kept::new(Mark::Quiet));
        // A fresh view knows how far the saved answer has come.
        let mut seen = false;
        effect(move || {
            view.track();
            let mark = mark.get_value();
            if seen && mark.get_untracked() == Mark::Saved {
                mark.set(Mark::Quiet);
            }
            seen = true;
        });
        Self { document, view, mark }
    }

    /// Saves a value for the field.
    pub fn save(self, value: Value) {
        self.save_at(&self.path(), value);
    }

    /// Saves a value for a member of the field's set.
    pub fn save_at(self, path: &FieldPath, value: Value) {
        typing::save(self.document, path, value, &self.mark.get_value());
    }

    /// Where the field stands.
    pub fn path(self) -> FieldPath {
        self.view.with_untracked(|view| view.path.clone())
    }

    /// Id of the element that takes the answer.
    pub fn id(self) -> String {
        format!("f-{}", self.path().as_str().replace('/', "-"))
    }

    /// What the page knows of the last typed value.
    pub fn mark(self) -> Mark {
        self.mark.with_value(Kept::get)
    }

    /// What is wrong with the answer.
    pub fn fault(self) -> Option<String> {
        if let Mark::Refused(why) = self.mark() {
            return Some(refusal(why).to_owned());
        }
        self.view.with(|view| view.error.clone())
    }

    /// Whether the last typed value does not fit the field.
    pub fn is_bad(self) -> bool {
        self.mark() == Mark::Refused(Refusal::BadValue)
    }
}

/// Shows a field with question, answer, help, fault, mark and what else was said.
pub fn field(document: DocumentId, view: Live<FieldView>) -> AnyView {
    let held = Held::new(document, view);
    let first = view.get_untracked();
    if first.read_only {
        return fixed(held, &first);
    }
    let grouped = matches!(first.input, Input::Choice(_) | Input::Set(_) | Input::Bool);
    let answer = match &first.input {
        Input::Choice(_) => pick::choice(held),
        Input::Bool => pick::yes_no(held),
        Input::Set(_) => set::set(held),
        Input::Count => counter(held),
        _ => line::line(held),
    };
    let question = question(held);
    if grouped {
        view! {
            <fieldset class="field" id=held.id() data-path=first.path.as_str().to_owned() data-agreement=attr(move || agreement(held))
                aria-describedby=describes(held)>
                <legend>{question}</legend>
                {around(held, answer)}
            </fieldset>
        }
        .into_any()
    } else {
        view! {
            <div class="field" data-path=first.path.as_str().to_owned() data-agreement=attr(move || agreement(held))>
                <label for=held.id()>{question}</label>
                {around(held, answer)}
            </div>
        }
        .into_any()
    }
}

/// What it stands at, and one more.
fn counter(held: Held) -> AnyView {
    let count = move |_| {
        run(Act::Count { document: held.document, path: held.path() }, Vec::new(), |_| {});
    };
    view! {
        <output id=held.id() class="figure">{dynamic(move || held.view.with(|view| view.text.clone()))}</output>
        <button type="button" class="button" data-action="count" on:click=on(count)>{icon(Sign::Plus)}<span>{tr(Text::FieldCount)}</span></button>
    }
    .into_any()
}

fn question(held: Held) -> AnyView {
    view! {
        <span class="question" id=format!("{}-q", held.id())>{dynamic(move || held.view.with(|view| view.label.clone()))}</span>
        {dynamic(move || held.view.with(|view| view.required).then(|| view! {
            <span class="needed">{tr(Text::FieldRequired)}</span>
        }))}
        {dynamic(move || held.view.with(|view| view.safety).then(|| view! {
            <span class="needed" title=tr(Text::FieldSafetyWhy)>{tr(Text::FieldSafety)}</span>
        }))}
    }
    .into_any()
}

fn around(held: Held, answer: AnyView) -> AnyView {
    let help_id = format!("{}-help", held.id());
    view! {
        {dynamic(move || held.view.with(|view| view.help.clone()).map(|help| view! {
            <p class="help" id=help_id.clone()>{help}</p>
        }))}
        <div class="answer-line">{answer}{mark(held)}</div>
        {fault(held)}
        {beside(held)}
        {said(held)}
    }
    .into_any()
}

/// What is said of the same elsewhere.
fn beside(held: Held) -> AnyView {
    dynamic(move || {
        let said = held.view.with(|view| view.beside.clone());
        (!said.is_empty()).then(
            || view! { <p class="beside">{icon(Sign::Folder)}<span dir="auto">{said}</span></p> },
        )
    })
}

/// What is wrong with the answer.
pub fn fault(held: Held) -> AnyView {
    let id = format!("{}-fault", held.id());
    dynamic(move || {
        held.fault().map(|fault| view! { <p class="fault" id=id.clone() role="alert">{fault}</p> })
    })
    .into_any()
}

/// Ids of what describes the answer, for screen readers.
fn describes(held: Held) -> String {
    let id = held.id();
    format!("{id}-help {id}-fault")
}

fn fixed(held: Held, first: &FieldView) -> AnyView {
    view! {
        <div class="field field-fixed" data-path=first.path.as_str().to_owned() data-agreement=attr(move || agreement(held))>
            <p class="question">{first.label.clone()}</p>
            <p class="fixed-value" dir="auto">{dynamic(move || held.view.with(|view| {
                if view.text.is_empty() { tr(Text::FieldEmpty).to_owned() } else { view.text.clone() }
            }))}</p>
            {fault(held)}
            {beside(held)}
            {said(held)}
        </div>
    }
    .into_any()
}

/// The agreement as the page's selectors know it.
pub fn agreement(held: Held) -> &'static str {
    match held.view.with(|view| view.agreement) {
        Agreement::Agreed => "agreed",
        Agreement::Open => "open",
        Agreement::Settled => "settled",
        Agreement::Reopened => "reopened",
        Agreement::SettledTwice => "settled_twice",
    }
}
