//! Finding by name and by number, on a tablet and on the server alike.
//!
//! A tablet looks through the texts it holds ([`fits`]); the server keeps [`name_keys`] and
//! [`number_keys`] and asks them for [`beginnings`].

use crate::ids::DocumentId;
use crate::order::{self, fold};
use crate::sound::{Name, Sound, begins, sounds};

/// Most words of a search that count.
const WORDS_MAX: usize = 6;
/// A word of fewer digits is no number.
const DIGITS_MIN: usize = 4;
/// Before the bones of a word.
const BONES: &str = "~";
/// Behind them.
const BONES_END: &str = ".";
/// From so many bones on a word may be the beginning of another.
const BONES_MIN: usize = 3;
/// Digits of a personal number with its century.
const PERSONAL_DIGITS: usize = 12;

/// The words of a search, as texts are compared.
#[must_use]
pub fn words(wanted: &str) -> Vec<String> {
    fold(wanted).split_whitespace().map(str::to_owned).collect()
}

/// Whether all words stand in the text; of numbers, strokes and spaces do not count.
#[must_use]
pub fn fits(words: &[String], text: &str) -> bool {
    let text = Text::of(text);
    words.iter().all(|word| Wanted::of(word).stands_in(&text))
}

/// A text made ready, to be looked through again and again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text {
    folded: String,
    /// Without strokes, where that is another text.
    bare: String,
    digits: String,
}

impl Text {
    /// Makes a text ready.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let folded = fold(text);
        let mut bare = without_strokes(&folded);
        if bare == folded {
            bare.clear();
        }
        Self { digits: folded.chars().filter(char::is_ascii_digit).collect(), bare, folded }
    }
}

/// A word that is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    word: String,
    plain: String,
    /// As it is heard, if it may be looked for so.
    pub sounds: Vec<Sound>,
}

impl Wanted {
    /// A word as it is typed: some marks are heard that folding takes away.
    #[must_use]
    pub fn of(typed: &str) -> Self {
        let word = fold(typed);
        Self { sounds: sounds(typed), plain: without_strokes(&word), word }
    }

    /// All words of a search.
    #[must_use]
    pub fn all(wanted: &str) -> Vec<Self> {
        wanted.split_whitespace().map(Self::of).collect()
    }

    /// Whether it stands in a text.
    #[must_use]
    pub fn stands_in(&self, text: &Text) -> bool {
        text.folded.contains(&self.word)
            || self.plain != self.word && text.folded.contains(&self.plain)
            || text.bare.contains(&self.plain)
            || is_number(&self.plain) && text.digits.contains(short(&self.plain))
    }

    /// What it differs by from the best of several names, if it may be one of them or its beginning.
    #[must_use]
    pub fn sounds_in(&self, names: &[Name]) -> Option<u16> {
        names.iter().filter_map(|name| name.fits(&self.sounds)).min()
    }
}

fn without_strokes(text: &str) -> String {
    text.chars().filter(|sign| !matches!(sign, '-' | '+' | '/')).collect()
}

fn is_number(word: &str) -> bool {
    word.len() >= DIGITS_MIN && word.bytes().all(|sign| sign.is_ascii_digit())
}

/// A national number without its leading zero: 070… is kept as +4670….
fn short(number: &str) -> &str {
    number.strip_prefix('0').unwrap_or(number)
}

/// Somebody who is looked for: by what is written, and by how the names sound.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Somebody {
    /// All that is written.
    pub text: Text,
    /// The names among it.
    pub names: Vec<Name>,
}

impl Somebody {
    /// What somebody differs by from what is looked for, nothing at all where it is written so: all words
    /// stand here or around (`around` says of each word whether), at least one of them here.
    #[must_use]
    pub fn fits(&self, looked: &[Wanted], around: &[bool]) -> Option<u16> {
        let (mut is_here, mut sum) = (false, 0_u16);
        for (word, is_around) in looked.iter().zip(around) {
            if word.stands_in(&self.text) {
                is_here = true;
            } else if !is_around {
                is_here = true;
                sum = sum.saturating_add(word.sounds_in(&self.names)?).saturating_add(1);
            }
        }
        is_here.then_some(sum)
    }
}

/// Letters and digits alone, without case and marks.
fn bare(word: &str) -> String {
    fold(word).chars().filter(|sign| sign.is_alphanumeric()).collect()
}

/// What a name is found by: each word whole, and the parts of a double one.
#[must_use]
pub fn name_keys(name: &str) -> Vec<String> {
    let mut keys = Vec::new();
    for word in name.split_whitespace() {
        keys.push(bare(word));
        let is_seam = |sign: char| matches!(sign, '-' | '\'' | '’' | '/' | '.' | ',');
        keys.extend(word.split(is_seam).map(bare));
    }
    tidy(keys)
}

/// What a name is found by when it only sounds like what is looked for: the bones of its words, marked so
/// that no word begins so.
#[must_use]
pub fn sound_keys(name: &str) -> Vec<String> {
    let bones = Name::of(name).skeletons().into_iter();
    bones.map(|bones| [BONES, &bones, BONES_END].concat()).collect()
}

/// What a number is found by: all of it, a personal number also without its century, a telephone
/// number also without its country.
#[must_use]
pub fn number_keys(number: &str) -> Vec<String> {
    let whole = bare(number);
    let mut keys = Vec::new();
    if is_number(&whole) {
        if let (PERSONAL_DIGITS, Some((_, rest))) = (whole.len(), whole.split_at_checked(2)) {
            keys.push(rest.to_owned());
        }
        if number.trim_start().starts_with('+') {
            keys.extend(whole.strip_prefix("46").map(str::to_owned));
        }
    }
    keys.push(whole);
    tidy(keys)
}

fn tidy(mut keys: Vec<String>) -> Vec<String> {
    keys.retain(|key| !key.is_empty());
    order::sort_and_dedup(&mut keys);
    keys
}

/// The number of a record that has none yet: the end of its id.
#[must_use]
pub fn short_number(id: DocumentId) -> String {
    let text = id.to_string();
    let short: String = text.chars().skip(text.len().saturating_sub(4)).collect();
    format!("T-{}", short.to_ascii_uppercase())
}

/// A word that an index of keys is asked for by its sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// How keys of names begin that may sound like it: none of a number or of a word too short.
    pub bones: Vec<String>,
    starts: Vec<String>,
    sounds: Vec<Sound>,
}

impl Heard {
    /// Whether a key begins as it is written.
    #[must_use]
    pub fn is_written(&self, key: &str) -> bool {
        self.starts.iter().any(|start| key.starts_with(start.as_str()))
    }

    /// Whether a key, a word of a name, sounds like it.
    #[must_use]
    pub fn is_heard(&self, key: &str) -> bool {
        !key.starts_with(BONES)
            && !self.sounds.is_empty()
            && begins(&self.sounds, &Sound::of(key)).is_some()
    }
}

/// The words of [`beginnings`], to be looked for by their sound.
#[must_use]
pub fn heard(wanted: &str) -> Vec<Heard> {
    let words = split(wanted).into_iter().take(WORDS_MAX);
    let heard = words.map(|(typed, word)| {
        let sounds = sounds(typed);
        let mut bones: Vec<String> = sounds.iter().flat_map(Sound::skeletons).collect();
        bones.retain(|bones| !bones.is_empty());
        let key = |bones: String| {
            let end = if bones.len() < BONES_MIN { BONES_END } else { "" };
            [BONES, &bones, end].concat()
        };
        let bones = tidy(bones.into_iter().map(key).collect());
        Heard { bones, starts: starts(word), sounds }
    });
    heard.collect()
}

/// How keys must begin for what is wanted: for each word several beginnings, one of which is enough.
/// A number written with spaces is one word.
#[must_use]
pub fn beginnings(wanted: &str) -> Vec<Vec<String>> {
    split(wanted).into_iter().take(WORDS_MAX).map(|(_, word)| starts(word)).collect()
}

/// The words of a search as they are typed and bare; a number written with spaces is one word.
fn split(wanted: &str) -> Vec<(&str, String)> {
    let signs = wanted.chars().filter(|sign| !sign.is_whitespace());
    let one_number = signs.clone().all(|sign| sign.is_ascii_digit() || "-+/".contains(sign))
        && signs.filter(char::is_ascii_digit).count() >= DIGITS_MIN;
    if one_number {
        return vec![(wanted, bare(wanted))];
    }
    let words = wanted.split_whitespace().map(|word| (word, bare(word)));
    words.filter(|(_, word)| !word.is_empty()).collect()
}

/// How keys may begin for a word.
fn starts(word: String) -> Vec<String> {
    let short = short(&word).to_owned();
    if is_number(&word) && short != word { vec![word, short] } else { vec![word] }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the server's keys would give what is wanted.
    fn found(keys: &[Vec<String>], wanted: &str) -> bool {
        let begins = |word: &Vec<String>| {
            keys.iter().flatten().any(|key| word.iter().any(|start| key.starts_with(start)))
        };
        let words = beginnings(wanted);
        !words.is_empty() && words.iter().all(begins)
    }

    #[test]
    fn a_name_is_found_by_its_words_in_any_order_case_and_marks() {
        for (name, wanted) in [
            ("Saba-Luwam Habte-Araya", "araya saba"),
            ("Saba-Luwam Habte-Araya", "sabaluwam"),
            ("Saba-Luwam Habte-Araya", "HABTE-AR"),
            ("Sa'ida M'Kalala", "saida"),
            ("Sa'ida M'Kalala", "kalala"),
            ("Åsa Öman", "asa oman"),
            ("ليال خوري", "خوري"),
            ("Тарас Мельник", "мель"),
        ] {
            let keys = [name_keys(name)];
            assert!(found(&keys, wanted), "{wanted} in {keys:?}");
        }
        assert!(!found(&[name_keys("Saba Habte")], "abte"), "only from the beginning of a word");
        assert!(!found(&[name_keys("Saba Habte")], "saba tesfay"));
        assert!(!found(&[name_keys("Saba Habte")], " - "));
    }

    #[test]
    fn every_kind_of_number_is_found_as_people_write_it() {
        for (number, wanted) in [
            ("199005262382", "19900526-2382"),
            ("199005262382", "900526-2382"),
            ("199005262382", "900526 2382"),
            ("199005262382", "199005"),
            ("99-123456", "99123456"),
            ("99-123456/1", "99-123456/1"),
            ("99-123456/1", "99 123456"),
            ("01-123456", "01-123456"),
            ("+46701740605", "070-174 06 05"),
            ("+46701740605", "+46 70 174 06 05"),
            ("+463139006000", "031-3900"),
            ("2026-0417", "2026-0417"),
            ("19900101-R123", "19900101r"),
        ] {
            let keys = [number_keys(number)];
            assert!(found(&keys, wanted), "{wanted} in {keys:?}");
        }
        assert!(!found(&[number_keys("199005262382")], "19900526-2383"));
    }

    #[test]
    fn a_tablet_finds_words_anywhere_and_numbers_without_their_strokes() {
        let fits = |wanted: &str, text: &str| fits(&words(wanted), text);
        assert!(fits("ADE alm", "Almgården Ådegatan 3"));
        assert!(fits("070-174", "+46701740605"));
        assert!(fits("99123456", "99-123456/1"));
        assert!(!fits("alm bok", "Almgården"));
    }
}
