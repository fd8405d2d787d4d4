//! Hostile changes by a device that is enrolled, through the server's own door and its trial's process: nothing ends,
//! nobody differs, and honest work goes on between them.

use std::collections::BTreeSet;

use ankomst_server::storage::sqlite::log;
use ankomst_server::sync::{feed, ingest};
use ankomst_shared::chunk::hostile::{Dice, bend, forge};
use ankomst_shared::chunk::parse;
use ankomst_shared::document::{Authoring, Document, Edit};
use ankomst_shared::ids::{ActorId, ChangeHash, DocumentId};
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::{AuthorEnvelope, SigningKey};
use ankomst_shared::sync::message::{Outcome, Push, PushPart, Refused};
use ankomst_shared::value::Value;

use super::held::world::{BO, ELIN, Made, World, begins, device, user, writes};

/// Records, and hostile changes of each.
const RECORDS: u8 = 6;
const CHANGES: u32 = 200;

fn edits(dice: &mut Dice) -> Vec<Edit> {
    let edit = |path: &str, value| Edit { path: FieldPath::parse(path).unwrap(), value };
    (0..=dice.roll(4))
        .map(|_| match dice.roll(4) {
            0 => edit("arriving_from", Value::text("å".repeat(1 + dice.roll(300)))),
            1 => edit("phone", Value::text(format!("+46701740{:03}", dice.roll(1000)))),
            2 => edit("legal_basis/SETTLEMENT", Value::Bool(dice.roll(2) == 0)),
            _ => edit("household_label", Value::text(format!("Familjen {}", dice.roll(9)))),
        })
        .collect()
}

/// A change of Bo's, bent or forged, in a part that he signs.
fn part(id: DocumentId, known: &[Vec<u8>], number: u32, dice: &mut Dice) -> Option<PushPart> {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&(number + 1_000).to_be_bytes());
    let actor = ActorId::from_bytes(bytes);
    let mut opened = Document::open(actor, known.iter().map(Vec::as_slice)).unwrap();
    let by = Authoring {
        device: device(BO),
        user: user(BO),
        now_ms: 2_000,
        clock_offset_s: None,
        review_heads: Vec::new(),
    };
    let honest = opened.commit(&edits(dice), &by).unwrap()?.bytes;
    let hashes: Vec<ChangeHash> = known.iter().map(|bytes| parse(bytes).unwrap().hash).collect();
    let evil = if dice.roll(2) == 0 { bend(&honest, dice) } else { forge(&honest, &hashes, dice) };
    let info = parse(&evil).ok();
    let envelope = AuthorEnvelope {
        document: id,
        actor: info.as_ref().map_or(actor, |info| info.actor),
        user: user(BO),
        device: device(BO),
        opened_ms: 1_000,
        last: info.map_or(ChangeHash::from_bytes([1; 32]), |info| info.hash),
    };
    let envelope = envelope.sign(&SigningKey::from_seed([BO; 32])).into();
    Some(PushPart { document: id, envelope, chunks: vec![evil.into()], enrolment: None })
}

fn visible(world: &World, id: DocumentId) -> Vec<Vec<u8>> {
    let rows = world.app.readers.read(|db| log::chunks_of(db, id, "visible")).unwrap();
    rows.iter().map(|row| world.app.keys.open_chunk(id, &row.hash, &row.sealed).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_changes_of_an_enrolled_device_end_nothing_and_honest_work_goes_on() {
    let world = World::new().await;
    let mut dice = Dice::new(7);
    let (mut malformed, mut taken) = (0, 0);
    for number in 1..=RECORDS {
        let id = DocumentId::from_bytes([number; 16]);
        let first = begins(id);
        world.push(std::slice::from_ref(&first)).await;
        world.settle().await;
        let mut honest: Vec<Made> = vec![first];
        for round in 0..4_u8 {
            let known = visible(&world, id);
            let parts = (0..CHANGES / 4)
                .filter_map(|at| part(id, &known, u32::from(round) * CHANGES + at, &mut dice));
            let push = Push { parts: parts.collect() };
            for ack in ingest::push(&world.app, push, None).await.unwrap() {
                malformed += usize::from(ack.outcome == Outcome::Refused(Refused::Malformed));
                taken += usize::from(matches!(ack.outcome, Outcome::Received(_)));
            }
            let on: Vec<&Made> = honest.iter().collect();
            let text = format!("Provby {round}");
            let next = writes(ELIN, round + 1, &on, ("arriving_from", &text));
            world.push(std::slice::from_ref(&next)).await;
            honest.push(next);
            feed::settle(&world.app).await.unwrap();
        }
        let shown = world.are(id, "visible");
        assert!(honest.iter().all(|made| shown.contains(&made.hash())), "honest work is shown");
        // Two who hear of it in opposite orders have the same.
        let nobody = ActorId::from_bytes([0; 16]);
        let all = visible(&world, id);
        let one = Document::open(nobody, all.iter().map(Vec::as_slice)).unwrap();
        let other = Document::open(nobody, all.iter().rev().map(Vec::as_slice)).unwrap();
        assert_eq!(one.heads(), other.heads());
        assert_eq!(one.canonical_json(), other.canonical_json());
    }
    let held = world.app.readers.read(|db| log::held(db, None)).unwrap();
    let reasons: BTreeSet<String> = held.into_iter().filter_map(|chunk| chunk.reason).collect();
    assert!(!reasons.contains("the trial was aborted"), "{reasons:?}");
    assert!(malformed > 200 && taken > 50 && reasons.len() > 1, "{malformed} {taken} {reasons:?}");
}
