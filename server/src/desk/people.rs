//! `/administration/personer`: who may come in.

use ankomst_shared::app::{Acted, Action, Body, Input, Line, PageView, Role, Sign, Tone};
use ankomst_shared::ids::UserId;
use ankomst_shared::order;
use ankomst_shared::text::Word;

use super::made::badge;
use super::{Answers, Desk, DeskError, text};
use crate::accounts::login;
use crate::accounts::password::{self, PASSWORD_CHARS_MIN};
use crate::storage::random;
use crate::storage::sqlite::accounts::{self, UserRow};

/// The place.
const HERE: &str = "/administration/personer";

impl Desk {
    pub(super) fn people(&self) -> Result<PageView, DeskError> {
        let (users, devices) =
            self.app.readers.read(|db| Ok((accounts::users(db)?, accounts::devices(db)?)))?;
        let mut lines = Vec::new();
        for user in users.iter().filter(|user| user.unit == self.me.unit) {
            let own = devices.iter().filter(|(device, _)| device.user == user.id && device.active);
            lines.push(self.person(user, own.count()));
        }
        order::sort_by_key(&mut lines, |line: &Line| order::swedish(&line.title));
        let questions = vec![
            self.question("login", Word::DeskLogin, Input::Text),
            self.question("name", Word::DeskName, Input::Text),
            self.question("role", Word::DeskRole, self.roles()),
            self.question("password", Word::DeskPassword, Input::Text),
        ];
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

    fn person(&self, user: &UserRow, devices: usize) -> Line {
        let roles: Vec<&str> = user.roles.iter().map(|role| self.role(*role)).collect();
        let badges = if user.active {
            Vec::new()
        } else {
            vec![badge(self.w(Word::DeskEnded), Tone::Danger)]
        };
        Line {
            key: user.id.to_string(),
            title: user.name.clone(),
            detail: format!("{} · {}", user.login, roles.join(", ")),
            figure: self.f(Word::DeskDeviceCount, &[&devices.to_string()]),
            badges,
            actions: self.person_actions(user),
            ..Line::default()
        }
    }

    fn person_actions(&self, user: &UserRow) -> Vec<Action> {
        let id = user.id.to_string();
        let out = (Word::DeskOut, Sign::Lock, Word::DeskOutHelp);
        let out = self.act_of(HERE, ("out", &id), out, Vec::new());
        if !self.administers() {
            return (user.id == self.me.id).then_some(out).into_iter().collect();
        }
        let password = (Word::DeskNewPassword, Sign::Lock, Word::DeskNewPersonHelp);
        let asked = vec![self.question("password", Word::DeskPassword, Input::Text)];
        let mut actions = vec![self.act_of(HERE, ("password", &id), password, asked), out];
        if user.id == self.me.id {
            return actions;
        }
        let role = (Word::DeskSetRole, Sign::Pencil, Word::Empty);
        let asked = vec![self.question("role", Word::DeskRole, self.roles())];
        actions.push(self.act_of(HERE, ("role", &id), role, asked));
        let (name, what) = if user.active {
            ("end", (Word::DeskEnd, Sign::Cross, Word::DeskEndHelp))
        } else {
            ("again", (Word::DeskAgain, Sign::Back, Word::Empty))
        };
        actions.push(self.act_of(HERE, (name, &id), what, Vec::new()));
        actions
    }

    pub(super) async fn new_person(&self, answers: &Answers) -> Result<Acted, DeskError> {
        let login = login::read(text(answers, "login")?).ok_or(DeskError::BadValue("login"))?;
        let taken = self.app.readers.read(|db| accounts::user_by_login(db, &login))?;
        if taken.is_some() {
            return Err(DeskError::BadValue("login"));
        }
        let row = UserRow {
            id: UserId::new(self.app.now_ms(), random()?),
            name: text(answers, "name")?.to_owned(),
            password: hashed(answers)?,
            roles: vec![role(answers)?],
            unit: self.me.unit,
            active: true,
            login,
        };
        self.app.writer.write(move |db| accounts::add_user(db, &row)).await?;
        Ok(self.said(Word::Added))
    }

    pub(super) async fn set_active(&self, user: &str, active: bool) -> Result<Acted, DeskError> {
        let user = self.other(user)?;
        self.app
            .writer
            .write(move |db| {
                accounts::end_sessions(db, user.id)?;
                accounts::set_user_active(db, &user.login, active)
            })
            .await?;
        Ok(self.said(Word::SavedDone))
    }

    /// Ends the sessions of a person on all tablets.
    pub(super) async fn sign_out(&self, user: &str) -> Result<Acted, DeskError> {
        let id = self.found(user)?.id;
        self.app.writer.write(move |db| accounts::end_sessions(db, id)).await?;
        Ok(self.said(Word::SavedDone))
    }

    pub(super) async fn set_role(&self, user: &str, answers: &Answers) -> Result<Acted, DeskError> {
        let (user, role) = (self.other(user)?, role(answers)?);
        self.app.writer.write(move |db| accounts::set_roles(db, user.id, role)).await?;
        Ok(self.said(Word::SavedDone))
    }

    pub(super) async fn set_password(
        &self,
        user: &str,
        answers: &Answers,
    ) -> Result<Acted, DeskError> {
        let (user, hash) = (self.found(user)?, hashed(answers)?);
        self.app.writer.write(move |db| accounts::set_password(db, user.id, &hash)).await?;
        Ok(self.said(Word::SavedDone))
    }

    fn found(&self, user: &str) -> Result<UserRow, DeskError> {
        let id: UserId = user.parse().map_err(|_| DeskError::Nowhere)?;
        let found = self.app.readers.read(|db| accounts::user(db, id))?;
        // Another unit's people are as if they were not there.
        found.filter(|user| user.unit == self.me.unit).ok_or(DeskError::Nowhere)
    }

    /// Somebody else: nobody ends or demotes himself, so one administrator always stays.
    fn other(&self, user: &str) -> Result<UserRow, DeskError> {
        let found = self.found(user)?;
        if found.id == self.me.id { Err(DeskError::NotAllowed) } else { Ok(found) }
    }

    pub(super) fn said(&self, word: Word) -> Acted {
        Acted { say: self.w(word).to_owned(), ..Acted::default() }
    }
}

fn role(answers: &Answers) -> Result<Role, DeskError> {
    let roles = accounts::roles(text(answers, "role")?);
    match roles.as_slice() {
        [role] => Ok(*role),
        _ => Err(DeskError::BadValue("role")),
    }
}

fn hashed(answers: &Answers) -> Result<String, DeskError> {
    let given = text(answers, "password")?;
    if given.chars().count() < PASSWORD_CHARS_MIN {
        return Err(DeskError::BadValue("password"));
    }
    password::hash(given).map_err(|_| DeskError::BadValue("password"))
}
