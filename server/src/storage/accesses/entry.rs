//! What one entry says.

use ankomst_shared::ids::{DeviceId, DocumentId, UnitId, UserId};

/// What was done. Numbers never change their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// The log begins.
    Begun,
    /// A backup was put back; the log goes on.
    Restored,
    /// The server has found that the log does not end as it has left it.
    Broken,
    /// What a device has noted is not all here.
    SeriesCut,
    /// Somebody signed in.
    SignedIn,
    /// Somebody tried to.
    SignInFailed,
    /// Somebody signed out.
    SignedOut,
    /// A device was enrolled.
    Enrolled,
    /// A record went to a device.
    Delivered,
    /// A record left a device.
    Dropped,
    /// A record was opened on a device.
    Opened,
    /// A record stood on a sheet that was printed.
    Printed,
    /// A record stood in a list.
    Listed,
    /// A record was found by a search.
    Found,
    /// What stands in a record was shown.
    Read,
    /// What stands in a record was shown because it was opened in an emergency.
    ReadInNeed,
    /// A report was shown.
    Report,
    /// A report or the log left as a file.
    Exported,
    /// This log was shown.
    LogRead,
    /// A record was opened in an emergency.
    OpenedInNeed,
    /// A record was protected more.
    Raised,
    /// Somebody was let into one record.
    LetIn,
    /// Something was taken out of a record for good.
    Cleaned,
    /// A record was lawfully destroyed.
    Destroyed,
    /// Held work was released.
    Released,
    /// Held work was refused.
    Refused,
    /// A task was answered by whom it was sent to.
    Answered,
    /// An account was made.
    AccountMade,
    /// An account was ended.
    AccountEnded,
    /// An account was put on again.
    AccountAgain,
    /// A role was given.
    RoleGiven,
    /// A role was ended.
    RoleEnded,
    /// A level of protection was set.
    LevelSet,
    /// A password was set.
    PasswordSet,
    /// A device was revoked.
    Revoked,
    /// Somebody was signed out everywhere.
    SignedOutAll,
    /// Assignment decides in a unit, or no more.
    Assignment,
    /// An entry of this log was reviewed.
    Reviewed,
    /// An auditor has asked to see a record.
    AuditAsked,
    /// A second person has agreed to it.
    AuditOpened,
    /// A one-time link was made with which a password is chosen.
    LinkMade,
    /// A device has said that it was wiped.
    Wiped,
    /// Two have said that they are one device.
    Cloned,
    /// A passkey was made.
    PasskeyMade,
    /// A passkey was removed.
    PasskeyGone,
}

impl What {
    /// Each with its number in the log and its name for machines.
    pub const ALL: [(Self, u8, &'static str); 45] = [
        (Self::Begun, 1, "begun"),
        (Self::Restored, 2, "restored"),
        (Self::Broken, 3, "broken"),
        (Self::SeriesCut, 4, "series-cut"),
        (Self::SignedIn, 10, "signed-in"),
        (Self::SignInFailed, 11, "sign-in-failed"),
        (Self::SignedOut, 12, "signed-out"),
        (Self::Enrolled, 13, "enrolled"),
        (Self::Delivered, 20, "delivered"),
        (Self::Dropped, 21, "dropped"),
        (Self::Opened, 22, "opened"),
        (Self::Printed, 23, "printed"),
        (Self::Listed, 30, "listed"),
        (Self::Found, 31, "found"),
        (Self::Read, 32, "read"),
        (Self::ReadInNeed, 36, "read-in-need"),
        (Self::Report, 33, "report"),
        (Self::Exported, 34, "exported"),
        (Self::LogRead, 35, "log-read"),
        (Self::OpenedInNeed, 40, "opened-in-need"),
        (Self::Raised, 41, "raised"),
        (Self::LetIn, 42, "let-in"),
        (Self::Cleaned, 43, "cleaned"),
        (Self::Destroyed, 47, "destroyed"),
        (Self::Released, 44, "released"),
        (Self::Refused, 45, "refused"),
        (Self::Answered, 46, "answered"),
        (Self::AccountMade, 50, "account-made"),
        (Self::AccountEnded, 51, "account-ended"),
        (Self::AccountAgain, 52, "account-again"),
        (Self::RoleGiven, 53, "role-given"),
        (Self::RoleEnded, 54, "role-ended"),
        (Self::LevelSet, 55, "level-set"),
        (Self::PasswordSet, 56, "password-set"),
        (Self::Revoked, 57, "revoked"),
        (Self::SignedOutAll, 58, "signed-out-all"),
        (Self::Assignment, 59, "assignment"),
        (Self::Reviewed, 60, "reviewed"),
        (Self::AuditAsked, 61, "audit-asked"),
        (Self::AuditOpened, 62, "audit-opened"),
        (Self::LinkMade, 63, "link-made"),
        (Self::Wiped, 64, "wiped"),
        (Self::Cloned, 65, "cloned"),
        (Self::PasskeyMade, 70, "passkey-made"),
        (Self::PasskeyGone, 71, "passkey-gone"),
    ];

    fn row(self) -> (u8, &'static str) {
        let found = Self::ALL.iter().find(|(what, _, _)| *what == self);
        found.map_or((0, ""), |(_, number, name)| (*number, name))
    }

    /// Its number in the log.
    #[must_use]
    pub fn number(self) -> u8 {
        self.row().0
    }

    /// Its name for machines.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// The one of a number.
    #[must_use]
    pub fn of(number: i64) -> Option<Self> {
        Self::ALL.iter().find(|(_, known, _)| i64::from(*known) == number).map(|(what, _, _)| *what)
    }

    /// Whether somebody was shown a record by it.
    #[must_use]
    pub const fn is_reading(self) -> bool {
        matches!(
            self,
            Self::Delivered
                | Self::Opened
                | Self::Printed
                | Self::Listed
                | Self::Found
                | Self::Read
                | Self::ReadInNeed
                | Self::Report
                | Self::Exported
        )
    }
}

/// Where somebody was when it was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// In contact with the server.
    #[default]
    Online,
    /// On a device without contact; the server was told later.
    Offline,
    /// At the server itself, by a command.
    Console,
}

impl Mode {
    /// Its number in the log.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Online => 1,
            Self::Offline => 2,
            Self::Console => 3,
        }
    }

    /// The one of a number.
    #[must_use]
    pub const fn of(number: i64) -> Option<Self> {
        match number {
            1 => Some(Self::Online),
            2 => Some(Self::Offline),
            3 => Some(Self::Console),
            _ => None,
        }
    }

    /// Its name for machines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Offline => "offline",
            Self::Console => "console",
        }
    }
}

/// An entry to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When it was done, Unix milliseconds, as a device says; without, when the server noted it.
    pub at_ms: Option<i64>,
    /// Who, if somebody is known.
    pub who: Option<UserId>,
    /// On which device, if on one.
    pub device: Option<DeviceId>,
    /// Which unit it concerns.
    pub unit: Option<UnitId>,
    /// What was done.
    pub what: What,
    /// With which record, if with one.
    pub record: Option<DocumentId>,
    /// With what: a kind of record, a report, an account. Never what somebody typed.
    pub about: String,
    /// Why, in a person's words.
    pub purpose: String,
    /// Where.
    pub mode: Mode,
    /// Which it is in the count of the device that noted it.
    pub number: Option<i64>,
}

impl Entry {
    /// One of which nothing but what was done is known yet.
    #[must_use]
    pub const fn of(what: What) -> Self {
        Self {
            at_ms: None,
            who: None,
            device: None,
            unit: None,
            what,
            record: None,
            about: String::new(),
            purpose: String::new(),
            mode: Mode::Online,
            number: None,
        }
    }
}

/// An entry as it stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// Its number.
    pub seq: i64,
    /// When the server noted it, Unix milliseconds.
    pub received_ms: i64,
    /// What it says.
    pub entry: Entry,
    /// The value of the chain behind it.
    pub chain: [u8; 32],
}

impl Noted {
    /// When it was done, as far as it is known.
    #[must_use]
    pub fn at_ms(&self) -> i64 {
        self.entry.at_ms.unwrap_or(self.received_ms)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_number_and_every_name_is_there_once() {
        let numbers: BTreeSet<u8> = What::ALL.iter().map(|(_, number, _)| *number).collect();
        let names: BTreeSet<&str> = What::ALL.iter().map(|(_, _, name)| *name).collect();
        assert_eq!((numbers.len(), names.len()), (What::ALL.len(), What::ALL.len()));
        for (what, number, name) in What::ALL {
            assert_eq!(What::of(i64::from(number)), Some(what));
            assert_eq!((what.number(), what.name()), (number, name));
        }
    }
}
