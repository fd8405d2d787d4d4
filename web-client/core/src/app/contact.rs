//! When the server is asked: one exchange, then the live socket until it closes, and how long between them.

use ankomst_shared::app::{Contact, Refusal, Role};
use ankomst_shared::ids::DeviceId;
use ankomst_shared::sync::backoff::Backoff;
use ankomst_shared::sync::client::batch;
use ankomst_shared::sync::message::ClientFrame;
use ankomst_shared::sync::wire;
use futures_util::future::{Either, select};

use super::files::Way;
use super::state::Core;
use super::sync::Met;
use crate::platform::{Clock, Platform, Random, Socket, Transport};

/// Without contact by itself, the tablet asks this often while a vault is open, in milliseconds.
const IDLE_MS: u64 = 60_000;

/// A tablet makes an exchange this often beside its live socket, in milliseconds: only exchanges tell
/// how far the backups reach.
const LIVE_MS: u64 = 3_600_000;

/// A supervisor's desk makes an exchange this often beside its live socket, in milliseconds.
const DESK_MS: u64 = 180_000;

/// Longest wait that a server may ask for, in milliseconds.
const BUSY_MS: u64 = 120_000;

/// A socket that closes sooner than this, and on which nothing came, has not served, in milliseconds.
const SERVED_MS: i64 = 10_000;

/// Most exchanges in a row of which nothing came, before waiting.
const ROUNDS_MAX: u32 = 50;

/// What became of a frame.
pub(super) enum Heard {
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
        let lane = Box::pin(self.lane_loop());
        select(select(rest, contact), lane).await;
    }

    async fn contact_loop(&self) {
        let (mut backoff, mut unserved) = (Backoff::default(), Backoff::default());
        let (mut wait_ms, mut busy) = (IDLE_MS, None);
        let (mut rounds, mut least, mut later) = (0, u32::MAX, 0);
        loop {
            let is_woken = self.wait(wait_ms).await;
            // One exchange is for everything that has been written by now.
            self.0.wake.clear();
            if is_woken && let Some(ms) = busy.and_then(|busy| self.rest_of(busy)) {
                wait_ms = ms;
                continue;
            }
            if !self.is_open() || self.0.state.borrow().sign_in_needed {
                wait_ms = self.farewells().await;
                continue;
            }
            self.set_way(Way::Taken);
            let met = self.meet().await;
            if let Met::Nobody | Met::Busy(_) = met {
                self.set_way(Way::Shut);
            }
            wait_ms = match met {
                Met::Whole(remains) => {
                    backoff.answered();
                    (rounds, least) = (0, u32::MAX);
                    // What remains is asked for again, less and less often.
                    later = if remains { (later + 1).min(6) } else { 0 };
                    // Others' vaults on this tablet have no session.
                    self.farewells().await;
                    if self.live(later).await {
                        unserved.answered();
                        if self.is_open() { 200 } else { IDLE_MS }
                    } else {
                        self.set_contact(Contact::Asks);
                        unserved.failed(self.jitter())
                    }
                }
                Met::More(further, left) => {
                    rounds = if further || left < least { 0 } else { rounds + 1 };
                    least = least.min(left);
                    // Rounds without end would be a defect; they must not become a flood.
                    if rounds > ROUNDS_MAX { backoff.failed(0) } else { 20 }
                }
                Met::Nobody => backoff.failed(self.jitter()),
                Met::Busy(asked_ms) => {
                    let ms = backoff.failed(self.jitter()).max(asked_ms).min(BUSY_MS);
                    let until_ms = self.now_ms().saturating_add_unsigned(ms);
                    self.set_contact(Contact::Busy(until_ms));
                    let device = self.with_open(|open| Ok(open.identity.device));
                    busy = device.ok().map(|device| (device, until_ms));
                    ms
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

    fn jitter(&self) -> u64 {
        self.0.platform.random().bytes().map(u64::from_le_bytes).unwrap_or_default()
    }

    /// Waits; whether something has ended that before its time.
    async fn wait(&self, ms: u64) -> bool {
        let sleep = Box::pin(self.0.platform.clock().sleep(ms));
        let wake = Box::pin(self.0.wake.next());
        matches!(select(sleep, wake).await, Either::Right(_))
    }

    /// How long a device that the server has asked to wait does so still: nothing typed meanwhile makes it come sooner.
    /// Another person's, or none, does not.
    fn rest_of(&self, (device, until_ms): (DeviceId, i64)) -> Option<u64> {
        self.with_open_of(device, |_| Ok(())).ok()?;
        let rest_ms = u64::try_from(until_ms - self.now_ms()).ok()?;
        (1..=BUSY_MS).contains(&rest_ms).then_some(rest_ms)
    }

    fn is_open(&self) -> bool {
        self.0.state.borrow().open.is_some()
    }

    pub(super) fn set_contact(&self, contact: Contact) {
        let changed =
            core::mem::replace(&mut self.0.state.borrow_mut().contact, contact) != contact;
        if changed {
            self.tell_status();
        }
    }

    /// The live socket, until it closes or a new exchange is needed; tells whether it has served. `later`: for how many
    /// exchanges something has remained that one may change.
    async fn live(&self, later: u32) -> bool {
        let opened_ms = self.now_ms();
        let Ok(socket) = self.0.platform.transport().connect("/api/v1/live").await else {
            return false;
        };
        let arrived = self.0.state.borrow().arrived;
        let attach = self.with_open(|open| {
            let epoch = open.standing.epoch.ok_or(Refusal::Internal)?;
            let (device, cursor) = (open.identity.device, open.standing.cursor);
            let arrived = arrived.told(Some(epoch));
            Ok((device, ClientFrame::Attach { device, epoch, cursor, arrived }))
        });
        // Locked meanwhile: no fault of the socket.
        let Ok((device, attach)) = attach else { return true };
        if socket.send(wire::pack(&attach)).is_err() {
            return false;
        }
        self.set_contact(Contact::Live);
        let supervises =
            self.with_open(|open| Ok(open.identity.user.roles.contains(&Role::Supervisor)));
        // Who is away is told by exchanges only; a desk asks anew now and then.
        let ms = if supervises.unwrap_or(false) { DESK_MS } else { LIVE_MS };
        let ms = if later > 0 { ms.min(IDLE_MS << later) } else { ms };
        let mut has_served = false;
        let mut due = Box::pin(self.0.platform.clock().sleep(ms));
        loop {
            let next = {
                let message = Box::pin(socket.receive());
                let wake = Box::pin(self.0.wake.next());
                match select(select(message, wake), &mut due).await {
                    Either::Left((Either::Left((Some(message), _)), _)) => Some(message),
                    Either::Left((Either::Left((None, _)), _)) => break,
                    Either::Right(_) => {
                        has_served = true;
                        break;
                    }
                    Either::Left((Either::Right(_), _)) => None,
                }
            };
            let going = if let Some(message) = next {
                has_served = true;
                match self.hear_frame(device, &message).await {
                    Ok(Heard::On) => true,
                    Ok(Heard::Push) => self.send_live(device, &socket),
                    Ok(Heard::Over) | Err(_) => false,
                }
            } else {
                // One push has all that waits, however often it was said meanwhile.
                self.0.wake.clear();
                self.send_live(device, &socket)
            };
            if !going {
                has_served = true;
                break;
            }
        }
        socket.close();
        self.set_contact(Contact::None);
        has_served || self.now_ms() - opened_ms >= SERVED_MS
    }

    fn send_live(&self, device: DeviceId, socket: &<P::Transport as Transport>::Socket) -> bool {
        let push = self.with_open_of(device, |open| {
            let again = core::mem::take(&mut open.wants_again);
            Ok((!again).then(|| open.push(batch::FRAME_BYTES_MAX)))
        });
        let Ok(Some(push)) = push else { return false };
        push.parts.is_empty() || socket.send(wire::pack(&ClientFrame::Push(push))).is_ok()
    }
}
