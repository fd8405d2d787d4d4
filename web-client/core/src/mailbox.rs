//! A queue between callbacks and one waiting reader, on one thread.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// Most letters that wait; a reader that is this far behind is as good as gone.
const LETTERS_MAX: usize = 10_000;

#[derive(Debug)]
struct Inner<T> {
    letters: VecDeque<T>,
    reader: Option<Waker>,
    closed: bool,
}

/// The queue; clones are the same queue.
#[derive(Debug)]
pub struct Mailbox<T>(Rc<RefCell<Inner<T>>>);

impl<T> Clone for Mailbox<T> {
    fn clone(&self) -> Self {
        Self(Rc::clone(&self.0))
    }
}

impl<T> Default for Mailbox<T> {
    fn default() -> Self {
        let inner = Inner { letters: VecDeque::new(), reader: None, closed: false };
        Self(Rc::new(RefCell::new(inner)))
    }
}

impl<T> Mailbox<T> {
    /// Puts a letter in; a queue that overflows is closed.
    pub fn put(&self, letter: T) {
        let reader = {
            let mut inner = self.0.borrow_mut();
            if inner.closed {
                return;
            }
            inner.letters.push_back(letter);
            inner.closed = inner.letters.len() > LETTERS_MAX;
            inner.reader.take()
        };
        if let Some(reader) = reader {
            reader.wake();
        }
    }

    /// Closes the queue: what is in it is still read, then nothing more.
    pub fn close(&self) {
        let reader = {
            let mut inner = self.0.borrow_mut();
            inner.closed = true;
            inner.reader.take()
        };
        if let Some(reader) = reader {
            reader.wake();
        }
    }

    /// Tells whether the queue is closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.borrow().closed
    }

    /// Throws away the letters that wait.
    pub fn clear(&self) {
        self.0.borrow_mut().letters.clear();
    }

    /// Waits for the next letter; nothing once the queue is closed and empty.
    pub fn next(&self) -> impl Future<Output = Option<T>> + use<T> {
        let inner = Rc::clone(&self.0);
        poll_fn(move |context| {
            let mut inner = inner.borrow_mut();
            match inner.letters.pop_front() {
                Some(letter) => Poll::Ready(Some(letter)),
                None if inner.closed => Poll::Ready(None),
                None => {
                    inner.reader = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn letters_are_read_in_order_and_after_closing_nothing() {
        let mailbox = Mailbox::default();
        assert!(mailbox.next().now_or_never().is_none());
        mailbox.put(1);
        mailbox.put(2);
        mailbox.close();
        mailbox.put(3);
        assert_eq!(mailbox.next().now_or_never(), Some(Some(1)));
        assert_eq!(mailbox.next().now_or_never(), Some(Some(2)));
        assert_eq!(mailbox.next().now_or_never(), Some(None));
    }
}
