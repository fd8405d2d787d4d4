//! `ankomst backup | verify | restore | take-in | doctor`.

use std::path::Path;

use anyhow::{Context, ensure};

use ankomst_shared::ids::{DepositId, DocumentId};
use ankomst_shared::limits::DEPOSITS_MAX;
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::copy;
use ankomst_shared::sync::message::Deposit;

use crate::audit::console;
use crate::cli::place::Folder;
use crate::storage::StorageError;
use crate::storage::accesses::entry::What;
use crate::storage::sqlite::backup::{Contents, Restored};
use crate::storage::sqlite::files_beside::{self, Beside, LOST};
use crate::storage::sqlite::log;
use crate::storage::sqlite::open::{self, Migrated};
use crate::storage::sqlite::{accounts, aside, backed, backup};
use crate::sync::access::cleanable;
use crate::sync::clean::Asked;
use crate::sync::destroy::destroy_again;
use crate::sync::lines::{self, Outcome};
use crate::sync::{clean, deposits, feed, held};
use crate::{care, projector};

pub(super) async fn backup(folder: &Folder, file: &Path) -> anyhow::Result<()> {
    let contents = backup::make(&folder.path, file, folder.master()?)
        .with_context(|| format!("making the backup {}", file.display()))?;
    println!("{} changes, feed {}; read whole", contents.chunks, contents.head);
    match note_backup(folder, (file, contents)).await {
        Ok(beside) => say_files(&beside),
        Err(error) => {
            eprintln!("The backup is good, but it could not be noted in the data: {error:#}");
        }
    }
    println!("The master key and the server's keys are not in it: keep them apart.");
    Ok(())
}

/// How many pictures and other files a backup has.
fn say_files(beside: &Beside) {
    println!("{} pictures and files beside it, in the folder `files`", beside.there.len());
    if beside.lacking > 0 {
        eprintln!("{} that it names are not there, or are damaged.", beside.lacking);
    }
}

/// How many pictures and other files a restore did not bring back, and where they are named.
fn say_lost(Restored { aside, lost, .. }: &Restored) {
    let nowhere = lost.count.saturating_sub(lost.no_room);
    if nowhere > 0 {
        println!(
            "{nowhere} pictures and files are neither here nor beside the backup; tablets that have them bring them."
        );
    }
    if lost.no_room > 0 {
        println!(
            "For {} pictures and files there is no room here; what is written is restored. They are beside the \
             backup: make room and restore it once more.",
            lost.no_room
        );
    }
    if !lost.whole.is_empty() {
        println!("{} of them were whole; {aside}/{LOST} names each.", lost.whole.len());
    }
}

async fn note_backup(
    folder: &Folder,
    (file, contents): (&Path, Contents),
) -> anyhow::Result<Beside> {
    let app = folder.beside().await?;
    let now_ms = app.now_ms();
    let noted = app.writer.write(move |db| backed::note(db, &contents, now_ms)).await?;
    ensure!(noted, "the log began a new life meanwhile; make another one");
    Ok(care::files::keep(&app, file).await?)
}

pub(super) fn verify(folder: &Folder, file: &Path) -> anyhow::Result<()> {
    let contents = backup::check(file, folder.master()?)
        .with_context(|| format!("reading the backup {}", file.display()))?;
    println!("{} changes, feed {}; read whole", contents.chunks, contents.head);
    let beside = files_beside::check(file, folder.master()?)
        .with_context(|| format!("reading the files beside {}", file.display()))?;
    say_files(&beside);
    ensure!(beside.lacking == 0, "what is written is whole; {} files are not", beside.lacking);
    Ok(())
}

pub(super) async fn restore(folder: &Folder, file: &Path) -> anyhow::Result<()> {
    let master = folder.master()?;
    let _lock = care::Lock::take(&folder.path)?;
    let now_ms = jiff::Timestamp::now().as_millisecond();
    let done = backup::restore(file, &folder.path, master, now_ms)
        .with_context(|| format!("restoring {}", file.display()))?;
    let app = folder.beside().await?;
    app.audit.owe(vec![console(What::Restored, "", None)]).await;
    let destroyed = destroy_again(&app).await?;
    let cleaned = clean::clean_again(&app).await?;
    // What was decided since about held changes of the backup counts.
    held::catch_up(&app).await?;
    let rows = projector::rebuild(&app)?;
    println!("{} changes, feed {}; {rows} rows", done.contents.chunks, done.contents.head);
    if destroyed > 0 {
        println!("{destroyed} records were destroyed again.");
    }
    if cleaned > 0 {
        println!("{cleaned} cleanings of records were done again.");
    }
    say_lost(&done);
    let asides = app.readers.read(|db| aside::all(&app.folder, db))?;
    let missing = asides.into_iter().find(|aside| aside.folder == done.aside);
    println!("What was there before is in {}. Tablets bring what is missing:", done.aside);
    match missing.and_then(|aside| aside.missing) {
        Some(missing) => println!(
            "{} changes now; `ankomst missing` says what is still not back.",
            missing.len()
        ),
        None => println!(
            "what was there cannot be read, so nobody can say how much; `ankomst missing` says which tablets \
             were not in contact since."
        ),
    }
    if !done.accounts_kept {
        println!(
            "The accounts are those of the backup: switch off again who has left since, and enrol \
             again devices that came since; what is on them waits there."
        );
    }
    Ok(())
}

pub(super) async fn take_in(folder: &Folder, file: &Path) -> anyhow::Result<()> {
    folder.has_data()?;
    let bytes = std::fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    let sealed = copy::read(&bytes).with_context(|| format!("reading {}", file.display()))?;
    let (_lock, app) = folder.alone().await?;
    let all = sealed.len();
    let is_ours = |piece: &Vec<u8>| app.secrets.deposit.open(piece).is_ok();
    let ours = sealed.into_iter().filter(is_ours).enumerate().map(|(number, sealed)| {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&number.to_le_bytes());
        Deposit { id: DepositId::from_bytes(id), sealed: sealed.into() }
    });
    let mut waiting: Vec<Deposit> = ours.collect();
    ensure!(
        !waiting.is_empty() || all == 0,
        "nothing in {} is sealed to this server: it is from a tablet of another one. Nothing was changed.",
        file.display()
    );
    let foreign = all - waiting.len();
    let mut taken = 0;
    loop {
        let before = taken;
        let mut left = Vec::new();
        for some in waiting.chunks(DEPOSITS_MAX) {
            let ids = deposits::open(&app, some.to_vec()).await?;
            taken += ids.len();
            left.extend(some.iter().filter(|one| !ids.contains(&one.id)).cloned());
            println!("{taken} of {all} taken in");
        }
        waiting = left;
        // What one brought may be what another lacked.
        if waiting.is_empty() || taken == before {
            break;
        }
    }
    feed::settle(&app).await?;
    if foreign > 0 {
        println!("{foreign} are sealed to another server and were left.");
    }
    ensure!(
        waiting.is_empty(),
        "{} were not taken: they build on changes that this server does not have, or do not pass the \
         checks. Keep the file; after the tablet's other work has come, run this again.",
        waiting.len()
    );
    Ok(())
}

pub(super) async fn continue_record(
    folder: &Folder,
    record: DocumentId,
    days: u16,
) -> anyhow::Result<()> {
    let app = folder.beside().await?;
    let known = app.readers.read(|db| log::document(db, record))?;
    ensure!(
        known.is_some_and(|row| row.kind != "review"),
        "there is no record {record}; give the id that stands in its address"
    );
    match lines::continue_record(&app, record, lines::Why::Asked { days }).await? {
        Outcome::Continued { from, to } => println!("{to} changes instead of {from}"),
        Outcome::Left => println!(
            "It was left as it is: changes of it wait or are held, or something came in meanwhile. \
             Nothing was changed; try again."
        ),
    }
    Ok(())
}

pub(super) async fn clean_record(folder: &Folder, asked: CleanArgs) -> anyhow::Result<()> {
    folder.has_data()?;
    let (_lock, app) = folder.alone().await?;
    feed::settle(&app).await?;
    let by = app.readers.read(|db| accounts::user_by_login(db, &asked.by))?;
    let by = by.with_context(|| format!("there is no account {}", asked.by))?;
    ensure!(
        app.readers.read(|db| cleanable(db, &by, asked.record))?.is_some(),
        "{} may not clean {}: only a supervisor who may write the record; nothing was changed",
        asked.by,
        asked.record
    );
    let by = by.id;
    let paths =
        asked.fields.iter().map(|field| FieldPath::parse(field)).collect::<Result<_, _>>()?;
    let asked = Asked { document: asked.record, paths, reason: asked.reason, by };
    let done = clean::clean(&app, &asked).await?;
    println!(
        "{} earlier statements are gone; backups made before still have them.",
        done.statements
    );
    Ok(())
}

/// Options of `clean`.
#[derive(clap::Args)]
pub(super) struct CleanArgs {
    /// Id of the record.
    record: DocumentId,
    /// Fields (`phone`, `persons/<entry>/given_name`) of which only what stands is to stay, and entries that
    /// were removed (`persons/<entry>`).
    #[arg(required = true)]
    fields: Vec<String>,
    /// Why; stands in the ledger, so without what is to go.
    #[arg(long)]
    reason: String,
    /// Login of the supervisor who has decided it.
    #[arg(long)]
    by: String,
}

pub(super) fn migrate(folder: &Folder) -> anyhow::Result<()> {
    folder.has_data()?;
    let _lock = care::Lock::take(&folder.path)?;
    if folder.path.join(backup::RESTORING).exists() {
        return Err(StorageError::Restoring.into());
    }
    let Migrated { from, to } = open::connect(&folder.path.join("log.db"))
        .and_then(|mut log| open::bring(&mut log))
        .with_context(|| format!("migrating {}", folder.path.display()))?;
    if from == to {
        println!("The data have form {to} already; nothing was changed.");
    } else {
        println!("The data had form {from} and have form {to}. Start the server of this version.");
    }
    Ok(())
}

pub(super) async fn doctor(folder: &Folder) -> anyhow::Result<()> {
    let app = folder.beside().await?;
    let found = care::doctor::examine(&app)?;
    for finding in &found {
        println!("{}  {}", if finding.fine { "ok  " } else { "LOOK" }, finding.what);
        if !finding.how.is_empty() {
            println!("      {}", finding.how);
        }
    }
    ensure!(found.iter().all(|finding| finding.fine), "something is not as it should be");
    Ok(())
}
