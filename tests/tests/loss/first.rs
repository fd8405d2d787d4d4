//! The first fetching: a part of the records is never shown as the whole.

use ankomst_shared::app::{Body, PageView};
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::Tablet;

use crate::kit::{local, password};

fn has(page: &PageView, key: &str) -> bool {
    page.parts.iter().any(|part| part.key == key)
}

#[test]
fn a_desk_counts_what_waits_only_when_all_has_come() {
    let Some(server) = Server::with_town() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let desk = Tablet::open(folder.path(), &server.url()).await;
        desk.login("ingrid", &password("ingrid")).await;
        let mut looks = 0;
        while desk.status().first_sync.is_some() {
            let (before, today) = (desk.status(), desk.page("/idag").await);
            if desk.status() == before {
                assert!(has(&today, "still-coming") && !has(&today, "inbox"), "{today:#?}");
                looks += 1;
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        assert!(looks > 1, "all came at once");
        let today = desk.page("/idag").await;
        assert!(!has(&today, "still-coming"));
        let inbox = today.parts.iter().find(|part| part.key == "inbox").unwrap();
        let Body::Lines(lines, _) = &inbox.body else { panic!("{inbox:#?}") };
        let waiting: usize = lines[0].title.split(' ').next().unwrap().parse().unwrap();
        assert!((1..20).contains(&waiting), "reviews came, too: {waiting}");
    });
}
