//! The two languages of the page, for those who are not signed in yet.

use crate::prelude::*;
use ankomst_shared::app::Language;

use crate::react::{attr, on};
use crate::state::ui;
use crate::text::{Text, tr};

/// Shows the choice.
pub fn languages() -> AnyView {
    let choice = |language: Language, code: &'static str, name: &'static str| {
        view! {
            <button type="button" class="chip-button" lang=code data-language=code
                aria-pressed=attr(move || (ui().language.get() == language).to_string())
                on:click=on(move |_| ui().speak(language))>{name}</button>
        }
    };
    view! {
        <div class="chips" role="group" aria-label=tr(Text::TabletLanguage)>
            {choice(Language::Sv, "sv", "Svenska")}{choice(Language::En, "en", "English")}
        </div>
    }
    .into_any()
}
