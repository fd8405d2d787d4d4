//! The server as an author: of records that only it writes, such as those of a unit's own checklists, and in cases of
//! what recipients in other departments answer to tasks sent to them.
//!
//! It signs as a device does, with the key that signs enrolments, under ids that follow from that key. So
//! what it wrote is known again after any restore, also when a tablet brings it back, and no device can
//! write in its name.

use std::sync::Arc;

use ankomst_shared::chunk::sha256;
use ankomst_shared::document::{Authoring, Chunk, Document, DocumentError, Edit};
use ankomst_shared::ids::{ActorId, DeviceId, DocumentId, UnitId, UserId};
use ankomst_shared::sign::{AuthorEnvelope, Header, PublicKey};
use ankomst_shared::sync::message::{Outcome, Push, PushPart};

use crate::app::App;
use crate::storage::{StorageError, random};
use crate::sync::ingest;

/// Whose name stands under what the server writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Office {
    /// As a device.
    pub device: DeviceId,
    /// As a person.
    pub user: UserId,
    /// Its key.
    pub key: PublicKey,
}

/// Why the server could not write a record of its own.
#[derive(Debug, thiserror::Error)]
pub enum OfficeError {
    /// Storage refused.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The record could not be changed.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The gate does not take the server's own change: a defect.
    #[error("the server did not take its own change: {0:?}; nothing was written")]
    Refused(Outcome),
}

impl Office {
    /// The office of the server with this key.
    #[must_use]
    pub fn of(key: PublicKey) -> Self {
        let id = |label: &[u8]| {
            let hash = sha256(&[label, key.as_bytes()]);
            hash.first_chunk::<16>().copied().unwrap_or_default()
        };
        Self {
            device: DeviceId::from_bytes(id(b"ankomst/office-device/1")),
            user: UserId::from_bytes(id(b"ankomst/office-user/1")),
            key,
        }
    }
}

/// Begins a record that only the server writes, or writes into one that is known. What this gives back is on the disk; it
/// goes through its trial and into the feed as what tablets send does.
///
/// # Errors
/// When the record cannot be changed or storage refuses.
pub async fn write(
    app: &Arc<App>,
    (kind, unit): (&str, UnitId),
    known: Option<(DocumentId, Document)>,
    edits: &[Edit],
) -> Result<(), OfficeError> {
    let office = Office::of(app.secrets.server.public());
    let now_ms = app.now_ms();
    let by = Authoring {
        device: office.device,
        user: office.user,
        now_ms,
        clock_offset_s: Some(0),
        review_heads: Vec::new(),
    };
    let actor = ActorId::from_bytes(random()?);
    let (document, chunk) = if let Some((id, opened)) = known {
        let chunks = opened.chunks();
        let all = chunks.iter().map(|chunk| chunk.bytes.as_slice());
        let Some(chunk) = Document::open(actor, all)?.commit(edits, &by)? else { return Ok(()) };
        (id, chunk)
    } else {
        let document = DocumentId::new(now_ms, random()?);
        let header = Header {
            document,
            kind: kind.to_owned(),
            parent: None,
            unit,
            protection: 0,
            user: office.user,
            device: office.device,
            created_ms: now_ms,
            template: None,
        };
        let header = header.sign(&app.secrets.server);
        (document, Document::create(actor, header, edits, &by)?.1)
    };
    push(app, office, (document, actor), chunk).await
}

async fn push(
    app: &Arc<App>,
    office: Office,
    (document, actor): (DocumentId, ActorId),
    chunk: Chunk,
) -> Result<(), OfficeError> {
    let envelope = AuthorEnvelope {
        document,
        actor,
        user: office.user,
        device: office.device,
        opened_ms: app.now_ms(),
        last: chunk.hash,
    };
    let part = PushPart {
        document,
        envelope: envelope.sign(&app.secrets.server).into(),
        chunks: vec![chunk.bytes.into()],
        enrolment: None,
    };
    let acks = ingest::push(app, Push { parts: vec![part] }, None).await?;
    match acks.into_iter().find(|ack| !matches!(ack.outcome, Outcome::Received(_))) {
        Some(ack) => Err(OfficeError::Refused(ack.outcome)),
        None => Ok(()),
    }
}
