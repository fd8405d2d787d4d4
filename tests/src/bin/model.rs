//! `model [--json]`: what the model costs on this machine, for one case of the workload W: a person and an
//! intake of 60 answers, made at once and changed 30 times by three people.
//!
//! Each figure is the least of many runs, so that other work on the machine counts as little as possible.
#![expect(clippy::print_stdout, reason = "a program that prints figures")]

use std::hint::black_box;
use std::time::Instant;

use ankomst_shared::catalog::{Catalog, FieldType};
use ankomst_shared::conflict::conflicts;
use ankomst_shared::document::{Authoring, Chunk, Document, Edit};
use ankomst_shared::form::evaluate;
use ankomst_shared::ids::{ActorId, DeviceId, DocumentId, EntryId, UserId};
use ankomst_shared::merge::record_state;
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;
use anyhow::Context;

const ID: DocumentId = DocumentId::from_bytes([7; 16]);
const ANSWERS: usize = 60;
const CHANGES: u8 = 30;
const RUNS: u32 = 300;

fn main() -> anyhow::Result<()> {
    let json = std::env::args().any(|arg| arg == "--json");
    let catalog = Catalog::builtin();
    let keys = keys(catalog);
    let chunks = history(&keys)?;
    let bytes = || chunks.iter().map(|chunk| chunk.bytes.as_slice());
    let open = || Document::open(ActorId::from_bytes([9; 16]), bytes());
    let document = open()?;
    let record = record_state(catalog, ("case", ID), &document, None);
    let kind = catalog.kind("case").context("no case in the catalog")?;
    let edit = [answer(&keys, 3, "En annan stad")?];
    let apart = concurrent(&chunks, &keys)?;
    let say = |metric: &str, value: f64, unit: &str| {
        if json {
            let line = serde_json::json!({
                "bench": "model", "scenario": "W", "metric": metric, "value": value, "unit": unit
            });
            println!("{line}");
        } else {
            println!("model W        {metric:<40} {value:>12.1} {unit}");
        }
    };
    say("open", least(|| open().is_ok()), "us");
    let cloned = least(|| document.clone().heads().len());
    let edited = least(|| document.clone().commit(&edit, &by(1, 99)).is_ok());
    say("edit one answer", edited - cloned, "us");
    let merged =
        least(|| document.clone().apply(apart.iter().map(|one| one.bytes.as_slice())).is_ok());
    say("merge ten changes of another", merged - cloned, "us");
    let read = || record_state(catalog, ("case", ID), &document, None);
    say("state of every field", least(read), "us");
    say("what is to be decided", least(|| conflicts(catalog, ("case", ID), &record)), "us");
    say(
        "form: relevant, missing, broken, reckoned",
        least(|| evaluate(catalog, kind, &record)),
        "us",
    );
    let size = |chunks: &[Chunk]| chunks.iter().map(|chunk| chunk.bytes.len()).sum::<usize>();
    say("history, 31 changes", bytes_of(size(&chunks)), "B");
    say("one change, on average", bytes_of(size(chunks.get(1..).unwrap_or_default())) / 30.0, "B");
    Ok(())
}

/// Keys of answers as a case has them: of the case, a person and an intake.
fn keys(catalog: &Catalog) -> Vec<FieldPath> {
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

/// The case: all answers at once, then thirty changes by three people in turn.
fn history(keys: &[FieldPath]) -> anyhow::Result<Vec<Chunk>> {
    let text = "Ett svar av vanlig längd, med två led";
    let all: Vec<Edit> =
        (0..keys.len()).map(|at| answer(keys, at, text)).collect::<Result<_, _>>()?;
    let actor = |person: u8| ActorId::from_bytes([person; 16]);
    let (_, first) = Document::create(actor(1), vec![1; 120], &all, &by(1, 0))?;
    let mut chunks = vec![first];
    for number in 0..CHANGES {
        let person = number % 3 + 1;
        let bytes = chunks.iter().map(|chunk| chunk.bytes.as_slice());
        let mut document = Document::open(actor(person + 3 * number), bytes)?;
        let edits = [answer(keys, usize::from(number) * 2, &format!("Ändrat {number} gånger"))?];
        chunks.extend(document.commit(&edits, &by(person, i64::from(number)))?);
    }
    Ok(chunks)
}

/// Ten changes of somebody who knows nothing of the last thirty.
fn concurrent(chunks: &[Chunk], keys: &[FieldPath]) -> anyhow::Result<Vec<Chunk>> {
    let first = chunks.first().context("no first change")?;
    let mut document = Document::open(ActorId::from_bytes([200; 16]), [first.bytes.as_slice()])?;
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

fn by(person: u8, minutes: i64) -> Authoring {
    Authoring {
        device: DeviceId::from_bytes([person; 16]),
        user: UserId::from_bytes([person; 16]),
        now_ms: 1_793_000_000_000 + minutes * 60_000,
        clock_offset_s: None,
        review_heads: Vec::new(),
    }
}

/// The shortest of many runs, microseconds.
fn least<T>(mut work: impl FnMut() -> T) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..RUNS {
        let begun = Instant::now();
        black_box(work());
        best = best.min(begun.elapsed().as_secs_f64() * 1e6);
    }
    best
}

fn bytes_of(bytes: usize) -> f64 {
    u32::try_from(bytes).map_or(f64::MAX, f64::from)
}
