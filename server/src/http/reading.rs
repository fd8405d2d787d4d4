//! Bodies of whoever shows only in them who it is. While they come they hold places of their own, many and cheap; where all
//! are taken, the one that comes slowest gives way, so that bodies that trickle hold up nobody. A place among those that
//! are answered is taken only when all of a body is there.

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::{FromRequest, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::http::problem::Problem;
use crate::http::routes::Takes;
use crate::http::whole::Whole;
use crate::limits::BODY_PACE_MIN;

/// So long a body has just begun, in milliseconds.
const BEGINS_MS: u128 = 2_000;

/// Bodies that are coming.
#[derive(Debug)]
pub struct Bodies {
    most: usize,
    all: Mutex<Vec<Arc<Coming>>>,
}

/// One of them.
#[derive(Debug)]
struct Coming {
    since: Instant,
    bytes: AtomicU64,
    is_whole: AtomicBool,
    gives_way: CancellationToken,
}

/// A body has its place for as long as this lives.
#[derive(Debug)]
struct Reading(Arc<Bodies>, Arc<Coming>);

impl Bodies {
    /// So many at one time.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most, all: Mutex::default() }
    }

    /// Begins to read one, in the place of another that comes too slowly if there is no other place.
    fn begin(self: &Arc<Self>) -> Option<Reading> {
        let now = Instant::now();
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= self.most {
            // Of those that are alike the one that began first.
            let slow = all.iter().zip(0..).filter_map(|(one, at)| Some((one.too_slow(now)?, at)));
            let (_, at) = slow.min()?;
            all.remove(at).gives_way.cancel();
        }
        let coming = Coming {
            since: now,
            bytes: AtomicU64::default(),
            is_whole: AtomicBool::default(),
            gives_way: CancellationToken::new(),
        };
        let coming = Arc::new(coming);
        all.push(Arc::clone(&coming));
        Some(Reading(Arc::clone(self), coming))
    }
}

impl Coming {
    /// Whether it has just begun, and how many bytes come in a second, where these are too few to hold a place that another
    /// wants. The least of these gives way: one that has just begun, and so has shown nothing yet, after all others.
    fn too_slow(&self, now: Instant) -> Option<(bool, u128)> {
        let ms = now.duration_since(self.since).as_millis().max(1);
        let pace = u128::from(self.bytes.load(Ordering::Relaxed)) * 1_000 / ms;
        let is_whole = self.is_whole.load(Ordering::Relaxed);
        (!is_whole && pace < u128::from(BODY_PACE_MIN)).then_some((ms < BEGINS_MS, pace))
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        let mut all = self.0.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|one| !Arc::ptr_eq(one, &self.1));
    }
}

/// Reads the body of a request, and lets it in once there is a place for it.
pub(super) async fn read_first(
    State((takes, bodies)): State<(Takes, Arc<Bodies>)>,
    request: Request,
    next: Next,
) -> Response {
    let Some(reading) = bodies.begin() else { return takes.sends_away() };
    let until = reading.1.since + takes.within;
    let (parts, body) = request.into_parts();
    let coming = Arc::clone(&reading.1);
    let counted = body.into_data_stream().inspect(move |part| {
        let bytes = part.as_ref().map_or(0, |part| u64::try_from(part.len()).unwrap_or(u64::MAX));
        coming.bytes.fetch_add(bytes, Ordering::Relaxed);
    });
    let counted = Request::from_parts(parts.clone(), Body::from_stream(counted));
    let read = tokio::select! {
        biased;
        read = timeout_at(until, Whole::from_request(counted, &())) => read,
        () = reading.1.gives_way.cancelled() => return takes.sends_away(),
    };
    let body = match read {
        Ok(Ok(Whole(body))) => body,
        Ok(Err(problem)) => return problem.into_response(),
        Err(_) => return Problem::slow().into_response(),
    };
    reading.1.is_whole.store(true, Ordering::Relaxed);
    // What was brought over a slow line is not brought once more because eight others came at the same moment.
    let Ok(Ok(_place)) = timeout_at(until, takes.at_once.acquire()).await else {
        return takes.sends_away();
    };
    drop(reading);
    takes.answers(Request::from_parts(parts, Body::from(body)), next).await
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    fn ended(reading: &Reading) -> bool {
        reading.1.gives_way.is_cancelled()
    }

    fn sends(reading: &Reading, bytes: u64) {
        reading.1.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    #[tokio::test(start_paused = true)]
    async fn the_slowest_gives_way_and_none_that_comes_well_or_is_there() {
        let bodies = Arc::new(Bodies::new(3));
        let all = [0; 3].map(|_| bodies.begin().unwrap());
        sends(&all[0], 10 * BODY_PACE_MIN);
        sends(&all[1], 20);
        sends(&all[2], 10);
        tokio::time::advance(Duration::from_secs(10)).await;
        let first = bodies.begin().unwrap();
        assert_eq!(all.each_ref().map(ended), [false, false, true]);
        let second = bodies.begin().unwrap();
        let gone = (all.each_ref().map(ended), ended(&first));
        assert_eq!(gone, ([false, true, true], false), "who has just begun goes last");
        let third = bodies.begin().unwrap();
        assert_eq!([&first, &second].map(ended), [true, false]);
        second.1.is_whole.store(true, Ordering::Relaxed);
        sends(&third, BODY_PACE_MIN);
        assert!(bodies.begin().is_none(), "nobody gives way");
        drop(first);
        assert!(bodies.begin().is_none(), "one that gave way has no place to leave");
        drop(third);
        assert!(bodies.begin().is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn of_those_that_said_nothing_the_oldest_goes() {
        let bodies = Arc::new(Bodies::new(2));
        let mut all = Vec::new();
        for _ in 0..5 {
            all.push(bodies.begin().unwrap());
            tokio::time::advance(Duration::from_secs(2)).await;
        }
        let gone: Vec<bool> = all.iter().map(ended).collect();
        assert_eq!(gone, [true, true, true, false, false]);
    }
}
