//! A picture of a blocked way out: it is never lost, never holds up what is written, and a lost tablet tells nothing of it.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at once")]

#[path = "files/beside.rs"]
mod beside;
mod desk;
#[path = "files/fetched.rs"]
mod fetched;
#[path = "files/home.rs"]
mod home;
#[path = "files/kit.rs"]
mod kit;
#[path = "files/leaves.rs"]
mod leaves;

use std::cell::RefCell;
use std::rc::Rc;

use ankomst_core::platform::StorageFacts;
use ankomst_core::store::{Failure, MemoryStore};
use ankomst_shared::app::{
    Act, Acted, Body, Command, FileAsk, NewFile, Query, Refusal, Reply, View,
};
use ankomst_shared::ids::{DocumentId, Epoch};
use ankomst_shared::limits::{FILE_BYTES_MAX, FILE_PIECE_BYTES};
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;

use home::{Home, There};
use kit::{On, named, picture};

/// Three pieces.
const LONG: usize = 2 * FILE_PIECE_BYTES + 7;

#[test]
fn a_picture_is_in_its_record_at_once_and_comes_home_after_what_is_written() {
    let (store, home) = (MemoryStore::default(), Rc::<RefCell<Home>>::default());
    let mut on = On::signed_in(&store, &home);
    let case = on.case();
    let (long, thumb) = (picture(1, LONG), picture(2, 900));
    on.takes(case, &long, &thumb).unwrap();
    let shown = on.files(case);
    assert_eq!(shown.len(), 1);
    assert_eq!(
        (shown[0].elsewhere.as_str(), shown[0].badge.text.as_str()),
        ("", "Bara på den här surfplattan")
    );
    assert_eq!(on.shows(case, &shown[0].name).unwrap(), long);
    assert_eq!(on.shows(case, shown[0].thumb.as_ref().unwrap()).unwrap(), thumb);
    assert_eq!(on.status().files, 1, "what was taken, not its parts");
    home.borrow_mut().asked.clear();
    on.goes_on(3);
    {
        let home = home.borrow();
        let text = home.asked.iter().take_while(|one| *one == "sync").count();
        let files = &home.asked[text..];
        assert!(text > 0, "{:?}", home.asked);
        // The small one first; then each piece once, and the server is not asked about what it has just said.
        assert_eq!(files, ["file Some(0)", "file Some(0)", "file Some(1)", "file Some(2)"]);
        let mut has: Vec<Vec<u8>> = home.has.values().map(There::bytes).collect();
        has.sort_by_key(Vec::len);
        assert_eq!(has, [thumb, long.clone()]);
        assert!(home.has.values().all(|there| there.head.document == case));
    }
    assert_eq!(on.status().files, 0);
    assert_eq!(on.files(case)[0].badge.text, "Inlämnad");
    // Rarely is it asked whether a backup has it.
    home.borrow_mut().backed_up = true;
    home.borrow_mut().asked.clear();
    on.goes_on(20);
    assert!(home.borrow().asked.iter().all(|one| !one.starts_with("file")));
    on.later(3_600_000);
    on.goes_on(8);
    let asked = home.borrow().asked.iter().filter(|one| *one == "file None").count();
    assert_eq!(asked, 2);
    assert_eq!(on.files(case)[0].badge.text, "Säkerhetskopierad");
    on.later(7_200_000);
    on.goes_on(8);
    let asked = home.borrow().asked.iter().filter(|one| one.starts_with("file")).count();
    assert_eq!(asked, 2, "a backup has it: nothing more is asked");
    assert_eq!(on.shows(case, &on.files(case)[0].name).unwrap(), long);
}

#[test]
fn a_tablet_tells_nothing_of_its_pictures() {
    let (store, home) = (MemoryStore::default(), Rc::<RefCell<Home>>::default());
    let on = On::signed_in(&store, &home);
    let case = on.case();
    let (long, thumb) = (picture(1, LONG), picture(2, 900));
    on.takes(case, &long, &thumb).unwrap();
    let bytes = store.bytes();
    let holds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    assert!(!holds(&long[..64]) && !holds(&thumb[..64]));
    assert!(!holds(named(&long).as_bytes()) && !holds(named(&thumb).as_bytes()));
    on.ask(Command::Lock);
    let get = FileAsk::Get(case, named(&long).to_string(), 0);
    assert_eq!(on.ask(Command::File(get)), Reply::Refused(Refusal::Locked));
}

#[test]
fn a_power_cut_at_any_commit_leaves_a_picture_whole_or_nothing_of_it() {
    let whole = MemoryStore::default();
    let on = On::signed_in(&whole, &Rc::default());
    let first = whole.commits();
    let work = |on: &On| {
        let case = on.case();
        (case, on.takes(case, &picture(1, LONG), &picture(2, 900)))
    };
    assert_eq!(work(&on).1, Ok(()));
    let commits = whole.commits();
    assert!(commits > first + 4, "{first} {commits}");
    for failure in [Failure::CrashBefore, Failure::CrashAfter] {
        // The first commit makes the case.
        for at in first + 1..commits {
            let (store, home) = (MemoryStore::default(), Rc::<RefCell<Home>>::default());
            let on = On::signed_in(&store, &home);
            store.fail_at(at, failure);
            let (case, told) = work(&on);
            assert!(told.is_err(), "{failure:?} at {at}");
            drop(on);
            let mut on = On::new(&store.restarted(), &home);
            on.unlocks();
            let files = on.files(case);
            let is_there = failure == Failure::CrashAfter && at + 1 == commits;
            assert_eq!(files.len(), usize::from(is_there), "{failure:?} at {at}");
            on.goes_on(3);
            assert_eq!(home.borrow().whole(), 2 * usize::from(is_there), "{failure:?} at {at}");
            if is_there {
                assert_eq!(on.shows(case, &files[0].name).unwrap(), picture(1, LONG));
            } else {
                assert_eq!(on.rows(), 0, "{failure:?} at {at}");
            }
        }
    }
}

#[test]
fn a_full_disk_says_so_and_the_same_piece_may_come_again() {
    let (store, home) = (MemoryStore::default(), Rc::<RefCell<Home>>::default());
    let on = On::signed_in(&store, &home);
    let case = on.case();
    let long = picture(1, LONG);
    let file = on.begins(case, LONG).unwrap();
    let piece = |number: u32| {
        let at = usize::try_from(number).unwrap();
        let bytes = long.chunks(FILE_PIECE_BYTES).nth(at).unwrap().to_vec();
        FileAsk::Piece(file.clone(), number, bytes)
    };
    on.says(piece(0)).unwrap();
    store.fail_at(store.commits(), Failure::Refused);
    assert_eq!(on.says(piece(1)), Err(Refusal::Storage));
    assert!(on.status().storage_failing);
    assert_eq!(on.says(piece(2)), Err(Refusal::Stale));
    on.says(piece(1)).unwrap();
    on.says(piece(2)).unwrap();
    store.fail_at(store.commits(), Failure::Refused);
    assert_eq!(on.says(FileAsk::End(file.clone(), Vec::new())), Err(Refusal::Storage));
    assert_eq!(on.files(case).len(), 0);
    assert!(!on.keys().iter().any(|key| key.starts_with(b"p")), "no piece of it is left");
    assert_eq!(on.says(FileAsk::End(file, Vec::new())), Err(Refusal::Stale));
    on.takes(case, &long, &[]).unwrap();
    assert_eq!(on.shows(case, &on.files(case)[0].name).unwrap(), long);
}

#[test]
fn what_is_not_taken_in_leaves_nothing_even_where_its_end_could_not_be_written() {
    let (store, home) = (MemoryStore::default(), Rc::<RefCell<Home>>::default());
    let on = On::signed_in(&store, &home);
    let case = on.case();
    let before = on.rows();
    let begun = || {
        let file = on.begins(case, LONG).unwrap();
        on.says(FileAsk::Piece(file.clone(), 0, picture(1, FILE_PIECE_BYTES))).unwrap();
        file
    };
    // Pages that begin and go away.
    let files: Vec<String> = (0..20).map(|_| begun()).collect();
    let pieces = on.keys().iter().filter(|key| key.starts_with(b"p")).count();
    assert_eq!(pieces, 16);
    for file in files {
        on.says(FileAsk::Drop(file)).unwrap();
    }
    assert_eq!(on.rows(), before);
    // Its end cannot be written: it goes with the next one.
    let file = begun();
    store.fail_at(store.commits(), Failure::Refused);
    assert_eq!(on.says(FileAsk::Drop(file)), Err(Refusal::Storage));
    assert!(on.rows() > before);
    let file = on.begins(case, LONG).unwrap();
    assert_eq!(on.rows(), before);
    // Behind a shut screen as well.
    on.ask(Command::Act(Act::Pin, vec![("pin".to_owned(), Value::text("2684"))]));
    on.says(FileAsk::Piece(file.clone(), 0, picture(1, FILE_PIECE_BYTES))).unwrap();
    on.ask(Command::Lock);
    on.says(FileAsk::Drop(file)).unwrap();
    assert_eq!(on.rows(), before);
}

#[test]
fn pictures_are_refused_before_text_has_no_room_and_what_a_backup_has_goes_first() {
    let (store, home) = (MemoryStore::default(), Rc::<RefCell<Home>>::default());
    home.borrow_mut().backed_up = true;
    let mut on = On::signed_in(&store, &home);
    let case = on.case();
    on.takes(case, &picture(1, LONG), &[]).unwrap();
    let mb = 1_000_000;
    let full = StorageFacts { used: 800 * mb, quota: 1_000 * mb, persisted: true };
    on.facts.set(Some(full));
    assert_eq!(on.takes(case, &picture(3, 500), &[]), Err(Refusal::NoRoom));
    let path = FieldPath::parse("arriving_from").unwrap();
    let typed = Command::Type { document: case, path, value: Value::text("Trelleborg") };
    assert_eq!(on.ask(typed), Reply::Saved);
    assert_eq!(on.files(case).len(), 1, "what no backup has stays");
    on.facts.set(None);
    on.goes_on(8);
    on.facts.set(Some(StorageFacts { used: 799_900_000, ..full }));
    on.takes(case, &picture(3, 500), &[]).unwrap();
    let shown = on.files(case);
    assert_eq!(shown.len(), 2);
    assert_eq!(shown.iter().filter(|file| file.elsewhere.is_empty()).count(), 1);
    assert_eq!(
        on.begins(case, usize::try_from(FILE_BYTES_MAX).unwrap() + 1),
        Err(Refusal::LongFile)
    );
    assert_eq!(on.begins(case, 0), Err(Refusal::BadValue));
}

#[test]
fn a_screen_that_shuts_in_the_middle_leaves_no_piece_and_no_file() {
    let (store, home) = (MemoryStore::default(), Rc::<RefCell<Home>>::default());
    let on = On::signed_in(&store, &home);
    let case = on.case();
    let file = on.begins(case, LONG).unwrap();
    let piece = FileAsk::Piece(file.clone(), 0, picture(1, FILE_PIECE_BYTES));
    on.says(piece).unwrap();
    on.ask(Command::Lock);
    let next = || FileAsk::Piece(file.clone(), 1, picture(1, FILE_PIECE_BYTES));
    assert_eq!(on.says(next()), Err(Refusal::Locked));
    assert!(on.rows() > 0);
    on.unlocks();
    assert_eq!(on.says(next()), Err(Refusal::Stale));
    assert_eq!((on.rows(), on.files(case).len()), (0, 0));
}

#[test]
fn the_same_picture_twice_in_a_record_is_one_file() {
    let (store, home) = (MemoryStore::default(), Rc::<RefCell<Home>>::default());
    let on = On::signed_in(&store, &home);
    let case = on.case();
    on.takes(case, &picture(1, LONG), &picture(2, 9)).unwrap();
    let before = on.rows();
    on.takes(case, &picture(1, LONG), &picture(2, 9)).unwrap();
    assert_eq!((on.files(case).len(), on.rows()), (2, before));
    // In another record it is another.
    let other = on.case();
    on.takes(other, &picture(1, LONG), &picture(2, 9)).unwrap();
    assert_eq!((on.files(other).len(), on.rows()), (1, 2 * before));
}

/// A house with a run; an item of it is not as it should be.
fn a_run(on: &On) -> (DocumentId, DocumentId) {
    let house = [("name", "Provhuset"), ("residence_type", "RES-COL")];
    let house = house.map(|(id, value)| (id.to_owned(), Value::text(value))).to_vec();
    let made = |act, values| match on.ask(Command::Act(act, values)) {
        Reply::Acted(Acted { document: Some(made), .. }) => made,
        other => panic!("{other:?}"),
    };
    let parent = made(Act::NewResidence, house);
    let start = Act::StartRun { parent, checklist: "residence_inspection".to_owned() };
    let run = made(start, Vec::new());
    let path = FieldPath::parse("item/B-F02/status").unwrap();
    let set = Act::Set { document: run, values: vec![(path, Value::text("not_ok"))] };
    on.ask(Command::Act(set, Vec::new()));
    (parent, run)
}

fn takes_of_item(on: &On, run: DocumentId, item: &str, bytes: &[u8], thumb: &[u8]) {
    let new = NewFile {
        document: run,
        shows: format!("item/{item}"),
        caption: String::new(),
        mime: "image/jpeg".to_owned(),
        bytes: u64::try_from(bytes.len()).unwrap(),
        taken_ms: i64::MAX,
        geo_stripped: true,
    };
    let Reply::Entry(file) = on.ask(Command::File(FileAsk::Begin(new))) else { panic!("no file") };
    on.says(FileAsk::Piece(file.clone(), 0, bytes.to_vec())).unwrap();
    on.says(FileAsk::End(file, thumb.to_vec())).unwrap();
}

#[test]
fn a_picture_of_an_item_stands_at_the_item_and_at_the_deficiency_that_was_found_there() {
    let (store, home) = (MemoryStore::default(), Rc::<RefCell<Home>>::default());
    let on = On::signed_in(&store, &home);
    let (house, run) = a_run(&on);
    takes_of_item(&on, run, "B-F02", &[1; 4], &[]);
    takes_of_item(&on, run, "B-F03", &[2; 4], &[]);
    let Reply::View(View::Run(view)) = on.ask(Command::Get(Query::Run(run))) else {
        panic!("no run")
    };
    let items = view.groups.iter().flat_map(|group| &group.items);
    let with: Vec<&str> =
        items.filter(|item| !item.files.files.is_empty()).map(|item| item.id.as_str()).collect();
    assert_eq!(with, ["B-F02", "B-F03"]);

    let Reply::View(View::Page(page)) =
        on.ask(Command::Get(Query::Page(format!("/boenden/{house}"))))
    else {
        panic!("no house")
    };
    let lines = page.parts.iter().filter(|part| part.key == "deficiencies");
    let lines = lines.filter_map(|part| match &part.body {
        Body::Lines(lines, _) => lines.first(),
        _ => None,
    });
    let found = lines.map(|line| line.href.clone().unwrap()).next().unwrap();
    let shown = on.files_at(&found);
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert_eq!((shown[0].document, &shown[0].name), (run, &named(&[1; 4]).to_string()));
    // Its words are written where it was taken; what is taken of the deficiency stands behind it.
    assert!(shown[0].href.starts_with(&format!("/run/{run}/attachments/")), "{}", shown[0].href);
    assert_eq!(on.shows(run, &shown[0].name).unwrap(), [1; 4]);
}

#[test]
fn in_another_life_of_the_log_everything_is_offered_anew() {
    let (store, home) = (MemoryStore::default(), Rc::<RefCell<Home>>::default());
    home.borrow_mut().backed_up = true;
    let mut on = On::signed_in(&store, &home);
    let case = on.case();
    on.takes(case, &picture(1, LONG), &[]).unwrap();
    on.ask(Command::Lock);
    on.goes_on(3);
    assert_eq!(home.borrow().whole(), 1);
    home.borrow_mut().has.clear();
    home.borrow_mut().epoch = Epoch::from_bytes([6; 16]);
    on.later(600_000);
    on.goes_on(70);
    assert_eq!(home.borrow().whole(), 1, "{:?}", home.borrow().asked);
    // The same after the program has begun anew.
    drop(on);
    home.borrow_mut().has.clear();
    home.borrow_mut().epoch = Epoch::from_bytes([7; 16]);
    let mut on = On::new(&store.restarted(), &home);
    on.goes_on(70);
    assert_eq!(home.borrow().whole(), 1);
}
