//! The store in memory: a double for tests, with failures on demand.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Row, Store, StoreError, Table, Write};

/// What goes wrong at a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The commit fails and says so; nothing is written.
    Refused,
    /// The process dies before anything is written: every commit from here on fails.
    CrashBefore,
    /// The process dies after the rows are on the disk, before anybody is told.
    CrashAfter,
}

type Tables = BTreeMap<(Table, Vec<u8>), Vec<u8>>;

/// A store in memory. Clones share their rows: what one "process" wrote the next one finds.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    rows: Rc<RefCell<Tables>>,
    commits: Rc<Cell<u32>>,
    fail_at: Rc<Cell<Option<(u32, Failure)>>>,
    dead: Rc<Cell<bool>>,
}

impl MemoryStore {
    /// Makes the commit of that number (the first is 0) go wrong.
    pub fn fail_at(&self, commit: u32, failure: Failure) {
        self.fail_at.set(Some((commit, failure)));
    }

    /// Tells how many commits were asked for.
    #[must_use]
    pub fn commits(&self) -> u32 {
        self.commits.get()
    }

    /// Tells whether a crash has happened.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.dead.get()
    }

    /// Starts the next "process" on the same rows, without failures.
    #[must_use]
    pub fn restarted(&self) -> Self {
        Self { rows: Rc::clone(&self.rows), ..Self::default() }
    }

    /// Gives every byte that is kept, keys and values.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let rows = self.rows.borrow();
        rows.iter().flat_map(|((_, key), value)| key.iter().chain(value).copied()).collect()
    }

    fn write(&self, writes: Vec<Write>) -> Result<(), StoreError> {
        let number = self.commits.get();
        self.commits.set(number.saturating_add(1));
        if self.dead.get() {
            return Err(StoreError::Write("the process is dead".to_owned()));
        }
        let failure =
            self.fail_at.get().filter(|(commit, _)| *commit == number).map(|(_, failure)| failure);
        self.dead.set(matches!(failure, Some(Failure::CrashBefore | Failure::CrashAfter)));
        if failure.is_none() || failure == Some(Failure::CrashAfter) {
            let mut rows = self.rows.borrow_mut();
            for write in writes {
                match write.value {
                    Some(value) => rows.insert((write.table, write.key), value),
                    None => rows.remove(&(write.table, write.key)),
                };
            }
        }
        failure.map_or(Ok(()), |_| Err(StoreError::Write("as asked by the test".to_owned())))
    }
}

impl Store for MemoryStore {
    async fn load(&self, table: Table, prefix: &[u8]) -> Result<Vec<Row>, StoreError> {
        let rows = self.rows.borrow();
        Ok(rows
            .range((table, prefix.to_vec())..)
            .take_while(|((at, key), _)| *at == table && key.starts_with(prefix))
            .map(|((_, key), value)| (key.clone(), value.clone()))
            .collect())
    }

    async fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.rows.borrow().get(&(table, key.to_vec())).cloned())
    }

    fn commit(&self, writes: Vec<Write>) -> impl Future<Output = Result<(), StoreError>> {
        std::future::ready(self.write(writes))
    }
}
