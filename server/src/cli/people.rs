//! `ankomst user`, `ankomst device` and `ankomst session`: who may come in.

use std::io::{BufRead, BufReader, Read};

use ankomst_shared::app::Role;
use ankomst_shared::catalog::Catalog;
use ankomst_shared::ids::{DeviceId, UnitId, UserId};
use anyhow::{Context, ensure};
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};

use crate::accounts::password::{self, PASSWORD_CHARS_MIN};
use crate::accounts::{days, link};
use crate::app::App;
use crate::audit::console;
use crate::cli::held;
use crate::cli::passkeys::{PasskeyCommand, passkey};
use crate::cli::place::Place;
use crate::http::welcome::PATH;
use crate::storage::accesses::entry::What;
use crate::storage::random;
use crate::storage::sqlite::accounts::{self, UserRow};
use crate::storage::sqlite::devices::{self, State};
use crate::storage::sqlite::grants::{self, GrantRow, ROLES};
use crate::storage::sqlite::units;

/// Name of a unit that nobody named.
const FIRST_UNIT: &str = "Enheten";
/// Longest line that is read as a password, in bytes.
const LINE_BYTES_MAX: u64 = 4_096;

#[derive(Subcommand)]
pub(super) enum UserCommand {
    /// Adds an account; the password is read from a file or from standard input.
    Add(NewUser),
    /// Gives an account one role more, from a day until a day.
    Give(Given),
    /// Takes a role back; what the tablet has written and not sent is taken in and held.
    Take(Taken),
    /// Makes a one-time link with which a person chooses a password; it takes the place of the one before.
    Link(Linked),
    /// Lists and removes the passkeys of an account.
    #[command(subcommand)]
    Passkey(PasskeyCommand),
    /// Lets an account in again; what is held of it stays held until a supervisor decides.
    On(Named),
    /// Lets an account in no more; what it sends later is held.
    Off(Named),
}

#[derive(Args)]
pub(super) struct NewUser {
    #[command(flatten)]
    place: Place,
    /// Login name.
    login: String,
    /// Name shown to colleagues.
    #[arg(long)]
    name: String,
    /// `caseworker`, `inspector`, `supervisor`, `administrator`, `coordinator`, `trainee`, `auditor`,
    /// `child_caseworker`, `recipient`, `regional`; several with commas.
    #[arg(long)]
    roles: String,
    /// Of a recipient: the code of the department whose tasks it receives, such as `SKO`.
    #[arg(long)]
    department: Option<String>,
    /// Name of the unit, which is made if there is none of that name; the first one if not said.
    #[arg(long)]
    unit: Option<String>,
    /// File whose first line is the password; without it standard input is read.
    #[arg(long, env = "ANKOMST_PASSWORD_FILE")]
    password_file: Option<PathBuf>,
    /// Id of an account that a restored log has lost, as the server's log tells it.
    #[arg(long)]
    id: Option<UserId>,
}

#[derive(Args)]
pub(super) struct Given {
    #[command(flatten)]
    taken: Taken,
    /// Of a recipient: the code of the department whose tasks it receives, such as `SKO`.
    #[arg(long)]
    department: Option<String>,
    /// First day, `yyyy-mm-dd`; without it from now on.
    #[arg(long)]
    from: Option<String>,
    /// Last day, `yyyy-mm-dd`; without it until further notice.
    #[arg(long)]
    until: Option<String>,
}

#[derive(Args)]
pub(super) struct Taken {
    #[command(flatten)]
    place: Place,
    /// Login name.
    login: String,
    /// `caseworker`, `inspector`, `supervisor`, `administrator`, `coordinator`, `trainee`, `auditor`,
    /// `child_caseworker`, `recipient` or `regional`.
    role: String,
}

#[derive(Args)]
pub(super) struct Named {
    #[command(flatten)]
    place: Place,
    /// Login name; of a device its id.
    pub(super) name: String,
}

#[derive(Args)]
pub(super) struct Linked {
    #[command(flatten)]
    named: Named,
    /// Address people open, such as `https://ankomst.example.org`.
    #[arg(long, env = "ANKOMST_URL")]
    url: String,
}

#[derive(Subcommand)]
pub(super) enum DeviceCommand {
    /// Lists enrolled devices.
    List(Place),
    /// Revokes a device and ends its sessions; what it sends later is held.
    Revoke(Named),
    /// Revokes a device and orders it to be wiped at its next contact: it hands in what is not sent, removes
    /// everything of its person, and says so.
    Wipe(Named),
}

#[derive(Subcommand)]
pub(super) enum SessionCommand {
    /// Signs sessions with a new key from here on; nobody is signed out. For when the key may have been
    /// seen: what the old one has signed is good for eleven minutes more.
    Rotate(Place),
    /// Signs an account out on all its tablets. Unsent work stays on them.
    End(Named),
}

pub(super) async fn user(command: UserCommand) -> anyhow::Result<()> {
    match command {
        UserCommand::Add(new) => add(new).await,
        UserCommand::Give(given) => give(given).await,
        UserCommand::Take(taken) => take(taken).await,
        UserCommand::Link(linked) => link(linked).await,
        UserCommand::Passkey(command) => passkey(command).await,
        UserCommand::On(named) => set_active(named, true).await,
        UserCommand::Off(named) => set_active(named, false).await,
    }
}

async fn link(linked: Linked) -> anyhow::Result<()> {
    let app = linked.named.place.folder()?.beside().await?;
    let login = &linked.named.name;
    let user = app.readers.read(|db| accounts::user_by_login(db, login))?;
    let user =
        user.filter(|user| user.active).context("there is no such account, or it has ended")?;
    let by = console(What::LinkMade, "", Some(user.unit));
    let secret = link::make(&app, user.id, by).await?;
    let base = linked.url.trim_end_matches('/');
    println!("Works once, for {} hours:\n{base}{PATH}#{secret}", link::LINK_HOURS);
    Ok(())
}

async fn add(new: NewUser) -> anyhow::Result<()> {
    let roles = accounts::roles(&new.roles);
    ensure!(
        !roles.is_empty() && roles.len() == new.roles.split(',').count(),
        "the roles are {}, parted by commas",
        ROLES.map(Role::name).join(", ")
    );
    let (receives, department) = (roles.contains(&Role::Recipient), new.department);
    known_department(receives, department.as_deref())?;
    let password = first_line(new.password_file.as_deref())?;
    ensure!(
        password.chars().count() >= PASSWORD_CHARS_MIN,
        "a password has at least {PASSWORD_CHARS_MIN} characters"
    );
    let app = new.place.folder()?.beside_or_new().await?;
    let now_ms = app.now_ms();
    let known = app.readers.read(|db| match &new.unit {
        Some(name) => units::named(db, name),
        None => units::first(db),
    })?;
    let unit = match known {
        Some(unit) => unit,
        None => UnitId::new(now_ms, random()?),
    };
    let row = UserRow {
        id: new.id.map_or_else(|| random().map(|drawn| UserId::new(now_ms, drawn)), Ok)?,
        login: new.login.clone(),
        name: new.name,
        password: password::hash(&password)?,
        roles: roles.into_iter().filter(|role| *role != Role::Recipient).collect(),
        unit,
        active: true,
    };
    let of_recipient = GrantRow::of_role(row.id, unit, Role::Recipient);
    let of_recipient = receives.then_some(GrantRow { department, ..of_recipient });
    let about = format!("{} {}", row.id, new.roles);
    app.writer
        .write(move |db| {
            if known.is_none() {
                units::add(db, unit, new.unit.as_deref().unwrap_or(FIRST_UNIT))?;
            }
            accounts::add_user(db, &row)?;
            of_recipient.iter().try_for_each(|grant| grants::add(db, grant).map(drop))
        })
        .await
        .with_context(|| format!("adding the account {}", new.login))?;
    app.audit.owe(vec![console(What::AccountMade, &about, Some(unit))]).await;
    Ok(())
}

/// A recipient is of a department that there is; nobody else is of any here.
fn known_department(receives: bool, department: Option<&str>) -> anyhow::Result<()> {
    let list = Catalog::builtin().list("department");
    let is_known = |code| list.is_some_and(|list| list.code(code).is_some());
    ensure!(
        receives == department.is_some_and(is_known) && receives == department.is_some(),
        "a recipient, and nobody else, is of a department: --department with its code, such as SKO"
    );
    Ok(())
}

fn one_role(name: &str) -> anyhow::Result<Role> {
    let role = ROLES.into_iter().find(|role| role.name() == name);
    role.with_context(|| format!("there is no role {name}"))
}

async fn give(given: Given) -> anyhow::Result<()> {
    let Taken { place, login, role } = given.taken;
    let role = one_role(&role)?;
    known_department(role == Role::Recipient, given.department.as_deref())?;
    let department = given.department;
    let day = |text: Option<String>, later| {
        let start = |text: String| {
            days::start(&text, later).with_context(|| format!("{text} is no day yyyy-mm-dd"))
        };
        text.map(start).transpose()
    };
    let (from, to_ms) = (day(given.from, 0)?, day(given.until, 1)?);
    let app = place.folder()?.beside().await?;
    let from_ms = from.unwrap_or_default().max(app.now_ms());
    ensure!(to_ms.is_none_or(|to_ms| to_ms > from_ms), "the last day is over before it begins");
    let named = login.clone();
    let write = app.writer.write(move |db| {
        let Some(user) = accounts::user_by_login(db, &named)? else { return Ok(false) };
        let of_role = GrantRow::of_role(user.id, user.unit, role);
        grants::add(db, &GrantRow { from_ms, to_ms, department, ..of_role })?;
        Ok(true)
    });
    ensure!(write.await?, "there is no account {login}");
    note(&app, (What::RoleGiven, &login), role.name()).await
}

async fn take(taken: Taken) -> anyhow::Result<()> {
    let Taken { place, login, role } = taken;
    let of_role = one_role(&role)?;
    let app = place.folder()?.beside().await?;
    let (named, now_ms) = (login.clone(), app.now_ms());
    let write = app.writer.write(move |db| {
        let Some(user) = accounts::user_by_login(db, &named)? else { return Ok(false) };
        grants::end_role(db, (user.id, user.unit), of_role, now_ms)
    });
    ensure!(write.await?, "there is no account {login} with the role {role}");
    note(&app, (What::RoleEnded, &login), &role).await
}

/// Notes what was done to an account.
async fn note(app: &App, (what, login): (What, &str), more: &str) -> anyhow::Result<()> {
    let user = app.readers.read(|db| accounts::user_by_login(db, login))?;
    let user = user.with_context(|| format!("there is no account {login}"))?;
    let about = format!("{} {more}", user.id);
    app.audit.owe(vec![console(what, about.trim_end(), Some(user.unit))]).await;
    Ok(())
}

/// The first line of a file, or of standard input.
fn first_line(file: Option<&Path>) -> anyhow::Result<String> {
    let mut line = String::new();
    let source: Box<dyn Read> = match file {
        Some(file) => {
            let opened = std::fs::File::open(file);
            Box::new(opened.with_context(|| format!("reading {}", file.display()))?)
        }
        None => Box::new(std::io::stdin().lock()),
    };
    let mut reader = BufReader::new(source.take(LINE_BYTES_MAX));
    reader.read_line(&mut line).context("reading the password")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

async fn set_active(named: Named, active: bool) -> anyhow::Result<()> {
    let app = named.place.folder()?.beside().await?;
    let login = named.name.clone();
    let write = app.writer.write(move |db| {
        // A session that is going on ends at its next message.
        if let Some(user) = accounts::user_by_login(db, &login)?.filter(|_| !active) {
            accounts::end_sessions(db, user.id)?;
        }
        accounts::set_user_active(db, &login, active)
    });
    let found = write.await?;
    ensure!(found, "there is no account {}", named.name);
    let what = if active { What::AccountAgain } else { What::AccountEnded };
    note(&app, (what, &named.name), "").await?;
    if active { held::tell_waiting(&app, &named.name) } else { Ok(()) }
}

pub(super) async fn device(command: DeviceCommand) -> anyhow::Result<()> {
    match command {
        DeviceCommand::List(place) => {
            let app = place.folder()?.beside().await?;
            for (device, login) in app.readers.read(accounts::devices)? {
                let noted = app.readers.read(|db| devices::standing(db, device.id))?;
                let state = match noted.map(|noted| noted.state) {
                    Some(state) if state > State::Active => state.name(),
                    _ if device.active => "active",
                    _ => "revoked",
                };
                let cloned = noted.is_some_and(|noted| noted.cloned_ms.is_some());
                let cloned = if cloned { "  two say that they are this one" } else { "" };
                println!("{}  {state:<8} {login:<12} {}{cloned}", device.id, device.name);
            }
            Ok(())
        }
        DeviceCommand::Revoke(named) => {
            let app = named.place.folder()?.beside().await?;
            let id: DeviceId = named.name.parse().context("this is not the id of a device")?;
            let found = app.writer.write(move |db| accounts::revoke_device(db, id)).await?;
            ensure!(found, "there is no device {id}");
            app.audit.owe(vec![console(What::Revoked, &id.to_string(), None)]).await;
            Ok(())
        }
        DeviceCommand::Wipe(named) => {
            let app = named.place.folder()?.beside().await?;
            let id: DeviceId = named.name.parse().context("this is not the id of a device")?;
            let now_ms = app.now_ms();
            let write = app.writer.write(move |db| devices::order_wipe(db, id, now_ms));
            ensure!(write.await?, "there is no device {id}");
            Ok(())
        }
    }
}

pub(super) async fn session(command: SessionCommand) -> anyhow::Result<()> {
    match command {
        SessionCommand::Rotate(place) => {
            let folder = place.folder()?;
            folder.has_data()?;
            Ok(folder.key_files.rotate_session(&folder.path)?)
        }
        SessionCommand::End(named) => {
            let app = named.place.folder()?.beside().await?;
            let login = named.name.clone();
            let write = app.writer.write(move |db| {
                let Some(user) = accounts::user_by_login(db, &login)? else { return Ok(false) };
                accounts::end_sessions(db, user.id)?;
                Ok(true)
            });
            let found = write.await?;
            ensure!(found, "there is no account {}", named.name);
            note(&app, (What::SignedOutAll, &named.name), "").await
        }
    }
}
