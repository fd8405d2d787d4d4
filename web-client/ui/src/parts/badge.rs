//! A state as a word on a quiet ground, with an icon where it matters.

use crate::prelude::*;

use crate::icon::{Icon, icon};
use crate::text::{Text, count};

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
                    {icon(Icon::Differ)}{count(Text::ConflictsOne, Text::ConflictsMany, conflicts)}
                </span>
            }
        })
        .into_any()
}

/// The tone of a state's code.
pub fn status_tone(code: &str) -> &'static str {
    match code {
        code if code.contains("block") || code.contains("clos") => "danger",
        code if code.contains("open") || code.contains("use") || code == "ok" => "good",
        _ => "plain",
    }
}
