//! `/sok`: what is typed never stands in the address, where a number would stay behind.

use crate::prelude::*;

use crate::icon::icon;
use crate::pages::place::parts_of;
use crate::parts::{head, search as field};
use crate::react::{Live, derived, dynamic, on};
use crate::text::{Text, tr};
use ankomst_shared::app::Sign;

/// Shows the search over everything on this device, and on request over what the server has.
pub fn search() -> AnyView {
    let wanted = Live::new(String::new());
    let asked = Live::new(String::new());
    let words = derived(move || wanted.with(|wanted| wanted.trim().to_owned()));
    view! {
        {head(Live::new(None), || tr(Text::NavSearch).to_owned(), ().into_any())}
        {field(wanted, Text::SearchAll)}
        <div aria-live="polite">{dynamic(move || parts_of(format!("/sok/{}", words.get())))}</div>
        <div class="server-search">
            <button type="button" class="button" data-action="ask-server"
                on:click=on(move |_| asked.set(wanted.with_untracked(|wanted| wanted.trim().to_owned())))>
                {icon(Sign::Cloud)}<span>{tr(Text::SearchServer)}</span>
            </button>
            <p class="quiet-text">{tr(Text::SearchServerHelp)}</p>
        </div>
        // An answer stands only as long as its question does.
        <div aria-live="polite">{dynamic(move || {
            let (asked, words) = (asked.get(), words.get());
            (!words.is_empty() && asked == words).then(|| parts_of(format!("/register/sok/{words}")))
        })}</div>
    }
    .into_any()
}
