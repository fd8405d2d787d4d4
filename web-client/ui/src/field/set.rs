//! Any of several: chips to tick. A removal that needs a reason asks for it in place.

use crate::prelude::*;
use ankomst_shared::app::{Choice, Input};
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;

use super::Held;
use crate::dom::{checked_of, value_of};
use crate::react::{Live, attr, dynamic, effect, on};
use crate::text::{Text, fill, tr};
use crate::typing;

/// Shows the members of a set.
pub fn set(held: Held) -> AnyView {
    let choices = held.view.with_untracked(|view| match &view.input {
        Input::Set(choices) => choices.clone(),
        _ => Vec::new(),
    });
    let chips = choices.into_iter().map(|choice| chip(held, choice)).collect_view();
    view! { <div class="chips">{chips}</div> }.into_any()
}

fn is_in(held: Held, code: &str) -> bool {
    held.view.with(|view| match &view.input {
        Input::Set(choices) => choices.iter().any(|choice| choice.code == code && choice.chosen),
        _ => false,
    })
}

fn chip(held: Held, choice: Choice) -> AnyView {
    let Ok(path) = FieldPath::parse(&format!("{}/{}", held.path(), choice.code)) else {
        return ().into_any();
    };
    let path = StoredValue::new(path);
    let ticked = Live::new(choice.chosen);
    let removing = Live::new(false);
    let code = choice.code.clone();
    effect(move || {
        let fresh = is_in(held, &code);
        if !path.with_value(|path| typing::is_pending(held.document, path))
            && !removing.get_untracked()
        {
            ticked.set(fresh);
        }
    });
    let save = move |value: Value| path.with_value(|path| held.save_at(path, value));
    let toggled = move |event: web_sys::Event| {
        let on = checked_of(&event);
        ticked.set(on);
        removing.set(!on);
        save(if on { Value::Bool(true) } else { Value::text("") });
    };
    let label = choice.label.clone();
    view! {
        <span class="chip-holder">
            <label class="chip">
                <input type="checkbox" data-choice=choice.code prop:checked=attr(move || ticked.get()) on:change=on(toggled) />
                <span>{choice.label}</span>
            </label>
            {dynamic(move || (removing.get() && held.is_bad()).then(|| view! {
                <label class="removal">
                    <span>{fill(Text::FieldRemovalReason, &[&label])}</span>
                    <input type="text" dir="auto" on:input=on(move |event| save(Value::text(value_of(&event)))) />
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
