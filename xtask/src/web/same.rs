//! Keeps one of functions that are the same, byte for byte, and calls it wherever any of them was
//! called: the compiler makes a copy for each type, also where the types lie alike in memory. Notes
//! on the alignment of memory go, too: browsers do not read them, and they tell such copies apart.

use std::collections::BTreeMap;

use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{CodeSection, FunctionSection, MemArg, Module};
use wasmparser::{
    CodeSectionReader, FunctionBody, FunctionSectionReader, Parser, Payload, TypeRef,
};

/// Gives the module with each function once.
///
/// # Errors
/// When the module cannot be read.
pub(super) fn once(wasm: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut module = wasm.to_vec();
    loop {
        let mut merge = Merge::of(&module)?;
        let mut merged = Module::new();
        merge
            .parse_core_module(&mut merged, Parser::new(0), &module)
            .map_err(|error| anyhow::anyhow!("writing a module with functions once: {error}"))?;
        module = merged.finish();
        // The first round makes the alignments equal, so it may find too little.
        if merge.kept.iter().all(|kept| *kept) && merge.plain {
            return Ok(module);
        }
    }
}

struct Merge {
    /// Functions that come from outside; they keep their numbers.
    imported: usize,
    /// Whether each function stays.
    kept: Vec<bool>,
    /// New place of each function, or of the one that stands for it.
    new: Vec<usize>,
    /// No alignment was noted.
    plain: bool,
}

impl Merge {
    fn of(wasm: &[u8]) -> anyhow::Result<Self> {
        let mut merge = Self { imported: 0, kept: Vec::new(), new: Vec::new(), plain: true };
        let mut types = Vec::new();
        let mut first = BTreeMap::new();
        let mut count = 0;
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        merge.imported += usize::from(matches!(
                            import?.ty,
                            TypeRef::Func(_) | TypeRef::FuncExact(_)
                        ));
                    }
                }
                Payload::FunctionSection(section) => {
                    types = section.into_iter().collect::<Result<Vec<u32>, _>>()?;
                }
                Payload::CodeSectionEntry(body) => {
                    let key = (types.get(merge.new.len()).copied(), body.as_bytes().to_vec());
                    let place = *first.entry(key).or_insert(count);
                    merge.kept.push(place == count);
                    merge.new.push(place);
                    count += usize::from(place == count);
                }
                _ => {}
            }
        }
        Ok(merge)
    }

    fn kept<T>(&self, all: Vec<T>) -> impl Iterator<Item = T> + use<T> {
        all.into_iter().zip(self.kept.clone()).filter_map(|(one, kept)| kept.then_some(one))
    }
}

impl Reencode for Merge {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Self::Error>> {
        let place = usize::try_from(function).unwrap_or(usize::MAX);
        let moved = place.checked_sub(self.imported).and_then(|at| self.new.get(at));
        let to = moved.map_or(place, |to| to + self.imported);
        u32::try_from(to).map_err(|_| Error::InvalidCodeSectionSize)
    }

    fn mem_arg(&mut self, arg: wasmparser::MemArg) -> Result<MemArg, Error<Self::Error>> {
        self.plain &= arg.align == 0;
        Ok(MemArg { offset: arg.offset, align: 0, memory_index: self.memory_index(arg.memory)? })
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Result<(), Error<Self::Error>> {
        let types = section.into_iter().collect::<Result<Vec<u32>, _>>()?;
        for kind in self.kept(types) {
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
        for body in self.kept(bodies) {
            self.parse_function_body(code, body)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{
        ExportKind, ExportSection, Function, Instruction, MemorySection, MemoryType, TypeSection,
        ValType,
    };

    use super::*;

    fn load(align: u32) -> Function {
        let mut function = Function::new([]);
        function.instruction(&Instruction::I32Const(8));
        function.instruction(&Instruction::I32Load(MemArg { offset: 0, align, memory_index: 0 }));
        function.instruction(&Instruction::End);
        function
    }

    fn call(callee: u32) -> Function {
        let mut function = Function::new([]);
        function.instruction(&Instruction::Call(callee)).instruction(&Instruction::End);
        function
    }

    /// Functions 0 and 1 load the same with other notes; 2 calls 0, 3 calls 1, 4 calls 3.
    fn sample() -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], [ValType::I32]);
        let mut functions = FunctionSection::new();
        let mut code = CodeSection::new();
        for function in [load(2), load(0), call(0), call(1), call(3)] {
            functions.function(0);
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
        let mut exports = ExportSection::new();
        exports.export("last", ExportKind::Func, 4);
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&memories).section(&exports);
        module.section(&code);
        module.finish()
    }

    #[test]
    fn functions_that_become_the_same_are_kept_once_with_their_callers() {
        let module = once(&sample()).unwrap();
        let mut bodies = Vec::new();
        for payload in Parser::new(0).parse_all(&module) {
            match payload.unwrap() {
                Payload::ExportSection(section) => {
                    assert_eq!(section.into_iter().next().unwrap().unwrap().index, 2);
                }
                Payload::CodeSectionEntry(body) => bodies.push(body.as_bytes().to_vec()),
                _ => {}
            }
        }
        let load = vec![0, 0x41, 8, 0x28, 0, 0, 0x0b];
        assert_eq!(bodies, [load, vec![0, 0x10, 0, 0x0b], vec![0, 0x10, 1, 0x0b]]);
        assert!(once(b"no module").is_err());
    }
}
