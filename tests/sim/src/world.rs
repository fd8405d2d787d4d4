//! Who does what when: the heap of events, one after another.

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;

use ankomst_shared::ids::DocumentId;

use crate::faults::Fault;
use crate::flood::Asked;
use crate::hostile::Stranger;
use crate::hub::{Hub, supervises};
use crate::kernel::{BEGIN, DAY, Event, HOUR, Kernel, MINUTE, SECOND};
use crate::kinds::Kinds;
use crate::ledger::Ledger;
use crate::rounds::Shown;
use crate::tablet::Tablet;
use crate::wire::{Question, Wire};

/// How large a history is.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Tablets.
    pub devices: usize,
    /// Days.
    pub days: u32,
    /// Tablets are ordered to be wiped, and revoked.
    pub orders: bool,
}

/// A history while it goes on.
pub struct World {
    /// Time and chance.
    pub kernel: Rc<Kernel>,
    /// The server.
    pub hub: Hub,
    /// The tablets.
    pub tablets: Vec<Tablet>,
    /// What was written.
    pub ledger: Ledger,
    /// Persons that were added to cases.
    pub persons: BTreeMap<DocumentId, Vec<String>>,
    /// Rounds through houses, as they were shown when they began.
    pub rounds: BTreeMap<DocumentId, Shown>,
    /// What goes wrong in this history.
    pub kinds: Kinds,
    /// How large it is.
    pub size: Size,
    /// People.
    pub people: usize,
    /// Commands that were refused.
    pub refusals: u64,
    /// Somebody who means harm.
    pub stranger: Option<Stranger>,
    /// A new trial is already due.
    pub is_due: bool,
    /// How often each fault came.
    pub counts: BTreeMap<&'static str, u64>,
    /// What went wrong when, in words.
    pub told: Vec<String>,
    /// Exchanges of tablets lately.
    pub asked_so_far: Asked,
    /// The feed has a hole, so that no backup of it is good.
    pub has_hole: bool,
    /// Nothing more happens.
    pub is_over: bool,
}

impl World {
    /// At its beginning.
    #[must_use]
    pub fn new(seed: u64, size: Size, folder: &Path) -> Self {
        let kernel = Kernel::new(seed, size.devices);
        ankomst_server::given::simulate(seed);
        kernel.set_now(BEGIN);
        let mut people = (size.devices * 2 / 3).max(2);
        // Whoever means harm comes after them, in the last unit, and is not its supervisor.
        people -= usize::from(supervises(people));
        let hub = Hub::begin(folder, people + 1);
        let tablets = (0..size.devices).map(|at| Tablet::new(at, at % people)).collect();
        let kinds = Kinds::draw(&kernel);
        Self {
            kernel,
            hub,
            tablets,
            ledger: Ledger::default(),
            persons: BTreeMap::new(),
            rounds: BTreeMap::new(),
            kinds,
            size,
            people,
            refusals: 0,
            stranger: None,
            is_due: false,
            counts: BTreeMap::new(),
            told: Vec::new(),
            asked_so_far: Asked::default(),
            has_hole: false,
            is_over: false,
        }
    }

    /// Lives through all days.
    pub fn live(&mut self) {
        for day in 0..self.size.days {
            self.kernel.at(BEGIN + i64::from(day) * DAY, Event::Day(day));
        }
        self.pass(BEGIN + i64::from(self.size.days) * DAY);
    }

    /// Lets time pass until a moment.
    pub fn pass(&mut self, until: i64) {
        while let Some(event) = self.kernel.next(until).filter(|_| !self.is_over) {
            self.happen(event);
        }
        self.kernel.set_now(until.max(self.kernel.now()));
    }

    /// A tablet's programs end just when it has written, or when something comes for it.
    fn ends_now(&mut self, event: &Event) {
        let at = match event {
            Event::Disk(at, _) => *at,
            Event::Answer(question, ..) => question.at,
            Event::Down(wire, _) => wire.at,
            _ => return,
        };
        if self.kinds.ends && self.tablets[at].awake && self.kernel.chance(4) {
            self.ledger.look(&self.tablets[at], &self.hub);
            self.crash_tablet(at);
            self.count("ended");
        }
    }

    fn happen(&mut self, event: Event) {
        self.ends_now(&event);
        match event {
            Event::Wake(at, slot) => {
                if let Some(slot) = slot.upgrade() {
                    slot.fill(());
                    self.pump(at);
                }
            }
            Event::Disk(at, queue) => {
                if queue.step(&self.kernel) {
                    let ms = self.kernel.between(1, 30);
                    self.kernel.after(ms, Event::Disk(at, queue));
                }
                self.pump(at);
                // Soon what was given up too early would come home as a deposit.
                if self.kinds.rights || self.kinds.along {
                    self.ledger.look(&self.tablets[at], &self.hub);
                }
            }
            Event::Ask(question, is_first) => self.asked(question, is_first),
            Event::Answer(question, answer, set) => {
                for (name, value) in set {
                    if value.is_empty() {
                        question.jar.borrow_mut().remove(&name);
                    } else {
                        question.jar.borrow_mut().insert(name, value);
                    }
                }
                question.slot.fill(answer);
                self.pump(question.at);
            }
            Event::Up(wire, frame) => self.frame_up(&wire, frame.as_deref()),
            Event::Down(wire, frame) => {
                match frame {
                    Some(frame) if !wire.cut.get() => wire.incoming.put(frame),
                    Some(_) => {}
                    None => wire.incoming.close(),
                }
                self.pump(wire.at);
            }
            Event::Act(at) => self.acts(at),
            Event::Session(at) => self.session(at),
            Event::Away(at) => self.put_away(at),
            Event::Settle => self.settle(),
            Event::Day(day) => self.day(day),
            Event::Fault(fault) => self.fault(&fault),
            Event::Mended(at) => {
                self.kernel.links.borrow_mut()[at] = self.kinds.link();
            }
        }
    }

    /// Lets a tablet's programs run.
    pub fn pump(&mut self, at: usize) {
        while let Some((reply, meant)) = self.tablets[at].pump() {
            self.done(at, &reply, meant);
        }
    }

    fn asked(&mut self, question: Rc<Question>, is_first: bool) {
        self.kernel.note(1, &question.body);
        if let Some(wire) = &question.opens {
            let status = self.hub.open(&question, wire);
            match status {
                Some(status) => {
                    let answer = ankomst_core::platform::HttpAnswer {
                        status,
                        problem: None,
                        retry_s: None,
                        body: Vec::new(),
                    };
                    question.back(&self.kernel, answer, Vec::new());
                }
                None => question.fails_late(&self.kernel),
            }
            return;
        }
        if question.path == "/api/v1/sync" {
            self.asks(question.at);
        }
        let answered = self.hub.answer(&question);
        self.arrived();
        match answered.filter(|_| !self.hub.is_cut()) {
            Some((answer, set)) if is_first => {
                let answer = self.as_heard(&question, answer);
                self.kernel.note(2, &answer.body);
                question.back(&self.kernel, answer, set);
            }
            None if is_first => question.fails_late(&self.kernel),
            _ => {}
        }
        self.came_to_an_end();
    }

    fn frame_up(&mut self, wire: &Rc<Wire>, frame: Option<&[u8]>) {
        self.kernel.note(3, frame.unwrap_or_default());
        if frame.is_some() && wire.cut.get() {
            return;
        }
        let frames = self.hub.hear(wire, frame);
        for frame in frames.into_iter().filter(|_| !self.hub.is_cut()) {
            wire.down(&self.kernel, frame);
        }
        self.arrived();
        self.came_to_an_end();
    }

    /// What has arrived is tried soon; what else is new is told at once.
    fn arrived(&mut self) {
        if self.hub.has_arrived() {
            if !core::mem::replace(&mut self.is_due, true) {
                self.kernel.after(self.kernel.between(5, 400), Event::Settle);
            }
        } else if self.hub.has_news() {
            self.tell();
        }
    }

    fn settle(&mut self) {
        self.is_due = false;
        self.hub.settle();
        self.hub.has_news();
        self.tell();
        self.came_to_an_end();
    }

    /// Tells each socket what is new.
    pub fn tell(&mut self) {
        for (wire, frames) in self.hub.news() {
            for frame in frames {
                self.kernel.note(4, frame.as_deref().unwrap_or_default());
                if self.kernel.chance(self.kernel.links.borrow()[wire.at].loss) {
                    wire.sever(&self.kernel);
                }
                wire.down(&self.kernel, frame);
            }
        }
    }

    /// A day begins: people take their tablets now and then.
    fn day(&mut self, day: u32) {
        // Half of them are at work at the same time once a day.
        let together = self.kernel.between(7 * HOUR, 17 * HOUR);
        for at in 0..self.tablets.len() {
            if self.tablets[at].gone {
                continue;
            }
            let sessions = 2 + self.kernel.roll(3);
            for session in 0..sessions {
                let begins = if session == 0 && self.kernel.chance(500) {
                    together + self.kernel.between(0, MINUTE)
                } else {
                    self.kernel.between(6 * HOUR, 20 * HOUR)
                };
                self.kernel.after(begins, Event::Session(at));
            }
        }
        self.faults_of(day, together);
        self.ages_of_a_day(day);
        if self.size.orders {
            self.orders_of_a_day();
        }
    }

    /// Somebody takes a tablet.
    pub fn session(&mut self, at: usize) {
        let kernel = Rc::clone(&self.kernel);
        if self.tablets[at].gone {
            return;
        }
        if self.kinds.others && self.tablets[at].people.len() < 3 && kernel.chance(40) {
            let other = kernel.roll(self.people);
            self.tablets[at].people.retain(|person| *person != other);
            self.tablets[at].people.insert(0, other);
            self.tablets[at].crash(&kernel);
        } else if self.tablets[at].people.len() > 1 && kernel.chance(200) {
            self.tablets[at].people.rotate_left(1);
            self.tablets[at].crash(&kernel);
        }
        let is_away = self.tablets[at].away_until > kernel.now();
        kernel.links.borrow_mut()[at].up = !is_away && !kernel.chance(self.kinds.offline);
        self.tablets[at].awake = true;
        if !self.tablets[at].start(&kernel) {
            return;
        }
        self.pump(at);
        let mut ms = kernel.between(SECOND, 5 * SECOND);
        for _ in 0..3 + kernel.roll(6) {
            kernel.after(ms, Event::Act(at));
            ms += kernel.between(SECOND, 25 * SECOND);
        }
        kernel.after(ms + kernel.between(3 * SECOND, 2 * MINUTE), Event::Away(at));
    }

    /// A person does something, unless the tablet is still at the last thing.
    fn acts(&mut self, at: usize) {
        let tablet = &self.tablets[at];
        if !tablet.awake || tablet.core().is_none() {
            return;
        }
        if tablet.is_busy() {
            return self.kernel.after(self.kernel.between(200, 3 * SECOND), Event::Act(at));
        }
        self.act(at);
        self.pump(at);
    }

    fn put_away(&mut self, at: usize) {
        self.pump(at);
        self.ledger.look(&self.tablets[at], &self.hub);
        let kernel = Rc::clone(&self.kernel);
        match kernel.roll(10) {
            0..2 => self.crash_tablet(at),
            2..8 => {
                self.tablets[at].awake = false;
                if kernel.chance(600) {
                    self.tablets[at].sever(&kernel);
                }
            }
            // It lies there with the app open for a while.
            _ => kernel.after(kernel.between(MINUTE, 20 * MINUTE), Event::Away(at)),
        }
    }

    /// Ends the programs of a tablet.
    pub fn crash_tablet(&mut self, at: usize) {
        let kernel = Rc::clone(&self.kernel);
        self.tablets[at].crash(&kernel);
        self.tablets[at].awake = false;
    }

    /// A server that was cut off in the middle starts again.
    fn came_to_an_end(&mut self) {
        if self.kinds.cut_at.is_some() && self.hub.is_cut() {
            self.kinds.cut_at = None;
            self.fault(&Fault::ServerCrash);
        }
    }

    /// Counts what happened.
    pub fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }
}
