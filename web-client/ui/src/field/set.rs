//! Any of several: chips to tick. A removal that needs a reason asks for it in place.

use crate::prelude::*;
use ankomst_shared::app::{Choice, Input};
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;

use super::Held;
use crate::dom::{checked_of, value_of};
use crate::react::{Live, attr, dynamic, effect, on};
use crate::slots::each;
use crate::text::{Text, fill, tr};
use crate::typing;

/// More choices than this are a list to open.
const CHIPS_MAX: usize = 25;

/// Shows the members of a set.
pub fn set(held: Held) -> AnyView {
    let choices = held.view.with_untracked(|view| match &view.input {
        Input::Set(choices) => choices.clone(),
        _ => Vec::new(),
    });
    if choices.len() > CHIPS_MAX {
        return long(held, choices);
    }
    let chips = choices.into_iter().map(|choice| chip(held, choice)).collect_view();
    view! { <div class="chips">{chips}</div> }.into_any()
}

/// A long list shows what is in; the rest is chosen from a list to open.
fn long(held: Held, choices: Vec<Choice>) -> AnyView {
    let all = StoredValue::new(choices.clone());
    // What was in stays to be ticked again, also when it is taken out.
    let shown = Live::new(
        choices
            .iter()
            .filter(|choice| choice.chosen)
            .map(|choice| choice.code.clone())
            .collect::<Vec<_>>(),
    );
    effect(move || {
        let mut codes = shown.get_untracked();
        held.view.with(|view| {
            if let Input::Set(choices) = &view.input {
                let new = choices.iter().filter(|one| one.chosen && !codes.contains(&one.code));
                let new: Vec<String> = new.map(|one| one.code.clone()).collect();
                codes.extend(new);
            }
        });
        shown.fresh(codes);
    });
    let one = move |code: String| {
        let choice = all.with_value(|all| all.iter().find(|choice| choice.code == code).cloned());
        choice.map_or_else(
            || ().into_any(),
            |choice| {
                let (chosen, _) = stands(held, &choice.code);
                chip(held, Choice { chosen, ..choice })
            },
        )
    };
    let options = choices
        .into_iter()
        .map(|choice| view! { <option value=choice.code>{choice.label}</option> });
    let options = options.collect_view();
    let add = move |event: web_sys::Event| {
        let code = value_of(&event);
        if let Ok(path) = FieldPath::parse(&format!("{}/{code}", held.path())) {
            held.save_at(&path, Value::Bool(true));
            let mut codes = shown.get_untracked();
            if !codes.contains(&code) {
                codes.push(code);
                shown.set(codes);
            }
        }
    };
    view! {
        <div class="chips">{each(move || shown.get(), one)}</div>
        <select form="off" class="wide" aria-labelledby=format!("{}-q", held.id()) on:change=on(add)>
            <option value="">{tr(Text::FieldAdd)}</option>{options}
        </select>
    }
    .into_any()
}

/// Whether a choice is in, and whether it is taken out without the reason this needs.
fn stands(held: Held, code: &str) -> (bool, bool) {
    let none = (false, false);
    held.view.with(|view| {
        let Input::Set(choices) = &view.input else { return none };
        let choice = choices.iter().find(|choice| choice.code == code);
        choice.map_or(none, |choice| (choice.chosen, choice.lacks_reason))
    })
}

fn chip(held: Held, choice: Choice) -> AnyView {
    let Ok(path) = FieldPath::parse(&format!("{}/{}", held.path(), choice.code)) else {
        return ().into_any();
    };
    let path = StoredValue::new(path);
    let ticked = Live::new(choice.chosen);
    // Stays while the reason is typed, whose first letter is reason enough for the core.
    let removing = Live::new(false);
    let code = choice.code.clone();
    effect(move || {
        let (fresh, lacks_reason) = stands(held, &code);
        if !path.with_value(|path| typing::is_pending(held.document, path)) {
            ticked.set(fresh);
            if lacks_reason {
                removing.fresh(true);
            }
        }
    });
    let save = move |value: Value| path.with_value(|path| held.save_at(path, value));
    let toggled = move |event: web_sys::Event| {
        let on = checked_of(&event);
        ticked.set(on);
        removing.set(false);
        save(if on { Value::Bool(true) } else { Value::text("") });
    };
    let label = choice.label.clone();
    view! {
        <span class="chip-holder">
            <label class="chip">
                <input type="checkbox" autocomplete="off" data-choice=choice.code prop:checked=attr(move || ticked.get()) on:change=on(toggled) />
                <span>{choice.label}</span>
            </label>
            {dynamic(move || removing.get().then(|| view! {
                <label class="removal">
                    <span>{fill(Text::FieldRemovalReason, &[&label])}</span>
                    <input type="text" dir="auto" autocomplete="off" on:input=on(move |event| save(Value::text(value_of(&event)))) />
                    <button type="button" class="button quiet" on:click=on(move |_| {
                        removing.set(false);
                        ticked.set(true);
                        save(Value::Bool(true));
                    })>{tr(Text::FieldRemovalUndo)}</button>
                </label>
            }))}
        </span>
    }
    .into_any()
}
