//! What was opened and printed here, for the server's access log: counted, sealed, sent with the next exchange, which nothing of this
//! brings about, and forgotten when the server has it.

use ankomst_shared::app::{Contact, Query, Refusal};
use ankomst_shared::ids::{DocumentId, UserId};
use ankomst_shared::limits::LOOKS_MAX;
use ankomst_shared::order;
use ankomst_shared::sync::message::{Exchange, ExchangeAnswer, Look, Looks};

use super::rows::Standing;
use super::state::{Core, Open};
use crate::platform::Platform;
use crate::store::{Table, Write};

/// The same record within so long is one opening, in milliseconds.
const SAME_MS: u64 = 600_000;
/// So many wait at most; that older ones went shows in the count.
const WAIT_MAX: usize = 4 * LOOKS_MAX;

pub(super) fn key(user: UserId) -> Vec<u8> {
    [b"looked/", user.as_bytes().as_slice()].concat()
}

/// The record that is asked for.
pub(super) fn record(query: &Query) -> Option<DocumentId> {
    match query {
        Query::Page(address) => address.split('/').nth(2)?.parse().ok(),
        Query::Run(id) | Query::Form { document: id, .. } | Query::Changes(id) => Some(*id),
        Query::Inbox => None,
    }
}

/// Whether an opening or a print is still that one, also for a clock set back meanwhile.
fn is_same(look: &Look, other: &Look) -> bool {
    (look.document, look.printed) == (other.document, other.printed)
        && look.at_ms.abs_diff(other.at_ms) < SAME_MS
}

impl Open {
    /// Counts an opening or a print; tells whether it is one.
    fn count_look(&mut self, look: &Look) -> bool {
        let looks = &mut self.looks;
        // A sheet of the server's own pages bears records that are not here.
        let is_known = look.printed.is_some() || self.headers.contains_key(&look.document);
        if !is_known || looks.all.iter().any(|other| is_same(look, other)) {
            return false;
        }
        looks.last += 1;
        looks.all.push(Look { number: looks.last, ..look.clone() });
        looks.all.drain(..looks.all.len().saturating_sub(WAIT_MAX));
        true
    }

    /// The case of who lives at that address of a house.
    fn lives(&mut self, address: &str) -> Option<DocumentId> {
        let (house, entry) = address.strip_prefix("/boenden/")?.split_once("/occupancy/")?;
        let record = self.record(house.parse().ok()?)?;
        record.text(&["occupancy/", entry, "/case"].concat()).parse().ok()
    }

    /// Houses that are to go back are taken along no more, but for what was opened since the server was asked.
    pub(super) fn gives_back(
        &mut self,
        standing: &mut Standing,
        (question, answer): (&Exchange, &ExchangeAnswer),
    ) {
        let told = question.looks.as_ref().map_or(0, |looks| looks.last);
        let since = self.looks.all.iter().filter(|look| look.number > told);
        let parent = |id| self.headers.get(&id).and_then(|header| header.parent);
        let opened: Vec<DocumentId> =
            since.map(|look| parent(look.document).unwrap_or(look.document)).collect();
        for house in answer.returned.iter().flatten().filter(|house| !opened.contains(house)) {
            self.wants_again = true;
            standing.wants.retain(|id| id != house);
            standing.returned.retain(|id| id != house);
            standing.returned.push(*house);
        }
    }

    /// What an exchange tells.
    pub(super) fn told_looks(&self) -> Looks {
        let all = self.looks.all.iter().take(LOOKS_MAX).cloned();
        Looks { last: self.looks.last, all: all.collect() }
    }

    /// The server has those up to a number; where the row was lost, the count goes on behind it.
    fn forget_looks(&mut self, noted: u64) -> bool {
        let looks = &mut self.looks;
        let before = (looks.all.len(), looks.last);
        looks.all.retain(|look| look.number > noted);
        looks.last = looks.last.max(noted);
        (looks.all.len(), looks.last) != before
    }
}

impl<P: Platform> Core<P> {
    /// Counts that a record is opened; gives what is to be stored before it is shown.
    pub(super) fn note_look(&self, query: &Query) -> Result<Option<Write>, Refusal> {
        match record(query) {
            Some(id) => {
                let look = self.one_look(id, None);
                self.looks_row(|open| open.count_look(&look))
            }
            None => Ok(None),
        }
    }

    /// Counts that records stand on a sheet that is printed, and stores it. An id of what is no record is known to nobody.
    /// Who lives in a house that is on it stands there by name: that person's case is on it, too.
    pub(super) async fn printed(&self, addresses: &[String]) -> Result<(), Refusal> {
        let parts = addresses.iter().flat_map(|address| address.split('/'));
        let mut records: Vec<DocumentId> = parts.filter_map(|part| part.parse().ok()).collect();
        let lives = |open: &mut Open| addresses.iter().filter_map(|one| open.lives(one)).collect();
        let cases: Vec<DocumentId> = self.with_open(|open| Ok(lives(open)))?;
        records.extend(cases);
        order::sort_and_dedup(&mut records);
        let prints = records.into_iter().map(|id| self.one_look(id, Some(true)));
        let prints: Vec<Look> = prints.collect();
        let write = self.looks_row(|open| {
            let new = prints.iter().filter(|look| open.count_look(look)).count();
            new > 0
        })?;
        self.commit(write.into_iter().collect()).await
    }

    fn one_look(&self, document: DocumentId, printed: Option<bool>) -> Look {
        // Without a socket the server is asked, and answers.
        let live = matches!(self.0.state.borrow().contact, Contact::Live | Contact::Asks);
        Look { number: 0, document, at_ms: self.now_ms(), live: live.then_some(true), printed }
    }

    /// Forgets what the server has; gives what is to be stored then.
    pub(super) fn looked(&self, noted: Option<u64>) -> Result<Option<Write>, Refusal> {
        self.looks_row(|open| noted.is_some_and(|noted| open.forget_looks(noted)))
    }

    fn looks_row(&self, work: impl FnOnce(&mut Open) -> bool) -> Result<Option<Write>, Refusal> {
        let changed =
            self.with_open(|open| Ok(work(open).then(|| (open.user(), open.looks.clone()))))?;
        changed.map(|(user, looks)| self.sealed(Table::Meta, key(user), &looks)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_opening_ends_after_its_time_also_with_a_clock_set_back() {
        let document = DocumentId::from_bytes([3; 16]);
        let look = Look { number: 1, document, at_ms: 3_600_000, live: None, printed: None };
        for (minutes, wanted) in [(0, true), (9, true), (10, false), (-9, true), (-10, false)] {
            let later = Look { at_ms: look.at_ms + minutes * 60_000, ..look.clone() };
            assert_eq!(is_same(&look, &later), wanted, "{minutes}");
        }
        assert!(!is_same(
            &look,
            &Look { document: DocumentId::from_bytes([4; 16]), ..look.clone() }
        ));
        assert!(!is_same(&look, &Look { printed: Some(true), ..look.clone() }), "paper is another");
    }
}
