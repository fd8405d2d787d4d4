//! Small modules with each thing that goes: ways into panics, places for them, silent functions.

use std::borrow::Cow;

use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, CustomSection, DataSection, DataSymbolDefinition, Encode,
    ExportKind, ExportSection, Function, FunctionSection, Instruction as Op, LinkingSection,
    Module, SymbolTable, TypeSection, ValType,
};

use super::*;

/// A function: its name, its type, its instructions, places in it with the symbol they name.
type Sample<'a> = (&'a str, u32, &'a [Op<'a>], &'a [(usize, u32)]);

const PANIC_FMT: &str = "_RNvNtCs_4core9panicking9panic_fmt";

/// A module with these functions, which exports the third and has the data `word` and `used`; they
/// are the two symbols behind those of the functions. Type 0 is given a number, 1 gives one, 2 both.
fn module(samples: &[Sample<'_>]) -> Vec<u8> {
    let (mut types, mut functions) = (TypeSection::new(), FunctionSection::new());
    types.ty().function([ValType::I32], []);
    types.ty().function([], [ValType::I32]);
    types.ty().function([ValType::I32], [ValType::I32]);
    let mut exports = ExportSection::new();
    exports.export("third", ExportKind::Func, 2);
    let (mut code, mut symbols) = (CodeSection::new(), SymbolTable::new());
    // Behind the number of functions and the length of the first.
    let (mut at, mut places) = (2, Vec::new());
    for (index, (name, kind, body, links)) in samples.iter().enumerate() {
        functions.function(*kind);
        let mut function = Function::new([]);
        for instruction in *body {
            function.instruction(instruction);
        }
        places.extend(links.iter().map(|(offset, symbol)| (at + offset, *symbol)));
        at += function.byte_len() + 1;
        code.function(&function);
        symbols.function(0, u32::try_from(index).unwrap(), Some(name));
    }
    let mut data = DataSection::new();
    data.active(0, &ConstExpr::i32_const(0x10_0000), *b"wordused");
    for (offset, name) in [(0, "word"), (4, "used")] {
        symbols.data(0, name, Some(DataSymbolDefinition { index: 0, offset, size: 4 }));
    }
    let mut linking = LinkingSection::new();
    linking.symbol_table(&symbols);
    let mut notes = vec![3];
    places.len().encode(&mut notes);
    for (at, symbol) in places {
        notes.push(4);
        at.encode(&mut notes);
        symbol.encode(&mut notes);
        notes.push(0);
    }
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&exports).section(&code).section(&data);
    module.section(&linking);
    module.section(&CustomSection { name: "reloc.CODE".into(), data: Cow::Owned(notes) });
    module.finish()
}

const PANICS_AFTER_A_CALL: &[Op<'_>] = &[Op::Call(3), Op::Drop, Op::Unreachable, Op::End];
const THREE: &[Op<'_>] = &[Op::I32Const(3), Op::End];

/// Function 0 panics; 1 calls it at once; 2 calls 1 with the address of the words or gives 7, and
/// reads other data; 3 is only called before the panic of 0.
fn panics(name: &str) -> Vec<u8> {
    let seven: &[Op<'_>] = &[
        Op::Block(BlockType::Empty),
        Op::I32Const(0x10_0004),
        Op::BrIf(0),
        Op::I32Const(0x10_0000),
        Op::Call(1),
        Op::Unreachable,
        Op::End,
        Op::I32Const(7),
        Op::End,
    ];
    module(&[
        (name, 0, PANICS_AFTER_A_CALL, &[]),
        ("fails", 0, &[Op::LocalGet(0), Op::Call(0), Op::Unreachable, Op::End], &[]),
        ("seven", 1, seven, &[(4, 5), (11, 4)]),
        ("three", 1, THREE, &[]),
    ])
}

/// Function 2 calls 1 with the address of the words, and then 3.
fn calls(first: &str, first_does: &[Op<'_>], second: &str) -> Vec<u8> {
    let both: &[Op<'_>] =
        &[Op::I32Const(0x10_0000), Op::Call(1), Op::Drop, Op::Call(3), Op::Call(0), Op::End];
    module(&[
        (PANIC_FMT, 0, &[Op::Unreachable, Op::End], &[]),
        (first, 2, first_does, &[]),
        ("both", 0, both, &[(2, 4)]),
        (second, 1, THREE, &[]),
    ])
}

fn parts(module: &[u8]) -> (Vec<Vec<u8>>, Vec<u8>, usize) {
    let (mut bodies, mut data, mut customs) = (Vec::new(), Vec::new(), 0);
    for payload in Parser::new(0).parse_all(module) {
        match payload.unwrap() {
            Payload::CodeSectionEntry(body) => bodies.push(body.as_bytes().to_vec()),
            Payload::DataSection(section) => {
                data.extend(section.into_iter().flat_map(|one| one.unwrap().data.to_vec()));
            }
            Payload::CustomSection(_) => customs += 1,
            _ => {}
        }
    }
    (bodies, data, customs)
}

#[test]
fn a_panic_becomes_a_trap_and_its_words_go() {
    let (bodies, data, customs) = parts(&without_panics(&panics(PANIC_FMT)).unwrap());
    let kept = [0, 0x02, 0x40, 0x41, 0x84, 0x80, 0xc0, 0, 0x0d, 0, 0x00, 0x0b, 0x41, 7, 0x0b];
    assert_eq!(bodies[2], kept);
    assert_eq!([&bodies[0], &bodies[1], &bodies[3]], [&EMPTY; 3]);
    assert_eq!(data, b"\0\0\0\0used");
    assert_eq!(customs, 0);
}

#[test]
fn a_value_that_nobody_reads_is_zero_and_one_that_somebody_reads_stays() {
    let reads: &[Op<'_>] = &[Op::LocalGet(0), Op::End];
    let (bodies, data, _) = parts(&without_panics(&calls("reads", reads, "three")).unwrap());
    assert_eq!(bodies[2][..7], [0, 0x41, 0x80, 0x80, 0xc0, 0, 0x10]);
    assert_eq!(data, b"word\0\0\0\0");
    let (bodies, data, _) = parts(&without_panics(&calls("blind", THREE, "three")).unwrap());
    assert_eq!(bodies[2][..5], [0, 0x41, 0, 0x10, 1]);
    assert_eq!(data, [0; 8]);
}

#[test]
fn what_writes_for_nobody_is_silent_and_what_nobody_calls_is_empty() {
    let debug = "_RNvXs_Cs_6sampleNtCs_4core3fmt5Debug3fmt";
    let sample = calls(debug, &[Op::LocalGet(0), Op::End], "_ZN7zlib_rs5crc323new17hE");
    let (bodies, data, _) = parts(&without_panics(&sample).unwrap());
    assert_eq!((&bodies[1][..], &bodies[3][..]), (&NOTHING[..], &EMPTY[..]));
    // Silent functions read nothing.
    assert_eq!(data, [0; 8]);
}

#[test]
fn errors_of_other_peoples_code_are_silent_and_what_else_they_write_is_not() {
    let second = |name: &str| {
        let sample = calls(name, &[Op::LocalGet(0), Op::End], "three");
        parts(&without_panics(&sample).unwrap()).0[1].clone()
    };
    let display = "$u20$as$u20$core..fmt..Display$GT$3fmt17hE";
    for error in ["automerge..error..AutomergeError", "automerge..storage..chunk..error..Header"] {
        assert_eq!(second(&format!("_ZN9_$LT${error}{display}")), NOTHING, "{error}");
    }
    for other in ["automerge..exid..ExId", "ankomst_shared..sign..SignError"] {
        assert_ne!(second(&format!("_ZN9_$LT${other}{display}")), NOTHING, "{other}");
    }
}

#[test]
fn a_module_without_notes_or_known_panics_is_refused() {
    assert!(without_panics(&panics("other")).is_err());
    assert!(without_panics(b"no module").is_err());
    assert!(without_panics(b"\0asm\x01\0\0\0").is_err());
}
