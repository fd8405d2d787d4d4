//! Pieces that several pages use.

mod awaiting;
mod badge;
mod form;
mod head;

pub use awaiting::awaiting;
pub use badge::{badge, conflict_badge, status_tone};
pub use form::{Form, form};
pub use head::{head, page_title};
