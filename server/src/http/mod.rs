//! The edge: routes, cookies, headers, problems. The only place that knows HTTP.
//!
//! Reading order: [`serve`] (router), [`listener`] (with and without TLS),
//! [`way`] (https only), [`problem`], [`signed_in`] (who asks),
//! [`session`], [`sync`], [`live`], [`held`], [`desk`], [`app_files`], [`welcome`] (the first account).

pub mod app_files;
pub mod desk;
pub mod headers;
pub mod held;
pub mod listener;
pub mod live;
pub mod problem;
pub mod serve;
pub mod session;
pub mod signed_in;
pub mod sync;
pub mod way;
pub mod welcome;
