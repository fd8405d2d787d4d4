//! The store in `IndexedDB`: one object store for each table, binary keys, sealed values.
//!
//! One transaction is in flight at a time, with durability `strict`; rows that come meanwhile join
//! the next one. A database that the browser closes is opened again, and the batch that was not
//! acknowledged is written once more: writes are whole rows, so twice is the same as once.
//!
//! Reading order: this file, [`queue`], [`database`].

mod database;
mod queue;

use std::rc::Rc;

use ankomst_core::store::{Row, Store, StoreError, Table, Write};
use wasm_bindgen::JsValue;

use self::database::Database;
use self::queue::Queue;
use crate::script::fault;

/// Rows in the browser.
pub(crate) struct IdbStore {
    database: Rc<Database>,
    queue: Rc<Queue>,
}

impl IdbStore {
    /// Makes the store; the database is opened when first used.
    pub(crate) fn new() -> Self {
        let database = Rc::new(Database::default());
        Self { queue: Rc::new(Queue::new(Rc::clone(&database))), database }
    }
}

impl Store for IdbStore {
    async fn load(&self, table: Table, prefix: &[u8]) -> Result<Vec<Row>, StoreError> {
        self.database.load(table, prefix).await.map_err(|error| read_error(&error))
    }

    async fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.database.get(table, key).await.map_err(|error| read_error(&error))
    }

    fn commit(&self, writes: Vec<Write>) -> impl Future<Output = Result<(), StoreError>> {
        self.queue.put(writes)
    }
}

fn read_error(error: &JsValue) -> StoreError {
    StoreError::Read(fault(error))
}
