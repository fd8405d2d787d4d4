//! Coming in with a passkey: opening the vault, and signing in.

use ankomst_shared::app::{Command, Reply, SignIn, VaultKey};

use super::{Entry, carry, fault_of, signing_in};
use crate::bridge::ask;
use crate::parts::{key_of, open_key};
use crate::state::ui;
use crate::text::{Text, refusal, tr};

/// Opens the vault with its passkey.
pub(super) fn open_by_key(it: Entry, key: VaultKey) {
    // Read before anybody is asked: the form may be gone when the answer comes.
    let login = it.login.get_untracked();
    if !it.busy.get_untracked() {
        by_key(it, Vec::new(), Some(key), move |parts| {
            let secret = parts.into_iter().nth(4).unwrap_or_default();
            Command::OpenByKey { login, secret }
        });
    }
}

/// Signs in with a passkey; what opens the vault here is asked of it at the same time.
pub(super) fn sign_in_by_key(it: Entry) {
    let login = it.login.get_untracked().trim().to_owned();
    let key = key_of(&login).filter(|_| !ui().forgotten.get_untracked());
    let fault = match fault_of(it, false) {
        _ if login.is_empty() => Some(tr(Text::KeySignInHelp)),
        // The vault here opens by the passkey as well.
        _ if key.is_some() && it.passphrase.with_untracked(String::is_empty) => None,
        fault => fault,
    };
    let key = wraps(key, it.passphrase.with_untracked(String::is_empty));
    if fault.is_some() || it.busy.get_untracked() {
        return it.fault.set(fault);
    }
    let signing = signing_in(it, Vec::new());
    it.busy.set(true);
    ask(Command::Challenge(false), move |reply| {
        it.busy.set(false);
        match reply {
            Reply::Challenge(challenge, _) => {
                by_key(it, challenge, key, move |passkey| {
                    Command::SignIn(SignIn { passkey, ..signing })
                });
            }
            Reply::Refused(why) => it.fault.set(Some(refusal(why))),
            _ => {}
        }
    });
}

/// The passkey that is asked for: where a passphrase opens the vault, any of that person's.
fn wraps(key: Option<VaultKey>, opens_by_key: bool) -> Option<VaultKey> {
    key.filter(|_| opens_by_key)
}

fn by_key(
    it: Entry,
    challenge: Vec<u8>,
    key: Option<VaultKey>,
    command: impl FnOnce(Vec<Vec<u8>>) -> Command + 'static,
) {
    it.busy.set(true);
    it.fault.set(None);
    open_key(&challenge, key, move |said| {
        it.busy.set(false);
        match said {
            Ok(parts) => carry(it, command(parts)),
            Err(why) => it.fault.set(Some(why)),
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_types_the_passphrase_signs_in_with_any_of_their_passkeys() {
        let key = (vec![1], vec![2]);
        assert_eq!(wraps(Some(key.clone()), true), Some(key.clone()));
        assert_eq!(wraps(Some(key), false), None);
        assert_eq!(wraps(None, true), None);
    }
}
