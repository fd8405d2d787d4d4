//! Why something was not done.

/// Why a command was not carried out. The page has the words for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No vault is open.
    Locked,
    /// Login or password is wrong.
    WrongPassword,
    /// The passphrase does not open the vault.
    WrongPassphrase,
    /// The passphrase is too short.
    ShortPassphrase,
    /// The server cannot be reached; what was typed is kept.
    NoContact,
    /// This device has no vault of that person; the first sign-in needs the server.
    NoVault,
    /// The record is not on this device.
    NotHere,
    /// The record cannot be opened by this program.
    Aside,
    /// The value does not fit the field.
    BadValue,
    /// The text is longer than what can be sent.
    TooLong,
    /// Something that must be answered first is not.
    Missing,
    /// The field cannot be changed after creation.
    Immutable,
    /// Signed: what is to be added is a correction.
    Signed,
    /// There is no such place.
    NoPlace,
    /// The conflict has changed since it was shown; look again.
    Stale,
    /// Not allowed for this role.
    NotAllowed,
    /// The device could not write; what was typed is kept in memory, make a safety copy.
    Storage,
    /// Page and worker are of different builds; reload.
    OtherBuild,
    /// The message could not be read.
    BadMessage,
    /// Too many attempts; wait.
    TooMany,
    /// New devices come in only by a one-time link.
    OnlyByLink,
    /// The PIN is wrong; after too many the passphrase is needed.
    WrongPin,
    /// No contact with the server for longer than this device may be read without.
    Lease,
    /// Wrong passphrases before this one: wait so many seconds.
    Wait(u32),
    /// The tablet is to be wiped: this vault is not opened any more.
    Wiped,
    /// The passkey does not open the vault.
    WrongKey,
    /// The municipality lets nobody in by a password alone.
    NeedsKey,
    /// There is no room on this device for a picture or another file; for text there is.
    NoRoom,
    /// The file is longer than any that can be sent.
    LongFile,
    /// Something failed that should not; nothing that was saved is lost.
    Internal,
}

packed! {
    enum Refusal {
        Locked, WrongPassword, WrongPassphrase, ShortPassphrase, NoContact, NoVault, NotHere,
        Aside, BadValue, TooLong, Missing, Immutable, Signed, NoPlace, Stale, NotAllowed, Storage, OtherBuild, BadMessage,
        TooMany, OnlyByLink, WrongPin, Lease, Wait(a), Wiped, WrongKey, NeedsKey, NoRoom, LongFile, Internal
    }
}
