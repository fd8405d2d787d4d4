//! Rights that come and go, against a model that was written without the rule: 2,000 sequences of 50 steps over roles,
//! single records, assigned cases, cases of children, levels of protection, emergencies, ended accounts, revoked tablets,
//! leases, and a clock that goes on.

mod model;

use std::cell::Cell;
use std::collections::BTreeSet;

use ankomst_server::remembered::Remembered;
use ankomst_server::storage::sqlite::accounts::{self, DeviceRow, SessionRow, UserRow};
use ankomst_server::storage::sqlite::grants::{self, GrantRow, ROLES};
use ankomst_server::storage::sqlite::homes::standing;
use ankomst_server::storage::sqlite::{Connection, Schema, log, open_log, staff, units};
use ankomst_server::sync::access::{self, Need};
use ankomst_server::sync::lease;
use ankomst_server::sync::rule::May;
use ankomst_server::sync::scopes;
use ankomst_shared::app::Role;
use ankomst_shared::ids::{DeviceId, DocumentId, SessionId, UnitId, UserId};
use ankomst_shared::sign::Header;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use self::model::{BEGAN, Model, RECORDS, Right, above, unit_of};

const PEOPLE: u8 = 3;
const HOUR_MS: i64 = 3_600_000;

#[derive(Debug, Clone)]
enum Step {
    Give {
        who: u8,
        role: usize,
        unit: u8,
        record: Option<usize>,
        level: u8,
        from_h: i64,
        hours: Option<i64>,
    },
    End {
        who: u8,
        nth: usize,
    },
    Open {
        who: u8,
        record: usize,
    },
    Raise {
        record: usize,
        level: u8,
    },
    Account {
        who: u8,
        active: bool,
    },
    Revoke {
        who: u8,
    },
    /// Says who has the case of a unit.
    Assign {
        unit: u8,
        people: BTreeSet<u8>,
    },
    /// Lets assignment decide in a unit, or no more.
    Decides {
        unit: u8,
        decides: bool,
    },
    /// Says whether the case of a unit is a child's.
    Child {
        unit: u8,
        said: Option<bool>,
    },
    /// Decides about leases in a unit, or takes a decision back.
    Lease {
        unit: u8,
        key: usize,
        hours: Option<u32>,
    },
    Hours(i64),
}

const LEASES: [(&str, u32); 4] =
    [lease::HOURS, lease::CHILD_HOURS, lease::PROTECTED_HOURS, lease::CONTINUITY_DAYS];

fn step() -> impl Strategy<Value = Step> {
    let who = || 0..PEOPLE;
    let record = || 0..2 * RECORDS.len();
    let give = (
        who(),
        0..ROLES.len(),
        0..2_u8,
        prop::option::weighted(0.3, record()),
        0..4_u8,
        -5..30_i64,
    );
    let give = (give, prop::option::weighted(0.6, 1..60_i64)).prop_map(
        |((who, role, unit, record, level, from_h), hours)| Step::Give {
            who,
            role,
            unit,
            record,
            level,
            from_h,
            hours,
        },
    );
    prop_oneof![
        6 => give,
        2 => (who(), 0..8_usize).prop_map(|(who, nth)| Step::End { who, nth }),
        3 => (who(), record()).prop_map(|(who, record)| Step::Open { who, record }),
        2 => (record(), 0..4_u8).prop_map(|(record, level)| Step::Raise { record, level }),
        1 => (who(), any::<bool>()).prop_map(|(who, active)| Step::Account { who, active }),
        1 => who().prop_map(|who| Step::Revoke { who }),
        2 => (0..2_u8, prop::collection::btree_set(who(), 0..3))
            .prop_map(|(unit, people)| Step::Assign { unit, people }),
        2 => (0..2_u8, any::<bool>()).prop_map(|(unit, decides)| Step::Decides { unit, decides }),
        2 => (0..2_u8, any::<Option<bool>>()).prop_map(|(unit, said)| Step::Child { unit, said }),
        1 => (0..2_u8, 0..LEASES.len(), prop::option::of(1..200_u32))
            .prop_map(|(unit, key, hours)| Step::Lease { unit, key, hours }),
        4 => (1..20_i64).prop_map(Step::Hours),
    ]
}

fn person(who: u8) -> UserId {
    UserId::from_bytes([who + 1; 16])
}

fn unit(number: u8) -> UnitId {
    UnitId::from_bytes([number + 1; 16])
}

fn document(record: usize) -> DocumentId {
    DocumentId::from_bytes([u8::try_from(record).unwrap() + 1; 16])
}

fn device(who: u8) -> DeviceId {
    DeviceId::from_bytes([who + 1; 16])
}

fn session(who: u8) -> SessionId {
    SessionId::from_bytes([who + 1; 16])
}

/// People without rights, each with a tablet and a session, and the records.
fn begin(db: &Connection) {
    for number in 0..2 {
        units::add(db, unit(number), "Enheten").unwrap();
    }
    for who in 0..PEOPLE {
        let user = UserRow {
            id: person(who),
            login: format!("rätt-{who}"),
            name: "Namn".to_owned(),
            password: String::new(),
            roles: Vec::new(),
            unit: unit(0),
            active: true,
        };
        accounts::add_user(db, &user).unwrap();
        let (id, user) = (device(who), person(who));
        let row = DeviceRow {
            id,
            user,
            name: String::new(),
            key: [0; 32],
            enrolment: Vec::new(),
            active: true,
        };
        accounts::add_device(db, &row, 0).unwrap();
        let row = SessionRow {
            id: session(who),
            user,
            device: id,
            refresh: Vec::new(),
            previous: None,
            rotated_ms: 0,
            ends_ms: i64::MAX,
            ended: false,
            taken: false,
        };
        accounts::put_session(db, &row).unwrap();
    }
    for record in 0..2 * RECORDS.len() {
        let header = Header {
            document: document(record),
            kind: RECORDS[record % RECORDS.len()].0.to_owned(),
            parent: above(record).map(document),
            unit: unit(unit_of(record)),
            protection: 0,
            user: person(BEGAN),
            device: device(0),
            created_ms: 0,
            template: None,
        };
        log::add_document(db, &header, 0).unwrap();
    }
}

/// Opens a record in an emergency, if the person may.
fn open(db: &Connection, model: &mut Model, who: u8, record: usize) {
    let row = log::document(db, document(record)).unwrap().unwrap();
    let user = accounts::user(db, person(who)).unwrap().unwrap();
    let need = Need { category: "danger", reason: "Prov" };
    let opened = access::open_in_need(db, &user, &row, need, model.now_ms).unwrap();
    let of = unit_of(record);
    assert_eq!(opened, model.supervises(who, of));
    if opened {
        let (from_ms, to_ms) = (model.now_ms, model.now_ms + 24 * HOUR_MS);
        let right = Right {
            role: Role::Supervisor,
            unit: of,
            record: Some(record),
            level: 3,
            emergency: true,
            from_ms,
            to_ms,
        };
        model.rights.entry(who).or_default().push(right);
    }
}

/// Does a step in the log and in the model.
fn take(db: &Connection, model: &mut Model, step: &Step) {
    match step.clone() {
        Step::Give { who, role, unit: of, record, level, from_h, hours } => {
            let from_ms = model.now_ms + from_h * HOUR_MS;
            let to_ms = hours.map(|hours| from_ms + hours * HOUR_MS);
            let object = record.map(document);
            let row = GrantRow::of_role(person(who), unit(of), ROLES[role]);
            grants::add(db, &GrantRow { object, level, from_ms, to_ms, ..row }).unwrap();
            let to_ms = to_ms.unwrap_or(i64::MAX);
            let right = Right {
                role: ROLES[role],
                unit: of,
                record,
                level,
                emergency: false,
                from_ms,
                to_ms,
            };
            model.rights.entry(who).or_default().push(right);
        }
        Step::End { who, nth } => {
            let all = grants::of(db, person(who)).unwrap();
            let Some(right) = model.rights.entry(who).or_default().get_mut(nth) else { return };
            let ended = grants::end(db, person(who), all[nth].id, model.now_ms).unwrap();
            assert_eq!(ended, right.to_ms > model.now_ms);
            right.to_ms = right.to_ms.min(model.now_ms.max(right.from_ms));
        }
        Step::Open { who, record } => open(db, model, who, record),
        Step::Raise { record, level } => {
            grants::raise(db, (document(record), level), (person(0), "Prov", model.now_ms))
                .unwrap();
            let known = model.raised.entry(record).or_default();
            *known = level.max(*known);
        }
        Step::Account { who, active } => {
            accounts::set_user_active(db, &format!("rätt-{who}"), active).unwrap();
            if active {
                model.ended.remove(&who)
            } else {
                model.ended.insert(who)
            };
        }
        Step::Revoke { who } => {
            accounts::revoke_device(db, device(who)).unwrap();
            model.revoked.insert(who);
        }
        Step::Assign { unit, people } => {
            let case = document(usize::from(unit) * RECORDS.len());
            staff::set(db, case, &people.iter().copied().map(person).collect()).unwrap();
            model.has_case.insert(unit, people);
        }
        Step::Decides { unit: of, decides } => {
            staff::let_decide(db, unit(of), decides).unwrap();
            if decides {
                model.decides.insert(of)
            } else {
                model.decides.remove(&of)
            };
        }
        Step::Child { unit: of, said } => {
            staff::set_child(db, document(usize::from(of) * RECORDS.len()), said).unwrap();
            model.child.insert(of, said);
        }
        Step::Lease { unit: of, key, hours: None } => {
            model.hours.remove(&(of, LEASES[key].0));
        }
        Step::Lease { unit: of, key, hours: Some(hours) } => {
            model.hours.insert((of, LEASES[key].0), hours);
        }
        Step::Hours(hours) => model.now_ms += hours * HOUR_MS,
    }
}

/// Whether a device that holds these has the case of a child, and what is protected.
fn guarded(db: &Connection, held: &BTreeSet<DocumentId>) -> (bool, bool) {
    let (mut child, mut protected) = (false, false);
    for id in held {
        let row = log::document(db, *id).unwrap().unwrap();
        let standing = standing(&row, |id| log::document(db, id)).unwrap().unwrap();
        let of_children = staff::of_children(db, row.unit, person(PEOPLE)).unwrap();
        protected |= standing.level >= 2;
        child |= standing.level < 2 && of_children.contains(id);
    }
    (child, protected)
}

/// Compares what somebody may do with some records, and, if it is wanted, what their tablet should hold.
fn compare(
    db: &Connection,
    (model, remembered): (&Model, &Remembered),
    number: usize,
    scope: bool,
) -> Vec<May> {
    let who = u8::try_from(number).unwrap() % PEOPLE;
    let mut seen = Vec::new();
    let user = accounts::user(db, person(who)).unwrap().unwrap();
    let rights = access::rights(db, &user, model.now_ms).unwrap();
    for record in [number * 5, number * 5 + 7].map(|record| record % (2 * RECORDS.len())) {
        let row = log::document(db, document(record)).unwrap().unwrap();
        let may = access::may(db, &rights, &row).unwrap();
        assert_eq!(may, model.may(who, record), "{who} and {row:?}: {model:?}");
        seen.push(may);
    }
    let good = accounts::is_good(db, (session(who), person(who), device(who)), 0).unwrap();
    assert_eq!(good, !model.ended.contains(&who) && !model.revoked.contains(&who));
    if scope {
        let held = access::scope_of(db, &rights, device(who)).unwrap();
        let again = scopes::of(remembered, db, rights, device(who)).unwrap();
        assert_eq!(*again.allowed, held, "{who}: {model:?}");
        let all = (0..2 * RECORDS.len()).filter(|record| model.may(who, *record) >= May::Read);
        let all: Vec<usize> = all.collect();
        assert_eq!(held, all.iter().copied().map(document).collect(), "{who}: {model:?}");
        for of in 0..2 {
            let decided = |(key, _)| model.hours.get(&(of, key)).copied();
            let hours = lease::hours(guarded(db, &held), decided);
            assert_eq!(hours, model.lease(of, &all), "{who}: {model:?}");
        }
    }
    seen
}

#[test]
fn rights_are_those_of_the_model_after_every_step() {
    let folder = tempfile::tempdir().unwrap();
    let db = open_log(folder.path(), Schema::Bring).unwrap();
    let together = db.unchecked_transaction().unwrap();
    begin(&db);
    let config = Config { cases: 2_000, failure_persistence: None, ..Config::default() };
    let kinds = [May::Nothing, May::Look, May::Read, May::Write];
    let seen = kinds.map(|may| (may, Cell::new(0_u32)));
    let run = TestRunner::new(config).run(&prop::collection::vec(step(), 50), |steps| {
        // Nothing of a sequence is kept, so nothing waits for the disk.
        db.execute_batch("SAVEPOINT sequence").unwrap();
        let mut model = Model { now_ms: 1_000 * HOUR_MS, ..Model::default() };
        // What is remembered of one step must not outlive it.
        let remembered = Remembered::default();
        // Somebody who may open in an emergency, and needs to.
        let (hours, record) = (None, None);
        let give = Step::Give { who: 0, role: 2, unit: 0, record, level: 1, from_h: 0, hours };
        take(&db, &mut model, &give);
        for (number, step) in steps.iter().enumerate() {
            take(&db, &mut model, step);
            let found = compare(&db, (&model, &remembered), number, number % 5 == 4);
            for may in found {
                for (_, count) in seen.iter().filter(|(known, _)| *known == may) {
                    count.set(count.get() + 1);
                }
            }
        }
        db.execute_batch("ROLLBACK TO sequence").unwrap();
        Ok(())
    });
    together.rollback().unwrap();
    run.unwrap();
    assert!(seen.iter().all(|(_, count)| count.get() > 300), "all of it came up: {seen:?}");
}
