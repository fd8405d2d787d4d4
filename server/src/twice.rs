//! What was answered a moment ago: an answer that is tapped twice, or sent again because the reply to it was lost, is one.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use ankomst_shared::ids::UserId;
use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

/// The same answer within this time is one, in milliseconds.
const MOMENT_MS: i64 = 60_000;
/// So many are remembered.
const ANSWERS_MAX: usize = 1_000;

/// A recipient's answer to a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Who answered.
    pub user: UserId,
    /// The task.
    pub entry: String,
    /// The state it has now.
    pub status: String,
    /// What was said besides.
    pub said: String,
}

/// The last answers, and the tasks that are being answered.
#[derive(Debug, Default)]
pub struct Answered {
    lately: Mutex<Lately>,
    turns: Mutex<BTreeMap<String, Weak<Turn<()>>>>,
}

impl Answered {
    /// Waits until nobody answers this task. Until what it gives is dropped, whoever answers it next waits; other tasks
    /// wait for nobody.
    pub async fn turn(&self, entry: &str) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            turns.retain(|_, turn| turn.strong_count() > 0);
            turns.get(entry).and_then(Weak::upgrade).unwrap_or_else(|| {
                let turn = Arc::new(Turn::new(()));
                turns.insert(entry.to_owned(), Arc::downgrade(&turn));
                turn
            })
        };
        turn.lock_owned().await
    }

    /// Whether the newest answer to that task, by anybody, is this one, and was given a moment ago.
    #[must_use]
    pub fn has(&self, answer: &Answer, now_ms: i64) -> bool {
        self.lately().has(answer, now_ms)
    }

    /// Remembers an answer that was written.
    pub fn note(&self, answer: Answer, now_ms: i64) {
        self.lately().note(answer, now_ms);
    }

    fn lately(&self) -> MutexGuard<'_, Lately> {
        self.lately.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The last answers, each with its time.
#[derive(Debug, Default)]
struct Lately(VecDeque<(i64, Answer)>);

impl Lately {
    fn has(&self, answer: &Answer, now_ms: i64) -> bool {
        let last = self.0.iter().rev().find(|(_, known)| known.entry == answer.entry);
        last.is_some_and(|(at_ms, known)| known == answer && now_ms - at_ms < MOMENT_MS)
    }

    fn note(&mut self, answer: Answer, now_ms: i64) {
        while self.0.len() >= ANSWERS_MAX {
            self.0.pop_front();
        }
        self.0.push_back((now_ms, answer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_answer_and_only_for_a_moment() {
        let answer = |status: &str| Answer {
            user: UserId::from_bytes([1; 16]),
            entry: "a".to_owned(),
            status: status.to_owned(),
            said: String::new(),
        };
        let mut lately = Lately::default();
        assert!(!lately.has(&answer("doing"), 0));
        lately.note(answer("doing"), 0);
        assert!(lately.has(&answer("doing"), MOMENT_MS - 1));
        assert!(!lately.has(&answer("doing"), MOMENT_MS), "said again later it is another one");
        lately.note(answer("waiting"), 10);
        assert!(!lately.has(&answer("doing"), 20), "what was said between is not forgotten");
        let other = Answer { user: UserId::from_bytes([2; 16]), ..answer("done") };
        lately.note(other, 15);
        assert!(!lately.has(&answer("waiting"), 20), "nor what somebody else said");
        for _ in 0..2 * ANSWERS_MAX {
            lately.note(answer("done"), 30);
        }
        assert_eq!(lately.0.len(), ANSWERS_MAX);
    }

    #[tokio::test]
    async fn who_answers_one_task_keeps_nobody_waiting_who_answers_another() {
        let answered = Answered::default();
        let first = answered.turn("a").await;
        let is_free = async |entry: &str| {
            let turn = answered.turn(entry);
            tokio::time::timeout(core::time::Duration::from_millis(50), turn).await.is_ok()
        };
        assert!(!is_free("a").await, "the same task is answered once at a time");
        assert!(is_free("b").await);
        drop(first);
        assert!(is_free("a").await);
        drop(answered.turn("c").await);
        assert_eq!(answered.turns.lock().unwrap().len(), 1, "nothing is kept of what is over");
    }
}
