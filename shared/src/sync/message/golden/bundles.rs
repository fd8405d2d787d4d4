//! What goes from tablet to tablet in a file.

use super::signed::opaque;
use super::{Sample, sample};
use crate::ids::{DepositId, DeviceId, DocumentId, UserId};
use crate::sign::{Enrolment, Manifest, SigningKey};
use crate::sync::bundle::{self, Bundle, Content, Locked};
use crate::sync::message::{Deposit, Push, PushPart};

const SALT: [u8; 32] = [3; 32];
const BEGIN: &[u8] = &[1, 2, 3];

fn key() -> SigningKey {
    SigningKey::from_seed([7; 32])
}

fn manifest() -> Manifest {
    let (device, user) = (DeviceId::new(4, [4; 10]), UserId::new(3, [3; 10]));
    Manifest { device, user, at_ms: 1_790_000_000_000, sum: [6; 32] }
}

fn push() -> Push {
    let document = DocumentId::new(1, [1; 10]);
    let chunks = vec![vec![6, 6].into()];
    let part = PushPart { document, envelope: vec![5].into(), chunks, enrolment: None };
    Push { parts: vec![part] }
}

fn content() -> Content {
    let deposit = Deposit { id: DepositId::new(6, [6; 10]), sealed: vec![7, 7].into() };
    let record = Locked::of(BEGIN, &SALT, &push()).unwrap();
    Content { deposits: vec![deposit], records: vec![record] }
}

/// The server's own keys: whoever reads the file needs nothing else.
fn server() -> bundle::ServerKeys {
    (*key().public().as_bytes(), [8; 32])
}

fn file() -> Vec<u8> {
    let device = SigningKey::from_seed([9; 32]);
    let Manifest { device: id, user, at_ms, .. } = manifest();
    let public = *device.public().as_bytes();
    let name = "Platta 7".to_owned();
    let enrolment = Enrolment { device: id, user, key: public, name, at_ms }.sign(&key());
    let by = (&device, enrolment.as_slice());
    bundle::write((&server(), &SALT), by, manifest(), &content()).unwrap()
}

pub(super) fn all() -> Vec<Sample> {
    let public = key().public();
    let bundle =
        Bundle { enrolment: vec![1].into(), manifest: vec![2].into(), content: vec![3].into() };
    vec![
        sample("Manifest", manifest()),
        opaque("signed Manifest", manifest().sign(&key()), move |bytes| {
            Manifest::open(bytes, &public) == Ok(manifest())
        }),
        sample("Bundle", bundle),
        sample("Content", content()),
        sample("Locked", Locked::of(BEGIN, &SALT, &push()).unwrap()),
        opaque("file from tablet to tablet", file(), |bytes| {
            bundle::read(&server(), bytes).is_ok_and(|opened| {
                opened.content == content() && opened.changes(BEGIN) == Some(push())
            })
        }),
    ]
}
