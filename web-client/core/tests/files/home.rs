//! The server of such a tablet: what it has, what it says of each file, and in which order it was asked.
#![allow(unreachable_pub, reason = "a part of a test")]

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use ankomst_shared::chunk::parse;
use ankomst_shared::ids::{ChangeHash, DocumentId, Epoch, FileId, FileName};
use ankomst_shared::limits::FILE_PIECE_BYTES;
use ankomst_shared::sign::FileHead;
use ankomst_shared::sign::deposit::{DepositKey, Sealed};
use ankomst_shared::sign::file::{FileCipher, pieces};
use ankomst_shared::sync::message::{
    Ack, Destroyed, Exchange, ExchangeAnswer, Farewell, FarewellAnswer, FetchFile, FetchFileAnswer,
    FileState, HandInFile, HandInFileAnswer, Order, Outcome,
};
use ankomst_shared::sync::{Chain, Position};

/// What the server at home has of a file.
pub struct There {
    pub head: FileHead,
    pub pieces: Vec<Vec<u8>>,
}

impl There {
    pub fn is_whole(&self) -> bool {
        u32::try_from(self.pieces.len()).ok() == pieces(self.head.bytes)
    }

    pub fn bytes(&self) -> Vec<u8> {
        let key: &[u8; 32] = self.head.key.as_slice().try_into().unwrap();
        let cipher = FileCipher::new(key, self.head.bytes);
        let open = |(number, piece): (usize, &Vec<u8>)| {
            cipher.open(u32::try_from(number).unwrap(), piece).unwrap()
        };
        self.pieces.iter().enumerate().flat_map(open).collect()
    }
}

/// Whether files can be handed in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    Open,
    /// Nothing more is taken.
    Full,
    /// No answer comes, to whatever is asked.
    Away,
}

/// The server.
pub struct Home {
    pub has: BTreeMap<FileId, There>,
    /// Every request that a tablet has made, in order.
    pub asked: Vec<String>,
    /// Of what is written: bytes of all questions, before they are packed, and changes that were acknowledged.
    pub written: (usize, BTreeSet<ChangeHash>),
    pub epoch: Epoch,
    /// Whole files are in a backup.
    pub backed_up: bool,
    pub lane: Lane,
    pub destroyed: BTreeSet<DocumentId>,
    pub refused: BTreeSet<FileName>,
    pub orders: bool,
    /// What is protected, and how long tablets may be read then, in seconds.
    pub guarded: (Vec<DocumentId>, u32),
    /// What is to leave a tablet.
    pub drop: Vec<DocumentId>,
    /// What it is told that was destroyed.
    pub gone: Vec<Destroyed>,
    /// What a reader may fetch.
    pub shelf: BTreeMap<FileName, Vec<u8>>,
    /// With which status it answers whoever fetches something.
    pub breaks: BTreeMap<FileName, u16>,
    /// From which piece on it fails to give something.
    pub stops: Option<(FileName, u32)>,
}

impl Default for Home {
    fn default() -> Self {
        Self {
            has: BTreeMap::new(),
            asked: Vec::new(),
            written: (0, BTreeSet::new()),
            epoch: Epoch::from_bytes([5; 16]),
            backed_up: false,
            lane: Lane::Open,
            destroyed: BTreeSet::new(),
            refused: BTreeSet::new(),
            orders: false,
            guarded: (Vec::new(), 600_000),
            drop: Vec::new(),
            gone: Vec::new(),
            shelf: BTreeMap::new(),
            breaks: BTreeMap::new(),
            stops: None,
        }
    }
}

impl Home {
    pub fn whole(&self) -> usize {
        self.has.values().filter(|there| there.is_whole()).count()
    }

    pub fn hand_in(&mut self, asked: HandInFile) -> HandInFileAnswer {
        let piece = asked.piece.as_ref().map(|piece| piece.number);
        self.asked.push(format!("file {piece:?}"));
        let answer = |state, have: usize, epoch| HandInFileAnswer {
            state,
            have: u32::try_from(have).unwrap(),
            epoch,
        };
        let epoch = self.epoch;
        if self.lane == Lane::Full {
            return answer(FileState::NoRoom, 0, epoch);
        }
        let there = match self.has.entry(asked.file) {
            Entry::Occupied(there) => there.into_mut(),
            Entry::Vacant(room) => {
                let Some(head) = asked.head else { return answer(FileState::Unknown, 0, epoch) };
                let head = DepositKey::from_seed([8; 32]).open_as(Sealed::File, &head).unwrap();
                let head: FileHead = minicbor::decode(&head).unwrap();
                room.insert(There { head, pieces: Vec::new() })
            }
        };
        if self.destroyed.contains(&there.head.document) {
            self.has.remove(&asked.file);
            return answer(FileState::Destroyed, 0, epoch);
        }
        if self.refused.contains(&there.head.name) {
            self.has.remove(&asked.file);
            return answer(FileState::Refused, 0, epoch);
        }
        if let Some(piece) = asked.piece
            && usize::try_from(piece.number).unwrap() == there.pieces.len()
        {
            there.pieces.push(piece.sealed.to_vec());
        }
        let state = match (there.is_whole(), self.backed_up) {
            (false, _) => FileState::Partial,
            (true, false) => FileState::Whole,
            (true, true) => FileState::BackedUp,
        };
        answer(state, there.pieces.len(), epoch)
    }

    /// A piece, or with which status it is refused.
    pub fn fetch(&mut self, asked: &FetchFile) -> Result<FetchFileAnswer, u16> {
        self.asked.push(format!("fetch {}", asked.piece));
        if let Some(status) = self.breaks.get(&asked.name) {
            return Err(*status);
        }
        if self.stops.is_some_and(|(name, piece)| name == asked.name && asked.piece >= piece) {
            return Err(500);
        }
        let Some(bytes) = self.shelf.get(&asked.name) else {
            return Ok(FetchFileAnswer { bytes: 0, piece: None });
        };
        let piece = bytes.chunks(FILE_PIECE_BYTES).nth(usize::try_from(asked.piece).unwrap());
        let piece = piece.map(|piece| piece.to_vec().into());
        Ok(FetchFileAnswer { bytes: u64::try_from(bytes.len()).unwrap(), piece })
    }

    /// Takes all that is brought.
    pub fn meet(&self, asked: &Exchange, mut answer: ExchangeAnswer) -> ExchangeAnswer {
        answer.anew = asked.hello.epoch != Some(self.epoch);
        answer.welcome.epoch = self.epoch;
        let (guarded, lease_s) = self.guarded.clone();
        answer.welcome.lease_s = lease_s;
        answer.welcome.guarded = (!guarded.is_empty()).then_some(guarded);
        answer.drop.clone_from(&self.drop);
        answer.destroyed = (!self.gone.is_empty()).then(|| self.gone.clone());
        answer.deposits = asked.deposits.iter().map(|deposit| deposit.id).collect();
        for part in &asked.push.parts {
            for chunk in &part.chunks {
                let (document, hash) = (part.document, parse(chunk).unwrap().hash);
                answer.acks.push(Ack { document, hash, outcome: Outcome::Received(1) });
            }
        }
        answer
    }

    pub fn farewell(&mut self, asked: &Farewell) -> FarewellAnswer {
        self.asked.push("farewell".to_owned());
        FarewellAnswer {
            taken: asked.deposits.iter().map(|deposit| deposit.id).collect(),
            order: self.orders.then_some(Order::Wipe),
            epoch: self.epoch,
            received: Position::at(9, Chain::default()),
            backed_up: 9,
            anew: asked.epoch != Some(self.epoch),
        }
    }
}
