//! Pages as data: most places are described by the core (or, for administration, by the server)
//! and drawn by one piece of the page. What is here is all that such a page can be made of.

use crate::app::Language;
use crate::app::badge::{Badge, Sign, Tone};
use crate::app::bar::Bar;
use crate::app::file::FilesView;
use crate::app::view::{FormView, Input, Why};
use crate::ids::DocumentId;
use crate::path::FieldPath;
use crate::value::Value;

/// Number of the form of pages and acts between app and server; counts up with every change of what this file tells.
pub const PAGE_FORM: u32 = 4;

/// A place as it is drawn.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageView {
    /// Heading.
    pub title: String,
    /// Where one came from: address and name.
    pub back: Option<(String, String)>,
    /// Short facts beside the heading.
    pub badges: Vec<Badge>,
    /// What can be done here, the most likely first.
    pub actions: Vec<Action>,
    /// Parts from top to bottom.
    pub parts: Vec<Part>,
}

/// One part of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// Stays the same while the page is shown.
    pub key: String,
    /// Heading; empty for none.
    pub title: String,
    /// A sentence below the heading; empty for none.
    pub help: String,
    /// What can be done here.
    pub actions: Vec<Action>,
    /// What it shows.
    pub body: Body,
}

/// What a part shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Its help alone, as a notice in a tone.
    Notice(Tone),
    /// Names and values.
    Facts(Vec<(String, String)>),
    /// Lines, and what stands there when there are none.
    Lines(Vec<Line>, String),
    /// Lines as tiles beside each other, and what stands there when there are none.
    Tiles(Vec<Line>, String),
    /// Rooms with their places.
    Board(Vec<(Line, Vec<Line>)>),
    /// A form.
    Form(FormView),
    /// A text to be read, in paragraphs.
    Text(Vec<String>),
    /// A table: its first row is the heading, the first cell of a row names it.
    Table(Vec<(Tone, Vec<String>)>),
    /// Figures drawn beside each other. The page says the same in a table.
    Plot(Vec<Bar>),
    /// A picture: its address.
    Picture(String),
    /// Pictures and other files of a record, with what takes in more.
    Files(FilesView),
}

/// One thing in a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    /// Stays the same while the page is shown.
    pub key: String,
    /// Where it leads.
    pub href: Option<String>,
    /// First line.
    pub title: String,
    /// Second line.
    pub detail: String,
    /// Marks beside it.
    pub badges: Vec<Badge>,
    /// Figures beside it: numbers, dates, `3 of 12`.
    pub figure: String,
    /// Done, of all.
    pub progress: Option<(u32, u32)>,
    /// What can be done with it.
    pub actions: Vec<Action>,
    /// More words by which it is found.
    pub found_by: String,
    /// How it looks on a board.
    pub tone: Tone,
    /// What is reckoned in it, each with the way to its reasons.
    pub why: Vec<Why>,
}

/// Something that can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// The name selectors hold on to.
    pub name: String,
    /// What the button says.
    pub label: String,
    /// Its sign.
    pub sign: Sign,
    /// How it looks.
    pub look: Look,
    /// What is asked before it is done.
    pub ask: Option<Ask>,
    /// What is done.
    pub act: Act,
}

/// How a button looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// The most likely one.
    Primary,
    /// One of several.
    Plain,
    /// On a line among others.
    Quiet,
    /// A switch, on or off.
    Switch(bool),
    /// One choice of several, chosen or not.
    Choice(bool),
}

/// A question before something is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// Heading.
    pub title: String,
    /// What follows from a yes; empty for none.
    pub help: String,
    /// What is asked.
    pub questions: Vec<Question>,
    /// What the button says that does it.
    pub done: String,
}

/// One question of an [`Ask`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Name of its answer.
    pub id: String,
    /// The question.
    pub label: String,
    /// How it is asked.
    pub input: Input,
    /// What stands there at first.
    pub value: Value,
    /// An answer is needed.
    pub required: bool,
}

/// What an [`Action`] does. Answers of its [`Ask`] come beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Makes a case; answer `label`.
    NewCase,
    /// Makes a house; answers `name`, `residence_type`.
    NewResidence,
    /// Makes a record of a kind, at what it belongs to or alone; answers by field.
    New {
        /// The kind.
        kind: String,
        /// What it belongs to.
        parent: Option<DocumentId>,
    },
    /// Starts a run of a checklist at a house or case, or joins the open one; answers are its dates.
    StartRun {
        /// House or case.
        parent: DocumentId,
        /// The checklist, e.g. `residence_inspection`.
        checklist: String,
    },
    /// Pins a house to this device, or lets it go.
    TakeAlong {
        /// The house.
        residence: DocumentId,
        /// Take along or let go.
        keep: bool,
    },
    /// Adds an entry to a list of a house or case and opens it; all answers become its own.
    Add {
        /// House or case.
        parent: DocumentId,
        /// The list, there or in a document that belongs to it.
        list: String,
    },
    /// Takes an entry away; answer `reason`. What was said stays in its history.
    Remove {
        /// The document.
        document: DocumentId,
        /// The list.
        list: String,
        /// The entry.
        entry: String,
    },
    /// Says values as they are here, and offers to take it back; answers are further values by field.
    Set {
        /// The document.
        document: DocumentId,
        /// Fields and values.
        values: Vec<(FieldPath, Value)>,
    },
    /// Says of a card (case, entry) whether it is of the person of another; answer `reason`.
    Same(DocumentId, String, String, bool),
    /// Counts one more.
    Count {
        /// The document.
        document: DocumentId,
        /// The counter.
        path: FieldPath,
    },
    /// Places a person; answers `person` (case and entry), `from_date`, `basis`.
    Place {
        /// The house.
        residence: DocumentId,
        /// The room.
        room: String,
        /// The bed, if the room's beds are known.
        bed: Option<String>,
    },
    /// Moves someone: the old placement ends, a new one begins; answers `to`, `from_date`.
    Move {
        /// The house lived in.
        residence: DocumentId,
        /// The placement.
        occupant: String,
    },
    /// Ends a placement; answers `to_date`, `end_reason`.
    End {
        /// The house.
        residence: DocumentId,
        /// The placement.
        occupant: String,
    },
    /// Signs a note, or a run when no entry is named.
    Sign {
        /// The document.
        document: DocumentId,
        /// The note.
        entry: Option<String>,
    },
    /// Opens a signed run again; answer `reason`.
    Reopen(DocumentId),
    /// Adds a correction to a signed note; answers `text`, `reason`.
    Correct {
        /// The journal.
        document: DocumentId,
        /// The note.
        entry: String,
    },
    /// Notes that a deficiency was seen again; answer `still_present`.
    Sighting {
        /// The document of the house's deficiencies.
        document: DocumentId,
        /// The deficiency.
        entry: String,
    },
    /// The introduction was read.
    Understood,
    /// Locks this device.
    Lock,
    /// Ends the session on this device.
    SignOut,
    /// Asks for contact at once.
    Sync,
    /// Changes the language.
    Speak(Language),
    /// Goes to an address. Done by the page.
    Go(String),
    /// Asks the browser to keep this app's storage. Done by the page.
    Persist,
    /// Light, dark or as the device: 1, 2, 0. Done by the page.
    Theme(u8),
    /// Prints the page. Done by the page.
    Print,
    /// Saves a safety copy as a file. Done by the page.
    SafetyCopy,
    /// Saves a text as a file of this name. Done by the page.
    Save(String, String),
    /// Something the server does; its page and its name.
    Server(String, String),
    /// Sets the PIN, or without an answer takes it away; answer `pin`. From here on none that a server offers.
    Pin,
    /// Makes a passkey for the open vault; begun by the page.
    Passkey,
    /// Takes it away.
    NoPasskey,
    /// Tries once more to open a record at which the app has ended.
    OpenAgain(DocumentId),
    /// That work in this record, which was destroyed, is lost was read.
    Seen(DocumentId),
    /// Saves a file for another tablet, or takes one in. Done by the page.
    HandOver(bool),
}

packed! {
    struct PageView { title, back, badges, actions, parts }
    struct Part { key, title, help, actions, body }
    enum Body { Notice(a), Facts(a), Lines(a, b), Tiles(a, b), Board(a), Form(a), Text(a), Table(a), Plot(a), Picture(a), Files(a) }
    struct Line { key, href, title, detail, badges, figure, progress, actions, found_by, tone, why }
    struct Action { name, label, sign, look, ask, act }
    enum Look { Primary, Plain, Quiet, Switch(a), Choice(a) }
    struct Ask { title, help, questions, done }
    struct Question { id, label, input, value, required }
    enum Act {
        NewCase, NewResidence, New { kind, parent }, StartRun { parent, checklist }, TakeAlong { residence, keep },
        Add { parent, list }, Remove { document, list, entry }, Set { document, values },
        Same(a, b, c, d), Count { document, path }, Place { residence, room, bed }, Move { residence, occupant },
        End { residence, occupant }, Sign { document, entry }, Reopen(a), Correct { document, entry }, Sighting {
        document, entry }, Understood, Lock, SignOut, Sync, Speak(a), Go(a), Persist, Theme(a), Print, SafetyCopy,
        Save(a, b), Server(a, b), Pin, Passkey, NoPasskey, OpenAgain(a), Seen(a), HandOver(a)
    }
}
