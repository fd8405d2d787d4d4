//! What the page asks of the core, and what it hears back.
//!
//! Every message is one CBOR byte string: `Request` to the worker, `Answer` back. A request has a
//! number that its reply repeats; events have none.

use minicbor::{Decode, Encode};

use crate::app::view::{
    CaseListView, CaseView, ChangeListView, FormView, InboxView, ResidenceListView, ResidenceView,
    RunView, Status,
};
use crate::ids::{ConflictId, DocumentId, EntryId};
use crate::path::FieldPath;
use crate::value::Value;

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(index_only)]
pub enum Language {
    /// Swedish.
    #[default]
    #[n(0)]
    Sv,
    /// English.
    #[n(1)]
    En,
}

/// A numbered command from a page.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Request {
    /// Repeated by the reply.
    #[n(0)]
    pub id: u64,
    /// Build of the page; a worker of another build answers `Refusal::OtherBuild`.
    #[n(1)]
    pub build: String,
    /// What is asked.
    #[n(2)]
    pub command: Command,
}

/// What the worker sends to the page.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub enum Answer {
    /// The reply to the request of that number.
    #[n(0)]
    Reply(#[n(0)] u64, #[n(1)] Reply),
    /// Something happened.
    #[n(1)]
    Event(#[n(0)] Event),
}

impl Answer {
    /// Gives the number of the request that packed bytes reply to, without reading the reply.
    #[must_use]
    pub fn number(bytes: &[u8]) -> Option<u64> {
        let mut reader = minicbor::Decoder::new(bytes);
        reader.array().ok()?;
        if reader.u32().ok()? != 0 {
            return None;
        }
        reader.array().ok()?;
        reader.u64().ok()
    }
}

/// What the page may ask.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub enum Command {
    /// Gives the [`Status`].
    #[n(0)]
    Status,
    /// First sign-in of a person on this device, or sign-in with the server at hand: enrols the
    /// device if it is not, makes the vault if there is none, and syncs.
    #[n(1)]
    SignIn(#[n(0)] SignIn),
    /// Opens a vault without the server.
    #[n(2)]
    Unlock {
        /// Login name.
        #[n(0)]
        login: String,
        /// The vault's passphrase.
        #[n(1)]
        passphrase: String,
    },
    /// Commits drafts and forgets the keys; the session stays.
    #[n(3)]
    Lock,
    /// Commits drafts, ends the session; unsent work stays as deposit and in the vault.
    #[n(4)]
    SignOut,
    /// Sets the language of view models.
    #[n(5)]
    SetLanguage(#[n(0)] Language),
    /// Gives a view. The page is told by [`Event::Changed`] when to ask again.
    #[n(6)]
    Get(#[n(0)] Query),
    /// Saves a keystroke's result as a draft: the reply `Saved` means it is durable (L0).
    #[n(7)]
    Type {
        /// The document.
        #[n(0)]
        document: DocumentId,
        /// The field.
        #[n(1)]
        path: FieldPath,
        /// What stands in the field; checked and normalised by the catalog.
        #[n(2)]
        value: Value,
    },
    /// Makes one change of a document's drafts (a section was left).
    #[n(8)]
    Commit(#[n(0)] DocumentId),
    /// Adds an entry to a list, with its first answers, and commits it.
    #[n(9)]
    AddEntry {
        /// The document.
        #[n(0)]
        document: DocumentId,
        /// The list.
        #[n(1)]
        list: String,
        /// First answers, by field id.
        #[n(2)]
        answers: Vec<(String, Value)>,
    },
    /// Makes a case with its household's label.
    #[n(10)]
    NewCase {
        /// Label of the household.
        #[n(0)]
        label: String,
    },
    /// Starts a run of a checklist at a residence, or joins the open one.
    #[n(11)]
    StartRun {
        /// The residence.
        #[n(0)]
        residence: DocumentId,
        /// The checklist, e.g. `residence_inspection`.
        #[n(1)]
        checklist: String,
    },
    /// Pins a house to this device, or lets it go.
    #[n(12)]
    TakeAlong {
        /// The residence.
        #[n(0)]
        residence: DocumentId,
        /// Take along or let go.
        #[n(1)]
        keep: bool,
    },
    /// Settles a conflict.
    #[n(13)]
    Settle {
        /// The document.
        #[n(0)]
        document: DocumentId,
        /// The field.
        #[n(1)]
        path: FieldPath,
        /// The conflict as it was shown.
        #[n(2)]
        conflict: ConflictId,
        /// The value that holds from here on.
        #[n(3)]
        value: Value,
        /// Why.
        #[n(4)]
        reason: String,
    },
    /// Takes back one's own settlement.
    #[n(14)]
    Unsettle {
        /// The document settled in.
        #[n(0)]
        document: DocumentId,
        /// The settlement.
        #[n(1)]
        settlement: EntryId,
    },
    /// Notes that the shown state of a document was reviewed and approved, or returned with a note.
    #[n(15)]
    Review {
        /// The document.
        #[n(0)]
        document: DocumentId,
        /// Approved, or returned.
        #[n(1)]
        approved: bool,
        /// A note to the authors.
        #[n(2)]
        note: String,
    },
    /// Asks for contact with the server at once.
    #[n(16)]
    SyncNow,
}

/// What a sign-in needs.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SignIn {
    /// Login name.
    #[n(0)]
    pub login: String,
    /// The account's password.
    #[n(1)]
    pub password: String,
    /// Passphrase of the vault on this device, at least 12 characters.
    #[n(2)]
    pub passphrase: String,
    /// What this device is called, e.g. `Surfplatta 3`.
    #[n(3)]
    pub device_name: String,
}

impl core::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("SignIn").field("login", &self.login).finish_non_exhaustive()
    }
}

/// A view a page may show.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
pub enum Query {
    /// All residences on this device.
    #[n(0)]
    Residences,
    /// One residence with its runs.
    #[n(1)]
    Residence(#[n(0)] DocumentId),
    /// One run of a checklist.
    #[n(2)]
    Run(#[n(0)] DocumentId),
    /// All cases on this device.
    #[n(3)]
    Cases,
    /// One case with household, persons and intakes.
    #[n(4)]
    Case(#[n(0)] DocumentId),
    /// The form of a record, or of one entry of a list in it.
    #[n(5)]
    Form {
        /// The document.
        #[n(0)]
        document: DocumentId,
        /// List and entry, for an entry's form.
        #[n(1)]
        entry: Option<(String, String)>,
    },
    /// What waits for the supervisor.
    #[n(6)]
    Inbox,
    /// What changed in one document since its last review.
    #[n(7)]
    Changes(#[n(0)] DocumentId),
}

/// The reply to a command.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub enum Reply {
    /// Done.
    #[n(0)]
    Done,
    /// Durable on this device (L0).
    #[n(1)]
    Saved,
    /// The state of this device.
    #[n(2)]
    Status(#[n(0)] Status),
    /// A document was made or joined.
    #[n(3)]
    Document(#[n(0)] DocumentId),
    /// An entry was made.
    #[n(4)]
    Entry(#[n(0)] String),
    /// A view.
    #[n(5)]
    View(#[n(0)] View),
    /// Not done, and why; nothing that was typed is lost.
    #[n(6)]
    Refused(#[n(0)] Refusal),
}

/// A view model.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub enum View {
    /// Residences.
    #[n(0)]
    Residences(#[n(0)] ResidenceListView),
    /// One residence.
    #[n(1)]
    Residence(#[n(0)] ResidenceView),
    /// One run.
    #[n(2)]
    Run(#[n(0)] RunView),
    /// Cases.
    #[n(3)]
    Cases(#[n(0)] CaseListView),
    /// One case.
    #[n(4)]
    Case(#[n(0)] CaseView),
    /// A form.
    #[n(5)]
    Form(#[n(0)] FormView),
    /// The inbox.
    #[n(6)]
    Inbox(#[n(0)] InboxView),
    /// A change list.
    #[n(7)]
    Changes(#[n(0)] ChangeListView),
}

/// Why a command was not carried out. The page has the words for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Refusal {
    /// No vault is open.
    #[n(0)]
    Locked,
    /// Login or password is wrong.
    #[n(1)]
    WrongPassword,
    /// The passphrase does not open the vault.
    #[n(2)]
    WrongPassphrase,
    /// The passphrase is too short.
    #[n(3)]
    ShortPassphrase,
    /// The server cannot be reached; what was typed is kept.
    #[n(4)]
    NoContact,
    /// This device has no vault of that person; the first sign-in needs the server.
    #[n(5)]
    NoVault,
    /// The record is not on this device.
    #[n(6)]
    NotHere,
    /// The value does not fit the field.
    #[n(7)]
    BadValue,
    /// The field cannot be changed after creation.
    #[n(8)]
    Immutable,
    /// The conflict has changed since it was shown; look again.
    #[n(9)]
    Stale,
    /// Not allowed for this role.
    #[n(10)]
    NotAllowed,
    /// The device could not write; what was typed is kept in memory, make a safety copy.
    #[n(11)]
    Storage,
    /// Page and worker are of different builds; reload.
    #[n(12)]
    OtherBuild,
    /// The message could not be read.
    #[n(13)]
    BadMessage,
    /// Too many attempts; wait.
    #[n(14)]
    TooMany,
    /// Something failed that should not; nothing that was saved is lost.
    #[n(15)]
    Internal,
}

/// Something the page should know of.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub enum Event {
    /// These views have changed.
    #[n(0)]
    Changed(#[n(0)] Vec<Query>),
    /// The state of this device has changed.
    #[n(1)]
    Status(#[n(0)] Status),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_reply_is_found_without_reading_it() {
        let reply = minicbor::to_vec(Answer::Reply(77, Reply::Done)).unwrap();
        assert_eq!(Answer::number(&reply), Some(77));
        let event = minicbor::to_vec(Answer::Event(Event::Changed(Vec::new()))).unwrap();
        assert_eq!(Answer::number(&event), None);
    }
}
