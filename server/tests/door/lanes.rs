//! What kills the trial, kills it twice, and is remembered by a server that starts again; what others write goes on.

use std::path::{Path, PathBuf};

use ankomst_server::app::App;
use ankomst_server::storage::sqlite::{log, trials};
use ankomst_server::sync::feed;
use ankomst_server::sync::held::{Asked, decide};
use ankomst_server::trial::Lane;
use ankomst_shared::document::Edit;
use ankomst_shared::ids::{ChangeHash, DocumentId};
use ankomst_shared::path::FieldPath;
use ankomst_shared::sync::message::Outcome;
use ankomst_shared::value::Value;

use super::guard::{user, village};
use super::kinds::{Somebody, held};
use super::kit::{Door, PASSWORD};

/// The same data under a server whose trials run in this program.
async fn started(door: Door, trial: &Path) -> Door {
    let Door { app, folder } = door;
    drop(app);
    let app = App::open(&folder.path().join("data"), trial.to_path_buf()).await.unwrap();
    Door { app, folder }
}

/// A program that dies whatever it is asked, and counts that.
fn deadly(folder: &Path) -> (PathBuf, PathBuf) {
    let (file, count) = (folder.join("deadly"), folder.join("count"));
    let script = format!("#!/bin/sh\necho 1 >> {}\n", count.display());
    std::fs::write(&file, script).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    std::fs::set_permissions(&file, mode).unwrap();
    (file, count)
}

fn deaths(count: &Path) -> usize {
    std::fs::read_to_string(count).map_or(0, |text| text.lines().count())
}

async fn begins(one: &mut Somebody, door: &Door, number: u8) -> ChangeHash {
    let edit = Edit { path: FieldPath::parse("remark").unwrap(), value: Value::text("Prov") };
    let id = DocumentId::from_bytes([number; 16]);
    let (outcome, hash) = one.begins_with(door, ("case", id), None, &[edit]).await;
    assert!(matches!(outcome, Outcome::Received(_)), "{outcome:?}");
    hash
}

#[tokio::test(flavor = "multi_thread")]
async fn what_kills_is_tried_twice_alone_and_a_restart_does_not_forget_it() {
    let door = Door::with("dodar").await;
    let (trial, count) = deadly(door.folder.path());
    let mut door = started(door, &trial).await;
    let (mut one, _) = Somebody::with(&door, ("dodar", PASSWORD), 1).await;
    let hash = begins(&mut one, &door, 1).await;
    // Once for everybody, and once more for each start: the mark is on the disk.
    for _ in 0..3 {
        feed::settle_lane(&door.app, Lane::Quick).await.unwrap();
        door = started(door, &trial).await;
    }
    assert_eq!((deaths(&count), held(&door, hash)), (1, None));
    // What else that device has waiting is not tried by everybody's child either.
    let other = begins(&mut one, &door, 2).await;
    feed::settle_lane(&door.app, Lane::Quick).await.unwrap();
    assert_eq!((deaths(&count), held(&door, other)), (1, None));
    feed::settle_lane(&door.app, Lane::Slow).await.unwrap();
    let reason = Some("the trial was aborted".to_owned());
    assert_eq!((held(&door, hash), held(&door, other)), (reason.clone(), reason));
    assert_eq!(deaths(&count), 1 + 2 + 2);
    // Nothing waits, nothing is left of the marks, and nothing is tried again.
    assert!(door.app.readers.read(trials::waiting).unwrap().is_empty());
    let marks = door.app.readers.read(|db| trials::marks(db, DocumentId::from_bytes([1; 16])));
    assert!(marks.unwrap().is_empty());
    let door = started(door, &trial).await;
    feed::settle(&door.app).await.unwrap();
    assert_eq!(deaths(&count), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn once_the_trial_is_well_again_what_had_only_been_marked_is_shown() {
    let door = Door::with("frisk").await;
    let (trial, _) = deadly(door.folder.path());
    let good = PathBuf::from(env!("CARGO_BIN_EXE_ankomst"));
    let door = started(door, &trial).await;
    let (mut one, _) = Somebody::with(&door, ("frisk", PASSWORD), 1).await;
    begins(&mut one, &door, 1).await;
    feed::settle_lane(&door.app, Lane::Quick).await.unwrap();
    let door = started(door, &good).await;
    feed::settle(&door.app).await.unwrap();
    let head = door.app.readers.read(log::head).unwrap();
    assert_eq!(head.feed, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_lets_in_what_killed_has_it_tried_once_more_and_no_more() {
    let (door, mut elin, ..) = village().await;
    let by = user(&door, "ingrid").id;
    let (trial, count) = deadly(door.folder.path());
    let mut door = started(door, &trial).await;
    let hash = begins(&mut elin, &door, 81).await;
    let document = DocumentId::from_bytes([81; 16]);
    let releases = async |door: &Door| {
        let reason = "Servern hade ont om minne".to_owned();
        let asked = Asked { document, hashes: vec![hash], is_release: true, reason, by };
        decide(&door.app, asked).await.unwrap()
    };
    let killed = Some("the trial was aborted".to_owned());
    feed::settle(&door.app).await.unwrap();
    assert_eq!(held(&door, hash), killed);
    let before = deaths(&count);
    assert_eq!(releases(&door).await.let_in, 1);
    door = started(door, &trial).await;
    feed::settle_lane(&door.app, Lane::Quick).await.unwrap();
    assert_eq!((deaths(&count), held(&door, hash)), (before, None), "it is not among the others");
    feed::settle(&door.app).await.unwrap();
    assert_eq!(held(&door, hash), killed, "it kills again, and is held again");
    assert_eq!(deaths(&count), before + 1, "once, alone");
    feed::settle(&door.app).await.unwrap();
    assert_eq!(deaths(&count), before + 1, "nobody has it tried any more");

    door = started(door, Path::new(env!("CARGO_BIN_EXE_ankomst"))).await;
    feed::settle(&door.app).await.unwrap();
    assert_eq!(held(&door, hash), killed, "a decision is of its day");
    assert_eq!(releases(&door).await.let_in, 1);
    feed::settle(&door.app).await.unwrap();
    let stands = door.app.readers.read(|db| log::chunk_of(db, document, hash)).unwrap().unwrap();
    assert_eq!(stands.state, "visible");
}
