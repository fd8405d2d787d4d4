//! The workload W: records of about 24 KB, each a case with a person and an intake of 60 answers, five checklist runs of
//! 25 items and 30 notes of 300 characters; written once and then changed thirty times by three people in turn.

use ankomst_shared::catalog::Catalog;
use ankomst_shared::document::{Authoring, Chunk, Document, Edit};
use ankomst_shared::ids::{ActorId, ChangeHash, DocumentId, EntryId};
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::header::companion;
use ankomst_shared::sync::message::PushPart;
use ankomst_shared::value::Value;
use anyhow::Context;

use ankomst_model::case::keys;

use crate::tablet::raw::RawDevice;

/// People who write W.
pub const WRITERS: usize = 3;
/// Changes of a record after its creation.
pub const TRANSACTIONS: usize = 30;
const RUNS: usize = 5;
const ITEMS: usize = 25;
const NOTES: usize = 30;
const NOTE_CHARS: usize = 300;
/// The checklist of the runs: the only one of a case with so many items.
const CHECKLIST: (&str, u32) = ("arrival_household", 1);

/// One change of the workload.
pub struct Piece {
    /// 0 for the creation, then 1 to [`TRANSACTIONS`].
    pub round: usize,
    /// Who wrote it.
    pub writer: usize,
    /// Where it belongs.
    pub document: DocumentId,
    /// As whom it was written.
    pub actor: ActorId,
    /// Its hash and bytes.
    pub change: (ChangeHash, Vec<u8>),
}

/// A record of the workload.
pub struct Record {
    /// Its case.
    pub case: DocumentId,
    /// Everything that was written, in causal order.
    pub pieces: Vec<Piece>,
}

/// What a record is made of.
pub struct Maker {
    keys: Vec<FieldPath>,
    items: Vec<String>,
}

/// A document while it is written: one copy for each writer.
struct Growing {
    id: DocumentId,
    copies: Vec<Document>,
}

impl Maker {
    /// Reads the catalog.
    ///
    /// # Errors
    /// When it has no such questions.
    pub fn new(catalog: &Catalog) -> anyhow::Result<Self> {
        let checklist = catalog.checklists().iter().find(|list| list.id == CHECKLIST.0);
        let items = checklist.context("no such checklist")?.items.iter();
        Ok(Self {
            keys: keys(catalog),
            items: items.map(|item| item.id.clone()).take(ITEMS).collect(),
        })
    }

    /// Answers of a case that may be changed at any time.
    #[must_use]
    pub fn key(&self, at: usize) -> Option<&FieldPath> {
        let free = self.keys.iter().filter(|key| key.as_str().starts_with("tasks/"));
        let free: Vec<&FieldPath> = free.collect();
        free.get(at % free.len().max(1)).copied()
    }

    /// Writes a record as three devices would.
    ///
    /// # Errors
    /// When a change cannot be written.
    pub fn record(&self, number: usize, devices: &[RawDevice]) -> anyhow::Result<Record> {
        let case = document_id(number, 0);
        let first = number % WRITERS;
        let mut pieces = Vec::new();
        let mut made = Made { devices, pieces: &mut pieces };
        let author = devices.get(first).context("no writer")?;
        let answers: Vec<Edit> = (0..self.keys.len())
            .map(|at| self.answer(at, "Ett svar av vanlig längd"))
            .collect::<Result<_, _>>()?;
        let mut growing = made.begins(first, case, author.header(case, "case"), &answers)?;
        let mut runs = Vec::new();
        for run in 1..=RUNS {
            let id = document_id(number, run);
            let header = author.run_header(id, case, CHECKLIST);
            let items = (0..ITEMS).map(|item| self.item(item, run, "ok"));
            let items = items.collect::<anyhow::Result<Vec<_>>>()?.concat();
            runs.push(made.begins(first, id, header, &items)?);
        }
        let journal = companion(case, "journal");
        let notes =
            (0..NOTES - TRANSACTIONS / 3).map(note).collect::<Result<Vec<_>, _>>()?.concat();
        let header = author.companion_header(journal, "journal", case);
        let mut journal = made.begins(first, journal, header, &notes)?;
        for round in 1..=TRANSACTIONS {
            let writer = (first + round) % WRITERS;
            let at = (round - 1) / 3;
            let (document, edits) = match round % 3 {
                1 => {
                    (&mut growing, vec![self.answer(at * 5, &format!("Ändrat i omgång {round}"))?])
                }
                2 => {
                    let edits = self.item(at * 2, at, "not_ok")?;
                    (runs.get_mut(at % RUNS).context("no run")?, edits)
                }
                _ => (&mut journal, note(NOTES - TRANSACTIONS / 3 + at)?),
            };
            made.changes((round, writer), document, &edits)?;
        }
        Ok(Record { case, pieces })
    }

    /// A case of a device with many changes, in parts of so many.
    ///
    /// # Errors
    /// When a change cannot be written.
    pub fn long(
        &self,
        number: usize,
        device: &RawDevice,
        (parts, changes): (usize, usize),
    ) -> anyhow::Result<Vec<PushPart>> {
        let id = document_id(1_000_000 + number, 0);
        let actor = actor(id, 0);
        let header = device.header(id, "case");
        let (mut document, first) = Document::create(actor, header, &[], &device.by())?;
        let mut made = vec![(first.hash, first.bytes)];
        for at in 1..parts * changes {
            let edit = self.answer(at, &format!("Svar nummer {at}"))?;
            let chunk = document.commit(&[edit], &device.by())?.context("nothing changed")?;
            made.push((chunk.hash, chunk.bytes));
        }
        Ok(made.chunks(changes).map(|some| device.run_of(id, actor, some.to_vec())).collect())
    }

    fn answer(&self, at: usize, text: &str) -> anyhow::Result<Edit> {
        let path = self.keys.get(at % self.keys.len().max(1)).context("no questions")?;
        Ok(Edit { path: path.clone(), value: Value::text(text) })
    }

    fn item(&self, at: usize, run: usize, status: &str) -> anyhow::Result<Vec<Edit>> {
        let id = self.items.get(at % self.items.len().max(1)).context("no items")?;
        let comment = format!("Genomgånget vid besök {run}, inget att anmärka");
        let fields = [("status", status), ("comment", comment.as_str())];
        let edit = |(field, value): &(&str, &str)| -> anyhow::Result<Edit> {
            let path = FieldPath::parse(&format!("item/{id}/{field}"))?;
            Ok(Edit { path, value: Value::text(*value) })
        };
        fields.iter().map(edit).collect()
    }
}

struct Made<'a> {
    devices: &'a [RawDevice],
    pieces: &'a mut Vec<Piece>,
}

impl Made<'_> {
    fn begins(
        &mut self,
        writer: usize,
        id: DocumentId,
        header: Vec<u8>,
        edits: &[Edit],
    ) -> anyhow::Result<Growing> {
        let by = self.by(writer)?;
        let (document, chunk) = Document::create(actor(id, writer), header, edits, &by)?;
        let others = (0..WRITERS).filter(|other| *other != writer);
        let open = |other| Document::open(actor(id, other), [chunk.bytes.as_slice()]);
        let mut copies = others.map(open).collect::<Result<Vec<_>, _>>()?;
        copies.insert(writer, document);
        self.note((0, writer), id, chunk);
        Ok(Growing { id, copies })
    }

    fn changes(
        &mut self,
        (round, writer): (usize, usize),
        document: &mut Growing,
        edits: &[Edit],
    ) -> anyhow::Result<()> {
        let by = self.by(writer)?;
        let own = document.copies.get_mut(writer).context("no copy")?;
        let chunk = own.commit(edits, &by)?.context("nothing changed")?;
        for (_, copy) in document.copies.iter_mut().enumerate().filter(|(at, _)| *at != writer) {
            copy.apply([chunk.bytes.as_slice()])?;
        }
        self.note((round, writer), document.id, chunk);
        Ok(())
    }

    fn by(&self, writer: usize) -> anyhow::Result<Authoring> {
        Ok(self.devices.get(writer).context("no writer")?.by())
    }

    fn note(&mut self, (round, writer): (usize, usize), document: DocumentId, chunk: Chunk) {
        let (actor, change) = (actor(document, writer), (chunk.hash, chunk.bytes));
        self.pieces.push(Piece { round, writer, document, actor, change });
    }
}

fn note(number: usize) -> anyhow::Result<Vec<Edit>> {
    let mut entry = [0; 10];
    entry[0] = u8::try_from(number)?;
    let entry = EntryId::from_bytes(entry);
    let body = "Hembesök. Familjen mår bra och barnen har börjat skolan. ".chars().cycle();
    let body: String = body.take(NOTE_CHARS).collect();
    let path = |field: &str| FieldPath::parse(&format!("notes/{entry}/{field}"));
    Ok(vec![
        Edit { path: path("body")?, value: Value::text(format!("{number} {body}")) },
        Edit { path: path("source")?, value: Value::text("own_observation") },
    ])
}

/// The same for the same number, so that a kept data folder can be used again.
fn document_id(record: usize, part: usize) -> DocumentId {
    let number = u64::try_from(record * 10 + part).unwrap_or_default();
    let mut random = [0x57; 10];
    for (to, from) in random.iter_mut().zip(number.to_be_bytes()) {
        *to = from;
    }
    DocumentId::new(1_790_000_000_000, random)
}

fn actor(document: DocumentId, writer: usize) -> ActorId {
    let mut bytes = *document.as_bytes();
    bytes[0] = u8::try_from(writer).unwrap_or_default() + 1;
    ActorId::from_bytes(bytes)
}
