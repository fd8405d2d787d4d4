//! Into a data folder: straight into the log, many documents in a commit, sealed and signed as any
//! other change; drawn and signed on all cores.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use ankomst_shared::ids::DocumentId;
use ankomst_shared::sign::{Enrolment, Header};
use tokio::sync::mpsc;

use super::super::{BANNER, SeedError, day, staff};
use super::crew::SHARED_PASSWORD;
use super::sealed::Change;
use super::{Plan, Size, Town};
use crate::accounts::password;
use crate::app::App;
use crate::storage::sqlite::accounts::{self, DeviceRow, UserRow};
use crate::storage::sqlite::log::{self, Arrival};
use crate::storage::sqlite::units;
use crate::storage::{StorageError, random};

/// Pieces (a house or a case) that become one commit.
const PIECES_A_COMMIT: usize = 64;
/// Commits that are ready before the log has taken them.
const COMMITS_WAITING: usize = 2;
/// A change reaches the server so long after it was made.
const ON_THE_WAY_MS: i64 = 90_000;

/// A document with its changes.
struct Drawn {
    header: Header,
    changes: Vec<Change>,
}

/// What becomes one commit.
type Commit = Result<Vec<Drawn>, SeedError>;

/// Sows a dataset and says what came of it; a folder that has accounts is left as it is. Rows are not
/// made here.
///
/// # Errors
/// When the dataset does not fit the catalog, or storage refuses.
pub async fn sow(app: &Arc<App>, plan: Plan) -> Result<String, SeedError> {
    if app.readers.read(units::first)?.is_some() {
        return Ok(format!(
            "{BANNER}: the folder has accounts already; nothing was planted.\n{}",
            staff::table()
        ));
    }
    let town = Arc::new(Town::draw(plan, || Ok(random()?))?);
    enrol(app, &town).await?;
    let (commits, mut ready) = mpsc::channel(COMMITS_WAITING);
    let drawing = Arc::clone(&town);
    let work = tokio::task::spawn_blocking(move || draw_all(&drawing, &commits));
    let (mut documents, mut changes) = (0, 0);
    while let Some(planted) = ready.recv().await {
        let planted = planted?;
        documents += planted.len();
        changes += planted.iter().map(|one| one.changes.len()).sum::<usize>();
        store(app, planted).await?;
    }
    work.await.map_err(|_| StorageError::Stopped)?;
    let head = app.readers.read(log::head)?;
    app.news.send_modify(|news| news.head = head.feed);
    Ok(format!(
        "{BANNER}: {} persons, {} houses, {documents} documents, {changes} changes\n{}{}",
        plan.size.figures().persons,
        town.houses.len(),
        staff::table(),
        others(&plan, &town)
    ))
}

fn others(plan: &Plan, town: &Town) -> String {
    let mut logins = town.crew.members.iter().filter(|one| one.password == SHARED_PASSWORD);
    match (plan.size, logins.next()) {
        (Size::M | Size::L, Some(first)) => format!(
            "\n{} more accounts, such as {}, with the password {SHARED_PASSWORD}",
            logins.count() + 1,
            first.login
        ),
        _ => String::new(),
    }
}

/// Draws all pieces on all cores and hands them on in their order.
fn draw_all(town: &Town, commits: &mpsc::Sender<Commit>) {
    let hands = thread::available_parallelism().map_or(1, usize::from);
    let all: Vec<usize> = (0..town.pieces()).collect();
    for pieces in all.chunks(PIECES_A_COMMIT) {
        let next = AtomicUsize::new(0);
        let work = || {
            let mut drawn = Vec::new();
            while let Some(piece) = pieces.get(next.fetch_add(1, Ordering::Relaxed)) {
                drawn.push((*piece, draw(town, *piece)));
            }
            drawn
        };
        let mut drawn = thread::scope(|scope| {
            let threads: Vec<_> = (0..hands).map(|_| scope.spawn(work)).collect();
            threads.into_iter().filter_map(|one| one.join().ok()).flatten().collect::<Vec<_>>()
        });
        drawn.sort_by_key(|(piece, _)| *piece);
        let is_whole = drawn.len() == pieces.len();
        let planted: Result<Vec<Vec<Drawn>>, SeedError> =
            drawn.into_iter().map(|(_, planted)| planted).collect();
        let planted = planted.map(|lists| lists.into_iter().flatten().collect());
        let planted = if is_whole { planted } else { Err(StorageError::Stopped.into()) };
        let failed = planted.is_err();
        if commits.blocking_send(planted).is_err() || failed {
            return;
        }
    }
}

fn draw(town: &Town, piece: usize) -> Commit {
    let drawn = town.piece(piece)?.into_iter();
    Ok(drawn.map(|one| Drawn { header: one.header, changes: one.changes }).collect())
}

async fn enrol(app: &Arc<App>, town: &Town) -> Result<(), SeedError> {
    let shared = password::hash(SHARED_PASSWORD)?;
    let since = day::at(day::after(town.plan.today, -town.plan.days() - 60), 0);
    let seen = day::at(town.plan.today, -500);
    let units: Vec<_> = town.crew.units.iter().map(|unit| (unit.id, unit.name.clone())).collect();
    let mut users = Vec::new();
    for one in &town.crew.members {
        let is_shared = one.password == SHARED_PASSWORD;
        users.push(UserRow {
            id: one.id,
            login: one.login.clone(),
            name: one.name.clone(),
            password: if is_shared { shared.clone() } else { password::hash(one.password)? },
            roles: vec![one.role],
            unit: town.crew.unit(one.unit)?.id,
            active: true,
        });
    }
    let devices: Vec<DeviceRow> = town
        .crew
        .hands
        .iter()
        .map(|hand| {
            let (device, user, name) = (hand.device, hand.user, hand.name.clone());
            let key = *hand.key.public().as_bytes();
            let enrolment = Enrolment { device, user, key, name: name.clone(), at_ms: since };
            let enrolment = enrolment.sign(&app.secrets.server);
            DeviceRow { id: device, user, name, key, enrolment, active: true }
        })
        .collect();
    app.writer
        .write(move |db| {
            units.iter().try_for_each(|(id, name)| units::add(db, *id, name))?;
            users.iter().try_for_each(|user| accounts::add_user(db, user))?;
            devices.iter().try_for_each(|device| accounts::add_device(db, device, seen))
        })
        .await?;
    Ok(())
}

async fn store(app: &Arc<App>, planted: Vec<Drawn>) -> Result<(), SeedError> {
    let ids: Vec<DocumentId> = planted.iter().map(|one| one.header.document).collect();
    app.keys.make(&ids)?;
    let sealing = Arc::clone(app);
    let write = move |db: &_| {
        for one in planted {
            let document = one.header.document;
            let first = one.changes.first().map_or(0, |change| change.info.meta.claimed_ms);
            log::add_document(db, &one.header, first + ON_THE_WAY_MS)?;
            for Change { info, envelope } in &one.changes {
                let sealed = &sealing.keys.seal(document, &info.hash, &info.bytes)?;
                let (received_ms, held) = (info.meta.claimed_ms + ON_THE_WAY_MS, None);
                let arrival = Arrival { document, info, sealed, envelope, received_ms, held };
                log::add_chunk(db, &arrival)?;
                log::make_visible(db, document, info.hash)?;
            }
        }
        Ok(())
    };
    Ok(app.writer.write(write).await?)
}
