//! Whether anybody is there. Touches are told to the core, which shuts the screen when none come for a while; a page
//! that nobody sees counts as one that nobody touches.

use core::cell::Cell;
use core::time::Duration;

use crate::prelude::*;
use ankomst_shared::app::Command;
use ankomst_shared::limits::SCREEN_SHUTS_MS;
use wasm_bindgen::prelude::*;
use web_sys::VisibilityState;

use crate::bridge::ask;
use crate::clock::now_ms;
use crate::dom::call;
use crate::route::Route;
use crate::state::ui;
use crate::typing;

/// How often it is looked, in milliseconds.
const LOOK_MS: u64 = 5_000;

/// A visit or an interview is not ended by a screen that shuts or goes dark, as long as it is seen and was touched
/// within this time, in milliseconds.
const STAYS_MS: i64 = 3 * 3_600_000;

thread_local! {
    static LOOKED_MS: Cell<i64> = const { Cell::new(i64::MAX) };
    static TOUCHED_MS: Cell<i64> = const { Cell::new(0) };
    static IS_NEWS: Cell<bool> = const { Cell::new(true) };
}

/// Listens for touches.
pub fn listen() {
    let Some(window) = web_sys::window() else { return };
    let hear = |target: &web_sys::EventTarget, names: &[&str], heard: fn()| {
        let heard = Closure::<dyn FnMut()>::new(heard);
        for name in names {
            let heard = heard.as_ref().unchecked_ref();
            let _ = target.add_event_listener_with_callback_and_bool(name, heard, true);
        }
        heard.forget();
    };
    hear(&window, &["pointerdown", "pointermove", "keydown", "wheel"], touched);
    hear(&window, &["visibilitychange", "pageshow"], look);
    look_on();
}

/// Shuts the screen at once.
pub fn shut() {
    typing::commit_all();
    ask(Command::Lock, |_| ui().refresh());
}

/// The screen has been shut or opened: nothing of what it showed stays.
pub fn turned(is_open: bool) {
    if is_open {
        return touched();
    }
    let ui = ui();
    ui.asking.set(None);
    ui.undo.set(None);
    ui.say("");
}

fn touched() {
    let now = now_ms();
    // What comes many times a second is looked at no oftener than what comes by itself.
    if now.saturating_sub(LOOKED_MS.get()) >= LOOK_MS.cast_signed() {
        look();
    }
    TOUCHED_MS.set(now);
    IS_NEWS.set(true);
}

fn look_on() {
    look();
    set_timeout(look_on, Duration::from_millis(LOOK_MS));
}

fn look() {
    let now = now_ms();
    let slept = now.saturating_sub(LOOKED_MS.replace(now));
    let stays = ui().is_in() && stays(now);
    call("light", &[stays.into()]);
    if !ui().is_in() {
        return;
    }
    if slept >= SCREEN_SHUTS_MS {
        // Until the core has counted how long that was, nothing is shown.
        ui().status.set(None);
        ui().refresh();
        return;
    }
    if IS_NEWS.take() || stays {
        ask(Command::Touched, |_| {});
    }
}

fn stays(now: i64) -> bool {
    let document = web_sys::window().and_then(|window| window.document());
    let is_seen = document.is_some_and(|it| it.visibility_state() == VisibilityState::Visible);
    is_seen && ui().route.with_untracked(lasts) && now - TOUCHED_MS.get() < STAYS_MS
}

/// A visit or an interview.
fn lasts(route: &Route) -> bool {
    match route {
        Route::Visit(_) => true,
        Route::Page(address) => address.contains("/intakes/"),
        Route::Inbox(_) | Route::Search => false,
    }
}

#[cfg(test)]
mod tests {
    use ankomst_shared::ids::DocumentId;

    use super::*;

    #[test]
    fn visits_and_interviews_are_not_ended_by_a_screen_that_shuts() {
        let id = DocumentId::from_bytes([3; 16]);
        for (path, wanted) in [
            (format!("/besok/{id}"), true),
            (format!("/arenden/{id}/intakes/e1"), true),
            (format!("/arenden/{id}"), false),
            ("/idag".to_owned(), false),
        ] {
            assert_eq!(lasts(&Route::parse(&path)), wanted, "{path}");
        }
    }
}
