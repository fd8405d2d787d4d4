//! A tablet that never comes back into contact: its safety copy brings its work, and tells nobody else
//! anything.

use ankomst_shared::app::{Command, Reply};
use ankomst_tests::kit::server::Server;

use crate::kit::{local, new_case, signed_in, text};

const SECRETS: [&str; 2] = ["Familjen Provkopia", "via Karesuando"];

#[test]
fn a_safety_copy_brings_the_work_of_a_tablet_that_never_reconnects() {
    let Some(mut server) = Server::with_village() else { return };
    local(copied(&mut server));
}

async fn copied(server: &mut Server) {
    let folder = tempfile::tempdir().unwrap();
    let tablet = signed_in(server, folder.path(), "elin").await;
    let nothing = tablet.must(Command::SafetyCopy).await;
    assert_eq!(nothing, Reply::File(None), "a copy of nothing");
    server.stop();
    let case = new_case(&tablet, SECRETS[0]).await;
    // Typed and not left: it is in the copy, too.
    tablet.type_only(case, "arriving_from", text(SECRETS[1])).await;
    let Reply::File(Some((_, open))) = tablet.must(Command::SafetyCopy).await else {
        panic!("no copy")
    };
    tablet.must(Command::Lock).await;
    let Reply::File(Some((_, locked))) = tablet.must(Command::SafetyCopy).await else {
        panic!("no copy without the vault")
    };
    assert_eq!(open.len(), locked.len(), "the copy of a locked tablet lacks something");
    drop(tablet);
    for secret in SECRETS.iter().chain(&["elin", "Elin"]) {
        let shown = open.windows(secret.len()).any(|bytes| bytes == secret.as_bytes());
        assert!(!shown, "{secret} can be read in the file");
    }

    let files = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = files.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let refused = |path: &str, why: &str| {
        let (went, said) = server.try_command(&["take-in", path]);
        assert!(!went && said.contains(why), "{path}: {said}");
    };
    refused(&file("cut", &open[..open.len() - 40]), "cut off");
    refused(&file("other", b"%PDF-1.7 a file of something else"), "no safety copy");
    let foreign = Server::empty().unwrap();
    foreign.command(&["seed", "--pack", "sp-1", "--seed", "2"]);
    let whole = file("whole", &open);
    let (went, said) = foreign.try_command(&["take-in", &whole]);
    assert!(!went && said.contains("another"), "a foreign server: {said}");

    let said = server.command(&["take-in", &whole]);
    assert!(said.contains("2 of 2"), "{said}");
    let before = server.command(&["dump"]);
    server.command(&["take-in", &file("locked", &locked)]);
    server.command(&["take-in", &whole]);
    assert_eq!(server.command(&["dump"]), before, "twice is not harmless");

    server.start();
    let elsewhere = tempfile::tempdir().unwrap();
    let desk = signed_in(server, elsewhere.path(), "ingrid").await;
    let shown = desk.everything_shown().await;
    for secret in SECRETS {
        assert!(shown.contains(secret), "{secret} has not arrived");
    }
}
