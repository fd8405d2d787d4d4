//! What is small when it is sent and would be much work here: the work is bounded, and counted in what was done.

use ankomst_server::limits::{DEPOSIT_ROUNDS_MAX, UNPACKED_MAX};
use ankomst_server::sync::{deposits, ingest};
use ankomst_shared::document::{Authoring, Document, Edit};
use ankomst_shared::ids::{ActorId, DepositId, DocumentId};
use ankomst_shared::limits::{CHUNK_INFLATED_BYTES_MAX, PUSH_CHUNKS_MAX};
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::DepositRandom;
use ankomst_shared::sign::deposit::seal;
use ankomst_shared::sync::message::{Ack, Deposit, Outcome, Push, PushPart, SealedPart};
use ankomst_shared::value::Value;
use axum::http::{Method, StatusCode};

use super::held::world::{ELIN, Made, World, begins, device, part, user, writes};
use super::kit::{Browser, Door, PASSWORD};

const HERE: DocumentId = DocumentId::from_bytes([96; 16]);

/// Deposits of which each lacks what the one behind it has: two changes of an actor of its own, the second on top of
/// the next one's.
fn chain(first: &Made, count: u8) -> Vec<PushPart> {
    let by = Authoring {
        device: device(ELIN),
        user: user(ELIN),
        now_ms: 1_000,
        clock_offset_s: None,
        review_heads: Vec::new(),
    };
    let edit = |field: &str, number: u8| Edit {
        path: FieldPath::parse(field).unwrap(),
        value: Value::text(format!("Provby {number}")),
    };
    let (mut parts, mut last) = (Vec::new(), Vec::<Vec<u8>>::new());
    for number in (1..=count).rev() {
        let actor = ActorId::from_bytes([number; 16]);
        let mut opened = Document::open(actor, [first.chunk.bytes.as_slice()]).unwrap();
        let one = opened.commit(&[edit("phone", number)], &by).unwrap().unwrap();
        opened.apply(last.iter().map(Vec::as_slice)).unwrap();
        let two = opened.commit(&[edit("arriving_from", number)], &by).unwrap().unwrap();
        last.extend([one.bytes.clone(), two.bytes.clone()]);
        let made = Made { document: HERE, who: ELIN, actor, chunk: two };
        let mut sent = part(&made);
        sent.chunks.insert(0, one.bytes.into());
        parts.push(sent);
    }
    parts.reverse();
    parts
}

#[tokio::test(flavor = "multi_thread")]
async fn deposits_that_wait_for_each_other_are_gone_through_so_often_and_then_come_again() {
    let world = World::new().await;
    let first = begins(HERE);
    world.push(std::slice::from_ref(&first)).await;
    let rounds = u8::try_from(DEPOSIT_ROUNDS_MAX).unwrap();
    let key = world.app.secrets.deposit.public();
    let deposits = chain(&first, rounds + 4).into_iter().zip(1_u8..).map(|(part, number)| {
        let PushPart { document, envelope, chunks, enrolment } = part;
        let part = SealedPart { document, envelope, chunks, enrolment, draft: None };
        let bytes = minicbor::to_vec(part).unwrap();
        let sealed = seal(&key, &bytes, &DepositRandom { key: [number; 32], nonce: [number; 12] })
            .unwrap()
            .into();
        Deposit { id: DepositId::from_bytes([number; 16]), sealed }
    });
    let mut deposits: Vec<Deposit> = deposits.collect();
    let taken = deposits::open(&world.app, deposits.clone()).await.unwrap();
    assert_eq!(taken.len(), DEPOSIT_ROUNDS_MAX, "one in each round, and no more rounds");
    deposits.retain(|deposit| !taken.contains(&deposit.id));
    let taken = deposits::open(&world.app, deposits).await.unwrap();
    assert_eq!(taken.len(), 4, "nothing is lost by it");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_push_unfolds_to_more_than_an_honest_one_may_be() {
    let world = World::new().await;
    let bomb = [0x85, 0x6f, 0x4a, 0x83, 0, 0, 0, 0, 2, 1, 0];
    let many = PushPart {
        document: HERE,
        envelope: Vec::new().into(),
        chunks: vec![bomb.to_vec().into(); PUSH_CHUNKS_MAX],
        enrolment: None,
    };
    let acks = ingest::push(&world.app, Push { parts: vec![many] }, None).await.unwrap();
    assert!(acks.is_empty(), "as if each were unfolded: {}", acks.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_there_was_room_for_only_in_part_is_offered_again_and_not_refused() {
    let world = World::new().await;
    let bomb = [0x85, 0x6f, 0x4a, 0x83, 0, 0, 0, 0, 2, 1, 0];
    let mut chunks = vec![bomb.to_vec(); UNPACKED_MAX / CHUNK_INFLATED_BYTES_MAX - 1];
    // All but one byte of the room.
    chunks.push(vec![1; CHUNK_INFLATED_BYTES_MAX - 1]);
    let chunks: Vec<_> = chunks.into_iter().map(Into::into).collect();
    let count = chunks.len();
    let much = PushPart { document: HERE, envelope: Vec::new().into(), chunks, enrolment: None };
    let first = begins(HERE);
    let then = writes(ELIN, 255, &[&first], ("phone", "1"));
    let mut honest = part(&then);
    honest.chunks.insert(0, first.chunk.bytes.clone().into());
    let acks =
        ingest::push(&world.app, Push { parts: vec![much, honest.clone()] }, None).await.unwrap();
    assert_eq!(acks.len(), count, "{:?}", acks.last());
    let acks = ingest::push(&world.app, Push { parts: vec![honest] }, None).await.unwrap();
    let received = |ack: &Ack| matches!(ack.outcome, Outcome::Received(_));
    assert!(acks.len() == 2 && acks.iter().all(received), "{acks:?}");
}

#[tokio::test]
async fn lengths_and_depths_that_lie_are_unreadable() {
    let door = Door::with("bluff").await;
    let mut browser = Browser::new(1);
    assert_eq!(browser.enrol(&door, "bluff", PASSWORD).await.status, StatusCode::OK);
    let long = [0x1b, 0x10, 0, 0, 0, 0, 0, 0, 0];
    let lies = |kind: u8| [&[0, 0xa1, 0x18, 99][..], &[kind | long[0]], &long[1..]].concat();
    let deep = |byte: u8| [vec![0, 0xa1, 0x18, 99], vec![byte; 1_000_000]].concat();
    let mut bodies: Vec<Vec<u8>> = [0x40, 0x60, 0x80, 0xa0].map(lies).to_vec();
    bodies.extend([0x81, 0xa1, 0xc1, 0x9f, 0xbf, 0x5f].map(deep));
    for body in bodies {
        let begins: Vec<u8> = body.iter().take(6).copied().collect();
        let told = browser.call(&door, (Method::POST, "/api/v1/sync"), body).await;
        assert_eq!((told.status.as_u16(), told.problem()), (400, "unreadable"), "{begins:x?}");
    }
}
