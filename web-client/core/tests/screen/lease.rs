//! No contact for too long: counted whatever is done to the clock, and ended by an answer of the server.

use super::*;

#[test]
fn past_the_lease_every_command_that_reads_is_refused() {
    let (core, mut world) = World::of(Desk::on(&MemoryStore::default()));
    let case = case(&core);
    world.jumps(8 * DAY_MS);
    assert_eq!(status(&core).screen, Screen::Lease);
    tells_nothing(&core, case, Refusal::Lease);
}

#[test]
fn a_lease_is_counted_whatever_is_done_to_the_clock_and_contact_renews_it() {
    let store = MemoryStore::default();
    let desk = Desk::on(&store);
    let answers = desk.answers();
    let (core, mut world) = World::of(desk);
    let case = case(&core);
    let meets = |world: &mut World| {
        answers.borrow_mut().push_back((200, "lease 86400"));
        ask(&core, Command::SyncNow);
        world.goes_on();
        world.passes(1);
        assert!(answers.borrow().is_empty(), "it has not asked");
    };
    meets(&mut world);
    // Twelve hours by the clock, then set back a week: what was counted stays counted.
    world.jumps(12 * HOUR_MS);
    world.passes(1);
    world.jumps(-7 * DAY_MS);
    world.passes(1);
    assert_eq!(status(&core).lease_ends_ms, None);
    world.jumps(11 * HOUR_MS);
    world.passes(1);
    let near = status(&core);
    assert_eq!(near.screen, Screen::Open);
    assert!(near.lease_ends_ms.is_some(), "the person is not told in time");
    world.jumps(HOUR_MS);
    assert_eq!(status(&core).screen, Screen::Lease);
    // What somebody is in the middle of is kept, and shows nothing.
    assert_eq!(types(&core, case, "x"), Reply::Saved);
    // Opening it anew changes nothing, nor does a clock set back before that.
    ask(&core, Command::Lock);
    world.jumps(-30 * DAY_MS);
    unlock(&core);
    assert_eq!(status(&core).screen, Screen::Lease);
    meets(&mut world);
    assert_eq!(status(&core).screen, Screen::Open);
}

#[test]
fn a_lease_goes_on_while_the_device_is_off() {
    let store = MemoryStore::default();
    let desk = Desk::on(&store);
    let answers = desk.answers();
    let (core, mut world) = World::of(desk);
    answers.borrow_mut().push_back((200, "lease 86400"));
    ask(&core, Command::SyncNow);
    world.goes_on();
    world.passes(1);
    for days in [0, 2] {
        let desk = Desk::on(&store.restarted());
        desk.shift().set(world.shift.get() + days * DAY_MS);
        desk.ticks().set(world.ticks.get());
        let again = started(desk);
        unlock(&again);
        let wanted = if days == 0 { Screen::Open } else { Screen::Lease };
        assert_eq!(status(&again).screen, wanted, "{days}");
    }
}
