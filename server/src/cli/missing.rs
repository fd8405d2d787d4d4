//! `ankomst missing`: what a restore has put aside and no tablet has brought back.

use ankomst_shared::ids::base32;
use anyhow::ensure;
use jiff::Timestamp;

use super::place::Folder;
use crate::app::App;
use crate::storage::sqlite::accounts;
use crate::storage::sqlite::aside::{self, Aside, Missing, Silent};

/// Prints it; fails where something is missing or nobody can say.
pub(super) async fn run(folder: &Folder) -> anyhow::Result<()> {
    let app = folder.beside().await?;
    let asides = app.readers.read(|db| aside::all(&app.folder, db))?;
    if asides.is_empty() {
        println!("Nothing was put aside by a restore here.");
        return Ok(());
    }
    let (mut missing, mut unknown) = (0, 0);
    for aside in &asides {
        missing += aside.missing.as_ref().map_or(0, Vec::len);
        unknown += usize::from(aside.missing.is_none());
        show(&app, aside)?;
    }
    ensure!(
        unknown == 0,
        "{missing} changes are not back, and of {unknown} logs that were put aside nobody can say what is missing"
    );
    ensure!(missing == 0, "{missing} changes are not back");
    println!("Everything that was put aside is here.");
    Ok(())
}

fn show(app: &App, aside: &Aside) -> anyhow::Result<()> {
    let said = match &aside.missing {
        None => "it is gone or cannot be read".to_owned(),
        Some(missing) => format!("{} changes of it are not back", missing.len()),
    };
    println!("{} ({}): {said}", aside.folder, time(aside.at_ms));
    for one in aside.missing.iter().flatten() {
        println!("{}", line(app, one)?);
    }
    if aside.missing.as_ref().is_none_or(|missing| !missing.is_empty()) {
        let silent = app.readers.read(|db| aside::silent_since(db, aside.at_ms))?;
        println!(
            "{} tablets were not in contact since and may still bring something:",
            silent.len()
        );
        for Silent { device, login, seen_ms } in silent {
            println!("  {device}  {login:<12} {}", time(seen_ms));
        }
    }
    Ok(())
}

/// A change as `ankomst held list` shows one: names and times, never contents.
fn line(app: &App, one: &Missing) -> anyhow::Result<String> {
    let user = app.readers.read(|db| accounts::user(db, one.user))?;
    let login = user.map_or_else(|| one.user.to_string(), |user| user.login);
    let (document, hash) = (one.document, base32(one.hash.as_bytes()));
    let (kind, since) = (&one.kind, time(one.received_ms));
    Ok(format!("  {document}  {hash}  {login:<12} {kind:<12} {since}  {}", one.device))
}

fn time(ms: i64) -> String {
    format!("{:.0}", Timestamp::from_millisecond(ms).unwrap_or_default())
}
