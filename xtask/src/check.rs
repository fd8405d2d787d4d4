//! `cargo xtask test`: everything that must hold before a change lands.

use std::process::Command;

use clap::Args;

use crate::run::{cargo, cargo_program, run as start, step, target, top};
use crate::{hostile, prepare, sim, storms, tidy, web};

/// Options of `test`.
#[derive(Args)]
pub(crate) struct TestArgs {
    /// Only what needs no browser and no strace.
    #[arg(long)]
    quick: bool,
}

/// What is built and tested on this machine: one selection, because another one has other features, with which
/// everybody's crates are built once more.
const SELECTION: [&str; 7] = [
    "--workspace",
    "--exclude",
    "ankomst-core-wasm",
    "--exclude",
    "ankomst-ui-wasm",
    // It plants defects, which no other program is built with.
    "--exclude",
    "ankomst-sim",
];

const WASM_CLIPPY: [&str; 13] = [
    "clippy",
    "--quiet",
    "--target",
    "wasm32-unknown-unknown",
    "-p",
    "ankomst-core-wasm",
    "-p",
    "ankomst-ui-wasm",
    "-p",
    "ankomst-model",
    "--",
    "-D",
    "warnings",
];

/// Runs all checks, the cheap ones first.
///
/// # Errors
/// At the first check that fails.
pub(crate) fn run(args: &TestArgs) -> anyhow::Result<()> {
    step("tidy", tidy::run)?;
    step("wasm target", prepare::wasm_target)?;
    if !args.quick {
        step("packages", prepare::packages)?;
    }
    let axe = if args.quick { None } else { step("accessibility rules", prepare::axe)? };
    let python = step("packages of Python", prepare::python)?;
    step("format", || cargo(&["fmt", "--all", "--check"]))?;
    lints()?;
    let app = step("app and its size", || web::run(&web::WebArgs::default()))?;
    // With the programs of the packages whose tests start them.
    step("tests are built", || {
        cargo(&[["test", "--quiet", "--no-run"].as_slice(), &SELECTION].concat())
    })?;
    step("tests", || {
        let mut command = Command::new(cargo_program());
        command.current_dir(top()).arg("test").args(SELECTION);
        command.env("ANKOMST_BIN", target().join("debug").join("ankomst"));
        command.env("ANKOMST_TABLET", target().join("debug").join("tablet"));
        command.env("ANKOMST_APP", &app);
        if !args.quick {
            command.env("ANKOMST_BROWSER", "1");
        }
        if let Some(script) = &axe {
            command.env("ANKOMST_AXE", script);
        }
        if let Some(packages) = &python {
            command.env("ANKOMST_PYTHON", packages);
        }
        start(&mut command)
    })?;
    step("histories", || sim::run(&sim::SimArgs::kept()))?;
    step("histories with orders", || sim::run(&sim::SimArgs::ordered()))?;
    step("planted defects", sim::planted)?;
    step("hostile changes", || hostile::run(&hostile::HostileArgs::kept()))?;
    step("storms", || storms::run(&storms::StormArgs::kept()))?;
    step("a history again, and a storm", || {
        cargo(&["test", "--quiet", "--profile", "fast", "-p", "ankomst-sim"])
    })
}

/// What compilers and readers say of the code.
fn lints() -> anyhow::Result<()> {
    step("lints", || {
        cargo(&[
            "clippy",
            "--quiet",
            "--workspace",
            "--exclude",
            "ankomst-core-wasm",
            "--exclude",
            "ankomst-ui-wasm",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ])
    })?;
    step("lints for wasm", || cargo(&WASM_CLIPPY))?;
    step("documentation", || {
        start(
            Command::new(cargo_program())
                .current_dir(top())
                .env("RUSTDOCFLAGS", "-D warnings -A rustdoc::private_intra_doc_links")
                .args([
                    "doc",
                    "--quiet",
                    "--no-deps",
                    "--document-private-items",
                    "-p",
                    "ankomst-shared",
                    "-p",
                    "ankomst-core",
                ]),
        )
    })
}
