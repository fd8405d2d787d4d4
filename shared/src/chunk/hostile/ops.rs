//! Operations written as columns the way Automerge writes them.

use crate::chunk::hostile::parts::{Parts, push_signed, push_unsigned};
use crate::chunk::{ChunkInfo, Op};
use crate::ids::ActorId;
use crate::value::Value;

/// Writes a change's operations into its parts, other actors included.
///
/// `replaces` are sorted as Automerge sorts them unless `is_sorted` is false.
pub fn write_ops(parts: &mut Parts, info: &ChunkInfo, is_sorted: bool) {
    let mut others: Vec<ActorId> = info
        .ops
        .iter()
        .flat_map(|op| op.replaces.iter().map(|(actor, _)| *actor))
        .filter(|actor| *actor != info.actor)
        .collect();
    others.sort_unstable();
    others.dedup();
    parts.others = others.iter().map(|actor| actor.as_bytes().to_vec()).collect();
    let number = |actor: &ActorId| {
        let at = others.iter().position(|other| other == actor).map_or(0, |at| at + 1);
        u64::try_from(at).unwrap_or(0)
    };
    let rows = info.ops.len();
    let mut preds: Vec<Vec<(ActorId, u64)>> =
        info.ops.iter().map(|op| op.replaces.clone()).collect();
    if is_sorted {
        for all in &mut preds {
            all.sort_unstable_by_key(|(actor, at)| (*at, *actor));
        }
    }
    let groups: Vec<u64> = preds.iter().map(|all| u64::try_from(all.len()).unwrap_or(0)).collect();
    let flat: Vec<(ActorId, u64)> = preds.into_iter().flatten().collect();
    let (metas, values) = scalars(&info.ops);
    let mut falses = Vec::new();
    push_unsigned(&mut falses, u64::try_from(rows).unwrap_or(0));
    let keys: Vec<Vec<u8>> = info.ops.iter().map(|op| text(op.key.as_str())).collect();
    let mut columns = vec![
        (0x15, runs(&keys)),
        (0x34, falses),
        (0x42, runs(&vec![vec![1]; rows])),
        (0x56, runs(&numbers(metas.into_iter()))),
        (0x57, values),
        (0x70, runs(&numbers(groups.into_iter()))),
        (0x71, runs(&numbers(flat.iter().map(|(actor, _)| number(actor))))),
        (0x73, runs(&differences(flat.iter().map(|(_, counter)| *counter)))),
    ];
    columns.retain(|(_, data)| !data.is_empty());
    parts.columns = columns;
}

fn text(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    push_unsigned(&mut out, u64::try_from(text.len()).unwrap_or(0));
    out.extend(text.as_bytes());
    out
}

fn numbers(values: impl Iterator<Item = u64>) -> Vec<Vec<u8>> {
    values
        .map(|value| {
            let mut out = Vec::new();
            push_unsigned(&mut out, value);
            out
        })
        .collect()
}

fn differences(values: impl Iterator<Item = u64>) -> Vec<Vec<u8>> {
    let mut last = 0_i64;
    values
        .map(|value| {
            let value = i64::try_from(value).unwrap_or(i64::MAX);
            let mut out = Vec::new();
            push_signed(&mut out, value.wrapping_sub(last));
            last = value;
            out
        })
        .collect()
}

fn scalars(ops: &[Op]) -> (Vec<u64>, Vec<u8>) {
    let mut metas = Vec::new();
    let mut raw = Vec::new();
    for op in ops {
        let (code, bytes) = match (&op.value, &op.header) {
            (Some(Value::Null) | None, None) => (0, Vec::new()),
            (Some(Value::Bool(yes)), _) => (if *yes { 2 } else { 1 }, Vec::new()),
            (Some(Value::Int(number)), _) => {
                let mut out = Vec::new();
                push_signed(&mut out, *number);
                (4, out)
            }
            (Some(Value::Str(text)), _) => (6, text.as_bytes().to_vec()),
            (_, Some(header)) => (7, header.clone()),
        };
        metas.push((u64::try_from(bytes.len()).unwrap_or(0) << 4) | code);
        raw.extend(bytes);
    }
    (metas, raw)
}

/// Packs rows: equal neighbours as a run, the others as they are.
fn runs(rows: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut singles: Vec<&[u8]> = Vec::new();
    for group in rows.chunk_by(|a, b| a == b) {
        match group {
            [] => {}
            [single] => singles.push(single),
            [first, ..] => {
                flush(&mut out, &mut singles);
                push_signed(&mut out, i64::try_from(group.len()).unwrap_or(0));
                out.extend(first);
            }
        }
    }
    flush(&mut out, &mut singles);
    out
}

fn flush(out: &mut Vec<u8>, singles: &mut Vec<&[u8]>) {
    if !singles.is_empty() {
        push_signed(out, i64::try_from(singles.len()).map_or(0, |count| -count));
        singles.drain(..).for_each(|row| out.extend(row));
    }
}
