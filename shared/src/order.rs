//! Order, with one copy of the sorting code for all types (it is 5 kB of wasm a copy), and the
//! alphabet of the people who read the lists.

use core::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// Sorts by a key; rows of equal keys stay as they stood.
pub fn sort_by_key<T, K: Ord>(rows: &mut Vec<T>, key: impl Fn(&T) -> K) {
    let keys: Vec<K> = rows.iter().map(key).collect();
    let places = places(keys.len(), &|a, b| keys.get(a).cmp(&keys.get(b)));
    let mut slots: Vec<Option<T>> = rows.drain(..).map(Some).collect();
    rows.extend(places.into_iter().filter_map(|at| slots.get_mut(at)?.take()));
}

/// Sorts and removes what is there twice.
pub fn sort_and_dedup<T: Ord + Clone>(rows: &mut Vec<T>) {
    sort_by_key(rows, T::clone);
    rows.dedup();
}

fn places(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    places.sort_by(|a, b| compare(*a, *b));
    places
}

/// Collects into a set, one by one.
pub fn set<T: Ord>(values: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    set.extend(values);
    set
}

/// Collects into a map, one by one; the last of equal keys stays.
pub fn map<K: Ord, V>(pairs: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    map.extend(pairs);
    map
}

/// A map for a handful of things: pairs in the order of their keys, a twentieth of the code of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Few<K, V>(Vec<(K, V)>);

impl<K, V> Default for Few<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord, V> Few<K, V> {
    fn place(&self, key: &K) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.cmp(key))
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<&V> {
        let at = self.place(key).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    /// The value of a key, to be changed.
    #[must_use]
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let at = self.place(key).ok()?;
        self.0.get_mut(at).map(|(_, value)| value)
    }

    /// Whether a key is there.
    #[must_use]
    pub fn contains_key(&self, key: &K) -> bool {
        self.place(key).is_ok()
    }

    /// Takes out all keys for which something does not hold.
    pub fn retain(&mut self, holds: impl Fn(&K) -> bool) {
        self.0.retain(|(key, _)| holds(key));
    }

    /// Sets the value of a key.
    pub fn insert(&mut self, key: K, value: V) {
        match self.place(&key) {
            Ok(at) => {
                if let Some(slot) = self.0.get_mut(at) {
                    slot.1 = value;
                }
            }
            Err(at) => self.0.insert(at, (key, value)),
        }
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let at = self.place(key).ok()?;
        Some(self.0.remove(at).1)
    }

    /// All pairs in the order of their keys.
    #[must_use]
    pub fn pairs(&self) -> &[(K, V)] {
        &self.0
    }

    /// All keys in order.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.0.iter().map(|(key, _)| key)
    }

    /// All values in the order of their keys.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.0.iter().map(|(_, value)| value)
    }
}

/// The place of a name in a Swedish list: letters without case, å ä ö behind z, numbers by their
/// value, so that room 2 comes before room 10.
#[must_use]
pub fn swedish(name: &str) -> String {
    let mut out = String::with_capacity(name.len().saturating_add(8));
    let mut digits = String::new();
    for letter in name.chars() {
        if letter.is_ascii_digit() {
            digits.push(letter);
            continue;
        }
        put_number(&mut out, &mut digits);
        out.push(match letter {
            // The three signs that follow `z`.
            'å' | 'Å' => '{',
            'ä' | 'Ä' | 'æ' | 'Æ' => '|',
            'ö' | 'Ö' | 'ø' | 'Ø' => '}',
            'à'..='ã' | 'À'..='Ã' => 'a',
            'è'..='ë' | 'È'..='Ë' => 'e',
            'ü' | 'Ü' => 'y',
            _ => lower(letter),
        });
    }
    put_number(&mut out, &mut digits);
    out
}

/// A text as it is searched: without case, and Latin letters without their marks.
#[must_use]
pub fn fold(text: &str) -> String {
    text.chars()
        .map(|letter| match lower(letter) {
            'à'..='æ' | 'ā' | 'ă' | 'ą' => 'a',
            'ç' | 'ć' | 'č' => 'c',
            'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => 'e',
            'ì'..='ï' | 'ī' | 'ı' => 'i',
            'ñ' | 'ń' => 'n',
            'ò'..='ö' | 'ø' | 'ō' => 'o',
            'ś' | 'š' | 'ş' => 's',
            'ù'..='ü' | 'ū' => 'u',
            'ý' | 'ÿ' => 'y',
            'ź' | 'ż' | 'ž' => 'z',
            letter => letter,
        })
        .collect()
}

/// A letter without case: Latin, Greek and Cyrillic, of which a table of all scripts would be 9 kB of
/// the app; other letters are as they are.
#[must_use]
pub fn lower(letter: char) -> char {
    let code = u32::from(letter);
    let low = match code {
        0x41..=0x5a | 0xc0..=0xd6 | 0xd8..=0xde | 0x391..=0x3a1 | 0x3a3..=0x3ab | 0x410..=0x42f => {
            code + 32
        }
        0x400..=0x40f => code + 80,
        0x100..=0x12f
        | 0x132..=0x137
        | 0x14a..=0x177
        | 0x460..=0x481
        | 0x48a..=0x4bf
        | 0x4d0..=0x52f
        | 0x1e00..=0x1e95
        | 0x1ea0..=0x1eff => code | 1,
        0x139..=0x148 | 0x179..=0x17e | 0x4c1..=0x4ce => code + (code & 1),
        0x178 => 0xff,
        _ => code,
    };
    char::from_u32(low).unwrap_or(letter)
}

/// A number takes its length before it, so that the longer one comes later.
fn put_number(out: &mut String, digits: &mut String) {
    let plain = digits.trim_start_matches('0');
    if !digits.is_empty() {
        let length = u32::try_from(plain.len()).unwrap_or(u32::MAX).min(40);
        out.push(char::from_u32(0x30 + length).unwrap_or('0'));
        out.push_str(plain);
        digits.clear();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_stand_as_in_a_swedish_list() {
        let mut names: Vec<String> = [
            "Örby",
            "rum 10",
            "Ärla",
            "Rum 2",
            "Zinkgruvan",
            "Åby",
            "Émile",
            "Fager",
            "Dal",
            "rum 02 b",
        ]
        .map(str::to_owned)
        .to_vec();
        sort_by_key(&mut names, |name| swedish(name));
        assert_eq!(
            names,
            [
                "Dal",
                "Émile",
                "Fager",
                "Rum 2",
                "rum 02 b",
                "rum 10",
                "Zinkgruvan",
                "Åby",
                "Ärla",
                "Örby"
            ]
        );
    }

    #[test]
    fn letters_lose_their_case_as_unicode_says() {
        let scripts = [0..0x180, 0x386..0x3cf, 0x400..0x530, 0x1e00..0x1f00];
        // Dotted I becomes two letters, sharp S and accented Greek have rules of their own.
        let special = ['\u{130}', '\u{1e9e}', 'Ά', 'Έ', 'Ή', 'Ί', 'Ό', 'Ύ', 'Ώ', 'Ӏ'];
        let cased = scripts.into_iter().flatten().filter_map(char::from_u32);
        for letter in cased.filter(|letter| !special.contains(letter)) {
            let mut right = letter.to_lowercase();
            if let (Some(right), None) = (right.next(), right.next()) {
                assert_eq!(lower(letter), right, "{letter} U+{:x}", u32::from(letter));
            }
        }
    }

    proptest! {
        #[test]
        fn rows_are_sorted_as_the_standard_library_would(mut rows in any::<Vec<(u8, u8)>>()) {
            let mut expected = rows.clone();
            expected.sort_by_key(|row| row.0);
            sort_by_key(&mut rows, |row| row.0);
            prop_assert_eq!(rows, expected);
        }

        #[test]
        fn few_are_kept_as_a_tree_would(steps in any::<Vec<(u8, Option<u8>)>>()) {
            let (mut few, mut tree) = (Few::default(), BTreeMap::new());
            for (key, value) in steps {
                if let Some(value) = value {
                    few.insert(key, value);
                    tree.insert(key, value);
                } else {
                    prop_assert_eq!(few.remove(&key), tree.remove(&key));
                }
                prop_assert_eq!(few.get(&key), tree.get(&key));
            }
            prop_assert!(few.keys().eq(tree.keys()) && few.values().eq(tree.values()));
        }

        #[test]
        fn duplicates_go(mut rows in any::<Vec<u8>>()) {
            let expected: Vec<u8> = rows.iter().copied().collect::<BTreeSet<u8>>().into_iter().collect();
            sort_and_dedup(&mut rows);
            prop_assert_eq!(rows, expected);
        }
    }
}
