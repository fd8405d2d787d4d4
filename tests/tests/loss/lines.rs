//! A record that has grown large goes on with less behind it: what tablets write without knowing that is not
//! lost, shows beside what others wrote, and everybody comes to the same record, also from an old backup.

use ankomst_shared::app::{Agreement, Contact, FieldView};
use ankomst_shared::document::{Authoring, Document, Edit};
use ankomst_shared::ids::{ActorId, DocumentId};
use ankomst_shared::path::FieldPath;
use ankomst_shared::sync::message::Outcome;
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::Tablet;
use ankomst_tests::tablet::device::SYNC_MAX;
use ankomst_tests::tablet::raw::{RawDevice, sent};

use crate::kit::{local, new_case, password, signed_in, text};

const FROM: &str = "arriving_from";
const PHONE: &str = "phone";

/// A case two caseworkers know, with answers that were overwritten many times.
async fn worn(elin: &Tablet, oskar: &Tablet) -> DocumentId {
    let case = new_case(elin, "Familjen Haddad").await;
    for number in 0..12 {
        elin.answer(case, FROM, text(&format!("Ort nummer {number}"))).await;
    }
    elin.answer(case, PHONE, text("+46701740605")).await;
    elin.sync().await;
    oskar.until_field((case, PHONE), "the case", |field| has(&field.text, "605")).await;
    for number in 0..6 {
        oskar.answer(case, FROM, text(&format!("Plats nummer {number}"))).await;
    }
    oskar.sync().await;
    elin.until_field((case, FROM), "his answer", |field| field.text == "Plats nummer 5").await;
    case
}

fn continued(server: &Server, case: DocumentId) {
    let said = server.command(&["continue", &case.to_string(), "--days", "0"]);
    let numbers: Vec<usize> =
        said.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    assert!(numbers.len() == 2 && numbers[0] * 2 < numbers[1], "{said}");
}

async fn alone(tablets: &[&Tablet]) {
    for tablet in tablets {
        let alone = || tablet.status().contact != Contact::Live;
        assert!(tablet.eventually(SYNC_MAX, alone).await);
    }
}

/// Whether a text has those signs, as a number is shown or as it was typed.
fn has(text: &str, wanted: &str) -> bool {
    let close: String = text.chars().filter(|sign| !"- ".contains(*sign)).collect();
    text.contains(wanted) || close.contains(wanted)
}

fn both(field: &FieldView, texts: [&str; 2]) -> bool {
    texts.iter().all(|text| field.statements.iter().any(|said| has(&said.text, text)))
}

#[test]
fn what_was_written_without_knowing_it_stands_beside_what_others_wrote() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let elin = signed_in(&server, &folder.path().join("a"), "elin").await;
        let oskar = signed_in(&server, &folder.path().join("b"), "oskar").await;
        let case = worn(&elin, &oskar).await;
        server.stop();
        alone(&[&elin, &oskar]).await;
        // Both write what the other does not know; she decides nothing, he changes his own place again.
        elin.answer(case, PHONE, text("+46701740606")).await;
        oskar.answer(case, PHONE, text("+46701740607")).await;
        // More than is carried over at once.
        for number in 0..80 {
            oskar.answer(case, FROM, text(&format!("Utan kontakt {number}"))).await;
        }
        oskar.answer(case, FROM, text("Sundsvall")).await;
        continued(&server, case);
        server.start();
        elin.sync().await;
        oskar.sync().await;
        let ingrid = signed_in(&server, &folder.path().join("c"), "ingrid").await;
        for tablet in [&elin, &oskar, &ingrid] {
            let open = |field: &FieldView| both(field, ["606", "607"]);
            tablet.until_field((case, PHONE), "both numbers", open).await;
            let field = tablet.field((case, PHONE)).await.unwrap();
            assert_eq!(field.agreement, Agreement::Open, "{field:?}");
            let from = tablet.field((case, FROM)).await.unwrap();
            assert_eq!((from.text.as_str(), from.agreement), ("Sundsvall", Agreement::Agreed));
        }
        // It is settled and goes on like any other.
        ingrid.settle((case, PHONE), text("+46701740607"), "Ringde upp.").await;
        ingrid.sync().await;
        for tablet in [&elin, &oskar] {
            let settled = |field: &FieldView| field.agreement == Agreement::Settled;
            tablet.until_field((case, PHONE), "the decision", settled).await;
        }
        elin.answer(case, FROM, text("Härnösand")).await;
        elin.sync().await;
        oskar.until_field((case, FROM), "her answer", |field| field.text == "Härnösand").await;
        // Once more, with a decision behind it.
        continued_again(&server, case);
        oskar.answer(case, FROM, text("Kramfors")).await;
        oskar.sync().await;
        elin.exchange().await;
        for tablet in [&elin, &oskar] {
            tablet.until_field((case, FROM), "his answer", |field| field.text == "Kramfors").await;
            let phone = tablet.field((case, PHONE)).await.unwrap();
            assert_eq!(phone.agreement, Agreement::Settled, "{phone:?}");
            assert!(has(&phone.text, "607"), "{phone:?}");
        }
        // Nothing that was ever typed has left the log.
        let dump = server.dump();
        for typed in [
            "Ort nummer 3",
            "Plats nummer 2",
            "Utan kontakt 66",
            "+46701740606",
            "Sundsvall",
            "Kramfors",
        ] {
            assert!(dump.text().contains(typed), "{typed} is lost");
        }
        assert!(server.command(&["held", "list"]).trim().lines().count() <= 1);
    });
}

fn continued_again(server: &Server, case: DocumentId) {
    let said = server.command(&["continue", &case.to_string(), "--days", "0"]);
    assert!(said.contains("changes instead of"), "{said}");
}

#[test]
fn a_backup_from_before_gets_what_was_written_on_the_new_line() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("old.db").to_string_lossy().into_owned();
        let elin = signed_in(&server, &folder.path().join("a"), "elin").await;
        let oskar = signed_in(&server, &folder.path().join("b"), "oskar").await;
        let case = worn(&elin, &oskar).await;
        // He hears nothing of what follows.
        let asleep = oskar.crash().await;
        server.command(&["backup", &file]);
        elin.answer(case, FROM, text("Efter säkerhetskopian")).await;
        elin.sync().await;
        continued(&server, case);
        elin.exchange().await;
        elin.answer(case, PHONE, text("+46701740608")).await;
        elin.sync().await;
        server.stop();
        alone(&[&elin]).await;
        elin.answer(case, "email", text("namn@example.org")).await;
        server.lose_disk();
        server.command(&["restore", &file]);
        server.start();
        elin.handle(ankomst_shared::app::Command::SyncNow).await;
        elin.login("elin", &password("elin")).await;
        elin.sync().await;
        let oskar = Tablet::open(&asleep, &server.url()).await;
        oskar.unlock("oskar").await;
        oskar.login("oskar", &password("oskar")).await;
        oskar.sync().await;
        for tablet in [&elin, &oskar] {
            for (field, wanted) in
                [(FROM, "Efter säkerhetskopian"), (PHONE, "608"), ("email", "namn@example.org")]
            {
                let there = |field: &FieldView| has(&field.text, wanted);
                tablet.until_field((case, field), wanted, there).await;
                let field = tablet.field((case, field)).await.unwrap();
                assert_eq!(field.agreement, Agreement::Agreed, "{field:?}");
            }
        }
    });
}

/// A case with so many changes, each in a sitting of its own or all in one, the last of them today; then what
/// is said of its state.
async fn written(
    device: &RawDevice,
    (document, count): (DocumentId, u32),
    sittings: bool,
    state: Option<&str>,
) {
    let by = |number: u32| {
        let by = device.by();
        // The last of it today, the rest long ago.
        let now_ms = if number + 1 < count { by.now_ms - 400 * 86_400_000 } else { by.now_ms };
        Authoring { now_ms, ..by }
    };
    let actor = |number: u32| {
        let mut actor = [1; 16];
        actor[..4].copy_from_slice(&(if sittings { number } else { 0 }).to_be_bytes());
        ActorId::from_bytes(actor)
    };
    let edit = |path: &str, said: &str| {
        [Edit { path: FieldPath::parse(path).unwrap(), value: text(said) }]
    };
    let header = device.header(document, "case");
    let (mut record, first) =
        Document::create(actor(0), header, &edit(FROM, "Ort 0"), &by(0)).unwrap();
    let mut parts = vec![device.part(document, actor(0), sent(&first))];
    for number in 1..count {
        let said = edit(FROM, &format!("Ort {number}"));
        let chunk = record.restate(actor(number), &said, &by(number)).unwrap();
        parts.push(device.part(document, actor(number), sent(&chunk)));
    }
    if let Some(state) = state {
        let chunk = record.restate(actor(count), &edit("state", state), &by(count)).unwrap();
        parts.push(device.part(document, actor(count), sent(&chunk)));
    }
    for some in parts.chunks(50) {
        for ack in device.exchange(some.to_vec()).await.acks {
            assert!(matches!(ack.outcome, Outcome::Received(_)), "{ack:?}");
        }
    }
}

/// The lines of the dump about a document once so many of its changes have ended; those that stand.
async fn until_ended(server: &Server, document: DocumentId, count: usize) -> String {
    let begun = std::time::Instant::now();
    loop {
        let dump = server.dump();
        let own = |line: &&str| line.contains(&document.to_string());
        let (ended, standing): (Vec<&str>, Vec<&str>) =
            dump.text().lines().filter(own).partition(|line| line.contains("\"ended\""));
        if ended.len() == count {
            return standing.join("\n");
        }
        assert!(begun.elapsed() < SYNC_MAX, "{} of {count} have ended", ended.len());
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
}

#[test]
fn a_record_written_in_hundreds_of_sittings_goes_on_by_itself() {
    let Some(server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let device =
            RawDevice::enrol(&server.url(), folder.path(), ("elin", &password("elin"))).await;
        let document = DocumentId::new(1, [7; 10]);
        written(&device, (document, 500), true, None).await;
        let standing = until_ended(&server, document, 500).await;
        assert!(standing.contains("Ort 499") && !standing.contains("Ort 300"), "{standing}");
        assert!(standing.lines().count() < 5, "{standing}");
        // Who comes to it now gets what counts.
        let ingrid = signed_in(&server, &folder.path().join("c"), "ingrid").await;
        ingrid.until_field((document, FROM), "the case", |field| field.text == "Ort 499").await;
    });
}

#[test]
fn a_case_of_a_thousand_changes_goes_on_once_it_is_closed_and_not_before() {
    let Some(server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let device =
            RawDevice::enrol(&server.url(), folder.path(), ("elin", &password("elin"))).await;
        let [open, closed] = [7, 8].map(|number| DocumentId::new(1, [number; 10]));
        written(&device, (open, 1_001), false, Some("active")).await;
        written(&device, (closed, 1_000), false, Some("closed")).await;
        let standing = until_ended(&server, closed, 1_001).await;
        assert!(standing.contains("Ort 999") && standing.contains("closed"), "{standing}");
        assert!(standing.lines().count() < 5, "{standing}");
        let standing = until_ended(&server, open, 0).await;
        assert_eq!(standing.lines().count(), 1_002);
    });
}

#[test]
fn who_was_away_while_a_record_went_on_more_than_once_is_heard() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let elin = signed_in(&server, &folder.path().join("a"), "elin").await;
        let oskar = signed_in(&server, &folder.path().join("b"), "oskar").await;
        let case = worn(&elin, &oskar).await;
        server.stop();
        alone(&[&elin, &oskar]).await;
        oskar.answer(case, PHONE, text("+46701740607")).await;
        let asleep = oskar.crash().await;
        server.start();
        elin.sync().await;
        for number in 0..3 {
            let from = format!("Gång {number}");
            continued_again(&server, case);
            elin.answer(case, FROM, text(&from)).await;
            elin.sync().await;
            elin.exchange().await;
        }
        elin.answer(case, PHONE, text("+46701740606")).await;
        elin.sync().await;
        let oskar = Tablet::open(&asleep, &server.url()).await;
        oskar.unlock("oskar").await;
        oskar.sync().await;
        for tablet in [&elin, &oskar] {
            let open = |field: &FieldView| both(field, ["606", "607"]);
            tablet.until_field((case, PHONE), "both numbers", open).await;
            let from = tablet.field((case, FROM)).await.unwrap();
            assert_eq!((from.text.as_str(), from.agreement), ("Gång 2", Agreement::Agreed));
        }
    });
}
