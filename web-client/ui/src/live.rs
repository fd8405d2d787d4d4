//! Views kept fresh: asks for a view, asks again when the core says it has changed, forgets it when
//! the page that wanted it goes.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::prelude::*;
use ankomst_shared::app::{Command, Query, Refusal, Reply, View};

use crate::bridge::ask;
use crate::react::{Kept, Live};

/// How a followed view stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Not answered yet.
    Awaited,
    /// Shown.
    Here,
    /// Refused, and why.
    Refused(Refusal),
}

struct Follower {
    id: u64,
    query: Query,
    standing: Kept<Standing>,
    take: Rc<dyn Fn(View)>,
    in_flight: Cell<bool>,
    again: Cell<bool>,
}

thread_local! {
    static FOLLOWERS: RefCell<Vec<Rc<Follower>>> = const { RefCell::new(Vec::new()) };
    static LAST: Cell<u64> = const { Cell::new(0) };
}

/// Follows a view for as long as the current owner lives.
pub fn follow(query: Query, take: impl Fn(View) + 'static) -> Live<Standing> {
    let id = LAST.get() + 1;
    LAST.set(id);
    let standing = Kept::new(Standing::Awaited);
    let follower = Rc::new(Follower {
        id,
        query,
        standing: standing.clone(),
        take: Rc::new(take),
        in_flight: Cell::new(false),
        again: Cell::new(false),
    });
    FOLLOWERS.with_borrow_mut(|all| all.push(Rc::clone(&follower)));
    on_cleanup(move || FOLLOWERS.with_borrow_mut(|all| all.retain(|known| known.id != id)));
    fetch(&follower);
    standing.live()
}

/// Asks again for the views named.
pub fn changed(queries: &[Query]) {
    let touched: Vec<Rc<Follower>> = FOLLOWERS.with_borrow(|all| {
        all.iter().filter(|follower| is_touched(&follower.query, queries)).map(Rc::clone).collect()
    });
    for follower in touched {
        fetch(&follower);
    }
}

/// A place may show anything, so every change may touch it.
fn is_touched(query: &Query, changed: &[Query]) -> bool {
    let is_page = |query: &Query| matches!(query, Query::Page(_));
    changed.contains(query) || (is_page(query) && changed.iter().any(is_page))
}

fn fetch(follower: &Rc<Follower>) {
    if follower.in_flight.replace(true) {
        follower.again.set(true);
        return;
    }
    let asker = Rc::clone(follower);
    ask(Command::Get(follower.query.clone()), move |reply| {
        asker.in_flight.set(false);
        let wanted = FOLLOWERS.with_borrow(|all| all.iter().any(|known| known.id == asker.id));
        if !wanted {
            return;
        }
        match reply {
            Reply::View(view) => {
                (asker.take)(view);
                asker.standing.set(Standing::Here);
            }
            Reply::Refused(refusal) => asker.standing.set(Standing::Refused(refusal)),
            _ => asker.standing.set(Standing::Refused(Refusal::BadMessage)),
        }
        if asker.again.replace(false) {
            fetch(&asker);
        }
    });
}
