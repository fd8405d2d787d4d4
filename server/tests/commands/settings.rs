//! Settings that do not fit: all of it is told, by `check-config` and by a server that starts.

use super::ankomst;

#[test]
fn all_that_is_wrong_is_told_at_once_and_nothing_is_begun() {
    let dir = tempfile::tempdir().unwrap();
    let (settings, data) = (dir.path().join("ankomst.toml"), dir.path().join("data"));
    let text = "lissen = '127.0.0.1:1'\nbackup_hours = 'often'\nmaster_key_file = '/nowhere/key'\n\
                tls_cert = '/nowhere/cert'\nurl = 'example.org'\nsockets = 0";
    std::fs::write(&settings, text).unwrap();
    for command in ["check-config", "serve"] {
        let (fine, said) = ankomst(&data, &[command, "--config", settings.to_str().unwrap()]);
        assert!(!fine);
        for part in
            ["lissen", "backup_hours", "/nowhere/key", "without tls_key", "example.org", "sockets"]
        {
            assert!(said.contains(part), "{command} {part}: {said}");
        }
    }
    assert!(!data.exists());
}

#[test]
fn warnings_alone_are_no_failure() {
    let dir = tempfile::tempdir().unwrap();
    let (fine, said) = ankomst(dir.path(), &["check-config", "--listen", "0.0.0.0:8765"]);
    assert!(fine && said.contains("A server can start"), "{said}");
    assert!(said.contains("LOOK") && said.contains("tablets need https"), "{said}");
}
