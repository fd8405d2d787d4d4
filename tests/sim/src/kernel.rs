//! Time, chance and the heap of what is due.

use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::future::poll_fn;
use std::rc::{Rc, Weak};
use std::task::{Poll, Waker};

use ankomst_core::platform::HttpAnswer;
use ankomst_shared::chunk::hostile::Dice;

use crate::disk::Queue;
use crate::wire::{Link, Question, Wire};

/// Milliseconds of a second, a minute, an hour and a day.
pub const SECOND: i64 = 1_000;
/// A minute.
pub const MINUTE: i64 = 60 * SECOND;
/// An hour.
pub const HOUR: i64 = 60 * MINUTE;
/// A day.
pub const DAY: i64 = 24 * HOUR;

/// When every history begins, Unix milliseconds.
pub const BEGIN: i64 = 1_790_000_000_000;

/// Something that becomes due.
pub enum Event {
    /// A core has slept long enough.
    Wake(usize, Weak<Slot<()>>),
    /// A tablet's disk has written.
    Disk(usize, Rc<Queue>),
    /// A question arrives at the server; the answer is waited for, or it came twice.
    Ask(Rc<Question>, bool),
    /// An answer arrives, or it is clear that none will.
    Answer(Rc<Question>, Option<HttpAnswer>, Vec<(String, String)>),
    /// A frame arrives at the server; none closes.
    Up(Rc<Wire>, Option<Vec<u8>>),
    /// A frame arrives at a tablet; none closes.
    Down(Rc<Wire>, Option<Vec<u8>>),
    /// A person does something.
    Act(usize),
    /// Somebody takes a tablet into the hand.
    Session(usize),
    /// Somebody puts it away.
    Away(usize),
    /// The server tries what waits.
    Settle,
    /// A day begins.
    Day(u32),
    /// Something goes wrong, or is changed by somebody.
    Fault(crate::faults::Fault),
    /// A link is as good as any again.
    Mended(usize),
}

struct Due {
    at: i64,
    turn: u64,
    event: Event,
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.turn) == (other.at, other.turn)
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.turn).cmp(&(other.at, other.turn))
    }
}

/// What everything simulated shares.
pub struct Kernel {
    now: Cell<i64>,
    turn: Cell<u64>,
    heap: RefCell<BinaryHeap<Reverse<Due>>>,
    dice: RefCell<Dice>,
    trace: Cell<u64>,
    /// How each tablet reaches the server.
    pub links: RefCell<Vec<Link>>,
}

impl Kernel {
    /// At the beginning of a history.
    #[must_use]
    pub fn new(seed: u64, tablets: usize) -> Rc<Self> {
        let mut dice = Dice::new(seed.wrapping_mul(0x2545_f491_4f6c_dd1d).wrapping_add(77));
        for _ in 0..8 {
            dice.bits();
        }
        Rc::new(Self {
            now: Cell::new(BEGIN),
            turn: Cell::new(0),
            heap: RefCell::default(),
            dice: RefCell::new(dice),
            trace: Cell::new(0xcbf2_9ce4_8422_2325),
            links: RefCell::new(vec![Link::default(); tablets]),
        })
    }

    /// The true time, Unix milliseconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.now.get()
    }

    /// A number below `sides`.
    pub fn roll(&self, sides: usize) -> usize {
        self.dice.borrow_mut().roll(sides)
    }

    /// A number from `low` to below `high`.
    pub fn between(&self, low: i64, high: i64) -> i64 {
        let width = usize::try_from(high - low).unwrap_or(1);
        low + i64::try_from(self.roll(width)).unwrap_or_default()
    }

    /// Whether what happens so often in a thousand happens.
    pub fn chance(&self, in_thousand: usize) -> bool {
        self.roll(1_000) < in_thousand
    }

    /// Any 64 bits.
    pub fn bits(&self) -> u64 {
        self.dice.borrow_mut().bits()
    }

    /// Lets something become due after a while.
    pub fn after(&self, ms: i64, event: Event) {
        self.at(self.now() + ms.max(0), event);
    }

    /// Lets something become due.
    pub fn at(&self, at: i64, event: Event) {
        let turn = self.turn.get();
        self.turn.set(turn + 1);
        self.heap.borrow_mut().push(Reverse(Due { at, turn, event }));
    }

    /// The next thing that is due before a moment; the time is then its.
    pub fn next(&self, until: i64) -> Option<Event> {
        let mut heap = self.heap.borrow_mut();
        if heap.peek().is_none_or(|Reverse(due)| due.at >= until) {
            return None;
        }
        let Reverse(due) = heap.pop()?;
        self.set_now(due.at.max(self.now()));
        Some(due.event)
    }

    /// Lets time pass in which nothing is due.
    pub fn set_now(&self, now: i64) {
        self.now.set(now);
        ankomst_server::given::set_now(now);
    }

    /// Notes what has happened, for the sum of the history.
    pub fn note(&self, what: u64, bytes: &[u8]) {
        let mut sum = self.trace.get();
        let words = [what, self.now().cast_unsigned(), u64::try_from(bytes.len()).unwrap_or(0)];
        let head = words.iter().flat_map(|word| word.to_le_bytes());
        for byte in head.chain(bytes.iter().copied()) {
            sum = (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
        self.trace.set(sum);
    }

    /// The sum of the history so far.
    #[must_use]
    pub fn trace(&self) -> u64 {
        self.trace.get()
    }
}

/// A place for one thing that is waited for.
#[derive(Debug)]
pub struct Slot<T> {
    value: RefCell<Option<T>>,
    waker: RefCell<Option<Waker>>,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self { value: RefCell::new(None), waker: RefCell::new(None) }
    }
}

impl<T> Slot<T> {
    /// Puts the thing there.
    pub fn fill(&self, value: T) {
        *self.value.borrow_mut() = Some(value);
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }

    /// Waits for it.
    pub fn wait(slot: Rc<Self>) -> impl Future<Output = T> + 'static
    where
        T: 'static,
    {
        poll_fn(move |context| {
            if let Some(value) = slot.value.borrow_mut().take() {
                return Poll::Ready(value);
            }
            *slot.waker.borrow_mut() = Some(context.waker().clone());
            Poll::Pending
        })
    }
}
