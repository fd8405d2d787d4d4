//! Every record of every kind is made, opened and answered by the same pages and commands.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may stop at once")]

mod desk;

use ankomst_core::Core;
use ankomst_core::store::MemoryStore;
use ankomst_shared::app::{
    Act, Acted, Action, Body, Command, FieldView, Input, PageView, Query, Question, Refusal, Reply,
    View,
};
use ankomst_shared::catalog::{Catalog, Entries, Field, FieldType, Kind};
use ankomst_shared::ids::{DocumentId, EntryId};
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;

use desk::{Desk, ask, signs_in};

fn page(core: &Core<Desk>, address: &str) -> PageView {
    match ask(core, Command::Get(Query::Page(address.to_owned()))) {
        Reply::View(View::Page(page)) => page,
        other => panic!("{address}: {other:?}"),
    }
}

fn act(core: &Core<Desk>, act: &Act, answers: &[(&str, Value)]) -> Acted {
    let answers = answers.iter().map(|(id, value)| ((*id).to_owned(), value.clone())).collect();
    match ask(core, Command::Act(act.clone(), answers)) {
        Reply::Acted(acted) => acted,
        other => panic!("{act:?}: {other:?}"),
    }
}

/// Answers the questions of an action about these fields, as a person would.
fn answered<'a>(action: &'a Action, fields: &[Field]) -> Vec<(&'a str, Value)> {
    let least = |question: &Question| {
        let field = fields.iter().find(|field| field.id == question.id).unwrap();
        if let FieldType::Int(Some(least), _) = field.typ { least } else { 4 }
    };
    let asked = action.ask.as_ref().map(|ask| ask.questions.as_slice()).unwrap_or_default();
    let answer = |question: &Question| match &question.input {
        Input::Choice(choices) => choices.first().map_or(Value::Null, |one| Value::text(&one.code)),
        Input::Int | Input::Decimal(_) => Value::text(least(question).to_string()),
        Input::Bool => Value::Bool(true),
        Input::Date => Value::text("2026-11-25"),
        Input::Phone => Value::text("070-174 06 05"),
        Input::Email => Value::text("namn@example.org"),
        _ => Value::text("Provsvar"),
    };
    asked.iter().map(|question| (question.id.as_str(), answer(question))).collect()
}

fn form(core: &Core<Desk>, document: DocumentId, entry: Option<(&str, &str)>) -> Vec<FieldView> {
    let entry = entry.map(|(list, entry)| (list.to_owned(), entry.to_owned()));
    match ask(core, Command::Get(Query::Form { document, entry: entry.clone() })) {
        Reply::View(View::Form(form)) => {
            form.sections.into_iter().flat_map(|section| section.fields).collect()
        }
        other => panic!("{entry:?}: {other:?}"),
    }
}

/// An answer that fits a field, as its page sends it, and one that does not.
fn answers(field: &Field, view: &FieldView) -> (Value, Value) {
    match (&field.typ, &view.input) {
        (_, Input::Choice(choices)) => {
            (Value::text(&choices.first().unwrap().code), Value::Int(-1))
        }
        (FieldType::Set(_) | FieldType::Bool, _) => (Value::Bool(true), Value::Int(1)),
        (FieldType::Int(least, most), _) => {
            (Value::Int(least.or(*most).unwrap_or(4)), Value::text("1e3"))
        }
        (FieldType::Decimal(..), _) => (Value::text("4"), Value::text("fyra")),
        (FieldType::Date, _) => (Value::text("2026-11-25"), Value::text("2026-02-30")),
        (FieldType::Time, _) => (Value::Int(1_800_000_000_000), Value::text("nyss")),
        (FieldType::Phone, _) => (Value::text("+46701740605"), Value::text("112")),
        (FieldType::Email, _) => (Value::text("namn@example.org"), Value::text("namn")),
        (FieldType::Postcode, _) => (Value::text("835 31"), Value::text("8353")),
        (FieldType::PersonalNumber, _) => (Value::text("199005262382"), Value::text("1990")),
        (FieldType::DossierNumber, _) => (Value::text("99-123456"), Value::text("99")),
        (FieldType::Count, _) => (Value::Int(1), Value::Int(0)),
        _ => (Value::text("Provsvar"), Value::Int(1)),
    }
}

/// Answers every field of a form that a person may answer: wrongly, then rightly; gives how many.
fn fill(
    core: &Core<Desk>,
    document: DocumentId,
    (kind, entry): (&Kind, Option<(&str, &str)>),
) -> usize {
    let mut filled: Vec<FieldPath> = Vec::new();
    // An answer may bring up another question.
    loop {
        let mut left = form(core, document, entry).into_iter();
        let Some(view) = left.find(|view| !view.read_only && !filled.contains(&view.path)) else {
            break;
        };
        let key = match &view.input {
            Input::Set(choices) => format!("{}/{}", view.path, choices.first().unwrap().code),
            Input::Count => format!("{}/{}", view.path, EntryId::from_bytes([5; 10])),
            _ => view.path.to_string(),
        };
        let path = FieldPath::parse(&key).unwrap();
        let located = Catalog::builtin().locate(&kind.id, &path).unwrap();
        let (fits, not) = answers(located.field, &view);
        let mut fault = None;
        for value in [&not, &fits] {
            let typed = Command::Type { document, path: path.clone(), value: value.clone() };
            assert_eq!(ask(core, typed), Reply::Saved, "{} {key}", kind.id);
            let shown = form(core, document, entry);
            let shown = shown.into_iter().find(|one| one.path == view.path).unwrap();
            let is_member = located.field.typ.has_members();
            if !is_member && value == &not {
                assert!(shown.error.is_some(), "{} {key} takes {value:?}", kind.id);
                fault = shown.error;
            } else if !is_member {
                // What is said of it then is about how it fits with other answers.
                assert!(shown.error.is_none() || shown.error != fault, "{} {key}", kind.id);
            }
        }
        filled.push(view.path);
    }
    assert_eq!(ask(core, Command::Commit(document)), Reply::Done);
    for view in form(core, document, entry).into_iter().filter(|view| !view.read_only) {
        assert!(!view.value.is_null(), "{} {} is lost", kind.id, view.path);
    }
    filled.len()
}

/// A house and a case to which others belong.
fn roots(core: &Core<Desk>) -> [DocumentId; 2] {
    let house = [("name", Value::text("Almgården")), ("residence_type", Value::text("RES-APT"))];
    let case = [("label", Value::text("Familjen Noori"))];
    let made = [(Act::NewResidence, house.as_slice()), (Act::NewCase, case.as_slice())];
    let [house, case] = made.map(|(new, answers)| act(core, &new, answers).document.unwrap());
    act(core, &Act::Add { parent: case, list: "persons".to_owned() }, &[]);
    [house, case]
}

/// Makes a record of a kind with the button its list offers.
fn makes(core: &Core<Desk>, kind: &Kind, above: &str) -> DocumentId {
    let list = page(core, &format!("{above}/{}", kind.id));
    let name = format!("new-{}", kind.id);
    let new = list.actions.iter().find(|action| action.name == name).unwrap();
    let made = act(core, &new.act, &answered(new, &kind.fields));
    let id = made.document.unwrap();
    let whole = page(core, &made.go.unwrap());
    assert!(!whole.title.is_empty(), "{}", kind.id);
    assert!(whole.parts.iter().any(|part| matches!(part.body, Body::Form(_))), "{}", kind.id);
    let again = page(core, &format!("{above}/{}", kind.id));
    let records = again.parts.iter().find(|part| part.key == "records").unwrap();
    let Body::Lines(lines, _) = &records.body else { panic!("{:?}", records.body) };
    assert!(lines.iter().any(|line| line.key == id.to_string()), "{} is listed", kind.id);
    id
}

/// Adds an entry to each list that people write, with the button its page offers, and answers all of it.
fn fills_lists(core: &Core<Desk>, (document, kind): (DocumentId, &Kind), address: &str) -> usize {
    let mut filled = 0;
    // A house's places are filled from the board, a case's follow from them.
    let own = ["occupancy", "placements"];
    for list in &kind.entry_lists {
        if list.is_made_by_program() || own.contains(&list.id.as_str()) {
            continue;
        }
        let offered = page(core, &format!("{address}/{}", list.id));
        let name = format!("add-{}", list.id);
        let add = offered.actions.iter().find(|action| action.name == name).unwrap();
        let answers = answered(add, &list.fields);
        assert_eq!(list.entries == Entries::Append, !answers.is_empty(), "{} {name}", kind.id);
        let entry = act(core, &add.act, &answers).entry.unwrap();
        let shown = form(core, document, Some((&list.id, &entry)));
        for (field, value) in answers.iter().filter(|(_, value)| !value.is_null()) {
            let view = shown.iter().find(|view| view.path.as_str().ends_with(&format!("/{field}")));
            assert!(view.is_some_and(|view| !view.text.is_empty()), "{name} {field} {value:?}");
        }
        filled += fill(core, document, (kind, Some((&list.id, &entry)))) + answers.len();
    }
    filled
}

#[test]
fn every_record_of_every_kind_is_made_opened_and_answered() {
    let core = signs_in(Desk::on(&MemoryStore::default()));
    let [house, case] = roots(&core);
    let addresses = [
        ("residence", house, format!("/boenden/{house}")),
        ("case", case, format!("/arenden/{case}")),
    ];
    let mut filled = 0;
    for kind in &Catalog::builtin().package().kinds {
        if let Some((_, id, address)) = addresses.iter().find(|(id, ..)| *id == kind.id) {
            filled += fill(&core, *id, (kind, None)) + fills_lists(&core, (*id, kind), address);
            continue;
        }
        if kind.server || kind.single || kind.id == "run" {
            continue;
        }
        let above: Vec<String> = match kind.belongs_to.as_slice() {
            [] => vec![String::new()],
            some => addresses
                .iter()
                .filter(|(id, ..)| some.iter().any(|one| one == id))
                .map(|(_, _, address)| address.clone())
                .collect(),
        };
        for above in above {
            let id = makes(&core, kind, &above);
            let address = format!("/{}/{id}", kind.id);
            filled += fill(&core, id, (kind, None));
            if kind.id == "year" {
                // Nothing more is written into a locked year.
                locks(&core, id, false);
            }
            filled += fills_lists(&core, (id, kind), &address);
        }
    }
    assert!(filled > 600, "{filled} fields were answered");
}

fn locks(core: &Core<Desk>, document: DocumentId, locked: bool) {
    let path = FieldPath::parse("locked").unwrap();
    let typed = Command::Type { document, path, value: Value::Bool(locked) };
    assert_eq!(ask(core, typed), Reply::Saved);
    assert_eq!(ask(core, Command::Commit(document)), Reply::Done);
}

/// The cells of the report under a heading.
fn report(core: &Core<Desk>, heading: &str) -> Vec<String> {
    let page = page(core, "/rapport/avtal");
    let rows = page.parts.into_iter().find_map(|part| match part.body {
        Body::Table(rows) => Some(rows),
        _ => None,
    });
    let rows = rows.unwrap_or_default();
    let at = rows.first().and_then(|(_, head)| head.iter().position(|name| name == heading));
    let Some(at) = at else { return Vec::new() };
    rows.into_iter().skip(1).filter_map(|(_, cells)| cells.get(at).cloned()).collect()
}

#[test]
fn a_locked_year_is_read_only_and_a_correction_stands_beside_it_in_the_report() {
    let core = signs_in(Desk::on(&MemoryStore::default()));
    let empty = page(&core, "/rapport/avtal");
    assert!(empty.parts.iter().any(|part| part.key == "report"), "{empty:?}");
    let new = Act::New { kind: "year".to_owned(), parent: None };
    let made = act(&core, &new, &[("title", Value::text("2026")), ("year", Value::text("2026"))]);
    let (id, list) = (made.document.unwrap(), |list: &str| list.to_owned());
    let add = Act::Add { parent: id, list: list("agreements") };
    let agreement = act(&core, &add, &[]).entry.unwrap();
    for (field, code) in [("kind", "municipal_number"), ("category", "CAT-ABO")] {
        let path = FieldPath::parse(&format!("agreements/{agreement}/{field}")).unwrap();
        let typed = Command::Type { document: id, path, value: Value::text(code) };
        assert_eq!(ask(&core, typed), Reply::Saved);
    }
    assert_eq!(ask(&core, Command::Commit(id)), Reply::Done);
    let received = |count: &str| {
        let of = [("agreement", agreement.as_str()), ("what", "received"), ("year", "2026")];
        let mut answers: Vec<(&str, Value)> = Vec::new();
        answers.extend(of.iter().map(|(field, text)| (*field, Value::text(*text))));
        answers.push(("count", Value::text(count)));
        act(&core, &Act::Add { parent: id, list: list("baselines") }, &answers);
    };
    received("30");
    assert_eq!(report(&core, "Mottagna"), ["30"]);
    let button = || {
        let actions = page(&core, &format!("/year/{id}")).actions;
        actions.into_iter().find(|one| one.name == "lock-year").map(|one| one.act)
    };
    act(&core, &button().unwrap(), &[]);
    assert_eq!(button(), None, "it is locked");
    let told = [report(&core, "Låst av"), report(&core, "Låst den")].concat();
    assert!(told.len() == 2 && told.iter().all(|cell| !cell.is_empty()), "{told:?}");
    let fields = form(&core, id, None);
    let mut open = fields.iter().filter(|one| !one.read_only).map(|one| one.path.as_str());
    assert!(open.all(|path| path.starts_with("locked")), "{fields:?}");
    let refused = ask(&core, Command::Act(add, Vec::new()));
    assert_eq!(refused, Reply::Refused(Refusal::Signed));
    received("4");
    assert_eq!(report(&core, "Mottagna"), ["30"]);
    let said = &report(&core, "Att veta")[0];
    assert!(said.contains(": 4 personer"), "{said}");
    let of_year = page(&core, &format!("/year/{id}"));
    assert!(of_year.parts.iter().any(|part| part.key == "late"), "{of_year:?}");
    // Years of which nothing is written stand in the plot all the same.
    let of =
        [("agreement", agreement.as_str()), ("what", "received"), ("year", "2022"), ("count", "9")];
    let of: Vec<(&str, Value)> =
        of.iter().map(|(field, text)| (*field, Value::text(*text))).collect();
    locks(&core, id, false);
    act(&core, &Act::Add { parent: id, list: list("baselines") }, &of);
    let parts = page(&core, "/rapport/avtal").parts;
    let bars = parts.into_iter().find_map(|part| match part.body {
        Body::Plot(bars) => Some(bars),
        _ => None,
    });
    let bars = bars.unwrap_or_default();
    let years: Vec<&str> = bars.iter().map(|bar| bar.label.as_str()).collect();
    assert_eq!(years, ["2022", "2023", "2024", "2025", "2026"]);
    assert_eq!((bars[1].value, bars[1].text.as_str()), (None, "inget svar"));
}

#[test]
fn nothing_is_made_where_it_does_not_belong_or_by_those_who_only_read() {
    let core = signs_in(Desk::on(&MemoryStore::default()));
    let [house, case] = roots(&core);
    let cases = [
        ("contract", Some(case), Refusal::NotHere),
        ("contract", None, Refusal::NotHere),
        ("party", Some(house), Refusal::NotHere),
        ("journal", Some(case), Refusal::BadValue),
        ("org", None, Refusal::BadValue),
        ("boat", None, Refusal::BadValue),
    ];
    for (kind, parent, refusal) in cases {
        let new = Act::New { kind: kind.to_owned(), parent };
        let answers = vec![("title".to_owned(), Value::text("Prov"))];
        assert_eq!(ask(&core, Command::Act(new, answers)), Reply::Refused(refusal), "{kind}");
    }
    let org = page(&core, "/org");
    assert!(org.actions.is_empty(), "the organisation is read only");
}
