//! Whoever is shown a record stands in the access log, by every way there is: all pages of the server, found by their
//! links, and all routes that say that they show records.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ankomst_server::app::App;
use ankomst_server::http::routes::Shows;
use ankomst_server::http::serve::routes;
use ankomst_server::storage::StorageError;
use ankomst_server::storage::accesses::entry::{Entry, Noted, What};
use ankomst_server::storage::accesses::{read as log, verify};
use ankomst_server::sync::feed;
use ankomst_server::sync::live::Live;
use ankomst_shared::app::{Act, Body, PageView, Role};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::sync::message::{ClientFrame, ExchangeAnswer, Outcome, ServerFrame};
use axum::http::{Method, StatusCode};

use super::super::kit::{PASSWORD, TLS};
use super::super::register::{page, read};
use super::world::{Somebody, World, world};

/// Who looks after accounts, and who looks after the log, is shown no contents; nor is who receives tasks or figures.
fn is_blind(role: Role) -> bool {
    matches!(role, Role::Administrator | Role::Auditor | Role::Recipient | Role::Regional)
}

/// What was noted since an entry.
fn since(app: &App, seq: i64) -> Vec<Noted> {
    let mut all = Vec::new();
    let read = app.audit.read(|db| {
        log::each(db, (seq + 1, i64::MAX), |noted| {
            all.push(noted);
            Ok(())
        })
    });
    read.unwrap();
    all
}

pub(super) fn last(app: &App) -> i64 {
    app.audit.read(log::last).unwrap()
}

/// The records that somebody is noted to have been shown since an entry.
pub(super) fn records(app: &App, seq: i64, one: &Somebody) -> BTreeSet<DocumentId> {
    let own = since(app, seq).into_iter().map(|noted| noted.entry);
    let own = own.filter(|entry| entry.who == Some(one.user) && entry.device == Some(one.device()));
    own.filter(|entry| entry.what.is_reading()).filter_map(|entry| entry.record).collect()
}

/// Places of the server that a page leads to.
pub(super) fn leads(view: &PageView) -> Vec<String> {
    let lines = view.parts.iter().flat_map(|part| match &part.body {
        Body::Lines(lines, _) => lines.clone(),
        _ => Vec::new(),
    });
    let lines: Vec<_> = lines.collect();
    let actions = view.parts.iter().flat_map(|part| &part.actions).chain(&view.actions);
    let actions = actions.chain(lines.iter().flat_map(|line| &line.actions));
    let go = actions.filter_map(|action| match &action.act {
        Act::Go(address) => Some(address.clone()),
        _ => None,
    });
    let all = go.chain(lines.iter().filter_map(|line| line.href.clone()));
    all.filter(|to| to.starts_with("/register") || to.starts_with("/administration")).collect()
}

async fn every_page(world: &World, one: &mut Somebody) -> usize {
    let app = &world.door.app;
    let mut open = vec!["/register".to_owned(), "/administration".to_owned()];
    for known in &world.all {
        open.extend(known.word.iter().map(|word| format!("/register/sok/{word}")));
        open.push(format!("/register/varfor/{}", known.id));
        open.push(format!("/administration/rensa/{}", known.id));
        open.push(format!("/administration/gallra/{}", known.id));
        open.push(format!("/administration/skydd/{}", known.id));
    }
    let (mut seen, mut showing) = (BTreeSet::new(), 0);
    while let Some(address) = open.pop() {
        if !seen.insert(address.clone()) {
            continue;
        }
        let before = last(app);
        let answer = page(&mut one.browser, &world.door, &address).await;
        if answer.status != StatusCode::OK {
            assert_eq!(last(app), before, "nothing was shown, nothing is noted");
            continue;
        }
        open.extend(leads(&read(&answer)));
        let noted = records(app, before, one);
        let text = String::from_utf8_lossy(&answer.body);
        let shown = |word: &String| text.contains(word.as_str());
        for known in world.all.iter().filter(|known| known.word.as_ref().is_some_and(shown)) {
            assert!(!is_blind(one.who.role), "{address} tells an administrator contents");
            assert!(
                noted.contains(&known.id),
                "{} is shown {} at {address} and it is not noted",
                one.who.says(),
                known.place
            );
            showing += 1;
        }
        // What is listed is noted, with a name or without.
        for known in world.all.iter().filter(|known| text.contains(&known.id.to_string())) {
            let decides = is_blind(one.who.role);
            assert!(noted.contains(&known.id) || decides, "{address} lists {}", known.place);
        }
    }
    showing
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_that_shows_a_record_leaves_its_entry() {
    let mut world = world().await;
    let mut people = core::mem::take(&mut world.people);
    let mut showing: BTreeMap<Role, usize> = BTreeMap::new();
    for one in &mut people {
        *showing.entry(one.who.role).or_default() += every_page(&world, one).await;
    }
    for (role, count) in showing {
        assert_eq!(count > 0, !is_blind(role), "{role:?}: {count}");
    }
    let app = &world.door.app;
    let found = verify::file(&app.audit.file(), &app.audit.public()).unwrap();
    assert!(found.fault.is_none() && found.entries > 1_000, "{found:?}");
}

/// Routes that show records, and how each is asked below. A new one is written here, too.
const SHOWING: [(&str, &str); 7] = [
    ("/api/v1/desk/page", "every page, above"),
    ("/api/v1/desk/act", "says what was done, and leads to a page"),
    ("/api/v1/sync", "records go to a device"),
    ("/api/v1/held", "a list"),
    ("/api/v1/files/fetch", "a picture or another file: `files/mod.rs`"),
    ("/api/v1/live", "only what has gone to the device"),
    ("/api/v1/live", "the same over HTTP/2"),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_route_that_shows_records_leaves_its_entry() {
    let mut world = world().await;
    let app = Arc::clone(&world.door.app);
    let (_, added) = routes(Arc::clone(&app), None, TLS);
    let mut showing: Vec<&str> =
        added.iter().filter(|one| one.shows == Shows::Noted).map(|one| one.path).collect();
    let mut known = SHOWING.map(|(path, _)| path);
    showing.sort_unstable();
    known.sort_unstable();
    assert_eq!(showing, known, "each route that shows records stands in the table");

    let mut people = core::mem::take(&mut world.people);
    let mut live = Vec::new();
    for one in &mut people {
        let before = last(&app);
        let answer = one.asks(&world.door, Vec::new(), Vec::new()).await;
        let sent: BTreeSet<_> = answer.documents.iter().map(|document| document.document).collect();
        assert_eq!(records(&app, before, one), sent, "{}", one.who.says());
        let mut session = Live::new(Arc::clone(&app), one.session(&world.door));
        let attach = ClientFrame::Attach {
            device: one.device(),
            epoch: answer.welcome.epoch,
            cursor: answer.feed.cursor,
            arrived: answer.welcome.received,
        };
        let before = last(&app);
        session.receive(attach).await.unwrap();
        assert_eq!(last(&app), before, "nothing new is nothing noted");
        live.push((session, sent));
    }
    let mut held = BTreeSet::new();
    for unit in 0..2 {
        let maker = people.iter_mut().find(|one| one.who.makes(unit)).unwrap();
        let own = world.all.iter().filter(|known| known.unit == unit);
        let parts: Vec<_> = own.map(|known| maker.writes(known).0).collect();
        maker.asks(&world.door, parts, Vec::new()).await;
        // What somebody may not write is held.
        let may_not = |one: &&mut Somebody| one.who.role == Role::Trainee && one.who.unit == unit;
        let stranger = people.iter_mut().find(may_not).unwrap();
        for known in world.all.iter().filter(|known| known.unit == unit && known.kind == "case") {
            let part = stranger.writes(known).0;
            stranger.asks(&world.door, vec![part], Vec::new()).await;
            held.insert(known.id);
        }
    }
    feed::settle(&app).await.unwrap();
    let mut brought = 0;
    for ((session, sent), one) in live.iter_mut().zip(&people) {
        for frame in session.news().unwrap() {
            let ServerFrame::Feed(batch) = frame else { continue };
            brought += batch.chunks.len();
            for chunk in batch.chunks {
                let told = sent.contains(&chunk.document);
                assert!(told, "{} is fed what never went to the device", one.who.says());
            }
        }
    }
    assert!(brought > 50, "{brought}");
    let mut listed = 0;
    for one in people.iter_mut().filter(|one| one.who.role == Role::Supervisor) {
        let before = last(&app);
        let answer = one.browser.call(&world.door, (Method::GET, "/api/v1/held"), Vec::new()).await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let noted = records(&app, before, one);
        for id in held.iter().filter(|id| text.contains(&id.to_string())) {
            assert!(noted.contains(id), "{}", one.who.says());
            listed += 1;
        }
    }
    assert!(listed > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_full_stops_reading_and_nothing_else() {
    let mut world = world().await;
    let door = &world.door;
    let app = Arc::clone(&door.app);
    let bound = |pages: &'static str| {
        app.audit.on_writer(move |db| {
            let sql = format!("PRAGMA max_page_count = {pages}");
            let sql = sql.replace("now", &page_count(db)?.to_string());
            Ok(db.query_row(&sql, [], |_| Ok(()))?)
        })
    };
    bound("now").await.unwrap();
    while app.audit.note(vec![Entry::of(What::LogRead)]).await.is_ok() {}
    let full = last(&app);

    let mut people = core::mem::take(&mut world.people);
    let one = people.iter_mut().find(|one| one.who.makes(0)).unwrap();
    let answer = page(&mut one.browser, door, "/register/case/case").await;
    let view = read(&answer);
    assert_eq!(view.title, "Åtkomstloggen går inte att skriva");
    assert!(view.parts[0].help.contains("Inget är förlorat") && leads(&view).is_empty());
    let text = String::from_utf8_lossy(&answer.body);
    assert!(
        world.all.iter().all(|known| known.word.as_ref().is_none_or(|word| !text.contains(word)))
    );
    let overview = page(&mut one.browser, door, "/administration").await;
    assert_eq!(overview.status, StatusCode::OK, "nothing of a record is shown there");
    let answer = one.asked(door, Vec::new(), Vec::new()).await;
    assert_eq!((answer.status.as_u16(), answer.problem()), (503, "access-log"));
    let known = world.all.iter().find(|known| known.unit == 0).unwrap();
    let (part, hash) = one.writes(known);
    let answer: ExchangeAnswer = one.asked(door, vec![part], Vec::new()).await.read();
    assert!(matches!(answer.acks[0].outcome, Outcome::Received(_)), "{:?}", answer.acks);
    assert!(answer.documents.is_empty() && answer.documents_left > 0, "no record is shown");
    feed::settle(&app).await.unwrap();
    let there =
        app.readers.read(|db| ankomst_server::storage::sqlite::log::chunk_of(db, known.id, hash));
    assert_eq!(there.unwrap().unwrap().state, "visible", "what was brought is taken in");
    // What is done is done, and noted when there is room.
    let mut other = super::super::kit::Browser::new(77);
    assert_eq!(other.enrol(door, "matris-1", "fel").await.problem(), "wrong-password");
    assert_eq!(other.enrol(door, "matris-1", PASSWORD).await.status, StatusCode::OK);
    assert_eq!(last(&app), full);

    bound("1000000").await.unwrap();
    assert_eq!(page(&mut one.browser, door, "/register/case/case").await.status, StatusCode::OK);
    let whats: Vec<What> = since(&app, full).iter().map(|noted| noted.entry.what).collect();
    let owed = [What::SignInFailed, What::Enrolled, What::SignedIn];
    assert_eq!(whats[..3], owed, "what was owed comes first");
    assert!(whats.contains(&What::Listed));
    let answer: ExchangeAnswer = one.asked(door, Vec::new(), Vec::new()).await.read();
    assert!(!answer.documents.is_empty());
    let found = verify::file(&app.audit.file(), &app.audit.public()).unwrap();
    assert_eq!(found.fault, None);
}

fn page_count(db: &ankomst_server::storage::sqlite::Connection) -> Result<i64, StorageError> {
    Ok(db.query_row("PRAGMA page_count", [], |row| row.get(0))?)
}
