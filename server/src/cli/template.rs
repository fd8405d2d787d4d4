//! `ankomst template`: checklists of the municipality's own.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ankomst_shared::app::Language;
use ankomst_shared::catalog::diff::changes;
use ankomst_shared::catalog::source::SourceFile;
use ankomst_shared::catalog::source::own::{self, FILE_BYTES_MAX, Written, municipality};
use ankomst_shared::catalog::{Catalog, Checklist};
use ankomst_shared::document::Edit;
use ankomst_shared::ids::{EntryId, UnitId};
use ankomst_shared::limits::FIELD_TEXT_BYTES_MAX;
use ankomst_shared::own::{FORM, LIST, written};
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;
use anyhow::{Context, bail, ensure};
use clap::{Args, Subcommand};

use super::place::Place;
use crate::app::App;
use crate::storage::random;
use crate::storage::sqlite::units;
use crate::sync::office;
use crate::templates::{self, KIND, Org};

/// Most that all versions of all checklists may take, as they are written in the record.
const ALL_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Most faults of one file that are told.
const FAULTS_MAX: usize = 40;

#[derive(Subcommand)]
pub(super) enum TemplateCommand {
    /// Reads checklists and says, with file and line, what is wrong in them. Changes nothing.
    Check(Given),
    /// Publishes checklists of the municipality's own: they reach every tablet, and stand where such runs
    /// begin. The same file again changes nothing; a changed one counts its version up.
    Add(Given),
    /// Lists the municipality's own checklists.
    List(Place),
}

#[derive(Args)]
pub(super) struct Given {
    #[command(flatten)]
    place: Place,
    /// Checklists as TOML.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Language in which changes to the version before are told: sv or en.
    #[arg(long, default_value = "en", value_parser = ["sv", "en"])]
    language: String,
}

impl Given {
    fn language(&self) -> Language {
        if self.language == "sv" { Language::Sv } else { Language::En }
    }
}

pub(super) async fn run(command: TemplateCommand) -> anyhow::Result<()> {
    match command {
        TemplateCommand::Check(files) => check(files).await,
        TemplateCommand::Add(files) => add(files).await,
        TemplateCommand::List(place) => list(&*place.folder()?.beside().await?),
    }
}

/// What a unit has.
struct Published {
    unit: UnitId,
    name: String,
    orgs: Vec<Org>,
}

impl Published {
    fn lists(&self) -> Vec<Checklist> {
        templates::own(&self.orgs).lists
    }

    fn bytes(&self) -> usize {
        let texts = self.orgs.iter().flat_map(|org| org.record.fields.values());
        texts.filter_map(|state| state.value.as_str()).map(str::len).sum()
    }
}

/// What all units have, with what waits for its trial.
fn published(app: &App) -> anyhow::Result<Vec<Published>> {
    let units = app.readers.read(|db| {
        let named = |unit| Ok((unit, units::name(db, unit)?.unwrap_or_default()));
        units::all(db)?.into_iter().map(named).collect::<Result<Vec<_>, _>>()
    })?;
    let read = |(unit, name)| {
        let orgs = templates::records(app, unit, true)?;
        Ok(Published { unit, name, orgs })
    };
    units.into_iter().map(read).collect()
}

/// Every checklist that any unit has.
fn all_lists(published: &[Published]) -> Vec<Checklist> {
    templates::own(published.iter().flat_map(|one| &one.orgs)).lists
}

async fn check(given: Given) -> anyhow::Result<()> {
    let language = given.language();
    let folder = given.place.folder()?;
    let has_data = folder.path.join("log.db").exists();
    let known =
        if has_data { all_lists(&published(&*folder.beside().await?)?) } else { Vec::new() };
    for one in read_all(&given.files, known.clone())? {
        tell(&one.checklist, &known, language);
    }
    if has_data {
        println!("Nothing was changed. `ankomst template add` publishes.");
    } else {
        println!(
            "There are no data in {}: whether ids and versions fit what is published was not checked.",
            folder.path.display()
        );
    }
    Ok(())
}

async fn add(given: Given) -> anyhow::Result<()> {
    let language = given.language();
    let app = given.place.folder()?.beside().await?;
    let units = published(&app)?;
    ensure!(
        !units.is_empty(),
        "there is no unit yet; add an account first, then run this again. Nothing was changed"
    );
    let known = all_lists(&units);
    let unread: usize = units.iter().map(|unit| templates::own(&unit.orgs).unread).sum();
    ensure!(
        unread == 0,
        "{unread} checklists here were published by a newer version of Ankomst; use that one. Nothing was \
         changed"
    );
    // Nothing is written unless all files are as they should be.
    let all = read_all(&given.files, known.clone())?;
    for unit in &units {
        bounds(unit, &all)?;
    }
    for one in &all {
        let mut is_new = false;
        for Published { unit, .. } in &units {
            is_new |= publish(&app, *unit, one).await?;
        }
        if is_new {
            tell(&one.checklist, &known, language);
        } else {
            let Checklist { id, version, .. } = &one.checklist;
            println!("{id} version {version} is there already; nothing was changed.");
        }
    }
    println!(
        "Tablets get what is new with their next contact. Runs go on under the version they began with."
    );
    Ok(())
}

/// Reads and checks all files; later ones with those before them as published.
fn read_all(files: &[PathBuf], mut known: Vec<Checklist>) -> anyhow::Result<Vec<Written>> {
    let (mut all, mut faults) = (Vec::new(), 0);
    for file in files {
        let source = SourceFile { name: file.display().to_string(), text: text_of(file)? };
        match own::own(&source, Catalog::builtin().package(), &known) {
            Ok(written) => {
                let is_known = known.contains(&written.checklist);
                if !is_known {
                    known.push(written.checklist.clone());
                }
                all.push(written);
            }
            Err(found) => {
                faults += found.len();
                for fault in found.iter().take(FAULTS_MAX) {
                    eprintln!("{fault}");
                }
                if found.len() > FAULTS_MAX {
                    eprintln!("… and {} more", found.len() - FAULTS_MAX);
                }
            }
        }
    }
    ensure!(faults == 0, "{faults} things to mend; nothing was changed");
    Ok(all)
}

/// The text of a file that is not too large to be a checklist.
fn text_of(file: &Path) -> anyhow::Result<String> {
    let shown = file.display();
    let opened = std::fs::File::open(file).with_context(|| format!("reading {shown}"))?;
    let mut bytes = Vec::new();
    opened
        .take(FILE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .with_context(|| format!("reading {shown}"))?;
    ensure!(
        u64::try_from(bytes.len())? <= FILE_BYTES_MAX,
        "{shown} has more than {} kB; a checklist has fewer. Nothing was changed",
        FILE_BYTES_MAX / 1024
    );
    String::from_utf8(bytes).map_err(|_| {
        anyhow::anyhow!("{shown} is not text in UTF-8; save it as that. Nothing was changed")
    })
}

/// Makes sure that the record of a unit can hold all.
fn bounds(unit: &Published, all: &[Written]) -> anyhow::Result<()> {
    let known = unit.lists();
    let mut bytes = unit.bytes();
    for Written { checklist, .. } in all {
        let own = written(checklist).len();
        ensure!(
            own <= FIELD_TEXT_BYTES_MAX,
            "{} takes {own} bytes packed, and at most {FIELD_TEXT_BYTES_MAX} fit: part it in two, or shorten \
             its texts. Nothing was changed",
            checklist.id
        );
        if !known.contains(checklist) {
            bytes += own;
        }
    }
    ensure!(
        bytes <= ALL_BYTES_MAX,
        "all versions of all checklists of {} would take {} kB, and at most {} kB go to every tablet. Nothing \
         was changed",
        unit.name,
        bytes / 1024,
        ALL_BYTES_MAX / 1024
    );
    Ok(())
}

/// Publishes a checklist as the command does, by a server that runs in this process; tells whether it was new.
///
/// # Errors
/// As the command.
#[cfg(feature = "sim")]
pub async fn publish_here(app: &Arc<App>, source: &SourceFile) -> anyhow::Result<bool> {
    let units = published(app)?;
    let package = Catalog::builtin().package();
    let one = own::own(source, package, &all_lists(&units))
        .map_err(|faults| anyhow::anyhow!("{faults:?}"))?;
    let mut is_new = false;
    for unit in &units {
        bounds(unit, core::slice::from_ref(&one))?;
        is_new |= publish(app, unit.unit, &one).await?;
    }
    Ok(is_new)
}

/// Publishes a checklist in a unit; tells whether it was new there.
async fn publish(app: &Arc<App>, unit: UnitId, one: &Written) -> anyhow::Result<bool> {
    let all = published(app)?;
    let Some(there) = all.into_iter().find(|known| known.unit == unit) else { return Ok(false) };
    if there.lists().contains(&one.checklist) {
        same_decision(&there, one)?;
        return Ok(false);
    }
    let mut edits = Vec::new();
    let known = there.orgs.into_iter().next();
    if known.is_none() {
        put(&mut edits, "name", Value::text(there.name))?;
        let code = municipality(&one.checklist.id).unwrap_or_default();
        if Catalog::builtin().list("municipality").is_some_and(|list| list.code(code).is_some()) {
            put(&mut edits, "municipality", Value::text(code))?;
        }
    }
    let entry = EntryId::from_bytes(random()?);
    for (field, value) in values(one) {
        put(&mut edits, &format!("{LIST}/{entry}/{field}"), value)?;
    }
    let known = known.map(|org| (org.id, org.document));
    office::write(app, (KIND, unit), known, &edits).await?;
    Ok(true)
}

fn values(one: &Written) -> [(&'static str, Value); 9] {
    let Written { checklist, by, on, number, owner, review_on } = one;
    [
        ("key", Value::text(checklist.id.as_str())),
        ("version", Value::Int(i64::from(checklist.version))),
        ("adopted_by", Value::text(by.as_str())),
        ("adopted_on", Value::text(on.as_str())),
        ("dnr", Value::text(number.as_str())),
        ("owner", Value::text(owner.as_str())),
        ("review_on", Value::text(review_on.as_str())),
        ("form", Value::Int(FORM)),
        ("body", Value::text(written(checklist))),
    ]
}

fn put(edits: &mut Vec<Edit>, path: &str, value: Value) -> anyhow::Result<()> {
    edits.push(Edit { path: FieldPath::parse(path)?, value });
    Ok(())
}

/// What was decided about a version stays as it was published.
fn same_decision(there: &Published, one: &Written) -> anyhow::Result<()> {
    let fields = [
        ("adopted_by", &one.by),
        ("adopted_on", &one.on),
        ("dnr", &one.number),
        ("owner", &one.owner),
        ("review_on", &one.review_on),
    ];
    let Some((org, entry)) = entry_of(&there.orgs, &one.checklist) else { return Ok(()) };
    for (field, said) in fields {
        let stands = org.record.text(&format!("{LIST}/{entry}/{field}"));
        if stands != said {
            bail!(
                "{} version {} is published with {field} {stands:?}, and the file says {said:?}: count \
                 `version` up. Nothing was changed in it",
                one.checklist.id,
                one.checklist.version
            );
        }
    }
    Ok(())
}

/// The entry in which a checklist stands.
fn entry_of<'a>(orgs: &'a [Org], list: &Checklist) -> Option<(&'a Org, String)> {
    orgs.iter().find_map(|org| {
        let entries = org.record.entries(Catalog::builtin(), KIND, LIST);
        let entry = entries.into_iter().find(|entry| {
            let key = |field: &str| format!("{LIST}/{entry}/{field}");
            org.record.text(&key("key")) == list.id
                && org.record.value(&key("version")) == Some(&Value::Int(list.version.into()))
        });
        Some((org, entry?))
    })
}

/// Says what a checklist is, and what changed since the version before.
fn tell(list: &Checklist, known: &[Checklist], language: Language) {
    let Checklist { id, version, items, .. } = list;
    let earlier = known.iter().filter(|one| one.id == *id && one.version < *version);
    let Some(before) = earlier.max_by_key(|one| one.version) else {
        return println!("{id} version {version}: {} items, the first version here.", items.len());
    };
    println!("{id} version {version}: {} items; since version {}:", items.len(), before.version);
    let changes = changes(before, list);
    if changes.is_empty() {
        println!("  no item changed");
    }
    for change in changes {
        println!("  {}", change.words(Catalog::builtin(), list, language));
    }
    if before.offered != list.offered {
        println!("  its button or where it stands changed");
    }
}

fn list(app: &App) -> anyhow::Result<()> {
    for unit in published(app)? {
        let mut own = templates::own(&unit.orgs);
        own.lists.sort_by_key(|list| (list.id.clone(), list.version));
        for list in &own.lists {
            let Checklist { id, version, items, .. } = list;
            let newest = own.lists.iter().filter(|one| one.id == *id).map(|one| one.version).max();
            let state = match &list.offered {
                _ if newest > Some(*version) => "replaced".to_owned(),
                Some(offered) => format!("begins at {}", offered.at),
                None => "not offered".to_owned(),
            };
            let said = entry_of(&unit.orgs, list).map_or_else(String::new, |(org, entry)| {
                let text = |field: &str| org.record.text(&format!("{LIST}/{entry}/{field}"));
                let (by, on, review) = (text("adopted_by"), text("adopted_on"), text("review_on"));
                format!("adopted {on} by {by}, review {review}")
            });
            println!("{id}  version {version}  {} items  {state}  {said}", items.len());
        }
        if own.unread > 0 {
            println!("{} in a form of a newer version of Ankomst, kept", own.unread);
        }
    }
    Ok(())
}
