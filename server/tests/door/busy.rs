//! What waits in the slow lane, or is held, keeps nothing else: the record goes on and is cleaned, and the slow lane
//! wins in the end, however busy the record is.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use ankomst_server::app::Amount;
use ankomst_server::limits::{HELD_MAX, LET_IN_MAX, NEW_BURST};
use ankomst_server::projector;
use ankomst_server::storage::sqlite::{Connection, log, rows, trials};
use ankomst_server::sync::{clean, feed, ingest, lines};
use ankomst_server::trial::Lane;
use ankomst_shared::document::{Authoring, Document, Edit};
use ankomst_shared::ids::{ActorId, DocumentId};
use ankomst_shared::path::FieldPath;
use ankomst_shared::sync::message::{Outcome, Push, Refused};
use ankomst_shared::value::Value;

use super::held::world::{
    BO, ELIN, INGRID, Made, World, app, begins, begins_by, device, part, user, writes,
};

const HERE: DocumentId = DocumentId::from_bytes([91; 16]);
const WRONG: &str = "zzzzzzzzzzzzzzzz";

/// A case in which one field was written several times, and a person written down wrongly and removed.
async fn case(world: &World) -> Vec<Made> {
    let mut all = vec![begins(HERE)];
    let texts = [
        ("arriving_from".to_owned(), "Provby"),
        ("arriving_from".to_owned(), "Timrå"),
        (format!("persons/{WRONG}/given"), "Felskrivna"),
        (format!("persons/{WRONG}/tombstone"), "fel person"),
        ("arriving_from".to_owned(), "Sundsvall"),
    ];
    for ((path, text), number) in texts.iter().zip(1..) {
        let on: Vec<&Made> = all.iter().collect();
        all.push(writes(ELIN, number, &on, (path, text)));
    }
    world.push(&all).await;
    world.settle().await;
    assert_eq!(world.are(HERE, "visible").len(), all.len());
    all
}

/// Something of Bo's that is tried in the slow lane only.
async fn slow(world: &World, on: &[Made]) -> Made {
    let on: Vec<&Made> = on.iter().collect();
    let made = writes(BO, 100, &on, ("phone", "+46701740601"));
    world.push(std::slice::from_ref(&made)).await;
    let hash = made.hash();
    world.write(move |db| trials::mark(db, (HERE, hash), 1)).await;
    feed::settle_quick(&world.app).await.unwrap();
    assert!(world.are(HERE, "pending").contains(&hash));
    made
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_in_the_slow_lane_keeps_no_record_from_going_on() {
    let world = World::new().await;
    let all = case(&world).await;
    let made = slow(&world, &all).await;
    let gone_on = lines::continue_record(&world.app, HERE, lines::Why::Asked { days: 0 }).await;
    assert!(matches!(gone_on, Ok(lines::Outcome::Continued { .. })), "{gone_on:?}");
    // It goes on with the record under another name, and its mark with it.
    assert!(world.are(HERE, "pending").contains(&made.hash()));
    assert!(world.are(HERE, "ended").contains(&made.hash()));
    let marks = world.app.readers.read(|db| trials::marks(db, HERE)).unwrap();
    assert_eq!(marks.values().collect::<Vec<_>>(), [&1]);
    assert!(!marks.contains_key(&made.hash()));
    world.settle().await;
    assert!(world.are(HERE, "visible").contains(&made.hash()), "{:?}", world.reason(&made));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_in_the_slow_lane_keeps_no_record_from_being_cleaned() {
    let world = World::new().await;
    let all = case(&world).await;
    let made = slow(&world, &all).await;
    let asked = clean::Asked {
        document: HERE,
        paths: vec![FieldPath::parse(&format!("persons/{WRONG}")).unwrap()],
        reason: "Skyddad".to_owned(),
        by: user(INGRID),
    };
    clean::clean(&world.app, &asked).await.unwrap();
    world.settle().await;
    assert!(world.are(HERE, "visible").contains(&made.hash()), "{:?}", world.reason(&made));
    let chunks = world.app.readers.read(|db| log::chunks_of(db, HERE, "visible")).unwrap();
    for chunk in chunks {
        let bytes = world.app.keys.open_chunk(HERE, &chunk.hash, &chunk.sealed).unwrap();
        let says = |word: &[u8]| bytes.windows(word.len()).any(|part| part == word);
        assert!(!says(b"Felskrivna"), "it was cleaned");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_slow_lane_wins_in_a_record_that_somebody_never_stops_writing_in() {
    let world = World::new().await;
    let first = begins(HERE);
    world.push(std::slice::from_ref(&first)).await;
    // Long, so that reading it takes longer than a small change to what is open already.
    let mut opened =
        Document::open(ActorId::from_bytes([88; 16]), [&first.chunk.bytes[..]]).unwrap();
    let mut says = |number: usize| {
        let by = Authoring {
            device: device(ELIN),
            user: user(ELIN),
            now_ms: 1_000,
            clock_offset_s: None,
            review_heads: Vec::new(),
        };
        let path = FieldPath::parse("arriving_from").unwrap();
        let edit = Edit { path, value: Value::text(format!("Provby {number}")) };
        let chunk = opened.commit(&[edit], &by).unwrap().unwrap();
        Made { document: HERE, who: ELIN, actor: ActorId::from_bytes([88; 16]), chunk }
    };
    let long: Vec<Made> = (0..1_500).map(&mut says).collect();
    world.push(&long).await;
    world.settle().await;
    let made = slow(&world, &[first]).await;
    let is_over = AtomicBool::new(false);
    let lane = async {
        feed::settle_lane(&world.app, Lane::Slow).await.unwrap();
        is_over.store(true, Ordering::SeqCst);
    };
    let turns = AtomicU8::new(0);
    let elin = async {
        for number in 2_000..2_200 {
            if is_over.load(Ordering::SeqCst) {
                return;
            }
            turns.fetch_add(1, Ordering::SeqCst);
            world.push(&[says(number)]).await;
            feed::settle_quick(&world.app).await.unwrap();
        }
    };
    tokio::join!(lane, elin);
    assert!(world.are(HERE, "visible").contains(&made.hash()), "{:?}", world.reason(&made));
    assert!(turns.load(Ordering::SeqCst) < 200, "only when she stopped");
    // And what she wrote meanwhile is only late.
    world.settle().await;
    assert!(world.are(HERE, "pending").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_much_held_still_writes_what_is_not() {
    let world = World::new().await;
    let first = begins(HERE);
    world.push(std::slice::from_ref(&first)).await;
    let most = i64::try_from(HELD_MAX).unwrap();
    for who in [ELIN, BO] {
        let fill = move |db: &Connection| {
            db.execute(
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
                 INSERT INTO chunks (document, hash, sealed, envelope, user, device, received_ms, actor, seq, max_op, state, reason)
                 SELECT document, randomblob(32), x'', x'', ?2, device, 1, randomblob(16), i, 1, 'held', 'not permitted'
                 FROM chunks, n WHERE received = (SELECT min(received) FROM chunks)",
                (most, user(who).as_bytes().as_slice()),
            )?;
            Ok(())
        };
        world.write(fill).await;
    }
    world.push(&[writes(ELIN, 1, &[&first], ("arriving_from", "Provby"))]).await;
    // What would be held waits on its tablet, and a record it would have begun is not there.
    world.set_active("bo", false).await;
    let new = begins_by(DocumentId::from_bytes([92; 16]), BO);
    let late = writes(BO, 2, &[&first], ("arriving_from", "Timrå"));
    let push = Push { parts: vec![part(&new), part(&late)] };
    for ack in ingest::push(&world.app, push, None).await.unwrap() {
        assert_eq!(ack.outcome, Outcome::Missing(Vec::new()));
    }
    assert!(world.app.readers.read(|db| log::document(db, new.document)).unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_charged_for_what_is_not_stored() {
    let world = World::new().await;
    let all = (0..NEW_BURST).fold(Amount::default(), |amount, _| amount.and(1));
    let fits = || world.app.stored.fits((user(ELIN), device(ELIN)), all, world.app.now_ms());
    assert!(fits());
    // The header is that of another record.
    let wrong = Made { document: DocumentId::from_bytes([93; 16]), ..begins(HERE) };
    let acks = ingest::push(&world.app, Push { parts: vec![part(&wrong)] }, None).await.unwrap();
    assert_eq!(acks[0].outcome, Outcome::Refused(Refused::Header));
    assert!(fits(), "nothing was stored");
    world.push(&[begins(HERE)]).await;
    assert!(!fits());
}

#[tokio::test(flavor = "multi_thread")]
async fn much_that_was_held_is_let_in_in_parts() {
    let world = World::new().await;
    let first = begins(HERE);
    world.push(std::slice::from_ref(&first)).await;
    world.settle().await;
    world.set_active("bo", false).await;
    let actor = ActorId::from_bytes([87; 16]);
    let mut opened = Document::open(actor, [&first.chunk.bytes[..]]).unwrap();
    let by = Authoring {
        device: device(BO),
        user: user(BO),
        now_ms: 1_000,
        clock_offset_s: None,
        review_heads: Vec::new(),
    };
    let mut all = Vec::new();
    for number in 0..LET_IN_MAX + 40 {
        let path = FieldPath::parse("arriving_from").unwrap();
        let edit = Edit { path, value: Value::text(format!("Provby {number}")) };
        let chunk = opened.commit(&[edit], &by).unwrap().unwrap();
        all.push(Made { document: HERE, who: BO, actor, chunk });
    }
    world.push(&all).await;
    let hashes: Vec<_> = all.iter().map(Made::hash).collect();
    let done = world.decide((INGRID, true), (HERE, &hashes)).await.unwrap();
    assert_eq!((done.decided, done.let_in), (all.len(), LET_IN_MAX));
    world.settle().await;
    assert!(hashes.iter().all(|hash| world.are(HERE, "visible").contains(hash)));
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_two_lanes_make_in_another_order_than_the_feed_lack_nothing() {
    let world = World::new().await;
    let (one, two) = (begins(HERE), begins(DocumentId::from_bytes([94; 16])));
    let three = begins(DocumentId::from_bytes([95; 16]));
    world.push(std::slice::from_ref(&three)).await;
    world.settle().await;
    world.push(&[one.clone(), two.clone()]).await;
    // Both have become visible; the row of the later one is made first, and then the power goes.
    let (first, second) = (one.hash(), two.hash());
    let other = two.document;
    let head = world.write(move |db| {
        log::make_visible(db, HERE, first)?;
        log::make_visible(db, other, second)
    });
    let head = head.await.feed;
    projector::follow(&world.app, other, head);
    let World { app: old, folder } = world;
    drop(old);
    let app = app(&folder).await;
    projector::make_whole(&app).unwrap();
    for document in [HERE, other, three.document] {
        let row = app.row_readers.read(|db| rows::told(db, document)).unwrap();
        assert!(row.is_some(), "{document}");
    }
}
