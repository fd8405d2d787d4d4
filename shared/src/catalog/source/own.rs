//! A checklist that a municipality has written: checked as those that come with the program are, and
//! for what a municipality may not do. The server's command reads it; the app never does.
//!
//! Its ids begin with the municipality's code, so that they are never those of another municipality or
//! of a checklist to come. What was published stays: a version is never replaced, and an item's id
//! never comes to mean another kind of answer.

use super::super::model::{Checklist, Due, Evidence, Item, Label, Package};
use super::node::{Node, Place, fault_at};
use super::read::{Reader, table};
use super::{Fault, Faults, SourceFile, formula, verify};

/// Largest file, in bytes.
pub const FILE_BYTES_MAX: u64 = 256 * 1024;
/// Most items of one checklist.
pub const ITEMS_MAX: usize = 200;
/// Most groups of one checklist.
const GROUPS_MAX: usize = 40;
/// Most departments, sources, evidence or later offsets of an item.
const PARTS_MAX: usize = 12;
/// Longest text, in letters.
const TEXT_MAX: usize = 400;
/// Highest version.
const VERSION_MAX: u32 = 100_000;
/// Places where a run can begin.
const OFFERED_AT: [&str; 2] = ["case", "residence"];

/// A checklist and who has adopted it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The checklist.
    pub checklist: Checklist,
    /// By whom it was adopted.
    pub by: String,
    /// When, `yyyy-mm-dd`.
    pub on: String,
    /// Reference number of the decision.
    pub number: String,
    /// Who looks after it.
    pub owner: String,
    /// When it is to be looked over, `yyyy-mm-dd`.
    pub review_on: String,
}

/// The code of the municipality that an id of its own begins with: of `k2326_fire_round` and of
/// `K2326-01` it is `2326`.
#[must_use]
pub fn municipality(id: &str) -> Option<&str> {
    let (code, rest) = id.strip_prefix(['k', 'K'])?.split_at_checked(4)?;
    let is_code = code.bytes().all(|byte| byte.is_ascii_digit());
    (is_code && rest.starts_with(['_', '-'])).then_some(code)
}

/// Reads and checks a municipality's checklist against what came with the program and what the
/// municipality has published.
///
/// # Errors
/// All faults, sorted by line.
pub fn own(
    file: &SourceFile,
    builtin: &Package,
    published: &[Checklist],
) -> Result<Written, Vec<Fault>> {
    let faults = Faults::default();
    let written = read(file, (builtin, published), &faults);
    let mut faults = faults.into_inner();
    faults.sort();
    faults.dedup();
    match written {
        Some(written) if faults.is_empty() => Ok(written),
        _ => Err(faults),
    }
}

fn read(
    file: &SourceFile,
    (builtin, published): (&Package, &[Checklist]),
    faults: &Faults,
) -> Option<Written> {
    let table = table(file, faults)?;
    let node = Node::new(file, table.get_ref(), 0..0, faults);
    let adopted = node.maybe_node("adopted");
    let mut written = Written {
        checklist: Checklist::default(),
        by: String::new(),
        on: String::new(),
        number: String::new(),
        owner: String::new(),
        review_on: String::new(),
    };
    match adopted {
        Some(adopted) => {
            written.by = adopted.text("by");
            written.on = adopted.text("on");
            written.number = adopted.text("number");
            written.owner = adopted.text("owner");
            written.review_on = adopted.text("review_on");
            dates(&adopted, &written);
            adopted.end();
        }
        None => node.fault("`adopted` is missing: by, on, number, owner, review_on"),
    }
    let mut reader = Reader::new(faults);
    let checklist = reader.checklist(node);
    let (places, formulas) = reader.read();
    let mut package = builtin.clone();
    let is_other = |one: &&Checklist| (&one.id, one.version) != (&checklist.id, checklist.version);
    package.checklists.extend(published.iter().filter(is_other).cloned());
    package.checklists.push(checklist);
    formula::compile(&mut package, &formulas, faults);
    let checklist = package.checklists.pop()?;
    let check = Check { checklist: &checklist, file, places: &places, faults };
    check.all(published);
    package.checklists.push(checklist.clone());
    verify::checklist(&package, &places, faults, &checklist);
    Some(Written { checklist, ..written })
}

fn dates(node: &Node<'_>, written: &Written) {
    let mut days = [("on", &written.on), ("review_on", &written.review_on)].into_iter();
    if let Some((key, _)) = days.find(|(_, day)| !day.is_empty() && !formula::is_day(day)) {
        node.fault(format!("`{key}` must be a day in quotes, such as \"2026-11-26\""));
    }
    let texts = [&written.by, &written.number, &written.owner];
    if texts.iter().any(|text| strange(text)) {
        node.fault(format!("a text is longer than {TEXT_MAX} letters or holds control characters"));
    }
}

/// Whether a text is too long to be read on a tablet, or could show as something it is not.
fn strange(text: &str) -> bool {
    let hides = |letter: char| {
        letter.is_control()
            || matches!(letter, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().count() > TEXT_MAX || text.chars().any(hides)
}

struct Check<'a> {
    checklist: &'a Checklist,
    file: &'a SourceFile,
    places: &'a super::read::Places,
    faults: &'a Faults,
}

impl Check<'_> {
    fn fault(&self, what: impl Into<String>) {
        fault_at(self.faults, &Place { file: self.file.name.clone(), line: 1 }, what);
    }

    fn item_fault(&self, item: &Item, what: impl Into<String>) {
        let Checklist { id, version, .. } = self.checklist;
        match self.places.get(&format!("item {id} v{version}/{}", item.id)) {
            Some(place) => fault_at(self.faults, place, what),
            None => self.fault(what),
        }
    }

    fn all(&self, published: &[Checklist]) {
        self.ids(published);
        self.bounds();
        self.offered();
        self.lock(published);
    }

    /// Ids are the municipality's own.
    fn ids(&self, published: &[Checklist]) {
        let Checklist { id, version, items, .. } = self.checklist;
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let code = municipality(id).filter(|_| id.len() <= 60 && id.bytes().all(plain));
        let Some(code) = code else {
            return self.fault(
                "`id` must begin with k, the municipality's code and _, then a-z, 0-9 and _, such as \
                 `k2326_fire_round`: so it is never that of another municipality or of Ankomst",
            );
        };
        let known = published.first().and_then(|one| municipality(&one.id));
        if let Some(known) = known.filter(|known| *known != code) {
            self.fault(format!(
                "this server's municipality has code {known}, and `id` says {code}"
            ));
        }
        if !(1..=VERSION_MAX).contains(version) {
            self.fault(format!("`version` goes from 1 to {VERSION_MAX}"));
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
        for item in items {
            let fits = item.id.strip_prefix('K').and_then(|rest| rest.strip_prefix(code));
            let rest = fits.and_then(|rest| rest.strip_prefix('-')).unwrap_or_default();
            if rest.is_empty() || item.id.len() > 40 || !rest.bytes().all(plain) {
                let what = format!(
                    "the `id` of an item must begin with K{code}- and go on with letters a to z, digits, - \
                     and ., such as `K{code}-F01`"
                );
                self.item_fault(item, what);
            }
        }
    }

    /// What a tablet can show and a record can hold.
    fn bounds(&self) {
        let Checklist { label, groups, items, offered, .. } = self.checklist;
        if items.is_empty() || items.len() > ITEMS_MAX {
            self.fault(format!("a checklist has 1 to {ITEMS_MAX} items, this has {}", items.len()));
        }
        if groups.len() > GROUPS_MAX {
            self.fault(format!("a checklist has at most {GROUPS_MAX} groups"));
        }
        let is_strange = |label: &Label| strange(&label.sv) || strange(&label.en);
        let what = format!("a text is longer than {TEXT_MAX} letters or holds control characters");
        let labels = groups.iter().map(|group| &group.label).chain([label]);
        if labels.chain(offered.iter().map(|offered| &offered.label)).any(is_strange) {
            self.fault(what.as_str());
        }
        for item in items {
            let unit = item.evidence.iter().filter_map(number);
            let mut texts = item.threshold.iter().chain([&item.label]).chain(unit);
            if texts.any(is_strange) {
                self.item_fault(item, what.as_str());
            }
            let parts = [item.departments.len(), item.sources.len(), item.evidence.len()];
            let then = item.due.as_ref().map_or(0, Due::times);
            if parts.into_iter().chain([then]).any(|count| count > PARTS_MAX) {
                let what = format!(
                    "at most {PARTS_MAX} departments, sources, kinds of evidence and times of `then`"
                );
                self.item_fault(item, what);
            }
        }
    }

    fn offered(&self) {
        let Some(offered) = &self.checklist.offered else { return };
        let name = format!("start-{}", self.checklist.id.replace('_', "-"));
        if offered.name != name {
            self.fault(format!("the `name` of the button must be `{name}`"));
        }
        if !OFFERED_AT.contains(&offered.at.as_str()) {
            self.fault("`at` is where the button stands: `case` or `residence`");
        }
        if self.checklist.is_inspection() && offered.at == "case" {
            self.fault("an inspection (anchor VIS) is of a house: `at = \"residence\"`");
        }
    }

    /// What was published stays as it is.
    fn lock(&self, published: &[Checklist]) {
        let mut earlier: Vec<&Checklist> =
            published.iter().filter(|one| one.id == self.checklist.id).collect();
        earlier.sort_by_key(|one| one.version);
        let Some(newest) = earlier.last() else { return };
        if self.checklist.version <= newest.version {
            let same = earlier.iter().find(|one| one.version == self.checklist.version);
            if same.is_some_and(|same| *same == self.checklist) {
                return;
            }
            let (version, next) = (self.checklist.version, newest.version.saturating_add(1));
            return self.fault(format!(
                "version {version} is published with other contents, and runs may be pinned to it: count \
                 `version` up to {next}"
            ));
        }
        for item in &self.checklist.items {
            let same = |list: &&Checklist| list.items.iter().find(|one| one.id == item.id).cloned();
            let Some(before) = earlier.iter().rev().find_map(same) else { continue };
            if answers(&before) != answers(item) {
                self.item_fault(
                    item,
                    format!(
                        "`{}` was published with another kind of answer: {}, and is {}. Give it a new id \
                         with `was = \"{}\"`",
                        item.id,
                        answers(&before).words(),
                        answers(item).words(),
                        item.id
                    ),
                );
            } else if same(newest).is_none() {
                let what = format!(
                    "`{}` was taken out in a version before and never comes back: give a new id",
                    item.id
                );
                self.item_fault(item, what);
            }
        }
    }
}

const fn number(evidence: &Evidence) -> Option<&Label> {
    if let Evidence::Number(unit, _) = evidence { Some(unit) } else { None }
}

/// What kind of answers an item takes.
#[derive(Debug, PartialEq, Eq)]
struct Answers {
    inspected: bool,
    unit: Option<String>,
}

fn answers(item: &Item) -> Answers {
    let unit = item.evidence.iter().find_map(number);
    Answers { inspected: item.severity.is_some(), unit: unit.map(|unit| unit.sv.clone()) }
}

impl Answers {
    fn words(&self) -> String {
        let mut words = vec![if self.inspected { "inspected" } else { "a task" }.to_owned()];
        words.extend(self.unit.as_ref().map(|unit| format!("with a number in {unit:?}")));
        words.join(" ")
    }
}
