//! `/sok`: what is typed never stands in the address, where a number would stay behind.

use crate::prelude::*;

use crate::pages::place::parts_of;
use crate::parts::{head, search as field};
use crate::react::{Live, derived, dynamic};
use crate::text::{Text, tr};

/// Shows the search over everything on this device.
pub fn search() -> AnyView {
    let wanted = Live::new(String::new());
    let words = derived(move || wanted.with(|wanted| wanted.trim().to_owned()));
    view! {
        {head(Live::new(None), || tr(Text::NavSearch).to_owned(), ().into_any())}
        {field(wanted, Text::SearchAll)}
        <div aria-live="polite">{dynamic(move || parts_of(format!("/sok/{}", words.get())))}</div>
    }
    .into_any()
}
