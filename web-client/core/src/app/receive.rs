//! What comes from another tablet by a file, with the checks that the server makes.
//!
//! Nothing of a file is taken before all of it was read, and what is taken is one commit: deposits to carry, and those
//! changes that can be shown over their records. A change is shown if this device has its record and all that it builds on,
//! the server has signed who its author's device is, this device has heard of that one, and the rules of the gate, of
//! numbers and of the trial let it in.

use std::collections::BTreeMap;

use ankomst_shared::app::{Acted, Refusal};
use ankomst_shared::catalog::Catalog;
use ankomst_shared::chunk::rules::{ChangeIndex, Known, check};
use ankomst_shared::chunk::{ChunkInfo, RuleOutcome, parse, sha256};
use ankomst_shared::document::Document;
use ankomst_shared::ids::{ActorId, ChangeHash, DepositId, DeviceId, DocumentId};
use ankomst_shared::limits::BUNDLE_BYTES_MAX;
use ankomst_shared::order::{self, Few};
use ankomst_shared::sign::{AuthorEnvelope, Enrolment, PublicKey};
use ankomst_shared::sync::bundle::{self, BundleError, Opened};
use ankomst_shared::sync::message::{Deposit, PushPart};
use ankomst_shared::text::Word;
use ankomst_shared::trial;

use super::brought::{Brought, Place, brought_key};
use super::deposits::{CARRIED, Kept};
use super::give::begins;
use super::rows::{Stage, deposit_id, deposit_key};
use super::state::{Core, Open};
use crate::platform::Platform;
use crate::store::{Table, Write};

/// So many records are held against a file before others have their turn.
const RECORDS_AT_ONCE: usize = 256;
/// So many changes of a record are tried before others have their turn.
const CHANGES_AT_ONCE: usize = 16;
/// Most changes that files bring of one record to be shown: each is applied whenever the record is read.
const SHOWN_MAX: usize = 500;

/// What of a file can be shown.
struct Found {
    parts: Vec<(Place, PushPart)>,
    /// How many cannot, and are not here already.
    refused: usize,
}

/// A record that a file has changes of, and those that are not here.
type Tried = (Trial, Vec<(ChunkInfo, PushPart)>);

/// Deposits that are not here yet, and what each of the file is called here.
struct Carried {
    new: Vec<Deposit>,
    names: Few<DepositId, DepositId>,
    /// How many there is no room for.
    left: usize,
}

impl<P: Platform> Core<P> {
    /// Takes in the file of another tablet and says what came of it.
    pub(super) async fn take_file(&self, file: Vec<u8>) -> Result<Acted, Refusal> {
        let (device, opened) =
            self.with_open(|open| Ok((open.identity.device, open.opened(&file))))?;
        drop(file);
        let mut opened = match opened {
            Ok(opened) => opened,
            Err(why) => return Ok(said(self.say(why, &[]))),
        };
        let mut found = Found { parts: Vec::new(), refused: 0 };
        let here: Vec<DocumentId> =
            self.with_open_of(device, |open| Ok(open.chunks.keys().copied().collect()))?;
        for (at, id) in here.into_iter().enumerate() {
            let tried =
                self.with_open_of(device, |open| Ok(open.finds(id, &opened, &mut found)))?;
            if tried.is_some() || at % RECORDS_AT_ONCE == 0 {
                // A look at the disk lets others have their turn.
                self.read_arrived().await?;
            }
            if let Some(tried) = tried {
                self.tries((device, id), tried, &mut found).await?;
            }
        }
        let _turn = self.0.turn.take().await;
        let kept = self.deposits().await?;
        let deposits = core::mem::take(&mut opened.content.deposits);
        let (name, carried) = self.with_open_of(device, |open| {
            // Some may have come, or a record have gone, meanwhile.
            let stays = |place: &Place| !open.knows(place) && open.chunks.contains_key(&place.0);
            found.parts.retain(|(place, _)| stays(place));
            Ok((open.called(&opened.by), open.to_carry(deposits, &kept)))
        })?;
        let (new, left) = (carried.new.len(), carried.left);
        let mut shown: Vec<DocumentId> = found.parts.iter().map(|((id, _), _)| *id).collect();
        self.store_brought(&name, carried, found.parts).await?;
        let is_new = new > 0 || !shown.is_empty();
        self.with_open_of(device, |open| {
            shown.retain(|id| open.goes_by_file(*id));
            Ok(())
        })?;
        let mut say = if is_new {
            let (new, shown) = (new.to_string(), shown.len().to_string());
            self.say(Word::BundleTaken, &[&name, &new, &shown])
        } else if found.refused > 0 || left > 0 {
            self.say(Word::BundleNothing, &[&name])
        } else {
            self.say(Word::BundleKnown, &[&name])
        };
        if found.refused > 0 {
            say.push(' ');
            say.push_str(&self.say(Word::BundleRefused, &[&found.refused.to_string()]));
        }
        if left > 0 {
            say.push(' ');
            say.push_str(&self.say(Word::BundleFull, &[&left.to_string()]));
        }
        Ok(said(say))
    }

    /// Adds those changes of a record that pass, each on those before.
    async fn tries(
        &self,
        (device, id): (DeviceId, DocumentId),
        (mut trial, read): Tried,
        found: &mut Found,
    ) -> Result<(), Refusal> {
        for (at, (info, part)) in read.into_iter().enumerate() {
            if at % CHANGES_AT_ONCE == CHANGES_AT_ONCE - 1 {
                self.read_arrived().await?;
            }
            let takes = self.with_open_of(device, |open| {
                Ok(open.is_written(&part, &info) && trial.takes(open.catalog, id, &info))
            })?;
            if takes {
                found.parts.push(((id, info.hash), part));
            } else {
                found.refused += 1;
            }
        }
        Ok(())
    }

    /// One commit, and only then into memory.
    async fn store_brought(
        &self,
        name: &str,
        carried: Carried,
        parts: Vec<(Place, PushPart)>,
    ) -> Result<(), Refusal> {
        let shown: Vec<(Place, Brought)> = parts
            .into_iter()
            .map(|(place, part)| {
                let deposit = carried.names.get(&deposit_id(&place.1)).copied();
                (place, Brought::new(part, name.to_owned(), deposit))
            })
            .collect();
        let mut come: Vec<DocumentId> = shown.iter().map(|((id, _), _)| *id).collect();
        come.dedup();
        self.commit_before(come.iter().copied()).await?;
        let (user, opening) =
            self.with_open(|open| Ok((open.user(), open.opening.before(&come, &self.0.build))))?;
        let mut writes = Vec::new();
        for Deposit { id, sealed } in carried.new {
            writes.push(Write::put(Table::Deposits, deposit_key(CARRIED, id), sealed.into()));
        }
        for (place, brought) in &shown {
            writes.push(self.sealed(Table::Chunks, brought_key(user, place), brought)?);
        }
        if writes.is_empty() {
            return Ok(());
        }
        writes.push(self.opening_row(user, &opening)?);
        self.commit(writes).await?;
        self.0.state.borrow_mut().round.anew();
        self.with_open(|open| {
            // No frame of the live socket hands deposits in.
            open.wants_again = true;
            for (place, brought) in shown {
                open.brought.insert(place, brought);
                open.changed(place.0);
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
}

impl Open {
    /// Opens a file, or says why not.
    fn opened(&self, file: &[u8]) -> Result<Opened, Word> {
        match bundle::read(&self.server_keys(), file) {
            _ if file.is_empty() => Err(Word::BundleUnread),
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

    /// What of a file is to be tried on a record; nothing where it has nothing of it that is not here.
    fn finds(&mut self, id: DocumentId, opened: &Opened, found: &mut Found) -> Option<Tried> {
        let rows = self.chunks.get(&id)?;
        let changes = begins(rows).find_map(|row| opened.changes(&row.bytes))?;
        if !self.goes_by_file(id) {
            return None;
        }
        let mut read = Vec::new();
        for part in changes.parts {
            let info = one_of(&part).filter(|_| part.document == id);
            match info {
                Some(info) if self.knows(&(id, info.hash)) => {}
                Some(info) => read.push((info, part)),
                None => found.refused += 1,
            }
        }
        if read.is_empty() {
            return None;
        }
        // Whoever made the file may have put them in any order.
        order::sort_by_key(&mut read, |(info, _)| (info.start_op, info.hash));
        let room = SHOWN_MAX.saturating_sub(self.brought_of(id).len());
        found.refused += read.len().saturating_sub(room);
        read.truncate(room);
        Some((self.trial_of(id)?, read))
    }

    /// Whether the device that a change says has written it, known here, has done so.
    fn is_written(&self, part: &PushPart, info: &ChunkInfo) -> bool {
        let server = PublicKey::from_bytes(self.identity.server_key);
        let is_known = self.standing.devices.iter().any(|(id, _)| *id == info.meta.device);
        is_known && written(part, info, &server).is_some()
    }

    /// A record with what files have brought before, to try changes on.
    fn trial_of(&mut self, id: DocumentId) -> Option<Trial> {
        let kind = self.kind(id)?.to_owned();
        let mut trial =
            Trial { kind, document: self.read(id)?, known: Few::default(), last: Few::default() };
        let rows = self.chunks.get(&id).into_iter().flat_map(BTreeMap::values);
        let mut all: Vec<ChunkInfo> = rows.filter_map(|row| parse(&row.bytes).ok()).collect();
        all.extend(self.brought_of(id).iter().filter_map(|one| one_of(&one.part)));
        order::sort_by_key(&mut all, |info| info.hash);
        for info in &all {
            trial.knows(info);
        }
        Some(trial)
    }

    /// Deposits of a file that are not here, under ids that follow from what they are: no file takes the place of another's.
    /// What the server has already is not carried.
    fn to_carry(&self, deposits: Vec<Deposit>, kept: &[Kept]) -> Carried {
        let mut here = order::set(kept.iter().map(Kept::sum));
        let rows = self.chunks.values().flatten();
        let shared = rows.filter(|(_, row)| row.stage == Stage::Shared);
        let shared = order::set(shared.map(|(hash, _)| deposit_id(hash)));
        let mut carried = Carried { new: Vec::new(), names: Few::default(), left: 0 };
        let brought = kept.iter().filter(|kept| kept.user == CARRIED);
        let mut bytes: usize = brought.map(Kept::bytes).sum();
        for one in deposits {
            let sum = ChangeHash::from_bytes(sha256(&[&one.sealed]));
            let id = deposit_id(&sum);
            carried.names.insert(one.id, id);
            if shared.contains(&one.id) || !here.insert(sum) {
                continue;
            }
            bytes += one.sealed.len();
            if bytes > BUNDLE_BYTES_MAX {
                bytes -= one.sealed.len();
                carried.left += 1;
            } else {
                carried.new.push(Deposit { id, sealed: one.sealed });
            }
        }
        carried
    }
}

/// A record with what a file brings, as far as it passes.
struct Trial {
    kind: String,
    document: Document,
    known: Few<ChangeHash, Known>,
    /// The newest change of each actor, and the device that writes as it.
    last: Few<ActorId, (u64, ChangeHash, DeviceId)>,
}

impl Trial {
    fn knows(&mut self, info: &ChunkInfo) {
        let known = Known { actor: info.actor, seq: info.seq, max_op: info.max_op };
        self.known.insert(info.hash, known);
        if self.last.get(&info.actor).is_none_or(|(seq, _, _)| *seq < info.seq) {
            self.last.insert(info.actor, (info.seq, info.hash, info.meta.device));
        }
    }

    /// Takes a change in if every rule lets it.
    fn takes(&mut self, catalog: &Catalog, id: DocumentId, info: &ChunkInfo) -> bool {
        // A record here has begun already.
        let is_begun = !info.deps.is_empty();
        let is_anothers =
            self.last.get(&info.actor).is_some_and(|(_, _, device)| *device != info.meta.device);
        let Ok(fits) = check(&*self, id, info);
        let passes = is_begun
            && fits == RuleOutcome::Fine
            && !is_anothers
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
        Ok(self.known.get(hash).copied())
    }

    fn last_of(
        &self,
        _: DocumentId,
        actor: ActorId,
    ) -> Result<Option<(u64, ChangeHash)>, Self::Error> {
        Ok(self.last.get(&actor).map(|(seq, hash, _)| (*seq, *hash)))
    }
}

/// The one change of a part.
fn one_of(part: &PushPart) -> Option<ChunkInfo> {
    let [bytes] = part.chunks.as_slice() else { return None };
    parse(bytes).ok()
}

/// Whether enrolment and envelope of a change show who has written it.
fn written(part: &PushPart, info: &ChunkInfo, server: &PublicKey) -> Option<()> {
    let device = Enrolment::open(part.enrolment.as_ref()?, server).ok()?;
    let envelope = AuthorEnvelope::open(&part.envelope, &PublicKey::from_bytes(device.key)).ok()?;
    let said = (envelope.document, envelope.actor, envelope.user, envelope.device, envelope.last);
    let is = (part.document, info.actor, info.meta.user, info.meta.device, info.hash);
    let is_theirs = (device.user, device.device) == (info.meta.user, info.meta.device);
    (said == is && is_theirs).then_some(())
}

fn said(say: String) -> Acted {
    Acted { say, ..Acted::default() }
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
