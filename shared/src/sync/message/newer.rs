//! What a newer program might send: any message with more in it than this one knows. For tests.

/// Key 99, which no version has, and the text `new`.
const PAIR: [u8; 6] = [0x18, 99, 0x63, b'n', b'e', b'w'];
/// The text `new`.
const FIELD: [u8; 4] = [0x63, b'n', b'e', b'w'];

const BYTES: u8 = 2;
const TEXT: u8 = 3;
const LIST: u8 = 4;
const MAP: u8 = 5;

/// The same message with an unknown field in every map and behind the last of every alternative; `None` when it is
/// no CBOR as we write it.
#[must_use]
pub fn newer(message: &[u8]) -> Option<Vec<u8>> {
    let (mut rest, mut out) = (message, Vec::new());
    copy(&mut rest, &mut out, false)?;
    rest.is_empty().then_some(out)
}

/// Copies one value; tells whether it was a number.
fn copy(rest: &mut &[u8], out: &mut Vec<u8>, is_fields: bool) -> Option<bool> {
    let (kind, number, begin) = head(rest)?;
    match kind {
        MAP => {
            out.push(one_more(kind, number)?);
            for _ in 0..number.checked_mul(2)? {
                copy(rest, out, false)?;
            }
            out.extend(PAIR);
        }
        LIST if is_fields => {
            out.push(one_more(kind, number)?);
            for _ in 0..number {
                copy(rest, out, false)?;
            }
            out.extend(FIELD);
        }
        LIST => {
            out.extend(begin);
            let mut is_code = false;
            for at in 0..number {
                // An alternative is its number and its fields; nothing else is a number and a list.
                let is_list = rest.first().is_some_and(|first| first >> 5 == LIST);
                is_code = copy(rest, out, is_code && is_list && (at, number) == (1, 2))?;
            }
        }
        _ => {
            out.extend(begin);
            let length = if matches!(kind, BYTES | TEXT) { number } else { 0 };
            out.extend(take(rest, length)?);
        }
    }
    Some(kind == 0)
}

/// The first byte of a value with one more in it; none of ours has many.
fn one_more(kind: u8, number: u64) -> Option<u8> {
    let count = u8::try_from(number).ok()?.checked_add(1)?;
    (count < 24).then_some(kind << 5 | count)
}

/// Kind and number of the next value, and the bytes that say them.
fn head<'b>(rest: &mut &'b [u8]) -> Option<(u8, u64, &'b [u8])> {
    let all = *rest;
    let first = *take(rest, 1)?.first()?;
    let number = match first & 0x1f {
        small @ 0..24 => u64::from(small),
        small @ 24..28 => {
            let bytes = take(rest, 1 << (small - 24))?;
            bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
        }
        _ => return None,
    };
    let length = all.len().checked_sub(rest.len())?;
    Some((first >> 5, number, all.get(..length)?))
}

fn take<'b>(rest: &mut &'b [u8], count: u64) -> Option<&'b [u8]> {
    let (taken, behind) = rest.split_at_checked(usize::try_from(count).ok()?)?;
    *rest = behind;
    Some(taken)
}
