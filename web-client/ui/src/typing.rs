//! From a keystroke to a durable draft: one save in flight per field, the latest value wins,
//! nothing that stands in a field is dropped. Documents with drafts are committed when their
//! section or page is left, when the page is hidden, and after a pause.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use ankomst_shared::app::{Command, Refusal, Reply};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;
use leptos::prelude::*;
use wasm_bindgen::prelude::*;
use web_sys::{Event, VisibilityState};

use crate::bridge::ask;

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
    mark: ArcRwSignal<Mark>,
}

type Place = (DocumentId, FieldPath);

/// A pause after which drafts become a change, milliseconds.
const PAUSE_MS: u64 = 4_000;

thread_local! {
    static LINES: RefCell<BTreeMap<Place, Line>> = const { RefCell::new(BTreeMap::new()) };
    static DRAFTS: RefCell<BTreeSet<DocumentId>> = const { RefCell::new(BTreeSet::new()) };
    static PAUSE: RefCell<Option<TimeoutHandle>> = const { RefCell::new(None) };
}

/// Saves a value typed into a field; `mark` follows its fate.
pub fn save(document: DocumentId, path: &FieldPath, value: Value, mark: &ArcRwSignal<Mark>) {
    mark.set(Mark::Typing);
    DRAFTS.with_borrow_mut(|drafts| drafts.insert(document));
    let place = (document, path.clone());
    let send_now = LINES.with_borrow_mut(|lines| {
        let line = lines.entry(place.clone()).or_insert_with(|| Line {
            in_flight: 0,
            next: None,
            mark: mark.clone(),
        });
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

fn send((document, path): Place, value: Value) {
    let command = Command::Type { document, path: path.clone(), value };
    ask(command, move |reply| answered((document, path), reply));
}

fn answered(place: Place, reply: Reply) {
    let next = LINES.with_borrow_mut(|lines| {
        let line = lines.get_mut(&place)?;
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
            lines.remove(&place);
        }
        next
    });
    if let Some(next) = next {
        send(place, next);
    }
}

/// Whether a value of this field is on its way.
pub fn is_pending(document: DocumentId, path: &FieldPath) -> bool {
    LINES.with_borrow(|lines| lines.contains_key(&(document, path.clone())))
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

/// Makes one change of a document's drafts.
pub fn commit(document: DocumentId) {
    send_waiting();
    if DRAFTS.with_borrow_mut(|drafts| drafts.remove(&document)) {
        ask(Command::Commit(document), |_| {});
    }
}

/// Makes one change of each document with drafts.
pub fn commit_all() {
    let drafts: Vec<DocumentId> = DRAFTS.with_borrow(|all| all.iter().copied().collect());
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
