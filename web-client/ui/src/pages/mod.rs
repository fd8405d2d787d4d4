//! One file per place.

mod case;
mod cases;
mod entry_form;
mod inbox;
mod residence;
mod residences;
mod sign_in;
mod tablet;
mod visit;

pub use case::case;
pub use cases::cases;
pub use entry_form::entry_form;
pub use inbox::inbox;
pub use residence::residence;
pub use residences::residences;
pub use sign_in::sign_in;
pub use tablet::{contact_words, tablet};
pub use visit::visit;
