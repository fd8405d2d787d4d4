//! The commands of `ankomst`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "commands talk to a person")]

mod audit;
mod destroy;
mod dump;
mod export;
mod first;
mod held;
mod logs;
mod looked;
mod missing;
mod passkeys;
mod people;
mod place;
mod plant;
mod safety;
mod stop;
pub mod template;
mod verify;
mod why;

use core::time::Duration;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use ankomst_shared::ids::DocumentId;
use anyhow::Context;
use clap::{Parser, Subcommand};
use jiff::Timestamp;

use crate::app::App;
use crate::audit::console;
use crate::care::Schedule;
use crate::cli::place::{Folder, Place, variables};
use crate::config::{self, Given, LogFormat, Settings};
use crate::http::serve::Edge;
use crate::storage::accesses::entry::What;
use crate::tls::Shown;
use crate::{accounts, care, http, projector, sync, templates, trial};

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
    /// Reports as files for a spreadsheet.
    #[command(subcommand)]
    Export(export::ExportCommand),
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
    /// Looks whether everything in the data folder is as it must be: every change, the feed, what devices hold, every
    /// row against its record; says what is safe and what to do. With FILE it reads a backup whole instead, without
    /// putting it anywhere. Changes nothing, also while the server runs; ends with 1 where anything is wrong.
    Verify {
        #[command(flatten)]
        place: Place,
        /// As one JSON object.
        #[arg(long, conflicts_with = "file")]
        json: bool,
        /// The backup.
        file: Option<PathBuf>,
    },
    /// Puts a backup in the place of the log; what was there is kept beside it. Tablets then bring
    /// what the backup lacks.
    Restore {
        #[command(flatten)]
        place: Place,
        /// The backup.
        file: PathBuf,
    },
    /// Says whether a tablet has a record, or gets it, by which rule, and how far it was told of it; or which rule keeps
    /// it out. Also while the server runs.
    Why(why::WhyArgs),
    /// Lists what a restore has put aside and no tablet has brought back, and the tablets that may still bring it.
    /// Ends with 1 while something is missing.
    Missing(Place),
    /// Takes in the safety copy of a tablet that cannot send: what the server lacks goes through the same
    /// checks as what a tablet sends. Twice is harmless.
    TakeIn {
        #[command(flatten)]
        place: Place,
        /// The safety copy.
        file: PathBuf,
    },
    /// Continues a record with less behind it, as the server does by itself with records of thousands of
    /// changes: what was overwritten stays in the log and travels no more. Also while the server runs.
    Continue {
        #[command(flatten)]
        place: Place,
        /// Id of the record.
        record: DocumentId,
        /// What was said in the newest so many days goes along whole.
        #[arg(long, default_value_t = 60)]
        days: u16,
    },
    /// Takes earlier values of fields, or removed entries, out of a record so that no byte of them is left:
    /// in the log, the rows and, at their next contact, on tablets. Stop the server first; a supervisor does
    /// the same in the app.
    Clean {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        asked: safety::CleanArgs,
    },
    /// Destroys a record and all that belongs to it, lawfully and for good: in the log, the rows and, at their next
    /// contact, on tablets; its key goes, so that old backups cannot show it either once their keys are gone. Without
    /// --confirm it only says what would go and what stands against it. Stop the server first; a supervisor does the
    /// same in the app.
    Destroy {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        asked: destroy::DestroyArgs,
    },
    /// Lists the records that were destroyed, and how far that has got on tablets.
    Destroyed {
        #[command(flatten)]
        place: Place,
        /// As a file for a spreadsheet.
        #[arg(long)]
        csv: bool,
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
    /// Sessions of signed-in tablets.
    #[command(subcommand)]
    Session(people::SessionCommand),
    /// Checklists of the municipality's own.
    #[command(subcommand)]
    Template(template::TemplateCommand),
    /// Changes that wait for a person.
    #[command(subcommand)]
    Held(held::HeldCommand),
    /// The access log: who saw and did what.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
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
    /// Address on which metrics are told, such as 127.0.0.1:9100; without it they are not.
    #[arg(long)]
    metrics: Option<SocketAddr>,
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
            metrics: self.metrics,
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
            let read = how.read();
            logs::start(read.0.as_ref().and_then(|settings| settings.log_format));
            let settings = looked::at_start(read)?;
            let certificate = certificate(&settings)?;
            let (_lock, app) = Folder::of(&settings).alone().await?;
            serve(app, settings, certificate, print_address).await
        }
        Command::CheckConfig { how } => looked::check_config(&how.read()),
        Command::Seed(args) => plant::run(args).await,
        Command::Dump(place) => {
            let app = place.folder()?.beside().await?;
            app.audit.note(vec![console(What::Exported, "dump", None)]).await?;
            dump::run(&app)
        }
        Command::Export(command) => export::run(command).await,
        Command::Rebuild(place) => {
            let folder = place.folder()?;
            folder.has_data()?;
            let (_lock, app) = folder.alone().await?;
            println!("{} rows", projector::rebuild(&app)?);
            Ok(())
        }
        Command::Backup { place, file } => safety::backup(&place.folder()?, &file).await,
        Command::Verify { place, json, file } => match file {
            Some(file) => safety::verify(&place.folder()?, &file),
            None => verify::run(&place.folder()?, json),
        },
        Command::Restore { place, file } => safety::restore(&place.folder()?, &file).await,
        Command::Why(args) => why::run(args).await,
        Command::Missing(place) => missing::run(&place.folder()?).await,
        Command::TakeIn { place, file } => safety::take_in(&place.folder()?, &file).await,
        Command::Continue { place, record, days } => {
            safety::continue_record(&place.folder()?, record, days).await
        }
        Command::Clean { place, asked } => safety::clean_record(&place.folder()?, asked).await,
        Command::Destroy { place, asked } => destroy::destroy(&place.folder()?, asked).await,
        Command::Destroyed { place, csv } => destroy::list(&place.folder()?, csv).await,
        Command::Doctor(place) => safety::doctor(&place.folder()?).await,
        Command::Migrate(place) => safety::migrate(&place.folder()?),
        Command::User(command) => people::user(command).await,
        Command::Device(command) => people::device(command).await,
        Command::Session(command) => people::session(command).await,
        Command::Template(command) => template::run(command).await,
        Command::Held(command) => held::run(command).await,
        Command::Audit(command) => audit::run(command).await,
        Command::Trial => Ok(()),
    }
}

fn certificate(settings: &Settings) -> anyhow::Result<Option<Arc<Shown>>> {
    let pair = settings.pair().map_err(anyhow::Error::msg)?;
    let shown = pair.map(|pair| Shown::new(pair, Timestamp::now())).transpose();
    shown.context("reading the certificate")
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
    templates::refresh(&app)?;
    sync::destroy::destroy_again(&app).await.context("destroying again what the ledger says")?;
    sync::clean::clean_again(&app).await.context("cleaning again what the ledger says")?;
    sync::staff::catch_up(&app).await.context("reading which cases are those of children")?;
    sync::held::catch_up(&app).await.context("letting in what was released")?;
    let making = Arc::clone(&app);
    let rows = tokio::task::spawn_blocking(move || {
        if let Err(error) = projector::make_whole(&making) {
            tracing::error!(%error, "The rows could not be made; lists and searches lack something.");
        }
    });
    // Many systems begin with 1,024; what they allow is enough where this is refused.
    settings.sockets.into_iter().for_each(|most| app.sockets.let_in(most.get()));
    drop(rlimit::increase_nofile_limit(app.sockets.files()));
    app.ballast.set_aside(u64::from(settings.ballast_mb) << 20)?;
    tokio::spawn(care::files::watch(Arc::clone(&app)));
    tokio::spawn(care::watch_disk(Arc::clone(&app)));
    tokio::spawn(care::watch_session_key(Arc::clone(&app)));
    if let Some(address) = settings.metrics {
        tell_metrics(&app, address, settings.metrics_token_file.as_deref()).await?;
    }
    if let Some(folder) = settings.backup {
        let (every_hours, keep) = (settings.backup_hours.max(1), settings.backup_keep);
        tokio::spawn(care::run(Arc::clone(&app), Schedule { folder, every_hours, keep }));
    }
    let secret = accounts::first::invite(&app).await?;
    let feed = tokio::spawn(sync::feed::run(Arc::clone(&app)));
    stop::hear(app.stopping.clone()).context("listening for the signal to stop")?;
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
    drop((feed.await, rows.await));
    stop::settle(&app).await;
    care::keep_ledgers(&app);
    app.is_sound()?;
    Ok(())
}
