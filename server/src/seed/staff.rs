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

/// The logins as a table for people and scripts: login, password, role.
#[must_use]
pub fn table() -> String {
    let mut lines = vec![format!("{:<8} {:<16} {}", "login", "password", "role")];
    lines.extend(
        STAFF.iter().map(|one| format!("{:<8} {:<16} {}", one.login, one.password, one.title)),
    );
    lines.join("\n")
}
