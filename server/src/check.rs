//! What is wrong or worth a look in the settings and in what they point to, all of it at once. Nothing
//! is made or changed; a file that tries whether a folder can be written is removed again.

use std::fs::Metadata;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use jiff::Timestamp;

use crate::config::Settings;
use crate::key_files::{self, Key};
use crate::tls::shown::SOON;

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Whether a server cannot start with it.
    pub stops: bool,
    /// What it is.
    pub what: String,
    /// What to do.
    pub how: &'static str,
}

fn stops(what: impl Into<String>, how: &'static str) -> Finding {
    Finding { stops: true, what: what.into(), how }
}

fn warns(what: impl Into<String>, how: &'static str) -> Finding {
    Finding { stops: false, what: what.into(), how }
}

/// Looks at everything the settings name.
#[must_use]
pub fn look(settings: &Settings, now: Timestamp) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(data(&settings.data));
    found.extend(Key::ALL.into_iter().filter_map(|key| key_file(settings, key)));
    found.extend(app(settings.app.as_deref()));
    found.extend(backup(settings));
    found.extend(certificate(settings, now));
    found.extend(way(settings));
    found.extend(url(settings.url.as_deref()));
    found
}

fn data(folder: &Path) -> Option<Finding> {
    let how = "make it a folder that the server's user may write to";
    writable(folder).err().map(|error| {
        stops(format!("the data folder {} cannot be used: {error}", folder.display()), how)
    })
}

fn key_file(settings: &Settings, key: Key) -> Option<Finding> {
    let files = settings.key_files();
    let file = files.elsewhere(key)?;
    if let Err(error) = key_files::read(file) {
        return Some(stops(
            error.to_string(),
            "give a file of 32 bytes, or leave the setting away",
        ));
    }
    let is_open = file.metadata().is_ok_and(|data| data.permissions().mode() & 0o007 != 0);
    let what = format!("everybody on this machine may read {}", file.display());
    is_open.then(|| warns(what, "chmod 400"))
}

fn app(folder: Option<&Path>) -> Option<Finding> {
    let Some(folder) = folder else {
        let how = "set `app` to the folder of the app's files";
        return Some(warns("only the API is served: no folder of the app is set", how));
    };
    let page = folder.join("index.html");
    let error = std::fs::File::open(&page).err()?;
    let what = format!("{} cannot be read: {error}", page.display());
    Some(stops(what, "set `app` to the folder that holds the app's files"))
}

fn backup(settings: &Settings) -> Option<Finding> {
    let Some(folder) = &settings.backup else {
        let how = "set `backup` to a folder on another disk";
        return Some(warns("no backups are made by the server", how));
    };
    if let Err(error) = writable(folder) {
        let what = format!("the backup folder {} cannot be used: {error}", folder.display());
        return Some(stops(what, "make it a folder that the server's user may write to"));
    }
    let device = |path: &Path| there(path).map(|(_, data)| data.dev());
    let what = format!("the backup folder {} is on the same disk as the data", folder.display());
    (device(folder) == device(&settings.data))
        .then(|| warns(what, "put it on another disk: one that fails takes both"))
}

fn certificate(settings: &Settings, now: Timestamp) -> Option<Finding> {
    let how = "give the certificate with its chain and its own key, both PEM";
    let pair = match settings.pair() {
        Ok(pair) => pair?,
        Err(error) => return Some(stops(error, "set both, or neither")),
    };
    let dates = match pair.read(now) {
        Ok(certificate) => certificate.dates?,
        Err(error) => return Some(stops(error.to_string(), how)),
    };
    if now < dates.from {
        let what = format!("the certificate counts only from {}", dates.from);
        return Some(warns(what, "look at the clock of this machine, or wait"));
    }
    let what = format!("the certificate ends on {}", dates.until);
    (dates.until.duration_since(now) < SOON).then(|| {
        warns(what, "put a new one in the place of the files; it is taken without a restart")
    })
}

fn way(settings: &Settings) -> Option<Finding> {
    let is_bare = settings.tls_cert.is_none() && !settings.behind_proxy;
    let what = format!("{} can be reached from elsewhere, but not by https", settings.listen);
    let how = "set `tls_cert` and `tls_key`, or `behind_proxy` if a TLS proxy stands before it; tablets need https";
    (is_bare && !settings.listen.ip().is_loopback()).then(|| warns(what, how))
}

fn url(url: Option<&str>) -> Option<Finding> {
    let url = url?;
    let host = url.strip_prefix("https://").or(url.strip_prefix("http://"));
    let fits = host.is_some_and(|host| {
        !host.trim_end_matches('/').is_empty() && !host.contains([' ', '#', '?'])
    });
    let what = format!("`url` is {url}, which is no address that people can open");
    (!fits).then(|| stops(what, "give it as https://ankomst.example.org"))
}

/// The nearest of a path and the folders it lies in that is there.
fn there(path: &Path) -> Option<(&Path, Metadata)> {
    path.ancestors().find_map(|path| {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        Some((path, path.metadata().ok()?))
    })
}

/// Tries whether a folder can be written to, or made where it is to be.
fn writable(folder: &Path) -> std::io::Result<()> {
    let nowhere = || std::io::Error::from(std::io::ErrorKind::NotFound);
    let (path, data) = there(folder).ok_or_else(nowhere)?;
    if !data.is_dir() {
        return Err(std::io::ErrorKind::NotADirectory.into());
    }
    let probe = path.join(format!(".ankomst-check-{}", std::process::id()));
    std::fs::OpenOptions::new().write(true).create_new(true).open(&probe)?;
    std::fs::remove_file(probe)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Given, settings};

    fn now() -> Timestamp {
        "2026-11-22T14:05:00Z".parse().unwrap()
    }

    /// What is found with these settings in a folder: `!` before what stops a server.
    fn found(folder: &Path, text: &str) -> Vec<String> {
        let text = text.replace("DIR", &folder.display().to_string());
        let file = folder.join("ankomst.toml");
        std::fs::write(&file, format!("data = '{}/data'\n{text}", folder.display())).unwrap();
        let settings = settings(Some(&file), std::collections::BTreeMap::new(), &Given::default());
        let mark = |one: Finding| format!("{}{}", if one.stops { "!" } else { "" }, one.what);
        look(&settings.unwrap(), now()).into_iter().map(mark).collect()
    }

    fn certificate_until(folder: &Path, (year, month, day): (i32, u8, u8)) {
        let mut how = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        how.not_before = rcgen::date_time_ymd(2020, 1, 1);
        how.not_after = rcgen::date_time_ymd(year, month, day);
        let key = rcgen::KeyPair::generate().unwrap();
        std::fs::write(folder.join("cert"), how.self_signed(&key).unwrap().pem()).unwrap();
        std::fs::write(folder.join("key"), key.serialize_pem()).unwrap();
    }

    #[test]
    fn a_good_set_of_settings_has_nothing_but_the_disk_it_shares() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("index.html"), "").unwrap();
        certificate_until(dir.path(), (2040, 1, 1));
        let text = "app = 'DIR'\nbackup = 'DIR/backup'\nlisten = '0.0.0.0:8765'\n\
                    tls_cert = 'DIR/cert'\ntls_key = 'DIR/key'\nurl = 'https://ankomst.example.org'";
        let found = found(dir.path(), text);
        assert!(found.len() == 1 && found[0].contains("on the same disk as the data"), "{found:?}");
        assert!(!dir.path().join("data").exists() && !dir.path().join("backup").exists());
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("data"), "a file").unwrap();
        std::fs::write(dir.path().join("short"), "short").unwrap();
        certificate_until(dir.path(), (2021, 1, 1));
        let text = "app = 'DIR/nowhere'\nbackup = 'DIR/data/backup'\nmaster_key_file = 'DIR/short'\n\
                    server_key_file = 'DIR/none'\ntls_cert = 'DIR/cert'\ntls_key = 'DIR/key'\n\
                    url = 'ankomst.example.org'";
        let found = found(dir.path(), text);
        let parts = [
            "!the data folder",
            "short does not hold a key",
            "none cannot be read",
            "index.html cannot be read",
            "!the backup folder",
            "ended on 2021-01-01",
            "no address that people can open",
        ];
        assert_eq!(found.len(), parts.len(), "{found:#?}");
        for (one, part) in found.iter().zip(parts) {
            assert!(one.starts_with('!') && one.contains(part), "{part}: {one}");
        }
    }

    #[test]
    fn what_is_worth_a_look_does_not_stop_a_server() {
        let dir = tempfile::tempdir().unwrap();
        certificate_until(dir.path(), (2026, 12, 20));
        std::fs::write(dir.path().join("open"), [1; 32]).unwrap();
        let mode = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(dir.path().join("open"), mode).unwrap();
        let text = "tls_cert = 'DIR/cert'\ntls_key = 'DIR/key'\nmaster_key_file = 'DIR/open'";
        let soon = found(dir.path(), text);
        let bare = found(dir.path(), "listen = '0.0.0.0:1'");
        assert!(soon.iter().chain(&bare).all(|one| !one.starts_with('!')), "{soon:?} {bare:?}");
        let has = |found: &[String], part: &str| found.iter().any(|one| one.contains(part));
        assert!(
            has(&soon, "ends on 2026-12-20") && has(&soon, "everybody on this machine"),
            "{soon:?}"
        );
        assert!(has(&bare, "not by https") && has(&bare, "no backups"), "{bare:?}");
        assert!(!has(&found(dir.path(), "listen = '0.0.0.0:1'\nbehind_proxy = true"), "https"));
    }

    #[test]
    fn half_of_a_pair_is_told() {
        let dir = tempfile::tempdir().unwrap();
        assert!(
            found(dir.path(), "tls_key = 'DIR/key'")
                .iter()
                .any(|one| one.contains("without tls_cert"))
        );
    }
}
