//! Compiles the two wasm modules, makes their glue, reads the static files.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use wasm_bindgen_cli_support::Bindgen;

use crate::run::{cargo, target};

/// Files of the app by their plain name.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// Compiles core and page and gives `core.js`, `core_bg.wasm`, `ui.js`, `ui_bg.wasm`.
///
/// # Errors
/// When cargo or the glue generator fails.
pub(super) fn modules(ui_features: Option<&str>) -> anyhow::Result<Files> {
    let base = ["build", "--quiet", "--profile", "client", "--target", "wasm32-unknown-unknown"];
    let mut ui = base.to_vec();
    // Erased views before speed: the page's code is a fifth smaller for it.
    ui.extend([
        "--config",
        "target.wasm32-unknown-unknown.rustflags=[\"--cfg\",\"erase_components\"]",
    ]);
    ui.extend(["-p", "ankomst-ui-wasm"]);
    if let Some(features) = ui_features {
        ui.extend(["--features", features]);
    }
    // Two calls: features of the core must not reach the page's dependencies.
    cargo(&ui)?;
    let mut core = base.to_vec();
    core.extend(["-p", "ankomst-core-wasm"]);
    cargo(&core)?;
    let mut files = Files::new();
    for (name, krate) in [("core", "ankomst_core_wasm"), ("ui", "ankomst_ui_wasm")] {
        files.extend(glue(name, krate)?);
    }
    Ok(files)
}

fn glue(name: &str, krate: &str) -> anyhow::Result<Files> {
    let wasm = target().join("wasm32-unknown-unknown").join("client").join(format!("{krate}.wasm"));
    let out = target().join("glue").join(name);
    if out.exists() {
        fs::remove_dir_all(&out)?;
    }
    fs::create_dir_all(&out)?;
    Bindgen::new()
        .input_path(&wasm)
        .out_name(name)
        .web(true)?
        .typescript(false)
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(&out)
        .with_context(|| format!("making the glue of {}", wasm.display()))?;
    if out.join("snippets").exists() {
        bail!(
            "{krate} brings script snippets: the app has only the three files by hand and two glues"
        );
    }
    read_folder(&out)
}

/// Reads the static folder; files in subfolders keep their path with `/`.
///
/// # Errors
/// When the folder cannot be read.
pub(super) fn statics(folder: &Path) -> anyhow::Result<Files> {
    read_folder(folder)
}

fn read_folder(folder: &Path) -> anyhow::Result<Files> {
    let mut files = Files::new();
    let mut waiting = vec![(String::new(), folder.to_path_buf())];
    while let Some((prefix, folder)) = waiting.pop() {
        let entries =
            fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                waiting.push((format!("{name}/"), entry.path()));
            } else {
                files.insert(name, fs::read(entry.path())?);
            }
        }
    }
    Ok(files)
}
