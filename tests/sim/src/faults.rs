//! What goes wrong, and what people change: each history has some kinds of it.

use std::rc::Rc;
use std::sync::Arc;

use ankomst_server::given;
use ankomst_server::storage::sqlite::grants::{self, GrantRow};
use ankomst_server::storage::sqlite::{accounts, log};
use ankomst_server::sync::held::{self, Asked};
use ankomst_shared::app::Role;

use crate::disk::Mood;
use crate::hub::{login, supervises, unit_of, user};
use crate::kernel::{BEGIN, DAY, Event, HOUR, MINUTE, SECOND};
use crate::tablet::Tablet;
use crate::world::World;

/// Something that goes wrong, or is changed.
#[derive(Debug, Clone)]
pub enum Fault {
    /// The server is cut off and starts again.
    ServerCrash,
    /// The server is cut off in the middle of what it does next.
    ServerCut,
    /// A backup is made.
    BackUp,
    /// The newest backup is restored.
    Restore,
    /// The server's disk is copied aside.
    CopyAside,
    /// The server's disk is put back to that copy, and nobody is told.
    PutBack,
    /// Of the server's disk some newest changes of records cannot be read any more and are given up; nobody is told.
    Salvage,
    /// A tablet's programs end.
    TabletCrash(usize),
    /// A tablet's disk refuses what is written.
    DiskFails(usize),
    /// It writes again.
    DiskMended(usize),
    /// A tablet's clock is wrong.
    Clock(usize),
    /// A tablet's disk is copied.
    CopyTablet(usize),
    /// It is put back to that copy.
    TabletBack(usize),
    /// A copy of a tablet goes on beside it.
    Clone(usize),
    /// A tablet is gone for good.
    Lost(usize),
    /// A tablet is out of contact for days.
    Away(usize),
    /// Nothing gets through to some tablets.
    Partition,
    /// What is sent to a tablet waits, then comes at once.
    Clog(usize),
    /// A person has no role any more.
    RoleEnds(usize),
    /// A person has the role again.
    RoleBegins(usize),
    /// An account ends.
    AccountEnds(usize),
    /// It is opened again.
    AccountOpens(usize),
    /// A supervisor decides about what is held.
    Decide,
    /// Somebody sends what no honest tablet sends.
    Hostile,
    /// The municipality publishes the next version of its checklist.
    Publish,
    /// The server no longer speaks what a tablet's program speaks.
    Outdated(usize),
    /// A tablet gets the newest program.
    Update(usize),
    /// A person has no role any more while a tablet of theirs is out of contact.
    EndsAway(usize),
    /// A tablet is to be wiped, or is out.
    Order(usize, crate::orders::Order),
}

impl World {
    /// Lets happen what goes wrong on a day.
    pub fn faults_of(&mut self, day: u32, together: i64) {
        let kernel = Rc::clone(&self.kernel);
        if day == 0 {
            for at in 0..self.tablets.len() {
                kernel.links.borrow_mut()[at] = self.kinds.link();
            }
            self.kinds.copied = vec![None; self.tablets.len()];
        }
        let kinds = self.kinds.clone();
        let tablets = self.tablets.len();
        let some = || kernel.roll(tablets);
        let plan = |is: bool, in_thousand: usize, fault: Fault| {
            if is && kernel.chance(in_thousand) {
                kernel.after(kernel.between(0, DAY), Event::Fault(fault));
            }
        };
        plan(true, 900, Fault::BackUp);
        plan(kinds.server, 400, Fault::ServerCrash);
        plan(kinds.server, 500, Fault::ServerCut);
        plan(kinds.back, 150, Fault::Restore);
        plan(kinds.back, 300, Fault::CopyAside);
        plan(kinds.back, 200, Fault::PutBack);
        // Whoever loses a right gives up what could come back from there.
        plan(kinds.back && !kinds.rights, 150, Fault::Salvage);
        plan(kinds.rights, 150, Fault::RoleEnds(self.somebody()));
        if kinds.rights && kernel.chance(150) {
            // While everybody is at work, the sockets open.
            let ends = Fault::RoleEnds(self.somebody());
            kernel.after(together + kernel.between(0, 2 * MINUTE), Event::Fault(ends));
        }
        plan(kinds.rights, 350, Fault::EndsAway(some()));
        plan(kinds.rights, 150, Fault::AccountEnds(self.somebody()));
        plan(true, 500, Fault::Decide);
        plan(kinds.templates, if day == 0 { 1_000 } else { 400 }, Fault::Publish);
        plan(kinds.hostile, 500, Fault::Hostile);
        plan(kinds.partitions, 300, Fault::Partition);
        // As many as there are tablets, so that a large history has as much of it.
        for _ in 0..tablets.div_ceil(6) {
            plan(true, 300, Fault::TabletCrash(some()));
            plan(kinds.disks, 400, Fault::DiskFails(some()));
            plan(kinds.clocks, 200, Fault::Clock(some()));
            plan(kinds.copies, 300, Fault::CopyTablet(some()));
            plan(kinds.copies, 150, Fault::TabletBack(some()));
            plan(kinds.copies, 60, Fault::Clone(some()));
            plan(kinds.losses, 60, Fault::Lost(some()));
            plan(kinds.partitions, 150, Fault::Away(some()));
            plan(kinds.partitions, 400, Fault::Clog(some()));
        }
    }

    /// Somebody who is no supervisor.
    fn somebody(&self) -> usize {
        let person = 1 + self.kernel.roll(self.people - 1);
        if supervises(person) { person - 1 } else { person }
    }

    /// Something goes wrong.
    pub fn fault(&mut self, fault: &Fault) {
        let kernel = Rc::clone(&self.kernel);
        let told = format!("{fault:?}");
        kernel.note(5, told.as_bytes());
        let hours = (kernel.now() - BEGIN) / HOUR;
        self.told.push(format!("day {} hour {}: {told}", hours / 24, hours % 24));
        match *fault {
            Fault::ServerCrash => self.restart(|_| ()),
            Fault::ServerCut => {
                let commits = kernel.between(0, 6);
                given::stop_after(Some(commits));
                self.kinds.cut_at = Some(commits);
                self.count("server cut");
            }
            Fault::BackUp => {
                if self.hub.back_up() {
                    self.hub.forget_aside();
                    self.count("backup");
                }
            }
            Fault::Restore => self.restart(|world| {
                if world.hub.restore() {
                    world.has_hole = false;
                    world.hub.forget_aside();
                    world.count("restore");
                }
            }),
            // What is put back has no hole.
            Fault::CopyAside if self.has_hole => {}
            Fault::CopyAside => {
                self.restart(|world| world.hub.copy_aside());
                if kernel.chance(500) {
                    // Soon, so that no backup comes between.
                    kernel.after(kernel.between(MINUTE, 8 * HOUR), Event::Fault(Fault::PutBack));
                }
            }
            Fault::Salvage => self.salvage(),
            Fault::PutBack => self.restart(|world| {
                if world.hub.put_back() {
                    world.has_hole = false;
                    world.count("put back");
                }
            }),
            Fault::Hostile => self.harm(),
            Fault::Order(at, order) => self.order(at, order),
            Fault::Decide => self.decide(),
            Fault::Publish => self.publish(),
            Fault::Outdated(at) => self.grows_old(at),
            Fault::Update(at) => self.updates(at),
            Fault::CopyTablet(at) | Fault::TabletBack(at) | Fault::Clone(at) | Fault::Lost(at) => {
                self.copies(fault, at);
            }
            Fault::RoleEnds(person)
            | Fault::RoleBegins(person)
            | Fault::AccountEnds(person)
            | Fault::AccountOpens(person) => self.rights(fault, person),
            _ => self.of_tablets(fault),
        }
    }

    fn of_tablets(&mut self, fault: &Fault) {
        let kernel = Rc::clone(&self.kernel);
        match *fault {
            Fault::TabletCrash(at) => {
                self.ledger.look(&self.tablets[at], &self.hub);
                self.crash_tablet(at);
            }
            Fault::DiskFails(at) => {
                let full = kernel.chance(400);
                self.tablets[at].disk.mood.set(if full { Mood::Full } else { Mood::Fails(3) });
                kernel.after(kernel.between(MINUTE, 4 * HOUR), Event::Fault(Fault::DiskMended(at)));
                self.count("disk");
            }
            Fault::DiskMended(at) => self.tablets[at].disk.mood.set(Mood::Good),
            Fault::Clock(at) => {
                let years = 5 * 365 * DAY;
                let near = kernel.chance(500);
                let off =
                    if near { kernel.between(-HOUR, HOUR) } else { kernel.between(-years, years) };
                self.tablets[at].off_ms.set(off);
                self.count("clock");
            }
            Fault::Partition => {
                for at in 0..self.tablets.len() {
                    if kernel.chance(500) {
                        self.cut_off(at, kernel.between(MINUTE, 6 * HOUR));
                    }
                }
                self.count("partition");
            }
            Fault::Away(at) => {
                let days = kernel.between(1, 43);
                self.tablets[at].away_until = kernel.now() + days * DAY;
                self.cut_off(at, days * DAY);
                self.count("away");
            }
            Fault::EndsAway(at) => {
                let person = self.tablets[at].people[0];
                if supervises(person) {
                    return;
                }
                let ms = kernel.between(2 * HOUR, 16 * HOUR);
                self.tablets[at].away_until = kernel.now() + ms;
                self.cut_off(at, ms);
                self.rights(&Fault::RoleEnds(person), person);
                // What is written there meanwhile is held, and others go on with the record before it is decided about.
                for _ in 0..4 {
                    let later = ms + kernel.between(HOUR, 2 * DAY);
                    kernel.after(later, Event::Fault(Fault::Decide));
                }
            }
            Fault::Clog(at) => {
                let until = kernel.now() + kernel.between(10 * SECOND, 20 * MINUTE);
                kernel.links.borrow_mut()[at].clogged_until = until;
                self.count("clog");
            }
            _ => {}
        }
    }

    /// Nothing gets through to a tablet for a while.
    fn cut_off(&mut self, at: usize, ms: i64) {
        self.kernel.links.borrow_mut()[at].up = false;
        self.tablets[at].sever(&self.kernel);
        self.kernel.after(ms, Event::Mended(at));
    }

    /// Ends the server, does something with its files, and starts it again.
    pub fn restart(&mut self, work: impl FnOnce(&mut Self)) {
        for wire in self.hub.crash() {
            wire.sever(&self.kernel);
        }
        self.kinds.cut_at = None;
        work(self);
        self.hub.start();
        self.is_due = false;
        self.kernel.after(10, Event::Settle);
        self.count("server start");
    }

    fn copies(&mut self, fault: &Fault, at: usize) {
        let now = self.kernel.now();
        self.ledger.look(&self.tablets[at], &self.hub);
        let jar = self.tablets[at].jar.borrow().clone().into_iter().collect();
        let rows = self.tablets[at].disk.rows.borrow().clone();
        match fault {
            Fault::CopyTablet(_) => self.kinds.copied[at] = Some((rows, jar, now)),
            Fault::TabletBack(_) => {
                let Some((rows, jar, since)) = self.kinds.copied[at].take() else { return };
                self.crash_tablet(at);
                *self.tablets[at].disk.rows.borrow_mut() = rows;
                *self.tablets[at].jar.borrow_mut() = jar.into_iter().collect();
                self.ledger.is_another(at, since);
                self.count("tablet put back");
            }
            Fault::Clone(_) => {
                let copy = self.tablets.len();
                let mut tablet = Tablet::new(copy, self.tablets[at].people[0]);
                tablet.root = self.tablets[at].root;
                tablet.people.clone_from(&self.tablets[at].people);
                tablet.age.set(self.tablets[at].age.get());
                *tablet.disk.rows.borrow_mut() = rows;
                *tablet.jar.borrow_mut() = jar.into_iter().collect();
                self.tablets.push(tablet);
                let link = self.kinds.link();
                self.kernel.links.borrow_mut().push(link);
                self.kinds.copied.push(None);
                self.count("clone");
            }
            _ => {
                self.crash_tablet(at);
                self.tablets[at].gone = true;
                self.ledger.is_gone(at);
                self.count("tablet lost");
            }
        }
    }

    fn rights(&mut self, fault: &Fault, person: usize) {
        let Some(app) = self.hub.app.clone() else { return };
        let (now, who, name) = (self.kernel.now(), user(person), login(person));
        let of = unit_of(person);
        let fault = fault.clone();
        let ends = matches!(fault, Fault::RoleEnds(_) | Fault::AccountEnds(_));
        let next = match fault {
            Fault::RoleEnds(_) => Some(Fault::RoleBegins(person)),
            Fault::AccountEnds(_) => Some(Fault::AccountOpens(person)),
            _ => None,
        };
        let write = app.writer.write(move |db| match fault {
            Fault::RoleEnds(_) => grants::end_role(db, (who, of), Role::Caseworker, now).map(drop),
            Fault::RoleBegins(_) => {
                let role = GrantRow::of_role(who, of, Role::Caseworker);
                grants::add(db, &GrantRow { from_ms: now, ..role }).map(drop)
            }
            Fault::AccountEnds(_) => accounts::set_user_active(db, &name, false).map(drop),
            _ => accounts::set_user_active(db, &name, true).map(drop),
        });
        if self.hub.run(write).is_err() {
            return;
        }
        self.count("rights");
        self.hub.guards = true;
        self.tell();
        if let Some(next) = next.filter(|_| ends) {
            let ms = self.kernel.between(HOUR, 4 * DAY);
            self.kernel.after(ms, Event::Fault(next));
        }
    }

    /// The supervisor lets in or refuses one thing that is held.
    pub fn decide(&mut self) {
        let Some(app) = self.hub.app.clone() else { return };
        let rows = app.readers.read(|db| log::held(db, None)).unwrap();
        if rows.is_empty() {
            return;
        }
        let row = &rows[self.kernel.roll(rows.len())];
        let place = app.readers.read(|db| log::document(db, row.document)).unwrap();
        let Some(place) = place else { return };
        let mut all = (0..self.people).filter(|person| supervises(*person));
        let Some(by) = all.find(|person| unit_of(*person) == place.unit) else { return };
        let is_release = self.kernel.chance(700);
        let after = self.after_held(row);
        let asked = Asked {
            document: row.document,
            hashes: vec![row.hash],
            is_release,
            reason: "Sett i simuleringen".to_owned(),
            by: user(by),
        };
        if self.hub.run(held::decide(&Arc::clone(&app), asked)).is_ok() {
            self.count("decided");
            self.count_decided(is_release, after);
            self.kernel.after(5, Event::Settle);
        }
    }
}
