//! The packed form of the catalog: what `build.rs` writes and both sides load at run time.
//!
//! Not here: how TOML is read and checked (`source`), what values are allowed (`check`).

use minicbor::{Decode, Encode};

/// A text in the two complete languages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct Label {
    /// Swedish.
    #[n(0)]
    pub sv: String,
    /// English.
    #[n(1)]
    pub en: String,
}

/// One package of the catalog under one version.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Package {
    /// Stable name, e.g. `ankomst`.
    #[n(0)]
    pub id: String,
    /// Counts up with every published change.
    #[n(1)]
    pub version: u32,
    /// Record kinds, one document kind each.
    #[n(2)]
    pub kinds: Vec<Kind>,
    /// Code lists.
    #[n(3)]
    pub lists: Vec<CodeList>,
    /// Checklist templates.
    #[n(4)]
    pub checklists: Vec<Checklist>,
}

/// A record kind: what one kind of document holds.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Kind {
    /// `residence`, `run`, `case`, `protected`, `review`.
    #[n(0)]
    pub id: String,
    /// Name for people.
    #[n(1)]
    pub label: Label,
    /// Sections in the order shown.
    #[n(2)]
    pub sections: Vec<Section>,
    /// Fields of the record itself.
    #[n(3)]
    pub fields: Vec<Field>,
    /// Lists of entries (rooms, persons, intakes, items …).
    #[n(4)]
    pub entry_lists: Vec<EntryList>,
}

/// A named group of fields on a form.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Section {
    /// Stable id within the kind.
    #[n(0)]
    pub id: String,
    /// Heading.
    #[n(1)]
    pub label: Label,
}

/// A list of entries inside a record; entries are never replaced or deleted (field `tombstone`).
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EntryList {
    /// First part of the key, e.g. `persons`.
    #[n(0)]
    pub id: String,
    /// Name of one entry.
    #[n(1)]
    pub label: Label,
    /// Where entry ids come from.
    #[n(2)]
    pub entries: Entries,
    /// Sections of one entry's form.
    #[n(3)]
    pub sections: Vec<Section>,
    /// Fields of one entry.
    #[n(4)]
    pub fields: Vec<Field>,
}

/// Where the entry ids of a list come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Entries {
    /// Random ids, entries are edited (merge code K).
    #[n(0)]
    Keyed,
    /// Random ids, entries are written once (merge code A).
    #[n(1)]
    Append,
    /// Ids of the pinned checklist template's items.
    #[n(2)]
    Template,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Field {
    /// Stable id within the kind or list; never reused or re-typed.
    #[n(0)]
    pub id: String,
    /// The question.
    #[n(1)]
    pub label: Label,
    /// Help below the question.
    #[n(2)]
    pub help: Option<Label>,
    /// What answers are.
    #[n(3)]
    pub typ: FieldType,
    /// How concurrent answers merge.
    #[n(4)]
    pub merge: MergeCode,
    /// When an answer must exist.
    #[n(5)]
    pub required: Required,
    /// 0 open … 4 special category or protected identity.
    #[n(6)]
    pub sensitivity: u8,
    /// Section the field is shown in.
    #[n(7)]
    pub section: String,
    /// The field matters only if this holds.
    #[n(8)]
    pub relevant: Option<Condition>,
    /// For merge code S: which value is the most cautious.
    #[n(9)]
    pub caution: Option<Caution>,
    /// Meaning that code may ask for, e.g. `birth_date`.
    #[n(10)]
    pub anchor: Option<String>,
    /// For sets: removing a member needs a reason.
    #[n(11)]
    pub removal_needs_reason: bool,
    /// Where the question comes from (tag of the domain's source list).
    #[n(12)]
    pub source: Option<String>,
}

/// What answers to a field are.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum FieldType {
    /// One line of text.
    #[n(0)]
    Text,
    /// Several lines of text.
    #[n(1)]
    LongText,
    /// A whole number within bounds, inclusive.
    #[n(2)]
    Int(#[n(0)] Option<i64>, #[n(1)] Option<i64>),
    /// A decimal with at most so many places, and its unit.
    #[n(3)]
    Decimal(#[n(0)] u8, #[n(1)] Option<String>),
    /// Yes or no.
    #[n(4)]
    Bool,
    /// A date `yyyy-mm-dd`.
    #[n(5)]
    Date,
    /// A point in time, Unix milliseconds.
    #[n(6)]
    Time,
    /// One code of a list.
    #[n(7)]
    Choice(#[n(0)] String),
    /// Any codes of a list.
    #[n(8)]
    Set(#[n(0)] String),
    /// A telephone number.
    #[n(9)]
    Phone,
    /// An e-mail address.
    #[n(10)]
    Email,
    /// A Swedish postcode.
    #[n(11)]
    Postcode,
    /// A personal or coordination number, twelve digits.
    #[n(12)]
    PersonalNumber,
    /// An agency file number `NN-NNNNNN`.
    #[n(13)]
    DossierNumber,
    /// An id of another document or entry.
    #[n(14)]
    Reference(#[n(0)] String),
}

/// How concurrent answers to one field merge (domain section 3.0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum MergeCode {
    /// Register: one shown, different ones make a conflict.
    #[n(0)]
    R,
    /// Normalised register: equal after normalisation is equal.
    #[n(1)]
    N,
    /// Safety register: the most cautious value rules until settled.
    #[n(2)]
    S,
    /// Set union.
    #[n(3)]
    U,
    /// Immutable: set with the record or entry, never changed.
    #[n(4)]
    I,
}

/// When an answer must exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Required {
    /// Never.
    #[n(0)]
    Optional,
    /// At creation.
    #[n(1)]
    Creation,
    /// At signing or closing.
    #[n(2)]
    Signing,
    /// Before the object may be opened.
    #[n(3)]
    Opening,
}

/// Which of several values is the most cautious.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Caution {
    /// Codes from the most to the least cautious.
    #[n(0)]
    Order(#[n(0)] Vec<String>),
    /// The lowest number.
    #[n(1)]
    Lowest,
    /// The highest number.
    #[n(2)]
    Highest,
    /// The earliest date.
    #[n(3)]
    Earliest,
    /// The latest date.
    #[n(4)]
    Latest,
    /// Yes before no.
    #[n(5)]
    True,
    /// No before yes.
    #[n(6)]
    False,
    /// The one of the checklist item the entry stands for.
    #[n(7)]
    ByItem,
}

/// A condition on another field of the same record or entry.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Condition {
    /// The other field.
    #[n(0)]
    pub field: String,
    /// Codes, `true`, or member codes, any of which makes it hold.
    #[n(1)]
    pub any_of: Vec<String>,
}

/// A code list.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CodeList {
    /// Stable id.
    #[n(0)]
    pub id: String,
    /// Name for people.
    #[n(1)]
    pub label: Label,
    /// Tenants may not add codes.
    #[n(2)]
    pub closed: bool,
    /// Codes in the order shown; none is ever removed.
    #[n(3)]
    pub codes: Vec<Code>,
}

/// One code.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Code {
    /// The code as stored.
    #[n(0)]
    pub id: String,
    /// Its text.
    #[n(1)]
    pub label: Label,
    /// Definition or explanation.
    #[n(2)]
    pub help: Option<Label>,
}

/// A checklist template of one version.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Checklist {
    /// Stable key, e.g. `residence_inspection`.
    #[n(0)]
    pub id: String,
    /// A run pins the version it was started on.
    #[n(1)]
    pub version: u32,
    /// Title.
    #[n(2)]
    pub label: Label,
    /// Groups in order.
    #[n(3)]
    pub groups: Vec<Section>,
    /// Items in order.
    #[n(4)]
    pub items: Vec<Item>,
}

/// One item of a checklist.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Item {
    /// Stable id, e.g. `B-F01`; never changes its meaning.
    #[n(0)]
    pub id: String,
    /// What must hold.
    #[n(1)]
    pub label: Label,
    /// Group it is shown in.
    #[n(2)]
    pub group: String,
    /// Departments; the first owns the item.
    #[n(3)]
    pub departments: Vec<String>,
    /// 1 at once, 2 within 72 h, 3 within 14 d, 4 within 60 d; when not ok.
    #[n(4)]
    pub severity: u8,
    /// A all, G group accommodation, F flat or house, C children live there.
    #[n(5)]
    pub scope: String,
    /// Part of the short version.
    #[n(6)]
    pub short: bool,
    /// What is to be recorded.
    #[n(7)]
    pub evidence: Vec<Evidence>,
    /// Source tags.
    #[n(8)]
    pub sources: Vec<String>,
    /// Threshold in plain words, e.g. `≥ 4.0 m²/person`.
    #[n(9)]
    pub threshold: Option<Label>,
}

/// What is recorded for an item besides its status.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Evidence {
    /// A tick.
    #[n(0)]
    Tick,
    /// A number with its unit, and which of two numbers is the more cautious.
    #[n(1)]
    Number(#[n(0)] Label, #[n(1)] Option<Caution>),
    /// A date.
    #[n(2)]
    Date,
    /// A reference number.
    #[n(3)]
    Reference,
    /// A document.
    #[n(4)]
    Document,
    /// A photo.
    #[n(5)]
    Photo,
    /// A signature.
    #[n(6)]
    Signature,
    /// A note.
    #[n(7)]
    Note,
}
