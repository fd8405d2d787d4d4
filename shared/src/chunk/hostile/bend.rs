//! What is done to honest changes: coarsely to bytes and parts ([`bend`]), or with care so that the
//! gate takes them ([`forge`]).

use crate::chunk::hostile::dice::Dice;
use crate::chunk::hostile::ops::write_ops;
use crate::chunk::hostile::parts::{Parts, push_unsigned, wrap};
use crate::chunk::{ChunkInfo, Op, parse};
use crate::ids::{ActorId, ChangeHash};
use crate::path::FieldPath;
use crate::value::Value;

/// Bends an honest inflated change one to three times and repairs length and checksum.
#[must_use]
pub fn bend(honest: &[u8], dice: &mut Dice) -> Vec<u8> {
    let Ok(mut parts) = Parts::split(honest) else { return honest.to_vec() };
    for _ in 0..=dice.roll(3) {
        bend_parts(&mut parts, dice);
    }
    let mut bytes = parts.join();
    if dice.roll(8) == 0 {
        // Anywhere in the body, so that lengths and counts are hit too.
        let mut body = bytes.split_off(bytes.len().min(10));
        bend_bytes(&mut body, dice);
        bytes = wrap(1, &body);
    }
    if dice.roll(16) == 0 {
        let at = dice.roll(bytes.len());
        if let Some(byte) = bytes.get_mut(at) {
            *byte = dice.byte();
        }
    }
    bytes
}

fn bend_parts(parts: &mut Parts, dice: &mut Dice) {
    const SPECS: [u64; 20] = [
        0x01,
        0x02,
        0x11,
        0x13,
        0x15,
        0x34,
        0x42,
        0x56,
        0x57,
        0x70,
        0x71,
        0x73,
        0x94,
        0xa5,
        0x15 | 8,
        0x10,
        0x50,
        0x76,
        0x7f,
        0xffff_ffff,
    ];
    match dice.roll(16) {
        0..7 => {
            let at = dice.roll(parts.columns.len());
            if let Some((_, data)) = parts.columns.get_mut(at) {
                bend_bytes(data, dice);
            }
        }
        7 => parts.seq = bend_number(parts.seq, dice),
        8 => parts.start_op = bend_number(parts.start_op, dice),
        9 => parts.time = dice.pick(&[i64::MIN, -1, 0, i64::MAX]).unwrap_or(0),
        10 => bend_list(&mut parts.deps, 32, dice),
        11 => bend_list(&mut parts.others, 16, dice),
        12 => bend_bytes(&mut parts.message, dice),
        13 => {
            let at = dice.roll(parts.columns.len() + 1);
            let data = (0..dice.roll(4)).map(|_| dice.byte()).collect();
            parts.columns.insert(at, (dice.pick(&SPECS).unwrap_or(0), data));
        }
        14 => {
            let (one, other) = (dice.roll(parts.columns.len()), dice.roll(parts.columns.len()));
            match dice.roll(3) {
                0 if !parts.columns.is_empty() => drop(parts.columns.remove(one)),
                1 => parts.columns.swap(one, other),
                _ => {
                    if let Some((spec, _)) = parts.columns.get_mut(one) {
                        *spec = dice.pick(&SPECS).unwrap_or(0);
                    }
                }
            }
        }
        _ => bend_bytes(if dice.roll(2) == 0 { &mut parts.actor } else { &mut parts.rest }, dice),
    }
}

fn bend_number(number: u64, dice: &mut Dice) -> u64 {
    match dice.roll(6) {
        0 => number.wrapping_add(1),
        1 => number.wrapping_sub(1),
        2 => 0,
        3 => u64::from(u32::MAX).wrapping_add(dice.bits() & 3).wrapping_sub(2),
        4 => u64::MAX,
        _ => dice.bits() >> dice.roll(64),
    }
}

fn bend_list(list: &mut Vec<Vec<u8>>, length: usize, dice: &mut Dice) {
    let at = dice.roll(list.len());
    match dice.roll(4) {
        0 if !list.is_empty() => drop(list.remove(at)),
        1 => list.extend(list.get(at).cloned()),
        2 => list.reverse(),
        _ => list.push((0..length).map(|_| dice.byte()).collect()),
    }
}

fn bend_bytes(bytes: &mut Vec<u8>, dice: &mut Dice) {
    let at = dice.roll(bytes.len());
    let value = dice.byte();
    match (dice.roll(6), bytes.get_mut(at)) {
        (0 | 1, Some(byte)) => *byte ^= 1 << dice.roll(8),
        (2, Some(byte)) => *byte = value,
        (3, Some(byte)) => *byte = byte.wrapping_add(1),
        (4, Some(_)) => drop(bytes.remove(at)),
        _ => bytes.insert(at, value),
    }
}

/// Forges a change the gate takes: well-formed columns that say something no honest device says.
///
/// `known` are changes it may name as dependencies beside its own.
#[must_use]
pub fn forge(honest: &[u8], known: &[ChangeHash], dice: &mut Dice) -> Vec<u8> {
    let (Ok(mut info), Ok(mut parts)) = (parse(honest), Parts::split(honest)) else {
        return honest.to_vec();
    };
    for _ in 0..=dice.roll(3) {
        forge_op(&mut info, dice);
    }
    write_ops(&mut parts, &info, dice.roll(4) != 0);
    if dice.roll(4) == 0
        && let Some(column) = parts.column(0x34)
    {
        // The same rows of false in two runs, or none at all.
        column.clear();
        if dice.roll(2) == 0 {
            push_unsigned(column, u64::try_from(info.ops.len()).unwrap_or(0));
            column.extend([0, 0]);
        }
    }
    for _ in 0..dice.roll(3) {
        parts.deps.extend(dice.pick(known).map(|hash| hash.as_bytes().to_vec()));
    }
    parts.deps.sort();
    parts.deps.dedup();
    parts.join()
}

fn forge_op(info: &mut ChunkInfo, dice: &mut Dice) {
    let actor = info.actor;
    let (first, last) = (info.start_op, info.max_op);
    let at = dice.roll(info.ops.len());
    let key = info.ops.get(dice.roll(info.ops.len())).map(|op| op.key.clone());
    let count = info.ops.len();
    let Some(op) = info.ops.get_mut(at) else { return };
    match dice.roll(11) {
        0 => op.replaces.clear(),
        1 => op.replaces.push((actor, first + u64::try_from(dice.roll(count)).unwrap_or(0))),
        2 => op.replaces.push((actor, 1 + u64::try_from(dice.roll(64)).unwrap_or(0))),
        3 => op.replaces.push((ActorId::from_bytes([dice.byte(); 16]), last)),
        4 => op.replaces.extend(op.replaces.clone()),
        5 => op.key = key.unwrap_or_else(|| op.key.clone()),
        6 => {
            if let Ok(key) = FieldPath::parse("newer/field") {
                *op = Op { key, value: Some(Value::Int(7)), header: None, replaces: Vec::new() };
            }
        }
        7 => {
            let copy = op.clone();
            info.ops.push(copy);
        }
        8 => info.ops.swap(at, dice.roll(count)),
        _ => {
            // Well-formed: the same field once more, in the same breath.
            let key = op.key.clone();
            let latest = info.ops.iter().rposition(|op| op.key == key).unwrap_or(0);
            let replaces = vec![(actor, first + u64::try_from(latest).unwrap_or(0))];
            let value = dice.pick(&[Value::Null, Value::text("x"), Value::Bool(true)]);
            info.ops.push(Op { key, value, header: None, replaces });
        }
    }
}
