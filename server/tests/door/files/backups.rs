//! Files in backups, and what restores bring back of them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use ankomst_server::app::App;
use ankomst_server::care::{self, Schedule, doctor, files::keep};
use ankomst_server::storage::files::{self as bytes, place_of};
use ankomst_server::storage::sqlite::{backup, files, files_beside};
use ankomst_server::verify;
use ankomst_shared::document::Edit;
use ankomst_shared::ids::{DeviceId, DocumentId};
use ankomst_shared::path::FieldPath;
use ankomst_shared::sync::message::FileState;
use ankomst_shared::value::Value;

use super::super::kit::{Door, ankomst};
use super::{CASE, Kept, Place, brings, fetch_all, kept, picture, place, rows, told};

impl Place {
    /// Makes a backup of what is written and of the files; tells how many files are in it and are not.
    async fn backs_up(&self, file: &Path) -> (usize, u64) {
        backup::make(&self.door.app.folder, file, self.door.app.secrets.master).unwrap();
        let beside = keep(&self.door.app, file).await.unwrap();
        (beside.there.len(), beside.lacking)
    }

    /// Restores a backup into a folder, and goes on there; tells how many files are lost.
    async fn restores(&mut self, file: &Path, folder: &Path) -> u64 {
        let (old, master) = (self.door.app.folder.clone(), self.door.app.secrets.master);
        if old != folder {
            std::fs::create_dir_all(folder).unwrap();
            for key in ["master.key", "server.key", "deposit.key", "session.key"] {
                std::fs::copy(old.join(key), folder.join(key)).unwrap();
            }
        }
        let done = backup::restore(file, folder, master, self.door.app.now_ms()).unwrap();
        let binary = PathBuf::from(env!("CARGO_BIN_EXE_ankomst"));
        self.door.app = App::open(folder, binary).await.unwrap();
        done.lost.count
    }

    fn at(&self, name: &str) -> PathBuf {
        let folder = self.door.folder.path().join("backups");
        std::fs::create_dir_all(&folder).unwrap();
        folder.join(name)
    }
}

async fn state(door: &Door, device: DeviceId, file: &Kept) -> FileState {
    told(door, &file.asked(door, device, None)).await.0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tablet_hears_of_a_backup_that_has_its_file_and_only_in_the_same_life_of_the_log() {
    let mut place = place("fil-kopia").await;
    let device = place.device();
    let (one, two) =
        (kept(&place.door, CASE, &picture(1), 1), kept(&place.door, CASE, &picture(2), 2));
    assert_eq!(brings(&place.door, device, &one).await, FileState::Whole);
    let (first, second) = (place.at("a.db"), place.at("b.db"));
    assert_eq!(place.backs_up(&first).await, (1, 0));
    assert_eq!(brings(&place.door, device, &two).await, FileState::Whole);
    let states = [state(&place.door, device, &one).await, state(&place.door, device, &two).await];
    assert_eq!(states, [FileState::BackedUp, FileState::Whole], "it came later");
    // The same bytes of another tablet are as safe.
    let same = kept(&place.door, CASE, &picture(1), 5);
    let other = place.colleague.device.unwrap();
    assert_eq!(state(&place.door, other, &same).await, FileState::BackedUp);
    assert_eq!(place.backs_up(&second).await, (2, 0));
    assert_eq!(state(&place.door, device, &two).await, FileState::BackedUp);
    let sums = place.door.app.readers.read(files::sums).unwrap();
    assert_eq!((sums.count, sums.unbacked, sums.unbacked_ms), (2, 0, None));

    // The older backup over the same folder: what came since is still there, and nothing is believed to be in a backup.
    let folder = place.door.app.folder.clone();
    assert_eq!(place.restores(&first, &folder).await, 0);
    for file in [&one, &two] {
        assert_eq!(state(&place.door, device, file).await, FileState::Whole);
        assert_eq!(
            fetch_all(&place.door, &mut place.colleague, file).await.as_ref(),
            Some(&file.plain)
        );
    }
    assert_eq!(place.door.app.readers.read(files::sums).unwrap().unbacked, 2);
    assert_eq!(place.backs_up(&place.at("c.db")).await, (2, 0));
    assert_eq!(state(&place.door, device, &one).await, FileState::BackedUp);

    // The data folder is lost: what the backup has comes from beside it, what it has not the tablet brings again.
    let new = place.door.folder.path().join("new");
    assert_eq!(place.restores(&first, &new).await, 0);
    assert_eq!(state(&place.door, device, &one).await, FileState::Whole);
    assert_eq!(state(&place.door, device, &two).await, FileState::Unknown);
    assert_eq!(brings(&place.door, device, &two).await, FileState::Whole);
    for file in [&one, &two] {
        let given = fetch_all(&place.door, &mut place.colleague, file).await;
        assert_eq!(given.as_ref(), Some(&file.plain));
    }
    assert_eq!(rows(&place.door).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_damaged_beside_a_backup_is_told_and_not_believed() {
    let mut place = place("fil-skadad").await;
    let device = place.device();
    let (one, two) =
        (kept(&place.door, CASE, &picture(1), 1), kept(&place.door, CASE, &picture(2), 2));
    for file in [&one, &two] {
        assert_eq!(brings(&place.door, device, file).await, FileState::Whole);
    }
    let half = kept(&place.door, CASE, &picture(3), 3);
    told(&place.door, &half.asked(&place.door, device, Some(0))).await;
    let file = place.at("a.db");
    assert_eq!(place.backs_up(&file).await, (2, 0));
    let master = place.door.app.secrets.master;
    let lacks = || files_beside::check(&file, master).unwrap().lacking;
    assert_eq!(lacks(), 0);
    let there = bytes::path(file.parent().unwrap(), place_of(device, one.id));
    let mut bent = std::fs::read(&there).unwrap();
    bent[200_000] ^= 1;
    std::fs::write(&there, &bent).unwrap();
    assert_eq!(lacks(), 1);
    let (went_well, said) = ankomst(&place.door.app.folder, &["verify", file.to_str().unwrap()]);
    assert!(!went_well && said.contains("1 pictures and files beside it"), "{said}");
    assert!(said.contains("what is written is whole; 1 files are not"), "{said}");
    std::fs::remove_file(bytes::path(file.parent().unwrap(), place_of(device, two.id))).unwrap();
    assert_eq!(lacks(), 2);

    let new = place.door.folder.path().join("new");
    assert_eq!(
        place.restores(&file, &new).await,
        3,
        "damaged, gone, and half of one that is nowhere"
    );
    let entries = std::fs::read_dir(&new).unwrap().map(|entry| entry.unwrap().path());
    let listed = entries.map(|path| path.join(files_beside::LOST)).find(|path| path.exists());
    let listed = std::fs::read_to_string(listed.unwrap()).unwrap();
    let mut wanted = vec!["record name id".to_owned()];
    let mut both = [&one, &two].map(|kept| (place_of(device, kept.id), kept.name));
    both.sort();
    wanted.extend(both.map(|(id, name)| format!("{CASE} {name} {id}")));
    assert_eq!(listed.lines().collect::<Vec<_>>(), wanted, "those that were whole");
    assert_eq!(not_back(&place.door).unwrap(), (false, "2 of 2".to_owned()));
    for (file, left) in [(&half, 2), (&one, 1), (&two, 0)] {
        assert_eq!(state(&place.door, device, file).await, FileState::Unknown);
        assert_eq!(brings(&place.door, device, file).await, FileState::Whole);
        assert_eq!(not_back(&place.door).unwrap(), (left == 0, format!("{left} of 2")));
    }
    // In the new life of the log what lies there is read before it counts, and put right.
    assert_eq!(place.backs_up(&place.at("b.db")).await, (3, 0));
    assert_eq!(files_beside::check(&place.at("b.db"), master).unwrap().lacking, 0);
}

/// What is said of files that a restore did not find.
fn not_back(door: &Door) -> Option<(bool, String)> {
    let all = doctor::examine(&door.app).unwrap().into_iter();
    let mut found = all.filter_map(|one| {
        let (_, rest) = one.what.split_once(": ")?;
        let (count, _) = rest.split_once(" pictures and files that it did not find")?;
        Some((one.fine, count.to_owned()))
    });
    found.next()
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_records_that_are_not_here_are_told_and_stay() {
    let mut place = place("fil-textlos").await;
    let device = place.device();
    let told = |door: &Door| {
        let all = doctor::examine(&door.app).unwrap();
        let one = all.into_iter().find(|one| one.what.contains("of records")).unwrap();
        assert!(one.fine, "it may come any day");
        one.what
    };
    let with_text = kept(&place.door, CASE, &picture(1), 1);
    assert_eq!(brings(&place.door, device, &with_text).await, FileState::Whole);
    assert_eq!(told(&place.door), "0 of them are of records that are not here");
    assert_eq!(not_back(&place.door), None);
    let alone = kept(&place.door, DocumentId::from_bytes([92; 16]), &picture(2), 2);
    assert_eq!(brings(&place.door, device, &alone).await, FileState::Whole);
    let long_ago =
        "UPDATE files SET whole_ms = whole_ms - 500 * 86400000, at_ms = at_ms - 500 * 86400000";
    place.door.app.writer.write(move |db| Ok(db.execute(long_ago, [])?)).await.unwrap();
    let known = "1 of them are of records that are not here, 0 MiB, since 500 days at most";
    assert_eq!(told(&place.door), known);
    assert_eq!(care::files::give_up(&place.door.app).await.unwrap(), 0);
    // Its text comes from a tablet that was away for longer than anybody thought.
    let label = FieldPath::parse("household_label").unwrap();
    let label = [Edit { path: label, value: Value::text("Familjen Prov") }];
    place.author.begins_with(&place.door, ("case", alone.document), None, &label).await;
    assert_eq!(told(&place.door), "0 of them are of records that are not here");
    assert_eq!(state(&place.door, device, &alone).await, FileState::Whole);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_read_ends_a_restore_before_anything_is_changed() {
    let mut place = place("fil-olast").await;
    let device = place.device();
    let file = kept(&place.door, CASE, &picture(1), 1);
    assert_eq!(brings(&place.door, device, &file).await, FileState::Whole);
    let backup = place.at("a.db");
    assert_eq!(place.backs_up(&backup).await, (1, 0));
    let beside = bytes::path(backup.parent().unwrap(), place_of(device, file.id));
    let good = std::fs::read(&beside).unwrap();
    // Another disk that is not mounted, a broken one: here a folder where the file should be.
    std::fs::remove_file(&beside).unwrap();
    std::fs::create_dir(&beside).unwrap();
    std::fs::remove_file(file.path(&place.door, device)).unwrap();
    let folder = place.door.app.folder.clone();
    let (master, now_ms) = (place.door.app.secrets.master, place.door.app.now_ms());
    let failed = backup::restore(&backup, &folder, master, now_ms).unwrap_err().to_string();
    assert!(failed.contains("nothing was changed"), "{failed}");
    assert_eq!(rows(&place.door).len(), 1);
    let is_aside = |entry: std::fs::DirEntry| {
        entry.file_name().to_string_lossy().starts_with("before-restore-")
    };
    assert!(!std::fs::read_dir(&folder).unwrap().any(|entry| is_aside(entry.unwrap())));
    std::fs::remove_dir(&beside).unwrap();
    std::fs::write(&beside, &good).unwrap();
    assert_eq!(place.restores(&backup, &folder).await, 0);
    let given = fetch_all(&place.door, &mut place.colleague, &file).await;
    assert_eq!(given.as_ref(), Some(&file.plain));
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_have_no_room_end_no_restore_and_a_stop_ends_their_copying() {
    let place = place("fil-trangt").await;
    let (door, device) = (&place.door, place.device());
    let file = kept(door, CASE, &picture(1), 1);
    assert_eq!(brings(door, device, &file).await, FileState::Whole);
    let (backup, master) = (place.at("a.db"), door.app.secrets.master);
    backup::make(&door.app.folder, &backup, master).unwrap();
    let add = |free, is_stopped: bool| {
        files_beside::add(&door.app.folder, &backup, (master, free), &|| is_stopped).unwrap()
    };
    assert_eq!(add(0, true), files_beside::Beside::default());
    assert_eq!((add(u64::MAX, false).lacking, add(0, false).there.len()), (1, 1));
    let least: u64 = ["a.db", "a.db.keys", "a.db.access"]
        .map(|name| std::fs::metadata(place.at(name)).unwrap().len())
        .iter()
        .sum();
    assert_eq!(files_beside::left_to_text(&backup).unwrap(), 2 * least);

    let new = door.folder.path().join("new");
    std::fs::create_dir_all(&new).unwrap();
    let (log, keys) = (new.join("log.db.part"), new.join("keys.db.part"));
    for (free, no_room) in [(u64::MAX, 1), (0, 0)] {
        std::fs::copy(&backup, &log).unwrap();
        std::fs::copy(backup::keys_of(&backup), &keys).unwrap();
        let lost = files_beside::restore((&log, &keys), (&backup, &new), (master, free)).unwrap();
        assert_eq!((lost.count, lost.no_room), (no_room, no_room));
        let is_here = bytes::path(&new, place_of(device, file.id)).exists();
        assert_eq!(is_here, no_room == 0, "what there is room for comes the next time");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_what_is_written_stands_without_the_files() {
    let place = place("fil-utan").await;
    let (door, device) = (&place.door, place.device());
    let (one, two) = (kept(door, CASE, &picture(1), 1), kept(door, CASE, &picture(2), 2));
    for file in [&one, &two] {
        assert_eq!(brings(door, device, file).await, FileState::Whole);
    }
    door.app.files.leave_free(u64::MAX);
    let folder = place.at("").parent().unwrap().to_path_buf();
    let schedule = Schedule { folder: folder.clone(), every_hours: 24, keep: 3 };
    backs_up_by(&door.app, &schedule).await;
    assert_eq!(state(door, device, &one).await, FileState::Whole, "the disk there has no room");
    door.app.files.leave_free(0);
    // Gone from where it lies: no backup has it, and its tablet keeps it.
    let away = folder.join("away");
    std::fs::rename(one.path(door, device), &away).unwrap();
    backs_up_by(&door.app, &schedule).await;
    assert_eq!(state(door, device, &one).await, FileState::Whole);
    assert_eq!(state(door, device, &two).await, FileState::BackedUp);
    let told = || {
        let all = doctor::examine(&door.app).unwrap();
        all.into_iter().find(|one| one.what.contains("pictures")).unwrap()
    };
    assert_eq!(told().what, "2 pictures and files, 0 MiB; 1 in no backup");
    assert!(told().fine, "there may be a backup of it tomorrow");
    let old = "UPDATE files SET whole_ms = whole_ms - 4 * 86400000";
    door.app.writer.write(move |db| Ok(db.execute(old, [])?)).await.unwrap();
    assert!(!told().fine);
    let left = walk(&folder.join("files"));
    assert_eq!(left, [bytes::path(&folder, place_of(device, two.id))], "nothing half is left");
    let report = verify::run((&door.app.folder, door.app.secrets.master), &|_| ()).unwrap();
    assert_eq!(report.attached, 2);
    let faults: Vec<_> = report.faults.iter().map(|fault| (fault.kind, fault.record)).collect();
    assert_eq!(faults, [(verify::found::Kind::Attached, Some(CASE))], "{:?}", report.faults);
    // Damaged, and in no backup ever: its tablet brings it again.
    let mut bent = std::fs::read(&away).unwrap();
    bent[5] ^= 1;
    std::fs::write(one.path(door, device), &bent).unwrap();
    backs_up_by(&door.app, &schedule).await;
    assert_eq!(state(door, device, &one).await, FileState::Unknown);
    assert_eq!(brings(door, device, &one).await, FileState::Whole);
    backs_up_by(&door.app, &schedule).await;
    assert_eq!(state(door, device, &one).await, FileState::BackedUp);
    // What a backup had once is never forgotten for what has become of it here.
    std::fs::write(two.path(door, device), &bent).unwrap();
    std::fs::remove_file(bytes::path(&folder, place_of(device, two.id))).unwrap();
    backs_up_by(&door.app, &schedule).await;
    assert_eq!(state(door, device, &two).await, FileState::BackedUp);
    // In the folder of the data itself nothing is a backup.
    let beside_itself = door.app.folder.join("x.db");
    assert_eq!(place.backs_up(&beside_itself).await, (0, 2));
}

/// A backup as the schedule makes it, and then of the files.
pub(super) async fn backs_up_by(app: &Arc<App>, schedule: &Schedule) {
    let (_, file) = care::one(app, schedule).await.unwrap();
    keep(app, &file).await.unwrap();
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path) }
    }
    found
}
