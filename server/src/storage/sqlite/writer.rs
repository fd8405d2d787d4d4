//! The one writer: a thread that gathers what arrives while a commit runs into the next commit.
//!
//! An answer is given only after the commit that holds it, with `synchronous=FULL`. Each piece of
//! work has a savepoint of its own, so one that fails takes nothing else with it.

use core::time::Duration;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Instant;

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::storage::StorageError;

/// What a commit was like, for who watches.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    /// Pieces of work in it.
    pub pieces: usize,
    /// From the first piece to the disk.
    pub took: Duration,
    /// Whether it, or a piece of it, met a full disk.
    pub met_full: bool,
}

/// Most pieces of work that wait, and most in one commit.
const WAITING_MAX: usize = 1_024;
const GROUP_MAX: usize = 256;

type Work = Box<dyn FnOnce(&Connection) -> (After, IsFull) + Send>;
type After = Box<dyn FnOnce(Result<(), StorageError>) + Send>;
/// Whether a piece of work met a full disk.
type IsFull = bool;

/// Hands work to the writer thread.
#[derive(Debug)]
pub struct Writer {
    queue: Option<SyncSender<Work>>,
    thread: Option<JoinHandle<()>>,
    #[cfg(feature = "sim")]
    here: Option<Here>,
}

/// The writer of a simulation: each piece of work is a commit, in the thread that asks.
#[cfg(feature = "sim")]
struct Here(std::sync::Mutex<(Connection, Watch)>);

#[cfg(feature = "sim")]
type Watch = Box<dyn Fn(Group) + Send>;

#[cfg(feature = "sim")]
impl core::fmt::Debug for Here {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Here")
    }
}

#[cfg(feature = "sim")]
impl Here {
    fn write(&self, work: Work) {
        if !crate::given::may_write() {
            return;
        }
        let here = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (queue, only) = sync_channel(1);
        drop(queue.send(work));
        drop(queue);
        run(&here.0, &only, &*here.1);
    }
}

impl Writer {
    /// Starts the thread; `watch` is told of every commit, before those who wait for it.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        connection: Connection,
        watch: impl Fn(Group) + Send + 'static,
    ) -> Result<Self, StorageError> {
        #[cfg(feature = "sim")]
        if crate::given::is_simulated() {
            let here = Some(Here(std::sync::Mutex::new((connection, Box::new(watch)))));
            return Ok(Self { queue: None, thread: None, here });
        }
        let (queue, work) = sync_channel(WAITING_MAX);
        let thread = std::thread::Builder::new()
            .name("log writer".to_owned())
            .spawn(move || run(&connection, &work, &watch))?;
        Ok(Self {
            queue: Some(queue),
            thread: Some(thread),
            #[cfg(feature = "sim")]
            here: None,
        })
    }

    /// Runs work in the next commit and gives its outcome once that commit is on the disk.
    ///
    /// # Errors
    /// Those of the work, of the commit, or [`StorageError::Stopped`].
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let (answer, outcome) = oneshot::channel();
        let work: Work = Box::new(move |connection| {
            let done = in_savepoint(connection, work);
            let is_full = matches!(done, Err(StorageError::Full));
            let after: After = Box::new(move |committed| {
                // The asker may have gone; the work is done all the same.
                drop(answer.send(committed.and(done)));
            });
            (after, is_full)
        });
        #[cfg(feature = "sim")]
        if let Some(here) = &self.here {
            here.write(work);
            return outcome.await.map_err(|_| StorageError::Stopped)?;
        }
        let queue = self.queue.clone().ok_or(StorageError::Stopped)?;
        tokio::task::spawn_blocking(move || queue.send(work))
            .await
            .map_err(|_| StorageError::Stopped)?
            .map_err(|_| StorageError::Stopped)?;
        outcome.await.map_err(|_| StorageError::Stopped)?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn in_savepoint<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, StorageError>,
) -> Result<T, StorageError> {
    connection.execute_batch("SAVEPOINT work")?;
    // A defect in one piece of work must not end the only writer.
    let done = catch_unwind(AssertUnwindSafe(|| work(connection)))
        .unwrap_or(Err(StorageError::Damaged("a piece of work ended in a defect")));
    match done {
        Ok(done) => {
            connection.execute_batch("RELEASE work").map(|()| done).map_err(StorageError::from)
        }
        Err(error) => {
            connection.execute_batch("ROLLBACK TO work; RELEASE work")?;
            Err(error)
        }
    }
}

fn run(connection: &Connection, queue: &Receiver<Work>, watch: &dyn Fn(Group)) {
    while let Ok(first) = queue.recv() {
        let begun = Instant::now();
        if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
            tracing::error!(%error, "The log could not begin a commit; the work is refused.");
            continue;
        }
        let (mut after, mut met_full) = (Vec::new(), false);
        let mut next = Some(first);
        while let Some(work) = next {
            let (answer, is_full) = work(connection);
            after.push(answer);
            met_full |= is_full;
            // A full disk can roll everything back; nothing may be written outside of the group then.
            let goes_on = after.len() < GROUP_MAX && !connection.is_autocommit();
            next = if goes_on { queue.try_recv().ok() } else { None };
        }
        let committed = commit(connection, met_full);
        let met_full = met_full || matches!(committed, Err(StorageError::Full));
        watch(Group { pieces: after.len(), took: begun.elapsed(), met_full });
        for answer in after {
            let outcome = match &committed {
                Ok(()) => Ok(()),
                Err(StorageError::Full) => Err(StorageError::Full),
                Err(_) => Err(StorageError::Damaged("the commit failed")),
            };
            answer(outcome);
        }
    }
}

fn commit(connection: &Connection, met_full: bool) -> Result<(), StorageError> {
    if connection.is_autocommit() && met_full {
        return Err(StorageError::Full);
    }
    let committed = connection.execute_batch("COMMIT").map_err(StorageError::from);
    if let Err(error) = &committed {
        drop(connection.execute_batch("ROLLBACK"));
        if !matches!(error, StorageError::Full) {
            tracing::error!(%error, "The log could not be committed; nothing of this group was written.");
        }
    }
    committed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_defect_in_one_piece_of_work_takes_nothing_else_with_it() {
        let db = Connection::open_in_memory().unwrap();
        db.execute_batch("CREATE TABLE t (n INTEGER)").unwrap();
        let writer = Writer::start(db, |_| ()).unwrap();
        let put = |number: i64| {
            writer.write(move |db| {
                db.execute("INSERT INTO t VALUES (?1)", [number])?;
                Ok(())
            })
        };
        let broken = writer.write(|db| -> Result<(), StorageError> {
            db.execute("INSERT INTO t VALUES (99)", [])?;
            panic!("a defect")
        });
        let (one, two, three) = tokio::join!(put(1), broken, put(2));
        one.unwrap();
        assert!(two.is_err());
        three.unwrap();
        put(3).await.unwrap();
        let sum = writer
            .write(|db| Ok(db.query_row("SELECT sum(n) FROM t", [], |row| row.get::<_, i64>(0))?));
        assert_eq!(sum.await.unwrap(), 6);
    }
}
