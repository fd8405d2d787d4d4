//! From bytes to one checked change.
//!
//! Source of the layout: the Automerge binary format, chunk type 1 (change) and 2 (deflated change).

use std::collections::BTreeSet;

use crate::chunk::column::{Reader, all_false, deltas, runs};
use crate::chunk::sha256;
use crate::deflate::inflate;
use crate::document::ChangeMeta;
use crate::ids::{ActorId, ChangeHash};
use crate::limits::{
    CHUNK_ACTORS_MAX, CHUNK_COLUMNS_MAX, CHUNK_DEPS_MAX, CHUNK_INFLATED_BYTES_MAX,
    CHUNK_MESSAGE_BYTES_MAX, CHUNK_OPS_MAX, CHUNK_REPLACES_MAX, CHUNK_WIRE_BYTES_MAX,
    CLAIMED_MS_MAX, FIELD_TEXT_BYTES_MAX, SIGNED_BYTES_MAX,
};
use crate::order;
use crate::path::{FieldPath, HEADER_KEY};
use crate::value::Value;

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
const TYPE_CHANGE: u8 = 1;
const TYPE_DEFLATED: u8 = 2;

/// Says why bytes are not a change we take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GateError {
    /// Larger than allowed, as sent or inflated.
    #[error("the change is larger than allowed")]
    Size,
    /// Does not begin as a change does.
    #[error("these bytes are not one change")]
    NotAChange,
    /// Cut off, or something follows.
    #[error("the change is cut off or something follows it")]
    Truncated,
    /// The checksum does not fit.
    #[error("the checksum does not fit")]
    Checksum,
    /// A number is not in its shortest form or out of range.
    #[error("a number in the change is malformed")]
    Number,
    /// A text is not UTF-8.
    #[error("a text in the change is not UTF-8")]
    Text,
    /// Dependencies or actors are unsorted, doubled, of a wrong length or too many.
    #[error("dependencies or actors of the change are malformed")]
    Names,
    /// The commit message does not say who, where and when.
    #[error("the change does not say who made it, on which device and when")]
    Anonymous,
    /// The claimed time is out of range, or not the same in both places.
    #[error("the claimed time of the change is malformed")]
    Time,
    /// A first change without a header, or a header in a later one.
    #[error("the header of the record belongs into its first change and nowhere else")]
    Header,
    /// Columns are unknown, unsorted, too many or of different lengths.
    #[error("the columns of the change are malformed")]
    Rows,
    /// Does something else than setting scalars in the root map.
    #[error("the change does something that records do not allow")]
    Operation,
}

/// One act of setting a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Op {
    /// The key: `header` or a field path.
    pub key: FieldPath,
    /// The value; `None` for the header's bytes.
    pub value: Option<Value>,
    /// The header's bytes.
    pub header: Option<Vec<u8>>,
    /// The statements it replaces: actor and operation counter.
    pub replaces: Vec<(ActorId, u64)>,
}

/// A change that has passed the gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkInfo {
    /// Its id.
    pub hash: ChangeHash,
    /// Who wrote it.
    pub actor: ActorId,
    /// Its number in the actor's sequence, from 1.
    pub seq: u64,
    /// Counter of its first operation.
    pub start_op: u64,
    /// Counter of its last operation.
    pub max_op: u64,
    /// Changes it builds on, sorted.
    pub deps: Vec<ChangeHash>,
    /// What it says about itself.
    pub meta: ChangeMeta,
    /// What it sets.
    pub ops: Vec<Op>,
    /// The inflated form.
    pub bytes: Vec<u8>,
}

/// Checks bytes and reads the one change they are.
///
/// # Errors
/// The first thing that does not fit.
pub fn parse(bytes: &[u8]) -> Result<ChunkInfo, GateError> {
    if bytes.len() > CHUNK_WIRE_BYTES_MAX {
        return Err(GateError::Size);
    }
    let mut reader = Reader::new(bytes);
    if reader.take(4)? != MAGIC {
        return Err(GateError::NotAChange);
    }
    let checksum = reader.take(4)?;
    let kind = *reader.take(1)?.first().ok_or(GateError::Truncated)?;
    let length = reader.unsigned()?;
    let packed = reader.take(length)?;
    if !reader.is_empty() {
        return Err(GateError::Truncated);
    }
    let body = match kind {
        TYPE_CHANGE => packed.to_vec(),
        TYPE_DEFLATED => inflate(packed, CHUNK_INFLATED_BYTES_MAX).map_err(|_| GateError::Size)?,
        _ => return Err(GateError::NotAChange),
    };
    #[cfg(any(test, feature = "hostile"))]
    crate::chunk::work::does(1, u64::try_from(body.len()).unwrap_or(u64::MAX));
    if body.len() > CHUNK_INFLATED_BYTES_MAX {
        return Err(GateError::Size);
    }
    let mut head = vec![TYPE_CHANGE];
    push_unsigned(&mut head, body.len());
    let hash = sha256(&[&head, &body]);
    if hash.first_chunk::<4>().map(<[u8; 4]>::as_slice) != Some(checksum) {
        return Err(GateError::Checksum);
    }
    let bytes = [MAGIC.as_slice(), checksum, &head, &body].concat();
    read_body(ChangeHash::from_bytes(hash), &body, bytes)
}

fn read_body(hash: ChangeHash, body: &[u8], bytes: Vec<u8>) -> Result<ChunkInfo, GateError> {
    let mut reader = Reader::new(body);
    let deps = names::<32>(&mut reader, CHUNK_DEPS_MAX, false)?;
    let length = reader.unsigned()?;
    let actor: [u8; 16] = reader.take(length)?.try_into().map_err(|_| GateError::Names)?;
    let seq = reader.unsigned()?;
    let start_op = reader.unsigned()?;
    let time = reader.signed()?;
    let message = reader.text()?;
    if message.len() > CHUNK_MESSAGE_BYTES_MAX {
        return Err(GateError::Size);
    }
    let meta = ChangeMeta::from_message(message).map_err(|_| GateError::Anonymous)?;
    let is_claimed = meta.claimed_ms.unsigned_abs() <= CLAIMED_MS_MAX.unsigned_abs();
    if !is_claimed || time != meta.claimed_ms.div_euclid(1000) {
        return Err(GateError::Time);
    }
    let others = names::<16>(&mut reader, CHUNK_ACTORS_MAX, true)?;
    if seq == 0 || start_op == 0 || others.contains(&actor) {
        return Err(GateError::Names);
    }
    let actors: Vec<ActorId> =
        core::iter::once(actor).chain(others).map(ActorId::from_bytes).collect();
    let ops = read_ops(&mut reader, &actors)?;
    check_names(&actors, &deps, &ops)?;
    let count = u64::try_from(ops.len()).map_err(|_| GateError::Rows)?;
    let max_op = start_op.checked_add(count).and_then(|end| end.checked_sub(1));
    let max_op = max_op.filter(|max| *max < u64::from(u32::MAX)).ok_or(GateError::Number)?;
    if !reader.is_empty() {
        return Err(GateError::Truncated);
    }
    Ok(ChunkInfo {
        hash,
        actor: ActorId::from_bytes(actor),
        seq,
        start_op,
        max_op,
        deps: deps.into_iter().map(ChangeHash::from_bytes).collect(),
        meta,
        ops,
        bytes,
    })
}

/// Every actor named is one whose statements are replaced; the header stands in first changes, and
/// in all of them, and only there.
fn check_names(actors: &[ActorId], deps: &[[u8; 32]], ops: &[Op]) -> Result<(), GateError> {
    let used: BTreeSet<ActorId> =
        order::set(ops.iter().flat_map(|op| op.replaces.iter().map(|(actor, _)| *actor)));
    if !actors.iter().skip(1).all(|actor| used.contains(actor)) {
        return Err(GateError::Names);
    }
    let headers = ops.iter().filter(|op| op.header.is_some()).count();
    if headers == usize::from(deps.is_empty()) { Ok(()) } else { Err(GateError::Header) }
}

/// Reads a counted list of names of `N` bytes, strictly rising, each with its length before it or
/// of 32 bytes.
fn names<const N: usize>(
    reader: &mut Reader<'_>,
    most: usize,
    has_length: bool,
) -> Result<Vec<[u8; N]>, GateError> {
    let count = usize::try_from(reader.unsigned()?).map_err(|_| GateError::Names)?;
    if count > most {
        return Err(GateError::Names);
    }
    let mut names: Vec<[u8; N]> = Vec::new();
    for _ in 0..count {
        let length = if has_length { reader.unsigned()? } else { 32 };
        let name: [u8; N] = reader.take(length)?.try_into().map_err(|_| GateError::Names)?;
        if names.last().is_some_and(|last| *last >= name) {
            return Err(GateError::Names);
        }
        names.push(name);
    }
    Ok(names)
}

#[derive(Default)]
struct Columns<'a> {
    key: &'a [u8],
    insert: &'a [u8],
    action: &'a [u8],
    value_meta: &'a [u8],
    value: &'a [u8],
    pred_group: &'a [u8],
    pred_actor: &'a [u8],
    pred_counter: &'a [u8],
}

fn columns<'a>(reader: &mut Reader<'a>) -> Result<Columns<'a>, GateError> {
    let count = usize::try_from(reader.unsigned()?).map_err(|_| GateError::Rows)?;
    if count > CHUNK_COLUMNS_MAX {
        return Err(GateError::Rows);
    }
    let mut table = Vec::with_capacity(count);
    for _ in 0..count {
        let spec = reader.unsigned()?;
        if table.last().is_some_and(|(last, _)| *last >= spec) {
            return Err(GateError::Rows);
        }
        table.push((spec, reader.unsigned()?));
    }
    let mut columns = Columns::default();
    for (spec, length) in table {
        let bytes = reader.take(length)?;
        let slot = match spec {
            0x15 => &mut columns.key,
            0x34 => &mut columns.insert,
            0x42 => &mut columns.action,
            0x56 => &mut columns.value_meta,
            0x57 => &mut columns.value,
            0x70 => &mut columns.pred_group,
            0x71 => &mut columns.pred_actor,
            0x73 => &mut columns.pred_counter,
            // Objects, elements of lists, marks and anything unknown.
            _ => return Err(GateError::Operation),
        };
        *slot = bytes;
    }
    Ok(columns)
}

fn read_ops(reader: &mut Reader<'_>, actors: &[ActorId]) -> Result<Vec<Op>, GateError> {
    let columns = columns(reader)?;
    let keys = runs(columns.key, CHUNK_OPS_MAX, Reader::text)?;
    let rows = keys.len();
    let count = u64::try_from(rows).map_err(|_| GateError::Rows)?;
    let actions = runs(columns.action, count, Reader::unsigned)?;
    let metas = runs(columns.value_meta, count, Reader::unsigned)?;
    let groups = runs(columns.pred_group, count, Reader::unsigned)?;
    let complete = rows > 0 && actions.len() == rows && metas.len() == rows && groups.len() == rows;
    if !complete || all_false(columns.insert)? != count {
        return Err(GateError::Rows);
    }
    let pred_actors = runs(columns.pred_actor, CHUNK_REPLACES_MAX, Reader::unsigned)?;
    let pred_counters = deltas(columns.pred_counter, CHUNK_REPLACES_MAX)?;
    if pred_actors.len() != pred_counters.len() {
        return Err(GateError::Rows);
    }
    let mut preds = pred_actors.into_iter().zip(pred_counters);
    let mut values = Reader::new(columns.value);
    let mut ops = Vec::with_capacity(rows);
    for (((key, action), meta), group) in keys.into_iter().zip(actions).zip(metas).zip(groups) {
        if action != Some(1) {
            return Err(GateError::Operation);
        }
        let key =
            FieldPath::parse(key.ok_or(GateError::Operation)?).map_err(|_| GateError::Operation)?;
        #[cfg(any(test, feature = "hostile"))]
        crate::chunk::work::does(1, u64::try_from(key.as_str().len()).unwrap_or(u64::MAX));
        let (value, header) = read_value(&mut values, meta.ok_or(GateError::Rows)?, &key)?;
        let mut replaces = Vec::new();
        for _ in 0..group.ok_or(GateError::Rows)? {
            let (actor, counter) = preds.next().ok_or(GateError::Rows)?;
            let actor =
                usize::try_from(actor.ok_or(GateError::Rows)?).map_err(|_| GateError::Names)?;
            replaces.push((*actors.get(actor).ok_or(GateError::Names)?, counter));
        }
        ops.push(Op { key, value, header, replaces });
    }
    if preds.next().is_some() || !values.is_empty() {
        return Err(GateError::Rows);
    }
    Ok(ops)
}

type Read = (Option<Value>, Option<Vec<u8>>);

fn read_value(values: &mut Reader<'_>, meta: u64, key: &FieldPath) -> Result<Read, GateError> {
    let bytes = values.take(meta >> 4)?;
    let is_header = key.as_str() == HEADER_KEY;
    let value = match meta & 15 {
        7 if is_header && bytes.len() <= SIGNED_BYTES_MAX => {
            return Ok((None, Some(bytes.to_vec())));
        }
        _ if is_header => return Err(GateError::Operation),
        0 if bytes.is_empty() => Value::Null,
        1 if bytes.is_empty() => Value::Bool(false),
        2 if bytes.is_empty() => Value::Bool(true),
        4 => {
            let mut reader = Reader::new(bytes);
            let number = reader.signed()?;
            if !reader.is_empty() {
                return Err(GateError::Number);
            }
            Value::Int(number)
        }
        6 if bytes.len() > FIELD_TEXT_BYTES_MAX => return Err(GateError::Size),
        6 => Value::text(core::str::from_utf8(bytes).map_err(|_| GateError::Text)?),
        _ => return Err(GateError::Operation),
    };
    Ok((Some(value), None))
}

fn push_unsigned(out: &mut Vec<u8>, value: usize) {
    let mut value = value;
    loop {
        let low = u8::try_from(value & 0x7f).unwrap_or(0);
        value >>= 7;
        if value == 0 {
            out.push(low);
            return;
        }
        out.push(low | 0x80);
    }
}
