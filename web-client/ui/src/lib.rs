//! The screens of Ankomst: what a person sees and touches. Speaks with the core in its worker only
//! through the words of `ankomst_shared::app`; never links Automerge, never reads a record's bytes.
//!
//! Reading order: [`bridge`], [`state`], [`live`], [`slots`], [`typing`], [`route`], `field`,
//! `parts`, `pages`, [`app`].
//!
//! # Selectors that stay
//!
//! The browser tests hold on to these, not to classes or texts:
//!
//! | selector | is |
//! |---|---|
//! | `#sign-in` with `#login #password #device-name #passphrase #passphrase-repeat`, `[data-action=sign-in]` | first sign-in |
//! | `#unlock` with `[data-vault=LOGIN] #passphrase`, `[data-action=unlock]`, `[data-action=other-person]`, `[data-action=forgotten]`, `#wait` | unlock |
//! | `#pin-unlock` with `#pin`, `[data-action=open-pin]`, `[data-action=passphrase]`; `#lease` with `[data-action=contact]` | what stands before an open vault |
//! | `[data-action=lock-now]` | shuts the screen, from every place |
//! | `#wipe` | this tablet is to be wiped, or was |
//! | `#entry-fault` | why it did not open |
//! | `#sync-mark[data-contact=unknown\|trying\|live\|none][data-waiting][data-received]` | sync mark |
//! | `[data-part=KEY]`, `[data-line=KEY]` (id of a document or entry), `[data-action=NAME]` | parts, lines and actions of a place |
//! | `#ask` with `#ask-ID`, `[data-action=ask-done\|ask-cancel]`; `[data-action=undo]` | the questions of an action; taking back |
//! | `[data-item=B-F01]` with `[data-status]`, `[data-agreement]`, `[data-answer=ok\|not_ok\|na]`, `[data-action=note\|show]` | an item of a visit |
//! | `[data-action=ask-server]` | searches on the server, too |
//! | `[data-group=ID]`, `[data-filter=all\|short\|unanswered\|not_ok\|differing]`, `#search` | finding items |
//! | `[data-path=FIELDPATH]` with `input`, `textarea`, `select` or `[data-choice=CODE]` inside; `[data-agreement=agreed\|open\|settled\|reopened\|settled_twice]` | a field |
//! | `[data-path=…] .mark[data-level=typing\|saved\|received\|held\|shared\|backed-up]` | how far an answer has come |
//! | `[data-path=…] .said`, `[data-pick=1]`, `[data-action=settle-reason\|settle\|unsettle]` | contradiction and decision |
//! | `[data-inbox=ID]`, `[data-change=FIELDPATH]`, `#inbox-detail`, `#review-note`, `[data-action=approve\|return]` | inbox |
//! | `#picked` | the file that is asked for |
//! | `[data-action=add-picture\|add-file\|show-file]`, `#taking` with `[data-action=take-again\|take-drop]`, `#viewer` with `[data-action=viewer-close\|save-file]` | pictures and other files |
//! | `[data-language=sv\|en]` | language, before signing in |
//! | `#update-bar`, `[data-action=update]` | a new version waits |

mod app;
mod bridge;
mod clock;
mod dom;
mod field;
mod icon;
mod idle;
mod live;
mod pages;
mod parts;
mod prelude;
mod react;
mod route;
mod slots;
mod state;
mod text;
mod typing;

use crate::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::HtmlElement;

/// Starts the page: binds it to the core's worker and shows the place the address names.
pub fn start(worker: JsValue, build: String) {
    bridge::connect(&worker, build);
    let Some(root) = dom::by_id("app").and_then(|root| root.dyn_into::<HtmlElement>().ok()) else {
        return;
    };
    root.set_text_content(None);
    mount_to(root, || {
        let ui = state::ui();
        ui.refresh();
        app::listen_for_update();
        app::listen_for_prints();
        route::listen();
        typing::listen();
        idle::listen();
        app::app()
    })
    .forget();
}
