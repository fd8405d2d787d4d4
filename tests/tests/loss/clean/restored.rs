//! Cleanings and restores, what was held and what was away: nothing is lost and nothing comes back.

use super::*;

/// A supervisor takes out what lies behind a place.
async fn cleaned(server: &Server, folder: &Path, (case, places): (DocumentId, &[&str])) {
    let (url, login) = (server.url(), "ingrid");
    let ingrid = RawDevice::enrol(&url, folder, (login, &password(login))).await;
    for place in places {
        let act = format!("clean:{case}/{place}");
        let told = said(&ingrid, &act, "Skyddad adress").await;
        assert!(told.starts_with("Cleared."), "{told}");
    }
}

async fn restored(server: &mut Server, old: &str, elin: &Tablet) {
    server.stop_in_order();
    alone(&[elin]).await;
    server.lose_disk();
    server.command(&["restore", old]);
    server.start();
    // A connection from before may be found broken only now.
    elin.handle(ankomst_shared::app::Command::SyncNow).await;
    elin.sync_until_idle(core::time::Duration::from_secs(2)).await;
    elin.handle(ankomst_shared::app::Command::SyncNow).await;
    elin.login("elin", &password("elin")).await;
    elin.sync().await;
}

async fn wakes(server: &Server, asleep: &Path) -> Tablet {
    let oskar = Tablet::open(asleep, &server.url()).await;
    oskar.unlock("oskar").await;
    oskar.login("oskar", &password("oskar")).await;
    oskar.sync().await;
    oskar
}

fn with_backups(server: &mut Server, backups: &Path) {
    server.stop();
    server.option("--backup", &backups.to_string_lossy());
    server.start();
}

async fn stands(tablet: &Tablet, case: DocumentId, wanted: &str) {
    // What is cleaned again goes from the tablet with a contact of its own.
    let there = |field: &FieldView| field.text == wanted && field.agreement == Agreement::Agreed;
    tablet.until_field((case, FROM), wanted, there).await;
    assert_eq!(tablet.status().held, 0);
}

#[test]
fn what_was_written_after_a_cleaning_counts_after_a_restore_of_what_was_before_the_record() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        with_backups(&mut server, &at("backups"));
        let elin = signed_in(&server, &at("a"), "elin").await;
        let old = at("backups").join("old.db").to_string_lossy().into_owned();
        server.command(&["backup", &old]);
        let (case, entry) = told(&elin, &[]).await;
        corrected(&elin, (case, &entry)).await;
        cleaned(&server, &at("r"), (case, &[FROM])).await;
        elin.exchange().await;
        elin.sync().await;
        assert!(on(&at("a"), "elin").await.iter().all(|word| *word != "Kanariegatan"));
        elin.answer(case, FROM, text("Kramfors")).await;
        elin.sync().await;
        stands(&elin, case, "Kramfors").await;
        restored(&mut server, &old, &elin).await;
        stands(&elin, case, "Kramfors").await;
        elin.exchange().await;
        stands(&elin, case, "Kramfors").await;
        server.stop_in_order();
        assert!(server.dump().text().contains("Kramfors"));
    });
}

#[test]
fn what_was_written_after_a_cleaning_counts_after_a_restore_of_what_was_before_the_cleaning() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        with_backups(&mut server, &at("backups"));
        let elin = signed_in(&server, &at("a"), "elin").await;
        let (case, entry) = told(&elin, &[]).await;
        let old = at("backups").join("old.db").to_string_lossy().into_owned();
        server.command(&["backup", &old]);
        corrected(&elin, (case, &entry)).await;
        cleaned(&server, &at("r"), (case, &[FROM])).await;
        elin.exchange().await;
        elin.sync().await;
        assert!(on(&at("a"), "elin").await.iter().all(|word| *word != "Kanariegatan"));
        elin.answer(case, FROM, text("Kramfors")).await;
        elin.sync().await;
        stands(&elin, case, "Kramfors").await;
        restored(&mut server, &old, &elin).await;
        stands(&elin, case, "Kramfors").await;
    });
}

#[test]
fn what_the_backup_does_not_know_and_was_cleaned_does_not_come_back_with_a_tablet() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        with_backups(&mut server, &at("backups"));
        let elin = signed_in(&server, &at("a"), "elin").await;
        let oskar = signed_in(&server, &at("b"), "oskar").await;
        let case = new_case(&elin, "Familjen Haddad").await;
        elin.answer(case, FROM, text("Timrå")).await;
        elin.sync().await;
        let old = at("backups").join("old.db").to_string_lossy().into_owned();
        server.command(&["backup", &old]);
        elin.answer(case, FROM, text("Kanariegatan 3")).await;
        elin.sync().await;
        oskar.until_field((case, FROM), "it", |field| field.text == "Kanariegatan 3").await;
        let asleep = oskar.crash().await;
        elin.answer(case, FROM, text("Sundsvall")).await;
        elin.sync().await;
        cleaned(&server, &at("r"), (case, &[FROM])).await;
        elin.exchange().await;
        elin.sync().await;
        restored(&mut server, &old, &elin).await;
        let oskar = wakes(&server, &asleep).await;
        stands(&oskar, case, "Sundsvall").await;
        server.stop_in_order();
        let dump = server.dump();
        let left: Vec<&str> =
            dump.text().lines().filter(|line| line.contains("Kanariegatan")).collect();
        assert!(left.is_empty(), "{left:#?}");
    });
}

#[test]
fn what_was_cleaned_does_not_come_back_with_a_line_from_between() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        with_backups(&mut server, &at("backups"));
        let elin = signed_in(&server, &at("a"), "elin").await;
        let oskar = signed_in(&server, &at("b"), "oskar").await;
        let (case, entry) = told(&elin, &[&oskar]).await;
        let old = at("backups").join("old.db").to_string_lossy().into_owned();
        server.command(&["backup", &old]);
        server.command(&["continue", &case.to_string(), "--days", "0"]);
        oskar.exchange().await;
        oskar.sync().await;
        let asleep = oskar.crash().await;
        elin.exchange().await;
        corrected(&elin, (case, &entry)).await;
        cleaned(&server, &at("r"), (case, &[FROM])).await;
        elin.exchange().await;
        elin.sync().await;
        restored(&mut server, &old, &elin).await;
        let oskar = wakes(&server, &asleep).await;
        stands(&oskar, case, "Sundsvall").await;
        server.stop_in_order();
        let dump = server.dump();
        let left: Vec<&str> =
            dump.text().lines().filter(|line| line.contains("Kanariegatan")).collect();
        assert!(left.is_empty(), "{left:#?}");
    });
}

#[test]
fn a_cleaning_that_was_noted_and_not_done_takes_nothing_that_was_written_since() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let elin = signed_in(&server, &at("a"), "elin").await;
        let (case, entry) = told(&elin, &[]).await;
        corrected(&elin, (case, &entry)).await;
        cleaned(&server, &at("r"), (case, &[FROM])).await;
        elin.exchange().await;
        elin.sync().await;
        assert!(on(&at("a"), "elin").await.iter().all(|word| *word != "Kanariegatan"));
        elin.answer(case, FROM, text("Kramfors")).await;
        elin.sync().await;
        stands(&elin, case, "Kramfors").await;
        server.stop_in_order();
        alone(&[&elin]).await;
        // The disk was full at the first try, and had room at the second.
        let ledger = server.data().join("cleaned.jsonl");
        let line = std::fs::read_to_string(&ledger).unwrap();
        let at_ms = line.split("\"at_ms\":").nth(1).unwrap().split(',').next().unwrap();
        let before = (at_ms.parse::<i64>().unwrap() - 1_000).to_string();
        std::fs::write(&ledger, [line.replace(at_ms, &before), line.clone()].concat()).unwrap();
        server.start();
        elin.exchange().await;
        elin.sync().await;
        stands(&elin, case, "Kramfors").await;
        server.stop_in_order();
        assert!(server.dump().text().contains("Kramfors"));
    });
}

#[test]
fn what_builds_on_held_work_is_taken_and_held_too() {
    let Some(server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let elin = signed_in(&server, &at("a"), "elin").await;
        let (case, entry) = told(&elin, &[]).await;
        corrected(&elin, (case, &entry)).await;
        let raw = |name: &str, login: &'static str| {
            let (url, folder) = (server.url(), at(name));
            async move { RawDevice::enrol(&url, &folder, (login, &password(login))).await }
        };
        let (reader, mats) = (raw("s", "elin").await, raw("m", "mats").await);
        let all = reader.exchange(Vec::new()).await.documents;
        let whole = all.into_iter().find(|one| one.document == case).unwrap();
        let chunks: Vec<_> = whole.chunks.into_iter().filter_map(|chunk| chunk.bytes).collect();
        // He may not write in a case; this is for a person to look at.
        let actor = ActorId::from_bytes([9; 16]);
        let mut record =
            Document::open(actor, chunks.iter().map(|bytes| bytes.as_slice())).unwrap();
        let mut parts = Vec::new();
        for number in ["+46701740611", "+46701740612", "+46701740613"] {
            let edit = Edit { path: FieldPath::parse(PHONE).unwrap(), value: text(number) };
            let chunk = record.commit(&[edit], &mats.by()).unwrap().unwrap();
            parts.push(mats.part(case, actor, sent(&chunk)));
        }
        let received = |acks: &[Ack]| {
            acks.iter().all(|ack| matches!(ack.outcome, Outcome::Received(_))) && !acks.is_empty()
        };
        cleaned(&server, &at("r"), (case, &[FROM])).await;
        for part in parts {
            let acks = mats.exchange(vec![part]).await.acks;
            assert!(received(&acks), "{acks:?}");
        }
    });
}

#[test]
fn what_the_log_alone_still_has_of_other_fields_stays_in_it() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let elin = signed_in(&server, &at("a"), "elin").await;
        let (case, entry) = told(&elin, &[]).await;
        for number in ["+46701740621", "+46701740622"] {
            elin.answer(case, PHONE, text(number)).await;
        }
        corrected(&elin, (case, &entry)).await;
        server.command(&["continue", &case.to_string(), "--days", "0"]);
        elin.exchange().await;
        elin.sync().await;
        let wrong = format!("persons/{entry}");
        elin.answer(case, FROM, text("Kramfors")).await;
        elin.sync().await;
        cleaned(&server, &at("r"), (case, &[FROM, &wrong])).await;
        elin.exchange().await;
        elin.sync().await;
        server.stop_in_order();
        let dump = server.dump();
        assert!(found(dump.text().as_bytes()).is_empty());
        assert!(!dump.text().contains("Sundsvall"));
        assert!(dump.text().contains("+46701740621") && dump.text().contains("Kramfors"));
    });
}

#[test]
fn who_was_away_is_heard_where_the_record_itself_came_back_with_a_tablet() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        with_backups(&mut server, &at("backups"));
        let elin = signed_in(&server, &at("a"), "elin").await;
        let oskar = signed_in(&server, &at("b"), "oskar").await;
        let old = at("backups").join("old.db").to_string_lossy().into_owned();
        server.command(&["backup", &old]);
        let (case, entry) = told(&elin, &[&oskar]).await;
        server.stop_in_order();
        alone(&[&elin, &oskar]).await;
        oskar.answer(case, "email", text("namn@example.org")).await;
        let asleep = oskar.crash().await;
        server.start();
        elin.exchange().await;
        corrected(&elin, (case, &entry)).await;
        cleaned(&server, &at("r"), (case, &[FROM, &format!("persons/{entry}")])).await;
        elin.exchange().await;
        elin.sync().await;
        elin.answer(case, FROM, text("Kramfors")).await;
        elin.sync().await;
        restored(&mut server, &old, &elin).await;
        stands(&elin, case, "Kramfors").await;
        let oskar = wakes(&server, &asleep).await;
        for tablet in [&elin, &oskar] {
            let mail = |field: &FieldView| field.text == "namn@example.org";
            tablet.until_field((case, "email"), "his address", mail).await;
            stands(tablet, case, "Kramfors").await;
            let from = tablet.field((case, FROM)).await.unwrap();
            assert_eq!(from.statements.len(), 1, "{from:#?}");
        }
        for (name, login) in [("a", "elin"), ("b", "oskar")] {
            assert!(on(&at(name), login).await.is_empty(), "it came back to {login}");
        }
        server.stop_in_order();
        assert!(found(server.dump().text().as_bytes()).is_empty());
    });
}
