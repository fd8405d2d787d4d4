//! Honest histories of every kind of the catalog: what devices that meet now and then write into one record.

use ankomst_shared::catalog::{Catalog, Entries, Field, FieldType, Kind, MergeCode};
use ankomst_shared::chunk::hostile::Dice;
use ankomst_shared::document::{Authoring, Document, Edit};
use ankomst_shared::ids::{ActorId, DeviceId, DocumentId, UnitId, UserId};
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::{Header, SigningKey};
use ankomst_shared::value::Value;
use anyhow::Context;

/// The record all histories are of.
pub(crate) const HERE: DocumentId = DocumentId::from_bytes([7; 16]);
/// Entries of a list that are written in.
const ENTRIES: usize = 3;

/// Where a kind is written, and what answers there are.
struct Place<'a> {
    path: String,
    field: &'a Field,
}

/// Everything of a kind that a device may write: fields, members of sets, fields of some entries.
fn places<'a>(catalog: &'a Catalog, kind: &'a Kind) -> Vec<Place<'a>> {
    let mut all: Vec<Place<'a>> =
        kind.fields.iter().map(|field| Place { path: field.id.clone(), field }).collect();
    for list in &kind.entry_lists {
        let mut entries: Vec<String> = (1..=ENTRIES).map(|at| format!("entry{at}")).collect();
        if list.entries == Entries::Template {
            let items = catalog.checklists().iter().flat_map(|list| &list.items);
            entries = items.map(|item| item.id.clone()).take(ENTRIES).collect();
        }
        for entry in entries {
            let of_entry = list.fields.iter();
            all.extend(
                of_entry.map(|field| Place {
                    path: format!("{}/{entry}/{}", list.id, field.id),
                    field,
                }),
            );
        }
    }
    all.retain(|place| place.field.merge != MergeCode::D);
    all
}

fn edit(catalog: &Catalog, place: &Place<'_>, dice: &mut Dice) -> Option<Edit> {
    let code = |list: &String, dice: &mut Dice| {
        let codes = &catalog.list(list)?.codes;
        dice.pick(codes).map(|code| code.id)
    };
    let number = |dice: &mut Dice, most: usize| i64::try_from(dice.roll(most)).unwrap_or(0);
    let mut path = place.path.clone();
    let value = match &place.field.typ {
        FieldType::Bool => Value::Bool(dice.roll(2) == 0),
        FieldType::Int(low, high) => {
            let value = number(dice, 50).max(low.unwrap_or(0)).min(high.unwrap_or(i64::MAX));
            Value::Int(value)
        }
        FieldType::Time => Value::Int(1_790_000_000_000 + number(dice, 1_000_000)),
        FieldType::Count => {
            path = format!("{path}/count{}", dice.roll(1_000_000));
            Value::Int(number(dice, 9))
        }
        FieldType::Set(list) => {
            path = format!("{path}/{}", code(list, dice)?);
            if dice.roll(4) == 0 { Value::text("Stämde inte") } else { Value::Bool(true) }
        }
        FieldType::Choice(list) => Value::Str(code(list, dice)?),
        FieldType::Date => {
            Value::Str(format!("2026-{:02}-{:02}", 1 + dice.roll(12), 1 + dice.roll(28)))
        }
        FieldType::Phone => Value::Str(format!("+46701740{:03}", 600 + dice.roll(100))),
        FieldType::Email => Value::Str(format!("namn{}@example.org", dice.roll(9))),
        FieldType::Text | FieldType::LongText => {
            Value::Str(format!("Familjen Haddad {}", "å".repeat(dice.roll(120))))
        }
        _ => Value::Str(format!("{}", 10_000 + dice.roll(80_000))),
    };
    let value =
        if dice.roll(12) == 0 && !place.field.typ.has_members() { Value::Null } else { value };
    Some(Edit { path: FieldPath::parse(&path).ok()?, value })
}

fn by(device: u8, at: usize) -> Authoring {
    Authoring {
        device: DeviceId::new(1, [device; 10]),
        user: UserId::new(1, [device; 10]),
        now_ms: 1_790_000_000_000 + i64::try_from(at).unwrap_or(0) * 60_000,
        clock_offset_s: None,
        review_heads: Vec::new(),
    }
}

fn header(kind: &str) -> Vec<u8> {
    let header = Header {
        document: HERE,
        kind: kind.to_owned(),
        parent: None,
        unit: UnitId::from_bytes([3; 16]),
        protection: 0,
        user: UserId::new(1, [1; 10]),
        device: DeviceId::new(1, [1; 10]),
        created_ms: 1,
        template: None,
    };
    header.sign(&SigningKey::from_seed([1; 32]))
}

/// So many changes of one record of a kind, in causal order, by three devices.
///
/// # Errors
/// When they cannot be written, which is a defect.
pub(crate) fn history(
    catalog: &Catalog,
    kind: &Kind,
    (count, seed): (usize, u64),
) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut dice = Dice::new(seed);
    let places = places(catalog, kind);
    let some = |dice: &mut Dice| -> Vec<Edit> {
        let few = 1 + dice.roll(5);
        (0..few).filter_map(|_| edit(catalog, places.get(dice.roll(places.len()))?, dice)).collect()
    };
    let actor = |at: u8| ActorId::from_bytes([at.wrapping_mul(37); 16]);
    let edits = some(&mut dice);
    let (_, first) = Document::create(actor(1), header(&kind.id), &edits, &by(1, 1))?;
    let mut all = vec![first.bytes];
    let mut devices = Vec::new();
    for at in 2..5 {
        devices.push((at, Document::open(actor(at), all.iter().map(Vec::as_slice))?, 1));
    }
    // A kind with a single answer has said it all soon.
    for _ in 0..count * 20 {
        if all.len() >= count {
            break;
        }
        let at = dice.roll(devices.len());
        let (device, document, known) = devices.get_mut(at).context("a device")?;
        if dice.roll(3) == 0 {
            document.apply(all.iter().skip(*known).map(Vec::as_slice))?;
            *known = all.len();
        }
        let edits = some(&mut dice);
        if let Some(chunk) = document.commit(&edits, &by(*device, all.len()))? {
            all.push(chunk.bytes);
        }
    }
    Ok(all)
}
