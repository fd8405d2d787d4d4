//! `ankomst user passkey`: the passkeys of an account.

use anyhow::{Context, ensure};
use clap::{Args, Subcommand};

use crate::accounts::passkeys::{remove, short};
use crate::app::App;
use crate::audit::console;
use crate::cli::place::Place;
use crate::storage::accesses::entry::What;
use crate::storage::sqlite::accounts::{self, UserRow};
use crate::storage::sqlite::passkeys::{self, PasskeyRow};

#[derive(Subcommand)]
pub(super) enum PasskeyCommand {
    /// Lists the passkeys of an account.
    List(Whose),
    /// Removes one, or all; the account is signed out everywhere.
    Remove(Which),
}

#[derive(Args)]
pub(super) struct Whose {
    #[command(flatten)]
    place: Place,
    /// Login name.
    login: String,
}

#[derive(Args)]
pub(super) struct Which {
    #[command(flatten)]
    whose: Whose,
    /// The passkey as `list` names it, or `all`.
    passkey: String,
}

fn found(app: &App, login: &str) -> anyhow::Result<(UserRow, Vec<PasskeyRow>)> {
    let user = app.readers.read(|db| accounts::user_by_login(db, login))?;
    let user = user.with_context(|| format!("there is no account {login}"))?;
    let rows = app.readers.read(|db| passkeys::of(db, user.id))?;
    Ok((user, rows))
}

pub(super) async fn passkey(command: PasskeyCommand) -> anyhow::Result<()> {
    match command {
        PasskeyCommand::List(whose) => {
            let app = whose.place.folder()?.beside().await?;
            for row in found(&app, &whose.login)?.1 {
                let day = |ms| jiff::Timestamp::from_millisecond(ms).map(|at| at.to_string());
                let used = row.used_ms.map(day).transpose()?.unwrap_or_else(|| "never".to_owned());
                let two = if row.regressed_ms.is_some() { "  there may be two of it" } else { "" };
                println!(
                    "{}  made {}  used {used}  {}{two}",
                    short(&row),
                    day(row.made_ms)?,
                    row.name
                );
            }
            Ok(())
        }
        PasskeyCommand::Remove(which) => {
            let app = which.whose.place.folder()?.beside().await?;
            let user = found(&app, &which.whose.login)?.0;
            let entry = console(What::PasskeyGone, &user.id.to_string(), Some(user.unit));
            let is_gone = remove(&app, (user.id, &which.passkey), None, entry).await?;
            ensure!(is_gone, "there is no such passkey of {}", which.whose.login);
            Ok(())
        }
    }
}
