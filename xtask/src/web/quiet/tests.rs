//! A small module that panics in each of the ways that are cut.

use std::borrow::Cow;

use wasm_encoder::{
    ConstExpr, CustomSection, DataSection, Encode, ExportKind, ExportSection, Function,
    FunctionSection, LinkingSection, MemorySection, MemoryType, SymbolTable, TypeSection, ValType,
};
use wasm_encoder::{DataSymbolDefinition, Instruction as Op};

use super::*;

const PANIC_FMT: &str = "_RNvNtCs_4core9panicking9panic_fmt";

/// The instructions of a function, and places in it with the symbol they name.
type Sample<'a> = (&'a [Op<'a>], &'a [(usize, u32)]);

fn code() -> (CodeSection, Vec<(usize, u32)>) {
    let mut code = CodeSection::new();
    let mut places = Vec::new();
    let bodies: [Sample<'_>; 4] = [
        (&[Op::Call(3), Op::Drop, Op::Unreachable, Op::End], &[]),
        (&[Op::LocalGet(0), Op::Call(0), Op::Unreachable, Op::End], &[]),
        (
            &[
                Op::Block(wasm_encoder::BlockType::Empty),
                Op::I32Const(0x10_0004),
                Op::BrIf(0),
                Op::I32Const(0x10_0000),
                Op::Call(1),
                Op::Unreachable,
                Op::End,
                Op::I32Const(7),
                Op::End,
            ],
            &[(4, 5), (11, 4)],
        ),
        (&[Op::I32Const(3), Op::End], &[]),
    ];
    let mut at = 2;
    for (body, links) in bodies {
        let mut function = Function::new([]);
        for instruction in body {
            function.instruction(instruction);
        }
        let length = function.byte_len();
        places.extend(links.iter().map(|(offset, symbol)| (at + offset, *symbol)));
        at += length + 1;
        code.function(&function);
    }
    (code, places)
}

/// Function 0 panics; 1 calls it at once; 2 calls 1 with the address of the words or gives 7,
/// and reads other data; 3 is only called before the panic of 0. 2 is exported.
fn sample(panics: &str) -> Vec<u8> {
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32], []);
    types.ty().function([], [ValType::I32]);
    let mut functions = FunctionSection::new();
    functions.function(0).function(0).function(1).function(1);
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut exports = ExportSection::new();
    exports.export("seven", ExportKind::Func, 2);
    let (code, places) = code();
    let mut data = DataSection::new();
    data.active(0, &ConstExpr::i32_const(0x10_0000), *b"wordused");
    let mut symbols = SymbolTable::new();
    for (index, name) in [panics, "fails", "seven", "three"].iter().enumerate() {
        symbols.function(0, u32::try_from(index).unwrap(), Some(name));
    }
    for (offset, name) in [(0, "words"), (4, "used")] {
        let place = DataSymbolDefinition { index: 0, offset, size: 4 };
        symbols.data(0, name, Some(place));
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
    module.section(&types).section(&functions).section(&memories).section(&exports);
    module.section(&code).section(&data).section(&linking);
    module.section(&CustomSection { name: "reloc.CODE".into(), data: Cow::Owned(notes) });
    module.finish()
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
    let (bodies, data, customs) = parts(&without_panics(&sample(PANIC_FMT)).unwrap());
    let kept = [0, 0x02, 0x40, 0x41, 0x84, 0x80, 0xc0, 0, 0x0d, 0, 0x00, 0x0b, 0x41, 7, 0x0b];
    assert_eq!(bodies[2], kept);
    assert_eq!([&bodies[0], &bodies[1], &bodies[3]], [&EMPTY; 3]);
    assert_eq!(data, b"\0\0\0\0used");
    assert_eq!(customs, 0);
}

#[test]
fn a_module_without_notes_or_known_panics_is_refused() {
    assert!(without_panics(&sample("other")).is_err());
    assert!(without_panics(b"no module").is_err());
    assert!(without_panics(b"\0asm\x01\0\0\0").is_err());
}
