//! An item in large type, two languages side by side, everything else hidden: for the person in
//! front of the tablet.

use crate::prelude::*;
use ankomst_shared::app::Language;
use leptos::html;

use super::Visit;
use crate::react::{dynamic, effect, on};
use crate::state::ui;
use crate::text::{Text, tr};

/// Shows an item to the person in front.
pub(super) fn show(visit: Visit, item: &str) -> AnyView {
    let Some(item) = visit.items.get(item) else { return ().into_any() };
    let close = NodeRef::<html::Button>::new();
    effect(move || {
        if let Some(close) = close.get() {
            let _ = close.focus();
        }
    });
    let (own, other) = match ui().language.get_untracked() {
        Language::Sv => ("sv", "en"),
        Language::En => ("en", "sv"),
    };
    let end = move || {
        visit.showing.set(None);
    };
    view! {
        <div class="show-person" role="dialog" aria-modal="true" aria-label=tr(Text::VisitShow)
            on:keydown=on(move |event: web_sys::KeyboardEvent| if event.key() == "Escape" { end(); })>
            <div class="show-texts">
                <p lang=own dir="auto">{dynamic(move || item.with(|item| item.text.clone()))}</p>
                <p lang=other dir="auto">{dynamic(move || item.with(|item| item.text_other.clone()))}</p>
            </div>
            <button type="button" class="button primary" data-action="show-close" node_ref=close on:click=on(move |_| end())>
                {tr(Text::VisitShowClose)}
            </button>
        </div>
    }
    .into_any()
}
