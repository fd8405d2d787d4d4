//! A client in Python, written from `docs/protocol.md` alone, beside tablets of this product.
#![expect(clippy::unwrap_used, reason = "a test crate: a failed step fails the test")]

use std::collections::BTreeSet;

use ankomst_shared::app::Act;
use ankomst_shared::ids::{ChangeHash, DocumentId};
use ankomst_shared::value::Value;
use ankomst_tests::kit::python::Python;
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::Tablet;
use ankomst_tests::tablet::device::local;

const HOUSE: &str = "Fiktiva huset";

#[test]
fn a_client_written_from_the_document_and_a_tablet_read_what_the_other_writes() {
    let Some(server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let mats = Tablet::open(folder.path(), &server.url()).await;
        mats.login("mats", "mats-i-provby").await;
        mats.sync().await;
        let houses = mats.listed("/boenden").await;
        let house = houses.into_iter().find(|(_, name)| name == HOUSE).unwrap().0;
        let checklist = "residence_inspection".to_owned();
        let start = Act::StartRun { parent: house, checklist };
        let run = mats.act(start, &[]).await.document.unwrap();
        mats.answer(run, "item/B-F01/status", Value::text("ok")).await;
        mats.sync().await;

        let who = ("oskar", "oskar-i-provby");
        let Some(mut python) = Python::start(&server.url(), who, HOUSE) else { return };
        // It takes the house along, with the inspection, and reads it.
        let read = python.hear("read");
        assert_eq!(document(&read), run);
        assert_eq!(read["items"]["item/B-F01/status"][0], "ok");
        // What it writes is acknowledged, passes the trial, and is read here.
        let mut written = vec![python.hear("pushed"), python.hear("pushed"), python.hear("begun")];
        let comment = "Läst i Python: åäö 🔥";
        let name = Value::text("Pytonina Provsson");
        mats.until_field((house, "sba_responsible"), "a field", |field| field.value == name).await;
        let at = (run, "item/B-F01/comment");
        mats.until_field(at, "an item", |field| field.value == Value::text(comment)).await;
        let begun = document(&written.pop().unwrap());
        let at = (begun, "period");
        let period = Value::text("2026 v. 48");
        mats.until_field(at, "a record", |field| field.value == period).await;
        // The other way round, by the live socket.
        python.hear("listening");
        let contact = "Jour Provsson, 0701740605";
        mats.answer(house, "emergency_contact", Value::text(contact)).await;
        mats.sync().await;
        let seen = python.hear_where("seen", |seen| seen["values"]["emergency_contact"] == contact);
        assert_eq!((&seen["own"], &seen["by"]), (&false.into(), &"Mats Sandberg".into()));
        assert_eq!(python.ends()["shared"], true);
        let dump = server.dump();
        let hashes: BTreeSet<_> = written.iter().map(|one| hash(&one["hash"])).collect();
        assert!(dump.lacks(&hashes).is_empty());
    });
}

#[test]
fn what_the_client_signs_and_writes_has_the_bytes_that_the_product_keeps() {
    let Some(said) = Python::golden() else { return };
    assert!(said.starts_with("4 signed, 2 changes"), "{said}");
}

fn document(said: &serde_json::Value) -> DocumentId {
    DocumentId::try_from(bytes(&said["document"]).as_slice()).unwrap()
}

fn hash(said: &serde_json::Value) -> ChangeHash {
    ChangeHash::try_from(bytes(said).as_slice()).unwrap()
}

fn bytes(said: &serde_json::Value) -> Vec<u8> {
    let text = said.as_str().unwrap().as_bytes();
    let pairs = text.chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}
