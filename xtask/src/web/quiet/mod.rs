//! Takes the words of panics out of a module. Nobody hears them: the app sets no hook for panics, the
//! standard one writes to an output that a browser does not have, and then the module traps. So each
//! way into a panic becomes the trap itself, and what only panics used (places in sources, messages,
//! the writing of values for them) goes: functions are emptied, data become zeros.
//!
//! The linker's notes of which code and data refer to which say what only they used.

mod links;
mod read;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, ensure};
use wasm_encoder::{CodeSection, Module, RawSection};
use wasmparser::{FunctionBody, Parser, Payload, TypeRef, ValType};

use links::{Links, Target, within};
use read::{Body, Known, Reading};

/// Parts of the names of functions that panic.
const PANICS: [&str; 11] = [
    "4core9panicking",
    "4core6option13unwrap_failed",
    "4core6option13expect_failed",
    "4core6result13unwrap_failed",
    "4core5slice5index16slice_index_fail",
    "4core3str16slice_error_fail",
    "17len_mismatch_fail",
    "4core4cell13panic_already",
    "5alloc7raw_vec12handle_error",
    "5alloc7raw_vec17capacity_overflow",
    "5alloc5alloc18handle_alloc_error",
];
/// Parts of the names of functions that write values for people who look for defects, and numbers
/// with a floating point, which no record has (`shared::value`); they write nothing instead. Only
/// descriptions of errors in Automerge would show them, and nobody reads those in a worker.
const SILENT: [&str; 3] = ["core..fmt..Debug$GT$3fmt", "4core3fmt5Debug3fmt", "4core3fmt5float"];
/// What the names of functions have that write errors of other people's code in words: part of whose they
/// are, and of what they do. The app tells what a person can do about a failure, in its own words.
const WORDS: [(&str, &str); 4] = [
    ("$LT$automerge..", "rror$u20$as$u20$core..fmt..Display$GT$3fmt"),
    ("$LT$automerge..storage..chunk..error..", "core..fmt..Display$GT$3fmt"),
    ("$LT$hexane..error..", "core..fmt..Display$GT$3fmt"),
    ("3std2io5error", "4core3fmt7Display3fmt"),
];
/// `Ok(())`.
const NOTHING: [u8; 4] = [0x00, 0x41, 0x00, 0x0b];
/// Parts of the names of functions that nobody calls, for reasons that no compiler can know: checksums
/// of gzip files (Automerge and we inflate bare streams), bundles of changes (the gate lets none through), texts
/// counted by what looks like one letter (Automerge counts ours by code points), and markup that an attribute of a
/// view brought and no longer brings (none of ours brings any; were it otherwise, Trusted Types would refuse it).
const UNCALLED: [&str; 5] = [
    "9automerge7storage6bundle",
    "7zlib_rs5crc32",
    "20unicode_segmentation8grapheme",
    "unicode_segmentation..grapheme..Graphemes",
    "11gen_Element7Element14set_inner_html",
];
/// A function that nobody calls: no variables, a trap.
const EMPTY: [u8; 3] = [0x00, 0x00, 0x0b];

/// Gives the module with traps instead of panics, and without the linker's notes.
///
/// # Errors
/// When the module cannot be read, or has no notes of the linker.
pub(super) fn without_panics(wasm: &[u8]) -> anyhow::Result<Vec<u8>> {
    let links = Links::of(wasm)?;
    let code = Code::of(wasm)?;
    let bodies = code.cut(&links)?;
    let used = Used::of(&links, &code, &bodies);
    let mut data = wasm.to_vec();
    for target in &links.targets {
        if let Target::Data(range) = target {
            data.get_mut(range.clone()).context("data outside of the module")?.fill(0);
        }
    }
    for range in used.data.iter().filter_map(|number| links.targets.get(*number)) {
        if let Target::Data(range) = range {
            let (to, from) = (data.get_mut(range.clone()), wasm.get(range.clone()));
            if let Some((to, from)) = to.zip(from) {
                to.copy_from_slice(from);
            }
        }
    }
    write(&data, &functions(wasm, &code, &bodies, &used)?)
}

/// The functions of a module.
struct Code<'a> {
    /// How many functions come from outside; they have the first numbers.
    imported: u32,
    bodies: Vec<FunctionBody<'a>>,
    /// The number of the last value that each of them is given, if that may be a place in memory.
    last: Vec<Option<u32>>,
    /// Whether each of them gives one number, as what writes values does.
    answers: Vec<bool>,
    /// Numbers of the functions that the outside or the start of the module calls.
    called: BTreeSet<u32>,
}

impl<'a> Code<'a> {
    fn of(wasm: &'a [u8]) -> anyhow::Result<Self> {
        let mut code = Self {
            imported: 0,
            bodies: Vec::new(),
            last: Vec::new(),
            answers: Vec::new(),
            called: BTreeSet::new(),
        };
        let mut types = Vec::new();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let is_function =
                            matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_));
                        code.imported += u32::from(is_function);
                    }
                }
                Payload::TypeSection(section) => {
                    for kind in section.into_iter_err_on_gc_types() {
                        let kind = kind?;
                        let last = match kind.params() {
                            [before @ .., ValType::I32] => Some(u32::try_from(before.len())?),
                            _ => None,
                        };
                        types.push((last, kind.results() == [ValType::I32]));
                    }
                }
                Payload::FunctionSection(section) => {
                    for kind in section {
                        let kind = types.get(usize::try_from(kind?)?).copied();
                        let (last, answers) = kind.unwrap_or_default();
                        code.last.push(last);
                        code.answers.push(answers);
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        if export.kind == wasmparser::ExternalKind::Func {
                            code.called.insert(export.index);
                        }
                    }
                }
                Payload::StartSection { func, .. } => {
                    code.called.insert(func);
                }
                Payload::CodeSectionEntry(body) => code.bodies.push(body),
                _ => {}
            }
        }
        Ok(code)
    }

    /// Functions that do something else than the compiler thinks.
    fn instead(&self, links: &Links) -> BTreeMap<u32, &'static [u8]> {
        let has = |name: &str, parts: &[&str]| parts.iter().any(|part| name.contains(part));
        let mut instead: BTreeMap<u32, &'static [u8]> = BTreeMap::new();
        for (number, name) in &links.names {
            let place = number.checked_sub(self.imported).map(usize::try_from);
            let Some(Ok(place)) = place else { continue };
            if has(name, &UNCALLED) {
                instead.insert(*number, &EMPTY);
            } else if self.answers.get(place) == Some(&true)
                && (has(name, &SILENT)
                    || WORDS.iter().any(|(whose, does)| has(name, &[whose]) && has(name, &[does])))
            {
                instead.insert(*number, &NOTHING);
            }
        }
        instead
    }

    fn numbered(&self) -> impl Iterator<Item = (u32, &FunctionBody<'a>)> {
        (self.imported..).zip(&self.bodies)
    }

    /// Finds all ways into panics, into the functions with such names and into those that do nothing
    /// else than panic; then the values that nobody reads without them.
    fn cut(&self, links: &Links) -> anyhow::Result<Vec<Body>> {
        let named =
            links.names.iter().filter(|(_, name)| PANICS.iter().any(|it| name.contains(it)));
        let named: BTreeSet<u32> = named.map(|(number, _)| *number).collect();
        let instead = self.instead(links);
        let mut known = Known::default();
        loop {
            let mut now = Known::default();
            let mut bodies = Vec::with_capacity(self.bodies.len());
            for ((number, body), last) in self.numbered().zip(&self.last) {
                let read = match instead.get(&number) {
                    Some(instead) => Body { instead: Some(instead), ..Body::default() },
                    None => Reading::of(body, *last, &known)?,
                };
                if read.panics || (read.ends && named.contains(&number)) {
                    now.panics.insert(number);
                }
                if last.is_some() && read.reads == 0 {
                    now.blind.insert(number);
                }
                bodies.push(read);
            }
            if now == known {
                ensure!(!now.panics.is_empty(), "no function panics: have their names changed?");
                return Ok(bodies);
            }
            known = now;
        }
    }
}

/// What something refers to that is used itself.
#[derive(Default)]
struct Used {
    functions: BTreeSet<u32>,
    /// Numbers of targets.
    data: BTreeSet<usize>,
    waiting: Vec<Target>,
}

impl Used {
    fn of(links: &Links, code: &Code<'_>, bodies: &[Body]) -> Self {
        let mut used = Self::default();
        for number in &code.called {
            used.function(*number);
        }
        let known = |at: usize| {
            links.targets.iter().any(|it| matches!(it, Target::Data(range) if range.contains(&at)))
        };
        for (at, to) in &links.data {
            // Data without a name: nobody can say that they are not used.
            if !known(*at) {
                used.target(links, *to);
            }
        }
        while let Some(next) = used.waiting.pop() {
            match next {
                Target::Function(number) => {
                    let place = number.checked_sub(code.imported).map(usize::try_from);
                    let Some(Ok(place)) = place else { continue };
                    let Some((body, read)) = code.bodies.get(place).zip(bodies.get(place)) else {
                        continue;
                    };
                    if read.instead.is_some() {
                        continue;
                    }
                    for callee in &read.calls {
                        used.function(*callee);
                    }
                    for (at, to) in within(&links.code, &body.range()) {
                        if !read.edits.iter().any(|(cut, _)| cut.contains(at)) {
                            used.target(links, *to);
                        }
                    }
                }
                Target::Data(range) => {
                    for (_, to) in within(&links.data, &range) {
                        used.target(links, *to);
                    }
                }
                Target::Other => {}
            }
        }
        used
    }

    fn function(&mut self, number: u32) {
        if self.functions.insert(number) {
            self.waiting.push(Target::Function(number));
        }
    }

    fn target(&mut self, links: &Links, number: usize) {
        match links.targets.get(number) {
            Some(Target::Function(function)) => self.function(*function),
            Some(data @ Target::Data(_)) if self.data.insert(number) => {
                self.waiting.push(data.clone());
            }
            _ => {}
        }
    }
}

fn functions(
    wasm: &[u8],
    code: &Code<'_>,
    bodies: &[Body],
    used: &Used,
) -> anyhow::Result<CodeSection> {
    let mut section = CodeSection::new();
    for ((number, body), read) in code.numbered().zip(bodies) {
        if !used.functions.contains(&number) {
            section.raw(&EMPTY);
            continue;
        }
        if let Some(instead) = read.instead {
            section.raw(instead);
            continue;
        }
        let whole = body.range();
        let mut kept = Vec::with_capacity(whole.len());
        let mut from = whole.start;
        for (cut, instead) in &read.edits {
            kept.extend_from_slice(wasm.get(from..cut.start).context("a cut before another")?);
            kept.extend_from_slice(instead);
            from = cut.end;
        }
        kept.extend_from_slice(wasm.get(from..whole.end).context("a cut behind its function")?);
        section.raw(&kept);
    }
    Ok(section)
}

fn write(wasm: &[u8], functions: &CodeSection) -> anyhow::Result<Vec<u8>> {
    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        if let Payload::CodeSectionStart { .. } = payload {
            module.section(functions);
            continue;
        }
        if let Payload::CustomSection(section) = &payload
            && (section.name() == "linking" || section.name().starts_with("reloc."))
        {
            continue;
        }
        if let Some((id, range)) = payload.as_section() {
            let data = wasm.get(range).context("a section outside of the module")?;
            module.section(&RawSection { id, data });
        }
    }
    Ok(module.finish())
}
