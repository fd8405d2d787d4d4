//! Pieces that several pages use.

mod act;
mod asked;
mod awaiting;
mod badge;
mod files;
mod find;
mod form;
mod head;
mod languages;
mod lost;
mod passkey;
mod take;

pub use act::{asking, buttons, run, save_copy, toast};
pub use asked::{Asked, forget, form_of, found};
pub use awaiting::awaiting;
pub use badge::{badge, badges, conflict_badge, tone};
pub use files::{files, hide_files, viewer};
pub use find::{is_found, search};
pub use form::{Form, form};
pub use head::{head, page_title};
pub use languages::languages;
pub use lost::{wait, waiting, wipe_notice};
pub use passkey::{key_of, make_key, open_key};
pub use take::{take, taking};
