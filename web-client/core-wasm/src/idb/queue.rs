//! Batches of rows on their way to the disk.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use ankomst_core::mailbox::Mailbox;
use ankomst_core::store::{StoreError, Write};
use wasm_bindgen_futures::spawn_local;

use super::database::Database;
use crate::script::{fault, sleep};

/// Attempts to write a batch before saying that it failed.
const ATTEMPTS: u32 = 3;
/// Wait between two attempts, in milliseconds.
const ATTEMPT_WAIT_MS: u64 = 100;

type Told = Mailbox<Result<(), StoreError>>;

/// The queue of batches.
pub(super) struct Queue {
    database: Rc<Database>,
    waiting: RefCell<Vec<(Vec<Write>, Told)>>,
    running: Cell<bool>,
}

impl Queue {
    pub(super) fn new(database: Rc<Database>) -> Self {
        Self { database, waiting: RefCell::default(), running: Cell::new(false) }
    }

    /// Takes a place in the queue now; the future is ready when the rows are on the disk.
    pub(super) fn put(
        self: &Rc<Self>,
        writes: Vec<Write>,
    ) -> impl Future<Output = Result<(), StoreError>> + use<> {
        let told = Told::default();
        self.waiting.borrow_mut().push((writes, told.clone()));
        if !self.running.replace(true) {
            spawn_local(Rc::clone(self).run());
        }
        async move {
            let outcome = told.next().await;
            outcome.unwrap_or_else(|| Err(StoreError::Write("the queue has ended".to_owned())))
        }
    }

    async fn run(self: Rc<Self>) {
        loop {
            let batch = core::mem::take(&mut *self.waiting.borrow_mut());
            if batch.is_empty() {
                self.running.set(false);
                return;
            }
            let (writes, told): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
            let writes: Vec<Write> = writes.into_iter().flatten().collect();
            let outcome = self.write(&writes).await;
            for told in told {
                told.put(outcome.clone());
            }
        }
    }

    async fn write(&self, writes: &[Write]) -> Result<(), StoreError> {
        let mut attempt = 1;
        loop {
            match self.database.write(writes).await {
                Ok(()) => return Ok(()),
                Err(error) if attempt >= ATTEMPTS => return Err(StoreError::Write(fault(&error))),
                Err(_) => {
                    self.database.forget();
                    sleep(ATTEMPT_WAIT_MS).await;
                }
            }
            attempt += 1;
        }
    }
}
