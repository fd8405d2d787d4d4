//! Pictures and other files, apart from what is written: `POST /api/v1/files` hands pieces in, with no session but the
//! word of a farewell; `POST /api/v1/files/fetch` gives them to who may read the record.

use core::fmt;

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use crate::ids::{DeviceId, DocumentId, Epoch, FileId, FileName};

/// Asks how far a file has come, and brings its next piece.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct HandInFile {
    /// The enrolment.
    #[n(0)]
    pub device: DeviceId,
    /// The server's word that the device may hand in.
    #[n(1)]
    pub token: ByteVec,
    /// The file as this device keeps it: drawn where it was taken in.
    #[n(2)]
    pub file: FileId,
    /// A [`FileHead`](crate::sign::FileHead) sealed to the server's deposit key; needed where the server does not know the file.
    #[n(3)]
    pub head: Option<ByteVec>,
    /// The piece that is brought.
    #[n(4)]
    pub piece: Option<Piece>,
}

/// One sealed piece of a file.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Piece {
    /// Its number, from nought.
    #[n(0)]
    pub number: u32,
    /// Its bytes as they were sealed.
    #[n(1)]
    pub sealed: ByteVec,
}

/// How far a file has come.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct HandInFileAnswer {
    /// What has become of it.
    #[n(0)]
    pub state: FileState,
    /// Pieces on the server's disk, the first ones: the next one to bring.
    #[n(1)]
    pub have: u32,
    /// Life of the log.
    #[n(2)]
    pub epoch: Epoch,
}

/// What has become of a file on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum FileState {
    /// The server does not know it: its head is needed.
    #[n(0)]
    Unknown,
    /// Some pieces are on the disk.
    #[n(1)]
    Partial,
    /// All of it is on the disk and is what its name says.
    #[n(2)]
    Whole,
    /// It is in a backup of this epoch, too, that was read.
    #[n(3)]
    BackedUp,
    /// It is not what its head says, or the head cannot be read: nothing of it was kept.
    #[n(4)]
    Refused,
    /// Its record was lawfully destroyed, and so is the file.
    #[n(5)]
    Destroyed,
    /// There is no room for it now: to be offered again later.
    #[n(6)]
    NoRoom,
}

/// Asks for a piece of a file.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FetchFile {
    /// The record it belongs to.
    #[n(0)]
    pub document: DocumentId,
    /// Its name.
    #[n(1)]
    pub name: FileName,
    /// The piece, from nought.
    #[n(2)]
    pub piece: u32,
}

/// The answer.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FetchFileAnswer {
    /// How long the file is, in bytes; 0 while all of it is not on the server.
    #[n(0)]
    pub bytes: u64,
    /// The piece as it is before sealing; nothing where there is none.
    #[n(1)]
    pub piece: Option<ByteVec>,
}

impl fmt::Debug for HandInFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandInFile").field("file", &self.file).finish_non_exhaustive()
    }
}

impl fmt::Debug for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Piece").field("number", &self.number).finish_non_exhaustive()
    }
}

impl fmt::Debug for FetchFileAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FetchFileAnswer").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}
