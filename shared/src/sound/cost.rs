//! What a difference between two sounds costs, in hundredths of a letter.

use super::letters::{B, CH, D, F, G, GH, H, J, K, KH, L, M, N, P, R, S, SH, T, TS, W, Z};
use super::{A, Beat, E, I, LONG, O, SOME, Sound, TOLD, U};

/// Another letter.
const OTHER: u16 = 100;
/// Names whose kinds of consonants differ by more than so many are not compared further.
const KINDS_APART: u32 = 2;

/// What two words of so many consonants may differ by and still be one name.
const fn most(consonants: usize) -> u16 {
    match consonants {
        0 => 5,
        1 => 15,
        2 => 25,
        3 => 35,
        4 => 45,
        _ => 55,
    }
}

/// What two sounds differ by, if they may be one name.
pub(super) fn between(one: &Sound, other: &Sound) -> Option<u16> {
    if (one.kinds ^ other.kinds).count_ones() > KINDS_APART
        || one.beats.len().abs_diff(other.beats.len()) > 2
    {
        return None;
    }
    let is_abjad = (one.is_abjad, other.is_abjad);
    let start = onset((one.onset, other.onset), is_abjad);
    let all = aligned(&one.beats, &other.beats, Ends { is_abjad, is_whole: true })?;
    let cost = start.saturating_add(all);
    (cost <= most(one.beats.len().min(other.beats.len()))).then_some(cost)
}

/// What a sound differs by from the beginning of another one, if it may be that.
pub(super) fn beginning(one: &Sound, other: &Sound) -> Option<u16> {
    let length = one.beats.len();
    if length < 2 || other.beats.len() <= length {
        return None;
    }
    let is_abjad = (one.is_abjad, other.is_abjad);
    let start = onset((one.onset, other.onset), is_abjad);
    let ends = Ends { is_abjad, is_whole: false };
    let cut = [length, length + 1].into_iter().filter_map(|length| {
        aligned(&one.beats, other.beats.get(..length)?, ends)
    });
    let cost = start.saturating_add(cut.min()?);
    (cost <= most(length)).then_some(cost)
}

#[derive(Clone, Copy)]
struct Ends {
    is_abjad: (bool, bool),
    /// Both are whole words, so that their last vowels count.
    is_whole: bool,
}

/// The least cost of laying two rows of beats beside each other.
fn aligned(one: &[Beat], other: &[Beat], ends: Ends) -> Option<u16> {
    let mut above: Vec<u16> = Vec::with_capacity(other.len() + 1);
    above.push(0);
    let mut sum = 0_u16;
    for beat in other {
        sum = sum.saturating_add(gap(*beat));
        above.push(sum);
    }
    let mut row: Vec<u16> = Vec::with_capacity(other.len() + 1);
    for (at, beat) in one.iter().enumerate() {
        row.clear();
        let mut left = above.first()?.saturating_add(gap(*beat));
        row.push(left);
        let places = above.iter().zip(above.iter().skip(1)).zip(other).enumerate();
        for (to, ((corner, up), beside)) in places {
            let are_last = at + 1 == one.len() && to + 1 == other.len();
            let pair = letter(beat.letter, beside.letter).saturating_add(slot(
                (beat.vowels, beside.vowels),
                ends.is_abjad,
                if are_last { Some(ends.is_whole) } else { None },
            ));
            let best = corner.saturating_add(pair);
            let best = best.min(up.saturating_add(gap(*beat)));
            left = best.min(left.saturating_add(gap(*beside)));
            row.push(left);
        }
        core::mem::swap(&mut above, &mut row);
    }
    above.last().copied()
}

/// What it costs that a beat is not heard at all.
const fn gap(beat: Beat) -> u16 {
    let letter = match beat.letter {
        H => 20,
        GH => 45,
        N | W => 80,
        _ => OTHER,
    };
    letter + if beat.vowels & TOLD == 0 { 0 } else { 5 }
}

/// What it costs that one consonant stands for another.
const fn letter(one: u8, other: u8) -> u16 {
    let (low, high) = if one < other { (one, other) } else { (other, one) };
    match (low, high) {
        _ if low == high => 0,
        (K, GH) | (G, GH) | (KH, H) | (B, P) => 10,
        (G, K) | (K, KH) | (SH | TS | KH, CH) | (CH, KH | K) | (S, TS) | (CH, J) | (J, G) => 20,
        (G, H) | (D | TS, Z) | (Z, TS) | (P, F) | (F, W) => 30,
        (D, T) | (T, S) | (S, Z) | (B, W) | (SH | Z, J) | (T, TS) | (GH, H) => 35,
        (S, SH) | (M, N) => 50,
        (KH, GH) => 40,
        (D, J) => 60,
        (L, R) => 90,
        _ => OTHER,
    }
}

/// Vowels before the first consonant.
fn onset((one, other): (u8, u8), is_abjad: (bool, bool)) -> u16 {
    match (one & (TOLD | SOME), other & (TOLD | SOME)) {
        (0, 0) => 0,
        (0, _) | (_, 0) => 45,
        _ => slot((one, other), is_abjad, None),
    }
}

/// What it costs that other vowels stand behind a consonant; behind the last one of whole words, or of
/// words that may go on, less is forgiven or more.
fn slot((one, other): (u8, u8), is_abjad: (bool, bool), last: Option<bool>) -> u16 {
    let told = (one & TOLD, other & TOLD);
    match (last, told) {
        _ if one == other => 0,
        // What is still being typed may go on with any vowel.
        (Some(false), (0, _) | (_, 0)) => 0,
        (Some(true), (0, vowel) | (vowel, 0)) if vowel != 0 => {
            if vowel == E { 25 } else { 45 }
        }
        _ => match is_abjad {
            (true, true) => bare(told),
            (true, false) => half_told(one, other),
            (false, true) => half_told(other, one),
            (false, false) if (one | other) & SOME != 0 => 0,
            (false, false) => full(told),
        },
    }
}

/// Both in a script without short vowels.
const fn bare((one, other): (u8, u8)) -> u16 {
    match one ^ other {
        0 => 0,
        A if one & other == 0 => 20,
        _ if one & other == 0 && (one == 0 || other == 0) => 35,
        _ if one & other == 0 => 50,
        _ => 15,
    }
}

/// The first in a script without short vowels.
fn half_told(written: u8, full: u8) -> u16 {
    let mut cost = 0;
    for (vowel, missing) in [(A, 20), (I, 30), (U, 30)] {
        if written & vowel == 0 {
            continue;
        }
        let this = if full & TOLD == 0 { missing } else { nearest(vowel, full) };
        // One that may be read either way needs only one of them.
        let other = written & TOLD & !vowel;
        let either = written == A | I && other != 0 && nearest(other, full) == 0;
        cost = cost.max(if either { 0 } else { this });
    }
    let is_long = full & LONG != 0 && full & (I | U) != 0;
    if written & (TOLD | SOME) == 0 && is_long { cost.max(30) } else { cost }
}

/// Both in scripts with all vowels.
fn full((one, other): (u8, u8)) -> u16 {
    let missing = |vowels: u8| {
        let cost = |vowel: u8| match vowel {
            E => 12,
            I => 15,
            _ => 30,
        };
        each(vowels).map(cost).max().unwrap_or(0)
    };
    match (one, other) {
        (0, vowels) | (vowels, 0) => missing(vowels),
        _ => {
            let there = each(one).map(|vowel| nearest(vowel, other)).max();
            let back = each(other).map(|vowel| nearest(vowel, one)).max();
            there.max(back).unwrap_or(0)
        }
    }
}

fn each(vowels: u8) -> impl Iterator<Item = u8> {
    [A, E, I, O, U].into_iter().filter(move |vowel| vowels & vowel != 0)
}

/// What the nearest of several vowels is away.
fn nearest(vowel: u8, among: u8) -> u16 {
    if among & vowel != 0 {
        return 0;
    }
    let cost = |other: u8| match vowel | other {
        near if near == A | E || near == E | I || near == O | U => 5,
        near if near == A | O => 15,
        near if near == E | O || near == I | U => 30,
        _ => 40,
    };
    each(among).map(cost).min().unwrap_or(40)
}

/// Of use only while letters are told apart by name.
const _: () = assert!(L < R && R < D && M < N && B < P && F < W && S < Z);
