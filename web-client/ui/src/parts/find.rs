//! Finding in a list on the page.

use crate::prelude::*;
use ankomst_shared::order::fold;

use crate::dom::value_of;
use crate::icon::icon;
use crate::react::{Live, attr, on};
use crate::text::{Text, tr};
use ankomst_shared::app::Sign;

/// A search field.
pub fn search(wanted: Live<String>, label: Text) -> AnyView {
    view! {
        <label class="search">
            {icon(Sign::Search)}<span class="sr">{tr(label)}</span>
            <input type="search" id="search" placeholder=tr(label) dir="auto" autocomplete="off"
                prop:value=attr(move || wanted.get()) on:input=on(move |event| wanted.set(value_of(&event))) />
        </label>
    }
    .into_any()
}

/// Whether all words of the search stand in the text.
pub fn is_found(wanted: &str, text: &str) -> bool {
    let text = fold(text);
    fold(wanted).split_whitespace().all(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_finds_all_its_words_in_any_order() {
        assert!(is_found("vag ALM", "Almgården Skolvägen 3"));
        assert!(is_found("", "anything"));
        assert!(!is_found("alm bok", "Almgården"));
    }
}
