//! Houses taken along: how many there may be, and that one goes back when nobody opens it any more.

use ankomst_shared::app::{Acted, Query, Refusal};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::text::Word;
use minicbor::{Decode, Encode};

use super::rows::{Standing, standing_key};
use super::state::{Core, Open};
use crate::platform::Platform;
use crate::store::{Table, Write};

/// So many houses are taken along at most.
pub(super) const ALONG_MAX: usize = 100;
const DAY_MS: i64 = 24 * 3_600_000;
/// One that nobody has opened for so long goes back.
const UNUSED_MS: i64 = 30 * DAY_MS;
/// For so long it is said that it has.
const SAID_MS: i64 = 14 * DAY_MS;

/// Something about a house, and when by the server's clock, Unix milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct At {
    #[n(0)]
    pub(super) house: DocumentId,
    #[n(1)]
    at_ms: i64,
}

impl Standing {
    /// The server's clock, as far as it is known.
    fn server_ms(&self, now_ms: i64) -> i64 {
        now_ms.saturating_sub(self.clock_offset_s.unwrap_or_default().saturating_mul(1_000))
    }

    /// Notes that a house was opened; tells whether that is to be stored.
    fn opens(&mut self, house: DocumentId, at_ms: i64) -> bool {
        if !self.wants.contains(&house) {
            return false;
        }
        let is_known = |one: &At| one.house == house && (at_ms - one.at_ms).abs() < DAY_MS;
        if self.opened.iter().any(is_known) {
            return false;
        }
        self.opened.retain(|one| one.house != house);
        self.opened.push(At { house, at_ms });
        true
    }

    /// Takes a house along, or no more.
    fn takes(&mut self, house: DocumentId, keep: bool, at_ms: i64) {
        self.wants.retain(|id| *id != house);
        self.opened.retain(|one| one.house != house);
        self.returned.retain(|one| one.house != house);
        if keep {
            self.wants.push(house);
            self.opened.push(At { house, at_ms });
        }
    }

    /// Houses that nobody has opened for long go back; what was written in them goes to the server first, as ever.
    pub(super) fn gives_back(&mut self, server_ms: i64) {
        self.returned.retain(|one| server_ms - one.at_ms < SAID_MS);
        for house in self.wants.clone() {
            match self.opened.iter().find(|one| one.house == house) {
                // Taken along by a program that did not count.
                None => self.opened.push(At { house, at_ms: server_ms }),
                Some(one) if server_ms - one.at_ms >= UNUSED_MS => {
                    self.takes(house, false, server_ms);
                    self.returned.push(At { house, at_ms: server_ms });
                }
                Some(_) => {}
            }
        }
    }
}

impl Open {
    /// The house a query opens: itself, or a visit to it.
    fn house_of(&self, query: &Query) -> Option<DocumentId> {
        let id = super::looked::record(query)?;
        self.headers.get(&id)?.parent.or(Some(id))
    }
}

impl<P: Platform> Core<P> {
    /// Takes a house along, or no more.
    pub(super) async fn take_along(&self, house: DocumentId, keep: bool) -> Result<Acted, Refusal> {
        let now_ms = self.now_ms();
        let full = self.with_open(|open| {
            let wants = &open.standing.wants;
            Ok(keep && wants.len() >= ALONG_MAX && !wants.contains(&house))
        })?;
        if full {
            let say = self.say(Word::AlongFull, &[&ALONG_MAX.to_string()]);
            return Ok(Acted { say, ..Acted::default() });
        }
        self.change_standing(|standing| {
            let at_ms = standing.server_ms(now_ms);
            standing.takes(house, keep, at_ms);
        })
        .await?;
        self.exchange_again()?;
        self.tell(vec![Query::Page(String::new())]);
        Ok(self.done(if keep { Word::TakeDone } else { Word::LetGoDone }, None))
    }

    /// Notes that a house taken along is opened; gives what is to be stored.
    pub(super) fn note_opened(&self, query: &Query) -> Result<Option<Write>, Refusal> {
        let now_ms = self.now_ms();
        let standing = self.with_open(|open| {
            let Some(house) = open.house_of(query) else { return Ok(None) };
            let at_ms = open.standing.server_ms(now_ms);
            let is_new = open.standing.opens(house, at_ms);
            Ok(is_new.then(|| (open.user(), open.standing.clone())))
        })?;
        let row = |(user, standing)| self.sealed(Table::Meta, standing_key(user), &standing);
        standing.map(row).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_house_goes_back_when_nobody_has_opened_it_for_long() {
        let [old, used, kept] = [1, 2, 3].map(|number| DocumentId::from_bytes([number; 16]));
        let mut standing = Standing { wants: vec![kept], ..Standing::default() };
        standing.takes(old, true, 0);
        standing.takes(used, true, 0);
        standing.gives_back(0);
        assert!(standing.opens(used, 20 * DAY_MS) && !standing.opens(used, 20 * DAY_MS + 1));
        assert!(!standing.opens(DocumentId::from_bytes([9; 16]), 0), "it is not along");
        standing.gives_back(UNUSED_MS - 1);
        assert_eq!(standing.wants, [kept, old, used]);
        standing.gives_back(UNUSED_MS);
        assert_eq!(standing.wants, [used], "and one that was never opened since it is counted");
        let returned =
            |standing: &Standing| standing.returned.iter().map(|one| one.house).collect::<Vec<_>>();
        assert_eq!(returned(&standing), [kept, old]);
        standing.takes(old, true, UNUSED_MS);
        assert_eq!(returned(&standing), [kept], "taken along again");
        standing.gives_back(UNUSED_MS + SAID_MS);
        assert_eq!((returned(&standing), standing.wants), (vec![], vec![used, old]));
    }
}
