//! A storm can be lived through again exactly.

use ankomst_sim::storm::live;

/// Seed 10 goes on until everybody has gone without a word, and the server has noticed.
#[test]
fn a_seed_is_a_storm() {
    let first = live(10);
    assert_eq!(first.faults, Vec::<String>::new());
    assert!(first.counts["answered"] > 20 && first.counts["written"] > 10, "{:?}", first.counts);
    let again = live(10);
    assert_eq!((again.trace, again.counts), (first.trace, first.counts));
}
