//! How long a device may be read without contact: told with every answer, by what it holds and what the unit decided.

use ankomst_server::storage::sqlite::register;
use ankomst_server::sync::{feed, guard};
use ankomst_shared::app::Language;
use ankomst_shared::document::Edit;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::packed::to_bytes;
use ankomst_shared::path::FieldPath;
use ankomst_shared::sync::message::Push;
use ankomst_shared::value::Value;
use axum::http::{Method, StatusCode};

use super::guard::{does, user, village};
use super::kinds::Somebody;
use super::kit::{Browser, Door};

const HERE: &str = "/administration/organisation";
const HOUR_S: u32 = 3_600;

async fn decides(browser: &mut Browser, door: &Door, key: &str, value: &str) -> StatusCode {
    let said = [("key", key), ("value", value), ("valid_from", "2026-01-01")];
    let answers: Vec<(String, Value)> =
        said.iter().map(|(id, value)| ((*id).to_owned(), Value::text(*value))).collect();
    let what = (HERE.to_owned(), "org-policy".to_owned());
    let body =
        to_bytes(&(ankomst_shared::app::PAGE_FORM, to_bytes(&(what, (Language::Sv, answers)))));
    let answer = browser.call(door, (Method::POST, "/api/v1/desk/act"), body).await;
    feed::settle(&door.app).await.unwrap();
    answer.status
}

async fn lease(one: &mut Somebody, door: &Door) -> u32 {
    one.exchange(door, Push::default()).await.welcome.lease_s / HOUR_S
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_decides_how_long_its_tablets_are_read_and_continuity_lengthens_it() {
    let (door, mut elin, mut ingrid, mut sixten) = village().await;
    assert_eq!(lease(&mut elin, &door).await, 12, "with what is protected");
    let me = user(&door, "elin");
    does(&mut sixten, &door, &format!("level:{}", me.id), &[("level", "1")]).await;
    assert_eq!(lease(&mut elin, &door).await, 12, "somebody in a case has protected data");
    let rows = door.app.row_readers.read(register::all).unwrap();
    for marked in rows.iter().filter(|row| row.shielded).map(|row| row.document) {
        let by = user(&door, "ingrid").id;
        guard::raise(&door.app, (marked, 2), (by, "Prov".to_owned())).await.unwrap();
    }
    assert_eq!(lease(&mut elin, &door).await, 24, "with the case of a child");
    let (mut mats, _) = Somebody::with(&door, ("mats", "mats-i-provby"), 4).await;
    assert_eq!(lease(&mut mats, &door).await, 168, "with nothing special");
    let kind =
        Edit { path: FieldPath::parse("case_kind").unwrap(), value: Value::text("unaccompanied") };
    elin.begins_with(&door, ("case", DocumentId::from_bytes([91; 16])), None, &[kind]).await;
    feed::settle(&door.app).await.unwrap();
    assert_eq!(lease(&mut elin, &door).await, 24, "with another child's");

    for (key, value) in [
        ("lease_hours", "0"),
        ("lease_hours", "1009"),
        ("continuity_days", "61"),
        ("lock_minutes", "x"),
    ] {
        let status = decides(&mut sixten, &door, key, value).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{key} {value}");
    }
    for (key, value, elins, ingrids) in [
        ("lease_hours", "20", 20, 12),
        ("lease_child_hours", "6", 6, 6),
        ("lease_protected_hours", "4", 6, 4),
        ("continuity_days", "42", 42 * 24, 4),
    ] {
        assert_eq!(decides(&mut sixten, &door, key, value).await, StatusCode::OK, "{key}");
        assert_eq!(lease(&mut elin, &door).await, elins, "{key}");
        assert_eq!(lease(&mut ingrid, &door).await, ingrids, "{key}");
    }
    let shuts = |answer: ankomst_shared::sync::message::ExchangeAnswer| answer.welcome.shuts_s;
    assert_eq!(shuts(elin.exchange(&door, Push::default()).await), 0);
    decides(&mut sixten, &door, "lock_minutes", "2").await;
    assert_eq!(shuts(elin.exchange(&door, Push::default()).await), 120);
}
