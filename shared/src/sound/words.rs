//! A whole name: its words, those that belong together, and what of it sounds like something looked for.

use super::letters::without_article;
use super::{Sound, alike, begins, lesser};

/// Most words of a name that count.
const WORDS_MAX: usize = 12;
/// Fewest letters of a word that is looked for by its sound.
const LETTERS_MIN: usize = 3;

/// A word of a name, as it is written and as it is heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heard {
    /// Without case and marks.
    word: String,
    sounds: Vec<Sound>,
}

impl Heard {
    fn of(word: &str) -> Self {
        Self { word: crate::order::fold(word), sounds: Sound::of(word) }
    }
}

/// A name, ready to be compared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Name {
    /// Its words.
    words: Vec<Heard>,
    /// Words that stand beside each other, as one.
    joined: Vec<Heard>,
}

impl Name {
    /// Hears a name.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let parts = parts(name);
        let pairs = parts.iter().zip(parts.iter().skip(1));
        let pairs = pairs.map(|((one, _), (next, _))| [one, without_article(next)].concat());
        let alone =
            parts.iter().filter(|(part, alone)| part != alone).map(|(_, alone)| alone.clone());
        let joined = pairs.chain(alone).map(|word| Heard::of(&word)).collect();
        Self { joined, words: parts.iter().map(|(part, _)| Heard::of(part)).collect() }
    }

    /// Whether nothing of it can be heard.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| word.sounds.is_empty())
    }

    /// What the best word of it differs by from what is looked for, which may be only a beginning.
    #[must_use]
    pub fn fits(&self, wanted: &[Sound]) -> Option<u16> {
        let mut least = None;
        for words in [&self.words, &self.joined] {
            for word in words {
                least = lesser(least, begins(wanted, &word.sounds));
            }
        }
        least
    }

    /// The skeletons by which an index finds it.
    #[must_use]
    pub fn skeletons(&self) -> Vec<String> {
        let all = self.words.iter().chain(&self.joined).flat_map(|word| &word.sounds);
        let mut bones: Vec<String> = all.flat_map(Sound::skeletons).collect();
        bones.retain(|bones| !bones.is_empty());
        crate::order::sort_and_dedup(&mut bones);
        bones
    }

    /// What two names differ by, if they may be one: all words of the one with fewer words, in any order,
    /// are among those of the other. Nothing where nothing is heard.
    #[must_use]
    pub fn differs(&self, other: &Self) -> Option<u16> {
        let (few, many) =
            if self.words.len() <= other.words.len() { (self, other) } else { (other, self) };
        if few.is_empty() {
            return None;
        }
        let mut left: Vec<&Heard> = many.words.iter().collect();
        let mut worst = 0;
        for word in &few.words {
            let mut least: Option<(u16, usize)> = None;
            for (at, other) in left.iter().enumerate() {
                let Some(cost) = alike(&word.sounds, &other.sounds) else { continue };
                if least.is_none_or(|(known, _)| cost < known) {
                    least = Some((cost, at));
                }
            }
            // Two words here may be one there.
            let Some((cost, at)) = least else { return few.joins(many) };
            left.remove(at);
            worst = worst.max(cost);
        }
        Some(worst)
    }

    fn joins(&self, other: &Self) -> Option<u16> {
        let [Heard { sounds, .. }] = self.words.as_slice() else {
            return (self.whole() == other.whole()).then_some(0);
        };
        let mut least = None;
        for pair in &other.joined {
            least = lesser(least, alike(sounds, &pair.sounds));
        }
        least
    }

    /// All of it without gaps.
    fn whole(&self) -> String {
        self.words.iter().map(|word| word.word.as_str()).collect()
    }

    /// How many words it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.words.len()
    }
}

/// How a word that is looked for sounds, where it is long enough to be looked for so.
#[must_use]
pub fn sounds(word: &str) -> Vec<Sound> {
    let is_letter = |sign: &char| sign.is_ascii_alphabetic() || !sign.is_ascii();
    let letters = word.chars().filter(is_letter).count();
    let is_name = !word.chars().any(|sign| sign.is_ascii_digit());
    // An Arabic or Ge'ez sign says more than a Latin one.
    let enough = letters >= LETTERS_MIN || letters + 1 >= LETTERS_MIN && !word.is_ascii();
    if is_name && enough {
        Sound::of(&parts(word).into_iter().map(|(part, _)| part).collect::<String>())
    } else {
        Vec::new()
    }
}

/// Whether two whole names may be one, word for word.
#[must_use]
pub fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (Name::of(one), Name::of(other));
    let have_as_many = one.len() == other.len();
    let cost =
        if have_as_many { one.differs(&other) } else { one.joins(&other).or(other.joins(&one)) };
    cost.is_some()
}

/// The words of a name; an article goes with the word behind it, a servant with the one he serves. Each also
/// without these.
fn parts(name: &str) -> Vec<(String, String)> {
    let is_gap = |sign: char| {
        sign.is_whitespace()
            || matches!(sign, '-' | '\u{2010}' | '\u{2011}' | '/' | ',' | '.' | '·')
    };
    let mut parts: Vec<(String, String)> = Vec::new();
    let mut before = String::new();
    for word in name.split(is_gap).filter(|word| !word.is_empty()).take(WORDS_MAX) {
        let folded = crate::order::fold(word);
        match folded.as_str() {
            "al" | "el" if before.is_empty() => {}
            // Behind another word the article is heard as a vowel.
            "al" | "el" | "ul" => before.push('a'),
            "abd" | "abdul" | "abdel" | "abdal" | "abdu" | "عبد" | "абд" | "абдул"
                if before.is_empty() =>
            {
                before.push_str(&folded);
            }
            _ => {
                before.push_str(word);
                parts.push((core::mem::take(&mut before), word.to_owned()));
            }
        }
    }
    if !before.is_empty() {
        parts.push((before.clone(), before));
    }
    parts
}
