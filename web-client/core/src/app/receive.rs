//! What comes from another tablet by a file: an ordinary merge, with the checks that the server makes.
//!
//! Nothing of a file is taken before all of it was read, and what is taken is one commit: deposits to carry, and those
//! changes that can be shown. A change is shown if this device has its record and all that it builds on, the server has
//! signed who its author's device is, this device has heard of that one, and the rules of the gate, of numbers and of the
//! trial let it in. It waits like work of one's own until the server has it.

use std::collections::BTreeMap;

use ankomst_shared::app::{Acted, Refusal};
use ankomst_shared::catalog::Catalog;
use ankomst_shared::chunk::rules::{ChangeIndex, Known, check};
use ankomst_shared::chunk::{ChunkInfo, RuleOutcome, parse, sha256};
use ankomst_shared::document::Document;
use ankomst_shared::ids::{ActorId, ChangeHash, DepositId, DeviceId, DocumentId};
use ankomst_shared::order;
use ankomst_shared::sign::{AuthorEnvelope, Enrolment, PublicKey};
use ankomst_shared::sync::bundle::{self, BundleError, Opened};
use ankomst_shared::sync::message::{Deposit, PushPart};
use ankomst_shared::text::Word;
use ankomst_shared::trial;
use minicbor::bytes::ByteVec;

use super::deposits::Kept;
use super::give::begins;
use super::rows::{ChunkRow, Stage, chunk_key, deposit_id, deposit_key, standing_key};
use super::state::{Core, Open};
use crate::platform::Platform;
use crate::store::{Table, Write};

/// A change that a file has brought.
type Brought = (DocumentId, ChangeHash);

/// What can be shown of a file.
#[derive(Default)]
struct Shown {
    rows: Vec<(DocumentId, ChangeHash, ChunkRow)>,
    enrolments: Vec<ByteVec>,
}

impl<P: Platform> Core<P> {
    /// Takes in the file of another tablet and says what came of it.
    pub(super) async fn take_file(&self, file: &[u8]) -> Result<Acted, Refusal> {
        let opened = match self.with_open(|open| Ok(open.opened(file)))? {
            Ok(opened) => opened,
            Err(why) => return Ok(self.said(why, &[])),
        };
        let _turn = self.0.turn.take().await;
        let brought = self.with_open(|open| Ok(open.brought(&opened)))?;
        // What is half typed was typed without knowing of it.
        self.commit_before(brought.iter().map(|(id, _)| *id)).await?;
        let kept = self.deposits().await?;
        let (shown, carried, name) = self.with_open(|open| {
            let name = open.called(&opened.by);
            Ok((open.shown(brought), open.to_carry(&opened, &kept), name))
        })?;
        let (all, here) = (carried.len().max(shown.rows.len()), shown.rows.len());
        if all == 0 {
            return Ok(self.said(Word::BundleKnown, &[&name]));
        }
        self.store_brought((&opened.by, carried), shown).await?;
        Ok(self.said(Word::BundleTaken, &[&name, &all.to_string(), &here.to_string()]))
    }

    fn said(&self, word: Word, parts: &[&str]) -> Acted {
        Acted { say: self.say(word, parts), ..Acted::default() }
    }

    /// One commit, and only then into memory.
    async fn store_brought(
        &self,
        (by, carried): (&Enrolment, Vec<Deposit>),
        shown: Shown,
    ) -> Result<(), Refusal> {
        let mut come: Vec<DocumentId> = Vec::new();
        for (id, _, _) in &shown.rows {
            come.push(*id);
        }
        come.dedup();
        let (user, standing, opening) = self.with_open(|open| {
            let mut standing = open.standing.clone();
            standing.enrolments.extend_from_slice(&shown.enrolments);
            Ok((open.user(), standing, open.opening.before(&come, &self.0.build)))
        })?;
        let mut writes = Vec::new();
        for deposit in carried {
            // Under its maker: what somebody else here has written has nothing to do with it.
            let key = deposit_key(by.user, deposit.id);
            writes.push(Write::put(Table::Deposits, key, deposit.sealed.into()));
        }
        for (document, hash, row) in &shown.rows {
            writes.push(self.sealed(Table::Chunks, chunk_key(user, *document, hash), row)?);
        }
        writes.push(self.sealed(Table::Meta, standing_key(user), &standing)?);
        writes.push(self.opening_row(user, &opening)?);
        self.commit(writes).await?;
        self.with_open(|open| {
            open.standing.enrolments = standing.enrolments;
            for (document, hash, row) in shown.rows {
                open.documents.remove(&document);
                open.add_chunk(document, hash, row);
            }
            Ok(())
        })?;
        self.open_come(&come).await?;
        self.read_open_part().await?;
        self.tell_changes(&come);
        self.tell_status();
        self.0.wake.put(());
        Ok(())
    }

    /// Lets go of what a file brought, the server has had for an exchange, and does not show: it may be held for a person.
    /// The deposit stays until a backup has it, and shown it comes with the feed.
    pub(super) async fn let_go_of_brought(&self) -> Result<(), Refusal> {
        let before = core::mem::take(&mut self.0.state.borrow_mut().brought_before);
        let (user, (gone, waits)) =
            self.with_open(|open| Ok((open.user(), open.not_shown(&before))))?;
        self.0.state.borrow_mut().brought_before = waits;
        if gone.is_empty() {
            return Ok(());
        }
        let keys = gone.iter().map(|(id, hash)| chunk_key(user, *id, hash));
        self.commit(keys.map(|key| Write::delete(Table::Chunks, key)).collect()).await?;
        self.with_open(|open| {
            for (id, hash) in &gone {
                open.documents.remove(id);
                open.forget(*id);
                if let Some(rows) = open.chunks.get_mut(id) {
                    rows.remove(hash);
                }
            }
            Ok(())
        })?;
        for (id, _) in &gone {
            self.tell_changes(&[*id]);
        }
        Ok(())
    }
}

impl Open {
    /// Opens a file, or says why not.
    fn opened(&self, file: &[u8]) -> Result<Opened, Word> {
        match bundle::read(&self.server_keys(), file) {
            Ok(opened) if opened.by.device == self.identity.device => Err(Word::BundleOwn),
            Ok(opened) => Ok(opened),
            Err(fault) => Err(why(fault)),
        }
    }

    /// Who has made a file.
    fn called(&self, by: &Enrolment) -> String {
        let known = self.standing.people.iter().find(|(id, _)| *id == by.user);
        known.map_or_else(|| by.name.clone(), |(_, name)| name.clone())
    }

    /// What of a file is about records that are here.
    fn brought(&self, opened: &Opened) -> Vec<(DocumentId, Vec<PushPart>)> {
        if opened.content.records.is_empty() {
            return Vec::new();
        }
        let is_written = |id: &DocumentId| {
            let kind = self.kind(*id).and_then(|kind| Catalog::builtin().kind(kind));
            !kind.is_some_and(|kind| kind.server) && !self.standing.leaving.contains(id)
        };
        let here = self.chunks.iter().filter(|(id, _)| is_written(id));
        here.filter_map(|(id, rows)| {
            let push = begins(rows).find_map(|row| opened.changes(&row.bytes))?;
            Some((*id, push.parts))
        })
        .collect()
    }

    /// Those changes that pass, each on those before.
    fn shown(&mut self, brought: Vec<(DocumentId, Vec<PushPart>)>) -> Shown {
        let mut shown = Shown::default();
        for (document, parts) in brought {
            let Some(mut trial) = self.trial_of(document) else { continue };
            let server = PublicKey::from_bytes(self.identity.server_key);
            let mut read: Vec<(ChunkInfo, PushPart)> = parts
                .into_iter()
                .filter(|part| part.document == document)
                .filter_map(|part| Some((written(&part, &server)?, part)))
                .collect();
            // Whoever made the file may have put them in any order.
            order::sort_by_key(&mut read, |(info, _)| (info.start_op, info.hash));
            for (info, part) in read {
                let device = info.meta.device;
                let is_known = self.standing.devices.iter().any(|(id, _)| *id == device);
                if !is_known || !trial.takes(self.catalog, document, &info) {
                    continue;
                }
                let row = ChunkRow {
                    bytes: info.bytes.into(),
                    envelope: part.envelope,
                    stage: Stage::Unsent,
                    received_ms: None,
                    own: None,
                    by_file: Some(true),
                };
                shown.rows.push((document, info.hash, row));
                let mut all = self.standing.enrolments.iter().chain(&shown.enrolments);
                // A server that was put back may not know the device any more.
                let fresh = part.enrolment.filter(|enrolment| all.all(|one| one != enrolment));
                shown.enrolments.extend(fresh);
            }
        }
        shown
    }

    fn trial_of(&mut self, id: DocumentId) -> Option<Trial> {
        let kind = self.kind(id)?.to_owned();
        let mut trial = Trial { kind, document: self.read(id)?, known: Vec::new() };
        for row in self.chunks.get(&id).into_iter().flat_map(BTreeMap::values) {
            trial.knows(&parse(&row.bytes).ok()?);
        }
        Some(trial)
    }

    /// Deposits of a file that are not here, under ids that follow from what they are: no file takes the place of another's.
    /// What the server has already is not carried.
    fn to_carry(&self, opened: &Opened, kept: &[Kept]) -> Vec<Deposit> {
        let mut here = Vec::new();
        for one in kept {
            here.push(one.sum());
        }
        let mut carried = Vec::new();
        for one in &opened.content.deposits {
            let (sum, sealed) = (sha256(&[&one.sealed]), one.sealed.clone());
            if !here.contains(&sum) && !self.is_shared(one.id) {
                here.push(sum);
                carried.push(Deposit { id: deposit_id(&ChangeHash::from_bytes(sum)), sealed });
            }
        }
        carried
    }

    /// Whether the server has shown the change of a deposit to this device.
    fn is_shared(&self, id: DepositId) -> bool {
        let mut rows = self.chunks.values().flatten();
        rows.any(|(hash, row)| row.stage == Stage::Shared && deposit_id(hash) == id)
    }

    /// Changes that a file brought, that the server has and shows nobody, and on which nothing here builds: those of which
    /// that was so at the exchange before, and the others.
    fn not_shown(&self, before: &[Brought]) -> (Vec<Brought>, Vec<Brought>) {
        let (mut waits, mut gone) = (Vec::new(), Vec::new());
        for (id, rows) in &self.chunks {
            for (hash, row) in rows {
                let is_there = matches!(row.stage, Stage::Received | Stage::Refused);
                if row.by_file.is_none() || !is_there || is_needed(rows, hash) {
                    continue;
                }
                let one = (*id, *hash);
                if before.contains(&one) { &mut gone } else { &mut waits }.push(one);
            }
        }
        (gone, waits)
    }
}

/// Whether something builds on a change.
fn is_needed(rows: &BTreeMap<ChangeHash, ChunkRow>, hash: &ChangeHash) -> bool {
    rows.values().any(|row| parse(&row.bytes).is_ok_and(|info| info.deps.contains(hash)))
}

/// A record with what a file brings, as far as it passes.
struct Trial {
    kind: String,
    document: Document,
    known: Vec<(ChangeHash, Known, DeviceId)>,
}

impl Trial {
    fn knows(&mut self, info: &ChunkInfo) {
        let known = Known { actor: info.actor, seq: info.seq, max_op: info.max_op };
        self.known.push((info.hash, known, info.meta.device));
    }

    /// Takes a change in if every rule lets it.
    fn takes(&mut self, catalog: &Catalog, id: DocumentId, info: &ChunkInfo) -> bool {
        // A record here has begun already.
        let is_begun = !info.deps.is_empty();
        let anothers = |(_, known, device): &(ChangeHash, Known, DeviceId)| {
            known.actor == info.actor && *device != info.meta.device
        };
        let Ok(fits) = check(&*self, id, info);
        let passes = is_begun
            && fits == RuleOutcome::Fine
            && !self.known.iter().any(anothers)
            && trial::takes(catalog, &self.kind, &mut self.document, &info.bytes);
        if passes {
            self.knows(info);
        }
        passes
    }
}

impl ChangeIndex for Trial {
    type Error = core::convert::Infallible;

    fn get(&self, _: DocumentId, hash: &ChangeHash) -> Result<Option<Known>, Self::Error> {
        let found = self.known.iter().find(|(known, _, _)| known == hash);
        Ok(found.map(|(_, known, _)| *known))
    }

    fn last_of(
        &self,
        _: DocumentId,
        actor: ActorId,
    ) -> Result<Option<(u64, ChangeHash)>, Self::Error> {
        let own = self.known.iter().filter(|(_, known, _)| known.actor == actor);
        Ok(own.map(|(hash, known, _)| (known.seq, *hash)).max())
    }
}

/// The one change of a part, if its envelope shows who has written it.
fn written(part: &PushPart, server: &PublicKey) -> Option<ChunkInfo> {
    let [bytes] = part.chunks.as_slice() else { return None };
    let info = parse(bytes).ok()?;
    let device = Enrolment::open(part.enrolment.as_ref()?, server).ok()?;
    let envelope = AuthorEnvelope::open(&part.envelope, &PublicKey::from_bytes(device.key)).ok()?;
    let said = (envelope.document, envelope.actor, envelope.user, envelope.device, envelope.last);
    let is = (part.document, info.actor, info.meta.user, info.meta.device, info.hash);
    let is_theirs = (device.user, device.device) == (info.meta.user, info.meta.device);
    (said == is && is_theirs).then_some(info)
}

const fn why(fault: BundleError) -> Word {
    match fault {
        BundleError::Foreign => Word::BundleForeign,
        BundleError::CutOff => Word::BundleCutOff,
        BundleError::Damaged => Word::BundleDamaged,
        BundleError::Elsewhere => Word::BundleElsewhere,
        BundleError::TooLarge => Word::BundleTooLarge,
    }
}
