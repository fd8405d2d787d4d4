//! A tablet: a disk, a browser profile, a clock, and while it is on, the real core.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use ankomst_core::Core;
use ankomst_core::platform::{Clock, Platform, Random, RandomError, StorageFacts};
use ankomst_shared::app::{Command, Reply};
use ankomst_shared::catalog::older::Stands;

use crate::ages::Age;
use crate::disk::{Disk, Queue, SimStore};
use crate::kernel::{Event, Kernel, Slot};
use crate::people::Meant;
use crate::wire::{Jar, SimTransport, Wire};

/// What the core of a simulated tablet stands on.
pub struct SimPlatform {
    store: SimStore,
    transport: SimTransport,
    clock: SimClock,
    random: SimRandom,
}

/// A tablet's clock.
pub struct SimClock {
    at: usize,
    kernel: Rc<Kernel>,
    off_ms: Rc<Cell<i64>>,
}

impl Clock for SimClock {
    fn now_ms(&self) -> i64 {
        self.kernel.now() + self.off_ms.get()
    }

    fn zone_minutes(&self) -> i32 {
        60
    }

    fn sleep(&self, ms: u64) -> impl Future<Output = ()> + 'static {
        let slot = Rc::new(Slot::default());
        let ms = i64::try_from(ms).unwrap_or(i64::MAX / 4);
        self.kernel.after(ms, Event::Wake(self.at, Rc::downgrade(&slot)));
        Slot::wait(slot)
    }
}

/// Randomness drawn from the seed.
pub struct SimRandom(Rc<Kernel>);

impl Random for SimRandom {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        for piece in bytes.chunks_mut(8) {
            let word = self.0.bits().wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes();
            piece.copy_from_slice(&word[..piece.len()]);
        }
        Ok(())
    }
}

impl Platform for SimPlatform {
    type Store = SimStore;
    type Transport = SimTransport;
    type Clock = SimClock;
    type Random = SimRandom;
    const CHEAP: bool = true;

    fn store(&self) -> &SimStore {
        &self.store
    }

    fn transport(&self) -> &SimTransport {
        &self.transport
    }

    fn clock(&self) -> &SimClock {
        &self.clock
    }

    fn random(&self) -> &SimRandom {
        &self.random
    }

    fn storage_facts(&self) -> impl Future<Output = Option<StorageFacts>> + 'static {
        std::future::ready(None)
    }
}

/// Set when something of a tablet is to be looked at again.
#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

type Task<T> = Pin<Box<dyn Future<Output = T>>>;

/// A program that runs on a tablet.
struct Running {
    core: Core<SimPlatform>,
    contact: Task<()>,
    command: Option<(Task<Reply>, Meant)>,
    queue: Rc<Queue>,
    wires: Rc<RefCell<Vec<Rc<Wire>>>>,
}

/// A tablet.
pub struct Tablet {
    /// Number.
    pub at: usize,
    /// Who has signed in here, the one who has it now first.
    pub people: Vec<usize>,
    /// Its disk.
    pub disk: Rc<Disk>,
    /// How old its program is.
    pub age: Rc<Cell<Age>>,
    /// Its browser's cookies.
    pub jar: Rc<Jar>,
    /// How far its clock is off.
    pub off_ms: Rc<Cell<i64>>,
    /// It is in somebody's hand or charging: programs on it run.
    pub awake: bool,
    /// The tablet this one is a copy of, itself for one that is none: of copies only one at a time is in contact for
    /// long.
    pub root: usize,
    /// Nobody will ever see it again.
    pub gone: bool,
    /// Not in contact before that.
    pub away_until: i64,
    /// Logins with a vault that cannot sign in any more.
    pub shut_out: BTreeSet<usize>,
    running: Option<Running>,
    flag: Arc<Flag>,
}

impl Tablet {
    /// A new one for a person.
    #[must_use]
    pub fn new(at: usize, person: usize) -> Self {
        Self {
            at,
            root: at,
            people: vec![person],
            disk: Rc::default(),
            age: Rc::default(),
            jar: Rc::default(),
            off_ms: Rc::default(),
            awake: false,
            gone: false,
            away_until: 0,
            shut_out: BTreeSet::new(),
            running: None,
            flag: Arc::default(),
        }
    }

    /// The core, while the tablet is on.
    #[must_use]
    pub fn core(&self) -> Option<&Core<SimPlatform>> {
        self.running.as_ref().map(|running| &running.core)
    }

    /// Switches it on; tells whether it is.
    pub fn start(&mut self, kernel: &Rc<Kernel>) -> bool {
        if self.running.is_some() {
            return true;
        }
        let _catalog = Stands::instead(self.age.get().catalog());
        let queue = Queue::on(Rc::clone(&self.disk));
        let wires: Rc<RefCell<Vec<Rc<Wire>>>> = Rc::default();
        let (at, shared) = (self.at, || Rc::clone(kernel));
        let platform = SimPlatform {
            store: SimStore { at, queue: Rc::clone(&queue), kernel: shared() },
            transport: SimTransport {
                at,
                jar: Rc::clone(&self.jar),
                wires: Rc::clone(&wires),
                age: Rc::clone(&self.age),
                kernel: shared(),
            },
            clock: SimClock { at, kernel: shared(), off_ms: Rc::clone(&self.off_ms) },
            random: SimRandom(shared()),
        };
        let mut starts = Box::pin(Core::start(platform, "sim"));
        // It only reads, and nothing waits to be written.
        let Poll::Ready(started) = starts.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        else {
            return false;
        };
        let Ok(core) = started else { return false };
        let runs = core.clone();
        let contact = Box::pin(async move { runs.run().await });
        self.flag.0.store(true, Ordering::Relaxed);
        self.running = Some(Running { core, contact, command: None, queue, wires });
        true
    }

    /// Ends its programs wherever they are: between two polls.
    pub fn crash(&mut self, kernel: &Kernel) {
        if let Some(running) = self.running.take() {
            running.queue.cut(kernel);
            for wire in running.wires.borrow().iter() {
                wire.open.set(false);
                wire.sever(kernel);
            }
        }
    }

    /// Its sockets are cut, as when it is put away.
    pub fn sever(&self, kernel: &Kernel) {
        if let Some(running) = &self.running {
            running.wires.borrow().iter().for_each(|wire| wire.sever(kernel));
        }
    }

    /// Whether a command is being carried out.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.running.as_ref().is_some_and(|running| running.command.is_some())
    }

    /// Begins to carry out a command.
    pub fn begin(&mut self, command: Command, meant: Meant) {
        if let Some(running) = &mut self.running {
            let core = running.core.clone();
            let task = Box::pin(async move { core.handle(command).await });
            running.command = Some((task, meant));
            self.flag.0.store(true, Ordering::Relaxed);
        }
    }

    /// Answers a question that needs no waiting.
    #[must_use]
    pub fn ask(&self, command: Command) -> Option<Reply> {
        let _catalog = Stands::instead(self.age.get().catalog());
        let core = self.core()?.clone();
        let mut task = Box::pin(async move { core.handle(command).await });
        match task.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(reply) => Some(reply),
            Poll::Pending => None,
        }
    }

    /// Lets its programs run until they wait; gives the command that was carried out.
    #[must_use]
    pub fn pump(&mut self) -> Option<(Reply, Meant)> {
        if !self.awake {
            return None;
        }
        let _catalog = Stands::instead(self.age.get().catalog());
        let running = self.running.as_mut()?;
        let waker = Waker::from(Arc::clone(&self.flag));
        let mut context = Context::from_waker(&waker);
        while self.flag.0.swap(false, Ordering::Relaxed) {
            if running.contact.as_mut().poll(&mut context).is_ready() {
                break;
            }
            if let Some((task, _)) = &mut running.command
                && let Poll::Ready(reply) = task.as_mut().poll(&mut context)
            {
                let (_, meant) = running.command.take()?;
                self.flag.0.store(true, Ordering::Relaxed);
                return Some((reply, meant));
            }
        }
        None
    }
}
