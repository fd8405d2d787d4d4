//! The edge: routes, cookies, headers, problems. The only place that knows HTTP.
//!
//! Reading order: [`serve`] (router), [`routes`], [`reading`] and [`whole`] (their bounds), [`listen`] and
//! [`patience`] (connections, with and without TLS), [`way`] (https only), [`problem`], [`signed_in`]
//! (who asks), [`session`], [`passkeys`], [`sync`], [`live`], [`farewell`], [`files`], [`held`], [`desk`], [`app_files`],
//! [`welcome`] (the first account); [`observe`] (what is counted and told of each request) and [`metrics`] (the listener
//! that tells it).

pub mod app_files;
pub mod desk;
pub mod farewell;
pub mod files;
pub mod headers;
pub mod held;
pub mod listen;
pub mod live;
pub mod metrics;
pub mod observe;
pub mod passkeys;
pub mod patience;
pub mod problem;
pub mod reading;
pub mod routes;
pub mod serve;
pub mod session;
pub mod signed_in;
pub mod sync;
pub mod way;
pub mod welcome;
pub mod whole;
