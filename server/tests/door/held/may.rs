//! Who decides about what is held, what is shown to whom, and what cannot be decided.

use ankomst_server::storage::sqlite::{accounts, cuts, log};
use ankomst_server::sync::held::{HeldError, groups};
use ankomst_shared::app::{Act, Acted, Action, Body, Language, Line, PageView, Role};
use ankomst_shared::ids::{DocumentId, base32};
use ankomst_shared::packed::from_bytes;
use ankomst_shared::text::{Word, w};
use axum::http::StatusCode;

use super::world::{
    BERIT, BO, ELIN, INGRID, Made, SIXTEN, UNIT, VERA, World, begins, device, writes,
};
use crate::desk::{act, page, read};
use crate::kit::{Browser, Door, PASSWORD};

const CASE: DocumentId = DocumentId::from_bytes([77; 16]);
const HERE: &str = "/administration/hallna";

/// A case with something of Bo's, whose account has ended, and what Elin wrote on top.
async fn bos() -> (World, Made, Made) {
    let world = World::new().await;
    world.set_active("bo", false).await;
    let first = begins(CASE);
    let held = writes(BO, 1, &[&first], ("arriving_from", "Kvar efter sista dagen"));
    let above = writes(ELIN, 2, &[&first, &held], ("phone", "+46701740601"));
    world.push(&[first, held.clone(), above.clone()]).await;
    world.settle().await;
    (world, held, above)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_another_supervisor_of_the_unit_decides() {
    let (world, held, above) = bos().await;
    assert_eq!(world.reason(&above).as_deref(), Some("depends"));
    let at = (CASE, &[held.hash()][..]);
    for who in [ELIN, BO, SIXTEN, BERIT] {
        for is_release in [true, false] {
            let done = world.decide((who, is_release), at).await;
            assert!(matches!(done, Err(HeldError::NotAllowed)), "{who}: {done:?}");
        }
    }
    // A supervisor who has left decides nothing either.
    world.set_active("ingrid", false).await;
    let done = world.decide((INGRID, true), at).await;
    assert!(matches!(done, Err(HeldError::NotAllowed)), "{done:?}");
    // Nobody about what is their own, also where it only lies below.
    world.becomes(BO, Role::Supervisor, (UNIT, 0)).await;
    world.set_active("bo", true).await;
    for hash in [held.hash(), above.hash()] {
        for is_release in [true, false] {
            let done = world.decide((BO, is_release), (CASE, &[hash])).await;
            let own = matches!(done, Err(HeldError::Own));
            let waits = !is_release && hash == above.hash();
            assert!(own || waits, "{done:?}");
        }
    }
    let done = world.decide((VERA, true), at).await.unwrap();
    assert_eq!(done.decided, 1);
    world.settle().await;
    assert!(world.are(CASE, "visible").contains(&held.hash()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_can_let_in_stays_and_nonsense_changes_nothing() {
    let (world, held, above) = bos().await;
    let by_ingrid = async |hash| world.decide((INGRID, true), (CASE, &[hash])).await;
    let stranger = writes(ELIN, 9, &[&begins(DocumentId::from_bytes([3; 16]))], ("phone", "1"));
    for (document, hashes) in [
        (CASE, vec![]),
        (CASE, vec![stranger.hash()]),
        (DocumentId::from_bytes([9; 16]), vec![held.hash()]),
        (CASE, vec![held.hash(), stranger.hash()]),
    ] {
        let done = world.decide((INGRID, true), (document, &hashes)).await;
        assert!(matches!(done, Err(HeldError::Unknown)), "{done:?}");
    }
    // What did not pass its trial: refused, and still not to be released.
    let hash = held.hash();
    let fails = move |db: &_| {
        log::hold(db, CASE, hash, "the change cannot be applied")?;
        ankomst_server::storage::sqlite::held::set_reason(
            db,
            (CASE, hash),
            "the change cannot be applied",
        )
    };
    world.write(fails).await;
    for one in [held.hash(), above.hash()] {
        let done = by_ingrid(one).await;
        assert!(matches!(done, Err(HeldError::Untried)), "{done:?}");
    }
    world.decide((INGRID, false), (CASE, &[held.hash()])).await.unwrap();
    assert_eq!(world.reason(&held).as_deref(), Some("refused"));
    let done = by_ingrid(held.hash()).await;
    assert!(matches!(done, Err(HeldError::Untried)), "{done:?}");
    // What was set aside by a cleaning is not held and is not touched.
    let first = begins(CASE).hash();
    world.write(move |db| cuts::set_aside(db, CASE, first)).await;
    for is_release in [true, false] {
        let done = world.decide((INGRID, is_release), (CASE, &[first])).await;
        assert!(matches!(done, Err(HeldError::Unknown)), "{done:?}");
    }
    let all = world.app.readers.read(|db| groups(&world.app, db, UNIT)).unwrap();
    let cleaned = all.iter().find(|group| group.reason == "cleaned").unwrap();
    assert!(!cleaned.can_be_released());
    for group in &all {
        assert_eq!(group.device, device(group.user.as_bytes()[0]));
    }
}

fn lines(page: &PageView, key: &str) -> Vec<Line> {
    let part = page.parts.iter().find(|part| part.key == key);
    part.map_or_else(Vec::new, |part| match &part.body {
        Body::Lines(lines, _) => lines.clone(),
        _ => Vec::new(),
    })
}

/// What an action of a line asks the server for.
fn subject(line: &Line, name: &str) -> String {
    match &named(line, name).unwrap().act {
        Act::Server(_, what) => what.clone(),
        other => panic!("{other:?}"),
    }
}

fn named<'a>(line: &'a Line, name: &str) -> Option<&'a Action> {
    line.actions.iter().find(|action| action.name == name)
}

/// Somebody who can sign in at the desk of that server.
async fn signed_in(door: &Door, login: &'static str, seed: u8) -> Browser {
    let hash = ankomst_server::accounts::password::hash(PASSWORD).unwrap();
    let set = door.app.writer.write(move |db| {
        let row = accounts::user_by_login(db, login)?.unwrap();
        accounts::set_password(db, row.id, &hash)
    });
    set.await.unwrap();
    let mut browser = Browser::new(seed);
    assert_eq!(browser.enrol(door, login, PASSWORD).await.status, StatusCode::OK);
    browser
}

#[tokio::test(flavor = "multi_thread")]
async fn the_desk_tells_the_story_and_carries_out_what_is_decided() {
    let (world, held, above) = bos().await;
    // The address of a text that is no text of ours is shown as text, and cut.
    let long = format!("<img src=x onerror=alert(1)>{}", "å".repeat(2_000));
    let more = writes(BO, 3, &[&begins(CASE), &held], ("remark", &long));
    world.push(std::slice::from_ref(&more)).await;
    let door = Door { app: world.app, folder: world.folder };
    let sv = Language::Sv;
    let mut ingrid = signed_in(&door, "ingrid", 101).await;
    let mut sixten = signed_in(&door, "sixten", 102).await;
    let mut elin = signed_in(&door, "elin", 103).await;

    let list = read(&page(&mut ingrid, &door, HERE, sv).await);
    let [line] = lines(&list, "held").try_into().unwrap();
    assert!(line.title.starts_with("bo: ") && line.title.contains("Haddad"), "{line:#?}");
    assert!(line.detail.contains("Kontot hade avslutats"), "{line:#?}");
    let story = read(&page(&mut ingrid, &door, line.href.as_ref().unwrap(), sv).await);
    let said = lines(&story, "says");
    assert!(said.iter().any(|one| one.detail == "Kvar efter sista dagen"), "{said:#?}");
    let cut = said.iter().find(|one| one.detail.starts_with("<img")).unwrap();
    assert!(cut.detail.chars().count() < 500 && cut.detail.ends_with('…'));
    // Whoever may not decide sees nothing of what it says.
    let seen = page(&mut sixten, &door, HERE, sv).await;
    let [theirs] = lines(&read(&seen), "held").try_into().unwrap();
    assert!(theirs.actions.is_empty() && theirs.href.is_none(), "{theirs:#?}");
    assert!(!String::from_utf8_lossy(&seen.body).contains("Haddad"));
    let address = line.href.clone().unwrap();
    for other in [&mut sixten, &mut elin] {
        assert_eq!(page(other, &door, &address, sv).await.status, StatusCode::FORBIDDEN);
    }
    let release = subject(&line, "release");
    for other in [&mut sixten, &mut elin] {
        let answer = act(other, &door, &release, &[("reason", "Bo ringde")]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    for (name, reason, problem) in [
        (release.clone(), "  ", "bad-value"),
        ("release:".to_owned(), "x", "nowhere"),
        (format!("release:{CASE}/{}/x", base32(held.hash().as_bytes())), "x", "nowhere"),
        (format!("release:{CASE}/../1"), "x", "nowhere"),
        (format!("release:{}/0/1", "z".repeat(500)), "x", "nowhere"),
    ] {
        let answer = act(&mut ingrid, &door, &name, &[("reason", reason)]).await;
        assert_eq!(answer.problem(), problem, "{name}");
    }
    // Of a page on which nothing had arrived yet nothing is decided.
    let nothing = format!("refuse:{CASE}/{}/-1", base32(held.hash().as_bytes()));
    let answer = act(&mut ingrid, &door, &nothing, &[("reason", "x")]).await;
    let acted: Acted = from_bytes(&answer.body).unwrap();
    assert_eq!(acted.say, w(sv, Word::DeskHeldNoMore));
    // What came after the page was shown is not decided about with it.
    let unseen = writes(BO, 4, &[&begins(CASE)], ("email", "namn@example.org"));
    let app = std::sync::Arc::clone(&door.app);
    let world = World { app, folder: tempfile::tempdir().unwrap() };
    world.push(std::slice::from_ref(&unseen)).await;
    let answer = act(&mut ingrid, &door, &release, &[("reason", "Bo ringde")]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.problem());
    world.settle().await;
    for shown in [&held, &above, &more] {
        assert_eq!(world.reason(shown), None);
    }
    assert_eq!(world.reason(&unseen).as_deref(), Some("account ended"));
    then_refuses(&door, (&mut ingrid, &mut elin)).await;
}

/// The supervisor refuses the rest; its author is told, others are not.
async fn then_refuses(door: &Door, (ingrid, elin): (&mut Browser, &mut Browser)) {
    let sv = Language::Sv;
    let list = read(&page(ingrid, door, HERE, sv).await);
    let [line] = lines(&list, "held").try_into().unwrap();
    assert!(lines(&list, "lately")[0].detail.contains("Bo ringde"));
    let answer = act(ingrid, door, &subject(&line, "refuse"), &[("reason", "Fel ärende")]).await;
    assert_eq!(answer.status, StatusCode::OK);
    let list = read(&page(ingrid, door, HERE, sv).await);
    assert!(lines(&list, "held").is_empty());
    assert!(named(&lines(&list, "refused")[0], "release").is_some());
    assert!(named(&lines(&list, "refused")[0], "refuse").is_none());
    door.app.writer.write(|db| accounts::set_user_active(db, "bo", true)).await.unwrap();
    let mut bo = signed_in(door, "bo", 104).await;
    let own = read(&page(&mut bo, door, "/register/hallna", sv).await);
    let [line] = lines(&own, "own").try_into().unwrap();
    assert!(line.detail.contains("Fel ärende") && line.detail.contains("finns kvar"), "{line:#?}");
    let hers = read(&page(elin, door, "/register/hallna", sv).await);
    assert!(lines(&hers, "own").is_empty() && lines(&hers, "lately").len() == 1);
}
