//! What a person must decide that is not about one field: removed by one and written into by another, and
//! one person placed twice. Both are kept, told to the supervisor, and end when somebody decides.

use std::time::Instant;

use ankomst_shared::app::{Act, Agreement, Command, FieldView, Query, Refusal, Reply, View};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::value::Value;
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::device::{SYNC_MAX, Tablet};

use crate::kit::{local, new_case, signed_in, text};

/// Waits until so many things are to be decided.
async fn until(tablet: &Tablet, record: DocumentId, count: usize) -> Vec<String> {
    let begun = Instant::now();
    loop {
        let told = tablet.changes(record).await.notes;
        if told.len() == count {
            return told;
        }
        assert!(begun.elapsed() < SYNC_MAX, "never {count}: {told:?}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

#[test]
fn who_was_removed_by_one_and_written_about_by_another_stays_until_somebody_decides() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let elin = signed_in(&server, &folder.path().join("a"), "elin").await;
        let oskar = signed_in(&server, &folder.path().join("b"), "oskar").await;
        let ingrid = signed_in(&server, &folder.path().join("c"), "ingrid").await;
        let case = new_case(&elin, "Familjen Warsame").await;
        let person = elin.act(Act::Add { parent: case, list: "persons".to_owned() }, &[]).await;
        let person = person.entry.unwrap();
        let [given, phone] = ["given", "phone"].map(|field| format!("persons/{person}/{field}"));
        elin.answer(case, &given, text("Yusuf")).await;
        elin.sync().await;
        oskar.until_field((case, &given), "the name", |field| field.text == "Yusuf").await;
        server.stop();
        let remove =
            || Act::Remove { document: case, list: "persons".to_owned(), entry: person.clone() };
        elin.act(remove(), &[("reason", text("Fel person."))]).await;
        oskar.answer(case, &phone, text("+46701740605")).await;
        server.start();
        for tablet in [&elin, &oskar, &ingrid] {
            tablet.sync().await;
        }
        let told = until(&ingrid, case, 1).await;
        assert!(told[0].contains("Borttagen av en, ändrad av en annan: Yusuf"), "{told:?}");
        elin.until_field((case, &phone), "the number", |field| !field.text.is_empty()).await;
        let page = elin.page(&format!("/arenden/{case}/persons/{person}")).await;
        assert!(page.parts.iter().any(|part| part.key == "revived"), "{:#?}", page.parts);
        // The same words, now knowing of the number: it is decided.
        elin.act(remove(), &[("reason", text("Fel person."))]).await;
        elin.sync().await;
        until(&ingrid, case, 0).await;
        let page = ingrid.page(&format!("/arenden/{case}/persons/{person}")).await;
        assert!(page.parts.iter().any(|part| part.key == "removed"), "{:#?}", page.parts);
        assert_eq!(ingrid.field((case, &phone)).await.unwrap().value, Value::text("+46701740605"));
    });
}

#[test]
fn a_contradiction_has_a_day_and_somebody_who_sees_to_it() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        const PHONE: &str = "phone";
        let folder = tempfile::tempdir().unwrap();
        let elin = signed_in(&server, &folder.path().join("a"), "elin").await;
        let oskar = signed_in(&server, &folder.path().join("b"), "oskar").await;
        let case = new_case(&elin, "Familjen Sen").await;
        elin.sync().await;
        oskar
            .until_field((case, "household_label"), "the case", |it| it.text.contains("Sen"))
            .await;
        server.stop();
        elin.answer(case, PHONE, text("+46701740606")).await;
        oskar.answer(case, PHONE, text("+46701740607")).await;
        server.start();
        elin.sync().await;
        oskar.sync().await;
        let ingrid = signed_in(&server, &folder.path().join("c"), "ingrid").await;
        let open = |field: &FieldView| field.agreement == Agreement::Open;
        for tablet in [&elin, &ingrid] {
            tablet.until_field((case, PHONE), "both numbers", open).await;
        }
        let row = async |tablet: &Tablet| {
            let Some(View::Inbox(inbox)) = tablet.view(Query::Inbox).await else {
                panic!("no inbox")
            };
            inbox.rows.into_iter().find(|row| row.document == case).expect("not in the inbox")
        };
        let before = row(&ingrid).await;
        assert!(
            before.duty.starts_with("Avgör senast ") && !before.duty.contains("tar den"),
            "{before:?}"
        );
        assert!(!before.overdue && !before.mine, "{before:?}");
        let take = |mine| Command::TakeOn { document: case, mine };
        assert_eq!(ingrid.must(take(true)).await, Reply::Done);
        let after = row(&ingrid).await;
        assert!(
            after.mine && after.duty.ends_with("tar den") && after.duty.contains("Ingrid"),
            "{after:?}"
        );
        ingrid.sync().await;
        // Everybody sees it, and a third answer does not take it from her.
        let begun = Instant::now();
        while !row(&elin).await.duty.contains("Ingrid") {
            assert!(begun.elapsed() < SYNC_MAX, "who sees to it does not arrive");
            elin.exchange().await;
        }
        assert!(!row(&elin).await.mine);
        server.stop();
        ingrid.settle((case, PHONE), text("+46701740606"), "Ringde upp.").await;
        let settled = row(&ingrid).await;
        assert_eq!((settled.conflicts, settled.duty.as_str(), settled.mine), (0, "", false));
        assert_eq!(ingrid.handle(take(true)).await, Reply::Refused(Refusal::Stale));
        server.start();
        ingrid.sync().await;
    });
}
