//! How costs grow: with the records of the server, with those that one tablet holds, and with tablets.

use std::cell::RefCell;
use std::path::Path;
use std::time::Duration;

use super::many::{Crowd, rush};
use super::plot::Point;
use super::rows::{Say, back, first, float, nothing};
use super::town::{Town, UNIT};

/// Records of a unit where there are several; also what three people write before three others go on.
const OF_UNIT: usize = 500;
/// Tablets of a unit, each with one of its records changed.
const TABLETS: usize = 10;
/// What of a row is drawn.
const DRAWN: [&str; 3] =
    ["server CPU", "server CPU to level 1", "server CPU until settled, of each tablet"];

/// What a tablet of one unit costs when the server has so many records, in units of 500 of which the tablet holds one,
/// or in one unit of which it holds all.
///
/// # Errors
/// When something does not arrive.
pub async fn records(
    sizes: &[usize],
    is_one_unit: bool,
    say: Say<'_>,
) -> anyhow::Result<Vec<Point>> {
    let mut town = Town::new(OF_UNIT).await?;
    let panel = if is_one_unit { "records on the tablet" } else { "records of other units" };
    let points = RefCell::new(Vec::new());
    for (step, size) in sizes.iter().enumerate() {
        while town.records.len() < *size {
            let unit = format!("Enhet {}", town.records.len() / OF_UNIT);
            let unit = if is_one_unit { UNIT } else { &unit };
            town.grow(unit, OF_UNIT).await?;
        }
        let kind = if is_one_unit { "held" } else { "there" };
        let row = |name: &str| format!("{name}, {size} {kind}");
        let note = noting(&points, (panel, *size), say);
        let server = row("server");
        note(&server, "memory", float(town.process.memory_kb()?), "KiB");
        note(&server, "files", float(bytes(town.server.data())?), "B");
        let tablet = first(&town, &row("first"), &note).await?;
        back(&mut town, &tablet, (&row("back"), step * 50, Duration::ZERO), &note).await?;
        nothing(&town, &tablet, &row("nothing"), &note).await?;
    }
    Ok(points.into_inner())
}

/// What each tablet costs when so many come back at once, ten of a unit, each with one record changed.
///
/// # Errors
/// When something does not arrive.
pub async fn tablets(counts: &[usize], say: Say<'_>) -> anyhow::Result<Vec<Point>> {
    let points = RefCell::new(Vec::new());
    for count in counts {
        let tablets = TABLETS.min(*count);
        let crowd = Crowd { units: count / tablets.max(1), held: TABLETS, tablets, changed: 1 };
        let note = noting(&points, ("tablets that come back", *count), say);
        rush(crowd, &format!("back, {count} tablets"), &note).await?;
    }
    Ok(points.into_inner())
}

/// Says what is said, and notes what is drawn.
fn noting<'a>(
    points: &'a RefCell<Vec<Point>>,
    (panel, size): (&'static str, usize),
    say: Say<'a>,
) -> impl Fn(&str, &str, f64, &str) + 'a {
    move |row, metric, value, unit| {
        if DRAWN.contains(&metric) {
            let line = row.split(',').next().unwrap_or_default().to_owned();
            let size = float(u64::try_from(size).unwrap_or_default());
            points.borrow_mut().push(Point { panel, line, size, ms: value });
        }
        say(row, metric, value, unit);
    }
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
