//! Passkeys: the page asks the browser, and hands on what it says in one command.

use ankomst_shared::app::{Acted, Command, NewKey, Reply, VaultKey};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::bridge::ask;
use crate::dom::call;
use crate::state::ui;
use crate::text::{Text, refusal, tr};

/// What a passkey has said, part by part, or why it has not.
pub type Said = Result<Vec<Vec<u8>>, &'static str>;

/// The passkey that opens a vault here: its credential and what it is asked with. Nobody follows it: a form in which
/// somebody types is not made anew when the status changes.
pub fn key_of(login: &str) -> Option<VaultKey> {
    let keys =
        ui().status.with_untracked(|status| status.as_ref().map(|status| status.keys.clone()));
    keys?.into_iter().find(|(known, _)| known == login).map(|(_, key)| key)
}

/// Asks for a passkey: this one, or any if nothing is known of it. With a challenge of the server it is signed in with.
pub fn open_key(challenge: &[u8], known: Option<VaultKey>, then: impl FnOnce(Said) + 'static) {
    let (ids, salt) = known.map_or_else(Default::default, |(id, salt)| (vec![id], salt));
    let asked = ["open".into(), bytes(challenge), list(&ids), bytes(&salt)];
    said(&asked, silent(challenge), then);
}

/// Makes a passkey for the open vault.
pub fn make_key() {
    let Some(user) = ui().status.with_untracked(|status| status.as_ref()?.user.clone()) else {
        return;
    };
    ask(Command::Challenge(true), move |reply| {
        let Reply::Challenge(challenge, known) = reply else { return answered(reply) };
        let asked = [
            "make".into(),
            bytes(&challenge),
            list(&known),
            bytes(user.id.as_bytes()),
            user.login.into(),
            user.name.into(),
        ];
        said(&asked, Text::KeySilent, |said| match said {
            Err(why) => ui().say(why),
            Ok(mut parts) => {
                let made = parts.split_off(parts.len().min(3));
                let mut parts = parts.into_iter();
                let mut next = || parts.next().unwrap_or_default();
                let (credential, secret, salt) = (next(), next(), next());
                ask(Command::TakeKey(NewKey { credential, salt, secret, made }), answered);
            }
        });
    });
}

pub(super) fn answered(reply: Reply) {
    match reply {
        Reply::Acted(Acted { say, .. }) => ui().say(say),
        Reply::Refused(why) => ui().say(refusal(why)),
        _ => {}
    }
    ui().refresh();
}

/// Asks `boot.js`, which answers with parts, with none where the browser has no passkeys, or with nothing.
fn said(asked: &[JsValue], silent: Text, then: impl FnOnce(Said) + 'static) {
    let then: Box<dyn FnOnce(Said)> = Box::new(then);
    let told = Closure::once_into_js(move |said: JsValue| then(read(&said, silent)));
    call("passkey", &[[told].as_slice(), asked].concat());
}

/// What is said when the passkey does not answer: only a vault is opened by a passphrase as well.
const fn silent(challenge: &[u8]) -> Text {
    if challenge.is_empty() { Text::KeyCancelled } else { Text::KeySilent }
}

fn read(said: &JsValue, silent: Text) -> Said {
    let Some(said) = said.dyn_ref::<Array>() else { return Err(tr(silent)) };
    let parts = said.iter().map(|part| {
        let part: Uint8Array = part.unchecked_into();
        let bytes = part.to_vec();
        // What a passkey gives stays nowhere but in the command.
        part.fill(0, 0, part.length());
        bytes
    });
    let parts: Vec<Vec<u8>> = parts.collect();
    if parts.is_empty() { Err(tr(Text::KeyUnable)) } else { Ok(parts) }
}

fn bytes(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).into()
}

fn list(all: &[Vec<u8>]) -> JsValue {
    all.iter().map(|one| bytes(one)).collect::<Array>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_signs_in_is_not_sent_to_a_passphrase() {
        assert_eq!(silent(b"challenge"), Text::KeySilent);
        assert_eq!(silent(b""), Text::KeyCancelled);
    }
}
