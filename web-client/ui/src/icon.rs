//! Icons as paths on a 24-unit field; always beside a word, never alone.

use crate::prelude::*;
use ankomst_shared::app::Sign;

const fn outline(sign: Sign) -> &'static str {
    match sign {
        Sign::None => "",
        Sign::House => "M3 11 12 4l9 7M6 9.5V20h12V9.5M10 20v-6h4v6",
        Sign::Folder => "M3 6h6l2 2h10v11H3z",
        Sign::Inbox => "M4 5h16l1 9v5H3v-5zM3 14h5l1.5 2.5h5L16 14h5",
        Sign::Tablet => "M6 3h12v18H6zM10.5 18h3",
        Sign::Tick => "m5 12.5 4.5 4.5L19 7.5",
        Sign::Cross => "m6 6 12 12M18 6 6 18",
        Sign::Dash => "M6 12h12",
        Sign::Danger => "M12 4 2.5 20h19zM12 10v5M12 17.5v.5",
        Sign::Differ => "M10 7 5 12l5 5M14 7l5 5-5 5",
        Sign::Cloud => {
            "M7 18a4 4 0 0 1-.5-8A6 6 0 0 1 18 9.500a4.300 4.300 0 0 1-.5 8.500zM9.500 13.500l2 2 3.500-3.500"
        }
        Sign::Lock => "M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3",
        Sign::Plus => "M12 5v14M5 12h14",
        Sign::Search => {
            "M10.500 17a6.500 6.500 0 1 1 0-13 6.500 6.500 0 0 1 0 13zM15.500 15.500 20 20"
        }
        Sign::Show => "M3 5h18v11H3zM8 20h8M12 16v4M8 9h8M8 12h5",
        Sign::Pin => "M9 4h6l-1 6 3 3v2H7v-2l3-3zM12 15v6",
        Sign::Back => "M11 6 5 12l6 6M5 12h14",
        Sign::Shield => "M12 3 5 6v6c0 4.500 3 7.500 7 9 4-1.500 7-4.500 7-9V6z",
        Sign::Pencil => "M4 20l1-5L16 4l4 4L9 19z",
        Sign::Day => "M3 18h18M6 18a6 6 0 0 1 12 0M12 4v4M4.500 9l2 2M19.500 9l-2 2",
        Sign::Clock => "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l3.500 2",
        Sign::Print => "M7 8V3h10v5M7 17H3V8h18v9h-4M7 14h10v7H7z",
        Sign::Wheel => {
            "M12 8.500a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7zM12 3v3M12 18v3M3 12h3M18 12h3M5.600 5.600l2.200 2.200M16.200 16.200l2.200 2.200M5.600 18.400l2.200-2.200M16.200 7.800l2.200-2.200"
        }
    }
}

/// Draws an icon; nothing for [`Sign::None`].
pub fn icon(which: Sign) -> AnyView {
    let path = outline(which);
    (!path.is_empty())
        .then(|| {
            view! {
                <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
                    <path d=path />
                </svg>
            }
        })
        .into_any()
}
