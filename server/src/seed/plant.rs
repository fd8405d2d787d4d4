//! Into a data folder: accounts, devices, and the pack through the way of any push.

use std::sync::Arc;

use ankomst_shared::app::Role;
use ankomst_shared::ids::{DeviceId, UserId};
use ankomst_shared::sign::{Enrolment, SigningKey};
use ankomst_shared::sync::message::Outcome;

use super::pack::{Ids, pack};
use super::staff::{GUESTS, GUESTS_DEPARTMENT, STAFF, Staff, UNIT, WRITERS, village_table};
use super::{BANNER, STORY_MS, SeedError};
use crate::accounts::password;
use crate::app::App;
use crate::storage::random;
use crate::storage::sqlite::accounts::{self, DeviceRow, UserRow};
use crate::storage::sqlite::grants::{self, GrantRow};
use crate::storage::sqlite::units;
use crate::sync::{feed, ingest};

const DEVICES: [&str; 4] = [
    "Surfplatta 1 (berättelsen)",
    "Surfplatta 2 (berättelsen)",
    "Bärbar (berättelsen)",
    "Skrivbord (berättelsen)",
];

/// Plants the story and gives the logins as text; a folder that has accounts is left as it is.
///
/// The devices' keys are made here and forgotten: nobody can write as them afterwards.
///
/// # Errors
/// When the pack does not fit the catalog, a change is refused, or storage refuses.
pub async fn run(app: &Arc<App>, seed: u64) -> Result<String, SeedError> {
    if app.readers.read(units::first)?.is_some() {
        return Ok(format!(
            "{BANNER}: the folder has accounts already; nothing was planted.\n{}",
            village_table()
        ));
    }
    let keys = [
        SigningKey::from_seed(random()?),
        SigningKey::from_seed(random()?),
        SigningKey::from_seed(random()?),
        SigningKey::from_seed(random()?),
    ];
    let pack = pack(seed, &keys)?;
    let (users, guests) = (users(&pack.ids)?, guests(&pack.ids)?);
    let devices = devices(app, &pack.ids, &keys);
    let unit = pack.ids.unit;
    app.writer
        .write(move |db| {
            units::add(db, unit, UNIT)?;
            users.iter().try_for_each(|user| accounts::add_user(db, user))?;
            for (user, grant) in &guests {
                accounts::add_user(db, user)?;
                grants::add(db, grant)?;
            }
            devices.iter().try_for_each(|device| accounts::add_device(db, device, STORY_MS))
        })
        .await?;
    let mut refused = 0;
    for push in pack.pushes {
        let acks = ingest::push(app, push, None).await?;
        refused += acks.iter().filter(|ack| !matches!(ack.outcome, Outcome::Received(_))).count();
    }
    feed::settle(app).await?;
    refused += app.readers.read(|db| crate::storage::sqlite::log::held(db, None))?.len();
    if refused > 0 {
        return Err(SeedError::Refused(refused));
    }
    Ok(format!("{BANNER}\n{}", village_table()))
}

/// The accounts of the village that have written nothing, each with its right.
fn guests(ids: &Ids) -> Result<Vec<(UserRow, GrantRow)>, SeedError> {
    let guest = |(number, staff): (u8, &Staff)| {
        let id = UserId::new(STORY_MS, [number; 10]);
        let user = UserRow {
            id,
            login: staff.login.to_owned(),
            name: staff.name.to_owned(),
            password: password::hash(staff.password)?,
            roles: Vec::new(),
            unit: ids.unit,
            active: true,
        };
        let receives = staff.role == Role::Recipient;
        let department = receives.then(|| GUESTS_DEPARTMENT.to_owned());
        let of_role = GrantRow::of_role(id, ids.unit, staff.role);
        Ok((user, GrantRow { department, ..of_role }))
    };
    (1..).zip(&GUESTS).map(guest).collect()
}

fn users(ids: &Ids) -> Result<Vec<UserRow>, SeedError> {
    STAFF
        .iter()
        .zip(&ids.users)
        .map(|(staff, id)| {
            Ok(UserRow {
                id: *id,
                login: staff.login.to_owned(),
                name: staff.name.to_owned(),
                password: password::hash(staff.password)?,
                roles: vec![staff.role],
                unit: ids.unit,
                active: true,
            })
        })
        .collect()
}

fn devices(app: &App, ids: &Ids, keys: &[SigningKey; 4]) -> Vec<DeviceRow> {
    let users = WRITERS.iter().filter_map(|account| ids.users.get(*account));
    let rows = ids.devices.iter().zip(users).zip(keys).zip(DEVICES);
    rows.map(|(((id, user), key), name)| device(app, (*id, *user), key, name)).collect()
}

fn device(app: &App, (id, user): (DeviceId, UserId), key: &SigningKey, name: &str) -> DeviceRow {
    let key = *key.public().as_bytes();
    let enrolment = Enrolment { device: id, user, key, name: name.to_owned(), at_ms: STORY_MS };
    DeviceRow {
        id,
        user,
        name: name.to_owned(),
        key,
        enrolment: enrolment.sign(&app.secrets.server),
        active: true,
    }
}
