//! Contact with the server: one exchange, then the live socket until it closes.
//!
//! Nothing here decides what is kept: whatever is applied is one commit of rows and cursor.

use std::collections::BTreeMap;

use ankomst_shared::app::{Contact, Query, Refusal};
use ankomst_shared::chunk::parse;
use ankomst_shared::ids::{ChangeHash, DepositId, DocumentId};
use ankomst_shared::limits::{DEPOSITS_MAX, PUSH_CHUNKS_MAX};
use ankomst_shared::sync::backoff::Backoff;
use ankomst_shared::sync::message::{
    Ack, ClientFrame, DeliveredChunk, Deposit, Exchange, ExchangeAnswer, FeedBatch, HeldNote,
    Hello, Outcome, PROTOCOL_VERSION, Push, PushPart, Refused, ServerFrame,
};
use ankomst_shared::sync::{Digest, wire};
use futures_util::future::{Either, select};

use super::rows::{
    ChunkRow, Stage, chunk_key, deposit_id, deposit_key, read_deposit_key, standing_key,
};
use super::state::{Core, Open};
use crate::platform::{Clock, Method, Platform, Random, Socket, Transport};
use crate::store::{Store, Table, Write};

/// Without contact by itself, the tablet asks this often while a vault is open, in milliseconds.
const IDLE_MS: u64 = 60_000;

/// Most exchanges in a row before waiting.
const ROUNDS_MAX: u32 = 50;

/// How an exchange ended.
enum Met {
    /// Everything is here; the socket may open.
    Whole,
    /// Ask again at once.
    More,
    /// No answer.
    Nobody,
    /// The session is over.
    SignIn,
}

/// What is to be stored after hearing from the server.
#[derive(Default)]
struct News {
    rows: Vec<(DocumentId, ChangeHash, ChunkRow)>,
    stages: Vec<(DocumentId, ChangeHash, Stage, Option<i64>)>,
    gone: Vec<DocumentId>,
    deposits: Vec<(ankomst_shared::ids::UserId, DepositId)>,
}

impl<P: Platform> Core<P> {
    /// Keeps contact with the server and makes changes of rested drafts; runs for ever.
    pub async fn run(&self) {
        let rest = Box::pin(self.rest_loop());
        let contact = Box::pin(self.contact_loop());
        select(rest, contact).await;
    }

    async fn contact_loop(&self) {
        let mut backoff = Backoff::default();
        let mut wait_ms = IDLE_MS;
        let mut rounds = 0;
        loop {
            self.wait(wait_ms).await;
            if !self.is_open() || self.0.state.borrow().sign_in_needed {
                wait_ms = IDLE_MS;
                continue;
            }
            wait_ms = match self.meet().await {
                Met::Whole => {
                    backoff.answered();
                    rounds = 0;
                    self.live().await;
                    if self.is_open() { 200 } else { IDLE_MS }
                }
                Met::More => {
                    rounds += 1;
                    // Rounds without end would be a defect; they must not become a flood.
                    if rounds > ROUNDS_MAX { backoff.failed(0) } else { 20 }
                }
                Met::Nobody => {
                    let jitter = self.0.platform.random().bytes().map(u64::from_le_bytes);
                    backoff.failed(jitter.unwrap_or_default())
                }
                Met::SignIn => {
                    self.0.state.borrow_mut().sign_in_needed = true;
                    self.tell_status();
                    IDLE_MS
                }
            };
        }
    }

    async fn wait(&self, ms: u64) {
        let sleep = Box::pin(self.0.platform.clock().sleep(ms));
        let wake = Box::pin(self.0.wake.next());
        select(sleep, wake).await;
    }

    fn is_open(&self) -> bool {
        self.0.state.borrow().open.is_some()
    }

    fn set_contact(&self, contact: Contact) {
        let changed =
            core::mem::replace(&mut self.0.state.borrow_mut().contact, contact) != contact;
        if changed {
            self.tell_status();
        }
    }

    /// One exchange, renewing the session if it has run out.
    async fn meet(&self) -> Met {
        self.set_contact(Contact::Trying);
        for attempt in 0..2 {
            let Ok(question) = self.question().await else { return Met::Nobody };
            let body = wire::pack(&question);
            let answer = self.0.platform.transport().send(Method::Post, "/api/v1/sync", body).await;
            let Ok(answer) = answer else { break };
            match answer.status {
                200 => match wire::unpack::<ExchangeAnswer>(&answer.body) {
                    Ok(answer) => return self.hear(&question, answer).await.unwrap_or(Met::Nobody),
                    Err(_) => break,
                },
                401 if attempt == 0 => {
                    if !self.refresh().await {
                        self.set_contact(Contact::None);
                        return Met::SignIn;
                    }
                }
                401 => return Met::SignIn,
                _ => break,
            }
        }
        self.set_contact(Contact::None);
        Met::Nobody
    }

    async fn question(&self) -> Result<Exchange, Refusal> {
        let deposits = self.0.platform.store().load(Table::Deposits, b"").await;
        let deposits = deposits.map_err(|_| Refusal::Storage)?;
        let build = self.0.build.clone();
        self.with_open(|open| {
            let me = open.user();
            // One's own changes go by themselves; only others' work needs its deposit.
            let deposits = deposits
                .into_iter()
                .filter_map(|(key, sealed)| Some((read_deposit_key(&key)?, sealed)))
                .filter(|((user, _), _)| *user != me)
                .map(|((_, id), sealed)| Deposit { id, sealed: sealed.into() })
                .take(DEPOSITS_MAX)
                .collect();
            let hello = Hello {
                version_min: PROTOCOL_VERSION,
                version_max: PROTOCOL_VERSION,
                capabilities: 0,
                build,
                device: open.identity.device,
                epoch: open.standing.epoch,
                cursor: open.standing.cursor,
                high: open.standing.high,
                digest: open.digest(),
                wants: open.standing.wants.clone(),
                heal: core::mem::take(&mut open.heal).into_iter().collect(),
            };
            Ok(Exchange { hello, push: open.push(), deposits })
        })
    }

    async fn hear(&self, question: &Exchange, answer: ExchangeAnswer) -> Result<Met, Refusal> {
        let _turn = self.0.turn.take().await;
        let now_ms = self.now_ms();
        let mut news = News::default();
        let left = answer.documents_left;
        self.with_open(|open| {
            let had_epoch = open.standing.epoch.is_some();
            if answer.anew && had_epoch {
                // The log may lack what this device has: offer everything once more.
                for (document, chunks) in &open.chunks {
                    let all = chunks.keys().map(|hash| (*document, *hash, Stage::Unsent, None));
                    news.stages.extend(all);
                }
            }
            let standing = &mut open.standing;
            standing.epoch = Some(answer.welcome.epoch);
            standing.cursor = answer.feed.cursor;
            if answer.anew || standing.high.feed < answer.feed.cursor.feed {
                standing.high = answer.feed.cursor;
            }
            standing.people = answer
                .welcome
                .people
                .iter()
                .map(|person| (person.user, person.name.clone()))
                .collect();
            standing.devices = answer.welcome.devices.clone();
            standing.has_backup = answer.welcome.has_backup;
            standing.clock_offset_s = Some((now_ms - answer.welcome.server_ms).div_euclid(1000));
            standing.last_contact_ms = Some(now_ms);
            open.identity.user.roles.clone_from(&answer.welcome.me.roles);
            open.hear_acks(&answer.acks, &mut news);
            for history in &answer.documents {
                open.hear_chunks(&history.chunks, &mut news);
            }
            open.hear_chunks(&answer.feed.chunks, &mut news);
            open.hear_held(&answer.held, &mut news);
            // A document goes only when nothing of it is unsent.
            let unsent = |id: &DocumentId| {
                open.chunks
                    .get(id)
                    .is_some_and(|rows| rows.values().any(|row| row.stage == Stage::Unsent))
            };
            news.gone = answer.drop.iter().copied().filter(|id| !unsent(id)).collect();
            Ok(())
        })?;
        let asked = question.deposits.iter().map(|deposit| deposit.id);
        let done: Vec<DepositId> = asked.filter(|id| answer.deposits.contains(id)).collect();
        let stored = self.0.platform.store().load(Table::Deposits, b"").await;
        news.deposits.extend(
            stored
                .map_err(|_| Refusal::Storage)?
                .iter()
                .filter_map(|(key, _)| read_deposit_key(key))
                .filter(|(_, id)| done.contains(id)),
        );
        let touched = self.store(news).await?;
        let again = self.with_open(|open| {
            for (id, digest) in &answer.digests {
                if open.digest_of(*id) != *digest {
                    open.heal.insert(*id);
                }
            }
            let differs = left == 0 && answer.digest != open.digest();
            Ok(left > 0
                || !open.heal.is_empty()
                || (differs && answer.digests.is_empty() && !answer.anew)
                || open.chunks.values().flatten().any(|(_, row)| row.stage == Stage::Unsent))
        })?;
        {
            let mut state = self.0.state.borrow_mut();
            let here = state.open.as_ref().map_or(0, |open| open.headers.len());
            let here = u32::try_from(here).unwrap_or(u32::MAX);
            state.first_sync = (left > 0).then_some((left, here.saturating_add(left)));
        }
        self.read_open_part().await?;
        self.tell_changes(&touched);
        self.tell_status();
        Ok(if again { Met::More } else { Met::Whole })
    }

    /// Stores news and standing in one commit, then takes them into memory.
    async fn store(&self, news: News) -> Result<Vec<DocumentId>, Refusal> {
        let mut touched: Vec<DocumentId> = Vec::new();
        let mut writes = Vec::new();
        let user = self.with_open(|open| Ok(open.user()))?;
        let mut rows = news.rows;
        self.with_open(|open| {
            for (document, hash, stage, received_ms) in &news.stages {
                let Some(row) = open.chunks.get(document).and_then(|rows| rows.get(hash)) else {
                    continue;
                };
                // What a later part of the same answer says of a change wins.
                let mut row = rows
                    .iter()
                    .rev()
                    .find(|(id, known, _)| id == document && known == hash)
                    .map_or_else(|| row.clone(), |(_, _, row)| row.clone());
                row.stage = *stage;
                row.received_ms = received_ms.or(row.received_ms);
                rows.push((*document, *hash, row));
            }
            Ok(())
        })?;
        for (document, hash, row) in &rows {
            writes.push(self.sealed(Table::Chunks, chunk_key(user, *document, hash), row)?);
            if row.stage != Stage::Unsent {
                let key = deposit_key(user, deposit_id(hash));
                writes.push(Write::delete(Table::Deposits, key));
            }
            touched.push(*document);
        }
        for (owner, id) in news.deposits {
            writes.push(Write::delete(Table::Deposits, deposit_key(owner, id)));
        }
        let gone = self.with_open(|open| {
            let keys = news.gone.iter().flat_map(|id| {
                let rows = open.chunks.get(id).into_iter().flat_map(BTreeMap::keys);
                rows.map(|hash| chunk_key(user, *id, hash)).collect::<Vec<_>>()
            });
            Ok(keys.collect::<Vec<_>>())
        })?;
        writes.extend(gone.into_iter().map(|key| Write::delete(Table::Chunks, key)));
        let standing = self.with_open(|open| Ok(open.standing.clone()))?;
        writes.push(self.sealed(Table::Meta, standing_key(user), &standing)?);
        self.commit(writes).await?;
        self.with_open(|open| {
            for (document, hash, row) in rows {
                let known = open.chunks.get(&document).is_some_and(|rows| rows.contains_key(&hash));
                if !known {
                    open.documents.remove(&document);
                }
                open.add_chunk(document, hash, row);
            }
            for id in &news.gone {
                open.documents.remove(id);
                open.chunks.remove(id);
                open.headers.remove(id);
                touched.push(*id);
            }
            Ok(())
        })?;
        touched.sort_unstable();
        touched.dedup();
        Ok(touched)
    }

    fn tell_changes(&self, touched: &[DocumentId]) {
        let mut queries: Vec<Query> = touched.iter().flat_map(|id| self.queries_of(*id)).collect();
        queries.sort();
        queries.dedup();
        if !queries.is_empty() {
            self.tell(queries);
        }
    }

    /// The live socket, until it closes or a new exchange is needed.
    async fn live(&self) {
        let Ok(socket) = self.0.platform.transport().connect("/api/v1/live").await else { return };
        let attach = self.with_open(|open| {
            let epoch = open.standing.epoch.ok_or(Refusal::Internal)?;
            let (device, cursor) = (open.identity.device, open.standing.cursor);
            Ok(ClientFrame::Attach { device, epoch, cursor })
        });
        let Ok(attach) = attach else { return };
        if socket.send(wire::pack(&attach)).is_err() {
            return;
        }
        self.set_contact(Contact::Live);
        loop {
            let next = {
                let message = Box::pin(socket.receive());
                let wake = Box::pin(self.0.wake.next());
                match select(message, wake).await {
                    Either::Left((Some(message), _)) => Some(message),
                    Either::Left((None, _)) => break,
                    Either::Right(_) => None,
                }
            };
            let going = match next {
                Some(message) => self.hear_frame(&message).await.unwrap_or(false),
                None => self.send_live(&socket),
            };
            if !going || !self.is_open() {
                break;
            }
        }
        socket.close();
        self.set_contact(Contact::None);
    }

    fn send_live(&self, socket: &<P::Transport as Transport>::Socket) -> bool {
        let wants_again = self.with_open(|open| Ok(core::mem::take(&mut open.wants_again)));
        if wants_again != Ok(false) {
            return false;
        }
        let Ok(push) = self.with_open(|open| Ok(open.push())) else { return false };
        push.parts.is_empty() || socket.send(wire::pack(&ClientFrame::Push(push))).is_ok()
    }

    async fn hear_frame(&self, message: &[u8]) -> Result<bool, Refusal> {
        let frame: ServerFrame = wire::unpack(message).map_err(|_| Refusal::BadMessage)?;
        let _turn = self.0.turn.take().await;
        let mut news = News::default();
        let now_ms = self.now_ms();
        let going = self.with_open(|open| {
            open.standing.last_contact_ms = Some(now_ms);
            match &frame {
                ServerFrame::Acks(acks) => open.hear_acks(acks, &mut news),
                ServerFrame::Feed(FeedBatch { chunks, cursor }) => {
                    open.hear_chunks(chunks, &mut news);
                    open.standing.cursor = *cursor;
                    if open.standing.high.feed < cursor.feed {
                        open.standing.high = *cursor;
                    }
                }
                ServerFrame::Held(notes) => open.hear_held(notes, &mut news),
                ServerFrame::Again | ServerFrame::Ended => return Ok(false),
            }
            Ok(true)
        })?;
        let touched = self.store(news).await?;
        self.tell_changes(&touched);
        self.tell_status();
        Ok(going)
    }
}

impl Open {
    /// Unsent changes, each with its author's envelope, dependencies first.
    fn push(&self) -> Push {
        let mut parts = Vec::new();
        for (document, rows) in &self.chunks {
            let unsent = rows.iter().filter(|(_, row)| row.stage == Stage::Unsent);
            let mut unsent: Vec<_> = unsent
                .filter_map(|(hash, row)| Some((parse(&row.bytes).ok()?.start_op, *hash, row)))
                .collect();
            // An operation counter is higher than those of everything the change builds on.
            unsent.sort_by_key(|(start_op, hash, _)| (*start_op, *hash));
            for (_, _, row) in unsent {
                parts.push(PushPart {
                    document: *document,
                    envelope: row.envelope.clone(),
                    chunks: vec![row.bytes.clone()],
                });
            }
        }
        // Reviews and protected parts come after what they belong to.
        parts.sort_by_key(|part| match self.kind(part.document) {
            Some("residence" | "case") => 0,
            Some("run" | "protected") => 1,
            _ => 2,
        });
        parts.truncate(PUSH_CHUNKS_MAX);
        Push { parts }
    }

    /// Sum of the changes that came by the feed.
    pub(super) fn digest(&self) -> Digest {
        let mut digest = Digest::default();
        self.chunks.keys().for_each(|id| digest.join(&self.digest_of(*id)));
        digest
    }

    fn digest_of(&self, id: DocumentId) -> Digest {
        let mut digest = Digest::default();
        let rows = self.chunks.get(&id).into_iter().flatten();
        rows.filter(|(_, row)| row.stage == Stage::Shared).for_each(|(hash, _)| digest.add(hash));
        digest
    }

    fn hear_acks(&self, acks: &[Ack], news: &mut News) {
        for ack in acks {
            let stage = match &ack.outcome {
                Outcome::Received(at) => (Stage::Received, Some(*at)),
                Outcome::Missing(missing) => {
                    for hash in missing {
                        news.stages.push((ack.document, *hash, Stage::Unsent, None));
                    }
                    continue;
                }
                Outcome::Refused(Refused::Header) if self.kind(ack.document) == Some("review") => {
                    continue;
                }
                Outcome::Refused(_) => (Stage::Refused, None),
            };
            let known = self.chunks.get(&ack.document).and_then(|rows| rows.get(&ack.hash));
            // The feed may have been faster than the acknowledgement.
            if known.is_some_and(|row| row.stage != Stage::Shared) {
                news.stages.push((ack.document, ack.hash, stage.0, stage.1));
            }
        }
    }

    fn hear_chunks(&self, chunks: &[DeliveredChunk], news: &mut News) {
        for chunk in chunks {
            let known = self.chunks.get(&chunk.document).and_then(|rows| rows.get(&chunk.hash));
            let row = match (&chunk.bytes, &chunk.envelope, known) {
                (_, _, Some(known)) => ChunkRow {
                    stage: Stage::Shared,
                    received_ms: Some(chunk.received_ms),
                    ..known.clone()
                },
                (Some(bytes), Some(envelope), None) => {
                    // The gate again: a tablet trusts no bytes, not even the server's.
                    match parse(bytes) {
                        Ok(info) if info.hash == chunk.hash => {}
                        _ => continue,
                    }
                    ChunkRow {
                        bytes: bytes.clone(),
                        envelope: envelope.clone(),
                        stage: Stage::Shared,
                        received_ms: Some(chunk.received_ms),
                    }
                }
                _ => continue,
            };
            news.rows.push((chunk.document, chunk.hash, row));
        }
    }

    fn hear_held(&self, notes: &[HeldNote], news: &mut News) {
        for note in notes {
            news.stages.push((note.document, note.hash, Stage::Held, None));
        }
    }
}
