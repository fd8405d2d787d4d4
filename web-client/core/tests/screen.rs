//! A screen that is shut shows nothing and loses nothing: after a while, behind a PIN, past the lease.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at once")]

#[path = "screen/commands.rs"]
mod commands;
mod desk;
#[path = "screen/lease.rs"]
mod lease;

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;

use ankomst_core::Core;
use ankomst_core::store::{Failure, MemoryStore};
use ankomst_core::vault::passphrase::{WrapRandom, unwrap, wrap};
use ankomst_core::vault::{Argon, DataKey};
use ankomst_shared::app::{
    Act, Acted, Answer, Command, Query, Refusal, Reply, Request, Screen, Status,
};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::limits::{PIN_TRIES_MAX, PIN_WAIT_MS, SCREEN_SHUTS_MS};
use ankomst_shared::packed::{from_bytes, to_bytes};
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;
use futures_util::FutureExt;

use commands::{every_command, may_come};
use desk::{Desk, PASSPHRASE, ask, shown, signs_in, started, unlock};

const PIN: &str = "204816";
/// What stands in records and must not come out.
const NAME: &str = "Häbte-Selam";
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

fn status(core: &Core<Desk>) -> Status {
    let Reply::Status(status) = ask(core, Command::Status) else { panic!("no status") };
    status
}

fn set_pin(core: &Core<Desk>, pin: &str) -> Reply {
    ask(core, Command::Act(Act::Pin, vec![("pin".to_owned(), Value::text(pin))]))
}

fn guess(core: &Core<Desk>, pin: &str) -> Reply {
    ask(core, Command::Pin(pin.to_owned()))
}

fn case(core: &Core<Desk>) -> DocumentId {
    let label = vec![("label".to_owned(), Value::text(NAME))];
    match ask(core, Command::Act(Act::NewCase, label)) {
        Reply::Acted(Acted { document: Some(case), .. }) => case,
        other => panic!("{other:?}"),
    }
}

fn types(core: &Core<Desk>, document: DocumentId, text: &str) -> Reply {
    let path = FieldPath::parse("arriving_from").unwrap();
    ask(core, Command::Type { document, path, value: Value::text(text) })
}

/// A page asks: from then on somebody may be missing before it.
fn page(core: &Core<Desk>, command: Command) -> Reply {
    let request = Request { id: 1, build: "test".to_owned(), command };
    let answer = core.receive(&to_bytes(&request)).now_or_never().unwrap();
    match from_bytes(&answer) {
        Some(Answer::Reply(1, reply)) => reply,
        other => panic!("{other:?}"),
    }
}

/// The loops beside the commands, and time that passes.
struct World {
    loops: Pin<Box<dyn Future<Output = ()>>>,
    ticks: Rc<Cell<u32>>,
    shift: Rc<Cell<i64>>,
}

impl World {
    fn of(desk: Desk) -> (Core<Desk>, Self) {
        let (ticks, shift) = (desk.ticks(), desk.shift());
        let core = signs_in(desk);
        let running = core.clone();
        let mut world = Self { loops: Box::pin(async move { running.run().await }), ticks, shift };
        world.goes_on();
        (core, world)
    }

    fn goes_on(&mut self) {
        assert!((&mut self.loops).now_or_never().is_none());
    }

    /// Ten seconds, so many times.
    fn passes(&mut self, times: i64) {
        for _ in 0..times {
            self.ticks.set(self.ticks.get() + 1);
            self.goes_on();
        }
    }

    /// The device sleeps, or somebody sets its clock.
    fn jumps(&mut self, ms: i64) {
        self.shift.set(self.shift.get() + ms);
    }
}

/// Asks everything there is to ask, and finds nothing of a person in the answers.
fn tells_nothing(core: &Core<Desk>, document: DocumentId, why: Refusal) {
    let (entering, read): (Vec<_>, Vec<_>) =
        every_command(document).into_iter().partition(may_come);
    assert!(entering.len() > 9 && read.len() > 9, "{entering:?}");
    // What may come changes nothing of it, whichever way it goes.
    for command in read.clone().into_iter().chain(entering).chain(read) {
        let said = format!("{command:?}");
        // What is being typed when a lease runs out is kept, and shows nothing.
        let is_typed = matches!(command, Command::Type { .. } | Command::Commit(_));
        let screen = status(core).screen;
        let comes = may_come(&command) || (is_typed && screen == Screen::Lease);
        let reply = ask(core, command);
        if !comes {
            let why = if screen == Screen::Vault { Refusal::Locked } else { why };
            assert_eq!(reply, Reply::Refused(why), "{said}");
        }
        assert!(!format!("{reply:?}").contains(NAME), "{said}: {reply:?}");
        if let Reply::File(Some((_, bytes))) = reply {
            assert!(!bytes.windows(NAME.len()).any(|part| part == NAME.as_bytes()), "{said}");
        }
        let status = status(core);
        assert!(status.user.is_none() && status.unit.is_empty(), "{said}");
    }
}

#[test]
fn behind_a_pin_every_command_that_reads_is_refused() {
    let core = signs_in(Desk::on(&MemoryStore::default()));
    let case = case(&core);
    let said = ask(&core, Command::Get(Query::Page("/arenden".to_owned())));
    assert!(format!("{said:?}").contains(NAME), "nothing to be hidden: {said:?}");
    assert_eq!(types(&core, case, NAME), Reply::Saved);
    assert!(matches!(set_pin(&core, PIN), Reply::Acted(_)));
    assert_eq!(ask(&core, Command::Lock), Reply::Done);
    assert_eq!(status(&core).screen, Screen::Pin { login: "elin".to_owned(), tries: 5 });
    tells_nothing(&core, case, Refusal::Locked);
}

#[test]
fn the_pin_opens_what_it_shut_where_it_was() {
    let core = signs_in(Desk::on(&MemoryStore::default()));
    let case = case(&core);
    for fault in ["123", "12a4", "1234567890123"] {
        assert_eq!(set_pin(&core, fault), Reply::Refused(Refusal::BadValue), "{fault}");
    }
    set_pin(&core, PIN);
    assert_eq!(types(&core, case, "Trelleborg, Åsa mö"), Reply::Saved);
    ask(&core, Command::Lock);
    assert_eq!(guess(&core, PIN), Reply::Done);
    assert_eq!(status(&core).screen, Screen::Open);
    assert_eq!(shown(&core, case, "arriving_from"), Value::text("Trelleborg, Åsa mö"));
    // The passphrase opens it as well, and the PIN is still set.
    ask(&core, Command::Lock);
    unlock(&core);
    ask(&core, Command::Lock);
    assert!(matches!(status(&core).screen, Screen::Pin { .. }));
    guess(&core, PIN);
    // Taken away, locking forgets the key again.
    ask(&core, Command::Act(Act::Pin, Vec::new()));
    ask(&core, Command::Lock);
    assert_eq!(status(&core).screen, Screen::Vault);
    assert_eq!(guess(&core, PIN), Reply::Refused(Refusal::Locked));
}

#[test]
fn nothing_of_a_pin_is_on_the_disk() {
    let store = MemoryStore::default();
    let core = signs_in(Desk::on(&store));
    case(&core);
    let (before, commits) = (store.bytes(), store.commits());
    set_pin(&core, PIN);
    ask(&core, Command::Lock);
    guess(&core, "0000");
    assert_eq!((store.bytes(), store.commits()), (before, commits));
    // Another start knows of none.
    let again = started(Desk::on(&store.restarted()));
    assert_eq!(status(&again).screen, Screen::Vault);
    assert_eq!(guess(&again, PIN), Reply::Refused(Refusal::Locked));
}

#[test]
fn a_stolen_store_opens_to_none_of_a_million_pins() {
    let store = MemoryStore::default();
    let core = signs_in(Desk::on(&store));
    set_pin(&core, PIN);
    ask(&core, Command::Lock);
    drop(core);
    // By the product: all six digits there are, on a copy of all that was kept.
    let thief = started(Desk::on(&store.restarted()));
    // By hand: the wrapping of keys, with the least work it can be given. The product's takes a thousand times more.
    let random = WrapRandom { salt: [3; 16], nonce: [4; 12] };
    let key = DataKey::from_bytes([7; 32]);
    let wrapped = wrap(&key, PASSPHRASE, Argon::LIGHT, random).unwrap();
    assert!(unwrap(&wrapped, PASSPHRASE).is_ok());
    for number in 0..1_000_000 {
        let pin = format!("{number:06}");
        assert_eq!(guess(&thief, &pin), Reply::Refused(Refusal::Locked), "{pin}");
        assert!(unwrap(&wrapped, &pin).is_err(), "{pin}");
    }
    unlock(&thief);
}

#[test]
fn wrong_pins_wait_longer_each_time_and_the_fifth_forgets_the_key() {
    let (core, mut world) = World::of(Desk::on(&MemoryStore::default()));
    set_pin(&core, PIN);
    ask(&core, Command::Lock);
    for wrong in 1..PIN_TRIES_MAX {
        assert_eq!(guess(&core, "0000"), Reply::Refused(Refusal::WrongPin));
        let tries = PIN_TRIES_MAX - wrong;
        assert_eq!(status(&core).screen, Screen::Pin { login: "elin".to_owned(), tries });
        // Meanwhile not even the right one is looked at.
        let wait = PIN_WAIT_MS << wrong;
        world.jumps(wait - 1);
        assert_eq!(guess(&core, PIN), Reply::Refused(Refusal::TooMany), "after {wrong}");
        world.jumps(1);
    }
    assert_eq!(guess(&core, "0000"), Reply::Refused(Refusal::WrongPin));
    assert_eq!(status(&core).screen, Screen::Vault);
    world.passes(10);
    assert_eq!(guess(&core, PIN), Reply::Refused(Refusal::Locked));
    unlock(&core);
    ask(&core, Command::Lock);
    assert_eq!(status(&core).screen, Screen::Vault, "the PIN is gone, too");
}

#[test]
fn twelve_hours_after_the_passphrase_a_pin_is_not_enough() {
    let (core, mut world) = World::of(Desk::on(&MemoryStore::default()));
    set_pin(&core, PIN);
    ask(&core, Command::Lock);
    world.jumps(12 * HOUR_MS - 20_000);
    assert_eq!(guess(&core, PIN), Reply::Done);
    ask(&core, Command::Lock);
    world.passes(2);
    assert_eq!(status(&core).screen, Screen::Vault);
    assert_eq!(guess(&core, PIN), Reply::Refused(Refusal::Locked));
}

#[test]
fn a_screen_that_nobody_touches_shuts_and_what_was_half_typed_is_there() {
    let (core, mut world) = World::of(Desk::on(&MemoryStore::default()));
    let case = case(&core);
    let shuts = SCREEN_SHUTS_MS / 10_000;
    // No page, nobody to be missing.
    world.passes(2 * shuts);
    assert_eq!(status(&core).screen, Screen::Open);
    // Asking for views is no touch: a page does so by itself.
    page(&core, Command::Touched);
    assert_eq!(types(&core, case, "Trelleborg, Åsa mö"), Reply::Saved);
    world.passes(shuts - 1);
    page(&core, Command::Get(Query::Page("/idag".to_owned())));
    assert_eq!(status(&core).screen, Screen::Open);
    page(&core, Command::Touched);
    world.passes(shuts - 1);
    assert_eq!(status(&core).screen, Screen::Open);
    world.passes(1);
    assert_eq!(status(&core).screen, Screen::Vault);
    unlock(&core);
    assert_eq!(shown(&core, case, "arriving_from"), Value::text("Trelleborg, Åsa mö"));
    // One that slept is shut before it answers anything, a touch too.
    world.jumps(SCREEN_SHUTS_MS);
    page(&core, Command::Touched);
    assert_eq!(status(&core).screen, Screen::Vault);
}

#[test]
fn a_clock_set_back_does_not_keep_a_screen_open() {
    let (core, mut world) = World::of(Desk::on(&MemoryStore::default()));
    page(&core, Command::Touched);
    for _ in 0..SCREEN_SHUTS_MS / 1_000 {
        // Each second somebody sets it back.
        world.jumps(-10_000);
        world.passes(1);
    }
    assert_eq!(status(&core).screen, Screen::Vault);
}

#[test]
fn what_a_device_cannot_write_outlives_a_lock() {
    let store = MemoryStore::default();
    let (core, mut world) = World::of(Desk::on(&store));
    let case = case(&core);
    page(&core, Command::Touched);
    store.fail_at(store.commits(), Failure::Refused);
    assert!(matches!(types(&core, case, "Sundsvall"), Reply::Refused(_)));
    store.fail_at(store.commits(), Failure::Refused);
    ask(&core, Command::Lock);
    assert_eq!(status(&core).screen, Screen::Vault);
    assert_eq!(
        ask(&core, Command::Get(Query::Page("/arenden".to_owned()))),
        Reply::Refused(Refusal::Locked)
    );
    // Neither the end of the session nor another person takes it away.
    store.fail_at(store.commits(), Failure::Refused);
    assert_eq!(ask(&core, Command::SignOut), Reply::Refused(Refusal::Storage));
    store.fail_at(store.commits(), Failure::Refused);
    let other = Command::Unlock { login: "oskar".to_owned(), passphrase: PASSPHRASE.to_owned() };
    assert_eq!(ask(&core, other), Reply::Refused(Refusal::Storage));
    unlock(&core);
    assert_eq!(shown(&core, case, "arriving_from"), Value::text("Sundsvall"));
    // Once it can write again, a lock forgets the key.
    ask(&core, Command::Lock);
    world.passes(3);
    unlock(&core);
    assert_eq!(shown(&core, case, "arriving_from"), Value::text("Sundsvall"));
}

#[test]
fn a_store_that_begins_to_fail_while_it_is_locked_costs_nothing_that_was_typed() {
    let mut failed = 0;
    for ends in [Command::Lock, Command::SignOut] {
        for at in 0..6 {
            let store = MemoryStore::default();
            let (core, mut world) = World::of(Desk::on(&store));
            let case = case(&core);
            assert_eq!(types(&core, case, "Sundsvall"), Reply::Saved);
            // What is not written when it fails is in memory alone.
            store.fail_at(store.commits(), Failure::Refused);
            assert!(matches!(types(&core, case, "Sundsvall, Alnö"), Reply::Refused(_)));
            let before = store.commits();
            store.fail_at(before + at, Failure::Refused);
            ask(&core, ends.clone());
            failed += u32::from(store.commits() > before + at);
            world.passes(1);
            unlock(&core);
            let said = shown(&core, case, "arriving_from");
            assert_eq!(said, Value::text("Sundsvall, Alnö"), "{ends:?}, {at}");
        }
    }
    assert!(failed > 2, "it has failed in the midst of it {failed} times");
}

#[test]
fn a_clock_put_right_after_a_wrong_passphrase_makes_nobody_wait_for_weeks() {
    let (core, mut world) = World::of(Desk::on(&MemoryStore::default()));
    let opens = |passphrase: &str| {
        let (login, passphrase) = ("elin".to_owned(), passphrase.to_owned());
        ask(&core, Command::Unlock { login, passphrase })
    };
    ask(&core, Command::Lock);
    world.jumps(30 * DAY_MS);
    assert_eq!(opens("inte den rätta"), Reply::Refused(Refusal::WrongPassphrase));
    world.jumps(-30 * DAY_MS);
    assert!(matches!(opens(PASSPHRASE), Reply::Refused(Refusal::Wait(1))));
    world.jumps(1_000);
    assert_eq!(opens(PASSPHRASE), Reply::Done);
}
