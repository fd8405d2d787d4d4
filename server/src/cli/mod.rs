//! The commands of `ankomst`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "commands talk to a person")]

mod dump;
mod first;
mod looked;
mod people;
mod place;
mod plant;
mod safety;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::{Parser, Subcommand};
use jiff::Timestamp;

use crate::app::App;
use crate::care::Schedule;
use crate::cli::place::{Folder, Place, variables};
use crate::config::{self, Given, Settings};
use crate::http::serve::Edge;
use crate::tls::Shown;
use crate::{accounts, care, http, projector, sync, trial};

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
    Dump(Place),
    /// Makes all rows anew from the log.
    Rebuild(Place),
    /// Copies log and document keys to FILE and FILE.keys, also while the server runs, and reads the
    /// copies whole.
    Backup {
        #[command(flatten)]
        place: Place,
        /// New file.
        file: PathBuf,
    },
    /// Reads a backup whole without putting it anywhere.
    Verify {
        #[command(flatten)]
        place: Place,
        /// The backup.
        file: PathBuf,
    },
    /// Puts a backup in the place of the log; what was there is kept beside it. Tablets then bring
    /// what the backup lacks.
    Restore {
        #[command(flatten)]
        place: Place,
        /// The backup.
        file: PathBuf,
    },
    /// Takes in the safety copy of a tablet that cannot send: what the server lacks goes through the same
    /// checks as what a tablet sends. Twice is harmless.
    TakeIn {
        #[command(flatten)]
        place: Place,
        /// The safety copy.
        file: PathBuf,
    },
    /// Looks at a data folder and says what is not as it should be, and what to do.
    Doctor(Place),
    /// Reads the settings as `serve` would, prints them, and says all that is wrong with them and with
    /// what they name. Ends with 1 if a server could not start.
    CheckConfig {
        #[command(flatten)]
        how: How,
    },
    /// Brings the data to the form this version needs, as `serve` does at its start; says from which
    /// form to which. Stop the server first.
    Migrate(Place),
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
    #[command(flatten)]
    place: Place,
    /// Address to listen on. Off loopback it needs a certificate, or a TLS proxy before it.
    #[arg(long)]
    listen: Option<SocketAddr>,
    /// Folder of the app's files.
    #[arg(long)]
    app: Option<PathBuf>,
    /// Folder for backups, better on another disk; one a day is made, read whole, and 30 are kept.
    #[arg(long)]
    backup: Option<PathBuf>,
    /// Certificate with its chain, PEM; read anew when it changes. Needs --tls-key.
    #[arg(long)]
    tls_cert: Option<PathBuf>,
    /// Key of the certificate, PEM.
    #[arg(long)]
    tls_key: Option<PathBuf>,
    /// A proxy that ends TLS stands before it, on this machine or a private network, and passes on
    /// Host and X-Forwarded-Proto.
    #[arg(long)]
    behind_proxy: bool,
    /// Address people open, such as <https://ankomst.example.org>; for the link to the first account.
    #[arg(long)]
    url: Option<String>,
}

impl How {
    /// Everything that is given, and what is wrong with it.
    fn read(self) -> (Option<Settings>, Vec<String>) {
        let given = Given {
            data: self.place.data,
            listen: self.listen,
            app: self.app,
            backup: self.backup,
            tls_cert: self.tls_cert,
            tls_key: self.tls_key,
            behind_proxy: self.behind_proxy,
            url: self.url,
        };
        config::read(self.place.config.as_deref(), variables(), &given)
    }
}

/// Runs the command line.
#[must_use]
pub fn main() -> ExitCode {
    let args = Args::parse();
    if matches!(args.command, Command::Trial) {
        return trial::child::run();
    }
    let filter = tracing_subscriber::EnvFilter::try_from_env("ANKOMST_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info,refinery_core=warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("ankomst could not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(args.command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ankomst: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Serve { how, print_address } => {
            let settings = looked::at_start(how.read())?;
            let certificate = certificate(&settings)?;
            let (_lock, app) = Folder::of(&settings).alone().await?;
            serve(app, settings, certificate, print_address).await
        }
        Command::CheckConfig { how } => looked::check_config(&how.read()),
        Command::Seed(args) => plant::run(args).await,
        Command::Dump(place) => dump::run(&*place.folder()?.beside().await?),
        Command::Rebuild(place) => {
            let folder = place.folder()?;
            folder.has_data()?;
            let (_lock, app) = folder.alone().await?;
            println!("{} rows", projector::rebuild(&app)?);
            Ok(())
        }
        Command::Backup { place, file } => safety::backup(&place.folder()?, &file).await,
        Command::Verify { place, file } => safety::verify(&place.folder()?, &file),
        Command::Restore { place, file } => safety::restore(&place.folder()?, &file).await,
        Command::TakeIn { place, file } => safety::take_in(&place.folder()?, &file).await,
        Command::Doctor(place) => safety::doctor(&place.folder()?).await,
        Command::Migrate(place) => safety::migrate(&place.folder()?),
        Command::User(command) => people::user(command).await,
        Command::Device(command) => people::device(command).await,
        Command::Held(command) => people::held(command).await,
        Command::Trial => Ok(()),
    }
}

fn certificate(settings: &Settings) -> anyhow::Result<Option<Arc<Shown>>> {
    let pair = settings.pair().map_err(anyhow::Error::msg)?;
    let shown = pair.map(|pair| Shown::new(pair, Timestamp::now())).transpose();
    shown.context("reading the certificate")
}

async fn serve(
    app: Arc<App>,
    settings: Settings,
    certificate: Option<Arc<Shown>>,
    print_address: bool,
) -> anyhow::Result<()> {
    let Settings { listen, app: files, url, .. } = settings;
    let scheme = if certificate.is_some() { "https" } else { "http" };
    if let Some(certificate) = &certificate {
        tokio::spawn(Arc::clone(certificate).keep());
    }
    let making = Arc::clone(&app);
    let rows = tokio::task::spawn_blocking(move || {
        if let Err(error) = projector::make_whole(&making) {
            tracing::error!(%error, "The rows could not be made; lists and searches lack something.");
        }
    });
    if let Some(folder) = settings.backup {
        let (every_hours, keep) = (settings.backup_hours.max(1), settings.backup_keep);
        tokio::spawn(care::run(Arc::clone(&app), Schedule { folder, every_hours, keep }));
    }
    let secret = accounts::first::invite(&app).await?;
    let feed = tokio::spawn(sync::feed::run(Arc::clone(&app)));
    let stopping = app.stopping.clone();
    tokio::spawn(async move {
        let mut term =
            match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
                Ok(term) => term,
                Err(error) => {
                    tracing::error!(%error, "The stop signal cannot be heard.");
                    return;
                }
            };
        tokio::select! {
            _ = term.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        stopping.cancel();
    });
    let edge = Edge { files, listen, certificate, behind_proxy: settings.behind_proxy };
    http::serve::serve(Arc::clone(&app), edge, |address| {
        if let Some(secret) = secret {
            first::show_link(&first::link(url.as_deref(), scheme, address, &secret));
        }
        if print_address {
            println!("listening on {scheme}://localhost:{}", address.port());
        }
        tracing::info!(%address, "Ankomst listens.");
    })
    .await
    .with_context(|| format!("listening on {listen}"))?;
    drop(feed.await);
    drop(rows.await);
    Ok(())
}
