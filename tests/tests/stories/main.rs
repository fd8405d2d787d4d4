//! The nastiest merge stories of `shared/tests/stories/` told by people at real browsers: the server is
//! gone, two write into the same records by the page's own controls, the server comes back, and all are
//! shown what the story says. Stories at the same place share one start of server and browsers.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a story told as a test: a failed step fails it"
)]

mod cards;
mod cases;
mod houses;
mod team;
