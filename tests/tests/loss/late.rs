//! Work that meets something signed: the protocol stays as it was signed, the late answer stands beside
//! it with author and time, and the supervisor sees it.

use ankomst_shared::app::{Act, Command, FieldView, PageView, Query, Reply, View};
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::device::SYNC_MAX;

use crate::kit::{local, new_case, signed_in, take, text, visit};

const PESTS: &str = "item/B-H09/status";

#[test]
fn an_answer_from_before_the_signing_does_not_change_the_protocol_and_is_not_lost() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let mats = signed_in(&server, &folder.path().join("a"), "mats").await;
        let hedda = signed_in(&server, &folder.path().join("b"), "hedda").await;
        let house = mats.listed("/boenden").await[0].0;
        take(&mats, house).await;
        take(&hedda, house).await;
        let run = visit(&mats, house).await;
        mats.answer(run, PESTS, text("ok")).await;
        mats.sync().await;
        let address = format!("/boenden/{house}");
        let begun = std::time::Instant::now();
        while hedda.field((run, PESTS)).await.is_none_or(|field| field.value != text("ok")) {
            assert!(begun.elapsed() < SYNC_MAX, "the visit does not arrive at {address}");
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        // Without contact she finds mice; he signs.
        server.stop();
        hedda.answer(run, PESTS, text("not_ok")).await;
        mats.act(Act::Sign { document: run, entry: None }, &[]).await;
        server.start();
        mats.sync().await;
        hedda.sync().await;
        let ingrid = signed_in(&server, &folder.path().join("c"), "ingrid").await;
        for tablet in [&mats, &hedda, &ingrid] {
            let late = || async {
                let view = tablet.run(run).await;
                view.groups
                    .into_iter()
                    .flat_map(|group| group.items)
                    .find(|item| !item.late.is_empty())
            };
            let begun = std::time::Instant::now();
            let item = loop {
                if let Some(item) = late().await {
                    break item;
                }
                assert!(begun.elapsed() < SYNC_MAX, "the late answer is not shown");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            };
            assert_eq!(item.status.value, text("ok"), "the signed answer has changed");
            assert!(
                item.late[0].contains("Stämmer inte") && item.late[0].contains("Hedda"),
                "{item:?}"
            );
            let state = tablet.run(run).await.row.state;
            assert!(state.contains("ändrad efteråt"), "{state}");
            let protocol = format!("{:?}", tablet.page(&format!("/utskrift/besok/{run}")).await);
            assert!(protocol.contains(&item.late[0]), "the protocol is silent about it");
        }
        // In the inbox, until she has looked at it.
        let Some(View::Inbox(inbox)) = ingrid.view(Query::Inbox).await else { panic!("no inbox") };
        let row = inbox.rows.iter().find(|row| row.document == run).expect("not in the inbox");
        assert_eq!(row.late, 1);
        let changes = ingrid.changes(run).await;
        let late: Vec<_> = changes.fields.iter().filter(|one| one.late).collect();
        assert_eq!(late.len(), 1);
        assert_eq!(
            (late[0].before.as_str(), late[0].field.text.as_str()),
            ("Stämmer", "Stämmer inte")
        );
        let approved = Command::Review { document: run, approved: true, note: String::new() };
        assert_eq!(ingrid.must(approved).await, Reply::Done);
        let Some(View::Inbox(inbox)) = ingrid.view(Query::Inbox).await else { panic!("no inbox") };
        assert!(inbox.rows.iter().all(|row| row.document != run));
        // Opened again, it counts.
        ingrid.act(Act::Reopen(run), &[("reason", text("Möss i källaren"))]).await;
        let status = ingrid.field((run, PESTS)).await.unwrap();
        assert_eq!(status.value, text("not_ok"));
    });
}

#[test]
fn a_text_that_came_too_late_for_a_signed_note_is_offered_as_a_correction() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let elin = signed_in(&server, &folder.path().join("a"), "elin").await;
        let oskar = signed_in(&server, &folder.path().join("b"), "oskar").await;
        let case = new_case(&elin, "Familjen Sen").await;
        let act = Act::Add { parent: case, list: "notes".to_owned() };
        let note = elin.act(act, &[]).await.entry.unwrap();
        let journal = ankomst_shared::sign::header::companion(case, "journal");
        let body = format!("notes/{note}/body");
        elin.answer(journal, &body, text("Hembesök.")).await;
        elin.sync().await;
        let begun = |field: &FieldView| field.text == "Hembesök.";
        oskar.until_field((journal, &body), "the note", begun).await;
        server.stop();
        oskar.answer(journal, &body, text("Hembesök. Spisen är trasig.")).await;
        elin.answer(journal, &format!("notes/{note}/source"), text("own_observation")).await;
        elin.act(Act::Sign { document: journal, entry: Some(note.clone()) }, &[]).await;
        server.start();
        elin.sync().await;
        oskar.sync().await;
        let address = format!("/arenden/{case}/notes/{note}");
        for tablet in [&elin, &oskar] {
            let is_late = |page: &PageView| page.parts.iter().any(|part| part.key == "late");
            let begun = std::time::Instant::now();
            let page = loop {
                let page = tablet.page(&address).await;
                if is_late(&page) {
                    break page;
                }
                assert!(begun.elapsed() < SYNC_MAX, "the late text is not shown");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            };
            let shown = tablet.field((journal, &body)).await.unwrap();
            assert_eq!(shown.text, "Hembesök.", "the signed text has changed");
            let correct = page.actions.iter().find(|action| action.name == "correct").unwrap();
            let asked = &correct.ask.as_ref().unwrap().questions[0];
            assert_eq!(asked.value, text("Hembesök. Spisen är trasig."));
        }
    });
}
