//! `cargo xtask bench`: figures, each with its name, printed and never asserted.

mod audit;
mod find;
mod model;
mod pages;
mod process;
mod server;
mod sync;
mod web;

use clap::Subcommand;

/// What can be measured.
#[derive(Subcommand)]
pub(crate) enum Bench {
    /// The server with a made-up municipality: start, memory, rows, pages, first sync, file sizes.
    Server(server::ServerArgs),
    /// One case of the workload W on the model alone, natively and in Chromium: open, edit, merge, read; bytes.
    Model(model::ModelArgs),
    /// Exchanging the workload W: bytes, round trips, CPU, memory; other sync servers beside.
    Sync(sync::SyncArgs),
    /// The app in a browser, with the workload W: switching on, opening a case, typing.
    Web(web::WebBenchArgs),
    /// An access log of a million entries: adding them, and verifying all.
    Audit(audit::AuditArgs),
    /// Looking for a person among 10,000, by what is written and by sound.
    Find(find::FindArgs),
}

/// Measures and prints.
///
/// # Errors
/// When a build or a program fails.
pub(crate) fn run(bench: &Bench) -> anyhow::Result<()> {
    match bench {
        Bench::Server(args) => server::run(args),
        Bench::Model(args) => model::run(args),
        Bench::Sync(args) => sync::run(args),
        Bench::Web(args) => web::run(args),
        Bench::Audit(args) => audit::run(args),
        Bench::Find(args) => find::run(args),
    }
}

/// Prints figures as a table, or as one JSON object a line.
struct Figures {
    bench: &'static str,
    scenario: String,
    json: bool,
}

impl Figures {
    fn say(&self, metric: &str, value: f64, unit: &str) {
        if self.json {
            println!(
                "{}",
                serde_json::json!({
                    "bench": self.bench,
                    "scenario": self.scenario,
                    "metric": metric,
                    "value": value,
                    "unit": unit,
                })
            );
        } else {
            println!("{} {:<8} {metric:<28} {value:>14.1} {unit}", self.bench, self.scenario);
        }
    }
}
