//! How costs grow: with the records of the server, with those that one tablet holds, and with tablets.

use std::path::Path;
use std::time::Duration;

use super::many::{Crowd, rush};
use super::rows::{Say, back, first, float, nothing};
use super::town::{Town, UNIT};

/// Records of a unit where there are several; also what three people write before three others go on.
const OF_UNIT: usize = 500;
/// Units of the server to which more and more tablets come back.
const UNITS: usize = 50;

/// What a tablet of one unit costs when the server has so many records, in units of 500 of which the tablet holds one,
/// or in one unit of which it holds all.
///
/// # Errors
/// When something does not arrive.
pub async fn records(sizes: &[usize], is_one_unit: bool, say: Say<'_>) -> anyhow::Result<()> {
    let mut town = Town::new(OF_UNIT).await?;
    for (step, size) in sizes.iter().enumerate() {
        while town.records.len() < *size {
            let unit = format!("Enhet {}", town.records.len() / OF_UNIT);
            let unit = if is_one_unit { UNIT } else { &unit };
            town.grow(unit, OF_UNIT).await?;
        }
        let kind = if is_one_unit { "held" } else { "there" };
        let row = |name: &str| format!("{name}, {size} {kind}");
        let server = row("server");
        say(&server, "memory", float(town.process.memory_kb()?), "KiB");
        say(&server, "files", float(bytes(town.server.data())?), "B");
        let tablet = first(&town, &row("first"), say).await?;
        back(&mut town, &tablet, (&row("back"), step * 50, Duration::ZERO), say).await?;
        nothing(&town, &tablet, &row("nothing"), say).await?;
    }
    Ok(())
}

/// What each tablet costs when so many come back at once, ten of a unit, each with one record changed.
///
/// # Errors
/// When something does not arrive.
pub async fn tablets(counts: &[usize], say: Say<'_>) -> anyhow::Result<()> {
    for count in counts {
        let units = count.div_ceil(10).min(UNITS);
        let crowd = Crowd { units, held: 10, tablets: count / units, changed: 1 };
        rush(crowd, &format!("back, {count} tablets"), say).await?;
    }
    Ok(())
}

fn bytes(folder: &Path) -> anyhow::Result<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.metadata()?;
        sum += if kind.is_dir() { bytes(&entry.path())? } else { kind.len() };
    }
    Ok(sum)
}
