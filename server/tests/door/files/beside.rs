//! Text beside files that nobody takes in: of a revoked tablet, and refused ones.

use ankomst_server::storage::sqlite::{devices, log};
use ankomst_shared::document::Edit;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::path::FieldPath;
use ankomst_shared::sync::message::{FileState, HandInFileAnswer, Outcome};
use ankomst_shared::value::Value;

use super::{CASE, Place, kept, picture, place, rows, says};

/// So much is written.
const TEXTS: u8 = 12;

/// What became of each text, how many changes have arrived then, and what was said of each piece beside them.
struct Told {
    texts: Vec<Outcome>,
    arrived: u64,
    pieces: Vec<FileState>,
}

/// One tablet writes; with each exchange another one, which was revoked, brings a piece of a file that is not what it says,
/// and of one that is.
async fn written(place: &mut Place, with_files: bool) -> Told {
    let (door, author, revoked) = (&place.door, &mut place.author, place.colleague.device.unwrap());
    let order = door.app.writer.write(move |db| devices::order_wipe(db, revoked, 5));
    assert!(order.await.unwrap());
    let good = kept(door, CASE, &picture(1), 1);
    let mut bent = kept(door, CASE, &picture(2), 2);
    bent.pieces[1][500] ^= 1;
    let (mut texts, mut pieces) = (Vec::new(), Vec::new());
    for number in 0..TEXTS {
        let title = Edit {
            path: FieldPath::parse("title").unwrap(),
            value: Value::text(format!("Text {number}")),
        };
        let id = DocumentId::from_bytes([100 + number; 16]);
        let edits = [title];
        let text = author.begins_with(door, ("incident", id), Some(CASE), &edits);
        if with_files {
            let next = usize::from(number);
            let bent = bent.asked(door, revoked, Some(next % 2));
            let good = good.asked(door, revoked, Some(next % 3));
            let (text, bent, good) = tokio::join!(text, says(door, &bent), says(door, &good));
            texts.push(text.0);
            pieces.extend([bent, good].map(|told| told.read::<HandInFileAnswer>().state));
        } else {
            texts.push(text.await.0);
        }
    }
    let arrived = door.app.readers.read(log::arrivals).unwrap().feed;
    Told { texts, arrived, pieces }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_tablet_that_brings_files_and_refused_ones_cost_another_tablet_s_text_nothing() {
    let mut alone = place("fil-ensam").await;
    let without = written(&mut alone, false).await;
    let mut beside = place("fil-bredvid").await;
    let with = written(&mut beside, true).await;
    let acknowledged = |told: &Told| {
        told.texts.iter().filter(|outcome| matches!(outcome, Outcome::Received(_))).count()
    };
    // In one exchange each, and nothing else has arrived.
    let counts = [&with, &without].map(|told| (acknowledged(told), told.arrived));
    assert_eq!(counts[0], counts[1], "{:?}", with.texts);
    assert_eq!(counts[0].0, usize::from(TEXTS));
    let count = |state| with.pieces.iter().filter(|told| **told == state).count();
    assert_eq!(count(FileState::Refused), usize::from(TEXTS) / 2, "each time it comes to its end");
    assert_eq!(count(FileState::NoRoom), 0);
    // What was right of it is here.
    let good = rows(&beside.door);
    assert_eq!(good.iter().filter(|row| row.whole_ms.is_some()).count(), 1, "{good:?}");
}
