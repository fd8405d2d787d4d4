//! `page [--json] FOLDER`: what the model costs in Chromium, with the module, its glue and the catalog that
//! `cargo xtask bench model` puts into a folder.
#![expect(clippy::print_stdout, reason = "a program that prints figures")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use ankomst_model::{METRICS, lines};
use ankomst_tests::kit::browser::{Driver, Profile};
use anyhow::{Context, ensure};
use clap::Parser;
use serde_json::json;

/// Loads the module as the app does, and measures.
const SCRIPT: &str = "
    const [glue, module, catalog, done] = arguments;
    const address = URL.createObjectURL(new Blob([glue], { type: 'text/javascript' }));
    import(address).then(async ({ default: init, measure }) => {
        await init({ module_or_path: new Uint8Array(module).buffer });
        return [...measure(new Uint8Array(catalog))];
    }).then(done, (fault) => done(`${fault}`));
";

#[derive(Parser)]
struct Args {
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    /// Where the module is.
    folder: PathBuf,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    for line in lines(args.json, "W-wasm", &measured(&args.folder).await?) {
        println!("{line}");
    }
    Ok(())
}

async fn measured(folder: &Path) -> anyhow::Result<Vec<f64>> {
    let read = |name: &str| {
        let file = folder.join(name);
        std::fs::read(&file).with_context(|| format!("reading {}", file.display()))
    };
    let glue = String::from_utf8(read("model.js")?)?;
    let with = vec![json!(glue), json!(read("model_bg.wasm")?), json!(read("catalog.bin")?)];
    let driver = Driver::start().context("ANKOMST_BROWSER is not set")?;
    let mut profile = Profile::open(&driver, "model", (800, 600)).await;
    profile.goto("about:blank").await;
    profile.web().set_script_timeout(Duration::from_mins(5)).await?;
    let told = profile.web().execute_async(SCRIPT, with).await?;
    profile.close().await;
    let figures: Vec<f64> = serde_json::from_value(told.json().clone())
        .with_context(|| format!("the page measured nothing: {}", told.json()))?;
    ensure!(figures.len() == METRICS.len(), "the page measured {figures:?}");
    Ok(figures)
}
