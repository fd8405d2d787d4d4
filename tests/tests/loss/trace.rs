//! The disk before the answer: what the kernel saw while changes were pushed by the live socket.
//!
//! One change at a time, each shared before the next, so that between the frame that shares one
//! change and the acknowledgement of the next nothing but the next one is written to the log.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};

use ankomst_shared::app::{Contact, Level};
use ankomst_shared::ids::DocumentId;
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::Tablet;

use crate::kit::{local, new_case, signed_in, text};

const PUSHES: usize = 20;

#[test]
fn the_log_is_on_the_disk_before_any_push_is_acknowledged() {
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
    local(push(&server, folder.path()));
    server.stop();
    let acks = acks(&std::fs::read_to_string(&trace).unwrap());
    eprintln!("{} acknowledgements seen by strace", acks.len());
    assert!(acks.len() >= PUSHES, "{acks:?}");
    assert!(acks.iter().all(|on_disk| *on_disk), "{acks:?}");
}

async fn push(server: &Server, folder: &std::path::Path) {
    let tablet = signed_in(server, &folder.join("tablet"), "elin").await;
    let live = || tablet.status().contact == Contact::Live;
    assert!(tablet.eventually(Duration::from_mins(1), live).await);
    let case = new_case(&tablet, "Skrivs ner").await;
    shared(&tablet, case, "household_label", "Skrivs ner").await;
    for number in 0..PUSHES {
        let typed = format!("Resa {number}");
        tablet.answer(case, "arriving_from", text(&typed)).await;
        shared(&tablet, case, "arriving_from", &typed).await;
    }
}

/// Waits without asking for contact: a change sent twice is acknowledged twice and written once.
async fn shared(tablet: &Tablet, case: DocumentId, path: &str, typed: &str) {
    let end = Instant::now() + Duration::from_mins(1);
    loop {
        let field = tablet.field((case, path)).await.unwrap();
        if field.value == text(typed) && field.level == Level::Shared {
            return;
        }
        assert!(Instant::now() < end, "never shared: {field:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// For each acknowledgement on the live socket, in order: whether the log was written and then
/// brought to the disk since the frame before it. What is written after that shares the change.
fn acks(trace: &str) -> Vec<bool> {
    let mut acks = Vec::new();
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
        } else if line.contains(FRAME) {
            if line.contains(ACKS) {
                acks.push(on_disk);
            }
            (written, on_disk) = (false, false);
        }
    }
    acks
}

/// How strace shows the beginning of a binary frame, and what is in one that acknowledges: bytes
/// not deflated, then the variant 0 with its two fields.
const FRAME: &str = "\"\\202";
const ACKS: &str = "\\0\\202\\0\\202";

#[cfg(test)]
mod tests {
    use super::acks;

    #[test]
    fn an_acknowledgement_before_the_disk_is_seen() {
        let write = "7 1.0 pwrite64(9</d/log.db-wal>, \"..\", 4096, 0) = 4096";
        let sync = "7 1.1 fdatasync(9</d/log.db-wal>) = 0";
        let says = r#"8 1.2 sendto(5<socket:[1]>, "\202N\0\202\0\202\201"..., 80) = 80"#;
        assert_eq!(acks(&[write, sync, says].join("\n")), [true]);
        assert_eq!(acks(&[write, says, sync].join("\n")), [false]);
        assert_eq!(acks(&[sync, write, says].join("\n")), [false]);
    }
}
