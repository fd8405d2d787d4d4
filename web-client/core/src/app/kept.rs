//! What is kept of an open vault, as the exchange sees it.

use std::collections::BTreeMap;

use ankomst_shared::chunk::parse;
use ankomst_shared::ids::{ChangeHash, DeviceId, DocumentId};
use ankomst_shared::order;
use ankomst_shared::sign::{Enrolment, Header, PublicKey};
use ankomst_shared::sync::client::{Kept, News, Stage, batch};
use ankomst_shared::sync::message::{DeliveredChunk, Push, PushPart};

use minicbor::bytes::ByteVec;

use super::rows::ChunkRow;
use super::state::Open;

/// The changes of an open vault.
pub(super) struct Shelf<'a> {
    pub(super) chunks: &'a BTreeMap<DocumentId, BTreeMap<ChangeHash, ChunkRow>>,
    pub(super) headers: &'a BTreeMap<DocumentId, Header>,
}

impl Kept for Shelf<'_> {
    fn documents(&self) -> Vec<DocumentId> {
        self.chunks.keys().copied().collect()
    }

    fn stages(&self, document: DocumentId) -> Vec<(ChangeHash, Stage)> {
        let rows = self.chunks.get(&document).into_iter().flatten();
        rows.map(|(hash, row)| (*hash, row.stage)).collect()
    }

    fn stage(&self, document: DocumentId, hash: &ChangeHash) -> Option<Stage> {
        self.chunks.get(&document)?.get(hash).map(|row| row.stage)
    }

    fn unnoted(&self) -> Vec<(DocumentId, ChangeHash, Stage)> {
        let rows = self.chunks.iter().flat_map(|(id, rows)| rows.iter().map(move |row| (id, row)));
        let rows = rows.filter(|(_, (_, row))| row.own == Some(0));
        rows.map(|(id, (hash, row))| (*id, *hash, row.stage)).collect()
    }

    fn came(&self, document: DocumentId) -> bool {
        self.chunks.get(&document).into_iter().flatten().any(|(_, row)| row.own.is_none())
    }

    fn parent(&self, document: DocumentId) -> Option<DocumentId> {
        self.headers.get(&document)?.parent
    }
}

impl Open {
    /// Unsent changes that may go, each with its author's envelope, dependencies first.
    pub(super) fn push(&self, bytes_max: usize) -> Push {
        let mut parts = Vec::new();
        let enrolled = self.enrolled();
        for (document, rows) in &self.chunks {
            let unsent = rows.iter().filter(|(hash, row)| {
                row.stage == Stage::Unsent && !self.client.waits(*document, hash)
            });
            let mut unsent: Vec<_> = unsent
                .filter_map(|(hash, row)| {
                    let info = parse(&row.bytes).ok()?;
                    Some((info.start_op, *hash, row, info.meta.device))
                })
                .collect();
            // An operation counter is higher than those of everything the change builds on.
            order::sort_by_key(&mut unsent, |(start_op, hash, _, _)| (*start_op, *hash));
            for (_, _, row, device) in unsent {
                let known = enrolled.iter().find(|(id, _)| *id == device);
                parts.push(PushPart {
                    document: *document,
                    envelope: row.envelope.clone(),
                    chunks: vec![row.bytes.clone()],
                    enrolment: known.map(|(_, enrolment)| (*enrolment).clone()),
                });
            }
        }
        // Reviews and protected parts come after what they belong to.
        order::sort_by_key(&mut parts, |part| match self.headers.get(&part.document) {
            Some(header) if header.parent.is_none() => 0,
            Some(header) if header.kind != "review" => 1,
            _ => 2,
        });
        batch::push(parts, bytes_max)
    }

    /// Enrolments of other devices that a restored server may not know.
    pub(super) fn enrolled(&self) -> Vec<(DeviceId, &ByteVec)> {
        let key = PublicKey::from_bytes(self.identity.server_key);
        let told = self.standing.enrolments.iter();
        let told =
            told.filter_map(|bytes| Some((Enrolment::open(bytes, &key).ok()?.device, bytes)));
        told.filter(|(device, _)| *device != self.identity.device).collect()
    }

    /// The rows that news make or change.
    pub(super) fn rows(&self, news: &News) -> Vec<(DocumentId, ChangeHash, ChunkRow)> {
        let arrived = news
            .arrived
            .values()
            .filter_map(|chunk| Some((chunk.document, chunk.hash, arrived(chunk)?)));
        let changed = news.stages.iter().filter_map(|((document, hash), said)| {
            let known = self.chunks.get(document)?.get(hash)?;
            let own = said.own(known.own, news.anew);
            let received_ms = said.at_ms.or(known.received_ms);
            let row = ChunkRow { stage: said.stage, received_ms, own, ..known.clone() };
            Some((*document, *hash, row))
        });
        arrived.chain(changed).collect()
    }
}

/// The gate again: a tablet trusts no bytes, not even the server's.
fn arrived(chunk: &DeliveredChunk) -> Option<ChunkRow> {
    let (bytes, envelope) = (chunk.bytes.as_ref()?, chunk.envelope.as_ref()?);
    let info = parse(bytes).ok()?;
    (info.hash == chunk.hash).then(|| ChunkRow {
        bytes: bytes.clone(),
        envelope: envelope.clone(),
        stage: Stage::Shared,
        received_ms: Some(chunk.received_ms),
        own: None,
    })
}
