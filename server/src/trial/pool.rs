//! The server's side: a child for each lane, which is given work with a deadline; a new one is started when it
//! dies.
//!
//! What goes wrong in the quick lane is seldom a change's fault; what a change does to the child of the slow
//! lane it does to itself. Who goes where is decided in `sync`.

use core::time::Duration;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use ankomst_shared::ids::DocumentId;
use ankomst_shared::sync::Digest;
use minicbor::bytes::ByteVec;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::{Mutex, Notify};
use tokio::time::timeout;

use crate::metrics::Metrics;

#[cfg(feature = "sim")]
use super::child::answer;
use super::child::hangs;
use super::frame::{Answer, FRAME_BYTES_MAX, Request};
#[cfg(feature = "sim")]
use super::shelf::Shelf;

/// So much longer is what is tried alone waited for.
const SLOW_TIMES: u32 = 6;

/// Which child tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Everybody's.
    Quick,
    /// That of what has killed or hung a child, or comes from a device that sent such.
    Slow,
}

/// Changes to try on a document.
#[derive(Debug)]
pub struct Work<'a> {
    /// The document.
    pub document: DocumentId,
    /// Its kind.
    pub kind: &'a str,
    /// Sum of the changes they are tried on.
    pub stands: Digest,
    /// The changes, in order.
    pub candidates: Vec<ByteVec>,
    /// What all of them weigh together.
    pub weight: u64,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It may be shown.
    Passed,
    /// It is held, for this reason.
    Held(String),
}

/// How a trial ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tried {
    /// With an outcome for each change.
    Told(Vec<Outcome>),
    /// With the end of the child, or it did not end in time.
    Died,
    /// Not at all: no child can be started, the changes wait.
    NoChild,
}

/// The children and the way to new ones.
#[derive(Debug)]
pub struct TrialPool {
    binary: PathBuf,
    quick: Mutex<Option<Pipes>>,
    slow: Mutex<Option<Pipes>>,
    deadline: Duration,
    metrics: Arc<Metrics>,
    /// Rung when there is work for the slow lane.
    pub slows: Notify,
    /// The document that only the slow lane tries now.
    claimed: std::sync::Mutex<Option<DocumentId>>,
    /// What the child of a simulation keeps open: it is in this process.
    #[cfg(feature = "sim")]
    shelf: std::sync::Mutex<Shelf>,
}

/// As long as this lives, only the slow lane tries a document.
#[derive(Debug)]
pub struct Claim<'a>(&'a TrialPool);

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        *self.0.claimed.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[derive(Debug)]
struct Pipes {
    process: Child,
    input: ChildStdin,
    output: ChildStdout,
}

impl TrialPool {
    /// Longest trial in the quick lane.
    pub const DEADLINE: Duration = Duration::from_secs(5);

    /// Prepares a pool whose children are `binary trial`.
    #[must_use]
    pub fn new(binary: PathBuf, deadline: Duration, metrics: Arc<Metrics>) -> Self {
        let deadline = hangs().map_or(deadline, |(ms, _)| Duration::from_millis(ms));
        Self {
            binary,
            quick: Mutex::default(),
            slow: Mutex::default(),
            deadline,
            metrics,
            slows: Notify::new(),
            claimed: std::sync::Mutex::default(),
            #[cfg(feature = "sim")]
            shelf: std::sync::Mutex::default(),
        }
    }

    /// Keeps a document for the slow lane.
    pub fn claim(&self, document: DocumentId) -> Claim<'_> {
        *self.claimed.lock().unwrap_or_else(PoisonError::into_inner) = Some(document);
        Claim(self)
    }

    /// Whether a document is kept for the slow lane.
    #[must_use]
    pub fn is_claimed(&self, document: DocumentId) -> bool {
        *self.claimed.lock().unwrap_or_else(PoisonError::into_inner) == Some(document)
    }

    /// Longest trial in a lane.
    #[must_use]
    pub fn deadline(&self, lane: Lane) -> Duration {
        match lane {
            Lane::Quick => self.deadline,
            Lane::Slow => self.deadline * SLOW_TIMES,
        }
    }

    /// Tries changes in order on a document. `base` gives the changes they are tried on, and is only asked
    /// where the child does not have them from before.
    ///
    /// # Errors
    /// Those of `base`.
    pub async fn try_changes<E>(
        &self,
        lane: Lane,
        work: Work<'_>,
        base: impl FnOnce() -> Result<Vec<ByteVec>, E>,
    ) -> Result<Tried, E> {
        #[cfg(feature = "sim")]
        if crate::given::is_simulated() {
            return self.here(work, base);
        }
        let mut child = match lane {
            Lane::Quick => self.quick.lock().await,
            Lane::Slow => self.slow.lock().await,
        };
        let mut request = asked(work);
        let mut answer = self.ask(lane, &mut child, &request).await;
        if matches!(&answer, Asked::Answer(answer) if answer.lacks) {
            request.base = Some(base()?);
            answer = self.ask(lane, &mut child, &request).await;
        }
        Ok(match answer {
            Asked::Answer(answer) => {
                Tried::Told(answer.verdicts.into_iter().map(outcome).collect())
            }
            Asked::Died => Tried::Died,
            Asked::NoChild => Tried::NoChild,
        })
    }

    /// Asks the child of a simulation, as the others are asked.
    #[cfg(feature = "sim")]
    fn here<E>(
        &self,
        work: Work<'_>,
        base: impl FnOnce() -> Result<Vec<ByteVec>, E>,
    ) -> Result<Tried, E> {
        let mut request = asked(work);
        let mut kept = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        let mut told = answer(&mut kept, &request);
        if told.lacks {
            request.base = Some(base()?);
            told = answer(&mut kept, &request);
        }
        Ok(Tried::Told(told.verdicts.into_iter().map(outcome).collect()))
    }

    /// Ends the children.
    pub async fn stop(&self) {
        for lane in [&self.quick, &self.slow] {
            if let Some(mut last) = lane.lock().await.take() {
                drop(last.process.kill().await);
            }
        }
    }

    async fn ask(&self, lane: Lane, slot: &mut Option<Pipes>, request: &Request) -> Asked {
        // Put back only once it has answered: a question that is broken off in the middle leaves a child that
        // would answer it to the next one.
        let Some(mut pipes) = slot.take().or_else(|| self.start()) else { return Asked::NoChild };
        let begun = Instant::now();
        let answer = timeout(self.deadline(lane), exchange(&mut pipes, request)).await;
        let fits = answer.ok().and_then(Result::ok).filter(|answer| {
            let may_lack = answer.lacks && request.base.is_none();
            may_lack || answer.verdicts.len() == request.candidates.len()
        });
        let Some(answer) = fits else {
            self.metrics.trial_killed();
            tracing::warn!("A trial ended its process; a new one is started for the next.");
            drop(pipes.process.kill().await);
            return Asked::Died;
        };
        *slot = Some(pipes);
        if !answer.lacks {
            self.metrics.trial(begun.elapsed());
        }
        Asked::Answer(answer)
    }

    fn start(&self) -> Option<Pipes> {
        let started = Command::new(&self.binary)
            .arg("trial")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        match started {
            Ok(mut process) => {
                let (input, output) = (process.stdin.take()?, process.stdout.take()?);
                Some(Pipes { process, input, output })
            }
            Err(error) => {
                tracing::error!(%error, "The trial process could not be started; changes wait.");
                None
            }
        }
    }
}

enum Asked {
    Answer(Answer),
    Died,
    NoChild,
}

/// The question about changes; of a new document there is nothing before.
fn asked(work: Work<'_>) -> Request {
    let Work { document, kind, stands, candidates, weight } = work;
    let base = (stands == Digest::default()).then(Vec::new);
    Request { kind: kind.to_owned(), base, candidates, document, stands, weight }
}

fn outcome(word: String) -> Outcome {
    if word.is_empty() { Outcome::Passed } else { Outcome::Held(word) }
}

async fn exchange(pipes: &mut Pipes, request: &Request) -> std::io::Result<Answer> {
    let invalid = || std::io::Error::from(std::io::ErrorKind::InvalidData);
    let bytes = minicbor::to_vec(request).map_err(|_| invalid())?;
    let length = u32::try_from(bytes.len()).map_err(|_| invalid())?;
    pipes.input.write_all(&length.to_be_bytes()).await?;
    pipes.input.write_all(&bytes).await?;
    pipes.input.flush().await?;
    let length = usize::try_from(pipes.output.read_u32().await?).map_err(|_| invalid())?;
    if length > FRAME_BYTES_MAX {
        return Err(invalid());
    }
    let mut answer = vec![0; length];
    pipes.output.read_exact(&mut answer).await?;
    minicbor::decode(&answer).map_err(|_| invalid())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_program_that_is_none_is_told_from_one_that_only_dies_or_never_answers() {
        let tries = async |binary: &str, deadline| {
            let pool = TrialPool::new(PathBuf::from(binary), deadline, Arc::default());
            let work = Work {
                document: DocumentId::new(1, [1; 10]),
                kind: "case",
                stands: Digest::default(),
                candidates: vec![ByteVec::from(vec![1])],
                weight: 1,
            };
            pool.try_changes(Lane::Quick, work, || Ok::<_, ()>(Vec::new())).await.unwrap()
        };
        let long = Duration::from_mins(10);
        assert_eq!(tries("/there/is/no/such/program", long).await, Tried::NoChild);
        assert_eq!(tries("/bin/false", long).await, Tried::Died);
        let folder = tempfile::tempdir().unwrap();
        let mute = folder.path().join("mute");
        std::fs::write(&mute, "#!/bin/sh\nexec sleep 600\n").unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(&mute, mode).unwrap();
        assert_eq!(tries(mute.to_str().unwrap(), Duration::from_millis(50)).await, Tried::Died);
    }
}
