//! `ankomst audit`: the access log, whether it is whole, and what stands in it.

use std::path::{Path, PathBuf};

use ankomst_shared::ids::{DeviceId, DocumentId, UnitId, UserId};
use ankomst_shared::sign::SigningKey;
use anyhow::{Context, bail, ensure};
use clap::{Args, Subcommand};

use super::place::{Folder, Place};
use crate::accounts::days;
use crate::app::{App, make_folder};
use crate::audit::console;
use crate::key_files::Key;
use crate::storage::accesses::entry::{Entry, Noted, What};
use crate::storage::accesses::verify::{self, Found};
use crate::storage::accesses::{self, beside, read};
use crate::storage::sqlite::{accounts, open};

/// Entries of one commit of a rehearsal.
const GROUP: usize = 500;

#[derive(Subcommand)]
pub(super) enum AuditCommand {
    /// Reads the access log from beginning to end and says whether it is as the server has written it; if not, at
    /// which entry it first is not, and what that means. Ends with 1 then. Also while the server runs.
    Verify {
        #[command(flatten)]
        place: Place,
        /// A copy, such as the `.access` of a backup, instead of the log itself.
        file: Option<PathBuf>,
    },
    /// Shows entries, one a line with tabs between. Noted as an entry.
    Show(Show),
    /// Fills the access log of a new folder with made-up entries, to measure what reading it takes.
    #[command(hide = true)]
    Rehearse {
        /// A folder without data.
        #[arg(long)]
        data: PathBuf,
        /// How many.
        #[arg(long, default_value_t = 1_000_000)]
        entries: usize,
    },
}

#[derive(Args)]
pub(super) struct Show {
    #[command(flatten)]
    place: Place,
    /// Only of this account.
    #[arg(long)]
    login: Option<String>,
    /// Only of this record.
    #[arg(long)]
    record: Option<DocumentId>,
    /// Only this, such as `opened-in-need`.
    #[arg(long)]
    what: Option<String>,
    /// From this day on, `yyyy-mm-dd`.
    #[arg(long)]
    from: Option<String>,
    /// Up to this day.
    #[arg(long)]
    until: Option<String>,
}

pub(super) async fn run(command: AuditCommand) -> anyhow::Result<()> {
    match command {
        AuditCommand::Verify { place, file } => verify(&place.folder()?, file.as_deref()),
        AuditCommand::Show(show) => show_some(show).await,
        AuditCommand::Rehearse { data, entries } => rehearse(&data, entries),
    }
}

fn verify(folder: &Folder, copy: Option<&Path>) -> anyhow::Result<()> {
    folder.has_data()?;
    let key = folder.key_files.read(&folder.path, Key::Server)?;
    let key = SigningKey::from_seed(key).public();
    let log = copy.map_or_else(|| accesses::file(&folder.path), Path::to_path_buf);
    ensure!(log.exists(), "there is no {}: the access log is gone", log.display());
    let found = match copy {
        Some(copy) => verify::copy(copy, &key),
        None => verify::file(&log, &key),
    };
    let what = "it cannot be read as the server writes it: bytes of the file were changed";
    let found = found.with_context(|| format!("{}: {what}", log.display()))?;
    say(&found)
}

fn say(found: &Found) -> anyhow::Result<()> {
    let Found { entries, checkpoints, fault } = found;
    if let Some((seq, fault)) = fault {
        bail!(
            "entry {seq}: {fault}. The {} entries before are as the server wrote them. Keep this file as it is, and \
             compare it with the `.access` of the newest backup.",
            (seq - 1).min(*entries).max(0)
        );
    }
    println!("{entries} entries, {checkpoints} signed checkpoints; all as the server wrote them");
    Ok(())
}

async fn show_some(show: Show) -> anyhow::Result<()> {
    let app = show.place.folder()?.beside().await?;
    let who = match &show.login {
        Some(login) => {
            let found = app.readers.read(|db| accounts::user_by_login(db, login))?;
            Some(found.with_context(|| format!("there is no account {login}"))?.id)
        }
        None => None,
    };
    let what = match &show.what {
        Some(name) => {
            let found = What::ALL.into_iter().find(|(_, _, known)| known == name);
            Some(found.with_context(|| format!("nothing is called {name}"))?.0)
        }
        None => None,
    };
    let day = |text: &Option<String>, later, other| match text {
        Some(text) => days::start(text, later).with_context(|| format!("{text} is no day")),
        None => Ok(other),
    };
    let (from_ms, to_ms) = (day(&show.from, 0, 0)?, day(&show.until, 1, i64::MAX)?);
    app.audit.note(vec![console(What::LogRead, "", None)]).await?;
    app.audit.read(|db| {
        read::each(db, read::within(db, from_ms, to_ms)?, |noted| {
            let entry = &noted.entry;
            let fits = who.is_none_or(|who| entry.who == Some(who))
                && show.record.is_none_or(|record| entry.record == Some(record))
                && what.is_none_or(|what| entry.what == what)
                && (from_ms..to_ms).contains(&noted.received_ms);
            if fits {
                println!("{}", line(&app, &noted));
            }
            Ok(())
        })
    })?;
    Ok(())
}

fn line(app: &App, noted: &Noted) -> String {
    let entry = &noted.entry;
    let user =
        entry.who.and_then(|id| app.readers.read(|db| accounts::user(db, id)).ok().flatten());
    let moment = |ms: i64| {
        jiff::Timestamp::from_millisecond(ms).map(|at| format!("{at:.0}")).unwrap_or_default()
    };
    let id = |id: Option<String>| id.unwrap_or_default();
    let parts = [
        noted.seq.to_string(),
        moment(noted.at_ms()),
        moment(noted.received_ms),
        user.map_or_else(|| id(entry.who.map(|who| who.to_string())), |user| user.login),
        id(entry.device.map(|device| device.to_string())),
        entry.mode.name().to_owned(),
        entry.what.name().to_owned(),
        id(entry.record.map(|record| record.to_string())),
        entry.about.clone(),
        // What a person typed may have tabs and lines.
        entry.purpose.split_whitespace().collect::<Vec<_>>().join(" "),
    ];
    parts.join("\t")
}

fn rehearse(data: &Path, entries: usize) -> anyhow::Result<()> {
    ensure!(!data.join("log.db").exists(), "there are data in {}", data.display());
    make_folder(data)?;
    let files = crate::key_files::KeyFiles::default();
    let key = SigningKey::from_seed(files.make(data, Key::Server)?);
    // `verify` asks for data.
    drop(open::open_log_file(&data.join("log.db"))?);
    let begun_ms = 1_790_000_000_000;
    let db = accesses::open(data, &key, begun_ms)?;
    let (log, mut made) = (accesses::file(data), 1);
    while made < entries {
        let some = GROUP.min(entries - made);
        let group: Vec<Entry> = (made..made + some).map(made_up).collect();
        made += some;
        // A thousand entries an hour.
        let now_ms = begun_ms + i64::try_from(made)? * 3_600;
        db.execute_batch("BEGIN IMMEDIATE")?;
        let head = accesses::append(&db, &key, &group, now_ms)?;
        db.execute_batch("COMMIT")?;
        beside::note(&log, &head)?;
    }
    println!("{made} entries");
    Ok(())
}

fn made_up(number: usize) -> Entry {
    let id = |kinds: usize| {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&(number % kinds).to_be_bytes());
        id
    };
    let what = match number % 4 {
        0 => What::Delivered,
        1 => What::Listed,
        2 => What::Found,
        _ => What::Read,
    };
    Entry {
        who: Some(UserId::from_bytes(id(40))),
        device: Some(DeviceId::from_bytes(id(60))),
        unit: Some(UnitId::from_bytes(id(1))),
        record: Some(DocumentId::from_bytes(id(3_500))),
        about: "case".to_owned(),
        ..Entry::of(what)
    }
}
