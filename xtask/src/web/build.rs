//! Compiles the two wasm modules, makes their glue, reads the static files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context, bail};
use wasm_bindgen_cli_support::Bindgen;

use super::{alike, parts, quiet, same, slim};
use crate::run::{cargo_program, run, target, top};

/// Files of the app by their plain name.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// The linker notes in the module what refers to what, for `quiet`.
const NOTES: [&str; 2] = ["--", "-Clink-arg=--emit-relocs"];

/// Compiles core and page and gives `core.js`, `ui.js` and both modules in `modules.parts`, the page's
/// first, so that it is at work while the core is under way. A planted defect goes into the core.
///
/// # Errors
/// When cargo or the glue generator fails.
pub(super) fn modules(plant: Option<&str>) -> anyhow::Result<Files> {
    // Erased views before speed: the page's code is a fifth smaller for it.
    // Two calls: features of the core must not reach the page's dependencies.
    compile("ankomst-ui-wasm", &["--cfg=erase_components"], &[], None)?;
    compile("ankomst-core-wasm", &[], &[], plant)?;
    let (mut files, mut modules) = (Files::new(), Vec::new());
    for (name, krate) in [("ui", "ankomst_ui_wasm"), ("core", "ankomst_core_wasm")] {
        let (script, module) = glue(name, krate)?;
        files.insert(format!("{name}.js"), script);
        modules.push(module);
    }
    let parts = parts::file(&modules).context("taking the modules apart")?;
    files.insert("modules.parts".to_owned(), parts);
    Ok(files)
}

/// Compiles another library as the app's are: gives `<name>.js` and `<name>_bg.wasm`.
///
/// # Errors
/// As [`modules`].
pub(super) fn beside(name: &str, package: &str) -> anyhow::Result<Files> {
    compile(package, &[], &["--crate-type", "cdylib"], None)?;
    let (script, module) = glue(name, &package.replace('-', "_"))?;
    Ok(Files::from([(format!("{name}.js"), script), (format!("{name}_bg.wasm"), module)]))
}

fn compile(
    package: &str,
    rustflags: &[&str],
    more: &[&str],
    plant: Option<&str>,
) -> anyhow::Result<()> {
    let flags = flags(rustflags);
    let mut args = vec!["rustc", "--quiet", "--lib", "--profile", "client"];
    args.extend(["--target", "wasm32-unknown-unknown", "--config", &flags, "-p", package]);
    let mut command = Command::new(cargo_program());
    if let Some(plant) = plant {
        args.extend(["--features", "ankomst-core/plant"]);
        command.env("ANKOMST_PLANT", plant);
    }
    run(command.current_dir(top()).args([&args, more, &NOTES].concat()))
}

/// What makes elements or code from words; Trusted Types (`server/src/http/headers.rs`) would stop the page at it.
/// Views do so for a part that is fixed: words in it are put in as values (`{NAME}`).
const FROM_WORDS: [&str; 5] =
    ["innerHTML", "outerHTML", "insertAdjacentHTML", "eval(", "new Function"];

/// SHA-2 with its rounds in a loop instead of one behind the other.
const COMPACT: &str = "--cfg=sha2_backend_soft=\"compact\"";

/// Flags of the compiler as a setting of cargo. Messages of a panic name files by their crate, not
/// by where this machine keeps them.
fn flags(more: &[&str]) -> String {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")));
    let sources = home.and_then(|home| fs::read_dir(home.join("registry").join("src")).ok());
    let sources = sources.into_iter().flatten().flatten().map(|entry| entry.path());
    let mut flags: Vec<String> = sources
        .map(|path| format!("--remap-path-prefix={}/=", path.display()))
        .chain(more.iter().chain([&COMPACT]).map(|flag| (*flag).to_owned()))
        .collect();
    flags.sort();
    format!("target.wasm32-unknown-unknown.rustflags={flags:?}")
}

/// The glue of a module, and the module.
fn glue(name: &str, krate: &str) -> anyhow::Result<(Vec<u8>, Vec<u8>)> {
    let path = target().join("wasm32-unknown-unknown").join("client").join(format!("{krate}.wasm"));
    let module = quiet::without_panics(&fs::read(&path)?)
        .with_context(|| format!("taking the panics out of {}", path.display()))?;
    let module = slim::needed(&module)?;
    let mut output = Bindgen::new()
        .input_module(name, module)
        .web(true)?
        .typescript(false)
        .omit_default_module_path(true)
        .generate_output()
        .with_context(|| format!("making the glue of {}", path.display()))?;
    if output.js().contains("./snippets/") {
        bail!(
            "{krate} brings script snippets: the app has only the three files by hand and two glues"
        );
    }
    if let Some(way) = FROM_WORDS.iter().find(|way| output.js().contains(**way)) {
        bail!(
            "{krate} makes markup or code from words ({way}): the app's policy of contents refuses that"
        );
    }
    let script = output.js().to_owned();
    let script = slim::bare(&slim::short_names(&script, output.wasm_mut())?);
    let module = alike::beside_alike(&same::once(&output.wasm_mut().emit_wasm())?)?;
    Ok((script.into_bytes(), module))
}

/// Reads the static folder; files in subfolders keep their path with `/`. Scripts and styles by hand come
/// without the comments for those who change them.
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
            } else if [".js", ".css"].iter().any(|end| name.ends_with(end)) {
                let script = fs::read_to_string(entry.path())?;
                files.insert(name, slim::bare(&script).into_bytes());
            } else {
                files.insert(name, fs::read(entry.path())?);
            }
        }
    }
    Ok(files)
}
