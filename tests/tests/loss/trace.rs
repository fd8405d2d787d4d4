//! The disk before the answer: what the kernel saw while changes were pushed.
//!
//! One change at a time, each shared before the next, so that nothing else writes to the log
//! between the answer before and the answer to the push.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};

use ankomst_shared::document::{Document, Edit};
use ankomst_shared::ids::{ActorId, ChangeHash, DocumentId};
use ankomst_shared::path::FieldPath;
use ankomst_shared::sync::message::{ExchangeAnswer, Outcome};
use ankomst_shared::value::Value;
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::raw::{RawDevice, sent};

use crate::kit::{local, password};

const PUSHES: usize = 10;

#[test]
fn the_log_is_on_the_disk_before_any_push_is_answered() {
    if Command::new("strace").arg("-V").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "strace must be installed in CI");
        return;
    }
    let Some(mut server) = Server::empty() else { return };
    server.command(&["seed", "--pack", "sp-1", "--seed", "1"]);
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    server.trace_into(&trace);
    server.start();
    let pushes = local(push(&server, folder.path()));
    server.stop();
    let trace = std::fs::read_to_string(&trace).unwrap();
    let answers = answers(&trace);
    for push in &pushes {
        assert_eq!(answers.get(*push), Some(&true), "answer {push} came before the disk");
    }
    // Control: an answer that acknowledges nothing wrote nothing.
    assert!(answers.contains(&false));
    println!("{} answers, {} acknowledged pushes", answers.len(), pushes.len());
}

/// Pushes one by one; gives which answers of the server acknowledged a push, counted from 0.
async fn push(server: &Server, folder: &std::path::Path) -> Vec<usize> {
    let raw = RawDevice::enrol(&server.url(), folder, ("elin", &password("elin"))).await;
    // The enrolment was the first answer.
    let mut count = 1;
    let id = DocumentId::new(jiff::Timestamp::now().as_millisecond(), [9; 10]);
    let actor = ActorId::from_bytes([41; 16]);
    let edit = |number: usize| {
        let path = FieldPath::parse("arriving_from").unwrap();
        [Edit { path, value: Value::text(format!("Resa {number}")) }]
    };
    let (mut document, first) =
        Document::create(actor, raw.header(id, "case"), &edit(0), &raw.by()).unwrap();
    let mut next = Some(first);
    let mut pushes = Vec::new();
    for number in 1..=PUSHES {
        let chunk = next.take().unwrap();
        let answer = raw.exchange(vec![raw.part(id, actor, sent(&chunk))]).await;
        let outcome = &answer.acks.first().unwrap().outcome;
        assert!(matches!(outcome, Outcome::Received(_)), "{outcome:?}");
        pushes.push(count);
        count += 1;
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let answer = raw.exchange(Vec::new()).await;
            count += 1;
            if holds(&answer, chunk.hash) {
                break;
            }
            assert!(Instant::now() < end, "the change is never shared");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        next = document.commit(&edit(number), &raw.by()).unwrap();
    }
    pushes
}

fn holds(answer: &ExchangeAnswer, hash: ChangeHash) -> bool {
    let whole = answer.documents.iter().flat_map(|document| &document.chunks);
    whole.chain(&answer.feed.chunks).any(|chunk| chunk.hash == hash)
}

/// For each answer with status 200, in order: whether the log was written and then brought to the
/// disk since the answer before it. What is written after that is the sharing of the change.
fn answers(trace: &str) -> Vec<bool> {
    let mut answers = Vec::new();
    let mut begun = BTreeMap::new();
    let (mut written, mut on_disk) = (false, false);
    for line in trace.lines() {
        let thread = line.split_whitespace().next().unwrap_or_default();
        let is_sync = line.contains("fsync(") || line.contains("fdatasync(");
        let is_log = line.contains("/log.db-wal>");
        if line.contains("pwrite64(") && is_log {
            written = true;
        } else if is_sync && is_log && line.ends_with("<unfinished ...>") {
            begun.insert(thread, written);
        } else if is_sync && is_log {
            on_disk |= written;
        } else if line.contains("fdatasync resumed") || line.contains("fsync resumed") {
            on_disk |= begun.remove(thread) == Some(true);
        } else if line.contains("\"HTTP/1.1 ") {
            if line.contains("\"HTTP/1.1 200") {
                answers.push(on_disk);
            }
            (written, on_disk) = (false, false);
        }
    }
    answers
}

#[cfg(test)]
mod tests {
    use super::answers;

    #[test]
    fn an_answer_before_the_disk_is_seen() {
        let write = "7 1.0 pwrite64(9</d/log.db-wal>, \"..\", 4096, 0) = 4096";
        let sync = "7 1.1 fdatasync(9</d/log.db-wal>) = 0";
        let says = "8 1.2 writev(5<socket:[1]>, [{iov_base=\"HTTP/1.1 200 OK\\r\\n\"";
        assert_eq!(answers(&[write, sync, says].join("\n")), [true]);
        assert_eq!(answers(&[write, says, sync].join("\n")), [false]);
        assert_eq!(answers(&[sync, write, says].join("\n")), [false]);
    }
}
