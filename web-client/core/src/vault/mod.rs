//! What one person has on one device, sealed: a random data key, wrapped by a key that Argon2id
//! makes from a passphrase, and a second time by what a passkey gives, if the person has one; every value sealed with
//! AES-256-GCM under its table and key.
//!
//! Without the passphrase the rows are bytes of no meaning; what must be sent without it lies as
//! deposits, sealed to the server. A row cannot be moved to another place: its place is part of
//! what is authenticated.
//!
//! Reading order: [`passphrase`] and [`passkey`] (wrapping), [`seal`] (rows), [`record`] (what is stored).

pub mod passkey;
pub mod passphrase;
pub mod record;
pub mod seal;

pub use passkey::KeyWrapped;
pub use passphrase::{Argon, Wrapped};
pub use record::{Identity, VaultRecord};
pub use seal::DataKey;

/// Why a vault did not open or a row could not be sealed or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The passphrase has too few characters.
    #[error(
        "a passphrase has at least {} characters",
        ankomst_shared::limits::PASSPHRASE_CHARS_MIN
    )]
    ShortPassphrase,
    /// The passphrase does not open this vault.
    #[error("the passphrase does not open this vault")]
    WrongPassphrase,
    /// The passkey does not open this vault.
    #[error("the passkey does not open this vault")]
    WrongKey,
    /// The parameters of the passphrase function are not usable.
    #[error("the vault names parameters of the passphrase function that cannot be used")]
    Parameters,
    /// A row does not open: it is damaged, or not of this vault.
    #[error("a row of the vault does not open")]
    Damaged,
    /// A row could not be sealed.
    #[error("a row could not be sealed")]
    Seal,
}
