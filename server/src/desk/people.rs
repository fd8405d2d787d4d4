//! `/administration/personer`: who may come in.

use ankomst_shared::app::{Acted, Action, Body, Input, Line, PageView, Question, Role, Sign, Tone};
use ankomst_shared::catalog::Catalog;
use ankomst_shared::ids::{UserId, base32};
use ankomst_shared::order;
use ankomst_shared::text::Word;

use super::guard::levels;
use super::made::badge;
use super::{Answers, Desk, DeskError, text};
use crate::accounts::password::{self, PASSWORD_CHARS_MIN};
use crate::accounts::{days, login};
use crate::storage::random;
use crate::storage::sqlite::accounts::{self, UserRow};
use crate::storage::sqlite::grants::{self, GrantRow, LEVEL_MAX, ROLES};

/// The place.
pub(super) const HERE: &str = "/administration/personer";

impl Desk {
    pub(super) fn people(&self) -> Result<PageView, DeskError> {
        let (users, devices) = self.app.readers.read(|db| {
            let mut users = Vec::new();
            for user in accounts::users(db)?.into_iter().filter(|user| user.unit == self.me.unit) {
                let grants = grants::of(db, user.id)?;
                users.push((user, grants));
            }
            Ok((users, accounts::devices(db)?))
        })?;
        let mut lines = Vec::new();
        for (user, grants) in &users {
            let own = devices.iter().filter(|(device, _)| device.user == user.id && device.active);
            lines.push(self.person(user, grants, own.count())?);
        }
        order::sort_by_key(&mut lines, |line: &Line| order::swedish(&line.title));
        let questions = vec![
            self.question("login", Word::DeskLogin, Input::Text),
            self.question("name", Word::DeskName, Input::Text),
            self.question("role", Word::DeskRole, self.roles(ROLES)),
            self.department_asked(),
            Question {
                required: false,
                ..self.question("password", Word::DeskPasswordOrLink, Input::Text)
            },
        ];
        let questions = questions.into_iter().chain(self.days()).collect();
        let what = (Word::DeskNewPerson, Sign::Plus, Word::DeskNewPersonHelp);
        let new = self.act_of(HERE, ("new", ""), what, questions);
        Ok(PageView {
            title: self.w(Word::DeskPeople).to_owned(),
            back: Some(self.back()),
            actions: self.administers().then_some(new).into_iter().collect(),
            parts: vec![self.part("people", Word::DeskPeople, Body::Lines(lines, String::new()))],
            ..PageView::default()
        })
    }

    pub(super) fn administers(&self) -> bool {
        self.me.is(Role::Administrator)
    }

    fn person(
        &self,
        user: &UserRow,
        grants: &[GrantRow],
        devices: usize,
    ) -> Result<Line, DeskError> {
        let roles: Vec<String> = self.lasting(grants).map(|grant| self.dated(grant)).collect();
        let badges = if user.active {
            Vec::new()
        } else {
            vec![badge(self.w(Word::DeskEnded), Tone::Danger)]
        };
        Ok(Line {
            key: user.id.to_string(),
            title: user.name.clone(),
            detail: format!("{} · {}", user.login, roles.join(", ")),
            figure: self.f(Word::DeskDeviceCount, &[&devices.to_string()]),
            badges,
            actions: self.person_actions(user, grants)?,
            ..Line::default()
        })
    }

    /// Roles that have not ended: those of now and those to come.
    fn lasting<'a>(&self, grants: &'a [GrantRow]) -> impl Iterator<Item = &'a GrantRow> {
        let now_ms = self.app.now_ms();
        let lasts = move |grant: &&GrantRow| {
            let is_role = grant.object.is_none() && grant.category.is_none();
            is_role && grant.to_ms.is_none_or(|to_ms| to_ms > now_ms)
        };
        grants.iter().filter(lasts)
    }

    /// A role with its days, if it has any.
    fn dated(&self, grant: &GrantRow) -> String {
        let mut said = self.role(grant.role);
        if let Some(code) = &grant.department {
            let words = Catalog::builtin().code_words("department", code, self.language);
            said = format!("{said}, {words}");
        }
        if grant.from_ms > self.app.now_ms() || grant.to_ms.is_some() {
            let first = if grant.from_ms > 0 { days::of(grant.from_ms) } else { String::new() };
            let last = grant.to_ms.map_or_else(String::new, |to_ms| days::of(to_ms - 1));
            said = format!("{said} {first}–{last}");
        }
        said
    }

    /// The question for the department of a recipient.
    fn department_asked(&self) -> Question {
        let asked = self.question("department", Word::DeskRoleDepartment, self.codes("department"));
        Question { required: false, ..asked }
    }

    /// The questions for the first and the last day.
    fn days(&self) -> [Question; 2] {
        [("from", Word::DeskFrom), ("until", Word::DeskUntil)].map(|(id, label)| Question {
            required: false,
            ..self.question(id, label, Input::Date)
        })
    }

    /// A role from a day to a day, as it is asked for.
    fn role_asked(&self, user: UserId, answers: &Answers) -> Result<GrantRow, DeskError> {
        let now_ms = self.app.now_ms();
        let from_ms = day(answers, "from", 0)?.unwrap_or(now_ms).max(now_ms);
        let to_ms = day(answers, "until", 1)?;
        if to_ms.is_some_and(|to_ms| to_ms <= from_ms) {
            return Err(DeskError::BadValue("until"));
        }
        let role = role(answers)?;
        let department = text(answers, "department").ok().map(str::to_owned);
        let department = department.filter(|_| role == Role::Recipient);
        let list = Catalog::builtin().list("department");
        let is_known = |code: &String| list.is_some_and(|list| list.code(code).is_some());
        // Nothing is sent to a recipient of no department.
        if role == Role::Recipient && !department.as_ref().is_some_and(is_known) {
            return Err(DeskError::BadValue("department"));
        }
        let of_role = GrantRow::of_role(user, self.me.unit, role);
        Ok(GrantRow { from_ms, to_ms, given_by: Some(self.me.id), department, ..of_role })
    }

    fn person_actions(
        &self,
        user: &UserRow,
        grants: &[GrantRow],
    ) -> Result<Vec<Action>, DeskError> {
        let id = user.id.to_string();
        let out = (Word::DeskOut, Sign::Lock, Word::DeskOutHelp);
        let out = self.act_of(HERE, ("out", &id), out, Vec::new());
        if !self.administers() {
            return Ok((user.id == self.me.id).then_some(out).into_iter().collect());
        }
        let password = (Word::DeskNewPassword, Sign::Lock, Word::DeskNewPersonHelp);
        let asked = vec![self.question("password", Word::DeskPassword, Input::Text)];
        let link = (Word::DeskLink, Sign::Tablet, Word::DeskLinkHelp);
        let link = self.act_of(HERE, ("link", &id), link, Vec::new());
        let mut actions = vec![link, self.act_of(HERE, ("password", &id), password, asked), out];
        actions.extend(self.passkeys_action(user)?);
        if user.id == self.me.id {
            return Ok(actions);
        }
        let role = (Word::DeskSetRole, Sign::Pencil, Word::Empty);
        let asked =
            vec![self.question("role", Word::DeskRole, self.roles(ROLES)), self.department_asked()];
        let asked = asked.into_iter().chain(self.days()).collect();
        actions.push(self.act_of(HERE, ("role", &id), role, asked));
        let level = (Word::DeskLevelSet, Sign::Shield, Word::DeskLevelHelp);
        let asked = vec![self.question("level", Word::DeskLevel, levels(0))];
        actions.push(self.act_of(HERE, ("level", &id), level, asked));
        let has = |role: &Role| self.lasting(grants).any(|grant| grant.role == *role);
        let had: Vec<Role> = ROLES.into_iter().filter(has).collect();
        if !had.is_empty() {
            let unrole = (Word::DeskUnrole, Sign::Cross, Word::DeskUnroleHelp);
            let asked = vec![self.question("role", Word::DeskRole, self.roles(had))];
            actions.push(self.act_of(HERE, ("unrole", &id), unrole, asked));
        }
        let (name, what) = if user.active {
            ("end", (Word::DeskEnd, Sign::Cross, Word::DeskEndHelp))
        } else {
            ("again", (Word::DeskAgain, Sign::Back, Word::Empty))
        };
        actions.push(self.act_of(HERE, (name, &id), what, Vec::new()));
        Ok(actions)
    }

    pub(super) async fn new_person(&self, answers: &Answers) -> Result<Acted, DeskError> {
        let login = login::read(text(answers, "login")?).ok_or(DeskError::BadValue("login"))?;
        let taken = self.app.readers.read(|db| accounts::user_by_login(db, &login))?;
        if taken.is_some() {
            return Err(DeskError::BadValue("login"));
        }
        // Without a password the person chooses one; until then nobody knows any.
        let by_link = text(answers, "password").is_err();
        let password = if by_link {
            password::hash(&base32(&random::<32>()?))
                .map_err(|_| DeskError::BadValue("password"))?
        } else {
            hashed(answers)?
        };
        let row = UserRow {
            id: UserId::new(self.app.now_ms(), random()?),
            name: text(answers, "name")?.to_owned(),
            password,
            roles: Vec::new(),
            unit: self.me.unit,
            active: true,
            login,
        };
        let (id, grant) = (row.id, self.role_asked(row.id, answers)?);
        let write = self.app.writer.write(move |db| {
            accounts::add_user(db, &row)?;
            grants::add(db, &grant)
        });
        write.await?;
        if by_link { self.make_link(&id.to_string()).await } else { Ok(self.said(Word::Added)) }
    }

    pub(super) async fn set_active(&self, user: &str, active: bool) -> Result<Acted, DeskError> {
        let user = self.other(user)?;
        let id = user.id;
        self.app
            .writer
            .write(move |db| {
                accounts::end_sessions(db, user.id)?;
                accounts::set_user_active(db, &user.login, active)
            })
            .await?;
        if active { self.may_decide_now(id) } else { Ok(self.said(Word::SavedDone)) }
    }

    /// Ends the sessions of a person on all tablets.
    pub(super) async fn sign_out(&self, user: &str) -> Result<Acted, DeskError> {
        let id = self.account(user)?.id;
        self.app.writer.write(move |db| accounts::end_sessions(db, id)).await?;
        Ok(self.said(Word::SavedDone))
    }

    pub(super) async fn set_role(&self, user: &str, answers: &Answers) -> Result<Acted, DeskError> {
        let id = self.other(user)?.id;
        let grant = self.role_asked(id, answers)?;
        self.app.writer.write(move |db| grants::add(db, &grant)).await?;
        self.may_decide_now(id)
    }

    /// Takes a role back, for now and for later; the person's other roles stay.
    pub(super) async fn unset_role(
        &self,
        user: &str,
        answers: &Answers,
    ) -> Result<Acted, DeskError> {
        let (user, role) = (self.other(user)?, role(answers)?);
        let now_ms = self.app.now_ms();
        let (id, unit) = (user.id, user.unit);
        let write = self.app.writer.write(move |db| grants::end_role(db, (id, unit), role, now_ms));
        if write.await? { Ok(self.said(Word::SavedDone)) } else { Err(DeskError::BadValue("role")) }
    }

    /// Lets a person's roles reach up to a level of protection, and no further.
    pub(super) async fn set_level(
        &self,
        user: &str,
        answers: &Answers,
    ) -> Result<Acted, DeskError> {
        let user = self.other(user)?;
        let level: u8 =
            text(answers, "level")?.parse().map_err(|_| DeskError::BadValue("level"))?;
        if level > LEVEL_MAX {
            return Err(DeskError::BadValue("level"));
        }
        let (now_ms, me) = (self.app.now_ms(), self.me.id);
        let all = self.app.readers.read(|db| grants::of(db, user.id))?;
        let lasting: Vec<GrantRow> = self.lasting(&all).cloned().collect();
        let write = self.app.writer.write(move |db| {
            for old in lasting {
                grants::end(db, old.user, old.id, now_ms)?;
                let from_ms = old.from_ms.max(now_ms);
                grants::add(db, &GrantRow { level, from_ms, given_by: Some(me), ..old })?;
            }
            Ok(())
        });
        write.await?;
        Ok(self.said(Word::SavedDone))
    }

    /// Nothing that is held goes in by itself because its author may write again; that it waits is said.
    fn may_decide_now(&self, user: UserId) -> Result<Acted, DeskError> {
        let say = format!("{}{}", self.w(Word::SavedDone), self.waits_of(user)?);
        Ok(Acted { say, ..Acted::default() })
    }

    pub(super) async fn set_password(
        &self,
        user: &str,
        answers: &Answers,
    ) -> Result<Acted, DeskError> {
        let (user, hash) = (self.account(user)?, hashed(answers)?);
        self.app.writer.write(move |db| accounts::set_password(db, user.id, &hash)).await?;
        Ok(self.said(Word::SavedDone))
    }

    pub(super) fn account(&self, user: &str) -> Result<UserRow, DeskError> {
        let id: UserId = user.parse().map_err(|_| DeskError::Nowhere)?;
        let found = self.app.readers.read(|db| accounts::user(db, id))?;
        // Another unit's people are as if they were not there.
        found.filter(|user| user.unit == self.me.unit).ok_or(DeskError::Nowhere)
    }

    /// Somebody else: nobody ends or demotes himself, so one administrator always stays.
    fn other(&self, user: &str) -> Result<UserRow, DeskError> {
        let found = self.account(user)?;
        if found.id == self.me.id { Err(DeskError::NotAllowed) } else { Ok(found) }
    }

    pub(super) fn said(&self, word: Word) -> Acted {
        Acted { say: self.w(word).to_owned(), ..Acted::default() }
    }
}

pub(super) fn role(answers: &Answers) -> Result<Role, DeskError> {
    let roles = accounts::roles(text(answers, "role")?);
    match roles.as_slice() {
        [role] => Ok(*role),
        _ => Err(DeskError::BadValue("role")),
    }
}

/// The start of a day that was answered, or of one so many days later; nothing for no answer.
pub(super) fn day(
    answers: &Answers,
    id: &'static str,
    later: i64,
) -> Result<Option<i64>, DeskError> {
    let found = answers.iter().find(|(known, _)| known == id);
    let Some(text) = found.and_then(|(_, value)| value.as_str()).filter(|text| !text.is_empty())
    else {
        return Ok(None);
    };
    days::start(text, later).map(Some).ok_or(DeskError::BadValue(id))
}

fn hashed(answers: &Answers) -> Result<String, DeskError> {
    let given = text(answers, "password")?;
    if given.chars().count() < PASSWORD_CHARS_MIN {
        return Err(DeskError::BadValue("password"));
    }
    password::hash(given).map_err(|_| DeskError::BadValue("password"))
}
