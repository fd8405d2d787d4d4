//! Which data folder a command works on, and how it opens it: beside a running server or alone.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, ensure};
use clap::Args;

use crate::app::App;
use crate::care::Lock;
use crate::config::{Given, Settings, settings};
use crate::key_files::{Key, KeyFiles};
use crate::storage::StorageError;
use crate::storage::sqlite::Schema;

/// Where the data and their keys are; what is not given comes from `ANKOMST_*` and the file.
#[derive(Args)]
pub(super) struct Place {
    /// Settings as TOML.
    #[arg(long, env = "ANKOMST_CONFIG")]
    pub(super) config: Option<PathBuf>,
    /// Data folder.
    #[arg(long)]
    pub(super) data: Option<PathBuf>,
}

/// A data folder, and which of its keys lie elsewhere.
pub(super) struct Folder {
    pub(super) path: PathBuf,
    pub(super) key_files: KeyFiles,
    /// MiB of a disk that pictures and other files leave free.
    files_free_mb: u32,
    /// The folder of scheduled backups: what is destroyed goes from there, too.
    backups: Option<PathBuf>,
}

impl Place {
    /// The folder as all sources of settings say.
    pub(super) fn folder(self) -> anyhow::Result<Folder> {
        let given = Given { data: self.data, ..Given::default() };
        let settings = settings(self.config.as_deref(), variables(), &given);
        Ok(Folder::of(&settings.context("reading the settings")?))
    }
}

/// The variables of the environment whose names and values are text.
pub(super) fn variables() -> BTreeMap<String, String> {
    let texts = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    std::env::vars_os().filter_map(texts).collect()
}

impl Folder {
    /// The folder of these settings.
    pub(super) fn of(settings: &Settings) -> Self {
        let (path, key_files) = (settings.data.clone(), settings.key_files());
        let backups = settings.backup.clone();
        Self { path, key_files, files_free_mb: settings.left_by_files_mb(), backups }
    }

    /// The master key.
    pub(super) fn master(&self) -> Result<[u8; 32], StorageError> {
        self.key_files.read(&self.path, Key::Master)
    }

    /// Opens a folder that is there, for a command that may run beside a server: it writes nothing that
    /// a server holds in memory, and waits its turn in the databases. Data of an older form are refused:
    /// a server of that form may be running.
    pub(super) async fn beside(&self) -> anyhow::Result<Arc<App>> {
        self.has_data()?;
        self.open(Schema::Expect).await
    }

    /// Makes sure that there are data, before anything is made by a slip of the pen.
    pub(super) fn has_data(&self) -> anyhow::Result<()> {
        ensure!(
            self.path.join("log.db").exists(),
            "there are no data in {}; give the data folder of a server",
            self.path.display()
        );
        Ok(())
    }

    /// Opens a folder for a command that may run beside a server; makes it if it is not there.
    pub(super) async fn beside_or_new(&self) -> anyhow::Result<Arc<App>> {
        if self.path.join("log.db").exists() {
            return self.open(Schema::Expect).await;
        }
        let (_lock, app) = self.alone().await?;
        Ok(app)
    }

    /// Opens a folder for a command that no server may run beside.
    pub(super) async fn alone(&self) -> anyhow::Result<(Lock, Arc<App>)> {
        let lock = Lock::take(&self.path)?;
        Ok((lock, self.open(Schema::Bring).await?))
    }

    async fn open(&self, schema: Schema) -> anyhow::Result<Arc<App>> {
        let binary = std::env::current_exe().context("finding this program")?;
        let app = App::open_with(&self.path, &self.key_files, schema, binary)
            .await
            .with_context(|| format!("opening the data folder {}", self.path.display()))?;
        app.files.leave_free(u64::from(self.files_free_mb) << 20);
        self.backups.iter().for_each(|folder| drop(app.backups.set(folder.clone())));
        Ok(app)
    }
}
