//! What is heard as one name and what is not; the two lists in `shared/tests/names`.

use proptest::prelude::*;

use super::*;

/// Pairs of a list: two names, and whether they are one.
fn pairs(list: &str) -> Vec<(&str, &str, bool)> {
    let lines = list.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let read = lines.map(|line| {
        let mut parts = line.split(" | ");
        let [one, other, verdict] = [(); 3].map(|()| parts.next().unwrap_or_default());
        assert!(matches!(verdict, "same" | "other") && !other.is_empty(), "{line}");
        (one, other, verdict == "same")
    });
    read.collect()
}

/// Recall and precision in hundredths of a percent, and what was told wrongly.
fn measured(list: &str) -> (usize, usize, Vec<String>) {
    let (mut found, mut missed, mut false_ones) = (0_usize, 0_usize, 0_usize);
    let mut wrong = Vec::new();
    for (one, other, is_one) in pairs(list) {
        match (is_one, is_same(one, other)) {
            (true, true) => found += 1,
            (true, false) => missed += 1,
            (false, true) => false_ones += 1,
            (false, false) => continue,
        }
        if is_one != is_same(one, other) {
            wrong.push(format!("{one} | {other} is {}", if is_one { "same" } else { "other" }));
        }
    }
    let of = |all: usize| (found * 10_000).checked_div(all).unwrap_or(0);
    (of(found + missed), of(found + false_ones), wrong)
}

const TUNED: &str = include_str!("../../tests/names/pairs.txt");
const UNSEEN: &str = include_str!("../../tests/names/unseen.txt");

#[test]
fn the_list_of_pairs_is_told_apart_as_well_as_published() {
    let (recall, precision, wrong) = measured(TUNED);
    println!("tuned: recall {recall} precision {precision} of {}", pairs(TUNED).len());
    println!("{}", wrong.join("\n"));
    assert!(pairs(TUNED).len() >= 400);
}

#[test]
fn the_names_of_the_task_are_one() {
    for name in ["Mohammed", "Muhammad", "Мухаммед", "Mohamed", "Muhammed", "Maxamed"] {
        assert!(is_same("محمد", name), "{name}");
    }
    assert!(is_same("ተስፋይ", "Tesfay"));
    assert!(!is_same("محمد", "Mahmoud") && !is_same("Rami", "Rima"));
}

proptest! {
    #[test]
    fn hearing_is_total_bounded_and_the_same_both_ways(one in "\\PC{0,40}", other in "[a-zà-žا-يа-яሀ-ፚ -]{0,40}") {
        for text in [&one, &other] {
            for sound in Sound::of(text) {
                prop_assert!(sound.len() <= BEATS_MAX);
                prop_assert!(sound.skeleton().len() <= BEATS_MAX);
            }
        }
        let (a, b) = (Name::of(&one), Name::of(&other));
        prop_assert_eq!(a.differs(&b), b.differs(&a));
        prop_assert_eq!(is_same(&one, &other), is_same(&other, &one));
        if !a.is_empty() {
            prop_assert_eq!(a.differs(&a), Some(0));
        }
    }
}
