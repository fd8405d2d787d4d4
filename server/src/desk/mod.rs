//! Places described by the server: administration (accounts, devices, what is held, the catalog and the
//! server itself; no contents of any record but to a supervisor who decides about them), and the register of what a
//! person may read.
//!
//! Reading order: this file (who may, which place), [`made`] (pieces), [`overview`], [`people`], [`link`],
//! [`devices`], [`holds`], [`held`], [`story`], [`clean`], [`destroy`] and [`destroyed`], [`guard`], [`sheets`], [`organisation`] and [`organise`], [`register`],
//! [`listed`], [`why`], [`own`], [`passkeys`], [`tasks`], [`reports`], [`log`] and [`sample`] (the access log and its review), [`audited`] (records opened for an audit), [`noted`].

mod audited;
mod clean;
mod destroy;
mod destroyed;
mod devices;
mod guard;
mod held;
mod holds;
mod link;
mod listed;
mod log;
mod made;
mod noted;
mod organisation;
mod organise;
mod overview;
mod own;
mod passkeys;
mod people;
pub mod register;
mod reports;
mod sample;
mod sheets;
mod story;
mod tasks;
mod why;

use std::sync::Arc;

use ankomst_shared::app::{Acted, Language, PageView, Role};
use ankomst_shared::ids::DeviceId;
use ankomst_shared::value::Value;

use crate::app::App;
use crate::storage::StorageError;
use crate::storage::sqlite::accounts::{self, UserRow};
use crate::sync::Session;

/// Why a place or an act of administration was refused.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The person's roles do not include it.
    #[error("your roles do not include this")]
    NotAllowed,
    /// There is no such place or subject.
    #[error("there is no such place")]
    Nowhere,
    /// An answer does not fit; nothing was changed.
    #[error("an answer does not fit: {0}")]
    BadValue(&'static str),
    /// Storage refused.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Who asks, and in which language.
#[derive(Debug)]
pub struct Desk {
    app: Arc<App>,
    me: UserRow,
    device: DeviceId,
    language: Language,
    /// Scheme and host the person has come by.
    origin: String,
    /// The records that what is being described shows.
    seen: noted::Seen,
}

/// Answers to the questions of an act.
type Answers = Vec<(String, Value)>;

impl Desk {
    /// Opens the desk for somebody whose account is good.
    ///
    /// # Errors
    /// When the account has ended, or storage refuses.
    pub fn open(app: Arc<App>, session: &Session, language: Language) -> Result<Self, DeskError> {
        let me = app.readers.read(|db| accounts::user(db, session.user))?;
        let me = me.filter(|me| me.active).ok_or(DeskError::NotAllowed)?;
        Ok(Self {
            me,
            device: session.device,
            app,
            language,
            origin: String::new(),
            seen: noted::Seen::default(),
        })
    }

    /// Notes scheme and host the person has come by: links are made for them.
    #[must_use]
    pub fn at(self, origin: &str) -> Self {
        Self { origin: origin.to_owned(), ..self }
    }

    /// Describes a place. The records it shows are in the access log before.
    ///
    /// # Errors
    /// When the person may not, there is none at the address, or storage refuses.
    pub async fn page(&self, address: &str) -> Result<PageView, DeskError> {
        let view = self.described(address)?;
        match self.note_shown(address).await {
            Ok(()) => Ok(view),
            Err(StorageError::Unnoted(_)) => Ok(self.unnoted()),
            Err(error) => Err(error.into()),
        }
    }

    fn described(&self, address: &str) -> Result<PageView, DeskError> {
        if address == own::HERE {
            return self.own_held();
        }
        if address == passkeys::HERE {
            return self.own_passkeys();
        }
        if address.starts_with(register::HERE) {
            return self.register(address);
        }
        if address.starts_with(log::HERE) {
            return self.access_log(address);
        }
        if address == destroyed::HERE && self.may_see_destroyed() {
            return self.destroyed();
        }
        if !(self.administers() || self.reviews()) {
            return Err(DeskError::NotAllowed);
        }
        // An auditor sees what waits and how long, and nothing of a record.
        let audits = !self.administers() && !self.me.is(Role::Supervisor);
        let is_opened = address.starts_with(guard::HERE) && address != guard::HERE;
        if audits && !is_opened && !["/administration", held::HERE].contains(&address) {
            return Err(DeskError::NotAllowed);
        }
        if let Some(record) = address.strip_prefix(clean::HERE) {
            return self.cleaning(record);
        }
        if let Some(record) = address.strip_prefix(destroy::HERE) {
            return self.destroying(record);
        }
        if let Some(record) =
            address.strip_prefix(guard::HERE).and_then(|rest| rest.strip_prefix('/'))
        {
            return self.opened_record(record);
        }
        if let Some(held) = address.strip_prefix(held::HERE).and_then(|at| at.strip_prefix('/')) {
            return self.story(held);
        }
        if let Some(device) =
            address.strip_prefix(devices::HERE).and_then(|rest| rest.strip_prefix('/'))
        {
            return self.holds(device);
        }
        if let Some(user) = address.strip_prefix(link::HERE) {
            return self.link_of(user);
        }
        match address {
            guard::HERE => self.guarding(),
            "/administration" => self.overview(),
            "/administration/organisation" => self.organisation(),
            "/administration/personer" => self.people(),
            "/administration/surfplattor" => self.devices(),
            held::HERE => self.held(),
            _ => Err(DeskError::Nowhere),
        }
    }

    /// Does what a place offered; for administrators, and for supervisors what concerns a record.
    ///
    /// # Errors
    /// When the person may not, the subject is unknown, an answer does not fit, or storage refuses.
    pub async fn act(&self, name: &str, answers: Answers) -> Result<Acted, DeskError> {
        let (act, subject) = name.split_once(':').unwrap_or((name, ""));
        if act == "clean" {
            return self.clean(subject, &answers).await;
        }
        if act == "destroy" {
            return self.destroy(subject, &answers).await;
        }
        if matches!(act, "open" | "raise" | "letin") {
            return self.guard(act, &answers).await;
        }
        if act == "passkey-out" {
            return self.remove_own_passkey(subject).await;
        }
        if act == "review" {
            return self.reviewed(subject, &answers).await;
        }
        if act == "answer" {
            return self.answer(subject, &answers).await;
        }
        if act == "audit-ask" {
            return self.ask_to_open(&answers).await;
        }
        if act == "audit-agree" {
            return self.agree_to_open(subject).await;
        }
        if act == "release" || act == "refuse" {
            return self.decide((subject, act == "release"), &answers).await;
        }
        // Everybody may sign out on tablets of their own.
        let own = act == "out" && subject == self.me.id.to_string();
        if !own && !self.me.is(Role::Administrator) {
            return Err(DeskError::NotAllowed);
        }
        let acted = self.carry_out((act, subject), &answers).await?;
        self.note_act((act, subject), &answers).await;
        // Only what was carried out has a name of ours; anything else is text somebody sent.
        tracing::info!(user.id = %self.me.id, act, "Administration acted.");
        // Live sockets look at once whether they may go on.
        self.app.news.send_modify(|_| {});
        Ok(acted)
    }

    async fn carry_out(
        &self,
        (name, subject): (&str, &str),
        answers: &Answers,
    ) -> Result<Acted, DeskError> {
        match (name, subject) {
            ("new", "") => self.new_person(answers).await,
            ("end", user) => self.set_active(user, false).await,
            ("again", user) => self.set_active(user, true).await,
            ("out", user) => self.sign_out(user).await,
            ("role", user) => self.set_role(user, answers).await,
            ("assign", "") => self.set_assignment(true).await,
            ("unassign", "") => self.set_assignment(false).await,
            ("level", user) => self.set_level(user, answers).await,
            ("unrole", user) => self.unset_role(user, answers).await,
            ("link", user) => self.make_link(user).await,
            ("password", user) => self.set_password(user, answers).await,
            ("passkeys", user) => self.remove_passkeys_of(user, answers).await,
            ("revoke", device) => self.revoke(device).await,
            ("wipe", device) => self.wipe(device).await,
            ("org-department", "") => self.add_department(answers).await,
            ("org-change", department) => self.change(department, answers).await,
            ("org-policy", "") => self.add_decision(answers).await,
            ("org-end", decision) => self.end_decision(decision, answers).await,
            _ => Err(DeskError::Nowhere),
        }
    }
}

/// Whether a place shows what stands in a record, not only that it is there.
fn is_story(address: &str) -> bool {
    let below = |here: &str| address.strip_prefix(here).is_some_and(|rest| rest.starts_with('/'));
    address.starts_with(clean::HERE)
        || address.starts_with(destroy::HERE)
        || below(held::HERE)
        || below(guard::HERE)
}

/// A text answer that is not empty.
fn text<'a>(answers: &'a Answers, id: &'static str) -> Result<&'a str, DeskError> {
    let found = answers.iter().find(|(known, _)| known == id);
    let text = found.and_then(|(_, value)| value.as_str()).map(str::trim);
    text.filter(|text| !text.is_empty() && text.len() <= 200).ok_or(DeskError::BadValue(id))
}
