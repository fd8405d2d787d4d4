//! Checks the catalog's files and packs them; checks the texts of the two languages against each
//! other and writes them as one table.

#![expect(clippy::allow_attributes, reason = "what the build does not use, the library does")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[path = "src/packed.rs"]
#[macro_use]
#[allow(dead_code, unreachable_pub, reason = "the library reads, too")]
mod packed;
#[path = "src/catalog/checklist.rs"]
#[allow(dead_code, unreachable_pub, reason = "the library uses the rest")]
mod checklist;
#[path = "src/catalog/formula.rs"]
#[allow(dead_code, unreachable_pub, reason = "the library reckons")]
mod formula;
#[path = "src/catalog/model.rs"]
#[allow(dead_code, unreachable_pub, reason = "the library uses the rest")]
mod model;
#[path = "src/catalog/rule.rs"]
#[allow(dead_code, unreachable_pub, reason = "the library reckons")]
mod rule;
#[path = "src/catalog/ruling.rs"]
#[allow(dead_code, unreachable_pub, reason = "the library joins")]
mod ruling;
#[path = "src/catalog/source/mod.rs"]
#[allow(dead_code, unreachable_pub, reason = "the library's tests use the rest")]
mod source;

use source::{Fault, SourceFile};

#[expect(clippy::disallowed_methods, reason = "a build script writes what it makes")]
fn main() {
    println!("cargo::rerun-if-changed=catalog");
    println!("cargo::rerun-if-changed=src/catalog");
    println!("cargo::rerun-if-changed=src/packed.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let mut faults = Vec::new();
    let package = source::package(&catalog_files()).unwrap_or_else(|found| {
        faults.extend(found);
        std::process::exit(report(&faults));
    });
    let whole = packed::to_bytes(&package);
    let packed = packed::to_bytes(&source::without_unasked_lists(package));
    let (page, core) = (texts("text", "Text", &mut faults), texts("words", "Word", &mut faults));
    let written = fs::write(out.join("catalog.packed"), packed)
        .and_then(|()| fs::write(out.join("catalog_whole.packed"), whole))
        .and_then(|()| fs::write(out.join("texts.rs"), page))
        .and_then(|()| fs::write(out.join("words.rs"), core));
    if let Err(error) = written {
        println!("cargo::error=writing the packed catalog: {error}");
    }
    if !faults.is_empty() {
        std::process::exit(report(&faults));
    }
}

fn report(faults: &[Fault]) -> i32 {
    for fault in faults {
        println!("cargo::error=shared/catalog/{fault}");
    }
    i32::from(!faults.is_empty())
}

fn catalog_files() -> Vec<SourceFile> {
    let mut files = Vec::new();
    for folder in ["", "kinds", "lists", "parts", "checklists", "rules"] {
        let path = Path::new("catalog").join(folder);
        let entries: Vec<fs::DirEntry> = match fs::read_dir(&path) {
            Ok(all) => all.flatten().collect(),
            Err(error) => {
                println!("cargo::error={}: {error}", path.display());
                Vec::new()
            }
        };
        for entry in entries {
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.path().extension().is_some_and(|end| end == "toml") {
                let name = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                let text = fs::read_to_string(entry.path()).unwrap_or_default();
                files.push(SourceFile { name, text });
            }
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    files
}

/// Words of the server's own pages; the app does not carry them.
const SERVERS_OWN: [&str; 2] = ["desk_", "register_"];

/// Reads `sv.toml` and `en.toml` of a folder and writes the enum of keys with both tables.
fn texts(folder: &str, enumeration: &str, faults: &mut Vec<Fault>) -> String {
    let mut languages = BTreeMap::new();
    for language in ["sv", "en"] {
        let name = format!("{folder}/{language}.toml");
        let text = fs::read_to_string(Path::new("catalog").join(&name)).unwrap_or_default();
        let mut table: BTreeMap<String, String> = toml::from_str(&text).unwrap_or_else(|error| {
            let what = format!("not a table of texts: {}", error.message());
            faults.push(Fault { file: name.clone(), line: 1, what });
            BTreeMap::new()
        });
        if env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("wasm32") {
            table.retain(|key, _| !SERVERS_OWN.iter().any(|own| key.starts_with(own)));
        }
        languages.insert(language, table);
    }
    let (Some(sv), Some(en)) = (languages.get("sv"), languages.get("en")) else {
        return String::new();
    };
    for (missing, has, file) in [(en, sv, "en"), (sv, en, "sv")] {
        for key in has.keys().filter(|key| !missing.contains_key(*key)) {
            let file = format!("{folder}/{file}.toml");
            faults.push(Fault { file, line: 1, what: format!("`{key}` is missing") });
        }
    }
    let mut out = String::from(
        "/// A text of the interface.\n#[derive(Debug, Clone, Copy, PartialEq, Eq)]\npub enum ",
    );
    out.push_str(enumeration);
    out.push_str(" {\n");
    for (key, text) in en {
        out.push_str(&format_line(&["    /// ", &format!("{text:?}"), "\n    ", &camel(key), ","]));
    }
    out.push_str("}\n\nstatic ");
    out.push_str(&enumeration.to_uppercase());
    out.push_str("S: [[&str; 2]; ");
    out.push_str(&en.len().to_string());
    out.push_str("] = [\n");
    for (key, text) in en {
        let other = sv.get(key).map_or("", String::as_str);
        out.push_str(&format_line(&[
            "    [",
            &format!("{other:?}"),
            ", ",
            &format!("{text:?}"),
            "],",
        ]));
    }
    out.push_str("];\n");
    out
}

fn format_line(parts: &[&str]) -> String {
    format!("{}\n", parts.concat())
}

fn camel(key: &str) -> String {
    key.split('_')
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>())
        })
        .map(Option::unwrap_or_default)
        .collect()
}
