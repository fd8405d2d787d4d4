//! Keys that do not lie in the data folder: handed in by systemd, a container, or a file of settings.

use std::path::Path;

use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::Tablet;
use ankomst_tests::tablet::device::local;

const KEYS: [&str; 4] = ["master", "server", "deposit", "session"];
const PASSWORD: &str = "fyra ord i rad";

/// Puts the four keys into a folder, each another.
fn put_keys(folder: &Path) {
    for (key, byte) in KEYS.iter().zip(1..) {
        std::fs::write(folder.join(key), [byte; 32]).unwrap();
    }
}

fn by_environment(server: &mut Server, folder: &Path) {
    for key in KEYS {
        let name = format!("ANKOMST_{}_KEY_FILE", key.to_uppercase());
        server.variable(&name, folder.join(key).to_str().unwrap());
    }
}

fn add_anna(server: &Server, folder: &Path) {
    let file = folder.join("password");
    std::fs::write(&file, format!("{PASSWORD}\r\n")).unwrap();
    let add = ["user", "add", "anna", "--name", "Anna", "--roles", "caseworker"];
    server.command(&[&add[..], &["--password-file", file.to_str().unwrap()]].concat());
}

#[test]
fn keys_from_elsewhere_are_found_by_every_command_and_never_copied_into_the_folder() {
    let Some(mut server) = Server::empty() else { return };
    let folder = tempfile::tempdir().unwrap();
    put_keys(folder.path());
    by_environment(&mut server, folder.path());
    add_anna(&server, folder.path());
    server.start();
    local(async {
        let tablet = Tablet::open(&folder.path().join("tablet"), &server.url()).await;
        tablet.login("anna", PASSWORD).await;
        tablet.sync().await;
    });
    let backup = folder.path().join("backup.db");
    let backup = backup.to_str().unwrap();
    server.command(&["backup", backup]);
    server.command(&["verify", backup]);
    let said = server.try_command(&["doctor"]).1;
    let master = folder.path().join("master");
    assert!(said.contains(&format!("{}:", master.display())), "{said}");
    server.stop();
    server.command(&["restore", backup]);
    for key in KEYS {
        assert!(!server.data().join(format!("{key}.key")).exists(), "{key}");
    }
    server.start();
    server.stop();

    server.without_variables();
    for command in ["doctor", "dump", "rebuild"] {
        let (fine, said) = server.try_command(&[command]);
        assert!(!fine && said.contains("master.key is gone"), "{command}: {said}");
    }
    let file = folder.path().join("ankomst.toml");
    let settings =
        KEYS.map(|key| format!("{key}_key_file = '{}'", folder.path().join(key).display()));
    std::fs::write(&file, settings.join("\n")).unwrap();
    for command in ["dump", "rebuild"] {
        server.command(&[command, "--config", file.to_str().unwrap()]);
    }
    server.command(&["verify", backup, "--config", file.to_str().unwrap()]);
}

#[test]
fn a_key_file_that_is_not_there_or_of_other_data_begins_and_changes_nothing() {
    let Some(mut server) = Server::empty() else { return };
    let folder = tempfile::tempdir().unwrap();
    by_environment(&mut server, folder.path());
    let (fine, said) = server.try_command(&["serve"]);
    assert!(
        !fine && said.contains("cannot be read") && said.contains("nothing was changed"),
        "{said}"
    );
    assert!(!server.data().join("log.db").exists());

    put_keys(folder.path());
    server.command(&["seed", "--pack", "sp-1", "--seed", "1"]);
    std::fs::write(folder.path().join("master"), [9; 32]).unwrap();
    for command in ["serve", "dump", "rebuild"] {
        let (fine, said) = server.try_command(&[command]);
        assert!(!fine && said.contains("not the one of these data"), "{command}: {said}");
    }
    put_keys(folder.path());
    assert!(!server.dump().is_empty());
}
