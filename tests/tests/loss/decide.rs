//! What a person must decide that is not about one field: removed by one and written into by another, and
//! one person placed twice. Both are kept, told to the supervisor, and end when somebody decides.

use std::time::Instant;

use ankomst_shared::app::{Act, Agreement, Body, Command, FieldView, Query, Refusal, Reply, View};
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

async fn all_in_step(tablets: &[&Tablet]) {
    // What one brings the next may fetch only with its second contact.
    for _ in 0..2 {
        for tablet in tablets {
            tablet.sync().await;
            tablet.exchange().await;
        }
    }
}

async fn persons(tablet: &Tablet, case: DocumentId) -> usize {
    let page = tablet.page(&format!("/arenden/{case}")).await;
    let part = page.parts.iter().find(|part| part.key == "persons");
    let Some(Body::Lines(lines, _)) = part.map(|part| &part.body) else { return 0 };
    lines.len()
}

/// A case in which one child has two cards.
async fn written_down_twice(elin: &Tablet) -> (DocumentId, [String; 2]) {
    let case = new_case(elin, "Familjen Warsame").await;
    let mut cards = <[String; 2]>::default();
    for card in &mut cards {
        let add = Act::Add { parent: case, list: "persons".to_owned() };
        *card = elin.act(add, &[]).await.entry.unwrap();
        for (field, value) in
            [("given", "Yusuf"), ("family", "Warsame"), ("birth_date", "2017-03-01")]
        {
            elin.answer(case, &format!("persons/{card}/{field}"), text(value)).await;
        }
    }
    (case, cards)
}

/// Says on the list of those who may be one that two are two.
async fn says_they_are_two(oskar: &Tablet, cards: &[String; 2]) {
    let is_card = |key: &str| cards.iter().any(|card| key.ends_with(card.as_str()));
    let mut pairs = oskar.page("/lika").await.parts.into_iter().filter(|part| match &part.body {
        Body::Lines(lines, _) => lines.iter().all(|line| is_card(&line.key)),
        _ => false,
    });
    let not_same = pairs.find_map(|part| part.actions.into_iter().next()).unwrap();
    oskar.act(not_same.act, &[]).await;
}

#[test]
fn whether_two_cards_are_one_person_is_said_both_ways_without_contact_and_decided() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let elin = signed_in(&server, &folder.path().join("a"), "elin").await;
        let oskar = signed_in(&server, &folder.path().join("b"), "oskar").await;
        let ingrid = signed_in(&server, &folder.path().join("c"), "ingrid").await;
        let all = [&elin, &oskar, &ingrid];
        let (case, cards) = written_down_twice(&elin).await;
        let [one, two] = &cards;
        all_in_step(&all).await;
        until(&oskar, case, 1).await;
        let same =
            |one: &str, two: &str, joined| Act::Same(case, one.to_owned(), two.to_owned(), joined);
        let why = [("reason", text("Sagt."))];

        // One says that they are one, another that they are two.
        server.stop();
        elin.act(same(one, two, true), &why).await;
        says_they_are_two(&oskar, &cards).await;
        assert_eq!(until(&oskar, case, 0).await, Vec::<String>::new());
        server.start();
        all_in_step(&all).await;
        for tablet in all {
            let told = until(tablet, case, 1).await;
            assert!(told[0].starts_with("Kort för samma person"), "{told:?}");
            assert_eq!(persons(tablet, case).await, 1);
        }
        ingrid.act(same(one, two, false), &why).await;
        all_in_step(&all).await;
        for tablet in all {
            until(tablet, case, 0).await;
            assert_eq!(persons(tablet, case).await, 2, "and nobody asks again");
        }

        // Both say that they are one, each of the other.
        server.stop();
        elin.act(same(one, two, true), &why).await;
        oskar.act(same(two, one, true), &why).await;
        server.start();
        all_in_step(&all).await;
        for tablet in all {
            until(tablet, case, 1).await;
            assert_eq!(persons(tablet, case).await, 1, "nobody vanishes");
        }
        ingrid.act(same(one, two, false), &why).await;
        all_in_step(&all).await;
        for tablet in all {
            until(tablet, case, 0).await;
            assert_eq!(persons(tablet, case).await, 1, "what the other said still holds");
        }
    });
}
