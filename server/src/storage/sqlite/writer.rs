//! The one writer: a thread that gathers what arrives while a commit runs into the next commit.
//!
//! An answer is given only after the commit that holds it, with `synchronous=FULL`. Each piece of
//! work has a savepoint of its own, so one that fails takes nothing else with it.
//!
//! After a commit that failed for anything but a full disk nobody knows what of it is on the disk: a system may
//! say once that it could not write, and then forget it. So nothing of it is acknowledged, and before anything else
//! is written the file is opened anew, what was committed before is brought to the disk once more, and it is read
//! whole. While that fails nothing is written.

use core::time::Duration;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Instant;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::open::connect;
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
    /// The file was found damaged: nothing is written any more.
    pub is_damaged: bool,
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
        let mut here = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let (queue, only) = sync_channel(1);
        drop(queue.send(work));
        drop(queue);
        let (connection, watch) = &mut *here;
        run(connection, &only, &**watch);
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
        let thread =
            std::thread::Builder::new().name("log writer".to_owned()).spawn(move || {
                let mut connection = connection;
                run(&mut connection, &work, &watch);
            })?;
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
            // A full disk may have rolled everything back already; that it was full is what is to be said.
            if !connection.is_autocommit() {
                connection.execute_batch("ROLLBACK TO work; RELEASE work")?;
            }
            Err(error)
        }
    }
}

fn run(connection: &mut Connection, queue: &Receiver<Work>, watch: &dyn Fn(Group)) {
    let mut is_in_doubt = false;
    while let Ok(first) = queue.recv() {
        let begun = Instant::now();
        if is_in_doubt {
            match anew(connection) {
                Ok(fresh) => *connection = fresh,
                Err(error) => {
                    tracing::error!(%error, "The database cannot be opened anew; the work is refused. Nothing is lost: tablets keep it.");
                    let is_damaged = error.is_damage() || matches!(error, StorageError::Damaged(_));
                    watch(Group { pieces: 0, took: begun.elapsed(), met_full: false, is_damaged });
                    continue;
                }
            }
            tracing::warn!(
                "The database was opened anew after a commit that failed, and is sound."
            );
            is_in_doubt = false;
        }
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
        is_in_doubt = matches!(&committed, Err(error) if !matches!(error, StorageError::Full));
        let met_full = met_full || matches!(committed, Err(StorageError::Full));
        let (pieces, took, is_damaged) = (after.len(), begun.elapsed(), false);
        watch(Group { pieces, took, met_full, is_damaged });
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
            tracing::error!(%error, "A commit failed; nothing of it is acknowledged.");
        }
    }
    committed
}

/// The same file through a new connection, once everything that was committed is in the file and on the disk, and
/// the file is sound.
fn anew(old: &Connection) -> Result<Connection, StorageError> {
    let file = old.path().unwrap_or_default().to_owned();
    let fresh = connect(Path::new(&file))?;
    let checkpoint = "PRAGMA wal_checkpoint(FULL)";
    if fresh.query_row(checkpoint, [], |row| row.get::<_, bool>(0))? {
        return Err(StorageError::InUse);
    }
    let said = fresh.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0))?;
    if said == "ok" { Ok(fresh) } else { Err(StorageError::Damaged("its check found faults")) }
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

    /// A database in which a piece of work can make the commit fail: a child without its parent is found only there.
    fn breakable(file: &Path) -> Connection {
        let db = connect(file).unwrap();
        db.execute_batch(
            "CREATE TABLE parents (id INTEGER PRIMARY KEY);
             CREATE TABLE children (parent INTEGER REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED);
             CREATE TEMP TABLE this_connection (n INTEGER)",
        )
        .unwrap();
        db
    }

    fn orphan(db: &Connection) -> Result<(), StorageError> {
        db.execute("INSERT INTO children VALUES (-7)", [])?;
        Ok(())
    }

    fn tables(db: &Connection) -> Result<i64, StorageError> {
        let sql = "SELECT count(*) FROM temp.sqlite_schema WHERE name = 'this_connection'";
        Ok(db.query_row(sql, [], |row| row.get(0))?)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn after_a_commit_that_failed_nothing_is_acknowledged_and_the_file_is_opened_anew() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("t.db");
        let writer = Writer::start(breakable(&file), |_| ()).unwrap();
        assert_eq!(writer.write(tables).await.unwrap(), 1);
        assert!(writer.write(orphan).await.is_err());
        assert_eq!(writer.write(tables).await.unwrap(), 0, "the connection is another one");
        let put = |db: &Connection| {
            db.execute("INSERT INTO parents VALUES (1)", [])?;
            Ok(())
        };
        writer.write(put).await.unwrap();
        drop(writer);
        let db = connect(&file).unwrap();
        let counts = "SELECT (SELECT count(*) FROM parents), (SELECT count(*) FROM children)";
        let counts =
            db.query_row(counts, [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)));
        assert_eq!(counts.unwrap(), (1, 0));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_file_found_damaged_then_is_written_no_more_and_somebody_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("t.db");
        let db = breakable(&file);
        db.execute_batch(
            "WITH n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
             INSERT INTO parents SELECT i FROM n; PRAGMA wal_checkpoint(TRUNCATE)",
        )
        .unwrap();
        let (tell, told) = std::sync::mpsc::channel();
        let tell = move |group: Group| tell.send(group.is_damaged).unwrap();
        let writer = Writer::start(db, tell).unwrap();
        // What a disk does that loses what it said it had: pages of the middle are gone.
        let sound = std::fs::read(&file).unwrap();
        let mut broken = sound.clone();
        broken[2 * 4096..].fill(0x5a);
        std::fs::write(&file, &broken).unwrap();
        let orphaned = writer.write(orphan).await;
        assert!(matches!(orphaned, Err(StorageError::Damaged(_))), "{orphaned:?}");
        for _ in 0..2 {
            let refused = writer.write(|_| -> Result<(), _> { panic!("it is not even begun") });
            let refused = refused.await;
            assert!(matches!(refused, Err(StorageError::Stopped)), "{refused:?}");
        }
        assert!(std::fs::read(&file).unwrap() == broken, "what is left of it stays as it is");
        // Put right it goes on where it was, and what failed is not in it.
        std::fs::write(&file, &sound).unwrap();
        let count = |db: &Connection| {
            let sql = "SELECT (SELECT count(*) FROM parents), (SELECT count(*) FROM children)";
            let counts = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?));
            Ok(db.query_row(sql, [], counts)?)
        };
        assert_eq!(writer.write(count).await.unwrap(), (2_000_i64, 0_i64));
        drop(writer);
        assert_eq!(told.iter().collect::<Vec<_>>(), [false, true, true, false]);
    }
}
