//! What a server counts about itself, as Prometheus text. No label holds an id, a name or an address.
//!
//! Counters are counted where things happen; what a look at the moment tells ([`Observed`]) is set when
//! somebody asks.

use core::sync::atomic::AtomicU64;
use core::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Upper bounds of seconds.
const SECONDS: [f64; 10] = [0.001, 0.005, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0, 20.0, 60.0];
/// Upper bounds of pieces in a commit.
const PIECES: [f64; 7] = [1.0, 2.0, 4.0, 16.0, 64.0, 128.0, 256.0];

type Number = Gauge<f64, AtomicU64>;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Became {
    became: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FileName {
    file: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Build {
    version: &'static str,
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chunk {
    /// On the disk of this server.
    Received,
    /// Not taken.
    Refused,
    /// In the feed.
    Shared,
    /// Kept for a person to look at.
    Held,
}

/// How an attempt to sign in ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignIn {
    /// Somebody is in.
    Good,
    /// Login or password was wrong.
    Wrong,
    /// Too many attempts.
    TooMany,
    /// The device is not theirs or was revoked.
    Ended,
    /// Storage refused, or the request was none.
    Failed,
}

/// What a look at the server tells.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Observed {
    /// Changes that wait for their trial.
    pub pending: u64,
    /// Changes that wait for a person.
    pub held: u64,
    /// Newest number of the feed.
    pub feed: u64,
    /// Sessions that have not ended.
    pub sessions: u64,
    /// Bytes of the log, the rows and the keys, each with its write-ahead log.
    pub files: [u64; 3],
    /// Whole pictures and other files.
    pub attached: u64,
    /// How long they are together, in bytes.
    pub attached_bytes: u64,
    /// Those that no backup has.
    pub attached_unbacked: u64,
    /// Those of records that are not in the log.
    pub attached_textless: u64,
    /// Bytes left on the disk of the data folder.
    pub disk_free: u64,
    /// Whether the ballast was given up.
    pub disk_is_low: bool,
    /// Age of the newest backup in seconds; none without one.
    pub backup_age_s: Option<u64>,
    /// Processor seconds of this process.
    pub cpu_s: f64,
    /// Resident memory in bytes.
    pub memory: u64,
}

/// All that is counted.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    request_seconds: Histogram,
    exchanges: Counter,
    chunks: Family<Became, Counter>,
    trial_seconds: Histogram,
    trial_kills: Counter,
    commit_pieces: Histogram,
    commit_seconds: Histogram,
    sign_ins: Family<Became, Counter>,
    sockets: Gauge,
    shed: Counter,
    look: Look,
}

#[derive(Debug, Default)]
struct Look {
    pending: Gauge,
    held: Gauge,
    feed: Gauge,
    sessions: Gauge,
    files: Family<FileName, Gauge>,
    attached: Gauge,
    attached_bytes: Gauge,
    attached_unbacked: Gauge,
    attached_textless: Gauge,
    disk_free: Gauge,
    disk_is_low: Gauge,
    backup_age: Number,
    cpu: Counter<f64, AtomicU64>,
    memory: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let seconds = || Histogram::new(SECONDS);
        let mut metrics = Self {
            registry: Registry::with_prefix("ankomst"),
            requests: Family::default(),
            request_seconds: seconds(),
            exchanges: Counter::default(),
            chunks: Family::default(),
            trial_seconds: seconds(),
            trial_kills: Counter::default(),
            commit_pieces: Histogram::new(PIECES),
            commit_seconds: seconds(),
            sign_ins: Family::default(),
            sockets: Gauge::default(),
            shed: Counter::default(),
            look: Look::default(),
        };
        metrics.register();
        metrics.register_look();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let (all, seconds) = (&mut self.registry, Unit::Seconds);
        all.register("requests", "Requests answered, by route", self.requests.clone());
        let took = self.request_seconds.clone();
        all.register_with_unit("request", "Time from request to answer", seconds.clone(), took);
        all.register("exchanges", "Exchanges answered", self.exchanges.clone());
        all.register("changes", "Changes by what became of them", self.chunks.clone());
        let took = self.trial_seconds.clone();
        all.register_with_unit("trial", "Trials of a record's changes", seconds.clone(), took);
        all.register("trial_kills", "Trials that ended their process", self.trial_kills.clone());
        all.register("commit_pieces", "Pieces of work in a commit", self.commit_pieces.clone());
        let took = self.commit_seconds.clone();
        all.register_with_unit("commit", "Commits of the log", seconds, took);
        all.register("sign_ins", "Attempts to sign in", self.sign_ins.clone());
        all.register("live_sockets", "Live sockets open", self.sockets.clone());
        all.register("shed", "Requests and connections refused for a limit", self.shed.clone());
        let build = Family::<Build, Gauge>::default();
        build.get_or_create(&Build { version: env!("CARGO_PKG_VERSION") }).set(1);
        all.register("build_info", "The version of this program", build);
    }

    fn register_look(&mut self) {
        let (all, look) = (&mut self.registry, &self.look);
        all.register("changes_pending", "Changes that wait for their trial", look.pending.clone());
        all.register("changes_held", "Changes that wait for a person", look.held.clone());
        all.register("feed_head", "Newest number of the feed", look.feed.clone());
        all.register("sessions", "Sessions that have not ended", look.sessions.clone());
        all.register_with_unit("file", "Files of the data folder", Unit::Bytes, look.files.clone());
        let (bytes, open) = (look.attached_bytes.clone(), look.attached_unbacked.clone());
        all.register("attached", "Whole pictures and other files", look.attached.clone());
        all.register_with_unit("attached", "How long they are together", Unit::Bytes, bytes);
        all.register("attached_unbacked", "Those that no backup has", open);
        let textless = look.attached_textless.clone();
        all.register("attached_textless", "Those of records that are not in the log", textless);
        let free = look.disk_free.clone();
        all.register_with_unit("disk_free", "Room left for data", Unit::Bytes, free);
        let low = look.disk_is_low.clone();
        all.register("disk_full", "1 when the ballast was given up and pushes are refused", low);
        let age = look.backup_age.clone();
        all.register_with_unit(
            "backup_age",
            "Age of the newest backup, NaN without one",
            Unit::Seconds,
            age,
        );
        let cpu = look.cpu.clone();
        all.register_with_unit("process_cpu", "Processor time", Unit::Seconds, cpu);
        let memory = look.memory.clone();
        all.register_with_unit("process_resident_memory", "Resident memory", Unit::Bytes, memory);
    }

    /// Counts a request by the template of its route.
    pub fn request(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        let request = Request { method, route: route.to_owned(), status };
        self.requests.get_or_create(&request).inc();
        self.request_seconds.observe(took.as_secs_f64());
    }

    /// Counts an exchange.
    pub fn exchange(&self) {
        self.exchanges.inc();
    }

    /// Counts a change.
    pub fn chunk(&self, chunk: Chunk) {
        let became = match chunk {
            Chunk::Received => "received",
            Chunk::Refused => "refused",
            Chunk::Shared => "shared",
            Chunk::Held => "held",
        };
        self.chunks.get_or_create(&Became { became }).inc();
    }

    /// Counts a trial that gave an answer.
    pub fn trial(&self, took: Duration) {
        self.trial_seconds.observe(took.as_secs_f64());
    }

    /// Counts a trial that ended its process.
    pub fn trial_killed(&self) {
        self.trial_kills.inc();
    }

    /// Counts a commit of the log.
    pub fn commit(&self, pieces: usize, took: Duration) {
        self.commit_pieces.observe(u32::try_from(pieces).map_or(f64::MAX, f64::from));
        self.commit_seconds.observe(took.as_secs_f64());
    }

    /// Counts an attempt to sign in.
    pub fn sign_in(&self, sign_in: SignIn) {
        let became = match sign_in {
            SignIn::Good => "good",
            SignIn::Wrong => "wrong",
            SignIn::TooMany => "too-many",
            SignIn::Ended => "ended",
            SignIn::Failed => "failed",
        };
        self.sign_ins.get_or_create(&Became { became }).inc();
    }

    /// Counts a live socket that opens or closes.
    pub fn socket(&self, opens: bool) {
        if opens {
            self.sockets.inc()
        } else {
            self.sockets.dec()
        };
    }

    /// Counts a request or connection that a limit has refused.
    pub fn shed(&self) {
        self.shed.inc();
    }

    /// Everything as text, with what a look has told.
    #[must_use]
    pub fn text(&self, observed: &Observed) -> String {
        let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let look = &self.look;
        look.pending.set(count(observed.pending));
        look.held.set(count(observed.held));
        look.feed.set(count(observed.feed));
        look.sessions.set(count(observed.sessions));
        for (file, bytes) in ["log", "rows", "keys"].into_iter().zip(observed.files) {
            look.files.get_or_create(&FileName { file }).set(count(bytes));
        }
        look.attached.set(count(observed.attached));
        look.attached_bytes.set(count(observed.attached_bytes));
        look.attached_unbacked.set(count(observed.attached_unbacked));
        look.attached_textless.set(count(observed.attached_textless));
        look.disk_free.set(count(observed.disk_free));
        look.disk_is_low.set(i64::from(observed.disk_is_low));
        let age = observed.backup_age_s.map(Duration::from_secs);
        look.backup_age.set(age.map_or(f64::NAN, |age| age.as_secs_f64()));
        look.cpu.inc_by((observed.cpu_s - look.cpu.get()).max(0.0));
        look.memory.set(count(observed.memory));
        let mut text = String::new();
        // Writing into a text cannot fail.
        _ = encode(&mut text, &self.registry);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_stands_in_the_text_under_its_name() {
        let metrics = Metrics::default();
        metrics.request("POST", "/api/v1/sync", 200, Duration::from_millis(3));
        metrics.request("other", "/api/v1/sync", 405, Duration::ZERO);
        metrics.chunk(Chunk::Received);
        metrics.chunk(Chunk::Shared);
        metrics.sign_in(SignIn::Wrong);
        metrics.commit(3, Duration::from_millis(2));
        metrics.socket(true);
        let observed = Observed { pending: 4, files: [1, 2, 3], cpu_s: 1.5, ..Observed::default() };
        drop(metrics.text(&observed));
        let text = metrics.text(&Observed { cpu_s: 2.0, ..observed });
        for line in [
            "ankomst_requests_total{method=\"POST\",route=\"/api/v1/sync\",status=\"200\"} 1",
            "ankomst_requests_total{method=\"other\",route=\"/api/v1/sync\",status=\"405\"} 1",
            "ankomst_request_seconds_count 2",
            "ankomst_changes_total{became=\"received\"} 1",
            "ankomst_changes_total{became=\"shared\"} 1",
            "ankomst_sign_ins_total{became=\"wrong\"} 1",
            "ankomst_commit_pieces_bucket{le=\"4.0\"} 1",
            "ankomst_live_sockets 1",
            "ankomst_changes_pending 4",
            "ankomst_file_bytes{file=\"rows\"} 2",
            "ankomst_backup_age_seconds NaN",
            "ankomst_process_cpu_seconds_total 2.0",
            "# EOF",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }
}
