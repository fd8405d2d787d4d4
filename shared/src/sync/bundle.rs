//! The file that one tablet hands to another where there is no server: a bundle.
//!
//! It is sealed for all devices of one server, so whoever finds it learns how large it is. In it are deposits, sealed to the
//! server as they lie on the tablet, for the other one to carry; and of each record with something new the single
//! changes, sealed once more for those who have that record already. Its maker has signed all of it.
//! Normative: `docs/protocol.md`, section 8a.

use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use crate::chunk::sha256;
use crate::limits::{BUNDLE_BYTES_MAX, BUNDLE_VALUES_MAX};
use crate::order;
use crate::sign::copy::CopyError;
use crate::sign::lock::{self, Lock, Purpose};
use crate::sign::{Enrolment, Manifest, PublicKey, SignError, SigningKey};
use crate::sync::client::batch::CARRIED_BYTES_MAX;
use crate::sync::message::{Deposit, Push};

/// Most deposits and records in one file, and most changes of one record in it: each is made of fewer values than this
/// leaves it.
pub const BUNDLE_ITEMS_MAX: usize = BUNDLE_VALUES_MAX / 16;
/// Lengths, keys and ids of one of them take fewer bytes.
const ITEM_BYTES: usize = 64;
/// What stands around them takes fewer: seals, sums, enrolment, manifest.
const FRAME_BYTES: usize = 16 * 1024;

/// What is under the seal of the file.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Bundle {
    /// The enrolment of its maker as the server signed it.
    #[n(0)]
    pub enrolment: ByteVec,
    /// What its maker has signed.
    #[n(1)]
    pub manifest: ByteVec,
    /// A [`Content`], as it was signed.
    #[n(2)]
    pub content: ByteVec,
}

/// What is handed over.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
#[cbor(map)]
pub struct Content {
    /// Work that the server does not have, sealed to it.
    #[n(0)]
    pub deposits: Vec<Deposit>,
    /// Changes of records, for those who have them.
    #[n(1)]
    pub records: Vec<Locked>,
}

/// Changes of one record.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Locked {
    /// By what those who have the record find it.
    #[n(0)]
    pub tag: ByteVec,
    /// A [`Push`], sealed as it is: what is packed may be larger than it looks.
    #[n(1)]
    pub sealed: ByteVec,
}

/// A file that is being filled; what does not fit goes with the next.
#[derive(Debug, Default)]
pub struct Filling {
    /// What is in it.
    pub content: Content,
    bytes: usize,
}

impl Filling {
    /// Takes a deposit in, if there is room; one larger than any that travels so is left out.
    pub fn deposit(&mut self, deposit: Deposit) -> bool {
        if deposit.sealed.len() > CARRIED_BYTES_MAX {
            return true;
        }
        let fits = self.fits(deposit.sealed.len());
        self.content.deposits.extend(fits.then_some(deposit));
        fits
    }

    /// Takes changes of a record in, if there is room.
    pub fn record(&mut self, record: Locked) -> bool {
        let fits = self.fits(record.sealed.len());
        self.content.records.extend(fits.then_some(record));
        fits
    }

    fn fits(&mut self, bytes: usize) -> bool {
        let after = self.bytes + bytes + ITEM_BYTES;
        let items = self.content.deposits.len() + self.content.records.len();
        let fits = items < BUNDLE_ITEMS_MAX && after <= BUNDLE_BYTES_MAX - FRAME_BYTES;
        self.bytes = if fits { after } else { self.bytes };
        fits
    }
}

/// The keys that the server has told each of its devices: for signatures, and for deposits.
pub type ServerKeys = ([u8; 32], [u8; 32]);

/// A bundle that was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Its maker.
    pub by: Enrolment,
    /// What is in it, records in the order of their tags.
    pub content: Content,
    /// The salt of the file.
    pub salt: [u8; 32],
}

/// Why a file is not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// Something else.
    #[error("this is no bundle")]
    Foreign,
    /// Its end is missing.
    #[error("the bundle is cut off")]
    CutOff,
    /// Some of its bytes are other ones, or no device of this server has made it.
    #[error("the bundle is damaged")]
    Damaged,
    /// It is of another server.
    #[error("the bundle is of another server")]
    Elsewhere,
    /// It is larger than any that a tablet makes.
    #[error("the bundle is too large")]
    TooLarge,
}

impl From<CopyError> for BundleError {
    fn from(fault: CopyError) -> Self {
        match fault {
            CopyError::Foreign => Self::Foreign,
            CopyError::CutOff => Self::CutOff,
            CopyError::Damaged => Self::Damaged,
        }
    }
}

impl Locked {
    /// Seals changes of a record for those who have it; `begin` is the change that the record begins with.
    ///
    /// # Errors
    /// When the cipher refuses, which is a defect.
    pub fn of(begin: &[u8], salt: &[u8; 32], changes: &Push) -> Result<Self, SignError> {
        let lock = Lock::of(Purpose::Record, &[begin], salt)?;
        let changes = minicbor::to_vec(changes).map_err(|_| SignError::Unreadable)?;
        let sealed = lock.seal(&changes)?;
        Ok(Self { tag: lock.tag().to_vec().into(), sealed: sealed.into() })
    }
}

impl Opened {
    /// The changes for those who have the record that begins with that change, if there are any.
    #[must_use]
    pub fn changes(&self, begin: &[u8]) -> Option<Push> {
        let lock = Lock::of(Purpose::Record, &[begin], &self.salt).ok()?;
        let records = &self.content.records;
        let tag = lock.tag();
        let at = records.binary_search_by(|one| one.tag.as_slice().cmp(tag.as_slice())).ok()?;
        let found = records.get(at)?;
        minicbor::decode_within(&lock.open(&found.sealed).ok()?, BUNDLE_VALUES_MAX).ok()
    }
}

/// Makes the file: signed by its maker, sealed for the devices of the server.
///
/// # Errors
/// When the cipher refuses, which is a defect.
pub fn write(
    (keys, salt): (&ServerKeys, &[u8; 32]),
    (key, enrolment): (&SigningKey, &[u8]),
    manifest: Manifest,
    content: &Content,
) -> Result<Vec<u8>, SignError> {
    let content = minicbor::to_vec(content).map_err(|_| SignError::Unreadable)?;
    let manifest = Manifest { sum: sha256(&[&content]), ..manifest }.sign(key);
    let bundle = Bundle {
        enrolment: enrolment.to_vec().into(),
        manifest: manifest.into(),
        content: content.into(),
    };
    let bytes = minicbor::to_vec(bundle).map_err(|_| SignError::Unreadable)?;
    let lock = file_lock(keys, salt)?;
    let sealed = lock.seal(&bytes)?;
    Ok(lock::write(salt, &lock, sealed))
}

/// Opens a file, if a device of this server has made it and nobody has changed it since.
///
/// # Errors
/// See [`BundleError`].
pub fn read(keys: &ServerKeys, file: &[u8]) -> Result<Opened, BundleError> {
    if file.len() > BUNDLE_BYTES_MAX {
        return Err(BundleError::TooLarge);
    }
    let (salt, tag, sealed) = lock::read(file)?;
    let lock = file_lock(keys, &salt).map_err(|_| BundleError::Damaged)?;
    if tag != lock.tag() {
        return Err(BundleError::Elsewhere);
    }
    let bytes = lock.open(&sealed).map_err(|_| BundleError::Damaged)?;
    // It may be large: no more than two of it lie in memory beside the file.
    drop(sealed);
    opened(keys, salt, bytes).ok_or(BundleError::Damaged)
}

fn opened(keys: &ServerKeys, salt: [u8; 32], bytes: Vec<u8>) -> Option<Opened> {
    let bundle: Bundle = minicbor::decode_within(&bytes, BUNDLE_VALUES_MAX).ok()?;
    drop(bytes);
    let by = Enrolment::open(&bundle.enrolment, &PublicKey::from_bytes(keys.0)).ok()?;
    let manifest = Manifest::open(&bundle.manifest, &PublicKey::from_bytes(by.key)).ok()?;
    let is_theirs = (manifest.device, manifest.user) == (by.device, by.user);
    let is_whole = manifest.sum == sha256(&[&bundle.content]);
    let mut content: Content = minicbor::decode_within(&bundle.content, BUNDLE_VALUES_MAX).ok()?;
    order::sort_by_key(&mut content.records, |one| one.tag.to_vec());
    let travels = content.deposits.iter().all(|one| one.sealed.len() <= CARRIED_BYTES_MAX);
    (is_theirs && is_whole && travels).then_some(Opened { by, content, salt })
}

fn file_lock((signing, deposits): &ServerKeys, salt: &[u8; 32]) -> Result<Lock, SignError> {
    Lock::of(Purpose::File, &[signing, deposits], salt)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{DepositId, DeviceId, DocumentId, UserId};
    use crate::sync::message::PushPart;
    use proptest::prelude::*;

    const SALT: [u8; 32] = [3; 32];
    const BEGIN: &[u8] = b"what a record begins with";

    fn server() -> SigningKey {
        SigningKey::from_seed([7; 32])
    }

    fn keys() -> ServerKeys {
        (*server().public().as_bytes(), [8; 32])
    }

    fn enrolment(key: &SigningKey) -> Enrolment {
        let (device, user) = (DeviceId::from_bytes([1; 16]), UserId::from_bytes([2; 16]));
        let key = *key.public().as_bytes();
        Enrolment { device, user, key, name: "Surfplatta".to_owned(), at_ms: 5 }
    }

    fn manifest() -> Manifest {
        let by = enrolment(&server());
        Manifest { device: by.device, user: by.user, at_ms: 6, sum: [0; 32] }
    }

    fn push() -> Push {
        let document = DocumentId::from_bytes([4; 16]);
        let chunks = vec![vec![9; 40].into()];
        let part = PushPart { document, envelope: vec![5].into(), chunks, enrolment: None };
        Push { parts: vec![part] }
    }

    fn content() -> Content {
        let deposit = Deposit { id: DepositId::from_bytes([6; 16]), sealed: vec![7; 50].into() };
        let record = Locked::of(BEGIN, &SALT, &push()).unwrap();
        Content { deposits: vec![deposit], records: vec![record] }
    }

    fn file_by(key: &SigningKey, enrolled: &[u8]) -> Vec<u8> {
        write((&keys(), &SALT), (key, enrolled), manifest(), &content()).unwrap()
    }

    fn file() -> Vec<u8> {
        let key = SigningKey::from_seed([1; 32]);
        file_by(&key, &enrolment(&key).sign(&server()))
    }

    #[test]
    fn a_record_is_read_only_by_who_has_it() {
        let opened = read(&keys(), &file()).unwrap();
        assert_eq!(opened.content, content());
        assert_eq!(opened.changes(BEGIN), Some(push()));
        assert_eq!(opened.changes(b"another record"), None);
        // The tag of a record tells nothing in the next file.
        let other = Locked::of(BEGIN, &[4; 32], &push()).unwrap();
        assert!(opened.content.records.iter().all(|one| one.tag != other.tag));
    }

    #[test]
    fn only_a_device_of_this_server_makes_a_file() {
        let key = SigningKey::from_seed([1; 32]);
        let own = enrolment(&key);
        assert_eq!(read(&keys(), &file()).map(|opened| opened.by), Ok(own.clone()));
        // Signed by itself, by another device, and for another person.
        let damaged = Err(BundleError::Damaged);
        assert_eq!(read(&keys(), &file_by(&key, &own.sign(&key))), damaged);
        let stolen = SigningKey::from_seed([2; 32]);
        assert_eq!(read(&keys(), &file_by(&stolen, &own.sign(&server()))), damaged);
        let other = Enrolment { user: UserId::from_bytes([9; 16]), ..own };
        assert_eq!(read(&keys(), &file_by(&key, &other.sign(&server()))), damaged);
    }

    #[test]
    fn what_does_not_fit_is_left_for_the_next_file() {
        let deposit = |bytes: usize| {
            let id = DepositId::from_bytes([6; 16]);
            Deposit { id, sealed: vec![7; bytes].into() }
        };
        let key = SigningKey::from_seed([1; 32]);
        let is_read = |content: &Content| {
            let by = enrolment(&key).sign(&server());
            let file = write((&keys(), &SALT), (&key, &by), manifest(), content).unwrap();
            assert!(file.len() <= BUNDLE_BYTES_MAX);
            read(&keys(), &file).map(|opened| opened.content) == Ok(content.clone())
        };
        let mut many = Filling::default();
        let fitting = (0..=BUNDLE_ITEMS_MAX).filter(|_| many.deposit(deposit(1))).count();
        assert_eq!(fitting, BUNDLE_ITEMS_MAX);
        assert!(is_read(&many.content), "as many as fit are too many");
        let mut large = Filling::default();
        assert!(large.deposit(deposit(CARRIED_BYTES_MAX + 1)), "it bars the way");
        assert!(large.content.deposits.is_empty(), "it is refused with all of the file");
        for bytes in [CARRIED_BYTES_MAX + 1, 17 << 20] {
            let deposits = vec![deposit(bytes)];
            assert!(!is_read(&Content { deposits, ..Content::default() }), "it fits nowhere");
        }
        let fitting = (0..19).filter(|_| large.deposit(deposit(CARRIED_BYTES_MAX))).count();
        assert_eq!(fitting, 15);
        let sealed = vec![1; 4 << 20].into();
        assert!(!large.record(Locked { tag: vec![2].into(), sealed }));
        assert!(large.deposit(deposit(3 << 20)), "what is smaller still fits");
        assert!(is_read(&large.content), "as much as fits is too much");
        let part = push().parts.remove(0);
        let signed = Some(vec![1; 300].into());
        let parts = vec![PushPart { enrolment: signed, ..part }; BUNDLE_ITEMS_MAX];
        let record = Locked::of(BEGIN, &SALT, &Push { parts }).unwrap();
        let opened = Opened {
            by: enrolment(&key),
            content: Content { deposits: Vec::new(), records: vec![record] },
            salt: SALT,
        };
        let read = opened.changes(BEGIN).map(|push| push.parts.len());
        assert_eq!(read, Some(BUNDLE_ITEMS_MAX), "as many changes as fit are too many");
    }

    #[test]
    fn a_file_says_what_is_wrong_with_it() {
        let file = file();
        let elsewhere = (keys().0, [9; 32]);
        assert_eq!(read(&elsewhere, &file), Err(BundleError::Elsewhere));
        assert_eq!(read(&keys(), b"%PDF-1.7"), Err(BundleError::Foreign));
        assert_eq!(read(&keys(), &vec![0; BUNDLE_BYTES_MAX + 1]), Err(BundleError::TooLarge));
        for end in 1..file.len() {
            assert_eq!(read(&keys(), &file[..end]), Err(BundleError::CutOff), "cut off at {end}");
        }
    }

    proptest! {
        #[test]
        fn a_changed_file_is_refused_whole(
            changes in proptest::collection::vec((any::<prop::sample::Index>(), 1_u8..), 1..5),
            more in proptest::collection::vec(any::<u8>(), 0..9),
        ) {
            let whole = file();
            let mut changed = whole.clone();
            for (at, by) in changes {
                changed[at.index(whole.len())] ^= by;
            }
            changed.extend(more);
            prop_assume!(changed != whole);
            prop_assert!(read(&keys(), &changed).is_err());
        }

        #[test]
        fn any_bytes_under_a_good_seal_are_read_or_refused(
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let lock = file_lock(&keys(), &SALT).unwrap();
            let file = lock::write(&SALT, &lock, lock.seal(&bytes).unwrap());
            prop_assert_eq!(read(&keys(), &file), Err(BundleError::Damaged));
        }

        #[test]
        fn any_content_that_is_well_signed_is_read_or_refused(
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let key = SigningKey::from_seed([1; 32]);
            let bundle = Bundle {
                enrolment: enrolment(&key).sign(&server()).into(),
                manifest: Manifest { sum: sha256(&[&bytes]), ..manifest() }.sign(&key).into(),
                content: bytes.into(),
            };
            drop(opened(&keys(), SALT, minicbor::to_vec(bundle).unwrap()));
        }
    }
}
