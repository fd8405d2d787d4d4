//! A tablet's side of the exchange: pure, from what is kept here and what the server says.
//!
//! Stores nothing and sends nothing: the caller hands in what it keeps ([`Kept`]) and where it
//! stands ([`Place`]), commits the [`News`] together with the place in one write, and asks again
//! when told so. Reading order: [`place`], [`news`], [`session`], [`deposits`], [`batch`].

pub mod batch;
pub mod deposits;
pub mod news;
pub mod place;
pub mod session;

pub use deposits::{Arrived, Fate, Noted, Told};
pub use news::News;
pub use place::{Kept, Place, Stage};
pub use session::Client;
