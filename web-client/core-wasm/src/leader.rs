//! One tab of several keeps the core: the one that holds the lock. The others pass on what their
//! pages ask, and the first of them takes over when the lock is let go.
//!
//! A tab that starts says so. Who hears it from another build makes way: two builds never wait for each
//! other, for neither reads what the other says.
//!
//! What was asked and not answered when a tab takes over is asked again of its own core, which is
//! locked: nothing is done twice.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use ankomst_core::mailbox::Mailbox;
use ankomst_shared::app::{Answer, Request};
use ankomst_shared::order::Few;
use futures_util::future::{Either, select};
use js_sys::Promise;
use minicbor::{Decode, Encode};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BroadcastChannel, MessageEvent};

use crate::script::{bytes_in, bytes_out, call, scope};
use crate::worker::{Asker, Page};

const LOCK: &str = "ankomst-core";
const CHANNEL: &str = "ankomst";

/// What tabs say to each other.
#[derive(Encode, Decode)]
#[cbor(map)]
struct Note {
    #[n(0)]
    build: String,
    #[n(1)]
    word: Word,
}

/// What a tab says when it starts: all that tabs of different builds have in common. It stays as it is.
#[derive(Encode, Decode)]
#[cbor(map)]
struct Hello {
    #[n(0)]
    build: String,
    #[n(2)]
    starts: bool,
}

#[derive(Encode, Decode)]
enum Word {
    /// A page's request, for the leading tab.
    #[n(0)]
    Ask(#[n(0)] u64, #[cbor(n(1), with = "minicbor::bytes")] Vec<u8>),
    /// The answer to a tab.
    #[n(1)]
    Answer(#[n(0)] u64, #[cbor(n(1), with = "minicbor::bytes")] Vec<u8>),
    /// An event, for all.
    #[n(2)]
    Event(#[cbor(n(0), with = "minicbor::bytes")] Vec<u8>),
}

/// The channel between tabs.
pub(crate) struct Channel {
    tabs: BroadcastChannel,
    build: String,
    tab: u64,
    leads: Rc<Cell<bool>>,
    /// Asked of the leading tab and not answered, by the request's number.
    open: Rc<RefCell<Few<u64, Vec<u8>>>>,
}

impl Channel {
    /// Opens the channel; what other tabs ask while this one leads goes to `asked`.
    pub(crate) fn open(
        build: &str,
        asked: &Mailbox<(Asker, Vec<u8>)>,
        page: &Rc<Page>,
    ) -> Result<Self, JsValue> {
        let tab = getrandom::u64().map_err(|_| js_sys::Error::new("no randomness"))?;
        let channel = Self {
            tabs: BroadcastChannel::new(CHANNEL)?,
            build: build.to_owned(),
            tab,
            leads: Rc::default(),
            open: Rc::default(),
        };
        let (leads, open) = (Rc::clone(&channel.leads), Rc::clone(&channel.open));
        let (asked, page, build) = (asked.clone(), Rc::clone(page), build.to_owned());
        let heard = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let Some(note) = bytes_in(&event.data()) else { return };
            let hello = minicbor::decode::<Hello>(&note).ok();
            if hello.is_some_and(|hello| hello.starts && hello.build != build) {
                page.meet_other();
            }
            let note = minicbor::decode::<Note>(&note).ok();
            match note.filter(|note| note.build == build).map(|note| note.word) {
                Some(Word::Ask(from, bytes)) if leads.get() => {
                    asked.put((Asker::Tab(from), bytes));
                }
                Some(Word::Answer(to, bytes)) if to == tab && !leads.get() => {
                    if let Some(id) = Answer::number(&bytes) {
                        open.borrow_mut().remove(&id);
                    }
                    page.post(&bytes);
                }
                Some(Word::Event(bytes)) if !leads.get() => page.post(&bytes),
                Some(Word::Ask(..) | Word::Answer(..) | Word::Event(_)) | None => {}
            }
        });
        channel.tabs.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        heard.forget();
        channel.send(&Hello { build: channel.build.clone(), starts: true });
        Ok(channel)
    }

    /// Answers another tab.
    pub(crate) fn answer(&self, tab: u64, answer: Vec<u8>) {
        self.say(Word::Answer(tab, answer));
    }

    /// Tells all other tabs of an event.
    pub(crate) fn tell_all(&self, event: Vec<u8>) {
        self.say(Word::Event(event));
    }

    fn ask(&self, request: Vec<u8>) {
        if let Some(id) = Request::number(&request) {
            self.open.borrow_mut().insert(id, request.clone());
        }
        self.say(Word::Ask(self.tab, request));
    }

    fn say(&self, word: Word) {
        self.send(&Note { build: self.build.clone(), word });
    }

    fn send(&self, note: &impl Encode<()>) {
        let bytes = minicbor::to_vec(note).unwrap_or_default();
        // A channel takes bytes as long as it is open, and it is never closed.
        drop(self.tabs.post_message(&bytes_out(&bytes)));
    }

    /// From here on this tab leads; gives what was asked and not answered.
    fn lead(&self) -> Vec<Vec<u8>> {
        self.leads.set(true);
        core::mem::take(&mut *self.open.borrow_mut()).values().cloned().collect()
    }
}

/// Waits until this tab has the lead, and passes on what its page asks meanwhile.
pub(crate) async fn wait_for_lead(channel: &Channel, asked: &Mailbox<(Asker, Vec<u8>)>) {
    // The lock is asked for once; whether it is free shows in which comes first.
    let events: Mailbox<Turned> = Mailbox::default();
    hold_lock(&events);
    let pages = asked.clone();
    let forwarding = events.clone();
    let mut waiting = Vec::new();
    let mut led_by_another = false;
    loop {
        let page = Box::pin(pages.next());
        let turned = Box::pin(forwarding.next());
        match select(turned, page).await {
            Either::Left((Some(Turned::Follows), _)) => {
                led_by_another = true;
                waiting.drain(..).for_each(|request| channel.ask(request));
            }
            Either::Right((Some((_, request)), _)) if led_by_another => {
                channel.ask(request);
            }
            Either::Right((Some((_, request)), _)) => waiting.push(request),
            // A browser without locks: every tab keeps a core of its own, as a last resort.
            Either::Left((Some(Turned::Leads) | None, _)) | Either::Right((None, _)) => break,
        }
    }
    for request in channel.lead().into_iter().chain(waiting) {
        asked.put((Asker::Page, request));
    }
}

enum Turned {
    Leads,
    Follows,
}

/// Asks for the lock: once whether it is free, then for as long as it takes. It is never let go.
fn hold_lock(events: &Mailbox<Turned>) {
    let Some(locks) = locks() else { return events.close() };
    let (free, retry) = (events.clone(), locks.clone());
    let told = Closure::<dyn FnMut(JsValue) -> Promise>::new(move |lock: JsValue| {
        if lock.is_null() {
            free.put(Turned::Follows);
            let later = free.clone();
            let granted = Closure::<dyn FnMut() -> Promise>::new(move || {
                later.put(Turned::Leads);
                for_ever()
            });
            let request = call(&retry, "request", &[LOCK.into(), granted.as_ref().clone()]);
            granted.forget();
            drop(request);
            return Promise::resolve(&JsValue::NULL);
        }
        free.put(Turned::Leads);
        for_ever()
    });
    let if_free = crate::script::object(&[("ifAvailable", true.into())]);
    let request = call(&locks, "request", &[LOCK.into(), if_free.into(), told.as_ref().clone()]);
    told.forget();
    if request.is_err() {
        events.close();
    }
}

fn locks() -> Option<JsValue> {
    let locks = js_sys::Reflect::get(&scope().navigator(), &"locks".into()).ok()?;
    locks.is_object().then_some(locks)
}

/// A promise that is kept open as long as the worker lives.
fn for_ever() -> Promise {
    Promise::new(&mut |_, _| {})
}
