//! The words between page and worker: commands in, replies and events out, and the view models.
//!
//! Reading order: [`command`], [`entry`], [`page`] (places described as data), [`bar`] (of plots in them), [`view`] (the others). The page holds no record content beyond the view it shows.

pub mod bar;
pub mod command;
pub mod entry;
pub mod page;
pub mod view;

pub use bar::*;
pub use command::*;
pub use entry::*;
pub use page::*;
pub use view::*;
