//! The headless tablet: the app's own core from the command line.
#![expect(clippy::print_stdout, reason = "a command talks to a person")]

use std::path::PathBuf;
use std::time::Duration;

use ankomst_shared::app::{Act, Command as Ask, SignIn};
use ankomst_tests::kit::certificate::trusting;
use ankomst_tests::kit::ledger::Ledger;
use ankomst_tests::tablet::script::{Script, carry_out, house};
use ankomst_tests::tablet::{Tablet, device::local};
use anyhow::{Context, ensure};
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "tablet", about = "A tablet without a screen, for tests")]
struct Args {
    /// Folder of the store; made if missing.
    #[arg(long)]
    store: PathBuf,
    /// Address of the server.
    #[arg(long, default_value = "http://localhost:8080")]
    server: String,
    /// Certificates to accept from an `https` server, PEM.
    #[arg(long)]
    trust: Option<PathBuf>,
    /// Notes of everything typed, one JSON object a line.
    #[arg(long)]
    ledger: Option<PathBuf>,
    /// Login of the vault to open.
    #[arg(long, env = "TABLET_LOGIN", default_value = "")]
    login: String,
    /// Its passphrase.
    #[arg(long, env = "TABLET_PASSPHRASE", default_value = "", hide_env_values = true)]
    passphrase: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Signs in with the server at hand and syncs; the first time, enrols this tablet.
    Login {
        /// Login name.
        login: String,
        /// Password of the account.
        password: String,
        /// Passphrase of the vault.
        passphrase: String,
    },
    /// Takes a house along.
    Take {
        /// Its name.
        house: String,
    },
    /// Carries out a script, without waiting for the server.
    Edit {
        /// Steps as TOML.
        script: PathBuf,
    },
    /// Waits until everything is sent and heard.
    Sync,
    /// Prints what the pages would show.
    Dump,
}

fn main() -> anyhow::Result<()> {
    local(run(Args::parse()))
}

async fn run(args: Args) -> anyhow::Result<()> {
    let trust = args.trust.map(std::fs::read).transpose().context("reading --trust")?;
    let trust = trust.map(|pem| trusting(&pem));
    let tablet = Tablet::trusting(&args.store, &args.server, trust).await;
    match args.command {
        Command::Login { login, password, passphrase } => {
            let device_name = "tablet".to_owned();
            let sign_in = SignIn {
                login,
                password,
                passphrase,
                device_name,
                forgotten: false,
                passkey: Vec::new(),
            };
            ask(&tablet, Ask::SignIn(sign_in)).await?;
            return sync(&tablet).await;
        }
        Command::Take { .. } | Command::Edit { .. } | Command::Sync | Command::Dump => {}
    }
    let unlock = Ask::Unlock { login: args.login, passphrase: args.passphrase };
    ask(&tablet, unlock).await.context("unlocking; give --login and --passphrase")?;
    match args.command {
        Command::Take { house: name } => {
            let residence = house(&tablet, &name).await?;
            let act = Act::TakeAlong { residence, keep: true };
            ask(&tablet, Ask::Act(act, Vec::new())).await?;
            sync(&tablet).await
        }
        Command::Edit { script } => {
            let script: Script = toml::from_str(&std::fs::read_to_string(script)?)?;
            let mut ledger = Ledger::default();
            let outcome = carry_out(&tablet, &script, &mut ledger).await;
            if let Some(file) = args.ledger {
                ledger.append_to(&file)?;
            }
            outcome
        }
        Command::Sync => sync(&tablet).await,
        Command::Dump => {
            println!("{}", tablet.everything_shown().await);
            Ok(())
        }
        Command::Login { .. } => Ok(()),
    }
}

async fn ask(tablet: &Tablet, command: Ask) -> anyhow::Result<()> {
    let reply = tablet.handle(command).await;
    ensure!(!matches!(reply, ankomst_shared::app::Reply::Refused(_)), "{reply:?}");
    Ok(())
}

async fn sync(tablet: &Tablet) -> anyhow::Result<()> {
    let idle = tablet.sync_until_idle(Duration::from_mins(1)).await;
    ensure!(idle, "the server did not take everything: {:?}", tablet.status());
    Ok(())
}
