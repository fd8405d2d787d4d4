//! The server's side: keeps one child, gives it work with a deadline, starts a new one when it dies.
//!
//! When a batch kills the child, each change is tried alone; one that kills it twice is told apart.

use core::time::Duration;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Instant;

use minicbor::bytes::ByteVec;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::given;
use crate::metrics::Metrics;

use super::child::verdicts;
use super::frame::{Answer, FRAME_BYTES_MAX, Request};

/// Longest trial of one batch.
const DEADLINE: Duration = Duration::from_secs(30);

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It may be shown.
    Passed,
    /// It is held, for this reason.
    Held(String),
}

/// One child and the way to a new one.
#[derive(Debug)]
pub struct TrialPool {
    binary: PathBuf,
    child: Mutex<Option<Pipes>>,
    metrics: Arc<Metrics>,
}

#[derive(Debug)]
struct Pipes {
    process: Child,
    input: ChildStdin,
    output: ChildStdout,
}

impl TrialPool {
    /// Prepares a pool whose children are `binary trial`.
    #[must_use]
    pub fn new(binary: PathBuf, metrics: Arc<Metrics>) -> Self {
        Self { binary, child: Mutex::new(None), metrics }
    }

    /// Tries changes in order on a document; `None` when no child can be started: the changes wait.
    pub async fn try_changes(
        &self,
        kind: &str,
        base: &[ByteVec],
        candidates: &[ByteVec],
    ) -> Option<Vec<Outcome>> {
        if given::is_simulated() {
            let request = Request {
                kind: kind.to_owned(),
                base: base.to_vec(),
                candidates: candidates.to_vec(),
            };
            return Some(verdicts(&request).into_iter().map(outcome).collect());
        }
        let mut child = self.child.lock().await;
        let request = |base: Vec<ByteVec>, candidates: Vec<ByteVec>| Request {
            kind: kind.to_owned(),
            base,
            candidates,
        };
        let whole = request(base.to_vec(), candidates.to_vec());
        if let Some(answer) = self.ask(&mut child, &whole).await? {
            return Some(answer.verdicts.into_iter().map(outcome).collect());
        }
        // The child died or hung: find out which change it was.
        let mut passed = base.to_vec();
        let mut outcomes = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            let alone = request(passed.clone(), vec![candidate.clone()]);
            let mut answer = self.ask(&mut child, &alone).await?;
            if answer.is_none() {
                answer = self.ask(&mut child, &alone).await?;
            }
            let outcome = match answer.and_then(|answer| answer.verdicts.into_iter().next()) {
                Some(word) => outcome(word),
                None => Outcome::Held("the trial was aborted".to_owned()),
            };
            if outcome == Outcome::Passed {
                passed.push(candidate.clone());
            }
            outcomes.push(outcome);
        }
        Some(outcomes)
    }

    /// Ends the child.
    pub async fn stop(&self) {
        if let Some(mut last) = self.child.lock().await.take() {
            drop(last.process.kill().await);
        }
    }

    /// Asks the child: the inner `None` when it died or hung, the outer when none can be started.
    async fn ask(&self, slot: &mut Option<Pipes>, request: &Request) -> Option<Option<Answer>> {
        if slot.is_none() {
            *slot = self.start();
        }
        let pipes = slot.as_mut()?;
        let begun = Instant::now();
        let answer = timeout(DEADLINE, exchange(pipes, request)).await.ok().and_then(Result::ok);
        let fits = answer.filter(|answer| answer.verdicts.len() == request.candidates.len());
        if fits.is_some() {
            self.metrics.trial(begun.elapsed());
        } else {
            self.metrics.trial_killed();
            tracing::warn!("A trial ended its process; a new one is started for the next.");
            if let Some(mut dead) = slot.take() {
                drop(dead.process.kill().await);
            }
        }
        Some(fits)
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
    async fn without_a_child_changes_wait_and_one_that_only_dies_holds_them() {
        let change = [ByteVec::from(vec![1])];
        let nowhere = TrialPool::new(PathBuf::from("/there/is/no/such/program"), Arc::default());
        assert_eq!(nowhere.try_changes("case", &[], &change).await, None);
        let dies = TrialPool::new(PathBuf::from("/bin/false"), Arc::default());
        let held = Outcome::Held("the trial was aborted".to_owned());
        assert_eq!(dies.try_changes("case", &[], &change).await, Some(vec![held]));
    }
}
