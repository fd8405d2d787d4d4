//! `ankomst destroy | destroyed`.

use anyhow::{Context, bail, ensure};

use ankomst_shared::ids::DocumentId;

use crate::cli::place::Folder;
use crate::reports::destroyed::{all, day, file};
use crate::storage::sqlite::accounts;
use crate::sync::destroy::against::{self, Found};
use crate::sync::destroy::{self as machinery, Asked, Ground, destroyable};
use crate::sync::feed;

/// Options of `destroy`.
#[derive(clap::Args)]
pub(super) struct DestroyArgs {
    /// Id of the record.
    record: DocumentId,
    /// On what ground: `retention` (its time of keeping is over), `archive` (the archive has it) or `decision` (of a
    /// court or an authority).
    #[arg(long)]
    ground: String,
    /// The decision: its number or date, without what is to go.
    #[arg(long)]
    reference: String,
    /// Login of the supervisor who has decided it.
    #[arg(long)]
    by: String,
    /// The number of the record, or its id where it has none. Without it nothing is destroyed.
    #[arg(long)]
    confirm: Option<String>,
}

pub(super) async fn destroy(folder: &Folder, args: DestroyArgs) -> anyhow::Result<()> {
    folder.has_data()?;
    let ground = Ground::of(&args.ground);
    let ground = ground.with_context(|| {
        format!("{} is no ground: give retention, archive or decision", args.ground)
    })?;
    let (_lock, app) = folder.alone().await?;
    feed::settle(&app).await?;
    let by = app.readers.read(|db| accounts::user_by_login(db, &args.by))?;
    let by = by.with_context(|| format!("there is no account {}", args.by))?;
    ensure!(
        app.readers.read(|db| destroyable(db, &by, args.record))?.is_some(),
        "{} may not destroy {}: only a supervisor who may write the record and all that belongs to it, and no part of one; nothing was changed",
        args.by,
        args.record
    );
    let found = against::found(&app, args.record)?;
    show(&found, ground);
    let Some(confirm) = args.confirm else {
        bail!("nothing was changed. Type --confirm '{}' to destroy it for good", found.name());
    };
    let (record, reference) = (args.record, args.reference);
    let done =
        machinery::destroy(&app, Asked { record, ground, reference, confirm, by: by.id }).await?;
    println!(
        "{} documents are destroyed, and their keys. {} tablets had them and are told at their next contact: \
         `ankomst destroyed`. Backups have their keys for as long as backups are kept.",
        done.documents, done.devices
    );
    Ok(())
}

fn show(found: &Found, ground: Ground) {
    println!("{} {}:", found.row.kind, found.name());
    for (kind, count) in found.kinds() {
        println!("  {count} {kind}");
    }
    for device in &found.devices {
        println!("  on {} (last contact {})", device.name, day(device.seen_ms));
    }
    for one in &found.against {
        let bars = if one.bars(ground) { "bars it" } else { "does not bar this ground" };
        println!("  ! {one} ({bars})");
    }
}

pub(super) async fn list(folder: &Folder, csv: bool) -> anyhow::Result<()> {
    let app = folder.beside().await?;
    let all = app.readers.read(|db| all(db, None))?;
    if csv {
        print!("{}", file(&all));
        return Ok(());
    }
    for (row, by, reached) in all {
        println!(
            "{}  {:<10} {:<14} {}  {:<9} {}  {by}  gone on {}, not yet on {}, came late {}",
            row.record,
            row.kind,
            row.number,
            day(row.at_ms),
            row.ground,
            row.reference,
            reached.gone,
            reached.open,
            reached.late
        );
    }
    Ok(())
}
