//! Around the house: one deficiency for an item whoever marks it, a note that two people write and one
//! signs, a placement that two people contradict.

use ankomst_shared::app::{Act, Acted, Body, Command, FieldView, Line, Refusal, Reply};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::value::Value;
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::device::{SYNC_MAX, Tablet};

use crate::kit::{local, new_case, signed_in, take, text, visit};

async fn lines(tablet: &Tablet, address: &str, part: &str) -> Vec<Line> {
    let parts = tablet.page(address).await.parts;
    match parts.into_iter().find(|one| one.key == part).map(|one| one.body) {
        Some(Body::Lines(lines, _) | Body::Tiles(lines, _)) => lines,
        other => panic!("no lines in {part} at {address}: {other:?}"),
    }
}

/// Waits until a part of a place has so many lines.
async fn arrives(tablet: &Tablet, address: &str, part: &str, count: usize) {
    let begun = std::time::Instant::now();
    while lines(tablet, address, part).await.len() != count {
        assert!(begun.elapsed() < SYNC_MAX, "never {count} lines in {part}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

#[test]
fn what_is_not_ok_is_one_deficiency_whoever_marks_it() {
    let Some(server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let mats = signed_in(&server, &folder.path().join("a"), "mats").await;
        let hedda = signed_in(&server, &folder.path().join("b"), "hedda").await;
        let house = mats.listed("/boenden").await[0].0;
        take(&mats, house).await;
        take(&hedda, house).await;
        let run = visit(&mats, house).await;
        mats.sync().await;
        let address = format!("/boenden/{house}");
        arrives(&hedda, &address, "visits", 1).await;
        assert_eq!(visit(&hedda, house).await, run, "she joins his run");
        for tablet in [&mats, &hedda] {
            tablet.answer(run, "item/B-F01/status", text("not_ok")).await;
            assert_eq!(lines(tablet, &address, "deficiencies").await.len(), 1);
        }
        mats.answer(run, "item/B-F03/status", text("not_ok")).await;
        assert_eq!(lines(&mats, &address, "deficiencies").await.len(), 2);
        mats.answer(run, "item/B-F03/status", text("ok")).await;
        mats.sync().await;
        hedda.sync().await;
        for tablet in [&mats, &hedda] {
            arrives(tablet, &address, "deficiencies", 1).await;
            let found = lines(tablet, &address, "deficiencies").await;
            assert_eq!(found.len(), 1, "one, and the mistake is gone: {found:#?}");
            assert!(found[0].badges.iter().all(|badge| !badge.text.contains("olika")));
        }
    });
}

#[test]
fn a_note_of_two_people_is_put_together_and_signed_once() {
    let Some(server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let elin = signed_in(&server, &folder.path().join("a"), "elin").await;
        let oskar = signed_in(&server, &folder.path().join("b"), "oskar").await;
        let case = new_case(&elin, "Familjen Noori").await;
        let act = Act::Add { parent: case, list: "notes".to_owned() };
        let note = elin.act(act, &[]).await.entry.unwrap();
        let journal = ankomst_shared::sign::header::companion(case, "journal");
        let body = format!("notes/{note}/body");
        elin.answer(journal, &body, text("Familjen mår bra.")).await;
        elin.sync().await;
        let begun = |field: &FieldView| field.text == "Familjen mår bra.";
        oskar.until_field((journal, &body), "the note", begun).await;
        // Both write on at the same time.
        elin.answer(journal, &body, text("Familjen mår ganska bra.")).await;
        oskar.answer(journal, &body, text("Familjen mår bra. Barnen går i skolan.")).await;
        elin.sync().await;
        oskar.sync().await;
        let whole = "Familjen mår ganska bra. Barnen går i skolan.";
        for tablet in [&elin, &oskar] {
            tablet.until_field((journal, &body), "both texts", |field| field.text == whole).await;
        }
        let sign = Act::Sign { document: journal, entry: Some(note.clone()) };
        let unsigned = elin.handle(Command::Act(sign.clone(), Vec::new())).await;
        assert_eq!(
            unsigned,
            Reply::Refused(Refusal::Missing),
            "nobody has said where it comes from"
        );
        elin.answer(journal, &format!("notes/{note}/source"), text("own_observation")).await;
        elin.act(sign, &[]).await;
        let path = ankomst_shared::path::FieldPath::parse(&body).unwrap();
        let late = Command::Type { document: journal, path, value: text("Något annat") };
        assert_eq!(elin.handle(late).await, Reply::Refused(Refusal::Signed));
        let correct = Act::Correct { document: journal, entry: note.clone() };
        elin.act(correct, &[("text", text("Det var på våren.")), ("reason", text("Fel år"))]).await;
        let page = elin.page(&format!("/arenden/{case}/notes/{note}")).await;
        assert!(page.parts.iter().any(|part| part.key == "corrections"));
    });
}

#[test]
fn a_placement_moves_and_ends_and_can_be_taken_back() {
    let Some(server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let elin = signed_in(&server, &folder.path().join("a"), "elin").await;
        let house = elin.listed("/boenden").await[0].0;
        let case = new_case(&elin, "Familjen Wardak").await;
        let person = elin.act(Act::Add { parent: case, list: "persons".to_owned() }, &[]).await;
        let person = person.entry.unwrap();
        for (field, value) in [("given", "Zarghona"), ("family", "Wardak"), ("sex", "F")] {
            elin.answer(case, &format!("persons/{person}/{field}"), text(value)).await;
        }
        let room = rooms(&elin, house).await.remove(0);
        let who = Value::text(format!("{case}/{person}"));
        let answers = [("person", who), ("from_date", text("2026-01-07"))];
        let act = Act::Place { residence: house, room, bed: None };
        let Acted { undo, .. } = elin.act(act, &answers).await;
        let living = format!("/arenden/{case}");
        assert_eq!(lines(&elin, &living, "living").await[0].title, "Zarghona Wardak");
        let occupant = lines(&elin, &living, "living").await[0].key.clone();
        let end = Act::End { residence: house, occupant: occupant.clone() };
        let ended = elin
            .act(end, &[("to_date", text("2026-02-01")), ("end_reason", text("own_contract"))])
            .await;
        let state = format!("occupancy/{occupant}/state");
        assert_eq!(elin.field((house, &state)).await.unwrap().value, text("ended"));
        elin.act(ended.undo.unwrap(), &[]).await;
        assert_eq!(elin.field((house, &state)).await.unwrap().value, text("active"));
        elin.act(undo.unwrap(), &[]).await;
        assert_eq!(elin.field((house, &state)).await.unwrap().value, text("cancelled"));
    });
}

async fn rooms(tablet: &Tablet, house: DocumentId) -> Vec<String> {
    let parts = tablet.page(&format!("/boenden/{house}")).await.parts;
    match parts.into_iter().find(|one| one.key == "board").map(|one| one.body) {
        Some(Body::Board(rooms)) => rooms.into_iter().map(|(room, _)| room.key).collect(),
        other => panic!("no board: {other:?}"),
    }
}

/// What a page says does not fit together.
async fn broken(tablet: &Tablet, address: &str) -> Vec<Line> {
    let parts = tablet.page(address).await.parts;
    match parts.into_iter().find(|one| one.key == "broken").map(|one| one.body) {
        Some(Body::Lines(lines, _)) => lines,
        _ => Vec::new(),
    }
}

#[test]
fn a_rule_that_two_people_break_together_is_told_to_both_with_both_names() {
    let Some(server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let elin = signed_in(&server, &folder.path().join("a"), "elin").await;
        let oskar = signed_in(&server, &folder.path().join("b"), "oskar").await;
        let case = new_case(&elin, "Familjen Noori").await;
        elin.answer(case, "state", text("closing")).await;
        elin.answer(case, "opened_on", text("2026-01-10")).await;
        elin.sync().await;
        let begun = |field: &FieldView| field.value == text("2026-01-10");
        oskar.until_field((case, "opened_on"), "the opening day", begun).await;
        // Each alone keeps the rule; neither knows of the other.
        elin.answer(case, "closed_on", text("2026-02-01")).await;
        oskar.answer(case, "opened_on", text("2026-03-01")).await;
        let address = format!("/arenden/{case}");
        for tablet in [&elin, &oskar] {
            assert!(broken(tablet, &address).await.is_empty());
        }
        elin.sync().await;
        oskar.sync().await;
        let both = |field: &FieldView| field.value == text("2026-03-01");
        elin.until_field((case, "opened_on"), "the other's day", both).await;
        let closed = |field: &FieldView| field.value == text("2026-02-01");
        oskar.until_field((case, "closed_on"), "the closing day", closed).await;
        for tablet in [&elin, &oskar] {
            let lines = broken(tablet, &address).await;
            assert_eq!(lines.len(), 1, "{lines:#?}");
            for part in ["2026-03-01 (Oskar", "2026-02-01 (Elin"] {
                assert!(lines[0].detail.contains(part), "{}", lines[0].detail);
            }
        }
        // Whoever corrects it corrects it for both.
        oskar.answer(case, "opened_on", text("2026-01-10")).await;
        oskar.sync().await;
        elin.until_field((case, "opened_on"), "the corrected day", begun).await;
        for tablet in [&elin, &oskar] {
            assert!(broken(tablet, &address).await.is_empty());
        }
    });
}
