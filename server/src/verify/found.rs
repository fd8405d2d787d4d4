//! What can be wrong with a data folder, what is safe all the same, and what to do about it.

use ankomst_shared::ids::{ChangeHash, DeviceId, DocumentId};

/// So many faults are told one by one.
const TOLD_MAX: usize = 1_000;

/// What is wrong, as far as it decides what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The file is not a sound database.
    File,
    /// A place in the feed or in the order of arrival is not the one it was.
    Place,
    /// A change is not what it was.
    Change,
    /// Something is gone that must be here.
    Lost,
    /// A key is there that was destroyed.
    Key,
    /// What is reckoned beside the changes of a record is not what they give.
    Reckoned,
    /// A device was told of what is not here.
    Ahead,
    /// What a device holds by the ledger is not what it was given.
    Ledger,
    /// The access log cannot be read.
    Access,
    /// A picture or another file is not what it was.
    Attached,
    /// A row is not what its record says.
    Row,
}

/// The log itself is damaged.
const RESTORE: &str = "Stop the server, put the disk right, restore the newest backup that `ankomst verify FILE` finds good; tablets \
    bring what it lacks. `ankomst missing` says when all is back";

impl Kind {
    /// All.
    pub const ALL: [Self; 11] = [
        Self::File,
        Self::Place,
        Self::Change,
        Self::Lost,
        Self::Key,
        Self::Reckoned,
        Self::Ahead,
        Self::Ledger,
        Self::Access,
        Self::Attached,
        Self::Row,
    ];

    /// Its name for programs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Place => "place",
            Self::Change => "change",
            Self::Lost => "lost",
            Self::Key => "key",
            Self::Reckoned => "reckoned",
            Self::Ahead => "ahead",
            Self::Ledger => "ledger",
            Self::Access => "access",
            Self::Attached => "attached",
            Self::Row => "row",
        }
    }

    /// What is safe all the same; of what was not looked at, nothing is said.
    #[must_use]
    pub const fn safe(self, cut_short: bool) -> &'static str {
        match self {
            Self::Ahead => {
                "what the device was told is still on it, and it brings its own work again"
            }
            _ if cut_short => {
                "what was opened and is named here nowhere; of all else nothing is known yet. Tablets keep what they \
                 sent until a backup has it, and what they hold is not touched by this"
            }
            Self::File | Self::Place | Self::Change | Self::Lost => {
                "every other change that is named here nowhere was opened and is whole; tablets keep what they sent \
                 until a backup has it, and what they hold is not touched by this"
            }
            Self::Key => {
                "every record that is here; only what was destroyed could be read out of an old backup"
            }
            Self::Reckoned => {
                "every change: only what is reckoned from them is wrong, and tablets compare and go on asking"
            }
            Self::Ledger => "every change, here and on the device",
            Self::Access => {
                "every change, here and on the devices: the access log is a file of its own, beside the log"
            }
            Self::Attached => {
                "all that is written, and every other picture and file; tablets keep theirs until a backup has them"
            }
            Self::Row => "every record: rows are made from them, only lists and searches are wrong",
        }
    }

    /// What to do.
    #[must_use]
    pub const fn help(self) -> &'static str {
        match self {
            Self::File | Self::Place | Self::Change | Self::Lost => RESTORE,
            Self::Key => {
                "Start the server: it destroys again what its ledger says; then verify again"
            }
            Self::Reckoned => {
                "`ankomst continue RECORD` reckons it anew, also while the server runs"
            }
            Self::Ahead => {
                "Nothing, if a backup was restored or the disk was rolled back: with its next contact all begins anew \
                and is brought again. Otherwise find out who has put an older log.db here"
            }
            Self::Ledger => {
                "Nothing: with its next contact the device compares sums, gives up what it is not to have and is given \
                what it lacks; then verify again"
            }
            Self::Access => {
                "`ankomst audit verify` says what is wrong with it; docs/operations.md, The access log, says how it is put right"
            }
            Self::Attached => {
                "Stop the server and restore its newest backup: the file is taken from the folder `files` beside it, and \
                where it is not there, tablets that have it bring it"
            }
            Self::Row => "Stop the server, then `ankomst rebuild`",
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What it means.
    pub kind: Kind,
    /// In which record.
    pub record: Option<DocumentId>,
    /// In which change.
    pub change: Option<ChangeHash>,
    /// On which device.
    pub device: Option<DeviceId>,
    /// In words.
    pub what: String,
}

impl Fault {
    /// One of the folder as a whole.
    #[must_use]
    pub fn of(kind: Kind, what: impl Into<String>) -> Self {
        Self { kind, record: None, change: None, device: None, what: what.into() }
    }
}

/// What was looked at and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// Records looked at.
    pub documents: u64,
    /// Changes opened.
    pub changes: u64,
    /// Rows compared.
    pub rows: u64,
    /// Devices compared.
    pub devices: u64,
    /// Pictures and other files opened.
    pub attached: u64,
    /// Newest number of the feed.
    pub feed: u64,
    /// Rows that lack what became visible last: the server makes them good at its start.
    pub behind: u64,
    /// The rows are being made.
    pub unmade: bool,
    /// It had to stop before it had looked at everything.
    pub cut_short: bool,
    /// What is wrong.
    pub faults: Vec<Fault>,
    /// How much more is.
    pub more: u64,
    /// What is worth a word and not wrong.
    pub notes: Vec<String>,
}

impl Report {
    /// Adds something that is wrong.
    pub fn add(&mut self, fault: Fault) {
        if self.faults.len() < TOLD_MAX {
            self.faults.push(fault);
        } else {
            self.more += 1;
        }
    }

    /// Whether all is as it must be.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }

    /// Puts it in order.
    pub(super) fn end(&mut self) {
        if self.cut_short {
            let said = "It had to stop before it had looked at everything: what is named here is not all there may be.";
            self.notes.push(said.to_owned());
        }
        if self.unmade {
            self.notes.push(
                "Rows are being made; those that are not there yet were not compared.".to_owned(),
            );
        } else if self.behind > 0 {
            let said = format!(
                "{} rows lack what became visible last; the server makes them good at its start.",
                self.behind
            );
            self.notes.push(said);
        }
        self.faults.sort_by_key(|fault| (fault.kind, fault.record, fault.device, fault.change));
    }
}
