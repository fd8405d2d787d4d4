//! What a person opens on a tablet comes into the server's access log with the next exchange, in contact or not.

use ankomst_shared::app::{Body, Command, Contact, PageView};
use ankomst_shared::packed::from_bytes;
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::device::SYNC_MAX;
use ankomst_tests::tablet::raw::RawDevice;

use crate::kit::{local, password, signed_in};

fn opened(server: &Server) -> Vec<Vec<String>> {
    noted(server, "opened")
}

fn noted(server: &Server, what: &str) -> Vec<Vec<String>> {
    let said = server.command(&["audit", "show", "--what", what]);
    said.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

#[test]
fn what_was_opened_is_in_the_access_log_after_the_next_exchange() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let mut elin = signed_in(&server, folder.path(), "elin").await;
        elin.sync().await;
        let cases = elin.listed("/arenden").await;
        let [first, second, ..] = cases.as_slice() else { panic!("{cases:?}") };
        server.stop();
        assert!(elin.eventually(SYNC_MAX, || elin.status().contact == Contact::None).await);
        for _ in 0..3 {
            elin.page(&format!("/arenden/{}", first.0)).await;
        }
        // The tablet goes out in the midst of it.
        elin = elin.reopen().await;
        elin.unlock("elin").await;
        elin.page(&format!("/arenden/{}", second.0)).await;
        server.start();
        elin.sync().await;
        for _ in 0..2 {
            let lines = opened(&server);
            let records: Vec<&str> = lines.iter().map(|line| line[7].as_str()).collect();
            assert_eq!(records, [first.0.to_string(), second.0.to_string()], "{lines:?}");
            assert!(
                lines.iter().all(|line| line[3] == "elin" && line[5] == "offline"),
                "{lines:?}"
            );
            elin.exchange().await;
        }
        // In contact, too: it is told with the next exchange, which it does not bring about.
        assert!(elin.eventually(SYNC_MAX, || elin.status().contact == Contact::Live).await);
        for _ in 0..3 {
            elin.page(&format!("/arenden/{}", first.0)).await;
        }
        assert_eq!(opened(&server).len(), 2);
        elin.exchange().await;
        let lines = opened(&server);
        assert_eq!((lines.len(), lines[2][5].as_str()), (3, "online"), "{lines:?}");
        assert_eq!(server.command(&["audit", "show", "--what", "series-cut"]), "");
        server.command(&["audit", "verify"]);
    });
}

#[test]
fn what_was_printed_without_contact_is_known_where_the_record_is_protected_later() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let mut elin = signed_in(&server, folder.path(), "elin").await;
        elin.sync().await;
        let cases: Vec<_> = elin.listed("/arenden").await.iter().map(|case| case.0).collect();
        server.stop();
        assert!(elin.eventually(SYNC_MAX, || elin.status().contact == Contact::None).await);
        // A sheet is one sheet, whatever the browser says of it; the tablet goes out after it.
        for _ in 0..2 {
            let lines = cases[..2].iter().map(|case| format!("/arenden/{case}"));
            elin.must(Command::Printed(lines.collect())).await;
        }
        elin = elin.reopen().await;
        elin.unlock("elin").await;
        server.start();
        elin.sync().await;
        let lines = noted(&server, "printed");
        let mut records: Vec<&str> = lines.iter().map(|line| line[7].as_str()).collect();
        records.sort_unstable();
        let mut wanted = [cases[0].to_string(), cases[1].to_string()];
        wanted.sort_unstable();
        assert_eq!(records, wanted, "{lines:?}");
        assert!(lines.iter().all(|line| line[3] == "elin" && line[5] == "offline"), "{lines:?}");

        let place = folder.path().join("raw");
        std::fs::create_dir_all(&place).unwrap();
        let ingrid = RawDevice::enrol(&server.url(), &place, ("ingrid", &password("ingrid"))).await;
        let sheets = || async {
            let page = ingrid.visits("/administration/skydd").await;
            let page: PageView = from_bytes(&page.body).unwrap();
            let part = page.parts.into_iter().find(|part| part.key == "prints");
            match part.map(|part| part.body) {
                Some(Body::Lines(lines, _)) => lines.len(),
                _ => 0,
            }
        };
        assert_eq!(sheets().await, 0);
        let record = cases[0].to_string();
        let why = [("record", record.as_str()), ("level", "2"), ("reason", "Hot")];
        assert_eq!(ingrid.administers_with("raise", &why).await.status, 200);
        assert_eq!(sheets().await, 1);
    });
}
