//! Icons as paths on a 24-unit field; always beside a word, never alone.

use crate::prelude::*;

/// An icon's outline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    /// A house.
    House,
    /// A folder.
    Folder,
    /// A tray.
    Inbox,
    /// A tablet.
    Tablet,
    /// A tick.
    Tick,
    /// A cross.
    Cross,
    /// A stroke: does not matter here.
    Dash,
    /// A triangle: danger to people.
    Danger,
    /// Two arrows apart: people said different things.
    Differ,
    /// A cloud with a tick: the server has it.
    Cloud,
    /// A padlock.
    Lock,
    /// A plus.
    Plus,
    /// A magnifying glass.
    Search,
    /// A screen turned to someone.
    Show,
    /// A pin.
    Pin,
    /// An arrow back.
    Back,
    /// A shield: protected identity.
    Shield,
    /// A pencil: being saved.
    Pencil,
}

impl Icon {
    const fn outline(self) -> &'static str {
        match self {
            Self::House => "M3 11 12 4l9 7M6 9.5V20h12V9.5M10 20v-6h4v6",
            Self::Folder => "M3 6h6l2 2h10v11H3z",
            Self::Inbox => "M4 5h16l1 9v5H3v-5zM3 14h5l1.5 2.5h5L16 14h5",
            Self::Tablet => "M6 3h12v18H6zM10.5 18h3",
            Self::Tick => "m5 12.5 4.5 4.5L19 7.5",
            Self::Cross => "m6 6 12 12M18 6 6 18",
            Self::Dash => "M6 12h12",
            Self::Danger => "M12 4 2.5 20h19zM12 10v5M12 17.5v.5",
            Self::Differ => "M10 7 5 12l5 5M14 7l5 5-5 5",
            Self::Cloud => {
                "M7 18a4 4 0 0 1-.5-8A6 6 0 0 1 18 9.500a4.300 4.300 0 0 1-.5 8.500zM9.500 13.500l2 2 3.500-3.500"
            }
            Self::Lock => "M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3",
            Self::Plus => "M12 5v14M5 12h14",
            Self::Search => {
                "M10.500 17a6.500 6.500 0 1 1 0-13 6.500 6.500 0 0 1 0 13zM15.500 15.500 20 20"
            }
            Self::Show => "M3 5h18v11H3zM8 20h8M12 16v4M8 9h8M8 12h5",
            Self::Pin => "M9 4h6l-1 6 3 3v2H7v-2l3-3zM12 15v6",
            Self::Back => "M11 6 5 12l6 6M5 12h14",
            Self::Shield => "M12 3 5 6v6c0 4.500 3 7.500 7 9 4-1.500 7-4.500 7-9V6z",
            Self::Pencil => "M4 20l1-5L16 4l4 4L9 19z",
        }
    }
}

/// Draws an icon.
pub fn icon(which: Icon) -> AnyView {
    view! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=which.outline() />
        </svg>
    }
    .into_any()
}
