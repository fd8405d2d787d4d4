//! Files that are bent, forged, refused or full of junk, and tablets that stop while they take one in.

use std::collections::BTreeSet;

use ankomst_shared::app::{Body, Command, FieldView, Level, Refusal, Reply};
use ankomst_shared::chunk::parse;
use ankomst_shared::document::{Authoring, Chunk, Document, Edit};
use ankomst_shared::ids::{ActorId, DepositId, DocumentId};
use ankomst_shared::limits::BUNDLE_BYTES_MAX;
use ankomst_shared::path::FieldPath;
use ankomst_shared::sync::bundle::{self, BUNDLE_ITEMS_MAX, Content, Locked};
use ankomst_shared::sync::message::{Deposit, ExchangeAnswer, Push, PushPart};
use ankomst_shared::value::Value;
use ankomst_tests::kit::ledger::{Ledger, Shown};
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::Tablet;
use ankomst_tests::tablet::device::SYNC_MAX;
use ankomst_tests::tablet::raw::{RawDevice, sent};
use ankomst_tests::tablet::store::slowly;

use super::{PHONE, Pair, SECRET, file_of, pair, phone, takes};
use crate::kit::{local, new_case, password, signed_in, text};

#[test]
fn a_bent_or_foreign_file_changes_nothing() {
    let Some(mut server) = Server::with_village() else { return };
    let Some(mut foreign) = Server::with_village() else { return };
    local(async {
        let Pair { elin, oskar, case, _folder } = pair(&server).await;
        let elsewhere = tempfile::tempdir().unwrap();
        let other = signed_in(&foreign, elsewhere.path(), "elin").await;
        foreign.stop();
        new_case(&other, "Ett annat hushåll").await;
        let theirs = file_of(&other).await;
        server.stop();
        elin.answer(case, "phone", text(PHONE)).await;
        let file = file_of(&elin).await;
        let before = (oskar.status(), oskar.everything_shown().await);
        let larger = [file.as_slice(), &[0]].concat();
        let huge = vec![0; BUNDLE_BYTES_MAX + 1];
        for (bent, said) in [
            (&file[..file.len() - 40], "avklippt"),
            (&file[..1], "avklippt"),
            (&larger, "skadad"),
            (&huge, "för stor"),
            (&[], "går inte att läsa"),
            (b"%PDF-1.7", "ingen fil från Ankomst"),
            (&theirs, "annan kommun"),
        ] {
            let why = takes(&oskar, bent).await;
            assert!(why.contains(said), "{why}");
        }
        for at in (0..file.len()).step_by(file.len() / 100 + 1) {
            let mut bent = file.clone();
            bent[at] ^= 0x20;
            let why = takes(&oskar, &bent).await;
            assert!(why.contains("Inget är ändrat här"), "byte {at}: {why}");
        }
        assert!(takes(&elin, &file).await.contains("gjord på den här"));
        assert_eq!((oskar.status(), oskar.everything_shown().await), before);
        takes(&oskar, &file).await;
        assert_eq!(phone(&oskar, case).await.value, text(PHONE));
        let once = (oskar.status(), oskar.everything_shown().await);
        let why = takes(&oskar, &file).await;
        assert!(why.contains("inget som inte redan finns"), "{why}");
        assert_eq!((oskar.status(), oskar.everything_shown().await), once, "twice is not harmless");
        // The file is as good after a restart of the tablet.
        let oskar = oskar.reopen().await;
        oskar.unlock("oskar").await;
        assert_eq!(phone(&oskar, case).await.value, text(PHONE));
    });
}

#[test]
fn what_a_revoked_tablet_has_handed_over_is_held_and_goes_from_view() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let Pair { elin, oskar, case, _folder } = pair(&server).await;
        server.stop();
        elin.answer(case, "phone", text(PHONE)).await;
        let file = file_of(&elin).await;
        drop(elin);
        revoke(&server, "Surfplatta elin");
        takes(&oskar, &file).await;
        assert_eq!(phone(&oskar, case).await.value, text(PHONE));
        server.start();
        let begun = std::time::Instant::now();
        while phone(&oskar, case).await.value == text(PHONE) {
            assert!(begun.elapsed() < SYNC_MAX, "held, and shown for ever");
            oskar.exchange().await;
        }
        oskar.sync().await;
        let waits = server.command(&["held", "list"]);
        assert!(waits.contains("device revoked"), "{waits}");
        assert_eq!(oskar.status().waiting, 0);
        decides(&server, "release", case);
        oskar.until_field((case, "phone"), "let in", |field| field.value == text(PHONE)).await;
    });
}

/// The lines of the command that lists devices name the one that was called so.
fn revoke(server: &Server, name: &str) {
    let said = server.command(&["device", "list"]);
    let line = said.lines().find(|line| line.contains(name));
    server.command(&["device", "revoke", line.unwrap().split_whitespace().next().unwrap()]);
}

/// What a supervisor decides about all that is held of a record.
fn decides(server: &Server, what: &str, record: DocumentId) {
    let record = record.to_string();
    let why = ["--all", "--reason", "Elin har skrivit det", "--by", "ingrid"];
    server.command(&[&["held", what, &record], &why[..]].concat());
}

#[test]
fn what_is_refused_of_a_file_takes_nothing_along_that_was_written_beside_it() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let Pair { elin, oskar, case, _folder } = pair(&server).await;
        server.stop();
        elin.answer(case, "phone", text(PHONE)).await;
        elin.answer(case, "arriving_from", text("Trelleborg")).await;
        takes(&oskar, &file_of(&elin).await).await;
        drop(elin);
        revoke(&server, "Surfplatta elin");
        // He writes on, in other fields and over hers.
        oskar.answer(case, "email", text("noori@example.org")).await;
        oskar.answer(case, "phone", text("+46701740602")).await;
        server.start();
        let is_his = |field: &FieldView| field.level == Level::Shared;
        oskar.until_field((case, "email"), "his own is shared", is_his).await;
        let begun = std::time::Instant::now();
        while phone(&oskar, case).await.statements.len() > 1 {
            assert!(begun.elapsed() < SYNC_MAX, "hers is held, and shown for ever");
            oskar.exchange().await;
        }
        assert!(is_his(&phone(&oskar, case).await));
        assert_eq!((oskar.status().waiting, oskar.status().held), (0, 0));
        assert!(server.command(&["held", "list"]).contains("device revoked"));
        decides(&server, "refuse", case);
        oskar.sync().await;
        oskar.answer(case, "email", text("noori2@example.org")).await;
        let is_new = |field: &FieldView| field.value == text("noori2@example.org");
        oskar.until_field((case, "email"), "shared", |it| is_his(it) && is_new(it)).await;
        assert_eq!((oskar.status().waiting, oskar.status().held), (0, 0));
        let waits = server.command(&["held", "list"]);
        assert!(!waits.contains("oskar"), "{waits}");
        assert_eq!(phone(&oskar, case).await.value, text("+46701740602"));
    });
}

#[test]
fn who_says_one_thing_by_file_and_another_to_the_server_stops_nobody() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let Pair { oskar, case, _folder, .. } = pair(&server).await;
        let Forger { raw, chunks, _folder: _kept } = forger(&server, case).await;
        oskar.exchange().await;
        let begin = chunks.iter().find(|bytes| parse(bytes).unwrap().deps.is_empty()).unwrap();
        let actor = ActorId::from_bytes([9; 16]);
        let says = |value: &str| {
            let mut document = Document::open(actor, chunks.iter().map(Vec::as_slice)).unwrap();
            let edit = Edit { path: FieldPath::parse("phone").unwrap(), value: Value::text(value) };
            document.commit(&[edit], &raw.by()).unwrap().unwrap()
        };
        let (by_file, to_server) = (says("+46701740621"), says("+46701740622"));
        let enrolment = Some(raw.me.enrolment.clone());
        let part = PushPart { enrolment, ..raw.part(case, actor, sent(&by_file)) };
        let said = takes(&oskar, &file_with(&raw, begin, vec![part])).await;
        assert!(said.contains("här: 1"), "{said}");
        assert_eq!(phone(&oskar, case).await.value, text("+46701740621"));
        oskar.answer(case, "email", text("noori@example.org")).await;
        let part = raw.part(case, actor, sent(&to_server));
        assert_eq!(raw.send("/api/v1/sync", raw.pushing(vec![part])).await.unwrap().status, 200);
        oskar
            .until_field((case, "phone"), "what the server has", |field| {
                field.value == text("+46701740622") && field.statements.len() == 1
            })
            .await;
        oskar.answer(case, "email", text("noori2@example.org")).await;
        oskar.sync().await;
        let email = oskar.field((case, "email")).await.unwrap();
        assert_eq!((email.level, oskar.status().waiting), (Level::Shared, 0));
        assert!(oskar.eventually(SYNC_MAX, || oskar.status().held == 0).await);
        server.stop();
    });
}

#[test]
fn nothing_half_is_taken_in_whenever_the_battery_is_empty_or_the_screen_shut() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let Pair { elin, oskar, case, _folder } = pair(&server).await;
        server.stop();
        elin.answer(case, "phone", text(PHONE)).await;
        new_case(&elin, SECRET).await;
        let file = file_of(&elin).await;
        // The vault is locked while the file is read.
        slowly(true);
        let (took, _) = tokio::join!(
            oskar.handle(Command::TakeFile(file.clone())),
            oskar.handle(Command::Lock)
        );
        slowly(false);
        assert_eq!(took, Reply::Refused(Refusal::Locked), "control: it was not in the middle");
        oskar.unlock("oskar").await;
        let has = |tablet: &Tablet| tablet.status().deposits;
        assert_eq!((has(&oskar), phone(&oskar, case).await.value), (0, Value::Null));

        let folder = oskar.crash().await;
        let journal = folder.join("rows.journal");
        let before = std::fs::read(&journal).unwrap().len();
        let oskar = Tablet::open(&folder, "http://localhost:9").await;
        oskar.unlock("oskar").await;
        takes(&oskar, &file).await;
        oskar.crash().await;
        let whole = std::fs::read(&journal).unwrap();
        let mut outcomes = BTreeSet::new();
        for at in 0..=6 {
            let cut = before + (whole.len() - before) * at / 6;
            std::fs::write(&journal, &whole[..cut]).unwrap();
            let oskar = Tablet::open(&folder, "http://localhost:9").await;
            oskar.unlock("oskar").await;
            let is_shown = phone(&oskar, case).await.value == text(PHONE);
            assert_eq!(has(&oskar), if is_shown { 2 } else { 0 }, "half at byte {cut}");
            outcomes.insert(is_shown);
            oskar.crash().await;
        }
        assert_eq!(outcomes.len(), 2, "the cuts were beside it");
    });
}

#[test]
fn junk_in_a_file_keeps_nothing_waiting() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let Pair { elin, oskar, case, _folder } = pair(&server).await;
        let folder = tempfile::tempdir().unwrap();
        let raw = RawDevice::enrol(&server.url(), folder.path(), ("elin", &password("elin"))).await;
        server.stop();
        let junk = |number: usize| Deposit {
            id: DepositId::from_bytes(u128::try_from(number).unwrap().to_be_bytes()),
            sealed: number.to_be_bytes().to_vec().into(),
        };
        let junk = |count: usize| (0..count).map(junk).collect::<Vec<_>>();
        let with = |deposits| raw.bundle(&[5; 32], &Content { deposits, records: Vec::new() });
        // One that fits into no exchange bars none.
        let large = Deposit { sealed: vec![7; 17 << 20].into(), ..junk(1).remove(0) };
        assert!(takes(&oskar, &with(vec![large])).await.contains("skadad"));
        let count = 1_300;
        let said = takes(&oskar, &with(junk(count))).await;
        assert!(said.contains(&format!("servern: {count}")), "{said}");
        elin.answer(case, "phone", text(PHONE)).await;
        new_case(&elin, SECRET).await;
        let file = file_of(&elin).await;
        takes(&oskar, &file).await;
        drop(elin);
        // Hers are in the file that he hands on, once; what has no room goes with the next one.
        oskar.answer(case, "email", text("noori@example.org")).await;
        let mut handed = Vec::new();
        takes(&oskar, &with(junk(BUNDLE_ITEMS_MAX))).await;
        let left = async |tablet: &Tablet| {
            let page = tablet.page("/surfplatta").await;
            let part = page.parts.into_iter().find(|part| part.key == "hand-over").unwrap();
            matches!(part.body, Body::Facts(facts) if facts.len() == 1)
        };
        for is_left in [true, false] {
            let file = file_of(&oskar).await;
            let keys = (raw.me.server_key, raw.me.deposit_key);
            let opened = bundle::read(&keys, &file).unwrap();
            handed.extend(opened.content.deposits.into_iter().map(|one| one.sealed.to_vec()));
            assert_eq!(left(&oskar).await, is_left);
        }
        let different: BTreeSet<_> = handed.iter().collect();
        assert_eq!((handed.len(), different.len()), (BUNDLE_ITEMS_MAX + 3, BUNDLE_ITEMS_MAX + 3));
        server.start();
        let is_shared = |field: &FieldView| field.level == Level::Shared;
        oskar.until_field((case, "email"), "his own", is_shared).await;
        oskar.until_field((case, "phone"), "hers", is_shared).await;
        let mut ledger = Ledger::default();
        ledger.note(SECRET, Shown::Saved);
        let gone = || ledger.missing(&server.command(&["dump"]), Shown::Saved).is_empty();
        assert!(oskar.eventually(SYNC_MAX, gone).await);
    });
}

/// An enrolled device of Elin's, and all changes of a case.
struct Forger {
    raw: RawDevice,
    chunks: Vec<Vec<u8>>,
    _folder: tempfile::TempDir,
}

async fn forger(server: &Server, case: DocumentId) -> Forger {
    let folder = tempfile::tempdir().unwrap();
    let raw = RawDevice::enrol(&server.url(), folder.path(), ("elin", &password("elin"))).await;
    let answer: ExchangeAnswer = raw.asks_for(Vec::new(), vec![case]).await;
    let whole = answer.documents.into_iter().find(|one| one.document == case).unwrap();
    let chunks = whole.chunks.into_iter().filter_map(|one| Some(one.bytes?.to_vec())).collect();
    Forger { raw, chunks, _folder: folder }
}

/// A file of an enrolled device with just these changes of a record, for those who have it.
fn file_with(raw: &RawDevice, begin: &[u8], parts: Vec<PushPart>) -> Vec<u8> {
    const SALT: [u8; 32] = [5; 32];
    let record = Locked::of(begin, &SALT, &Push { parts }).unwrap();
    raw.bundle(&SALT, &Content { deposits: Vec::new(), records: vec![record] })
}

/// Parts whose one change has another bit each.
fn bent(good: &PushPart) -> impl Iterator<Item = PushPart> {
    (0..good.chunks[0].len()).step_by(7).map(|at| {
        let mut bytes = good.chunks[0].to_vec();
        bytes[at] ^= 1;
        PushPart { chunks: vec![bytes.into()], ..good.clone() }
    })
}

#[test]
fn nothing_forged_is_shown() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let Pair { oskar, case, _folder, .. } = pair(&server).await;
        let Forger { raw, chunks, _folder: _kept } = forger(&server, case).await;
        oskar.exchange().await;
        // He is away already when another one is enrolled.
        let oskar = Tablet::open(&oskar.crash().await, "http://localhost:9").await;
        oskar.unlock("oskar").await;
        let Forger { raw: unheard, _folder: _other, .. } = forger(&server, case).await;
        server.stop();
        let begin = chunks.iter().find(|bytes| parse(bytes).unwrap().deps.is_empty()).unwrap();
        let anothers = parse(begin).unwrap();
        let says = |actor: ActorId, by: &Authoring, text: &str| {
            let mut document = Document::open(actor, chunks.iter().map(Vec::as_slice)).unwrap();
            let mut write = |field: &str| {
                let (path, value) = (FieldPath::parse(field).unwrap(), Value::text(text));
                document.commit(&[Edit { path, value }], by).unwrap().unwrap()
            };
            (write("phone"), write("email"))
        };
        let actor = ActorId::from_bytes([9; 16]);
        let enrolment = Some(raw.me.enrolment.clone());
        let part = |actor, chunk: &Chunk| PushPart {
            enrolment: enrolment.clone(),
            ..raw.part(case, actor, sent(chunk))
        };
        let (good, later) = says(actor, &raw.by(), "+46701740611");
        let (hers, _) = says(anothers.actor, &raw.by(), "+46701740612");
        let named = Authoring { device: anothers.meta.device, ..raw.by() };
        let (named, _) = says(actor, &named, "+46701740613");
        let (other, _) = says(ActorId::from_bytes([8; 16]), &raw.by(), "+46701740614");
        let mut forged = vec![
            ("as another's actor", part(anothers.actor, &hers)),
            ("in another device's name", part(actor, &named)),
            ("without an enrolment", PushPart { enrolment: None, ..part(actor, &good) }),
            ("on what is not there", part(actor, &later)),
            ("an envelope of something else", {
                PushPart { envelope: part(actor, &other).envelope, ..part(actor, &good) }
            }),
            ("of a device he has not heard of", {
                let (chunk, _) = says(actor, &unheard.by(), "+46701740615");
                let enrolment = Some(unheard.me.enrolment.clone());
                PushPart { enrolment, ..unheard.part(case, actor, sent(&chunk)) }
            }),
            ("of another record", {
                PushPart { document: DocumentId::from_bytes([7; 16]), ..part(actor, &good) }
            }),
            ("two in one", {
                let chunks = vec![good.bytes.clone().into(), later.bytes.clone().into()];
                PushPart { chunks, ..part(actor, &later) }
            }),
        ];
        // A second beginning that says the record is less protected than it is.
        let header = raw.header(case, "case");
        let (_, again) = Document::create(actor, header, &[], &raw.by()).unwrap();
        forged.push(("a second beginning", part(actor, &again)));
        forged.extend(bent(&part(actor, &good)).map(|part| ("bent", part)));
        let before = oskar.everything_shown().await;
        for (how, part) in forged {
            let said = takes(&oskar, &file_with(&raw, begin, vec![part])).await;
            assert!(said.contains("Inget är taget ur filen från Elin"), "{how}: {said}");
            assert!(said.contains("inte visas här: 1"), "{how}: {said}");
            assert_eq!(oskar.everything_shown().await, before, "{how} is shown");
        }
        // What is in order is shown, in whatever order it comes.
        let parts = vec![part(actor, &later), part(actor, &good)];
        let said = takes(&oskar, &file_with(&raw, begin, parts)).await;
        assert!(said.contains("här: 2"), "{said}");
        assert_eq!(phone(&oskar, case).await.value, text("+46701740611"));
    });
}
