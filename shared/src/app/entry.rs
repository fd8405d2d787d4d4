//! What somebody shows to come in.

/// What a sign-in needs.
#[derive(Clone, PartialEq, Eq)]
pub struct SignIn {
    /// Login name.
    pub login: String,
    /// The account's password.
    pub password: String,
    /// Passphrase of the vault on this device, at least 12 characters.
    pub passphrase: String,
    /// What this device is called, e.g. `Surfplatta 3`.
    pub device_name: String,
    /// The passphrase of the vault here is forgotten: a new vault takes its place.
    pub forgotten: bool,
    /// A passkey in the place of the password: credential, authenticator data, client data, signature, and what opens
    /// the vault here; empty for none.
    pub passkey: Vec<Vec<u8>>,
}

/// The passkey that opens a vault: its credential, and what it is asked with.
pub type VaultKey = (Vec<u8>, Vec<u8>);

/// A passkey for the open vault.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct NewKey {
    /// Id of the credential.
    pub credential: Vec<u8>,
    /// What it was asked with.
    pub salt: Vec<u8>,
    /// What it gave; empty if it cannot.
    pub secret: Vec<u8>,
    /// Authenticator data, client data and public key of a new one; empty of one the server knows.
    pub made: Vec<Vec<u8>>,
}

impl core::fmt::Debug for NewKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("NewKey(***)")
    }
}

impl core::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("SignIn").field("login", &self.login).finish_non_exhaustive()
    }
}

packed! {
    struct SignIn { login, password, passphrase, device_name, forgotten, passkey }
    struct NewKey { credential, salt, secret, made }
}
