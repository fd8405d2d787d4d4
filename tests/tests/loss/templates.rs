//! Checklists of the municipality's own: published by a command, on every tablet with the next contact, run
//! without contact in the version a run began with, and never lost.

use std::path::Path;
use std::time::Instant;

use ankomst_shared::app::{
    Act, Action, Command, Contact, ItemView, Language, Query, RunView, View,
};
use ankomst_shared::document::{Authoring, Document, Edit};
use ankomst_shared::ids::{ActorId, DocumentId};
use ankomst_shared::own::FORM;
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::{AuthorEnvelope, Header, SigningKey};
use ankomst_shared::sync::message::{DocumentHistory, Outcome, PushPart, Refused};
use ankomst_shared::value::Value;
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::Tablet;
use ankomst_tests::tablet::device::SYNC_MAX;
use ankomst_tests::tablet::raw::{RawDevice, sent};

use crate::hostile::held;
use crate::kit::{local, password, signed_in, take, text};

const OWN: &str = "k2326_fire_round";
const START: &str = "start-k2326-fire-round";
const ONE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/templates/fire_round_1.toml");
const TWO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/templates/fire_round_2.toml");

/// The button of the own checklist on a house's page.
async fn button(tablet: &Tablet, house: DocumentId) -> Option<Action> {
    let page = tablet.page(&format!("/boenden/{house}")).await;
    let mut all = page.actions.into_iter().chain(page.parts.into_iter().flat_map(|p| p.actions));
    all.find(|action| action.name == START)
}

/// Waits until a tablet has what the server has published: until the button says so.
async fn arrives(tablet: &Tablet, house: DocumentId, label: &str) {
    let begun = Instant::now();
    while button(tablet, house).await.is_none_or(|button| button.label != label) {
        assert!(begun.elapsed() < SYNC_MAX, "{label:?} never comes");
        tablet.exchange().await;
    }
}

async fn start(tablet: &Tablet, house: DocumentId) -> DocumentId {
    let act = Act::StartRun { parent: house, checklist: OWN.to_owned() };
    tablet.act(act, &[]).await.document.unwrap()
}

fn item<'a>(run: &'a RunView, id: &str) -> Option<&'a ItemView> {
    run.groups.iter().flat_map(|group| &group.items).find(|item| item.id == id)
}

/// Waits until a tablet has a run.
async fn run_arrives(tablet: &Tablet, run: DocumentId) {
    let begun = Instant::now();
    while tablet.field((run, "item/K2326-F01/status")).await.is_none() {
        assert!(begun.elapsed() < SYNC_MAX, "the run never comes");
        tablet.exchange().await;
    }
}

/// Signs in again, as a restored log asks for, and syncs.
async fn in_again(tablet: &Tablet, login: &str) {
    assert!(tablet.eventually(SYNC_MAX, || tablet.status().sign_in_needed).await, "not asked to");
    tablet.login(login, &password(login)).await;
    tablet.sync().await;
}

/// Two inspectors with the first two houses, both with the first version.
async fn two(server: &Server, folder: &Path) -> (Tablet, Tablet, [DocumentId; 2]) {
    let mats = signed_in(server, &folder.join("mats"), "mats").await;
    let hedda = signed_in(server, &folder.join("hedda"), "hedda").await;
    let listed = mats.listed("/boenden").await;
    let houses = [listed[0].0, listed[1].0];
    for house in houses {
        assert!(button(&mats, house).await.is_none(), "nothing of its own yet");
        take(&mats, house).await;
        take(&hedda, house).await;
    }
    let said = server.command(&["template", "add", ONE]);
    assert!(said.contains("k2326_fire_round version 1: 3 items, the first version here"), "{said}");
    for tablet in [&mats, &hedda] {
        arrives(tablet, houses[0], "Starta: brandrond").await;
    }
    (mats, hedda, houses)
}

#[test]
fn an_own_checklist_is_run_offline_by_two_and_merges_as_any_other() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let (mats, hedda, [house, _]) = two(&server, folder.path()).await;
        server.kill();
        // Begun without contact, on a tablet that was switched off and on since.
        let mats = mats.reopen().await;
        mats.unlock("mats").await;
        let start_it = button(&mats, house).await.unwrap();
        assert_eq!(start_it.label, "Starta: brandrond");
        let run = start(&mats, house).await;
        let shown = mats.run(run).await;
        assert_eq!((shown.version, shown.row.title.as_str()), (1, "Brandrond"));
        let width = item(&shown, "K2326-F02").unwrap();
        assert_eq!(width.text, "Trappans fria bredd");
        assert_eq!(width.text_other, "Clear width of the stairs");
        mats.must(Command::SetLanguage(Language::En)).await;
        assert_eq!(button(&mats, house).await.unwrap().label, "Start: fire round");
        assert_eq!(mats.run(run).await.row.title, "Fire round");
        mats.must(Command::SetLanguage(Language::Sv)).await;

        server.start();
        mats.sync().await;
        run_arrives(&hedda, run).await;
        assert_eq!(start(&hedda, house).await, run, "she joins the run that is open");
        server.kill();
        mats.answer(run, "item/K2326-F01/status", text("ok")).await;
        hedda.answer(run, "item/K2326-F01/status", text("not_ok")).await;
        mats.answer(run, "item/K2326-F02/value", text("95")).await;
        hedda.answer(run, "item/K2326-F02/value", text("80")).await;
        mats.answer(run, "item/K2326-F03/comment", text("Hörs inte i rum 2")).await;
        hedda.answer(run, "item/K2326-F03/comment", text("Batteri bytt")).await;
        server.start();
        mats.sync().await;
        hedda.sync().await;
        for tablet in [&mats, &hedda] {
            let at = (run, "item/K2326-F02/value");
            let width =
                tablet.until_field(at, "both widths", |field| field.conflict.is_some()).await;
            assert_eq!(width.value, text("80"), "the lower number rules, as the item says");
            let at = (run, "item/K2326-F01/status");
            let door =
                tablet.until_field(at, "both answers", |field| field.conflict.is_some()).await;
            assert_eq!(door.value, text("not_ok"), "the more cautious answer rules");
            let said = tablet.field((run, "item/K2326-F03/comment")).await.unwrap();
            assert!(said.text.contains("rum 2") && said.text.contains("Batteri"), "{}", said.text);
        }
        let ingrid = signed_in(&server, &folder.path().join("ingrid"), "ingrid").await;
        let Some(View::Inbox(inbox)) = ingrid.view(Query::Inbox).await else { panic!("no inbox") };
        assert!(inbox.rows.iter().any(|row| row.document == run));
        let org = inbox.rows.iter().find(|row| row.kind == "org");
        assert_eq!(org, None, "what the server publishes is nobody's to approve");
        ingrid.settle((run, "item/K2326-F02/value"), text("80"), "mätt igen").await;
        ingrid.settle((run, "item/K2326-F01/status"), text("not_ok"), "låst").await;
        ingrid.sync().await;
        for tablet in [&mats, &hedda] {
            let settled = |field: &ankomst_shared::app::FieldView| field.conflict.is_none();
            tablet.until_field((run, "item/K2326-F02/value"), "settled", settled).await;
            tablet.until_field((run, "item/K2326-F01/status"), "settled", settled).await;
        }
        // Printed, and a deficiency of the house as with any inspection.
        let paper = format!("{:?}", mats.page(&format!("/utskrift/besok/{run}")).await);
        assert!(
            paper.contains("Brandrond v1") && paper.contains("Dörren går att öppna"),
            "{paper}"
        );
        let page = format!("{:?}", hedda.page(&format!("/boenden/{house}")).await);
        assert!(
            page.contains("Dörren går att öppna inifrån"),
            "what is wrong is named by its item"
        );
    });
}

#[test]
fn a_run_keeps_the_version_it_began_with_and_backups_keep_them_all() {
    let Some(mut server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let before = folder.path().join("before.db");
        let before = before.to_str().unwrap().to_owned();
        server.command(&["backup", &before]);
        let (mats, hedda, [house, other]) = two(&server, folder.path()).await;
        let run = start(&mats, house).await;
        mats.answer(run, "item/K2326-F01/status", text("ok")).await;
        mats.sync().await;

        let said = server.command(&["template", "add", ONE]);
        assert!(said.contains("version 1 is there already; nothing was changed"), "{said}");
        let said = server.command(&["template", "add", TWO, "--language", "sv"]);
        for wanted in [
            "version 2: 3 items; since version 1:",
            "Borttagen K2326-F03",
            "Ny K2326-F04: Brandvarnaren provad",
            "K2326-F01 har ny text: Alla dörrar",
        ] {
            assert!(said.contains(wanted), "{wanted}: {said}");
        }
        arrives(&mats, house, "Starta: brandrond med boende").await;
        arrives(&hedda, house, "Starta: brandrond med boende").await;
        server.kill();
        let mats = mats.reopen().await;
        mats.unlock("mats").await;
        assert_eq!(start(&mats, house).await, run, "the run that is open is joined");
        let old = mats.run(run).await;
        assert_eq!(old.version, 1);
        assert_eq!(item(&old, "K2326-F01").unwrap().text, "Dörren går att öppna inifrån");
        assert!(item(&old, "K2326-F03").is_some() && item(&old, "K2326-F04").is_none());
        mats.answer(run, "item/K2326-F03/status", text("ok")).await;
        let second = start(&mats, other).await;
        let new = mats.run(second).await;
        assert_eq!((new.version, new.row.total), (2, 3));
        assert!(item(&new, "K2326-F04").is_some() && item(&new, "K2326-F03").is_none());

        // A new disk from a new backup.
        let after = folder.path().join("after.db");
        let after = after.to_str().unwrap().to_owned();
        server.command(&["backup", &after]);
        let listed = server.command(&["template", "list"]);
        assert!(listed.contains("version 1  3 items  replaced"), "{listed}");
        assert!(listed.contains("version 2  3 items  begins at residence"), "{listed}");
        server.lose_disk();
        server.command(&["restore", &after]);
        assert_eq!(server.command(&["template", "list"]), listed);
        for tablet in [&mats, &hedda] {
            let alone = || tablet.status().contact != Contact::Live;
            assert!(tablet.eventually(SYNC_MAX, alone).await);
        }
        server.start();
        mats.sync().await;
        hedda.sync().await;
        run_arrives(&hedda, second).await;
        assert_eq!(hedda.run(second).await.version, 2);

        // And from one that was made before there were any: the tablets bring them back.
        server.kill();
        server.lose_disk();
        server.command(&["restore", &before]);
        assert_eq!(server.command(&["template", "list"]), "");
        server.start();
        in_again(&mats, "mats").await;
        in_again(&hedda, "hedda").await;
        assert_eq!(server.command(&["template", "list"]), listed);
        assert_eq!(server.command(&["held", "list"]), "");
        let (fine, said) = server.try_command(&["template", "add", TWO]);
        assert!(fine && said.contains("is there already"), "{said}");
    });
}

#[test]
fn a_checklist_in_a_newer_form_is_kept_and_told_of() {
    let Some(server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let (mats, _, [house, _]) = two(&server, folder.path()).await;
        let raw = RawDevice::enrol(&server.url(), folder.path(), ("elin", &password("elin"))).await;
        let answer = raw.exchange(Vec::new()).await;
        let org = answer.documents.iter().find(|document| document.kind == "org").unwrap();
        let edits = [
            ("key", text("k2326_later")),
            ("version", Value::Int(1)),
            ("form", Value::Int(FORM + 1)),
            ("body", text("of a newer program")),
        ];
        let edits = edits.map(|(field, value)| {
            let path = format!("templates/zzzzzzzzzzzzzzzz/{field}");
            Edit { path: FieldPath::parse(&path).unwrap(), value }
        });
        let answer = raw.exchange(vec![by_the_server(&server, org, &edits)]).await;
        assert!(matches!(answer.acks[0].outcome, Outcome::Received(_)), "{:?}", answer.acks);
        let run = DocumentId::new(1, [8; 10]);
        let header = raw.run_header(run, house, ("k2326_later", 1));
        let actor = ActorId::from_bytes([43; 16]);
        let (_, chunk) = Document::create(actor, header, &[], &raw.by()).unwrap();
        raw.exchange(vec![raw.part(run, actor, sent(&chunk))]).await;

        let begun = Instant::now();
        loop {
            let page = mats.page(&format!("/boenden/{house}")).await;
            let part = page.parts.into_iter().find(|part| part.key == "checklists").unwrap();
            let shown = format!("{:?}", part.body);
            if part.help.contains("nyare version av appen") && shown.contains(&run.to_string()) {
                assert!(shown.contains("inte kan visa"), "{shown}");
                break;
            }
            assert!(begun.elapsed() < SYNC_MAX, "never told: {:?} {shown}", part.help);
            mats.exchange().await;
        }
        assert!(button(&mats, house).await.is_some(), "the others are as they were");
        let said = server.command(&["template", "list"]);
        assert!(said.contains("1 in a form of a newer version of Ankomst, kept"), "{said}");
        let (fine, said) = server.try_command(&["template", "add", TWO]);
        assert!(!fine && said.contains("published by a newer version of Ankomst"), "{said}");
    });
}

/// A change of the record `org` as the server signs it, with the key in its folder.
fn by_the_server(server: &Server, org: &DocumentHistory, edits: &[Edit]) -> PushPart {
    let seed: [u8; 32] =
        std::fs::read(server.data().join("server.key")).unwrap().try_into().unwrap();
    let key = SigningKey::from_seed(seed);
    let known = Header::peek(&header_of(org)).unwrap();
    let by = Authoring {
        device: known.device,
        user: known.user,
        now_ms: jiff::Timestamp::now().as_millisecond(),
        clock_offset_s: None,
        review_heads: Vec::new(),
    };
    let actor = ActorId::from_bytes([42; 16]);
    let chunk = opened(org, actor).commit(edits, &by).unwrap().unwrap();
    let envelope = AuthorEnvelope {
        document: org.document,
        actor,
        user: known.user,
        device: known.device,
        opened_ms: by.now_ms,
        last: chunk.hash,
    };
    PushPart {
        document: org.document,
        envelope: envelope.sign(&key).into(),
        chunks: vec![chunk.bytes.into()],
        enrolment: None,
    }
}

fn opened(org: &DocumentHistory, actor: ActorId) -> Document {
    let bytes = org.chunks.iter().filter_map(|chunk| chunk.bytes.as_ref().map(|all| &***all));
    Document::open(actor, bytes).unwrap()
}

fn header_of(org: &DocumentHistory) -> Vec<u8> {
    let document = opened(org, ActorId::from_bytes([0; 16]));
    document.headers().first().unwrap().clone()
}

#[test]
fn no_device_writes_what_only_the_server_writes() {
    let Some(server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let (mats, _, [house, _]) = two(&server, folder.path()).await;
        let raw = RawDevice::enrol(&server.url(), folder.path(), ("elin", &password("elin"))).await;
        let answer = raw.exchange(Vec::new()).await;
        let org = answer.documents.iter().find(|document| document.kind == "org").unwrap();

        // Into the record that is there: held, and nobody sees it.
        let actor = ActorId::from_bytes([41; 16]);
        let mut document = opened(org, actor);
        let name = |name: &str| {
            [Edit { path: FieldPath::parse("name").unwrap(), value: Value::text(name) }]
        };
        let chunk = document.commit(&name("Kapad"), &raw.by()).unwrap().unwrap();
        let hash = chunk.hash;
        let answer = raw.exchange(vec![raw.part(org.document, actor, sent(&chunk))]).await;
        assert!(matches!(answer.acks[0].outcome, Outcome::Received(_)));
        assert_eq!(held(&raw, hash).await, "not permitted");

        // One of its own, and one in the server's name: refused.
        let id = DocumentId::new(1, [9; 10]);
        let begun = Document::create(actor, raw.header(id, "org"), &name("Egen"), &raw.by());
        let (_, chunk) = begun.unwrap();
        let answer = raw.exchange(vec![raw.part(id, actor, sent(&chunk))]).await;
        assert_eq!(answer.acks[0].outcome, Outcome::Refused(Refused::Header));
        let envelope = org.chunks[0].envelope.clone().unwrap();
        let mut part = raw.part(id, actor, sent(&chunk));
        part.envelope = envelope;
        let answer = raw.exchange(vec![part]).await;
        assert_eq!(answer.acks[0].outcome, Outcome::Refused(Refused::Envelope));

        mats.exchange().await;
        assert!(button(&mats, house).await.is_some(), "the checklist is as it was");
        let form = format!("{:?}", mats.form(org.document, None).await);
        assert!(!form.contains("Kapad"), "{form}");
        let path = FieldPath::parse("name").unwrap();
        let typed = Command::Type { document: org.document, path, value: text("Min") };
        let refused = format!("{:?}", mats.handle(typed).await);
        assert!(refused.contains("NotAllowed"), "the app does not even offer it: {refused}");
    });
}
