//! The form of a story file.
//!
//! ```toml
//! title = "Two measure the same room"
//! elsewhere = "what is shown in the browser or by the server, and by which test"
//!
//! [[record]]                        # everybody has it, unless somebody makes it (`by`)
//! name = "house"
//! kind = "residence"
//! start = { "rooms/@3/label" = "3" } # `@name` is the id of an entry
//!
//! [[round]]                         # nobody has contact; at its end everybody syncs
//! [[round.act]]
//! by = "A"
//! record = "house"
//! set = { "rooms/@3/area_m2" = "11.6" } # `#name` is the id of a record
//! # or: settle = "rooms/@3/area_m2", value = "11.6", reason = "…"
//!
//! [[round.show]]                    # a field
//! record = "house"
//! path = "rooms/@3/area_m2"
//! value = "11.6"
//! said = { A = "11.6", B = "13.2" }  # what stands, by whom
//! open = true                        # a person should decide
//!
//! [[round.conflict]]                # exactly these; those of a wrong clock come by themselves
//! record = "house"
//! class = "safety"
//! at = "rooms/@3/area_m2"
//!
//! [[round.person]]                  # the card under which a person is shown
//! record = "one"
//! entry = "@hanan1"
//! under = "two/@hanan2"             # without it: itself
//! ```
//!
//! Further: `round.entry` (an entry that is or is not gone), `round.late` (written into what is signed),
//! `round.place` (the state in which a placement is shown), `round.house` and `round.room` (how many live
//! there and how many may), `round.count` (what a counter stands at), `round.never` (a value nobody may be shown who
//! knows something of each of the people named).

use std::collections::BTreeMap;
use std::path::Path;

use ankomst_shared::ids::EntryId;
use ankomst_shared::value::Value;
use toml::{Table, Value as Toml};

use crate::world::document_id;

/// A story.
pub struct Story {
    /// `M-01`.
    pub id: String,
    pub records: Vec<Record>,
    pub rounds: Vec<Round>,
}

/// A record of the story.
pub struct Record {
    pub name: String,
    pub kind: String,
    /// Who makes it in the first round; everybody has it without.
    pub by: Option<String>,
    pub start: Vec<(String, Value)>,
}

/// What people do without contact, and what is seen after it.
pub struct Round {
    pub acts: Vec<Act>,
    pub shows: Vec<Show>,
    pub conflicts: Vec<(String, String, String)>,
    pub checks: Vec<Check>,
    pub never: Vec<Never>,
}

/// Something a person does.
pub struct Act {
    pub by: String,
    pub record: String,
    pub does: Does,
}

pub enum Does {
    Write(Vec<(String, Value)>),
    Settle { path: String, value: Value, reason: String },
}

/// What a field shows.
pub struct Show {
    pub record: String,
    pub path: String,
    pub value: Option<Value>,
    pub open: bool,
    pub said: Option<BTreeMap<String, Value>>,
}

/// Further things to see.
pub enum Check {
    Entry { record: String, entry: String, gone: bool },
    Late { record: String, path: String, said: BTreeMap<String, Value> },
    Place { record: String, entry: String, state: String },
    House { record: String, persons: i64, most: Option<i64> },
    Room { record: String, room: String, persons: i64, most: Option<i64> },
    Count { record: String, path: String, value: i64 },
    Person { record: String, entry: String, under: Option<(String, String)> },
}

/// A value that nobody may be shown who knows something of all of some people.
pub struct Never {
    pub record: String,
    pub path: String,
    pub value: Value,
    pub knowing: Vec<String>,
}

impl Story {
    pub fn read(file: &Path) -> Self {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(file).unwrap();
        let table: Table = text.parse().unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut node = Node { at: name.clone(), table };
        node.take("title").unwrap_or_else(|| panic!("{name}: title"));
        node.take("elsewhere");
        let records = node.list("record").into_iter().map(record).collect();
        let rounds = node.list("round").into_iter().map(round).collect();
        node.end();
        Self { id: name, records, rounds }
    }

    /// Everybody who does something, in order.
    pub fn people(&self) -> Vec<String> {
        let acts = self.rounds.iter().flat_map(|round| &round.acts).map(|act| act.by.clone());
        let makers = self.records.iter().filter_map(|record| record.by.clone());
        let mut people: Vec<String> = acts.chain(makers).collect();
        people.sort();
        people.dedup();
        people
    }

    pub fn record(&self, name: &str) -> &Record {
        let record = self.records.iter().find(|record| record.name == name);
        record.unwrap_or_else(|| panic!("{}: there is no record {name}", self.id))
    }
}

/// A table of which every key must be asked for.
struct Node {
    at: String,
    table: Table,
}

impl Node {
    fn take(&mut self, key: &str) -> Option<Toml> {
        self.table.remove(key)
    }

    fn text(&mut self, key: &str) -> String {
        let at = &self.at;
        let value = self.table.remove(key).unwrap_or_else(|| panic!("{at}: {key} is missing"));
        names(value.as_str().unwrap_or_else(|| panic!("{at}: {key} is no text")))
    }

    fn values(&mut self, key: &str) -> Option<Vec<(String, Value)>> {
        let table = self.take(key)?;
        let table = table.as_table().unwrap().clone();
        Some(table.into_iter().map(|(key, one)| (names(&key), value(&one))).collect())
    }

    fn list(&mut self, key: &str) -> Vec<Self> {
        let list = self.take(key).map(|list| list.as_array().unwrap().clone()).unwrap_or_default();
        let node = |(number, one): (usize, Toml)| Self {
            at: format!("{} {key} {number}", self.at),
            table: one.as_table().unwrap().clone(),
        };
        list.into_iter().enumerate().map(node).collect()
    }

    fn end(self) {
        assert!(self.table.is_empty(), "{}: nobody knows {:?}", self.at, self.table);
    }
}

fn record(mut node: Node) -> Record {
    let record = Record {
        name: node.text("name"),
        kind: node.text("kind"),
        by: node.take("by").map(|by| by.as_str().unwrap().to_owned()),
        start: node.values("start").unwrap_or_default(),
    };
    node.end();
    record
}

fn round(mut node: Node) -> Round {
    let mut checks: Vec<Check> = node.list("entry").into_iter().map(entry).collect();
    checks.extend(node.list("late").into_iter().map(late));
    checks.extend(node.list("place").into_iter().map(place));
    checks.extend(node.list("house").into_iter().map(house));
    checks.extend(node.list("room").into_iter().map(room));
    checks.extend(node.list("count").into_iter().map(count));
    checks.extend(node.list("person").into_iter().map(person));
    let round = Round {
        acts: node.list("act").into_iter().map(act).collect(),
        shows: node.list("show").into_iter().map(show).collect(),
        conflicts: node.list("conflict").into_iter().map(conflict).collect(),
        checks,
        never: node.list("never").into_iter().map(never).collect(),
    };
    node.end();
    round
}

fn act(mut node: Node) -> Act {
    let by = node.text("by");
    let record = node.text("record");
    let does = match node.values("set") {
        Some(edits) => Does::Write(edits),
        None => Does::Settle {
            path: node.text("settle"),
            value: value(&node.take("value").unwrap()),
            reason: node.text("reason"),
        },
    };
    node.end();
    Act { by, record, does }
}

fn show(mut node: Node) -> Show {
    let show = Show {
        record: node.text("record"),
        path: node.text("path"),
        value: node.take("value").map(|one| value(&one)),
        open: node.take("open").is_some_and(|open| open.as_bool().unwrap()),
        said: node.values("said").map(|said| said.into_iter().collect()),
    };
    node.end();
    show
}

fn conflict(mut node: Node) -> (String, String, String) {
    let found = (node.text("record"), node.text("class"), node.text("at"));
    node.end();
    found
}

fn entry(mut node: Node) -> Check {
    let check = Check::Entry {
        record: node.text("record"),
        entry: node.text("entry"),
        gone: node.take("gone").unwrap().as_bool().unwrap(),
    };
    node.end();
    check
}

fn late(mut node: Node) -> Check {
    let check = Check::Late {
        record: node.text("record"),
        path: node.text("path"),
        said: node.values("said").unwrap().into_iter().collect(),
    };
    node.end();
    check
}

fn place(mut node: Node) -> Check {
    let check = Check::Place {
        record: node.text("record"),
        entry: node.text("entry"),
        state: node.text("state"),
    };
    node.end();
    check
}

fn house(mut node: Node) -> Check {
    let check = Check::House {
        record: node.text("record"),
        persons: node.take("persons").unwrap().as_integer().unwrap(),
        most: node.take("most").map(|most| most.as_integer().unwrap()),
    };
    node.end();
    check
}

fn room(mut node: Node) -> Check {
    let check = Check::Room {
        record: node.text("record"),
        room: node.text("room"),
        persons: node.take("persons").unwrap().as_integer().unwrap(),
        most: node.take("most").map(|most| most.as_integer().unwrap()),
    };
    node.end();
    check
}

fn count(mut node: Node) -> Check {
    let check = Check::Count {
        record: node.text("record"),
        path: node.text("path"),
        value: node.take("value").unwrap().as_integer().unwrap(),
    };
    node.end();
    check
}

fn person(mut node: Node) -> Check {
    let under = node.take("under");
    let under = under.map(|under| {
        let (record, entry) = under.as_str().unwrap().split_once('/').unwrap();
        (record.to_owned(), names(entry))
    });
    let check = Check::Person { record: node.text("record"), entry: node.text("entry"), under };
    node.end();
    check
}

fn never(mut node: Node) -> Never {
    let knowing = node.take("knowing").unwrap();
    let knowing = knowing.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned());
    let never = Never {
        record: node.text("record"),
        path: node.text("path"),
        value: value(&node.take("value").unwrap()),
        knowing: knowing.collect(),
    };
    node.end();
    never
}

fn value(value: &Toml) -> Value {
    match value {
        Toml::String(text) if text.is_empty() => Value::Null,
        Toml::String(text) => Value::text(names(text)),
        Toml::Integer(number) => Value::Int(*number),
        Toml::Boolean(yes) => Value::Bool(*yes),
        other => panic!("{other} is no answer"),
    }
}

/// Ids in the place of `@name` (an entry) and `#name` (a record): in paths, and as whole values.
fn names(text: &str) -> String {
    let part = |part: &str| match part.strip_prefix('@') {
        Some(name) if !name.is_empty() && !name.contains(' ') => id(name).to_string(),
        _ => match part.strip_prefix('#') {
            Some(record) if !record.contains(' ') => document_id(record).to_string(),
            _ => part.to_owned(),
        },
    };
    let step = |step: &str| step.split(':').map(part).collect::<Vec<_>>().join(":");
    text.split('/').map(step).collect::<Vec<_>>().join("/")
}

/// The id of an entry called so.
pub fn id(name: &str) -> EntryId {
    let hash = ankomst_shared::chunk::sha256(&[b"story", name.as_bytes()]);
    EntryId::from_bytes(*hash.first_chunk().unwrap())
}
