//! Somebody brings a picture, piece by piece.

use std::io::Result;

use ankomst_server::storage::files::place_of;
use ankomst_shared::ids::{DocumentId, FileId};
use ankomst_shared::limits::FILE_PIECE_BYTES;
use ankomst_shared::sign::deposit::{Sealed, seal_as};
use ankomst_shared::sign::file::{FileCipher, Naming};
use ankomst_shared::sign::{DepositRandom, FileHead};
use ankomst_shared::sync::message::{FileState, HandInFile, HandInFileAnswer, Piece};
use ankomst_shared::sync::wire;

use crate::hand::{Hand, drawn, now_ms};
use crate::promise::Promise;

impl Hand<'_> {
    /// Takes a picture of a record in and brings it to its end, if nothing fails. Gives the last status.
    pub(crate) fn brings(&mut self, document: DocumentId, plain: &[u8]) -> Result<u16> {
        let (mut naming, key, file) = (Naming::default(), drawn(), FileId::new(now_ms(), drawn()));
        naming.add(plain);
        let bytes = u64::try_from(plain.len()).unwrap();
        let head = FileHead { document, name: naming.done(), bytes, key: key.to_vec().into() };
        let random = DepositRandom { key: drawn(), nonce: drawn() };
        let head = minicbor::to_vec(&head).unwrap();
        let head = seal_as(Sealed::File, &self.me.deposit_key, &head, &random).unwrap();
        let (cipher, device) = (FileCipher::new(&key, bytes), self.me.device);
        let token = self.me.hand_in.clone().unwrap();
        let mut status = 200;
        for (piece, number) in plain.chunks(FILE_PIECE_BYTES).zip(0..) {
            let sealed = cipher.seal(number, piece).unwrap().into();
            let (head, piece) = (Some(head.clone().into()), Some(Piece { number, sealed }));
            let asked = HandInFile { device, token: token.clone(), file, head, piece };
            let answer = self.wire.post("/api/v1/files", &wire::pack(&asked))?;
            status = answer.status;
            if status != 200 {
                break;
            }
            let told: HandInFileAnswer = wire::unpack(&answer.body).unwrap();
            match told.state {
                FileState::Partial | FileState::Whole if told.have == number + 1 => {
                    let is_whole = told.state == FileState::Whole;
                    let promise = Promise::Piece(place_of(device, file), told.have, is_whole);
                    self.book.note(answer.place, promise);
                }
                FileState::NoRoom => break,
                other => panic!("an honest piece was answered {other:?}"),
            }
        }
        Ok(status)
    }
}
