//! The child: reads documents and changes, tries them, says which passed. Limited in memory and
//! time by the system, and expected to die on what nobody foresaw.

use std::io::{BufReader, BufWriter, stdin, stdout};

use ankomst_shared::catalog::Catalog;
use ankomst_shared::document::Document;
use ankomst_shared::ids::ActorId;
use ankomst_shared::trial::{Verdict, provoke, try_changes};

use super::frame::{Answer, Request, read, write};

/// Address space of the child, in bytes.
const MEMORY_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;

/// When set, changes go through Automerge before the rules that would refuse them, so that a drill
/// can show what happens when a trial aborts. Verdicts stay the same.
const DRILL: &str = "ANKOMST_TRIAL_DRILL";

/// Serves trials until the pipe closes.
#[must_use]
pub fn run() -> std::process::ExitCode {
    // Without the limit the trial still stands apart from the server; with it, it cannot starve it.
    drop(rlimit::Resource::AS.set(MEMORY_BYTES_MAX, MEMORY_BYTES_MAX));
    drop(rlimit::Resource::CORE.set(0, 0));
    let (mut pipe_in, mut pipe_out) = (BufReader::new(stdin()), BufWriter::new(stdout()));
    while let Ok(request) = read::<Request>(&mut pipe_in) {
        let answer = Answer { verdicts: verdicts(&request) };
        if write(&mut pipe_out, &answer).is_err() {
            return std::process::ExitCode::FAILURE;
        }
    }
    std::process::ExitCode::SUCCESS
}

pub(super) fn verdicts(request: &Request) -> Vec<String> {
    let base = request.base.iter().map(|bytes| bytes.as_slice());
    let mut document = Document::open(ActorId::from_bytes([0; 16]), base).ok();
    if document.is_none() && !request.base.is_empty() {
        return vec!["the record cannot be read".to_owned(); request.candidates.len()];
    }
    let candidates: Vec<&[u8]> = request.candidates.iter().map(|bytes| bytes.as_slice()).collect();
    if std::env::var_os(DRILL).is_some() {
        // Only whether it comes back matters.
        let _sound = provoke(document.as_ref(), &candidates);
    }
    try_changes(Catalog::builtin(), &request.kind, &mut document, &candidates)
        .into_iter()
        .map(|verdict| match verdict {
            Verdict::Passed => String::new(),
            Verdict::Failed(fault) => fault.to_string(),
        })
        .collect()
}
