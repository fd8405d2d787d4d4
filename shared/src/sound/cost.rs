//! What a difference between two sounds costs, in hundredths of a letter.

use super::letters::{B, CH, D, F, G, GH, H, J, K, KH, L, M, N, P, R, S, SH, T, TS, W, Z};
use super::{A, Beat, E, I, LONG, O, SOME, Sound, TOLD, U};

/// Another letter.
const OTHER: u16 = 100;
/// Names whose kinds of consonants differ by more than so many are not compared further.
const KINDS_APART: u32 = 2;

/// What two words may differ by and still be one name: the shorter they are, the less.
fn most(one: &Sound, other: &Sound) -> u16 {
    let length = |sound: &Sound| sound.beats.len() + usize::from(sound.onset != 0);
    match length(one).min(length(other)) {
        0 | 1 => 15,
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
    (cost <= most(one, other)).then_some(cost)
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
    let cut = [length, length + 1]
        .into_iter()
        .filter_map(|length| aligned(&one.beats, other.beats.get(..length)?, ends));
    let cost = start.saturating_add(cut.min()?);
    (cost <= most(one, one)).then_some(cost)
}

/// Where a vowel stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Onset,
    First,
    Middle,
    /// Behind the last consonant of both.
    Last,
    /// Behind the last consonant typed so far.
    Typed,
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
        sum = sum.saturating_add(gap(*beat, false));
        above.push(sum);
    }
    let mut row: Vec<u16> = Vec::with_capacity(other.len() + 1);
    for (at, beat) in one.iter().enumerate() {
        row.clear();
        let is_end = at + 1 == one.len();
        let mut left = above.first()?.saturating_add(gap(*beat, is_end));
        row.push(left);
        let places = above.iter().zip(above.iter().skip(1)).zip(other).enumerate();
        for (to, ((corner, up), beside)) in places {
            let place = match (at + to, is_end && to + 1 == other.len(), ends.is_whole) {
                (_, true, true) => Place::Last,
                (_, true, false) => Place::Typed,
                (0, ..) => Place::First,
                _ => Place::Middle,
            };
            let pair = letter(beat.letter, beside.letter).saturating_add(slot(
                (beat.vowels, beside.vowels),
                ends.is_abjad,
                place,
            ));
            let best = corner.saturating_add(pair);
            let best = best.min(up.saturating_add(gap(*beat, is_end)));
            left = best.min(left.saturating_add(gap(*beside, to + 1 == other.len())));
            row.push(left);
        }
        core::mem::swap(&mut above, &mut row);
    }
    above.last().copied()
}

/// What it costs that a beat is not heard at all.
const fn gap(beat: Beat, is_last: bool) -> u16 {
    let letter = match beat.letter {
        // Behind the last vowel it is silent.
        H if is_last => 5,
        H => 20,
        GH => 45,
        N | W => 80,
        _ => OTHER,
    };
    letter + if beat.vowels & TOLD == 0 { 0 } else { 15 }
}

/// What it costs that one consonant stands for another; pairs stand in the order of their numbers.
const fn letter(one: u8, other: u8) -> u16 {
    let (low, high) = if one < other { (one, other) } else { (other, one) };
    match (low, high) {
        _ if low == high => 0,
        (G | K, GH) | (KH, H) | (B, P) => 10,
        (G | CH, K) | (K | CH, KH) | (SH | TS, CH) | (S, TS) | (CH, J) | (J, G) => 20,
        (G, H) | (D, Z) | (Z, TS) | (P, F) | (F, W) => 30,
        (D, T) | (S, Z) => 25,
        (T, S | TS) | (B, W) | (SH | Z, J) | (GH, H) => 35,
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
        _ => match slot((one, other), is_abjad, Place::Onset) {
            far @ 6.. => far.saturating_mul(2),
            near => near,
        },
    }
}

/// What it costs that other vowels stand behind a consonant.
fn slot((one, other): (u8, u8), is_abjad: (bool, bool), place: Place) -> u16 {
    let told = (one & TOLD, other & TOLD);
    let is_some = (one | other) & SOME != 0;
    match (place, told) {
        _ if one == other => 0,
        // What is still being typed may go on with any vowel.
        (Place::Typed, (0, _) | (_, 0)) => 0,
        (Place::Last, (0, vowel) | (vowel, 0)) if vowel != 0 && !is_some => {
            if vowel == E {
                25
            } else {
                60
            }
        }
        _ => match is_abjad {
            (true, true) => bare(told),
            (true, false) => half_told(one, other, place),
            (false, true) => half_told(other, one, place),
            (false, false) if is_some => 0,
            (false, false) => full(told, place),
        },
    }
}

/// Both in a script without short vowels.
const fn bare((one, other): (u8, u8)) -> u16 {
    match one ^ other {
        0 => 0,
        A if one & other == 0 => 30,
        _ if one & other == 0 => 50,
        _ => 15,
    }
}

/// The first in a script without short vowels.
fn half_told(written: u8, full: u8, place: Place) -> u16 {
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
    if written & (TOLD | SOME) != 0 {
        return cost;
    }
    // A long vowel would stand there.
    match (full & LONG != 0, full & U != 0, place == Place::First) {
        (true, true, false) => 50,
        (false, true, false) | (true, true, true) => 25,
        (true, false, _) if full & I != 0 => 30,
        _ => cost,
    }
}

/// Both in scripts with all vowels.
fn full((one, other): (u8, u8), place: Place) -> u16 {
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
            let apart = there.max(back).unwrap_or(0);
            if place == Place::Last && apart > 5 { apart + 15 } else { apart }
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
        near if near == E | O || near == I | U || near == E | U => 30,
        _ => 40,
    };
    each(among).map(cost).min().unwrap_or(40)
}
