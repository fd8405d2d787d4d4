//! `ankomst held`: what waits for a person, and what a person has decided about it.

use ankomst_shared::ids::{ChangeHash, DocumentId, base32};
use anyhow::{Context, ensure};
use clap::{Args, Subcommand};

use super::place::Place;
use crate::app::App;
use crate::storage::sqlite::held::{DEPENDS, REFUSED};
use crate::storage::sqlite::{accounts, log};
use crate::sync::held::{self, Asked};

#[derive(Subcommand)]
pub(super) enum HeldCommand {
    /// Lists the changes that are held: record, change, who, what, why, since when.
    List(Place),
    /// Releases changes: they, and what of this record they build on, are tried and then shown to all who may
    /// read the record, as their author's.
    Release(Decision),
    /// Refuses changes, and what builds on them: they stay stored, are not shown, and their author is told. Can be
    /// taken back by `release`.
    Refuse(Decision),
}

#[derive(Args)]
pub(super) struct Decision {
    #[command(flatten)]
    place: Place,
    /// Id of the record.
    record: DocumentId,
    /// Changes, as `list` names them.
    #[arg(required_unless_present = "all")]
    changes: Vec<ChangeHash>,
    /// All that is held of the record and was not decided about yet.
    #[arg(long, conflicts_with = "changes")]
    all: bool,
    /// Why; whoever may read the record may read it.
    #[arg(long)]
    reason: String,
    /// Login of the supervisor who has decided it: of the record's unit, and not the author.
    #[arg(long)]
    by: String,
}

pub(super) async fn run(command: HeldCommand) -> anyhow::Result<()> {
    match command {
        HeldCommand::List(place) => list(&*place.folder()?.beside().await?),
        HeldCommand::Release(decision) => decide(decision, true).await,
        HeldCommand::Refuse(decision) => decide(decision, false).await,
    }
}

async fn decide(decision: Decision, is_release: bool) -> anyhow::Result<()> {
    let folder = decision.place.folder()?;
    folder.has_data()?;
    let app = folder.beside().await?;
    let by = app.readers.read(|db| accounts::user_by_login(db, &decision.by))?;
    let by = by.with_context(|| format!("there is no account {}", decision.by))?.id;
    let document = decision.record;
    let hashes = if decision.all { open(&app, document)? } else { decision.changes };
    let reason = decision.reason;
    let done = held::decide(&app, Asked { document, hashes, is_release, reason, by }).await?;
    if is_release {
        println!(
            "{} released; {} changes are tried within seconds by a running server, else at its next start.",
            done.decided, done.let_in
        );
    } else {
        println!("{} refused; they stay stored.", done.decided);
    }
    Ok(())
}

/// The held changes of a record about which nobody has decided and that wait for a reason of their own.
fn open(app: &App, document: DocumentId) -> anyhow::Result<Vec<ChangeHash>> {
    let all = app.readers.read(|db| log::chunks_of(db, document, "held"))?;
    let is_open = |reason: Option<&str>| ![Some(DEPENDS), Some(REFUSED)].contains(&reason);
    let open = all.iter().filter(|chunk| is_open(chunk.reason.as_deref()));
    let open: Vec<ChangeHash> = open.map(|chunk| chunk.hash).collect();
    ensure!(!open.is_empty(), "nothing of this record waits for a decision; nothing was changed");
    Ok(open)
}

fn list(app: &App) -> anyhow::Result<()> {
    let held = app.readers.read(|db| {
        let mut held = Vec::new();
        for chunk in log::held(db, None)? {
            let login = accounts::user(db, chunk.user)?.map(|user| user.login);
            let kind = log::document(db, chunk.document)?.map(|row| row.kind);
            held.push((chunk, login.unwrap_or_default(), kind.unwrap_or_default()));
        }
        Ok(held)
    })?;
    for (chunk, login, kind) in held {
        let (document, hash) = (chunk.document, base32(chunk.hash.as_bytes()));
        let since = jiff::Timestamp::from_millisecond(chunk.received_ms).unwrap_or_default();
        let reason = chunk.reason.unwrap_or_default();
        println!(
            "{document}  {hash}  {login:<12} {kind:<12} {since:.0}  {}  {reason}",
            chunk.device
        );
    }
    Ok(())
}

/// Says that changes of an account wait to be decided about, if any do.
pub(super) fn tell_waiting(app: &App, login: &str) -> anyhow::Result<()> {
    let count = app.readers.read(|db| {
        let Some(user) = accounts::user_by_login(db, login)? else { return Ok(0) };
        let held = log::held(db, Some(user.id))?;
        Ok(held.iter().filter(|chunk| chunk.reason.as_deref() != Some(REFUSED)).count())
    })?;
    if count > 0 {
        println!(
            "{count} changes of this account are held and stay so until a supervisor decides: \
             `ankomst held list`, then `ankomst held release`."
        );
    }
    Ok(())
}
