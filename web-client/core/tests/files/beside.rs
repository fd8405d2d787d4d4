//! What is written beside a file that never goes: requests, bytes and acknowledged changes are those of a tablet without it.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use ankomst_core::store::{MemoryStore, Store, Table, Write};
use ankomst_shared::app::{Act, Command};
use ankomst_shared::limits::FILE_PIECE_BYTES;
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::file::pieces;
use ankomst_shared::value::Value;
use futures_util::FutureExt;

use super::home::{Home, Lane};
use super::kit::{On, picture};

/// Three pieces.
const LONG: usize = 2 * FILE_PIECE_BYTES + 7;

/// What the server was asked while twelve things were written.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    files: usize,
    /// Requests for what is written, in order, and the bytes of their questions.
    text: (Vec<String>, usize),
    acknowledged: usize,
}

/// As if a file of three pieces were as long as that: to seal so much takes a debug build half a minute.
fn grows(store: &MemoryStore, bytes: u32) {
    let said = |bytes: u32| [&[0x1a], bytes.to_be_bytes().as_slice()].concat();
    let (was, is) = (said(LONG.try_into().unwrap()), said(bytes));
    let mut writes = Vec::new();
    for (mut key, mut value) in store.load(Table::Files, b"").now_or_never().unwrap().unwrap() {
        if key.starts_with(b"r") {
            let at = value.windows(was.len()).position(|part| part == was).unwrap();
            value.splice(at..at + was.len(), is.clone());
            writes.push(Write::put(Table::Files, key, value));
        } else if key.starts_with(b"p") && key.ends_with(&[0, 0, 0, 1]) {
            for number in 2..pieces(u64::from(bytes)).unwrap() {
                key.truncate(17);
                key.extend(number.to_be_bytes());
                writes.push(Write::put(Table::Files, key.clone(), value.clone()));
            }
        }
    }
    store.commit(writes).now_or_never().unwrap().unwrap();
}

/// Writes twelve things beside a file for which there is no room, if there is one.
fn written_beside(file: Option<u32>) -> Asked {
    let (store, home) = (MemoryStore::default(), Rc::<RefCell<Home>>::default());
    let on = On::signed_in(&store, &home);
    let (case, other) = (on.case(), on.case());
    home.borrow_mut().lane = Lane::Full;
    if let Some(bytes) = file {
        on.takes(other, &picture(1, LONG), &[]).unwrap();
        grows(&store, bytes);
        let kept = on.keys().iter().filter(|key| key.starts_with(b"p")).count();
        assert_eq!(u32::try_from(kept).ok(), pieces(u64::from(bytes)));
    }
    drop(on);
    let mut on = On::new(&store.restarted(), &home);
    on.unlocks();
    on.goes_on(3);
    assert_eq!(on.status().files, u32::from(file.is_some()));
    home.borrow_mut().asked.clear();
    home.borrow_mut().written = (0, BTreeSet::new());
    for round in 0..12 {
        let path = FieldPath::parse("arriving_from").unwrap();
        let value = Value::text(format!("Trelleborg {round}"));
        let set = Act::Set { document: case, values: vec![(path, value)] };
        on.ask(Command::Act(set, Vec::new()));
        on.goes_on(2);
    }
    let home = home.borrow();
    let all = home.asked.iter().cloned();
    let (files, text): (Vec<_>, Vec<_>) = all.partition(|one| one.starts_with("file"));
    let (bytes, acknowledged) = (home.written.0, home.written.1.len());
    Asked { files: files.len(), text: (text, bytes), acknowledged }
}

#[test]
fn two_hundred_megabytes_that_never_go_cost_what_is_written_no_request_and_no_byte() {
    let (without, with) = (written_beside(None), written_beside(Some(200_000_000)));
    assert!(without.files == 0 && with.files > 0);
    assert!(with.files <= 5, "a file for which there is no room is offered rarely: {with:?}");
    assert_eq!(with.text, without.text);
    assert_eq!((with.acknowledged, without.acknowledged), (12, 12));
}
