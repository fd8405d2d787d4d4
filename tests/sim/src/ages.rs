//! Programs of several ages: some tablets run an earlier program, that can less and knows fewer fields, or only speaks a
//! version that the server no longer speaks; some run one that is ahead of the server. They are updated in the middle of
//! a history, with whatever is half typed and unsent there.

use std::rc::Rc;

use ankomst_core::platform::HttpAnswer;
use ankomst_shared::catalog::Catalog;
use ankomst_shared::catalog::older::without;
use ankomst_shared::sync::client::Stage;
use ankomst_shared::sync::message::{Exchange, LACKS_HAND_IN, PROTOCOL_VERSION, SignInAnswer};
use ankomst_shared::sync::wire;

use crate::faults::Fault;
use crate::kernel::{DAY, Event, SECOND};
use crate::wire::Question;
use crate::world::World;

/// Fields that an earlier program does not know.
const LATER: [&str; 3] = ["case/arriving_from", "case/persons/profession", "run/remark"];
/// Where an exchange is asked for.
const EXCHANGE: &str = "/api/v1/sync";

/// How old the program of a tablet is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Age {
    /// The one of this code.
    #[default]
    New,
    /// An earlier one: it has no capabilities, no road home without a session, and fewer fields.
    Older,
    /// An earlier one that speaks only a version that the server no longer speaks.
    Outdated,
    /// One that also speaks a version, and has capabilities, that the server does not know yet.
    Ahead,
}

impl Age {
    /// Whether it is an earlier program.
    #[must_use]
    pub const fn is_earlier(self) -> bool {
        matches!(self, Self::Older | Self::Outdated)
    }

    /// The catalog it has, if that is another than this code's.
    #[must_use]
    pub fn catalog(self) -> Option<&'static Catalog> {
        self.is_earlier().then(|| without(&LATER))
    }

    /// A question as a program of this age asks it.
    #[must_use]
    pub fn asks(self, path: &str, body: Vec<u8>) -> Vec<u8> {
        if self == Self::New || path != EXCHANGE {
            return body;
        }
        let Ok(mut exchange) = wire::unpack::<Exchange>(&body) else { return body };
        let hello = &mut exchange.hello;
        if self == Self::Ahead {
            hello.version_max = PROTOCOL_VERSION + 1;
            hello.capabilities |= 0xff00;
        } else {
            hello.capabilities = 0;
            (exchange.looks, exchange.gone) = (None, None);
        }
        if self == Self::Outdated {
            (hello.version_min, hello.version_max) = (PROTOCOL_VERSION - 1, PROTOCOL_VERSION - 1);
        }
        wire::pack(&exchange)
    }
}

/// What the door answered, without the word that lets a device hand in without a session; none if it is no such answer.
fn without_road(question: &Question, answer: &HttpAnswer) -> Option<Vec<u8>> {
    if !matches!(question.path.as_str(), "/api/v1/devices" | "/api/v1/session") {
        return None;
    }
    let mut door = wire::unpack::<SignInAnswer>(&answer.body).ok()?;
    door.hand_in.take()?;
    Some(wire::pack(&door))
}

impl World {
    /// Who has which program, and which of them are updated on a day.
    pub fn ages_of_a_day(&mut self, day: u32) {
        if !self.kinds.ages {
            return;
        }
        let kernel = Rc::clone(&self.kernel);
        for (at, tablet) in self.tablets.iter().enumerate() {
            if day == 0 {
                let age = match kernel.roll(10) {
                    0..5 => Age::Older,
                    5 => Age::Ahead,
                    _ => Age::New,
                };
                tablet.age.set(age);
            }
            if tablet.age.get() == Age::New {
                continue;
            }
            if kernel.chance(250) {
                kernel.after(kernel.between(0, DAY), Event::Fault(Fault::Outdated(at)));
            }
            if kernel.chance(250) {
                kernel.after(kernel.between(0, DAY), Event::Fault(Fault::Update(at)));
            }
        }
    }

    /// Something was just typed: the page may be loaded anew in that hand, with the program of this code.
    pub(crate) fn may_be_updated(&mut self, at: usize) {
        if self.tablets[at].age.get() != Age::New && self.kernel.chance(40) {
            let ms = self.kernel.between(0, SECOND);
            self.kernel.after(ms, Event::Fault(Fault::Update(at)));
        }
    }

    /// The server no longer speaks what an earlier program speaks.
    pub(crate) fn grows_old(&mut self, at: usize) {
        if self.tablets[at].age.get() == Age::Older {
            self.tablets[at].age.set(Age::Outdated);
            self.tablets[at].sever(&self.kernel);
            self.count("program outdated");
        }
    }

    /// A tablet gets the program of this code.
    pub(crate) fn updates(&mut self, at: usize) {
        let tablet = &self.tablets[at];
        let age = tablet.age.get();
        if age == Age::New || tablet.gone {
            return;
        }
        self.ledger.look(&self.tablets[at], &self.hub);
        let inside = self.tablets[at].core().and_then(|core| {
            core.look_inside(|inside| {
                let is_unsent = inside.chunks().any(|one| one.stage == Stage::Unsent);
                (inside.drafts().next().is_some(), is_unsent)
            })
        });
        self.crash_tablet(at);
        self.tablets[at].age.set(Age::New);
        self.count("program updated");
        let (is_typed, is_unsent) = inside.unwrap_or_default();
        if is_typed {
            self.count("updated with half-typed answers");
        }
        if is_unsent {
            self.count("updated with unsent changes");
        }
        if age == Age::Outdated && (is_typed || is_unsent) {
            self.count("updated late with work");
        }
    }

    /// All tablets get it.
    pub(crate) fn all_update(&mut self) {
        for at in 0..self.tablets.len() {
            self.updates(at);
        }
    }

    /// An answer as the program that asked takes it.
    pub(crate) fn as_heard(&mut self, question: &Question, mut answer: HttpAnswer) -> HttpAnswer {
        if answer.status == 426 {
            self.count("another version");
        }
        let is_earlier = self.tablets[question.at].age.get().is_earlier();
        // What is never brought home where there are orders is known of programs without that road.
        let has_no_road = is_earlier && !self.size.orders && answer.status == 200;
        if has_no_road && let Some(body) = without_road(question, &answer) {
            answer.body = body;
            self.count("enrolled without a road home");
        }
        // Whose account has ended is given none.
        let person = self.tablets[question.at].people[0];
        if self.hub.looks && question.path == EXCHANGE && self.is_good(person) {
            let asked = wire::unpack::<Exchange>(&question.body);
            if asked.is_ok_and(|asked| asked.hello.capabilities & LACKS_HAND_IN != 0) {
                let text = format!("{} still asks for its road home", question.at);
                self.ledger.diverged.push(text);
            }
        }
        answer
    }
}
