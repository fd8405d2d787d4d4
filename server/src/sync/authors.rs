//! Whose word an arriving change is.

use std::collections::BTreeSet;

use ankomst_shared::chunk::{ChunkInfo, parse};
use ankomst_shared::ids::ChangeHash;
use ankomst_shared::sign::{AuthorEnvelope, CarriedEnvelope, PublicKey};
use ankomst_shared::sync::message::PushPart;
use rusqlite::Connection;

use crate::app::App;
use crate::storage::StorageError;
use crate::storage::sqlite::accounts::{self, DeviceRow};
use crate::storage::sqlite::destroyed;
use crate::sync::office::Office;

/// Whose word a part is.
pub(super) enum Author {
    /// That of a device, known or shown to be enrolled by this server.
    Is(Box<(AuthorEnvelope, Option<DeviceRow>)>),
    /// That of this server, which has carried a change over from an ended line and says whose it is.
    Carried(Box<CarriedEnvelope>),
    /// The server's own.
    Office(Box<AuthorEnvelope>, Office),
    /// That of a device this log does not know: it was enrolled after the backup the log is from, or
    /// never. Nothing is stored and nothing refused: the change waits on the device that brings it.
    Unknown,
    /// Nobody's.
    Nobody,
}

/// The changes an envelope vouches for: the last one of the part, which it names, and of the earlier
/// ones those that a vouched one builds on. Everything else in the part is somebody else's word.
pub(super) fn covered(infos: &[&ChunkInfo], last: ChangeHash) -> BTreeSet<ChangeHash> {
    let mut covered = BTreeSet::new();
    if infos.last().is_none_or(|info| info.hash != last) {
        return covered;
    }
    covered.insert(last);
    let mut named: BTreeSet<ChangeHash> = BTreeSet::new();
    for info in infos.iter().rev() {
        if info.hash == last || named.contains(&info.hash) {
            covered.insert(info.hash);
            named.extend(&info.deps);
        }
    }
    covered
}

/// Whose word a part is: its envelope is signed by an enrolled device of that person.
pub(super) fn author(app: &App, db: &Connection, part: &PushPart) -> Result<Author, StorageError> {
    if destroyed::is_nothing(part.document) {
        return Ok(Author::Nobody);
    }
    let Ok(claimed) = AuthorEnvelope::peek(&part.envelope) else {
        let carried = CarriedEnvelope::open(&part.envelope, &app.secrets.server.public()).ok();
        let carried = carried.filter(|carried| carried.document == part.document);
        return Ok(carried.map_or(Author::Nobody, |carried| Author::Carried(Box::new(carried))));
    };
    let office = Office::of(app.secrets.server.public());
    if claimed.device == office.device {
        let opened = AuthorEnvelope::open(&part.envelope, &office.key).ok();
        let opened =
            opened.filter(|author| author.document == part.document && author.user == office.user);
        return Ok(opened.map_or(Author::Nobody, |author| Author::Office(Box::new(author), office)));
    }
    let known = accounts::device(db, claimed.device)?;
    let is_known = known.is_some();
    let device = match known {
        Some(device) => Some(device),
        None => newcomer(app, db, part)?.filter(|device| device.id == claimed.device),
    };
    let Some(device) = device else { return Ok(Author::Unknown) };
    let opened = AuthorEnvelope::open(&part.envelope, &PublicKey::from_bytes(device.key)).ok();
    let opened =
        opened.filter(|author| author.document == part.document && author.user == device.user);
    let newcomer = (!is_known).then_some(device);
    Ok(opened.map_or(Author::Nobody, |author| Author::Is(Box::new((author, newcomer)))))
}

/// The device whose enrolment a part carries, if this server has signed it and knows the person.
fn newcomer(
    app: &App,
    db: &Connection,
    part: &PushPart,
) -> Result<Option<DeviceRow>, StorageError> {
    let enrolment = part.enrolment.as_ref().map_or(&[][..], |bytes| bytes.as_slice());
    let Some(device) = DeviceRow::enrolled(enrolment, &app.secrets.server.public()) else {
        return Ok(None);
    };
    Ok(accounts::user(db, device.user)?.is_some().then_some(device))
}

/// Whose a change is that this server has carried over: it says so itself.
pub(super) fn spoken_for(part: &PushPart, carried: &CarriedEnvelope) -> Option<AuthorEnvelope> {
    let [chunk] = part.chunks.as_slice() else { return None };
    let info = parse(chunk).ok()?;
    (info.hash == carried.change && info.actor == carried.actor).then_some(AuthorEnvelope {
        document: part.document,
        actor: info.actor,
        user: info.meta.user,
        device: info.meta.device,
        opened_ms: 0,
        last: info.hash,
    })
}

#[cfg(test)]
mod tests {
    use ankomst_shared::document::{Authoring, Document, Edit};
    use ankomst_shared::ids::{ActorId, DeviceId, UserId};
    use ankomst_shared::path::FieldPath;
    use ankomst_shared::value::Value;

    use super::*;

    fn by() -> Authoring {
        Authoring {
            device: DeviceId::from_bytes([1; 16]),
            user: UserId::from_bytes([2; 16]),
            now_ms: 1_000,
            clock_offset_s: None,
            review_heads: Vec::new(),
        }
    }

    fn say(text: &str) -> Vec<Edit> {
        vec![Edit { path: FieldPath::parse("arriving_from").unwrap(), value: Value::text(text) }]
    }

    #[test]
    fn a_forged_change_before_the_genuine_last_one_is_nobodys() {
        let actor = ActorId::from_bytes([3; 16]);
        let (mut mine, first) = Document::create(actor, vec![1], &say("Provby"), &by()).unwrap();
        let mut stranger = Document::open(actor, [first.bytes.as_slice()]).unwrap();
        let second = mine.commit(&say("Testby"), &by()).unwrap().unwrap();
        let third = mine.commit(&say("Fiktby"), &by()).unwrap().unwrap();
        let false_one = stranger.commit(&say("Falskby"), &by()).unwrap().unwrap();
        let infos = [&first, &second, &third, &false_one].map(|chunk| parse(&chunk.bytes).unwrap());
        let [first, second, third, false_one] = &infos;
        let all = [first.hash, second.hash, third.hash];
        assert_eq!(covered(&[first, second, third], third.hash), all.into());
        assert_eq!(covered(&[false_one, third], third.hash), [third.hash].into());
        assert_eq!(
            covered(&[second, false_one, third], third.hash),
            [second.hash, third.hash].into()
        );
        assert_eq!(covered(&[third, false_one], third.hash), BTreeSet::new());
        assert_eq!(covered(&[], third.hash), BTreeSet::new());
    }
}
