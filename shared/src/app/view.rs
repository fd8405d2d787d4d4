//! View models: what a page shows, ready in the language asked for.

use minicbor::{Decode, Encode};

use crate::app::command::Language;
use crate::ids::{ConflictId, DeviceId, DocumentId, UserId};
use crate::path::FieldPath;
use crate::value::Value;

/// How far an answer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Level {
    /// Typed, not yet durable.
    #[n(0)]
    Typing,
    /// L0: saved on this device.
    #[n(1)]
    Saved,
    /// L1: received by the server.
    #[n(2)]
    Received,
    /// Received, but held for a person to look at; not shown to others yet.
    #[n(3)]
    Held,
    /// L2: checked and shared.
    #[n(4)]
    Shared,
}

/// A role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Role {
    /// Caseworker.
    #[n(0)]
    Caseworker,
    /// Housing inspector.
    #[n(1)]
    Inspector,
    /// Supervisor.
    #[n(2)]
    Supervisor,
    /// Administrator: accounts and devices, no contents.
    #[n(3)]
    Administrator,
}

/// The state of this device and its sync mark.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct Status {
    /// Who is signed in, if a vault is open.
    #[n(0)]
    pub user: Option<UserView>,
    /// Logins that have a vault on this device.
    #[n(1)]
    pub vaults: Vec<String>,
    /// Language of view models.
    #[n(2)]
    pub language: Language,
    /// This device's name, if enrolled.
    #[n(3)]
    pub device_name: Option<String>,
    /// Changes not yet received by the server, of the signed-in person.
    #[n(4)]
    pub waiting: u32,
    /// Changes received but not yet checked and shared.
    #[n(5)]
    pub received: u32,
    /// Changes held by the server.
    #[n(6)]
    pub held: u32,
    /// Deposits of others on this device that wait for the server.
    #[n(7)]
    pub deposits: u32,
    /// Last answer of the server, Unix milliseconds.
    #[n(8)]
    pub last_contact_ms: Option<i64>,
    /// What contact looks like at the moment.
    #[n(9)]
    pub contact: Contact,
    /// Writing to this device fails; what is typed is in memory only.
    #[n(10)]
    pub storage_failing: bool,
    /// Documents still to come in a first sync, of all.
    #[n(11)]
    pub first_sync: Option<(u32, u32)>,
    /// The server has no configured backup, so nothing is pruned.
    #[n(12)]
    pub without_backup: bool,
    /// The session has ended: what is typed is kept, but sign in to send it.
    #[n(13)]
    pub sign_in_needed: bool,
}

/// Whether the server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(index_only)]
pub enum Contact {
    /// Not tried yet.
    #[default]
    #[n(0)]
    Unknown,
    /// An exchange is under way.
    #[n(1)]
    Trying,
    /// The live socket is open.
    #[n(2)]
    Live,
    /// The last attempt had no answer.
    #[n(3)]
    None,
}

/// A signed-in person.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct UserView {
    /// Id.
    #[n(0)]
    pub id: UserId,
    /// Login name.
    #[n(1)]
    pub login: String,
    /// Name shown to colleagues.
    #[n(2)]
    pub name: String,
    /// Roles.
    #[n(3)]
    pub roles: Vec<Role>,
}

/// What one person said on a field.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct StatementView {
    /// The value said.
    #[n(0)]
    pub value: Value,
    /// The value in words.
    #[n(1)]
    pub text: String,
    /// Who said it.
    #[n(2)]
    pub who: String,
    /// On which device.
    #[n(3)]
    pub device: String,
    /// When, by the device's clock, Unix milliseconds.
    #[n(4)]
    pub claimed_ms: i64,
    /// When the server received it, Unix milliseconds.
    #[n(5)]
    pub received_ms: Option<i64>,
    /// How far it has come.
    #[n(6)]
    pub level: Level,
    /// Said by the person who looks.
    #[n(7)]
    pub own: bool,
    /// The device whose statement it is.
    #[n(8)]
    pub device_id: DeviceId,
}

/// A decision on a field.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SettlementView {
    /// Entry of the review document.
    #[n(0)]
    pub id: String,
    /// What was decided, in words.
    #[n(1)]
    pub text: String,
    /// The value decided.
    #[n(2)]
    pub value: Value,
    /// Why.
    #[n(3)]
    pub reason: String,
    /// Who decided.
    #[n(4)]
    pub who: String,
    /// When, by the deciding device's clock, Unix milliseconds.
    #[n(5)]
    pub claimed_ms: i64,
    /// Decided by the person who looks, so it can be taken back.
    #[n(6)]
    pub own: bool,
}

/// Whether a field is agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Agreement {
    /// One value, or none.
    #[n(0)]
    Agreed,
    /// Different values, nobody has decided.
    #[n(1)]
    Open,
    /// Different values, a person has decided.
    #[n(2)]
    Settled,
    /// Decided, but there is a statement the decision had not seen.
    #[n(3)]
    Reopened,
    /// Decided twice, differently.
    #[n(4)]
    SettledTwice,
}

/// Why the shown value is the shown one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum ShownRule {
    /// It is the only one.
    #[n(0)]
    Only,
    /// It was picked the same way on every device; nobody has decided.
    #[n(1)]
    Picked,
    /// It is the most cautious one.
    #[n(2)]
    MostCautious,
    /// A person has decided.
    #[n(3)]
    Decided,
    /// Everything said is in.
    #[n(4)]
    Union,
    /// It is the first one; the field is written once.
    #[n(5)]
    First,
}

/// How a field is asked.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum Input {
    /// One line.
    #[n(0)]
    Text,
    /// Several lines.
    #[n(1)]
    LongText,
    /// A whole number.
    #[n(2)]
    Int,
    /// A decimal with its unit.
    #[n(3)]
    Decimal(#[n(0)] Option<String>),
    /// Yes or no.
    #[n(4)]
    Bool,
    /// A date `yyyy-mm-dd`.
    #[n(5)]
    Date,
    /// A point in time.
    #[n(6)]
    Time,
    /// One of these.
    #[n(7)]
    Choice(#[n(0)] Vec<Choice>),
    /// Any of these; typed with the path of the member.
    #[n(8)]
    Set(#[n(0)] Vec<Choice>),
    /// A telephone number.
    #[n(9)]
    Phone,
    /// An e-mail address.
    #[n(10)]
    Email,
    /// Other text with a form of its own (postcode, numbers of persons and files).
    #[n(11)]
    Code,
}

/// One choice.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Choice {
    /// Code.
    #[n(0)]
    pub code: String,
    /// Its text.
    #[n(1)]
    pub label: String,
    /// Explanation.
    #[n(2)]
    pub help: Option<String>,
    /// For sets: it is in.
    #[n(3)]
    pub chosen: bool,
}

/// One field of a form.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent marks that the page shows as they are"
)]
pub struct FieldView {
    /// Where it stands.
    #[n(0)]
    pub path: FieldPath,
    /// The question.
    #[n(1)]
    pub label: String,
    /// Help.
    #[n(2)]
    pub help: Option<String>,
    /// How it is asked.
    #[n(3)]
    pub input: Input,
    /// The value shown.
    #[n(4)]
    pub value: Value,
    /// The value in words.
    #[n(5)]
    pub text: String,
    /// Why it is the one shown.
    #[n(6)]
    pub rule: ShownRule,
    /// Whether it is agreed.
    #[n(7)]
    pub agreement: Agreement,
    /// The conflict, when not agreed.
    #[n(8)]
    pub conflict: Option<ConflictId>,
    /// All that was said and still stands, the shown one first; one entry when agreed.
    #[n(9)]
    pub statements: Vec<StatementView>,
    /// Decisions on the field, the newest first.
    #[n(10)]
    pub settlements: Vec<SettlementView>,
    /// The person who looks may decide.
    #[n(11)]
    pub may_settle: bool,
    /// How far the shown value has come.
    #[n(12)]
    pub level: Level,
    /// An answer is required.
    #[n(13)]
    pub required: bool,
    /// The field cannot be changed any more.
    #[n(14)]
    pub read_only: bool,
    /// What is wrong with the answer, in words.
    #[n(15)]
    pub error: Option<String>,
    /// A safety field: the most cautious value rules.
    #[n(16)]
    pub safety: bool,
}

/// A section of a form.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SectionView {
    /// Id.
    #[n(0)]
    pub id: String,
    /// Heading.
    #[n(1)]
    pub label: String,
    /// Fields that matter at the moment.
    #[n(2)]
    pub fields: Vec<FieldView>,
}

/// A form of a record or an entry.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FormView {
    /// The document.
    #[n(0)]
    pub document: DocumentId,
    /// Heading.
    #[n(1)]
    pub title: String,
    /// Sections.
    #[n(2)]
    pub sections: Vec<SectionView>,
    /// Fields answered.
    #[n(3)]
    pub answered: u32,
    /// Fields that matter.
    #[n(4)]
    pub total: u32,
    /// The record bears a protected identity.
    #[n(5)]
    pub protected: bool,
}

/// Residences on this device.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ResidenceListView {
    /// Rows, by name.
    #[n(0)]
    pub rows: Vec<ResidenceRow>,
}

/// One residence in a list.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ResidenceRow {
    /// The document.
    #[n(0)]
    pub document: DocumentId,
    /// Name.
    #[n(1)]
    pub name: String,
    /// Address in one line.
    #[n(2)]
    pub address: String,
    /// Type in words.
    #[n(3)]
    pub residence_type: String,
    /// Status in words.
    #[n(4)]
    pub status: String,
    /// Code of the status.
    #[n(5)]
    pub status_code: String,
    /// Maximum number of persons.
    #[n(6)]
    pub max_persons: Option<i64>,
    /// Rooms.
    #[n(7)]
    pub rooms: u32,
    /// Rooms that are blocked.
    #[n(8)]
    pub rooms_blocked: u32,
    /// Pinned to this device.
    #[n(9)]
    pub pinned: bool,
    /// Fields on which people contradict each other.
    #[n(10)]
    pub conflicts: u32,
    /// Persons living there, by occupancy entries.
    #[n(11)]
    pub persons: u32,
}

/// One residence.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ResidenceView {
    /// Its row.
    #[n(0)]
    pub row: ResidenceRow,
    /// Rooms: entry, label, kind, state in words, code of the state.
    #[n(1)]
    pub rooms: Vec<EntryRow>,
    /// Runs of checklists, the newest first.
    #[n(2)]
    pub runs: Vec<RunRow>,
    /// The house's own form.
    #[n(3)]
    pub form: FormView,
}

/// One entry of a list, in short.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EntryRow {
    /// The list.
    #[n(0)]
    pub list: String,
    /// The entry.
    #[n(1)]
    pub entry: String,
    /// Heading.
    #[n(2)]
    pub title: String,
    /// Second line.
    #[n(3)]
    pub detail: String,
    /// State in words, if it has one.
    #[n(4)]
    pub state: Option<String>,
    /// Code of the state.
    #[n(5)]
    pub state_code: Option<String>,
    /// Contradictions in it.
    #[n(6)]
    pub conflicts: u32,
    /// Fields answered, of those that matter.
    #[n(7)]
    pub progress: Option<(u32, u32)>,
}

/// One run in a list.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RunRow {
    /// The document.
    #[n(0)]
    pub document: DocumentId,
    /// Title.
    #[n(1)]
    pub title: String,
    /// When started, Unix milliseconds.
    #[n(2)]
    pub started_ms: i64,
    /// Who takes part.
    #[n(3)]
    pub people: Vec<String>,
    /// Items answered.
    #[n(4)]
    pub answered: u32,
    /// Items.
    #[n(5)]
    pub total: u32,
    /// Items not ok.
    #[n(6)]
    pub not_ok: u32,
    /// Contradictions.
    #[n(7)]
    pub conflicts: u32,
    /// State in words.
    #[n(8)]
    pub state: String,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RunView {
    /// Its row.
    #[n(0)]
    pub row: RunRow,
    /// The house.
    #[n(1)]
    pub residence: Option<DocumentId>,
    /// Name of the house.
    #[n(2)]
    pub residence_name: String,
    /// Version of the template.
    #[n(3)]
    pub version: u32,
    /// Groups of items.
    #[n(4)]
    pub groups: Vec<GroupView>,
}

/// A group of items.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct GroupView {
    /// Id.
    #[n(0)]
    pub id: String,
    /// Heading.
    #[n(1)]
    pub label: String,
    /// Items.
    #[n(2)]
    pub items: Vec<ItemView>,
    /// Items answered.
    #[n(3)]
    pub answered: u32,
    /// Items not ok.
    #[n(4)]
    pub not_ok: u32,
}

/// One item of a run.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ItemView {
    /// Id, e.g. `B-F01`.
    #[n(0)]
    pub id: String,
    /// What must hold, in the language of the page.
    #[n(1)]
    pub text: String,
    /// The same in the other language, for showing to a person.
    #[n(2)]
    pub text_other: String,
    /// Severity when not ok, 1 to 4.
    #[n(3)]
    pub severity: u8,
    /// Severity in words, with the time to fix it.
    #[n(4)]
    pub severity_text: String,
    /// Scope letter.
    #[n(5)]
    pub scope: String,
    /// In the short version.
    #[n(6)]
    pub short: bool,
    /// Threshold in words.
    #[n(7)]
    pub threshold: Option<String>,
    /// Evidence asked for, in words.
    #[n(8)]
    pub evidence: Vec<String>,
    /// Sources in words.
    #[n(9)]
    pub sources: String,
    /// Owning departments in words.
    #[n(10)]
    pub departments: String,
    /// Status: `not_checked`, `ok`, `not_ok`, `na`.
    #[n(11)]
    pub status: FieldView,
    /// Measured value, where the item asks for one.
    #[n(12)]
    pub value: Option<FieldView>,
    /// Comment.
    #[n(13)]
    pub comment: FieldView,
}

/// Cases on this device.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CaseListView {
    /// Rows.
    #[n(0)]
    pub rows: Vec<CaseRow>,
}

/// One case in a list.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CaseRow {
    /// The document.
    #[n(0)]
    pub document: DocumentId,
    /// Number, or the temporary one `T-…`.
    #[n(1)]
    pub number: String,
    /// Household's label.
    #[n(2)]
    pub title: String,
    /// Names of the persons.
    #[n(3)]
    pub persons: Vec<String>,
    /// State in words.
    #[n(4)]
    pub state: String,
    /// Arrival, `yyyy-mm-dd`.
    #[n(5)]
    pub arrival: Option<String>,
    /// Contradictions.
    #[n(6)]
    pub conflicts: u32,
    /// Someone in it has a protected identity.
    #[n(7)]
    pub protected: bool,
    /// Changes not yet received by the server.
    #[n(8)]
    pub waiting: u32,
}

/// One case.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CaseView {
    /// Its row.
    #[n(0)]
    pub row: CaseRow,
    /// The case's own form (case and household).
    #[n(1)]
    pub form: FormView,
    /// Persons.
    #[n(2)]
    pub persons: Vec<EntryRow>,
    /// Intakes.
    #[n(3)]
    pub intakes: Vec<EntryRow>,
}

/// What waits for a supervisor.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct InboxView {
    /// Documents with something to look at: contradictions of safety first.
    #[n(0)]
    pub rows: Vec<InboxRow>,
}

/// One document in the inbox.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct InboxRow {
    /// The document.
    #[n(0)]
    pub document: DocumentId,
    /// Kind, e.g. `run`.
    #[n(1)]
    pub kind: String,
    /// Kind in words.
    #[n(2)]
    pub kind_text: String,
    /// Title.
    #[n(3)]
    pub title: String,
    /// Fields changed since the last review.
    #[n(4)]
    pub changed: u32,
    /// Contradictions.
    #[n(5)]
    pub conflicts: u32,
    /// Contradictions in safety fields.
    #[n(6)]
    pub safety: u32,
    /// Who changed it.
    #[n(7)]
    pub people: Vec<String>,
    /// Newest arrival at the server, Unix milliseconds.
    #[n(8)]
    pub received_ms: Option<i64>,
    /// Reviewed and nothing new since.
    #[n(9)]
    pub reviewed: bool,
}

/// What changed in one document since its last review.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ChangeListView {
    /// Its inbox row.
    #[n(0)]
    pub row: InboxRow,
    /// Changed fields: contradictions first, then by section.
    #[n(1)]
    pub fields: Vec<ChangedField>,
    /// Last review, if any.
    #[n(2)]
    pub last_review: Option<ReviewView>,
    /// Route-worthy parent (residence of a run), if any.
    #[n(3)]
    pub parent: Option<DocumentId>,
}

/// One changed field.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ChangedField {
    /// The field as it stands, with all statements.
    #[n(0)]
    pub field: FieldView,
    /// Where it belongs, in words (section, person, item).
    #[n(1)]
    pub place: String,
    /// What it was at the last review, in words; empty when unanswered.
    #[n(2)]
    pub before: String,
}

/// A review in the past.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ReviewView {
    /// Who.
    #[n(0)]
    pub who: String,
    /// When, Unix milliseconds.
    #[n(1)]
    pub at_ms: i64,
    /// Approved or returned.
    #[n(2)]
    pub approved: bool,
    /// Note to the authors.
    #[n(3)]
    pub note: String,
}
