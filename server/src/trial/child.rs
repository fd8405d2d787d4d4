//! The child: reads documents and changes, tries them, says which passed. Limited in memory and
//! time by the system, and expected to die on what nobody foresaw.

use std::io::{BufReader, BufWriter, stdin, stdout};

use ankomst_shared::catalog::Catalog;
use ankomst_shared::chunk::parse;
use ankomst_shared::document::Document;
use ankomst_shared::ids::ActorId;
use ankomst_shared::trial::{Verdict, provoke, try_changes};

use super::frame::{Answer, Request, read, write};
use super::shelf::Shelf;

/// Address space of the child, in bytes.
const MEMORY_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;

/// Processor seconds one question may take. The server gives up long before; this ends a child whose server
/// is gone.
const CPU_SECONDS_MAX: u64 = 60;

/// Drills. `1`: changes go through Automerge before the rules that would refuse them, so that a drill can show
/// what happens when a trial aborts; verdicts stay the same. `<ms>:<word>`: a trial of a change in which the word
/// stands never ends, and the quick lane waits so long for one.
const DRILL: &str = "ANKOMST_TRIAL_DRILL";

/// The drill there is, in programs built for tests.
fn drill() -> Option<String> {
    if cfg!(debug_assertions) { std::env::var(DRILL).ok() } else { None }
}

/// Milliseconds and word of a drill in which trials hang.
pub(super) fn hangs() -> Option<(u64, String)> {
    let drill = drill()?;
    let (ms, word) = drill.split_once(':')?;
    Some((ms.parse().ok()?, word.to_owned()))
}

/// Serves trials until the pipe closes.
#[must_use]
pub fn run() -> std::process::ExitCode {
    // Without the limit the trial still stands apart from the server; with it, it cannot starve it.
    drop(rlimit::Resource::AS.set(MEMORY_BYTES_MAX, MEMORY_BYTES_MAX));
    drop(rlimit::Resource::CORE.set(0, 0));
    let (mut pipe_in, mut pipe_out) = (BufReader::new(stdin()), BufWriter::new(stdout()));
    let mut shelf = Shelf::default();
    while let Ok(request) = read::<Request>(&mut pipe_in) {
        limit_time();
        if write(&mut pipe_out, &answer(&mut shelf, &request)).is_err() {
            return std::process::ExitCode::FAILURE;
        }
    }
    std::process::ExitCode::SUCCESS
}

/// Lets this question take so much processor time and no more. Where the system does not tell what was used
/// so far, the server's deadline is all there is.
fn limit_time() {
    let (Some(used), Ok((_, hard))) = (used_seconds(), rlimit::Resource::CPU.get()) else { return };
    drop(rlimit::Resource::CPU.set((used + CPU_SECONDS_MAX).min(hard), hard));
}

fn used_seconds() -> Option<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // Behind the name, which may hold spaces: user and system time are the 12th and 13th.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok());
    Some((ticks(11)? + ticks(12)?) / rustix::param::clock_ticks_per_second().max(1))
}

pub(super) fn answer(shelf: &mut Shelf, request: &Request) -> Answer {
    let mut document = match &request.base {
        Some(base) => {
            let changes = base.iter().map(|bytes| bytes.as_slice());
            let document = Document::open(ActorId::from_bytes([0; 16]), changes).ok();
            if document.is_none() && !base.is_empty() {
                let word = "the record cannot be read".to_owned();
                return Answer { verdicts: vec![word; request.candidates.len()], lacks: false };
            }
            document
        }
        None => match shelf.take(request.document, request.stands) {
            Some(document) => Some(document),
            None => return Answer { verdicts: Vec::new(), lacks: true },
        },
    };
    let verdicts = verdicts(&request.kind, &mut document, &request.candidates);
    if let Some(document) = document {
        shelf.put(request.document, document, request.weight);
    }
    Answer { verdicts, lacks: false }
}

fn verdicts(
    kind: &str,
    document: &mut Option<Document>,
    candidates: &[minicbor::bytes::ByteVec],
) -> Vec<String> {
    let candidates: Vec<&[u8]> = candidates.iter().map(|bytes| bytes.as_slice()).collect();
    if let Some((_, word)) = hangs() {
        while candidates.iter().any(|bytes| says(bytes, &word)) {
            core::hint::spin_loop();
        }
    } else if drill().is_some() {
        // Only whether it comes back matters.
        let _sound = provoke(document.as_ref(), &candidates);
    }
    try_changes(Catalog::builtin(), kind, document, &candidates)
        .into_iter()
        .map(|verdict| match verdict {
            Verdict::Passed => String::new(),
            Verdict::Failed(fault) => fault.to_string(),
        })
        .collect()
}

/// Whether a word stands in a change.
fn says(bytes: &[u8], word: &str) -> bool {
    let Ok(info) = parse(bytes) else { return false };
    !word.is_empty() && info.bytes.windows(word.len()).any(|part| part == word.as_bytes())
}
