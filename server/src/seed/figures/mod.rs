//! The example municipalities (story pack SP-7): figures of some years, no persons. What they say stands in
//! `example.toml`; this turns it into signed changes that enter by the way of any push.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use ankomst_shared::app::Role;
use ankomst_shared::catalog::Catalog;
use ankomst_shared::document::{Authoring, Chunk, Document};
use ankomst_shared::ids::{ActorId, DeviceId, DocumentId, EntryId, UnitId, UserId};
use ankomst_shared::sign::{AuthorEnvelope, Enrolment, Header, SigningKey};
use ankomst_shared::sync::message::{Outcome, Push, PushPart};
use ankomst_shared::value::Value;
use serde::Deserialize;

use super::draw::Draw;
use super::record::Answers;
use super::{BANNER, STREAM, SeedError};
use crate::accounts::password;
use crate::app::App;
use crate::storage::random;
use crate::storage::sqlite::accounts::{self, DeviceRow, UserRow};
use crate::storage::sqlite::units;
use crate::sync::{feed, ingest};

/// What the municipalities say.
const EXAMPLE: &str = include_str!("example.toml");

/// The day of the story, a moment after the units of other packs, so that those stay the first.
const STORY_MS: i64 = super::STORY_MS + 1;

/// All that is said.
#[derive(Debug, Deserialize)]
struct Example {
    unit: Vec<Municipality>,
}

/// A municipality.
#[derive(Debug, Deserialize)]
struct Municipality {
    name: String,
    login: String,
    record: Vec<Record>,
}

/// A record with its entries.
#[derive(Debug, Deserialize)]
struct Record {
    kind: String,
    #[serde(default)]
    id: String,
    fields: toml::Table,
    /// The day on which the record was locked.
    #[serde(default)]
    lock: String,
    #[serde(default)]
    entry: Vec<Entry>,
}

/// An entry of a list.
#[derive(Debug, Deserialize)]
struct Entry {
    list: String,
    #[serde(default)]
    id: String,
    /// Written without knowing that the record was locked.
    #[serde(default)]
    late: bool,
    fields: toml::Table,
}

/// A municipality as it is planted: its supervisor, who has written everything, at a desk and on a tablet.
#[derive(Debug)]
pub struct Planted {
    /// Name of the municipality.
    pub name: String,
    /// Login of its supervisor.
    pub login: String,
    /// The unit.
    pub unit: UnitId,
    /// The supervisor.
    pub user: UserId,
    /// The desk and the tablet.
    pub devices: [DeviceId; 2],
    /// Kind and id of each record with what is pushed.
    pub pushes: Vec<(String, DocumentId, Push)>,
}

/// The password of a login.
fn password_of(login: &str) -> String {
    format!("{login}-i-provby")
}

/// Makes the municipalities; `key` signs for the devices.
///
/// # Errors
/// When what they say does not fit the catalog.
pub fn planted(seed: u64, key: &SigningKey) -> Result<Vec<Planted>, SeedError> {
    let example: Example =
        toml::from_str(EXAMPLE).map_err(|error| SeedError::Unknown(error.to_string()))?;
    // Apart from the streams of other packs, so that ids differ.
    let mut draw = Draw::new(STREAM, seed ^ 0x00f1_6e5e);
    let all = example.unit.iter();
    all.map(|one| municipality(one, &mut draw, key)).collect()
}

fn municipality(
    from: &Municipality,
    draw: &mut Draw,
    key: &SigningKey,
) -> Result<Planted, SeedError> {
    let mut made = Planted {
        name: from.name.clone(),
        login: from.login.clone(),
        unit: UnitId::new(STORY_MS, draw.bytes()),
        user: UserId::new(STORY_MS, draw.bytes()),
        devices: [0, 1].map(|_| DeviceId::new(STORY_MS, draw.bytes())),
        pushes: Vec::new(),
    };
    let mut named: Vec<(String, String)> = Vec::new();
    for (record, now_ms) in from.record.iter().zip((STORY_MS..).step_by(60_000)) {
        let id = DocumentId::new(now_ms, draw.bytes());
        named.push((format!("@{}", record.id), id.to_string()));
        let [first, late] = answers(record, draw, &mut named)?;
        let mut writer = Writer { made: &made, id, draw, now_ms, key };
        let (document, begun) = writer.begin(&record.kind, &first)?;
        let mut pushes = vec![begun];
        if !record.lock.is_empty() {
            let mut lock = Answers::new(first.kind());
            lock.put("locked", &Value::Bool(true))?;
            lock.text("locked_by", made.user.to_string())?;
            lock.text("locked_on", record.lock.clone())?;
            pushes.push(writer.go_on(0, &document, &lock)?);
            pushes.push(writer.go_on(1, &document, &late)?);
        }
        made.pushes.extend(pushes.into_iter().map(|push| (record.kind.clone(), id, push)));
    }
    Ok(made)
}

/// What a record says at first and what is said late, with the ids of what they name.
fn answers(
    record: &Record,
    draw: &mut Draw,
    named: &mut Vec<(String, String)>,
) -> Result<[Answers; 2], SeedError> {
    let kind = Catalog::builtin()
        .kind(&record.kind)
        .ok_or_else(|| SeedError::Unknown(record.kind.clone()))?;
    let mut both = [Answers::new(&kind.id), Answers::new(&kind.id)];
    let [first, late] = &mut both;
    let put = |to: &mut Answers, at: &str, said: &toml::Table, named: &[(String, String)]| {
        let mut fields = said.iter();
        fields.try_for_each(|(field, said)| to.put(&format!("{at}{field}"), &value(said, named)?))
    };
    put(first, "", &record.fields, named)?;
    for entry in &record.entry {
        let id = EntryId::from_bytes(draw.bytes());
        if !entry.id.is_empty() {
            named.push((format!("@{}", entry.id), id.to_string()));
        }
        let to = if entry.late { &mut *late } else { &mut *first };
        put(to, &format!("{}/{id}/", entry.list), &entry.fields, named)?;
    }
    Ok(both)
}

fn value(said: &toml::Value, named: &[(String, String)]) -> Result<Value, SeedError> {
    Ok(match said {
        toml::Value::Integer(number) => Value::Int(*number),
        toml::Value::Boolean(yes) => Value::Bool(*yes),
        toml::Value::String(text) if text.starts_with('@') => {
            let known = named.iter().rfind(|(name, _)| name == text);
            Value::Str(known.ok_or_else(|| SeedError::Unknown(text.clone()))?.1.clone())
        }
        toml::Value::String(text) => Value::Str(text.clone()),
        other => return Err(SeedError::Unknown(other.to_string())),
    })
}

/// Writes one record.
struct Writer<'a> {
    made: &'a Planted,
    id: DocumentId,
    draw: &'a mut Draw,
    now_ms: i64,
    key: &'a SigningKey,
}

impl Writer<'_> {
    fn by(&self, device: usize) -> Authoring {
        let [desk, tablet] = self.made.devices;
        Authoring {
            device: if device == 0 { desk } else { tablet },
            user: self.made.user,
            now_ms: self.now_ms,
            clock_offset_s: Some(0),
            review_heads: Vec::new(),
        }
    }

    /// Begins the record at the desk.
    fn begin(&mut self, kind: &str, said: &Answers) -> Result<(Document, Push), SeedError> {
        let by = self.by(0);
        let header = Header {
            document: self.id,
            kind: kind.to_owned(),
            parent: None,
            unit: self.made.unit,
            protection: 0,
            user: by.user,
            device: by.device,
            created_ms: self.now_ms,
            template: None,
        };
        let actor = ActorId::from_bytes(self.draw.bytes());
        let header = header.sign(self.key);
        let (document, chunk) = Document::create(actor, header, said.edits(), &by)?;
        Ok((document, self.push(&by, actor, chunk)))
    }

    /// Goes on with the record as it was begun.
    fn go_on(
        &mut self,
        device: usize,
        begun: &Document,
        said: &Answers,
    ) -> Result<Push, SeedError> {
        let by = self.by(device);
        let actor = ActorId::from_bytes(self.draw.bytes());
        let chunks = begun.chunks();
        let mut opened = Document::open(actor, chunks.iter().map(|chunk| chunk.bytes.as_slice()))?;
        let chunk = opened.commit(said.edits(), &by)?;
        let chunk = chunk.ok_or_else(|| SeedError::Unknown("what is said late".to_owned()))?;
        Ok(self.push(&by, actor, chunk))
    }

    fn push(&self, by: &Authoring, actor: ActorId, chunk: Chunk) -> Push {
        let (document, user, device) = (self.id, by.user, by.device);
        let opened_ms = self.now_ms;
        let envelope =
            AuthorEnvelope { document, actor, user, device, opened_ms, last: chunk.hash };
        let envelope = envelope.sign(self.key).into();
        let chunks = vec![chunk.bytes.into()];
        Push { parts: vec![PushPart { document, envelope, chunks, enrolment: None }] }
    }
}

/// Plants the municipalities, each with an account of its own, and gives the logins as text. Other accounts
/// of the folder stay as they are; a folder that has the municipalities already is left as it is.
///
/// # Errors
/// When they do not fit the catalog, a change is refused, or storage refuses.
pub async fn run(app: &Arc<App>, seed: u64) -> Result<String, SeedError> {
    let key = SigningKey::from_seed(random()?);
    let all = planted(seed, &key)?;
    let mut table = vec![format!("{BANNER}\n{:<12} {:<24} municipality", "login", "password")];
    let (mut users, mut devices, mut names) = (Vec::new(), Vec::new(), Vec::new());
    for one in &all {
        let secret = password_of(&one.login);
        table.push(format!("{:<12} {secret:<24} {}", one.login, one.name));
        users.push(UserRow {
            id: one.user,
            login: one.login.clone(),
            name: format!("Enhetschef, {}", one.name),
            password: password::hash(&secret)?,
            roles: vec![Role::Supervisor],
            unit: one.unit,
            active: true,
        });
        for (id, what) in one.devices.into_iter().zip(["Skrivbord", "Surfplatta"]) {
            let name = format!("{what}, {}", one.name);
            let (user, public) = (one.user, *key.public().as_bytes());
            let enrolment =
                Enrolment { device: id, user, key: public, name: name.clone(), at_ms: STORY_MS };
            let enrolment = enrolment.sign(&app.secrets.server);
            devices.push(DeviceRow { id, user, name, key: public, enrolment, active: true });
        }
        names.push((one.unit, one.name.clone()));
    }
    let table = table.join("\n");
    let first = all.first().map(|one| one.login.clone()).unwrap_or_default();
    if app.readers.read(|db| accounts::user_by_login(db, &first))?.is_some() {
        return Ok(format!("The folder has the municipalities already.\n{table}"));
    }
    app.writer
        .write(move |db| {
            names.iter().try_for_each(|(unit, name)| units::add(db, *unit, name))?;
            users.iter().try_for_each(|user| accounts::add_user(db, user))?;
            devices.iter().try_for_each(|device| accounts::add_device(db, device, STORY_MS))
        })
        .await?;
    let mut refused = 0;
    for (_, _, push) in all.into_iter().flat_map(|one| one.pushes) {
        let acks = ingest::push(app, push, None).await?;
        refused += acks.iter().filter(|ack| !matches!(ack.outcome, Outcome::Received(_))).count();
    }
    feed::settle(app).await?;
    refused += app.readers.read(|db| crate::storage::sqlite::log::held(db, None))?.len();
    if refused > 0 { Err(SeedError::Refused(refused)) } else { Ok(table) }
}
