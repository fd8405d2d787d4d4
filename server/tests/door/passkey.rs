//! Passkeys: made by whoever is in, signed in with, removed; and nothing that is bent, old, replayed or another's comes in.

use ankomst_server::accounts::passkeys as door;
use ankomst_server::auth::passkey::{CHALLENGE_MS, Challenges, Page, Purpose};
use ankomst_server::storage::accesses::entry::What;
use ankomst_server::storage::sqlite::accounts::{self, UserRow};
use ankomst_server::storage::sqlite::passkeys;
use ankomst_shared::app::{Acted, Body, Language, Line, PageView, Role};
use ankomst_shared::chunk::sha256;
use ankomst_shared::ids::UserId;
use ankomst_shared::packed::from_bytes;
use ankomst_shared::sync::message::{
    EnrolRequest, NewPasskey, PasskeyChallenge, PasskeyProof, SignInRequest,
};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use axum::http::{Method, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::audited::count;
use super::desk::{act, page, read, someone};
use super::kit::{Answer, Browser, Door, HOST};

pub(super) const HERE: &str = "https://ankomst.example.org";
pub(super) const BEGIN: (Method, &str) = (Method::POST, "/api/v1/passkeys/begin");
pub(super) const PAGE: &str = "/register/passkeys";

/// What is signed, and how somebody might bend it.
#[derive(Clone)]
struct Said<'a> {
    kind: &'a str,
    challenge: Vec<u8>,
    origin: &'a str,
    crosses: bool,
    host: &'a str,
    flags: u8,
    counter: u32,
}

impl Said<'_> {
    fn new(kind: &str, challenge: Vec<u8>) -> Said<'_> {
        let (origin, host) = (HERE, HOST);
        Said { kind, challenge, origin, crosses: false, host, flags: 5, counter: 0 }
    }

    fn client(&self) -> Vec<u8> {
        let said = serde_json::json!({
            "type": self.kind, "challenge": URL_SAFE_NO_PAD.encode(&self.challenge),
            "origin": self.origin, "crossOrigin": self.crosses,
        });
        said.to_string().into_bytes()
    }

    fn head(&self) -> Vec<u8> {
        let counter = self.counter.to_be_bytes();
        [sha256(&[self.host.as_bytes()]).as_slice(), &[self.flags], &counter].concat()
    }
}

/// A passkey in software.
pub(super) struct Passkey {
    key: EcdsaKeyPair,
    credential: Vec<u8>,
}

impl Passkey {
    pub(super) fn new(number: u8) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        Self { key, credential: vec![number; 20] }
    }

    fn made(&self, said: &Said<'_>) -> NewPasskey {
        let of = [[0; 16].as_slice(), &[0, 20], &self.credential, b"the key, as COSE"].concat();
        let key: PublicKeyX509Der<'_> = self.key.public_key().as_der().unwrap();
        NewPasskey {
            name: "Surfplatta 3".to_owned(),
            authenticator: [said.head(), of].concat().into(),
            client: said.client().into(),
            key: key.as_ref().to_vec().into(),
        }
    }

    fn says(&self, said: &Said<'_>) -> PasskeyProof {
        let (authenticator, client) = (said.head(), said.client());
        let message = [authenticator.as_slice(), &sha256(&[&client])].concat();
        let signature = self.key.sign(&SystemRandom::new(), &message).unwrap();
        PasskeyProof {
            credential: self.credential.clone().into(),
            authenticator: authenticator.into(),
            client: client.into(),
            signature: signature.as_ref().to_vec().into(),
        }
    }
}

fn is_made(challenge: Vec<u8>) -> Said<'static> {
    Said { flags: 0x45, ..Said::new("webauthn.create", challenge) }
}

async fn begins(browser: &mut Browser, door: &Door) -> PasskeyChallenge {
    browser.call(door, BEGIN, Vec::new()).await.read()
}

pub(super) async fn makes(browser: &mut Browser, door: &Door, passkey: &Passkey) -> Answer {
    let challenge = begins(browser, door).await.challenge.to_vec();
    browser.post(door, "/api/v1/passkeys", &passkey.made(&is_made(challenge))).await
}

async fn challenge(door: &Door) -> Vec<u8> {
    let ask = (Method::POST, "/api/v1/session/passkey");
    let told: PasskeyChallenge = Browser::new(99).call(door, ask, Vec::new()).await.read();
    assert!(told.known.is_empty(), "nobody is known yet");
    told.challenge.to_vec()
}

pub(super) fn user(door: &Door, login: &str) -> UserRow {
    door.app.readers.read(|db| accounts::user_by_login(db, login)).unwrap().unwrap()
}

async fn second(door: &Door, login: &str) -> UserRow {
    let row = UserRow {
        id: UserId::new(1, [9; 10]),
        login: login.to_owned(),
        ..door.app.readers.read(|db| Ok(accounts::users(db)?.remove(0))).unwrap()
    };
    let made = row.clone();
    door.app.writer.write(move |db| accounts::add_user(db, &row)).await.unwrap();
    made
}

fn enrolment(
    login: &str,
    password: &str,
    browser: &Browser,
    proof: Option<PasskeyProof>,
) -> EnrolRequest {
    EnrolRequest {
        login: login.to_owned(),
        password: password.to_owned(),
        device_name: "Surfplatta".to_owned(),
        key: *browser.key.public().as_bytes(),
        passkey: proof,
    }
}

pub(super) fn lines(view: &PageView) -> Vec<Line> {
    let lines = view.parts.iter().flat_map(|part| match &part.body {
        Body::Lines(lines, _) => lines.clone(),
        _ => Vec::new(),
    });
    lines.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_signs_in_where_a_password_would_and_is_listed_and_removed() {
    let (door, mut browser, me) = someone("nyckel-a", Role::Administrator).await;
    let passkey = Passkey::new(1);
    // Who would be the first to be shut out is told before.
    let decision = [("key", "sign_in"), ("value", "passkey"), ("valid_from", "2026-01-01")];
    let told: Acted =
        from_bytes(&act(&mut browser, &door, "org-policy", &decision).await.body).unwrap();
    assert!(told.say.contains("Inget är beslutat"), "{}", told.say);
    assert_eq!(makes(&mut browser, &door, &passkey).await.status, StatusCode::NO_CONTENT);
    let told: Acted =
        from_bytes(&act(&mut browser, &door, "org-policy", &decision).await.body).unwrap();
    assert!(!told.say.contains("Inget är beslutat"), "{}", told.say);
    let other = [("key", "sign_in"), ("value", "nothing"), ("valid_from", "2027-01-01")];
    let answer = act(&mut browser, &door, "org-policy", &other).await;
    assert_eq!(answer.problem(), "bad-value");
    assert_eq!(begins(&mut browser, &door).await.known, [passkey.credential.clone().into()]);
    assert_eq!(makes(&mut browser, &door, &passkey).await.problem(), "request", "it is known");

    // On the tablet it is enrolled on, and on a new one; each keeps its own key as with a password.
    let said = |challenge| Said::new("webauthn.get", challenge);
    let sign_in = SignInRequest {
        login: "nyckel-a".to_owned(),
        password: String::new(),
        device: browser.device.unwrap(),
        enrolment: browser.enrolment.clone(),
        passkey: Some(passkey.says(&said(challenge(&door).await))),
    };
    assert_eq!(browser.post(&door, "/api/v1/session", &sign_in).await.status, StatusCode::OK);
    let again = browser.post(&door, "/api/v1/session", &sign_in).await;
    assert_eq!(again.problem(), "wrong-password", "once");
    let mut other = Browser::new(2);
    let proof = passkey.says(&said(challenge(&door).await));
    let enrol = enrolment("nyckel-a", "", &other, Some(proof));
    assert_eq!(other.post(&door, "/api/v1/devices", &enrol).await.status, StatusCode::OK);

    let view = read(&page(&mut browser, &door, PAGE, Language::Sv).await);
    let [line] = lines(&view).try_into().unwrap();
    assert!(line.title == "Surfplatta 3" && line.detail.contains("senast använd"), "{line:?}");
    let people = read(&page(&mut browser, &door, "/administration/personer", Language::Sv).await);
    let offers = |view: &PageView| {
        let mut actions = lines(view).into_iter().flat_map(|line| line.actions);
        actions.any(|action| action.name == "passkeys")
    };
    assert!(offers(&people));
    let bad = act(&mut browser, &door, "passkey-out:other", &[]).await;
    assert_eq!(bad.status, StatusCode::NOT_FOUND);
    let gone = act(&mut browser, &door, &format!("passkey-out:{}", line.key), &[]).await;
    assert_eq!(gone.status, StatusCode::OK);
    assert!(lines(&read(&page(&mut browser, &door, PAGE, Language::Sv).await)).is_empty());
    assert!(!offers(&read(
        &page(&mut browser, &door, "/administration/personer", Language::Sv).await
    )));
    let proof = passkey.says(&said(challenge(&door).await));
    let refused =
        other.post(&door, "/api/v1/devices", &enrolment("nyckel-a", "", &other, Some(proof))).await;
    assert_eq!(refused.problem(), "wrong-password");
    assert_eq!((count(&door, What::PasskeyMade), count(&door, What::PasskeyGone)), (1, 1));

    // An administrator removes those of others, who are signed out by it.
    makes(&mut browser, &door, &Passkey::new(3)).await;
    let all = act(&mut browser, &door, &format!("passkeys:{me}"), &[("passkey", "all")]).await;
    assert_eq!(all.status, StatusCode::OK);
    assert!(door.app.readers.read(|db| passkeys::of(db, me)).unwrap().is_empty());
    assert_eq!(browser.call(&door, BEGIN, Vec::new()).await.problem(), "signed-out");
}

#[tokio::test]
async fn nothing_bent_old_replayed_or_anothers_comes_in() {
    let (door, mut browser, _) = someone("nyckel-b", Role::Caseworker).await;
    let (passkey, unknown) = (Passkey::new(1), Passkey::new(2));
    makes(&mut browser, &door, &passkey).await;
    let (me, other) = (user(&door, "nyckel-b"), second(&door, "nyckel-c").await);
    let now_ms = door.app.now_ms();
    let made = |purpose, at_ms| door.app.challenges.make(purpose, at_ms).unwrap();
    let good = Said::new("webauthn.get", made(Purpose::SignIn, now_ms));
    let elsewhere = Challenges::new().unwrap().make(Purpose::SignIn, now_ms).unwrap();
    let mut bent: Vec<(&str, Said<'_>)> = vec![
        ("another origin", Said { origin: "https://ankomst.example.net", ..good.clone() }),
        ("without tls", Said { origin: "http://ankomst.example.org", ..good.clone() }),
        ("another port", Said { origin: "https://ankomst.example.org:8443", ..good.clone() }),
        ("another site around it", Said { crosses: true, ..good.clone() }),
        ("another host", Said { host: "example.org", ..good.clone() }),
        ("nobody present", Said { flags: 4, ..good.clone() }),
        ("nobody recognised", Said { flags: 1, ..good.clone() }),
        ("a new passkey", Said { kind: "webauthn.create", ..good.clone() }),
        ("old", Said { challenge: made(Purpose::SignIn, now_ms - CHALLENGE_MS), ..good.clone() }),
        ("to make one", Said { challenge: made(Purpose::Make(me.id), now_ms), ..good.clone() }),
        ("of another server", Said { challenge: elsewhere, ..good.clone() }),
        ("no challenge", Said { challenge: Vec::new(), ..good.clone() }),
    ];
    for at in [0, 8, 30] {
        let mut challenge = good.challenge.clone();
        challenge[at] ^= 1;
        bent.push(("a bent challenge", Said { challenge, ..good.clone() }));
    }
    let here = Page::of(HERE);
    let proves = async |user: &UserRow, proof: &PasskeyProof, page| {
        door::prove(&door.app, Some(user.clone()), proof, page).await.is_ok()
    };
    for (what, said) in bent {
        assert!(!proves(&me, &passkey.says(&said), here).await, "{what}");
    }
    let proof = passkey.says(&good);
    for at in 0..proof.signature.len() {
        let mut signature = proof.signature.to_vec();
        signature[at] ^= 1;
        let bent = PasskeyProof { signature: signature.into(), ..proof.clone() };
        assert!(!proves(&me, &bent, here).await, "signature at {at}");
    }
    for at in 0..proof.authenticator.len() {
        let mut authenticator = proof.authenticator.to_vec();
        authenticator[at] ^= 2;
        let bent = PasskeyProof { authenticator: authenticator.into(), ..proof.clone() };
        assert!(!proves(&me, &bent, here).await, "authenticator data at {at}");
    }
    for end in 0..proof.client.len() {
        let bent = PasskeyProof { client: proof.client[..end].to_vec().into(), ..proof.clone() };
        assert!(!proves(&me, &bent, here).await, "client data to {end}");
    }
    assert!(!proves(&me, &unknown.says(&good), here).await, "a passkey nobody has made");
    let stolen = PasskeyProof { credential: vec![1; 20].into(), ..unknown.says(&good) };
    assert!(!proves(&me, &stolen, here).await, "signed by another");
    let there = Page::of("https://ankomst.example.net");
    assert!(!proves(&me, &proof, there).await, "of a page elsewhere");
    let fresh = || passkey.says(&Said::new("webauthn.get", made(Purpose::SignIn, now_ms)));
    assert!(!proves(&other, &fresh(), here).await, "of somebody else");
    let ended = UserRow { active: false, ..me.clone() };
    assert!(!proves(&ended, &fresh(), here).await, "of an account that was ended");
    assert!(door::prove(&door.app, None, &fresh(), here).await.is_err(), "of nobody");

    assert!(proves(&me, &proof, here).await, "the genuine one");
    assert!(!proves(&me, &proof, here).await, "again");
    assert!(!proves(&other, &proof, here).await, "again, for another");
}

#[tokio::test]
async fn a_passkey_that_is_made_answers_this_server_for_this_person() {
    let (door, mut browser, me) = someone("nyckel-d", Role::Caseworker).await;
    let passkey = Passkey::new(1);
    let good = is_made(begins(&mut browser, &door).await.challenge.to_vec());
    let of = |purpose| door.app.challenges.make(purpose, door.app.now_ms()).unwrap();
    let stranger = of(Purpose::Make(UserId::from_bytes([3; 16])));
    for (what, said) in [
        ("another origin", Said { origin: "https://example.net", ..good.clone() }),
        ("another host", Said { host: "example.net", ..good.clone() }),
        ("nobody recognised", Said { flags: 0x41, ..good.clone() }),
        ("no credential", Said { flags: 5, ..good.clone() }),
        ("a sign-in", Said { kind: "webauthn.get", ..good.clone() }),
        ("to sign in", Said { challenge: of(Purpose::SignIn), ..good.clone() }),
        ("of another", Said { challenge: stranger, ..good.clone() }),
    ] {
        let answer = browser.post(&door, "/api/v1/passkeys", &passkey.made(&said)).await;
        assert_eq!(answer.problem(), "request", "{what}");
    }
    for key in [Vec::new(), vec![0; 91], vec![0x30; 5_000]] {
        let made = NewPasskey { key: key.into(), ..passkey.made(&good) };
        assert_eq!(browser.post(&door, "/api/v1/passkeys", &made).await.problem(), "request");
    }
    assert!(door.app.readers.read(|db| passkeys::of(db, me)).unwrap().is_empty());
    let made = passkey.made(&good);
    assert_eq!(browser.post(&door, "/api/v1/passkeys", &made).await.status, StatusCode::NO_CONTENT);
    let replayed = NewPasskey { ..Passkey::new(2).made(&good) };
    assert_eq!(browser.post(&door, "/api/v1/passkeys", &replayed).await.problem(), "request");
}

#[tokio::test]
async fn a_passkey_that_counts_back_is_noted_where_passkeys_are_listed() {
    let (door, mut browser, _) = someone("nyckel-e", Role::Caseworker).await;
    let (passkey, me) = (Passkey::new(1), user(&door, "nyckel-e"));
    makes(&mut browser, &door, &passkey).await;
    let two = |view: &PageView| !lines(view)[0].badges.is_empty();
    for (counter, is_noted) in [(0, false), (7, false), (8, false), (8, true)] {
        let challenge = challenge(&door).await;
        let said = Said { counter, ..Said::new("webauthn.get", challenge) };
        let user = Some(me.clone());
        door::prove(&door.app, user, &passkey.says(&said), Page::of(HERE)).await.unwrap();
        let view = read(&page(&mut browser, &door, PAGE, Language::En).await);
        assert_eq!(two(&view), is_noted, "{counter}");
    }
}
