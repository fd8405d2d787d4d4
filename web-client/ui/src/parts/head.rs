//! The heading of a page with its way back, and the title of the window.

use crate::prelude::*;

use crate::icon::icon;
use crate::react::{Derived, Live, derived, dynamic, effect};
use ankomst_shared::app::Sign;

/// Sets the window's title.
pub fn page_title(title: &str) {
    if let Some(document) = web_sys::window().and_then(|window| window.document()) {
        document.set_title(&format!("{title} · Ankomst"));
    }
}

/// Shows a heading with an optional way back.
pub fn head(
    back: Live<Option<(String, String)>>,
    title: impl Fn() -> String + Send + Sync + 'static,
    beside: AnyView,
) -> AnyView {
    shown(back, derived(title), beside)
}

fn shown(back: Live<Option<(String, String)>>, title: Derived<String>, beside: AnyView) -> AnyView {
    effect(move || title.with(|title| page_title(title)));
    view! {
        <header class="page-head">
            {dynamic(move || back.get().map(|(href, label)| view! {
                <a class="back" href=href>{icon(Sign::Back)}<span>{label}</span></a>
            }))}
            <div class="page-head-line">
                {dynamic(move || title.with(|title| (!title.is_empty()).then(|| view! { <h1 dir="auto">{title.clone()}</h1> })))}
                <div class="page-head-beside">{beside}</div>
            </div>
        </header>
    }
    .into_any()
}
