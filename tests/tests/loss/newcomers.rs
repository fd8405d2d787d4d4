//! A server whose disk is gone and whose backup is old: tablets that it does not know come back, and what
//! those wrote that never will comes with the tablets that have it.

use ankomst_shared::app::Contact;
use ankomst_shared::chunk::parse;
use ankomst_shared::document::Document;
use ankomst_shared::ids::{ActorId, DocumentId};
use ankomst_shared::sync::message::{Outcome, PushPart};
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::Tablet;
use ankomst_tests::tablet::device::SYNC_MAX;
use ankomst_tests::tablet::raw::{RawDevice, sent};

use crate::kit::{local, new_case, password, signed_in, text};

#[test]
fn an_old_backup_on_a_new_disk_gets_all_that_old_and_new_tablets_have() {
    let Some(mut server) = Server::with_village() else { return };
    local(on_a_new_disk(&mut server));
}

async fn on_a_new_disk(server: &mut Server) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("old.db").to_string_lossy().into_owned();
    let old = signed_in(server, &folder.path().join("old"), "elin").await;
    old.sync().await;
    server.command(&["backup", &file]);
    // Enrolled after it: one comes back, one is dropped on a stone floor.
    let new = signed_in(server, &folder.path().join("new"), "oskar").await;
    let broken = signed_in(server, &folder.path().join("broken"), "ingrid").await;
    let mut typed = Vec::new();
    for (tablet, town) in [(&old, "Sundsvall"), (&new, "Östersund"), (&broken, "Härnösand")] {
        let case = new_case(tablet, town).await;
        tablet.answer(case, "arriving_from", text(&format!("från {town}"))).await;
        tablet.sync().await;
        typed.extend([(case, town.to_owned()), (case, format!("från {town}"))]);
    }
    let cases: Vec<DocumentId> = typed.iter().map(|(case, _)| *case).collect();
    for tablet in [&old, &new] {
        arrive(tablet, &cases).await;
        tablet.exchange().await;
    }
    drop(broken);
    server.stop();
    // Typed while nobody answers.
    for (tablet, place) in [(&old, "Kramfors"), (&new, "Sollefteå")] {
        let alone = || tablet.status().contact != Contact::Live;
        assert!(tablet.eventually(SYNC_MAX, alone).await);
        let case = new_case(tablet, place).await;
        typed.push((case, place.to_owned()));
    }
    server.lose_disk();
    server.command(&["restore", &file]);
    server.start();

    // The server knows the session of neither, and the device of one.
    for (tablet, login) in [(&new, "oskar"), (&old, "elin")] {
        tablet.handle(ankomst_shared::app::Command::SyncNow).await;
        tablet.login(login, &password(login)).await;
        tablet.sync().await;
    }
    new.exchange().await;
    let dump = server.dump();
    for (_, text) in &typed {
        assert!(dump.text().contains(text), "{text} is lost");
    }
    let held = server.command(&["held", "list"]);
    assert!(!held.contains("device"), "{held}");
    // The one who lost her tablet finds it all on another.
    let desk = signed_in(server, &folder.path().join("desk"), "ingrid").await;
    let shown = desk.everything_shown().await;
    for (_, text) in &typed {
        assert!(shown.contains(text), "{text} is not shown");
    }
}

#[test]
fn what_an_unknown_device_signed_waits_where_it_is() {
    let Some(mut server) = Server::with_village() else { return };
    local(waits(&mut server));
}

async fn waits(server: &mut Server) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("old.db").to_string_lossy().into_owned();
    server.command(&["backup", &file]);
    let (a, b) = (folder.path().join("a"), folder.path().join("b"));
    std::fs::create_dir_all(&a).unwrap();
    std::fs::create_dir_all(&b).unwrap();
    let author = RawDevice::enrol(&server.url(), &a, ("elin", &password("elin"))).await;
    let (document, actor) = (DocumentId::new(1, [7; 10]), ActorId::from_bytes([7; 16]));
    let header = author.header(document, "case");
    let (_, chunk) = Document::create(actor, header, &[], &author.by()).unwrap();
    let part = author.part(document, actor, sent(&chunk));
    server.stop();
    server.lose_disk();
    server.command(&["restore", &file]);
    server.start();

    let bearer = RawDevice::enrol(&server.url(), &b, ("oskar", &password("oskar"))).await;
    let outcome = async |part: &PushPart| {
        let mut acks = bearer.exchange(vec![part.clone()]).await.acks;
        assert_eq!(acks.len(), 1);
        acks.remove(0).outcome
    };
    assert_eq!(outcome(&part).await, Outcome::Missing(Vec::new()));
    assert!(!server.dump().text().contains(&parse(&chunk.bytes).unwrap().hash.to_string()));
    // A false enrolment is none.
    let mut false_one = part.clone();
    false_one.enrolment = Some(bearer.me.enrolment.clone());
    assert_eq!(outcome(&false_one).await, Outcome::Missing(Vec::new()));
    let shown = PushPart { enrolment: Some(author.me.enrolment.clone()), ..part.clone() };
    assert!(matches!(outcome(&shown).await, Outcome::Received(_)));
    assert!(matches!(outcome(&part).await, Outcome::Received(_)), "it is known from then on");
    assert!(server.dump().text().contains(&chunk.hash.to_string()));
}

/// Waits until a tablet has those cases.
async fn arrive(tablet: &Tablet, cases: &[DocumentId]) {
    let begun = std::time::Instant::now();
    loop {
        let listed = tablet.listed("/arenden").await;
        if cases.iter().all(|case| listed.iter().any(|(id, _)| id == case)) {
            return;
        }
        assert!(begun.elapsed() < SYNC_MAX, "cases never came");
        tablet.exchange().await;
    }
}

#[test]
fn an_account_made_after_the_backup_is_made_again_and_its_work_arrives() {
    let Some(mut server) = Server::with_village() else { return };
    local(account_again(&mut server));
}

async fn account_again(server: &mut Server) {
    const LOGIN: &str = "nyanstallda";
    const TYPED: &str = "Skrivet av en nyanställd";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("old.db").to_string_lossy().into_owned();
    server.command(&["backup", &file]);
    let add = |server: &Server, more: &[&str]| {
        let base = ["user", "add", LOGIN, "--name", "Ny Anställd", "--roles", "caseworker"];
        server.command_reading(&[&base, more].concat(), "ett nytt lösenord");
    };
    add(server, &[]);
    let tablet = Tablet::open(&folder.path().join("tablet"), &server.url()).await;
    tablet.login(LOGIN, "ett nytt lösenord").await;
    tablet.sync().await;
    let case = new_case(&tablet, TYPED).await;
    tablet.sync().await;
    let id = tablet.status().user.unwrap().id.to_string();
    server.stop();
    let alone = || tablet.status().contact != Contact::Live;
    assert!(tablet.eventually(SYNC_MAX, alone).await);
    server.lose_disk();
    server.command(&["restore", &file]);
    add(server, &["--id", &id]);
    server.start();
    tablet.login(LOGIN, "ett nytt lösenord").await;
    tablet.sync().await;
    assert!(server.dump().text().contains(TYPED), "the work of {case} is lost");
}
