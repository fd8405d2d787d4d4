//! View models: what a page shows, ready in the language asked for.

use minicbor::{Decode, Encode};

use crate::app::command::Language;
use crate::app::entry::VaultKey;
use crate::app::file::FilesView;
use crate::app::page::Action;
use crate::ids::{ConflictId, DeviceId, DocumentId, UserId};
use crate::path::FieldPath;
use crate::value::Value;

/// How far an answer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Typed, not yet durable.
    Typing,
    /// L0: saved on this device.
    Saved,
    /// L1: received by the server.
    Received,
    /// Received, but held for a person to look at; not shown to others yet.
    Held,
    /// L2: checked and shared.
    Shared,
    /// L3: also in a backup that was read whole.
    BackedUp,
}

/// A role. Unlike the views it goes over the wire and is kept, so its variants have numbers.
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
    /// Integration coordinator: plans, agreements and figures, no person.
    #[n(4)]
    Coordinator,
    /// Trainee or temp: nothing secret.
    #[n(5)]
    Trainee,
    /// Auditor: the access log and what waits, no record.
    #[n(6)]
    Auditor,
    /// Child caseworker: cases of unaccompanied children, and no inspections.
    #[n(7)]
    ChildCaseworker,
    /// Recipient in another department: tasks sent to it, no record.
    #[n(8)]
    Recipient,
    /// Regional coordinator: figures in which small numbers are hidden, no person.
    #[n(9)]
    Regional,
}

impl Role {
    /// The code it is written as.
    #[must_use]
    #[expect(clippy::as_conversions, reason = "the codes are the places, from nought on")]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The role of a code, if this program knows it.
    #[must_use]
    pub fn of_code(code: u8) -> Option<Self> {
        minicbor::decode(&[code]).ok()
    }
}

impl Role {
    /// The name in the catalog.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Caseworker => "caseworker",
            Self::Inspector => "inspector",
            Self::Supervisor => "supervisor",
            Self::Administrator => "administrator",
            Self::Coordinator => "coordinator",
            Self::Trainee => "trainee",
            Self::Auditor => "auditor",
            Self::ChildCaseworker => "child_caseworker",
            Self::Recipient => "recipient",
            Self::Regional => "regional",
        }
    }
}

/// The state of this device and its sync mark.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a light of its own on the page")]
pub struct Status {
    /// Who is signed in, if a vault is open.
    pub user: Option<UserView>,
    /// Logins that have a vault on this device.
    pub vaults: Vec<String>,
    /// Language of view models.
    pub language: Language,
    /// This device's name, if enrolled.
    pub device_name: Option<String>,
    /// Changes not yet received by the server, of the signed-in person.
    pub waiting: u32,
    /// Changes received but not yet checked and shared.
    pub received: u32,
    /// Changes held by the server.
    pub held: u32,
    /// Deposits of others on this device that wait for the server.
    pub deposits: u32,
    /// Deposits that the server has and no backup yet: kept here until one has them.
    pub kept: u32,
    /// Pictures and other files taken in here, by whomever, that the server does not have whole yet.
    pub files: u32,
    /// Last answer of the server, Unix milliseconds.
    pub last_contact_ms: Option<i64>,
    /// What contact looks like at the moment.
    pub contact: Contact,
    /// Writing to this device fails; what is typed is in memory only.
    pub storage_failing: bool,
    /// Records still to come to this device, of all; none of none before the server has said how many.
    pub first_sync: Option<(u32, u32)>,
    /// The server has no configured backup, so nothing is pruned.
    pub without_backup: bool,
    /// The session has ended: what is typed is kept, but sign in to send it.
    pub sign_in_needed: bool,
    /// The server speaks with newer apps only: what is typed is kept, and sent after the update.
    pub outdated: bool,
    /// Name of the person's unit, as it stands on paper.
    pub unit: String,
    /// What has become of an order to wipe this tablet.
    pub wipe: Wipe,
    /// What stands before the records of this device; while anything does, nobody is named here.
    pub screen: Screen,
    /// When this device can no longer be read without contact, once that is near: Unix milliseconds.
    pub lease_ends_ms: Option<i64>,
    /// What is protected has gone from this device until the next contact.
    pub shed: bool,
    /// Records that cannot be opened here.
    pub aside: u32,
    /// Vaults here that a passkey opens, by their logins.
    pub keys: Vec<(String, VaultKey)>,
}

/// What stands between a person and the records of a device.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Screen {
    /// No vault is open, or a passphrase is needed.
    #[default]
    Vault,
    /// A PIN opens it.
    Pin {
        /// Whose vault is open behind it.
        login: String,
        /// How often the PIN may be wrong yet.
        tries: u32,
    },
    /// Contact with the server opens it.
    Lease,
    /// Nothing.
    Open,
}

/// What has become of an order to wipe a tablet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wipe {
    /// There was none.
    #[default]
    None,
    /// What is not sent goes first.
    Ordered,
    /// It was carried out, and nobody has signed in since.
    Done,
}

/// Whether the server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Contact {
    /// Not tried yet.
    #[default]
    Unknown,
    /// An exchange is under way.
    Trying,
    /// The live socket is open.
    Live,
    /// The server answers, and no socket can be opened.
    Asks,
    /// The server asks to wait; it is asked again then, Unix milliseconds.
    Busy(i64),
    /// The last attempt had no answer.
    None,
}

/// A signed-in person. Kept in the vault, so its fields have numbers.
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementView {
    /// The value said.
    pub value: Value,
    /// The value in words.
    pub text: String,
    /// Who said it.
    pub who: String,
    /// On which device.
    pub device: String,
    /// When, by the device's clock, Unix milliseconds.
    pub claimed_ms: i64,
    /// When the server received it, Unix milliseconds.
    pub received_ms: Option<i64>,
    /// How far it has come.
    pub level: Level,
    /// Said by the person who looks.
    pub own: bool,
    /// The device whose statement it is.
    pub device_id: DeviceId,
}

/// A decision on a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettlementView {
    /// Entry of the review document.
    pub id: String,
    /// What was decided, in words.
    pub text: String,
    /// The value decided.
    pub value: Value,
    /// Why.
    pub reason: String,
    /// Who decided.
    pub who: String,
    /// When, by the deciding device's clock, Unix milliseconds.
    pub claimed_ms: i64,
    /// Decided by the person who looks, so it can be taken back.
    pub own: bool,
}

/// Whether a field is agreed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreement {
    /// One value, or none.
    Agreed,
    /// Different values, nobody has decided.
    Open,
    /// Different values, a person has decided.
    Settled,
    /// Decided, but there is a statement the decision had not seen.
    Reopened,
    /// Decided twice, differently.
    SettledTwice,
}

/// Why the shown value is the shown one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShownRule {
    /// It is the only one.
    Only,
    /// It was picked the same way on every device; nobody has decided.
    Picked,
    /// It is the most cautious one.
    MostCautious,
    /// A person has decided.
    Decided,
    /// Everything said is in.
    Union,
    /// It is the first one; the field is written once.
    First,
    /// States of several people join so by the field's table.
    Table,
    /// The texts of several people are put together.
    Merged,
}

/// How a field is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// One line.
    Text,
    /// Several lines.
    LongText,
    /// A whole number.
    Int,
    /// A decimal with its unit.
    Decimal(Option<String>),
    /// Yes or no.
    Bool,
    /// A date `yyyy-mm-dd`.
    Date,
    /// A point in time.
    Time,
    /// One of these.
    Choice(Vec<Choice>),
    /// Any of these; typed with the path of the member.
    Set(Vec<Choice>),
    /// A telephone number.
    Phone,
    /// An e-mail address.
    Email,
    /// A number of times; counted up by an act.
    Count,
    /// Other text with a form of its own (postcode, numbers of persons and files).
    Code,
}

/// One choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Code.
    pub code: String,
    /// Its text.
    pub label: String,
    /// Explanation.
    pub help: Option<String>,
    /// For sets: it is in.
    pub chosen: bool,
    /// Taken out, and the reason that this needs is not given yet: it is still in.
    pub lacks_reason: bool,
}

/// One field of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent marks that the page shows as they are"
)]
pub struct FieldView {
    /// Where it stands.
    pub path: FieldPath,
    /// The question.
    pub label: String,
    /// Help.
    pub help: Option<String>,
    /// How it is asked.
    pub input: Input,
    /// The value shown.
    pub value: Value,
    /// The value in words.
    pub text: String,
    /// Why it is the one shown.
    pub rule: ShownRule,
    /// Whether it is agreed.
    pub agreement: Agreement,
    /// The conflict, when not agreed.
    pub conflict: Option<ConflictId>,
    /// All that was said and still stands, the shown one first; one entry when agreed.
    pub statements: Vec<StatementView>,
    /// Decisions on the field, the newest first.
    pub settlements: Vec<SettlementView>,
    /// The person who looks may decide.
    pub may_settle: bool,
    /// How far the shown value has come.
    pub level: Level,
    /// An answer is required.
    pub required: bool,
    /// The field cannot be changed any more.
    pub read_only: bool,
    /// What is wrong with the answer, in words.
    pub error: Option<String>,
    /// A safety field: the most cautious value rules.
    pub safety: bool,
    /// What is said of the same elsewhere, in words; empty for nothing.
    pub beside: String,
}

/// A section of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SectionView {
    /// Id.
    pub id: String,
    /// Heading.
    pub label: String,
    /// Fields that matter at the moment.
    pub fields: Vec<FieldView>,
}

/// A form of a record or an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormView {
    /// The document.
    pub document: DocumentId,
    /// Heading.
    pub title: String,
    /// Sections.
    pub sections: Vec<SectionView>,
    /// Fields answered.
    pub answered: u32,
    /// Fields that matter.
    pub total: u32,
    /// The record bears a protected identity.
    pub protected: bool,
}

/// The reasons of something that is reckoned: opened where it is shown, or as a page of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// The address at which they are described.
    pub at: String,
    /// What the way to them is called.
    pub label: String,
}

/// One run in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunRow {
    /// The document.
    pub document: DocumentId,
    /// Title.
    pub title: String,
    /// When started, Unix milliseconds.
    pub started_ms: i64,
    /// Who takes part.
    pub people: Vec<String>,
    /// Items answered.
    pub answered: u32,
    /// Items.
    pub total: u32,
    /// Items not ok.
    pub not_ok: u32,
    /// Items whose day has passed.
    pub overdue: u32,
    /// Contradictions.
    pub conflicts: u32,
    /// State in words.
    pub state: String,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunView {
    /// Its row.
    pub row: RunRow,
    /// Address of the house or case.
    pub parent_href: String,
    /// Name of the house or case.
    pub parent_name: String,
    /// Version of the template.
    pub version: u32,
    /// What can be done with the whole of it.
    pub actions: Vec<Action>,
    /// What is reckoned of it, each with the way to its reasons.
    pub why: Vec<Why>,
    /// Groups of items.
    pub groups: Vec<GroupView>,
}

/// A group of items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupView {
    /// Id.
    pub id: String,
    /// Heading.
    pub label: String,
    /// Items.
    pub items: Vec<ItemView>,
    /// Items answered.
    pub answered: u32,
    /// Items not ok.
    pub not_ok: u32,
}

/// One item of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemView {
    /// Id, e.g. `B-F01`.
    pub id: String,
    /// What must hold, in the language of the page.
    pub text: String,
    /// The same in the other language, for showing to a person.
    pub text_other: String,
    /// Severity when not ok, 1 to 4; 0 for an item of a task checklist, which has none.
    pub severity: u8,
    /// Severity in words, with the time to fix it.
    pub severity_text: String,
    /// Scope letter.
    pub scope: String,
    /// In the short version.
    pub short: bool,
    /// Threshold in words.
    pub threshold: Option<String>,
    /// Evidence asked for, in words.
    pub evidence: Vec<String>,
    /// Sources in words.
    pub sources: String,
    /// Owning departments in words.
    pub departments: String,
    /// The day or moment it is to be done by, in words; empty when there is none.
    pub due: String,
    /// That day has passed and it is not done.
    pub overdue: bool,
    /// The address of the reasons; empty where nothing is reckoned.
    pub why: String,
    /// Status: a choice of the codes of its list.
    pub status: FieldView,
    /// Measured value, where the item asks for one; or the day it was last done, where it is done again.
    pub value: Option<FieldView>,
    /// Comment.
    pub comment: FieldView,
    /// What was said of it by people who did not know that the run was signed, with author and time.
    pub late: Vec<String>,
    /// Pictures and other files of it.
    pub files: FilesView,
}

/// What waits for a supervisor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxView {
    /// What may be missing, a sentence for each tablet that is away with a house.
    pub away: Vec<String>,
    /// Documents with something to look at: contradictions of safety first.
    pub rows: Vec<InboxRow>,
}

/// One document in the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxRow {
    /// The document.
    pub document: DocumentId,
    /// Kind, e.g. `run`.
    pub kind: String,
    /// Kind in words.
    pub kind_text: String,
    /// Title.
    pub title: String,
    /// Fields changed since the last review.
    pub changed: u32,
    /// Contradictions.
    pub conflicts: u32,
    /// Contradictions in safety fields.
    pub safety: u32,
    /// Fields that were written after the signing.
    pub late: u32,
    /// Who changed it.
    pub people: Vec<String>,
    /// Newest arrival at the server, Unix milliseconds.
    pub received_ms: Option<i64>,
    /// Reviewed and nothing new since.
    pub reviewed: bool,
    /// By when the contradictions are to be decided, and who sees to it, in words; empty without any.
    pub duty: String,
    /// That day has passed.
    pub overdue: bool,
    /// The person who looks sees to it.
    pub mine: bool,
}

/// What changed in one document since its last review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeListView {
    /// Its inbox row.
    pub row: InboxRow,
    /// Changed fields: contradictions first, then by section.
    pub fields: Vec<ChangedField>,
    /// What else a person should decide, in words: more people than places, two guardians.
    pub notes: Vec<String>,
    /// Last review, if any.
    pub last_review: Option<ReviewView>,
    /// Route-worthy parent (residence of a run), if any.
    pub parent: Option<DocumentId>,
}

/// One changed field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedField {
    /// The field as it stands, with all statements.
    pub field: FieldView,
    /// Where it belongs, in words (section, person, item).
    pub place: String,
    /// What it was at the last review, in words; empty when unanswered.
    pub before: String,
    /// Written by somebody who did not know of the signing; what was signed stands.
    pub late: bool,
}

/// A review in the past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewView {
    /// Who.
    pub who: String,
    /// When, Unix milliseconds.
    pub at_ms: i64,
    /// Approved or returned.
    pub approved: bool,
    /// Note to the authors.
    pub note: String,
}

packed! {
    enum Role {
        Caseworker, Inspector, Supervisor, Administrator, Coordinator, Trainee, Auditor, ChildCaseworker, Recipient,
        Regional
    }
    enum Level { Typing, Saved, Received, Held, Shared, BackedUp }
    struct Status {
        user, vaults, language, device_name, waiting, received, held, deposits, kept, files,
        last_contact_ms, contact, storage_failing, first_sync, without_backup, sign_in_needed,
        outdated, unit, screen, lease_ends_ms, wipe, shed, aside, keys
    }
    enum Screen { Vault, Pin { login, tries }, Lease, Open }
    enum Wipe { None, Ordered, Done }
    enum Contact { Unknown, Trying, Live, Asks, Busy(a), None }
    struct UserView { id, login, name, roles }
    struct StatementView {
        value, text, who, device, claimed_ms, received_ms, level, own, device_id
    }
    struct SettlementView { id, text, value, reason, who, claimed_ms, own }
    enum Agreement { Agreed, Open, Settled, Reopened, SettledTwice }
    enum ShownRule { Only, Picked, MostCautious, Decided, Union, First, Table, Merged }
    enum Input {
        Text, LongText, Int, Decimal(a), Bool, Date, Time, Choice(a), Set(a), Phone, Email, Count,
        Code
    }
    struct Choice { code, label, help, chosen, lacks_reason }
    struct FieldView {
        path, label, help, input, value, text, rule, agreement, conflict, statements, settlements,
        may_settle, level, required, read_only, error, safety, beside
    }
    struct Why { at, label }
    struct SectionView { id, label, fields }
    struct FormView { document, title, sections, answered, total, protected }
    struct RunRow {
        document, title, started_ms, people, answered, total, not_ok, overdue, conflicts, state
    }
    struct RunView { row, parent_href, parent_name, version, actions, why, groups }
    struct GroupView { id, label, items, answered, not_ok }
    struct ItemView {
        id, text, text_other, severity, severity_text, scope, short, threshold, evidence, sources,
        departments, due, overdue, why, status, value, comment, late, files
    }
    struct InboxView { away, rows }
    struct InboxRow {
        document, kind, kind_text, title, changed, conflicts, safety, late, people, received_ms, reviewed,
        duty, overdue, mine
    }
    struct ChangeListView { row, fields, notes, last_review, parent }
    struct ChangedField { field, place, before, late }
    struct ReviewView { who, at_ms, approved, note }
}
