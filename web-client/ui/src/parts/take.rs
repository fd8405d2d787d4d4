//! Taking in pictures and other files: what was chosen stays on the page until the core has all of it, one after the
//! other, piece by piece.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::prelude::*;
use ankomst_shared::app::{Acted, Command, FileAsk, NewFile, Refusal, Reply, Sign};
use ankomst_shared::ids::{DocumentId, UserId};
use ankomst_shared::limits::FILE_PIECE_BYTES;
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::bridge::ask;
use crate::dom::{boot, call};
use crate::icon::icon;
use crate::react::{derived, dynamic, effect, on};
use crate::state::{Taking, ui};
use crate::text::{Text, fill, refusal, tr};

/// What was chosen, as it will be kept.
struct Chosen {
    new: NewFile,
    /// Its bytes, with the browser.
    file: JsValue,
    thumb: Vec<u8>,
    /// Whoever chose it: nobody else takes it in.
    user: Option<UserId>,
}

thread_local! {
    static WAITING: RefCell<Vec<Rc<Chosen>>> = const { RefCell::new(Vec::new()) };
    /// One is on its way to the core.
    static BUSY: Cell<bool> = const { Cell::new(false) };
}

/// Asks for a picture, or for files, of a record and what they show of it.
pub fn take((document, shows): (DocumentId, String), is_picture: bool) {
    // The screen may shut while a camera is in front of it.
    let whose = user();
    let came = Closure::<dyn FnMut(JsValue)>::new(move |kept: JsValue| {
        match chosen(&kept, (document, &shows), whose) {
            Some(chosen) => {
                WAITING.with_borrow_mut(|all| all.push(Rc::new(chosen)));
                begin();
            }
            None => ui().say(tr(Text::FileUnread)),
        }
    });
    call("take", &[is_picture.into(), came.into_js_value()]);
}

fn chosen(
    kept: &JsValue,
    (document, shows): (DocumentId, &str),
    user: Option<UserId>,
) -> Option<Chosen> {
    if !kept.is_object() {
        return None;
    }
    let part = |name: &str| Reflect::get(kept, &name.into()).unwrap_or_default();
    let number = |name: &str| part(name).as_f64().unwrap_or_default();
    #[expect(
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        reason = "a browser's numbers"
    )]
    let (bytes, taken_ms) = (number("size") as i64, number("taken") as i64);
    let new = NewFile {
        document,
        shows: shows.to_owned(),
        caption: part("name").as_string().unwrap_or_default(),
        mime: part("mime").as_string().unwrap_or_default(),
        bytes: bytes.unsigned_abs(),
        taken_ms,
        geo_stripped: part("stripped").is_truthy(),
    };
    let thumb = Uint8Array::new(&part("thumb")).to_vec();
    Some(Chosen { new, file: part("file"), thumb, user })
}

fn user() -> Option<UserId> {
    ui().status.with_untracked(|status| Some(status.as_ref()?.user.as_ref()?.id))
}

/// The first of what waits that whoever is here has chosen.
fn first() -> Option<Rc<Chosen>> {
    let whose = Some(user()?);
    WAITING.with_borrow(|all| all.iter().find(|one| one.user == whose).cloned())
}

/// How far it has come; the page stays until there is nothing more to take in, of whomever.
fn tell(now: Option<Taking>) {
    if let Some(boot) = boot() {
        let waits = WAITING.with_borrow(|all| !all.is_empty());
        let _ = Reflect::set(&boot, &"taking".into(), &waits.into());
    }
    ui().taking.set(now);
}

/// Takes in what waits of whoever is here, one after the other.
fn begin() {
    if BUSY.get() {
        return;
    }
    let Some(chosen) = first() else { return tell(None) };
    BUSY.set(true);
    tell(Some(Taking { done: 0, all: count(&chosen), fault: None }));
    ask(Command::File(FileAsk::Begin(chosen.new.clone())), move |reply| match reply {
        Reply::Entry(file) => piece(chosen, file, 0),
        Reply::Refused(why) => fail(&chosen, why),
        _ => fail(&chosen, Refusal::Internal),
    });
}

fn count(chosen: &Chosen) -> u32 {
    let piece = u64::try_from(FILE_PIECE_BYTES).unwrap_or(1);
    u32::try_from(chosen.new.bytes.div_ceil(piece)).unwrap_or(u32::MAX)
}

fn piece(chosen: Rc<Chosen>, file: String, number: u32) {
    let all = count(&chosen);
    if number >= all {
        let end = FileAsk::End(file, chosen.thumb.clone());
        return ask(Command::File(end), move |reply| match reply {
            Reply::Acted(Acted { say, .. }) => {
                ui().say(say);
                next(&chosen);
            }
            Reply::Refused(why) => fail(&chosen, why),
            _ => fail(&chosen, Refusal::Internal),
        });
    }
    tell(Some(Taking { done: number, all, fault: None }));
    let from = f64::from(number) * f64::from(u32::try_from(FILE_PIECE_BYTES).unwrap_or_default());
    let to = from + f64::from(u32::try_from(FILE_PIECE_BYTES).unwrap_or_default());
    let source = chosen.file.clone();
    let read = Closure::once_into_js(move |bytes: JsValue| {
        if bytes.is_falsy() {
            ask(Command::File(FileAsk::Drop(file)), |_| {});
            return fault(&chosen, tr(Text::FileUnread));
        }
        let bytes = Uint8Array::new(&bytes).to_vec();
        let said = FileAsk::Piece(file.clone(), number, bytes);
        ask(Command::File(said), move |reply| match reply {
            Reply::Saved => piece(chosen, file, number + 1),
            Reply::Refused(why) => {
                ask(Command::File(FileAsk::Drop(file)), |_| {});
                fail(&chosen, why);
            }
            _ => fail(&chosen, Refusal::Internal),
        });
    });
    call("part", &[source, from.into(), to.into(), read]);
}

fn next(done: &Rc<Chosen>) {
    WAITING.with_borrow_mut(|all| all.retain(|one| !Rc::ptr_eq(one, done)));
    BUSY.set(false);
    begin();
}

fn fail(chosen: &Chosen, why: Refusal) {
    // The screen has shut meanwhile: it begins anew, and that is all there is to say.
    fault(chosen, if why == Refusal::Stale { "" } else { refusal(why) });
}

/// It waits, and says so to nobody but who has chosen it.
fn fault(chosen: &Chosen, why: &'static str) {
    BUSY.set(false);
    let is_theirs = chosen.user == user();
    tell(is_theirs.then(|| Taking { done: 0, all: count(chosen), fault: Some(why) }));
}

fn drop_first() {
    if let Some(first) = first() {
        next(&first);
    }
}

/// What is being taken in, and what hinders it; part of the frame.
pub fn taking() -> AnyView {
    let whose = derived(|| ui().status.with(|status| Some(status.as_ref()?.user.as_ref()?.id)));
    // Whoever comes back goes on with what waits of theirs.
    effect(move || {
        if whose.get().is_some() {
            untrack(begin);
        }
    });
    dynamic(move || {
        ui().taking.get().map(|Taking { done, all, fault }| match fault {
            None => view! {
                <p class="notice" data-tone="info" id="taking">
                    <progress value=done.to_string() max=all.to_string() aria-hidden="true"></progress>
                    <span>{fill(Text::FileSaving, &[&done.to_string(), &all.to_string()])}</span>
                </p>
            }
            .into_any(),
            Some(why) => view! {
                <p class="notice" data-tone="danger" role="alert" id="taking">{icon(Sign::Danger)}
                    <span>{why} " " {tr(Text::FileKept)}</span>
                    <button type="button" class="button" data-action="take-again" on:click=on(|_| begin())>{tr(Text::FileAgain)}</button>
                    <button type="button" class="button quiet" data-action="take-drop" on:click=on(|_| drop_first())>{tr(Text::FileDrop)}</button>
                </p>
            }
            .into_any(),
        })
    })
}
