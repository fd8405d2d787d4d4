//! What people do with tablets: open them, type, leave sections, look, sign in again.

use std::collections::BTreeSet;

use ankomst_shared::app::{Act, Command, Query, Reply, Screen, SignIn, View};
use ankomst_shared::ids::{ChangeHash, DocumentId};
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;

use crate::hub::{OF_UNIT, PASSWORD, login};
use crate::ledger::{Written, value};
use crate::world::World;

/// Why a command was given.
#[derive(Debug, Clone)]
pub enum Meant {
    /// To save these, each a number; in one act if there are several.
    Write(Vec<(u64, Written)>),
    /// To add a person to a case.
    Person(DocumentId, u64, Box<Written>),
    /// To begin a round through a house, or join it.
    Round,
    /// To sign in.
    SignIn,
    /// To open a vault.
    Unlock,
    /// Anything else.
    Other,
}

/// Fields of a case that hold any text.
const TEXTS: [&str; 4] =
    ["household_label", "arriving_from", "assignment_ref", "legal_hold_reason"];
/// Fields of a person of a case that hold any text.
const OF_PERSONS: [&str; 4] = ["given", "family", "known_as", "profession"];

/// The passphrase of a person's vault.
fn passphrase(person: usize) -> String {
    format!("en lång ordföljd av {person}")
}

impl World {
    /// Lets a person do something with a tablet that is on.
    pub fn act(&mut self, at: usize) {
        let person = self.tablets[at].people[0];
        if self.size.orders && self.is_used_again(at) {
            return;
        }
        let Some(core) = self.tablets[at].core() else { return };
        let status = core.status();
        let (command, meant) = match status.screen {
            Screen::Open if status.user.is_some() => {
                let again = status.sign_in_needed && self.kernel.chance(700);
                if again { self.sign_in(at, person) } else { self.work(at) }
            }
            _ => {
                let has_vault = status.vaults.contains(&login(person));
                if has_vault && !self.kernel.chance(50) {
                    let (login, passphrase) = (login(person), passphrase(person));
                    (Command::Unlock { login, passphrase }, Meant::Unlock)
                } else {
                    self.sign_in(at, person)
                }
            }
        };
        self.tablets[at].begin(command, meant);
    }

    /// Signs in.
    pub fn sign_in(&self, at: usize, person: usize) -> (Command, Meant) {
        let request = SignIn {
            login: login(person),
            password: PASSWORD.to_owned(),
            passphrase: passphrase(person),
            device_name: format!("Surfplatta {at}"),
            forgotten: false,
            passkey: Vec::new(),
        };
        (Command::SignIn(request), Meant::SignIn)
    }

    /// The cases on a tablet.
    fn cases(&self, at: usize) -> Vec<DocumentId> {
        let inside = self.tablets[at].core().and_then(|core| {
            core.look_inside(|inside| {
                let cases = inside.documents().filter(|(_, kind)| *kind == "case");
                cases.map(|(id, _)| id).collect()
            })
        });
        inside.unwrap_or_default()
    }

    fn work(&mut self, at: usize) -> (Command, Meant) {
        if self.kinds.has_houses() && self.kernel.chance(300) {
            return self.at_house(at);
        }
        let cases = self.cases(at);
        let wanted = 3 + self.tablets.len().min(OF_UNIT) / 2;
        if cases.is_empty() || (cases.len() < wanted && self.kernel.chance(150)) {
            let label = self.ledger.token();
            return (
                Command::Act(Act::NewCase, vec![("label".to_owned(), value(label))]),
                Meant::Other,
            );
        }
        let case = cases[self.kernel.roll(cases.len())];
        match self.kernel.roll(100) {
            0..62 => self.types(at, case),
            62..72 => self.sets(at, case),
            72..80 => (Command::Commit(case), Meant::Other),
            80..84 => self.adds(at, case),
            84..88 => (Command::SyncNow, Meant::Other),
            88..93 => (Command::Get(Query::Form { document: case, entry: None }), Meant::Other),
            93..96 => (Command::Get(Query::Inbox), Meant::Other),
            96..98 => (Command::Lock, Meant::Other),
            98 => (Command::SignOut, Meant::Other),
            _ => (Command::Get(Query::Changes(case)), Meant::Other),
        }
    }

    fn field(&self, case: DocumentId) -> FieldPath {
        let persons = self.persons.get(&case).map_or(&[][..], Vec::as_slice);
        let path = if persons.is_empty() || self.kernel.chance(500) {
            TEXTS[self.kernel.roll(TEXTS.len())].to_owned()
        } else {
            let person = &persons[self.kernel.roll(persons.len())];
            format!("persons/{person}/{}", OF_PERSONS[self.kernel.roll(OF_PERSONS.len())])
        };
        FieldPath::parse(&path).unwrap()
    }

    fn written(&self, at: usize, case: DocumentId, path: &FieldPath) -> Written {
        let seen = self.tablets[at].core().and_then(|core| {
            core.look_inside(|inside| {
                let here = inside.chunks().filter(|chunk| chunk.document == case);
                here.map(|chunk| chunk.hash).collect::<BTreeSet<ChangeHash>>()
            })
        });
        Written {
            vault: (at, self.tablets[at].people[0]),
            document: case,
            path: path.clone(),
            at: self.kernel.now(),
            seen: seen.unwrap_or_default(),
            group: None,
            is_replaced: false,
            is_excused: false,
        }
    }

    fn types(&mut self, at: usize, case: DocumentId) -> (Command, Meant) {
        let path = self.field(case);
        self.types_into(at, case, path)
    }

    /// Types something into a field.
    pub(crate) fn types_into(
        &mut self,
        at: usize,
        document: DocumentId,
        path: FieldPath,
    ) -> (Command, Meant) {
        let token = self.ledger.token();
        let written = self.written(at, document, &path);
        self.ledger.types(token, &written);
        let command = Command::Type { document, path, value: value(token) };
        (command, Meant::Write(vec![(token, written)]))
    }

    /// Several answers in one act.
    fn sets(&mut self, at: usize, case: DocumentId) -> (Command, Meant) {
        let paths: BTreeSet<FieldPath> = (0..3).map(|_| self.field(case)).collect();
        let group = Some(self.ledger.token());
        let mut all = Vec::new();
        for path in paths {
            let token = self.ledger.token();
            let written = Written { group, ..self.written(at, case, &path) };
            all.push((token, written));
        }
        let values = all.iter().map(|(token, one)| (one.path.clone(), value(*token))).collect();
        let set = Act::Set { document: case, values };
        (Command::Act(set, Vec::new()), Meant::Write(all))
    }

    fn adds(&mut self, at: usize, case: DocumentId) -> (Command, Meant) {
        let token = self.ledger.token();
        let path = FieldPath::parse("persons/0/given").unwrap();
        let written = Written { group: Some(token), ..self.written(at, case, &path) };
        let command = Command::AddEntry {
            document: case,
            list: "persons".to_owned(),
            answers: vec![("given".to_owned(), value(token))],
        };
        (command, Meant::Person(case, token, Box::new(written)))
    }

    /// A command was carried out.
    pub fn done(&mut self, at: usize, reply: &Reply, meant: Meant) {
        match (meant, reply) {
            (Meant::Round, Reply::Acted(acted)) => {
                if let Some(round) = acted.document {
                    self.begun(at, round);
                }
            }
            (Meant::Write(all), Reply::Saved | Reply::Acted(_)) => {
                if self.tablets[at].age.get().is_earlier() {
                    self.count("written by an earlier program");
                }
                self.may_be_updated(at);
                for (token, mut written) in all {
                    // What came in while it waited for its turn was there before it.
                    written.seen = self.written(at, written.document, &written.path).seen;
                    self.reads_own(at, token, &written);
                    self.ledger.saved(token, written);
                }
            }
            (Meant::Person(case, token, written), Reply::Entry(entry)) => {
                self.persons.entry(case).or_default().push(entry.clone());
                self.ledger.saved(token, *written);
            }
            (Meant::SignIn, Reply::Refused(refusal)) => {
                self.kernel.note(90, format!("{refusal:?}").as_bytes());
            }
            (_, Reply::Refused(_)) => self.refusals += 1,
            (Meant::Unlock, _) => self.look_at_place(at),
            _ => {}
        }
    }

    /// Whoever wrote something is shown it.
    fn reads_own(&mut self, at: usize, token: u64, written: &Written) {
        if written.path.as_str().contains('/') || !self.kernel.chance(250) {
            return;
        }
        let form = Query::Form { document: written.document, entry: None };
        let Some(Reply::View(View::Form(form))) = self.tablets[at].ask(Command::Get(form)) else {
            return;
        };
        let mut fields = form.sections.iter().flat_map(|section| &section.fields);
        let Some(field) = fields.find(|field| field.path == written.path) else { return };
        let wanted: Value = value(token);
        if field.value != wanted && !field.statements.iter().any(|one| one.value == wanted) {
            let text = format!("t{token} was saved at {at} and is not shown there");
            self.ledger.diverged.push(text);
        }
    }
}
