//! Taking in a file: each piece is on the disk before it counts, and only the end makes it a file of its record, in one
//! commit with what the record says of it. Until then nothing but pieces without a row is there, which go when it is
//! dropped, and with the next file or opening.

use ankomst_shared::app::{Acted, FileAsk, NewFile, Refusal, Reply};
use ankomst_shared::document::Edit;
use ankomst_shared::ids::{DocumentId, EntryId, FileId, FileName};
use ankomst_shared::limits::{FILE_BYTES_MAX, FILE_PIECE_BYTES};
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::file::{FileCipher, FileHead, Naming, pieces};
use ankomst_shared::sign::{DepositRandom, deposit};
use ankomst_shared::sync::message::FileState;
use ankomst_shared::text::Word;
use ankomst_shared::value::Value;

use super::super::act::edit;
use super::super::state::Core;
use super::held::One;
use super::rows::{FileRow, coming_key, no_file, piece_key};
use crate::platform::Platform;
use crate::store::{Table, Write};

/// So many are taken in at a time; pages take in one after the other.
const AT_ONCE_MAX: usize = 16;

/// So much of what a file is called stands with it at first.
const CAPTION_CHARS_MAX: usize = 200;

/// A file that is coming.
#[derive(Clone)]
pub(super) struct Taking {
    pub(super) new: NewFile,
    pub(super) coming: Coming,
}

/// Pieces that are coming, from a page or from the server.
#[derive(Debug, Clone)]
pub(super) struct Coming {
    pub(super) file: FileId,
    pub(super) key: [u8; 32],
    pub(super) bytes: u64,
    pub(super) next: u32,
    naming: Naming,
}

impl Coming {
    /// Its name, once all of it is there.
    pub(super) fn name(&self) -> Option<FileName> {
        (Some(self.next) == pieces(self.bytes)).then(|| self.naming.clone().done())
    }

    pub(super) const fn one(&self, is_thumb: bool) -> One {
        One { file: self.file, bytes: self.bytes, key: self.key, is_thumb, own: None }
    }
}

/// A file of this tablet's, before it is on the disk.
struct Made {
    place: (DocumentId, FileName),
    one: One,
    row: FileRow,
}

impl<P: Platform> Core<P> {
    /// Does what a page says of a file.
    pub(in crate::app) async fn file(&self, ask: FileAsk) -> Result<Reply, Refusal> {
        if matches!(ask, FileAsk::Begin(_) | FileAsk::Piece(..) | FileAsk::End(..)) {
            // Somebody is there, whose screen is not to shut in the middle of it.
            self.touched();
        }
        match ask {
            FileAsk::Begin(new) => self.begin(new).await.map(|file| Reply::Entry(file.to_string())),
            FileAsk::Piece(file, number, bytes) => {
                let file = file.parse().map_err(|_| Refusal::BadValue)?;
                self.piece_of(file, number, &bytes).await.map(|()| Reply::Saved)
            }
            FileAsk::End(file, thumb) => {
                let file = file.parse().map_err(|_| Refusal::BadValue)?;
                let ended = self.end_file(file, &thumb).await;
                if ended.is_err() {
                    // It is taken in anew; a device that cannot write does it with the next one.
                    let _later = self.drop_taking(file).await;
                }
                ended.map(Reply::Acted)
            }
            FileAsk::Drop(file) => {
                let file = file.parse().map_err(|_| Refusal::BadValue)?;
                self.drop_taking(file).await.map(|()| Reply::Done)
            }
            FileAsk::Get(document, name, number) => self.show_piece(document, &name, number).await,
        }
    }

    /// The end of one that is not taken in.
    async fn drop_taking(&self, file: FileId) -> Result<(), Refusal> {
        let taking = self.with_open(|open| Ok(open.files.taking.remove(&file)))?;
        let goes = taking.map(|one| no_file(file, one.coming.bytes)).unwrap_or_default();
        if goes.is_empty() { Ok(()) } else { self.commit(goes).await }
    }

    async fn begin(&self, mut new: NewFile) -> Result<FileId, Refusal> {
        if new.bytes > FILE_BYTES_MAX {
            return Err(Refusal::LongFile);
        }
        pieces(new.bytes).ok_or(Refusal::BadValue)?;
        // A clock in a camera may be ahead; what is taken in has been taken.
        new.taken_ms = new.taken_ms.min(self.now_ms());
        // Whether it may be said of the record is asked before somebody waits for it.
        self.said(&new, (None, None), &[self.entry()?, self.entry()?])?;
        // What could not go when it was dropped goes now.
        self.tidy_files().await?;
        self.makes_room(new.bytes.saturating_add(length(FILE_PIECE_BYTES)), true).await?;
        let coming = self.coming(new.bytes)?;
        let file = coming.file;
        let left = self.with_open(|open| {
            let taking = &mut open.files.taking;
            taking.insert(file, Taking { new, coming });
            // One that a page has left.
            let mut left = taking.keys().filter(|one| **one != file).copied();
            Ok(left.next().filter(|_| taking.pairs().len() > AT_ONCE_MAX))
        })?;
        if let Some(left) = left {
            // A device that cannot write does it with the next one.
            let _later = self.drop_taking(left).await;
        }
        Ok(file)
    }

    /// A file that is to come, with a key of its own.
    pub(super) fn coming(&self, bytes: u64) -> Result<Coming, Refusal> {
        let file = FileId::new(self.now_ms(), self.random()?);
        Ok(Coming { file, key: self.random()?, bytes, next: 0, naming: Naming::default() })
    }

    async fn piece_of(&self, file: FileId, number: u32, bytes: &[u8]) -> Result<(), Refusal> {
        let taking = self.with_open(|open| Ok(open.files.taking.get(&file).cloned()))?;
        let mut coming = taking.ok_or(Refusal::Stale)?.coming;
        if coming.next != number {
            return Err(Refusal::Stale);
        }
        self.commit(coming.take(bytes)?).await?;
        self.with_open(|open| {
            let taking = open.files.taking.get_mut(&file).ok_or(Refusal::Stale)?;
            taking.coming = coming;
            Ok(())
        })
    }

    async fn end_file(&self, file: FileId, thumb: &[u8]) -> Result<Acted, Refusal> {
        let _turn = self.0.turn.take().await;
        let taking = self.with_open(|open| Ok(open.files.taking.get(&file).cloned()))?;
        let Taking { new, coming } = taking.ok_or(Refusal::Stale)?;
        let place = (new.document, coming.name().ok_or(Refusal::Stale)?);
        let mut writes = Vec::new();
        let mut made = Vec::new();
        let mut goes = Vec::new();
        if self.has_own(place)? {
            // It is here already: the record says it once more of the same file.
            writes.extend(no_file(file, coming.bytes));
        } else {
            made.push(self.made_file(place, &coming.one(false))?);
        }
        let small = self.small((new.document, thumb), &mut writes)?;
        let name = small.as_ref().map(|(name, _)| *name);
        made.extend(small.and_then(|(_, made)| made));
        for one in &made {
            goes.extend(self.with_open(|open| Ok(open.files.all.get(&one.place).cloned()))?);
            writes.extend(one.row.write(one.one.file));
            writes.push(Write::delete(Table::Files, coming_key(one.one.file)));
            writes.push(self.sealed_file(one.place, &one.one)?);
        }
        // One that was fetched has become one of this tablet's; one that the server did not take is brought anew.
        for one in &goes {
            writes.extend(self.no_sealed(new.document, one.file)?);
            writes.extend(no_file(one.file, one.bytes));
        }
        let entries = [self.entry()?, self.entry()?];
        let edits = self.said(&new, (Some(place.1), name), &entries)?;
        self.write_with(new.document, &edits, writes).await?;
        self.with_open(|open| {
            open.files.taking.remove(&file);
            for made in made {
                open.files.all.insert(made.place, made.one);
            }
            Ok(())
        })?;
        self.tell_status();
        self.0.lane.put(());
        let entry = Some(entries[0].to_string());
        Ok(Acted { say: self.say(Word::FileSaved, &[]), entry, ..Acted::default() })
    }

    /// Whether a file was taken in by this person, and is or will be with the server.
    fn has_own(&self, place: (DocumentId, FileName)) -> Result<bool, Refusal> {
        let is_over = |told| matches!(told, Some(FileState::Refused | FileState::Destroyed));
        self.with_open(|open| {
            let own = open.files.all.get(&place).and_then(|one| one.own);
            Ok(own.is_some_and(|(told, _)| !is_over(told)))
        })
    }

    /// The small picture: its name, and what is new of it. One that is too large for a piece is none.
    fn small(
        &self,
        (document, thumb): (DocumentId, &[u8]),
        writes: &mut Vec<Write>,
    ) -> Result<Option<(FileName, Option<Made>)>, Refusal> {
        if thumb.is_empty() || thumb.len() > FILE_PIECE_BYTES {
            return Ok(None);
        }
        let mut coming = self.coming(length(thumb.len()))?;
        let pieces = coming.take(thumb)?;
        let Some(name) = coming.name() else { return Ok(None) };
        if self.has_own((document, name))? {
            return Ok(Some((name, None)));
        }
        writes.extend(pieces);
        let made = self.made_file((document, name), &coming.one(true))?;
        Ok(Some((name, Some(made))))
    }

    fn made_file(&self, place: (DocumentId, FileName), one: &One) -> Result<Made, Refusal> {
        let key = one.key.to_vec().into();
        let head = FileHead { document: place.0, name: place.1, bytes: one.bytes, key };
        let head = minicbor::to_vec(&head).map_err(|_| Refusal::Internal)?;
        let random = DepositRandom { key: self.random()?, nonce: self.random()? };
        self.with_open(|open| {
            let server = &open.identity.deposit_key;
            let head = deposit::seal_as(deposit::Sealed::File, server, &head, &random)
                .map_err(|_| Refusal::Internal)?;
            let (user, device) = (open.user(), open.identity.device);
            let head = Some(head.into());
            let (told, epoch, at_ms) = (None, None, 0);
            let (bytes, is_thumb) = (one.bytes, one.is_thumb);
            let row = FileRow { user, device, head, bytes, told, epoch, at_ms, is_thumb };
            Ok(Made { place, one: One { own: Some((None, None)), ..one.clone() }, row })
        })
    }

    /// What the record says of a file.
    fn said(
        &self,
        new: &NewFile,
        (name, thumb): (Option<FileName>, Option<FileName>),
        [entry, evidence]: &[EntryId; 2],
    ) -> Result<Vec<Edit>, Refusal> {
        let key = |field: &str| format!("attachments/{entry}/{field}");
        let text = |name: Option<FileName>| name.map(|name| Value::text(name.to_string()));
        let kind = match new.mime.as_str() {
            mime if mime.starts_with("image/") => "photo",
            "application/pdf" => "pdf",
            _ => "scan",
        };
        let bytes = i64::try_from(new.bytes).unwrap_or(i64::MAX);
        let caption: String = new.caption.trim().chars().take(CAPTION_CHARS_MAX).collect();
        let user = self.with_open(|open| Ok(open.user()))?;
        let mut said = vec![
            (key("caption"), (!caption.is_empty()).then(|| Value::text(caption))),
            (key("hash"), text(name)),
            (key("thumb"), text(thumb)),
            (key("size"), Some(Value::Int(bytes))),
            (key("mime"), Some(Value::text(&new.mime))),
            (key("kind"), Some(Value::text(kind))),
            (key("taken_at"), Some(Value::Int(new.taken_ms))),
            (key("taken_by"), Some(Value::text(user.to_string()))),
            (key("geo_stripped"), Some(Value::Bool(new.geo_stripped))),
            (key("shows"), (!new.shows.is_empty()).then(|| Value::text(&new.shows))),
        ];
        if let Some(item) = new.shows.strip_prefix("item/") {
            let key = |field: &str| format!("evidence/{evidence}/{field}");
            said.push((key("item"), Some(Value::text(item))));
            said.push((key("attachment"), Some(Value::text(entry.to_string()))));
        }
        let path = FieldPath::parse(&key("hash")).map_err(|_| Refusal::Internal)?;
        self.with_open(|open| {
            let kind = open.kind(new.document).ok_or(Refusal::NotHere)?;
            let known = open.catalog.kind(kind).and_then(|kind| kind.entry_list("attachments"));
            known.ok_or(Refusal::NotHere)?;
            open.may_write(new.document, &path)
        })?;
        Ok(said.into_iter().filter_map(|(key, value)| edit(&key, value?)).collect())
    }
}

impl Coming {
    /// Seals the next piece; what is to be written of it.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<Vec<Write>, Refusal> {
        let cipher = FileCipher::new(&self.key, self.bytes);
        let sealed = cipher.seal(self.next, bytes).map_err(|_| Refusal::BadValue)?;
        let mut writes = Vec::new();
        if self.next == 0 {
            let length = self.bytes.to_be_bytes().to_vec();
            writes.push(Write::put(Table::Files, coming_key(self.file), length));
        }
        writes.push(Write::put(Table::Files, piece_key(self.file, self.next), sealed));
        self.next = self.next.saturating_add(1);
        self.naming.add(bytes);
        Ok(writes)
    }
}

fn length(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
