//! Two cards turn out to be of one person: shown as one, each keeping its own, and taken apart again.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at once")]

#[path = "cards/again.rs"]
mod again;
mod desk;

use ankomst_core::Core;
use ankomst_core::store::MemoryStore;
use ankomst_shared::app::{
    Act, Acted, Action, Body, Command, FieldView, Line, PageView, Query, Reply, View,
};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;

use desk::{Desk, ask, signs_in};

fn types(core: &Core<Desk>, document: DocumentId, key: &str, value: &str) {
    let path = FieldPath::parse(key).unwrap();
    let value = if value.is_empty() { Value::Null } else { Value::text(value) };
    assert_eq!(ask(core, Command::Type { document, path, value }), Reply::Saved, "{key}");
    assert_eq!(ask(core, Command::Commit(document)), Reply::Done);
}

fn made(core: &Core<Desk>, act: Act, answers: &[(&str, &str)]) -> Acted {
    let answers =
        answers.iter().map(|(key, value)| ((*key).to_owned(), Value::text(*value))).collect();
    match ask(core, Command::Act(act, answers)) {
        Reply::Acted(acted) => acted,
        other => panic!("not done: {other:?}"),
    }
}

fn case(core: &Core<Desk>, label: &str) -> DocumentId {
    made(core, Act::NewCase, &[("label", label)]).document.unwrap()
}

/// A card of a case, with answers by field.
fn card(core: &Core<Desk>, case: DocumentId, answers: &[(&str, &str)]) -> String {
    let entry = added(core, case, "persons");
    for (field, value) in answers {
        types(core, case, &format!("persons/{entry}/{field}"), value);
    }
    entry
}

fn added(core: &Core<Desk>, parent: DocumentId, list: &str) -> String {
    made(core, Act::Add { parent, list: list.to_owned() }, &[]).entry.unwrap()
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

/// What a notice says.
fn told(page: &PageView, key: &str) -> String {
    let part = page.parts.iter().find(|part| part.key == key);
    part.map_or_else(String::new, |part| part.help.clone())
}

fn titles(page: &PageView, key: &str) -> Vec<String> {
    lines(page, key).into_iter().map(|line| line.title).collect()
}

fn fields(page: &PageView, key: &str) -> Vec<FieldView> {
    let part = page.parts.iter().find(|part| part.key == key);
    let Some(Body::Form(form)) = part.map(|part| &part.body) else { panic!("no form {key}") };
    form.sections.iter().flat_map(|section| section.fields.clone()).collect()
}

fn field(page: &PageView, key: &str, end: &str) -> FieldView {
    fields(page, key).into_iter().find(|field| field.path.as_str().ends_with(end)).unwrap()
}

/// Does what a button asks, with a reason.
fn says(core: &Core<Desk>, action: &Action, reason: &str) -> Acted {
    let question = action.ask.as_ref().unwrap().questions.last().unwrap();
    made(core, action.act.clone(), &[(&question.id, reason)])
}

fn named<'a>(actions: &'a [Action], name: &str) -> &'a Action {
    actions.iter().find(|action| action.name == name).unwrap()
}

/// Says on the page of a card that another is the same person and is the one shown.
fn joins(core: &Core<Desk>, (case, entry): (DocumentId, &str), shown: &str) -> Acted {
    let page = page(core, &format!("/arenden/{case}/persons/{entry}/lika"));
    let line = lines(&page, "everybody").into_iter().find(|line| line.key.ends_with(shown));
    says(core, named(&line.unwrap().actions, "same"), "Samma syskon.")
}

fn found(core: &Core<Desk>, wanted: &str) -> Vec<String> {
    let page = page(core, &format!("/sok/{wanted}"));
    [titles(&page, "found"), titles(&page, "alike")].concat()
}

#[test]
fn two_cards_of_a_case_are_one_person_and_each_keeps_what_is_its_own() {
    let core = signs_in(Desk::on(&MemoryStore::default()));
    let home = case(&core, "Familjen Bashir");
    let one = card(&core, home, &[("given", "Hanan"), ("phone", "070-174 06 05")]);
    let answers = [("given", "Hanan"), ("family", "Bashir"), ("school_status", "enrolled")];
    let two = card(&core, home, &answers);
    let task = added(&core, home, "tasks");
    types(&core, home, &format!("tasks/{task}/title"), "Ring skolan");
    let address = |entry: &str| format!("/arenden/{home}/persons/{entry}");

    let acted = joins(&core, (home, &one), &two);
    let people = || titles(&page(&core, &format!("/arenden/{home}")), "persons");
    assert_eq!(people(), ["Hanan Bashir"]);
    assert_eq!(found(&core, "Hanan"), ["Hanan Bashir"], "found by either, shown once");
    assert_eq!(found(&core, "0701740605"), ["Hanan Bashir"]);
    made(&core, acted.undo.unwrap(), &[]);
    assert_eq!(people().len(), 2, "taken back at once");
    assert_eq!(told(&page(&core, &address(&one)), "card"), "", "as if nothing had been said");
    joins(&core, (home, &one), &two);

    let shown = page(&core, &address(&two));
    assert_eq!(field(&shown, "form", "/given").beside, "", "both say the same");
    let phone = field(&shown, "form", "/phone");
    assert_eq!(phone.text, "070-174 06 05", "what only the other card says stands here");
    assert!(phone.beside.starts_with("Från kortet Hanan · T-"), "{}", phone.beside);
    assert!(field(&shown, &one, &format!("{one}/phone")).beside.is_empty());
    assert!(!titles(&shown, "about").is_empty());
    let other = told(&page(&core, &address(&one)), "card");
    assert!(other.contains("Hanan Bashir"), "{other}");

    // What differs is shown with both, and what was emptied here is not filled again.
    types(&core, home, &format!("persons/{one}/given"), "Hanane");
    let given = field(&page(&core, &address(&two)), "form", "/given");
    assert_eq!(given.text, "Hanan");
    assert!(given.beside.ends_with("säger: Hanane"), "{}", given.beside);
    types(&core, home, &format!("persons/{two}/phone"), "070-174 06 06");
    types(&core, home, &format!("persons/{two}/phone"), "");
    assert_eq!(field(&page(&core, &address(&two)), "form", "/phone").text, "");

    // A reference to the further card is one to the person.
    types(&core, home, &format!("tasks/{task}/about"), &one);
    let about = page(&core, &format!("/arenden/{home}/tasks/{task}"));
    let asked = field(&about, "form", "/about");
    assert_eq!((asked.text.as_str(), asked.value.as_str()), ("Hanan Bashir", Some(two.as_str())));
    let all = lines(&page(&core, &address(&two)), "about");
    assert!(all.iter().any(|line| line.key == task), "{all:?}");

    // Months later.
    let apart = page(&core, &format!("{}/kort", address(&one)));
    let since = titles(&apart, "since");
    assert!(since.iter().any(|title| title == "Förnamn: Hanane"), "{since:?}");
    assert_eq!(lines(&apart, "said").len(), 1);
    let line = lines(&apart, "since").into_iter().find(|line| line.title.starts_with("Förnamn"));
    let over = named(&line.unwrap().actions, "write-over").act.clone();
    says(&core, named(&apart.actions, "apart"), "Kusiner.");
    assert_eq!(people(), ["Hanane", "Hanan Bashir"]);
    made(&core, over, &[]);
    assert_eq!(people(), ["Hanane", "Hanane Bashir"], "written over, and still where it was");
    assert_eq!(field(&page(&core, &address(&one)), "form", "/phone").text, "070-174 06 05");
    assert_eq!(field(&page(&core, &address(&two)), "form", "/phone").text, "");
    let said = titles(&page(&core, &format!("{}/kort", address(&one))), "said");
    assert_eq!(said.len(), 2);
    assert!(said[0].starts_with("Inte samma person som") && said[0].ends_with("Kusiner."));
    assert!(said[1].starts_with("Samma person som") && said[1].ends_with("Samma syskon."));
}

/// A house with a room for each person who lives there.
fn house(core: &Core<Desk>, name: &str, people: &[(DocumentId, &str)]) -> DocumentId {
    let answers = [("name", name), ("residence_type", "RES-APT")];
    let house = made(core, Act::NewResidence, &answers).document.unwrap();
    for (case, person) in people {
        let room = added(core, house, "rooms");
        types(core, house, &format!("rooms/{room}/kind"), "bedroom");
        let act = Act::Place { residence: house, room, bed: None };
        made(core, act, &[("person", &format!("{case}/{person}")), ("from_date", "1969-01-01")]);
    }
    house
}

/// How many live in a house, as its list for the fire service says.
fn fire_list(core: &Core<Desk>, house: DocumentId) -> Vec<String> {
    let page = page(core, &format!("/utskrift/brand/{house}"));
    lines(&page, "rooms").into_iter().map(|line| line.figure).collect()
}

fn figure(core: &Core<Desk>, house: DocumentId) -> String {
    let houses = page(core, "/boenden");
    let Some(Body::Tiles(lines, _)) = houses.parts.last().map(|part| &part.body) else { panic!() };
    lines.iter().find(|line| line.key == house.to_string()).unwrap().figure.clone()
}

fn noted(core: &Core<Desk>, document: DocumentId) -> Vec<String> {
    match ask(core, Command::Get(Query::Changes(document))) {
        Reply::View(View::Changes(changes)) => changes.notes,
        other => panic!("{other:?}"),
    }
}

#[test]
fn cards_of_two_cases_are_one_person_in_lists_searches_and_houses() {
    let core = signs_in(Desk::on(&MemoryStore::default()));
    let aunt = case(&core, "Mostern");
    let one = card(&core, aunt, &[("given", "Hanan"), ("family", "B."), ("sex", "F")]);
    let family = case(&core, "Familjen Bashir");
    let two = card(&core, family, &[("given", "Hanan"), ("family", "Bashir"), ("phone", "1")]);
    let both = house(&core, "Almgården", &[(aunt, &one), (family, &two)]);
    let elsewhere = house(&core, "Björkgården", &[]);
    assert!(figure(&core, both).contains("2 personer"), "{}", figure(&core, both));

    joins(&core, (aunt, &one), &two);
    // In one house they are one, who is seen in both rooms until somebody looks.
    assert!(figure(&core, both).contains("1 person"), "{}", figure(&core, both));
    assert_eq!(fire_list(&core, both), ["1 personer", "1 personer"]);
    assert!(noted(&core, both).iter().any(|note| note.contains("Hanan Bashir")));
    assert_eq!(found(&core, "Hanan"), ["Hanan Bashir"]);
    let people = lines(&page(&core, &format!("/arenden/{aunt}")), "persons");
    assert_eq!(people.len(), 1, "the household still has her");
    assert_eq!(people[0].title, "Hanan Bashir");
    assert!(people[0].badges.iter().any(|badge| badge.text.starts_with("Hanan Bashir · T-")));

    // What she is called and where she lives is found from the card shown.
    let shown = page(&core, &format!("/arenden/{family}/persons/{two}"));
    assert_eq!(field(&shown, "form", "/sex").text, "Kvinna");
    assert!(field(&shown, "form", "/family").beside.ends_with("säger: B."));
    assert_eq!(titles(&shown, "cards").len(), 1);
    let about = lines(&shown, "about");
    let addresses: Vec<&str> = about.iter().filter_map(|line| line.href.as_deref()).collect();
    let (aunts, house) = (format!("/arenden/{aunt}"), format!("/boenden/{both}"));
    assert!(addresses.contains(&aunts.as_str()) && addresses.contains(&house.as_str()));

    // Who is protected on one card is so on all.
    let marked = |label: &str| {
        let line = lines(&page(&core, &format!("/arenden/{family}")), "persons").remove(0);
        line.badges.iter().any(|badge| badge.text == label)
    };
    assert!(!marked("Sekretessmarkering"));
    types(&core, aunt, &format!("persons/{one}/protected_identity"), "secrecy_mark");
    assert!(marked("Sekretessmarkering"));

    // In two houses both have her on their lists, and the case says that somebody should look.
    let rooms = page(&core, &format!("/boenden/{both}"));
    let Some(Body::Board(board)) =
        rooms.parts.iter().find(|part| part.key == "board").map(|part| &part.body)
    else {
        panic!("no board")
    };
    let moved = &board[0].1[0];
    let free = added(&core, elsewhere, "rooms");
    types(&core, elsewhere, &format!("rooms/{free}/kind"), "bedroom");
    let act = named(&moved.actions, "move").act.clone();
    made(&core, act, &[("to", &format!("{elsewhere}/{free}")), ("from_date", "1969-02-01")]);
    for house in [both, elsewhere] {
        assert!(figure(&core, house).contains("1 person"), "{}", figure(&core, house));
    }
    let notes = noted(&core, family);
    assert!(notes.iter().any(|note| note.starts_with("Placerad på två ställen")), "{notes:?}");
    assert_eq!(noted(&core, aunt), Vec::<String>::new());

    // Nobody offers her to be placed once more.
    let empty = house_with_room(&core, "Granen");
    let board = page(&core, &format!("/boenden/{empty}"));
    let Some(Body::Board(rooms)) =
        board.parts.iter().find(|part| part.key == "board").map(|part| &part.body)
    else {
        panic!("no board")
    };
    let place = named(&rooms[0].0.actions, "place").ask.as_ref().unwrap();
    assert_eq!(place.questions[0].input, ankomst_shared::app::Input::Choice(Vec::new()));

    let apart = page(&core, &format!("/arenden/{aunt}/persons/{one}/kort"));
    says(&core, named(&apart.actions, "apart"), "Kusiner.");
    assert_eq!(found(&core, "Hanan").len(), 2);
    assert_eq!(noted(&core, family), Vec::<String>::new());
}

fn house_with_room(core: &Core<Desk>, name: &str) -> DocumentId {
    let house = house(core, name, &[]);
    let room = added(core, house, "rooms");
    types(core, house, &format!("rooms/{room}/kind"), "bedroom");
    house
}

#[test]
fn cards_that_point_at_each_other_are_shown_once_until_somebody_decides() {
    let core = signs_in(Desk::on(&MemoryStore::default()));
    let home = case(&core, "Familjen Noor");
    let one = card(&core, home, &[("given", "Noor")]);
    let two = card(&core, home, &[("given", "Nour")]);
    let lika = |entry: &str| format!("/arenden/{home}/persons/{entry}/lika");
    // Both pages were open before either of them said something.
    let offered = [(&one, &two), (&two, &one)].map(|(own, other)| {
        let all = lines(&page(&core, &lika(own)), "everybody");
        let line = all.into_iter().find(|line| line.key.ends_with(other.as_str())).unwrap();
        named(&line.actions, "same").clone()
    });
    for action in &offered {
        says(&core, action, "Samma.");
    }
    let people = lines(&page(&core, &format!("/arenden/{home}")), "persons");
    assert_eq!(people.len(), 1, "nobody vanishes, nobody is there twice");
    let notes = noted(&core, home);
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].starts_with("Kort för samma person pekar på varandra"), "{notes:?}");
    let shown = people[0].key.clone();
    let address = format!("/arenden/{home}/persons/{shown}");
    assert!(told(&page(&core, &address), "card").starts_with("Flera kort pekar på varandra"));
    let apart = page(&core, &format!("{address}/kort"));
    says(&core, named(&apart.actions, "apart"), "Det här kortet gäller.");
    assert_eq!(noted(&core, home), Vec::<String>::new());
    assert_eq!(titles(&page(&core, &format!("/arenden/{home}")), "persons").len(), 1);
}

#[test]
fn what_earlier_versions_wrote_by_themselves_joins_nobody() {
    let core = signs_in(Desk::on(&MemoryStore::default()));
    let home = case(&core, "Familjen Noor");
    let one = card(&core, home, &[("given", "Noor")]);
    let two = card(&core, home, &[("given", "Lina")]);
    // Versions up to 0.2 wrote this into the second person of every case.
    types(&core, home, &format!("persons/{two}/duplicate_of"), &one);
    assert_eq!(titles(&page(&core, &format!("/arenden/{home}")), "persons").len(), 2);
    assert_eq!(found(&core, "Lina"), ["Lina"]);
}

#[test]
fn two_who_are_much_alike_are_in_the_inbox_with_reasons_until_somebody_says_so() {
    let core = signs_in(Desk::on(&MemoryStore::default()));
    let aunt = case(&core, "Mostern");
    let answers = [("given", "Hanan"), ("family", "Bashir"), ("birth_date", "2017-03-01")];
    let one = card(&core, aunt, &answers);
    let family = case(&core, "Familjen Bashir");
    let two = card(&core, family, &answers);
    card(&core, family, &[("given", "Hanane"), ("family", "Karam")]);
    let notes = noted(&core, family);
    assert_eq!(notes.len(), 1, "{notes:?}");
    let said = "Kan vara samma person: Hanan Bashir · T-";
    assert!(notes[0].starts_with(said) && notes[0].contains("Samma förnamn"), "{notes:?}");
    assert_eq!(noted(&core, aunt), Vec::<String>::new(), "told once");
    let Reply::View(View::Changes(changes)) = ask(&core, Command::Get(Query::Changes(family)))
    else {
        panic!("no changes")
    };
    assert_eq!((changes.row.conflicts, changes.row.overdue), (1, false));
    assert_eq!(changes.row.duty, "", "nobody is late for a guess");
    let pair = page(&core, "/lika").parts.into_iter().find(|part| part.title.starts_with("1."));
    let pair = pair.unwrap();
    made(&core, named(&pair.actions, "not-same").act.clone(), &[]);
    assert_eq!(noted(&core, family), Vec::<String>::new());
    // Said after all, they are one and nothing more is asked.
    joins(&core, (aunt, &one), &two);
    assert_eq!(noted(&core, family), Vec::<String>::new());
}
