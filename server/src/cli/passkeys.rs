//! `ankomst user passkey`: the passkeys of an account.

use ankomst_shared::chunk::sha256;
use ankomst_shared::ids::base32;
use anyhow::{Context, ensure};
use clap::{Args, Subcommand};

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

fn short(row: &PasskeyRow) -> String {
    base32(&sha256(&[&row.credential])).chars().take(16).collect()
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
            let (user, rows) = found(&app, &which.whose.login)?;
            let is_meant = |row: &PasskeyRow| which.passkey == "all" || short(row) == which.passkey;
            let gone: Vec<Vec<u8>> =
                rows.into_iter().filter(is_meant).map(|row| row.credential).collect();
            ensure!(!gone.is_empty(), "there is no such passkey of {}", which.whose.login);
            let now_ms = app.now_ms();
            let write = app.writer.write(move |db| {
                for credential in &gone {
                    passkeys::remove(db, user.id, credential, now_ms)?;
                }
                accounts::end_sessions(db, user.id)
            });
            write.await?;
            let about = user.id.to_string();
            app.audit.owe(vec![console(What::PasskeyGone, &about, Some(user.unit))]).await;
            Ok(())
        }
    }
}
