//! Contact with the server: one exchange, then the live socket until it closes.
//!
//! What is said and what follows from an answer is decided by `shared::sync::client`; here it is
//! sent, and stored as one commit of rows and cursor.

use ankomst_shared::app::{Contact, Query, Refusal, Role};
use ankomst_shared::ids::{DeviceId, DocumentId};
use ankomst_shared::order;
use ankomst_shared::sync::backoff::Backoff;
use ankomst_shared::sync::client::batch;
use ankomst_shared::sync::client::deposits::backed_up;
use ankomst_shared::sync::client::session::{Frame, Next};
use ankomst_shared::sync::message::{
    CAN_CHANGE_LINES, CAN_DESTROY, ClientFrame, Exchange, ExchangeAnswer, Hello, LACKS_HAND_IN,
    PROTOCOL_VERSION, ServerFrame,
};
use ankomst_shared::sync::{Digest, Position, wire};
use futures_util::future::{Either, select};

use super::deposits::hand_in;
use super::kept::Shelf;
use super::shed::Guarded;
use super::state::{Core, Open};
use super::take_in;
use crate::platform::{Clock, Method, Platform, Random, Socket, Transport};

/// Without contact by itself, the tablet asks this often while a vault is open, in milliseconds.
const IDLE_MS: u64 = 60_000;

/// A tablet makes an exchange this often beside its live socket, in milliseconds: only exchanges tell
/// how far the backups reach.
const LIVE_MS: u64 = 3_600_000;

/// A supervisor's desk makes an exchange this often beside its live socket, in milliseconds.
const DESK_MS: u64 = 180_000;

/// Most exchanges in a row of which nothing came, before waiting.
const ROUNDS_MAX: u32 = 50;

/// How an exchange ended.
enum Met {
    /// Everything is here; the socket may open.
    Whole,
    /// Ask again at once: whether the feed went on further than ever, and how many documents are left.
    More(bool, u32),
    /// No answer.
    Nobody,
    /// The session is over.
    SignIn,
}

/// What became of a frame.
enum Heard {
    /// Go on.
    On,
    /// Go on, and send what may go.
    Push,
    /// The socket has served.
    Over,
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
        let (mut rounds, mut least) = (0, u32::MAX);
        loop {
            self.wait(wait_ms).await;
            if !self.is_open() || self.0.state.borrow().sign_in_needed {
                wait_ms = self.farewells().await;
                continue;
            }
            wait_ms = match self.meet().await {
                Met::Whole => {
                    backoff.answered();
                    (rounds, least) = (0, u32::MAX);
                    // Others' vaults on this tablet have no session.
                    self.farewells().await;
                    self.live().await;
                    if self.is_open() { 200 } else { IDLE_MS }
                }
                Met::More(further, left) => {
                    rounds = if further || left < least { 0 } else { rounds + 1 };
                    least = least.min(left);
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
                    // What is not sent goes home without a session.
                    20
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
            if answer.status == 200 {
                self.0.state.borrow_mut().outdated = false;
            }
            match answer.status {
                200 => match wire::unpack::<ExchangeAnswer>(&answer.body) {
                    Ok(answer) => return self.hear(&question, answer).await.unwrap_or(Met::Nobody),
                    Err(_) => break,
                },
                401 if attempt == 0 => match self.refresh().await {
                    204 => {}
                    401 => {
                        self.set_contact(Contact::None);
                        return Met::SignIn;
                    }
                    _ => break,
                },
                401 => return Met::SignIn,
                // 426 is also what a server says that wants https: no fault of this program.
                426 if answer.problem.as_deref() != Some("https-needed") => {
                    // What is typed is kept; it goes with the first exchange after the update.
                    self.0.state.borrow_mut().outdated = true;
                    break;
                }
                _ => break,
            }
        }
        self.set_contact(Contact::None);
        Met::Nobody
    }

    async fn question(&self) -> Result<Exchange, Refusal> {
        let deposits = self.deposits().await?;
        let arrived = self.0.state.borrow().arrived;
        let build = self.0.build.clone();
        let lacks = self.lacks_road();
        self.with_open(|open| {
            // A first contact is answered anew, which says nothing of what was taken.
            let known = open.standing.epoch.is_some();
            let deposits = if known { hand_in(deposits, open, arrived.epoch) } else { Vec::new() };
            let deposits = batch::deposits(deposits, open.deposit_turn);
            let handed_in = u64::try_from(deposits.len()).unwrap_or(u64::MAX);
            open.deposit_turn = open.deposit_turn.wrapping_add(handed_in);
            let place = open.standing.place(arrived);
            let mut hello = Hello {
                version_min: PROTOCOL_VERSION,
                version_max: PROTOCOL_VERSION,
                capabilities: CAN_CHANGE_LINES
                    | CAN_DESTROY
                    | if lacks { LACKS_HAND_IN } else { 0 },
                build,
                device: open.identity.device,
                epoch: None,
                cursor: place.cursor,
                high: place.high,
                digest: Digest::default(),
                wants: open.standing.wants.clone(),
                heal: Vec::new(),
                unsure: Vec::new(),
                arrived: Position::default(),
            };
            let here = Shelf { chunks: &open.chunks, headers: &open.headers };
            open.client.greet(&mut hello, &place, &here);
            Ok(Exchange {
                hello,
                push: open.push(batch::PUSH_BYTES_MAX),
                deposits,
                looks: Some(open.told_looks()),
                gone: (!open.standing.owes.is_empty()).then(|| open.standing.owes.clone()),
            })
        })
    }

    async fn hear(&self, question: &Exchange, answer: ExchangeAnswer) -> Result<Met, Refusal> {
        let _turn = self.0.turn.take().await;
        let now_ms = self.now_ms();
        let device = question.hello.device;
        self.with_open_of(device, |_| Ok(()))?;
        let whole = answer.documents.iter().map(|history| history.document);
        let fed = answer.feed.chunks.iter().map(|chunk| chunk.document);
        let goes = self.leaving()?;
        let goes: Vec<DocumentId> = answer.drop.iter().copied().chain(goes).collect();
        self.commit_before(whole.chain(fed).chain(goes.iter().copied())).await?;
        if !goes.is_empty() {
            // What does not fit becomes no change, and of what has left no deposit can be made.
            self.deposit_drafts().await?;
        }
        let mut arrived = self.0.state.borrow().arrived;
        let told = self.with_open_of(device, |open| {
            let mut standing = open.standing.clone();
            let mut place = standing.place(arrived);
            let here = Shelf { chunks: &open.chunks, headers: &open.headers };
            let news = open.client.hear(&mut place, &here, &answer);
            arrived.hear(question.hello.epoch, &place);
            standing.set_place(place);
            standing.hear_welcome(&answer.welcome, open.identity.server_key, now_ms);
            standing.backed_up = backed_up(question, &answer);
            standing.left = answer.documents_left;
            open.loses(&mut standing, (question, &answer), (&news, now_ms));
            open.identity.user.roles.clone_from(&answer.welcome.me.roles);
            let arrival = if answer.anew { 0 } else { answer.welcome.received.feed };
            let mut here = answer.welcome.guarded.clone().unwrap_or_default();
            // What is to leave and has unsent work is here still, though the server names it no more.
            let leaves = |id: &&DocumentId| standing.leaving.contains(*id);
            here.extend(open.guarded.here.iter().filter(leaves));
            let mut guarded = Guarded { here, lease: standing.lease, ..open.guarded.clone() };
            let stays = open.headers.values().filter(|it| !news.gone.contains(&it.document));
            guarded.takes(stays, &mut standing.lease);
            let guarded = Some(guarded);
            Ok(take_in::Heard { news, standing, arrived, arrival, guarded })
        })?;
        let progress = told.news.progress;
        let touched = self.take_in(device, told).await?;
        self.keep_road(answer.welcome.hand_in.as_ref()).await?;
        let next = self.with_open_of(device, |open| {
            let mut place = open.standing.place(arrived);
            let here = Shelf { chunks: &open.chunks, headers: &open.headers };
            let next = open.client.settle(&mut place, &here, (question, &answer), progress);
            open.standing.set_place(place);
            Ok(next)
        })?;
        self.read_open_part().await?;
        self.shed_again().await?;
        if let Some(write) = self.looked(answer.looked)? {
            self.commit(vec![write]).await?;
        }
        self.tell_changes(&touched);
        self.tell_status();
        Ok(match next {
            Next::Again => {
                let further = answer.feed.cursor.feed > question.hello.high.feed;
                Met::More(further, answer.documents_left)
            }
            Next::Whole | Next::Later => Met::Whole,
        })
    }

    /// Documents that are given up once nothing of them is only here: what is half typed in them is, too.
    fn leaving(&self) -> Result<Vec<DocumentId>, Refusal> {
        self.with_open(|open| Ok(open.standing.leaving.iter().copied().collect()))
    }

    /// Does something with the open vault if it is still the one of that device's person: an
    /// answer that comes after another person has signed in is nobody's.
    pub(super) fn with_open_of<T>(
        &self,
        device: DeviceId,
        work: impl FnOnce(&mut Open) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.with_open(|open| {
            if open.identity.device != device {
                return Err(Refusal::Locked);
            }
            work(open)
        })
    }

    fn tell_changes(&self, touched: &[DocumentId]) {
        let mut queries: Vec<Query> = touched.iter().flat_map(|id| self.queries_of(*id)).collect();
        order::sort_and_dedup(&mut queries);
        if !queries.is_empty() {
            self.tell(queries);
        }
    }

    /// The live socket, until it closes or a new exchange is needed.
    async fn live(&self) {
        let Ok(socket) = self.0.platform.transport().connect("/api/v1/live").await else { return };
        let arrived = self.0.state.borrow().arrived;
        let attach = self.with_open(|open| {
            let epoch = open.standing.epoch.ok_or(Refusal::Internal)?;
            let (device, cursor) = (open.identity.device, open.standing.cursor);
            let arrived = arrived.told(Some(epoch));
            Ok((device, ClientFrame::Attach { device, epoch, cursor, arrived }))
        });
        let Ok((device, attach)) = attach else { return };
        if socket.send(wire::pack(&attach)).is_err() {
            return;
        }
        self.set_contact(Contact::Live);
        let supervises =
            self.with_open(|open| Ok(open.identity.user.roles.contains(&Role::Supervisor)));
        // Who is away is told by exchanges only; a desk asks anew now and then.
        let ms = if supervises.unwrap_or(false) { DESK_MS } else { LIVE_MS };
        let mut due = Box::pin(self.0.platform.clock().sleep(ms));
        loop {
            let next = {
                let message = Box::pin(socket.receive());
                let wake = Box::pin(self.0.wake.next());
                match select(select(message, wake), &mut due).await {
                    Either::Left((Either::Left((Some(message), _)), _)) => Some(message),
                    Either::Left((Either::Left((None, _)), _)) | Either::Right(_) => break,
                    Either::Left((Either::Right(_), _)) => None,
                }
            };
            let going = match next {
                Some(message) => match self.hear_frame(device, &message).await {
                    Ok(Heard::On) => true,
                    Ok(Heard::Push) => self.send_live(device, &socket),
                    Ok(Heard::Over) | Err(_) => false,
                },
                None => self.send_live(device, &socket),
            };
            if !going {
                break;
            }
        }
        socket.close();
        self.set_contact(Contact::None);
    }

    fn send_live(&self, device: DeviceId, socket: &<P::Transport as Transport>::Socket) -> bool {
        let push = self.with_open_of(device, |open| {
            let again = core::mem::take(&mut open.wants_again);
            Ok((!again).then(|| open.push(batch::FRAME_BYTES_MAX)))
        });
        let Ok(Some(push)) = push else { return false };
        push.parts.is_empty() || socket.send(wire::pack(&ClientFrame::Push(push))).is_ok()
    }

    async fn hear_frame(&self, device: DeviceId, message: &[u8]) -> Result<Heard, Refusal> {
        let frame: ServerFrame = wire::unpack(message).map_err(|_| Refusal::BadMessage)?;
        let _turn = self.0.turn.take().await;
        let now_ms = self.now_ms();
        if let ServerFrame::Feed(batch) = &frame {
            self.with_open_of(device, |_| Ok(()))?;
            self.commit_before(batch.chunks.iter().map(|chunk| chunk.document)).await?;
        } else {
            self.with_open_of(device, |_| Ok(()))?;
            let goes = self.leaving()?;
            self.commit_before(goes).await?;
        }
        let mut arrived = self.0.state.borrow().arrived;
        let heard = self.with_open_of(device, |open| {
            let mut standing = open.standing.clone();
            let mut place = standing.place(arrived);
            let here = Shelf { chunks: &open.chunks, headers: &open.headers };
            let Frame::News(news) = open.client.hear_frame(&mut place, &here, &frame) else {
                return Ok(None);
            };
            arrived.hear(place.epoch, &place);
            standing.set_place(place);
            standing.last_contact_ms = Some(now_ms);
            Ok(Some(take_in::Heard { news, standing, arrived, arrival: 0, guarded: None }))
        })?;
        let Some(told) = heard else { return Ok(Heard::Over) };
        let progress = told.news.progress;
        let touched = self.take_in(device, told).await?;
        self.tell_changes(&touched);
        self.tell_status();
        Ok(if progress { Heard::Push } else { Heard::On })
    }
}
