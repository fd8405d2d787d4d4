//! Two tablets where there is no server: a file brings the work of one to the other, which shows what both may see, carries
//! the rest unread, and syncs for both.

use ankomst_shared::app::{Command, FieldView, Level, Reply};
use ankomst_shared::chunk::parse;
use ankomst_shared::document::{Authoring, Chunk, Document, Edit};
use ankomst_shared::ids::{ActorId, DocumentId};
use ankomst_shared::limits::BUNDLE_BYTES_MAX;
use ankomst_shared::path::FieldPath;
use ankomst_shared::sync::bundle::{Content, Locked};
use ankomst_shared::sync::message::{Push, PushPart};
use ankomst_shared::value::Value;
use ankomst_tests::kit::ledger::{Ledger, Shown};
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::Tablet;
use ankomst_tests::tablet::device::SYNC_MAX;
use ankomst_tests::tablet::raw::{RawDevice, sent};

use crate::kit::{local, new_case, password, signed_in, text};

/// What Elin writes in a case of her own, that Oskar's tablet does not have.
const SECRET: &str = "Familjen Provkurir";
/// What she writes in one that both have.
const PHONE: &str = "+46701740601";

/// Two caseworkers who have heard of each other's tablets, and a case that both have.
struct Pair {
    elin: Tablet,
    oskar: Tablet,
    case: DocumentId,
    _folder: tempfile::TempDir,
}

async fn pair(server: &Server) -> Pair {
    let folder = tempfile::tempdir().unwrap();
    let elin = signed_in(server, &folder.path().join("elin"), "elin").await;
    let oskar = signed_in(server, &folder.path().join("oskar"), "oskar").await;
    let case = new_case(&elin, "Noori, Provgatan").await;
    elin.sync().await;
    oskar.until_field((case, "phone"), "the case comes", |_| true).await;
    elin.exchange().await;
    oskar.exchange().await;
    Pair { elin, oskar, case, _folder: folder }
}

async fn file_of(tablet: &Tablet) -> Vec<u8> {
    match tablet.must(Command::HandOver).await {
        Reply::File(Some((name, bytes))) => {
            assert!(name.ends_with(".bundle"), "{name}");
            bytes
        }
        other => panic!("no file: {other:?}"),
    }
}

/// Takes a file in and gives what is said of it.
async fn takes(tablet: &Tablet, file: &[u8]) -> String {
    match tablet.must(Command::TakeFile(file.to_vec())).await {
        Reply::Acted(acted) => acted.say,
        other => panic!("nothing is said: {other:?}"),
    }
}

async fn phone(tablet: &Tablet, case: DocumentId) -> FieldView {
    tablet.field((case, "phone")).await.unwrap()
}

/// How many changes there are, whoever brought them.
fn changes(server: &Server) -> usize {
    server.dump().len()
}

#[test]
fn a_file_brings_work_to_another_tablet_that_syncs_for_both() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let Pair { elin, oskar, case, _folder } = pair(&server).await;
        assert_eq!(elin.must(Command::HandOver).await, Reply::File(None), "a file of nothing");
        server.stop();
        let mut ledger = Ledger::default();
        // Not left when she makes the file.
        elin.type_only(case, "phone", text(PHONE)).await;
        new_case(&elin, SECRET).await;
        let file = file_of(&elin).await;
        for secret in [SECRET, PHONE, "elin", "Elin", "Surfplatta", "Noori"] {
            let shown = file.windows(secret.len()).any(|bytes| bytes == secret.as_bytes());
            assert!(!shown, "{secret} can be read in the file");
        }
        let said = takes(&oskar, &file).await;
        assert!(
            said.contains("Elin") && said.contains("servern: 2") && said.contains("här: 1"),
            "{said}"
        );
        let field = phone(&oskar, case).await;
        assert_eq!(field.value, text(PHONE));
        assert_eq!(field.level, Level::Saved);
        assert!(!oskar.everything_shown().await.contains(SECRET), "he reads what is not his");
        // He goes on from what she wrote; his file brings it to her.
        oskar.answer(case, "phone", text("+46701740602")).await;
        let back = file_of(&oskar).await;
        let said = takes(&elin, &back).await;
        assert!(said.contains("Oskar"), "{said}");
        assert_eq!(phone(&elin, case).await.value, text("+46701740602"));
        assert_eq!(phone(&elin, case).await.statements.len(), 1, "no contradiction");
        for typed in [PHONE, "+46701740602", SECRET] {
            ledger.note(typed, Shown::Saved);
        }

        // Hers stays switched off: his brings everything.
        let elin = elin.crash().await;
        server.start();
        oskar.sync().await;
        let sent = || oskar.status().deposits == 0;
        assert!(oskar.eventually(SYNC_MAX, sent).await, "{:?}", oskar.status());
        assert_eq!(phone(&oskar, case).await.level, Level::Shared);
        let missing = ledger.missing(&server.command(&["dump"]), Shown::Saved);
        assert!(missing.is_empty(), "{missing:?}");
        let before = changes(&server);
        let elin = Tablet::open(&elin, &server.url()).await;
        elin.unlock("elin").await;
        assert!(elin.status().waiting > 0, "hers do not wait: {:?}", elin.status());
        elin.sync().await;
        assert_eq!(elin.status().waiting, 0);
        assert_eq!(phone(&elin, case).await.level, Level::Shared);
        assert_eq!(changes(&server), before, "something is there twice");
        assert_eq!(takes(&oskar, &file).await, takes(&oskar, &file).await);
    });
}

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
            (&[], "ingen fil från Ankomst"),
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
        assert!(why.contains("finns redan här"), "{why}");
        assert_eq!((oskar.status(), oskar.everything_shown().await), once, "twice is not harmless");
        // The file is as good after a restart of the tablet.
        let oskar = oskar.reopen().await;
        oskar.unlock("oskar").await;
        assert_eq!(phone(&oskar, case).await.value, text(PHONE));
    });
}

#[test]
fn what_the_server_has_already_is_not_carried() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let Pair { elin, oskar, case, _folder } = pair(&server).await;
        server.stop();
        elin.answer(case, "phone", text(PHONE)).await;
        let file = file_of(&elin).await;
        server.start();
        elin.sync().await;
        oskar.until_field((case, "phone"), "hers", |field| field.value == text(PHONE)).await;
        oskar.sync().await;
        let before = (oskar.status().waiting, oskar.status().deposits, changes(&server));
        let said = takes(&oskar, &file).await;
        assert!(said.contains("finns redan här"), "{said}");
        assert_eq!((oskar.status().waiting, oskar.status().deposits, changes(&server)), before);
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
        let said = server.command(&["device", "list"]);
        let line =
            said.lines().find(|line| line.contains(" elin ") && line.contains("Surfplatta elin"));
        let device = line.unwrap().split_whitespace().next().unwrap();
        server.command(&["device", "revoke", device]);
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
        let hers = case.to_string();
        server.command(&[
            "held",
            "release",
            &hers,
            "--all",
            "--reason",
            "Elin har skrivit det",
            "--by",
            "ingrid",
        ]);
        oskar.until_field((case, "phone"), "let in", |field| field.value == text(PHONE)).await;
    });
}

#[test]
fn who_signs_out_before_contact_has_carried_it_all_the_same() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let Pair { elin, oskar, case, _folder } = pair(&server).await;
        server.stop();
        let mut ledger = Ledger::default();
        elin.answer(case, "phone", text(PHONE)).await;
        new_case(&elin, SECRET).await;
        for typed in [PHONE, SECRET] {
            ledger.note(typed, Shown::Saved);
        }
        takes(&oskar, &file_of(&elin).await).await;
        drop(elin);
        oskar.must(Command::SignOut).await;
        assert_eq!(oskar.status().deposits, 2);
        server.start();
        let sent = || oskar.status().deposits == 0;
        assert!(oskar.eventually(SYNC_MAX, sent).await, "{:?}", oskar.status());
        let missing = ledger.missing(&server.command(&["dump"]), Shown::Saved);
        assert!(missing.is_empty(), "{missing:?}");
    });
}

/// A file of an enrolled device with just these changes of a record, for those who have it.
fn file_with(raw: &RawDevice, begin: &[u8], parts: Vec<PushPart>) -> Vec<u8> {
    const SALT: [u8; 32] = [5; 32];
    let record = Locked::of(begin, &SALT, &Push { parts }).unwrap();
    raw.bundle(&SALT, &Content { deposits: Vec::new(), records: vec![record] })
}

#[test]
fn nothing_forged_is_shown() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let Pair { oskar, case, _folder, .. } = pair(&server).await;
        let folder = tempfile::tempdir().unwrap();
        let raw = RawDevice::enrol(&server.url(), folder.path(), ("elin", &password("elin"))).await;
        let answer = raw.asks_for(Vec::new(), vec![case]).await;
        oskar.exchange().await;
        server.stop();
        let whole = answer.documents.iter().find(|one| one.document == case).unwrap();
        let chunks: Vec<&[u8]> =
            whole.chunks.iter().filter_map(|one| Some(one.bytes.as_ref()?.as_slice())).collect();
        let begin = chunks.iter().find(|bytes| parse(bytes).unwrap().deps.is_empty()).unwrap();
        let anothers = parse(begin).unwrap();
        let says = |actor: ActorId, by: &Authoring, text: &str| {
            let mut document = Document::open(actor, chunks.iter().copied()).unwrap();
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
        for at in (0..good.bytes.len()).step_by(7) {
            let mut bent = part(actor, &good);
            let mut bytes = good.bytes.clone();
            bytes[at] ^= 1;
            bent.chunks = vec![bytes.into()];
            forged.push(("bent", bent));
        }
        let before = oskar.everything_shown().await;
        for (how, part) in forged {
            let said = takes(&oskar, &file_with(&raw, begin, vec![part])).await;
            assert!(said.contains("finns redan"), "{how}: {said}");
            assert_eq!(oskar.everything_shown().await, before, "{how} is shown");
        }
        // What is in order is shown, in whatever order it comes.
        let parts = vec![part(actor, &later), part(actor, &good)];
        let said = takes(&oskar, &file_with(&raw, begin, parts)).await;
        assert!(said.contains("här: 2"), "{said}");
        assert_eq!(phone(&oskar, case).await.value, text("+46701740611"));
    });
}

#[test]
fn what_builds_on_what_only_one_has_heard_of_comes_along() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let Pair { elin, oskar, case, _folder } = pair(&server).await;
        // He is away already when she has contact for the last time.
        let oskar = Tablet::open(&oskar.crash().await, "http://localhost:9").await;
        oskar.unlock("oskar").await;
        elin.answer(case, "phone", text("+46701740600")).await;
        elin.sync().await;
        server.stop();
        elin.answer(case, "phone", text(PHONE)).await;
        oskar.answer(case, "email", text("noori@example.org")).await;
        let said = takes(&oskar, &file_of(&elin).await).await;
        assert!(said.contains("här: 2"), "{said}");
        assert_eq!(phone(&oskar, case).await.value, text(PHONE));
        assert_eq!(phone(&oskar, case).await.statements.len(), 1, "a contradiction of nobody's");
        takes(&elin, &file_of(&oskar).await).await;
        let email = elin.field((case, "email")).await.unwrap();
        assert_eq!(email.value, text("noori@example.org"));
        server.start();
        let before = changes(&server);
        let oskar = Tablet::open(&oskar.crash().await, &server.url()).await;
        oskar.unlock("oskar").await;
        oskar.sync().await;
        elin.sync().await;
        assert_eq!(changes(&server), before + 2, "his and hers, each once");
        for tablet in [&elin, &oskar] {
            assert_eq!(phone(tablet, case).await.level, Level::Shared);
            assert_eq!(phone(tablet, case).await.value, text(PHONE));
        }
    });
}
