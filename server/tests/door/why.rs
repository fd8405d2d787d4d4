//! Why a record is, or is not, on a device: the answer is that of the real feed, for every device and every record.

use std::collections::{BTreeMap, BTreeSet};

use ankomst_server::projector;
use ankomst_server::seed::town::{Plan, Size};
use ankomst_server::seed::{self, town};
use ankomst_server::storage::accesses::entry::{Mode, What};
use ankomst_server::storage::accesses::read as accesses;
use ankomst_server::storage::sqlite::{accounts, grants, log};
use ankomst_server::sync::rule::Says;
use ankomst_server::sync::scope::{Along, Ruled};
use ankomst_server::sync::staff;
use ankomst_server::sync::why::{Rule, Why, said, why};
use ankomst_shared::app::Language;
use ankomst_shared::ids::{DeviceId, DocumentId};
use ankomst_shared::sync::message::{Exchange, ExchangeAnswer, Hello, Push};
use axum::http::StatusCode;

use super::kit::{Browser, Door, ankomst};
use super::register::{lines, page, read};
use super::village::first_exchange;

const LOGINS: [&str; 7] = ["elin", "ingrid", "mats", "sixten", "vera", "tyra", "anton"];

/// A tablet as the feed fills and empties it.
struct Tablet {
    browser: Browser,
    holds: BTreeSet<DocumentId>,
    last: ExchangeAnswer,
    wants: Vec<DocumentId>,
}

impl Tablet {
    async fn of(door: &Door, login: &str) -> Self {
        let (browser, last) = first_exchange(door, login).await;
        let mut tablet = Self { browser, holds: BTreeSet::new(), last, wants: Vec::new() };
        tablet.takes();
        tablet.comes(door).await;
        tablet
    }

    fn device(&self) -> DeviceId {
        self.browser.device.unwrap()
    }

    fn takes(&mut self) {
        self.holds.retain(|id| !self.last.drop.contains(id));
        self.holds.extend(self.last.documents.iter().map(|one| one.document));
    }

    /// Comes until there is nothing more to get.
    async fn comes(&mut self, door: &Door) {
        loop {
            let hello = Hello {
                epoch: Some(self.last.welcome.epoch),
                cursor: self.last.feed.cursor,
                high: self.last.feed.cursor,
                arrived: self.last.welcome.received,
                digest: self.last.digest,
                wants: self.wants.clone(),
                ..Hello::first(self.device(), "test".to_owned())
            };
            let question = Exchange {
                hello,
                push: Push::default(),
                deposits: Vec::new(),
                looks: None,
                gone: None,
            };
            self.last = self.browser.post(door, "/api/v1/sync", &question).await.read();
            self.takes();
            if self.last.documents.is_empty() && self.last.drop.is_empty() {
                break;
            }
        }
    }
}

fn all(door: &Door) -> Vec<DocumentId> {
    door.app.readers.read(log::document_ids).unwrap()
}

fn ask(door: &Door, device: DeviceId, record: DocumentId) -> Why {
    why(&door.app, device, record).unwrap().unwrap()
}

/// For every record: it is said to be given exactly if the feed has given it; gives the rules that were met.
fn agrees(door: &Door, login: &str, tablet: &Tablet) -> BTreeSet<String> {
    let mut rules = BTreeSet::new();
    for (number, id) in all(door).into_iter().enumerate() {
        let found = ask(door, tablet.device(), id);
        let is_here = tablet.holds.contains(&id);
        assert_eq!(found.is_given(), is_here, "{login} {id}: {found:#?}");
        assert_eq!(found.told.holds, is_here, "{login} {id}: {found:#?}");
        if found.right.as_ref().is_some_and(|right| right.level > 0) {
            let said = said::reasons(&found, Language::Sv).concat();
            assert!(!said.contains("Alla i enheten"), "{said}: {found:#?}");
        }
        if !rules.insert(format!("{:?}", found.rule)) && number % 16 > 0 {
            continue;
        }
        for language in [Language::Sv, Language::En] {
            let said = said::reasons(&found, language);
            assert!(!said.is_empty() && said.iter().all(|line| !line.contains('{')), "{said:?}");
            assert!(!said::whether(&found, language).contains('{'));
            let times = said::times(&found, door.app.now_ms(), language);
            assert!(!times.is_empty() && times.iter().all(|line| !line.contains('{')), "{times:?}");
        }
    }
    rules
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reason_is_that_of_the_feed_for_every_device_and_record() {
    let door = Door::open().await;
    let today = "2026-11-25".parse().unwrap();
    town::sow(&door.app, Plan { size: Size::S, seed: 1, years: 1, today }).await.unwrap();
    projector::rebuild(&door.app).unwrap();
    let mut tablets = BTreeMap::new();
    let mut rules = BTreeSet::new();
    for login in ["elin", "ingrid", "mats"] {
        let tablet = Tablet::of(&door, login).await;
        rules.extend(agrees(&door, login, &tablet));
        tablets.insert(login, tablet);
    }
    let visits = |tablet: &Tablet| {
        let is_visit = |id: &DocumentId| {
            let row = door.app.readers.read(|db| log::document(db, *id)).unwrap();
            row.is_some_and(|row| row.kind == "run")
                && ask(&door, tablet.device(), *id).rule == Rule::Ruled(Ruled::NotAlong)
        };
        all(&door).into_iter().filter(is_visit).collect::<Vec<_>>()
    };
    // A house is taken along: its visits come, for that reason, and go again with it.
    let elin = tablets.get_mut("elin").unwrap();
    let missing = visits(elin);
    assert!(!missing.is_empty(), "elin has begun all visits");
    let house = door.app.readers.read(|db| log::document(db, missing[0])).unwrap().unwrap().parent;
    elin.wants = house.into_iter().collect();
    elin.comes(&door).await;
    rules.extend(agrees(&door, "elin", elin));
    assert!(visits(elin).len() < missing.len() && elin.holds.contains(&missing[0]));
    let found = ask(&door, elin.device(), missing[0]);
    assert_eq!(found.rule, Rule::Ruled(Ruled::Given(Along::Taken)));
    elin.wants.clear();
    elin.comes(&door).await;
    rules.extend(agrees(&door, "elin", elin));
    assert_eq!(visits(elin), missing);

    // From here on assignment decides.
    let unit =
        door.app.readers.read(|db| accounts::user_by_login(db, "elin")).unwrap().unwrap().unit;
    staff::let_decide(&door.app, unit, true).await.unwrap();
    elin.comes(&door).await;
    rules.extend(agrees(&door, "elin", elin));
    for wanted in ["NotAlong", "NotOwn", "OtherKind", "Supervises", "Taken", "NoVisit"] {
        assert!(
            rules.iter().any(|rule| rule.contains(wanted)),
            "{wanted} was never met: {rules:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_the_village_is_told_why_and_an_ended_right_is_the_reason() {
    let door = Door::open().await;
    seed::run(&door.app, 1).await.unwrap();
    let mut tablets = BTreeMap::new();
    let mut rules = BTreeSet::new();
    for login in LOGINS {
        let tablet = Tablet::of(&door, login).await;
        rules.extend(agrees(&door, login, &tablet));
        tablets.insert(login, tablet);
    }
    for wanted in ["NotChild", "OtherKind", "NoVisit"] {
        assert!(
            rules.iter().any(|rule| rule.contains(wanted)),
            "{wanted} was never met: {rules:?}"
        );
    }
    let elin = &tablets["elin"];
    let case = *elin
        .holds
        .iter()
        .find(|id| {
            door.app.readers.read(|db| log::document(db, **id)).unwrap().unwrap().kind == "case"
        })
        .unwrap();

    // What is protected more than a right reaches goes with the next contact, and until then it is said.
    let user = door.app.readers.read(|db| accounts::user_by_login(db, "elin")).unwrap().unwrap();
    let by = user.id;
    door.app
        .writer
        .write(move |db| {
            db.execute("UPDATE grants SET level = 1", [])?;
            grants::raise(db, (case, 2), (by, "hot", 1))
        })
        .await
        .unwrap();
    let found = ask(&door, elin.device(), case);
    assert_eq!(found.rule, Rule::Ruled(Ruled::Refused(Says::Protected)));
    assert!(!found.is_given() && found.told.holds);
    assert!(said::whether(&found, Language::Sv).contains("tas bort vid nästa kontakt"));
    let elin = tablets.get_mut("elin").unwrap();
    elin.comes(&door).await;
    agrees(&door, "elin", elin);
    assert!(!elin.holds.contains(&case));
    let found = ask(&door, elin.device(), case);
    let times = said::times(&found, door.app.now_ms(), Language::Sv);
    assert!(times.iter().any(|line| line.contains("finns inte kvar där")), "{times:?}");

    // What is before all rights: an unknown record, an ended account, a revoked device.
    let nobody = DocumentId::from_bytes([9; 16]);
    assert_eq!(ask(&door, elin.device(), nobody).rule, Rule::Unknown);
    assert!(why(&door.app, DeviceId::from_bytes([9; 16]), case).unwrap().is_none());
    let (ended, revoked) = (tablets["vera"].device(), tablets["ingrid"].device());
    door.app
        .writer
        .write(move |db| {
            accounts::set_user_active(db, "vera", false)?;
            accounts::revoke_device(db, revoked)
        })
        .await
        .unwrap();
    for id in all(&door) {
        assert_eq!(ask(&door, ended, id).rule, Rule::Ended);
        assert_eq!(ask(&door, revoked, id).rule, Rule::Revoked);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_and_a_command_say_the_same_and_nothing_of_what_is_not_theirs() {
    let door = Door::open().await;
    seed::run(&door.app, 1).await.unwrap();
    projector::rebuild(&door.app).unwrap();
    let mut elin = Tablet::of(&door, "elin").await;
    let list = lines(&read(&page(&mut elin.browser, &door, "/register/case/case").await));
    let line = list.first().unwrap();
    assert_eq!(line.why.len(), 1);
    assert_eq!(line.why[0].label, "Varför finns den på surfplattan?");
    let shown = read(&page(&mut elin.browser, &door, &line.why[0].at).await);
    let said = format!("{shown:?}");
    assert!(
        said.contains("Den finns på surfplattan") && said.contains("Alla i enheten med rollen"),
        "{said}"
    );

    // Whoever may not read a record is told what a record is told that is not there.
    let mut mats = Tablet::of(&door, "mats").await;
    let other = page(&mut mats.browser, &door, &line.why[0].at).await;
    let nobody = format!("/register/varfor/{}", DocumentId::from_bytes([9; 16]));
    let unknown = page(&mut mats.browser, &door, &nobody).await;
    assert_ne!(other.status, StatusCode::OK);
    assert_eq!((other.status, &other.body), (unknown.status, &unknown.body));

    let command = |device: &str, record: &str, more: &[&str]| {
        let why = ["why", "--device", device, "--record", record];
        ankomst(&door.folder.path().join("data"), &[&why, more].concat())
    };
    let (fine, said) = command(&elin.device().to_string(), &line.key, &[]);
    assert!(
        fine && said.contains("Den finns på surfplattan") && said.contains("Den lämnades"),
        "{said}"
    );
    let (fine, said) = command(&mats.device().to_string(), &line.key, &["--english"]);
    assert!(
        fine && said.contains("It is not on the tablet")
            && said.contains("does not have such records"),
        "{said}"
    );
    let numbered = door
        .app
        .row_readers
        .read(|db| ankomst_server::storage::sqlite::rows::number_of(db, line.key.parse().unwrap()));
    let number = numbered.unwrap();
    let (fine, by_number) = command(&elin.device().to_string(), &number, &[]);
    assert!(fine && by_number.contains("Den finns på surfplattan"), "{number}: {by_number}");
    let mut noted = 0;
    let id: DocumentId = line.key.parse().unwrap();
    let entries = door.app.audit.read(|db| {
        accesses::each(db, (1, i64::MAX), |one| {
            let is = (one.entry.mode, one.entry.what) == (Mode::Console, What::Listed);
            noted += usize::from(is && one.entry.record == Some(id));
            Ok(())
        })
    });
    entries.unwrap();
    assert_eq!(noted, 3, "who asked by a command is in the access log");
    let (fine, said) = command("ingen", &line.key, &[]);
    assert!(!fine && said.contains("there is no device ingen"), "{said}");
}
