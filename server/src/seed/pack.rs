//! The village as signed changes, ready to be pushed.

use std::collections::BTreeMap;

use ankomst_shared::document::{Authoring, Chunk, Document, Edit};
use ankomst_shared::ids::{ActorId, ChangeHash, DeviceId, DocumentId, EntryId, UnitId, UserId};
use ankomst_shared::merge::review_edits;
use ankomst_shared::sign::header::review_of;
use ankomst_shared::sign::{AuthorEnvelope, Header, SigningKey};
use ankomst_shared::sync::message::{Push, PushPart};

use super::draw::Draw;
use super::outline::{HOUSEHOLDS, HOUSES, Protection, SENT};
use super::record::{self, Answers, CasePlace, Occupant};
use super::staff::{GUESTS_DEPARTMENT, STAFF, WRITERS};
use super::village::{Household, village};
use super::{STORY_MS, STREAM, SeedError};

/// The pack's ids: unit, accounts and the devices it is written on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ids {
    /// The unit.
    pub unit: UnitId,
    /// Accounts in the order of [`STAFF`].
    pub users: Vec<UserId>,
    /// Devices of those who write, in the order of [`WRITERS`].
    pub devices: Vec<DeviceId>,
}

/// The pack: ids and what is pushed.
#[derive(Debug)]
pub struct Pack {
    /// Its ids.
    pub ids: Ids,
    /// The pushes, one for each document, in an order in which parents come first.
    pub pushes: Vec<Push>,
}

/// Writes the story with one signing key for each of the devices.
///
/// # Errors
/// When the outline does not fit the pools or the catalog.
pub fn pack(seed: u64, keys: &[SigningKey; 4]) -> Result<Pack, SeedError> {
    // Apart from the village's stream, so that a new name does not change every id.
    let mut draw = Draw::new(STREAM, seed ^ 0x005e_ed1d);
    let ids = Ids {
        unit: UnitId::new(STORY_MS, draw.bytes()),
        users: STAFF.iter().map(|_| UserId::new(STORY_MS, draw.bytes())).collect(),
        devices: keys.iter().map(|_| DeviceId::new(STORY_MS, draw.bytes())).collect(),
    };
    let (heads, pushes) = (BTreeMap::new(), Vec::new());
    let mut writer = Writer { ids, keys, heads, draw, now_ms: STORY_MS, pushes };
    let village = village(seed)?;
    let mut houses = Vec::new();
    for outline in &HOUSES {
        let rooms: Vec<EntryId> = outline.rooms.iter().map(|_| writer.entry()).collect();
        let answers = record::house(outline, &rooms)?;
        let (document, id) = writer.begin(2, None, &answers)?;
        houses.push(House { id, rooms, document, people: Vec::new() });
    }
    for household in &village {
        writer.household(household, &mut houses)?;
    }
    for house in houses {
        let occupants: Vec<Occupant<'_>> = house
            .people
            .iter()
            .map(|(household, at, room, entry, case, id)| {
                household.people.get(*at).map(|person| Occupant {
                    entry: *entry,
                    case: *case,
                    id: *id,
                    room: *room,
                    person,
                    from: &household.arrived_on,
                })
            })
            .collect::<Option<_>>()
            .ok_or_else(|| SeedError::Unknown("a person".to_owned()))?;
        let answers = record::occupancy(&occupants)?;
        writer.go_on(0, house.id, &house.document, answers.edits())?;
    }
    writer.reviews()?;
    Ok(Pack { ids: writer.ids, pushes: writer.pushes })
}

type Lodger<'a> = (&'a Household, usize, EntryId, EntryId, DocumentId, EntryId);

struct House<'a> {
    id: DocumentId,
    rooms: Vec<EntryId>,
    document: Document,
    people: Vec<Lodger<'a>>,
}

struct Writer<'a> {
    ids: Ids,
    keys: &'a [SigningKey; 4],
    /// The newest change of each record.
    heads: BTreeMap<DocumentId, ChangeHash>,
    draw: Draw,
    now_ms: i64,
    pushes: Vec<Push>,
}

impl Writer<'_> {
    fn entry(&mut self) -> EntryId {
        EntryId::from_bytes(self.draw.bytes())
    }

    /// Device, person and key of one of those who write.
    fn hand(&self, who: usize) -> Result<(DeviceId, UserId, &SigningKey), SeedError> {
        let unknown = || SeedError::Unknown(format!("author {who}"));
        let device = self.ids.devices.get(who).ok_or_else(unknown)?;
        let account = WRITERS.get(who).ok_or_else(unknown)?;
        let user = self.ids.users.get(*account).ok_or_else(unknown)?;
        Ok((*device, *user, self.keys.get(who).ok_or_else(unknown)?))
    }

    fn authoring(&mut self, who: usize) -> Result<Authoring, SeedError> {
        let (device, user, _) = self.hand(who)?;
        self.now_ms += 60_000;
        let now_ms = self.now_ms;
        Ok(Authoring { device, user, now_ms, clock_offset_s: Some(0), review_heads: Vec::new() })
    }

    /// Begins a document and pushes it.
    fn begin(
        &mut self,
        who: usize,
        parent: Option<DocumentId>,
        answers: &Answers,
    ) -> Result<(Document, DocumentId), SeedError> {
        let by = self.authoring(who)?;
        let id = DocumentId::new(by.now_ms, self.draw.bytes());
        let actor = ActorId::from_bytes(self.draw.bytes());
        let kind = answers.kind().to_owned();
        let header = Header {
            document: id,
            protection: if kind == "protected" { 3 } else { 0 },
            kind,
            parent,
            unit: self.ids.unit,
            user: by.user,
            device: by.device,
            created_ms: by.now_ms,
            template: None,
        };
        let header = header.sign(self.hand(who)?.2);
        let (document, chunk) = Document::create(actor, header, answers.edits(), &by)?;
        self.push(who, id, actor, chunk)?;
        Ok((document, id))
    }

    /// Opens a document on another device, writes and pushes.
    fn go_on(
        &mut self,
        who: usize,
        id: DocumentId,
        document: &Document,
        edits: &[Edit],
    ) -> Result<(), SeedError> {
        let by = self.authoring(who)?;
        let actor = ActorId::from_bytes(self.draw.bytes());
        let chunks = document.chunks();
        let mut opened = Document::open(actor, chunks.iter().map(|chunk| chunk.bytes.as_slice()))?;
        match opened.commit(edits, &by)? {
            Some(chunk) => self.push(who, id, actor, chunk),
            None => Ok(()),
        }
    }

    fn push(
        &mut self,
        who: usize,
        document: DocumentId,
        actor: ActorId,
        chunk: Chunk,
    ) -> Result<(), SeedError> {
        self.heads.insert(document, chunk.hash);
        let (device, user, key) = self.hand(who)?;
        let envelope = AuthorEnvelope {
            document,
            actor,
            user,
            device,
            opened_ms: self.now_ms,
            last: chunk.hash,
        };
        let part = PushPart {
            document,
            envelope: envelope.sign(key).into(),
            chunks: vec![chunk.bytes.into()],
            enrolment: None,
        };
        self.pushes.push(Push { parts: vec![part] });
        Ok(())
    }

    /// The supervisor has looked through everything, so that her inbox begins empty.
    fn reviews(&mut self) -> Result<(), SeedError> {
        let supervisor = WRITERS.len() - 1;
        for (record, head) in std::mem::take(&mut self.heads) {
            let by = self.authoring(supervisor)?;
            let (entry, actor) = (self.entry(), ActorId::from_bytes(self.draw.bytes()));
            let header = Header {
                document: review_of(record),
                kind: "review".to_owned(),
                parent: Some(record),
                unit: self.ids.unit,
                protection: 0,
                user: by.user,
                device: by.device,
                created_ms: by.now_ms,
                template: None,
            };
            let header = header.sign(self.hand(supervisor)?.2);
            let edits = review_edits(entry, &[head], true, "");
            let (_, chunk) = Document::create(actor, header, &edits, &by)?;
            self.push(supervisor, review_of(record), actor, chunk)?;
        }
        Ok(())
    }

    fn household<'v>(
        &mut self,
        household: &'v Household,
        houses: &mut [House<'v>],
    ) -> Result<(), SeedError> {
        let outline = HOUSEHOLDS
            .get(household.outline)
            .ok_or_else(|| SeedError::Unknown("a household".to_owned()))?;
        // The two caseworkers share the cases.
        let who = household.outline % 2;
        let house = houses
            .get_mut(outline.place.0)
            .ok_or_else(|| SeedError::Unknown("a house".to_owned()))?;
        let room = *house
            .rooms
            .get(outline.place.1)
            .ok_or_else(|| SeedError::Unknown("a room".to_owned()))?;
        let people: Vec<EntryId> = household.people.iter().map(|_| self.entry()).collect();
        let place =
            CasePlace { house: house.id, caseworker: self.hand(who)?.1, people: people.clone() };
        let mut answers = record::case(household, outline, &place)?;
        if household.outline == SENT {
            record::sent(&mut answers, GUESTS_DEPARTMENT)?;
        }
        let (_, case) = self.begin(who, None, &answers)?;
        for (at, (person, id)) in household.people.iter().zip(people).enumerate() {
            let entry = self.entry();
            house.people.push((household, at, room, entry, case, id));
            if person.protection != Protection::Nothing {
                let answers = record::protected(person, id)?;
                self.begin(who, Some(case), &answers)?;
            }
        }
        Ok(())
    }
}
