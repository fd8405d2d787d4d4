//! One function for each row of the table: what it costs server, tablet and wire.

use std::time::{Duration, Instant};

use ankomst_shared::app::{Command, Contact};
use ankomst_shared::ids::ChangeHash;
use ankomst_shared::value::Value;
use anyhow::{Context, ensure};

use super::cost::{Cpu, own_thread_ms};
use super::proxy::Wire;
use super::town::{Town, add, exchange, password, until};
use crate::tablet::Tablet;

/// Records changed on the tablet, by others, and by both.
pub const BACK: (usize, usize, usize) = (20, 30, 5);
/// Changes of an edit set.
pub(super) const EDIT_SET: usize = 10;
/// Exchanges with nothing new, of which one is told on average.
const NOTHING: u32 = 20;
/// Tablets that see each live edit, and edits.
const LIVE: (usize, u32) = (10, 50);
const PATIENCE: Duration = Duration::from_mins(5);

/// Prints a figure: row, metric, value, unit.
pub type Say<'a> = &'a dyn Fn(&str, &str, f64, &str);

/// What had been spent when something began.
pub(super) struct Spent {
    pub(super) cpu: Cpu,
    pub(super) wire: Wire,
    pub(super) own_ms: f64,
    pub(super) at: Instant,
}

impl Spent {
    pub(super) fn now(town: &Town) -> anyhow::Result<Self> {
        let (cpu, wire) = (town.process.cpu()?, town.proxy.wire());
        Ok(Self { cpu, wire, own_ms: own_thread_ms()?, at: Instant::now() })
    }
}

pub(super) fn float(number: u64) -> f64 {
    u32::try_from(number).map_or(f64::MAX, f64::from)
}

/// Prints what went over the wire, on average of so many times.
pub fn say_wire(say: Say<'_>, row: &str, wire: Wire, times: f64) {
    say(row, "bytes up", float(wire.up) / times, "B");
    say(row, "bytes down", float(wire.down) / times, "B");
    say(row, "round trips", float(wire.turns) / times, "");
    say(row, "connections", float(wire.connections) / times, "");
}

/// A tablet that has nothing comes to hold everything.
///
/// # Errors
/// When it does not.
pub async fn first(town: &Town, row: &str, say: Say<'_>) -> anyhow::Result<Tablet> {
    let idle = town.process.memory_kb()?;
    town.process.forget_peak()?;
    let before = Spent::now(town)?;
    let tablet = town.tablet(row).await;
    tablet.login("maths", &password("maths")).await;
    let signed_in = Spent::now(town)?;
    let whole = |status: &ankomst_shared::app::Status| {
        status.first_sync.is_none() && status.last_contact_ms.is_some()
    };
    until(&tablet, whole).await?;
    let shown = tablet.listed("/arenden").await.len();
    let after = Spent::now(town)?;
    ensure!(shown > 0, "nothing is shown");
    let (signing, _) = signed_in.cpu.since(before.cpu);
    let (own, children) = after.cpu.since(signed_in.cpu);
    say(row, "server CPU to sign in (Argon2id)", signing, "ms");
    say(row, "server CPU", own, "ms");
    say(row, "server CPU of trials", children, "ms");
    say(row, "tablet CPU to sign in and make a vault", signed_in.own_ms - before.own_ms, "ms");
    say(row, "tablet CPU to usable lists", after.own_ms - signed_in.own_ms, "ms");
    say_wire(say, row, after.wire.since(before.wire), 1.0);
    let peak = town.process.peak_kb()?.saturating_sub(idle);
    say(row, "server memory over idle, most", float(peak), "KiB");
    say(row, "server memory, most", float(town.process.peak_kb()?), "KiB");
    say(row, "wall", (after.at - signed_in.at).as_secs_f64() * 1_000.0, "ms");
    let pieces = town.records.iter().flat_map(|record| &record.pieces);
    let raw: usize = pieces.clone().map(|piece| piece.change.1.len()).sum();
    say(row, "the changes as they are", float(u64::try_from(raw)?), "B");
    say(row, "changes", float(u64::try_from(pieces.count())?), "");
    Ok(tablet)
}

/// A tablet that was away comes back: it has changed some records, others have changed some, and a few both.
///
/// # Errors
/// When something does not arrive.
pub async fn back(
    town: &mut Town,
    tablet: &Tablet,
    (row, first, one_way): (&str, usize, Duration),
    say: Say<'_>,
) -> anyhow::Result<()> {
    let (mine, theirs, both) = BACK;
    town.proxy.open(false);
    until(tablet, |status| status.contact != Contact::Live).await?;
    let mut raw = 0;
    for record in first..first + theirs {
        let part = town.edits(1, record, (0, EDIT_SET))?;
        raw += part.chunks.iter().map(|chunk| chunk.len()).sum::<usize>();
        town.brings(1, vec![part]).await?;
    }
    town.settle().await?;
    let begun = own_thread_ms()?;
    for record in first + theirs - both..first + theirs - both + mine {
        let case = town.records.get(record).context("no such record")?.case;
        for number in 0..EDIT_SET {
            let path = town.maker.key(number).context("no questions")?;
            let value = Value::text(format!("Skrivet utan kontakt {number}"));
            tablet.answer(case, path.as_str(), value).await;
        }
    }
    let typed = own_thread_ms()? - begun;
    say(
        row,
        "tablet CPU for each answer written",
        typed / float(u64::try_from(mine * EDIT_SET)?),
        "ms",
    );
    let waiting = tablet.status().waiting;
    ensure!(waiting > 0, "nothing was written");
    town.proxy.slow(one_way);
    let before = Spent::now(town)?;
    town.proxy.open(true);
    tablet.handle(Command::SyncNow).await;
    until(tablet, |status| status.waiting == 0).await?;
    let there = Spent::now(town)?;
    until(tablet, |status| status.received == 0).await?;
    town.settle().await?;
    let after = Spent::now(town)?;
    town.proxy.slow(Duration::ZERO);
    let (own, _) = there.cpu.since(before.cpu);
    say(row, "changes sent", f64::from(waiting), "");
    say(row, "the others' changes as they are", float(u64::try_from(raw)?), "B");
    say(row, "server CPU to level 1", own, "ms");
    let (own, children) = after.cpu.since(before.cpu);
    say(row, "server CPU until settled", own, "ms");
    say(row, "server CPU of trials", children, "ms");
    say(row, "tablet CPU to level 1", there.own_ms - before.own_ms, "ms");
    say(row, "wall to level 1", (there.at - before.at).as_secs_f64() * 1_000.0, "ms");
    say_wire(say, row, there.wire.since(before.wire), 1.0);
    say(row, "bytes until settled", float(after.wire.since(before.wire).bytes()), "B");
    Ok(())
}

/// Exchanges in which neither has anything new, on average.
///
/// # Errors
/// When an answer does not come.
pub async fn nothing(town: &Town, tablet: &Tablet, row: &str, say: Say<'_>) -> anyhow::Result<()> {
    until(tablet, |status| status.contact == Contact::Live).await?;
    exchange(tablet).await?;
    let times = f64::from(NOTHING);
    let (mut server, mut own, mut wire) = (0.0, 0.0, Wire::default());
    let begun = Spent::now(town)?;
    for _ in 0..NOTHING {
        // The socket opens anew after an answer; that is no part of the next question.
        until(tablet, |status| status.contact == Contact::Live).await?;
        town.settle().await?;
        let before = Spent::now(town)?;
        exchange(tablet).await?;
        let after = Spent::now(town)?;
        server += after.cpu.since(before.cpu).0;
        own += after.own_ms - before.own_ms;
        wire = wire.and(after.wire.since(before.wire));
    }
    let after = Spent::now(town)?;
    say(row, "server CPU", server / times, "ms");
    say(row, "tablet CPU", own / times, "ms");
    say_wire(say, row, wire, times);
    let whole = after.wire.since(begun.wire);
    say(row, "bytes with the socket opened anew", float(whole.bytes()) / times, "B");
    Ok(())
}

/// A tablet is switched on again and shows its lists, without contact.
///
/// # Errors
/// When it shows nothing.
pub async fn warm(town: &Town, tablet: Tablet, say: Say<'_>) -> anyhow::Result<Tablet> {
    town.proxy.open(false);
    let begun = own_thread_ms()?;
    let tablet = tablet.reopen().await;
    tablet.is_brief();
    let read = own_thread_ms()?;
    tablet.unlock("maths").await;
    let unlocked = own_thread_ms()?;
    let shown = tablet.listed("/arenden").await.len();
    let listed = own_thread_ms()?;
    let again = tablet.listed("/arenden").await.len();
    let twice = own_thread_ms()?;
    ensure!(shown > 0 && again == shown, "nothing is shown");
    town.proxy.open(true);
    say("warm", "tablet CPU to read its disk", read - begun, "ms");
    say("warm", "tablet CPU to open the vault (Argon2id)", unlocked - read, "ms");
    say("warm", "tablet CPU to the list of cases", listed - unlocked, "ms");
    say("warm", "tablet CPU to the same list once more", twice - listed, "ms");
    Ok(tablet)
}

/// One writes, others see it.
///
/// # Errors
/// When somebody does not.
pub async fn live(town: &Town, say: Say<'_>) -> anyhow::Result<()> {
    let (others, edits) = LIVE;
    let mut tablets = Vec::new();
    for number in 0..=others {
        let login = format!("live{number}");
        add(&town.server, &login);
        let tablet = town.tablet(&login).await;
        tablet.login(&login, &password(&login)).await;
        until(&tablet, |status| status.contact == Contact::Live && status.first_sync.is_none())
            .await?;
        tablets.push(tablet);
    }
    let (writer, readers) = tablets.split_first().context("nobody")?;
    let case = town.records.first().context("no record")?.case;
    let path = town.maker.key(1).context("no questions")?;
    let before = Spent::now(town)?;
    let mut took = Vec::new();
    for edit in 0..edits {
        let seen: Vec<u32> = readers.iter().map(|tablet| tablet.heard().news).collect();
        let begun = Instant::now();
        writer.answer(case, path.as_str(), Value::text(format!("Nu {edit}"))).await;
        let mut last = Duration::ZERO;
        for (tablet, seen) in readers.iter().zip(seen) {
            while tablet.heard().news == seen {
                ensure!(begun.elapsed() < PATIENCE, "an edit is not seen");
                tokio::time::sleep(Duration::from_micros(500)).await;
            }
            last = begun.elapsed();
        }
        took.push(last.as_secs_f64() * 1_000.0);
    }
    let after = Spent::now(town)?;
    took.sort_by(f64::total_cmp);
    let at = |part: usize| took.get(took.len() * part / 100).copied().unwrap_or_default();
    let (own, children) = after.cpu.since(before.cpu);
    say("live", "until the last of 10 has it, middle", at(50), "ms");
    say("live", "until the last of 10 has it, 99 %", at(99), "ms");
    say("live", "server CPU for each edit", own / f64::from(edits), "ms");
    say("live", "server CPU of trials for each edit", children / f64::from(edits), "ms");
    let bytes = after.wire.since(before.wire).bytes();
    say("live", "bytes for each edit", float(bytes) / f64::from(edits), "B");
    Ok(())
}

/// The server is killed as soon as it has acknowledged.
///
/// # Errors
/// When it does not start again.
pub async fn killed(town: &mut Town, say: Say<'_>) -> anyhow::Result<()> {
    let first = town.records.len().saturating_sub(20);
    let mut acknowledged: Vec<ChangeHash> = Vec::new();
    let records: Vec<usize> = (first..town.records.len()).collect();
    for record in &records {
        let part = town.edits(2, *record, (20, EDIT_SET))?;
        let answer = town.brings(2, vec![part]).await?;
        acknowledged.extend(answer.acks.iter().map(|ack| ack.hash));
        if record % 4 == 0 {
            town.server.kill();
            town.server.start();
        }
    }
    town.server.kill();
    let missing = town.server.dump().lacks(&acknowledged).len();
    town.server.start();
    say("killed", "acknowledged", float(u64::try_from(acknowledged.len())?), "");
    say("killed", "of these lost", float(u64::try_from(missing)?), "");
    Ok(())
}
