//! `/surfplatta`: what is on this device, how far it has come, language, look, lock.

use ankomst_shared::app::{
    Act, Action, Body, Contact, Input, Language, Line, Look, PageView, Part, Question, Sign, Tone,
};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::text::{Word, held};
use ankomst_shared::value::Value;

use super::super::super::rows::{HeldHere, Stage};
use super::super::viewer::{Viewer, count};
use super::made::{action, asked, notice, part, primary, question};

impl Viewer<'_> {
    pub(super) fn this_device(&mut self) -> PageView {
        let mut parts = Vec::new();
        if self.status.storage_failing {
            parts.push(notice("failing", Tone::Danger, self.w(Word::StorageFailing)));
        }
        if self.status.without_backup {
            parts.push(notice("backup", Tone::Info, self.w(Word::WithoutBackup)));
        }
        if self.status.aside > 0 {
            parts.push(self.aside_part());
        }
        parts.push(self.contact_part());
        parts.extend(self.held_part());
        parts.push(self.storage_part());
        parts.push(self.safety_part());
        parts.push(self.hand_over_part());
        parts.push(self.level_part());
        parts.push(self.look_part());
        parts.push(self.person_part());
        parts.push(self.passkey_part());
        PageView { title: self.w(Word::ThisDevice).to_owned(), parts, ..PageView::default() }
    }

    /// Records that cannot be opened: what of them is known without that, and what to do.
    fn aside_part(&self) -> Part {
        let line = |id: DocumentId| {
            let header = self.open.headers.get(&id);
            let kind = header.and_then(|header| self.catalog.kind(&header.kind));
            let again = Act::OpenAgain(id);
            Line {
                key: id.to_string(),
                title: kind
                    .map(|kind| kind.label.get(self.language).to_owned())
                    .unwrap_or_default(),
                detail: header.map(|header| self.moment(header.created_ms)).unwrap_or_default(),
                actions: vec![action("open-again", self.w(Word::AsideAgain), Sign::None, again)],
                ..Line::default()
            }
        };
        let lines = self.open.aside().map(line).collect();
        let mut part = part("aside", self.w(Word::AsideTitle), Body::Lines(lines, String::new()));
        self.w(Word::AsideHelp).clone_into(&mut part.help);
        part
    }

    fn contact_part(&self) -> Part {
        let status = &self.status;
        let contact = status
            .last_contact_ms
            .map_or_else(|| self.w(Word::ContactNever).to_owned(), |ms| self.moment(ms));
        let at = |ms| self.moment(ms);
        let state = match status.contact {
            Contact::Unknown => self.w(Word::ContactUnknown).to_owned(),
            Contact::Trying => self.w(Word::ContactTrying).to_owned(),
            Contact::Live => self.w(Word::ContactLive).to_owned(),
            Contact::Asks => self.w(Word::ContactAsks).to_owned(),
            Contact::Busy(ms) => self.f(Word::ContactBusy, &[&at(ms)]),
            Contact::None => self.w(Word::ContactNone).to_owned(),
        };
        let fact = |word: Word, value: String| (self.w(word).to_owned(), value);
        let mut facts = vec![
            fact(Word::DeviceName, status.device_name.clone().unwrap_or_default()),
            fact(Word::LastContact, contact),
            fact(Word::ContactState, state),
            fact(Word::WaitingChanges, status.waiting.to_string()),
            fact(Word::ReceivedChanges, status.received.to_string()),
            fact(Word::HeldChanges, status.held.to_string()),
            fact(Word::DepositsHere, status.deposits.to_string()),
            fact(Word::DepositsKept, status.kept.to_string()),
        ];
        if let Some(offset) = self.open.standing.clock_offset_s.filter(|offset| offset.abs() > 120)
        {
            facts.push(fact(Word::ClockOff, offset.to_string()));
        }
        let mut part = part("contact", self.w(Word::SyncTitle), Body::Facts(facts));
        if status.held > 0 {
            let held = Act::Go("/register/hallna".to_owned());
            part.actions.push(action("held", self.w(Word::HeldChanges), Sign::Lock, held));
        }
        part.actions.push(action("sync-now", self.w(Word::SyncNow), Sign::Cloud, Act::Sync));
        part
    }

    /// What of this person's work is held, and why, as the server last said.
    fn held_part(&mut self) -> Option<Part> {
        let all = self.open.standing.held.clone();
        let lines: Vec<Line> = all.iter().map(|one| self.held_line(one)).collect();
        let mut part =
            part("held-here", self.w(Word::HeldChanges), Body::Lines(lines, String::new()));
        self.w(Word::HeldHelp).clone_into(&mut part.help);
        (!all.is_empty()).then_some(part)
    }

    fn held_line(&mut self, one: &HeldHere) -> Line {
        let id = one.document;
        let kind = self.open.kind(id).and_then(|kind| self.catalog.kind(kind));
        let label = kind.map(|kind| kind.label.get(self.language));
        let title = match label {
            Some(label) => [label, &self.title(id)].join(" "),
            None => self.w(Word::HeldGone).to_owned(),
        };
        Line {
            key: [&id.to_string(), &one.reason].map(String::as_str).join(" "),
            href: label.is_some().then(|| self.address(id)),
            title: title.trim_end().to_owned(),
            detail: held::why(self.language, &one.reason),
            figure: self.f(Word::HeldCount, &[&one.changes.to_string()]),
            ..Line::default()
        }
    }

    fn storage_part(&self) -> Part {
        let chunks = self.open.chunks.values().map(std::collections::BTreeMap::len).sum::<usize>();
        let unsent = self.open.chunks.values().flat_map(std::collections::BTreeMap::values);
        let unsent = unsent.filter(|row| row.stage == Stage::Unsent).count();
        let fact = |word: Word, value: String| (self.w(word).to_owned(), value);
        let mut facts = vec![
            fact(Word::DocumentsHere, self.open.chunks.len().to_string()),
            fact(
                Word::ChangesHere,
                self.f(Word::ChangesUnsent, &[&chunks.to_string(), &unsent.to_string()]),
            ),
        ];
        facts.push(fact(Word::Files, self.files_figure()));
        let mut actions = Vec::new();
        if let Some(storage) = self.storage {
            let (used, quota) = (megabytes(storage.used), megabytes(storage.quota));
            facts.push(fact(Word::StorageUsed, self.f(Word::StorageOf, &[&used, &quota])));
            let kept = if storage.persisted { Word::StorageKept } else { Word::StorageMayGo };
            facts.push(fact(Word::StoragePromise, self.w(kept).to_owned()));
            if !storage.persisted {
                actions.push(action("persist", self.w(Word::StorageAsk), Sign::Lock, Act::Persist));
            }
        }
        Part { actions, ..part("storage", self.w(Word::StorageTitle), Body::Facts(facts)) }
    }

    fn safety_part(&self) -> Part {
        let mut part = part("safety", self.w(Word::SafetyTitle), Body::Facts(Vec::new()));
        self.w(Word::SafetyHelp).clone_into(&mut part.help);
        let act = Act::SafetyCopy;
        part.actions = vec![action("safety-copy", self.w(Word::SafetyDo), Sign::Tablet, act)];
        part
    }

    fn hand_over_part(&self) -> Part {
        let left = self.open.given.1;
        let left = (left > 0).then(|| (self.w(Word::BundleLeft).to_owned(), left.to_string()));
        let facts = Body::Facts(left.into_iter().collect());
        let mut part = part("hand-over", self.w(Word::BundleTitle), facts);
        self.w(Word::BundleHelp).clone_into(&mut part.help);
        part.actions = vec![
            action("hand-over", self.w(Word::BundleGive), Sign::Tablet, Act::HandOver(false)),
            action("take-file", self.w(Word::BundleTake), Sign::Plus, Act::HandOver(true)),
        ];
        part
    }

    fn level_part(&self) -> Part {
        let levels = [
            (Word::LevelSaved, Word::LevelSavedHelp),
            (Word::LevelReceived, Word::LevelReceivedHelp),
            (Word::LevelShared, Word::LevelSharedHelp),
            (Word::LevelBackedUp, Word::LevelBackedUpHelp),
            (Word::LevelHeld, Word::LevelHeldHelp),
        ];
        let facts =
            levels.map(|(word, help)| (self.w(word).to_owned(), self.w(help).to_owned())).to_vec();
        part("levels", self.w(Word::LevelsTitle), Body::Facts(facts))
    }

    fn look_part(&self) -> Part {
        let choice = |name: &str, label: &str, chosen: bool, act: Act| Action {
            look: Look::Choice(chosen),
            ..action(name, label, Sign::None, act)
        };
        let language = self.language;
        let mut part = part("look", self.w(Word::LookTitle), Body::Facts(Vec::new()));
        part.actions = vec![
            choice("speak-sv", "Svenska", language == Language::Sv, Act::Speak(Language::Sv)),
            choice("speak-en", "English", language == Language::En, Act::Speak(Language::En)),
            choice("theme-0", self.w(Word::ThemeDevice), false, Act::Theme(0)),
            choice("theme-1", self.w(Word::ThemeLight), false, Act::Theme(1)),
            choice("theme-2", self.w(Word::ThemeDark), false, Act::Theme(2)),
        ];
        part
    }

    fn person_part(&self) -> Part {
        let user = &self.open.identity.user;
        let name = format!("{} ({})", user.name, user.login);
        let roles: Vec<String> = user
            .roles
            .iter()
            .map(|role| self.catalog.code_words("role", role.name(), self.language))
            .collect();
        let fact = |word: Word, value: String| (self.w(word).to_owned(), value);
        let facts = vec![fact(Word::SignedInAs, name), fact(Word::Roles, roles.join(", "))];
        let mut part = part("person", self.w(Word::PersonTitle), Body::Facts(facts));
        self.w(Word::LockHelp).clone_into(&mut part.help);
        let digits = Question {
            required: false,
            ..question("pin", self.w(Word::Pin), Input::Text, Value::Null)
        };
        let pin = action("pin", self.w(Word::PinDo), Sign::Lock, Act::Pin);
        part.actions = vec![
            primary(action("lock", self.w(Word::Lock), Sign::Lock, Act::Lock)),
            asked(pin, self.w(Word::PinHelp), vec![digits]),
            action("sign-out", self.w(Word::SignOut), Sign::None, Act::SignOut),
        ];
        part
    }

    fn passkey_part(&self) -> Part {
        let mut part = part("passkey", self.w(Word::PasskeyTitle), Body::Facts(Vec::new()));
        let login = &self.open.identity.user.login;
        let is_on = self.status.keys.iter().any(|(known, _)| known == login);
        let act = if is_on {
            action("no-passkey", self.w(Word::PasskeyDrop), Sign::Cross, Act::NoPasskey)
        } else {
            action("passkey", self.w(Word::PasskeyDo), Sign::Lock, Act::Passkey)
        };
        self.w(Word::PasskeyHelp).clone_into(&mut part.help);
        let mine = Act::Go("/register/passkeys".to_owned());
        let mine = action("my-passkeys", self.w(Word::PasskeyMine), Sign::None, mine);
        part.actions = vec![act, mine];
        part
    }
}

fn megabytes(bytes: u64) -> String {
    let tenths = bytes / 100_000;
    format!("{},{} MB", count(usize::try_from(tenths / 10).unwrap_or(usize::MAX)), tenths % 10)
}
