//! What a supervisor is told of records that were protected more: by which number they go, and who has them on paper.

use ankomst_server::storage::accesses::entry::{Entry, What};
use ankomst_server::sync::feed;
use ankomst_shared::app::{Body, Line, PageView};
use ankomst_shared::document::Edit;
use ankomst_shared::ids::{DeviceId, DocumentId, UserId};
use ankomst_shared::path::FieldPath;
use ankomst_shared::sync::message::{Look, Looks, Push};
use ankomst_shared::value::Value;

use super::guard::{does, user, village};
use super::kinds::Somebody;
use super::kit::Door;
use super::register::{documents, lines, page, read};

const GUARD: &str = "/administration/skydd";
const CASES: &str = "/register/case/case";

/// A part of a case, begun by a supervisor.
async fn part(door: &Door, ingrid: &mut Somebody, (number, case): (u8, DocumentId)) -> DocumentId {
    let remark = [Edit { path: FieldPath::parse("remark").unwrap(), value: Value::text("Prov") }];
    let id = DocumentId::from_bytes([number; 16]);
    ingrid.begins_with(door, ("incident", id), Some(case), &remark).await;
    feed::settle(&door.app).await.unwrap();
    id
}

async fn raises(door: &Door, ingrid: &mut Somebody, case: DocumentId) {
    let record = case.to_string();
    let raise = [("record", record.as_str()), ("level", "2"), ("reason", "Hot")];
    does(&mut ingrid.browser, door, "raise", &raise).await;
}

async fn cases(door: &Door, ingrid: &mut Somebody) -> Vec<DocumentId> {
    documents(&read(&page(&mut ingrid.browser, door, CASES).await))
}

/// Tells that records were printed, counted from 1.
async fn prints(door: &Door, one: &mut Somebody, all: &[DocumentId]) {
    let look = |(number, document): (u64, &DocumentId)| Look {
        number,
        document: *document,
        at_ms: 1_790_000_000_000,
        live: None,
        printed: Some(true),
    };
    let all: Vec<Look> = (1..).zip(all).map(look).collect();
    let last = u64::try_from(all.len()).unwrap();
    one.tells(door, Push::default(), Some(Looks { last, all })).await;
}

fn on_paper(view: &PageView) -> Vec<Line> {
    let part = view.parts.iter().find(|part| part.key == "prints");
    match part.map(|part| part.body.clone()) {
        Some(Body::Lines(lines, _)) => lines,
        _ => Vec::new(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_a_protected_case_goes_by_the_number_of_the_case() {
    let (door, _, mut ingrid, _) = village().await;
    let all = cases(&door, &mut ingrid).await;
    let parts = [(91, all[0]), (92, all[1])];
    for one in parts {
        part(&door, &mut ingrid, one).await;
        raises(&door, &mut ingrid, one.1).await;
    }
    let listed = lines(&read(&page(&mut ingrid.browser, &door, CASES).await));
    let incidents =
        lines(&read(&page(&mut ingrid.browser, &door, "/register/incident/incident").await));
    let title = |lines: &[Line], id: DocumentId| {
        let line = lines.iter().find(|line| line.key == id.to_string());
        line.map(|line| line.title.clone()).unwrap()
    };
    let titles = parts.map(|(number, case)| {
        let of_part = title(&incidents, DocumentId::from_bytes([number; 16]));
        assert_eq!(of_part, title(&listed, case));
        assert!(of_part.chars().any(|one| one.is_ascii_digit()), "{of_part}");
        of_part
    });
    assert_ne!(titles[0], titles[1], "one is told from the other");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_a_part_on_paper_is_told_once_and_who_never_had_it_comes_last() {
    let (door, mut elin, mut ingrid, _) = village().await;
    let (mut mats, _) = Somebody::with(&door, ("mats", "mats-i-provby"), 7).await;
    let case = cases(&door, &mut ingrid).await[0];
    let part = part(&door, &mut ingrid, (93, case)).await;
    elin.exchange(&door, Push::default()).await;
    prints(&door, &mut elin, &[part, case, part]).await;
    // An inspector's tablet has no case; whoever knows its id may say much.
    prints(&door, &mut mats, &[part; 60]).await;
    raises(&door, &mut ingrid, case).await;
    elin.exchange(&door, Push::default()).await;
    let view = read(&page(&mut ingrid.browser, &door, GUARD).await);
    let sheets = on_paper(&view);
    let [hers, his] = sheets.as_slice() else { panic!("{sheets:?}") };
    assert!(hers.detail.starts_with(&user(&door, "elin").name), "{hers:?}");
    assert!(hers.detail.ends_with("3 gånger") && hers.badges.is_empty(), "{hers:?}");
    assert!(his.detail.starts_with(&user(&door, "mats").name), "{his:?}");
    assert!(his.detail.ends_with("60 gånger") && his.badges.len() == 1, "{his:?}");
    assert!(view.parts.iter().all(|part| part.key != "prints-more"));
    // However many there are, what may be so is not pushed out, and that there are more is said.
    let by = |number: u8| Entry {
        who: Some(UserId::from_bytes([number; 16])),
        device: Some(DeviceId::from_bytes([number; 16])),
        record: Some(case),
        ..Entry::of(What::Printed)
    };
    door.app.audit.note((1..=250).map(by).collect()).await.unwrap();
    let view = read(&page(&mut ingrid.browser, &door, GUARD).await);
    let sheets = on_paper(&view);
    assert_eq!((sheets.len(), &sheets[0].detail), (200, &hers.detail));
    assert!(view.parts.iter().any(|part| part.key == "prints-more"));
}
