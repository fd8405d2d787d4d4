//! `cargo xtask bench sync`: what it costs to exchange the workload W with a real server process over real sockets.
//!
//! Reading order: [`workload`] (what is exchanged), [`proxy`] (what counts the bytes), [`cost`] (what the system says of
//! a process), [`town`] (a server with W and its devices), [`rows`] (one function for each row of the table), [`many`]
//! (the rows of many devices), [`growth`] (the same with more and more), [`plot`] (that as a picture),
//! [`peers`] (other servers beside ours), [`web`] (the app in a browser).

pub mod cost;
pub mod growth;
pub mod many;
pub mod peers;
pub mod plot;
pub mod proxy;
pub mod rows;
pub mod town;
pub mod web;
pub mod workload;
