//! Power cuts: a real server is watched while people work, and the power goes at any moment of it, over and over.

use std::path::{Path, PathBuf};

use ankomst_shared::ids::base32;

use crate::dice::Dice;
use crate::disk::{self, Disk, Image};
use crate::hand::drawn;
use crate::promise::{Book, Promise, broken};
use crate::script::{Everybody, Run};
use crate::served::{Served, Watch, data, has_strace, village};
use crate::trace::{Trace, read};

/// Cuts of a run of the tests, and runs of the server that they are spread over. `cargo xtask cuts` makes more.
const CUTS: usize = 3_000;
const TRACES: usize = 4;
/// Every so many-th cut is looked at thoroughly.
const THOROUGH: usize = 250;
/// What people do in one run of the server: in one of four so much that its log is checkpointed on the way, as every
/// one is at its end.
const ROUNDS: usize = 30;
const MANY_ROUNDS: usize = 70;
/// Cuts of the control, whose log is not brought to the disk before an answer.
const CONTROL_CUTS: usize = 300;

/// A run of a server, as it was seen.
struct Recorded {
    root: PathBuf,
    before: Disk,
    trace: Trace,
    /// What was said, in turn, each with its moment.
    said: Vec<(usize, Promise)>,
    _folder: tempfile::TempDir,
}

/// A folder in memory where there is one: what is brought to the disk in these tests is what they say it is.
pub(crate) fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    }
}

impl Recorded {
    fn make(seed: u64, more: &[(&str, &str)]) -> Self {
        let folder = folder();
        let root = folder.path().join("root");
        std::fs::create_dir(&root).unwrap();
        village(&root);
        let before = Disk::of(&root);
        let (file, book) = (folder.path().join("trace"), Book::default());
        let served = Served::start(&root, &Watch::Into(&file), more).unwrap();
        let everybody = Everybody::enrol(served.port, &book);
        let rounds = if seed % 4 == 1 { MANY_ROUNDS } else { ROUNDS };
        let run = Run { seed, rounds, strict: true };
        let done = run.carry_out(served.port, &everybody, &book);
        assert!(served.stop().success());
        assert!(done.released > 0 && done.cleaned > 0 && done.unsent == 0, "{done:?}");
        let trace = read(&std::fs::read_to_string(&file).unwrap(), &root);
        let mut said: Vec<(usize, Promise)> = book
            .into_all()
            .into_iter()
            .map(|(place, promise)| (trace.said[&place], promise))
            .collect();
        said.sort_by_key(|(moment, _)| *moment);
        // What is told again and again is owed once, from the first time on.
        let mut known = Vec::new();
        said.retain(|(_, promise)| {
            let is_new = !known.contains(promise);
            if is_new {
                known.push(promise.clone());
            }
            is_new
        });
        Self { root, before, trace, said, _folder: folder }
    }

    /// Moments at which the power goes: half of them right after an answer has begun to go out.
    fn moments(&self, count: usize, dice: &mut Dice) -> Vec<usize> {
        let all = self.trace.moments.len();
        let answers: Vec<usize> = self.trace.said.values().map(|moment| moment + 1).collect();
        let mut moments: Vec<usize> =
            (0..count)
                .map(|at| {
                    if at % 2 == 0 {
                        answers[dice.below(answers.len())]
                    } else {
                        dice.below(all + 1)
                    }
                })
                .collect();
        moments.sort_unstable();
        moments
    }

    /// Cuts the power so often; gives what was lost, by cut.
    fn cut(mut self, seed: u64, count: usize, keeps: bool) -> Vec<Vec<String>> {
        let mut dice = Dice::new(seed);
        let moments = self.moments(count, &mut dice);
        let (mut now, mut lost) = (0, Vec::new());
        let mut disk = core::mem::take(&mut self.before);
        for (number, moment) in moments.into_iter().enumerate() {
            for passed in now..moment {
                disk.goes_on(&self.trace, self.trace.moments[passed]);
            }
            now = moment;
            let image = disk.cut(&mut dice);
            let owed = self.said.iter().take_while(|(said, _)| *said < moment);
            let owed: Vec<&Promise> = owed.map(|(_, promise)| promise).collect();
            let at = folder();
            disk::write(&image, (&self.root, at.path()));
            let broken = broken(at.path(), &owed, number % THOROUGH == 0);
            if !broken.is_empty() {
                if keeps {
                    keep(&image, &self.root, (seed, number), &broken);
                }
                lost.push(broken);
            }
        }
        lost
    }
}

/// Keeps what a cut has left for who looks for the reason.
fn keep(image: &Image<'_>, root: &Path, (seed, number): (u64, usize), broken: &[String]) {
    let name = format!("power-{seed}-{number}-{}", base32(&drawn::<4>()));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    disk::write(image, (root, &folder));
    std::fs::write(folder.join("broken"), broken.join("\n")).unwrap();
    eprintln!("kept in {}", folder.display());
}

/// A number that a variable says.
pub(crate) fn number(variable: &str, usual: usize) -> usize {
    std::env::var(variable).map_or(usual, |given| given.parse().expect("a number"))
}

#[test]
fn nothing_the_server_has_said_is_lost_in_a_power_cut() {
    if !has_strace() {
        return;
    }
    let (cuts, first) = (number("ANKOMST_CUTS", CUTS), number("ANKOMST_SEED", 1));
    let traces = TRACES.max(cuts / 5_000);
    for begin in (0..traces).step_by(2) {
        std::thread::scope(|scope| {
            let both = [begin, begin + 1].map(|one| {
                scope.spawn(move || {
                    let seed = u64::try_from(first + one).unwrap();
                    let recorded = Recorded::make(seed, &[]);
                    let (moments, said) = (recorded.trace.moments.len(), recorded.said.len());
                    let count = cuts.div_ceil(traces);
                    let lost = recorded.cut(seed, count, true);
                    eprintln!("seed {seed}: {count} cuts at {moments} moments, {said} promises");
                    assert!(lost.is_empty(), "seed {seed}: {} cuts: {:?}", lost.len(), lost[0]);
                })
            });
            for one in both {
                one.join().unwrap();
            }
        });
    }
}

#[test]
fn the_cuts_find_what_a_log_loses_that_is_not_brought_to_the_disk_before_an_answer() {
    if !has_strace() {
        return;
    }
    let recorded = Recorded::make(1, &[("ANKOMST_SYNC_DRILL", "1")]);
    let lost = recorded.cut(1, CONTROL_CUTS, false);
    eprintln!("{} of {CONTROL_CUTS} cuts lose something", lost.len());
    let all: Vec<&String> = lost.iter().flatten().collect();
    for kind in ["Change", "Shown", "session", "Released", "Piece"] {
        assert!(all.iter().any(|what| what.contains(kind)), "no {kind} was lost");
    }
}

#[test]
fn a_server_starts_on_what_a_power_cut_left() {
    if !has_strace() {
        return;
    }
    let mut recorded = Recorded::make(7, &[]);
    let mut dice = Dice::new(7);
    let moments = recorded.moments(8, &mut dice);
    let mut disk = core::mem::take(&mut recorded.before);
    let mut now = 0;
    for moment in moments {
        for passed in now..moment {
            disk.goes_on(&recorded.trace, recorded.trace.moments[passed]);
        }
        now = moment;
        let at = folder();
        disk::write(&disk.cut(&mut dice), (&recorded.root, at.path()));
        let served = Served::start(at.path(), &Watch::Plain, &[]).expect("it starts");
        assert!(served.stop().success());
        assert!(data(at.path()).join("log.db").exists());
        let owed = recorded.said.iter().take_while(|(said, _)| *said < moment);
        let owed: Vec<&Promise> = owed.map(|(_, promise)| promise).collect();
        assert_eq!(broken(at.path(), &owed, true), Vec::<String>::new());
    }
}
