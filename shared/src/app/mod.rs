//! The words between page and worker: commands in, replies and events out, and the view models.
//!
//! CBOR with numbered keys. The page holds no record content beyond the view it shows.

pub mod command;
pub mod view;

pub use command::*;
pub use view::*;
