//! The heading of a page with its way back, and the title of the window.

use std::str::FromStr;

use crate::prelude::*;
use ankomst_shared::app::Sign;
use ankomst_shared::find::short_number;
use ankomst_shared::ids::DocumentId;

use crate::icon::icon;
use crate::react::{Derived, Live, derived, dynamic, effect};
use crate::state::ui;
use crate::text::{Text, tr};

/// Titles the window after the place: its kind and the number of its record, never what it is called. The browser
/// keeps titles in its history, for whoever opens that.
fn place_title(heading: &str) {
    let path = ui().route.get_untracked().path();
    let id = path.split('/').find_map(|part| DocumentId::from_str(part).ok());
    let root = path.split('/').nth(1).unwrap_or_default();
    let kind = match root {
        "besok" => Text::TitleVisit,
        "boenden" => Text::NavResidences,
        "arenden" => Text::NavCases,
        "inkorg" => Text::NavInbox,
        "register" => Text::NavRegister,
        "administration" => Text::NavAdministration,
        "utskrift" => Text::TitlePaper,
        // What is not of one record says in its heading what it is.
        _ if id.is_none() => return page_title(heading),
        _ => Text::TitleRecord,
    };
    let number = id.map(|id| [" ", &short_number(id)].concat()).unwrap_or_default();
    page_title(&[tr(kind), &number].concat());
}

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
    effect(move || title.with(|title| place_title(title)));
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
