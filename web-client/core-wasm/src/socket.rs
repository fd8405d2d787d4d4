//! The live socket of a browser.

use std::rc::Rc;

use ankomst_core::mailbox::Mailbox;
use ankomst_core::platform::{Socket, TransportError};
use js_sys::Promise;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{BinaryType, MessageEvent, WebSocket};

use crate::script::{bytes_in, fault};

struct Inner {
    socket: WebSocket,
    incoming: Mailbox<Vec<u8>>,
    // The browser calls these as long as the socket lives.
    _message: Closure<dyn FnMut(MessageEvent)>,
    _close: Closure<dyn FnMut()>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        // Closing what is closed is no matter.
        drop(self.socket.close());
    }
}

/// An open WebSocket.
#[derive(Clone)]
pub(crate) struct BrowserSocket(Rc<Inner>);

impl BrowserSocket {
    /// Opens a socket and waits until it is open.
    pub(crate) async fn open(address: &str) -> Result<Self, JsValue> {
        let socket = WebSocket::new(address)?;
        socket.set_binary_type(BinaryType::Arraybuffer);
        let incoming = Mailbox::default();
        let (messages, ending) = (incoming.clone(), incoming.clone());
        let message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(bytes) = bytes_in(&event.data()) {
                messages.put(bytes);
            }
        });
        let close = Closure::<dyn FnMut()>::new(move || ending.close());
        socket.set_onmessage(Some(message.as_ref().unchecked_ref()));
        let opened = Promise::new(&mut |resolve, reject| {
            socket.set_onopen(Some(&resolve));
            socket.set_onclose(Some(&reject));
        });
        let opened = JsFuture::from(opened).await;
        socket.set_onopen(None);
        socket.set_onclose(Some(close.as_ref().unchecked_ref()));
        let inner = Inner { socket, incoming, _message: message, _close: close };
        opened.map(|_| Self(Rc::new(inner)))
    }
}

impl Socket for BrowserSocket {
    fn send(&self, message: Vec<u8>) -> Result<(), TransportError> {
        if self.0.socket.ready_state() != WebSocket::OPEN {
            return Err(TransportError("the live socket is closed".to_owned()));
        }
        self.0.socket.send_with_u8_array(&message).map_err(|error| TransportError(fault(&error)))
    }

    fn receive(&self) -> impl Future<Output = Option<Vec<u8>>> + 'static {
        self.0.incoming.next()
    }

    fn close(&self) {
        self.0.incoming.close();
        // Closing what is closed is no matter.
        drop(self.0.socket.close());
    }
}
