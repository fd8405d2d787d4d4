//! Pictures and other files: taken in piece by piece and kept sealed as they will travel, handed in by a lane of their own
//! after what is written, fetched when they are looked at.
//!
//! Reading order: [`rows`] (what is stored), [`held`] (what is known of it in memory), [`taking`] (taking in), [`room`]
//! (how many may be here), [`lane`] (handing in), [`road`] (one question), [`wanted`] and [`fetch`] (what others have
//! taken), [`leave`] (what goes, and what stays until it is handed in).

mod fetch;
mod held;
mod lane;
mod leave;
mod road;
mod room;
mod rows;
mod taking;
mod wanted;

pub(super) use held::{Files, Held, One, Way};
pub(super) use wanted::Elsewhere;
