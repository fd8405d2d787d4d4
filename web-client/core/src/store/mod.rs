//! Where rows are kept: a trait, and the store in memory that tests use.
//!
//! A store knows nothing of what it keeps: values are sealed before they come here. Its one promise
//! is [`Store::commit`]: when it returns, all the writes are on the disk, or none is.
//!
//! Other stores: `core-wasm/src/idb` (the browser) and `tests/src/tablet/store.rs` (a journal file).

mod memory;

pub use memory::{Failure, MemoryStore};

/// A kind of row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// Vaults, device, cursor, outbox.
    Meta,
    /// Changes, by user, document and hash.
    Chunks,
    /// What is typed and not yet a change.
    Drafts,
    /// Unsent work sealed to the server's deposit key.
    Deposits,
    /// Pictures and other files, in pieces.
    Files,
}

impl Table {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Meta, Self::Chunks, Self::Drafts, Self::Deposits, Self::Files];

    /// Gives the name under which a store keeps it; part of what is sealed with each value.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Chunks => "chunks",
            Self::Drafts => "drafts",
            Self::Deposits => "deposits",
            // Every program has made this table, and none has used it for anything else.
            Self::Files => "pages",
        }
    }
}

/// One row to write, or to delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The table.
    pub table: Table,
    /// The key.
    pub key: Vec<u8>,
    /// The value; nothing deletes the row.
    pub value: Option<Vec<u8>>,
}

impl Write {
    /// Writes a row.
    #[must_use]
    pub const fn put(table: Table, key: Vec<u8>, value: Vec<u8>) -> Self {
        Self { table, key, value: Some(value) }
    }

    /// Deletes a row.
    #[must_use]
    pub const fn delete(table: Table, key: Vec<u8>) -> Self {
        Self { table, key, value: None }
    }
}

/// A row as it was loaded: key and value.
pub type Row = (Vec<u8>, Vec<u8>);

/// Why a store did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Rows could not be read.
    #[error("the device's storage could not be read: {0}")]
    Read(String),
    /// Rows could not be written; none of them is.
    #[error("the device's storage could not be written: {0}")]
    Write(String),
    /// What is stored is damaged.
    #[error("the device's storage is damaged: {0}")]
    Damaged(String),
}

/// Keeps rows.
pub trait Store {
    /// Gives all rows of a table whose key begins with a prefix, in key order.
    ///
    /// # Errors
    /// When the rows cannot be read.
    fn load(
        &self,
        table: Table,
        prefix: &[u8],
    ) -> impl Future<Output = Result<Vec<Row>, StoreError>>;

    /// Gives one value.
    ///
    /// # Errors
    /// When it cannot be read.
    fn get(
        &self,
        table: Table,
        key: &[u8],
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>>;

    /// Writes rows, all or none; they are durable when it returns. The place in the order of
    /// commits is taken when it is called, not when the future is first polled.
    ///
    /// # Errors
    /// When the rows could not be written; then none of them is.
    fn commit(&self, writes: Vec<Write>) -> impl Future<Output = Result<(), StoreError>>;
}
