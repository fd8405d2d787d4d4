//! `ankomst export`: reports as files for a spreadsheet.

use ankomst_shared::app::Language;
use ankomst_shared::ids::UnitId;
use anyhow::{Context, bail};

use super::place::Place;
use crate::app::App;
use crate::audit::console;
use crate::export::{self, Asked};
use crate::reports::{self, Whose};
use crate::storage::accesses::entry::What;
use crate::storage::sqlite::units;

/// Which report.
#[derive(clap::Subcommand)]
pub(super) enum ExportCommand {
    /// R-01, agreement and received for each year, as CSV to standard output.
    R01(R01),
    /// R-02, what there is to live in and what is asked, month by month.
    R02(Of),
    /// R-14, how those placed are spread over the areas.
    R14(Of),
    /// Shares by category and citizenship, small numbers hidden.
    Shares(Of),
    /// What waits for each department.
    Departments(Of),
    /// The indicators of the plans with their values.
    Indicators(Of),
}

/// Whose report, and how it is written.
#[derive(clap::Args)]
pub(super) struct Of {
    #[command(flatten)]
    place: Place,
    /// Name of the unit; needed where there are several.
    #[arg(long)]
    unit: Option<String>,
    /// Decimals behind a point instead of a comma.
    #[arg(long)]
    point: bool,
    /// Names in English instead of Swedish.
    #[arg(long)]
    english: bool,
}

/// What is asked of R-01.
#[derive(clap::Args)]
pub(super) struct R01 {
    #[command(flatten)]
    whose: Of,
    /// Years, such as 2013 or 2008-2013; all without.
    #[arg(long, value_parser = years)]
    years: Option<(i64, i64)>,
}

/// Prints the report.
pub(super) async fn run(command: ExportCommand) -> anyhow::Result<()> {
    let (id, whose, years) = match command {
        ExportCommand::R01(R01 { whose, years }) => ("r01", whose, years),
        ExportCommand::R02(whose) => ("r02", whose, None),
        ExportCommand::R14(whose) => ("r14", whose, None),
        ExportCommand::Shares(whose) => ("shares", whose, None),
        ExportCommand::Departments(whose) => ("departments", whose, None),
        ExportCommand::Indicators(whose) => ("indicators", whose, None),
    };
    let app = whose.place.folder()?.beside().await?;
    let unit = chosen(&app, whose.unit.as_deref())?;
    let language = if whose.english { Language::En } else { Language::Sv };
    let asked = Asked { unit, years, language, comma: !whose.point };
    app.audit.note(vec![console(What::Exported, id, Some(unit))]).await?;
    let text = match reports::known(id) {
        Some(report) => {
            let tables =
                reports::made(&app, Whose { unit, reader: None }, report, (language, None))?;
            reports::file(&app, (report, &tables), asked)?
        }
        None => export::r01(&app, asked)?,
    };
    print!("{text}");
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
