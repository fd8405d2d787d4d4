//! The letters of four scripts as what is heard.

use super::{A, E, I, LONG, O, U, Writer, latin};

pub(super) const B: u8 = 1;
pub(super) const P: u8 = 2;
pub(super) const F: u8 = 3;
pub(super) const W: u8 = 4;
pub(super) const M: u8 = 5;
pub(super) const N: u8 = 6;
pub(super) const L: u8 = 7;
pub(super) const R: u8 = 8;
pub(super) const D: u8 = 9;
pub(super) const T: u8 = 10;
pub(super) const S: u8 = 11;
pub(super) const Z: u8 = 12;
pub(super) const TS: u8 = 13;
pub(super) const SH: u8 = 14;
pub(super) const CH: u8 = 15;
pub(super) const J: u8 = 16;
pub(super) const G: u8 = 17;
pub(super) const K: u8 = 18;
pub(super) const KH: u8 = 19;
pub(super) const GH: u8 = 20;
pub(super) const H: u8 = 21;

/// The kind of a consonant in an index; a space for breath, which is heard or not.
pub(super) const fn bone(letter: u8, is_hard: bool) -> char {
    match letter {
        B | P => 'b',
        F => 'f',
        W => 'w',
        M => 'm',
        N => 'n',
        L => 'l',
        R => 'r',
        D..=J => 't',
        KH if !is_hard => ' ',
        G..=GH => 'k',
        _ => ' ',
    }
}

/// The kind of a consonant as a bit, finer than in an index; breath has none.
pub(super) const fn kind(letter: u8) -> u16 {
    match letter {
        B | P => 1,
        F => 2,
        W => 4,
        M => 8,
        N => 16,
        L => 32,
        R => 64,
        D | T => 128,
        S | Z | TS => 256,
        SH | CH | J => 512,
        G | K | KH | GH => 1_024,
        _ => 0,
    }
}

/// Writes a word in one of its readings; says whether that reading differs from the first.
pub(super) fn write(word: &str, reading: usize, out: &mut Writer) -> bool {
    let mut differs = word.starts_with(ARTICLE);
    let mut rest = if reading == 1 { without_article(word) } else { word };
    while let Some(letter) = rest.chars().next() {
        let after = rest.get(letter.len_utf8()..).unwrap_or_default();
        rest = after;
        match letter {
            '\u{600}'..='\u{6ff}' => arabic(letter, after, out),
            '\u{400}'..='\u{52f}' => differs |= cyrillic(letter, reading, out),
            '\u{1200}'..='\u{135f}' => geez(letter, out),
            _ => {
                let (taken, told) = latin::write((letter, after), reading, out);
                differs |= told;
                rest = after.get(taken..).unwrap_or_default();
            }
        }
    }
    differs
}

/// The Arabic article.
const ARTICLE: &str = "ال";

/// A word without its article, where enough is left of it.
pub(super) fn without_article(word: &str) -> &str {
    let bare = word.strip_prefix(ARTICLE).filter(|bare| bare.chars().nth(2).is_some());
    bare.unwrap_or(word)
}

/// An Arabic or Persian letter.
fn arabic(letter: char, after: &str, out: &mut Writer) {
    out.is_abjad = true;
    let is_last =
        !after.chars().any(|sign| matches!(sign, '\u{620}'..='\u{64a}' | '\u{66e}'..='\u{6ff}'));
    let letter = match letter {
        'ا' | 'أ' | 'إ' | 'ٱ' | 'ع' | 'ء' | 'ئ' | 'ؤ' if out.is_start() => {
            return out.open();
        }
        'ا' | 'أ' | 'إ' | 'ٱ' | 'آ' | 'ة' => return out.vowel(A),
        'ع' | 'ء' | 'ئ' => return out.open(),
        'و' | 'ؤ' => return out.half(W, U),
        'ي' | 'ی' | 'ې' | 'ۍ' => return out.vowel(I),
        'ى' => return out.vowel(A | I),
        'ه' | 'ۀ' | 'ہ' if is_last && !out.is_start() => return out.vowel(A),
        'ب' => B,
        'پ' => P,
        'ت' | 'ط' | 'ټ' | 'ٹ' => T,
        'ث' | 'س' | 'ص' | 'څ' => S,
        'چ' => CH,
        'ح' | 'ه' | 'ہ' | 'ھ' => H,
        'خ' => KH,
        'د' | 'ض' | 'ډ' | 'ڈ' => D,
        'ذ' | 'ز' | 'ظ' | 'ځ' => Z,
        'ر' | 'ړ' | 'ڑ' => R,
        'ج' | 'ژ' | 'ږ' => J,
        'ش' | 'ښ' => SH,
        'غ' => GH,
        'ف' => F,
        'ڤ' => W,
        'ق' | 'ك' | 'ک' => K,
        'گ' | 'ګ' => G,
        'ل' => L,
        'م' => M,
        'ن' | 'ڼ' | 'ں' => N,
        // Marks, the long stroke, digits.
        _ => return,
    };
    out.consonant(letter);
}

/// A Cyrillic letter; says whether another reading of it differs.
fn cyrillic(letter: char, reading: usize, out: &mut Writer) -> bool {
    let letter = match crate::order::lower(letter) {
        'а' | 'ӑ' => return told(out, A),
        'е' | 'є' | 'э' | 'ә' => {
            if out.is_start() && letter != 'э' {
                out.vowel(I);
            }
            return told(out, E);
        }
        'ё' => return told(out, I | O),
        'и' | 'і' | 'ї' | 'й' | 'ы' | 'ӣ' => return told(out, I),
        'о' | 'ө' => return told(out, O),
        'у' | 'ӯ' | 'ү' | 'ұ' => return told(out, U),
        'ў' => return told(out, O | U),
        'ю' => return told(out, I | U | LONG),
        'я' => return told(out, I | A | LONG),
        'в' if reading == 1 => {
            out.half(W, U);
            return true;
        }
        'в' => {
            out.consonant(W);
            return true;
        }
        // Ukrainian writes H with the letter that Russian has for G.
        'г' => {
            out.consonant(if reading == 1 { H } else { G });
            return true;
        }
        'б' => B,
        'п' => P,
        'ф' => F,
        'м' => M,
        'н' | 'ң' => N,
        'л' => L,
        'р' => R,
        'д' => D,
        'т' => T,
        'с' => S,
        'з' => Z,
        'ц' => TS,
        'ш' | 'щ' => SH,
        'ч' => CH,
        'ж' | 'ҷ' => J,
        'ґ' => G,
        'к' | 'қ' => K,
        'х' => KH,
        'ғ' => GH,
        'ҳ' | 'һ' => H,
        _ => return false,
    };
    out.consonant(letter);
    false
}

fn told(out: &mut Writer, bits: u8) -> bool {
    out.vowel(bits);
    false
}

/// Consonants of the rows of eight signs that Ge'ez script is made of; a space for a vowel's carrier.
const ROWS: &[u8] = &[
    H, L, H, M, S, R, S, SH, K, K, K, K, B, W, T, CH, H, H, N, N, 0, K, K, KH, KH, W, 0, Z, J, 255,
    D, D, J, G, G, G, T, CH, P, TS, TS, F, P,
];

fn geez(letter: char, out: &mut Writer) {
    let place = u32::from(letter).saturating_sub(0x1200);
    let row = usize::try_from(place / 8).ok().and_then(|row| ROWS.get(row));
    let Some(row) = row.copied() else { return };
    let vowel = match place % 8 {
        0 => A | E,
        1 => U,
        2 => I,
        3 => A,
        4 => E,
        5 => 0,
        6 => O,
        _ => U | A,
    };
    match row {
        0 if vowel == 0 => out.open(),
        0 => *out.slot() |= vowel,
        255 => out.vowel(I),
        W => out.half(W, U),
        _ => out.consonant(row),
    }
    if row != 0 && vowel != 0 {
        out.vowel(vowel);
    }
}
