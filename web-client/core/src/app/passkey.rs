//! Passkeys: opening the vault by what one gives (`WebAuthn` PRF), also without a network, and making one. The page asks
//! the browser; what the browser gives comes here in one command, is used and wiped, and is kept nowhere.

use ankomst_shared::app::{Acted, NewKey, Query, Refusal, Reply, SignIn};
use ankomst_shared::ids::DeviceId;
use ankomst_shared::sync::message::{NewPasskey, PasskeyChallenge, PasskeyProof};
use ankomst_shared::sync::wire;
use ankomst_shared::text::Word;
use zeroize::Zeroizing;

use super::rows::{VAULTS, passkey_key};
use super::state::Core;
use crate::platform::Platform;
use crate::store::{Store, Table, Write};
use crate::vault::{DataKey, KeyWrapped, VaultError, VaultRecord};

/// What opens a vault.
#[derive(Clone, Copy)]
pub(super) enum Secret<'a> {
    /// Its passphrase.
    Phrase(&'a str),
    /// What its passkey gave.
    Key(&'a [u8]),
}

/// A passkey that somebody signs in with, and what it gave for the vault.
pub(super) struct Shown {
    pub(super) proof: PasskeyProof,
    pub(super) secret: Zeroizing<Vec<u8>>,
    salt: Vec<u8>,
}

impl Shown {
    /// The passkey of a sign-in; none for a sign-in by password.
    pub(super) fn of(request: &mut SignIn) -> Option<Self> {
        let mut given = core::mem::take(&mut request.passkey).into_iter();
        let credential = given.next()?.into();
        let mut next = || given.next().unwrap_or_default();
        let (authenticator, client, signature) = (next().into(), next().into(), next().into());
        let (secret, salt) = (Zeroizing::new(next()), next());
        Some(Self {
            proof: PasskeyProof { credential, authenticator, client, signature },
            secret,
            salt,
        })
    }

    /// What a new vault lets itself be opened by, besides its passphrase.
    pub(super) fn wraps(
        self,
        key: &DataKey,
        record: &VaultRecord,
        nonce: [u8; 12],
    ) -> Option<Write> {
        let of = (self.proof.credential.into(), self.salt);
        let wrapped = KeyWrapped::wrap(key, (&self.secret, record.device), of, nonce).ok()?;
        Some(Write::put(Table::Meta, passkey_key(&record.login), minicbor::to_vec(&wrapped).ok()?))
    }
}

impl<P: Platform> Core<P> {
    /// A challenge of the server: for a new passkey, or to sign in with one.
    pub(super) async fn challenge(&self, makes: bool) -> Result<Reply, Refusal> {
        let answer = if makes {
            self.post_in("/api/v1/passkeys/begin", Vec::new()).await?
        } else {
            self.post("/api/v1/session/passkey", Vec::new()).await?
        };
        let told: PasskeyChallenge = wire::unpack(&answer.body).map_err(|_| Refusal::Internal)?;
        let known = told.known.into_iter().map(Into::into).collect();
        Ok(Reply::Challenge(told.challenge.into(), known))
    }

    /// Takes a passkey: tells the server of a new one, and wraps the key of the open vault by what it gave. The
    /// passphrase opens it as before.
    pub(super) async fn take_key(&self, mut new: NewKey) -> Result<Acted, Refusal> {
        let secret = Zeroizing::new(core::mem::take(&mut new.secret));
        let (device, name) =
            self.with_open(|open| Ok((open.identity.device, open.identity.device_name.clone())))?;
        let mut made = new.made.into_iter();
        if let Some(authenticator) = made.next() {
            let mut next = || made.next().unwrap_or_default().into();
            let (authenticator, client, key) = (authenticator.into(), next(), next());
            let question = NewPasskey { name, authenticator, client, key };
            self.post_in("/api/v1/passkeys", wire::pack(&question)).await?;
        }
        if secret.is_empty() {
            return Ok(Acted { say: self.say(Word::PasskeySignsIn, &[]), ..Acted::default() });
        }
        let nonce = self.random()?;
        {
            let _turn = self.0.turn.take().await;
            let login = self.vault_of(device).await?.ok_or(Refusal::NoVault)?.login;
            let of = (new.credential, new.salt);
            let wrapped = self.with_open_of(device, |open| {
                KeyWrapped::wrap(&open.key, (&secret, device), of, nonce)
                    .map_err(|_| Refusal::WrongKey)
            })?;
            let bytes = minicbor::to_vec(&wrapped).map_err(|_| Refusal::Internal)?;
            self.commit(vec![Write::put(Table::Meta, passkey_key(&login), bytes)]).await?;
        }
        self.keys_changed(Word::PasskeySet).await
    }

    /// The open vault is opened by its passphrase alone again.
    pub(super) async fn drop_key(&self) -> Result<Acted, Refusal> {
        let device = self.with_open(|open| Ok(open.identity.device))?;
        {
            let _turn = self.0.turn.take().await;
            if let Some(record) = self.vault_of(device).await? {
                let gone = Write::delete(Table::Meta, passkey_key(&record.login));
                self.commit(vec![gone]).await?;
            }
        }
        self.keys_changed(Word::PasskeyGone).await
    }

    async fn keys_changed(&self, word: Word) -> Result<Acted, Refusal> {
        self.read_open_part().await?;
        self.tell_status();
        self.tell(vec![Query::Page(String::new())]);
        Ok(Acted { say: self.say(word, &[]), ..Acted::default() })
    }

    /// The record of a device's vault that is not to be wiped.
    async fn vault_of(&self, device: DeviceId) -> Result<Option<VaultRecord>, Refusal> {
        let rows = self.0.platform.store().load(Table::Meta, VAULTS).await;
        let rows = rows.map_err(|_| Refusal::Storage)?.into_iter();
        let mut records =
            rows.filter_map(|(_, bytes)| minicbor::decode::<VaultRecord>(&bytes).ok());
        Ok(records.find(|record| record.device == device && !record.leaving))
    }

    /// The data key of a vault by what its passkey gave. That is drawn from too many possibilities to be guessed:
    /// another one neither waits nor makes the passphrase wait.
    pub(super) async fn open_by_key(
        &self,
        record: &VaultRecord,
        secret: &[u8],
    ) -> Result<DataKey, Refusal> {
        let row = self.0.platform.store().get(Table::Meta, &passkey_key(&record.login)).await;
        let row = row.map_err(|_| Refusal::Storage)?.ok_or(Refusal::WrongKey)?;
        let wrapped: KeyWrapped = minicbor::decode(&row).map_err(|_| Refusal::WrongKey)?;
        wrapped.open(secret, record.device).map_err(|error| match error {
            VaultError::WrongKey => Refusal::WrongKey,
            _ => Refusal::Storage,
        })
    }
}
