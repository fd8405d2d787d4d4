//! A card of one case points at a card of another: whoever may not read the other case learns nothing of it.

use ankomst_server::accounts::password;
use ankomst_server::seed;
use ankomst_server::storage::sqlite::accounts::{self, UserRow};
use ankomst_server::storage::sqlite::{register, units};
use ankomst_server::sync::feed;
use ankomst_shared::app::{Language, PAGE_FORM, Role};
use ankomst_shared::document::Edit;
use ankomst_shared::ids::{DocumentId, UnitId, UserId};
use ankomst_shared::packed::to_bytes;
use ankomst_shared::path::FieldPath;
use ankomst_shared::sync::message::{Outcome, Push};
use ankomst_shared::value::Value;
use axum::http::{Method, StatusCode};

use super::kinds::Somebody;
use super::kit::{Door, PASSWORD};

const ONE: &str = "zzzzzzzzzzzzzzzz";
const TWO: &str = "yyyyyyyyyyyyyyyy";
const SAID: &str = "xxxxxxxxxxxxxxxx";
const NOBODY: &str = "qvxzqy";

fn say(answers: &[(String, Value)]) -> Vec<Edit> {
    let edit = |(path, value): &(String, Value)| Edit {
        path: FieldPath::parse(path).unwrap(),
        value: value.clone(),
    };
    answers.iter().map(edit).collect()
}

/// A second unit with a caseworker.
async fn other_unit(door: &Door) {
    let unit = UnitId::new(1, [7; 10]);
    let user = UserRow {
        id: UserId::new(1, [8; 10]),
        login: "berit".to_owned(),
        name: "Berit".to_owned(),
        password: password::hash(PASSWORD).unwrap(),
        roles: vec![Role::Caseworker],
        unit,
        active: true,
    };
    let write = door.app.writer.write(move |db| {
        units::add(db, unit, "Den andra enheten")?;
        accounts::add_user(db, &user)
    });
    write.await.unwrap();
}

async fn begins(one: &mut Somebody, door: &Door, case: DocumentId, answers: &[(String, Value)]) {
    let (outcome, _) = one.begins_with(door, ("case", case), None, &say(answers)).await;
    assert!(matches!(outcome, Outcome::Received(_)), "{outcome:?}");
    feed::settle(&door.app).await.unwrap();
    let rows = door.app.row_readers.read(register::all).unwrap();
    assert!(rows.iter().any(|row| row.document == case), "the case has a row");
}

async fn search(one: &mut Somebody, door: &Door, wanted: &str) -> Vec<u8> {
    let question = to_bytes(&(format!("/register/sok/{wanted}"), Language::Sv));
    let body = to_bytes(&(PAGE_FORM, question));
    let answer = one.browser.call(door, (Method::POST, "/api/v1/desk/page"), body).await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.body
}

/// Everything a device is given, as bytes.
async fn feed(one: &mut Somebody, door: &Door) -> (Vec<DocumentId>, Vec<u8>) {
    let answer = one.exchange(door, Push::default()).await;
    let documents = answer.documents.iter().map(|one| one.document).collect();
    (documents, minicbor::to_vec(&answer).unwrap())
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|some| some == text.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_read_the_other_case_learns_nothing_of_it() {
    let door = Door::open().await;
    seed::run(&door.app, 1).await.unwrap();
    other_unit(&door).await;
    let (mut berit, _) = Somebody::with(&door, ("berit", PASSWORD), 1).await;
    let (mut elin, _) = Somebody::with(&door, ("elin", "elin-i-provby"), 2).await;
    let (mut mats, _) = Somebody::with(&door, ("mats", "mats-i-provby"), 3).await;
    let [own, other] = [[91; 16], [92; 16]].map(DocumentId::from_bytes);
    let theirs = [
        ("household_label".to_owned(), Value::text("Vinterfamiljen")),
        (format!("persons/{TWO}/given"), Value::text("Zarghunax")),
        (format!("persons/{TWO}/dossier_number"), Value::text("99765432")),
    ];
    begins(&mut berit, &door, other, &theirs).await;
    let before = (search(&mut berit, &door, "Zarghunax").await, feed(&mut berit, &door).await.0);

    let named = format!("{other}/{TWO}");
    let ours = [
        ("household_label".to_owned(), Value::text("Sommarfamiljen")),
        (format!("persons/{ONE}/given"), Value::text("Zarinax")),
        (format!("persons/{ONE}/duplicate_of"), Value::text(&named)),
        (format!("same_said/{SAID}/person"), Value::text(ONE)),
        (format!("same_said/{SAID}/other"), Value::text(&named)),
        (format!("same_said/{SAID}/joined"), Value::Bool(true)),
        (format!("same_said/{SAID}/reason"), Value::text("Samma syskon.")),
    ];
    begins(&mut elin, &door, own, &ours).await;

    // The case that points: its readers see their own card, by its own name.
    assert!(holds(&search(&mut elin, &door, "Zarinax").await, "Zarinax"));
    let nobody = search(&mut elin, &door, NOBODY).await;
    for wanted in ["Zarghunax", "Vinterfamiljen", "99765432", "99-765432"] {
        assert_eq!(search(&mut elin, &door, wanted).await, nobody, "{wanted} tells something");
    }
    let (documents, bytes) = feed(&mut elin, &door).await;
    assert!(documents.contains(&own) && !documents.contains(&other));
    for word in ["Zarghunax", "Vinterfamiljen", "99765432"] {
        assert!(!holds(&bytes, word), "{word} came along");
    }
    // The case pointed at: nothing at all has changed for its readers.
    let after = (search(&mut berit, &door, "Zarghunax").await, feed(&mut berit, &door).await.0);
    assert_eq!(before, after);
    let nobody = search(&mut berit, &door, NOBODY).await;
    for wanted in ["Zarinax", "Sommarfamiljen", ONE] {
        assert_eq!(search(&mut berit, &door, wanted).await, nobody, "{wanted} tells something");
    }
    assert!(!holds(&feed(&mut berit, &door).await.1, "Zarinax"));
    // Whoever reads no cases finds neither.
    let nobody = search(&mut mats, &door, NOBODY).await;
    for wanted in ["Zarinax", "Zarghunax"] {
        assert_eq!(search(&mut mats, &door, wanted).await, nobody, "{wanted} tells something");
    }
    let (documents, _) = feed(&mut mats, &door).await;
    assert!(!documents.contains(&own) && !documents.contains(&other));
}
