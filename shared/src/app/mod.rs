//! The words between page and worker: commands in, replies and events out, and the view models.
//!
//! Reading order: [`command`], [`entry`], [`refusal`], [`page`] (places described as data), [`badge`] (marks in them), [`bar`] (of plots in them), [`mod@file`] (pictures and other files), [`view`] (the others). The page holds no record content beyond the view it shows.

pub mod badge;
pub mod bar;
pub mod command;
pub mod entry;
pub mod file;
pub mod page;
pub mod refusal;
pub mod view;

pub use badge::*;
pub use bar::*;
pub use command::*;
pub use entry::*;
pub use file::*;
pub use page::*;
pub use refusal::*;
pub use view::*;
