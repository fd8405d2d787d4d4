//! What was lawfully destroyed goes from this device in one write, unsent work, too; and its person is told.

use std::collections::BTreeSet;

use ankomst_shared::app::Refusal;
use ankomst_shared::ids::{DocumentId, UserId};
use ankomst_shared::sync::client::News;
use ankomst_shared::sync::message::{Destroyed, Exchange, ExchangeAnswer};
use minicbor::{Decode, Encode};

use super::drafted::ends;
use super::rows::{Standing, deposit_id, deposit_key, noted_key, read_chunk_key};
use super::state::{Core, Open};
use crate::platform::Platform;
use crate::store::{Store, Table, Write};

/// So many are told of, the newest, and whatever tells of lost work.
const TOLD_MAX: usize = 20;

/// A record that was destroyed here.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Lost {
    #[n(0)]
    pub(super) what: Destroyed,
    /// Changes of it that were only here.
    #[n(1)]
    pub(super) unsent: u32,
    /// When this device was told, Unix milliseconds.
    #[n(2)]
    pub(super) at_ms: i64,
    /// Its person has confirmed it.
    #[n(3)]
    #[cbor(default)]
    pub(super) is_seen: bool,
}

impl Lost {
    /// Whether it tells of lost work and nobody has confirmed it.
    pub(super) const fn is_open(&self) -> bool {
        self.unsent > 0 && !self.is_seen
    }
}

impl Open {
    /// Notes what goes: what is to be confirmed, and what the person is told.
    pub(super) fn loses(
        &self,
        standing: &mut Standing,
        (question, answer): (&Exchange, &ExchangeAnswer),
        (news, now_ms): (&News, i64),
    ) {
        let told = question.gone.as_deref().unwrap_or_default();
        standing.owes.retain(|record| !told.contains(record));
        for what in answer.destroyed.iter().flatten() {
            standing.owes.push(what.record);
            standing.wants.retain(|id| *id != what.record);
            standing.returned.retain(|id| *id != what.record);
            let is_of = |id: &&DocumentId| {
                let parent = self.headers.get(*id).and_then(|header| header.parent);
                [Some(**id), parent]
                    .iter()
                    .flatten()
                    .any(|one| *one == what.record || what.documents.contains(one))
            };
            let mut unsent = 0;
            for id in news.destroyed.iter().filter(is_of) {
                let rows = self.chunks.get(id).into_iter().flatten();
                unsent += rows.filter(|(_, row)| row.stage.is_only_here()).count();
                unsent += self.half_typed(*id).len();
                unsent += self.unsent_files(*id);
            }
            // Also where the record has left and only deposits were here; once, unless something was written since.
            let is_told = standing.lost.iter().any(|one| one.what.record == what.record);
            if unsent > 0 || !is_told {
                let what = Destroyed { documents: Vec::new(), ..what.clone() };
                let unsent = u32::try_from(unsent).unwrap_or(u32::MAX);
                standing.lost.push(Lost { what, unsent, at_ms: now_ms, is_seen: false });
            }
        }
        keep_newest(&mut standing.lost);
    }
}

/// What says that work was lost stays until its person has confirmed it.
fn keep_newest(lost: &mut Vec<Lost>) {
    let mut more = lost.len().saturating_sub(TOLD_MAX);
    lost.retain(|one| {
        let goes = more > 0 && !one.is_open();
        more -= usize::from(goes);
        !goes
    });
}

impl<P: Platform> Core<P> {
    /// The end of all rows of some documents, their deposits, too.
    pub(super) async fn destroyed_rows(
        &self,
        user: UserId,
        documents: &BTreeSet<DocumentId>,
    ) -> Result<Vec<Write>, Refusal> {
        let store = self.0.platform.store();
        let mut writes = Vec::new();
        for id in documents {
            let prefix = [user.as_bytes().as_slice(), id.as_bytes()].concat();
            for table in [Table::Drafts, Table::Chunks] {
                let rows = store.load(table, &prefix).await.map_err(|_| Refusal::Storage)?;
                for (key, _) in rows {
                    if let (Table::Chunks, Some((_, hash))) = (table, read_chunk_key(&key)) {
                        let id = deposit_id(&hash);
                        let keys = [deposit_key(user, id), noted_key(user, id)];
                        writes.extend(keys.map(|key| Write::delete(Table::Deposits, key)));
                    }
                    writes.push(Write::delete(table, key));
                }
            }
            writes.extend(ends(user, *id));
            writes.extend(self.files_of_record((user, *id), true).await?);
        }
        Ok(writes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tells_of_lost_work_stays_until_it_was_confirmed() {
        let lost = |number: u8| Lost {
            what: Destroyed {
                record: DocumentId::from_bytes([number; 16]),
                documents: Vec::new(),
                kind: String::new(),
                number: String::new(),
                at_ms: 1,
                ground: String::new(),
                reference: String::new(),
                ask: String::new(),
            },
            unsent: u32::from(number < 2),
            at_ms: 1,
            is_seen: number == 1,
        };
        let mut all: Vec<Lost> = (0..50).map(lost).collect();
        keep_newest(&mut all);
        assert_eq!(all.len(), TOLD_MAX);
        assert!(all[0].is_open() && all[1] == lost(31));
    }
}
