//! SQLite: three files in the data folder, one writer, readers apart.

pub mod accounts;
pub mod aside;
pub mod backed;
pub mod backup;
pub mod brought;
pub mod counts;
pub mod cuts;
pub mod decided;
pub mod destroyed;
pub mod devices;
pub mod enrolled;
pub mod file_keys;
pub mod files;
pub mod files_beside;
pub mod files_lost;
pub mod first;
pub mod grants;
pub mod guards;
pub mod held;
pub mod homes;
pub mod keys;
pub mod lines;
pub mod links;
pub mod log;
pub mod marks;
pub mod open;
pub mod passkeys;
#[cfg(test)]
mod plans;
pub mod register;
pub mod rights;
pub mod rows;
pub mod staff;
pub mod stricter;
pub mod trials;
pub mod units;
pub mod verify;
pub mod wants;
pub mod weights;
pub mod within;
pub mod writer;
pub mod writers;

pub use keys::Keys;
pub use open::{Readers, Schema, checkpoint, open_log};
pub use writer::Writer;

pub use rusqlite::Connection;

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

/// An id as a blob column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Blob<T>(pub T);

macro_rules! blobs {
    ($($name:ident),+) => { $(
        impl ToSql for Blob<ankomst_shared::ids::$name> {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(ToSqlOutput::Borrowed(ValueRef::Blob(self.0.as_bytes())))
            }
        }

        impl FromSql for Blob<ankomst_shared::ids::$name> {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let bytes = value.as_blob()?;
                ankomst_shared::ids::$name::try_from(bytes)
                    .map(Self)
                    .map_err(|error| FromSqlError::Other(Box::new(error)))
            }
        }
    )+ };
}

blobs!(
    ActorId, ChangeHash, DeviceId, DocumentId, Epoch, FileId, FileName, SessionId, UnitId, UserId
);
