//! Writes wasm modules in parts, which compress better than the modules: all operators in a row,
//! all numbers of variables in a row, all offsets and so on, because each kind has its own habits.
//! `unpack.js` puts each module together again, byte for byte: the page at the first visit, the
//! service worker once for all visits after it. All modules are in one file, because the page and the
//! core share code, of which a compressor then sees the second copy.
//!
//! A file has for each module the length of what follows, in four bytes, the first one highest; then
//! the length of the module, how many functions it has, how many parts, the
//! length of each, all as LEB128; then the parts. Part 0 is all before the first function, part 1
//! all behind the last, part 2 says in which part each operator has its first number (288 bytes)
//! and its second (288 bytes; 0: none), part 3 has the operators, part 4 the variables of each
//! function. The constant of `i32.const` is in the part of the operator behind it: what a number
//! is for tells most about it.

use anyhow::{Context, ensure};
use wasmparser::{FunctionBody, Parser, Payload};

const BEFORE: u8 = 0;
const BEHIND: u8 = 1;
const TABLE: u8 = 2;
const OPERATORS: u8 = 3;
const VARIABLES: u8 = 4;
const BRANCHES: u8 = 5;
const BRANCH_TABLES: u8 = 6;
const FLOATS: u8 = 7;
/// Parts of constants: this one and the 255 behind it, by the next operator.
const CONSTANTS: usize = 32;
const PARTS: usize = CONSTANTS + 256;

/// Operators of two bytes follow those of one.
const TWO_BYTES: u8 = 0xfc;
const KINDS: usize = 256 + 32;

const BR_TABLE: u8 = 0x0e;
const I32_CONST: u8 = 0x41;
const F32_CONST: u8 = 0x43;
const F64_CONST: u8 = 0x44;

/// The parts of the numbers of an operator: the first and the second; none for operators that are
/// not known here.
fn parts_of(operator: usize) -> Option<(u8, u8)> {
    Some(match operator {
        // block, loop, if
        0x02..=0x04 => (8, 0),
        // br, br_if
        0x0c | 0x0d => (BRANCHES, 0),
        // call, ref.func
        0x10 | 0xd2 => (9, 0),
        // call_indirect
        0x11 => (10, 11),
        // local.get; local.set, local.tee
        0x20 => (12, 0),
        0x21 | 0x22 => (13, 0),
        // global.get, global.set
        0x23 | 0x24 => (14, 0),
        // table.get, table.set
        0x25 | 0x26 => (15, 0),
        // loads and stores: alignment, offset
        0x28..=0x35 => (16, 17),
        0x36..=0x3e => (16, 18),
        // i64.const
        0x42 => (20, 0),
        // memory.init, memory.copy, table.init, table.copy
        0x108 | 0x10a | 0x10c | 0x10e => (19, 19),
        // memory.size, memory.grow, ref.null; data.drop, memory.fill, elem.drop, table.grow to table.fill
        0x3f | 0x40 | 0xd0 | 0x109 | 0x10b | 0x10d | 0x10f..=0x111 => (19, 0),
        // no numbers, or those that `unpack.js` knows
        0x00
        | 0x01
        | 0x05
        | 0x0b
        | 0x0e
        | 0x0f
        | 0x1a
        | 0x1b
        | 0x41
        | 0x43..=0xc4
        | 0xd1
        | 0x100..=0x107 => (0, 0),
        _ => return None,
    })
}

/// Gives the file of some modules.
///
/// # Errors
/// When a module cannot be read or has an operator that is not known here.
pub(super) fn file(modules: &[Vec<u8>]) -> anyhow::Result<Vec<u8>> {
    let mut file = Vec::new();
    for module in modules {
        let parts = of(module)?;
        file.extend(u32::try_from(parts.len())?.to_be_bytes());
        file.extend(parts);
    }
    Ok(file)
}

/// The parts of the first module of a file.
pub(super) fn first(file: &[u8]) -> Option<&[u8]> {
    let (length, rest) = file.split_first_chunk()?;
    rest.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

/// Gives the parts of a module.
fn of(wasm: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut parts = Parts(vec![Vec::new(); PARTS]);
    let known = (0..KINDS).map(|kind| parts_of(kind).unwrap_or_default());
    let (firsts, seconds): (Vec<u8>, Vec<u8>) = known.unzip();
    parts.put(TABLE, &[firsts, seconds].concat())?;
    let (mut functions, mut end) = (0_u32, 0);
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::CodeSectionStart { range, count, .. } => {
                // The number of functions stands before the first.
                end = range.start + leb(count.into()).len();
                parts.put(BEFORE, wasm.get(..end).context("code outside of the module")?)?;
            }
            Payload::CodeSectionEntry(body) => {
                let range = body.range();
                let length = leb(u64::try_from(range.len())?);
                ensure!(end + length.len() == range.start, "a length that is longer than it must");
                end = range.end;
                functions += 1;
                parts.function(wasm, &body)?;
            }
            _ => {}
        }
    }
    parts.put(BEHIND, wasm.get(end..).context("code outside of the module")?)?;
    let mut out = leb(u64::try_from(wasm.len())?);
    out.extend(leb(functions.into()));
    out.extend(leb(u64::try_from(PARTS)?));
    for part in &parts.0 {
        out.extend(leb(u64::try_from(part.len())?));
    }
    out.extend(parts.0.concat());
    Ok(out)
}

struct Parts(Vec<Vec<u8>>);

impl Parts {
    fn put(&mut self, part: u8, bytes: &[u8]) -> anyhow::Result<()> {
        let part = self.0.get_mut(usize::from(part)).context("there is no such part")?;
        part.extend_from_slice(bytes);
        Ok(())
    }

    fn function(&mut self, wasm: &[u8], body: &FunctionBody<'_>) -> anyhow::Result<()> {
        let reader = body.get_operators_reader()?;
        let range = body.range();
        let start = reader.original_position();
        self.put(VARIABLES, wasm.get(range.start..start).context("no variables")?)?;
        let starts = reader.into_iter_with_offsets().map(|operator| Ok(operator?.1));
        let starts = starts.collect::<anyhow::Result<Vec<usize>>>()?;
        for (index, start) in starts.iter().enumerate() {
            let next = starts.get(index + 1).copied();
            let operator = wasm.get(*start..next.unwrap_or(range.end)).context("no operator")?;
            self.operator(operator, next.and_then(|next| wasm.get(next)).copied())?;
        }
        Ok(())
    }

    /// Puts an operator and its numbers into their parts.
    fn operator(&mut self, bytes: &[u8], next: Option<u8>) -> anyhow::Result<()> {
        let (first, mut rest) = bytes.split_first().context("no operator")?;
        self.put(OPERATORS, &[*first])?;
        let mut kind = usize::from(*first);
        if *first == TWO_BYTES {
            let (second, behind) = rest.split_first().context("half an operator")?;
            self.put(OPERATORS, &[*second])?;
            kind = 256 + usize::from(*second);
            rest = behind;
        }
        let known = parts_of(kind);
        let (one, other) = known.with_context(|| format!("no part for operator {kind:#x}"))?;
        match *first {
            BR_TABLE => self.put(BRANCH_TABLES, rest),
            F32_CONST | F64_CONST => self.put(FLOATS, rest),
            I32_CONST => {
                let next = usize::from(next.context("a constant at the end of a function")?);
                let part = self.0.get_mut(CONSTANTS + next).context("there is no such part")?;
                part.extend_from_slice(rest);
                Ok(())
            }
            _ => {
                for part in [one, other].into_iter().filter(|part| *part != 0) {
                    let last = rest.iter().position(|byte| *byte < 128).context("half a number")?;
                    let (number, behind) = rest.split_at(last + 1);
                    self.put(part, number)?;
                    rest = behind;
                }
                ensure!(rest.is_empty(), "more numbers than known behind operator {kind:#x}");
                Ok(())
            }
        }
    }
}

fn leb(mut number: u64) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let low = u8::try_from(number & 127).unwrap_or_default();
        number >>= 7;
        if number == 0 {
            out.push(low);
            return out;
        }
        out.push(low | 128);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use wasm_encoder::{
        CodeSection, ConstExpr, DataSection, Function, FunctionSection, Instruction as Op, MemArg,
        MemorySection, MemoryType, Module, TypeSection, ValType,
    };

    use super::*;

    /// Reads a file of parts, which comes in small pieces, and writes its modules.
    const SCRIPT: &str = "const fs = require('fs'); globalThis.self = globalThis; \
        (0, eval)(fs.readFileSync(process.argv[1], 'utf8')); \
        const file = new Uint8Array(fs.readFileSync(0)); \
        const pieces = new ReadableStream({ start(to) { \
            for (let at = 0; at < file.length; at += 1_000) to.enqueue(file.slice(at, at + 1_000)); \
            to.close(); } }); \
        (async () => { for await (const module of unpack(new Response(pieces))) fs.writeFileSync(1, module); })();";

    fn module(bodies: &[&[Op<'_>]]) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let (mut functions, mut code) = (FunctionSection::new(), CodeSection::new());
        for body in bodies {
            functions.function(0);
            let mut function = Function::new([(2, ValType::I32), (1, ValType::I64)]);
            for op in *body {
                function.instruction(op);
            }
            code.function(&function);
        }
        let mut memories = MemorySection::new();
        memories.memory(MemoryType {
            minimum: 1,
            maximum: None,
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        let mut data = DataSection::new();
        data.active(0, &ConstExpr::i32_const(8), *b"some data behind the functions");
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&memories);
        module.section(&code).section(&data);
        module.finish()
    }

    /// Each kind of operator, and functions whose lengths take one, two and three bytes.
    fn sample() -> Vec<u8> {
        let at = MemArg { offset: 70_000, align: 2, memory_index: 0 };
        let all = [
            Op::Block(wasm_encoder::BlockType::Empty),
            Op::Loop(wasm_encoder::BlockType::Empty),
            Op::I32Const(-70_000),
            Op::I32Load(at),
            Op::LocalTee(1),
            Op::If(wasm_encoder::BlockType::Empty),
            Op::I32Const(8),
            Op::I64Const(i64::MIN),
            Op::I64Store(MemArg { align: 3, ..at }),
            Op::Else,
            Op::F64Const(0.1.into()),
            Op::F32Const(f32::MAX.into()),
            Op::F64PromoteF32,
            Op::F64Add,
            Op::I64TruncSatF64S,
            Op::LocalSet(2),
            Op::End,
            Op::LocalGet(0),
            Op::BrTable([0, 1, 300, 1].as_slice().into(), 1),
            Op::End,
            Op::Call(1),
            Op::Br(0),
            Op::End,
            Op::LocalGet(1),
            Op::LocalGet(0),
            Op::I32Const(3),
            Op::MemoryCopy { src_mem: 0, dst_mem: 0 },
            Op::MemorySize(0),
            Op::Drop,
            Op::End,
        ];
        let longer = [vec![Op::Nop; 300], vec![Op::End]].concat();
        let longest = [vec![Op::Call(1); 20_000], vec![Op::End]].concat();
        module(&[&all, &[Op::End], &longer, &longest])
    }

    #[test]
    fn the_script_of_the_page_makes_the_same_module_of_the_parts() {
        if Command::new("node").arg("--version").output().is_err() {
            assert!(std::env::var_os("CI").is_none(), "there is no node");
            eprintln!("skipped: there is no node");
            return;
        }
        let script = crate::run::top().join("web-client/static/unpack.js");
        let mut node = Command::new("node");
        let node = node.args(["-e", SCRIPT]).arg(&script);
        let mut node = node.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (one, other) = (sample(), module(&[&[Op::Nop, Op::End]]));
        let whole = [one.clone(), other.clone()].concat();
        let parts = file(&[one.clone(), other]).unwrap();
        assert_eq!(first(&parts).unwrap(), of(&one).unwrap());
        node.stdin.take().unwrap().write_all(&parts).unwrap();
        let output = node.wait_with_output().unwrap();
        assert!(output.status.success());
        assert!(output.stdout == whole, "{} bytes of {}", output.stdout.len(), whole.len());
    }

    #[test]
    fn an_operator_that_the_script_does_not_know_fails_the_build() {
        let typed = Op::TypedSelect(ValType::I32);
        let select = [Op::I32Const(1), Op::I32Const(2), Op::I32Const(3), typed, Op::Drop, Op::End];
        let error = of(&module(&[&select])).unwrap_err().to_string();
        assert_eq!(error, "no part for operator 0x1c");
        assert!(of(b"no module").is_err());
    }
}
