//! Calls of the system that fail: the n-th of each kind in each thread of a real server. Every answer is an error or
//! true, the process lives or says by its end that it failed, and starts again.

use std::path::Path;

use crate::cuts::{folder, number};
use crate::promise::{Book, Promise, broken};
use crate::script::{Done, Everybody, Run};
use crate::served::{Served, Watch, has_strace, village};

/// The n of `cargo xtask faults`; a run of the tests takes this many of them, spread evenly.
const FAULTS: usize = 500;
const SPREAD: usize = 40;
/// What people do in one run of the server: enough for its writer to make so many calls.
const ROUNDS: usize = 12;

/// What fails.
const CALLS: &str = "pwrite64,fsync,fdatasync,ftruncate,openat";

/// A village whose people are enrolled, and what they were told by then.
struct Base {
    folder: tempfile::TempDir,
    everybody: Everybody,
    said: Vec<Promise>,
}

impl Base {
    fn make() -> Self {
        let (folder, book) = (folder(), Book::default());
        village(folder.path());
        let served = Served::start(folder.path(), &Watch::Plain, &[]).unwrap();
        let everybody = Everybody::enrol(served.port, &book);
        assert!(served.stop().success());
        let said = book.into_all().into_iter().map(|(_, promise)| promise).collect();
        Self { folder, everybody, said }
    }

    /// Lets people work while a call fails, and then the server start again; gives what was done and whether the
    /// process lived through it.
    fn fail(&self, at: usize, fault: &str) -> (Done, bool) {
        let root = folder();
        copy(self.folder.path(), root.path());
        let (book, inject) = (Book::default(), format!("inject={CALLS}:{fault}"));
        let (mut done, mut lived) = (Done::default(), false);
        if let Some(mut served) = Served::start(root.path(), &Watch::Failing(&inject), &[]) {
            let run = Run { seed: u64::try_from(at).unwrap(), rounds: ROUNDS, strict: false };
            done = run.carry_out(served.port, &self.everybody, &book);
            lived = served.lives();
            let status = served.stop();
            assert!(lived || !status.success(), "{fault}: it ended as if all were well");
        }
        let again = Served::start(root.path(), &Watch::Plain, &[]);
        assert!(again.expect("it starts again").stop().success(), "{fault}");
        let said = book.into_all();
        let said: Vec<&Promise> =
            self.said.iter().chain(said.iter().map(|(_, promise)| promise)).collect();
        let broken = broken(root.path(), &said, true);
        if !broken.is_empty() {
            let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fault-{at}"));
            copy(root.path(), &kept);
            eprintln!("kept in {}", kept.display());
        }
        assert!(broken.is_empty(), "{fault}: {broken:?}");
        (done, lived)
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let (path, to) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            std::fs::copy(path, to).unwrap();
        }
    }
}

/// The n-th call fails, or all from the n-th on: a disk that has died. Another seed takes the other error.
fn fault(at: usize, seed: usize) -> String {
    let error = if (at + seed).is_multiple_of(2) { "EIO" } else { "ENOSPC" };
    let and_on = if at.is_multiple_of(5) { "+" } else { "" };
    format!("error={error}:when={at}{and_on}")
}

#[test]
fn whichever_call_fails_every_answer_is_an_error_or_true() {
    if !has_strace() {
        return;
    }
    let (count, seed) = (number("ANKOMST_FAULTS", SPREAD), number("ANKOMST_SEED", 1));
    let base = Base::make();
    let chosen: Vec<usize> = match number("ANKOMST_FAULT", 0) {
        0 => {
            let first = number("ANKOMST_FAULTS_FROM", 1);
            (1..=count).map(|one| one * FAULTS / count).filter(|at| *at >= first).collect()
        }
        only => vec![only; count],
    };
    let halves = chosen.chunks(chosen.len().div_ceil(2));
    let outcomes: Vec<(Done, bool)> = std::thread::scope(|scope| {
        let base = &base;
        let fail = |half: Vec<usize>| {
            half.into_iter().map(|at| base.fail(at, &fault(at, seed))).collect::<Vec<_>>()
        };
        let both: Vec<_> = halves.map(|half| scope.spawn(move || fail(half.to_vec()))).collect();
        both.into_iter().flat_map(|half| half.join().unwrap()).collect()
    });
    let met = outcomes.iter().filter(|(done, lived)| done.errors > 0 || !lived).count();
    let ended = outcomes.iter().filter(|(_, lived)| !lived).count();
    eprintln!("{} runs, {met} of which met an error, {ended} ended", outcomes.len());
    assert!(met > outcomes.len() / 4, "hardly any call that mattered has failed");
}
