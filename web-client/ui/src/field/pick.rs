//! One of several: cards for few choices, a list for many; yes and no.

use crate::prelude::*;
use ankomst_shared::app::{Choice, Input};
use ankomst_shared::value::Value;
use wasm_bindgen::JsCast;
use web_sys::HtmlSelectElement;

use super::{Held, describes};
use crate::react::{Live, attr, dynamic, effect, on};
use crate::text::{Text, tr};

/// More choices than this are a list to open.
const CARDS_MAX: usize = 7;

/// What the person has chosen, ahead of the view while a save is under way.
fn chosen(held: Held) -> Live<Value> {
    let chosen = Live::new(held.view.with_untracked(|view| view.value.clone()));
    effect(move || {
        let fresh = held.view.with(|view| view.value.clone());
        if !crate::typing::is_pending(held.document, &held.path()) {
            chosen.set(fresh);
        }
    });
    chosen
}

/// Shows the choices of a list; other answers may change which there are.
pub fn choice(held: Held) -> AnyView {
    let offered = Live::new(held.view.with_untracked(|view| view.input.clone()));
    effect(move || {
        let fresh = held.view.with(|view| view.input.clone());
        if offered.with_untracked(|old| *old != fresh) {
            offered.set(fresh);
        }
    });
    let value = chosen(held);
    dynamic(move || {
        let Input::Choice(choices) = offered.get() else { return ().into_any() };
        if choices.len() > CARDS_MAX {
            return select(held, value, choices);
        }
        let cards = choices.into_iter().map(|choice| card(held, value, choice)).collect_view();
        view! { <div class="cards">{cards}</div> }.into_any()
    })
}

/// Shows yes and no.
pub fn yes_no(held: Held) -> AnyView {
    let value = chosen(held);
    let answer = move |answer: bool, code: &'static str, label: &'static str| {
        one(held, value, Value::Bool(answer), code.to_owned(), label.to_owned(), None)
    };
    view! {
        <div class="cards cards-short">
            {answer(true, "true", tr(Text::FieldYes))}
            {answer(false, "false", tr(Text::FieldNo))}
        </div>
    }
    .into_any()
}

fn card(held: Held, value: Live<Value>, choice: Choice) -> AnyView {
    let this = Value::text(choice.code.clone());
    one(held, value, this, choice.code, choice.label, choice.help)
}

fn one(
    held: Held,
    value: Live<Value>,
    this: Value,
    code: String,
    label: String,
    help: Option<String>,
) -> AnyView {
    let name = held.id();
    let shown = this.clone();
    view! {
        <label class="card-choice">
            <input type="radio" autocomplete="off" name=name value=code.clone() data-choice=code
                prop:checked=attr(move || value.with(|value| *value == shown))
                on:change=on(move |_| { value.set(this.clone()); held.save(this.clone()); }) />
            <span>{label}{help.map(|help| view! { <small>{help}</small> })}</span>
        </label>
    }
    .into_any()
}

fn select(held: Held, value: Live<Value>, choices: Vec<Choice>) -> AnyView {
    let options = choices
        .into_iter()
        .map(|choice| {
            let this = Value::text(choice.code.clone());
            view! {
                <option value=choice.code prop:selected=attr(move || value.with(|value| *value == this))>
                    {choice.label}
                </option>
            }
        })
        .collect_view();
    let changed = move |event: web_sys::Event| {
        let target = event.target().and_then(|it| it.dyn_into::<HtmlSelectElement>().ok());
        let code = target.map(|select| select.value()).unwrap_or_default();
        let new = if code.is_empty() { Value::Null } else { Value::text(code) };
        value.set(new.clone());
        held.save(new);
    };
    view! {
        <select form="off" id=format!("{}-s", held.id()) aria-labelledby=format!("{}-q", held.id()) aria-describedby=describes(held) on:change=on(changed)>
            <option value="" prop:selected=attr(move || value.with(Value::is_null))>{tr(Text::FieldChoose)}</option>
            {options}
        </select>
    }
    .into_any()
}
