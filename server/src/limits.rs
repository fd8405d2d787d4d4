//! Every bound of a running server, beside those of the protocol in `ankomst_shared::limits`. The table
//! in `docs/operations.md` says what somebody meets who exceeds one.

use core::time::Duration;

use ankomst_shared::limits::FILE_BYTES_MAX;

/// Connections at one time beside as many as there may be live sockets.
pub const CONNECTIONS_BESIDE: usize = 1_024;
/// Connections at one time from one address; this machine itself, where a proxy stands, has no such bound.
pub const CONNECTIONS_OF_ADDRESS_MAX: usize = 256;
/// Live sockets at one time, if the setting `sockets` says nothing else.
pub const SOCKETS: usize = 1_024;
/// Live sockets at one time that the setting may allow.
pub const SOCKETS_MAX: usize = 16_384;
/// Live sockets of one session at one time: its tabs.
pub const SOCKETS_OF_SESSION_MAX: usize = 4;
/// A reader of a live socket that takes longer for one message is cut off; it begins again with an exchange. No more
/// than one stretch of the feed is made for it meanwhile.
pub const MESSAGE_READ_WITHIN: Duration = Duration::from_secs(20);
/// Files the system is asked to allow, beside one for each connection.
pub const OPEN_FILES: u64 = 6_144;
/// Headers of one request.
pub const HEADERS_MAX: usize = 64;
/// All headers of one request with its first line, in bytes.
pub const HEADER_BYTES_MAX: usize = 32 * 1024;
/// Address asked for, in bytes.
pub const URL_BYTES_MAX: usize = 2_048;
/// The headers of a request must come in this time, the first as well as the next of a connection: so
/// long a connection may rest.
pub const HEADERS_WITHIN: Duration = Duration::from_secs(30);
/// A sender that says nothing for this long in the middle of a message is cut off.
pub const SILENCE_MAX: Duration = Duration::from_secs(20);
/// A connection whose other end takes nothing of what is sent for this long is cut off. What fills the
/// buffers on the way takes a slow line minutes.
pub const UNREAD_MAX: Duration = Duration::from_mins(5);
/// An exchange that is not read and answered in this time is given up; a tablet asks again.
pub const EXCHANGE_WITHIN: Duration = Duration::from_mins(5);
/// Any other request that is not read and answered in this time is given up.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// Requests at one time on one HTTP/2 connection.
pub const STREAMS_MAX: u32 = 64;
/// Exchanges at one time: each may hold 16 MiB, packed.
pub const EXCHANGES_AT_ONCE: usize = 32;
/// A device that asks while an exchange of its own is under way is asked to come again after this, in seconds.
pub const NEXT_EXCHANGE_S: u32 = 1;
/// Values of all kinds in what a tablet says at once: the most that honest ones say is a fifth of it.
pub const ITEMS_MAX: usize = 200_000;
/// New changes of one device stored in a row: years of a person's work, for after a restore.
pub const NEW_BURST: u64 = 50_000;
/// New changes of one device stored in an hour, once it has had [`NEW_BURST`].
pub const NEW_HOURLY: u64 = 20_000;
/// Bytes of new changes of one device stored in a row.
pub const NEW_BYTES_BURST: u64 = 256 * 1024 * 1024;
/// Bytes of new changes of one device stored in an hour, once it has had [`NEW_BYTES_BURST`].
pub const NEW_BYTES_HOURLY: u64 = 64 * 1024 * 1024;
/// An account may have so many times as much as one device.
pub const NEW_OF_ACCOUNT: u64 = 2;
/// What the changes of one record may weigh that is visible or waits for its trial: their bytes, and 256 for each
/// operation. A trial opens so much within a quarter of its memory and of its time; what is more is held as `large`.
pub const RECORD_WEIGHT_MAX: u64 = 64 * 1024 * 1024;
/// What those of one author may weigh of it.
pub const AUTHOR_WEIGHT_MAX: u64 = RECORD_WEIGHT_MAX / 4;
/// From this weight on a record that goes on keeps nothing only because it was said lately.
pub const HEAVY_WEIGHT: u64 = AUTHOR_WEIGHT_MAX / 4 * 3;
/// Changes of a record let in at a time; the others follow when these have been tried.
pub const LET_IN_MAX: usize = 256;
/// What may come of all changes of one push, inflated, in bytes; the rest is offered again. An honest one has no more.
pub const UNPACKED_MAX: usize = 64 * 1024 * 1024;
/// So often the deposits of one exchange are gone through for what one brought and another lacked.
pub const DEPOSIT_ROUNDS_MAX: usize = 8;
/// Changes of one author that wait for a decision; more stay on their tablet until some have been decided about.
pub const HELD_MAX: usize = 5_000;
/// Tablets that hand in without a session at one time: each may bring 8 MiB.
pub const FAREWELLS_AT_ONCE: usize = 8;
/// Bodies of farewells that are on their way at one time.
pub const FAREWELL_BODIES_AT_ONCE: usize = 16;
/// Those of pieces of files.
pub const PIECE_BODIES_AT_ONCE: usize = 64;
/// Of these bodies one that is slower gives way to another where there is no place, in bytes a second.
pub const BODY_PACE_MIN: u64 = 4 * 1024;
/// Pieces of files that are taken in at one time.
pub const PIECES_IN_AT_ONCE: usize = 8;
/// Pieces of files that are given at one time.
pub const PIECES_OUT_AT_ONCE: usize = 16;
/// Files that one device begins or goes on with in a day.
pub const FILES_DAILY: u64 = 5_000;
/// Bytes of these.
pub const FILE_BYTES_DAILY: u64 = 2 * 1024 * 1024 * 1024;
/// Of these, files that were begun and then refused: each has cost two waits for the disk, and no row counts it.
pub const FILES_REFUSED_DAILY: u64 = 100;
/// A device that is none of those that are used now has such a part of both.
pub const FILES_LATE_PART: u64 = 8;
// The longest file comes in from each of them.
const _: () = assert!(FILE_BYTES_DAILY / FILES_LATE_PART >= FILE_BYTES_MAX);
/// Requests to sign in, renew or sign out at one time.
pub const DOORS_AT_ONCE: usize = 64;
/// Requests of administration at one time, and as many others.
pub const DESKS_AT_ONCE: usize = 64;
/// The app's files at one time.
pub const FILES_AT_ONCE: usize = 256;
/// When to come again after having been sent away, in seconds.
pub const AGAIN_AFTER_S: u32 = 2;
/// What is under way when the server is told to stop has so long to end.
pub const DRAIN_MAX: Duration = Duration::from_secs(7);
/// After this long a server that was told to stop ends whatever is under way.
pub const STOP_MAX: Duration = Duration::from_secs(10);
