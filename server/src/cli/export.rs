//! `ankomst export`: reports as files for a spreadsheet.

use ankomst_shared::app::Language;
use ankomst_shared::ids::UnitId;
use anyhow::{Context, bail};

use super::place::Place;
use crate::app::App;
use crate::export::{self, Asked};
use crate::storage::sqlite::units;

/// Which report.
#[derive(clap::Subcommand)]
pub(super) enum ExportCommand {
    /// R-01, agreement and received for each year, as CSV to standard output.
    R01(R01),
}

/// What is asked of it.
#[derive(clap::Args)]
pub(super) struct R01 {
    #[command(flatten)]
    place: Place,
    /// Name of the unit; needed where there are several.
    #[arg(long)]
    unit: Option<String>,
    /// Years, such as 2013 or 2008-2013; all without.
    #[arg(long, value_parser = years)]
    years: Option<(i64, i64)>,
    /// Decimals behind a point instead of a comma.
    #[arg(long)]
    point: bool,
    /// Names in English instead of Swedish.
    #[arg(long)]
    english: bool,
}

/// Prints the report.
pub(super) async fn run(command: ExportCommand) -> anyhow::Result<()> {
    let ExportCommand::R01(R01 { place, unit, years, point, english }) = command;
    let app = place.folder()?.beside().await?;
    let unit = chosen(&app, unit.as_deref())?;
    let language = if english { Language::En } else { Language::Sv };
    print!("{}", export::r01(&app, Asked { unit, years, language, comma: !point })?);
    Ok(())
}

/// The unit of a name, or the only one.
fn chosen(app: &App, wanted: Option<&str>) -> anyhow::Result<UnitId> {
    let named = app.readers.read(|db| {
        let mut named = Vec::new();
        for unit in units::all(db)? {
            named.push((unit, units::name(db, unit)?.unwrap_or_default()));
        }
        Ok(named)
    })?;
    let fits = |name: &str| wanted.is_none_or(|wanted| wanted == name);
    let found: Vec<UnitId> =
        named.iter().filter(|(_, name)| fits(name)).map(|(unit, _)| *unit).collect();
    if let [unit] = found.as_slice() {
        return Ok(*unit);
    }
    let all: Vec<&str> = named.iter().map(|(_, name)| name.as_str()).collect();
    bail!("name one of the units with --unit: {}", all.join(", "))
}

fn years(text: &str) -> anyhow::Result<(i64, i64)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let year = |text: &str| text.parse::<i64>().with_context(|| format!("{text} is no year"));
    Ok((year(first)?, year(last)?))
}
