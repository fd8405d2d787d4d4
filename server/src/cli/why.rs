//! `ankomst why`: why a record is, or is not, on a tablet.

use ankomst_shared::app::Language;
use ankomst_shared::ids::{DeviceId, DocumentId};
use anyhow::{Context, bail, ensure};

use super::place::Place;
use crate::app::App;
use crate::audit::console;
use crate::storage::accesses::entry::{Entry, What};
use crate::storage::sqlite::{accounts, rows, units};
use crate::sync::why::{said, why};
use crate::templates;

/// What is asked.
#[derive(clap::Args)]
pub(super) struct WhyArgs {
    #[command(flatten)]
    place: Place,
    /// Id or name of the tablet.
    #[arg(long)]
    device: String,
    /// Id or number of the record.
    #[arg(long)]
    record: String,
    /// In English instead of Swedish.
    #[arg(long)]
    english: bool,
}

/// Prints whether it is there, by which rule, and how far the tablet was told of it. Nothing of what stands in it.
pub(super) async fn run(args: WhyArgs) -> anyhow::Result<()> {
    let app = args.place.folder()?.beside().await?;
    // What the units have decided of leases.
    templates::refresh(&app)?;
    let (device, record) = (device(&app, &args.device)?, record(&app, &args.record)?);
    let found =
        why(&app, device, record)?.with_context(|| format!("there is no device {device}"))?;
    let (kind, unit) =
        found.record.as_ref().map_or(("", None), |row| (row.kind.as_str(), Some(row.unit)));
    let entry = Entry { record: Some(record), ..console(What::Listed, kind, unit) };
    app.audit.note(vec![entry]).await?;
    let language = if args.english { Language::En } else { Language::Sv };
    println!("{}", said::whether(&found, language));
    let times = said::times(&found, app.now_ms(), language);
    for line in said::reasons(&found, language).into_iter().chain(times) {
        println!("- {line}");
    }
    Ok(())
}

fn device(app: &App, asked: &str) -> anyhow::Result<DeviceId> {
    if let Ok(id) = asked.parse() {
        return Ok(id);
    }
    let all = app.readers.read(accounts::devices)?;
    let named: Vec<_> = all.iter().filter(|(device, _)| device.name == asked).collect();
    match named.as_slice() {
        [(device, _)] => Ok(device.id),
        [] => bail!("there is no device {asked}; `ankomst device list` lists them"),
        many => {
            let ids = many.iter().map(|(device, login)| format!("{} ({login})", device.id));
            bail!(
                "several devices are called {asked}; give the id of one: {}",
                ids.collect::<Vec<_>>().join(", ")
            )
        }
    }
}

fn record(app: &App, asked: &str) -> anyhow::Result<DocumentId> {
    if let Ok(id) = asked.parse() {
        return Ok(id);
    }
    let mut found = Vec::new();
    for unit in app.readers.read(units::all)? {
        found.extend(app.row_readers.read(|db| rows::numbered(db, unit, asked))?);
    }
    ensure!(
        found.len() < 2,
        "several units have a record {asked}; give the id that stands in its address"
    );
    found.pop().with_context(|| {
        format!("there is no record {asked}; give its number, or the id that stands in its address")
    })
}
