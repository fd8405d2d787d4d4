//! The places: `place` draws all that are described as data, the others have a file of their own.

mod figures;
mod inbox;
mod place;
mod search;
mod sign_in;
mod visit;
mod why;

pub use inbox::inbox;
pub use place::place;
pub use search::search;
pub use sign_in::sign_in;
pub use visit::visit;
