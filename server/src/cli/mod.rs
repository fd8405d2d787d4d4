//! The commands of `ankomst`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "commands talk to a person")]

mod dump;
mod logs;
mod people;
mod plant;
mod safety;
mod stop;

use core::time::Duration;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::{Parser, Subcommand};

use crate::app::App;
use crate::care::Schedule;
use crate::config::{Given, LogFormat, Settings, settings};
use crate::{care, http, limits, projector, sync, trial};

#[derive(Parser)]
#[command(
    name = "ankomst",
    version,
    about = "The field book for people who receive refugees: the server"
)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves tablets and desks.
    Serve {
        #[command(flatten)]
        how: How,
        /// Print `listening on …` once it listens.
        #[arg(long)]
        print_address: bool,
    },
    /// Fills an empty data folder with made-up people: a dataset of a size, or a small story pack.
    Seed(plant::SeedArgs),
    /// Prints every change with its state and what it sets, one JSON object a line.
    Dump {
        /// Data folder.
        #[arg(long)]
        data: PathBuf,
    },
    /// Makes all rows anew from the log.
    Rebuild {
        /// Data folder.
        #[arg(long)]
        data: PathBuf,
    },
    /// Copies log and document keys to FILE and FILE.keys, also while the server runs, and reads the
    /// copies whole.
    Backup {
        /// Data folder.
        #[arg(long)]
        data: PathBuf,
        /// New file.
        file: PathBuf,
    },
    /// Reads a backup whole without putting it anywhere.
    Verify {
        /// Data folder; for its master key.
        #[arg(long)]
        data: PathBuf,
        /// The backup.
        file: PathBuf,
    },
    /// Puts a backup in the place of the log; what was there is kept beside it. Tablets then bring
    /// what the backup lacks.
    Restore {
        /// Data folder, with its master key.
        #[arg(long)]
        data: PathBuf,
        /// The backup.
        file: PathBuf,
    },
    /// Looks at a data folder and says what is not as it should be, and what to do.
    Doctor {
        /// Data folder.
        #[arg(long)]
        data: PathBuf,
    },
    /// Reads the settings as `serve` would and prints them.
    CheckConfig {
        #[command(flatten)]
        how: How,
    },
    /// Accounts.
    #[command(subcommand)]
    User(people::UserCommand),
    /// Enrolled devices.
    #[command(subcommand)]
    Device(people::DeviceCommand),
    /// Changes that wait for a person.
    #[command(subcommand)]
    Held(people::HeldCommand),
    /// Tries changes that arrive on standard input; started by `serve` itself.
    #[command(hide = true)]
    Trial,
}

/// How to serve; what is not given comes from `ANKOMST_*` and the file.
#[derive(clap::Args)]
struct How {
    /// Settings as TOML: data, listen, app.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Data folder; made if missing.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Address to listen on. Off loopback a TLS proxy must stand before it.
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// Folder of the app's files.
    #[arg(long)]
    app: Option<PathBuf>,
    /// Folder for backups, better on another disk; one a day is made, read whole, and 30 are kept.
    #[arg(long)]
    backup: Option<PathBuf>,
    /// Address on which metrics are told, such as 127.0.0.1:9100; without it they are not.
    #[arg(long)]
    metrics: Option<SocketAddr>,
}

impl How {
    fn settings(self) -> anyhow::Result<Settings> {
        let given = Given {
            data: self.data,
            listen: self.listen,
            app: self.app,
            backup: self.backup,
            metrics: self.metrics,
        };
        let variables = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        settings(self.config.as_deref(), variables, &given).context("reading the settings")
    }
}

/// Runs the command line.
#[must_use]
pub fn main() -> ExitCode {
    let args = Args::parse();
    if matches!(args.command, Command::Trial) {
        return trial::child::run();
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("ankomst could not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = match runtime.block_on(run(args.command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            logs::ends(&error);
            ExitCode::FAILURE
        }
    };
    // A backup that is being made is not waited for; its next one sweeps what it left.
    runtime.shutdown_timeout(Duration::from_secs(1));
    outcome
}

async fn run(command: Command) -> anyhow::Result<()> {
    if !matches!(command, Command::Serve { .. }) {
        // People run commands; their outcome is not for a log.
        logs::start(Some(LogFormat::Text));
    }
    match command {
        Command::Serve { how, print_address } => {
            let settings = how.settings()?;
            logs::start(settings.log_format);
            let _lock = care::Lock::take(&settings.data)?;
            serve(open(&settings.data).await?, settings, print_address).await
        }
        Command::CheckConfig { how } => {
            println!("{:#?}", how.settings()?);
            Ok(())
        }
        Command::Seed(args) => plant::run(args).await,
        Command::Dump { data } => dump::run(&*open(&data).await?),
        Command::Rebuild { data } => {
            println!("{} rows", projector::rebuild(&*open(&data).await?)?);
            Ok(())
        }
        Command::Backup { data, file } => safety::backup(&data, &file).await,
        Command::Verify { data, file } => safety::verify(&data, &file),
        Command::Restore { data, file } => safety::restore(&data, &file).await,
        Command::Doctor { data } => safety::doctor(&data).await,
        Command::User(command) => people::user(command).await,
        Command::Device(command) => people::device(command).await,
        Command::Held(command) => people::held(command).await,
        Command::Trial => Ok(()),
    }
}

async fn open(data: &Path) -> anyhow::Result<Arc<App>> {
    let binary = std::env::current_exe().context("finding this program")?;
    App::open(data, binary)
        .await
        .with_context(|| format!("opening the data folder {}", data.display()))
}

/// Begins to tell metrics on an address of their own.
async fn tell_metrics(
    app: &Arc<App>,
    address: SocketAddr,
    token: Option<&Path>,
) -> anyhow::Result<()> {
    let token = token.map(|file| {
        std::fs::read_to_string(file)
            .with_context(|| format!("reading the token of metrics in {}", file.display()))
    });
    let token = token.transpose()?;
    let token = token.as_deref().map(str::trim);
    anyhow::ensure!(token != Some(""), "the file of metrics_token_file is empty");
    let watched = http::metrics::Watched::new(Arc::clone(app), token);
    let begun = http::metrics::begin(watched, address).await;
    begun.with_context(|| format!("listening on {address} for metrics"))
}

async fn serve(app: Arc<App>, settings: Settings, print_address: bool) -> anyhow::Result<()> {
    let Settings { listen, app: files, .. } = settings;
    if app.rows_are_new {
        projector::rebuild(&app)?;
    }
    // Many systems begin with 1,024; what they allow is enough where this is refused.
    drop(rlimit::increase_nofile_limit(limits::OPEN_FILES));
    app.ballast.set_aside(u64::from(settings.ballast_mb) << 20)?;
    tokio::spawn(care::watch_disk(Arc::clone(&app)));
    if let Some(address) = settings.metrics {
        tell_metrics(&app, address, settings.metrics_token_file.as_deref()).await?;
    }
    if let Some(folder) = settings.backup {
        let (every_hours, keep) = (settings.backup_hours.max(1), settings.backup_keep);
        tokio::spawn(care::run(Arc::clone(&app), Schedule { folder, every_hours, keep }));
    }
    let feed = tokio::spawn(sync::feed::run(Arc::clone(&app)));
    stop::hear(app.stopping.clone()).context("listening for the signal to stop")?;
    http::serve::serve(Arc::clone(&app), files, listen, |address| {
        if print_address {
            println!("listening on http://localhost:{}", address.port());
        }
        tracing::info!(%address, "Ankomst listens.");
    })
    .await
    .with_context(|| format!("listening on {listen}"))?;
    drop(feed.await);
    stop::settle(&app).await;
    Ok(())
}
