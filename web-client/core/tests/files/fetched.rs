//! What others have taken comes from the server, and holds up nothing that was taken in here.

use std::cell::RefCell;
use std::rc::Rc;

use ankomst_core::platform::StorageFacts;
use ankomst_core::store::{MemoryStore, Store, Table, Write};
use ankomst_shared::app::{Command, FileAsk, Refusal, Reply};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::limits::{FILE_PIECE_BYTES, SCREEN_SHUTS_MS};
use futures_util::FutureExt;

use super::home::Home;
use super::kit::{On, named, picture};

const LONG: usize = 2 * FILE_PIECE_BYTES + 7;

fn a_case() -> (On, Rc<RefCell<Home>>, DocumentId) {
    let home = Rc::<RefCell<Home>>::default();
    let on = On::signed_in(&MemoryStore::default(), &home);
    let case = on.case();
    (on, home, case)
}

fn fetches(home: &Rc<RefCell<Home>>) -> usize {
    home.borrow().asked.iter().filter(|one| one.starts_with("fetch")).count()
}

#[test]
fn a_small_picture_that_the_server_cannot_give_holds_up_nothing() {
    for status in [500, 503, 429, 426, 403] {
        let (mut on, home, case) = a_case();
        let (broken, good) = (picture(2, 900), picture(5, 800));
        on.hears_of(case, &picture(1, LONG), &broken);
        on.hears_of(case, &picture(4, LONG), &good);
        home.borrow_mut().breaks.insert(named(&broken), status);
        home.borrow_mut().shelf.insert(named(&good), good.clone());
        on.files(case);
        on.takes(case, &picture(3, LONG), &[]).unwrap();
        on.goes_on(30);
        assert_eq!(home.borrow().whole(), 1, "{status}: {:?}", home.borrow().asked);
        assert_eq!(on.shows(case, &named(&good).to_string()), Some(good), "{status}");
        assert!(fetches(&home) < 8, "{status}: {:?}", home.borrow().asked);
    }
}

#[test]
fn only_what_the_server_says_it_does_not_have_is_said_to_be_elsewhere() {
    let (mut on, home, case) = a_case();
    let (long, thumb) = (picture(1, LONG), picture(2, 900));
    on.hears_of(case, &long, &thumb);
    let broken = [(named(&long), 500), (named(&thumb), 500)];
    home.borrow_mut().breaks.extend(broken);
    on.files(case);
    assert_eq!(on.shows(case, &named(&long).to_string()), None);
    on.goes_on(3);
    assert!(fetches(&home) > 0);
    let badge = |on: &On| on.files(case)[0].badge.text.clone();
    assert_eq!(badge(&on), "Inte hämtad");
    // Nobody has to ask for it again.
    home.borrow_mut().breaks.clear();
    home.borrow_mut().shelf.insert(named(&long), long.clone());
    on.later(60_000);
    on.goes_on(2);
    assert_eq!(on.shows(case, &named(&long).to_string()), Some(long));
}

#[test]
fn what_the_server_did_not_have_is_asked_for_again_by_itself_and_rarely() {
    let (mut on, home, case) = a_case();
    let (long, thumb) = (picture(1, LONG), picture(2, 900));
    on.hears_of(case, &long, &thumb);
    home.borrow_mut().shelf.insert(named(&thumb), thumb);
    on.files(case);
    assert_eq!(on.shows(case, &named(&long).to_string()), None);
    on.goes_on(3);
    let badge = |on: &On| on.files(case)[0].badge.text.clone();
    assert_eq!(badge(&on), "Inte uppladdad än");
    // It is said to be elsewhere all the while, and asked for ever more rarely.
    home.borrow_mut().asked.clear();
    for _ in 0..60 {
        on.later(60_000);
        on.goes_on(1);
        assert_eq!(badge(&on), "Inte uppladdad än");
    }
    let asked = fetches(&home);
    assert!((3..=12).contains(&asked), "{asked} in an hour");
    // The tablet that has it comes home.
    home.borrow_mut().shelf.insert(named(&long), long.clone());
    on.later(600_000);
    on.goes_on(3);
    assert_eq!(badge(&on), "Hos servern");
    assert_eq!(on.shows(case, &named(&long).to_string()), Some(long));
}

#[test]
fn files_that_the_server_does_not_have_push_out_none_that_is_coming() {
    let (mut on, home, case) = a_case();
    let large = picture(200, 12 * FILE_PIECE_BYTES);
    home.borrow_mut().shelf.insert(named(&large), large.clone());
    home.borrow_mut().stops = Some((named(&large), 5));
    assert_eq!(on.shows(case, &named(&large).to_string()), None);
    on.goes_on(2);
    for number in 0..40 {
        assert_eq!(on.shows(case, &named(&picture(number, LONG)).to_string()), None);
        on.goes_on(1);
    }
    home.borrow_mut().stops = None;
    home.borrow_mut().asked.clear();
    on.later(600_000);
    on.goes_on(3);
    assert_eq!(home.borrow().asked.iter().filter(|one| *one == "fetch 4").count(), 0);
    assert_eq!(on.shows(case, &named(&large).to_string()), Some(large));
}

#[test]
fn what_was_looked_at_today_stays_and_what_has_no_room_is_not_asked_for() {
    let (mut on, home, case) = a_case();
    let (first, second) = (picture(1, LONG), picture(3, LONG));
    for (long, thumb) in [(&first, picture(2, 900)), (&second, picture(4, 900))] {
        on.hears_of(case, long, &thumb);
        home.borrow_mut().shelf.extend([(named(long), long.clone()), (named(&thumb), thumb)]);
    }
    let shows = |on: &On, long: &[u8]| on.shows(case, &named(long).to_string()).is_some();
    on.files(case);
    assert!(!shows(&on, &first));
    on.goes_on(3);
    assert!(shows(&on, &first));
    // There is room for what the record says of the second if the first goes.
    let nearly = StorageFacts { used: 797_950_000, quota: 1_000_000_000, persisted: true };
    on.facts.set(Some(nearly));
    home.borrow_mut().asked.clear();
    assert!(!shows(&on, &second));
    on.goes_on(8);
    assert!(shows(&on, &first));
    assert_eq!(fetches(&home), 0);
    let badges: Vec<String> = on.files(case).into_iter().map(|file| file.badge.text).collect();
    assert!(badges.contains(&"Inte hämtad".to_owned()), "{badges:?}");
    on.later(3 * 86_400_000);
    on.files(case);
    assert!(!shows(&on, &second));
    on.goes_on(8);
    assert!(shows(&on, &second) && !shows(&on, &first));
}

#[test]
fn where_there_is_no_room_no_small_picture_is_asked_for() {
    let (mut on, home, case) = a_case();
    for number in 0..9 {
        let thumb = picture(number, 900);
        on.hears_of(case, &picture(number, LONG), &thumb);
        home.borrow_mut().shelf.insert(named(&thumb), thumb);
    }
    let full = StorageFacts { used: 900_000_000, quota: 1_000_000_000, persisted: true };
    on.facts.set(Some(full));
    on.files(case);
    on.goes_on(5);
    assert_eq!(fetches(&home), 0);
    on.facts.set(None);
    on.later(600_000);
    on.goes_on(3);
    assert_eq!(fetches(&home), 9);
}

#[test]
fn a_fetched_file_that_is_damaged_here_is_fetched_again() {
    let (mut on, home, case) = a_case();
    let (long, thumb) = (picture(1, LONG), picture(2, 900));
    on.hears_of(case, &long, &thumb);
    home.borrow_mut().shelf.insert(named(&long), long.clone());
    let name = named(&long).to_string();
    assert_eq!(on.shows(case, &name), None);
    on.goes_on(3);
    assert_eq!(on.shows(case, &name), Some(long.clone()));
    for bytes in [None, Some(vec![7; 40])] {
        let key = on.keys().into_iter().find(|key| key.starts_with(b"p")).unwrap();
        let write = Write { table: Table::Files, key, value: bytes };
        on.store.commit(vec![write]).now_or_never().unwrap().unwrap();
        assert_eq!(on.shows(case, &name), None);
        on.goes_on(3);
        assert_eq!(on.shows(case, &name), Some(long.clone()));
    }
}

#[test]
fn an_unattended_screen_shuts_though_pictures_come_by_themselves() {
    let (mut on, _, case) = a_case();
    on.takes(case, &picture(1, LONG), &[]).unwrap();
    // A page is there.
    on.core.receive(b"").now_or_never().unwrap();
    let get = || FileAsk::Get(case, named(&picture(1, LONG)).to_string(), 0);
    assert!(matches!(on.ask(Command::File(get())), Reply::Piece(_, 3)));
    for _ in 0..=SCREEN_SHUTS_MS / 10_000 {
        on.goes_on(1);
        on.ask(Command::File(get()));
    }
    assert_eq!(on.ask(Command::File(get())), Reply::Refused(Refusal::Locked));
}

#[test]
fn a_server_that_asks_to_wait_is_left_alone() {
    let (mut on, home, case) = a_case();
    for number in 0..20 {
        let thumb = picture(number, 900 + usize::from(number));
        on.hears_of(case, &picture(number, LONG), &thumb);
        home.borrow_mut().breaks.insert(named(&thumb), 429);
    }
    on.files(case);
    on.goes_on(5);
    assert_eq!(fetches(&home), 1);
    on.goes_on(7);
    assert_eq!(fetches(&home), 2);
}

#[test]
fn a_large_file_that_is_fetched_and_one_that_is_handed_in_go_in_turn() {
    let (mut on, home, case) = a_case();
    let (large, thumb) = (picture(1, 12 * FILE_PIECE_BYTES), picture(2, 900));
    on.hears_of(case, &large, &thumb);
    home.borrow_mut().shelf.insert(named(&large), large.clone());
    assert_eq!(on.shows(case, &named(&large).to_string()), None);
    on.takes(case, &picture(3, LONG), &[]).unwrap();
    on.goes_on(3);
    let asked = home.borrow().asked.clone();
    let at = |what: &str| asked.iter().position(|one| one == what).unwrap();
    assert!(at("file Some(2)") < at("fetch 4"), "{asked:?}");
    assert_eq!(on.shows(case, &named(&large).to_string()), Some(large));
}

#[test]
fn small_pictures_come_while_a_large_file_is_coming() {
    let (mut on, home, case) = a_case();
    let (large, thumb) = (picture(1, 12 * FILE_PIECE_BYTES), picture(2, 900));
    on.hears_of(case, &large, &thumb);
    home.borrow_mut().shelf.insert(named(&large), large.clone());
    home.borrow_mut().breaks.insert(named(&thumb), 500);
    assert_eq!(on.shows(case, &named(&large).to_string()), None);
    // It breaks off in the middle, and goes on where it was.
    home.borrow_mut().stops = Some((named(&large), 5));
    on.goes_on(3);
    home.borrow_mut().breaks.clear();
    home.borrow_mut().shelf.insert(named(&thumb), thumb.clone());
    home.borrow_mut().asked.clear();
    on.later(60_000);
    on.files(case);
    on.goes_on(1);
    let asked = home.borrow().asked.clone();
    let fetched: Vec<&String> = asked.iter().filter(|one| one.starts_with("fetch")).collect();
    assert_eq!(fetched[..2], ["fetch 0", "fetch 5"], "{asked:?}");
    assert_eq!(on.shows(case, &named(&thumb).to_string()), Some(thumb));
    home.borrow_mut().stops = None;
    on.later(120_000);
    on.goes_on(3);
    assert_eq!(on.shows(case, &named(&large).to_string()), Some(large));
    let again = home.borrow().asked.iter().filter(|one| *one == "fetch 4").count();
    assert_eq!(again, 0);
}
