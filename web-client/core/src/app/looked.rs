//! What was opened here without contact, for the server's access log: counted, sealed, sent with the next exchange and
//! forgotten when the server has it.

use ankomst_shared::app::{Contact, Query, Refusal};
use ankomst_shared::ids::{DocumentId, UserId};
use ankomst_shared::limits::LOOKS_MAX;
use ankomst_shared::sync::message::{Look, Looks};

use super::state::{Core, open_row};
use crate::platform::Platform;
use crate::store::{Store, Table};

/// The same record within so long is one opening, in milliseconds.
const SAME_MS: i64 = 600_000;
/// So many wait at most; that older ones went shows in the count.
const WAIT_MAX: usize = 4 * LOOKS_MAX;

fn key(user: UserId) -> Vec<u8> {
    [b"looked/", user.as_bytes().as_slice()].concat()
}

/// The record that is asked for.
fn record(query: &Query) -> Option<DocumentId> {
    match query {
        Query::Page(address) => address.split('/').nth(2)?.parse().ok(),
        Query::Run(id) | Query::Form { document: id, .. } | Query::Changes(id) => Some(*id),
        Query::Inbox => None,
    }
}

impl<P: Platform> Core<P> {
    /// Those that wait. A row that cannot be read is none: the server finds it by the count.
    async fn waiting_looks(&self, user: UserId) -> Looks {
        let row = self.0.platform.store().get(Table::Meta, &key(user)).await.ok().flatten();
        let looks = row.and_then(|row| {
            self.with_open(|open| open_row(&open.key, Table::Meta, &key(user), &row)).ok()
        });
        looks.unwrap_or_default()
    }

    async fn put_looks(&self, user: UserId, looks: &Looks) -> Result<(), Refusal> {
        self.commit(vec![self.sealed(Table::Meta, key(user), looks)?]).await
    }

    /// Notes that a record is opened, before it is shown.
    pub(super) async fn note_look(&self, query: &Query) -> Result<(), Refusal> {
        let Some(document) = record(query) else { return Ok(()) };
        if self.0.state.borrow().contact == Contact::Live {
            return Ok(());
        }
        let user =
            self.with_open(|open| Ok(open.headers.contains_key(&document).then(|| open.user())))?;
        let Some(user) = user else { return Ok(()) };
        let _turn = self.0.looking.take().await;
        let (mut looks, at_ms) = (self.waiting_looks(user).await, self.now_ms());
        let is_same = |look: &Look| look.document == document && at_ms - look.at_ms < SAME_MS;
        if looks.all.iter().any(is_same) {
            return Ok(());
        }
        looks.last += 1;
        looks.all.push(Look { number: looks.last, document, at_ms });
        let too_many = looks.all.len().saturating_sub(WAIT_MAX);
        looks.all.drain(..too_many);
        // A device that cannot write says so; what is on it can be read all the same.
        self.put_looks(user, &looks).await.ok();
        Ok(())
    }

    /// What the next exchange tells.
    pub(super) async fn looks(&self) -> Option<Looks> {
        let user = self.with_open(|open| Ok(open.user())).ok()?;
        let mut looks = self.waiting_looks(user).await;
        looks.all.truncate(LOOKS_MAX);
        Some(looks)
    }

    /// The server has those up to a number.
    pub(super) async fn forget_looks(&self, noted: Option<u64>) -> Result<(), Refusal> {
        let Some(noted) = noted.filter(|noted| *noted > 0) else { return Ok(()) };
        let user = self.with_open(|open| Ok(open.user()))?;
        let _turn = self.0.looking.take().await;
        let mut looks = self.waiting_looks(user).await;
        let (before, last) = (looks.all.len(), looks.last);
        looks.all.retain(|look| look.number > noted);
        // Where the row was lost, the count goes on behind what the server has.
        looks.last = last.max(noted);
        if (looks.all.len(), looks.last) == (before, last) {
            return Ok(());
        }
        self.put_looks(user, &looks).await
    }
}
