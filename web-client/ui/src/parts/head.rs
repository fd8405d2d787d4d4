//! The heading of a page with its way back, and the title of the window.

use leptos::prelude::*;

use crate::icon::{Icon, icon};

/// Sets the window's title.
pub fn page_title(title: &str) {
    if let Some(document) = web_sys::window().and_then(|window| window.document()) {
        document.set_title(&format!("{title} · Ankomst"));
    }
}

/// Shows a heading with an optional way back.
pub fn head(
    back: Option<(String, String)>,
    title: impl Fn() -> String + Send + Sync + 'static,
    beside: AnyView,
) -> AnyView {
    let title = Memo::new(move |_| title());
    Effect::new(move |_| title.with(|title| page_title(title)));
    view! {
        <header class="page-head">
            {back.map(|(href, label)| view! {
                <a class="back" href=href>{icon(Icon::Back)}<span>{label}</span></a>
            })}
            <div class="page-head-line">
                <h1 dir="auto">{move || title.get()}</h1>
                <div class="page-head-beside">{beside}</div>
            </div>
        </header>
    }
    .into_any()
}
