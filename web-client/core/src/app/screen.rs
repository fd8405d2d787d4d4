//! What stands between a person and an open vault: the screen that shuts after a while, the PIN that opens it,
//! and the lease, after which a device without contact is not read.
//!
//! The vault stays open in memory behind it, so that what is unsent goes on being sent; every command that
//! reads is refused in one place, [`Core::handle`]. A PIN is kept in memory beside the key it stands before,
//! and nothing of it anywhere else.

use ankomst_shared::app::{Acted, Command, FileAsk, Query, Refusal, Reply, Screen};
use ankomst_shared::limits::{
    PIN_DIGITS_MAX, PIN_DIGITS_MIN, PIN_LIFE_MS, PIN_TRIES_MAX, PIN_WAIT_MS, SCREEN_SHUTS_MS,
};
use ankomst_shared::text::Word;

use super::passkey::Secret;
use super::state::{Core, Open};
use crate::platform::Platform;

/// What is counted as having passed between two beats, at the least: the clock may be set back.
pub(super) const BEAT_MS: u64 = 1_000;

/// How often what has been counted of the lease is written down, in milliseconds of it.
const LEASE_WRITTEN_MS: i64 = 600_000;

/// How an open vault stands to whoever holds the device.
#[derive(Default)]
pub(super) struct Curtain {
    is_drawn: bool,
    pin: Option<Pin>,
    untouched_ms: i64,
    /// Since the passphrase was typed.
    age_ms: i64,
    /// What of the lease the page was told.
    told: (bool, bool),
}

struct Pin {
    digits: String,
    wrong: u32,
    /// Until then no guess is looked at.
    wait_ms: i64,
}

/// When time was looked at last.
#[derive(Default)]
pub(super) struct Beat {
    at_ms: i64,
    /// Of it, since the last one that comes by itself.
    since_ms: i64,
    /// A page speaks with this core: it shuts when nobody touches that.
    pub(super) has_page: bool,
}

/// Whether a command may come while nothing may be read: it opens, shuts, sends, or asks how the device stands.
const fn enters(command: &Command) -> bool {
    matches!(
        command,
        Command::Status
            | Command::SignIn(_)
            | Command::Unlock { .. }
            | Command::OpenByKey { .. }
            | Command::Challenge(false)
            | Command::Pin(_)
            | Command::Lock
            | Command::SignOut
            | Command::SetLanguage(_)
            | Command::SyncNow
            | Command::SafetyCopy
            | Command::Touched
    )
}

impl Curtain {
    /// Shuts the screen.
    pub(super) fn draw(&mut self) {
        self.is_drawn = true;
    }

    /// Takes it away, as by the passphrase; the PIN stays.
    fn lift(&mut self) {
        *self = Self { pin: self.pin.take(), told: self.told, ..Self::default() };
        if let Some(pin) = &mut self.pin {
            (pin.wrong, pin.wait_ms) = (0, 0);
        }
    }

    /// Whether a PIN is right; the last wrong one takes the PIN away.
    fn guess(&mut self, typed: &str) -> Result<(), Refusal> {
        let Some(pin) = &mut self.pin else { return Err(Refusal::Locked) };
        if pin.wait_ms > 0 {
            return Err(Refusal::TooMany);
        }
        if typed == pin.digits {
            (pin.wrong, pin.wait_ms, self.untouched_ms) = (0, 0, 0);
            self.is_drawn = false;
            return Ok(());
        }
        pin.wrong += 1;
        pin.wait_ms = PIN_WAIT_MS << pin.wrong;
        if pin.wrong >= PIN_TRIES_MAX {
            self.pin = None;
        }
        Err(Refusal::WrongPin)
    }

    /// Whether the screen is due to shut, or what is behind it to be forgotten; a device that cannot write keeps
    /// what is typed.
    fn is_due(&self, decided_s: u32, failing: bool) -> bool {
        let shuts_ms = if decided_s == 0 { SCREEN_SHUTS_MS } else { i64::from(decided_s) * 1_000 };
        match &self.pin {
            _ if !self.is_drawn => self.untouched_ms >= shuts_ms,
            Some(_) => self.age_ms >= PIN_LIFE_MS,
            None => !failing,
        }
    }
}

impl Open {
    /// What stands before the records.
    pub(super) fn screen(&self) -> Screen {
        match (&self.curtain.pin, self.curtain.is_drawn) {
            (Some(pin), true) => Screen::Pin {
                login: self.identity.user.login.clone(),
                tries: PIN_TRIES_MAX.saturating_sub(pin.wrong),
            },
            (None, true) => Screen::Vault,
            (_, false) if self.standing.lease.is_over() => Screen::Lease,
            (_, false) => Screen::Open,
        }
    }

    /// Counts time; tells whether the page should hear of it.
    fn passes(&mut self, ms: i64, now_ms: i64, pages: bool) -> bool {
        let curtain = &mut self.curtain;
        curtain.age_ms += ms;
        if pages {
            curtain.untouched_ms += ms;
        }
        if let Some(pin) = &mut curtain.pin {
            pin.wait_ms = (pin.wait_ms - ms).max(0);
        }
        self.standing.lease.passes(ms, now_ms);
        let told = (self.standing.lease.is_over(), self.standing.lease.ends_ms().is_some());
        core::mem::replace(&mut self.curtain.told, told) != told
    }
}

impl<P: Platform> Core<P> {
    /// Carries out a command, unless the screen is shut to it.
    pub async fn handle(&self, command: Command) -> Reply {
        self.look(false).await;
        // What is taken in no more shows nothing either.
        let enters = enters(&command) || matches!(command, Command::File(FileAsk::Drop(_)));
        // What is being typed when a lease runs out is kept all the same: it shows nothing.
        let keeps = matches!(command, Command::Type { .. } | Command::Commit(_));
        let is_shut = |why: &Refusal| !(enters || keeps && *why == Refusal::Lease);
        if let Some(why) = self.closed().filter(is_shut) {
            return Reply::Refused(why);
        }
        let reply = self.carry_out(command).await.unwrap_or_else(Reply::Refused);
        // It may have shut while something was waited for, or by the command itself.
        match (reply, self.closed().filter(|_| !enters)) {
            (Reply::Acted(_), Some(_)) => Reply::Acted(Acted::default()),
            (Reply::View(_) | Reply::Asked(_) | Reply::Entry(_) | Reply::Piece(..), Some(why)) => {
                Reply::Refused(why)
            }
            (reply, _) => reply,
        }
    }

    /// Why nothing may be read at present.
    fn closed(&self) -> Option<Refusal> {
        match &self.0.state.borrow().open {
            Some(open) if open.curtain.is_drawn => Some(Refusal::Locked),
            Some(open) if open.standing.lease.is_over() => Some(Refusal::Lease),
            Some(_) => None,
            None => Some(Refusal::Locked),
        }
    }

    /// Looks at the time, and shuts what nobody has touched for too long. A beat is a look that comes by itself.
    pub(super) async fn look(&self, is_beat: bool) {
        let now_ms = self.now_ms();
        let (is_due, is_new) = {
            let mut state = self.0.state.borrow_mut();
            let beat = &mut state.beat;
            // A device that has slept wakes to a clock far ahead; one set back still counts its beats.
            let before = if beat.at_ms == 0 { now_ms } else { beat.at_ms };
            let mut passed = (now_ms - before).max(0);
            beat.at_ms = now_ms;
            beat.since_ms += passed;
            if is_beat {
                let rest = (BEAT_MS.cast_signed() - beat.since_ms).max(0);
                passed += rest;
                beat.since_ms = 0;
            }
            let (has_page, failing) = (state.beat.has_page, state.storage_failing);
            let Some(open) = &mut state.open else { return };
            let is_new = open.passes(passed, now_ms, has_page);
            (open.curtain.is_due(open.standing.shuts_s, failing), is_new)
        };
        if is_due {
            self.shut().await;
        } else if is_new {
            self.tell_status();
        }
        if is_beat {
            self.write_lease(LEASE_WRITTEN_MS).await;
            let is_over = |open: &mut Open| {
                Ok(open.standing.lease.is_over() && !open.guarded.here.is_empty())
            };
            if self.with_open(is_over) == Ok(true) {
                self.shed().await;
            }
        }
    }

    /// Writes down what has been counted of the lease, if it is so much.
    pub(super) async fn write_lease(&self, least_ms: i64) {
        let counted = self.with_open(|open| {
            let lease = open.standing.lease;
            Ok((lease.used_ms - lease.written_ms >= least_ms).then_some(lease.used_ms))
        });
        if let Ok(Some(used_ms)) = counted {
            // A device that cannot write says so by itself.
            let _as_before =
                self.change_standing(|standing| standing.lease.written_ms = used_ms).await;
            let _as_before = self.count_guarded().await;
        }
    }

    /// Shuts the screen. Without a PIN the keys are forgotten, but not what is typed and cannot be written.
    pub(super) async fn shut(&self) {
        let failing = self.0.state.borrow().storage_failing;
        let stays = self.with_open(|open| {
            let curtain = &mut open.curtain;
            if curtain.age_ms >= PIN_LIFE_MS {
                curtain.pin = None;
            }
            Ok(failing || curtain.pin.is_some())
        });
        if !stays.unwrap_or(false) {
            return self.lock().await;
        }
        // What does not fit stays as a sealed row.
        let _stay = self.commit_all_drafts().await;
        let _open = self.with_open(|open| {
            open.curtain.draw();
            Ok(())
        });
        self.tell_status();
    }

    /// Forgets an open vault, for another person or to end the session.
    ///
    /// # Errors
    /// While something typed in it cannot be written: it would be gone.
    pub(super) async fn leave(&self) -> Result<(), Refusal> {
        if self.0.state.borrow().storage_failing {
            self.save_again().await;
        }
        let failing = self.0.state.borrow().storage_failing;
        if failing && self.with_open(|open| Ok(!open.drafts.pairs().is_empty())).unwrap_or(false) {
            return Err(Refusal::Storage);
        }
        self.lock().await;
        // It may have failed only now.
        if self.0.state.borrow().open.is_some() { Err(Refusal::Storage) } else { Ok(()) }
    }

    /// The page has been touched.
    pub(super) fn touched(&self) {
        let _open = self.with_open(|open| {
            open.curtain.untouched_ms = 0;
            Ok(())
        });
    }

    /// Opens the screen with the PIN.
    pub(super) async fn open_by_pin(&self, typed: &str) -> Result<(), Refusal> {
        let outcome = self.with_open(|open| {
            let outcome = open.curtain.guess(typed);
            Ok((outcome, open.curtain.pin.is_none()))
        });
        let (outcome, is_spent) = outcome?;
        if is_spent {
            self.shut().await;
        }
        self.tell_status();
        outcome
    }

    /// Opens the screen of a vault that is open behind it with its passphrase or passkey; tells whether there was one.
    pub(super) async fn lifted(&self, login: &str, secret: Secret<'_>) -> Result<bool, Refusal> {
        let is_theirs =
            |open: &mut Open| Ok(open.curtain.is_drawn && open.identity.user.login == login);
        if !self.with_open(is_theirs).unwrap_or(false) {
            return Ok(false);
        }
        self.open_vault(login, secret).await?;
        self.with_open(|open| {
            open.curtain.lift();
            Ok(())
        })?;
        self.tell_status();
        Ok(true)
    }

    /// Sets the PIN, or takes it away.
    pub(super) fn set_pin(&self, typed: Option<&str>) -> Result<Acted, Refusal> {
        let digits = typed.unwrap_or_default().trim();
        let is_pin = (PIN_DIGITS_MIN..=PIN_DIGITS_MAX).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_pin && !digits.is_empty() {
            return Err(Refusal::BadValue);
        }
        self.with_open(|open| {
            let pin = Pin { digits: digits.to_owned(), wrong: 0, wait_ms: 0 };
            open.curtain.pin = is_pin.then_some(pin);
            Ok(())
        })?;
        self.tell(vec![Query::Page(String::new())]);
        let word = if is_pin { Word::PinSet } else { Word::PinGone };
        Ok(Acted { say: self.say(word, &[]), ..Acted::default() })
    }
}
