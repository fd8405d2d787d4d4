//! `cargo xtask bench web`: bytes of the app, and what it costs the one who uses it in a browser.

use std::process::Command;

use clap::Args;

use crate::run::{cargo, run as start, step, target};
use crate::web;

/// Options of `bench web`.
#[derive(Args)]
pub(crate) struct WebBenchArgs {
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    /// Records of the workload; seven documents each.
    #[arg(long, default_value_t = 500)]
    records: usize,
}

/// Builds and measures.
///
/// # Errors
/// When a build or a program fails, or there is no Chromium.
pub(crate) fn run(args: &WebBenchArgs) -> anyhow::Result<()> {
    let app = step("app and its size", || web::run(&web::WebArgs::default()))?;
    step("server and the one who looks", || {
        let server = ["-p", "ankomst-server", "--bin", "ankomst"];
        let bench = ["-p", "ankomst-tests", "--bin", "web-bench"];
        cargo(&[["build", "--quiet", "--release"].as_slice(), &server, &bench].concat())
    })?;
    let release = target().join("release");
    let mut program = Command::new(release.join("web-bench"));
    program.env("ANKOMST_BIN", release.join("ankomst")).env("ANKOMST_APP", app);
    program.env("ANKOMST_BROWSER", "1").args(["--records", &args.records.to_string()]);
    if args.json {
        program.arg("--json");
    }
    start(&mut program)
}
