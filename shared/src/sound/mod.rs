//! Names as they are heard: the same name in Arabic, Persian, Cyrillic, Ge'ez and Latin letters, and in
//! the spellings that passports and registers have for it.
//!
//! A word becomes beats: a consonant and the vowels behind it. Two words are compared beat by beat with a
//! cost for what differs: nothing for what transliterations write now one way, now another (`Mohammed`,
//! `Muhammad`, `محمد`), much for what makes another name of it (`Rami` and `Rima`). Arabic script leaves
//! short vowels out, so there only what is written is held against the other side.
//!
//! Rules: the public romanisations (ALA-LC, BGN/PCGN, ISO 9, the Ukrainian one of 2010, passports after
//! ICAO 9303) and what clerks make of them. Reading order: here, [`letters`] (the four scripts), [`cost`]
//! (what a difference costs), [`words`] (a whole name), [`twins`] (two persons).

mod cost;
mod latin;
mod letters;
pub mod twins;
mod words;

pub use words::{Name, is_same, sounds};

/// Most beats of a word that count.
const BEATS_MAX: usize = 16;
/// Most readings of a word.
const READINGS_MAX: usize = 3;

/// Vowels of a beat.
const A: u8 = 1;
const E: u8 = 2;
const I: u8 = 4;
const O: u8 = 8;
const U: u8 = 16;
/// Two vowels, or one written long.
const LONG: u8 = 32;
/// A vowel that is not told.
const SOME: u8 = 64;
const TOLD: u8 = A | E | I | O | U;

/// A consonant and the vowels behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Beat {
    letter: u8,
    vowels: u8,
}

/// One way to hear a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sound {
    /// Vowels before the first consonant.
    onset: u8,
    beats: Vec<Beat>,
    /// Short vowels are not written.
    is_abjad: bool,
    /// Kinds of consonants in it, a bit each.
    kinds: u16,
}

impl Sound {
    /// All ways to hear a word; none where nothing can be heard.
    #[must_use]
    pub fn of(word: &str) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for reading in 0..READINGS_MAX {
            let mut writer = Writer::default();
            let is_told = letters::write(word, reading, &mut writer);
            if reading > 0 && !is_told {
                continue;
            }
            let sound = writer.done();
            if (sound.onset | sound.beats.first().map_or(0, |beat| beat.letter)) != 0
                && !all.contains(&sound)
            {
                all.push(sound);
            }
        }
        all
    }

    /// How many consonants are heard.
    #[must_use]
    pub fn len(&self) -> usize {
        self.beats.len()
    }

    /// Whether it has no consonant.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.beats.is_empty()
    }

    /// The skeletons by which an index finds what may sound alike: kinds of consonants without breath. What
    /// stands between breath and K makes two of them.
    #[must_use]
    pub fn skeletons(&self) -> Vec<String> {
        let bones = |is_hard: bool| -> String {
            let bones = self.beats.iter().map(|beat| letters::bone(beat.letter, is_hard));
            bones.filter(|bone| *bone != ' ').collect()
        };
        let mut both = vec![bones(false), bones(true)];
        both.dedup();
        both
    }
}

/// How much two words differ, in hundredths of a letter, over all ways to hear them; nothing where they
/// are not the same name.
#[must_use]
pub fn alike(one: &[Sound], other: &[Sound]) -> Option<u16> {
    best(one, other, false)
}

/// As [`alike`], and the first may be only the beginning of the second.
#[must_use]
pub fn begins(one: &[Sound], other: &[Sound]) -> Option<u16> {
    best(one, other, true)
}

fn best(one: &[Sound], other: &[Sound], begins: bool) -> Option<u16> {
    let mut least: Option<u16> = None;
    for (at, one) in one.iter().enumerate() {
        for (to, other) in other.iter().enumerate() {
            // Two rare readings at once are one too many.
            if at > 0 && to > 0 {
                continue;
            }
            let mut cost = cost::between(one, other);
            if begins {
                cost = lesser(cost, cost::beginning(one, other));
            }
            least = lesser(least, cost);
        }
    }
    least
}

/// The lesser of two costs, where there are any.
fn lesser(one: Option<u16>, other: Option<u16>) -> Option<u16> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// Writes beats.
#[derive(Default)]
struct Writer {
    onset: u8,
    beats: Vec<Beat>,
    is_abjad: bool,
}

impl Writer {
    fn is_start(&self) -> bool {
        self.beats.is_empty() && self.onset == 0
    }

    /// A consonant; the same one twice is one.
    fn consonant(&mut self, letter: u8) {
        // Cyrillic writes J with two letters.
        if let (letters::J, Some(last)) = (letter, self.beats.last_mut())
            && (last.letter, last.vowels) == (letters::D, 0)
        {
            last.letter = letter;
            return;
        }
        let is_double =
            self.beats.last().is_some_and(|last| last.letter == letter && last.vowels == 0);
        if !is_double && self.beats.len() < BEATS_MAX {
            self.beats.push(Beat { letter, vowels: 0 });
        }
    }

    fn slot(&mut self) -> &mut u8 {
        match self.beats.last_mut() {
            Some(last) => &mut last.vowels,
            None => &mut self.onset,
        }
    }

    fn vowel(&mut self, bits: u8) {
        let slot = self.slot();
        let long = if *slot & TOLD == 0 { 0 } else { LONG };
        *slot |= bits | long;
    }

    /// A vowel that is not told which.
    fn open(&mut self) {
        *self.slot() |= SOME;
    }

    /// A half vowel: a consonant at the start, a vowel elsewhere.
    fn half(&mut self, letter: u8, bits: u8) {
        if letter != 0 && self.is_start() { self.consonant(letter) } else { self.vowel(bits) }
    }

    fn done(mut self) -> Sound {
        self.servant();
        let kinds = self.beats.iter().fold(0, |kinds, beat| kinds | letters::kind(beat.letter));
        Sound { onset: self.onset, beats: self.beats, is_abjad: self.is_abjad, kinds }
    }

    /// In `Abd al-Rahman`, `Abdulrahman`, `Abdirahman` the article is heard or not.
    fn servant(&mut self) {
        let letters: Vec<u8> = self.beats.iter().take(4).map(|beat| beat.letter).collect();
        if let ([letters::B, letters::D, letters::L, _], true) =
            (letters.as_slice(), self.onset != 0)
            && self.beats.get(2).is_some_and(|article| article.vowels == 0)
        {
            self.beats.remove(2);
        }
    }
}

#[cfg(test)]
mod tests;
