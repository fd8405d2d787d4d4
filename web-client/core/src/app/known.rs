//! Records as they were last read, so that lists and the inbox read a document once and not at every
//! look. What is written to a record, or decided about it, makes [`Open::add_chunk`] forget it here.

use std::rc::Rc;

use ankomst_shared::app::Role;
use ankomst_shared::catalog::Catalog;
use ankomst_shared::chunk::parse;
use ankomst_shared::document::Document;
use ankomst_shared::form::{Broken, evaluate};
use ankomst_shared::ids::{ChangeHash, DocumentId, UserId};
use ankomst_shared::merge::{Changed, RecordState, Review, changed_since, record_state, reviews};
use ankomst_shared::order;
use ankomst_shared::same::Pointer;
use ankomst_shared::sign::header::review_of;

use super::state::Open;

/// A record as it was last read.
pub(super) struct Known {
    pub(super) record: Rc<RecordState>,
    /// What was written since the last review, once somebody has asked.
    pub(super) unseen: Option<Rc<Unseen>>,
    /// Constraints that do not hold, once somebody has asked.
    broken: Option<Rc<Vec<Broken<'static>>>>,
    /// When others wrote, and who, after this person last did; empty where this person never wrote.
    news: Vec<(i64, UserId)>,
    /// Who has written.
    people: Rc<[UserId]>,
    /// The persons of a case, once somebody has looked for one.
    pub(super) household: Option<Rc<super::people::Household>>,
    /// The cards of a case that point at others, once somebody has asked.
    pub(super) pointers: Option<Rc<Vec<Pointer>>>,
}

/// The last review of a record, and what was written since.
pub(super) struct Unseen {
    pub(super) review: Option<Review>,
    pub(super) changed: Vec<Changed>,
}

impl Open {
    /// The state of a record, drafts not included.
    pub(super) fn record(&mut self, id: DocumentId) -> Option<Rc<RecordState>> {
        if let Some(known) = self.records.get(&id) {
            return Some(Rc::clone(&known.record));
        }
        let kind = self.kind(id)?.to_owned();
        let document = self.read(id)?;
        let review = self.read(review_of(id));
        let record = record_state(self.catalog, (&kind, id), &document, review.as_ref());
        let record = Rc::new(record);
        // A supervisor's inbox asks for every record: both documents are open here anyway.
        let unseen = self.identity.user.roles.contains(&Role::Supervisor);
        let unseen = unseen.then(|| Rc::new(self.compare(id, &document, review.as_ref())));
        let news = self.written_since_mine(&document);
        let mut people: Vec<UserId> = document.changes().map(|(_, meta)| meta.user).collect();
        order::sort_and_dedup(&mut people);
        let known = Known {
            record: Rc::clone(&record),
            unseen,
            broken: None,
            news,
            people: people.into(),
            household: None,
            pointers: None,
        };
        self.records.insert(id, known);
        Some(record)
    }

    /// The constraints that do not hold in a record, drafts not included.
    pub(super) fn broken(&mut self, id: DocumentId) -> Rc<Vec<Broken<'static>>> {
        let Some(record) = self.record(id) else { return Rc::default() };
        if let Some(broken) = self.records.get(&id).and_then(|known| known.broken.clone()) {
            return broken;
        }
        let catalog = Catalog::builtin();
        let kind = self.kind(id).and_then(|kind| catalog.kind(kind));
        let broken = kind.map(|kind| evaluate(catalog, kind, &record).broken);
        let broken = Rc::new(broken.unwrap_or_default());
        if let Some(known) = self.records.get_mut(&id) {
            known.broken = Some(Rc::clone(&broken));
        }
        broken
    }

    /// Who has written to a record.
    pub(super) fn people(&mut self, id: DocumentId) -> Rc<[UserId]> {
        self.record(id);
        self.records.get(&id).map(|known| Rc::clone(&known.people)).unwrap_or_default()
    }

    /// When others wrote to a record, and who, after this person last did.
    pub(super) fn news(&mut self, id: DocumentId) -> Vec<(i64, UserId)> {
        self.record(id);
        self.records.get(&id).map(|known| known.news.clone()).unwrap_or_default()
    }

    fn written_since_mine(&self, document: &Document) -> Vec<(i64, UserId)> {
        let me = self.user();
        let said = || document.changes().map(|(_, meta)| (meta.claimed_ms, meta.user));
        let mine = said().filter(|(_, user)| *user == me).map(|(at, _)| at).max();
        let since = |mine| said().filter(|(at, user)| *user != me && *at > mine).collect();
        mine.map(since).unwrap_or_default()
    }

    /// What was written to a record since its last review; before the first, since it was made.
    pub(super) fn unseen(&mut self, id: DocumentId) -> Option<Rc<Unseen>> {
        self.record(id)?;
        if let Some(unseen) = self.records.get(&id).and_then(|known| known.unseen.clone()) {
            return Some(unseen);
        }
        let document = self.read(id)?;
        let review = self.read(review_of(id));
        let unseen = Rc::new(self.compare(id, &document, review.as_ref()));
        self.records.get_mut(&id)?.unseen = Some(Rc::clone(&unseen));
        Some(unseen)
    }

    fn compare(&self, id: DocumentId, document: &Document, review: Option<&Document>) -> Unseen {
        let review = review.and_then(|review| reviews(review).pop());
        let rows = self.chunks.get(&id).into_iter().flatten();
        let heads: Vec<ChangeHash> = match &review {
            Some(review) => review.heads.clone(),
            None => rows
                .filter(|(_, row)| parse(&row.bytes).is_ok_and(|info| info.deps.is_empty()))
                .map(|(hash, _)| *hash)
                .collect(),
        };
        let mut changed = changed_since(document, &heads);
        let kind = self.kind(id).unwrap_or_default();
        changed.retain(|change| Catalog::builtin().locate(kind, &change.path).is_some());
        Unseen { review, changed }
    }
}
