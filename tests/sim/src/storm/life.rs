//! What an honest device does: it writes, asks, listens at a socket, and begins again whenever something breaks.

use std::rc::Rc;
use std::time::Duration;

use ankomst_shared::sync::client::Client;
use ankomst_shared::sync::client::session::Next;
use ankomst_shared::sync::message::{ClientFrame, ServerFrame, SignInRequest};
use ankomst_shared::sync::wire;
use futures_util::{SinkExt, StreamExt};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use crate::hub::PASSWORD;
use crate::storm::court::{Court, passes};
use crate::storm::device::Shared;
use crate::storm::http::{Answer, Jar, Line, Socket, request, socket};

/// Without any frame for so long a device takes its socket for dead.
const DEAF: Duration = Duration::from_secs(70);

/// Nothing being wrong any more, every device gets a socket after this.
const SOCKET_WITHIN_MS: i64 = 70_000;

/// The programs of a device, from when it is switched on.
///
/// # Errors
/// Never; a host's programs may.
pub async fn live(court: Rc<Court>, disk: Shared) -> turmoil::Result {
    let mut device = Device { court, disk, client: Client::default(), line: None };
    loop {
        if !device.has_session() {
            if !device.comes_in().await {
                device.rests(500, 4_000).await;
            }
            continue;
        }
        device.writes();
        match device.exchange().await {
            Some(Next::Again) => {}
            Some(_) => device.listens().await,
            None => device.rests(300, 5_000).await,
        }
    }
}

struct Device {
    court: Rc<Court>,
    disk: Shared,
    client: Client,
    line: Option<Line>,
}

impl Device {
    fn roll(&self, sides: usize) -> usize {
        self.disk.borrow_mut().dice.roll(sides)
    }

    async fn rests(&self, least: usize, most: usize) {
        passes(u64::try_from(least + self.roll(most - least)).unwrap_or(1_000)).await;
    }

    fn writes(&self) {
        if self.court.calm_at.get().is_none() && self.roll(3) > 0 {
            self.disk.borrow_mut().write(&self.court);
        }
    }

    fn has_session(&self) -> bool {
        let disk = self.disk.borrow();
        disk.me.is_some() && !disk.jar.is_empty()
    }

    /// Enrols, or signs in anew.
    async fn comes_in(&mut self) -> bool {
        let (path, body) = {
            let disk = self.disk.borrow();
            let enrols = disk.enrols();
            match &disk.me {
                None => ("/api/v1/devices", wire::pack(&enrols)),
                Some(me) => {
                    let sign_in = SignInRequest {
                        login: enrols.login,
                        password: PASSWORD.to_owned(),
                        device: me.device,
                        enrolment: Some(me.enrolment.clone()),
                        passkey: None,
                    };
                    ("/api/v1/session", wire::pack(&sign_in))
                }
            }
        };
        let Some(answer) = self.asks(path, &Jar::new(), &body).await else { return false };
        let Ok(me) = wire::unpack(&answer.body) else { return false };
        if answer.status != 200 {
            return false;
        }
        let mut disk = self.disk.borrow_mut();
        disk.me = Some(me);
        disk.jar = answer.set.into_iter().collect();
        true
    }

    /// Asks, over the connection of before or a new one.
    async fn asks(&mut self, path: &str, jar: &Jar, body: &[u8]) -> Option<Answer> {
        let kept = self.line.take().filter(|_| self.roll(3) > 0);
        let mut line = match kept {
            Some(line) => line,
            None => Line::open().await.ok()?,
        };
        let answer = line.ask(&request("POST", path, jar, body)).await.ok()?;
        let at = self.disk.borrow().at;
        self.court.note(at, &answer.body);
        self.line = Some(line);
        Some(answer)
    }

    async fn exchange(&mut self) -> Option<Next> {
        let (question, jar) = {
            let disk = self.disk.borrow();
            (disk.question(&mut self.client)?, disk.jar.clone())
        };
        let began = self.court.now.get();
        let Some(answer) = self.asks("/api/v1/sync", &jar, &wire::pack(&question)).await else {
            self.court.count("broken");
            return None;
        };
        match answer.status {
            200 => {}
            401 => {
                self.disk.borrow_mut().jar.clear();
                return None;
            }
            503 => {
                self.court.count("busy");
                return None;
            }
            status => {
                // A server that was cut off in the middle says so.
                if self.court.is_up.get() && !ankomst_server::given::is_stopped() {
                    self.court.fault(format!("an exchange was answered {status}"));
                }
                return None;
            }
        }
        let answer = wire::unpack(&answer.body).ok()?;
        self.court.count("answered");
        let mut disk = self.disk.borrow_mut();
        let next = disk.hear((&self.court, &mut self.client), (&question, &answer));
        if next == Next::Whole {
            disk.whole_at = Some(began);
        }
        Some(next)
    }

    /// Listens at a socket for a while, or does without.
    async fn listens(&mut self) {
        if self.roll(5) == 0 {
            return self.rests(1_000, 15_000).await;
        }
        let jar = self.disk.borrow().jar.clone();
        match socket(&jar).await {
            Ok(socket) => self.hears(socket).await,
            Err(status) => {
                self.court.count(if status == 0 { "no socket" } else { "refused socket" });
                if status != 0 && status != 401 && self.court.is_calm_for(SOCKET_WITHIN_MS) {
                    self.court.fault(format!("a socket is refused for long: {status}"));
                }
                self.rests(1_000, 5_000).await;
            }
        }
    }

    async fn hears(&mut self, mut socket: Socket) {
        let attach = {
            let disk = self.disk.borrow();
            let (Some(me), Some(epoch)) = (&disk.me, disk.place().epoch) else { return };
            let place = disk.place();
            let (device, cursor, arrived) = (me.device, place.cursor, place.arrived);
            ClientFrame::Attach { device, epoch, cursor, arrived }
        };
        if say(&mut socket, &attach).await.is_none() {
            return;
        }
        let until = self.court.now.get() + i64::try_from(2_000 + self.roll(60_000)).unwrap_or(0);
        let mut heard = self.court.now.get();
        while self.court.now.get() < until {
            let wait = Duration::from_millis(u64::try_from(500 + self.roll(4_000)).unwrap_or(500));
            match timeout(wait, socket.next()).await {
                Ok(Some(Ok(Message::Binary(bytes)))) => {
                    heard = self.court.now.get();
                    if !self.hears_frame(&bytes) {
                        return;
                    }
                }
                Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => heard = self.court.now.get(),
                Ok(_) => return,
                Err(_) => {
                    if self.court.now.get() - heard > i64::try_from(DEAF.as_millis()).unwrap_or(0) {
                        // It is dropped as a tablet's is whose coverage has gone: nobody is told.
                        return self.court.count("deaf");
                    }
                    self.writes();
                }
            }
            let push = self.disk.borrow().push(&self.client);
            if !push.parts.is_empty()
                && self.roll(2) == 0
                && say(&mut socket, &ClientFrame::Push(push)).await.is_none()
            {
                return;
            }
        }
        if self.roll(2) == 0 {
            drop(timeout(Duration::from_secs(1), socket.close(None)).await);
        }
    }

    fn hears_frame(&mut self, bytes: &[u8]) -> bool {
        let Ok(frame) = wire::unpack::<ServerFrame>(bytes) else {
            self.court.fault("a frame cannot be read".to_owned());
            return false;
        };
        self.court.count("frames");
        let mut disk = self.disk.borrow_mut();
        self.court.note(disk.at, bytes);
        disk.hear_frame((&self.court, &mut self.client), &frame)
    }
}

/// Sends a frame; nothing when that takes too long.
pub(crate) async fn say(socket: &mut Socket, frame: &ClientFrame) -> Option<()> {
    let frame = socket.send(Message::Binary(wire::pack(frame).into()));
    timeout(Duration::from_secs(20), frame).await.ok()?.ok()
}
