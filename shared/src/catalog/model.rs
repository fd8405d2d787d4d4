//! The packed form of the catalog: what `build.rs` writes and both sides load at run time.
//!
//! Not here: how TOML is read and checked (`source`), what values are allowed (`check`).

pub use super::checklist::{Again, Checklist, Due, DueUnit, Evidence, Item, Offered};
pub use super::formula::{Constraint, Fold, Formula, Operation, Shape, Step, Whose};
pub use super::rule::{Rule, RuleVersion, Say};
pub use super::ruling::{Caution, Late, Machine};

/// A text in the two complete languages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Label {
    /// Swedish.
    pub sv: String,
    /// English.
    pub en: String,
}

/// One package of the catalog under one version.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Package {
    /// Stable name, e.g. `ankomst`.
    pub id: String,
    /// Counts up with every published change.
    pub version: u32,
    /// Record kinds, one document kind each.
    pub kinds: Vec<Kind>,
    /// Code lists.
    pub lists: Vec<CodeList>,
    /// Checklist templates.
    pub checklists: Vec<Checklist>,
    /// Rules whose outcome is shown with its reasons.
    pub rules: Vec<Rule>,
}

/// A record kind: what one kind of document holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Kind {
    /// `residence`, `run`, `case`, `protected`, `review`.
    pub id: String,
    /// Name for people.
    pub label: Label,
    /// The kinds a document of this kind may belong to, [`Kind::ANY`] for every kind with a secrecy of
    /// its own or of its parent's; none: it stands alone.
    pub belongs_to: Vec<String>,
    /// A document has at most one of this kind, whose id follows from its own.
    pub single: bool,
    /// Roles that read and write it. Without any, whoever may do so with what it belongs to; with some, it has
    /// a secrecy of its own, whatever it belongs to.
    pub roles: Vec<String>,
    /// Only the server writes it.
    pub server: bool,
    /// The protection it begins with, 0 to 3.
    pub protection: u8,
    /// Outside of a case it tells of a house what only those who look after houses need.
    pub ledger: bool,
    /// Sections in the order shown.
    pub sections: Vec<Section>,
    /// Fields of the record itself.
    pub fields: Vec<Field>,
    /// What must hold between answers of the record itself.
    pub constraints: Vec<Constraint>,
    /// Lists of entries (rooms, persons, intakes, items …).
    pub entry_lists: Vec<EntryList>,
}

impl Kind {
    /// Stands for every kind that is not itself about another document.
    pub const ANY: &'static str = "*";

    /// Whether who may read it is decided by what it belongs to.
    #[must_use]
    pub const fn shares_secrecy(&self) -> bool {
        self.roles.is_empty() && !self.belongs_to.is_empty()
    }

    /// Whether a document of this kind may belong to one of that kind, or to none.
    #[must_use]
    pub fn may_belong_to(&self, parent: Option<&Self>) -> bool {
        let Some(parent) = parent else { return self.belongs_to.is_empty() };
        let is_about = |kind: &Self| kind.belongs_to.iter().any(|to| to == Self::ANY);
        if is_about(self) {
            !is_about(parent) && !parent.server
        } else {
            self.belongs_to.contains(&parent.id)
        }
    }
}

impl EntryList {
    /// Whether a reference to one of its entries is called so.
    #[must_use]
    pub fn holds(&self, one: &str) -> bool {
        let stem = one.strip_suffix('y').unwrap_or(one);
        self.id == one
            || self.id.strip_suffix('s') == Some(one)
            || (stem != one && self.id.strip_suffix("ies") == Some(stem))
    }

    /// Whether only the program makes entries: it alone can say what each must have.
    #[must_use]
    pub fn is_made_by_program(&self) -> bool {
        self.fields.iter().any(|field| field.system && field.required == Required::Creation)
    }
}

/// A named group of fields on a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Stable id within the kind.
    pub id: String,
    /// Heading.
    pub label: Label,
}

/// A list of entries inside a record; entries are never replaced or deleted (field `tombstone`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EntryList {
    /// First part of the key, e.g. `persons`.
    pub id: String,
    /// Name of one entry.
    pub label: Label,
    /// Where entry ids come from.
    pub entries: Entries,
    /// At most one entry may stand for each combination of answers to these fields; more are a conflict.
    pub one_for: Vec<String>,
    /// An entry with an answer here no longer stands beside others.
    pub until: Option<String>,
    /// What an entry says by being there: the path of a set's member, `{field}` in the place of answers.
    pub affirms: Option<String>,
    /// Sections of one entry's form.
    pub sections: Vec<Section>,
    /// Fields of one entry.
    pub fields: Vec<Field>,
    /// What must hold in each entry.
    pub constraints: Vec<Constraint>,
}

/// Where the entry ids of a list come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Entries {
    /// Random ids, entries are edited (merge code K).
    #[default]
    Keyed,
    /// Random ids, entries are written once (merge code A).
    Append,
    /// Ids of the pinned checklist template's items.
    Template,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Stable id within the kind or list; never reused or re-typed.
    pub id: String,
    /// The question.
    pub label: Label,
    /// Help below the question.
    pub help: Option<Label>,
    /// What answers are.
    pub typ: FieldType,
    /// How concurrent answers merge.
    pub merge: MergeCode,
    /// When an answer must exist.
    pub required: Required,
    /// An answer must exist only where this holds.
    pub required_if: Option<Formula>,
    /// 0 open … 4 special category or protected identity.
    pub sensitivity: u8,
    /// Section the field is shown in.
    pub section: String,
    /// The field matters only where this holds.
    pub relevant: Option<Formula>,
    /// The answer is reckoned from others and never stored (merge code D).
    pub calculate: Option<Formula>,
    /// Which choices there are: those for which this is not known to be wrong.
    pub choices: Option<Formula>,
    /// For merge code S: which value is the most cautious.
    pub caution: Option<Caution>,
    /// For merge code M: how concurrent states join.
    pub machine: Option<Machine>,
    /// Meaning that code may ask for, e.g. `birth_date`. In a run a code of the list `anchor`: the field
    /// holds that event's date; where it is empty, a field of house or case with the same code does.
    pub anchor: Option<String>,
    /// The record is found by the answer.
    pub finds: Option<Finds>,
    /// For sets: removing a member needs a reason.
    pub removal_needs_reason: bool,
    /// The program writes it; people are not asked.
    pub system: bool,
    /// Where the question comes from (tag of the domain's source list).
    pub source: Option<String>,
}

/// What answers to a field are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldType {
    /// One line of text.
    Text,
    /// Several lines of text.
    LongText,
    /// A whole number within bounds, inclusive.
    Int(Option<i64>, Option<i64>),
    /// A decimal with at most so many places, and its unit.
    Decimal(u8, Option<String>),
    /// Yes or no.
    Bool,
    /// A date `yyyy-mm-dd`.
    Date,
    /// A point in time, Unix milliseconds.
    Time,
    /// One code of a list.
    Choice(String),
    /// Any codes of a list.
    Set(String),
    /// A telephone number.
    Phone,
    /// An e-mail address.
    Email,
    /// A Swedish postcode.
    Postcode,
    /// A personal or coordination number, twelve digits.
    PersonalNumber,
    /// An agency file number `NN-NNNNNN`.
    DossierNumber,
    /// An id of another document or entry.
    Reference(String),
    /// A number of times, counted up by anyone; each counting is a member of its own.
    Count,
}

impl Kind {
    /// The list whose entries a reference names: `person` those of `persons`, `deficiency` those of
    /// `deficiencies`.
    #[must_use]
    pub fn named_list(&self, target: &str) -> Option<&EntryList> {
        self.entry_lists.iter().find(|list| match list.id.strip_suffix("ies") {
            Some(stem) => target.strip_suffix('y') == Some(stem),
            None => list.id == target || list.id.strip_suffix('s') == Some(target),
        })
    }
}

impl FieldType {
    /// The code list that answers come from.
    #[must_use]
    pub const fn list(&self) -> Option<&String> {
        if let Self::Choice(list) | Self::Set(list) = self { Some(list) } else { None }
    }

    /// Whether answers stand under keys of members: codes of a set, countings of a number.
    #[must_use]
    pub const fn has_members(&self) -> bool {
        matches!(self, Self::Set(_) | Self::Count)
    }
}

/// How concurrent answers to one field merge (domain section 3.0).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MergeCode {
    /// Register: one shown, different ones make a conflict.
    R,
    /// Normalised register: equal after normalisation is equal.
    N,
    /// Safety register: the most cautious value rules until settled.
    S,
    /// Set union.
    U,
    /// Immutable: set with the record or entry, never changed.
    I,
    /// Quiet register: one shown, nobody is asked.
    Q,
    /// State machine: concurrent states join by the field's table.
    M,
    /// Counter: everybody's countings add up.
    C,
    /// Text: what several people wrote into the same text is all in.
    T,
    /// Write-once: the first value stays, another person's different one is shown beside it.
    O,
    /// Derived: calculated from other answers, never stored.
    D,
}

/// How a record is found by an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finds {
    /// By its words.
    Name,
    /// By its digits, however they are written.
    Number,
}

/// When an answer must exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Required {
    /// Never.
    Optional,
    /// At creation.
    Creation,
    /// At signing or closing.
    Signing,
    /// Before the object may be opened.
    Opening,
}

/// A code list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeList {
    /// Stable id.
    pub id: String,
    /// Name for people.
    pub label: Label,
    /// Tenants may not add codes.
    pub closed: bool,
    /// Codes in the order shown; none is ever removed.
    pub codes: Vec<Code>,
}

/// One code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// The code as stored.
    pub id: String,
    /// Its text.
    pub label: Label,
    /// Definition or explanation.
    pub help: Option<Label>,
}

packed! {
    struct Label { sv, en }
    struct Package { id, version, kinds, lists, checklists, rules }
    struct Kind {
        id, label, belongs_to, single, roles, server, protection, ledger, sections, fields, constraints,
        entry_lists
    }
    struct Section { id, label }
    struct EntryList {
        id, label, entries, one_for, until, affirms, sections, fields, constraints
    }
    enum Entries { Keyed, Append, Template }
    struct Field {
        id, label, help, typ, merge, required, required_if, sensitivity, section, relevant, calculate,
        choices, caution, machine, anchor, finds, removal_needs_reason, system, source
    }
    enum Finds { Name, Number }
    enum FieldType {
        Text, LongText, Int(a, b), Decimal(a, b), Bool, Date, Time, Choice(a), Set(a), Phone, Email,
        Postcode, PersonalNumber, DossierNumber, Reference(a), Count
    }
    enum MergeCode { R, N, S, U, I, Q, M, C, T, O, D }
    enum Required { Optional, Creation, Signing, Opening }
    struct CodeList { id, label, closed, codes }
    struct Code { id, label, help }
}
