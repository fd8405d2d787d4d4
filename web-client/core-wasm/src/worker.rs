//! Messages of the page, and the core behind them.
//!
//! The page posts one `ArrayBuffer` with a request; each answer goes back as a `Uint8Array`. A port of
//! its own tells `boot.js` whether all is answered, and that a tab of another build has come.

use std::cell::Cell;
use std::rc::Rc;

use ankomst_core::Core;
use ankomst_core::mailbox::Mailbox;
use ankomst_shared::app::Answer;
use ankomst_shared::catalog::Catalog;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::MessageEvent;

use crate::idb::IdbStore;
use crate::leader::{Channel, wait_for_lead};
use crate::platform::BrowserPlatform;
use crate::script::{bytes_in, bytes_out, call, object, scope, sleep};
use crate::transport::FetchTransport;

/// Wait before the store is tried again when it could not be read at the start, in milliseconds.
const START_WAIT_MS: u64 = 1_000;

/// Who asked: the page of this worker, or another tab.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asker {
    /// This worker's page.
    Page,
    /// The tab of that number.
    Tab(u64),
}

/// The page of this worker: what it asked and was answered.
pub(crate) struct Page {
    line: JsValue,
    count: Cell<u32>,
    answered: Cell<u32>,
    leads: Cell<bool>,
    wants_word: Cell<bool>,
}

impl Page {
    fn new(line: JsValue) -> Rc<Self> {
        let page = Rc::new(Self {
            line,
            count: Cell::default(),
            answered: Cell::default(),
            leads: Cell::default(),
            wants_word: Cell::default(),
        });
        let asked = Rc::clone(&page);
        let heard = Closure::<dyn FnMut(MessageEvent)>::new(move |_| {
            asked.wants_word.set(true);
            asked.tell_if_answered();
        });
        // The port is one as long as the page is; without one nobody asks.
        drop(js_sys::Reflect::set(&page.line, &"onmessage".into(), heard.as_ref()));
        heard.forget();
        page
    }

    /// Sends the page an answer or an event.
    pub(crate) fn post(&self, answer: &[u8]) {
        let buffer = bytes_out(answer);
        // A page that is gone hears nothing.
        drop(scope().post_message(&buffer));
        if Answer::number(answer).is_some() {
            self.answered.set(self.answered.get() + 1);
            self.tell_if_answered();
        }
    }

    /// A tab of another build has come: this one has to make way.
    pub(crate) fn meet_other(&self) {
        self.say(&[("other", true.into())]);
    }

    /// From here on this tab keeps the core.
    pub(crate) fn lead(&self) {
        self.leads.set(true);
    }

    fn tell_if_answered(&self) {
        if self.answered.get() >= self.count.get() && self.wants_word.replace(false) {
            self.say(&[("count", self.count.get().into()), ("leads", self.leads.get().into())]);
        }
    }

    fn say(&self, entries: &[(&str, JsValue)]) {
        // A page that is gone hears nothing.
        drop(call(&self.line, "postMessage", &[object(entries).into()]));
    }
}

/// Starts the worker with the packed catalog: takes over `onmessage` before its first wait.
///
/// # Errors
/// When the browser lacks something the app cannot do without.
#[wasm_bindgen]
pub async fn start(build: String, catalog: Vec<u8>, line: JsValue) -> Result<(), JsValue> {
    if !Catalog::load(&catalog) {
        return Err("the catalog of this app cannot be read".into());
    }
    let asked: Mailbox<(Asker, Vec<u8>)> = Mailbox::default();
    let page = Page::new(line);
    listen(&asked, &page);
    let channel = Rc::new(Channel::open(&build, &asked, &page)?);
    spawn_local(serve(build, channel, (asked, page)));
    Ok(())
}

fn listen(asked: &Mailbox<(Asker, Vec<u8>)>, page: &Rc<Page>) {
    let (asked, page) = (asked.clone(), Rc::clone(page));
    let message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if let Some(bytes) = bytes_in(&event.data()) {
            page.count.set(page.count.get() + 1);
            asked.put((Asker::Page, bytes));
        }
    });
    scope().set_onmessage(Some(message.as_ref().unchecked_ref()));
    message.forget();
}

async fn serve(
    build: String,
    channel: Rc<Channel>,
    (asked, page): (Mailbox<(Asker, Vec<u8>)>, Rc<Page>),
) {
    // Until this tab has the lead, requests go to the tab that has it.
    wait_for_lead(&channel, &asked).await;
    page.lead();
    let core = loop {
        let platform = BrowserPlatform { store: IdbStore::new(), transport: FetchTransport };
        match Core::start(platform, &build).await {
            Ok(core) => break core,
            Err(_) => sleep(START_WAIT_MS).await,
        }
    };
    let (running, telling) = (core.clone(), core.clone());
    spawn_local(async move { running.run().await });
    let (tabs, own) = (Rc::clone(&channel), Rc::clone(&page));
    spawn_local(async move {
        while let Some(event) = telling.events().next().await {
            let event = ankomst_shared::packed::to_bytes(&Answer::Event(event));
            own.post(&event);
            tabs.tell_all(event);
        }
    });
    while let Some((asker, mut message)) = asked.next().await {
        let (app, channel, page) = (core.clone(), Rc::clone(&channel), Rc::clone(&page));
        spawn_local(async move {
            let answer = app.receive(&message).await;
            // It may hold a passphrase, or what a passkey gave.
            message.fill(0);
            core::hint::black_box(&message);
            match asker {
                Asker::Page => page.post(&answer),
                Asker::Tab(tab) => channel.answer(tab, answer),
            }
        });
    }
}
