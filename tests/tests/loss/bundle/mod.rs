//! Two tablets where there is no server: a file brings the work of one to the other, which shows what both may see, carries
//! the rest unread, and syncs for both.

mod hostile;
mod later;

use ankomst_shared::app::{Command, Contact, FieldView, Level, Reply};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::value::Value;
use ankomst_tests::kit::ledger::{Ledger, Shown};
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::Tablet;
use ankomst_tests::tablet::device::SYNC_MAX;

use crate::kit::{local, new_case, signed_in, text};

/// What Elin writes in a case of her own, that Oskar's tablet does not have.
const SECRET: &str = "Familjen Provkurir";

/// What she writes in one that both have.
const PHONE: &str = "+46701740601";

/// Two caseworkers who have heard of each other's tablets, and a case that both have.
struct Pair {
    elin: Tablet,
    oskar: Tablet,
    case: DocumentId,
    _folder: tempfile::TempDir,
}

async fn pair(server: &Server) -> Pair {
    let folder = tempfile::tempdir().unwrap();
    let elin = signed_in(server, &folder.path().join("elin"), "elin").await;
    let oskar = signed_in(server, &folder.path().join("oskar"), "oskar").await;
    let case = new_case(&elin, "Noori, Provgatan").await;
    elin.sync().await;
    oskar.until_field((case, "phone"), "the case comes", |_| true).await;
    elin.exchange().await;
    oskar.exchange().await;
    Pair { elin, oskar, case, _folder: folder }
}

async fn file_of(tablet: &Tablet) -> Vec<u8> {
    match tablet.must(Command::HandOver).await {
        Reply::File(Some((name, bytes))) => {
            assert!(name.ends_with(".bundle"), "{name}");
            bytes
        }
        other => panic!("no file: {other:?}"),
    }
}

/// Takes a file in and gives what is said of it.
async fn takes(tablet: &Tablet, file: &[u8]) -> String {
    match tablet.must(Command::TakeFile(file.to_vec())).await {
        Reply::Acted(acted) => acted.say,
        other => panic!("nothing is said: {other:?}"),
    }
}

async fn phone(tablet: &Tablet, case: DocumentId) -> FieldView {
    tablet.field((case, "phone")).await.unwrap()
}

/// Whether the page of a record says that something of it came by a file.
async fn says_so(tablet: &Tablet, case: DocumentId) -> bool {
    let page = tablet.page(&format!("/arenden/{case}")).await;
    page.parts.iter().any(|part| part.key == "by-file")
}

/// How many changes there are, whoever brought them.
fn changes(server: &Server) -> usize {
    server.dump().len()
}

#[test]
fn a_file_brings_work_to_another_tablet_that_syncs_for_both() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let Pair { elin, oskar, case, _folder } = pair(&server).await;
        assert_eq!(elin.must(Command::HandOver).await, Reply::File(None), "a file of nothing");
        server.stop();
        let mut ledger = Ledger::default();
        // Not left when she makes the file.
        elin.type_only(case, "phone", text(PHONE)).await;
        new_case(&elin, SECRET).await;
        let file = file_of(&elin).await;
        for secret in [SECRET, PHONE, "elin", "Elin", "Surfplatta", "Noori"] {
            let shown = file.windows(secret.len()).any(|bytes| bytes == secret.as_bytes());
            assert!(!shown, "{secret} can be read in the file");
        }
        let said = takes(&oskar, &file).await;
        assert!(
            said.contains("Elin") && said.contains("servern: 2") && said.contains("här: 1"),
            "{said}"
        );
        let field = phone(&oskar, case).await;
        assert_eq!(field.value, text(PHONE));
        assert_eq!(field.level, Level::Saved);
        assert!(field.beside.contains("fil från Elin"), "{}", field.beside);
        assert!(says_so(&oskar, case).await);
        assert!(!oskar.everything_shown().await.contains(SECRET), "he reads what is not his");
        // He says something else than she: that stands beside what she wrote, and his file brings it to her.
        oskar.answer(case, "phone", text("+46701740602")).await;
        oskar.answer(case, "email", text("noori@example.org")).await;
        let back = file_of(&oskar).await;
        let said = takes(&elin, &back).await;
        assert!(said.contains("Oskar") && said.contains("här: 2"), "{said}");
        for tablet in [&elin, &oskar] {
            assert_eq!(phone(tablet, case).await.statements.len(), 2, "one replaces the other");
        }
        for typed in [PHONE, "+46701740602", "noori@example.org", SECRET] {
            ledger.note(typed, Shown::Saved);
        }

        // Hers stays switched off: his brings everything.
        let elin = elin.crash().await;
        server.start();
        oskar.sync().await;
        let sent = || oskar.status().deposits == 0;
        assert!(oskar.eventually(SYNC_MAX, sent).await, "{:?}", oskar.status());
        oskar.until_field((case, "phone"), "hers is shared", |it| it.beside.is_empty()).await;
        assert_eq!(phone(&oskar, case).await.level, Level::Shared);
        assert_eq!(phone(&oskar, case).await.statements.len(), 2);
        assert!(!says_so(&oskar, case).await);
        let missing = ledger.missing(&server.command(&["dump"]), Shown::Saved);
        assert!(missing.is_empty(), "{missing:?}");
        let before = changes(&server);
        let elin = Tablet::open(&elin, &server.url()).await;
        elin.unlock("elin").await;
        assert!(elin.status().waiting > 0, "hers do not wait: {:?}", elin.status());
        elin.sync().await;
        assert_eq!(elin.status().waiting, 0);
        assert_eq!(phone(&elin, case).await.level, Level::Shared);
        assert_eq!(changes(&server), before, "something is there twice");
        assert!(!says_so(&elin, case).await);
        // What a backup has not is offered once more, and is there already.
        let once = oskar.everything_shown().await;
        takes(&oskar, &file).await;
        oskar.sync().await;
        assert_eq!((oskar.everything_shown().await, changes(&server)), (once, before));
    });
}

#[test]
fn what_the_server_has_already_is_not_carried() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let Pair { elin, oskar, case, _folder } = pair(&server).await;
        server.stop();
        elin.answer(case, "phone", text(PHONE)).await;
        let file = file_of(&elin).await;
        server.start();
        elin.sync().await;
        oskar.until_field((case, "phone"), "hers", |field| field.value == text(PHONE)).await;
        oskar.sync().await;
        let before = (oskar.status().waiting, oskar.status().deposits, changes(&server));
        let said = takes(&oskar, &file).await;
        assert!(said.contains("inget som inte redan finns"), "{said}");
        assert_eq!((oskar.status().waiting, oskar.status().deposits, changes(&server)), before);
    });
}

#[test]
fn what_is_taken_in_with_contact_goes_at_once() {
    let Some(server) = Server::with_village() else { return };
    local(async {
        let Pair { elin, oskar, case, _folder } = pair(&server).await;
        // Only hers has no network.
        let elin = Tablet::open(&elin.crash().await, "http://localhost:9").await;
        elin.unlock("elin").await;
        elin.answer(case, "phone", text(PHONE)).await;
        new_case(&elin, SECRET).await;
        let is_live = || oskar.status().contact == Contact::Live;
        assert!(oskar.eventually(SYNC_MAX, is_live).await, "{:?}", oskar.status());
        takes(&oskar, &file_of(&elin).await).await;
        let sent = || oskar.status().deposits == 0;
        assert!(oskar.eventually(SYNC_MAX, sent).await, "{:?}", oskar.status());
        oskar.until_field((case, "phone"), "hers", |field| field.level == Level::Shared).await;
    });
}

#[test]
fn words_that_both_add_to_a_text_stand_there_once() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let Pair { elin, oskar, case, _folder } = pair(&server).await;
        let path = "intakes/zzzzzzzzzzzzzzzz/family_network";
        elin.answer(case, path, text("En bror i Lund.")).await;
        elin.sync().await;
        oskar.until_field((case, path), "the text", |field| !field.text.is_empty()).await;
        server.stop();
        elin.answer(case, path, text("En bror i Lund. En syster i Mazar.")).await;
        takes(&oskar, &file_of(&elin).await).await;
        let said = ["En bror i Lund.", " En syster i Mazar.", " En farbror i Ystad."];
        oskar.answer(case, path, text(&said.concat())).await;
        let once = async |tablet: &Tablet| {
            let text = tablet.field((case, path)).await.unwrap().text;
            let are_there = said.iter().all(|words| text.matches(words.trim()).count() == 1);
            assert!(are_there && text.len() == said.concat().len(), "{text}");
        };
        once(&oskar).await;
        drop(elin);
        server.start();
        oskar.sync().await;
        let is_shared = || oskar.status().deposits == 0 && oskar.status().waiting == 0;
        assert!(oskar.eventually(SYNC_MAX, is_shared).await, "{:?}", oskar.status());
        oskar.until_field((case, path), "all of it", |field| field.beside.is_empty()).await;
        once(&oskar).await;
    });
}

#[test]
fn what_is_protected_is_carried_and_not_shown() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let Pair { elin, oskar, case, _folder } = pair(&server).await;
        let person = "persons/zzzzzzzzzzzzzzzz";
        elin.answer(case, &format!("{person}/given"), text("Zarghona Provdotter")).await;
        let mark = Value::text("protected_registration");
        elin.answer(case, &format!("{person}/protected_identity"), mark).await;
        elin.sync().await;
        let given = format!("{person}/given");
        oskar.until_field((case, &given), "the person", |field| !field.text.is_empty()).await;
        elin.exchange().await;
        oskar.exchange().await;
        server.stop();
        elin.answer(case, "phone", text(PHONE)).await;
        let said = takes(&oskar, &file_of(&elin).await).await;
        assert!(said.contains("servern: 1") && said.contains("här: 0"), "{said}");
        assert_eq!(phone(&oskar, case).await.value, Value::Null);
        drop(elin);
        server.start();
        oskar.until_field((case, "phone"), "from the server", |it| it.value == text(PHONE)).await;
    });
}

#[test]
fn who_signs_out_before_contact_has_carried_it_all_the_same() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let Pair { elin, oskar, case, _folder } = pair(&server).await;
        server.stop();
        let mut ledger = Ledger::default();
        elin.answer(case, "phone", text(PHONE)).await;
        new_case(&elin, SECRET).await;
        for typed in [PHONE, SECRET] {
            ledger.note(typed, Shown::Saved);
        }
        takes(&oskar, &file_of(&elin).await).await;
        drop(elin);
        oskar.must(Command::SignOut).await;
        assert_eq!(oskar.status().deposits, 2);
        server.start();
        let sent = || oskar.status().deposits == 0;
        assert!(oskar.eventually(SYNC_MAX, sent).await, "{:?}", oskar.status());
        let missing = ledger.missing(&server.command(&["dump"]), Shown::Saved);
        assert!(missing.is_empty(), "{missing:?}");
    });
}

#[test]
fn what_builds_on_what_only_one_has_heard_of_comes_along() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let Pair { elin, oskar, case, _folder } = pair(&server).await;
        // He is away already when she has contact for the last time.
        let oskar = Tablet::open(&oskar.crash().await, "http://localhost:9").await;
        oskar.unlock("oskar").await;
        elin.answer(case, "phone", text("+46701740600")).await;
        elin.sync().await;
        server.stop();
        elin.answer(case, "phone", text(PHONE)).await;
        oskar.answer(case, "email", text("noori@example.org")).await;
        let said = takes(&oskar, &file_of(&elin).await).await;
        assert!(said.contains("här: 2"), "{said}");
        assert_eq!(phone(&oskar, case).await.value, text(PHONE));
        assert_eq!(phone(&oskar, case).await.statements.len(), 1, "a contradiction of nobody's");
        takes(&elin, &file_of(&oskar).await).await;
        let email = elin.field((case, "email")).await.unwrap();
        assert_eq!(email.value, text("noori@example.org"));
        server.start();
        let before = changes(&server);
        let oskar = Tablet::open(&oskar.crash().await, &server.url()).await;
        oskar.unlock("oskar").await;
        oskar.sync().await;
        elin.sync().await;
        for tablet in [&elin, &oskar] {
            let is_hers = |it: &FieldView| it.level == Level::Shared && it.value == text(PHONE);
            tablet.until_field((case, "phone"), "hers is shared", is_hers).await;
        }
        assert_eq!(changes(&server), before + 2, "his and hers, each once");
    });
}
