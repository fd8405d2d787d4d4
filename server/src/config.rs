//! Settings: command line over `ANKOMST_*` environment over a TOML file over what is built in.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use config::{Config, ConfigError, Environment, File, FileFormat, Map, Value};
use serde::Deserialize;

use crate::key_files::KeyFiles;
use crate::tls::Pair;

/// Variables of this prefix that belong to the log, to one command or to the project's tools.
const NOT_SETTINGS: [&str; 13] = [
    "ANKOMST_CONFIG",
    "ANKOMST_LOG",
    "ANKOMST_PASSWORD_FILE",
    "ANKOMST_BIN",
    "ANKOMST_TABLET",
    "ANKOMST_AXE",
    "ANKOMST_BROWSER",
    "ANKOMST_KILLS",
    "ANKOMST_BACKUPS",
    "ANKOMST_FLOOD_S",
    "ANKOMST_SCREENS",
    "ANKOMST_TRIAL_DRILL",
    "ANKOMST_SYNC_DRILL",
];
/// Where it listens if nothing says otherwise.
const LISTEN: &str = "127.0.0.1:8765";

/// How a server runs. An unknown name is refused, so that a slip of the pen is not silently ignored.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Data folder.
    pub data: PathBuf,
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Folder of the app's files.
    pub app: Option<PathBuf>,
    /// Folder for backups; without it none are made, and tablets are told so.
    pub backup: Option<PathBuf>,
    /// Hours between two backups.
    #[serde(default = "every_hours")]
    pub backup_hours: u32,
    /// How many backups are kept.
    #[serde(default = "keep")]
    pub backup_keep: usize,
    /// Certificate and chain, PEM; needs `tls_key`.
    pub tls_cert: Option<PathBuf>,
    /// Key of the certificate, PEM.
    pub tls_key: Option<PathBuf>,
    /// A proxy that ends TLS stands before it; what that says about requests is believed.
    #[serde(default)]
    pub behind_proxy: bool,
    /// Address people open, such as `https://ankomst.example.org`; the first link names it.
    pub url: Option<String>,
    /// File of the master key, if it does not lie in the data folder.
    pub master_key_file: Option<PathBuf>,
    /// File of the key that signs enrolments, likewise.
    pub server_key_file: Option<PathBuf>,
    /// File of the key that opens deposits, likewise.
    pub deposit_key_file: Option<PathBuf>,
    /// File of the key that signs session tokens, likewise.
    pub session_key_file: Option<PathBuf>,
    /// MiB set aside on the disk of the data folder for when it is full; 0 for none.
    #[serde(default = "ballast_mb")]
    pub ballast_mb: u32,
    /// MiB of a disk that pictures and other files leave to what is written, if that is more than
    /// [`Self::left_by_files_mb`] needs.
    #[serde(default = "files_free_mb")]
    pub files_free_mb: u32,
    /// Live sockets at one time, if not as many as usual.
    pub sockets: Option<NonZeroUsize>,
    /// Address on which metrics are told; without it they are not.
    pub metrics: Option<SocketAddr>,
    /// File with the token that asking for metrics takes.
    pub metrics_token_file: Option<PathBuf>,
    /// How it tells what it does; without it as text on a terminal and as JSON elsewhere.
    pub log_format: Option<LogFormat>,
}

/// How a server tells what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

impl Settings {
    /// The keys that lie outside the data folder.
    #[must_use]
    pub fn key_files(&self) -> KeyFiles {
        KeyFiles {
            master: self.master_key_file.clone(),
            server: self.server_key_file.clone(),
            deposit: self.deposit_key_file.clone(),
            session: self.session_key_file.clone(),
        }
    }

    /// MiB of a disk that pictures and other files leave: never so few that they make the server give the ballast up.
    #[must_use]
    pub const fn left_by_files_mb(&self) -> u32 {
        let least = self.ballast_mb.saturating_mul(BALLASTS_FREE);
        if self.files_free_mb > least { self.files_free_mb } else { least }
    }

    /// Certificate and key, if it speaks TLS itself.
    ///
    /// # Errors
    /// When only one of the two is given; says what to do.
    pub fn pair(&self) -> Result<Option<Pair>, &'static str> {
        match (&self.tls_cert, &self.tls_key) {
            (Some(certificate), Some(key)) => {
                Ok(Some(Pair { certificate: certificate.clone(), key: key.clone() }))
            }
            (None, None) => Ok(None),
            (Some(_), None) => Err("tls_cert is given without tls_key; TLS needs both"),
            (None, Some(_)) => Err("tls_key is given without tls_cert; TLS needs both"),
        }
    }

    /// What does not go together.
    fn clash(&self) -> Option<&'static str> {
        let far = self.metrics.is_some_and(|address| !address.ip().is_loopback());
        (far && self.metrics_token_file.is_none()).then_some(
            "`metrics` is an address that others reach: give metrics_token_file too, a file with the \
             token they must send, or take an address of 127.0.0.1",
        )
    }
}

/// So many times the ballast stays free beside files.
const BALLASTS_FREE: u32 = 3;

const fn ballast_mb() -> u32 {
    32
}

const fn files_free_mb() -> u32 {
    1_024
}

const fn every_hours() -> u32 {
    24
}

const fn keep() -> usize {
    30
}

/// What the command line says; `None` leaves it to the other sources.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// Data folder.
    pub data: Option<PathBuf>,
    /// Address to listen on.
    pub listen: Option<SocketAddr>,
    /// Folder of the app's files.
    pub app: Option<PathBuf>,
    /// Folder for backups.
    pub backup: Option<PathBuf>,
    /// Certificate.
    pub tls_cert: Option<PathBuf>,
    /// Its key.
    pub tls_key: Option<PathBuf>,
    /// A proxy stands before it.
    pub behind_proxy: bool,
    /// Address people open.
    pub url: Option<String>,
    /// Address for metrics.
    pub metrics: Option<SocketAddr>,
}

/// What is wrong with the settings, one line each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(pub Vec<String>);

impl core::fmt::Display for Faults {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl core::error::Error for Faults {}

/// Reads the settings from all sources; `variables` is the process's environment.
///
/// # Errors
/// When a source cannot be read, holds an unknown name, or a setting is missing or no such value: all of
/// it.
pub fn settings(
    file: Option<&Path>,
    variables: BTreeMap<String, String>,
    given: &Given,
) -> Result<Settings, Faults> {
    match read(file, variables, given) {
        (Some(settings), faults) if faults.is_empty() => Ok(settings),
        (_, faults) => Err(Faults(faults)),
    }
}

/// Reads what can be read, and tells everything that is wrong. Without a data folder there are no
/// settings.
#[must_use]
pub fn read(
    file: Option<&Path>,
    variables: BTreeMap<String, String>,
    given: &Given,
) -> (Option<Settings>, Vec<String>) {
    let mut faults = Vec::new();
    let mut names = match all(file, variables.clone(), given) {
        Ok(names) => names,
        Err(error) => {
            faults.push(error.to_string());
            all(None, variables, given).unwrap_or_default()
        }
    };
    names.retain(|name, value| match alone(name, value) {
        Ok(()) => true,
        Err(error) => {
            faults.push(format!("{}{error}", whence(name, value)));
            false
        }
    });
    if !names.contains_key("data") {
        faults.push(
            "no data folder: give --data, ANKOMST_DATA or `data` in the file of settings"
                .to_owned(),
        );
        return (None, faults);
    }
    match together(names) {
        Ok(settings) => {
            faults.extend(settings.clash().map(str::to_owned));
            (Some(settings), faults)
        }
        Err(error) => {
            faults.push(error.to_string());
            (None, faults)
        }
    }
}

/// Every name that any source sets, with the value that rules.
fn all(
    file: Option<&Path>,
    variables: BTreeMap<String, String>,
    given: &Given,
) -> Result<BTreeMap<String, Value>, ConfigError> {
    let ours = variables.into_iter().filter(|(name, _)| !NOT_SETTINGS.contains(&name.as_str()));
    let environment = Environment::with_prefix("ANKOMST")
        .prefix_separator("_")
        .ignore_empty(true)
        .source(Some(ours.collect()));
    let text = |path: &PathBuf| path.to_string_lossy().into_owned();
    let mut builder = Config::builder().set_default("listen", LISTEN)?;
    if let Some(file) = file {
        builder = builder.add_source(File::from(file).format(FileFormat::Toml));
    }
    let config = builder
        .add_source(environment)
        .set_override_option("data", given.data.as_ref().map(text))?
        .set_override_option("listen", given.listen.map(|listen| listen.to_string()))?
        .set_override_option("app", given.app.as_ref().map(text))?
        .set_override_option("backup", given.backup.as_ref().map(text))?
        .set_override_option("metrics", given.metrics.map(|listen| listen.to_string()))?
        .set_override_option("tls_cert", given.tls_cert.as_ref().map(text))?
        .set_override_option("tls_key", given.tls_key.as_ref().map(text))?
        .set_override_option("behind_proxy", given.behind_proxy.then_some(true))?
        .set_override_option("url", given.url.clone())?
        .build()?;
    // Values keep where they come from only there.
    Ok(config.cache.into_table()?.into_iter().collect())
}

/// Whether one name is a setting and its value fits.
fn alone(name: &str, value: &Value) -> Result<(), ConfigError> {
    let mut names = BTreeMap::from([
        ("data".to_owned(), Value::from("/")),
        ("listen".to_owned(), Value::from(LISTEN)),
    ]);
    names.insert(name.to_owned(), value.clone());
    together(names).map(drop)
}

fn together(names: BTreeMap<String, Value>) -> Result<Settings, ConfigError> {
    Settings::deserialize(Value::from(names.into_iter().collect::<Map<_, _>>()))
}

/// The source a value comes from, as far as that is known.
fn whence(name: &str, value: &Value) -> String {
    value.origin().map_or_else(|| format!("{name}: "), |origin| format!("{name} in {origin}: "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn each_source_rules_over_the_one_below() {
        let file = file("data = '/srv/file'\nlisten = '127.0.0.1:1'\napp = '/srv/app'");
        let from = variables(&[("ANKOMST_LISTEN", "127.0.0.1:2"), ("ANKOMST_DATA", "/srv/env")]);
        let given = Given { data: Some("/srv/given".into()), ..Given::default() };
        let settings = settings(Some(file.path()), from, &given).unwrap();
        assert_eq!(settings.data, Path::new("/srv/given"));
        assert_eq!(settings.listen.port(), 2);
        assert_eq!(settings.app.as_deref(), Some(Path::new("/srv/app")));
        assert!(!settings.behind_proxy, "no proxy is believed unless it was declared");
    }

    #[test]
    fn metrics_that_others_reach_need_a_token() {
        let read = |address: &str, token: &str| {
            let pairs = [("ANKOMST_DATA", "/srv"), ("ANKOMST_METRICS", address)];
            let from = variables(&[pairs[0], pairs[1], ("ANKOMST_METRICS_TOKEN_FILE", token)]);
            settings(None, from, &Given::default())
        };
        assert!(read("127.0.0.1:9100", "").unwrap().metrics_token_file.is_none());
        assert!(read("[::1]:9100", "").is_ok());
        let error = read("0.0.0.0:9100", "").unwrap_err().to_string();
        assert!(error.contains("metrics_token_file"), "{error}");
        assert!(read("0.0.0.0:9100", "/run/token").is_ok());
    }

    #[test]
    fn a_mistyped_name_is_refused_and_the_known_ones_are_named() {
        let file = file("data = '/srv'\nlissen = '127.0.0.1:1'");
        let error = settings(Some(file.path()), BTreeMap::new(), &Given::default()).unwrap_err();
        assert!(error.to_string().contains("lissen") && error.to_string().contains("listen"));
        let from = variables(&[("ANKOMST_DATA", "/srv"), ("ANKOMST_LISSEN", "127.0.0.1:1")]);
        assert!(settings(None, from, &Given::default()).is_err());
    }

    #[test]
    fn all_slips_of_the_pen_are_told_at_once_with_where_they_stand() {
        let file =
            file("lissen = '127.0.0.1:1'\nbackup_hours = 'often'\nurl = 'https://a.example.org'");
        let from = variables(&[("ANKOMST_DATTA", "/srv"), ("ANKOMST_LISTEN", "nowhere")]);
        let (settings, faults) = read(Some(file.path()), from, &Given::default());
        assert!(settings.is_none());
        for part in ["lissen in ", "backup_hours in ", "datta in ", "listen in ", "no data folder"]
        {
            assert!(faults.iter().any(|fault| fault.starts_with(part)), "{part}: {faults:#?}");
        }
        assert_eq!(faults.len(), 5, "{faults:#?}");
        let (settings, faults) = read(
            Some(Path::new("/nowhere/ankomst.toml")),
            variables(&[("ANKOMST_DATA", "/srv"), ("ANKOMST_KEEP", "3")]),
            &Given::default(),
        );
        assert_eq!(settings.unwrap().data, Path::new("/srv"));
        assert!(faults.len() == 2 && faults[0].contains("/nowhere/ankomst.toml"), "{faults:#?}");
    }

    #[test]
    fn a_certificate_needs_its_key_and_a_key_its_certificate() {
        let read = |text: &str| {
            let file = file(&format!("data = '/srv'\n{text}"));
            settings(Some(file.path()), BTreeMap::new(), &Given::default()).unwrap().pair()
        };
        assert_eq!(read(""), Ok(None));
        let both = read("tls_cert = '/c'\ntls_key = '/k'").unwrap().unwrap();
        assert_eq!(
            (both.certificate.as_path(), both.key.as_path()),
            (Path::new("/c"), Path::new("/k"))
        );
        assert!(read("tls_cert = '/c'").unwrap_err().contains("without tls_key"));
        assert!(read("tls_key = '/k'").unwrap_err().contains("without tls_cert"));
    }

    #[test]
    fn other_peoples_variables_do_not_matter_and_a_data_folder_does() {
        let from = variables(&[
            ("ANKOMST_LOG", "debug"),
            ("ANKOMST_TRIAL_DRILL", "1"),
            ("HOME", "/root"),
            ("PATH", "/bin"),
        ]);
        assert!(settings(None, from.clone(), &Given::default()).is_err());
        let given = Given { data: Some("/srv".into()), ..Given::default() };
        assert_eq!(settings(None, from, &given).unwrap().listen.to_string(), LISTEN);
    }
}
