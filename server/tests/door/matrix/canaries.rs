//! What is protected stands in no list, no report, no file and no paper of the server, and nowhere at all for those who
//! do not reach it (L-10): every text that a record can hold is a canary, every page and every answer is searched for
//! them. Of a record that nothing protects the same search finds them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ankomst_server::export::Asked;
use ankomst_server::projector;
use ankomst_server::reports::{self, REPORTS, Whose};
use ankomst_server::storage::sqlite::grants;
use ankomst_server::sync::feed;
use ankomst_shared::app::{Language, Role};
use ankomst_shared::catalog::{Catalog, Field, FieldType, Finds, Kind};
use ankomst_shared::chunk::parse;
use ankomst_shared::document::Edit;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::header::companion;
use ankomst_shared::value::Value;
use axum::http::{Method, StatusCode};

use super::super::register::{page, read};
use super::accesses::leads;
use super::has;
use super::world::{Known, RAISED, Somebody, UNITS, Who, World, world};

const ENTRY: &str = "aaaaaaaaaaaaaaaa";
const CANARY: &str = "kanariefågel";
/// Of the marked case: a published test number, as it is kept and as it is shown, and numbers kept for fiction.
const NUMBERS: [&str; 4] = ["199005262382", "900526-2382", "+46701740633", "12-345678"];

/// How protected the records of a family are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    /// Nothing protects it.
    Open,
    /// Its case says that somebody's data are protected.
    Marked,
    /// It was raised.
    Raised,
}

/// A record with canaries.
struct Caged {
    known: Known,
    family: Family,
    /// The first of its canaries, and the first that is not.
    numbers: (usize, usize),
    /// What it is found by.
    words: Vec<String>,
}

impl Caged {
    /// Whether no list may name it, not even to those who may read it.
    fn is_secret(&self) -> bool {
        self.family != Family::Open || self.known.kind == "protected"
    }
}

fn is_written(field: &Field) -> bool {
    let is_text = matches!(field.typ, FieldType::Text | FieldType::LongText | FieldType::Email);
    is_text && !field.system
}

/// Canaries in every text of a record and of an entry of each of its lists.
fn edits(kind: &Kind, family: Family, next: &mut usize) -> (Vec<Edit>, Vec<String>) {
    let (mut edits, mut words) = (Vec::new(), Vec::new());
    let mut put = |path: String, text: &str| {
        let path = FieldPath::parse(&path).unwrap();
        edits.push(Edit { path, value: Value::text(text) });
    };
    let own = kind.fields.iter().map(|field| (field, field.id.clone()));
    let lists = kind.entry_lists.iter().flat_map(|list| {
        list.fields.iter().map(move |field| (field, format!("{}/{ENTRY}/{}", list.id, field.id)))
    });
    for (field, path) in own.chain(lists).filter(|(field, _)| is_written(field)) {
        let text = format!("{CANARY}{next}x");
        *next += 1;
        if field.finds == Some(Finds::Name) {
            words.push(text.clone());
        }
        put(path, &text);
    }
    if kind.id == "case" {
        put(format!("tasks/{ENTRY}/department"), "SKO");
        put(format!("tasks/{ENTRY}/status"), "todo");
        put(format!("tasks/{ENTRY}/due"), "2031-02-03");
    }
    if kind.id == "case" && family == Family::Marked {
        put(format!("persons/{ENTRY}/protected_identity"), "protected_registration");
        put(format!("persons/{ENTRY}/personal_number"), NUMBERS[0]);
        put(format!("persons/{ENTRY}/phone"), NUMBERS[2]);
        put(format!("persons/{ENTRY}/dossier_number"), NUMBERS[3]);
        words.extend(NUMBERS.map(str::to_owned));
    }
    (edits, words)
}

/// Cases and a house with all that belongs to them, in the first unit.
async fn caged(world: &World, maker: &mut Somebody) -> Vec<Caged> {
    let kinds: Vec<&Kind> =
        Catalog::builtin().package().kinds.iter().filter(|kind| !kind.server).collect();
    let (mut all, mut next) = (Vec::new(), 1_000);
    let families = [
        ("case", Family::Open),
        ("case", Family::Marked),
        ("case", Family::Raised),
        ("residence", Family::Open),
        ("residence", Family::Raised),
    ];
    for (root, family) in families {
        let top = maker.new_id();
        let below = kinds.iter().filter(|kind| {
            let is_below = kind.belongs_to.iter().any(|to| to == root) || kind.id == "review";
            // What is always protected would protect the case.
            is_below && (family != Family::Open || kind.protection == 0)
        });
        let first = kinds.iter().find(|kind| kind.id == root).unwrap();
        let mut parts = Vec::new();
        for kind in core::iter::once(first).chain(below) {
            let parent = (kind.id != root).then_some(top);
            let id = match parent {
                None => top,
                Some(top) if kind.single => companion(top, &kind.id),
                Some(_) => maker.new_id(),
            };
            let begin = next;
            let (edits, words) = edits(kind, family, &mut next);
            let (part, _) = maker.begins((&kind.id, id), (parent, 0), &edits);
            let place = parent.map_or_else(|| kind.id.clone(), |_| format!("{root}/{}", kind.id));
            let known = Known {
                id,
                place,
                kind: kind.id.clone(),
                parent,
                unit: 0,
                raised: family == Family::Raised,
                child: false,
                word: None,
                first: part.chunks[0].to_vec(),
            };
            all.push(Caged { known, family, numbers: (begin, next), words });
            parts.push(part);
        }
        let answer = maker.asks(&world.door, parts, Vec::new()).await;
        assert!(answer.held.is_empty(), "{:?}", answer.held);
        if family == Family::Raised {
            let by = maker.user;
            let raise = move |db: &_| grants::raise(db, (top, RAISED), (by, "Prov", 1)).map(drop);
            world.door.app.writer.write(raise).await.unwrap();
        }
    }
    feed::settle(&world.door.app).await.unwrap();
    projector::rebuild(&world.door.app).unwrap();
    all
}

/// The canaries in a text, by their numbers.
fn canaries(text: &str) -> BTreeSet<usize> {
    let after = text.split(CANARY).skip(1);
    let digits =
        after.map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
    digits.filter_map(|digits| digits.parse().ok()).collect()
}

/// Every page somebody finds: by its links, by what is searched for, and by the number of every record. What is told
/// of one record alone is kept apart.
async fn every_page(
    world: &World,
    one: &mut Somebody,
    all: &[Caged],
) -> [Vec<(String, String)>; 2] {
    let mut open = vec!["/register".to_owned(), "/administration".to_owned()];
    for caged in all {
        open.extend(caged.words.iter().map(|word| format!("/register/sok/{word}")));
        open.push(format!("/administration/rensa/{}", caged.known.id));
        open.push(format!("/administration/skydd/{}", caged.known.id));
    }
    open.extend(REPORTS.iter().map(|report| format!("/register/rapport/{}", report.place)));
    let (mut seen, mut lists, mut single) = (BTreeSet::new(), Vec::new(), Vec::new());
    while let Some(address) = open.pop() {
        if !seen.insert(address.clone()) {
            continue;
        }
        let answer = page(&mut one.browser, &world.door, &address).await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        if answer.status == StatusCode::OK {
            open.extend(leads(&read(&answer)));
        }
        let below = |here: &str| address.strip_prefix(here).is_some_and(|at| at.starts_with('/'));
        let is_single = below("/administration/rensa")
            || below("/administration/skydd")
            || below("/administration/hallna");
        if is_single { &mut single } else { &mut lists }.push((address, text));
    }
    [lists, single]
}

/// What goes to somebody's device, and the list of what is held.
async fn answers(world: &World, one: &mut Somebody, all: &[Caged]) -> String {
    let houses = all.iter().filter(|caged| caged.known.kind == "residence");
    let houses: Vec<DocumentId> = houses.map(|caged| caged.known.id).collect();
    let answer = one.asks(&world.door, Vec::new(), houses).await;
    let mut told = String::new();
    let fed = answer.feed.chunks.iter();
    for chunk in answer.documents.iter().flat_map(|document| &document.chunks).chain(fed) {
        for op in chunk.bytes.iter().flat_map(|bytes| parse(bytes).unwrap().ops) {
            told.extend([format!("{:?}", op.value), " ".to_owned()]);
        }
    }
    let held = one.browser.call(&world.door, (Method::GET, "/api/v1/held"), Vec::new()).await;
    told.push_str(&String::from_utf8_lossy(&held.body));
    told
}

fn of(all: &[Caged], number: usize) -> &Caged {
    let holds = |caged: &&Caged| (caged.numbers.0..caged.numbers.1).contains(&number);
    all.iter().find(holds).unwrap()
}

/// What was found where, by whom.
#[derive(Default)]
struct Found {
    /// How often, by role and way.
    count: BTreeMap<(Role, &'static str), usize>,
    leaks: BTreeSet<String>,
}

impl Found {
    /// Looks for canaries and numbers in what somebody is told.
    fn looks(&mut self, all: &[Caged], who: Who, (at, text, is_list): (&str, &str, bool)) {
        let reaches = |caged: &Caged| has(who, &caged.known);
        for number in canaries(text) {
            let caged = of(all, number);
            // Recipients have no record; what was written for them is looked at below.
            let is_theirs = reaches(caged) || (is_list && who.role == Role::Recipient);
            if !is_theirs || (is_list && caged.is_secret()) {
                let place = &caged.known.place;
                self.leaks
                    .insert(format!("{} is told {CANARY}{number} of {place} at {at}", who.says()));
            }
            let way = match (is_list, caged.is_secret()) {
                (true, _) => "listed",
                (false, true) => "protected",
                (false, false) => "open",
            };
            *self.count.entry((who.role, way)).or_default() += 1;
        }
        let marked = all.iter().find(|caged| caged.family == Family::Marked).unwrap();
        for number in NUMBERS.into_iter().filter(|number| text.contains(number)) {
            if is_list || !reaches(marked) {
                self.leaks.insert(format!("{} is told {number} at {at}", who.says()));
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_protected_stands_in_no_list_report_or_file_and_nowhere_for_those_who_do_not_reach_it()
 {
    let mut world = world().await;
    let mut people = core::mem::take(&mut world.people);
    let maker = people.iter_mut().find(|one| one.who.makes(0)).unwrap();
    let all = caged(&world, maker).await;
    assert!(all.len() > 20 && all.last().unwrap().numbers.1 > 1_300, "few texts");
    let mut found = Found::default();
    for one in &mut people {
        let [lists, single] = every_page(&world, one, &all).await;
        let device = answers(&world, one, &all).await;
        for (address, text) in &lists {
            found.looks(&all, one.who, (address, text, true));
        }
        for (address, text) in &single {
            found.looks(&all, one.who, (address, text, false));
        }
        found.looks(&all, one.who, ("the device", &device, false));
        if one.who.makes(0) {
            // The control: everything it reaches is found on the device.
            let there = canaries(&device);
            for caged in &all {
                let (from, to) = caged.numbers;
                let lacks = (from..to).filter(|number| !there.contains(number)).count();
                assert_eq!(lacks, 0, "of {}", caged.known.place);
            }
            assert!(device.contains(NUMBERS[0]));
        }
    }
    let Found { count, leaks } = found;
    assert!(leaks.is_empty(), "{leaks:#?}");
    for role in [Role::Caseworker, Role::Supervisor] {
        for way in ["listed", "protected", "open"] {
            assert!(count.contains_key(&(role, way)), "{role:?}: {way} finds nothing");
        }
    }
    for role in [Role::Administrator, Role::Auditor, Role::Regional] {
        assert!(!count.keys().any(|(known, _)| *known == role), "{role:?}: {count:?}");
    }
    // Recipients are told what was written for them, in the open case only.
    let told = count.keys().filter(|(role, _)| *role == Role::Recipient);
    assert_eq!(told.collect::<Vec<_>>(), [&(Role::Recipient, "listed")]);
    what_is_exported(&world, &all);
}

/// The files that whoever runs the server can make hold everything of the unit, and nothing protected.
fn what_is_exported(world: &World, all: &[Caged]) {
    let app = Arc::clone(&world.door.app);
    let mut open = 0;
    for report in &REPORTS {
        let whose = Whose { unit: UNITS[0], reader: None };
        let language = Language::Sv;
        let tables = reports::made(&app, whose, report, (language, None)).unwrap();
        let asked = Asked { unit: UNITS[0], years: None, language, comma: true };
        let file = reports::file(&app, (report, &tables), asked).unwrap();
        for number in canaries(&file) {
            let caged = of(all, number);
            assert!(!caged.is_secret(), "{} of {} in {}", number, caged.known.place, report.id);
            open += 1;
        }
        for number in NUMBERS {
            assert!(!file.contains(number), "{number} in {}", report.id);
        }
    }
    assert!(open > 0, "files name nothing at all");
}
