//! A disk that fails: the system says once that it could not bring the log to the disk, and never again.

use std::process::Command;
use std::time::{Duration, Instant};

use ankomst_shared::app::Level;
use ankomst_tests::kit::server::Server;

use crate::kit::{local, new_case, signed_in, text};

#[test]
fn what_the_disk_did_not_take_is_not_acknowledged_and_comes_again() {
    if Command::new("strace").arg("-V").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "strace must be installed in CI");
        return;
    }
    let Some(mut server) = Server::empty() else { return };
    server.command(&["seed", "--pack", "sp-1", "--seed", "1"]);
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    server.fails_to_sync("log.db-wal", "12..13", &trace);
    server.start();
    local(types(&server, folder.path()));
    server.stop();
    let failures = std::fs::read_to_string(&trace).unwrap().matches("(INJECTED)").count();
    assert!(failures >= 2, "the disk never failed");
}

async fn types(server: &Server, folder: &std::path::Path) {
    let pid = server.pid();
    let tablet = signed_in(server, &folder.join("tablet"), "elin").await;
    let case = new_case(&tablet, "Disken sviker").await;
    for number in 0..20 {
        let typed = format!("Resa {number}");
        tablet.answer(case, "arriving_from", text(&typed)).await;
        let end = Instant::now() + Duration::from_mins(2);
        while !tablet
            .field((case, "arriving_from"))
            .await
            .is_some_and(|field| field.value == text(&typed) && field.level == Level::Shared)
        {
            assert!(Instant::now() < end, "{typed} is never shared: {:?}", tablet.status());
            tablet.handle(ankomst_shared::app::Command::SyncNow).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    server.hear("The database was opened anew");
    assert_eq!(server.pid(), pid);
    let lost = server.dump().lacks(&tablet.heard().acked);
    assert!(lost.is_empty(), "{lost:?}");
}
