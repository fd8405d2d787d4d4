//! How far an answer has come, as an icon and a word.

use crate::prelude::*;
use ankomst_shared::app::Level;

use super::Held;
use crate::icon::icon;
use crate::react::{Derived, Kept, attr, derived, dynamic};
use crate::text::{Text, tr};
use crate::typing::Mark;
use ankomst_shared::app::Sign;

/// Shows the mark of a field; nothing while there is no answer.
pub fn mark(held: Held) -> AnyView {
    let level = derived(move || match held.mark() {
        Mark::Typing => Some(Level::Typing),
        Mark::Refused(_) => None,
        // The view may still be older than the save, so its level may be that of another answer.
        Mark::Saved => Some(Level::Saved),
        Mark::Quiet => held.view.with(|view| (!view.text.is_empty()).then_some(view.level)),
    });
    told(level)
}

/// Shows how far what is typed into a form has come that is no record: never further than this device.
pub fn kept(mark: Kept<Mark>) -> AnyView {
    told(derived(move || match mark.get() {
        Mark::Typing => Some(Level::Typing),
        Mark::Saved => Some(Level::Saved),
        Mark::Refused(_) | Mark::Quiet => None,
    }))
}

fn told(level: Derived<Option<Level>>) -> AnyView {
    view! {
        <span class="mark" data-level=attr(move || level.get().map(name))>
            {dynamic(move || level.get().map(|level| view! { {icon(sign(level))}<span>{words(level)}</span> }))}
        </span>
    }
    .into_any()
}

/// The level as the page's selectors know it.
pub const fn name(level: Level) -> &'static str {
    match level {
        Level::Typing => "typing",
        Level::Saved => "saved",
        Level::Received => "received",
        Level::Held => "held",
        Level::Shared => "shared",
        Level::BackedUp => "backed-up",
    }
}

const fn sign(level: Level) -> Sign {
    match level {
        Level::Typing => Sign::Pencil,
        Level::Saved => Sign::Tablet,
        Level::Received | Level::Shared | Level::BackedUp => Sign::Cloud,
        Level::Held => Sign::Lock,
    }
}

fn words(level: Level) -> &'static str {
    tr(match level {
        Level::Typing => Text::LevelTyping,
        Level::Saved => Text::LevelSaved,
        Level::Received => Text::LevelReceived,
        Level::Held => Text::LevelHeld,
        Level::Shared => Text::LevelShared,
        Level::BackedUp => Text::LevelBackedUp,
    })
}
