//! Takes out of a wasm module and its glue what no page needs: the classes for streams of Leptos's
//! server functions (exported, so no linker may drop them), long names between glue and module,
//! comments and indentation of the glue.

use std::collections::BTreeMap;

use anyhow::Context;
use regex::Regex;
use walrus::{Module, ModuleConfig, RawCustomSection};

/// The section in which the macro of `wasm-bindgen` leaves its descriptions: pairs of a schema and
/// a description, each behind its length in four bytes.
const DESCRIPTIONS: &str = "__wasm_bindgen_unstable";
/// What the classes for streams are called, in lower case.
const STREAMS: &str = "intounderlying";

/// Reads a module that has no glue yet, without what no page needs.
///
/// # Errors
/// When the module or its descriptions cannot be read.
pub(super) fn needed(bytes: &[u8]) -> anyhow::Result<Module> {
    let mut module = ModuleConfig::new()
        .strict_validate(false)
        .generate_dwarf(false)
        .generate_name_section(false)
        .generate_producers_section(false)
        .parse(bytes)?;
    let is_theirs = |name: &str| name.to_lowercase().contains(STREAMS);
    let theirs = module.exports.iter().filter(|export| is_theirs(&export.name));
    let exports: Vec<_> = theirs.map(walrus::Export::id).collect();
    if exports.is_empty() {
        return Ok(module);
    }
    for export in exports {
        module.exports.delete(export);
    }
    if let Some(section) = module.customs.remove_raw(DESCRIPTIONS) {
        let data = kept_descriptions(&section.data).context("reading the descriptions")?;
        module.customs.add(RawCustomSection { name: DESCRIPTIONS.to_owned(), data });
    }
    Ok(module)
}

fn kept_descriptions(data: &[u8]) -> Option<Vec<u8>> {
    let mut kept = Vec::new();
    let mut rest = data;
    while !rest.is_empty() {
        let before = rest;
        let schema = part(&mut rest)?;
        let description = part(&mut rest)?;
        let text = String::from_utf8_lossy(description).to_lowercase();
        if !text.contains(STREAMS) {
            kept.extend_from_slice(before.get(..schema.len() + description.len() + 8)?);
        }
    }
    Some(kept)
}

fn part<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, behind) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let (part, behind) = behind.split_at_checked(length)?;
    *rest = behind;
    Some(part)
}

/// Gives the glue with short names for what it shares with the module, and renames it there.
///
/// # Errors
/// When the pattern of the names is wrong.
pub(super) fn short_names(glue: &str, module: &mut Module) -> anyhow::Result<String> {
    let long = Regex::new(r"\b(__wbg_|__wbindgen_|wasm_bindgen__)\w+")?;
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let shared = module.imports.iter().map(|import| import.name.clone());
    let shared: Vec<String> = shared
        .chain(module.exports.iter().map(|export| export.name.clone()))
        .filter(|name| long.is_match(name) && name != "__wbindgen_start")
        .collect();
    for name in shared {
        let short = format!("${:x}", names.len());
        names.entry(name).or_insert(short);
    }
    for import in module.imports.iter_mut() {
        if let Some(short) = names.get(&import.name) {
            import.name.clone_from(short);
        }
    }
    let exports: Vec<_> = module.exports.iter().map(|it| (it.id(), it.name.clone())).collect();
    for (id, name) in exports {
        if let Some(short) = names.get(&name) {
            module.exports.get_mut(id).name.clone_from(short);
        }
    }
    let short = long.replace_all(glue, |found: &regex::Captures<'_>| {
        let name = &found[0];
        names.get(name).cloned().unwrap_or_else(|| name.to_owned())
    });
    Ok(short.into_owned())
}

/// Gives a script without comments that take up whole lines, blank lines and indentation.
pub(super) fn bare(script: &str) -> String {
    let mut out = String::with_capacity(script.len());
    let mut in_comment = false;
    for line in script.lines().map(str::trim) {
        in_comment |= line.starts_with("/*");
        if !in_comment && !line.is_empty() && !line.starts_with("//") {
            out.push_str(line);
            out.push('\n');
        }
        in_comment &= !line.ends_with("*/");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_indentation_go_and_code_stays() {
        let script = "/**\n * Starts.\n */\nexport function start() {\n    return 'a // b';\n\n    // no\n}\n";
        assert_eq!(bare(script), "export function start() {\nreturn 'a // b';\n}\n");
    }

    #[test]
    fn descriptions_without_streams_are_kept_whole() {
        let piece = |text: &str| {
            let mut bytes = u32::try_from(text.len()).unwrap().to_le_bytes().to_vec();
            bytes.extend_from_slice(text.as_bytes());
            bytes
        };
        let ours = [piece("{}"), piece("ours")].concat();
        let theirs = [piece("{}"), piece("IntoUnderlyingSink")].concat();
        assert_eq!(
            kept_descriptions(&[ours.clone(), theirs, ours.clone()].concat()),
            Some([ours.clone(), ours].concat())
        );
        assert_eq!(kept_descriptions(&[9, 0, 0, 0, 1]), None);
    }
}
