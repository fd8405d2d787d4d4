//! What `ankomst dump` prints, read: every change the log has, its place in the feed and what it set.

use std::collections::{BTreeMap, BTreeSet};

use ankomst_shared::ids::{ChangeHash, DocumentId};
use ankomst_shared::sync::{Chain, Digest, Position};

/// The log of a data folder.
#[derive(Debug)]
pub struct Dump {
    text: String,
    feed: BTreeMap<u64, (DocumentId, ChangeHash)>,
    /// Numbers of the feed whose changes have ended.
    ended: BTreeSet<u64>,
    all: BTreeSet<ChangeHash>,
}

impl Dump {
    /// Reads what was printed.
    #[must_use]
    pub fn read(text: String) -> Self {
        let (mut feed, mut all) = (BTreeMap::new(), BTreeSet::new());
        let mut ended = BTreeSet::new();
        for line in text.lines().filter(|line| line.starts_with('{')) {
            let entry: serde_json::Value = serde_json::from_str(line).unwrap();
            let part = |name: &str| entry.get(name).and_then(serde_json::Value::as_str).unwrap();
            let hash: ChangeHash = part("hash").parse().unwrap();
            assert!(all.insert(hash), "{hash} stands in the log twice");
            if let Some(number) = entry.get("feed").and_then(serde_json::Value::as_u64) {
                let known = feed.insert(number, (part("document").parse().unwrap(), hash));
                assert!(known.is_none(), "the number {number} was given twice");
                if part("state") == "ended" {
                    ended.insert(number);
                }
            }
        }
        Self { text, feed, ended, all }
    }

    /// What was printed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Number of changes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is no change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Those of some changes that the log does not have.
    pub fn lacks<'a>(&self, wanted: impl IntoIterator<Item = &'a ChangeHash>) -> Vec<ChangeHash> {
        wanted.into_iter().filter(|hash| !self.all.contains(hash)).copied().collect()
    }

    /// All changes.
    pub fn changes(&self) -> impl Iterator<Item = &ChangeHash> {
        self.all.iter()
    }

    /// The place at the end of the feed, with the chain value counted from the changes themselves.
    #[must_use]
    pub fn head(&self) -> Position {
        let feed = self.feed.last_key_value().map_or(0, |(number, _)| *number);
        Position::at(feed, self.chain_at(feed).unwrap_or_default())
    }

    /// The chain value at a number of the feed; `None` when no change has it.
    #[must_use]
    pub fn chain_at(&self, feed: u64) -> Option<Chain> {
        self.feed.get(&feed)?;
        let until = self.feed.range(..=feed).map(|(_, (_, hash))| hash);
        Some(until.fold(Chain::default(), |chain, hash| chain.next(hash)))
    }

    /// The digest of all visible changes of those documents for which something holds.
    #[must_use]
    pub fn digest(&self, holds: impl Fn(&DocumentId) -> bool) -> Digest {
        let mut digest = Digest::default();
        let held = self
            .feed
            .iter()
            .filter(|(number, (document, _))| !self.ended.contains(number) && holds(document));
        held.for_each(|(_, (_, hash))| digest.add(hash));
        digest
    }
}
