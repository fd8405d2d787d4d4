//! Signing in, unlocking, locking, signing out.

use ankomst_shared::app::{Language, Refusal, SignIn, UserView};
use ankomst_shared::limits::PASSPHRASE_CHARS_MIN;
use ankomst_shared::sign::{Enrolment, PublicKey, SigningKey};
use ankomst_shared::sync::message::{
    EnrolRequest, RefreshRequest, SignInAnswer, SignInRequest, refresh_proof,
};
use ankomst_shared::sync::wire;
use minicbor::bytes::ByteVec;

use super::farewell::Road;
use super::passkey::{Secret, Shown};
use super::rows::{EMPTIED, LANGUAGE, VAULTS, identity_key, vault_key};
use super::state::{Core, open_row};
use crate::platform::{HttpAnswer, Method, Platform, Transport};
use crate::store::{Store, Table, Write};
use crate::turn::Place;
use crate::vault::passphrase::{WrapRandom, unwrap, wrap};
use crate::vault::{Argon, DataKey, Identity, VaultError, VaultRecord};

impl<P: Platform> Core<P> {
    /// Signs in with the server at hand.
    pub(super) async fn sign_in(&self, mut request: SignIn) -> Result<(), Refusal> {
        let shown = Shown::of(&mut request);
        let by_key = shown.as_ref().filter(|_| request.passphrase.is_empty());
        if by_key.is_none() && request.passphrase.chars().count() < PASSPHRASE_CHARS_MIN {
            return Err(Refusal::ShortPassphrase);
        }
        self.leave().await?;
        let secret =
            by_key.map_or(Secret::Phrase(&request.passphrase), |shown| Secret::Key(&shown.secret));
        let opened = if request.forgotten {
            Err(Refusal::NoVault)
        } else {
            self.open_vault(&request.login, secret).await
        };
        match opened {
            Ok((record, key, identity)) => {
                let question = SignInRequest {
                    login: request.login,
                    password: request.password,
                    device: record.device,
                    enrolment: Some(identity.enrolment.clone().into()),
                    passkey: shown.map(|shown| shown.proof),
                };
                let answer = self.post("/api/v1/session", wire::pack(&question)).await?;
                let answer: SignInAnswer = read(&answer)?;
                let _turn = self.alone().await?;
                self.still_there(&record, answer.hand_in.as_ref()).await?;
                let identity =
                    Identity { user: user_view(&answer), units: answer.me.units, ..identity };
                self.read_vault(key, identity).await?;
            }
            Err(Refusal::NoVault) => self.enrol(request, shown).await?,
            Err(refusal) => return Err(refusal),
        }
        self.opened().await
    }

    /// Takes the turn while no vault is open. What was read before, somebody may have changed.
    async fn alone(&self) -> Result<Place, Refusal> {
        loop {
            self.leave().await?;
            let turn = self.0.turn.take().await;
            if self.0.state.borrow().open.is_none() {
                return Ok(turn);
            }
        }
    }

    /// Whether a vault is still to be opened after the server was asked; keeps the server's word for it.
    async fn still_there(&self, was: &VaultRecord, word: Option<&ByteVec>) -> Result<(), Refusal> {
        let place = vault_key(&was.login);
        let record = self.get_vault(&place).await?.filter(|record| record.device == was.device);
        let record = record.ok_or(Refusal::NoVault)?;
        if record.leaving {
            return Err(Refusal::Wiped);
        }
        if record.hand_in.as_ref() != word {
            let record = VaultRecord { hand_in: word.cloned(), ..record };
            let record = minicbor::to_vec(&record).map_err(|_| Refusal::Internal)?;
            self.commit(vec![Write::put(Table::Meta, place, record)]).await?;
        }
        Ok(())
    }

    /// Makes a device key, enrols it, makes the vault.
    async fn enrol(&self, request: SignIn, shown: Option<Shown>) -> Result<(), Refusal> {
        if request.passphrase.chars().count() < PASSPHRASE_CHARS_MIN {
            return Err(Refusal::ShortPassphrase);
        }
        let device_seed = self.random()?;
        let public = SigningKey::from_seed(device_seed).public();
        let question = EnrolRequest {
            login: request.login.clone(),
            password: request.password,
            device_name: request.device_name.clone(),
            key: *public.as_bytes(),
            passkey: shown.as_ref().map(|shown| shown.proof.clone()),
        };
        let answer = self.post("/api/v1/devices", wire::pack(&question)).await?;
        let answer: SignInAnswer = read(&answer)?;
        let server_key = PublicKey::from_bytes(answer.server_key);
        let enrolment =
            Enrolment::open(&answer.enrolment, &server_key).map_err(|_| Refusal::Internal)?;
        if enrolment.key != *public.as_bytes() || enrolment.device != answer.device {
            return Err(Refusal::Internal);
        }
        let identity = Identity {
            user: user_view(&answer),
            units: answer.me.units.clone(),
            device: answer.device,
            device_name: request.device_name,
            device_seed,
            enrolment: answer.enrolment.to_vec(),
            server_key: answer.server_key,
            deposit_key: answer.deposit_key,
        };
        let key = DataKey::from_bytes(self.random()?);
        let random = WrapRandom { salt: self.random()?, nonce: self.random()? };
        let argon = if P::CHEAP { Argon::LIGHT } else { Argon::PRODUCT };
        let wrapped = wrap(&key, &request.passphrase, argon, random).map_err(vault)?;
        let record = VaultRecord {
            user: identity.user.id,
            login: request.login.clone(),
            wrapped,
            device: identity.device,
            hand_in: answer.hand_in,
            leaving: false,
        };
        let place = vault_key(&request.login);
        if let Some(old) = self.get_vault(&place).await? {
            self.bring_home(&old, &record).await?;
        }
        let nonce = self.random()?;
        let wrapped_by_key = shown.and_then(|shown| shown.wraps(&key, &record, nonce));
        let _turn = self.alone().await?;
        let mut writes = match self.get_vault(&place).await? {
            Some(old) => self.replace(&old).await?,
            None => Vec::new(),
        };
        let identity_row = identity_key(identity.user.id);
        let bytes = minicbor::to_vec(&identity).map_err(|_| Refusal::Internal)?;
        let sealed = key
            .seal(Table::Meta, &identity_row, &bytes, self.random()?)
            .map_err(|_| Refusal::Internal)?;
        let record = minicbor::to_vec(&record).map_err(|_| Refusal::Internal)?;
        writes.extend([
            Write::put(Table::Meta, place, record),
            Write::put(Table::Meta, identity_row, sealed),
            Write::delete(Table::Meta, EMPTIED.to_vec()),
        ]);
        writes.extend(wrapped_by_key);
        self.commit(writes).await?;
        self.read_vault(key, identity).await
    }

    /// Hands in what a vault has that a new one of the same person will take the place of.
    async fn bring_home(&self, old: &VaultRecord, new: &VaultRecord) -> Result<(), Refusal> {
        // Also where the server knows no such road: the new vault must not write over them. What is read of them is to be
        // what is written.
        {
            let _turn = self.0.turn.take().await;
            self.deposit_drafts_of(old).await?;
        }
        if let Some(token) = new.hand_in.clone() {
            let (user, device, vault) = (old.user, new.device, Some(new.login.clone()));
            let road = Road { user, device, token, gone: None, told: false, vault };
            self.hand_in_for(&road).await?;
        }
        Ok(())
    }

    /// What such a vault leaves; somebody may have written in it while it was handed in.
    async fn replace(&self, old: &VaultRecord) -> Result<Vec<Write>, Refusal> {
        self.deposit_drafts_of(old).await?;
        self.leave_vault(old).await
    }

    async fn deposit_drafts_of(&self, old: &VaultRecord) -> Result<(), Refusal> {
        let drafts = self.drafts_to_hand_in(old.user).await?;
        if drafts.is_empty() { Ok(()) } else { self.commit(drafts).await }
    }

    /// Opens a vault without the server.
    pub(super) async fn unlock(&self, login: &str, secret: Secret<'_>) -> Result<(), Refusal> {
        if self.lifted(login, secret).await? {
            return Ok(());
        }
        {
            // An order to wipe that comes meanwhile finds it shut or open, never in between.
            let _turn = self.alone().await?;
            let (_, key, identity) = self.open_vault(login, secret).await?;
            self.read_vault(key, identity).await?;
        }
        self.opened().await
    }

    /// What follows once a vault is open: drafts of a crashed session become changes.
    async fn opened(&self) -> Result<(), Refusal> {
        self.0.state.borrow_mut().sign_in_needed = false;
        {
            let _turn = self.0.turn.take().await;
            // A device that cannot write opens none of them; the others it does.
            let _aside = self.open_each().await;
        }
        self.commit_all_drafts().await?;
        // What cannot go now goes another time.
        let _later = self.tidy_files().await;
        self.read_open_part().await?;
        self.tell_status();
        self.0.wake.put(());
        Ok(())
    }

    pub(super) async fn open_vault(
        &self,
        login: &str,
        secret: Secret<'_>,
    ) -> Result<(VaultRecord, DataKey, Identity), Refusal> {
        let store = self.0.platform.store();
        let record =
            store.get(Table::Meta, &vault_key(login)).await.map_err(|_| Refusal::Storage)?;
        let record = record.ok_or(Refusal::NoVault)?;
        let record: VaultRecord = minicbor::decode(&record).map_err(|_| Refusal::Storage)?;
        if record.leaving {
            return Err(Refusal::Wiped);
        }
        let key = match secret {
            Secret::Phrase(passphrase) => {
                self.attempt(login).await?;
                unwrap(&record.wrapped, passphrase).map_err(vault)?
            }
            Secret::Key(secret) => self.open_by_key(&record, secret).await?,
        };
        let row = identity_key(record.user);
        let sealed = store.get(Table::Meta, &row).await.map_err(|_| Refusal::Storage)?;
        let identity = open_row(&key, Table::Meta, &row, &sealed.ok_or(Refusal::Storage)?)?;
        if matches!(secret, Secret::Phrase(_)) {
            self.was_right(login).await;
        }
        Ok((record, key, identity))
    }

    /// Makes changes of all drafts and forgets the keys.
    pub(super) async fn lock(&self) {
        let is_open = self.0.state.borrow().open.is_some();
        if is_open {
            // Drafts that could not become changes stay as sealed rows.
            let _stay = self.commit_all_drafts().await;
            self.write_lease(1).await;
        }
        {
            let _turn = self.0.turn.take().await;
            if is_open {
                let _stay = self.deposit_drafts().await;
            }
            let mut state = self.0.state.borrow_mut();
            let failing = state.storage_failing;
            match &mut state.open {
                // What is typed and cannot be written is in memory alone: it stays there, and nothing of it is shown.
                Some(open) if failing && !open.drafts.pairs().is_empty() => open.curtain.draw(),
                _ => {
                    state.catalog = state.open.take().map(|open| open.catalog).or(state.catalog);
                }
            }
        }
        let _as_before = self.read_open_part().await;
        self.0.wake.put(());
        self.tell_status();
    }

    /// Locks and ends the session. Unsent work stays in the vault and as deposit.
    pub(super) async fn sign_out(&self) -> Result<(), Refusal> {
        self.leave().await?;
        // Without contact the session ends by itself; the keys are gone from this device's memory.
        drop(self.0.platform.transport().send(Method::Delete, "/api/v1/session", Vec::new()).await);
        Ok(())
    }

    /// Renews the session with the device's key; gives the answer's status and how many seconds it asks to wait: 204 when
    /// it is good again, 401 when it is over, and anything else, nought included, says nothing of it.
    pub(super) async fn refresh(&self) -> (u16, Option<u32>) {
        let at_ms = self.now_ms();
        let question = self.with_open(|open| {
            let device = open.identity.device;
            let signature = open.signing.sign("ankomst/refresh/1", &refresh_proof(device, at_ms));
            Ok(RefreshRequest { device, at_ms, signature: signature.to_vec().into() })
        });
        let Ok(question) = question else { return (0, None) };
        let path = "/api/v1/session/refresh";
        let answer =
            self.0.platform.transport().send(Method::Post, path, wire::pack(&question)).await;
        answer.map_or((0, None), |answer| (answer.status, answer.retry_s))
    }

    pub(super) async fn post(&self, path: &str, body: Vec<u8>) -> Result<HttpAnswer, Refusal> {
        let answer = self.0.platform.transport().send(Method::Post, path, body).await;
        let answer = answer.map_err(|_| Refusal::NoContact)?;
        match answer.status {
            200..=299 => Ok(answer),
            status => Err(refused(status, answer.problem.as_deref())),
        }
    }

    /// Whether the open vault was made before there was a road home without a session.
    pub(super) fn lacks_road(&self) -> bool {
        {
            let state = self.0.state.borrow();
            let open = state.open.as_ref();
            open.is_some_and(|open| !state.with_road.contains(&open.identity.device))
        }
    }

    /// Keeps the server's word that the device of the open vault may hand in; whoever calls has the turn.
    pub(super) async fn keep_road(&self, token: Option<&ByteVec>) -> Result<(), Refusal> {
        let Some(token) = token else { return Ok(()) };
        let device = self.with_open(|open| Ok(open.identity.device))?;
        let rows = self.0.platform.store().load(Table::Meta, VAULTS).await;
        for (place, bytes) in rows.map_err(|_| Refusal::Storage)? {
            let record: Option<VaultRecord> = minicbor::decode(&bytes).ok();
            if let Some(record) = record.filter(|record| record.device == device) {
                let record = VaultRecord { hand_in: Some(token.clone()), ..record };
                let record = minicbor::to_vec(&record).map_err(|_| Refusal::Internal)?;
                self.commit(vec![Write::put(Table::Meta, place, record)]).await?;
            }
        }
        Ok(())
    }

    /// Sets the language of views; kept on the device.
    pub(super) async fn set_language(&self, language: Language) -> Result<(), Refusal> {
        self.0.state.borrow_mut().language = language;
        self.commit(vec![self.language_row()]).await?;
        self.tell_status();
        Ok(())
    }

    pub(super) fn language_row(&self) -> Write {
        let is_english = self.0.state.borrow().language == Language::En;
        let word: &[u8] = if is_english { b"en" } else { b"sv" };
        Write::put(Table::Meta, LANGUAGE.to_vec(), word.to_vec())
    }
}

fn refused(status: u16, problem: Option<&str>) -> Refusal {
    match (status, problem) {
        (_, Some("wrong-password")) => Refusal::WrongPassword,
        (_, Some("passkey-needed")) => Refusal::NeedsKey,
        (_, Some("too-many")) => Refusal::TooMany,
        (_, Some("only-by-link")) => Refusal::OnlyByLink,
        (_, Some("other-build")) => Refusal::OtherBuild,
        (_, Some("bad-value")) => Refusal::BadValue,
        (404, _) => Refusal::NoPlace,
        (401 | 403, _) => Refusal::NotAllowed,
        // 426: what stands between does not say that it comes by https.
        (426 | 500..=599, _) => Refusal::NoContact,
        _ => Refusal::Internal,
    }
}

fn read(answer: &HttpAnswer) -> Result<SignInAnswer, Refusal> {
    wire::unpack(&answer.body).map_err(|_| Refusal::Internal)
}

fn user_view(answer: &SignInAnswer) -> UserView {
    UserView {
        id: answer.me.user,
        login: answer.me.login.clone(),
        name: answer.me.name.clone(),
        roles: answer.me.roles(),
    }
}

const fn vault(error: VaultError) -> Refusal {
    match error {
        VaultError::ShortPassphrase => Refusal::ShortPassphrase,
        VaultError::WrongPassphrase => Refusal::WrongPassphrase,
        VaultError::WrongKey => Refusal::WrongKey,
        VaultError::Parameters | VaultError::Damaged | VaultError::Seal => Refusal::Storage,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_cannot_answer_now_is_no_contact_and_no_fault_of_the_person() {
        assert_eq!(refused(426, Some("https-needed")), Refusal::NoContact);
        assert_eq!(refused(507, Some("disk-full")), Refusal::NoContact);
        assert_eq!(refused(401, Some("wrong-password")), Refusal::WrongPassword);
        assert_eq!(refused(401, Some("signed-out")), Refusal::NotAllowed);
    }
}
