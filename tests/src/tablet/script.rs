//! What the program `tablet edit` carries out: a TOML list of steps.
//!
//! ```toml
//! [[step]]
//! do = "new_case"          # or start_run, add_entry, type, answer, settle, commit
//! title = "Noori"          # household of a case, name of a house
//! [[step]]
//! do = "type"
//! title = "Noori"
//! path = "phone"
//! value = "070-174 06 00"
//! ```
//! A step is about the case or house of that title; with `item`, about the newest run at the house.

use ankomst_shared::app::{Act, Acted, Command, Reply};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::value::Value;
use anyhow::{Context, bail, ensure};
use serde::Deserialize;

use super::device::Tablet;
use crate::kit::ledger::{Ledger, Shown};

/// A list of steps.
#[derive(Debug, Deserialize)]
pub struct Script {
    /// The steps, in order.
    pub step: Vec<Step>,
}

/// One step.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    r#do: Do,
    title: String,
    #[serde(default)]
    path: String,
    /// Checklist of a run, or item of a checklist.
    #[serde(default)]
    item: String,
    #[serde(default)]
    checklist: String,
    #[serde(default)]
    list: String,
    value: Option<toml::Value>,
    #[serde(default)]
    answers: std::collections::BTreeMap<String, toml::Value>,
    #[serde(default)]
    reason: String,
}

/// What a step does.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Do {
    NewCase,
    StartRun,
    AddEntry,
    Type,
    Answer,
    Settle,
    Commit,
}

/// Carries out a script; everything typed is noted in the ledger with the level shown.
///
/// # Errors
/// At the first step that cannot be carried out.
pub async fn carry_out(
    tablet: &Tablet,
    script: &Script,
    ledger: &mut Ledger,
) -> anyhow::Result<()> {
    for (number, step) in script.step.iter().enumerate() {
        one(tablet, step, ledger).await.with_context(|| format!("step {}", number + 1))?;
    }
    Ok(())
}

async fn one(tablet: &Tablet, step: &Step, ledger: &mut Ledger) -> anyhow::Result<()> {
    let reply = match step.r#do {
        Do::NewCase => {
            let label = ("label".to_owned(), Value::text(&step.title));
            tablet.handle(Command::Act(Act::NewCase, vec![label])).await
        }
        Do::StartRun => {
            let (parent, checklist) = (house(tablet, &step.title).await?, checklist(step));
            tablet.handle(Command::Act(Act::StartRun { parent, checklist }, Vec::new())).await
        }
        Do::AddEntry => {
            let answers = step.answers.iter();
            let answers = answers.map(|(field, given)| Ok((field.clone(), value(given)?)));
            let answers = answers.collect::<anyhow::Result<_>>()?;
            let (document, list) = (document(tablet, step).await?, step.list.clone());
            tablet.handle(Command::AddEntry { document, list, answers }).await
        }
        Do::Commit => tablet.handle(Command::Commit(document(tablet, step).await?)).await,
        Do::Type | Do::Answer => return type_one(tablet, step, ledger).await,
        Do::Settle => {
            let (document, path) = (document(tablet, step).await?, path(step));
            let field = tablet.field((document, &path)).await.context("no such field")?;
            let conflict = field.conflict.context("there is nothing to settle")?;
            let value = value(step.value.as_ref().context("a decision needs a value")?)?;
            let (path, reason) = (field.path, step.reason.clone());
            tablet.handle(Command::Settle { document, path, conflict, value, reason }).await
        }
    };
    done(&reply)
}

async fn type_one(tablet: &Tablet, step: &Step, ledger: &mut Ledger) -> anyhow::Result<()> {
    let (document, path) = (document(tablet, step).await?, path(step));
    let value = step.value.as_ref().map_or(Ok(Value::Null), value)?;
    let noted = value.as_str().map(str::to_owned);
    if let Some(text) = &noted {
        ledger.note(text, Shown::Nothing);
    }
    let path = ankomst_shared::path::FieldPath::parse(&path)?;
    done(&tablet.handle(Command::Type { document, path, value }).await)?;
    if let Some(text) = &noted {
        ledger.shown(text, Shown::Saved);
    }
    match step.r#do {
        Do::Answer => done(&tablet.handle(Command::Commit(document)).await),
        _ => Ok(()),
    }
}

fn done(reply: &Reply) -> anyhow::Result<()> {
    ensure!(!matches!(reply, Reply::Refused(_)), "{reply:?}");
    Ok(())
}

fn path(step: &Step) -> String {
    match (step.item.as_str(), step.path.as_str()) {
        ("", path) => path.to_owned(),
        (item, "") => format!("item/{item}/status"),
        (item, field) => format!("item/{item}/{field}"),
    }
}

fn checklist(step: &Step) -> String {
    let given = Some(step.checklist.clone()).filter(|given| !given.is_empty());
    given.unwrap_or_else(|| "residence_inspection".to_owned())
}

async fn document(tablet: &Tablet, step: &Step) -> anyhow::Result<DocumentId> {
    if !step.item.is_empty() {
        let parent = house(tablet, &step.title).await?;
        let checklist = checklist(step);
        // Joins the run that is open.
        let act = Command::Act(Act::StartRun { parent, checklist }, Vec::new());
        return match tablet.handle(act).await {
            Reply::Acted(Acted { document: Some(run), .. }) => Ok(run),
            other => bail!("no run at {}: {other:?}", step.title),
        };
    }
    match tablet.listed("/arenden").await.iter().find(|(_, title)| *title == step.title) {
        Some((case, _)) => Ok(*case),
        None => house(tablet, &step.title).await,
    }
}

/// Finds a house by its name.
///
/// # Errors
/// When no house on this device is called that.
pub async fn house(tablet: &Tablet, name: &str) -> anyhow::Result<DocumentId> {
    let houses = tablet.listed("/boenden").await;
    let found = houses.iter().find(|(_, known)| known == name).map(|(house, _)| *house);
    found.with_context(|| format!("nothing here is called {name}"))
}

fn value(given: &toml::Value) -> anyhow::Result<Value> {
    Ok(match given {
        toml::Value::String(text) => Value::text(text),
        toml::Value::Integer(number) => Value::Int(*number),
        toml::Value::Boolean(yes) => Value::Bool(*yes),
        other => bail!("{other} is not an answer"),
    })
}
