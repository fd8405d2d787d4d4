//! Who does not behave: half a request, an answer nobody reads, sockets that say nothing, ends that are half closed.

use std::cell::RefCell;
use std::rc::Rc;

use ankomst_shared::chunk::hostile::Dice;
use ankomst_shared::sync::message::{ClientFrame, SignInAnswer};
use ankomst_shared::sync::{Position, wire};
use futures_util::SinkExt;
use tokio_tungstenite::tungstenite::Message;

use crate::storm::court::{Court, passes};
use crate::storm::device::Disk;
use crate::storm::http::{Jar, Line, Socket, request, socket};
use crate::storm::life::say;
use crate::storm::{DEVICES, dice};

/// So many connections it holds at most.
const HELD_MAX: usize = 24;

/// What it holds on to without using it.
#[derive(Default)]
struct Held {
    lines: Vec<Line>,
    sockets: Vec<Socket>,
}

/// The programs of a host that does not behave.
///
/// # Errors
/// Never; a host's programs may.
pub async fn live(court: Rc<Court>, at: usize, chance: Rc<RefCell<Dice>>) -> turmoil::Result {
    let disk = Disk::new(DEVICES + at, dice(chance.borrow_mut().bits(), 7));
    let (mut jar, mut me, mut held) = (Jar::new(), None, Held::default());
    let roll = |sides| chance.borrow_mut().roll(sides);
    loop {
        passes(u64::try_from(200 + roll(3_000)).unwrap_or(200)).await;
        if me.is_none() {
            me = enrols(&disk, &mut jar).await;
        }
        let Some(me) = &me else { continue };
        court.count("rude");
        let (what, size) = (roll(9), roll(40_000));
        if misbehaves((&jar, me), (what, size), &mut held).await.is_none() {
            court.count("rude and cut off");
        }
        while held.lines.len() + held.sockets.len() > HELD_MAX {
            // Some go at once, some when the host ends.
            if held.lines.is_empty() {
                held.sockets.remove(0);
            } else {
                held.lines.remove(0);
            }
        }
    }
}

async fn enrols(disk: &Disk, jar: &mut Jar) -> Option<SignInAnswer> {
    let body = wire::pack(&disk.enrols());
    let mut line = Line::open().await.ok()?;
    let answer = line.ask(&request("POST", "/api/v1/devices", &Jar::new(), &body)).await.ok()?;
    *jar = answer.set.into_iter().collect();
    wire::unpack(&answer.body).ok()
}

async fn misbehaves(
    (jar, me): (&Jar, &SignInAnswer),
    (what, size): (usize, usize),
    held: &mut Held,
) -> Option<()> {
    let whole = request("POST", "/api/v1/sync", jar, &vec![7; size]);
    let mut line = match what {
        6..=8 => {
            let socket = socket(jar).await.ok()?;
            return at_socket((socket, me), (what, size), held).await;
        }
        _ => Line::open().await.ok()?,
    };
    match what {
        // Nothing at all.
        0 => {}
        // Half of a request.
        1 | 2 => line.send(&whole[..whole.len() / 2]).await.ok()?,
        // A whole one, and nobody reads the answer.
        3 => line.send(&request("GET", "/healthz", jar, &[])).await.ok()?,
        // Nothing more will come, and the answer is still waited for.
        4 => {
            line.send(&request("GET", "/readyz", jar, &[])).await.ok()?;
            line.half_close().await.ok()?;
            line.answer().await.ok()?;
        }
        // Several one behind the other.
        _ => {
            let ready = request("GET", "/readyz", jar, &[]);
            line.send(&ready.repeat(1 + size % 20)).await.ok()?;
        }
    }
    held.lines.push(line);
    Some(())
}

async fn at_socket(
    (mut socket, me): (Socket, &SignInAnswer),
    (what, size): (usize, usize),
    held: &mut Held,
) -> Option<()> {
    match what {
        // It says nothing and reads nothing.
        6 => {}
        // No message of ours.
        7 => socket.send(Message::Binary(vec![9; size].into())).await.ok()?,
        // It stands where nobody stands.
        _ => {
            let epoch = ankomst_shared::ids::Epoch::from_bytes([3; 16]);
            let (cursor, arrived) = (Position::default(), Position::default());
            say(&mut socket, &ClientFrame::Attach { device: me.device, epoch, cursor, arrived })
                .await?;
        }
    }
    held.sockets.push(socket);
    Some(())
}
