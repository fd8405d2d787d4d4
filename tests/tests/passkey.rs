//! Passkeys in a browser, with the browser's own authenticator for tests: opening a tablet without a network, losing the
//! passkey, signing in with it, and what of it is on the disk.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a story told as a test")]

use ankomst_tests::kit::browser::{Driver, Profile};
use ankomst_tests::kit::person::Person;
use ankomst_tests::kit::server::Server;
use serde_json::{Value, json};

const TABLET: (u32, u32) = (800, 1280);
const DESK: (u32, u32) = (1440, 900);
const FIELD: &str = "[data-path=arriving_from] input";
const PASSPHRASE: &str = "en lång fras för vallen";

/// Notes what a passkey gives, as the page sees it, and has the browser wait no longer than it must.
const OVERHEARD: &str = "const get = navigator.credentials.get.bind(navigator.credentials);
    navigator.credentials.get = async (asked) => {
      asked.publicKey.timeout = 4000;
      const answer = await get(asked);
      const given = answer.getClientExtensionResults().prf?.results?.first;
      window.given = given && Array.from(new Uint8Array(given)).join();
      return answer;
    };";

/// An authenticator of a tablet: it knows its owner and can give secrets.
struct Authenticator<'a> {
    page: &'a Profile,
    id: String,
}

impl<'a> Authenticator<'a> {
    async fn on(page: &'a Profile, gives: bool) -> Self {
        let cdp = page.web().cdp();
        cdp.send_raw("WebAuthn.enable", json!({})).await.unwrap();
        let options = json!({ "options": {
            "protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "internal",
            "hasResidentKey": true, "hasUserVerification": true, "isUserVerified": true,
            "automaticPresenceSimulation": true, "hasPrf": gives,
        }});
        let made = cdp.send_raw("WebAuthn.addVirtualAuthenticator", options).await.unwrap();
        Self { page, id: made["authenticatorId"].as_str().unwrap().to_owned() }
    }

    async fn asks(&self, what: &str, mut more: Value) -> Value {
        more["authenticatorId"] = json!(self.id);
        self.page.web().cdp().send_raw(what, more).await.unwrap()
    }

    async fn knows_owner(&self, knows: bool) {
        // Refused verifications would shut it for good after a few; nobody answers it instead.
        self.asks("WebAuthn.setAutomaticPresenceSimulation", json!({ "enabled": knows })).await;
    }

    async fn credentials(&self) -> Vec<Value> {
        let all = self.asks("WebAuthn.getCredentials", json!({})).await;
        all["credentials"].as_array().unwrap().clone()
    }
}

async fn makes_key(person: &Person, said: &str) {
    person.goto("/surfplatta").await;
    person.tap("[data-part=passkey] [data-action=passkey]").await;
    person.profile.see_text(".toast", said).await;
}

/// The tablet is switched off and on: nothing of the app stays in memory.
async fn starts_again(page: &Profile) {
    page.web().refresh().await.unwrap();
    page.see("#unlock #passphrase").await;
    page.web().execute(OVERHEARD, vec![]).await.unwrap();
}

async fn case(person: &Person) -> String {
    person.goto("/arenden").await;
    person.profile.see("[data-part=cases] [data-line]").await;
    let line = "document.querySelector('[data-part=cases] [data-line]')";
    format!("/arenden/{}/uppgifter", person.read(&format!("{line}.dataset.line")).await)
}

fn holds(folder: &std::path::Path, wanted: &[u8]) -> Option<std::path::PathBuf> {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let found = if path.is_dir() {
            holds(&path, wanted)
        } else {
            let bytes = std::fs::read(&path).unwrap_or_default();
            bytes.windows(wanted.len()).any(|at| at == wanted).then_some(path)
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_opens_a_tablet_without_a_network_and_a_lost_one_costs_nothing() {
    let (Some(driver), Some(mut server)) = (Driver::start(), Server::with_village()) else {
        return;
    };
    let elin = Person::arrives(&driver, &server, "passkey", "elin", TABLET).await;
    let page = &elin.profile;
    let key = Authenticator::on(page, true).await;
    makes_key(&elin, "Nu öppnar du surfplattan").await;
    page.see("[data-action=no-passkey]").await;
    page.picture("01-surfplattan").await;
    let address = case(&elin).await;
    elin.goto(&address).await;
    page.fill(FIELD, "Trelleborg").await;
    elin.saved("arriving_from").await;
    server.stop();

    starts_again(page).await;
    page.see("#open-key").await;
    page.picture("02-laas-upp").await;
    elin.tap("[data-language=en]").await;
    page.see_text("#open-key", "Open with a passkey").await;
    page.picture("03-english").await;
    elin.tap("[data-language=sv]").await;
    // Somebody else holds the tablet: nothing opens, nothing is lost, and nobody waits.
    key.knows_owner(false).await;
    page.click("#open-key").await;
    page.see_text("#entry-fault", "Passkeyn svarade inte").await;
    page.picture("04-avbrutet").await;
    key.knows_owner(true).await;
    page.click("#open-key").await;
    page.see("#sync-mark").await;
    let given: Vec<u8> =
        elin.read("window.given").await.split(',').map(|byte| byte.parse().unwrap()).collect();
    assert_eq!(given.len(), 32);
    let kept = "document.querySelector('[data-path=arriving_from] input')?.value === 'Trelleborg'";
    page.until("what was typed to be there", kept).await;
    page.fill(FIELD, "Trelleborg hamn").await;
    elin.saved("arriving_from").await;

    // The passkey is gone: the passphrase opens, and all that was typed comes home.
    key.asks("WebAuthn.clearCredentials", json!({})).await;
    starts_again(page).await;
    page.click("#open-key").await;
    page.see_text("#entry-fault", "Passkeyn svarade inte").await;
    page.fill("#unlock #passphrase", PASSPHRASE).await;
    page.click("[data-action=unlock]").await;
    page.see("#sync-mark").await;
    server.start();
    elin.in_step().await;
    elin.goto("/surfplatta").await;
    elin.tap("[data-action=no-passkey]").await;
    page.see_text(".toast", "bara med lösenfrasen").await;

    let mut profile = elin.profile;
    profile.close().await;
    for part in given.chunks(16) {
        assert_eq!(holds(profile.folder(), part), None, "what a passkey gave is on the disk");
        assert_eq!(holds(server.data(), part), None, "what a passkey gave is on the server");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_signs_in_on_its_tablet_and_on_a_new_one_and_not_once_it_is_removed() {
    let (Some(driver), Some(server)) = (Driver::start(), Server::with_village()) else { return };
    let elin = Person::arrives(&driver, &server, "passkey-in", "elin", DESK).await;
    let page = &elin.profile;
    let key = Authenticator::on(page, true).await;
    makes_key(&elin, "Nu öppnar du surfplattan").await;
    let [credential] = key.credentials().await.try_into().unwrap();

    // Signed out, and in again by the passkey alone: it also opens what is here.
    elin.tap("[data-action=sign-out]").await;
    page.see("#unlock").await;
    elin.tap("[data-action=other-person]").await;
    page.see("[data-action=sign-in-key]").await;
    page.picture("01-logga-in").await;
    page.click("[data-action=sign-in-key]").await;
    page.see_text("#entry-fault", "först").await;
    page.fill("#login", "elin").await;
    page.click("[data-action=sign-in-key]").await;
    elin.in_step().await;

    // On a new tablet, with a passphrase of its own, as a passkey that is the same on all of a person's devices.
    let tablet = Profile::open(&driver, "passkey-ny", TABLET).await;
    tablet.goto(&server.url()).await;
    tablet.see("#login").await;
    let there = Authenticator::on(&tablet, false).await;
    there.asks("WebAuthn.addCredential", json!({ "credential": credential })).await;
    tablet.fill("#login", "elin").await;
    tablet.fill("#device-name", "passkey-ny").await;
    tablet.fill("#passphrase", PASSPHRASE).await;
    tablet.fill("#passphrase-repeat", PASSPHRASE).await;
    tablet.picture("01-ny").await;
    tablet.click("[data-action=sign-in-key]").await;
    tablet.see("#sync-mark").await;

    // Removed: it signs in nowhere.
    elin.goto("/register/passkeys").await;
    page.see("[data-part=passkeys] [data-line]").await;
    // The copy counts for itself: that there are two is seen.
    page.see_text("[data-part=passkeys]", "Kan finnas i två exemplar").await;
    page.picture("02-mina").await;
    elin.tap("[data-part=passkeys] [data-action=passkey-out]").await;
    elin.asked(&[]).await;
    page.see_text("[data-part=passkeys]", "inga passkeys").await;
    tablet.goto(&server.url()).await;
    tablet.see("#unlock").await;
    tablet.click("[data-action=other-person]").await;
    tablet.fill("#login", "elin").await;
    tablet.fill("#device-name", "passkey-ny").await;
    tablet.fill("#passphrase", PASSPHRASE).await;
    tablet.fill("#passphrase-repeat", PASSPHRASE).await;
    tablet.click("[data-action=sign-in-key]").await;
    tablet.see_text("#entry-fault", "Användarnamn eller lösenord är fel").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_that_gives_no_secret_and_a_browser_without_any_say_so() {
    let (Some(driver), Some(server)) = (Driver::start(), Server::with_village()) else { return };
    let elin = Person::arrives(&driver, &server, "passkey-utan", "elin", TABLET).await;
    let key = Authenticator::on(&elin.profile, false).await;
    makes_key(&elin, "kan inte öppna surfplattan utan nät").await;
    assert_eq!(key.credentials().await.len(), 1);
    elin.profile.see("[data-action=passkey]").await;
    let none = "delete globalThis.PublicKeyCredential";
    elin.profile.web().execute(none, vec![]).await.unwrap();
    elin.tap("[data-part=passkey] [data-action=passkey]").await;
    elin.profile.see_text(".toast", "kan inte använda passkeys").await;
}
