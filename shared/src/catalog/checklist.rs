//! The packed form of checklists: items, when they are due, where a run of them begins.

use super::formula::Formula;
use super::model::{Caution, Label, Section};

/// A checklist template of one version.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checklist {
    /// Stable key, e.g. `residence_inspection`.
    pub id: String,
    /// A run pins the version it was started on.
    pub version: u32,
    /// Title.
    pub label: Label,
    /// Events its due rules count from; codes of the list `anchor`.
    pub anchors: Vec<String>,
    /// Where a run of it begins; nowhere when absent.
    pub offered: Option<Offered>,
    /// Groups in order.
    pub groups: Vec<Section>,
    /// Items in order.
    pub items: Vec<Item>,
}

/// The event from which an inspection counts.
const VISIT: &str = "VIS";

impl Checklist {
    /// Whether a run of it is an inspection of a house: a visit on one day.
    #[must_use]
    pub fn is_inspection(&self) -> bool {
        self.anchors.iter().any(|anchor| anchor == VISIT)
    }
}

/// Where a run of a checklist begins, and what its button says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    /// The kind of record, `case` or `residence`.
    pub at: String,
    /// Offered unless this is known not to hold.
    pub when: Option<Formula>,
    /// Name of the button, for selectors.
    pub name: String,
    /// What the button says.
    pub label: Label,
    /// Events whose dates are asked for before the run begins; the others can be said later.
    pub asks: Vec<String>,
}

/// One item of a checklist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Stable id, e.g. `B-F01`; never changes its meaning.
    pub id: String,
    /// The item of the version before whose answers are this one's, when it has another id.
    pub was: Option<String>,
    /// What must hold.
    pub label: Label,
    /// Group it is shown in.
    pub group: String,
    /// Departments; the first owns the item.
    pub departments: Vec<String>,
    /// For an inspection: 1 at once, 2 within 72 h, 3 within 14 d, 4 within 60 d; when not ok.
    pub severity: Option<u8>,
    /// For a task: when it is to be done.
    pub due: Option<Due>,
    /// A all, G group accommodation, F flat or house, C children live there.
    pub scope: String,
    /// Part of the short version.
    pub short: bool,
    /// What is to be recorded.
    pub evidence: Vec<Evidence>,
    /// Where the item comes from; codes of the list `source`.
    pub sources: Vec<String>,
    /// A limit in plain words, of a measured value or of time, e.g. `≥ 4.0 m²/person`.
    pub threshold: Option<Label>,
}

/// When an item is due: so much before or after an event (see `catalog::due`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The event, one of the checklist's anchors.
    pub anchor: String,
    /// How many units after it; before it when negative.
    pub offset: i64,
    /// What is counted.
    pub unit: DueUnit,
    /// The very last moment, in the same unit, where it is another one.
    pub latest: Option<i64>,
    /// Whether it is to be done again.
    pub again: Again,
}

impl Due {
    /// The furthest an offset may lie from its anchor, in any unit.
    pub const OFFSET_MAX: u64 = 1_000;

    /// How many further times are given one by one.
    #[must_use]
    pub fn times(&self) -> usize {
        if let Again::At(then) = &self.again { then.len() } else { 0 }
    }
}

/// Whether an item is to be done more than once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Again {
    /// Once.
    Once,
    /// Again so many units after each time it was done, for as long as the item is open.
    Every(i64, DueUnit),
    /// Again at these further offsets, in the rule's unit.
    At(Vec<i64>),
}

/// What a due rule counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DueUnit {
    /// Days of the calendar.
    Days,
    /// Days on which offices in Sweden work.
    WorkingDays,
    /// Months; in a shorter month its last day.
    Months,
    /// Hours that pass, from a point in time.
    Hours,
}

/// What is recorded for an item besides its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Evidence {
    /// A tick.
    Tick,
    /// A number with its unit, and which of two numbers is the more cautious.
    Number(Label, Option<Caution>),
    /// A date.
    Date,
    /// A date and a time of day.
    Time,
    /// A reference number.
    Reference,
    /// A document.
    Document,
    /// A photo.
    Photo,
    /// A signature.
    Signature,
    /// A note.
    Note,
    /// A run of another checklist.
    Run,
    /// A visit.
    Visit,
    /// A reception interview.
    Intake,
}

packed! {
    struct Checklist { id, version, label, anchors, offered, groups, items }
    struct Offered { at, when, name, label, asks }
    struct Item {
        id, was, label, group, departments, severity, due, scope, short, evidence, sources, threshold
    }
    struct Due { anchor, offset, unit, latest, again }
    enum Again { Once, Every(a, b), At(a) }
    enum DueUnit { Days, WorkingDays, Months, Hours }
    enum Evidence {
        Tick, Number(a, b), Date, Time, Reference, Document, Photo, Signature, Note, Run, Visit, Intake
    }
}
