//! Takes the words of panics out of a module. Nobody hears them: the app sets no hook for panics, the
//! standard one writes to an output that a browser does not have, and then the module traps. So each
//! way into a panic becomes the trap itself, and what only panics used (places in sources, messages,
//! the writing of values for them) goes: functions are emptied, data become zeros.
//!
//! The linker's notes of which code and data refer to which say what only they used.

mod links;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::ops::Range;

use anyhow::{Context, ensure};
use wasm_encoder::{CodeSection, Module, RawSection};
use wasmparser::{FunctionBody, Operator, Parser, Payload, TypeRef};

use links::{Links, Target, within};

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
    /// Numbers of the functions that the outside or the start of the module calls.
    called: BTreeSet<u32>,
}

/// What a function does, as far as panics go.
#[derive(Default)]
struct Body {
    /// Ways into a panic: from the last turn before it to the panic's end.
    cuts: Vec<Range<usize>>,
    /// Functions it calls outside of them.
    calls: Vec<u32>,
    /// Nothing comes before the first panic.
    panics: bool,
    /// It never returns.
    ends: bool,
}

impl<'a> Code<'a> {
    fn of(wasm: &'a [u8]) -> anyhow::Result<Self> {
        let mut code = Self { imported: 0, bodies: Vec::new(), called: BTreeSet::new() };
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let is_function =
                            matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_));
                        code.imported += u32::from(is_function);
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

    fn numbered(&self) -> impl Iterator<Item = (u32, &FunctionBody<'a>)> {
        (self.imported..).zip(&self.bodies)
    }

    /// Finds all ways into panics: into the functions with such names, and into those that do
    /// nothing else than panic.
    fn cut(&self, links: &Links) -> anyhow::Result<Vec<Body>> {
        let named =
            links.names.iter().filter(|(_, name)| PANICS.iter().any(|it| name.contains(it)));
        let named: BTreeSet<u32> = named.map(|(number, _)| *number).collect();
        let mut panics = BTreeSet::new();
        loop {
            let bodies = self.bodies.iter().map(|body| read(body, &panics));
            let bodies = bodies.collect::<anyhow::Result<Vec<Body>>>()?;
            let before = panics.len();
            for ((number, _), body) in self.numbered().zip(&bodies) {
                if body.panics || (body.ends && named.contains(&number)) {
                    panics.insert(number);
                }
            }
            if panics.len() == before {
                ensure!(!panics.is_empty(), "no function panics: have their names changed?");
                return Ok(bodies);
            }
        }
    }
}

fn read(body: &FunctionBody<'_>, panics: &BTreeSet<u32>) -> anyhow::Result<Body> {
    let mut found = Body::default();
    let mut operators = body.get_operators_reader()?;
    let first = operators.original_position();
    // Start of the operators that follow each other without a turn; and of those before a panic.
    let (mut straight, mut open, mut depth) = (Some(first), None, 0_u32);
    let (mut returns, mut trapped) = (false, false);
    while !operators.eof() {
        let at = operators.original_position();
        let operator = operators.read()?;
        let start = *straight.get_or_insert(at);
        let is_trap = matches!(operator, Operator::Unreachable);
        if let Some((from, callee)) = open.take() {
            if is_trap {
                found.panics |= from == first;
                found.cuts.push(from..at);
            } else {
                found.calls.push(callee);
            }
        }
        match operator {
            Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => depth += 1,
            Operator::End if operators.eof() => returns |= !trapped,
            Operator::End => depth -= 1,
            Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => {
                returns |= relative_depth == depth;
            }
            Operator::BrTable { ref targets } => {
                let default = targets.default() == depth;
                returns |= default || targets.targets().any(|to| to.is_ok_and(|to| to == depth));
            }
            Operator::Return => returns = true,
            Operator::Call { function_index: callee } if panics.contains(&callee) => {
                open = Some((start, callee));
            }
            Operator::Call { function_index } | Operator::RefFunc { function_index } => {
                found.calls.push(function_index);
            }
            Operator::CallIndirect { .. } | Operator::Else | Operator::Unreachable => {}
            _ => {
                trapped = false;
                continue;
            }
        }
        trapped = is_trap;
        straight = None;
    }
    found.ends = !returns;
    Ok(found)
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
                    for callee in &read.calls {
                        used.function(*callee);
                    }
                    for (at, to) in within(&links.code, &body.range()) {
                        if !read.cuts.iter().any(|cut| cut.contains(at)) {
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
        let whole = body.range();
        let mut kept = Vec::with_capacity(whole.len());
        let mut from = whole.start;
        for cut in &read.cuts {
            kept.extend_from_slice(wasm.get(from..cut.start).context("a cut before another")?);
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
