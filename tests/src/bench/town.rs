//! A server with the workload and the devices that wrote it.

use std::ops::Range;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use ankomst_shared::app::{Command, Status};
use ankomst_shared::catalog::Catalog;
use ankomst_shared::document::{Document, Edit};
use ankomst_shared::ids::{ActorId, Epoch};
use ankomst_shared::sync::Position;
use ankomst_shared::sync::message::{ExchangeAnswer, Outcome, PushPart};
use ankomst_shared::value::Value;
use anyhow::{Context, ensure};
use tempfile::TempDir;

use super::cost::Process;
use super::proxy::Proxy;
use super::workload::{Maker, Piece, Record, TRANSACTIONS, WRITERS};
use crate::kit::server::Server;
use crate::tablet::Tablet;
use crate::tablet::raw::RawDevice;

/// Changes of one push.
const PUSHED: usize = 1_500;
/// What takes longer does not come to an end.
const MOST: Duration = Duration::from_mins(20);
const LOOK: Duration = Duration::from_millis(25);
/// Trials have ended when their process did nothing for that long.
const QUIET: Duration = Duration::from_millis(400);

/// The unit of those of whom nothing else is said.
pub const UNIT: &str = "Enheten";

/// Where a device stands.
type Place = (Option<Epoch>, Position, Position);

/// A server with the workload.
pub struct Town {
    /// The process.
    pub server: Server,
    /// What the system says of it.
    pub process: Process,
    /// The way to it that is measured.
    pub proxy: Proxy,
    /// What records are made of.
    pub maker: Maker,
    /// The devices of those who write, which are not measured: [`WRITERS`] for each call of [`Self::grow`].
    pub writers: Vec<RawDevice>,
    /// The records.
    pub records: Vec<Record>,
    places: Vec<Place>,
    folder: TempDir,
}

impl Town {
    /// Starts a server of one unit with so many records of the workload.
    ///
    /// # Errors
    /// When the programs are not built or a change is not taken.
    pub async fn new(records: usize) -> anyhow::Result<Self> {
        let mut town = Self::empty()?;
        town.grow(UNIT, records).await?;
        Ok(town)
    }

    /// Starts a server that has one account and nothing else.
    ///
    /// # Errors
    /// When the programs are not built.
    pub fn empty() -> anyhow::Result<Self> {
        let mut server = Server::empty().context("ANKOMST_BIN and ANKOMST_APP are not set")?;
        // Devices that only write keep no digest.
        server.variable("ANKOMST_LOG", "error");
        server.variable("ANKOMST_SOCKETS", "16384");
        add(&server, "maths");
        server.start();
        let port = server.url().rsplit(':').next().context("no port")?.parse()?;
        let (process, proxy) = (Process(server.pid()), Proxy::start(port)?);
        let (maker, folder) = (Maker::new(Catalog::builtin())?, tempfile::tempdir()?);
        let (writers, records, places) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Self { server, process, proxy, maker, writers, records, places, folder })
    }

    /// Three people of a unit write so many records more; waits until trials rest. What they wrote is kept of the first
    /// time only.
    ///
    /// # Errors
    /// When a change is not taken.
    pub async fn grow(&mut self, unit: &str, records: usize) -> anyhow::Result<Range<usize>> {
        let (first, base) = (self.records.len(), self.writers.len());
        for number in base..base + WRITERS {
            let name = format!("skriver{number}");
            add_to(&self.server, &name, unit);
            let own = self.folder(&name);
            std::fs::create_dir(&own)?;
            let url = self.server.url();
            self.writers.push(RawDevice::enrol(&url, &own, (&name, &password(&name))).await);
            self.places.push(Place::default());
        }
        let writers = self.writers.get(base..).context("no writers")?;
        let all = first..first + records;
        let made = all.clone().map(|number| self.maker.record(number, writers));
        let mut made = made.collect::<anyhow::Result<Vec<_>>>()?;
        self.deliver(base, &made).await?;
        self.settle().await?;
        if base > 0 {
            for record in &mut made {
                record.pieces = Vec::new();
            }
        }
        self.records.extend(made);
        Ok(all)
    }

    /// A folder of its own.
    #[must_use]
    pub fn folder(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Everything that was written, round by round as it would have come in.
    async fn deliver(&mut self, base: usize, records: &[Record]) -> anyhow::Result<()> {
        for round in 0..=TRANSACTIONS {
            for writer in 0..WRITERS {
                let device = self.writers.get(base + writer).context("no writer")?;
                let pieces = records.iter().flat_map(|record| &record.pieces);
                let own = pieces.filter(|piece| (piece.round, piece.writer) == (round, writer));
                let part =
                    |piece: &Piece| device.part(piece.document, piece.actor, piece.change.clone());
                let parts: Vec<PushPart> = own.map(part).collect();
                for some in parts.chunks(PUSHED) {
                    self.brings(base + writer, some.to_vec()).await?;
                }
            }
        }
        Ok(())
    }

    /// A writer brings changes; all of them must be taken.
    ///
    /// # Errors
    /// When one is not.
    pub async fn brings(
        &mut self,
        writer: usize,
        parts: Vec<PushPart>,
    ) -> anyhow::Result<ExchangeAnswer> {
        let device = self.writers.get(writer).context("no writer")?;
        let place = self.places.get_mut(writer).context("no writer")?;
        let answer = device.ask(*place, parts).await;
        let refused = answer.acks.iter().find(|ack| !matches!(ack.outcome, Outcome::Received(_)));
        ensure!(refused.is_none(), "not taken: {refused:?}");
        *place = (Some(answer.welcome.epoch), answer.feed.cursor, answer.feed.cursor);
        Ok(answer)
    }

    /// A part with so many changes that a writer makes in a case, one after the other; each of another answer, from
    /// the given one on.
    ///
    /// # Errors
    /// When the case cannot be written.
    pub fn edits(
        &self,
        writer: usize,
        record: usize,
        (first, count): (usize, usize),
    ) -> anyhow::Result<PushPart> {
        let device = self.writers.get(writer).context("no writer")?;
        let Record { case, pieces } = self.records.get(record).context("no such record")?;
        let known = pieces.iter().filter(|piece| piece.document == *case);
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|_| anyhow::anyhow!("no randomness"))?;
        let actor = ActorId::from_bytes(random);
        let mut document = Document::open(actor, known.map(|piece| piece.change.1.as_slice()))?;
        let mut made = Vec::new();
        for number in first..first + count {
            let path = self.maker.key(number).context("no questions")?.clone();
            let value = Value::text(format!("Någon annan skrev {number}"));
            let chunk = document.commit(&[Edit { path, value }], &device.by())?;
            let chunk = chunk.context("nothing changed")?;
            made.push((chunk.hash, chunk.bytes));
        }
        Ok(device.run_of(*case, actor, made))
    }

    /// Waits until trials rest.
    ///
    /// # Errors
    /// When they never do.
    pub async fn settle(&self) -> anyhow::Result<()> {
        let begun = Instant::now();
        let mut before = self.process.cpu()?;
        loop {
            tokio::time::sleep(QUIET).await;
            let now = self.process.cpu()?;
            let (own, children) = now.since(before);
            if own + children < 8.0 {
                return Ok(());
            }
            ensure!(begun.elapsed() < MOST, "trials never rest");
            before = now;
        }
    }

    /// Switches a tablet on whose way to the server is measured; what it hears is only counted.
    pub async fn tablet(&self, name: &str) -> Tablet {
        let tablet = Tablet::open(&self.folder(name), &self.proxy.url()).await;
        tablet.is_brief();
        tablet
    }
}

/// Adds a caseworker of the first unit.
pub fn add(server: &Server, login: &str) {
    add_to(server, login, UNIT);
}

/// Adds a caseworker of a unit, which is made if it is not there.
pub fn add_to(server: &Server, login: &str, unit: &str) {
    let args = ["user", "add", login, "--name", login, "--roles", "caseworker", "--unit", unit];
    server.command_reading(&args, &password(login));
}

/// The password of a made-up login.
#[must_use]
pub fn password(login: &str) -> String {
    format!("{login} och en lång rad")
}

/// Waits without a word to the tablet until its state is as wanted.
///
/// # Errors
/// When it never is.
pub async fn until(tablet: &Tablet, wanted: impl Fn(&Status) -> bool) -> anyhow::Result<()> {
    let begun = Instant::now();
    while !wanted(&tablet.status()) {
        ensure!(begun.elapsed() < MOST, "in vain: {:?}", tablet.status());
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// Asks a tablet for one exchange and waits until it was answered.
///
/// # Errors
/// When it never is.
pub async fn exchange(tablet: &Tablet) -> anyhow::Result<()> {
    let answered = || tablet.heard().statuses.values().sum::<u32>();
    let (before, begun) = (answered(), Instant::now());
    tablet.must(Command::Act(ankomst_shared::app::Act::Sync, Vec::new())).await;
    while answered() == before {
        ensure!(begun.elapsed() < MOST, "no answer: {:?}", tablet.status());
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Ok(())
}
