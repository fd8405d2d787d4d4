//! One of everything by which pictures and other files travel.

use super::samples::{device, document, epoch};
use super::{Sample, sample};
use crate::ids::{FileId, FileName};
use crate::sign::FileHead;
use crate::sync::message::{
    FetchFile, FetchFileAnswer, FileState, HandInFile, HandInFileAnswer, Piece,
};

pub(super) fn files() -> Vec<Sample> {
    let file = FileId::from_bytes([6; 16]);
    let name = FileName::from_bytes([5; 32]);
    let piece = Piece { number: 1, sealed: vec![1; 17].into() };
    let asks =
        HandInFile { device: device(), token: vec![8; 32].into(), file, head: None, piece: None };
    let brings =
        HandInFile { head: Some(vec![2, 3].into()), piece: Some(piece.clone()), ..asks.clone() };
    let answer = HandInFileAnswer { state: FileState::Partial, have: 2, epoch: epoch() };
    let head = FileHead { document: document(), name, bytes: 131_073, key: vec![7; 32].into() };
    vec![
        sample("HandInFile bare", asks),
        sample("HandInFile", brings),
        sample("Piece", piece),
        sample("HandInFileAnswer", answer),
        sample("FileState::Unknown", FileState::Unknown),
        sample("FileState::Partial", FileState::Partial),
        sample("FileState::Whole", FileState::Whole),
        sample("FileState::BackedUp", FileState::BackedUp),
        sample("FileState::Refused", FileState::Refused),
        sample("FileState::Destroyed", FileState::Destroyed),
        sample("FileState::NoRoom", FileState::NoRoom),
        sample("FetchFile", FetchFile { document: document(), name, piece: 1 }),
        sample("FetchFileAnswer bare", FetchFileAnswer { bytes: 0, piece: None }),
        sample("FetchFileAnswer", FetchFileAnswer { bytes: 3, piece: Some(vec![1, 2, 3].into()) }),
        sample("FileHead", head),
    ]
}
