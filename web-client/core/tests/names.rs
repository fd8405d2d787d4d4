//! Persons are found by how their names sound, whatever they are written with; those who may be one are
//! shown with what speaks for it; a wrong number is told and kept.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at once")]

mod desk;

use ankomst_core::Core;
use ankomst_core::store::MemoryStore;
use ankomst_shared::app::{
    Act, Acted, Body, Command, FieldView, Language, Line, PageView, Part, Query, Reply, View,
};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;

use desk::{Desk, ask, signs_in};

fn types(core: &Core<Desk>, document: DocumentId, key: &str, value: &str) {
    let path = FieldPath::parse(key).unwrap();
    let typed = Command::Type { document, path, value: Value::text(value) };
    assert_eq!(ask(core, typed), Reply::Saved, "{key}");
}

fn made(core: &Core<Desk>, act: Act, answers: &[(&str, &str)]) -> Acted {
    let answers =
        answers.iter().map(|(key, value)| ((*key).to_owned(), Value::text(*value))).collect();
    match ask(core, Command::Act(act, answers)) {
        Reply::Acted(acted) => acted,
        other => panic!("not done: {other:?}"),
    }
}

/// A person of a case, with answers by field.
fn person(core: &Core<Desk>, case: DocumentId, answers: &[(&str, &str)]) -> String {
    let add = Act::Add { parent: case, list: "persons".to_owned() };
    let entry = made(core, add, &[]).entry.unwrap();
    for (field, value) in answers {
        types(core, case, &format!("persons/{entry}/{field}"), value);
    }
    assert_eq!(ask(core, Command::Commit(case)), Reply::Done);
    entry
}

fn case(core: &Core<Desk>, label: &str) -> DocumentId {
    made(core, Act::NewCase, &[("label", label)]).document.unwrap()
}

fn page(core: &Core<Desk>, address: &str) -> PageView {
    match ask(core, Command::Get(Query::Page(address.to_owned()))) {
        Reply::View(View::Page(page)) => page,
        other => panic!("{address}: {other:?}"),
    }
}

fn lines(page: &PageView, key: &str) -> Vec<Line> {
    let part = page.parts.iter().find(|part| part.key == key);
    match part.map(|part| &part.body) {
        Some(Body::Lines(lines, _)) => lines.clone(),
        _ => Vec::new(),
    }
}

/// The pairs of a page.
fn pairs(core: &Core<Desk>, address: &str) -> Vec<Part> {
    let parts = page(core, address).parts.into_iter();
    parts.filter(|part| matches!(part.body, Body::Lines(..))).collect()
}

/// What a search finds as it is written, and what only sounds alike.
fn found(core: &Core<Desk>, wanted: &str) -> [Vec<String>; 2] {
    let page = page(core, &format!("/sok/{wanted}"));
    ["found", "alike"].map(|key| lines(&page, key).into_iter().map(|line| line.title).collect())
}

fn field(core: &Core<Desk>, document: DocumentId, entry: &str, name: &str) -> FieldView {
    let entry = Some(("persons".to_owned(), entry.to_owned()));
    let Reply::View(View::Form(form)) = ask(core, Command::Get(Query::Form { document, entry }))
    else {
        panic!("no form")
    };
    let mut fields = form.sections.into_iter().flat_map(|section| section.fields);
    fields.find(|field| field.path.as_str().ends_with(name)).unwrap()
}

#[test]
fn a_name_is_found_in_every_script_and_as_it_is_written_first() {
    let core = signs_in(Desk::on(&MemoryStore::default()));
    let home = case(&core, "Familjen Haddad");
    person(&core, home, &[("given", "Mohammed"), ("family", "Haddad")]);
    person(&core, home, &[("native_name", "محمد حداد"), ("given", "Karam")]);
    let other = case(&core, "Oksana");
    person(&core, other, &[("given", "Мухаммед"), ("family", "Бондар")]);
    person(&core, other, &[("given", "Tesfay"), ("family", "Kidane")]);

    let [exact, alike] = found(&core, "Mohammed");
    assert_eq!(exact, ["Mohammed Haddad"]);
    assert_eq!(alike.len(), 2, "{alike:?}");
    for wanted in ["Muhammad", "Muhammed", "Maxamed", "محمد", "Мухаммед", "Moham"] {
        let [exact, alike] = found(&core, wanted);
        assert_eq!(exact.len() + alike.len(), 3, "{wanted}: {exact:?} {alike:?}");
    }
    assert_eq!(found(&core, "ተስፋይ"), [vec![], vec!["Tesfay Kidane".to_owned()]]);
    assert_eq!(found(&core, "Tesfai Kidan")[1], ["Tesfay Kidane"]);
    assert_eq!(found(&core, "Bondar")[1], ["Мухаммед Бондар"]);
    assert_eq!(found(&core, "Mahmoud Bondar"), [Vec::<String>::new(), Vec::new()]);
    // A word may be the household's, as it always could.
    assert_eq!(found(&core, "Karam Haddad")[0], ["Karam"]);
    // What is being typed is found, too.
    let fresh = person(&core, home, &[]);
    types(&core, home, &format!("persons/{fresh}/given"), "Oksana");
    assert_eq!(
        found(&core, "Оксана")[1].len(),
        2,
        "the household that is called so, and the person"
    );
}

#[test]
fn who_may_be_one_is_shown_with_reasons_until_somebody_says_they_are_two() {
    let core = signs_in(Desk::on(&MemoryStore::default()));
    let one = case(&core, "Hanan B.");
    let answers = [("given", "Hanan"), ("family", "B."), ("birth_date", "2017-03-01")];
    let hanan = person(&core, one, &answers);
    types(&core, one, &format!("persons/{hanan}/birth_precision"), "month");
    let two = case(&core, "Bashir");
    let again = person(&core, two, &[("given", "Hanan"), ("dossier_number", "41-203876")]);
    let address = format!("/arenden/{two}/persons/{again}");
    let offers = |address: &str| page(&core, address).actions.iter().any(|one| one.name == "twins");
    assert!(!offers(&address), "a given name alone says nothing");

    // While it is typed, beside the heading; the form stays as it is.
    types(&core, two, &format!("persons/{again}/family"), "Bashir");
    types(&core, two, &format!("persons/{again}/birth_date"), "2017-01-01");
    types(&core, two, &format!("persons/{again}/birth_precision"), "year");
    assert!(offers(&address));
    let like = format!("{address}/lika");
    let pair = &pairs(&core, &like)[0];
    assert_eq!(pair.title, "1. Samma förnamn, samma första bokstav i efternamnet, samma födelseår");
    assert_eq!(lines(&page(&core, &like), &pair.key).len(), 2);

    ask(&core, Command::SetLanguage(Language::En));
    let pair = pairs(&core, "/lika").remove(0);
    assert_eq!(
        pair.title,
        "1. Same given name, the same first letter of the family name, same year of birth"
    );
    let act = pair.actions.iter().find(|one| one.name == "not-same").unwrap().act.clone();
    made(&core, act, &[]);
    assert_eq!(pairs(&core, "/lika").len(), 0, "said once, it stays away");
    assert!(!offers(&address));
    assert_eq!(ask(&core, Command::Commit(two)), Reply::Done);
    assert!(!offers(&address));
}

#[test]
fn a_family_is_no_pair_of_doubles_and_a_number_is_one_whatever_the_name() {
    let core = signs_in(Desk::on(&MemoryStore::default()));
    let home = case(&core, "Familjen Noori");
    for (given, born) in [("Omid", "2011-05-01"), ("Laila", "2011-05-01"), ("Omid", "1975-02-03")] {
        let answers = [
            ("given", given),
            ("family", "Noori"),
            ("birth_date", born),
            ("dossier_number", "99-123456"),
        ];
        person(&core, home, &answers);
    }
    assert_eq!(pairs(&core, "/lika").len(), 0, "twins, and a son called as his father");
    let other = case(&core, "Okänd");
    person(&core, other, &[("given", "Zarghona"), ("personal_number", "19900526-2382")]);
    person(&core, home, &[("given", "Zari"), ("personal_number", "199005262382")]);
    let pairs = pairs(&core, "/lika");
    let titles: Vec<&str> = pairs.iter().map(|part| part.title.as_str()).collect();
    assert_eq!(titles, ["1. Samma personnummer"]);
}

#[test]
fn a_wrong_number_is_told_in_words_and_what_was_typed_stays() {
    let core = signs_in(Desk::on(&MemoryStore::default()));
    let home = case(&core, "Nummer");
    let one = person(&core, home, &[]);
    for (field_name, typed, said) in [
        ("personal_number", "19900526-2383", "Den sista siffran stämmer inte"),
        ("personal_number", "900526-2382", "Skriv seklet också"),
        ("personal_number", "19901326-2382", "Den dagen finns inte"),
        ("personal_number", "19900526-238", "tolv siffror"),
        ("dossier_number", "99-12345", "åtta siffror"),
        ("lma_number", "99-123456", "Läs på kortet igen"),
        ("reserve_number", "19900526-2382", "inget reservnummer"),
        ("coordination_number", "19900526-2382", "Det här är ett personnummer"),
    ] {
        types(&core, home, &format!("persons/{one}/{field_name}"), typed);
        let shown = field(&core, home, &one, field_name);
        let error = shown.error.unwrap_or_default();
        assert!(error.contains(said), "{field_name} {typed}: {error}");
        assert_eq!(ask(&core, Command::Commit(home)), Reply::Done);
        let kept = field(&core, home, &one, field_name).text;
        let plain = |text: &str| text.replace('-', "");
        assert_eq!(plain(&kept), plain(typed), "{field_name}");
    }
    ask(&core, Command::SetLanguage(Language::En));
    types(&core, home, &format!("persons/{one}/personal_number"), "19900526-2383");
    let error = field(&core, home, &one, "personal_number").error.unwrap();
    assert!(error.starts_with("The last digit does not fit"), "{error}");
    for (field_name, typed) in [
        ("personal_number", "19820083-2387"),
        ("dossier_number", "99 123456"),
        ("lma_number", "99-123456/1"),
        ("reserve_number", "19900101-R123"),
        ("coordination_number", "20131160-2393"),
    ] {
        types(&core, home, &format!("persons/{one}/{field_name}"), typed);
        assert_eq!(field(&core, home, &one, field_name).error, None, "{field_name}");
    }
}
