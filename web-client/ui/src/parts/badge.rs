//! A state as a word on a quiet ground, with an icon where it matters.

use crate::prelude::*;

use crate::icon::icon;
use crate::text::{Text, count};
use ankomst_shared::app::{Badge, Sign, Tone};

/// Shows a word in a tone.
pub fn badge(text: impl Into<String>, tone: &'static str) -> AnyView {
    view! { <span class="badge" data-tone=tone>{text.into()}</span> }.into_any()
}

/// Shows how many fields people contradict each other on; nothing when none.
pub fn conflict_badge(conflicts: u32) -> AnyView {
    (conflicts > 0)
        .then(|| {
            view! {
                <span class="badge" data-tone="decide">
                    {icon(Sign::Differ)}{count(Text::ConflictsOne, Text::ConflictsMany, conflicts)}
                </span>
            }
        })
        .into_any()
}

/// The marks of a line.
pub fn badges(all: &[Badge]) -> AnyView {
    let shown = all.iter().map(|one| {
        view! { <span class="badge" data-tone=tone(one.tone)>{icon(one.sign)}{one.text.clone()}</span> }
    });
    shown.collect_view().into_any()
}

/// A tone as the style sheet knows it.
pub const fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "plain",
        Tone::Good => "good",
        Tone::Info => "info",
        Tone::Decide => "decide",
        Tone::Danger => "danger",
    }
}
