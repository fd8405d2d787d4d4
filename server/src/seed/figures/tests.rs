//! The published figures, read back through the documents, and all that follows from them.

use ankomst_shared::app::Language;
use ankomst_shared::catalog::Catalog;
use ankomst_shared::document::Document;
use ankomst_shared::ids::ActorId;
use ankomst_shared::merge::{RecordState, record_state};
use ankomst_shared::report::cell::{Told, cells};
use ankomst_shared::report::number::{change, every_nth, ratio};
use ankomst_shared::report::row::{Row, rows};
use ankomst_shared::report::trend::{facts, series};
use ankomst_shared::report::year::{Figure, Year};
use ankomst_shared::sign::SigningKey;
use ankomst_shared::value::Value;

use super::{Planted, planted};

fn all() -> Vec<Planted> {
    planted(1, &SigningKey::from_seed([1; 32])).unwrap()
}

/// The records of a kind that a municipality has.
fn records(login: &str, kind: &str) -> Vec<(ankomst_shared::ids::DocumentId, RecordState)> {
    let all = all();
    let one = all.iter().find(|one| one.login == login).unwrap();
    let of = one.pushes.iter().filter(|(known, _, _)| known == kind);
    let mut ids: Vec<_> = of.clone().map(|(_, id, _)| *id).collect();
    ids.dedup();
    ids.into_iter()
        .map(|id| {
            let own = of.clone().filter(|(_, known, _)| *known == id);
            let parts = own.flat_map(|(_, _, push)| &push.parts);
            let chunks = parts.flat_map(|part| &part.chunks).map(|chunk| chunk.as_slice());
            let document = Document::open(ActorId::from_bytes([0; 16]), chunks).unwrap();
            (id, record_state(Catalog::builtin(), (kind, id), &document, None))
        })
        .collect()
}

fn report(login: &str) -> Vec<Row> {
    let read = |(id, record)| Year::read(Catalog::builtin(), id, &record);
    let years: Vec<Year> = records(login, "year").into_iter().filter_map(read).collect();
    rows(&years, &[])
}

fn told<T>(asks: impl FnOnce(&mut Told<'_>) -> T) -> T {
    let catalog = Catalog::builtin();
    let mut name = |what: &str, code: &str| catalog.code_words(what, code, Language::Sv);
    asks(&mut Told { language: Language::Sv, comma: true, name: &mut name })
}

fn stated(figure: &Figure) -> (i64, &str) {
    (figure.value, &figure.exact)
}

/// Year, least and most of the versions, by kind of agreement.
fn numbers(rows: &[Row], kind: &str) -> Vec<(i64, Option<i64>, Option<i64>)> {
    let of = rows.iter().filter(|row| row.agreement.kind == kind);
    of.filter_map(|row| {
        let (_, version) = row.version.as_ref()?;
        Some((row.year, version.least, version.most))
    })
    .collect()
}

fn value(login: &str, list: &str, field: &str) -> Value {
    let (_, record) = records(login, "plan").pop().unwrap();
    let [entry] = record.entries(Catalog::builtin(), "plan", list).try_into().unwrap();
    record.value(&format!("{list}/{entry}/{field}")).unwrap().clone()
}

#[test]
fn krokom_received_what_it_published_and_agreed_on_a_range() {
    let rows = report("krokom");
    let received: Vec<(i64, i64)> =
        rows.iter().filter_map(|row| Some((row.year, row.received?))).collect();
    // GD-01 to GD-05.
    assert_eq!(received, [(2008, 17), (2009, 17), (2010, 32), (2011, 26), (2012, 33)]);
    // GD-06: the range stays a range.
    assert_eq!(numbers(&rows, "agreement_lst"), [(2013, Some(40), Some(60))]);
    // GD-07: about four of five over all the years.
    let share = rows.iter().find(|row| (row.year, row.to) == (2008, 2012)).unwrap();
    let figures: Vec<_> = share.figures("quota_share").into_iter().map(stated).collect();
    assert_eq!(figures, [(80, "about")]);
}

#[test]
fn what_follows_from_krokom_is_what_the_domain_says() {
    let rows = report("krokom");
    let [one] = series(&rows).try_into().unwrap();
    assert_eq!((one.sum(), one.mean()), (125, Some(250)));
    assert_eq!(change(26, 33, 1000), Some(269));
    assert_eq!((change(33, 40, 100), change(33, 50, 100)), (Some(21), Some(52)));
    assert_eq!(ratio(80 * one.sum(), 100, 1), Some(100));
    assert_eq!(told(|told| facts(&rows, told)), [(
        "Flykting (konvention) 2008–2012".to_owned(),
        "summa 125, medel 25 om året · 2012: 33, +26,9 % mot 2011 · omkring 100 av 125 är kvotflyktingar \
         (80 %) · 2013: lägst 40, +21 % mot 2012 · 2013: högst 60, +82 % mot 2012"
            .to_owned()
    )]);
    // Nobody is told the middle of the range, nor what it would be more than the year before.
    let all = rows.iter().flat_map(|row| told(|told| cells(row, told)));
    assert!(all.into_iter().all(|cell| !["50", "+52 %", "52"].contains(&cell.as_str())));
}

#[test]
fn olofstrom_received_and_is_to_receive_what_it_published() {
    let rows = report("olofstrom");
    let of = |year, to| rows.iter().find(|row| (row.year, row.to) == (year, to)).unwrap();
    // GD-08.
    assert_eq!(
        (of(2014, 2014).received, &*of(2014, 2014).agreement.category),
        (Some(49), "CAT-ABO")
    );
    // GD-09.
    let crowd: Vec<_> = of(2014, 2015).figures("headcount").into_iter().map(stated).collect();
    assert_eq!(crowd, [(400, "more")]);
    assert_eq!(told(|told| cells(of(2014, 2015), told))[19], ">400");
    // GD-10, GD-11, GD-12.
    assert_eq!(numbers(&rows, "municipal_number"), [(2015, Some(163), Some(163))]);
    assert_eq!(numbers(&rows, "unaccompanied_share"), [(2015, Some(10), Some(10))]);
    assert_eq!(
        numbers(&rows, "agreement_mig"),
        [(2015, Some(4), Some(4)), (2015, Some(10), Some(10))]
    );
    assert_eq!(ratio(163, 49, 100), Some(333));
    let said = told(|told| facts(&rows, told));
    assert!(said.iter().any(|(_, said)| said == "2015: 163, 3,33 gånger 2014"), "{said:?}");
}

#[test]
fn the_others_have_their_number_their_target_their_rule_and_their_count() {
    // GD-13, GD-14.
    assert_eq!(numbers(&report("osteraker"), "agreement_mig"), [(2015, Some(50), Some(50))]);
    let target = ["target_min", "target_max"].map(|field| value("osteraker", "actions", field));
    assert_eq!(target, [Value::text("12"), Value::text("15")]);
    // GD-15: a rule for flats is no number of persons, so it is not in the report.
    assert!(report("trelleborg").is_empty());
    let (_, year) = records("trelleborg", "year").pop().unwrap();
    let rule = year.fields.iter().find(|(path, _)| path.as_str().ends_with("/number"));
    assert_eq!(rule.map(|(_, state)| &state.value), Some(&Value::Int(4)));
    assert_eq!((every_nth(62, 4), every_nth(62, 4).map(|due| due - 13)), (Some(15), Some(2)));
    // GD-16.
    assert_eq!(value("skane", "actuals", "value"), Value::text("19"));
}

#[test]
fn the_made_up_municipality_shows_what_is_disputed_and_what_came_late() {
    let rows = report("exempelby");
    let of = |row: &Row| told(|told| cells(row, told));
    assert_eq!(of(&rows[0])[20..23], ["7", "-13", "117,5"]);
    assert!(of(&rows[0])[26].contains(": 4 personer") && rows[0].received == Some(47));
    let disputed: Vec<bool> = rows.iter().map(|row| row.disputed).collect();
    assert_eq!(disputed, [false, false, true, true]);
    assert!(of(&rows[2])[26].contains("34 (2025-01-01) → 52/55 omstritt (2025-07-01)"));
    assert_eq!(of(&rows[2])[20..22], ["-3", "-3"]);
    assert_eq!(of(&rows[3])[20..22], ["-6", "-6"]);
}

#[test]
fn no_person_stands_in_the_example() {
    let kinds: Vec<String> =
        all().into_iter().flat_map(|one| one.pushes).map(|(kind, _, _)| kind).collect();
    assert!(
        kinds.iter().all(|kind| ["party", "year", "plan"].contains(&kind.as_str())),
        "{kinds:?}"
    );
}
