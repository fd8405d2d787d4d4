//! Messages of the page, and the core behind them.
//!
//! The page posts one `ArrayBuffer` with a request; each answer goes back as a `Uint8Array`.

use std::rc::Rc;

use ankomst_core::Core;
use ankomst_core::mailbox::Mailbox;
use ankomst_shared::app::{Answer, Event};
use ankomst_shared::catalog::Catalog;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::MessageEvent;

use crate::idb::IdbStore;
use crate::leader::{Channel, wait_for_lead};
use crate::platform::BrowserPlatform;
use crate::script::{bytes_in, bytes_out, scope, sleep};
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

/// Starts the worker with the packed catalog: takes over `onmessage` before its first wait.
///
/// # Errors
/// When the browser lacks something the app cannot do without.
#[wasm_bindgen]
pub async fn start(build: String, catalog: Vec<u8>) -> Result<(), JsValue> {
    if !Catalog::load(&catalog) {
        return Err("the catalog of this app cannot be read".into());
    }
    let asked: Mailbox<(Asker, Vec<u8>)> = Mailbox::default();
    listen(&asked);
    let channel = Rc::new(Channel::open(&build, &asked)?);
    spawn_local(serve(build, channel, asked));
    Ok(())
}

fn listen(asked: &Mailbox<(Asker, Vec<u8>)>) {
    let asked = asked.clone();
    let message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        if let Some(bytes) = bytes_in(&event.data()) {
            asked.put((Asker::Page, bytes));
        }
    });
    scope().set_onmessage(Some(message.as_ref().unchecked_ref()));
    message.forget();
}

async fn serve(build: String, channel: Rc<Channel>, asked: Mailbox<(Asker, Vec<u8>)>) {
    // Until this tab has the lead, requests go to the tab that has it.
    wait_for_lead(&channel, &asked).await;
    let core = loop {
        let platform = BrowserPlatform { store: IdbStore::new(), transport: FetchTransport };
        match Core::start(platform, &build).await {
            Ok(core) => break core,
            Err(_) => sleep(START_WAIT_MS).await,
        }
    };
    let (running, telling) = (core.clone(), core.clone());
    spawn_local(async move { running.run().await });
    let tabs = Rc::clone(&channel);
    spawn_local(async move {
        while let Some(event) = telling.events().next().await {
            tell(&tabs, event);
        }
    });
    while let Some((asker, message)) = asked.next().await {
        let (core, channel) = (core.clone(), Rc::clone(&channel));
        spawn_local(async move {
            let answer = core.receive(&message).await;
            match asker {
                Asker::Page => post(&answer),
                Asker::Tab(tab) => channel.answer(tab, answer),
            }
        });
    }
}

fn tell(channel: &Channel, event: Event) {
    let answer = ankomst_shared::packed::to_bytes(&Answer::Event(event));
    post(&answer);
    channel.tell_all(answer);
}

/// Sends an answer to the page.
pub(crate) fn post(answer: &[u8]) {
    let buffer = bytes_out(answer);
    // A page that is gone hears nothing.
    drop(scope().post_message(&buffer));
}
