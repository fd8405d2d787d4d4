//! Answers that are typed: text, numbers, dates, times, numbers of persons and telephones.
//!
//! What the person types stands in a signal of its own; a fresh view never writes over it while the
//! field has the focus or a save is under way.

use crate::prelude::*;
use ankomst_shared::app::{FieldView, Input};
use ankomst_shared::value::Value;

use super::{Held, describes};
use crate::clock;
use crate::dom::value_of;
use crate::react::{Live, attr, effect, on};
use crate::text::{Text, tr};
use crate::typing;

/// Shows the input for a typed answer.
pub fn line(held: Held) -> AnyView {
    let text = Live::new(held.view.with_untracked(written));
    let focused = Live::new(false);
    effect(move || {
        let fresh = held.view.with(written);
        let busy = focused.get() || typing::is_pending(held.document, &held.path());
        if !busy && !held.is_bad() && text.with_untracked(|old| *old != fresh) {
            text.set(fresh);
        }
    });
    let input = held.view.with_untracked(|view| view.input.clone());
    let typed = move |event: web_sys::Event| {
        let now = value_of(&event);
        let kind = held.view.with_untracked(|view| view.input.clone());
        text.set(now.clone());
        held.save(read_typed(&kind, &now));
    };
    let invalid = move || held.fault().is_some().then_some("true");
    if matches!(input, Input::LongText) {
        return view! {
            <textarea form="off" id=held.id() rows="3" dir="auto" prop:value=attr(move || text.get()) on:input=on(typed)
                aria-describedby=describes(held) aria-invalid=invalid
                on:focus=on(move |_| focused.set(true)) on:blur=on(move |_| focused.set(false))></textarea>
        }
        .into_any();
    }
    let how = How::of(&input);
    let unit = if let Input::Decimal(unit) = &input { unit.clone() } else { None };
    view! {
        <input id=held.id() type=how.kind inputmode=how.keys class=how.class dir="auto" autocomplete="off"
            placeholder=how.placeholder spellcheck=how.spellcheck prop:value=attr(move || text.get()) on:input=on(typed)
            aria-describedby=describes(held) aria-invalid=invalid
            on:focus=on(move |_| focused.set(true)) on:blur=on(move |_| focused.set(false)) />
        {unit.map(|unit| view! { <span class="unit">{unit}</span> })}
    }
    .into_any()
}

struct How {
    kind: &'static str,
    keys: &'static str,
    class: &'static str,
    placeholder: &'static str,
    spellcheck: &'static str,
}

impl How {
    fn of(input: &Input) -> Self {
        let plain = Self {
            kind: "text",
            keys: "text",
            class: "wide",
            placeholder: "",
            spellcheck: "false",
        };
        match input {
            Input::Int => Self { keys: "numeric", class: "number", ..plain },
            Input::Decimal(_) => Self { keys: "decimal", class: "number", ..plain },
            Input::Date => Self {
                class: "date",
                placeholder: tr(Text::FieldDateForm),
                keys: "numeric",
                ..plain
            },
            Input::Time => Self { class: "moment", placeholder: tr(Text::FieldTimeForm), ..plain },
            Input::Phone => Self { kind: "tel", keys: "tel", class: "short", ..plain },
            Input::Email => Self { kind: "email", keys: "email", ..plain },
            Input::Code => Self { class: "short", ..plain },
            Input::Text => Self { spellcheck: "true", ..plain },
            Input::LongText | Input::Bool | Input::Count | Input::Choice(_) | Input::Set(_) => {
                plain
            }
        }
    }
}

/// What stands in the input for a view.
fn written(view: &FieldView) -> String {
    shape_of(&view.value, &view.input)
}

/// A value as it stands in an input.
pub fn shape_of(value: &Value, input: &Input) -> String {
    match (value, input) {
        (Value::Int(ms), Input::Time) => clock::moment(*ms),
        (Value::Int(number), _) => number.to_string(),
        (Value::Str(text), Input::Decimal(_)) => text.replace('.', tr(Text::NumberPoint)),
        (Value::Str(text), _) => text.clone(),
        (Value::Bool(_) | Value::Null, _) => String::new(),
    }
}

/// What the input's text means; text that does not fit is sent as text, and refused by the core.
pub fn read_typed(input: &Input, text: &str) -> Value {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return Value::Null;
    }
    match input {
        Input::Int => {
            let digits: String = trimmed.chars().filter(|sign| !sign.is_whitespace()).collect();
            digits.parse().map_or_else(|_| Value::text(trimmed), Value::Int)
        }
        Input::Decimal(_) => Value::text(trimmed.replace(',', ".")),
        Input::Bool => Value::Bool(trimmed == "true"),
        Input::Time => clock::read_moment(trimmed).map_or_else(|| Value::text(trimmed), Value::Int),
        Input::Date => Value::text(with_strokes(trimmed)),
        Input::Text | Input::LongText => Value::text(text),
        Input::Phone
        | Input::Email
        | Input::Code
        | Input::Count
        | Input::Choice(_)
        | Input::Set(_) => Value::text(trimmed),
    }
}

/// Eight digits are a date without strokes.
fn with_strokes(text: &str) -> String {
    let digits: Vec<char> = text.chars().collect();
    if digits.len() == 8 && digits.iter().all(char::is_ascii_digit) {
        let part =
            |skip: usize, take: usize| -> String { digits.iter().skip(skip).take(take).collect() };
        format!("{}-{}-{}", part(0, 4), part(4, 2), part(6, 2))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_becomes_the_catalogs_form() {
        assert_eq!(read_typed(&Input::Decimal(None), " 13,2 "), Value::text("13.2"));
        assert_eq!(read_typed(&Input::Int, "1 200"), Value::Int(1200));
        assert_eq!(read_typed(&Input::Int, "tolv"), Value::text("tolv"));
        assert_eq!(read_typed(&Input::Date, "20261122"), Value::text("2026-11-22"));
        assert_eq!(read_typed(&Input::Date, "2026-11"), Value::text("2026-11"));
        assert_eq!(read_typed(&Input::Text, "   "), Value::Null);
        assert_eq!(read_typed(&Input::Text, "Al "), Value::text("Al "));
    }
}
