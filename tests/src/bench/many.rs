//! Rows of many devices: sockets that say nothing, appending at once, the morning when all come back.

use std::time::{Duration, Instant};

use ankomst_core::platform::Socket;
use ankomst_shared::app::{Command, Contact};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::sync::Position;
use ankomst_shared::sync::message::PushPart;
use ankomst_shared::value::Value;
use anyhow::{Context, ensure};
use futures_util::future::{join_all, try_join_all};

use super::rows::{EDIT_SET, Say, Spent, float, say_wire};
use super::town::{Town, add, add_to, password, until};
use crate::tablet::Tablet;
use crate::tablet::raw::RawDevice;

/// Devices that append at once, pushes of each, changes of each push.
const APPEND: (usize, usize, usize) = (64, 10, 64);
/// Tablets of one account: attempts to sign in are few.
const OF_LOGIN: usize = 8;

/// Units, records of each, tablets of each, records that a tablet has changed while it was away.
#[derive(Debug, Clone, Copy)]
pub struct Crowd {
    /// Units.
    pub units: usize,
    /// Records of a unit; all its tablets hold them.
    pub held: usize,
    /// Tablets of a unit.
    pub tablets: usize,
    /// Records that a tablet has changed.
    pub changed: usize,
}

/// Rush hour: 50 tablets, 40 records held, 20 changed.
pub const RUSH: Crowd = Crowd { units: 10, held: 40, tablets: 5, changed: 20 };

/// Tablets of a unit, with the records they hold.
type Unit = (Vec<Tablet>, Vec<DocumentId>);

/// Many tablets come back at the same moment, each with changes that the others of its unit are then given.
///
/// # Errors
/// When something does not arrive.
pub async fn rush(crowd: Crowd, row: &str, say: Say<'_>) -> anyhow::Result<()> {
    let mut town = Town::empty()?;
    let mut grown = Vec::new();
    for unit in 0..crowd.units {
        let name = format!("Enhet {unit}");
        let records = town.grow(&name, crowd.held).await?;
        grown.push((name, records));
    }
    // Only then are there tablets, which would be told of everything.
    let mut units = Vec::new();
    for (name, records) in grown {
        let records = town.records.get(records).context("no records")?;
        let cases = records.iter().map(|record| record.case).collect();
        units.push((gather(&town, &name, crowd.tablets).await?, cases));
    }
    say(row, "tablets", float(u64::try_from(crowd.units * crowd.tablets)?), "");
    town.settle().await?;
    town.proxy.open(false);
    for tablet in units.iter().flat_map(|(tablets, _)| tablets) {
        until(tablet, |status| status.contact != Contact::Live).await?;
    }
    for unit in &units {
        write(&town, unit, crowd.changed).await?;
    }
    returns(&town, &units, row, say).await
}

/// So many tablets of a unit that hold what it has.
async fn gather(town: &Town, unit: &str, tablets: usize) -> anyhow::Result<Vec<Tablet>> {
    let mut all = Vec::new();
    for number in 0..tablets {
        let login = format!("{}-{}", unit.to_lowercase().replace(' ', "-"), number / OF_LOGIN);
        if number % OF_LOGIN == 0 {
            add_to(&town.server, &login, unit);
        }
        let tablet = town.tablet(&format!("{login}-{number}")).await;
        tablet.login(&login, &password(&login)).await;
        until(&tablet, |status| status.first_sync.is_none() && status.contact == Contact::Live)
            .await?;
        all.push(tablet);
    }
    Ok(all)
}

/// Each tablet changes records, ten answers of each; no two tablets the same answers.
async fn write(town: &Town, (tablets, cases): &Unit, changed: usize) -> anyhow::Result<()> {
    for (number, tablet) in tablets.iter().enumerate() {
        for at in 0..changed {
            let case = cases.get((number * cases.len() / tablets.len() + at) % cases.len());
            let case = *case.context("no record")?;
            for answer in 0..EDIT_SET {
                let path = town.maker.key(number * EDIT_SET + answer).context("no questions")?;
                let value = Value::text(format!("Skrivet utan kontakt {number} {answer}"));
                tablet.answer(case, path.as_str(), value).await;
            }
        }
    }
    Ok(())
}

async fn returns(town: &Town, units: &[Unit], row: &str, say: Say<'_>) -> anyhow::Result<()> {
    let tablets: Vec<&Tablet> = units.iter().flat_map(|(tablets, _)| tablets).collect();
    let count = float(u64::try_from(tablets.len())?);
    let sent: u32 = tablets.iter().map(|tablet| tablet.status().waiting).sum();
    ensure!(sent > 0, "nothing was written");
    let idle = town.process.memory_kb()?;
    town.process.forget_peak()?;
    let before = Spent::now(town)?;
    town.proxy.open(true);
    join_all(tablets.iter().map(|tablet| tablet.handle(Command::SyncNow))).await;
    for tablet in &tablets {
        until(tablet, |status| status.waiting == 0).await?;
    }
    let there = Spent::now(town)?;
    for tablet in &tablets {
        until(tablet, |status| status.received == 0).await?;
    }
    town.settle().await?;
    let after = Spent::now(town)?;
    say(row, "changes sent", f64::from(sent), "");
    let (own, children) = there.cpu.since(before.cpu);
    say(row, "server CPU until all are at level 1", own, "ms");
    say(row, "server CPU of trials until then", children, "ms");
    let (own, children) = after.cpu.since(before.cpu);
    say(row, "server CPU until settled", own, "ms");
    say(row, "server CPU of trials", children, "ms");
    say(row, "server CPU until settled, of each tablet", (own + children) / count, "ms");
    say(row, "all tablets' CPU until settled", after.own_ms - before.own_ms, "ms");
    say(row, "wall to level 1", (there.at - before.at).as_secs_f64() * 1_000.0, "ms");
    let peak = town.process.peak_kb()?;
    say(row, "server memory over idle, most", float(peak.saturating_sub(idle)), "KiB");
    say(row, "server memory, most", float(peak), "KiB");
    say_wire(say, &format!("{row}, each"), after.wire.since(before.wire), count);
    Ok(())
}

/// Sockets that say nothing.
///
/// # Errors
/// When one cannot be opened.
pub async fn idle(town: &Town, sockets: usize, say: Say<'_>) -> anyhow::Result<()> {
    // A session may have four.
    let devices = sockets.div_ceil(4);
    let mut enrolled = Vec::new();
    for number in 0..devices {
        let folder = town.folder(&format!("vilar-{number}"));
        std::fs::create_dir(&folder)?;
        let server = town.server.url();
        // Attempts of one login are few.
        let login = format!("vilar{}", number / 8);
        if number % 8 == 0 {
            add(&town.server, &login);
        }
        let device = RawDevice::enrol(&server, &folder, (&login, &password(&login))).await;
        let answer = device.exchange(Vec::new()).await;
        enrolled.push((device, answer.welcome.epoch, answer.feed.cursor));
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    let before = town.process.memory_kb()?;
    let mut open = Vec::new();
    for _ in 0..4 {
        for (device, epoch, cursor) in &enrolled {
            let socket = device.attach((*epoch, *cursor)).await;
            open.push(socket.map_err(|error| anyhow::anyhow!("socket {}: {error}", open.len()))?);
        }
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    let after = town.process.memory_kb()?;
    let count = u64::try_from(open.len())?;
    say("idle", "sockets", float(count), "");
    say(
        "idle",
        "server memory for each",
        float(after.saturating_sub(before)) / float(count),
        "KiB",
    );
    open.iter().for_each(Socket::close);
    Ok(())
}

/// Many devices bring many changes at once; each has a unit of its own, so nobody is given what others bring.
///
/// # Errors
/// When one is not taken.
pub async fn append(town: &Town, say: Say<'_>) -> anyhow::Result<()> {
    let (devices, pushes, changes) = APPEND;
    let mut work = Vec::new();
    for number in 0..devices {
        let login = format!("ihop{number}");
        add_to(&town.server, &login, &login);
        let folder = town.folder(&login);
        std::fs::create_dir(&folder)?;
        let server = town.server.url();
        let device = RawDevice::enrol(&server, &folder, (&login, &password(&login))).await;
        let parts = town.maker.long(number, &device, (pushes, changes))?;
        let answer = device.exchange(Vec::new()).await;
        work.push((
            device,
            (Some(answer.welcome.epoch), answer.feed.cursor, answer.feed.cursor),
            parts,
        ));
    }
    town.settle().await?;
    let (before, begun) = (town.process.cpu()?, Instant::now());
    let bring = |(device, place, parts): (RawDevice, _, Vec<PushPart>)| async move {
        let mut place: (_, Position, Position) = place;
        for part in parts {
            let answer = loop {
                if let Some(answer) = device.try_ask(place, vec![part.clone()]).await {
                    break answer;
                }
                // Places for exchanges are fewer than devices.
                tokio::time::sleep(Duration::from_millis(5)).await;
            };
            ensure!(answer.acks.len() == changes, "{} of {changes}", answer.acks.len());
            place = (place.0, answer.feed.cursor, answer.feed.cursor);
        }
        Ok(())
    };
    try_join_all(work.into_iter().map(bring)).await?;
    let (took, cpu) = (begun.elapsed(), town.process.cpu()?);
    let count = f64::from(u32::try_from(devices * pushes * changes)?);
    let (own, children) = cpu.since(before);
    say("append", "changes", count, "");
    say("append", "acknowledged a second", count / took.as_secs_f64(), "1/s");
    say("append", "server CPU for each change", own * 1_000.0 / count, "us");
    say("append", "server CPU of trials for each meanwhile", children * 1_000.0 / count, "us");
    Ok(())
}
