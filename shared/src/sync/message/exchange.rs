//! The one question and its answer: `POST /api/v1/sync`.

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use crate::ids::{ChangeHash, DepositId, DeviceId, DocumentId, Epoch, UnitId, UserId};
use crate::sync::chain::Position;
use crate::sync::digest::Digest;
use crate::sync::message::PROTOCOL_VERSION;
use crate::sync::message::destroyed::Destroyed;
use crate::sync::message::door::Me;
use crate::sync::message::looks::Looks;
use crate::sync::message::push::{Ack, Deposit, Push};

/// Everything a tablet has to say.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Exchange {
    /// The greeting.
    #[n(0)]
    pub hello: Hello,
    /// Unsent changes.
    #[n(1)]
    pub push: Push,
    /// Sealed work of others on this device.
    #[n(2)]
    pub deposits: Vec<Deposit>,
    /// What was opened here without contact; a device that does not count it says nothing.
    #[n(3)]
    pub looks: Option<Looks>,
    /// Records that the device was told were destroyed, and of which it has nothing any more.
    #[n(4)]
    pub gone: Option<Vec<DocumentId>>,
}

/// Who asks and what is known already.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Hello {
    /// Oldest version of the protocol spoken.
    #[n(0)]
    pub version_min: u16,
    /// Newest version spoken.
    #[n(1)]
    pub version_max: u16,
    /// Bits of optional abilities.
    #[n(2)]
    pub capabilities: u64,
    /// Build of the program, for support.
    #[n(3)]
    pub build: String,
    /// The enrolment.
    #[n(4)]
    pub device: DeviceId,
    /// Life of the server's log as last told.
    #[n(5)]
    pub epoch: Option<Epoch>,
    /// Last place in the feed scanned.
    #[n(6)]
    pub cursor: Position,
    /// Highest place in the feed ever told.
    #[n(7)]
    pub high: Position,
    /// Sum of the changes delivered for all held documents up to the cursor.
    #[n(8)]
    pub digest: Digest,
    /// Houses taken along.
    #[n(9)]
    pub wants: Vec<DocumentId>,
    /// Documents to be sent whole again.
    #[n(10)]
    pub heal: Vec<DocumentId>,
    /// Documents of which the device does not know whether it should still hold them; those it
    /// should not are ordered to be dropped.
    #[n(11)]
    #[cbor(default)]
    pub unsure: Vec<DocumentId>,
    /// Highest place in the order of arrival that anybody on the device was told in this epoch.
    #[n(12)]
    #[cbor(default)]
    pub arrived: Position,
}

impl Hello {
    /// The greeting of a device that knows nothing yet and can do nothing that not every one can.
    #[must_use]
    pub fn first(device: DeviceId, build: String) -> Self {
        Self {
            version_min: PROTOCOL_VERSION,
            version_max: PROTOCOL_VERSION,
            capabilities: 0,
            build,
            device,
            epoch: None,
            cursor: Position::default(),
            high: Position::default(),
            digest: Digest::default(),
            wants: Vec::new(),
            heal: Vec::new(),
            unsure: Vec::new(),
            arrived: Position::default(),
        }
    }
}

/// The server's answer.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ExchangeAnswer {
    /// Who answers.
    #[n(0)]
    pub welcome: Welcome,
    /// What became of the pushed changes.
    #[n(1)]
    pub acks: Vec<Ack>,
    /// Deposits that are on the server's disk.
    #[n(2)]
    pub deposits: Vec<DepositId>,
    /// Documents this device must no longer hold; unsent changes go first.
    #[n(3)]
    pub drop: Vec<DocumentId>,
    /// Documents it has not had, whole.
    #[n(4)]
    pub documents: Vec<DocumentHistory>,
    /// Changes of held documents after the cursor.
    #[n(5)]
    pub feed: FeedBatch,
    /// Sum of the changes delivered for all held documents up to the new cursor.
    #[n(6)]
    pub digest: Digest,
    /// Changes of this person, and those of others that this device has brought, that are held for a person to look at.
    #[n(7)]
    pub held: Vec<HeldNote>,
    /// Documents still to come; ask again.
    #[n(8)]
    pub documents_left: u32,
    /// The log is not the one known: send everything the device has once more.
    #[n(9)]
    pub anew: bool,
    /// Sums of each held document, sent when the total of the greeting did not fit.
    #[n(10)]
    pub digests: Vec<(DocumentId, Digest)>,
    /// The total of the greeting did not fit: `digests` names every document held.
    #[n(11)]
    #[cbor(default)]
    pub compared: bool,
    /// How far what was opened without contact is in the server's access log; the device forgets it up to there.
    #[n(12)]
    pub looked: Option<u64>,
    /// Records that were lawfully destroyed, until the device says that it has nothing of them any more; at most
    /// [`DESTROYED_MAX`](crate::limits::DESTROYED_MAX). Left out where there are none.
    #[n(13)]
    pub destroyed: Option<Vec<Destroyed>>,
    /// Houses taken along that go back, because nobody has opened them on this device for long or too many are along: it
    /// takes them along no more. Left out where there are none.
    #[n(14)]
    pub returned: Option<Vec<DocumentId>>,
}

/// Who answers, and who everybody is.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Welcome {
    /// Version chosen.
    #[n(0)]
    pub version: u16,
    /// Abilities in common.
    #[n(1)]
    pub capabilities: u64,
    /// Life of the log.
    #[n(2)]
    pub epoch: Epoch,
    /// The server's clock, Unix milliseconds.
    #[n(3)]
    pub server_ms: i64,
    /// The person.
    #[n(4)]
    pub me: Me,
    /// Names of colleagues and devices, for showing who said what.
    #[n(5)]
    pub people: Vec<Person>,
    /// Names of devices.
    #[n(6)]
    pub devices: Vec<(DeviceId, String)>,
    /// There is a checked backup that is not too old. What it holds says `backed_up`.
    #[n(7)]
    pub has_backup: bool,
    /// For supervisors: tablets that are away with a house, so that answers may be missing.
    #[n(8)]
    #[cbor(default)]
    pub away: Vec<Away>,
    /// Newest place in the order of arrival at the time of the answer: all that it acknowledges or
    /// shows has arrived by then.
    #[n(9)]
    #[cbor(default)]
    pub received: Position,
    /// Everything that arrived up to this number is in the newest backup of this life of the log
    /// that was read whole; 0 without one.
    #[n(10)]
    #[cbor(default)]
    pub backed_up: u64,
    /// Signed enrolments of devices that are not in the newest backup yet, so that whoever brings
    /// their changes back after a restore can show whose they are.
    #[n(11)]
    #[cbor(default)]
    pub enrolments: Vec<ByteVec>,
    /// Name of the person's unit, as it stands on paper.
    #[n(12)]
    #[cbor(default)]
    pub unit: String,
    /// How long the device may be read without contact, in seconds; 0 from a server that says nothing of it.
    #[n(13)]
    #[cbor(default)]
    pub lease_s: u32,
    /// When a screen that nobody touches shuts, in seconds; 0 for as long as usual.
    #[n(14)]
    #[cbor(default)]
    pub shuts_s: u32,
    /// The server's word that this device may hand in sealed work without a session, for one that says it
    /// [`LACKS_HAND_IN`].
    #[n(15)]
    pub hand_in: Option<ByteVec>,
    /// What is protected of what the device holds: it does not stay there beyond `lease_s` without contact. Left out
    /// where there is none.
    #[n(16)]
    pub guarded: Option<Vec<DocumentId>>,
    /// `guarded` may not be all: what was told before holds, too.
    #[n(17)]
    pub guarded_more: Option<bool>,
}

/// A tablet that has taken houses along and has no contact.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Away {
    /// The tablet.
    #[n(0)]
    pub device: DeviceId,
    /// Whose it is.
    #[n(1)]
    pub user: UserId,
    /// Last contact, Unix milliseconds.
    #[n(2)]
    pub seen_ms: i64,
    /// The houses.
    #[n(3)]
    pub houses: Vec<DocumentId>,
}

/// A colleague.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Person {
    /// Id.
    #[n(0)]
    pub user: UserId,
    /// Name.
    #[n(1)]
    pub name: String,
}

/// A document whole.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DocumentHistory {
    /// The document.
    #[n(0)]
    pub document: DocumentId,
    /// Its kind.
    #[n(1)]
    pub kind: String,
    /// The document it belongs to.
    #[n(2)]
    pub parent: Option<DocumentId>,
    /// Its unit.
    #[n(3)]
    pub unit: UnitId,
    /// All its visible changes up to the cursor.
    #[n(4)]
    pub chunks: Vec<DeliveredChunk>,
    /// The document goes on with less behind it ([`crate::continued`]): a device that holds it from before
    /// holds another line, and gives that up once nothing of it is only there.
    #[n(5)]
    pub again: Option<bool>,
}

/// Bit of [`Hello::capabilities`]: the device can change from one line of a document to another.
pub const CAN_CHANGE_LINES: u64 = 1;

/// Bit of [`Hello::capabilities`]: the device was enrolled before there was a road home without a session.
pub const LACKS_HAND_IN: u64 = 2;

/// A change from the server.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DeliveredChunk {
    /// The document.
    #[n(0)]
    pub document: DocumentId,
    /// The change.
    #[n(1)]
    pub hash: ChangeHash,
    /// Its number in the feed.
    #[n(2)]
    pub feed: u64,
    /// Its bytes; left out for the device that sent it.
    #[n(3)]
    pub bytes: Option<ByteVec>,
    /// The author's envelope it came with; left out with the bytes.
    #[n(4)]
    pub envelope: Option<ByteVec>,
    /// When the server received it, Unix milliseconds.
    #[n(5)]
    pub received_ms: i64,
}

/// Changes after a cursor.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct FeedBatch {
    /// Changes of held documents.
    #[n(0)]
    pub chunks: Vec<DeliveredChunk>,
    /// The new cursor: last number scanned.
    #[n(1)]
    pub cursor: Position,
}

/// A change that is held.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct HeldNote {
    /// The document.
    #[n(0)]
    pub document: DocumentId,
    /// The change.
    #[n(1)]
    pub hash: ChangeHash,
    /// Stable code of the reason, e.g. `trial`.
    #[n(2)]
    pub reason: String,
}
