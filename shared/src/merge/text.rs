//! Merge code T: what several people wrote into the same text, starting from the same version.
//!
//! Texts are compared word by word. What one of them took out is out, what anyone put in is in, in
//! the order of the versions; a word that both put in at the same place is there once. Nobody's
//! words are lost, and nobody is asked: the text is a draft that a person reads before signing.

use crate::order;

/// Beyond so many pairs of words the part that differs is taken whole from each version.
const PAIRS_MAX: usize = 4_000_000;

/// What one version did to the common one.
struct Script<'a> {
    /// Which words of the common version are still there.
    kept: Vec<bool>,
    /// What was put in before the word of that number.
    put_in: Vec<(usize, &'a [&'a str])>,
}

/// Gives the text with everybody's changes to `base` in it.
#[must_use]
pub fn merged(base: &str, versions: &[&str]) -> String {
    let base = words(base);
    let versions: Vec<Vec<&str>> = versions.iter().map(|version| words(version)).collect();
    let scripts: Vec<Script<'_>> = versions.iter().map(|version| script(&base, version)).collect();
    let mut out = String::new();
    for at in 0..=base.len() {
        let mut there: Vec<&[&str]> = Vec::new();
        for script in &scripts {
            let here = script.put_in.iter().filter(|(place, _)| *place == at);
            for (_, text) in here {
                if !there.contains(text) {
                    there.push(text);
                }
            }
        }
        for text in there {
            put(&mut out, &text.concat());
        }
        let word = base.get(at).copied().unwrap_or_default();
        if scripts.iter().all(|script| script.kept.get(at).copied().unwrap_or(false)) {
            put(&mut out, word);
        }
    }
    out
}

/// In no version do two words touch; where they would, one lost the space between them to another.
fn put(out: &mut String, text: &str) {
    let touches = out.chars().last().is_some_and(char::is_alphanumeric)
        && text.chars().next().is_some_and(char::is_alphanumeric);
    if touches {
        out.push(' ');
    }
    out.push_str(text);
}

/// Runs of letters and digits, and everything else sign by sign.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = if first.is_alphanumeric() {
            rest.find(|sign: char| !sign.is_alphanumeric()).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (word, after) = rest.split_at(end);
        words.push(word);
        rest = after;
    }
    words
}

fn script<'a>(base: &[&'a str], version: &'a [&'a str]) -> Script<'a> {
    let start = base.iter().zip(version).take_while(|(one, other)| one == other).count();
    let most = base.len().min(version.len()) - start;
    let end = base.iter().rev().zip(version.iter().rev());
    let end = end.take(most).take_while(|(one, other)| one == other).count();
    let middle = base.get(start..base.len() - end).unwrap_or_default();
    let new = version.get(start..version.len() - end).unwrap_or_default();
    let mut kept = vec![true; base.len()];
    let mut put_in: Vec<(usize, &[&str])> = Vec::new();
    let pairs = common(middle, new);
    let (mut old_at, mut new_at) = (0, 0);
    for (old, fresh) in pairs.into_iter().chain([(middle.len(), new.len())]) {
        if fresh > new_at {
            put_in.push((start + old_at, new.get(new_at..fresh).unwrap_or_default()));
        }
        for gone in kept.iter_mut().skip(start + old_at).take(old - old_at) {
            *gone = false;
        }
        (old_at, new_at) = (old + 1, fresh + 1);
    }
    Script { kept, put_in }
}

/// A longest common subsequence, as pairs of positions.
fn common(one: &[&str], other: &[&str]) -> Vec<(usize, usize)> {
    let width = other.len() + 1;
    if one.len().saturating_mul(other.len()) > PAIRS_MAX || one.is_empty() || other.is_empty() {
        return Vec::new();
    }
    let mut longest = vec![0_u32; (one.len() + 1) * width];
    let at = |table: &[u32], row: usize, column: usize| {
        table.get(row * width + column).copied().unwrap_or_default()
    };
    for (row, word) in one.iter().enumerate().rev() {
        for (column, fresh) in other.iter().enumerate().rev() {
            let best = if word == fresh {
                at(&longest, row + 1, column + 1) + 1
            } else {
                at(&longest, row + 1, column).max(at(&longest, row, column + 1))
            };
            if let Some(cell) = longest.get_mut(row * width + column) {
                *cell = best;
            }
        }
    }
    let mut pairs = Vec::new();
    let (mut row, mut column) = (0, 0);
    while let (Some(word), Some(fresh)) = (one.get(row), other.get(column)) {
        if word == fresh {
            pairs.push((row, column));
            (row, column) = (row + 1, column + 1);
        } else if at(&longest, row + 1, column) >= at(&longest, row, column + 1) {
            row += 1;
        } else {
            column += 1;
        }
    }
    pairs
}

/// Merges the texts of statements in an order that all devices share.
pub(super) fn merged_in_order<T: Ord + Copy>(base: &str, mut versions: Vec<(T, &str)>) -> String {
    order::sort_by_key(&mut versions, |(id, _)| *id);
    let texts: Vec<&str> = versions.into_iter().map(|(_, text)| text).collect();
    merged(base, &texts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_both_wrote_is_in() {
        let base = "Familjen mår bra. Barnen går i skolan.";
        let cases = [
            (
                "Familjen mår bra. Barnen går i skolan. Modern söker arbete.",
                "Familjen mår ganska bra. Barnen går i skolan.",
                "Familjen mår ganska bra. Barnen går i skolan. Modern söker arbete.",
            ),
            (
                "Familjen mår bra. Barnen går i förskolan.",
                "Familjen mår bra. Barnen går i grundskolan.",
                "Familjen mår bra. Barnen går i förskolan grundskolan.",
            ),
            ("", "Familjen mår bra. Barnen går i skolan. OBS!", " OBS!"),
        ];
        for (one, other, wanted) in cases {
            assert_eq!(merged(base, &[one, other]), wanted);
        }
        assert_eq!(merged("", &["Ja", "Ja"]), "Ja");
        assert_eq!(merged("", &["Ja", "Nej"]), "Ja Nej");
    }

    /// The most words that two have in common in the same order, by trying all.
    fn most(one: &[&str], other: &[&str]) -> usize {
        let ([first, ones @ ..], [second, others @ ..]) = (one, other) else { return 0 };
        if first == second {
            return 1 + most(ones, others);
        }
        most(one, others).max(most(ones, other))
    }

    fn few_words() -> impl Strategy<Value = Vec<&'static str>> {
        proptest::collection::vec(prop::sample::select(vec!["a", "b", "c"]), 0..8)
    }

    proptest! {
        #[test]
        fn as_many_words_stay_where_they_are_as_can(one in few_words(), other in few_words()) {
            let pairs = common(&one, &other);
            prop_assert_eq!(pairs.len(), most(&one, &other));
            for (old, fresh) in &pairs {
                prop_assert_eq!(one[*old], other[*fresh]);
            }
            for next in pairs.windows(2) {
                prop_assert!(next[0].0 < next[1].0 && next[0].1 < next[1].1, "{:?}", pairs);
            }
        }

        #[test]
        fn one_version_is_itself_and_an_unchanged_one_adds_nothing(
            base in "[abå .]{0,30}", version in "[abå .]{0,30}",
        ) {
            prop_assert_eq!(merged(&base, &[&version]), version.clone());
            prop_assert_eq!(merged(&base, &[&base, &version]), version.clone());
            prop_assert_eq!(merged(&base, &[&version, &version]), version);
        }

        #[test]
        fn no_word_that_somebody_put_in_is_lost(
            base in "([a-c]{1,2} ){0,8}", one in "([d-f]{1,2} ){0,8}", other in "([g-i]{1,2} ){0,8}",
        ) {
            let text = merged(&base, &[&one, &other]);
            let found: Vec<&str> = words(&text);
            let put_in = words(&one).into_iter().chain(words(&other));
            for word in put_in.filter(|word| !word.trim().is_empty()) {
                prop_assert!(found.contains(&word), "{word:?} in {text:?}");
            }
        }
    }
}
