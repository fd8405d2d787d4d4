//! The accounts of the village's municipality, with passwords that are printed: never for real use.

use ankomst_shared::app::Role;

/// A demo account.
#[derive(Debug)]
pub struct Staff {
    /// Login.
    pub login: &'static str,
    /// Name.
    pub name: &'static str,
    /// Password.
    pub password: &'static str,
    /// Role.
    pub role: Role,
    /// Role for people.
    pub title: &'static str,
}

/// Name of the one unit.
pub const UNIT: &str = "Integrationsenheten, Provby kommun";

/// Those who write the story, by their place in [`STAFF`]: the first two the cases, the third the
/// houses; the last, the supervisor, has looked through all of it.
pub const WRITERS: [usize; 4] = [0, 1, 2, 4];

/// All accounts.
pub static STAFF: [Staff; 6] = [
    Staff {
        login: "elin",
        name: "Elin Lindqvist",
        password: "elin-i-provby",
        role: Role::Caseworker,
        title: "handläggare / caseworker",
    },
    Staff {
        login: "oskar",
        name: "Oskar Nyström",
        password: "oskar-i-provby",
        role: Role::Caseworker,
        title: "handläggare / caseworker",
    },
    Staff {
        login: "mats",
        name: "Mats Sandberg",
        password: "mats-i-provby",
        role: Role::Inspector,
        title: "boinspektör / inspector",
    },
    Staff {
        login: "hedda",
        name: "Hedda Holm",
        password: "hedda-i-provby",
        role: Role::Inspector,
        title: "boinspektör / inspector",
    },
    Staff {
        login: "ingrid",
        name: "Ingrid Wikander",
        password: "ingrid-i-provby",
        role: Role::Supervisor,
        title: "enhetschef / supervisor",
    },
    Staff {
        login: "sixten",
        name: "Sixten Rosén",
        password: "sixten-i-provby",
        role: Role::Administrator,
        title: "systemadministratör / administrator",
    },
];

/// Accounts of the village besides: they have written nothing of the story.
pub static GUESTS: [Staff; 3] = [
    Staff {
        login: "vera",
        name: "Vera Nyström",
        password: "vera-i-provby",
        role: Role::ChildCaseworker,
        title: "socialsekreterare ensamkommande / child caseworker",
    },
    Staff {
        login: "tyra",
        name: "Tyra Holm",
        password: "tyra-i-provby",
        role: Role::Recipient,
        title: "mottagare på skolan / recipient at the school",
    },
    Staff {
        login: "anton",
        name: "Anton Rosén",
        password: "anton-i-provby",
        role: Role::Regional,
        title: "regional samordnare / regional coordinator",
    },
];

/// The department of the recipient among the [`GUESTS`].
pub const GUESTS_DEPARTMENT: &str = "SKO";

/// The logins as a table for people and scripts: login, password, role.
#[must_use]
pub fn table() -> String {
    listed(&STAFF)
}

/// The same with those of the village besides.
#[must_use]
pub fn village_table() -> String {
    let all: Vec<&Staff> = STAFF.iter().chain(&GUESTS).collect();
    listed(all)
}

fn listed<'a>(all: impl IntoIterator<Item = &'a Staff>) -> String {
    let mut lines = vec![format!("{:<8} {:<16} {}", "login", "password", "role")];
    let line = |one: &Staff| format!("{:<8} {:<16} {}", one.login, one.password, one.title);
    lines.extend(all.into_iter().map(line));
    lines.join("\n")
}
