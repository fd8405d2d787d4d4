//! What earlier versions wrote, under this one: a data folder is served, and a tablet that was away
//! meanwhile brings its work.
#![expect(clippy::unwrap_used, reason = "a test crate: a failed step fails the test")]

use std::collections::BTreeMap;

use ankomst_tests::kit::dump::Dump;
use ankomst_tests::kit::fixture::Fixture;
use ankomst_tests::kit::ledger::{Ledger, Shown};
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::Tablet;
use ankomst_tests::tablet::device::{SYNC_MAX, local};

/// Whose tablet a fixture holds.
const AUTHOR: &str = "elin";
const READER: &str = "ingrid";
/// Address at which nobody answers.
const NOWHERE: &str = "http://localhost:9";

#[test]
fn a_data_folder_of_an_earlier_version_is_read_backed_up_and_served() {
    for fixture in Fixture::all() {
        let Some(mut server) = Server::empty() else { return };
        fixture.unpack("server", server.data());
        let then = Dump::read(fixture.text("dump.jsonl"));
        server.command(&["migrate"]);
        let now = server.dump();
        assert!(!then.is_empty() && now.len() == then.len(), "{}", fixture.version);
        assert_eq!(now.head(), then.head(), "the feed of {}", fixture.version);
        assert_eq!(said(now.text()), said(then.text()), "the values of {}", fixture.version);

        let elsewhere = tempfile::tempdir().unwrap();
        let file = elsewhere.path().join("backup.db");
        let file = file.to_string_lossy();
        assert!(server.command(&["backup", &*file]).contains("read whole"));
        assert!(server.command(&["verify", &*file]).contains("read whole"));
        server.start();
        local(async {
            let reader = signed_in(&server, elsewhere.path(), READER).await;
            assert!(reader.everything_shown().await.contains("Familjen Stanikzai"));
        });
    }
}

#[test]
fn unsent_work_on_a_tablet_of_an_earlier_version_arrives_and_is_read_by_all() {
    for fixture in Fixture::all() {
        let Some(mut server) = Server::empty() else { return };
        fixture.unpack("server", server.data());
        local(comes_home(&mut server, &fixture));
    }
}

async fn comes_home(server: &mut Server, fixture: &Fixture) {
    let folder = tempfile::tempdir().unwrap();
    let (store, ledger) =
        (folder.path().join("tablet"), Ledger::read(&fixture.text("ledger.jsonl")));
    fixture.unpack("tablet", &store);
    assert!(ledger.len() >= 4, "a fixture has typed texts");

    // Away from the server everything is there, the draft that was never left too.
    let tablet = Tablet::open(&store, NOWHERE).await;
    tablet.unlock(AUTHOR).await;
    assert!(tablet.status().waiting >= 5, "{:?}", tablet.status());
    let shown = tablet.everything_shown().await;
    for text in ["Kom med nattåget från Trelleborg", "Zarghona", "inte.lamnad@example.org"] {
        assert!(shown.contains(text), "{text} is not shown");
    }
    let store = tablet.crash().await;

    server.start();
    let tablet = Tablet::open(&store, &server.url()).await;
    tablet.unlock(AUTHOR).await;
    // Its session may have run out since.
    tablet.login(AUTHOR, &password(AUTHOR)).await;
    tablet.sync().await;
    let dump = server.dump();
    assert_eq!(ledger.missing(dump.text(), Shown::Saved), Vec::new());
    assert!(dump.lacks(&tablet.heard().acked).is_empty());

    let reader = signed_in(server, folder.path(), READER).await;
    let shown = reader.everything_shown().await;
    for text in ["Kom med nattåget från Trelleborg", "Zarghona", "+46701740677"] {
        assert!(shown.contains(text), "{text} does not come to others");
    }
    // Started again, neither has anything to say to the server.
    server.stop();
    for one in [&tablet, &reader] {
        let alone = || one.status().contact != ankomst_shared::app::Contact::Live;
        assert!(one.eventually(SYNC_MAX, alone).await);
    }
    server.start();
    let end = server.dump().head();
    for one in [&tablet, &reader] {
        let met = || {
            let heard = one.heard();
            heard.last.as_ref().is_some_and(|met| {
                let same = (met.hello.cursor.feed, met.hello.cursor.chain) == (end.feed, end.chain);
                same && met.moved == 0 && met.hello.digest == met.digest
            })
        };
        assert!(one.eventually(SYNC_MAX, met).await, "{:?}", one.heard().last);
    }
}

async fn signed_in(server: &Server, folder: &std::path::Path, login: &str) -> Tablet {
    let tablet = Tablet::open(&folder.join(login), &server.url()).await;
    tablet.login(login, &password(login)).await;
    tablet.sync().await;
    tablet
}

fn password(login: &str) -> String {
    format!("{login}-i-provby")
}

/// What each change set.
fn said(dump: &str) -> BTreeMap<String, serde_json::Value> {
    let lines = dump.lines().filter(|line| line.starts_with('{'));
    let entries = lines.map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    entries
        .map(|entry| (entry.get("hash").unwrap().to_string(), entry.get("ops").unwrap().clone()))
        .collect()
}
