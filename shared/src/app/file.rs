//! Pictures and other files between page and worker: in pieces, so that a long one never stands in memory.

use crate::app::badge::Badge;
use crate::ids::DocumentId;

/// What a page says of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileAsk {
    /// Begins to take one in; the reply names what the rest is said of.
    Begin(NewFile),
    /// Its next piece by that name: its number and its bytes, `limits::FILE_PIECE_BYTES` of them in all but the last.
    Piece(String, u32, Vec<u8>),
    /// That was all of it; with the bytes of a small picture of it, or none. From here on it is in its record.
    End(String, Vec<u8>),
    /// It is given up.
    Drop(String),
    /// Asks for a piece of a file of a record by the file's name; one that is not here is fetched.
    Get(DocumentId, String, u32),
}

/// A file that is being taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// The record it will belong to.
    pub document: DocumentId,
    /// What it shows there, `item/<id>` or `<list>/<entry>`; empty for the record as such.
    pub shows: String,
    /// What it is called where it was chosen; empty for a picture that was taken.
    pub caption: String,
    /// Its type.
    pub mime: String,
    /// How long it is, in bytes.
    pub bytes: u64,
    /// When it was taken, Unix milliseconds.
    pub taken_ms: i64,
    /// What a camera notes in a picture, the place above all, was taken out.
    pub geo_stripped: bool,
}

/// The files of a record, or of one thing in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FilesView {
    /// Where more are taken in: the record, and what of it they show; nothing where none may be.
    pub at: Option<(DocumentId, String)>,
    /// Those that are there.
    pub files: Vec<FileView>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileView {
    /// Its entry; stays the same.
    pub key: String,
    /// The record it belongs to.
    pub document: DocumentId,
    /// Its name there.
    pub name: String,
    /// Its type.
    pub mime: String,
    /// Name of a small picture of it that is on this device.
    pub thumb: Option<String>,
    /// What it is called.
    pub caption: String,
    /// What it shows, for who does not see it.
    pub alt: String,
    /// How long it is, when it was taken, by whom.
    pub detail: String,
    /// How far it has come.
    pub badge: Badge,
    /// What stands in its place while it is not on this device; empty if it is.
    pub elsewhere: String,
    /// Where what is said of it can be changed.
    pub href: String,
}

packed! {
    enum FileAsk { Begin(a), Piece(a, b, c), End(a, b), Drop(a), Get(a, b, c) }
    struct NewFile { document, shows, caption, mime, bytes, taken_ms, geo_stripped }
    struct FilesView { at, files }
    struct FileView { key, document, name, mime, thumb, caption, alt, detail, badge, elsewhere, href }
}
