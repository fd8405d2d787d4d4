//! The linker's notes in a module (`--emit-relocs`): which places in code and data name which
//! functions and data. All places are counted from the start of the module.

use std::ops::Range;

use anyhow::Context;
use wasmparser::{
    KnownCustom, Linking, LinkingSectionReader, Parser, Payload, RelocSectionReader,
    RelocationType, SymbolInfo,
};

/// What a place names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// The function with this number.
    Function(u32),
    /// The data at this place.
    Data(Range<usize>),
    /// Something that is always there.
    Other,
}

/// The notes of one module.
#[derive(Default)]
pub(super) struct Links {
    /// What the numbers in `code` and `data` stand for.
    pub(super) targets: Vec<Target>,
    /// Places in functions, in order, with the number of their target. Calls are left out.
    pub(super) code: Vec<(usize, usize)>,
    /// Places in data, in order, with the number of their target.
    pub(super) data: Vec<(usize, usize)>,
    /// Names of functions by number.
    pub(super) names: Vec<(u32, String)>,
}

impl Links {
    /// Reads the notes.
    ///
    /// # Errors
    /// When the module cannot be read, or has no notes.
    pub(super) fn of(wasm: &[u8]) -> anyhow::Result<Self> {
        let mut links = Self::default();
        let (mut code, mut data, mut segments) = (0, 0, Vec::new());
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::CodeSectionStart { range, .. } => code = range.start,
                Payload::DataSection(section) => {
                    data = section.range().start;
                    for segment in section {
                        let segment = segment?;
                        segments.push(segment.range.end - segment.data.len());
                    }
                }
                Payload::CustomSection(section) => match section.as_known() {
                    KnownCustom::Linking(reader) => links.symbols(&reader, &segments)?,
                    KnownCustom::Reloc(reader) if section.name() == "reloc.CODE" => {
                        links.code = places(&reader, code)?;
                    }
                    KnownCustom::Reloc(reader) if section.name() == "reloc.DATA" => {
                        links.data = places(&reader, data)?;
                    }
                    _ => {}
                },
                _ => {}
            }
        }
        anyhow::ensure!(!links.targets.is_empty(), "the linker left no notes in the module");
        Ok(links)
    }

    fn symbols(
        &mut self,
        reader: &LinkingSectionReader<'_>,
        segments: &[usize],
    ) -> anyhow::Result<()> {
        for part in reader.subsections() {
            let Linking::SymbolTable(symbols) = part? else { continue };
            for symbol in symbols {
                self.targets.push(match symbol? {
                    SymbolInfo::Func { index, name, .. } => {
                        self.names.extend(name.map(|name| (index, name.to_owned())));
                        Target::Function(index)
                    }
                    SymbolInfo::Data { symbol: Some(it), .. } => {
                        let start = segments.get(usize::try_from(it.index)?);
                        start.map_or(Ok(Target::Other), |start| {
                            let start = start + usize::try_from(it.offset)?;
                            anyhow::Ok(Target::Data(start..start + usize::try_from(it.size)?))
                        })?
                    }
                    _ => Target::Other,
                });
            }
        }
        Ok(())
    }
}

fn places(reader: &RelocSectionReader<'_>, start: usize) -> anyhow::Result<Vec<(usize, usize)>> {
    let mut places = Vec::new();
    for entry in reader.entries() {
        let entry = entry.context("reading the places of a module")?;
        if matches!(
            entry.ty,
            RelocationType::MemoryAddrLeb
                | RelocationType::MemoryAddrSleb
                | RelocationType::MemoryAddrI32
                | RelocationType::TableIndexSleb
                | RelocationType::TableIndexI32
        ) {
            places.push((start + usize::try_from(entry.offset)?, usize::try_from(entry.index)?));
        }
    }
    places.sort_unstable();
    Ok(places)
}

/// The places within a range.
pub(super) fn within<'a>(
    places: &'a [(usize, usize)],
    range: &Range<usize>,
) -> &'a [(usize, usize)] {
    let from = places.partition_point(|(at, _)| *at < range.start);
    let to = places.partition_point(|(at, _)| *at < range.end);
    places.get(from..to).unwrap_or_default()
}
