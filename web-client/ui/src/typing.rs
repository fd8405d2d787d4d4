//! From a keystroke to a durable draft: one save in flight per field, the latest value wins,
//! nothing that stands in a field is dropped. Documents with drafts are committed when their
//! section or page is left, when the page is hidden, and after a pause.

use std::cell::RefCell;

use crate::prelude::*;
use ankomst_shared::app::{Command, Refusal, Reply};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;
use wasm_bindgen::prelude::*;
use web_sys::{Event, VisibilityState};

use crate::bridge::ask;
use crate::react::Kept;

/// What the page knows of a field's last typed value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Nothing was typed here since the page was opened.
    Quiet,
    /// On its way to the device's store.
    Typing,
    /// Durable on this device.
    Saved,
    /// Not saved, and why.
    Refused(Refusal),
}

struct Line {
    /// Saves on their way; two when a commit could not wait for the first.
    in_flight: u32,
    next: Option<Value>,
    mark: Kept<Mark>,
}

type Place = (DocumentId, FieldPath);

/// A pause after which drafts become a change, milliseconds.
const PAUSE_MS: u64 = 4_000;

thread_local! {
    // A handful at a time: what is under way now.
    static LINES: RefCell<Vec<(Place, Line)>> = const { RefCell::new(Vec::new()) };
    static DRAFTS: RefCell<Vec<DocumentId>> = const { RefCell::new(Vec::new()) };
    static PAUSE: RefCell<Option<TimeoutHandle>> = const { RefCell::new(None) };
}

/// Saves a value typed into a field; `mark` follows its fate.
pub fn save(document: DocumentId, path: &FieldPath, value: Value, mark: &Kept<Mark>) {
    mark.set(Mark::Typing);
    DRAFTS.with_borrow_mut(|drafts| {
        if !drafts.contains(&document) {
            drafts.push(document);
        }
    });
    let place = (document, path.clone());
    let send_now = LINES.with_borrow_mut(|lines| {
        let Some(line) = line_of(lines, &place) else {
            lines.push((place.clone(), Line { in_flight: 1, next: None, mark: mark.clone() }));
            return true;
        };
        line.mark = mark.clone();
        if line.in_flight > 0 {
            line.next = Some(value.clone());
            false
        } else {
            line.in_flight = 1;
            true
        }
    });
    if send_now {
        send(place, value);
    }
    pause_restarts();
}

fn line_of<'a>(lines: &'a mut [(Place, Line)], place: &Place) -> Option<&'a mut Line> {
    lines.iter_mut().find(|(known, _)| known == place).map(|(_, line)| line)
}

fn send((document, path): Place, value: Value) {
    let command = Command::Type { document, path: path.clone(), value };
    ask(command, move |reply| answered((document, path), reply));
}

fn answered(place: Place, reply: Reply) {
    let next = LINES.with_borrow_mut(|lines| {
        let line = line_of(lines, &place)?;
        line.in_flight = line.in_flight.saturating_sub(1);
        let next = line.next.take();
        if next.is_some() {
            line.in_flight += 1;
        } else if line.in_flight == 0 {
            // Only the answer to the last value typed says that what stands in the field is saved.
            line.mark.set(match reply {
                Reply::Refused(refusal) => Mark::Refused(refusal),
                _ => Mark::Saved,
            });
            lines.retain(|(known, _)| *known != place);
        }
        next
    });
    if let Some(next) = next {
        send(place, next);
    }
}

/// Whether a value of this field is on its way.
pub fn is_pending(document: DocumentId, path: &FieldPath) -> bool {
    LINES.with_borrow(|lines| lines.iter().any(|((known, at), _)| *known == document && at == path))
}

/// Sends what waits behind a save in flight; the core works in the order of arrival.
fn send_waiting() {
    let waiting: Vec<(Place, Value)> = LINES.with_borrow_mut(|lines| {
        lines
            .iter_mut()
            .filter_map(|(place, line)| {
                let value = line.next.take()?;
                line.in_flight += 1;
                Some((place.clone(), value))
            })
            .collect()
    });
    for (place, value) in waiting {
        send(place, value);
    }
}

/// Drops what waits to be saved of a form that is done.
pub fn forget(form: DocumentId) {
    LINES.with_borrow_mut(|lines| {
        for (_, line) in lines.iter_mut().filter(|((known, _), _)| *known == form) {
            line.next = None;
        }
    });
}

/// Makes one change of a document's drafts.
pub fn commit(document: DocumentId) {
    send_waiting();
    let had_drafts = DRAFTS.with_borrow_mut(|drafts| {
        let before = drafts.len();
        drafts.retain(|known| *known != document);
        drafts.len() < before
    });
    if had_drafts {
        ask(Command::Commit(document), |_| {});
    }
}

/// Makes one change of each document with drafts.
pub fn commit_all() {
    let drafts: Vec<DocumentId> = DRAFTS.with_borrow(Clone::clone);
    for document in drafts {
        commit(document);
    }
}

fn pause_restarts() {
    let handle = set_timeout_with_handle(commit_all, core::time::Duration::from_millis(PAUSE_MS));
    let old = PAUSE.replace(handle.ok());
    if let Some(old) = old {
        old.clear();
    }
}

/// Commits when the page is hidden or goes.
pub fn listen() {
    let Some(window) = web_sys::window() else { return };
    let going = Closure::<dyn FnMut(Event)>::new(|_| commit_all());
    let _ = window.add_event_listener_with_callback("pagehide", going.as_ref().unchecked_ref());
    going.forget();
    let Some(document) = window.document() else { return };
    let watched = document.clone();
    let hidden = Closure::<dyn FnMut(Event)>::new(move |_| {
        if watched.visibility_state() == VisibilityState::Hidden {
            commit_all();
        }
    });
    let callback = hidden.as_ref().unchecked_ref();
    let _ = document.add_event_listener_with_callback("visibilitychange", callback);
    hidden.forget();
}
