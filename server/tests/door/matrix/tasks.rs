//! Recipients in other departments and regional coordinators, who have no record: what they find, and what they do not.

use std::collections::BTreeSet;
use std::sync::Arc;

use ankomst_server::app::App;
use ankomst_server::storage::accesses::entry::What;
use ankomst_server::storage::sqlite::{grants, log};
use ankomst_server::sync::feed;
use ankomst_shared::app::{Acted, Language, Role};
use ankomst_shared::catalog::Catalog;
use ankomst_shared::chunk::parse;
use ankomst_shared::document::{Document, Edit};
use ankomst_shared::ids::{ActorId, ChangeHash, DocumentId};
use ankomst_shared::merge::{RecordState, record_state};
use ankomst_shared::packed::from_bytes;
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::header::companion;
use ankomst_shared::value::Value;
use axum::http::StatusCode;

use super::super::audited::count;
use super::super::desk::{act, page};
use super::super::gone::{leaves, until};
use super::super::kit::Door;
use super::super::register::{lines, read};
use super::accesses::{last, records};
use super::world::{Known, Somebody, World, world};

const A: &str = "aaaaaaaaaaaaaaaa";
const B: &str = "bbbbbbbbbbbbbbbb";
const C: &str = "cccccccccccccccc";
const D: &str = "dddddddddddddddd";

fn edit(path: &str, text: &str) -> Edit {
    Edit { path: FieldPath::parse(path).unwrap(), value: Value::text(text) }
}

/// A task: its entry, department, state, and what its recipient may know.
fn task((entry, department): (&str, &str), status: &str, data: &str) -> Vec<Edit> {
    let all = [
        ("title", "Anmäl Hemligsson"),
        ("detail", "Hemligt"),
        ("department", department),
        ("due", "2031-02-03"),
        ("status", status),
        ("data_to_recipient", data),
    ];
    let said = all.into_iter().filter(|(_, text)| !text.is_empty());
    said.map(|(field, text)| edit(&format!("tasks/{entry}/{field}"), text)).collect()
}

fn one(people: &mut [Somebody], role: Role, unit: usize) -> &mut Somebody {
    people.iter_mut().find(|one| one.who.role == role && one.who.unit == unit).unwrap()
}

/// Cases of the first unit with tasks: open, that of somebody with a protected identity, protected. Gives their ids.
async fn sends(world: &World, people: &mut [Somebody]) -> Vec<DocumentId> {
    let maker = people.iter_mut().find(|one| one.who.makes(0)).unwrap();
    let mut cases = Vec::new();
    let mut parts = Vec::new();
    for (mark, data) in [("", "öppet"), ("secrecy_mark", "märkt"), ("", "skyddat")] {
        let mut edits = vec![edit("household_label", "Familjen Hemligsson")];
        if !mark.is_empty() {
            edits.push(edit(&format!("persons/{A}/protected_identity"), mark));
        }
        edits.extend(task((A, "SKO"), "todo", &format!("Skolplats i årskurs 4, {data}")));
        edits.extend(task((B, "SFI"), "todo", "Studieplats, SFI"));
        edits.extend(task((C, "SKO"), "todo", ""));
        edits.extend(task((D, "SKO"), "done", "Redan klart"));
        let id = maker.new_id();
        parts.push(maker.begins(("case", id), (None, 0), &edits).0);
        cases.push(id);
    }
    maker.asks(&world.door, parts, Vec::new()).await;
    feed::settle(&world.door.app).await.unwrap();
    let (protected, by) = (cases[2], maker.user);
    let write = world
        .door
        .app
        .writer
        .write(move |db| grants::raise(db, (protected, 1), (by, "Prov", 1)).map(drop));
    write.await.unwrap();
    cases
}

/// A change of a case that waits for its trial.
async fn waits(world: &World, maker: &mut Somebody, case: DocumentId) -> ChangeHash {
    let app = &world.door.app;
    let first = app.readers.read(|db| log::chunks_of(db, case, "visible")).unwrap().remove(0);
    let known = Known {
        id: case,
        place: "case".to_owned(),
        kind: "case".to_owned(),
        parent: None,
        unit: 0,
        raised: false,
        child: false,
        word: None,
        first: app.keys.open_chunk(case, &first.hash, &first.sealed).unwrap(),
    };
    let (part, hash) = maker.writes(&known);
    maker.asks(&world.door, vec![part], Vec::new()).await;
    hash
}

fn stands(app: &App, case: DocumentId) -> RecordState {
    let chunks = app.readers.read(|db| log::chunks_of(db, case, "visible")).unwrap();
    let open = |chunk: &log::ChunkRow| app.keys.open_chunk(case, &chunk.hash, &chunk.sealed);
    let chunks: Vec<Vec<u8>> = chunks.iter().map(|chunk| open(chunk).unwrap()).collect();
    let nobody = ActorId::from_bytes([0; 16]);
    let document = Document::open(nobody, chunks.iter().map(Vec::as_slice)).unwrap();
    record_state(Catalog::builtin(), ("case", case), &document, None)
}

/// What is not theirs is as if it were not there.
async fn answers_nothing_else(door: &Door, school: &mut Somebody) {
    for other in [B, C, D, "eeeeeeeeeeeeeeee"] {
        let name = format!("answer:{other}");
        let answer = act(&mut school.browser, door, &name, &[("status", "done")]).await;
        assert_eq!(answer.problem(), "nowhere", "{other}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recipient_has_the_tasks_of_the_department_and_nothing_of_a_case() {
    let mut world = world().await;
    let app = Arc::clone(&world.door.app);
    let mut people = core::mem::take(&mut world.people);
    let cases = sends(&world, &mut people).await;
    let door = &world.door;
    let school = one(&mut people, Role::Recipient, 0);
    let before = last(&app);
    let answer = page(&mut school.browser, door, "/register", Language::Sv).await;
    let told = String::from_utf8_lossy(&answer.body).into_owned();
    let keys: Vec<String> = lines(&read(&answer)).into_iter().map(|line| line.key).collect();
    assert_eq!(keys, [A], "one task, by its own name");
    assert!(told.contains("Skolplats i årskurs 4, öppet") && told.contains("2031-02-03"));
    for hidden in ["Hemlig", "SFI", "märkt", "skyddat", "klart", &cases[0].to_string()] {
        assert!(!told.contains(hidden), "{hidden}");
    }
    assert_eq!(records(&app, before, school), BTreeSet::from([cases[0]]), "it is in the log");
    for address in ["/register/case/case", "/register/sok/hemligsson", "/register/rapport/andelar"]
    {
        let answer = page(&mut school.browser, door, address, Language::Sv).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{address}");
    }
    answers_nothing_else(door, school).await;
    let name = format!("answer:{A}");
    let odd = [("status", "cancelled")];
    assert_eq!(act(&mut school.browser, door, &name, &odd).await.problem(), "bad-value");
    for role in [Role::Caseworker, Role::Regional, Role::Administrator] {
        let other = one(&mut people, role, 0);
        let answer = act(&mut other.browser, door, &name, &[("status", "done")]).await;
        assert_eq!(answer.problem(), "forbidden", "{role:?}");
    }
    let neighbour = one(&mut people, Role::Recipient, 1);
    assert!(
        lines(&read(&page(&mut neighbour.browser, door, "/register", Language::Sv).await))
            .is_empty()
    );
    let answer = act(&mut neighbour.browser, door, &name, &[("status", "done")]).await;
    assert_eq!(answer.problem(), "nowhere");

    // A colleague's change waits for its trial: the answer builds on nothing that is not tried.
    let maker = people.iter_mut().find(|one| one.who.makes(0)).unwrap();
    let waits = waits(&world, maker, cases[0]).await;
    let school = one(&mut people, Role::Recipient, 0);
    let said = [("status", "done"), ("comment", "Plats från måndag")];
    assert_eq!(count(door, What::Answered), 0);
    let answer = act(&mut school.browser, door, &name, &said).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.problem());
    assert!(!from_bytes::<Acted>(&answer.body).unwrap().say.is_empty());
    assert_eq!(count(door, What::Answered), 1, "who answered stands in the access log");
    // Whoever answered sees it at once; nobody tells the page later that it is through its trial.
    let now = page(&mut school.browser, door, "/register", Language::Sv).await;
    assert!(lines(&read(&now)).is_empty());
    let pending = app.readers.read(|db| log::chunks_of(db, cases[0], "pending")).unwrap();
    let answered = pending.iter().find(|chunk| chunk.hash != waits).unwrap();
    let bytes = app.keys.open_chunk(cases[0], &answered.hash, &answered.sealed).unwrap();
    assert!(!parse(&bytes).unwrap().deps.contains(&waits));
    feed::settle(&app).await.unwrap();
    let case = stands(&app, cases[0]);
    assert_eq!(case.text(&format!("tasks/{A}/status")), "done");
    let said = case.entries(Catalog::builtin(), "case", "task_log");
    let [entry] = said.as_slice() else { panic!("{said:?}") };
    assert_eq!(case.text(&format!("task_log/{entry}/task")), A);
    let text = case.text(&format!("task_log/{entry}/text"));
    assert!(text.contains("Skola") && text.ends_with("Klar. Plats från måndag"), "{text}");
    assert!(text.starts_with("Namn "), "who answered: {text}");
    assert_eq!(case.open(), 0, "an answer contradicts nobody");
    assert!(app.readers.read(|db| log::held(db, None)).unwrap().is_empty());
    let school = one(&mut people, Role::Recipient, 0);
    let now = page(&mut school.browser, door, "/register", Language::Sv).await;
    assert!(lines(&read(&now)).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_of_a_case_in_which_anything_is_protected() {
    let mut world = world().await;
    let app = Arc::clone(&world.door.app);
    let mut people = core::mem::take(&mut world.people);
    let cases = sends(&world, &mut people).await;
    let [open, marked] = [cases[0], cases[1]];
    // A row that has not caught up with its record protects nothing.
    let late = "UPDATE rows SET shielded = 0, protection = 0 WHERE document = ?1";
    assert_eq!(app.rows.lock().unwrap().execute(late, [marked.as_bytes()]).unwrap(), 1);
    let told = async |people: &mut [Somebody]| {
        let school = one(people, Role::Recipient, 0);
        let answer = page(&mut school.browser, &world.door, "/register", Language::Sv).await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        (lines(&read(&answer)).len(), text)
    };
    let (count, text) = told(&mut people).await;
    assert!(count == 1 && text.contains("öppet") && !text.contains("märkt"), "{text}");
    // A part of the case is protected more than the case.
    let maker = people.iter_mut().find(|one| one.who.makes(0)).unwrap();
    let journal = companion(open, "journal");
    let part = maker.begins(("journal", journal), (Some(open), 0), &[edit("remark", "Hot")]).0;
    let by = maker.user;
    maker.asks(&world.door, vec![part], Vec::new()).await;
    feed::settle(&app).await.unwrap();
    assert_eq!(told(&mut people).await.0, 1, "a part that nothing protects hinders nothing");
    let raise = move |db: &_| grants::raise(db, (journal, 2), (by, "Hot", 1)).map(drop);
    app.writer.write(raise).await.unwrap();
    let (count, text) = told(&mut people).await;
    assert!(count == 0 && !text.contains("öppet"), "{text}");
    let school = one(&mut people, Role::Recipient, 0);
    let name = format!("answer:{A}");
    let answer = act(&mut school.browser, &world.door, &name, &[("status", "done")]).await;
    assert_eq!(answer.problem(), "nowhere");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_tapped_twice_is_one() {
    let mut world = world().await;
    let app = Arc::clone(&world.door.app);
    let mut people = core::mem::take(&mut world.people);
    let case = sends(&world, &mut people).await[0];
    let door = &world.door;
    let school = one(&mut people, Role::Recipient, 0);
    let mut again = school.browser.clone();
    let name = format!("answer:{A}");
    let written = || stands(&app, case).entries(Catalog::builtin(), "case", "task_log").len();
    for (number, status) in (1..).zip(["waiting", "done"]) {
        let said = [("status", status), ("comment", "Plats från måndag")];
        let both = tokio::join!(
            act(&mut school.browser, door, &name, &said),
            act(&mut again, door, &name, &said),
        );
        assert_eq!((both.0.status, both.1.status), (StatusCode::OK, StatusCode::OK));
        feed::settle(&app).await.unwrap();
        // The answer to it was lost, and it is sent again.
        let third = act(&mut again, door, &name, &said).await;
        assert_eq!(third.status, StatusCode::OK, "{}", third.problem());
        feed::settle(&app).await.unwrap();
        assert_eq!((written(), count(door, What::Answered)), (number, number), "{status}");
    }
    let other = [("status", "doing"), ("comment", "Ändå inte")];
    let answer = act(&mut again, door, &name, &other).await;
    assert_eq!(answer.problem(), "nowhere", "what is done is answered by nothing else");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_noted_and_written_once_also_when_whoever_gave_it_has_gone() {
    let mut world = world().await;
    let app = Arc::clone(&world.door.app);
    let mut people = core::mem::take(&mut world.people);
    let case = sends(&world, &mut people).await[0];
    let door = &world.door;
    let school = one(&mut people, Role::Recipient, 0);
    let mut again = school.browser.clone();
    let (name, said) = (format!("answer:{A}"), [("status", "waiting"), ("comment", "Från måndag")]);
    let waits = || app.readers.read(|db| log::chunks_of(db, case, "pending")).unwrap().len();
    // Somebody is answering another task all the while.
    let other = app.answered.turn(B).await;
    leaves(act(&mut school.browser, door, &name, &said), || waits() > 0).await;
    until(|| count(door, What::Answered) == 1).await;
    let answer = act(&mut again, door, &name, &said).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.problem());
    assert_eq!((waits(), count(door, What::Answered)), (1, 1));
    drop(other);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_no_record_is_told_no_name_and_holds_nothing() {
    let mut world = world().await;
    let mut people = core::mem::take(&mut world.people);
    let door = &world.door;
    let backed_up = "INSERT OR REPLACE INTO meta (key, value)
        VALUES ('backed_up', x'0000000000000000'), ('backed_up_devices', x'0000000000000000')";
    door.app.writer.write(move |db| Ok(db.execute(backed_up, [])?)).await.unwrap();
    let worker = one(&mut people, Role::Caseworker, 0);
    assert!(!worker.asks(door, Vec::new(), Vec::new()).await.welcome.enrolments.is_empty());
    for role in [Role::Recipient, Role::Regional] {
        let one = one(&mut people, role, 0);
        let houses = world.all.iter().map(|known| known.id).collect();
        let answer = one.asks(door, Vec::new(), houses).await;
        assert!(answer.documents.is_empty() && answer.feed.chunks.is_empty(), "{role:?}");
        let welcome = answer.welcome;
        assert!(welcome.people.is_empty() && welcome.devices.is_empty(), "{role:?}");
        assert!(welcome.enrolments.is_empty(), "these bear names, too: {role:?}");
    }
    let region = one(&mut people, Role::Regional, 0);
    let answer = page(&mut region.browser, door, "/register", Language::Sv).await;
    let lines = lines(&read(&answer));
    let [report] = lines.as_slice() else { panic!("{lines:?}") };
    assert_eq!(report.key, "shares");
    let view =
        read(&page(&mut region.browser, door, "/register/rapport/andelar", Language::Sv).await);
    assert!(view.actions.iter().all(|action| action.name == "print"), "no file names devices");
    let told = format!("{view:?}");
    assert!(!told.contains("Surfplatta") && !told.contains("Namn "), "{told}");
    for place in ["bostadslage", "spridning", "avdelningar", "indikatorer"] {
        let address = format!("/register/rapport/{place}");
        let answer = page(&mut region.browser, door, &address, Language::Sv).await;
        assert_eq!(answer.problem(), "nowhere", "{place}");
    }
    for address in ["/register/case/case", "/register/sok/bambam", "/register/uppdrag"] {
        let answer = page(&mut region.browser, door, address, Language::Sv).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{address}");
    }
}
