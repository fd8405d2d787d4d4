//! One question about a file, with its next piece, and what follows from the answer. It needs no session: whoever's file it
//! is, some road of this tablet takes it home.

use ankomst_shared::app::Refusal;
use ankomst_shared::ids::{DocumentId, FileId};
use ankomst_shared::sign::file::pieces;
use ankomst_shared::sync::message::{FileState, HandInFile, HandInFileAnswer, Piece};
use ankomst_shared::sync::wire;

use super::super::farewell::Road;
use super::super::state::Core;
use super::lane::Step;
use super::rows::{FileRow, piece_key};
use crate::platform::{HttpAnswer, Method, Platform, Transport};
use crate::store::{Store, Table};

/// Longest wait that a server may ask for, in milliseconds.
pub(super) const BUSY_MS: i64 = 120_000;

/// What was asked about a file.
struct Asked {
    file: FileId,
    /// The piece that was brought.
    piece: Option<u32>,
    with_head: bool,
}

impl<P: Platform> Core<P> {
    /// Asks about a file, and brings its next piece.
    pub(super) async fn hand_in(&self, file: FileId) -> Step {
        let row = self.0.state.borrow().files.rows.get(&file).cloned();
        let (Some(row), Ok(roads)) = (row, self.roads().await) else { return Step::Nobody };
        let Some(road) = road_of(&row, &roads) else { return self.rests(file) };
        let (asked, question) = match self.question_of(file, &row, road).await {
            Ok(Some(question)) => question,
            Ok(None) => return self.is_damaged(file).await,
            Err(_) => return self.rests(file),
        };
        let path = "/api/v1/files";
        let answer =
            self.0.platform.transport().send(Method::Post, path, wire::pack_piece(&question)).await;
        let Ok(answer) = answer else {
            self.0.state.borrow_mut().files.goes(file, super::lane::Going::waits);
            return Step::Nobody;
        };
        if let Some(rest) = self.busy(&answer) {
            return rest;
        }
        let told = (answer.status == 200).then(|| wire::unpack(&answer.body).ok()).flatten();
        match told {
            Some(told) => {
                let mut left = roads.iter().filter(|road| road.vault.is_none());
                let has_vault = !left.any(|road| road.device == row.device);
                self.hear_of_file(&asked, (&row, has_vault), &told).await.unwrap_or(Step::Nobody)
            }
            None => self.rests(file),
        }
    }

    /// How long the server wants no files, if it says so.
    pub(super) fn busy(&self, answer: &HttpAnswer) -> Option<Step> {
        if !matches!(answer.status, 429 | 503) {
            return None;
        }
        let ms = i64::from(answer.retry_s.unwrap_or(1)).saturating_mul(1_000).min(BUSY_MS);
        self.0.state.borrow_mut().files.busy_ms = self.now_ms().saturating_add(ms);
        Some(Step::Rest(Some(ms)))
    }

    fn rests(&self, file: FileId) -> Step {
        let now_ms = self.now_ms();
        self.0.state.borrow_mut().files.goes(file, |going| going.rests(now_ms));
        Step::More
    }

    /// A piece of one is lost here: it never comes whole, and that is said of it until it is taken anew.
    async fn is_damaged(&self, file: FileId) -> Step {
        let Some(epoch) = self.files_epoch() else { return self.rests(file) };
        let told = HandInFileAnswer { state: FileState::Refused, have: 0, epoch };
        match self.note_file(file, true, &told).await {
            Ok(()) => Step::More,
            Err(_) => self.rests(file),
        }
    }

    /// What is asked; nothing where the piece that is next is not on the disk.
    ///
    /// # Errors
    /// When the disk cannot be read.
    async fn question_of(
        &self,
        file: FileId,
        row: &FileRow,
        road: &Road,
    ) -> Result<Option<(Asked, HandInFile)>, Refusal> {
        let going = self.0.state.borrow().files.going.get(&file).copied().unwrap_or_default();
        // Of one that the server has spoken of, it is asked first how far it has come.
        let number = going.have.or(row.told.is_none().then_some(0));
        let with_head = going.needs_head || number == Some(0);
        let piece = match number {
            Some(number) => {
                let row = self.0.platform.store().get(Table::Files, &piece_key(file, number)).await;
                let row = row.map_err(|_| Refusal::Storage)?;
                let Some(sealed) = row else { return Ok(None) };
                Some(Piece { number, sealed: sealed.into() })
            }
            None => None,
        };
        let head = row.head.clone().filter(|_| with_head);
        let (device, token) = (road.device, road.token.clone());
        let asked = Asked { file, piece: number, with_head };
        Ok(Some((asked, HandInFile { device, token, file, head, piece })))
    }

    async fn hear_of_file(
        &self,
        asked: &Asked,
        (row, has_vault): (&FileRow, bool),
        told: &HandInFileAnswer,
    ) -> Result<Step, Refusal> {
        let now_ms = self.now_ms();
        let is_news = {
            let mut state = self.0.state.borrow_mut();
            state.files.epoch.replace(told.epoch) != Some(told.epoch)
        };
        if is_news {
            // Another life of the log: what is written is to be told first.
            self.0.wake.put(());
        }
        match told.state {
            FileState::Unknown | FileState::Partial => {
                let is_unknown = told.state == FileState::Unknown;
                let (have, count) = (if is_unknown { 0 } else { told.have }, pieces(row.bytes));
                let moves = match asked.piece {
                    // It was only asked.
                    None => true,
                    Some(piece) => have > piece,
                };
                let mut state = self.0.state.borrow_mut();
                state.files.goes(asked.file, |going| {
                    if moves && Some(have) < count {
                        going.moves(have);
                    } else {
                        going.rests(now_ms);
                        going.have = Some(have).filter(|have| Some(*have) < count);
                    }
                    going.needs_head = is_unknown && !asked.with_head;
                });
                Ok(Step::More)
            }
            FileState::NoRoom => Ok(self.rests(asked.file)),
            FileState::Whole | FileState::BackedUp | FileState::Refused | FileState::Destroyed => {
                self.note_file(asked.file, has_vault, told).await?;
                Ok(Step::More)
            }
        }
    }

    /// Notes what has become of a file.
    async fn note_file(
        &self,
        file: FileId,
        has_vault: bool,
        told: &HandInFileAnswer,
    ) -> Result<(), Refusal> {
        let _turn = self.0.turn.take().await;
        let now_ms = self.now_ms();
        let row = self.0.state.borrow().files.rows.get(&file).cloned();
        // It may have gone meanwhile.
        let Some(row) = row else { return Ok(()) };
        let (is_safe, is_over) =
            (told.state == FileState::BackedUp, told.state == FileState::Destroyed);
        // Nobody will read it here, or nothing was lost by it.
        if is_safe && !has_vault || is_over && (!has_vault || row.is_whole(Some(told.epoch))) {
            self.let_go(&[file]).await?;
            self.tell_status();
            return Ok(());
        }
        let row = FileRow { told: Some(told.state), epoch: Some(told.epoch), at_ms: now_ms, ..row };
        let mut writes = if is_over { self.no_pieces_of(file) } else { Vec::new() };
        writes.extend(row.write(file));
        self.commit(writes).await?;
        let record = self.with_open(|open| Ok(open.hears_of(file, &row)));
        self.tell_of(record.ok().flatten());
        self.tell_status();
        Ok(())
    }

    /// What is shown of the files of a record has changed.
    pub(super) fn tell_of(&self, record: Option<DocumentId>) {
        if let Some(record) = record {
            self.tell_changes(&[record]);
        }
    }
}

/// The road of the device that took it in, or one of the same person, or any.
fn road_of<'a>(row: &FileRow, roads: &'a [Road]) -> Option<&'a Road> {
    let good = || roads.iter().filter(|road| !road.token.is_empty());
    let own = good().find(|road| road.device == row.device);
    own.or_else(|| good().find(|road| road.user == row.user)).or_else(|| good().next())
}
