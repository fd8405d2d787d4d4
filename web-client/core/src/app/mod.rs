//! The application.
/// x
pub struct Core;
