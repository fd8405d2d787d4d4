//! Ten thousand renewals of which a fifth of the answers is lost, and a thousand thefts.
//!
//! "Lost" is meant as it is on the road: the tablet asks again after seconds, or is out of contact and
//! asks again after hours. "Noticed" means that the session has ended for both, so that the owner is
//! asked for the password and the server says so in its log.

use super::tests::start;
use super::*;
use crate::auth::numbers::Numbers;

const KEY: [u8; 32] = [7; 32];
const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// One that has a secret and renews when its token is over.
#[derive(Clone)]
struct Holder {
    secret: String,
    /// When it asks next.
    next_ms: i64,
}

/// What came of a question.
#[derive(Debug, PartialEq, Eq)]
enum Came {
    /// The answer, and its token was used.
    Used,
    /// The answer; contact was lost before its token was used.
    Unused,
    /// Nothing.
    Lost,
    /// The session is over.
    Out,
}

impl Holder {
    /// Asks; the answer is lost one time in five.
    fn asks(&mut self, row: &mut SessionRow, numbers: &mut Numbers) -> Came {
        let now_ms = self.next_ms;
        let Renewal::Renewed(next) = renew(row, &self.secret, &KEY, now_ms) else {
            return Came::Out;
        };
        if numbers.in_hundred(20) {
            // Asks again at once, or comes out of the valley later.
            let at_once = numbers.in_hundred(60);
            let (from, to) = if at_once { (500, 30_000) } else { (2 * MINUTE, 2 * DAY) };
            self.next_ms += numbers.time(from, to);
            return Came::Lost;
        }
        self.secret = next;
        let is_at_work = numbers.in_hundred(85);
        let (from, to) = if is_at_work { (10 * MINUTE, 15 * MINUTE) } else { (MINUTE, 2 * DAY) };
        self.next_ms += numbers.time(from, to);
        if numbers.in_hundred(10) {
            return Came::Unused;
        }
        // Its token is used with the request that wanted it.
        row.taken |= shows_taken(row, now_ms.div_euclid(1000));
        Came::Used
    }
}

fn session() -> (SessionRow, Holder) {
    let (row, secret) = start();
    (row, Holder { secret, next_ms: 10 * MINUTE })
}

#[test]
fn of_ten_thousand_renewals_with_lost_answers_none_logs_anybody_out() {
    let mut numbers = Numbers::new("lost answers");
    let (mut row, mut tablet) = session();
    let (mut renewals, mut lost, mut late) = (0, 0, 0);
    while renewals < 10_000 {
        if tablet.next_ms > SESSION_MS - 4 * DAY {
            (row, tablet) = session();
        }
        let asked_ms = tablet.next_ms;
        let came = tablet.asks(&mut row, &mut numbers);
        assert_ne!(came, Came::Out, "logged out after {renewals} renewals");
        renewals += 1;
        lost += u32::from(came == Came::Lost);
        late += u32::from(came == Came::Lost && tablet.next_ms - asked_ms > RETRY_MS);
    }
    assert_eq!((lost, late), (2_046, 816), "as docs/testing.md says");
}

/// A copy of secret and key at a random moment; both go on as tablets do. Gives how often they renewed
/// until the session ended.
fn theft(numbers: &mut Numbers) -> u32 {
    let (mut row, mut owner) = session();
    row.ends_ms = i64::MAX;
    for _ in 0..numbers.below(20) {
        assert_ne!(owner.asks(&mut row, numbers), Came::Out);
    }
    let mut thief = owner.clone();
    // Somebody who has a tablet open does not sit in the valley.
    thief.next_ms = row.rotated_ms + numbers.time(0, 10 * MINUTE);
    for renewals in 1..200 {
        let one = if thief.next_ms < owner.next_ms { &mut thief } else { &mut owner };
        if one.asks(&mut row, numbers) == Came::Out {
            assert!(row.ended);
            for other in [&mut thief, &mut owner] {
                assert_eq!(other.asks(&mut row, numbers), Came::Out, "out for both");
            }
            return renewals;
        }
    }
    panic!("not noticed");
}

#[test]
fn every_one_of_a_thousand_thefts_is_noticed() {
    let mut numbers = Numbers::new("thefts");
    let mut thefts: Vec<u32> = (0..1_000).map(|_| theft(&mut numbers)).collect();
    thefts.sort_unstable();
    assert_eq!(thefts[500], 2, "half of them at the second renewal");
}

#[test]
fn two_who_renew_in_the_same_minute_are_told_apart_when_one_is_late() {
    let (mut row, mut owner) = session();
    let mut thief = owner.clone();
    // What this cannot see: both have the same secrets.
    for round in 1..20 {
        for (one, at_ms) in [(&mut owner, 0), (&mut thief, 30_000)] {
            let Renewal::Renewed(next) =
                renew(&mut row, &one.secret, &KEY, round * 10 * MINUTE + at_ms)
            else {
                panic!("round {round}");
            };
            one.secret = next;
            row.taken = true;
        }
        assert_eq!(owner.secret, thief.secret);
    }
    let Renewal::Renewed(_) = renew(&mut row, &owner.secret, &KEY, 300 * MINUTE) else { panic!() };
    row.taken = true;
    assert_eq!(renew(&mut row, &thief.secret, &KEY, 301 * MINUTE + 1), Renewal::Stolen);
}
