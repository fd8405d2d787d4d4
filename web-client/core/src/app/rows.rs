//! What is stored of a person's work: chunks, drafts, and where the exchange with the server stands.
//!
//! Keys begin with the person's id, so that each vault finds its own; all values are sealed but the
//! deposits, which are sealed to the server.

use std::collections::BTreeSet;

use ankomst_shared::app::Refusal;
use ankomst_shared::chunk::parse;
use ankomst_shared::ids::{ChangeHash, DepositId, DocumentId, Epoch, UserId};
use ankomst_shared::limits::LEASE_S;
use ankomst_shared::path::FieldPath;
use ankomst_shared::sign::{Enrolment, Header, PublicKey};
use ankomst_shared::sync::Position;
pub(super) use ankomst_shared::sync::client::Stage;
use ankomst_shared::sync::client::{Arrived, Place};
use ankomst_shared::sync::message::{Away, HeldNote, Welcome};
use ankomst_shared::value::Value;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use super::lost::Lost;
use crate::store::Table;
use crate::vault::DataKey;

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct ChunkRow {
    #[n(0)]
    pub(super) bytes: ByteVec,
    /// The author's envelope; it covers this change.
    #[n(1)]
    pub(super) envelope: ByteVec,
    #[n(2)]
    pub(super) stage: Stage,
    #[n(3)]
    pub(super) received_ms: Option<i64>,
    /// Of a change written here: it had arrived at the server when this many changes had, 0 before
    /// that is known.
    #[n(4)]
    pub(super) own: Option<u64>,
}

/// What a person has typed and that is not a change yet.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Draft {
    #[n(0)]
    pub(super) value: Value,
    /// It fits the field; what does not fit is kept as typed and not made a change.
    #[n(1)]
    pub(super) fits: bool,
    #[n(2)]
    pub(super) at_ms: i64,
}

/// Where the exchange stands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub(super) struct Standing {
    #[n(0)]
    pub(super) epoch: Option<Epoch>,
    #[n(1)]
    pub(super) cursor: Position,
    #[n(2)]
    pub(super) high: Position,
    #[n(3)]
    pub(super) wants: Vec<DocumentId>,
    #[n(4)]
    pub(super) people: Vec<(UserId, String)>,
    #[n(5)]
    pub(super) devices: Vec<(ankomst_shared::ids::DeviceId, String)>,
    #[n(6)]
    pub(super) clock_offset_s: Option<i64>,
    #[n(7)]
    pub(super) last_contact_ms: Option<i64>,
    #[n(8)]
    pub(super) has_backup: bool,
    #[n(9)]
    #[cbor(default)]
    pub(super) leaving: BTreeSet<DocumentId>,
    #[n(10)]
    #[cbor(default)]
    pub(super) unsure: BTreeSet<DocumentId>,
    /// The introduction was read.
    #[n(11)]
    #[cbor(default)]
    pub(super) understood: bool,
    /// Tablets away with houses, as the server last told a supervisor.
    #[n(12)]
    #[cbor(default)]
    pub(super) away: Vec<Away>,
    /// Everything that arrived up to this number is in a backup that was read whole.
    #[n(13)]
    #[cbor(default)]
    pub(super) backed_up: u64,
    /// Enrolments of devices that no backup has yet.
    #[n(14)]
    #[cbor(default)]
    pub(super) enrolments: Vec<ByteVec>,
    /// Name of the person's unit, as it stands on paper.
    #[n(15)]
    #[cbor(default)]
    pub(super) unit: String,
    /// Records the server still had for this tablet after its last answer.
    #[n(16)]
    #[cbor(default)]
    pub(super) left: u32,
    /// How long this device may be read without contact.
    #[n(20)]
    #[cbor(default)]
    pub(super) lease: Lease,
    /// When a screen that nobody touches shuts, as the server last said, in seconds; 0 before it has.
    #[n(21)]
    #[cbor(default)]
    pub(super) shuts_s: u32,
    /// Records that were destroyed here, for the person to know.
    #[n(22)]
    #[cbor(default)]
    pub(super) lost: Vec<Lost>,
    /// Those of which the server is to be told that they are gone.
    #[n(23)]
    #[cbor(default)]
    pub(super) owes: Vec<DocumentId>,
    /// Houses that were taken along and have gone back by themselves, until they are taken along again.
    #[n(24)]
    #[cbor(default)]
    pub(super) returned: Vec<DocumentId>,
    /// What is held for a person, as the server last told.
    #[n(25)]
    #[cbor(default)]
    pub(super) held: Vec<HeldHere>,
}

/// So many lines of what is held are kept for reading without contact; the server has all.
const HELD_LINES_MAX: usize = 100;
/// So much of a reason in the server's own words, in characters.
const HELD_REASON_CHARS: usize = 200;

/// Changes of one record that are held for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct HeldHere {
    #[n(0)]
    pub(super) document: DocumentId,
    /// The code that `ankomst_shared::text::held` has words for.
    #[n(1)]
    pub(super) reason: String,
    #[n(2)]
    pub(super) changes: u32,
}

impl HeldHere {
    /// Those of all that the server names.
    pub(super) fn of<'a>(notes: impl Iterator<Item = &'a HeldNote>) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        for note in notes {
            let reason: String = note.reason.chars().take(HELD_REASON_CHARS).collect();
            let mut same = all.iter_mut().filter(|one| one.document == note.document);
            if let Some(one) = same.find(|one| one.reason == reason) {
                one.changes = one.changes.saturating_add(1);
            } else if all.len() < HELD_LINES_MAX {
                all.push(Self { document: note.document, reason, changes: 1 });
            }
        }
        all
    }
}

/// How long a device may be read without contact. Time is counted, not compared: a clock set back takes away
/// nothing of what was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub(super) struct Lease {
    /// Counted since the server's last answer, in milliseconds.
    #[n(0)]
    pub(super) used_ms: i64,
    /// The device's clock when it was last counted; 0 before that.
    #[n(1)]
    at_ms: i64,
    /// As the server last said, in seconds; 0 before it has.
    #[n(2)]
    given_s: u32,
    /// Of what is counted, written down.
    #[n(3)]
    pub(super) written_ms: i64,
}

impl Lease {
    /// A lease as the server gives it with an answer.
    const fn given(given_s: u32, now_ms: i64) -> Self {
        Self { used_ms: 0, at_ms: now_ms, given_s, written_ms: 0 }
    }

    /// Counts what has passed while no vault was open.
    pub(super) fn resumes(&mut self, now_ms: i64) {
        let before = if self.at_ms == 0 { now_ms } else { self.at_ms };
        self.passes(now_ms.saturating_sub(before).max(0), now_ms);
    }

    /// Counts what has passed.
    pub(super) const fn passes(&mut self, ms: i64, now_ms: i64) {
        self.used_ms = self.used_ms.saturating_add(ms);
        self.at_ms = now_ms;
    }

    /// Ends so long from now, if it does not before.
    pub(super) fn shortens(&mut self, seconds: u32) {
        let ends_ms = self.used_ms.saturating_add(i64::from(seconds) * 1_000).min(self.given_ms());
        // An end that has passed stays one: nought is a lease as long as usual.
        self.given_s = u32::try_from(ends_ms / 1_000).unwrap_or(u32::MAX).max(1);
    }

    fn left_ms(&self) -> i64 {
        self.given_ms().saturating_sub(self.used_ms)
    }

    fn given_ms(&self) -> i64 {
        i64::from(if self.given_s == 0 { LEASE_S } else { self.given_s }) * 1_000
    }

    /// Whether the device is not to be read without contact any more.
    pub(super) fn is_over(&self) -> bool {
        self.left_ms() <= 0
    }

    /// When that will be, by the device's clock to the minute, once a seventh of it is left.
    pub(super) fn ends_ms(&self) -> Option<i64> {
        let left = self.left_ms();
        let is_near = left > 0 && left <= self.given_ms() / 7;
        is_near.then_some(self.at_ms.saturating_add(left).div_euclid(60_000) * 60_000)
    }
}

impl Standing {
    /// The part the exchange reads and moves, with what anybody on this device was told.
    pub(super) fn place(&self, arrived: Arrived) -> Place {
        Place {
            arrived: arrived.told(self.epoch),
            epoch: self.epoch,
            cursor: self.cursor,
            high: self.high,
            leaving: self.leaving.clone(),
            unsure: self.unsure.clone(),
        }
    }

    /// Takes that part back.
    pub(super) fn set_place(&mut self, place: Place) {
        let Place { epoch, cursor, high, leaving, unsure, arrived: _ } = place;
        (self.epoch, self.cursor, self.high) = (epoch, cursor, high);
        (self.leaving, self.unsure) = (leaving, unsure);
    }

    /// Keeps the enrolments of devices that a backup does not have, and of those that the server does
    /// not know any more: it was put back, and others' work may come back only with them.
    fn hear_enrolments(&mut self, welcome: &Welcome, server_key: [u8; 32]) {
        let key = PublicKey::from_bytes(server_key);
        let is_known = |bytes: &ByteVec| {
            let device = Enrolment::open(bytes, &key).map(|enrolment| enrolment.device);
            welcome.devices.iter().any(|(id, _)| device == Ok(*id))
        };
        self.enrolments.retain(|bytes| !is_known(bytes));
        self.enrolments.extend_from_slice(&welcome.enrolments);
    }

    /// Takes in what the server says of itself and of everybody.
    pub(super) fn hear_welcome(&mut self, welcome: &Welcome, server_key: [u8; 32], now_ms: i64) {
        self.hear_enrolments(welcome, server_key);
        let people = welcome.people.iter();
        self.people = people.map(|person| (person.user, person.name.clone())).collect();
        self.devices.clone_from(&welcome.devices);
        self.has_backup = welcome.has_backup;
        self.away.clone_from(&welcome.away);
        self.unit.clone_from(&welcome.unit);
        self.clock_offset_s = Some((now_ms - welcome.server_ms).div_euclid(1000));
        self.last_contact_ms = Some(now_ms);
        self.lease = Lease::given(welcome.lease_s, now_ms);
        self.shuts_s = welcome.shuts_s;
    }
}

pub(super) const VAULTS: &[u8] = b"vault/";
/// There when the tablet was wiped by order and nobody has signed in since.
pub(super) const EMPTIED: &[u8] = b"emptied";
pub(super) const LANGUAGE: &[u8] = b"language";

/// Highest place in the order of arrival that anybody here was told; open, as deposits are.
pub(super) const ARRIVED: &[u8] = b"arrived";

/// What passkeys wrap, by the login of the vault: beside its record, so that programs which know no passkeys keep it.
pub(super) const PASSKEYS: &[u8] = b"passkey/";

pub(super) fn passkey_key(login: &str) -> Vec<u8> {
    [PASSKEYS, login.as_bytes()].concat()
}

pub(super) fn vault_key(login: &str) -> Vec<u8> {
    [VAULTS, login.as_bytes()].concat()
}

pub(super) fn identity_key(user: UserId) -> Vec<u8> {
    [b"identity/", user.as_bytes().as_slice()].concat()
}

pub(super) fn standing_key(user: UserId) -> Vec<u8> {
    [b"standing/", user.as_bytes().as_slice()].concat()
}

pub(super) fn chunk_key(user: UserId, document: DocumentId, hash: &ChangeHash) -> Vec<u8> {
    [user.as_bytes().as_slice(), document.as_bytes(), hash.as_bytes()].concat()
}

pub(super) fn read_chunk_key(key: &[u8]) -> Option<(DocumentId, ChangeHash)> {
    let (_, rest) = key.split_at_checked(16)?;
    let (document, hash) = rest.split_at_checked(16)?;
    Some((DocumentId::try_from(document).ok()?, ChangeHash::try_from(hash).ok()?))
}

pub(super) fn draft_key(user: UserId, document: DocumentId, path: &FieldPath) -> Vec<u8> {
    [user.as_bytes().as_slice(), document.as_bytes(), path.as_str().as_bytes()].concat()
}

pub(super) fn read_draft_key(key: &[u8]) -> Option<(DocumentId, FieldPath)> {
    let (_, rest) = key.split_at_checked(16)?;
    let (document, path) = rest.split_at_checked(16)?;
    let path = FieldPath::parse(core::str::from_utf8(path).ok()?).ok()?;
    Some((DocumentId::try_from(document).ok()?, path))
}

/// The deposit of a change; its id follows from the change.
pub(super) fn deposit_id(hash: &ChangeHash) -> DepositId {
    DepositId::from_bytes(hash.as_bytes().first_chunk().copied().unwrap_or_default())
}

pub(super) fn deposit_key(user: UserId, id: DepositId) -> Vec<u8> {
    [user.as_bytes().as_slice(), id.as_bytes()].concat()
}

pub(super) fn read_deposit_key(key: &[u8]) -> Option<(UserId, DepositId)> {
    let (user, id) = key.split_at_checked(16)?;
    Some((UserId::try_from(user).ok()?, DepositId::try_from(id).ok()?))
}

/// What is noted of a deposit stands right after it.
pub(super) fn noted_key(user: UserId, id: DepositId) -> Vec<u8> {
    [deposit_key(user, id).as_slice(), b"n"].concat()
}

/// The header of a document in its first change.
pub(super) fn header_in(row: &ChunkRow) -> Option<Header> {
    let info = parse(&row.bytes).ok()?;
    Header::peek(info.ops.iter().find_map(|op| op.header.as_deref())?).ok()
}

/// Opens and reads a sealed row.
pub(super) fn open_row<T: for<'b> Decode<'b, ()>>(
    key: &DataKey,
    table: Table,
    row: &[u8],
    sealed: &[u8],
) -> Result<T, Refusal> {
    let bytes = key.open(table, row, sealed).map_err(|_| Refusal::Storage)?;
    minicbor::decode(&bytes).map_err(|_| Refusal::Storage)
}
