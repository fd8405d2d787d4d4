//! One server to a data folder: commands that would harm a running one wait until it is stopped, the
//! others work beside it, and what they change counts at once.

use ankomst_shared::app::Contact;
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::Tablet;
use ankomst_tests::tablet::device::{SYNC_MAX, local};

async fn signed_in(
    server: &Server,
    folder: &std::path::Path,
    login: &str,
    password: &str,
) -> Tablet {
    let tablet = Tablet::open(&folder.join(login), &server.url()).await;
    tablet.login(login, password).await;
    tablet.sync().await;
    tablet
}

#[test]
fn what_would_harm_a_running_server_is_refused_and_says_what_to_do() {
    let Some(server) = Server::with_village() else { return };
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup.db");
    let backup = backup.to_str().unwrap();
    server.command(&["backup", backup]);
    let commands: [&[&str]; 5] =
        [&["serve"], &["seed"], &["rebuild"], &["restore", backup], &["migrate"]];
    for command in commands {
        let (fine, said) = server.try_command(command);
        assert!(!fine && said.contains("stop the server first"), "{command:?}: {said}");
        assert!(said.contains("Nothing was changed"), "{said}");
    }
    local(async {
        signed_in(&server, folder.path(), "elin", "elin-i-provby").await;
    });
}

#[test]
fn what_is_asked_or_changed_beside_a_running_server_counts_at_once() {
    let Some(server) = Server::with_village() else { return };
    let folder = tempfile::tempdir().unwrap();
    local(async {
        let password = folder.path().join("password");
        std::fs::write(&password, "fyra ord i rad").unwrap();
        let from = ["--password-file", password.to_str().unwrap()];
        let add = ["user", "add", "berit", "--name", "Berit", "--roles", "caseworker"];
        server.command(&[&add[..], &from].concat());
        let berit = signed_in(&server, folder.path(), "berit", "fyra ord i rad").await;
        let elin = signed_in(&server, folder.path(), "elin", "elin-i-provby").await;

        let devices = server.command(&["device", "list"]);
        let hers = devices.lines().find(|line| line.contains("Surfplatta elin")).unwrap();
        server.command(&["device", "revoke", hers.split_whitespace().next().unwrap()]);
        server.command(&["user", "off", "berit"]);
        // Who sends something is told at once, and what they wrote stays; who is silent is told soon.
        new_case(&elin).await;
        for tablet in [&elin, &berit] {
            let out = || tablet.status().sign_in_needed && tablet.status().contact != Contact::Live;
            assert!(tablet.eventually(SYNC_MAX, out).await, "{:?}", tablet.status());
        }
        assert!(elin.status().waiting > 0);
        server.command(&["user", "on", "berit"]);
        berit.login("berit", "fyra ord i rad").await;
        berit.sync().await;
    });
    for command in [&["dump"][..], &["held", "list"]] {
        server.command(command);
    }
    let (_, said) = server.try_command(&["doctor"]);
    assert!(said.contains("the feed has"), "{said}");
}

async fn new_case(tablet: &Tablet) {
    let label = ankomst_shared::value::Value::text("Ny");
    tablet.act(ankomst_shared::app::Act::NewCase, &[("label", label)]).await;
}
