//! Puts the functions of a module beside those they resemble: the copies that the compiler made for
//! several types begin alike, and a compressor finds what is near more cheaply than what is far.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{CodeSection, FunctionSection, Module};
use wasmparser::{
    CodeSectionReader, FunctionBody, FunctionSectionReader, Parser, Payload, TypeRef,
};

/// How many bytes make a piece by which functions are compared.
const PIECE: usize = 4;
/// A piece that more functions have than this tells nothing.
const COMMON: usize = 1_000;

/// Gives the module with its functions so that each follows the one it shares most with.
///
/// # Errors
/// When the module cannot be read.
pub(super) fn beside_alike(wasm: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut order = Order::of(wasm).context("reading the functions of a module")?;
    let mut module = Module::new();
    order
        .parse_core_module(&mut module, Parser::new(0), wasm)
        .map_err(|error| anyhow::anyhow!("writing a module in another order: {error}"))?;
    Ok(module.finish())
}

struct Order {
    /// Functions that come from outside; they keep their numbers.
    imported: usize,
    /// Old place of the function at each new place.
    old: Vec<usize>,
    /// New place of the function at each old place.
    new: Vec<usize>,
}

impl Order {
    fn of(wasm: &[u8]) -> anyhow::Result<Self> {
        let mut imported = 0;
        let mut bodies = Vec::new();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        imported += usize::from(matches!(
                            import?.ty,
                            TypeRef::Func(_) | TypeRef::FuncExact(_)
                        ));
                    }
                }
                Payload::CodeSectionEntry(body) => bodies.push(body.as_bytes().to_vec()),
                _ => {}
            }
        }
        let old = chain(&bodies);
        let mut new = vec![0; old.len()];
        for (to, from) in old.iter().enumerate() {
            if let Some(slot) = new.get_mut(*from) {
                *slot = to;
            }
        }
        Ok(Self { imported, old, new })
    }

    fn in_order<'a, T>(&self, all: &'a [T]) -> impl Iterator<Item = &'a T> {
        self.old.clone().into_iter().filter_map(|place| all.get(place))
    }
}

/// Gives the places of the bodies in an order in which each follows the one, of those left, that has
/// most of its pieces; where none has any, the next by its bytes.
fn chain(bodies: &[Vec<u8>]) -> Vec<usize> {
    let pieces: Vec<Vec<usize>> = shared_pieces(bodies);
    let mut owners = vec![Vec::new(); pieces.iter().flatten().max().map_or(0, |last| last + 1)];
    for (place, pieces) in pieces.iter().enumerate() {
        for piece in pieces {
            if let Some(owners) = owners.get_mut(*piece) {
                owners.push(place);
            }
        }
    }
    let size = |place: usize| bodies.get(place).map_or(0, Vec::len);
    let mut left: BTreeSet<(&[u8], usize)> =
        bodies.iter().enumerate().map(|(place, body)| (body.as_slice(), place)).collect();
    let mut order = Vec::with_capacity(bodies.len());
    let mut shared = vec![0_usize; bodies.len()];
    let mut next = left.first().map(|(_, place)| *place);
    while let Some(place) = next {
        order.push(place);
        left.remove(&(bodies.get(place).map_or(&[][..], Vec::as_slice), place));
        let mut met = Vec::new();
        for piece in pieces.get(place).into_iter().flatten() {
            let Some(owners) = owners.get_mut(*piece) else { continue };
            owners.retain(|owner| *owner != place);
            for owner in owners {
                if let Some(count) = shared.get_mut(*owner) {
                    if *count == 0 {
                        met.push(*owner);
                    }
                    *count += 1;
                }
            }
        }
        // Parts of a million, so that whole numbers do.
        let nearness = |other: usize| {
            let count = shared.get(other).copied().unwrap_or_default();
            1_000_000 * count / (size(place).max(size(other)) + 2 * PIECE)
        };
        next = met.iter().copied().max_by_key(|other| (nearness(*other), Reverse(*other)));
        next = next.or_else(|| left.first().map(|(_, place)| *place));
        for other in met {
            if let Some(count) = shared.get_mut(other) {
                *count = 0;
            }
        }
    }
    order
}

/// Numbers the pieces that tell which functions are alike, and gives those of each function.
fn shared_pieces(bodies: &[Vec<u8>]) -> Vec<Vec<usize>> {
    let distinct =
        |body: &Vec<u8>| -> BTreeSet<[u8; PIECE]> { body.array_windows().copied().collect() };
    let mut counts: BTreeMap<[u8; PIECE], usize> = BTreeMap::new();
    for piece in bodies.iter().flat_map(distinct) {
        *counts.entry(piece).or_default() += 1;
    }
    counts.retain(|_, count| (2..=COMMON).contains(count));
    for (number, count) in counts.values_mut().enumerate() {
        *count = number;
    }
    let numbers = |body| distinct(body).iter().filter_map(|it| counts.get(it).copied()).collect();
    bodies.iter().map(numbers).collect()
}

impl Reencode for Order {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Self::Error>> {
        let place = usize::try_from(function).unwrap_or(usize::MAX);
        let moved = place.checked_sub(self.imported).and_then(|at| self.new.get(at));
        let to = moved.map_or(place, |to| to + self.imported);
        u32::try_from(to).map_err(|_| Error::InvalidCodeSectionSize)
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        let types = section.into_iter().collect::<Result<Vec<u32>, _>>()?;
        let types: Vec<u32> = self.in_order(&types).copied().collect();
        for kind in types {
            functions.function(self.type_index(kind)?);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        let bodies = section.into_iter().collect::<Result<Vec<FunctionBody<'_>>, _>>()?;
        let bodies: Vec<FunctionBody<'_>> = self.in_order(&bodies).cloned().collect();
        for body in bodies {
            self.parse_function_body(code, body)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{
        CodeSection, ElementSection, Elements, ExportKind, ExportSection, Function, RefType,
        TableSection, TableType, TypeSection, ValType,
    };

    use super::*;

    /// Functions 0: gives 7 by calling 1; 1: gives 7; 2: nothing; 2 in a table, 0 exported.
    fn sample() -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], [ValType::I32]);
        types.ty().function([], []);
        let mut functions = FunctionSection::new();
        functions.function(0).function(0).function(1);
        let mut tables = TableSection::new();
        tables.table(TableType {
            element_type: RefType::FUNCREF,
            minimum: 1,
            maximum: None,
            table64: false,
            shared: false,
        });
        let mut exports = ExportSection::new();
        exports.export("seven", ExportKind::Func, 0);
        let mut elements = ElementSection::new();
        elements.active(
            None,
            &wasm_encoder::ConstExpr::i32_const(0),
            Elements::Functions([2].as_slice().into()),
        );
        let mut code = CodeSection::new();
        for body in [vec![0x10, 0x01, 0x0b], vec![0x41, 0x07, 0x0b], vec![0x0b]] {
            let mut function = Function::new([]);
            function.raw(body);
            code.function(&function);
        }
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&tables).section(&exports);
        module.section(&elements).section(&code);
        module.finish()
    }

    #[test]
    fn each_body_follows_the_one_it_shares_most_with() {
        let bodies = [&b"1 one body"[..], b"2 other words here", b"3 one body!", b"0 words here"];
        let bodies: Vec<Vec<u8>> = bodies.iter().map(|body| body.to_vec()).collect();
        assert_eq!(chain(&bodies), [3, 1, 0, 2]);
        assert_eq!(chain(&[]), [0_usize; 0]);
    }

    #[test]
    fn functions_move_and_whoever_names_them_follows() {
        let moved = beside_alike(&sample()).unwrap();
        let mut bodies = Vec::new();
        for payload in Parser::new(0).parse_all(&moved) {
            match payload.unwrap() {
                Payload::ExportSection(section) => {
                    assert_eq!(section.into_iter().next().unwrap().unwrap().index, 1);
                }
                Payload::FunctionSection(section) => {
                    let types: Vec<u32> = section.into_iter().map(Result::unwrap).collect();
                    assert_eq!(types, [1, 0, 0]);
                }
                Payload::CodeSectionEntry(body) => bodies.push(body.as_bytes().to_vec()),
                _ => {}
            }
        }
        // The empty one first; the call now names the third.
        assert_eq!(bodies, [vec![0, 0x0b], vec![0, 0x10, 0x02, 0x0b], vec![0, 0x41, 0x07, 0x0b]]);
        assert!(beside_alike(b"no module").is_err());
    }
}
