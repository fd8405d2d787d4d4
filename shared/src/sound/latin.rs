//! Latin letters, in the spellings of many languages.

use super::letters::{B, CH, D, F, G, GH, H, J, K, KH, L, M, N, P, R, S, SH, T, TS, W, Z};
use super::{A, E, I, O, U, Writer};
use crate::order::{fold, lower};

/// Several letters for one consonant, the longest first.
const TOGETHER: &[(&str, u8)] = &[
    ("shch", SH),
    ("tsch", CH),
    ("dsch", J),
    ("dzh", J),
    ("sch", SH),
    ("tch", CH),
    ("sh", SH),
    ("sj", SH),
    ("tj", CH),
    ("ch", CH),
    ("kh", KH),
    ("gh", GH),
    ("ph", F),
    ("th", T),
    ("dh", D),
    ("zh", J),
    ("zj", J),
    ("dj", J),
    ("ts", TS),
    ("tz", TS),
    ("cz", CH),
    ("ck", K),
];

/// Writes a letter, with those behind it that belong to it; gives how many bytes behind it were taken,
/// and whether another reading of it differs.
pub(super) fn write(
    (letter, after): (char, &str),
    reading: usize,
    out: &mut Writer,
) -> (usize, bool) {
    let letter = lower(letter);
    for (together, sound) in TOGETHER {
        let Some(behind) = together.strip_prefix(letter) else { continue };
        let here = after.get(..behind.len()).is_some_and(|here| here.eq_ignore_ascii_case(behind));
        if here && (reading, *together) == (2, "tj") {
            break;
        }
        if here {
            let is_open = matches!(*together, "ch" | "tj");
            out.consonant(if is_open && reading == 1 { KH } else { *sound });
            return (behind.len(), is_open);
        }
    }
    let next = after.chars().next().map(lower);
    (0, one(letter, next, reading, out))
}

/// A letter that stands alone; says whether another reading of it differs.
fn one(letter: char, next: Option<char>, reading: usize, out: &mut Writer) -> bool {
    let consonant = match letter {
        'ä' | 'æ' | 'ə' | 'ǝ' => return told(out, A | E),
        'å' => return told(out, A | O),
        'ö' | 'ø' | 'ő' | 'ơ' => return told(out, O | E),
        'ü' | 'ű' | 'ư' => return told(out, U | I),
        'ş' | 'ș' | 'š' | 'ś' => SH,
        'ç' | 'č' | 'ć' => CH,
        'ž' => J,
        'ğ' => GH,
        'đ' | 'ð' | 'ḍ' => D,
        'ł' => L,
        'ß' | 'ṣ' => S,
        'ţ' | 'ț' | 'þ' | 'ṭ' => T,
        'h' | 'ħ' | 'ḥ' => H,
        'ẓ' => Z,
        'c' if reading == 1 => {
            // Somali writes ع with it.
            out.open();
            return true;
        }
        'c' => {
            out.consonant(if matches!(next, Some('e' | 'i' | 'y')) { S } else { K });
            return true;
        }
        'j' if reading == 2 || next.is_none_or(|next| !is_vowel(next)) => {
            out.vowel(I);
            return true;
        }
        'j' => {
            out.consonant(J);
            return true;
        }
        'x' => {
            out.consonant(if reading == 1 { KH } else { K });
            if reading != 1 {
                out.consonant(S);
            }
            return true;
        }
        'v' if reading != 1 => {
            out.consonant(W);
            return true;
        }
        'v' | 'w' => {
            out.half(W, U);
            return letter == 'v';
        }
        _ => return plain(letter, out),
    };
    out.consonant(consonant);
    false
}

fn plain(letter: char, out: &mut Writer) -> bool {
    let bare = if letter.is_ascii() { letter } else { bare(letter) };
    let consonant = match bare {
        'a' => return told(out, A),
        'e' => return told(out, E),
        'i' | 'y' => return told(out, I),
        'o' => return told(out, O),
        'u' => return told(out, U),
        'b' => B,
        'd' => D,
        'f' => F,
        'g' => G,
        'c' | 'k' | 'q' => K,
        'l' => L,
        'm' => M,
        'n' => N,
        'p' => P,
        'r' => R,
        's' => S,
        't' => T,
        'z' => Z,
        _ => return false,
    };
    out.consonant(consonant);
    false
}

fn told(out: &mut Writer, bits: u8) -> bool {
    out.vowel(bits);
    false
}

fn is_vowel(letter: char) -> bool {
    "aeiouyäåöüæøə".contains(bare(letter)) || "äåöüæøə".contains(letter)
}

/// A letter without its marks.
fn bare(letter: char) -> char {
    match letter {
        'ạ' | 'ả' | 'ấ'..='ặ' => 'a',
        'ẹ'..='ệ' => 'e',
        'ỉ' | 'ị' | 'ĩ' | 'ĭ' | 'į' => 'i',
        'ọ'..='ợ' | 'ŏ' | 'ő' => 'o',
        'ụ'..='ự' | 'ũ' | 'ŭ' | 'ů' | 'ų' => 'u',
        'ỳ'..='ỹ' => 'y',
        'ĝ'..='ģ' => 'g',
        'ķ' => 'k',
        'ĺ'..='ŀ' => 'l',
        'ņ' | 'ň' => 'n',
        'ŕ'..='ř' => 'r',
        'ť' => 't',
        'ď' => 'd',
        _ => fold(letter.encode_utf8(&mut [0; 4])).chars().next().unwrap_or(letter),
    }
}
