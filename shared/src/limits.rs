//! Every bound of the product in one place: no queue, body, list, retry or wait is without one.

/// Largest text a person may type into one field, in bytes of UTF-8.
pub const FIELD_TEXT_BYTES_MAX: usize = 64 * 1024;
/// Most that one counting may add to a counter.
pub const COUNTING_MAX: i64 = 100_000;
/// Longest key of a document, in bytes.
pub const PATH_BYTES_MAX: usize = 160;
/// Largest change on the wire, in bytes, as sent.
pub const CHUNK_WIRE_BYTES_MAX: usize = 512 * 1024;
/// Largest change inflated, in bytes.
pub const CHUNK_INFLATED_BYTES_MAX: usize = 1024 * 1024;
/// Most operations in one change.
pub const CHUNK_OPS_MAX: u64 = 4_096;
/// Most statements that one change replaces.
pub const CHUNK_REPLACES_MAX: u64 = 16_384;
/// Most dependencies of one change.
pub const CHUNK_DEPS_MAX: usize = 256;
/// Most other actors a change may name.
pub const CHUNK_ACTORS_MAX: usize = 1_024;
/// Longest commit message of a change, in bytes.
pub const CHUNK_MESSAGE_BYTES_MAX: usize = 4_096;
/// At this many actors a document is continued in a successor.
pub const DOCUMENT_ACTORS_MAX: usize = 500;
/// At this many changes a document is continued in a successor.
pub const DOCUMENT_CHANGES_MAX: usize = 10_000;
/// At this many, once what it records has ended.
pub const CLOSED_CHANGES_MAX: usize = 1_000;
/// Most changes of ended lines that one push carries over, fewer of a heavy record; the rest is offered again.
pub const CARRIED_MAX: usize = 64;
/// Most changes in one exchange.
pub const PUSH_CHUNKS_MAX: usize = 2_000;
/// Largest body of one exchange, in bytes.
pub const SYNC_BODY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Largest message on the live socket, in bytes.
pub const SOCKET_MESSAGE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most feed entries in one batch from the server.
pub const FEED_BATCH_CHUNKS_MAX: usize = 4_000;
/// Largest file that one tablet hands to another, in bytes.
pub const BUNDLE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Most CBOR values in such a file.
pub const BUNDLE_VALUES_MAX: usize = 200_000;
/// Longest picture or other file, in bytes.
pub const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// A picture or other file goes in pieces of so many bytes; the last one may be shorter.
pub const FILE_PIECE_BYTES: usize = 128 * 1024;
/// Most bytes of pictures and other files on one tablet, of everybody on it.
pub const FILES_HERE_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;
/// So much of what a browser grants is left to what is written, in bytes; of more than ten times that, a tenth.
pub const FILES_LEAVE_BYTES: u64 = 200_000_000;
/// Most sealed deposits handed in by one exchange.
pub const DEPOSITS_MAX: usize = 500;
/// Most openings of records that one exchange tells of.
pub const LOOKS_MAX: usize = 500;
/// Most enrolments of devices not yet backed up that one answer tells, the newest.
pub const ENROLMENTS_MAX: u32 = 100;
/// Most documents a device is unsure of that one exchange judges.
pub const UNSURE_MAX: usize = 20_000;
/// Most documents one exchange sends whole again because a device asks for them.
pub const HEAL_MAX: usize = 2_000;
/// Records that one answer names as destroyed.
pub const DESTROYED_MAX: usize = 50;
/// Most houses a device may have taken along at a time.
pub const WANTS_MAX: usize = 2_000;
/// Documents kept open on a tablet.
pub const OPEN_DOCUMENTS_MAX: usize = 50;
/// Most half-typed answers of forms that are no records; the oldest goes first.
pub const ASKED_MAX: usize = 200;
/// Rest after the last keystroke before drafts become a change, in milliseconds.
pub const DRAFT_REST_MS: i64 = 3_000;
/// Rest after the last keystroke before drafts are sealed to the server as well, in milliseconds.
pub const DRAFT_DEPOSIT_MS: i64 = 1_000;
/// Shortest passphrase of a vault, in characters.
pub const PASSPHRASE_CHARS_MIN: usize = 12;
/// Fewest and most digits of a PIN.
pub const PIN_DIGITS_MIN: usize = 4;
/// See [`PIN_DIGITS_MIN`].
pub const PIN_DIGITS_MAX: usize = 12;
/// This many wrong PINs in a row, and the passphrase is needed.
pub const PIN_TRIES_MAX: u32 = 5;
/// Half the wait after the first wrong PIN, in milliseconds; it doubles with each.
pub const PIN_WAIT_MS: i64 = 500;
/// A PIN opens so long after the passphrase did, in milliseconds.
pub const PIN_LIFE_MS: i64 = 12 * 3_600_000;
/// A screen that nobody touches shuts after this, in milliseconds.
pub const SCREEN_SHUTS_MS: i64 = 300_000;
/// A device is read so long without contact when the server has said nothing else, in seconds.
pub const LEASE_S: u32 = 7 * 86_400;
/// And so long with what is protected on it.
pub const LEASE_PROTECTED_S: u32 = 12 * 3_600;
/// A device clock off by more than this is shown, in seconds.
pub const CLOCK_OFFSET_SHOWN_S: i64 = 120;
/// Largest header, envelope or enrolment, in bytes.
pub const SIGNED_BYTES_MAX: usize = 4_096;
/// Most columns a change may have.
pub const CHUNK_COLUMNS_MAX: usize = 32;
/// Furthest a claimed time may lie from 1970, in milliseconds: the end of the year 9999. A device
/// with a wrong clock loses no work, a forged one breaks no calculation.
pub const CLAIMED_MS_MAX: i64 = 253_402_300_799_999;
/// Most fields and entries that one cleaning of a record names.
pub const CUT_PATHS_MAX: usize = 100;
/// Longest reason of a cleaning, in characters.
pub const CUT_REASON_CHARS_MAX: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    macro_rules! named {
        ($($name:ident),+ $(,)?) => {
            BTreeMap::from([$((stringify!($name), i128::try_from($name).unwrap())),+])
        };
    }

    /// What a number with its unit is.
    fn number(text: &str) -> i128 {
        let (number, unit) = text.split_once(' ').unwrap_or((text, ""));
        let unit = match unit {
            "" | "bytes" => 1,
            "KiB" => 1024,
            "MiB" => 1024 * 1024,
            other => panic!("unit {other}"),
        };
        number.replace(',', "").parse::<i128>().unwrap() * unit
    }

    #[test]
    fn the_document_of_the_protocol_says_these_limits() {
        let named = named!(
            SYNC_BODY_BYTES_MAX,
            PUSH_CHUNKS_MAX,
            BUNDLE_BYTES_MAX,
            BUNDLE_VALUES_MAX,
            FILE_BYTES_MAX,
            LOOKS_MAX,
            DESTROYED_MAX,
            DEPOSITS_MAX,
            SOCKET_MESSAGE_BYTES_MAX,
            ENROLMENTS_MAX,
            FEED_BATCH_CHUNKS_MAX,
            UNSURE_MAX,
            HEAL_MAX,
            WANTS_MAX,
            CHUNK_WIRE_BYTES_MAX,
            CHUNK_INFLATED_BYTES_MAX,
            CHUNK_OPS_MAX,
            CHUNK_REPLACES_MAX,
            CHUNK_DEPS_MAX,
            CHUNK_ACTORS_MAX,
            CHUNK_COLUMNS_MAX,
            CHUNK_MESSAGE_BYTES_MAX,
            PATH_BYTES_MAX,
            FIELD_TEXT_BYTES_MAX,
            CLAIMED_MS_MAX,
            SIGNED_BYTES_MAX,
        );
        let mut said = BTreeMap::new();
        for line in include_str!("../../docs/protocol.md").lines() {
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            let [_, _, limit, name, _] = cells.as_slice() else { continue };
            let name = name.strip_prefix('`').and_then(|name| name.strip_suffix('`'));
            if let Some(name) = name.filter(|name| name.ends_with("_MAX")) {
                assert!(said.insert(name, number(limit)).is_none(), "{name} twice");
            }
        }
        assert_eq!(said, named);
    }
}
