//! The offline day: two tablets, a desk, and a third tablet that comes late.

use ankomst_shared::app::{Agreement, Command, FieldView, ShownRule};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::value::Value;
use ankomst_tests::kit::ledger::{Ledger, Shown};
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::Tablet;

use crate::kit::{local, new_case, signed_in, take, text, visit};

const FIRE: &str = "item/B-F01/status";

#[test]
fn an_offline_day_converges_and_decisions_keep_the_losing_value() {
    let Some(mut server) = Server::with_village() else { return };
    local(day(&mut server));
}

#[test]
fn what_is_being_typed_never_overwrites_what_it_had_not_seen() {
    let Some(server) = Server::with_village() else { return };
    local(async {
        let folder = tempfile::tempdir().unwrap();
        let elin = signed_in(&server, &folder.path().join("elin"), "elin").await;
        let oskar = signed_in(&server, &folder.path().join("oskar"), "oskar").await;
        let case = new_case(&elin, "Noori, Provgatan").await;
        elin.sync().await;
        oskar.until_field((case, "phone"), "the case comes", |_| true).await;
        // Oskar's answer is still a draft when Elin's arrives.
        oskar.type_only(case, "phone", text("+46701740602")).await;
        elin.answer(case, "phone", text("+46701740601")).await;
        for tablet in [&elin, &oskar] {
            let open = |field: &FieldView| field.agreement == Agreement::Open;
            let field = tablet.until_field((case, "phone"), "contradicts", open).await;
            assert_eq!(field.statements.len(), 2, "{field:#?}");
        }
    });
}

async fn day(server: &mut Server) {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let mut ledger = Ledger::default();
    let elin = signed_in(server, &at("elin"), "elin").await;
    let oskar = signed_in(server, &at("oskar"), "oskar").await;
    let desk = signed_in(server, &at("ingrid"), "ingrid").await;
    let house = elin.listed("/boenden").await[0].0;
    take(&elin, house).await;
    take(&oskar, house).await;
    let run = visit(&elin, house).await;
    let case = new_case(&elin, "Noori, Provgatan").await;
    elin.sync().await;
    oskar.until_field((run, FIRE), "the run comes", |_| true).await;
    assert_eq!(visit(&oskar, house).await, run);
    oskar.until_field((case, "phone"), "the case comes", |_| true).await;

    // A third tablet knows the case and loses contact.
    let third = signed_in(server, &at("third"), "oskar").await;
    let third = third.crash().await;
    let third = Tablet::open(&third, "http://localhost:9").await;
    third.unlock("oskar").await;

    server.stop();
    let items = items(&elin, run).await;
    assert_eq!(items.len(), 121);
    let half = items.len() / 2;
    for item in items.iter().take(half) {
        elin.type_only(run, &format!("item/{item}/status"), text("ok")).await;
    }
    for item in items.iter().skip(half) {
        oskar.type_only(run, &format!("item/{item}/status"), text("ok")).await;
    }
    elin.type_only(run, FIRE, text("ok")).await;
    oskar.type_only(run, FIRE, text("not_ok")).await;
    for (tablet, phone, note) in [
        (&elin, "+46701740601", "Brandvarnaren provad av Elin, låter"),
        (&oskar, "+46701740602", "Brandvarnaren provad av Oskar, tyst"),
    ] {
        tablet.type_only(run, "item/B-F01/comment", text(note)).await;
        tablet.type_only(case, "phone", text(phone)).await;
        ledger.note(note, Shown::Saved);
        ledger.note(phone, Shown::Saved);
    }
    // Neither tablet has left its sections: both are switched off, and the drafts become changes.
    let (elin, oskar) = (elin.reopen().await, oskar.reopen().await);
    elin.unlock("elin").await;
    oskar.unlock("oskar").await;
    assert!(elin.status().waiting >= 2, "{:?}", elin.status());

    server.start();
    for tablet in [&elin, &oskar, &desk] {
        tablet.sync().await;
        let phone = |field: &FieldView| field.agreement == Agreement::Open;
        let field = tablet.until_field((case, "phone"), "contradicts", phone).await;
        assert_eq!(field.statements.len(), 2, "{field:#?}");
        let fire = tablet.until_field((run, FIRE), "contradicts", phone).await;
        assert_eq!((&fire.value, fire.rule), (&text("not_ok"), ShownRule::MostCautious));
        assert_eq!(fire.statements.len(), 2, "{fire:#?}");
        assert_eq!(answered(tablet, run).await, 121);
    }

    the_desk_decides(&desk, run, case).await;
    for tablet in [&elin, &oskar] {
        the_decision_is_shown(tablet, run, case).await;
    }

    ledger.note("+46701740603", Shown::Saved);
    comes_late(server, third, case, &[&elin, &oskar, &desk]).await;
    server.stop();
    let missing = ledger.missing(&server.command(&["dump"]), Shown::Saved);
    assert!(missing.is_empty(), "{missing:?}");
}

/// A tablet edits before it sees the decision: for everybody the field is open again.
async fn comes_late(server: &Server, third: Tablet, case: DocumentId, others: &[&Tablet]) {
    third.answer(case, "phone", text("+46701740603")).await;
    let third = Tablet::open(&third.crash().await, &server.url()).await;
    third.unlock("oskar").await;
    third.sync().await;
    for tablet in [&third].iter().chain(others) {
        let reopened = |field: &FieldView| {
            field.agreement == Agreement::Reopened
                && field.statements.iter().any(|one| one.value == text("+46701740603"))
        };
        let field = tablet.until_field((case, "phone"), "reopens", reopened).await;
        assert_eq!(field.settlements.len(), 1, "{field:#?}");
    }
}

async fn the_desk_decides(desk: &Tablet, run: DocumentId, case: DocumentId) {
    for (document, path, value, reason) in [
        (case, "phone", "+46701740602", "Ringt och fått svar"),
        (run, FIRE, "ok", "Provad igen på plats"),
    ] {
        let changes = desk.changes(document).await;
        let open = changes.fields.iter().find(|one| one.field.path.as_str() == path);
        let open = &open.unwrap().field;
        assert_eq!(open.agreement, Agreement::Open);
        assert!(open.may_settle);
        for statement in &open.statements {
            assert!(!statement.who.is_empty() && !statement.device.is_empty());
            assert!(statement.claimed_ms > 0 && statement.received_ms.is_some());
        }
        let (conflict, path) = (open.conflict.unwrap(), open.path.clone());
        let (value, reason) = (Value::text(value), reason.to_owned());
        desk.must(Command::Settle { document, path, conflict, value, reason }).await;
    }
    desk.sync().await;
}

async fn the_decision_is_shown(tablet: &Tablet, run: DocumentId, case: DocumentId) {
    for (document, path, decided, losing) in
        [(case, "phone", "+46701740602", "+46701740601"), (run, FIRE, "ok", "not_ok")]
    {
        let settled = |field: &FieldView| field.agreement == Agreement::Settled;
        let field = tablet.until_field((document, path), "is decided", settled).await;
        assert_eq!((&field.value, field.rule), (&text(decided), ShownRule::Decided));
        let lost = field.statements.iter().find(|one| one.value == text(losing));
        assert!(!lost.unwrap().who.is_empty(), "{field:#?}");
        assert_eq!(field.settlements.len(), 1);
    }
}

async fn items(tablet: &Tablet, run: DocumentId) -> Vec<String> {
    let groups = tablet.run(run).await.groups;
    groups.into_iter().flat_map(|group| group.items).map(|item| item.id).collect()
}

async fn answered(tablet: &Tablet, run: DocumentId) -> u32 {
    tablet.run(run).await.row.answered
}
