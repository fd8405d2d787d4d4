//! A queue for one place: who asked first goes first.
//!
//! The core answers many requests at once on one thread; what must not interleave (state changes
//! and the order of their commits) takes a turn. A plain async mutex does not promise order, and a
//! keystroke must not overtake the one before it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

#[derive(Debug, Default)]
struct Queue {
    next: u64,
    waiting: VecDeque<(u64, Option<Waker>)>,
}

/// The queue.
#[derive(Debug, Clone, Default)]
pub struct Turn(Rc<RefCell<Queue>>);

/// A place in the queue; giving it up lets the next one go.
#[derive(Debug)]
pub struct Place {
    queue: Turn,
    ticket: u64,
}

impl Turn {
    /// Takes a place now, and waits until it is the first.
    pub fn take(&self) -> impl Future<Output = Place> + use<> {
        let ticket = {
            let mut queue = self.0.borrow_mut();
            let ticket = queue.next;
            queue.next = queue.next.wrapping_add(1);
            queue.waiting.push_back((ticket, None));
            ticket
        };
        let place = Place { queue: self.clone(), ticket };
        async move {
            poll_fn(|context| place.queue.poll(place.ticket, context.waker())).await;
            place
        }
    }

    fn poll(&self, ticket: u64, waker: &Waker) -> Poll<()> {
        let mut queue = self.0.borrow_mut();
        if queue.waiting.front().is_some_and(|(first, _)| *first == ticket) {
            return Poll::Ready(());
        }
        if let Some((_, slot)) = queue.waiting.iter_mut().find(|(at, _)| *at == ticket) {
            *slot = Some(waker.clone());
        }
        Poll::Pending
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let next = {
            let mut queue = self.queue.0.borrow_mut();
            queue.waiting.retain(|(ticket, _)| *ticket != self.ticket);
            queue.waiting.front_mut().and_then(|(_, waker)| waker.take())
        };
        if let Some(waker) = next {
            waker.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn who_asked_first_goes_first_even_when_somebody_leaves() {
        let turn = Turn::default();
        let first = turn.take().now_or_never().unwrap();
        let mut second = Box::pin(turn.take());
        let mut third = Box::pin(turn.take());
        let mut fourth = Box::pin(turn.take());
        assert!((&mut third).now_or_never().is_none());
        assert!((&mut second).now_or_never().is_none());
        drop(first);
        assert!((&mut fourth).now_or_never().is_none());
        assert!((&mut third).now_or_never().is_none());
        drop(second);
        let place = (&mut third).now_or_never().unwrap();
        assert!((&mut fourth).now_or_never().is_none());
        drop(place);
        assert!((&mut fourth).now_or_never().is_some());
    }
}
