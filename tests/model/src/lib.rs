//! What the model costs for one case of the workload W: a person and an intake of 60 answers, made at once
//! and changed 30 times by three people. The same work natively and as a module in a browser.
//!
//! Reading order: [`figures`], [`case`] (the work), [`watch`] (how long it takes), `page` (the way in for a
//! browser).

pub mod case;
#[cfg(target_arch = "wasm32")]
pub mod page;
pub mod watch;

use ankomst_shared::catalog::Catalog;
use ankomst_shared::conflict::conflicts;
use ankomst_shared::form::evaluate;
use ankomst_shared::merge::record_state;
use anyhow::Context;
use case::{Case, by, opened, size};
use watch::Watch;

/// One thing measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// What was measured.
    pub metric: &'static str,
    /// How much.
    pub value: f64,
    /// Of what: microseconds or bytes.
    pub unit: &'static str,
}

/// How a figure is printed, as one JSON object or for people.
#[must_use]
pub fn line(json: bool, scenario: &str, (metric, value, unit): (&str, f64, &str)) -> String {
    if json {
        let line = serde_json::json!({
            "bench": "model", "scenario": scenario, "metric": metric, "value": value, "unit": unit
        });
        line.to_string()
    } else {
        format!("model {scenario:<8} {metric:<42} {value:>10.1} {unit}")
    }
}

/// Measures by a clock that gives microseconds.
///
/// # Errors
/// When the catalog has no case, or the case cannot be written.
pub fn figures(catalog: &Catalog, clock: &dyn Fn() -> f64) -> anyhow::Result<Vec<Figure>> {
    let watch = Watch::new(clock);
    let Case { chunks, apart, edit } = Case::new(catalog)?;
    let document = opened(9, &chunks)?;
    let kind = catalog.kind("case").context("no case in the catalog")?;
    let read = || record_state(catalog, ("case", case::ID), &document, None);
    let record = read();
    let cloned = watch.time(|| document.clone().heads().len());
    let edited = watch.time(|| document.clone().commit(&edit, &by(1, 99)).is_ok());
    let merged =
        watch.time(|| document.clone().apply(apart.iter().map(|one| one.bytes.as_slice())).is_ok());
    let changes = chunks.get(1..).unwrap_or_default();
    let figure = |metric, value, unit| Figure { metric, value, unit };
    Ok(vec![
        figure("open", watch.time(|| opened(9, &chunks).is_ok()), "us"),
        figure("edit one answer", edited - cloned, "us"),
        figure("merge ten changes of another", merged - cloned, "us"),
        figure("state of every field", watch.time(read), "us"),
        figure(
            "what is to be decided",
            watch.time(|| conflicts(catalog, ("case", case::ID), &record)),
            "us",
        ),
        figure(
            "form: relevant, missing, broken, reckoned",
            watch.time(|| evaluate(catalog, kind, &record)),
            "us",
        ),
        figure("history, 31 changes", size(&chunks), "B"),
        figure("one change, on average", size(changes) / f64::from(case::CHANGES), "B"),
    ])
}
