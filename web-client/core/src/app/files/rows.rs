//! What is stored of files, in one table: of each a row in the open that tells nothing of what it is, its key sealed by
//! the vault, and its pieces as they travel.

use ankomst_shared::ids::{DeviceId, DocumentId, Epoch, FileId, FileName, UserId};
use ankomst_shared::sign::file::pieces;
use ankomst_shared::sync::message::FileState;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use crate::store::{Table, Write};

/// Before the keys of rows in the open.
pub(super) const ROWS: &[u8] = b"r";
/// Before those of what the vault has sealed.
pub(super) const SEALED: &[u8] = b"s";
/// Before those of pieces.
const PIECES: &[u8] = b"p";
/// Before those of files that are coming: there as long as pieces are and nothing else.
pub(super) const COMING: &[u8] = b"c";

/// A file, in the open, so that it is handed in whoever uses the tablet.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(in crate::app) struct FileRow {
    #[n(0)]
    pub(in crate::app) user: UserId,
    #[n(1)]
    pub(in crate::app) device: DeviceId,
    /// What it is, sealed to the server; nothing of one that came from there.
    #[n(2)]
    pub(in crate::app) head: Option<ByteVec>,
    #[n(3)]
    pub(in crate::app) bytes: u64,
    /// What the server has said of it, and in which life of its log.
    #[n(4)]
    pub(in crate::app) told: Option<FileState>,
    #[n(5)]
    pub(in crate::app) epoch: Option<Epoch>,
    /// When that was; of one that was fetched, when it was looked at, to the day. Unix milliseconds.
    #[n(6)]
    pub(in crate::app) at_ms: i64,
    /// It is the small picture of another, which nobody has taken by itself.
    #[n(7)]
    #[cbor(default)]
    pub(in crate::app) is_thumb: bool,
}

impl FileRow {
    /// What the log of that life has of it, as far as this tablet knows.
    pub(in crate::app) fn state_in(&self, epoch: Option<Epoch>) -> Option<FileState> {
        self.told.filter(|_| self.epoch == epoch || self.is_destroyed())
    }

    /// Whether it was destroyed with its record, in whichever life of the log: nothing of it is here any more.
    pub(super) fn is_destroyed(&self) -> bool {
        self.told == Some(FileState::Destroyed)
    }

    /// Whether it was taken in here and the server does not have it whole, and may still have it.
    pub(in crate::app) fn waits(&self, epoch: Option<Epoch>) -> bool {
        use FileState::{BackedUp, Destroyed, Refused, Whole};
        let settled = [Whole, BackedUp, Refused, Destroyed].map(Some);
        self.head.is_some() && !settled.contains(&self.state_in(epoch))
    }

    /// Whether the server is still asked about it: nothing that was taken in here goes on what one disk alone has.
    pub(super) fn is_owed(&self, epoch: Option<Epoch>) -> bool {
        let is_settled = matches!(
            self.state_in(epoch),
            Some(FileState::BackedUp | FileState::Refused | FileState::Destroyed)
        );
        self.head.is_some() && !is_settled
    }

    /// Whether a server with that log has it whole.
    pub(super) fn is_whole(&self, epoch: Option<Epoch>) -> bool {
        let state = self.state_in(epoch);
        self.head.is_none() || matches!(state, Some(FileState::Whole | FileState::BackedUp))
    }

    /// Whether nothing is lost if it goes from here.
    pub(super) fn may_go(&self, epoch: Option<Epoch>) -> bool {
        self.head.is_none() || self.state_in(epoch) == Some(FileState::BackedUp)
    }

    pub(super) fn write(&self, file: FileId) -> Option<Write> {
        let bytes = minicbor::to_vec(self).ok()?;
        Some(Write::put(Table::Files, row_key(file), bytes))
    }
}

/// What only its vault can read of a file.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct SealedRow {
    #[n(0)]
    pub(super) name: FileName,
    #[n(1)]
    pub(super) bytes: u64,
    /// The key of its pieces, 32 bytes.
    #[n(2)]
    pub(super) key: ByteVec,
    /// It is the small picture of another.
    #[n(3)]
    pub(super) is_thumb: bool,
}

pub(super) fn row_key(file: FileId) -> Vec<u8> {
    [ROWS, file.as_bytes()].concat()
}

pub(super) fn coming_key(file: FileId) -> Vec<u8> {
    [COMING, file.as_bytes()].concat()
}

pub(super) fn piece_key(file: FileId, number: u32) -> Vec<u8> {
    [PIECES, file.as_bytes(), &number.to_be_bytes()].concat()
}

/// All of a person, or of a record of theirs.
pub(super) fn sealed_prefix(user: UserId, document: Option<DocumentId>) -> Vec<u8> {
    let document = document.as_ref().map(|id| id.as_bytes().as_slice()).unwrap_or_default();
    [SEALED, user.as_bytes(), document].concat()
}

pub(super) fn sealed_key(user: UserId, document: DocumentId, file: FileId) -> Vec<u8> {
    [sealed_prefix(user, Some(document)).as_slice(), file.as_bytes()].concat()
}

/// The record and the file of such a key.
pub(super) fn read_sealed_key(key: &[u8]) -> Option<(DocumentId, FileId)> {
    let (_, rest) = key.split_at_checked(SEALED.len() + 16)?;
    let (document, file) = rest.split_at_checked(16)?;
    Some((DocumentId::try_from(document).ok()?, FileId::try_from(file).ok()?))
}

/// The file of the key of a row, or of a file that is coming.
pub(super) fn file_of(key: &[u8]) -> Option<FileId> {
    FileId::try_from(key.get(1..)?).ok()
}

/// The end of the pieces of a file of that length.
pub(super) fn no_pieces(file: FileId, bytes: u64) -> impl Iterator<Item = Write> {
    let numbers = 0..pieces(bytes).unwrap_or_default();
    numbers.map(move |number| Write::delete(Table::Files, piece_key(file, number)))
}

/// The end of all that stands in the open of a file of that length.
pub(super) fn no_file(file: FileId, bytes: u64) -> Vec<Write> {
    let rows = [row_key(file), coming_key(file)].map(|key| Write::delete(Table::Files, key));
    rows.into_iter().chain(no_pieces(file, bytes)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As [`FileRow`] was before it told small pictures apart.
    #[derive(Encode)]
    #[cbor(map)]
    struct Before {
        #[n(0)]
        user: UserId,
        #[n(1)]
        device: DeviceId,
        #[n(2)]
        head: Option<ByteVec>,
        #[n(3)]
        bytes: u64,
        #[n(6)]
        at_ms: i64,
    }

    #[test]
    fn a_row_of_an_earlier_version_is_read() {
        let (user, device) = (UserId::new(1, [1; 10]), DeviceId::new(1, [1; 10]));
        let head = Some(ByteVec::from(vec![1]));
        let bytes = minicbor::to_vec(Before { user, device, head, bytes: 9, at_ms: 5 }).unwrap();
        let row: FileRow = minicbor::decode(&bytes).unwrap();
        assert!(row.waits(None) && !row.is_thumb);
        assert_eq!((row.user, row.bytes, row.at_ms), (user, 9, 5));
    }
}
