//! Builds the app: `build` (wasm and glue), `quiet` (no words of panics), `slim` (what no
//! page needs goes), `same` (each function once), `alike` (an order that compresses well), `parts`
//! (each kind of number for itself), `names` (hashed names and references), `pack` (compression and budget).

mod alike;
mod build;
mod names;
mod pack;
mod parts;
mod quiet;
mod same;
mod slim;

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::run::{target, top};

/// Options of `web`.
#[derive(Args, Default)]
pub(crate) struct WebArgs {
    /// Print sizes as one JSON object.
    #[arg(long)]
    json: bool,
    /// An app with the defect of that number (`shared/src/plant.rs`), into target/app-planted.
    #[arg(long, hide = true)]
    plant: Option<String>,
}

impl WebArgs {
    /// An app with a planted defect.
    pub(crate) fn planted(number: &str) -> Self {
        Self { json: false, plant: Some(number.to_owned()) }
    }
}

/// Builds into `target/app` and gives that folder.
///
/// # Errors
/// When a build fails, a reference names no file, or the app is larger than its budget.
pub(crate) fn run(args: &WebArgs) -> anyhow::Result<PathBuf> {
    let mut files = build::modules(args.plant.as_deref())?;
    files.insert("catalog.bin".to_owned(), ankomst_shared::catalog::PACKED.to_vec());
    files.extend(build::statics(&top().join("web-client").join("static"))?);
    let named = names::resolve(&files)?;
    let out = target().join(if args.plant.is_some() { "app-planted" } else { "app" });
    let sizes = pack::write(&named, &out)?;
    if args.json {
        println!(
            "{}",
            serde_json::json!({
                "ui_brotli_bytes": sizes.ui,
                "first_visit_brotli_bytes": sizes.first_visit,
                "catalog_brotli_bytes": sizes.catalog,
            })
        );
    } else {
        eprintln!("    {sizes}, brotli");
    }
    if args.plant.is_none() {
        sizes.check()?;
    }
    Ok(out)
}

/// Builds a library that is no part of the app with all that is done to the app's, and puts it into a
/// folder with the catalog.
///
/// # Errors
/// When the build fails or the folder cannot be written.
pub(crate) fn beside(name: &str, package: &str, folder: &Path) -> anyhow::Result<()> {
    let mut files = build::beside(name, package)?;
    files.insert("catalog.bin".to_owned(), ankomst_shared::catalog::PACKED.to_vec());
    fs::create_dir_all(folder)?;
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes)?;
    }
    Ok(())
}
