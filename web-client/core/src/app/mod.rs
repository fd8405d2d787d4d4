//! The application: commands in, replies and events out.
//!
//! Reading order: [`state`] (what an open vault holds), [`known`] (records as last read), [`now`], [`own`] (the
//! municipality's own checklists), [`people`] (the persons of cases, as they are looked for), [`same`] (cards of one person), [`twins`] (those who may be one), [`rows`] (what is
//! stored), [`kept`] (the same
//! as the exchange sees it), [`opening`] (what cannot be opened), [`contact`] (when the server is asked), [`command`] (what
//! a page asks), [`act`] (what its pages offer to do), [`looked`] (what is opened), [`desk`] (pages of the server), [`mod@write`] (drafts, changes, outbox), [`piece`] (changes in memory), [`asked`] (half-typed
//! answers of what is no record), [`safety`] (the safety copy), [`give`] and [`receive`] (files from tablet to tablet), [`sign_in`], [`passkey`], [`wrong`] (passphrases), [`screen`] (what stands before an open vault), [`sync`] (contact with the
//! server), [`drafted`] and [`farewell`] (what comes home without a session), [`wipe`] (what goes), [`files`] (pictures and other files), [`shed`] (what is protected goes after its time), [`view`] (what a page shows).

mod act;
mod asked;
mod brought;
mod command;
mod contact;
mod deposits;
mod desk;
mod drafted;
mod farewell;
mod files;
mod give;
#[cfg(feature = "sim")]
mod inside;
mod kept;
mod known;
mod looked;
mod lost;
mod now;
mod open_part;
mod opening;
mod own;
mod passkey;
mod people;
mod piece;
mod receive;
mod rows;
mod safety;
mod same;
mod screen;
mod shed;
mod sign_in;
mod state;
mod sync;
mod take_in;
mod twins;
mod view;
mod whole;
mod wipe;
mod write;
mod wrong;

#[cfg(feature = "sim")]
pub use inside::{Inside, Kept};
pub use state::Core;
