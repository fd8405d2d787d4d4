//! Tells live sessions that something is new. They hear of it in the order in which they wait, so that a simulation is
//! the same each time.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

/// What live sessions watch.
#[derive(Debug, Clone, Copy, Default)]
pub struct News {
    /// Newest number of the feed.
    pub head: u64,
    /// Counts every turn of the feed, held changes included.
    pub turns: u64,
}

/// Where news are told.
#[derive(Debug, Clone, Default)]
pub struct Teller(Arc<Told>);

#[derive(Debug, Default)]
struct Told {
    /// The news, and how often they were told.
    news: Mutex<(News, u64)>,
    waits: Notify,
}

/// One that hears them, once however often they were told meanwhile.
#[derive(Debug)]
pub struct Hearer {
    told: Arc<Told>,
    heard: u64,
}

impl Told {
    fn with<T>(&self, look: impl FnOnce(&mut (News, u64)) -> T) -> T {
        look(&mut self.news.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Teller {
    /// Changes the news and tells everybody, also when nothing of them is another.
    pub fn send_modify(&self, change: impl FnOnce(&mut News)) {
        self.0.with(|(news, times)| {
            change(news);
            *times += 1;
        });
        self.0.waits.notify_waiters();
    }

    /// One that hears what is told from here on.
    #[must_use]
    pub fn subscribe(&self) -> Hearer {
        Hearer { told: Arc::clone(&self.0), heard: self.0.with(|(_, times)| *times) }
    }
}

impl Hearer {
    /// Whether something was told that was not heard yet; it is from here on.
    pub fn is_new(&mut self) -> bool {
        let times = self.told.with(|(_, times)| *times);
        core::mem::replace(&mut self.heard, times) != times
    }

    /// Waits until something was told that was not heard yet.
    pub async fn changed(&mut self) {
        loop {
            let told = Arc::clone(&self.told);
            let rings = told.waits.notified();
            tokio::pin!(rings);
            // What is told between the look and the waiting rings, too.
            rings.as_mut().enable();
            if self.is_new() {
                return;
            }
            rings.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn nothing_that_is_told_goes_unheard() {
        let teller = Teller::default();
        teller.send_modify(|_| ());
        let mut hearers: Vec<Hearer> = (0..4).map(|_| teller.subscribe()).collect();
        for times in 1..=200 {
            let waiting = hearers.into_iter().map(|mut hearer| {
                tokio::spawn(async move {
                    timeout(Duration::from_mins(1), hearer.changed()).await.expect("it was told");
                    hearer
                })
            });
            let waiting: Vec<_> = waiting.collect();
            teller.send_modify(|news| news.turns = times);
            hearers = Vec::new();
            for one in waiting {
                hearers.push(one.await.unwrap());
            }
        }
        assert_eq!(teller.0.with(|(news, _)| news.turns), 200);
    }
}
