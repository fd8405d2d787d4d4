//! `ankomst seed`: made-up people and houses for demonstrations, tests and benchmarks.

use std::path::Path;

use anyhow::Context;
use jiff::civil::Date;

use super::place::Place;
use crate::seed::town::{self, Plan, Size};
use crate::{care, projector, seed};

/// What to plant.
#[derive(clap::Args)]
pub(super) struct SeedArgs {
    #[command(flatten)]
    place: Place,
    /// Size of the dataset; without it the story pack is planted.
    #[arg(long, value_enum)]
    size: Option<Size>,
    /// Story pack: sp-1 is three houses and 38 persons, sp-7 the figures of some municipalities without
    /// persons, beside whatever the folder holds.
    #[arg(long, default_value = "sp-1", conflicts_with = "size")]
    pack: String,
    /// The same seed gives the same people.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Years of journal behind a dataset.
    #[arg(long, default_value_t = 5, requires = "size", value_parser = clap::value_parser!(u32).range(1..=20))]
    years: u32,
    /// The day that counts as today, yyyy-mm-dd; the day of the run if not given.
    #[arg(long, requires = "size")]
    today: Option<Date>,
}

/// Plants and prints the logins.
pub(super) async fn run(args: SeedArgs) -> anyhow::Result<()> {
    let SeedArgs { place, size, pack, seed, years, today } = args;
    let folder = place.folder()?;
    may_be_filled(&folder.path)?;
    let Some(size) = size else {
        let is_figures = pack == "sp-7";
        anyhow::ensure!(
            is_figures || pack == "sp-1",
            "there is no story pack {pack}; there are sp-1 and sp-7"
        );
        let (_lock, app) = folder.alone().await?;
        let said = if is_figures {
            seed::figures::run(&app, seed).await?
        } else {
            seed::run(&app, seed).await?
        };
        println!("{said}");
        return Ok(());
    };
    let (_lock, app) = folder.alone().await?;
    let today = match today {
        Some(today) => today,
        None => seed::day::of(app.now_ms()),
    };
    let plan = Plan { size, seed, years, today };
    println!("{}", town::sow(&app, plan).await?);
    if size == Size::S {
        println!("{}", seed::figures::run(&app, seed).await?);
    }
    projector::rebuild(&app)?;
    Ok(())
}

/// Refuses a folder that holds something else than data of Ankomst.
fn may_be_filled(data: &Path) -> anyhow::Result<()> {
    if !data.exists() || data.join("log.db").exists() {
        return Ok(());
    }
    let inside =
        std::fs::read_dir(data).with_context(|| format!("looking into {}", data.display()))?;
    // An attempt that was refused leaves its lock.
    let mut others = inside.flatten().filter(|entry| entry.file_name() != care::LOCK);
    anyhow::ensure!(
        others.next().is_none(),
        "{} holds other files; give a folder that is empty or not there",
        data.display()
    );
    Ok(())
}
