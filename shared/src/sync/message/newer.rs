//! What a newer program might send: any message with more in it than this one knows. For tests.

/// Key 99, which no version has, and the text `new`.
const PAIR: [u8; 6] = [0x18, 99, 0x63, b'n', b'e', b'w'];
/// The text `new`.
const FIELD: [u8; 4] = [0x63, b'n', b'e', b'w'];

const LIST: u8 = 4;
const MAP: u8 = 5;

/// The same message with an unknown field in every map and behind the last of every alternative.
///
/// # Panics
/// When it is no CBOR as we write it.
#[must_use]
pub fn newer(message: &[u8]) -> Vec<u8> {
    let (mut rest, mut out) = (message, Vec::new());
    copy(&mut rest, &mut out, false);
    assert!(rest.is_empty(), "bytes behind the message");
    out
}

/// Copies one value; tells whether it was a number.
fn copy(rest: &mut &[u8], out: &mut Vec<u8>, is_fields: bool) -> bool {
    let begin = *rest;
    let (kind, number) = head(rest);
    let begin = &begin[..begin.len() - rest.len()];
    match kind {
        MAP => {
            out.push(one_more(kind, number));
            for _ in 0..number * 2 {
                copy(rest, out, false);
            }
            out.extend(PAIR);
        }
        LIST if is_fields => {
            out.push(one_more(kind, number));
            for _ in 0..number {
                copy(rest, out, false);
            }
            out.extend(FIELD);
        }
        LIST => {
            out.extend(begin);
            let mut is_code = false;
            for at in 0..number {
                // An alternative is its number and its fields; nothing else is a number and a list.
                let is_list = rest.first().is_some_and(|first| first >> 5 == LIST);
                is_code = copy(rest, out, is_code && is_list && (at, number) == (1, 2));
            }
        }
        _ => {
            out.extend(begin);
            let length = if matches!(kind, 2 | 3) { number } else { 0 };
            out.extend(take(rest, length));
        }
    }
    kind == 0
}

fn one_more(kind: u8, number: u64) -> u8 {
    let count = u8::try_from(number + 1).expect("few fields");
    assert!(count < 24, "few fields");
    kind << 5 | count
}

/// Kind and number of the next value.
fn head(rest: &mut &[u8]) -> (u8, u64) {
    let first = take(rest, 1)[0];
    let number = match first & 0x1f {
        small @ 0..24 => u64::from(small),
        small => {
            let bytes = take(rest, 1 << (small - 24));
            bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))
        }
    };
    (first >> 5, number)
}

fn take<'b>(rest: &mut &'b [u8], count: u64) -> &'b [u8] {
    let (taken, behind) = rest.split_at(usize::try_from(count).expect("a length"));
    *rest = behind;
    taken
}
