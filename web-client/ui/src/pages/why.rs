//! "Why?": the reasons of something that is reckoned, opened where it is shown. They are a place of their own
//! (`/varfor/…`), asked for when they are opened, and follow what changes.

use std::cell::RefCell;

use crate::prelude::*;
use ankomst_shared::app::Why;

use super::place::parts_of;
use crate::react::{Live, dynamic, on};

thread_local! {
    /// What stands open in the place shown, so that it stays so when its line is drawn anew.
    static OPEN: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// The ways to the reasons of a line.
pub fn whys(all: &[Why]) -> AnyView {
    all.iter().map(|why| one(why.at.clone(), why.label.clone())).collect_view().into_any()
}

/// Another place is shown: its reasons are closed.
pub fn forget() {
    OPEN.take();
}

fn one(at: String, label: String) -> AnyView {
    let was_open = OPEN.with_borrow(|open| open.contains(&at));
    let opened = Live::new(was_open);
    let (name, turned) = (at.clone(), at.clone());
    view! {
        <details class="why" data-why=name open=was_open>
            <summary on:click=on(move |_| { opened.set(true); turn(&turned); })>{label}</summary>
            {reasons(at, opened)}
        </details>
    }
    .into_any()
}

/// The reasons themselves, once they have been asked for.
pub fn reasons(at: String, opened: Live<bool>) -> AnyView {
    dynamic(move || if opened.get() { parts_of(at.clone()) } else { ().into_any() })
}

fn turn(at: &str) {
    OPEN.with_borrow_mut(|open| {
        let count = open.len();
        open.retain(|known| known != at);
        if open.len() == count {
            open.push(at.to_owned());
        }
    });
}
