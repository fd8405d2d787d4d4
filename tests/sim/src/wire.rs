//! The network between a tablet and the server: requests that are lost, late, doubled and out of order; sockets that
//! keep their order and are cut.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use ankomst_core::mailbox::Mailbox;
use ankomst_core::platform::{HttpAnswer, Method, Socket, Transport, TransportError};

use crate::ages::Age;
use crate::kernel::{Event, Kernel, SECOND, Slot};

/// Cookies of a browser profile.
pub type Jar = RefCell<BTreeMap<String, String>>;

/// How a tablet reaches the server.
#[derive(Debug, Clone, Copy)]
pub struct Link {
    /// Anything gets through.
    pub up: bool,
    /// Messages lost, in a thousand.
    pub loss: usize,
    /// Questions that arrive twice, in a thousand.
    pub twice: usize,
    /// Longest way, in milliseconds.
    pub slow: i64,
    /// Nothing moves before that; then everything at once.
    pub clogged_until: i64,
}

impl Default for Link {
    fn default() -> Self {
        Self { up: true, loss: 0, twice: 0, slow: 60, clogged_until: 0 }
    }
}

/// A question on its way.
#[derive(Debug)]
pub struct Question {
    /// Who asks.
    pub at: usize,
    /// Whether it may be answered with a body or opens a socket.
    pub method: Method,
    /// Where to.
    pub path: String,
    /// What.
    pub body: Vec<u8>,
    /// The cookies it went with.
    pub cookies: Vec<(String, String)>,
    /// The browser profile that asked.
    pub jar: Rc<Jar>,
    /// Where the answer goes.
    pub slot: Rc<Slot<Option<HttpAnswer>>>,
    /// A socket is to be opened.
    pub opens: Option<Rc<Wire>>,
}

/// A socket between a tablet and the server.
#[derive(Debug)]
pub struct Wire {
    /// Number.
    pub id: u64,
    /// Whose.
    pub at: usize,
    /// Frames for the tablet.
    pub incoming: Mailbox<Vec<u8>>,
    /// The tablet's end is open.
    pub open: Cell<bool>,
    /// Nothing gets through any more.
    pub cut: Cell<bool>,
    up_at: Cell<i64>,
    down_at: Cell<i64>,
}

impl Wire {
    /// Sends a frame up; none closes.
    pub fn up(self: &Rc<Self>, kernel: &Kernel, frame: Option<Vec<u8>>) {
        if !self.cut.get() {
            let at = arrives(kernel, self.at).max(self.up_at.get());
            self.up_at.set(at);
            kernel.at(at, Event::Up(Rc::clone(self), frame));
        }
    }

    /// Sends a frame down; none closes.
    pub fn down(self: &Rc<Self>, kernel: &Kernel, frame: Option<Vec<u8>>) {
        if !self.cut.get() {
            let at = arrives(kernel, self.at).max(self.down_at.get());
            self.down_at.set(at);
            kernel.at(at, Event::Down(Rc::clone(self), frame));
        }
    }

    /// Cuts it: what is on the way is lost, and each end notices in its own time.
    pub fn sever(self: &Rc<Self>, kernel: &Kernel) {
        if !self.cut.replace(true) {
            let (up, down) = (kernel.between(0, 90 * SECOND), kernel.between(0, 90 * SECOND));
            kernel.after(up, Event::Up(Rc::clone(self), None));
            kernel.after(down, Event::Down(Rc::clone(self), None));
        }
    }
}

/// When what is sent now arrives.
fn arrives(kernel: &Kernel, at: usize) -> i64 {
    let link = kernel.links.borrow()[at];
    (kernel.now() + kernel.between(1, link.slow.max(2))).max(link.clogged_until)
}

/// What became of a message.
fn is_lost(kernel: &Kernel, at: usize) -> bool {
    let link = kernel.links.borrow()[at];
    !link.up || kernel.chance(link.loss)
}

impl Question {
    /// Sends it.
    pub fn go(self: Rc<Self>, kernel: &Kernel) {
        let at = self.at;
        if !kernel.links.borrow()[at].up {
            kernel.after(kernel.between(5, 2 * SECOND), Event::Answer(self, None, Vec::new()));
        } else if is_lost(kernel, at) {
            self.fails_late(kernel);
        } else {
            if kernel.chance(kernel.links.borrow()[at].twice) && self.opens.is_none() {
                let late = arrives(kernel, at) + kernel.between(0, 60 * SECOND);
                kernel.at(late, Event::Ask(Rc::clone(&self), false));
            }
            kernel.at(arrives(kernel, at), Event::Ask(self, true));
        }
    }

    /// Its answer goes back, or is lost.
    pub fn back(self: Rc<Self>, kernel: &Kernel, answer: HttpAnswer, set: Vec<(String, String)>) {
        if is_lost(kernel, self.at) {
            self.fails_late(kernel);
        } else {
            kernel.at(arrives(kernel, self.at), Event::Answer(self, Some(answer), set));
        }
    }

    /// Nothing comes back, which shows only after a while.
    pub fn fails_late(self: Rc<Self>, kernel: &Kernel) {
        kernel
            .after(kernel.between(2 * SECOND, 30 * SECOND), Event::Answer(self, None, Vec::new()));
    }
}

/// How a core reaches the server.
pub struct SimTransport {
    /// Whose it is.
    pub at: usize,
    /// Cookies.
    pub jar: Rc<Jar>,
    /// How old the program is.
    pub age: Rc<Cell<Age>>,
    /// Sockets this run has opened.
    pub wires: Rc<RefCell<Vec<Rc<Wire>>>>,
    /// Time and chance.
    pub kernel: Rc<Kernel>,
}

impl SimTransport {
    fn ask(
        &self,
        (method, path): (Method, &str),
        body: Vec<u8>,
        opens: Option<Rc<Wire>>,
    ) -> Rc<Slot<Option<HttpAnswer>>> {
        let slot = Rc::new(Slot::default());
        let body = self.age.get().asks(path, body);
        let cookies = self.jar.borrow().iter().map(|(n, v)| (n.clone(), v.clone())).collect();
        let question = Question {
            at: self.at,
            method,
            path: path.to_owned(),
            body,
            cookies,
            jar: Rc::clone(&self.jar),
            slot: Rc::clone(&slot),
            opens,
        };
        Rc::new(question).go(&self.kernel);
        slot
    }
}

impl Transport for SimTransport {
    type Socket = SimSocket;

    fn send(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> impl Future<Output = Result<HttpAnswer, TransportError>> + 'static {
        let slot = self.ask((method, path), body, None);
        async move { Slot::wait(slot).await.ok_or_else(|| TransportError("no answer".to_owned())) }
    }

    fn connect(
        &self,
        path: &str,
    ) -> impl Future<Output = Result<SimSocket, TransportError>> + 'static {
        let wire = Rc::new(Wire {
            id: self.kernel.bits(),
            at: self.at,
            incoming: Mailbox::default(),
            open: Cell::new(true),
            cut: Cell::new(false),
            up_at: Cell::new(0),
            down_at: Cell::new(0),
        });
        self.wires.borrow_mut().retain(|wire| wire.open.get());
        self.wires.borrow_mut().push(Rc::clone(&wire));
        let slot = self.ask((Method::Post, path), Vec::new(), Some(Rc::clone(&wire)));
        let kernel = Rc::clone(&self.kernel);
        async move {
            match Slot::wait(slot).await {
                Some(answer) if answer.status == 200 => Ok(SimSocket { wire, kernel }),
                _ => Err(TransportError("no socket".to_owned())),
            }
        }
    }
}

/// A tablet's end of a socket.
#[derive(Clone)]
pub struct SimSocket {
    wire: Rc<Wire>,
    kernel: Rc<Kernel>,
}

impl Socket for SimSocket {
    fn send(&self, message: Vec<u8>) -> Result<(), TransportError> {
        if !self.wire.open.get() {
            return Err(TransportError("closed".to_owned()));
        }
        if is_lost(&self.kernel, self.wire.at) {
            self.wire.sever(&self.kernel);
        }
        self.wire.up(&self.kernel, Some(message));
        Ok(())
    }

    fn receive(&self) -> impl Future<Output = Option<Vec<u8>>> + 'static {
        self.wire.incoming.next()
    }

    fn close(&self) {
        if self.wire.open.replace(false) {
            self.wire.up(&self.kernel, None);
        }
    }
}
