//! An order to wipe, carried out with the power cut at every commit: nothing goes that the server does not have, and in
//! the end everything has gone and the server was told.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at once")]

mod desk;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::pin::Pin;
use std::rc::Rc;

use ankomst_core::Core;
use ankomst_core::platform::{
    HttpAnswer, Method, Platform, StorageFacts, Transport, TransportError,
};
use ankomst_core::store::{Failure, MemoryStore, Store, Table, Write};
use ankomst_shared::app::{Act, Acted, Command, Refusal, Reply, SignIn, Status, Wipe};
use ankomst_shared::ids::{DepositId, Epoch};
use ankomst_shared::path::FieldPath;
use ankomst_shared::sync::message::{Farewell, FarewellAnswer, Gone, Order};
use ankomst_shared::sync::{Chain, Position, wire};
use ankomst_shared::value::Value;
use futures_util::FutureExt;

use desk::{Counter, Desk, Door, Nowhere, PASSPHRASE, Still};

const EPOCH: [u8; 16] = [4; 16];
/// What the server never takes.
const JUNK: &[u8] = b"skrot";

/// What the server at home has and says.
#[derive(Default)]
struct Home {
    /// Sealed deposits.
    has: BTreeSet<Vec<u8>>,
    takes: bool,
    orders: bool,
    receipts: u32,
    asked: u32,
    backed_up: u64,
    takes_junk: bool,
}

impl Home {
    fn answer(&mut self, body: &[u8]) -> Option<HttpAnswer> {
        let asked: Farewell = wire::unpack(body).ok()?;
        assert_eq!(asked.token.len(), 32);
        self.asked += 1;
        self.receipts += u32::from(asked.gone == Some(Gone::Wiped));
        let is_good = |sealed: &[u8]| self.takes_junk || sealed != JUNK;
        let good = asked.deposits.iter().filter(|deposit| is_good(&deposit.sealed));
        let ids = good.map(|deposit| deposit.id);
        let taken: Vec<DepositId> = if self.takes { ids.collect() } else { Vec::new() };
        if self.takes {
            self.has.extend(asked.deposits.iter().map(|deposit| deposit.sealed.to_vec()));
        }
        let count = u64::try_from(self.has.len()).unwrap();
        let answer = FarewellAnswer {
            taken,
            order: self.orders.then_some(Order::Wipe),
            epoch: Epoch::from_bytes(EPOCH),
            received: Position::at(count + 1, Chain::default()),
            backed_up: self.backed_up,
            anew: asked.epoch != Some(Epoch::from_bytes(EPOCH)),
        };
        Some(HttpAnswer { status: 200, problem: None, retry_s: None, body: wire::pack(&answer) })
    }
}

struct Tablet {
    desk: Desk,
    door: Way,
}

struct Way {
    door: Door,
    home: Rc<RefCell<Home>>,
}

impl Transport for Way {
    type Socket = Nowhere;

    fn send(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> impl Future<Output = Result<HttpAnswer, TransportError>> + 'static {
        let answer = if path == "/api/v1/farewell" {
            self.home.borrow_mut().answer(&body).ok_or_else(|| TransportError("none".to_owned()))
        } else {
            self.door.send(method, path, body).now_or_never().unwrap()
        };
        std::future::ready(answer)
    }

    fn connect(
        &self,
        path: &str,
    ) -> impl Future<Output = Result<Nowhere, TransportError>> + 'static {
        self.door.connect(path)
    }
}

impl Platform for Tablet {
    type Store = MemoryStore;
    type Transport = Way;
    type Clock = Still;
    type Random = Counter;

    fn store(&self) -> &MemoryStore {
        self.desk.store()
    }

    fn transport(&self) -> &Way {
        &self.door
    }

    fn clock(&self) -> &Still {
        self.desk.clock()
    }

    fn random(&self) -> &Counter {
        self.desk.random()
    }

    fn storage_facts(&self) -> impl Future<Output = Option<StorageFacts>> + 'static {
        std::future::ready(None)
    }
}

fn ask(core: &Core<Tablet>, command: Command) -> Reply {
    core.handle(command).now_or_never().unwrap()
}

fn status(core: &Core<Tablet>) -> Status {
    let Reply::Status(status) = ask(core, Command::Status) else { panic!("no status") };
    status
}

/// A tablet that is switched on, and its loops for a while.
fn runs(store: &MemoryStore, home: &Rc<RefCell<Home>>, used: impl Fn(&Core<Tablet>)) -> Status {
    let desk = Desk::on(store);
    let ticks = desk.ticks();
    let door = Way { door: Door::default(), home: Rc::clone(home) };
    let core = Core::start(Tablet { desk, door }, "test").now_or_never().unwrap().unwrap();
    used(&core);
    let running = core.clone();
    let mut loops: Pin<Box<dyn Future<Output = ()>>> = Box::pin(async move { running.run().await });
    for _ in 0..8 {
        ticks.set(ticks.get() + 1);
        assert!((&mut loops).now_or_never().is_none());
    }
    status(&core)
}

fn signing_in(forgotten: bool) -> Command {
    Command::SignIn(SignIn {
        login: "elin".to_owned(),
        password: "elin-i-provby".to_owned(),
        passphrase: PASSPHRASE.to_owned(),
        device_name: "Surfplatta".to_owned(),
        forgotten,
        passkey: Vec::new(),
    })
}

/// Signs in and writes: changes, and what does not fit and stays a draft; then the screen is locked.
fn works(core: &Core<Tablet>) {
    assert_eq!(ask(core, signing_in(false)), Reply::Done);
    for label in ["Noori", "Haidari"] {
        let label = vec![("label".to_owned(), Value::text(label))];
        let Reply::Acted(Acted { document: Some(document), .. }) =
            ask(core, Command::Act(Act::NewCase, label))
        else {
            panic!("no case")
        };
        for (path, typed) in [("arriving_from", "Mazar"), ("email", "inte klart")] {
            let (path, value) = (FieldPath::parse(path).unwrap(), Value::text(typed));
            assert_eq!(ask(core, Command::Type { document, path, value }), Reply::Saved);
        }
    }
    ask(core, Command::Lock);
}

fn rows(store: &MemoryStore, table: Table) -> Vec<(Vec<u8>, Vec<u8>)> {
    store.load(table, b"").now_or_never().unwrap().unwrap()
}

/// What is to come home: deposits of changes, and of each document with drafts.
fn deposits(store: &MemoryStore) -> BTreeSet<Vec<u8>> {
    let rows = rows(store, Table::Deposits).into_iter();
    rows.filter(|(key, _)| key.len() == 32 || !key.ends_with(b"n"))
        .map(|(_, sealed)| sealed)
        .collect()
}

/// How many commits the order takes, with a tablet that has written and is locked.
fn ordered(home: &Rc<RefCell<Home>>) -> (MemoryStore, BTreeSet<Vec<u8>>) {
    let store = MemoryStore::default();
    runs(&store, &Rc::default(), works);
    let wanted = deposits(&store);
    assert_eq!(wanted.len(), 6, "two cases, a change in each, and what is half typed in each");
    home.borrow_mut().takes = true;
    home.borrow_mut().orders = true;
    (store.restarted(), wanted)
}

fn is_bare(store: &MemoryStore) -> bool {
    let meta = rows(store, Table::Meta).into_iter();
    let open = [b"arrived".as_slice(), b"language", b"emptied", b"road/"];
    let only_open = |key: &[u8]| open.iter().any(|known| key.starts_with(known));
    meta.into_iter().all(|(key, _)| only_open(&key))
        && [Table::Chunks, Table::Drafts, Table::Files]
            .into_iter()
            .all(|table| rows(store, table).is_empty())
}

#[test]
fn a_power_cut_at_any_commit_of_a_wipe_loses_nothing_and_only_delays_it() {
    let home = Rc::<RefCell<Home>>::default();
    let (store, _) = ordered(&home);
    assert!(!is_bare(&store));
    assert_eq!(runs(&store, &home, |_| {}).wipe, Wipe::Done);
    let commits = store.commits();
    assert!(is_bare(&store) && commits >= 4, "{commits}");
    for failure in [Failure::Refused, Failure::CrashBefore, Failure::CrashAfter] {
        for at in 0..commits {
            let home = Rc::<RefCell<Home>>::default();
            let (store, wanted) = ordered(&home);
            store.fail_at(at, failure);
            runs(&store, &home, |_| {});
            if !is_bare(&store) {
                // What has not gone opens or says why not.
                assert_eq!(home.borrow().receipts, 0, "{failure:?} at {at}");
            }
            let store = store.restarted();
            let after = runs(&store, &home, |_| {});
            assert_eq!(after.wipe, Wipe::Done, "{failure:?} at {at}");
            assert!(is_bare(&store), "{failure:?} at {at}");
            assert!(home.borrow().has.is_superset(&wanted), "lost: {failure:?} at {at}");
            assert!(home.borrow().receipts > 0, "no receipt: {failure:?} at {at}");
            assert!(!deposits(&store).is_empty(), "no backup has them yet");
        }
    }
}

#[test]
fn nothing_goes_before_the_server_has_everything() {
    let home = Rc::<RefCell<Home>>::default();
    let (store, wanted) = ordered(&home);
    home.borrow_mut().takes = false;
    let before = rows(&store, Table::Chunks);
    let status = runs(&store, &home, |_| {});
    assert_eq!((status.wipe, home.borrow().receipts), (Wipe::Ordered, 0));
    assert_eq!(rows(&store, Table::Chunks), before);
    assert!(deposits(&store).is_superset(&wanted));
    // It is not opened any more, so nothing is written in it that would not come home.
    runs(&store, &home, |core| {
        let (login, passphrase) = ("elin".to_owned(), PASSPHRASE.to_owned());
        let opens = ask(core, Command::Unlock { login, passphrase });
        assert_eq!(opens, Reply::Refused(Refusal::Wiped));
    });
    home.borrow_mut().takes = true;
    assert_eq!(runs(&store, &home, |_| {}).wipe, Wipe::Done);
    assert!(is_bare(&store));
}

#[test]
fn a_wipe_does_not_wait_for_what_files_brought_and_leaves_it_a_road() {
    let home = Rc::<RefCell<Home>>::default();
    let (store, wanted) = ordered(&home);
    // As a file leaves them: nobody's, two that the server takes and one that it never does.
    let brought = [b"gott 1".to_vec(), b"gott 2".to_vec(), JUNK.to_vec()];
    let put = brought.iter().enumerate().map(|(at, sealed)| {
        let key = [[0xff; 16], [u8::try_from(at).unwrap(); 16]].concat();
        Write::put(Table::Deposits, key, sealed.clone())
    });
    store.commit(put.collect()).now_or_never().unwrap().unwrap();
    let status = runs(&store, &home, |_| {});
    assert_eq!((status.wipe, home.borrow().receipts > 0), (Wipe::Done, true), "it waits");
    assert!(is_bare(&store) && home.borrow().has.is_superset(&wanted));
    let has_road = |store: &MemoryStore| {
        rows(store, Table::Meta).iter().any(|(key, _)| key.starts_with(b"road/"))
    };
    let carried = |store: &MemoryStore| {
        rows(store, Table::Deposits).iter().filter(|(key, _)| key.starts_with(&[0xff; 16])).count()
    };
    assert!(brought[..2].iter().all(|one| home.borrow().has.contains(one)), "not carried home");
    // Everything of hers is in a backup: the road stays for what is not.
    home.borrow_mut().backed_up = u64::MAX;
    let store = store.restarted();
    runs(&store, &home, |_| {});
    assert_eq!((has_road(&store), carried(&store), deposits(&store).len()), (true, 1, 1));
    home.borrow_mut().takes_junk = true;
    let store = store.restarted();
    runs(&store, &home, |_| {});
    let store = store.restarted();
    runs(&store, &home, |_| {});
    assert_eq!((has_road(&store), carried(&store)), (false, 0), "a road for nothing");
}

#[test]
fn half_typed_answers_stay_on_the_tablet_while_their_vault_may_be_opened() {
    let home = Rc::<RefCell<Home>>::default();
    let (store, wanted) = ordered(&home);
    home.borrow_mut().orders = false;
    runs(&store, &home, |_| {});
    assert_eq!(home.borrow().has.len(), wanted.len() - 2, "the two drafts are its person's to end");
    let asked = home.borrow().asked;
    assert!(asked < 20, "{asked} farewells for nothing");
}

#[test]
fn what_is_half_typed_stays_deposited_when_its_record_has_left() {
    let store = MemoryStore::default();
    runs(&store, &Rc::default(), works);
    let drafted = |store: &MemoryStore| {
        let all = rows(store, Table::Deposits).into_iter();
        all.filter(|(key, _)| key.len() == 33 && key.ends_with(b"d")).collect::<Vec<_>>()
    };
    let before = drafted(&store);
    assert_eq!(before.len(), 2);
    let gone = rows(&store, Table::Chunks).into_iter();
    let gone = gone.map(|(key, _)| Write::delete(Table::Chunks, key)).collect();
    store.commit(gone).now_or_never().unwrap().unwrap();
    let store = store.restarted();
    runs(&store, &Rc::default(), |core| {
        let (login, passphrase) = ("elin".to_owned(), PASSPHRASE.to_owned());
        assert_eq!(ask(core, Command::Unlock { login, passphrase }), Reply::Done);
        ask(core, Command::Lock);
    });
    assert_eq!(drafted(&store), before);
}

#[test]
fn a_second_draft_of_a_record_comes_home_though_the_first_one_has() {
    for at in 0.. {
        let home = Rc::<RefCell<Home>>::default();
        let (store, wanted) = ordered(&home);
        let draft = rows(&store, Table::Deposits).into_iter().find(|(key, _)| key.ends_with(b"d"));
        let (key, sealed) = draft.unwrap();
        // The battery is empty when the server has all that there was.
        store.fail_at(at, Failure::CrashBefore);
        runs(&store, &home, |_| {});
        let store = store.restarted();
        if !home.borrow().has.is_superset(&wanted) {
            continue;
        }
        assert!(!is_bare(&store), "nothing was in between");
        let second = [sealed.as_slice(), b"2"].concat();
        let put = vec![Write::put(Table::Deposits, key, second.clone())];
        store.commit(put).now_or_never().unwrap().unwrap();
        assert_eq!(runs(&store, &home, |_| {}).wipe, Wipe::Done);
        assert!(is_bare(&store) && home.borrow().has.contains(&second), "it is lost");
        break;
    }
}

#[test]
fn what_a_forgotten_vault_has_written_is_counted_until_it_is_handed_in() {
    let home = Rc::<RefCell<Home>>::default();
    let store = MemoryStore::default();
    runs(&store, &home, works);
    let wanted = deposits(&store);
    let store = store.restarted();
    let now = runs(&store, &home, |core| {
        assert_eq!(ask(core, signing_in(true)), Reply::Done);
        assert_eq!(status(core).waiting, 6, "all of it waits on this tablet");
    });
    assert_eq!((now.waiting, wanted.len()), (6, 6));
    home.borrow_mut().takes = true;
    let store = store.restarted();
    runs(&store, &home, |_| {});
    assert!(home.borrow().has.is_superset(&wanted));
    let now = runs(&store, &home, |core| {
        let (login, passphrase) = ("elin".to_owned(), PASSPHRASE.to_owned());
        assert_eq!(ask(core, Command::Unlock { login, passphrase }), Reply::Done);
    });
    assert_eq!(now.waiting, 0);
}
