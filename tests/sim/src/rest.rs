//! The end: everything works again, everybody is in contact, and what must hold then is looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use ankomst_server::projector;
use ankomst_server::storage::sqlite::{accounts, log, register};
use ankomst_server::sync::access;
use ankomst_shared::app::{Act, Command, Contact, Query, Reply, Screen, View};
use ankomst_shared::chunk::parse;
use ankomst_shared::ids::ChangeHash;
use ankomst_shared::value::Value;

use crate::disk::Mood;
use crate::hostile::POISON;
use crate::hub::user;
use crate::kernel::{DAY, Event, MINUTE, SECOND};
use crate::same::{Visible, brief, compare, is_plain, opened, standing};
use crate::wire::Link;
use crate::world::World;

impl World {
    /// Comes to rest and looks at everything.
    pub fn rest(&mut self) {
        self.calm();
        for round in 0..3 {
            if self.is_over {
                return;
            }
            // Everybody on a tablet that is shared, and each of its copies.
            self.all_in_contact(round);
            self.quiet();
            self.look_at_all();
            if round < 2 {
                self.next_people();
            }
            if round == 0 {
                self.salvage_at_rest();
            }
        }
        self.open_aside();
        self.still_day();
        self.check();
    }

    /// Nothing goes wrong any more.
    fn calm(&mut self) {
        self.kinds.end();
        let away = self.kernel.chance(500);
        self.all_update();
        self.restart(|_| ());
        for at in 0..self.tablets.len() {
            self.kernel.links.borrow_mut()[at] = Link::default();
            self.tablets[at].disk.mood.set(Mood::Good);
            self.tablets[at].away_until = 0;
            self.tablets[at].awake = false;
        }
        // Links that were to be mended later, and rights that were to come back, all come by then.
        let until = self.kernel.now() + if away { 45 * DAY } else { DAY };
        self.pass(until);
        for at in 0..self.tablets.len() {
            self.kernel.links.borrow_mut()[at] = Link::default();
            self.tablets[at].disk.mood.set(Mood::Good);
        }
        self.hub.settle();
    }

    /// Whether a person may sign in.
    pub(crate) fn is_good(&self, person: usize) -> bool {
        let found = self.hub.app().readers.read(|db| accounts::user(db, user(person))).unwrap();
        found.is_some_and(|user| user.active)
    }

    fn all_in_contact(&mut self, round: usize) {
        for at in 0..self.tablets.len() {
            let kernel = Rc::clone(&self.kernel);
            let root = self.tablets[at].root;
            let copies = (0..self.tablets.len())
                .filter(|one| self.tablets[*one].root == root && !self.tablets[*one].gone);
            let copies: Vec<usize> = copies.collect();
            if copies.is_empty() || copies[round % copies.len()] != at {
                self.tablets[at].crash(&kernel);
                self.tablets[at].awake = false;
                continue;
            }
            self.tablets[at].awake = true;
            self.tablets[at].start(&kernel);
            self.pump(at);
        }
        for _ in 0..6 {
            for at in 0..self.tablets.len() {
                self.comes_in(at);
            }
            self.pass(self.kernel.now() + 10 * SECOND);
        }
    }

    /// Opens the vault, and signs in where that is asked for.
    fn comes_in(&mut self, at: usize) {
        let tablet = &self.tablets[at];
        let Some(core) = tablet.core().filter(|_| !tablet.is_busy()) else { return };
        let status = core.status();
        let person = tablet.people[0];
        let is_open = status.screen == Screen::Open && status.user.is_some();
        if (is_open && !status.sign_in_needed) || !self.is_good(person) {
            return;
        }
        let (command, meant) = self.sign_in(at, person);
        self.tablets[at].begin(command, meant);
        self.pump(at);
    }

    /// Waits until nobody has anything to send or to hear.
    fn quiet(&mut self) {
        for _ in 0..12 {
            self.pass(self.kernel.now() + 20 * SECOND);
            if self.is_over {
                return;
            }
            let loud: Vec<usize> =
                (0..self.tablets.len()).filter(|at| !self.is_quiet(*at)).collect();
            if loud.is_empty() && !self.is_due {
                return;
            }
            // The real socket looks by itself after half a minute.
            self.tell();
            for at in loud {
                self.comes_in(at);
                if !self.tablets[at].is_busy() {
                    self.tablets[at].begin(Command::SyncNow, crate::people::Meant::Other);
                    self.pump(at);
                }
            }
        }
        for at in 0..self.tablets.len() {
            if !self.is_quiet(at) {
                let status = self.tablets[at].core().map(ankomst_core::Core::status);
                let text = format!("no rest at {at}: {:?}", status.as_ref().map(brief));
                self.ledger.diverged.push(text);
                self.ledger.diverged.extend(self.waiting(at));
            }
        }
    }

    fn is_quiet(&self, at: usize) -> bool {
        let tablet = &self.tablets[at];
        if !tablet.awake || !self.is_good(tablet.people[0]) || self.is_out(at) {
            return true;
        }
        let Some(status) = tablet.core().map(ankomst_core::Core::status) else { return false };
        status.contact == Contact::Live
            && status.waiting == 0
            && (status.received == 0 || self.has_heard(at))
            && status.first_sync.is_none()
    }

    fn look_at_all(&mut self) {
        for at in 0..self.tablets.len() {
            self.ledger.look(&self.tablets[at], &self.hub);
        }
    }

    /// Somebody opens once more what was set aside, as on a disk that could not note that it was opened well before the
    /// program ended, twice.
    fn open_aside(&mut self) {
        let aside = |world: &Self, at: usize| {
            let core = world.tablets[at].core();
            core.and_then(|core| core.look_inside(|inside| inside.aside().collect::<Vec<_>>()))
                .unwrap_or_default()
        };
        for at in 0..self.tablets.len() {
            for document in aside(self, at) {
                self.count("opened once more");
                if !self.counts.contains_key("disk") {
                    self.ledger
                        .diverged
                        .push(format!("{document} is aside at {at}, and its disk is well"));
                }
                let again = Command::Act(Act::OpenAgain(document), Vec::new());
                self.tablets[at].begin(again, crate::people::Meant::Other);
                self.pump(at);
                self.pass(self.kernel.now() + 5 * SECOND);
            }
            for document in aside(self, at) {
                self.ledger.diverged.push(format!("{document} stays aside at {at}"));
            }
        }
    }

    fn next_people(&mut self) {
        let kernel = Rc::clone(&self.kernel);
        for tablet in &mut self.tablets {
            if tablet.people.len() > 1 {
                tablet.crash(&kernel);
                tablet.people.rotate_left(1);
            }
        }
    }

    /// A while in which nothing goes wrong: no document is compared, none has to be healed.
    fn still_day(&mut self) {
        for at in 0..self.tablets.len() {
            if self.tablets[at].awake {
                self.kernel.after(self.kernel.between(SECOND, MINUTE), Event::Act(at));
            }
        }
        self.quiet();
        for at in 0..self.tablets.len() {
            self.tablets[at].sever(&self.kernel);
        }
        self.quiet();
        (self.hub.looks, self.hub.compared) = (true, 0);
        for _ in 0..2 {
            for at in 0..self.tablets.len() {
                if self.tablets[at].awake {
                    self.kernel.after(self.kernel.between(SECOND, MINUTE), Event::Act(at));
                }
            }
            self.pass(self.kernel.now() + 2 * MINUTE);
            for at in 0..self.tablets.len() {
                self.tablets[at].sever(&self.kernel);
            }
            self.pass(self.kernel.now() + 2 * MINUTE);
        }
        self.all_in_contact(2);
        self.quiet();
        self.hub.looks = false;
        if self.hub.compared > 0 {
            let text = format!("{} comparisons although nothing went wrong", self.hub.compared);
            self.ledger.diverged.push(text);
        }
        self.look_at_all();
    }

    fn check(&mut self) {
        let visible = self.visible();
        self.check_log(&visible);
        self.check_groups(&visible);
        for at in 0..self.tablets.len() {
            if self.tablets[at].awake && self.is_good(self.tablets[at].people[0]) {
                self.check_tablet(at, &visible);
                self.check_rounds(at);
            }
        }
        self.check_received();
        self.check_held();
        self.check_rows();
        if self.hub.back_up() == self.has_hole {
            let text = if self.has_hole {
                "a log with a hole was backed up"
            } else {
                "the log cannot be backed up whole"
            };
            self.ledger.diverged.push(text.to_owned());
        }
    }

    fn visible(&self) -> Visible {
        let app = self.hub.app();
        let mut visible = Visible::new();
        for row in app.readers.read(log::all_chunks).unwrap() {
            if row.state == "visible" {
                let bytes = app.keys.open_chunk(row.document, &row.hash, &row.sealed).unwrap();
                visible.entry(row.document).or_default().insert(row.hash, bytes);
            }
        }
        visible
    }

    /// The feed is in causal order, every document opens, nothing poisoned is shown.
    fn check_log(&mut self, visible: &Visible) {
        let app = self.hub.app();
        let mut rows = app.readers.read(log::all_chunks).unwrap();
        rows.retain(|row| row.state == "visible");
        rows.sort_by_key(|row| row.feed);
        let mut there: BTreeSet<ChangeHash> = BTreeSet::new();
        for row in rows {
            let info = parse(&visible[&row.document][&row.hash]).unwrap();
            let poison = info.ops.iter().any(|op| op.value == Some(Value::Int(POISON)));
            if poison {
                self.ledger.diverged.push(format!("poison is shown: {}", row.hash));
            }
            if !info.deps.iter().all(|dep| there.contains(dep)) {
                self.ledger.diverged.push(format!("shown before what it builds on: {}", row.hash));
            }
            there.insert(row.hash);
        }
        for (document, chunks) in visible {
            if opened(chunks).is_none() {
                self.ledger.diverged.push(format!("{document} cannot be opened"));
            }
        }
    }

    /// What was written in one act is in one change, whatever a record that goes on with less behind it says once more.
    fn check_groups(&mut self, visible: &Visible) {
        for (document, chunks) in visible {
            for (hash, bytes) in chunks {
                self.ledger.learn(*document, *hash, bytes);
            }
        }
        // The changes that hold all of an act, as far as it was seen.
        let mut groups: BTreeMap<u64, BTreeSet<ChangeHash>> = BTreeMap::new();
        for (token, written) in &self.ledger.written {
            if let (Some(group), Some(holders)) = (written.group, self.ledger.holder(*token)) {
                let whole =
                    groups.entry(group).or_insert_with(|| holders.iter().copied().collect());
                whole.retain(|hash| holders.contains(hash));
            }
        }
        for (group, changes) in groups {
            if changes.is_empty() {
                self.ledger.diverged.push(format!("one act in several changes: {group}"));
            }
        }
    }

    fn check_tablet(&mut self, at: usize, visible: &Visible) {
        let Some(core) = self.tablets[at].core() else { return };
        let app = self.hub.app();
        let person = self.tablets[at].people[0];
        let faults = core.look_inside(|inside| {
            let scope = app.readers.read(|db| {
                let row = accounts::user(db, user(person))?.unwrap();
                access::scope(db, &row, inside.device())
            });
            compare(inside, &scope.unwrap(), visible)
        });
        let mut faults = faults.unwrap_or_default();
        faults.extend(self.both_are_shown(at, visible));
        let faults = faults.into_iter().map(|fault| format!("{fault} at {at}"));
        self.ledger.diverged.extend(faults);
    }

    /// What stands is shown, whichever program wrote it; of what contradicts each other, all.
    fn both_are_shown(&self, at: usize, visible: &Visible) -> Vec<String> {
        let mut faults = Vec::new();
        for (document, chunks) in visible {
            let form = Query::Form { document: *document, entry: None };
            let Some(Reply::View(View::Form(form))) = self.tablets[at].ask(Command::Get(form))
            else {
                continue;
            };
            let is_plain = self.tablets[at]
                .core()
                .and_then(|core| core.look_inside(|inside| is_plain(inside, *document)));
            if is_plain != Some(true) {
                continue;
            }
            let standing = standing(chunks);
            for field in form.sections.iter().flat_map(|section| &section.fields) {
                let Some(values) = standing.get(&field.path) else { continue };
                let is_there = |value: &&Value| {
                    field.value == **value
                        || field.statements.iter().any(|one| one.value == **value)
                };
                if field.settlements.is_empty() && !values.iter().all(|value| is_there(&value)) {
                    let shown: Vec<_> = field.statements.iter().map(|one| &one.value).collect();
                    let path = &field.path;
                    faults.push(format!(
                        "not all that stands is shown: {path} {document} {values:?} {:?} {shown:?}",
                        field.value
                    ));
                }
            }
        }
        faults
    }

    /// Rows are those that making all anew gives.
    fn check_rows(&mut self) {
        let app = self.hub.app();
        let followed = app.row_readers.read(register::all).unwrap();
        projector::rebuild(app).unwrap();
        if app.row_readers.read(register::all).unwrap() != followed {
            self.ledger.diverged.push("rows are not those of the log".to_owned());
        }
    }
}
