//! `ankomst backup | verify | restore | doctor`.

use std::path::Path;

use anyhow::{Context, ensure};

use crate::app::master_key;
use crate::storage::sqlite::{backed, backup};
use crate::{care, projector};

pub(super) async fn backup(data: &Path, file: &Path) -> anyhow::Result<()> {
    let contents = backup::make(data, file, master_key(data)?)
        .with_context(|| format!("making the backup {}", file.display()))?;
    let app = super::open(data).await?;
    let now_ms = app.now_ms();
    let noted = app.writer.write(move |db| backed::note(db, &contents, now_ms)).await?;
    ensure!(noted, "the log began a new life meanwhile; the backup is whole, but make another one");
    println!("{} changes, feed {}; read whole", contents.chunks, contents.head);
    println!("The master key and the server's keys are not in it: keep them apart.");
    Ok(())
}

pub(super) fn verify(data: &Path, file: &Path) -> anyhow::Result<()> {
    let contents = backup::check(file, master_key(data)?)
        .with_context(|| format!("reading the backup {}", file.display()))?;
    println!("{} changes, feed {}; read whole", contents.chunks, contents.head);
    Ok(())
}

pub(super) async fn restore(data: &Path, file: &Path) -> anyhow::Result<()> {
    let _lock = care::Lock::take(data)?;
    let now_ms = jiff::Timestamp::now().as_millisecond();
    let done = backup::restore(file, data, master_key(data)?, now_ms)
        .with_context(|| format!("restoring {}", file.display()))?;
    let app = super::open(data).await?;
    let rows = projector::rebuild(&app)?;
    println!("{} changes, feed {}; {rows} rows", done.contents.chunks, done.contents.head);
    println!("What was there before is in {}. Tablets bring what is missing.", done.aside);
    if !done.accounts_kept {
        println!(
            "The accounts are those of the backup: switch off again who has left since, and enrol \
             again devices that came since; what is on them waits there."
        );
    }
    Ok(())
}

pub(super) async fn doctor(data: &Path) -> anyhow::Result<()> {
    ensure!(data.join("log.db").exists(), "there is no data folder {}", data.display());
    let app = super::open(data).await?;
    let found = care::examine(&app)?;
    for finding in &found {
        println!("{}  {}", if finding.fine { "ok  " } else { "LOOK" }, finding.what);
        if !finding.how.is_empty() {
            println!("      {}", finding.how);
        }
    }
    ensure!(found.iter().all(|finding| finding.fine), "something is not as it should be");
    Ok(())
}
