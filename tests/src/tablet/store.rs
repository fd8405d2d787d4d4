//! The store of the headless tablet: all rows in memory, every commit one frame of a journal.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::Path;

use ankomst_core::store::{Row, Store, StoreError, Table, Write};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use super::journal::{Journal, JournalError};

#[derive(Encode, Decode)]
struct Line {
    #[n(0)]
    table: u8,
    #[cbor(n(1), with = "minicbor::bytes")]
    key: Vec<u8>,
    #[n(2)]
    value: Option<ByteVec>,
}

type Rows = BTreeMap<(Table, Vec<u8>), Vec<u8>>;

std::thread_local! {
    static SLOW: Cell<bool> = const { Cell::new(false) };
}

/// Makes every look at a row on this thread let others go first, as a browser does.
pub fn slowly(slow: bool) {
    SLOW.set(slow);
}

/// Rows in a folder.
#[derive(Debug)]
pub struct FileStore {
    journal: RefCell<Journal>,
    rows: RefCell<Rows>,
}

impl FileStore {
    /// Opens or makes the store in a folder.
    ///
    /// # Errors
    /// When its journal cannot be read or is damaged.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder).map_err(|error| StoreError::Read(error.to_string()))?;
        let (journal, frames) =
            Journal::open(&folder.join("rows.journal")).map_err(|error| read_error(&error))?;
        let mut rows = Rows::new();
        for frame in frames {
            let lines: Vec<Line> =
                minicbor::decode(&frame).map_err(|error| StoreError::Damaged(error.to_string()))?;
            for line in lines {
                apply(&mut rows, line)?;
            }
        }
        Ok(Self { journal: RefCell::new(journal), rows: RefCell::new(rows) })
    }

    fn write(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        let lines: Vec<Line> = writes.into_iter().map(line).collect();
        let frame =
            minicbor::to_vec(&lines).map_err(|error| StoreError::Write(error.to_string()))?;
        self.journal
            .borrow_mut()
            .append(&frame)
            .map_err(|error| StoreError::Write(error.to_string()))?;
        let mut rows = self.rows.borrow_mut();
        lines.into_iter().try_for_each(|line| apply(&mut rows, line))
    }
}

fn read_error(error: &JournalError) -> StoreError {
    match error {
        JournalError::Damaged { .. } => StoreError::Damaged(error.to_string()),
        JournalError::File(_) | JournalError::TooLarge(_) => StoreError::Read(error.to_string()),
    }
}

fn line(write: Write) -> Line {
    let table = Table::ALL.iter().position(|table| *table == write.table);
    let table = table.and_then(|at| u8::try_from(at).ok()).unwrap_or(u8::MAX);
    Line { table, key: write.key, value: write.value.map(ByteVec::from) }
}

fn apply(rows: &mut Rows, line: Line) -> Result<(), StoreError> {
    let table = Table::ALL
        .get(usize::from(line.table))
        .ok_or_else(|| StoreError::Damaged(format!("no table has the number {}", line.table)))?;
    match line.value {
        Some(value) => rows.insert((*table, line.key), value.into()),
        None => rows.remove(&(*table, line.key)),
    };
    Ok(())
}

impl Store for FileStore {
    async fn load(&self, table: Table, prefix: &[u8]) -> Result<Vec<Row>, StoreError> {
        let rows = self.rows.borrow();
        Ok(rows
            .range((table, prefix.to_vec())..)
            .take_while(|((at, key), _)| *at == table && key.starts_with(prefix))
            .map(|((_, key), value)| (key.clone(), value.clone()))
            .collect())
    }

    async fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        if SLOW.get() {
            tokio::task::yield_now().await;
        }
        Ok(self.rows.borrow().get(&(table, key.to_vec())).cloned())
    }

    fn commit(&self, writes: Vec<Write>) -> impl Future<Output = Result<(), StoreError>> {
        std::future::ready(self.write(writes))
    }
}
