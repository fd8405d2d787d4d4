//! The same seed gives the same history, to the byte.
#![expect(clippy::unwrap_used, reason = "a test: a failed step fails it")]

use std::process::Command;

fn sim(args: &[&str]) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_sim")).args(args).output().unwrap();
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn the_same_seed_gives_the_same_history() {
    let small = ["--devices", "3", "--days", "3", "--verbose", "--seed"];
    let [first, again, other] = ["11", "11", "12"].map(|seed| sim(&[&small[..], &[seed]].concat()));
    assert!(first.0, "{}", first.1);
    assert_eq!(first, again);
    assert_ne!(first.1, other.1);
}
