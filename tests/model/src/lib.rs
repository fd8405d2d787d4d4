//! What the model costs for one case of the workload W: a person and an intake of 60 answers, made at once
//! and changed 30 times by three people; and a search among ten thousand. The same work natively and as a module in a browser.
//!
//! Reading order: [`figures`], [`case`] and [`people`] (the work), [`watch`] (how long it takes), `page` (the way in for a
//! browser).

pub mod case;
#[cfg(target_arch = "wasm32")]
pub mod page;
pub mod people;
pub mod watch;

use ankomst_shared::catalog::Catalog;
use ankomst_shared::conflict::conflicts;
use ankomst_shared::form::evaluate;
use ankomst_shared::merge::record_state;
use ankomst_shared::same::Same;
use anyhow::Context;
use case::{Case, by, opened, size};
use watch::Watch;

/// What is measured, and in what: microseconds or bytes.
pub const METRICS: [(&str, &str); 9] = [
    ("open", "us"),
    ("edit one answer", "us"),
    ("merge ten changes of another", "us"),
    ("state of every field", "us"),
    ("what is to be decided", "us"),
    ("form: relevant, missing, broken, reckoned", "us"),
    ("search among 10,000 persons, the dearest", "us"),
    ("history, 31 changes", "B"),
    ("one change, on average", "B"),
];

/// How figures are printed, as one JSON object a line or for people.
#[must_use]
pub fn lines(json: bool, scenario: &str, figures: &[f64]) -> Vec<String> {
    let line = |((metric, unit), value): (&(&str, &str), &f64)| {
        if json {
            let line = serde_json::json!({
                "bench": "model", "scenario": scenario, "metric": metric, "value": value, "unit": unit
            });
            line.to_string()
        } else {
            format!("model {scenario:<8} {metric:<42} {value:>10.1} {unit}")
        }
    };
    METRICS.iter().zip(figures).map(line).collect()
}

/// Measures by a clock that gives microseconds, in the order of [`METRICS`].
///
/// # Errors
/// When the catalog has no case, or the case cannot be written.
pub fn figures(catalog: &Catalog, clock: &dyn Fn() -> f64) -> anyhow::Result<[f64; METRICS.len()]> {
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
    Ok([
        watch.time(|| opened(9, &chunks).is_ok()),
        edited - cloned,
        merged - cloned,
        watch.time(read),
        watch.time(|| conflicts(catalog, ("case", case::ID), &record, &Same::default())),
        watch.time(|| evaluate(catalog, kind, &record)),
        people::dearest(watch),
        size(&chunks),
        size(chunks.get(1..).unwrap_or_default()) / f64::from(case::CHANGES),
    ])
}
