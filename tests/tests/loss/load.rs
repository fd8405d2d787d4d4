//! Tablets that are typed on without a pause, whatever becomes of the server meanwhile.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::{Duration, Instant};

use ankomst_shared::app::{Command, Contact};
use ankomst_shared::ids::{ChangeHash, DocumentId};
use ankomst_shared::value::Value;
use ankomst_tests::kit::dump::Dump;
use ankomst_tests::kit::ledger::{Ledger, Shown};
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::Tablet;
use ankomst_tests::tablet::device::SYNC_MAX;
use tokio::task::JoinHandle;

use crate::kit::{new_case, signed_in, text};

/// Texts after which a tablet begins a new case: nobody writes hundreds of answers into one.
const TEXTS_OF_A_CASE: usize = 20;

/// Tablets, and a person at each who types and never waits for the server.
pub(crate) struct Load {
    pub(crate) tablets: Vec<Rc<Tablet>>,
    ledger: Rc<RefCell<Ledger>>,
    hands: Rc<Cell<Hands>>,
    typing: Vec<JoinHandle<()>>,
}

/// What the people at the tablets do.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Hands {
    #[default]
    Type,
    Rest,
    Leave,
}

impl Load {
    /// Signs tablets in and begins to type on each, a text every so many milliseconds. All write
    /// into one case in turn with cases of their own.
    pub(crate) async fn begin(
        server: &Server,
        folder: &std::path::Path,
        logins: &[&str],
        pace_ms: u64,
    ) -> Self {
        let (ledger, hands) = (Rc::<RefCell<Ledger>>::default(), Rc::<Cell<Hands>>::default());
        let (mut tablets, mut typing) = (Vec::new(), Vec::new());
        let mut common = None;
        for (number, login) in logins.iter().enumerate() {
            let store = folder.join(format!("tablet-{number}"));
            let tablet = Rc::new(signed_in(server, &store, login).await);
            let shared = match common {
                Some(case) => case,
                None => new_case(&tablet, "Skrivs av alla").await,
            };
            common = Some(shared);
            tablet.sync().await;
            tablet.until_field((shared, "arriving_from"), "the common case comes", |_| true).await;
            tablets.push(Rc::clone(&tablet));
            let (ledger, hands) = (Rc::clone(&ledger), Rc::clone(&hands));
            let person = Person { tablet, number, shared, ledger, pace_ms };
            typing.push(tokio::task::spawn_local(async move { person.types(&hands).await }));
        }
        Self { tablets, ledger, hands, typing }
    }

    /// Everything that the server has said it has on its disk, to any tablet.
    pub(crate) fn acked(&self) -> BTreeSet<ChangeHash> {
        self.tablets.iter().flat_map(|tablet| tablet.heard().acked.clone()).collect()
    }

    /// Waits until the server has acknowledged something new to so many tablets.
    pub(crate) async fn until_acked(&self, tablets: usize) {
        let count = |tablet: &Rc<Tablet>| tablet.heard().acked.len();
        let before: Vec<usize> = self.tablets.iter().map(count).collect();
        let begun = Instant::now();
        for turn in 0_u32.. {
            let news = self.tablets.iter().zip(&before).filter(|(it, old)| count(it) > **old);
            if news.count() >= tablets {
                return;
            }
            assert!(begun.elapsed() < SYNC_MAX, "the server acknowledges nothing");
            if turn.is_multiple_of(10) {
                self.wake().await;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Asks every tablet to look for the server.
    pub(crate) async fn wake(&self) {
        for tablet in &self.tablets {
            tablet.handle(Command::SyncNow).await;
        }
    }

    /// Lets the people rest from here on, or type again.
    pub(crate) fn rest(&self, rests: bool) {
        self.hands.set(if rests { Hands::Rest } else { Hands::Type });
    }

    /// Ends the typing and gives the ledger; the tablets stay.
    pub(crate) async fn end(&mut self) -> Rc<RefCell<Ledger>> {
        self.hands.set(Hands::Leave);
        for typing in self.typing.drain(..) {
            typing.await.unwrap();
        }
        Rc::clone(&self.ledger)
    }

    /// How often a tablet was answered with that status.
    pub(crate) fn answers(tablet: &Tablet, status: u16) -> u32 {
        tablet.heard().statuses.get(&status).copied().unwrap_or_default()
    }

    /// Waits until everything typed is shared.
    pub(crate) async fn settle(&self) {
        for tablet in &self.tablets {
            tablet.sync().await;
        }
    }

    /// Waits until every tablet has its live socket. One that is only on the way to it may open it at
    /// a server that was started meanwhile, and has nothing to ask there.
    pub(crate) async fn until_live(&self) {
        for tablet in &self.tablets {
            let is_live = || tablet.status().contact == Contact::Live;
            assert!(tablet.eventually(SYNC_MAX, is_live).await, "{:?}", tablet.status());
        }
    }

    /// Waits until every tablet has exchanged with a server that is started by `start`.
    pub(crate) async fn meet(&self, start: impl FnOnce()) {
        let answered = |tablet: &Tablet| Self::answers(tablet, 200);
        let before: Vec<_> = self.tablets.iter().map(|tablet| answered(tablet)).collect();
        start();
        for (tablet, before) in self.tablets.iter().zip(before) {
            let met = tablet.eventually(SYNC_MAX, || answered(tablet) > before).await;
            assert!(met, "{before} answers before, {:?}", tablet.status());
            tablet.sync().await;
        }
    }

    /// Whether each tablet's last exchange moved nothing either way.
    pub(crate) fn is_quiet(&self) -> bool {
        self.tablets.iter().all(|tablet| tablet.heard().last.as_ref().unwrap().moved == 0)
    }

    /// After quiet exchanges chain and digest of each tablet are those of the server, the chain is
    /// that of the changes themselves, and no tablet ever met another log.
    pub(crate) fn agrees_with(&self, dump: &Dump) {
        assert!(self.is_quiet(), "the last exchange moved something");
        let end = dump.head();
        for tablet in &self.tablets {
            let heard = tablet.heard();
            let met = heard.last.as_ref().unwrap();
            assert_eq!((met.hello.cursor.feed, met.hello.cursor.chain), (end.feed, end.chain));
            assert_eq!((met.place.feed, met.place.chain), (end.feed, end.chain));
            assert_eq!(met.hello.digest, met.digest);
            assert_eq!(heard.anew, 1, "the log began a new life");
        }
    }

    /// Waits until every case reads the same on all tablets.
    pub(crate) async fn reads_the_same(&self) {
        let begun = Instant::now();
        loop {
            let mut shown = Vec::new();
            for tablet in &self.tablets {
                shown.push(cases_of(tablet).await);
            }
            let (first, others) = shown.split_first().unwrap();
            assert!(first.len() > self.tablets.len());
            let Some(other) = others.iter().find(|other| *other != first) else { return };
            let differing = first.iter().find(|case| !other.contains(case));
            assert!(begun.elapsed() < SYNC_MAX, "tablets never agree: {differing:#?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

type Shows = (DocumentId, Vec<(String, Value, BTreeSet<Value>)>);

async fn cases_of(tablet: &Tablet) -> Vec<Shows> {
    let mut shown = Vec::new();
    for (document, _) in tablet.listed("/arenden").await {
        let form = tablet.form(document, None).await;
        let fields = form.sections.into_iter().flat_map(|section| section.fields);
        let fields = fields.map(|field| {
            let said = field.statements.into_iter().map(|one| one.value).collect();
            (field.path.as_str().to_owned(), field.value, said)
        });
        shown.push((document, fields.collect()));
    }
    shown.sort_by_key(|(document, _)| *document);
    shown
}

struct Person {
    tablet: Rc<Tablet>,
    number: usize,
    shared: DocumentId,
    ledger: Rc<RefCell<Ledger>>,
    pace_ms: u64,
}

impl Person {
    async fn types(&self, hands: &Cell<Hands>) {
        let mut own = self.shared;
        for turn in 0.. {
            while hands.get() == Hands::Rest {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            if hands.get() == Hands::Leave {
                return;
            }
            if turn % TEXTS_OF_A_CASE == 0 {
                own = new_case(&self.tablet, &format!("Hushåll {} {turn}", self.number)).await;
            }
            let case = if turn % 10 == 9 { self.shared } else { own };
            let typed =
                format!("Rum {}-{turn} är kallt och fönstret går inte att stänga", self.number);
            self.ledger.borrow_mut().note(&typed, Shown::Nothing);
            self.tablet.answer(case, "arriving_from", text(&typed)).await;
            self.ledger.borrow_mut().shown(&typed, Shown::Saved);
            tokio::time::sleep(Duration::from_millis(self.pace_ms)).await;
        }
    }
}
