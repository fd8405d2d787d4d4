//! Settings: command line over `ANKOMST_*` environment over a TOML file over what is built in.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use config::{Config, Environment, File, FileFormat};
use serde::Deserialize;

/// Variables of this prefix that belong to the log or to the project's tools.
const NOT_SETTINGS: [&str; 6] = [
    "ANKOMST_LOG",
    "ANKOMST_BIN",
    "ANKOMST_TABLET",
    "ANKOMST_BROWSER",
    "ANKOMST_SCREENS",
    "ANKOMST_TRIAL_DRILL",
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
    /// MiB set aside on the disk of the data folder for when it is full; 0 for none.
    #[serde(default = "ballast_mb")]
    pub ballast_mb: u32,
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
    /// Holds settings against each other.
    fn checked(self) -> Result<Self, config::ConfigError> {
        let far = self.metrics.is_some_and(|address| !address.ip().is_loopback());
        if far && self.metrics_token_file.is_none() {
            let what = "`metrics` is an address that others reach: give metrics_token_file too, a \
                        file with the token they must send, or take an address of 127.0.0.1";
            return Err(config::ConfigError::Message(what.to_owned()));
        }
        Ok(self)
    }
}

const fn ballast_mb() -> u32 {
    32
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
    /// Address for metrics.
    pub metrics: Option<SocketAddr>,
}

/// Reads the settings from all sources; `variables` is the process's environment.
///
/// # Errors
/// When a source cannot be read, holds an unknown name, or a setting is missing or no such value.
pub fn settings(
    file: Option<&Path>,
    variables: BTreeMap<String, String>,
    given: &Given,
) -> Result<Settings, config::ConfigError> {
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
    builder
        .add_source(environment)
        .set_override_option("data", given.data.as_ref().map(text))?
        .set_override_option("listen", given.listen.map(|listen| listen.to_string()))?
        .set_override_option("app", given.app.as_ref().map(text))?
        .set_override_option("backup", given.backup.as_ref().map(text))?
        .set_override_option("metrics", given.metrics.map(|listen| listen.to_string()))?
        .build()?
        .try_deserialize::<Settings>()?
        .checked()
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
