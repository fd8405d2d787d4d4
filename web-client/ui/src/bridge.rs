//! The page's side of the channel to the core: numbered requests out, replies and events in.
//!
//! Replies go to the callback given with the request; events go to the signals of [`crate::state`]
//! and to the followers of [`crate::live`].

use std::cell::RefCell;

use ankomst_shared::app::{Answer, Command, Event, Refusal, Reply, Request};
use ankomst_shared::packed::{from_bytes, to_bytes};
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use web_sys::{MessageEvent, Worker};

use crate::live;
use crate::state::ui;

type Then = Box<dyn FnOnce(Reply)>;

#[derive(Default)]
struct Link {
    worker: Option<Worker>,
    build: String,
    last: u64,
    waiting: Vec<(u64, Then)>,
    ear: Option<Closure<dyn FnMut(MessageEvent)>>,
}

thread_local! {
    static LINK: RefCell<Link> = RefCell::default();
}

/// Binds the page to the worker.
pub fn connect(worker: &JsValue, build: String) {
    let worker: Worker = worker.clone().unchecked_into();
    let ear = Closure::<dyn FnMut(MessageEvent)>::new(|event: MessageEvent| {
        hear(&Uint8Array::new(&event.data()).to_vec());
    });
    worker.set_onmessage(Some(ear.as_ref().unchecked_ref()));
    LINK.with_borrow_mut(|link| {
        link.worker = Some(worker);
        link.build = build;
        link.ear = Some(ear);
    });
}

/// Sends a command and calls back with the reply.
pub fn ask(command: Command, then: impl FnOnce(Reply) + 'static) {
    send(command, Box::new(then));
}

fn send(command: Command, then: Then) {
    let sent = LINK.with_borrow_mut(|link| {
        link.last += 1;
        let id = link.last;
        let request = Request { id, build: link.build.clone(), command };
        let bytes = to_bytes(&request);
        let Some(worker) = &link.worker else { return Err(then) };
        if worker.post_message(&Uint8Array::from(bytes.as_slice())).is_err() {
            return Err(then);
        }
        link.waiting.push((id, then));
        Ok(())
    });
    if let Err(then) = sent {
        then(Reply::Refused(Refusal::Internal));
    }
}

fn hear(bytes: &[u8]) {
    match from_bytes::<Answer>(bytes) {
        Some(Answer::Reply(id, reply)) => {
            let then = LINK.with_borrow_mut(|link| {
                let at = link.waiting.iter().position(|(waiting, _)| *waiting == id)?;
                Some(link.waiting.swap_remove(at).1)
            });
            if let Some(then) = then {
                then(reply);
            }
        }
        Some(Answer::Event(event)) => happened(event),
        None => web_sys::console::error_1(&"a message of the core could not be read".into()),
    }
}

/// Takes in an event.
pub fn happened(event: Event) {
    match event {
        Event::Changed(queries) => live::changed(&queries),
        Event::Status(status) => ui().take_status(status),
    }
}
