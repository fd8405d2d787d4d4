//! Who reads and writes what, by every way there is: each kind of the catalog × each role × own or other unit ×
//! protected or not, against a table that was written by hand and knows nothing of the rule.

mod accesses;
mod canaries;
mod routes;
mod tasks;
mod world;

use std::collections::BTreeSet;
use std::sync::Arc;

use ankomst_server::desk::register::lists;
use ankomst_server::storage::sqlite::log;
use ankomst_server::sync::feed;
use ankomst_server::sync::live::Live;
use ankomst_shared::app::Role;
use ankomst_shared::catalog::Catalog;
use ankomst_shared::find::{heard, sound_keys};
use ankomst_shared::ids::{ChangeHash, DocumentId, FileName, base32};
use ankomst_shared::sync::message::{ClientFrame, FetchFile, Outcome, ServerFrame};
use axum::http::{Method, StatusCode};

use self::world::{Known, RAISED, Somebody, Who, World, remark, world};
use super::desk::act;
use super::register::{documents, lines, page, read, whole_list};

/// Where a record stands, and who has it: caseworker C, inspector I, supervisor S, coordinator O, trainee T,
/// and child caseworker B, of cases those of children only.
const TABLE: [(&str, &str); 20] = [
    ("assignment", "CS"),
    ("case", "BCS"),
    ("case/incident", "BCS"),
    ("case/journal", "BCS"),
    ("case/protected", "BCS"),
    ("case/review", "BCS"),
    ("case/run", "BCS"),
    ("digest", "BCIOST"),
    ("event", "BCIOST"),
    ("info_card", "BCIOST"),
    ("party", "BCIOST"),
    ("plan", "BCIOST"),
    ("premises", "BCIOST"),
    ("residence", "BCIS"),
    ("residence/contract", "IS"),
    ("residence/deficiencies", "CIS"),
    ("residence/incident", "CS"),
    ("residence/review", "BCIS"),
    ("residence/run", "CIS"),
    ("year", "BCIOST"),
];

/// What the table says, and nothing else.
fn has(who: Who, known: &Known) -> bool {
    let letter = match who.role {
        Role::Caseworker => 'C',
        Role::Inspector => 'I',
        Role::Supervisor => 'S',
        Role::Administrator | Role::Auditor | Role::Recipient | Role::Regional => '-',
        Role::ChildCaseworker => 'B',
        Role::Coordinator => 'O',
        Role::Trainee => 'T',
    };
    let line = TABLE.iter().find(|(place, _)| *place == known.place);
    let (_, letters) = line.unwrap_or_else(|| panic!("{} is not in the table", known.place));
    let secret = known.kind == "protected";
    let level = if secret {
        3
    } else if known.raised {
        RAISED
    } else {
        0
    };
    let up_to = if matches!(letter, 'O' | 'T') { 0 } else { who.level };
    let of_child = letter != 'B' || !known.place.starts_with("case") || known.child;
    letters.contains(letter) && of_child && who.unit == known.unit && level <= up_to
}

fn ids<'a>(all: impl Iterator<Item = &'a Known>) -> BTreeSet<DocumentId> {
    all.map(|known| known.id).collect()
}

/// Says which records are one too many or one too few.
fn same(world: &World, who: &str, seen: &BTreeSet<DocumentId>, wanted: &BTreeSet<DocumentId>) {
    let apart = seen.symmetric_difference(wanted).map(|id| {
        let known = world.all.iter().find(|known| known.id == *id);
        let what = known.map_or_else(
            || id.to_string(),
            |known| format!("{} of unit {} raised {}", known.place, known.unit, known.raised),
        );
        format!("{} {what}", if seen.contains(id) { "too many:" } else { "too few:" })
    });
    let apart: Vec<String> = apart.collect();
    assert!(apart.is_empty(), "{who}: {apart:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_gives_each_what_the_table_says() {
    let mut world = world().await;
    let catalog = Catalog::builtin();
    for kind in catalog.package().kinds.iter().filter(|kind| !kind.server) {
        assert!(world.all.iter().any(|known| known.kind == kind.id), "{} is in the world", kind.id);
    }
    let mut people = core::mem::take(&mut world.people);
    for one in &mut people {
        by_exchange(&world, one).await;
        by_lists_and_searches(&world, one).await;
        by_the_desk(&world, one).await;
        by_files(&world, one).await;
    }
    let mut held = BTreeSet::new();
    for one in &mut people {
        held.extend(by_writing(&world, one).await);
    }
    feed::settle(&world.door.app).await.unwrap();
    for one in &mut people {
        what_is_held(&world, one, &held).await;
    }
    by_socket(&world, &mut people).await;
}

/// No file is here: who may read the record is told so, and nobody else is told anything.
async fn by_files(world: &World, one: &mut Somebody) {
    let mut told = BTreeSet::new();
    for known in &world.all {
        let name = FileName::from_bytes([1; 32]);
        let asked = FetchFile { document: known.id, name, piece: 0 };
        let answer = one.browser.post(&world.door, "/api/v1/files/fetch", &asked).await;
        if answer.status == StatusCode::OK {
            told.insert(known.id);
        } else {
            assert_eq!((answer.status.as_u16(), answer.problem()), (403, "forbidden"));
        }
    }
    let wanted = ids(world.all.iter().filter(|known| has(one.who, known)));
    same(world, &format!("files of {}", one.who.says()), &told, &wanted);
}

async fn by_exchange(world: &World, one: &mut Somebody) {
    let who = one.who;
    let houses: Vec<DocumentId> =
        world.all.iter().filter(|known| known.kind == "residence").map(|known| known.id).collect();
    for (wants, along) in [(Vec::new(), false), (houses, true)] {
        let answer = one.asks(&world.door, Vec::new(), wants).await;
        let seen = answer.documents.iter().map(|document| document.document).collect();
        let stays = |known: &&Known| {
            known.place == "residence/run" && who.role != Role::Supervisor && !along
        };
        let wanted = ids(world.all.iter().filter(|known| has(who, known) && !stays(known)));
        same(world, &format!("exchange of {}, {along}", who.says()), &seen, &wanted);
        let told: BTreeSet<usize> = answer
            .welcome
            .people
            .iter()
            .map(|person| usize::from(person.user.as_bytes()[0]))
            .collect();
        let own = if who.unit == 0 { 1..=told.len() } else { told.len() + 1..=2 * told.len() };
        assert_eq!(told, own.collect(), "names of the own unit only");
    }
}

async fn by_lists_and_searches(world: &World, one: &mut Somebody) {
    let who = one.who;
    let door = &world.door;
    let has_some = world.all.iter().any(|known| has(who, known));
    let overview = page(&mut one.browser, door, "/register").await;
    // Without records there are tasks for recipients, and figures for regions.
    let else_there = matches!(who.role, Role::Recipient | Role::Regional);
    assert_eq!(overview.status == StatusCode::OK, has_some || else_there, "{}", who.says());
    if !has_some {
        return;
    }
    let overview = lines(&read(&overview));
    let mut seen = BTreeSet::new();
    for (home, kind) in lists() {
        let address = format!("/register/{home}/{kind}");
        let Some(line) = overview.iter().find(|line| line.key == address) else {
            assert_eq!(page(&mut one.browser, door, &address).await.problem(), "nowhere");
            continue;
        };
        let list = whole_list(&mut one.browser, door, &address).await;
        assert_eq!(list.len().to_string(), line.figure, "{} counts {address}", who.says());
        seen.extend(list);
    }
    let wanted = ids(world.all.iter().filter(|known| known.kind != "review" && has(who, known)));
    same(world, &format!("lists of {}", who.says()), &seen, &wanted);
    let nobody = page(&mut one.browser, door, "/register/sok/qvxzqy").await;
    let own: Vec<&String> = world
        .all
        .iter()
        .filter(|known| has(who, known))
        .filter_map(|known| known.word.as_ref())
        .collect();
    let mut silent = 0;
    for known in &world.all {
        let Some(name) = &known.word else { continue };
        let answer = page(&mut one.browser, door, &format!("/register/sok/{name}")).await;
        let found: BTreeSet<DocumentId> = documents(&read(&answer)).into_iter().collect();
        assert_eq!(
            found.contains(&known.id),
            has(who, known),
            "{} finds {}",
            who.says(),
            known.place
        );
        let theirs = ids(world.all.iter().filter(|known| has(who, known)));
        assert!(found.is_subset(&theirs), "{} finds by {name}", who.says());
        let words = heard(name);
        let sounds = |other: &&String| {
            sound_keys(other).iter().any(|key| words.iter().all(|word| word.is_heard(key)))
        };
        if !own.iter().any(|other| other.starts_with(name.as_str()) || sounds(other)) {
            silent += 1;
            assert_eq!(answer.body, nobody.body, "{} learns of {}", who.says(), known.place);
        }
    }
    assert!(silent > 3, "{} asked for {silent} names of others", who.says());
    // Going on from a record that is not theirs tells nothing of where it would stand.
    for hidden in world.all.iter().filter(|known| known.kind == "case" && !has(who, known)) {
        let from = format!("/register/case/case/name/{}", hidden.id);
        let first = page(
            &mut one.browser,
            door,
            &format!("/register/case/case/name/{}", DocumentId::from_bytes([9; 16])),
        )
        .await;
        assert_eq!(page(&mut one.browser, door, &from).await.body, first.body);
    }
}

/// Whether somebody has a record and all that belongs to it.
fn has_all(world: &World, who: Who, known: &Known) -> bool {
    let mut below = world.all.iter().filter(|other| other.parent == Some(known.id));
    has(who, known) && below.all(|other| has_all(world, who, other))
}

/// Cleaning and destroying, which is for supervisors of what they may write.
async fn by_the_desk(world: &World, one: &mut Somebody) {
    let who = one.who;
    // Who is no supervisor is turned away before anything is looked at: one record in five is enough.
    let each = if who.role == Role::Supervisor { 1 } else { 5 };
    for known in world.all.iter().filter(|known| known.kind != "review").step_by(each) {
        let place = format!("/administration/rensa/{}", known.id);
        let status = page(&mut one.browser, &world.door, &place).await.status;
        let may = who.role == Role::Supervisor && has(who, known);
        assert_eq!(status == StatusCode::OK, may, "{} cleans {}", who.says(), known.place);
        assert!(who.role != Role::Supervisor || may || status == StatusCode::NOT_FOUND);
        // Whole records only, of which nothing is kept from who destroys them.
        let may = may && known.parent.is_none() && has_all(world, who, known);
        let place = format!("/administration/gallra/{}", known.id);
        let status = page(&mut one.browser, &world.door, &place).await.status;
        assert_eq!(status == StatusCode::OK, may, "{} destroys {}", who.says(), known.place);
        let name = format!("destroy:{}", known.id);
        let wrong = [("ground", "decision"), ("reference", "R"), ("confirm", "another")];
        let answer = act(&mut one.browser, &world.door, &name, &wrong).await;
        assert_eq!(
            answer.status == StatusCode::OK,
            may,
            "{} does it to {}",
            who.says(),
            known.place
        );
    }
}

/// Writes in every record and begins one of every kind at every place; gives what is held.
async fn by_writing(world: &World, one: &mut Somebody) -> Vec<(DocumentId, ChangeHash)> {
    let who = one.who;
    let mut pushed = Vec::new();
    for known in &world.all {
        pushed.push((known, one.writes(known)));
        let single = Catalog::builtin().kind(&known.kind).is_some_and(|kind| kind.single);
        if !single {
            let id = one.new_id();
            let begun = one.begins((&known.kind, id), (known.parent, known.unit), &[remark()]);
            pushed.push((known, begun));
        }
    }
    let parts = pushed.iter().map(|(_, (part, _))| part.clone()).collect();
    let answer = one.asks(&world.door, parts, Vec::new()).await;
    let mut held = Vec::new();
    for ((known, (part, hash)), ack) in pushed.iter().zip(&answer.acks) {
        let what = format!("{} writes {} of unit {}", who.says(), known.place, known.unit);
        assert!(
            matches!(ack.outcome, Outcome::Received(_)),
            "{what}: {:?}: nothing is lost",
            ack.outcome
        );
        let note = answer.held.iter().find(|note| note.hash == *hash);
        // What stands alone and is begun anew is not raised.
        let begun = part.document != known.id;
        let is_in = known.parent.is_some();
        // Of a case that is begun nobody says yet whose it is.
        let child = known.child || !is_in;
        let open = Known { raised: known.raised && is_in, child, ..(*known).clone() };
        let may = if begun { has(who, &open) } else { has(who, known) };
        assert_eq!(
            note.map(|note| note.reason.as_str()),
            (!may).then_some("not permitted"),
            "{what}, begun {begun}"
        );
        held.extend(note.map(|note| (part.document, note.hash)));
    }
    held
}

/// What is held is told to supervisors, of what they may read, and to administrators and auditors, of their unit.
async fn what_is_held(
    world: &World,
    one: &mut Somebody,
    held: &BTreeSet<(DocumentId, ChangeHash)>,
) {
    let who = one.who;
    let door = &world.door;
    let of = |id: &DocumentId| world.all.iter().find(|known| known.id == *id);
    let documents: BTreeSet<DocumentId> = held.iter().map(|(id, _)| *id).collect();
    let listed = page(&mut one.browser, door, "/administration/hallna").await;
    let answer = one.browser.call(door, (Method::GET, "/api/v1/held"), Vec::new()).await;
    assert_eq!(answer.status == StatusCode::OK, who.role == Role::Supervisor, "{}", who.says());
    assert_eq!(
        listed.status == StatusCode::OK,
        matches!(who.role, Role::Supervisor | Role::Administrator | Role::Auditor)
    );
    if listed.status != StatusCode::OK {
        return;
    }
    let keys: BTreeSet<String> = lines(&read(&listed)).into_iter().map(|line| line.key).collect();
    for (id, hash) in held {
        // Of what was begun by somebody who might not, the table has no line: the unit decides.
        let Some(known) = of(id) else { continue };
        // Changes that are decided about together are one line of their record.
        let told = keys.iter().any(|key| key.starts_with(&format!("{id}/")));
        let may = (who.role == Role::Supervisor && has(who, known))
            || (matches!(who.role, Role::Administrator | Role::Auditor) && who.unit == known.unit);
        assert_eq!(told, may, "{} is told of {}", who.says(), known.place);
        if who.role == Role::Supervisor {
            let text = String::from_utf8_lossy(&answer.body);
            assert_eq!(text.contains(&base32(hash.as_bytes())), may, "{}", who.says());
        }
    }
    assert!(documents.len() > 20, "{} records have held changes", documents.len());
}

/// A change of every record goes to the live sessions of those who hold it.
async fn by_socket(world: &World, people: &mut [Somebody]) {
    let app = &world.door.app;
    let mut live = Vec::new();
    for one in people.iter_mut() {
        let who = one.who;
        let answer = one.asks(&world.door, Vec::new(), Vec::new()).await;
        let mut session = Live::new(Arc::clone(app), one.session(&world.door));
        let welcome = answer.welcome;
        let attach = ClientFrame::Attach {
            device: one.device(),
            epoch: welcome.epoch,
            cursor: answer.feed.cursor,
            arrived: welcome.received,
        };
        let frames = session.receive(attach).await.unwrap();
        assert!(!frames.contains(&ServerFrame::Ended), "{}", who.says());
        live.push(session);
    }
    for unit in 0..2 {
        let is_maker = |one: &&mut Somebody| one.who.makes(unit);
        let maker = people.iter_mut().find(is_maker).unwrap();
        let own = world.all.iter().filter(|known| known.unit == unit);
        let parts: Vec<_> = own.map(|known| maker.writes(known).0).collect();
        let answer = maker.asks(&world.door, parts, Vec::new()).await;
        assert!(
            answer.acks.iter().all(|ack| matches!(ack.outcome, Outcome::Received(_))),
            "{:?}",
            answer.acks
        );
    }
    feed::settle(app).await.unwrap();
    for (one, session) in people.iter().zip(&mut live) {
        let who = one.who;
        let frames = session.news().unwrap();
        assert!(!frames.contains(&ServerFrame::Ended), "{}", who.says());
        let chunks = frames.into_iter().filter_map(|frame| match frame {
            ServerFrame::Feed(batch) => Some(batch.chunks),
            _ => None,
        });
        let seen: BTreeSet<DocumentId> = chunks.flatten().map(|chunk| chunk.document).collect();
        let stays = |known: &&Known| known.place == "residence/run" && who.role != Role::Supervisor;
        let wanted = ids(world.all.iter().filter(|known| has(who, known) && !stays(known)));
        same(world, &format!("socket of {}", who.says()), &seen, &wanted);
    }
    assert!(app.readers.read(log::head).unwrap().feed > 0);
}
