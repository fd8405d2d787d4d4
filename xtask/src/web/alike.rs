//! Puts the functions of a module beside those they resemble: the copies that the compiler made for
//! several types begin alike, and a compressor finds what is near more cheaply than what is far.

use anyhow::Context;
use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{CodeSection, FunctionSection, Module};
use wasmparser::{
    CodeSectionReader, FunctionBody, FunctionSectionReader, Parser, Payload, TypeRef,
};

/// Gives the module with its functions in the order of their bytes.
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
        let mut old: Vec<usize> = (0..bodies.len()).collect();
        old.sort_by_key(|place| bodies.get(*place));
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
