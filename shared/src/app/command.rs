//! What the page asks of the core, and what it hears back.
//!
//! Every message is one packed value (`crate::packed`): `Request` to the worker, `Answer` back. A request has a
//! number that its reply repeats; events have none.

use crate::app::entry::{NewKey, SignIn};
use crate::app::file::FileAsk;
use crate::app::page::{Act, PageView};
use crate::app::refusal::Refusal;
use crate::app::view::{ChangeListView, FormView, InboxView, RunView, Status};
use crate::ids::{ConflictId, DocumentId, EntryId};
use crate::packed::{Reader, from_bytes};
use crate::path::FieldPath;
use crate::value::Value;

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// Swedish.
    #[default]
    Sv,
    /// English.
    En,
}

/// A numbered command from a page.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// Repeated by the reply.
    pub id: u64,
    /// Build of the page; a worker of another build answers `Refusal::OtherBuild`.
    pub build: String,
    /// What is asked.
    pub command: Command,
}

/// What the worker sends to the page.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The reply to the request of that number.
    Reply(u64, Reply),
    /// Something happened.
    Event(Event),
}

impl Request {
    /// Gives the number of a packed request, of this build or another.
    #[must_use]
    pub fn number(bytes: &[u8]) -> Option<u64> {
        let mut reader = Reader::new(bytes);
        let id = reader.number();
        reader.is_fine().then_some(id)
    }

    /// Reads a request to a worker of a build.
    ///
    /// # Errors
    /// Number of the request (0 when there is none to be read) and the refusal to reply with:
    /// another build's commands are not read at all.
    pub fn read(bytes: &[u8], build: &str) -> Result<Self, (u64, Refusal)> {
        let mut reader = Reader::new(bytes);
        let (id, from) = (reader.number(), reader.text());
        if !reader.is_fine() {
            return Err((0, Refusal::BadMessage));
        }
        if from != build {
            return Err((id, Refusal::OtherBuild));
        }
        from_bytes(bytes).ok_or((id, Refusal::BadMessage))
    }
}

impl Answer {
    /// Gives the number of the request that packed bytes reply to, without reading the reply.
    #[must_use]
    pub fn number(bytes: &[u8]) -> Option<u64> {
        let mut reader = Reader::new(bytes);
        let is_reply = reader.number() == 0;
        let id = reader.number();
        (is_reply && reader.is_fine()).then_some(id)
    }
}

/// What the page may ask.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Gives the [`Status`].
    Status,
    /// First sign-in of a person on this device, or sign-in with the server at hand: enrols the
    /// device if it is not, makes the vault if there is none, and syncs.
    SignIn(SignIn),
    /// Opens a vault without the server.
    Unlock {
        /// Login name.
        login: String,
        /// The vault's passphrase.
        passphrase: String,
    },
    /// Commits drafts and shuts the screen: forgets the keys, or with a PIN keeps them in memory behind it. The
    /// session stays.
    Lock,
    /// Commits drafts, ends the session; unsent work stays as deposit and in the vault.
    SignOut,
    /// Sets the language of view models.
    SetLanguage(Language),
    /// Gives a view. The page is told by [`Event::Changed`] when to ask again.
    Get(Query),
    /// A sheet of these addresses is being printed: the server's access log is told which records that are.
    Printed(Vec<String>),
    /// Saves a keystroke's result as a draft: the reply `Saved` means it is durable (L0).
    Type {
        /// The document.
        document: DocumentId,
        /// The field.
        path: FieldPath,
        /// What stands in the field; checked and normalised by the catalog.
        value: Value,
    },
    /// Makes one change of a document's drafts (a section was left).
    Commit(DocumentId),
    /// Adds an entry to a list, with its first answers, and commits it.
    AddEntry {
        /// The document.
        document: DocumentId,
        /// The list.
        list: String,
        /// First answers, by field id.
        answers: Vec<(String, Value)>,
    },
    /// Does what a page offers, with the answers given to its questions.
    Act(Act, Vec<(String, Value)>),
    /// Settles a conflict.
    Settle {
        /// The document.
        document: DocumentId,
        /// The field.
        path: FieldPath,
        /// The conflict as it was shown.
        conflict: ConflictId,
        /// The value that holds from here on.
        value: Value,
        /// Why.
        reason: String,
    },
    /// Takes back one's own settlement.
    Unsettle {
        /// The document settled in.
        document: DocumentId,
        /// The settlement.
        settlement: EntryId,
    },
    /// Notes that the shown state of a document was reviewed and approved, or returned with a note.
    Review {
        /// The document.
        document: DocumentId,
        /// Approved, or returned.
        approved: bool,
        /// A note to the authors.
        note: String,
    },
    /// Notes that the person who asks sees to what is to be decided in a record, or no longer does.
    TakeOn {
        /// The document.
        document: DocumentId,
        /// Takes it on, or gives it up.
        mine: bool,
    },
    /// Asks for contact with the server at once.
    SyncNow,
    /// Gives what is half typed, by [`Command::Type`] under `asked/<tab>/<question>`, into a form that is no record.
    Asked {
        /// The form.
        form: DocumentId,
        /// The tab that shows it.
        tab: String,
        /// The form is done or given up: what was typed into it goes.
        leaves: bool,
    },
    /// Gives a file with all that the server lacks, sealed to it; from an open vault what cannot be written, too.
    SafetyCopy,
    /// Somebody has touched the page since it last said so, or is in the middle of what no lock may end.
    Touched,
    /// Opens a screen that is shut with a PIN.
    Pin(String),
    /// Opens a vault without the server by what its passkey gives (`WebAuthn` PRF).
    OpenByKey {
        /// Login name.
        login: String,
        /// What the passkey gave.
        secret: Vec<u8>,
    },
    /// Asks the server for a challenge: for a new passkey of whoever is in, or to sign in with one.
    Challenge(bool),
    /// A passkey was made, or one that was known has answered: keeps the vault's key under it, and tells the server
    /// of a new one.
    TakeKey(NewKey),
    /// Gives a file with what the server does not have, for another tablet; the vault must be open.
    HandOver,
    /// Takes in such a file of another tablet.
    TakeFile(Vec<u8>),
    /// Takes in, or shows, a picture or another file of a record.
    File(FileAsk),
}

/// A view a page may show.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Query {
    /// The place of an address, e.g. `/boenden`; told as changed with every change.
    Page(String),
    /// One run of a checklist.
    Run(DocumentId),
    /// The form of a record, or of one entry of a list in it.
    Form {
        /// The document.
        document: DocumentId,
        /// List and entry, for an entry's form.
        entry: Option<(String, String)>,
    },
    /// What waits for the supervisor.
    Inbox,
    /// What changed in one document since its last review.
    Changes(DocumentId),
}

/// The reply to a command.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// Done.
    Done,
    /// Durable on this device (L0).
    Saved,
    /// The state of this device.
    Status(Status),
    /// Done, and what follows.
    Acted(Acted),
    /// An entry was made.
    Entry(String),
    /// A view.
    View(View),
    /// Half-typed answers of a form.
    Asked(Vec<(String, Value)>),
    /// The name of a file and what is in it; nothing when there is nothing to keep.
    File(Option<(String, Vec<u8>)>),
    /// A challenge of the server, and credentials the person has already.
    Challenge(Vec<u8>, Vec<Vec<u8>>),
    /// A piece of a file and of how many; of none, when it is not here.
    Piece(Vec<u8>, u32),
    /// Not done, and why; nothing that was typed is lost.
    Refused(Refusal),
}

/// A view model.
#[derive(Debug, Clone, PartialEq)]
pub enum View {
    /// A place.
    Page(PageView),
    /// One run.
    Run(RunView),
    /// A form.
    Form(FormView),
    /// The inbox.
    Inbox(InboxView),
    /// A change list.
    Changes(ChangeListView),
}

/// Something the page should know of.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "few at a time, and packed at once")]
pub enum Event {
    /// These views have changed.
    Changed(Vec<Query>),
    /// The state of this device has changed.
    Status(Status),
}

/// What has been done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Acted {
    /// Said to the person; empty for nothing.
    pub say: String,
    /// Where to go.
    pub go: Option<String>,
    /// The document made or joined.
    pub document: Option<DocumentId>,
    /// The entry made.
    pub entry: Option<String>,
    /// What takes it back, offered for ten seconds.
    pub undo: Option<Act>,
}

packed! {
    enum Language { Sv, En }
    struct Request { id, build, command }
    enum Answer { Reply(a, b), Event(a) }
    enum Command {
        Status, SignIn(a), Unlock { login, passphrase }, Lock, SignOut, SetLanguage(a), Get(a), Type
        { document, path, value }, Commit(a), AddEntry { document, list, answers }, Act(a, b),
        Settle { document, path, conflict, value, reason }, Unsettle { document, settlement }, Review { document,
        approved, note }, TakeOn { document, mine }, SyncNow, Asked { form, tab, leaves }, SafetyCopy,
        Touched, Pin(a), OpenByKey { login, secret }, Challenge(a), TakeKey(a), Printed(a), HandOver, TakeFile(a), File(a)
    }
    enum Query { Page(a), Run(a), Form { document, entry }, Inbox, Changes(a) }
    enum Reply { Done, Saved, Status(a), Acted(a), Entry(a), View(a), Asked(a), File(a), Challenge(a, b), Piece(a, b), Refused(a) }
    enum View { Page(a), Run(a), Form(a), Inbox(a), Changes(a) }
    enum Event { Changed(a), Status(a) }
    struct Acted { say, go, document, entry, undo }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packed::to_bytes;

    #[test]
    fn the_number_of_a_reply_is_found_without_reading_it() {
        let reply = to_bytes(&Answer::Reply(77, Reply::Done));
        assert_eq!(Answer::number(&reply), Some(77));
        let event = to_bytes(&Answer::Event(Event::Changed(Vec::new())));
        assert_eq!(Answer::number(&event), None);
    }

    #[test]
    fn a_request_of_another_build_is_refused_by_its_number() {
        let request = Request { id: 5, build: "a".to_owned(), command: Command::SyncNow };
        let mut bytes = to_bytes(&request);
        assert_eq!(Request::read(&bytes, "a"), Ok(request));
        assert_eq!(Request::read(&bytes, "b"), Err((5, Refusal::OtherBuild)));
        assert_eq!(Request::number(&bytes), Some(5));
        // A command that only the other build knows.
        let last = bytes.len() - 1;
        bytes[last] = 0x77;
        assert_eq!(Request::read(&bytes, "a"), Err((5, Refusal::BadMessage)));
        assert_eq!(Request::read(&bytes, "b"), Err((5, Refusal::OtherBuild)));
        assert_eq!(Request::read(&[0xff], "a"), Err((0, Refusal::BadMessage)));
    }
}
