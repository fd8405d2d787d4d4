//! A tablet's disk: commits take time, fail, and are cut off by the end of their process, each whole or not at all.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use ankomst_core::store::{Row, Store, StoreError, Table, Write};

use crate::kernel::{Event, Kernel, Slot};

/// Rows as they are on the disk.
pub type Rows = BTreeMap<(Table, Vec<u8>), Vec<u8>>;

/// What a disk does with the next commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mood {
    /// Writes them.
    #[default]
    Good,
    /// Refuses all: it is full.
    Full,
    /// Refuses one in so many.
    Fails(usize),
}

/// A disk; it outlives the programs that write to it.
#[derive(Debug, Default)]
pub struct Disk {
    /// What is on it.
    pub rows: RefCell<Rows>,
    /// What it does.
    pub mood: Cell<Mood>,
    /// Counts commits, so that a fault can be found again.
    pub commits: Cell<u64>,
}

/// Commits of one run of a program that are not on the disk yet.
#[derive(Debug)]
pub struct Queue {
    disk: Rc<Disk>,
    waiting: RefCell<VecDeque<Waiting>>,
    issued: Cell<u64>,
    done: Cell<u64>,
    readers: RefCell<Vec<(u64, Rc<Slot<()>>)>>,
    is_over: Cell<bool>,
}

type Waiting = (Vec<Write>, Rc<Slot<Result<(), StoreError>>>);

impl Queue {
    /// For a program that begins.
    #[must_use]
    pub fn on(disk: Rc<Disk>) -> Rc<Self> {
        Rc::new(Self {
            disk,
            waiting: RefCell::default(),
            issued: Cell::new(0),
            done: Cell::new(0),
            readers: RefCell::default(),
            is_over: Cell::new(false),
        })
    }

    /// Writes the first that waits; tells whether another waits.
    pub fn step(&self, kernel: &Kernel) -> bool {
        if self.is_over.get() {
            return false;
        }
        let Some((writes, slot)) = self.waiting.borrow_mut().pop_front() else { return false };
        let outcome = self.write(kernel, writes);
        self.done.set(self.done.get() + 1);
        slot.fill(outcome);
        let done = self.done.get();
        self.readers.borrow_mut().retain(|(after, slot)| {
            if *after <= done {
                slot.fill(());
            }
            *after > done
        });
        !self.waiting.borrow().is_empty()
    }

    /// The program ends: some of what waits is written, the rest never.
    pub fn cut(&self, kernel: &Kernel) {
        let written = kernel.roll(self.waiting.borrow().len() + 1);
        for _ in 0..written {
            self.step(kernel);
        }
        self.is_over.set(true);
    }

    fn write(&self, kernel: &Kernel, writes: Vec<Write>) -> Result<(), StoreError> {
        self.disk.commits.set(self.disk.commits.get() + 1);
        let refused = match self.disk.mood.get() {
            Mood::Good => false,
            Mood::Full => true,
            Mood::Fails(one_in) => kernel.roll(one_in) == 0,
        };
        if refused {
            return Err(StoreError::Write("as the simulation wants".to_owned()));
        }
        let mut rows = self.disk.rows.borrow_mut();
        for write in writes {
            match write.value {
                Some(value) => rows.insert((write.table, write.key), value),
                None => rows.remove(&(write.table, write.key)),
            };
        }
        Ok(())
    }

    /// Whether everything asked for by now is on the disk.
    fn settled(self: &Rc<Self>) -> impl Future<Output = ()> + 'static {
        let slot = Rc::new(Slot::default());
        let after = self.issued.get();
        if self.done.get() >= after {
            slot.fill(());
        } else {
            self.readers.borrow_mut().push((after, Rc::clone(&slot)));
        }
        Slot::wait(slot)
    }
}

/// The store of one run of a program.
pub struct SimStore {
    /// Whose it is.
    pub at: usize,
    /// What is to be written.
    pub queue: Rc<Queue>,
    /// Time and chance.
    pub kernel: Rc<Kernel>,
}

impl Store for SimStore {
    async fn load(&self, table: Table, prefix: &[u8]) -> Result<Vec<Row>, StoreError> {
        self.queue.settled().await;
        let rows = self.queue.disk.rows.borrow();
        Ok(rows
            .range((table, prefix.to_vec())..)
            .take_while(|((at, key), _)| *at == table && key.starts_with(prefix))
            .map(|((_, key), value)| (key.clone(), value.clone()))
            .collect())
    }

    async fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.queue.settled().await;
        Ok(self.queue.disk.rows.borrow().get(&(table, key.to_vec())).cloned())
    }

    fn commit(&self, writes: Vec<Write>) -> impl Future<Output = Result<(), StoreError>> {
        let slot = Rc::new(Slot::default());
        let queue = &self.queue;
        queue.issued.set(queue.issued.get() + 1);
        let begins = queue.waiting.borrow().is_empty();
        queue.waiting.borrow_mut().push_back((writes, Rc::clone(&slot)));
        if begins {
            if self.kernel.chance(600) {
                queue.step(&self.kernel);
            } else {
                let ms = self.kernel.between(1, 40);
                self.kernel.after(ms, Event::Disk(self.at, Rc::clone(queue)));
            }
        }
        Slot::wait(slot)
    }
}
