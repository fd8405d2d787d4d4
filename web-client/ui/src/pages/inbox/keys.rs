//! Keys of the inbox: j and k walk, 1 and 2 choose a value, a approves, r returns. Only while the
//! focus is in the panes and not in a field, and the person can switch them off.

use std::cell::Cell;

use crate::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};

use crate::dom::{by_id, focus, is_typing};
use crate::react::{Live, attr, dynamic, on};
use crate::text::{Text, tr};

thread_local! {
    static ON: Cell<bool> = const { Cell::new(true) };
}

/// The switch for the keys.
pub(super) fn switch() -> AnyView {
    let works = Live::new(ON.get());
    view! {
        <button type="button" class="button quiet keys-switch" role="switch" aria-checked=attr(move || works.get().to_string())
            title=tr(Text::InboxKeysHelp) on:click=on(move |_| { ON.set(!ON.get()); works.set(ON.get()); })>
            {dynamic(move || tr(if works.get() { Text::InboxKeysOn } else { Text::InboxKeysOff }))}
        </button>
    }
    .into_any()
}

/// Does what a key asks for.
pub(super) fn pressed(event: KeyboardEvent) {
    let held = event.ctrl_key() || event.meta_key() || event.alt_key();
    if !ON.get() || held || (is_typing(&event) && !is_radio(&event)) {
        return;
    }
    let done = match event.key().as_str() {
        "j" => walk(true),
        "k" => walk(false),
        number @ ("1" | "2" | "3") => choose(number),
        "a" => click("[data-action='approve']"),
        "r" => {
            focus("review-note");
            true
        }
        _ => false,
    };
    if done {
        event.prevent_default();
    }
}

fn is_radio(event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|element| element.matches("input[type=radio]").unwrap_or(false))
}

fn find(selector: &str) -> Option<HtmlElement> {
    let document = web_sys::window()?.document()?;
    document.query_selector(selector).ok()??.dyn_into().ok()
}

fn click(selector: &str) -> bool {
    find(selector).map(|element| element.click()).is_some()
}

fn choose(number: &str) -> bool {
    if by_id("inbox-detail").is_none() {
        return false;
    }
    let chosen = click(&format!("#inbox-detail [data-pick='{number}']"));
    if chosen && let Some(reason) = find("#inbox-detail [data-action='settle-reason']") {
        let _ = reason.focus();
    }
    chosen
}

/// Walks through the changes, or through the queue while no record is open.
fn walk(forward: bool) -> bool {
    let list = if find("[data-change]").is_some() { "[data-change]" } else { "[data-inbox]" };
    let Some(document) = web_sys::window().and_then(|window| window.document()) else {
        return false;
    };
    let Ok(all) = document.query_selector_all(list) else { return false };
    let all: Vec<HtmlElement> =
        (0..all.length()).filter_map(|at| all.item(at)?.dyn_into().ok()).collect();
    let here = all.iter().position(|line| line.get_attribute("aria-current").is_some());
    let next = match here {
        Some(at) if forward => at + 1,
        Some(at) => at.saturating_sub(1),
        None => 0,
    };
    let Some(line) = all.get(next) else { return false };
    let _ = line.focus();
    if list == "[data-change]" {
        line.click();
    }
    true
}
