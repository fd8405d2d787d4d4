//! The case that is measured.

use ankomst_shared::catalog::{Catalog, FieldType};
use ankomst_shared::document::{Authoring, Chunk, Document, DocumentError, Edit};
use ankomst_shared::ids::{ActorId, DeviceId, DocumentId, EntryId, UserId};
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;
use anyhow::Context;

/// The record.
pub const ID: DocumentId = DocumentId::from_bytes([7; 16]);
const ANSWERS: usize = 60;
/// So often the case was changed.
pub const CHANGES: u8 = 30;

/// A case with its history.
pub struct Case {
    /// All answers at once, then thirty changes by three people in turn.
    pub chunks: Vec<Chunk>,
    /// Ten changes of somebody who knows nothing of the last thirty.
    pub apart: Vec<Chunk>,
    /// One more answer.
    pub edit: Vec<Edit>,
}

impl Case {
    /// Writes it.
    ///
    /// # Errors
    /// When the catalog has no questions or a change cannot be written.
    pub fn new(catalog: &Catalog) -> anyhow::Result<Self> {
        let keys = keys(catalog);
        let chunks = history(&keys)?;
        let apart = concurrent(&chunks, &keys)?;
        Ok(Self { chunks, apart, edit: vec![answer(&keys, 3, "En annan stad")?] })
    }
}

/// Opens a document from its changes.
///
/// # Errors
/// When a change is not sound.
pub fn opened(actor: u8, chunks: &[Chunk]) -> Result<Document, DocumentError> {
    let bytes = chunks.iter().map(|chunk| chunk.bytes.as_slice());
    Document::open(ActorId::from_bytes([actor; 16]), bytes)
}

/// Keys of answers as a case has them: of the case, a person and an intake.
/// At most sixty.
#[must_use]
pub fn keys(catalog: &Catalog) -> Vec<FieldPath> {
    let entry = |number: u8| EntryId::from_bytes([number; 10]);
    let Some(case) = catalog.kind("case") else { return Vec::new() };
    let own = case.fields.iter().map(|field| (field, field.id.clone()));
    let lists = ["persons", "intakes"].into_iter().zip(1..);
    let inner = lists.flat_map(|(list, number)| {
        let fields = case.entry_list(list).map(|list| list.fields.as_slice()).unwrap_or_default();
        fields.iter().map(move |field| (field, format!("{list}/{}/{}", entry(number), field.id)))
    });
    let plain = own.chain(inner).filter(|(field, _)| {
        matches!(field.typ, FieldType::Text | FieldType::LongText) && field.id != "tombstone"
    });
    let free = (0..ANSWERS).map(|number| {
        format!("tasks/{}/title", entry(u8::try_from(number).unwrap_or(0).saturating_add(9)))
    });
    let all = plain.map(|(_, key)| key).chain(free);
    all.filter_map(|key| FieldPath::parse(&key).ok()).take(ANSWERS).collect()
}

fn history(keys: &[FieldPath]) -> anyhow::Result<Vec<Chunk>> {
    let text = "Ett svar av vanlig längd, med två led";
    let all: Vec<Edit> =
        (0..keys.len()).map(|at| answer(keys, at, text)).collect::<Result<_, _>>()?;
    let actor = |person: u8| ActorId::from_bytes([person; 16]);
    let (_, first) = Document::create(actor(1), vec![1; 120], &all, &by(1, 0))?;
    let mut chunks = vec![first];
    for number in 0..CHANGES {
        let person = number % 3 + 1;
        let mut document = opened(person + 3 * number, &chunks)?;
        let edits = [answer(keys, usize::from(number) * 2, &format!("Ändrat {number} gånger"))?];
        chunks.extend(document.commit(&edits, &by(person, i64::from(number)))?);
    }
    Ok(chunks)
}

fn concurrent(chunks: &[Chunk], keys: &[FieldPath]) -> anyhow::Result<Vec<Chunk>> {
    let mut document = opened(200, chunks.get(..1).context("no first change")?)?;
    let mut made = Vec::new();
    for number in 0..10 {
        let edits = [answer(keys, number * 3, &format!("Annat {number}"))?];
        made.extend(document.commit(&edits, &by(4, 50))?);
    }
    Ok(made)
}

fn answer(keys: &[FieldPath], at: usize, text: &str) -> anyhow::Result<Edit> {
    let path = keys.get(at % keys.len().max(1)).context("the catalog has no questions")?;
    Ok(Edit { path: path.clone(), value: Value::text(text) })
}

/// Whoever writes, so many minutes after the beginning.
#[must_use]
pub fn by(person: u8, minutes: i64) -> Authoring {
    Authoring {
        device: DeviceId::from_bytes([person; 16]),
        user: UserId::from_bytes([person; 16]),
        now_ms: 1_793_000_000_000 + minutes * 60_000,
        clock_offset_s: None,
        review_heads: Vec::new(),
    }
}

/// Bytes of changes together.
#[must_use]
pub fn size(chunks: &[Chunk]) -> f64 {
    let bytes = chunks.iter().map(|chunk| chunk.bytes.len()).sum::<usize>();
    u32::try_from(bytes).map_or(f64::MAX, f64::from)
}
