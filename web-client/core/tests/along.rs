//! Houses taken along: at a bound it is said in words, and nothing that is along goes for it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at once")]

mod desk;

use ankomst_core::Core;
use ankomst_core::store::MemoryStore;
use ankomst_shared::app::{Act, Command, Reply};
use ankomst_shared::ids::DocumentId;

use desk::{Desk, ask, signs_in};

fn takes(core: &Core<Desk>, house: u8, keep: bool) -> String {
    let residence = DocumentId::from_bytes([house; 16]);
    match ask(core, Command::Act(Act::TakeAlong { residence, keep }, Vec::new())) {
        Reply::Acted(acted) => acted.say,
        other => panic!("{house}: {other:?}"),
    }
}

#[test]
fn a_hundred_houses_are_taken_along_and_one_more_once_one_is_given_back() {
    let core = signs_in(Desk::on(&MemoryStore::default()));
    let taken = takes(&core, 1, true);
    for house in 2..=100 {
        assert_eq!(takes(&core, house, true), taken, "{house}");
    }
    let full = takes(&core, 101, true);
    assert!(full.contains("100") && full != taken, "{full}");
    assert_eq!(takes(&core, 7, true), taken, "one that is along stays so");
    assert_ne!(takes(&core, 7, false), full);
    assert_eq!(takes(&core, 101, true), taken);
}
