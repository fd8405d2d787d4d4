//! What goes from a tablet, what stays until it is handed in, and what comes from the server.

use std::cell::RefCell;
use std::rc::Rc;

use ankomst_core::store::{Failure, MemoryStore, Store, Table, Write};
use ankomst_shared::app::{Body, Command, Query, Reply, View, Wipe};
use ankomst_shared::limits::FILE_PIECE_BYTES;
use ankomst_shared::sync::message::Destroyed;
use ankomst_shared::value::Value;
use futures_util::FutureExt;

use super::home::{Home, Lane};
use super::kit::{On, named, picture};

const LONG: usize = 2 * FILE_PIECE_BYTES + 7;

/// A tablet with a picture in a case, of which the server knows nothing; shut.
fn with_picture(store: &MemoryStore, home: &Rc<RefCell<Home>>) -> On {
    let on = On::signed_in(store, home);
    let case = on.case();
    on.takes(case, &picture(1, LONG), &picture(2, 900)).unwrap();
    on.ask(Command::Lock);
    on
}

#[test]
fn a_colleague_who_uses_the_tablet_hands_in_what_another_has_taken() {
    let (store, home) = (MemoryStore::default(), Rc::<RefCell<Home>>::default());
    let on = with_picture(&store, &home);
    drop(on);
    let mut on = On::new(&store.restarted(), &home);
    on.signs_in("oskar", false);
    assert_eq!(on.status().files, 1);
    on.goes_on(4);
    assert_eq!((home.borrow().whole(), on.status().files), (2, 0));
}

#[test]
fn a_file_that_is_refused_or_has_no_room_bars_no_other() {
    let (store, home) = (MemoryStore::default(), Rc::<RefCell<Home>>::default());
    let mut on = On::signed_in(&store, &home);
    let case = on.case();
    for number in 1..=3 {
        on.takes(case, &picture(number, LONG), &[]).unwrap();
    }
    home.borrow_mut().refused.insert(named(&picture(1, LONG)));
    on.goes_on(3);
    assert_eq!((home.borrow().whole(), on.status().files), (2, 0));
    let refused =
        on.files(case).into_iter().find(|file| file.name == named(&picture(1, LONG)).to_string());
    let refused = refused.unwrap();
    assert_eq!(
        (refused.badge.text.as_str(), refused.elsewhere.as_str()),
        ("Servern kan inte läsa den", "")
    );
    let rows = on.rows();
    home.borrow_mut().asked.clear();
    on.later(7_200_000);
    on.goes_on(4);
    let again = home.borrow().asked.iter().filter(|one| *one == "file Some(0)").count();
    assert_eq!(again, 0, "it is brought no more");
    // Unless it is taken anew.
    home.borrow_mut().refused.clear();
    on.takes(case, &picture(1, LONG), &[]).unwrap();
    assert_eq!((on.status().files, on.rows()), (1, rows));
    on.goes_on(3);
    assert_eq!((home.borrow().whole(), on.status().files), (3, 0));
    let badges: Vec<String> =
        on.files(case).into_iter().map(|file| file.badge.text.clone()).collect();
    assert_eq!(badges, ["Inlämnad"; 4]);
}

#[test]
fn a_file_of_which_a_piece_is_lost_says_so_and_may_be_taken_anew() {
    let (store, home) = (MemoryStore::default(), Rc::<RefCell<Home>>::default());
    let mut on = On::signed_in(&store, &home);
    let case = on.case();
    on.takes(case, &picture(1, LONG), &[]).unwrap();
    let key = on.keys().into_iter().rfind(|key| key.starts_with(b"p")).unwrap();
    store.commit(vec![Write::delete(Table::Files, key)]).now_or_never().unwrap().unwrap();
    on.takes(case, &picture(3, 900), &[]).unwrap();
    on.goes_on(4);
    let badge = |on: &On, bytes: &[u8]| {
        let mut files = on.files(case).into_iter();
        files.find(|file| file.name == named(bytes).to_string()).unwrap().badge.text
    };
    assert_eq!(badge(&on, &picture(3, 900)), "Inlämnad");
    assert_eq!(badge(&on, &picture(1, LONG)), "Servern kan inte läsa den");
    on.takes(case, &picture(1, LONG), &[]).unwrap();
    on.goes_on(3);
    assert_eq!(badge(&on, &picture(1, LONG)), "Inlämnad");
}

#[test]
fn a_file_of_a_destroyed_record_goes_and_is_said_to_have_gone() {
    let (store, home) = (MemoryStore::default(), Rc::<RefCell<Home>>::default());
    let mut on = On::signed_in(&store, &home);
    let case = on.case();
    on.takes(case, &picture(1, LONG), &[]).unwrap();
    home.borrow_mut().destroyed.insert(case);
    on.goes_on(3);
    assert_eq!((home.borrow().whole(), on.status().files), (0, 0));
    assert!(on.keys().iter().all(|key| !key.starts_with(b"p")), "no piece of it is left");
    assert_eq!(on.files(case)[0].badge.text, "Förstörd med posten");
    // The record is there all the same, and the picture is taken anew.
    home.borrow_mut().destroyed.clear();
    on.takes(case, &picture(1, LONG), &[]).unwrap();
    on.goes_on(3);
    assert_eq!((home.borrow().whole(), on.status().files), (1, 0));
    // Where it is not, nothing of it stays once its vault has been opened.
    home.borrow_mut().destroyed.insert(case);
    on.takes(case, &picture(3, LONG), &[]).unwrap();
    on.goes_on(3);
    home.borrow_mut().backed_up = true;
    home.borrow_mut().drop = vec![case];
    on.ask(Command::SyncNow);
    on.later(7_200_000);
    on.goes_on(8);
    drop(on);
    let on = On::new(&store.restarted(), &home);
    on.unlocks();
    assert_eq!(on.rows(), 0);
}

#[test]
fn a_wiped_tablet_hands_in_and_keeps_its_pictures_until_a_backup_wherever_the_power_is_cut() {
    let ordered = |store: &MemoryStore, home: &Rc<RefCell<Home>>| {
        drop(with_picture(store, home));
        home.borrow_mut().orders = true;
        home.borrow_mut().lane = Lane::Full;
    };
    let (store, home) = (MemoryStore::default(), Rc::<RefCell<Home>>::default());
    ordered(&store, &home);
    let store = store.restarted();
    let mut on = On::new(&store, &home);
    on.goes_on(8);
    assert_eq!(on.status().wipe, Wipe::Done);
    assert!(on.keys().iter().all(|key| !key.starts_with(b"s")), "no key is left");
    assert!(on.keys().iter().any(|key| key.starts_with(b"p")), "the server has none of it");
    home.borrow_mut().lane = Lane::Open;
    on.later(3_600_000);
    on.goes_on(70);
    assert_eq!((home.borrow().whole(), on.status().files), (2, 0));
    nothing_goes_before_a_backup_has_it(&mut on, &home, "wiped");
    let commits = store.commits();
    for at in 0..commits {
        let (store, home) = (MemoryStore::default(), Rc::<RefCell<Home>>::default());
        ordered(&store, &home);
        let store = store.restarted();
        store.fail_at(at, Failure::CrashAfter);
        let mut on = On::new(&store, &home);
        on.goes_on(8);
        drop(on);
        home.borrow_mut().lane = Lane::Open;
        let mut on = On::new(&store.restarted(), &home);
        on.goes_on(150);
        assert_eq!(home.borrow().whole(), 2, "at {at}");
        assert_eq!(on.status().wipe, Wipe::Done, "at {at}");
        nothing_goes_before_a_backup_has_it(&mut on, &home, &format!("at {at}"));
    }
}

/// Of what the server has whole and nobody can read here any more, everything stays that can be brought once more until a
/// backup has it, with few questions, and nothing after that.
fn nothing_goes_before_a_backup_has_it(on: &mut On, home: &Rc<RefCell<Home>>, what: &str) {
    assert!(!has(on, b"s") && has(on, b"p"), "{what}");
    home.borrow_mut().asked.clear();
    on.goes_on(60);
    let asked = home.borrow().asked.iter().filter(|one| one.starts_with("file")).count();
    assert!(asked <= 2, "{what}: once in an hour about each: {asked}");
    // The server's disk has changed or lost them.
    home.borrow_mut().has.clear();
    on.later(3_600_000);
    on.goes_on(4);
    assert_eq!(home.borrow().whole(), 2, "{what}: they were brought once more");
    home.borrow_mut().backed_up = true;
    on.later(3_600_000);
    on.goes_on(4);
    assert_eq!(on.rows(), 0, "{what}");
    // And whoever handed them in has nothing more to say.
    on.goes_on(180);
    home.borrow_mut().asked.clear();
    on.goes_on(180);
    let said = home.borrow().asked.iter().filter(|one| *one == "farewell").count();
    assert_eq!(said, 0, "{what}");
}

#[test]
fn where_a_passphrase_is_forgotten_what_no_backup_has_comes_home_all_the_same() {
    for is_handed_in in [false, true] {
        let (store, home) = (MemoryStore::default(), Rc::<RefCell<Home>>::default());
        let mut on = with_picture(&store, &home);
        if is_handed_in {
            on.goes_on(3);
        }
        drop(on);
        let mut on = On::new(&store.restarted(), &home);
        on.signs_in("elin", true);
        on.goes_on(4);
        assert_eq!(home.borrow().whole(), 2, "{is_handed_in}");
        nothing_goes_before_a_backup_has_it(&mut on, &home, &format!("{is_handed_in}"));
    }
}

#[test]
fn what_others_have_taken_is_a_sentence_until_it_is_there_and_stays_for_a_day_without_contact() {
    let (store, home) = (MemoryStore::default(), Rc::<RefCell<Home>>::default());
    let mut on = On::signed_in(&store, &home);
    let case = on.case();
    let (long, thumb) = (picture(1, LONG), picture(2, 900));
    on.hears_of(case, &long, &thumb);
    let elsewhere = |on: &On| on.files(case)[0].elsewhere.clone();
    let badge = |on: &On| on.files(case)[0].badge.text.clone();
    assert_eq!(elsewhere(&on), "Inte hämtad hit än. Tagen 2023-11-14 22:56, 2,1 MB.");
    assert_eq!(badge(&on), "Inte hämtad");
    // By itself comes only whether its small picture is there.
    on.goes_on(3);
    let sentence = "Ligger på Surfplatta, inte uppladdad än, tagen 2023-11-14 22:56, 2,1 MB.";
    assert_eq!((elsewhere(&on).as_str(), badge(&on).as_str()), (sentence, "Inte uppladdad än"));
    home.borrow_mut().asked.clear();
    assert_eq!(on.shows(case, &named(&long).to_string()), None);
    on.goes_on(3);
    assert_eq!(elsewhere(&on), sentence);
    let asked = home.borrow().asked.iter().filter(|one| one.starts_with("fetch")).count();
    assert!((1..=4).contains(&asked), "it is asked for now and then: {asked}");
    // It has been handed in: the small one comes by itself, and what somebody has asked for.
    home.borrow_mut().shelf.extend([(named(&long), long.clone()), (named(&thumb), thumb.clone())]);
    on.later(600_000);
    on.goes_on(8);
    assert_eq!(on.files(case)[0].thumb, Some(named(&thumb).to_string()));
    assert_eq!(on.shows(case, &named(&thumb).to_string()), Some(thumb));
    assert_eq!(on.shows(case, &named(&long).to_string()), Some(long.clone()));
    assert_eq!((elsewhere(&on).as_str(), badge(&on).as_str()), ("", "Hos servern"));
    // And is here when nobody is.
    drop(on);
    home.borrow_mut().lane = Lane::Away;
    let on = On::new(&store.restarted(), &home);
    on.unlocks();
    assert_eq!(on.shows(case, &named(&long).to_string()), Some(long));
}

#[test]
fn what_is_not_what_its_name_says_is_not_kept() {
    let (store, home) = (MemoryStore::default(), Rc::<RefCell<Home>>::default());
    let mut on = On::signed_in(&store, &home);
    let case = on.case();
    let long = picture(1, LONG);
    let answers = vec![("hash".to_owned(), Value::text(named(&long).to_string()))];
    let add = Command::AddEntry { document: case, list: "attachments".to_owned(), answers };
    on.ask(add);
    home.borrow_mut().shelf.insert(named(&long), picture(3, LONG));
    assert_eq!(on.shows(case, &named(&long).to_string()), None);
    on.goes_on(8);
    assert_eq!((on.shows(case, &named(&long).to_string()), on.rows()), (None, 0));
}

fn has(on: &On, rows: &[u8]) -> bool {
    on.keys().iter().any(|key| key.starts_with(rows))
}

#[test]
fn what_is_protected_cannot_be_read_after_its_time_and_comes_home_all_the_same() {
    let (store, home) = (MemoryStore::default(), Rc::<RefCell<Home>>::default());
    home.borrow_mut().lane = Lane::Full;
    let mut on = On::signed_in(&store, &home);
    let case = on.case();
    on.takes(case, &picture(1, LONG), &picture(2, 900)).unwrap();
    home.borrow_mut().guarded = (vec![case], 600);
    on.goes_on(4);
    home.borrow_mut().lane = Lane::Away;
    on.later(700_000);
    on.goes_on(8);
    assert!(!has(&on, b"s") && has(&on, b"p"), "its key has gone, and nothing else");
    home.borrow_mut().lane = Lane::Open;
    on.later(3_600_000);
    on.goes_on(12);
    assert_eq!(home.borrow().whole(), 2);
}

#[test]
fn a_record_that_leaves_takes_its_pictures_along_once_a_backup_has_them() {
    let (store, home) = (MemoryStore::default(), Rc::<RefCell<Home>>::default());
    home.borrow_mut().lane = Lane::Full;
    let mut on = On::signed_in(&store, &home);
    let case = on.case();
    on.takes(case, &picture(1, LONG), &picture(2, 900)).unwrap();
    on.goes_on(4);
    home.borrow_mut().drop = vec![case];
    on.ask(Command::SyncNow);
    on.goes_on(4);
    assert!(!has(&on, b"s") && has(&on, b"p"));
    (home.borrow_mut().lane, home.borrow_mut().backed_up) = (Lane::Open, true);
    on.later(3_600_000);
    on.goes_on(8);
    assert_eq!(home.borrow().whole(), 2);
    drop(on);
    let on = On::new(&store.restarted(), &home);
    on.unlocks();
    assert_eq!(on.rows(), 0);
}

#[test]
fn a_picture_that_was_only_here_of_a_record_that_was_destroyed_is_said_to_be_lost() {
    let (store, home) = (MemoryStore::default(), Rc::<RefCell<Home>>::default());
    home.borrow_mut().lane = Lane::Full;
    let mut on = On::signed_in(&store, &home);
    let case = on.case();
    on.takes(case, &picture(1, LONG), &picture(2, 900)).unwrap();
    on.goes_on(4);
    home.borrow_mut().gone = vec![Destroyed {
        record: case,
        documents: vec![case],
        kind: "case".to_owned(),
        number: String::new(),
        at_ms: 1_700_000_000_000,
        ground: String::new(),
        reference: String::new(),
        ask: String::new(),
    }];
    on.ask(Command::SyncNow);
    on.goes_on(4);
    assert_eq!((on.rows(), on.status().files), (0, 0));
    let Reply::View(View::Page(page)) = on.ask(Command::Get(Query::Page("/idag".to_owned())))
    else {
        panic!("no page")
    };
    let said = page.parts.iter().find(|part| part.key == case.to_string()).unwrap();
    assert!(matches!(said.body, Body::Text(_)) && said.help.ends_with(" 1."), "{}", said.help);
}
