//! Programs of different ages: what earlier ones said is answered as it was, what newer ones add is passed over, and
//! who is too new or too old is told so and keeps its work.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test crate: a failed step fails the test"
)]

use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use ankomst_shared::app::{Act, Contact};
use ankomst_shared::sync::message::newer::newer;
use ankomst_shared::sync::message::{ExchangeAnswer, FarewellAnswer, ServerFrame, SignInAnswer};
use ankomst_shared::sync::wire;
use ankomst_shared::value::Value;
use ankomst_tests::kit::fixture::Fixture;
use ankomst_tests::kit::recorded::{Said, acks, facts, heard, read};
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::Tablet;
use ankomst_tests::tablet::device::{SYNC_MAX, local};
use ankomst_tests::tablet::raw::RawDevice;
use ankomst_tests::tablet::recorder::{live, settles};
use flate2::read::DeflateDecoder;
use minicbor::Decode;

const SYNC: &str = "/api/v1/sync";
/// Where a question to exchange says its newest version, and its capabilities: the first fields of its greeting.
const VERSION_MIN: usize = 4;
const VERSION_MAX: usize = 6;
const CAPABILITIES: usize = 8;

type Bent = fn(&str, &[u8]) -> Vec<u8>;

#[test]
fn what_earlier_programs_said_is_answered_as_it_was() {
    replay(|_, body| body.to_vec());
}

#[test]
fn what_a_newer_program_adds_is_passed_over() {
    replay(newer_question);
}

#[test]
fn a_program_that_can_less_is_answered_in_what_it_can() {
    replay(|way, body| {
        let mut plain = plain(body);
        if way == SYNC {
            assert_eq!(plain[CAPABILITIES - 1], 2);
            plain[CAPABILITIES] = 0;
        }
        packed(&plain)
    });
}

#[test]
fn answers_of_earlier_and_of_newer_servers_are_read() {
    fn reads<T: for<'b> Decode<'b, ()> + PartialEq + core::fmt::Debug>(body: &[u8]) -> T {
        let read: T = wire::unpack(body).unwrap();
        assert_eq!(wire::unpack::<T>(&newer_answer(body)).unwrap(), read);
        read
    }
    for said in recorded().into_iter().flat_map(|(_, said)| said) {
        for body in said.heard.iter().filter(|_| said.status < 400) {
            match said.way.as_str() {
                SYNC => drop(reads::<ExchangeAnswer>(body)),
                "/api/v1/live" => drop(reads::<ServerFrame>(body)),
                "/api/v1/session" => drop(reads::<SignInAnswer>(body)),
                "/api/v1/farewell" => drop(reads::<FarewellAnswer>(body)),
                other => panic!("{other}"),
            }
        }
    }
}

/// What versions said of which it was recorded; the newest has been.
fn recorded() -> Vec<(Fixture, Vec<Said>)> {
    let all = Fixture::all().into_iter();
    let all: Vec<_> = all
        .filter(|fixture| fixture.has("wire/said.jsonl"))
        .map(|fixture| {
            let said = read(&fixture.text("wire/said.jsonl"));
            (fixture, said)
        })
        .collect();
    let situations = ["first", "push", "back", "held", "refused", "another version", "live"];
    for (fixture, said) in &all {
        for one in situations {
            assert!(said.iter().any(|said| said.what == one), "{}: no {one}", fixture.version);
        }
    }
    assert!(!all.is_empty());
    all
}

/// Says to this server what earlier tablets said to theirs, and holds the answers against each other.
fn replay(bent: Bent) {
    for (fixture, said) in recorded() {
        let Some(mut server) = Server::empty() else { return };
        fixture.unpack("server", server.data());
        server.start();
        local(async {
            let folder = tempfile::tempdir().unwrap();
            let ingrid = ("ingrid", "ingrid-i-provby");
            let watcher = RawDevice::enrol(&server.url(), folder.path(), ingrid).await;
            let mut devices = BTreeMap::new();
            for one in said {
                if one.way == "/api/v1/session" {
                    let me: SignInAnswer = wire::unpack(&one.heard[0]).unwrap();
                    let folder = folder.path().join(&one.who);
                    std::fs::create_dir_all(&folder).unwrap();
                    devices.insert(one.who.clone(), RawDevice::of(&server.url(), &folder, me));
                }
                again(&devices[&one.who], &one, bent).await;
                settles(&watcher, one.head).await;
            }
        });
    }
}

async fn again(device: &RawDevice, said: &Said, bent: Bent) {
    let sent: Vec<Vec<u8>> = said.sent.iter().map(|body| bent(&said.way, body)).collect();
    let what = format!("{} of {}", said.what, said.who);
    if said.way == "/api/v1/live" {
        let all = |frames: &[Vec<u8>]| -> Vec<ServerFrame> {
            frames.iter().map(|frame| wire::unpack(frame).unwrap()).collect()
        };
        let now = live(device, &sent, said.head).await;
        assert_eq!(heard(&all(&now)), heard(&all(&said.heard)), "{what}");
        return;
    }
    let now = device.send(&said.way, sent[0].clone()).await.unwrap();
    assert_eq!(now.status, said.status, "{what}: {:?}", now.problem);
    let then = &said.heard[0];
    match (said.way.as_str(), said.status) {
        (SYNC, 200) => {
            let now: ExchangeAnswer = wire::unpack(&now.body).unwrap();
            let then: ExchangeAnswer = wire::unpack(then).unwrap();
            assert_eq!(acks(&now.acks), acks(&then.acks), "{what}");
            // How much of what it brings is shared by then is a matter of moments.
            if then.acks.is_empty() {
                assert_eq!(facts(&now), facts(&then), "{what}");
            }
        }
        (SYNC, status) => assert_eq!((status, now.problem.as_deref()), (426, Some("version"))),
        ("/api/v1/farewell", _) => {
            let now: FarewellAnswer = wire::unpack(&now.body).unwrap();
            let then: FarewellAnswer = wire::unpack(then).unwrap();
            assert_eq!((now.taken.len(), &now.taken), (1, &then.taken), "{what}");
            assert_eq!((now.epoch, now.anew), (then.epoch, then.anew), "{what}");
        }
        _ => {}
    }
}

#[test]
fn a_tablet_whose_version_the_server_does_not_speak_keeps_its_work_until_it_is_updated() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let elin = signed_in(&server, folder.path(), "elin").await;
        let case =
            elin.act(Act::NewCase, &[("label", Value::text("Före"))]).await.document.unwrap();
        elin.sync().await;
        server.stop();
        let alone = || elin.status().contact != Contact::Live;
        assert!(elin.eventually(SYNC_MAX, alone).await);
        elin.bend().borrow_mut().asks = Some(|way, body| {
            let mut plain = plain(body);
            if way == SYNC {
                (plain[VERSION_MIN], plain[VERSION_MAX]) = (9, 9);
            }
            packed(&plain)
        });
        server.start();
        assert!(elin.eventually(SYNC_MAX, || elin.status().outdated).await, "never told to update");
        // Work goes on, and nothing of it counts as sent.
        elin.answer(case, "household_label", Value::text("Skrivet i fel version")).await;
        assert!(elin.eventually(SYNC_MAX, || elin.heard().statuses.contains_key(&426)).await);
        assert!(elin.status().outdated && elin.status().waiting > 0, "{:?}", elin.status());
        let elin = elin.reopen().await;
        elin.unlock("elin").await;
        assert!(elin.status().waiting > 0, "{:?}", elin.status());
        // The program is updated.
        elin.sync().await;
        assert!(!elin.status().outdated);
        let oskar = signed_in(&server, folder.path(), "oskar").await;
        let label = oskar.field((case, "household_label")).await.unwrap();
        assert_eq!(label.value, Value::text("Skrivet i fel version"));
    });
}

#[test]
fn tablets_and_a_server_that_is_newer_work_together() {
    let Some(server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let oskar = signed_in(&server, folder.path(), "oskar").await;
        let elin = Tablet::open(&folder.path().join("elin"), &server.url()).await;
        *elin.bend().borrow_mut() = ankomst_tests::tablet::transport::Bend {
            asks: Some(newer_question),
            hears: Some(newer_answer),
        };
        elin.login("elin", "elin-i-provby").await;
        elin.sync().await;
        let case =
            elin.act(Act::NewCase, &[("label", Value::text("Ny server"))]).await.document.unwrap();
        elin.sync().await;
        let at = (case, "household_label");
        let first = |wanted: &'static str| {
            move |field: &ankomst_shared::app::FieldView| field.value == Value::text(wanted)
        };
        oskar.until_field(at, "a case", first("Ny server")).await;
        oskar.answer(case, "household_label", Value::text("Tillbaka")).await;
        elin.until_field(at, "an answer", first("Tillbaka")).await;
        assert!(!elin.status().outdated);
        assert_eq!(elin.heard().statuses.keys().collect::<Vec<_>>(), [&200]);
    });
}

async fn signed_in(server: &Server, folder: &Path, login: &str) -> Tablet {
    let tablet = Tablet::open(&folder.join(login), &server.url()).await;
    tablet.login(login, &format!("{login}-i-provby")).await;
    tablet.sync().await;
    tablet
}

fn newer_question(way: &str, body: &[u8]) -> Vec<u8> {
    let mut plain = plain(body);
    if way == SYNC {
        assert_eq!((plain[VERSION_MIN - 1], plain[VERSION_MAX - 1]), (0, 1));
        plain[VERSION_MAX] += 1;
    }
    packed(&newer(&plain).unwrap())
}

fn newer_answer(body: &[u8]) -> Vec<u8> {
    packed(&newer(&plain(body)).unwrap())
}

/// What a body holds.
fn plain(body: &[u8]) -> Vec<u8> {
    let (form, rest) = body.split_first().unwrap();
    if *form == 0 {
        return rest.to_vec();
    }
    let mut plain = Vec::new();
    DeflateDecoder::new(rest).read_to_end(&mut plain).unwrap();
    plain
}

/// A body of what it is to hold, as it may always be sent.
fn packed(plain: &[u8]) -> Vec<u8> {
    [&[0], plain].concat()
}
