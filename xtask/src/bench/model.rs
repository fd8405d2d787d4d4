//! `cargo xtask bench model`: what opening, editing, merging and reading a case costs, natively and in a
//! browser.

use std::process::{Command, Stdio};

use clap::Args;

use crate::run::{cargo, run as start, step, target};
use crate::{prepare, web};

/// Options of `bench model`.
#[derive(Args)]
pub(crate) struct ModelArgs {
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

/// Builds and measures.
///
/// # Errors
/// When a build or the program fails.
pub(crate) fn run(args: &ModelArgs) -> anyhow::Result<()> {
    let json = args.json.then_some("--json");
    step("model", || {
        cargo(&["build", "--quiet", "--release", "-p", "ankomst-model", "--bin", "model"])
    })?;
    start(Command::new(target().join("release/model")).args(json))?;
    if !["chromium", "chromedriver"].into_iter().all(is_here) {
        eprintln!("    there is no chromium with its chromedriver: only the native figures");
        return Ok(());
    }
    let folder = target().join("bench").join("model");
    step("model for the browser", || {
        prepare::wasm_target()?;
        web::beside("model", "ankomst-model", &folder)?;
        cargo(&["build", "--quiet", "-p", "ankomst-tests", "--bin", "page"])
    })?;
    let mut page = Command::new(target().join("debug/page"));
    start(page.args(json).arg(folder).env("ANKOMST_BROWSER", "1"))
}

fn is_here(program: &str) -> bool {
    let mut asked = Command::new(program);
    asked.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    asked.status().is_ok_and(|status| status.success())
}
