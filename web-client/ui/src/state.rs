//! What the whole page shares: the device's status, the place shown, what is said aloud.

use std::cell::OnceCell;

use ankomst_shared::app::{Act, Action, Command, FileView, Language, Reply, Role, Status};

use crate::bridge::ask;
use crate::react::Live;
use crate::route::Route;

/// The page's shared signals.
#[derive(Clone, Copy)]
pub struct Ui {
    /// Status of the device; `None` until the core has answered once.
    pub status: Live<Option<Status>>,
    /// The place shown.
    pub route: Live<Route>,
    /// Said politely to screen readers, and shown for a moment.
    pub said: Live<String>,
    /// What takes back what was just done.
    pub undo: Live<Option<Act>>,
    /// What is being asked about.
    pub asking: Live<Option<Action>>,
    /// What is being taken in.
    pub taking: Live<Option<Taking>>,
    /// The file that is shown large.
    pub viewing: Live<Option<FileView>>,
    /// A new version of the app waits for a yes.
    pub update_ready: Live<bool>,
    /// At the entrance somebody has forgotten the passphrase.
    pub forgotten: Live<bool>,
    /// Seconds until the next passphrase may be tried.
    pub wait: Live<u32>,
    /// Language of the page.
    pub language: Live<Language>,
}

/// A picture or another file on its way to the core.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taking {
    /// Pieces that are saved.
    pub done: u32,
    /// Of so many.
    pub all: u32,
    /// What hinders it; it waits then for a person.
    pub fault: Option<&'static str>,
}

thread_local! {
    static UI: OnceCell<Ui> = const { OnceCell::new() };
}

/// Gives the page's shared signals.
pub fn ui() -> Ui {
    UI.with(|cell| *cell.get_or_init(Ui::new))
}

impl Ui {
    fn new() -> Self {
        Self {
            status: Live::new(None),
            route: Live::new(Route::here()),
            said: Live::new(String::new()),
            undo: Live::new(None),
            asking: Live::new(None),
            taking: Live::new(None),
            viewing: Live::new(None),
            update_ready: Live::new(false),
            forgotten: Live::new(false),
            wait: Live::new(0),
            language: Live::new(Language::Sv),
        }
    }

    /// Takes in a status from the core.
    pub fn take_status(self, status: Status) {
        if self.language.get_untracked() != status.language {
            self.language.set(status.language);
        }
        if self.status.with_untracked(|old| old.as_ref() != Some(&status)) {
            self.status.set(Some(status));
        }
    }

    /// Asks the core for the status.
    pub fn refresh(self) {
        ask(Command::Status, move |reply| {
            if let Reply::Status(status) = reply {
                self.take_status(status);
            }
        });
    }

    /// Says something politely.
    pub fn say(self, text: impl Into<String>) {
        self.said.set(text.into());
    }

    /// Draws the whole frame anew.
    pub fn redraw(self) {
        self.language.set(self.language.get_untracked());
    }

    /// Changes the language of page and view models.
    pub fn speak(self, language: Language) {
        ask(Command::SetLanguage(language), move |reply| {
            self.language.set(language);
            match reply {
                Reply::Status(status) => self.take_status(status),
                _ => self.refresh(),
            }
        });
    }

    /// Whether somebody is in: a vault is open and nothing stands before it.
    pub fn is_in(self) -> bool {
        self.status.with_untracked(|status| status.as_ref().is_some_and(|it| it.user.is_some()))
    }

    /// Whether the signed-in person has the role.
    pub fn has_role(self, role: Role) -> bool {
        self.status.with(|status| {
            let user = status.as_ref().and_then(|status| status.user.as_ref());
            user.is_some_and(|user| user.roles.contains(&role))
        })
    }
}
