//! What people do while the power may go: two who write, and a desk that releases, cleans and revokes.

use std::io::Result;

use ankomst_shared::ids::base32;

use crate::dice::Dice;
use crate::hand::{Case, Hand, Kept};
use crate::promise::{Book, Promise};

/// Cases after which somebody writes into one of those there are.
const CASES: usize = 6;
/// What is cleaned must have been tried and shown first, which takes the trial a while. Where calls fail it may never
/// be.
const TRIES: usize = 4_000;
const FAILING_TRIES: usize = 20;

/// The devices of all who take part.
#[derive(Clone)]
pub(crate) struct Everybody {
    writers: [Kept; 2],
    supervisor: Kept,
    inspector: Kept,
    administrator: Kept,
    spare: Kept,
}

impl Everybody {
    /// Enrols everybody.
    pub(crate) fn enrol(port: u16, book: &Book) -> Self {
        let one = |login| Hand::enrols(port, login, book).kept();
        Self {
            writers: [one("elin"), one("oskar")],
            supervisor: one("ingrid"),
            inspector: one("mats"),
            administrator: one("sixten"),
            spare: one("hedda"),
        }
    }
}

/// How a run is made.
#[derive(Clone, Copy)]
pub(crate) struct Run {
    pub(crate) seed: u64,
    /// So often everybody does something.
    pub(crate) rounds: usize,
    /// Whether every answer must be a good one.
    pub(crate) strict: bool,
}

/// What was done.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Done {
    /// Answers that were errors, or did not come.
    pub(crate) errors: usize,
    /// Held changes that were let in.
    pub(crate) released: usize,
    /// Records that were cleaned.
    pub(crate) cleaned: usize,
    /// Changes that nobody acknowledged.
    pub(crate) unsent: usize,
}

impl Run {
    /// Carries it out against a server.
    pub(crate) fn carry_out(self, port: u16, everybody: &Everybody, book: &Book) -> Done {
        std::thread::scope(|scope| {
            let writers = everybody.writers.each_ref().map(|kept| {
                let hand = Hand::again(port, kept, book);
                scope.spawn(move || self.write(hand))
            });
            let desk = scope.spawn(|| self.desk(port, everybody, book));
            let mut done = desk.join().unwrap();
            for writer in writers {
                let its = writer.join().unwrap();
                done.errors += its.errors;
                done.unsent += its.unsent;
            }
            done
        })
    }

    /// Whether an answer is as good as it must be; counts those that are not.
    fn is_good(self, answer: &Result<u16>, done: &mut Done) -> bool {
        let good = answer.as_ref().is_ok_and(|status| (200..300).contains(status));
        assert!(good || !self.strict, "{answer:?}");
        done.errors += usize::from(!good);
        good
    }

    fn write(self, mut hand: Hand<'_>) -> Done {
        let (mut done, mut cases) = (Done::default(), Vec::<Case>::new());
        let mut dice = Dice::new(self.seed ^ u64::from(hand.me.device.as_bytes()[15]));
        self.is_good(&hand.exchanges(Vec::new()), &mut done);
        for round in 0..self.rounds {
            if cases.len() < CASES && round % 2 == 0 {
                cases.push(hand.begins("Skrivs före strömavbrottet"));
            }
            let at = dice.below(cases.len());
            for part in 0..=dice.below(2) {
                let text = format!("Resa {round}, del {part}");
                hand.writes(&mut cases[at], ("arriving_from", &text), dice.one_in(4));
            }
            let heal = if dice.one_in(5) && !hand.holds.is_empty() {
                vec![hand.holds[dice.below(hand.holds.len())]]
            } else {
                Vec::new()
            };
            self.is_good(&hand.exchanges(heal), &mut done);
            if dice.one_in(6) {
                self.is_good(&hand.refreshes(), &mut done);
            }
            if dice.one_in(8) {
                let mut picture = vec![0x5a; 10 + dice.below(3) * 70_000];
                picture[..8].copy_from_slice(&round.to_le_bytes());
                self.is_good(&hand.brings(cases[at].id, &picture), &mut done);
            }
        }
        // What a deposit lacked was pushed beside it.
        self.is_good(&hand.exchanges(Vec::new()), &mut done);
        done.unsent = hand.unsent();
        done
    }

    fn desk(self, port: u16, everybody: &Everybody, book: &Book) -> Done {
        let mut done = Done::default();
        let mut ingrid = Hand::again(port, &everybody.supervisor, book);
        let mut mats = Hand::again(port, &everybody.inspector, book);
        for hand in [&mut ingrid, &mut mats] {
            self.is_good(&hand.exchanges(Vec::new()), &mut done);
        }
        for round in 0..self.rounds / 6 {
            let mut case = ingrid.begins(&format!("Familjen Strömlös {round}"));
            for town in ["Sundsvall", "Härnösand"] {
                ingrid.writes(&mut case, ("arriving_from", town), false);
            }
            self.is_good(&ingrid.exchanges(Vec::new()), &mut done);
            let hash = mats.writes_in(&case, ("phone", "+46701740605"));
            self.is_good(&mats.exchanges(Vec::new()), &mut done);
            let id = case.id;
            let name = format!("release:{id}/{}/{}", base32(hash.as_bytes()), i64::MAX);
            let acted = ingrid
                .acts(&name, |acted| acted.go.is_some().then_some(Promise::Released(id, hash)));
            let said = acted.as_ref().ok().and_then(|(_, acted)| acted.clone());
            done.released += usize::from(said.is_some_and(|acted| acted.go.is_some()));
            self.is_good(&acted.map(|(status, _)| status), &mut done);
            self.is_good(&ingrid.visits("/register/sok/Strömlös"), &mut done);
            done.cleaned += usize::from(self.cleans(&mut ingrid, &case, &mut done));
            if round % 2 == 0 {
                self.is_good(&ingrid.refreshes(), &mut done);
            }
        }
        let mut sixten = Hand::again(port, &everybody.administrator, book);
        let spare = Hand::again(port, &everybody.spare, book).me.device;
        let acted = sixten.acts(&format!("revoke:{spare}"), |_| Some(Promise::Revoked(spare)));
        self.is_good(&acted.map(|(status, _)| status), &mut done);
        done
    }

    /// Cleans what stood behind an answer, once it can be seen; gives up where calls fail.
    fn cleans(self, ingrid: &mut Hand<'_>, case: &Case, done: &mut Done) -> bool {
        let tries = if self.strict { TRIES } else { FAILING_TRIES };
        let id = case.id;
        for _ in 0..tries {
            let acted = ingrid.acts(&format!("clean:{id}/arriving_from"), |acted| {
                acted.say.starts_with("Cleared.").then_some(Promise::Cleaned(id, 1))
            });
            match acted {
                Ok((200, Some(acted))) if acted.say.starts_with("Cleared.") => return true,
                Ok((200, _)) => {}
                other => {
                    self.is_good(&other.map(|(status, _)| status), done);
                    return false;
                }
            }
        }
        assert!(!self.strict, "nothing was cleaned");
        false
    }
}
