//! Addresses of the app over the History API: every place has one, back and forward work.

use std::str::FromStr;

use ankomst_shared::ids::DocumentId;
use wasm_bindgen::prelude::*;
use web_sys::{Element, Event, HtmlElement, KeyboardEvent, MouseEvent};

use crate::dom::focus;
use crate::idle;

use crate::state::ui;
use crate::typing;

/// A place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// `/besok/<run>`
    Visit(DocumentId),
    /// `/inkorg` and `/inkorg/<id>`
    Inbox(Option<DocumentId>),
    /// `/sok`
    Search,
    /// Everything else: the core says what is there.
    Page(String),
}

impl Route {
    /// Reads a path.
    pub fn parse(path: &str) -> Self {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let id = |text: &str| DocumentId::from_str(text).ok();
        let page = || Self::Page(format!("/{}", parts.join("/")));
        match parts.as_slice() {
            [] => Self::Page("/idag".to_owned()),
            ["besok", run] => id(run).map_or_else(page, Self::Visit),
            ["inkorg"] => Self::Inbox(None),
            ["inkorg", document] => id(document).map_or_else(page, |id| Self::Inbox(Some(id))),
            ["sok"] => Self::Search,
            _ => page(),
        }
    }

    /// The place in the address bar.
    pub fn here() -> Self {
        let path = web_sys::window().and_then(|window| window.location().pathname().ok());
        Self::parse(&path.unwrap_or_default())
    }

    /// The path of the place.
    pub fn path(&self) -> String {
        match self {
            Self::Visit(id) => format!("/besok/{id}"),
            Self::Inbox(None) => "/inkorg".to_owned(),
            Self::Inbox(Some(id)) => format!("/inkorg/{id}"),
            Self::Search => "/sok".to_owned(),
            Self::Page(path) => path.clone(),
        }
    }
}

/// Goes to a place.
pub fn go(route: Route) {
    typing::commit_all();
    if let Some(history) = web_sys::window().and_then(|window| window.history().ok()) {
        let _ = history.push_state_with_url(&JsValue::NULL, "", Some(&route.path()));
    }
    arrive(route);
}

fn arrive(route: Route) {
    if ui().route.get_untracked() == route {
        return;
    }
    ui().asking.set(None);
    ui().route.set(route);
    if let Some(window) = web_sys::window() {
        window.scroll_to_with_x_and_y(0.0, 0.0);
    }
    // The heading of the new place takes the focus, so that a screen reader reads on there.
    leptos::prelude::request_animation_frame(|| {
        let main = web_sys::window()
            .and_then(|window| window.document())
            .and_then(|document| document.get_element_by_id("main"));
        if let Some(main) = main.and_then(|main| main.dyn_into::<HtmlElement>().ok()) {
            let _ = main.focus();
        }
    });
}

/// Listens to back, forward and to links of the app.
pub fn listen() {
    let Some(window) = web_sys::window() else { return };
    let back = Closure::<dyn FnMut(Event)>::new(|_| {
        typing::commit_all();
        arrive(Route::here());
    });
    let _ = window.add_event_listener_with_callback("popstate", back.as_ref().unchecked_ref());
    back.forget();
    let keys = Closure::<dyn FnMut(KeyboardEvent)>::new(|event: KeyboardEvent| {
        let is_key = |key: &str| event.key().eq_ignore_ascii_case(key);
        if !(event.ctrl_key() || event.meta_key()) || !ui().is_in() {
            return;
        }
        if is_key("k") {
            event.prevent_default();
            go(Route::Search);
            leptos::prelude::set_timeout(|| focus("search"), core::time::Duration::from_millis(60));
        } else if event.shift_key() && is_key("l") {
            event.prevent_default();
            idle::shut();
        }
    });
    let _ = window.add_event_listener_with_callback("keydown", keys.as_ref().unchecked_ref());
    keys.forget();
    let click = Closure::<dyn FnMut(MouseEvent)>::new(|event: MouseEvent| follow_link(&event));
    if let Some(document) = window.document() {
        let _ = document.add_event_listener_with_callback("click", click.as_ref().unchecked_ref());
    }
    click.forget();
}

fn follow_link(event: &MouseEvent) {
    let plain = !(event.ctrl_key() || event.meta_key() || event.shift_key() || event.alt_key());
    if event.default_prevented() || event.button() != 0 || !plain {
        return;
    }
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let link = target.and_then(|element| element.closest("a[href]").ok().flatten());
    let Some(href) = link.and_then(|link| link.get_attribute("href")) else { return };
    if href.starts_with('/') {
        event.prevent_default();
        go(Route::parse(&href));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_an_address_that_leads_back_to_it() {
        let id = DocumentId::from_bytes([3; 16]);
        for route in [
            Route::Visit(id),
            Route::Inbox(None),
            Route::Inbox(Some(id)),
            Route::Search,
            Route::Page("/boenden".to_owned()),
            Route::Page(format!("/arenden/{id}/notes/e1")),
        ] {
            assert_eq!(Route::parse(&route.path()), route);
        }
        assert_eq!(Route::parse("/"), Route::parse("/idag"));
    }
}
