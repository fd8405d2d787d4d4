//! What an exchange asks, what follows from its answer and from the frames of the live socket; [`contact`](super::contact)
//! says when.
//!
//! What is said and what follows from an answer is decided by `shared::sync::client`; here it is
//! sent, and stored as one commit of rows and cursor.

use super::contact::Heard;
use super::deposits::{hand_in, in_turn};
use super::kept::Shelf;
use super::shed::Guarded;
use super::state::{Core, Open};
use super::take_in;
use crate::platform::{Method, Platform, Transport};
use ankomst_shared::app::{Contact, Query, Refusal};
use ankomst_shared::ids::{DeviceId, DocumentId};
use ankomst_shared::order;
use ankomst_shared::sync::client::batch;
use ankomst_shared::sync::client::deposits::backed_up;
use ankomst_shared::sync::client::session::{Frame, Next};
use ankomst_shared::sync::message::{
    Ack, CAN_CHANGE_LINES, CAN_DESTROY, Exchange, ExchangeAnswer, Hello, LACKS_HAND_IN, Outcome,
    PROTOCOL_VERSION, ServerFrame,
};
use ankomst_shared::sync::wire;

/// How an exchange ended.
pub(super) enum Met {
    /// The socket may open; whether something remains that a later exchange may change.
    Whole(bool),
    /// Ask again at once: whether the feed went on further than ever, and how many documents are left.
    More(bool, u32),
    /// No answer.
    Nobody,
    /// The server asks to wait so many milliseconds.
    Busy(u64),
    /// The session is over.
    SignIn,
}

impl Met {
    fn busy(retry_s: Option<u32>) -> Self {
        Self::Busy(u64::from(retry_s.unwrap_or_default()) * 1_000)
    }
}

impl<P: Platform> Core<P> {
    /// One exchange, renewing the session if it has run out.
    pub(super) async fn meet(&self) -> Met {
        // Who is asked now and then answers all the same.
        if self.0.state.borrow().contact != Contact::Asks {
            self.set_contact(Contact::Trying);
        }
        for attempt in 0..2 {
            let Ok(question) = self.question().await else { return Met::Nobody };
            let body = wire::pack(&question);
            let answer = self.0.platform.transport().send(Method::Post, "/api/v1/sync", body).await;
            let Ok(answer) = answer else { break };
            match answer.status {
                200 => match wire::unpack::<ExchangeAnswer>(&answer.body) {
                    // What another version says may mean something else.
                    Ok(answer) if answer.welcome.version != PROTOCOL_VERSION => {
                        self.0.state.borrow_mut().outdated = true;
                        break;
                    }
                    Ok(answer) => {
                        self.0.state.borrow_mut().outdated = false;
                        return self.hear(&question, answer).await.unwrap_or(Met::Nobody);
                    }
                    Err(_) => {
                        self.0.state.borrow_mut().outdated = false;
                        break;
                    }
                },
                401 if attempt == 0 => match self.refresh().await {
                    (204, _) => {}
                    (429 | 503, retry_s) => return Met::busy(retry_s),
                    (401, _) => {
                        self.set_contact(Contact::None);
                        return Met::SignIn;
                    }
                    _ => break,
                },
                401 => return Met::SignIn,
                429 | 503 => return Met::busy(answer.retry_s),
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
        let mut round = self.0.state.borrow().round;
        let now_ms = self.now_ms();
        let question = self.with_open(|open| {
            // A first contact is answered anew, which says nothing of what was taken.
            let known = open.standing.epoch.is_some();
            let deposits = if known { hand_in(deposits, open, arrived.epoch) } else { Vec::new() };
            let deposits = in_turn(deposits, open.deposit_turn, (&mut round, now_ms));
            let handed_in = u64::try_from(deposits.len()).unwrap_or(u64::MAX);
            open.deposit_turn = open.deposit_turn.wrapping_add(handed_in);
            let place = open.standing.place(arrived);
            let mut hello = Hello {
                capabilities: CAN_CHANGE_LINES
                    | CAN_DESTROY
                    | if lacks { LACKS_HAND_IN } else { 0 },
                cursor: place.cursor,
                high: place.high,
                wants: open.standing.wants.clone(),
                ..Hello::first(open.identity.device, build)
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
        });
        self.0.state.borrow_mut().round = round;
        question
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
        let hidden = self.hides(device, &answer)?;
        self.commit_before(whole.chain(fed).chain(hidden)).await?;
        self.before_going(goes).await?;
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
            open.gives_back(&mut standing, (question, &answer));
            open.loses(&mut standing, (question, &answer), (&news, now_ms));
            open.identity.user.roles = answer.welcome.me.roles();
            let arrival = if answer.anew { 0 } else { answer.welcome.received.feed };
            let mut here = answer.welcome.guarded.clone().unwrap_or_default();
            // What is to leave and has unsent work is here still, though the server names it no more; nor does it name all
            // while it does not know all.
            let more = answer.welcome.guarded_more == Some(true);
            let stays = |id: &&DocumentId| more || standing.leaving.contains(*id);
            here.extend(open.guarded.here.iter().filter(stays));
            order::sort_and_dedup(&mut here);
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
        let is_whole = next != Next::Again && !answer.anew;
        let goes_next = is_whole && self.let_go_of_brought().await?;
        if let Some(write) = self.looked(answer.looked)? {
            self.commit(vec![write]).await?;
        }
        self.tell_changes(&touched);
        self.tell_status();
        // One that the server never takes bars the way for no other.
        let turns = self.turns(answer.anew);
        Ok(match next {
            Next::Whole | Next::Later if turns => Met::More(true, 0),
            Next::Again => {
                // Also what was taken is some way on: it is offered no more.
                let taken = |ack: &Ack| matches!(ack.outcome, Outcome::Received(_));
                let further = answer.feed.cursor.feed > question.hello.high.feed
                    || answer.acks.iter().any(taken);
                Met::More(further, answer.documents_left)
            }
            next => Met::Whole(next == Next::Later || goes_next),
        })
    }

    /// Records of which nothing that a file has brought shows any more: they are protected from now on.
    fn hides(&self, device: DeviceId, answer: &ExchangeAnswer) -> Result<Vec<DocumentId>, Refusal> {
        self.with_open_of(device, |open| {
            let guarded = answer.welcome.guarded.iter().flatten().copied();
            Ok(guarded.filter(|id| open.is_under_brought(*id)).collect())
        })
    }

    /// Documents that are given up once nothing of them is only here: what is half typed in them is, too.
    fn leaving(&self) -> Result<Vec<DocumentId>, Refusal> {
        self.with_open(|open| Ok(open.standing.leaving.iter().copied().collect()))
    }

    /// Writes down what is half typed in documents before they may go.
    async fn before_going(&self, goes: Vec<DocumentId>) -> Result<(), Refusal> {
        if goes.is_empty() {
            return Ok(());
        }
        self.commit_before(goes).await?;
        // What does not fit becomes no change, and of what has left no deposit can be made.
        self.deposit_drafts().await
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

    pub(super) fn tell_changes(&self, touched: &[DocumentId]) {
        let mut queries: Vec<Query> = touched.iter().flat_map(|id| self.queries_of(*id)).collect();
        order::sort_and_dedup(&mut queries);
        if !queries.is_empty() {
            self.tell(queries);
        }
    }

    pub(super) async fn hear_frame(
        &self,
        device: DeviceId,
        message: &[u8],
    ) -> Result<Heard, Refusal> {
        let frame: ServerFrame = wire::unpack(message).map_err(|_| Refusal::BadMessage)?;
        let _turn = self.0.turn.take().await;
        let now_ms = self.now_ms();
        if let ServerFrame::Feed(batch) = &frame {
            self.with_open_of(device, |_| Ok(()))?;
            self.commit_before(batch.chunks.iter().map(|chunk| chunk.document)).await?;
        } else {
            self.with_open_of(device, |_| Ok(()))?;
            self.before_going(self.leaving()?).await?;
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
