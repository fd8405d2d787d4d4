//! The review of the access log: what of a month is looked at, by whom, and that what it finds is an entry.

use ankomst_server::storage::accesses::entry::{Mode, What};
use ankomst_server::storage::accesses::{read as log, verify};
use ankomst_shared::app::{Act, Line, PageView, Role, Sign};
use ankomst_shared::sync::message::{Look, Looks, Push};
use axum::http::StatusCode;

use super::desk::act;
use super::guard::village;
use super::kit::{Browser, Door};
use super::register::{documents, lines, page, read};

const HERE: &str = "/administration/logg";

fn month() -> String {
    jiff::Zoned::now().strftime("%Y-%m").to_string()
}

async fn sample(browser: &mut Browser, door: &Door) -> PageView {
    read(&page(browser, door, &format!("{HERE}/{}", month())).await)
}

fn file(view: &PageView) -> String {
    let saved = view.actions.iter().find_map(|action| match &action.act {
        Act::Save(_, text) => Some(text.clone()),
        _ => None,
    });
    saved.unwrap()
}

fn has(line: &Line, badge: &str) -> bool {
    line.badges.iter().any(|one| one.text == badge)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_month_is_reviewed_and_what_is_found_is_an_entry_of_the_log() {
    let (door, mut elin, mut ingrid, mut sixten) = village().await;
    let (elin, ingrid) = (&mut elin.browser, &mut ingrid.browser);
    let list = read(&page(elin, &door, "/register/case/case").await);
    // What is protected is called by its number there, too.
    let is_named = |line: &Line| line.badges.iter().all(|one| one.sign != Sign::Shield);
    let names: Vec<String> =
        lines(&list).into_iter().filter(is_named).map(|line| line.title).collect();
    assert!(names.len() > 3, "{names:?}");
    let case = documents(&list)[0].to_string();
    for _ in 0..30 {
        page(elin, &door, "/register/case/case").await;
    }
    let opens =
        [("record", case.as_str()), ("need", "life"), ("reason", "Brand i huset"), ("at", "")];
    assert_eq!(act(ingrid, &door, "open", &opens).await.status, StatusCode::OK);

    let months = read(&page(ingrid, &door, HERE).await);
    assert_eq!(lines(&months)[0].key, month());
    let view = sample(ingrid, &door).await;
    let shown = lines(&view);
    assert!(shown.len() >= 21, "{}", shown.len());
    let need: Vec<&Line> = shown.iter().filter(|line| has(line, "Nödöppnat")).collect();
    assert_eq!(need.len(), 1);
    assert!(need[0].detail.contains("Brand i huset") && need[0].actions.is_empty(), "her own");
    assert!(file(&view).contains("period;reader;role;case_no;"), "{}", file(&view));
    for name in &names {
        assert!(shown.iter().all(|line| !line.title.contains(name)), "no name of a case");
    }

    // One by one, with what was found; nobody reviews what he has read himself.
    let chosen = shown.iter().find(|line| !line.actions.is_empty()).unwrap().key.clone();
    let found = [("result", "breach"), ("remark", "Grannens ärende")];
    let name = format!("review:{}/{chosen}", month());
    assert_eq!(act(ingrid, &door, &name, &found).await.status, StatusCode::OK);
    let own = format!("review:{}/{}", month(), need[0].key);
    assert_eq!(act(ingrid, &door, &own, &found).await.problem(), "nowhere");
    let strange = [("result", "fine")];
    assert_eq!(act(ingrid, &door, &name, &strange).await.problem(), "bad-value");
    let view = sample(ingrid, &door).await;
    let line = lines(&view).into_iter().find(|line| line.key == chosen).unwrap();
    assert!(has(&line, "Obehörig läsning") && line.detail.contains("Grannens ärende"), "{line:?}");
    assert!(file(&view).contains(";breach;Grannens ärende"), "{}", file(&view));
    let rest = format!("review:{}", month());
    assert_eq!(act(ingrid, &door, &rest, &[]).await.status, StatusCode::OK);
    let left = lines(&sample(ingrid, &door).await);
    let left: Vec<&Line> = left
        .iter()
        .filter(|line| !["Utan anmärkning", "Obehörig läsning"].iter().any(|word| has(line, word)))
        .collect();
    assert!(left.iter().all(|line| line.actions.is_empty()), "only her own is left");
    let mut reviewed = 0;
    let count = door.app.audit.read(|db| {
        log::each(db, (1, i64::MAX), |noted| {
            reviewed += usize::from(noted.entry.what == What::Reviewed);
            Ok(())
        })
    });
    count.unwrap();
    assert_eq!(reviewed + left.len(), shown.len());
    let file = door.app.audit.file();
    assert_eq!(verify::file(&file, &door.app.audit.public()).unwrap().fault, None);

    auditor(&door, &mut sixten, &names, shown.len()).await;
}

/// An auditor sees the same, and nothing of a record; an administrator does not see it at all.
async fn auditor(door: &Door, sixten: &mut Browser, names: &[String], count: usize) {
    let new = [
        ("login", "greta"),
        ("name", "Greta"),
        ("role", Role::Auditor.name()),
        ("password", "greta-i-provby-1"),
    ];
    assert_eq!(act(sixten, door, "new", &new).await.status, StatusCode::OK);
    let mut greta = Browser::new(9);
    assert_eq!(greta.enrol(door, "greta", "greta-i-provby-1").await.status, StatusCode::OK);
    assert_eq!(lines(&sample(&mut greta, door).await).len(), count);
    for place in ["/administration", "/administration/hallna", HERE] {
        let answer = page(&mut greta, door, place).await;
        assert_eq!(answer.status, StatusCode::OK, "{place}");
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(names.iter().all(|name| !text.contains(name)), "{place}");
    }
    for place in
        ["/register", "/register/case/case", "/administration/skydd", "/administration/personer"]
    {
        assert_eq!(page(&mut greta, door, place).await.problem(), "forbidden", "{place}");
    }
    assert_eq!(page(sixten, door, HERE).await.problem(), "forbidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_opened_without_contact_is_noted_once_with_both_times_and_a_lost_count_is_seen() {
    let (door, mut elin, _, _) = village().await;
    let list = read(&page(&mut elin.browser, &door, "/register/case/case").await);
    let case = documents(&list)[0];
    let look = |number: u64| {
        let live = (number > 2).then_some(true);
        Look { number, document: case, at_ms: 1_790_000_000_000, live, printed: None }
    };
    let before = door.app.audit.read(log::last).unwrap();
    let noted = || {
        let mut all = Vec::new();
        let read = door.app.audit.read(|db| {
            log::each(db, (before + 1, i64::MAX), |noted| {
                let what = noted.entry.what;
                if what == What::Opened {
                    // Which of them were in contact, the device says.
                    let live = noted.entry.mode == Mode::Online;
                    assert_eq!(live, noted.entry.number == Some(5));
                }
                if matches!(what, What::Opened | What::SeriesCut) {
                    assert!(what != What::Opened || noted.at_ms() < noted.received_ms);
                    all.push((what.name(), noted.entry.number, noted.entry.about));
                }
                Ok(())
            })
        });
        read.unwrap();
        all
    };
    let case_of = |number| ("opened", Some(number), "case".to_owned());
    let mut wanted = vec![case_of(1), case_of(2)];
    // The answer is lost: it comes again.
    for _ in 0..2 {
        let looks = Looks { last: 2, all: vec![look(1), look(2)] };
        let answer = elin.tells(&door, Push::default(), Some(looks)).await;
        assert_eq!(answer.looked, Some(2));
        assert_eq!(noted(), wanted);
    }
    let looks = Looks { last: 5, all: vec![look(5)] };
    elin.tells(&door, Push::default(), Some(looks)).await;
    wanted.extend([("series-cut", None, "3-4".to_owned()), case_of(5)]);
    assert_eq!(noted(), wanted);
    // The device has lost its count, or somebody has taken it away.
    for _ in 0..2 {
        let looks = Looks { last: 0, all: Vec::new() };
        elin.tells(&door, Push::default(), Some(looks)).await;
    }
    wanted.push(("series-cut", Some(0), "0-5".to_owned()));
    assert_eq!(noted(), wanted, "said once");
    let looks = Looks { last: 1, all: vec![look(1)] };
    elin.tells(&door, Push::default(), Some(looks)).await;
    wanted.push(case_of(1));
    assert_eq!(noted(), wanted);
    // An app of before says nothing of it.
    assert_eq!(elin.exchange(&door, Push::default()).await.looked, None);
    assert_eq!(noted(), wanted);
    let file = door.app.audit.file();
    assert_eq!(verify::file(&file, &door.app.audit.public()).unwrap().fault, None);
}
