//! The screen of a tablet that is left alone: it shuts by itself and at a key, tells nothing of anybody meanwhile, and
//! a PIN or the passphrase leads back to where one was, with what was half typed.
#![expect(clippy::unwrap_used, reason = "a story told as a test")]

use std::path::Path;
use std::time::{Duration, Instant};

use ankomst_tests::kit::browser::Driver;
use ankomst_tests::kit::person::Person;
use ankomst_tests::kit::server::Server;
use thirtyfour::Key;

const TABLET: (u32, u32) = (800, 1280);
const DESK: (u32, u32) = (1440, 900);
const FIELD: &str = "[data-path=arriving_from] input";
const ALONE_MAX: Duration = Duration::from_mins(3);
const PIN: &str = "204816";

/// A screen that can be kept lit.
const LAMP: &str = "Object.defineProperty(navigator, 'wakeLock', { value: { request: async () => \
                    ({ released: false, release() { this.released = true } }) } })";

/// Everything a page has of a person when it should have nothing: what stands in it, its title, its address.
const LEFT: &str = "[document.documentElement.outerHTML, document.title, location.href, \
                    JSON.stringify(history.state), JSON.stringify({...sessionStorage, ...localStorage})].join(' ')";

async fn lock_by_key(person: &Person) {
    let web = person.profile.web();
    let keys = web.action_chain().key_down(Key::Control).key_down(Key::Shift).send_keys("l");
    keys.key_up(Key::Shift).key_up(Key::Control).perform().await.unwrap();
}

async fn sets_pin(person: &Person) {
    person.goto("/surfplatta").await;
    person.tap("[data-part=person] [data-action=pin]").await;
    person.profile.see("#ask-pin[type=password]").await;
    person.asked(&[("pin", PIN)]).await;
    person.profile.see_text(".toast", "PIN-koden gäller").await;
}

/// Goes within the app: a page that is loaded anew has no vault.
async fn goes(person: &Person, path: &str) {
    let go = format!(
        "const link = document.createElement('a'); link.href = '{path}'; \
         document.querySelector('main').append(link); link.click(); link.remove()"
    );
    person.profile.web().execute(go, vec![]).await.unwrap();
    person.profile.until("to be there", &format!("location.pathname === '{path}'")).await;
}

async fn opens(person: &Person) {
    person.profile.fill("#pin", PIN).await;
    person.tap("[data-action=open-pin]").await;
    person.profile.see("#sync-mark").await;
}

/// The only case that this person finds, and what it is called.
async fn case(person: &Person) -> (String, String) {
    goes(person, "/arenden").await;
    person.profile.see("[data-part=cases] [data-line]").await;
    let line = "document.querySelector('[data-part=cases] [data-line]')";
    let id = person.read(&format!("{line}.dataset.line")).await;
    let name = person.read(&format!("{line}.querySelector('.line-title, a').innerText")).await;
    (format!("/arenden/{id}/uppgifter"), name.lines().next().unwrap_or_default().trim().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_screen_tells_nothing_and_leads_back_to_what_was_half_typed() {
    let (Some(driver), Some(mut server)) = (Driver::start(), Server::with_village()) else {
        return;
    };
    let elin = Person::arrives(&driver, &server, "skarm", "elin", TABLET).await;
    let page = &elin.profile;
    sets_pin(&elin).await;
    page.picture("01-surfplattan").await;
    let (address, name) = case(&elin).await;
    assert!(name.len() > 3, "{name}");
    goes(&elin, &address).await;
    page.see(FIELD).await;
    assert!(elin.read(LEFT).await.contains(&name), "nothing to be hidden");
    server.stop();
    page.fill(FIELD, "Trelleborg, Åsa mö").await;
    lock_by_key(&elin).await;
    page.see("#pin-unlock #pin").await;
    page.picture("02-last").await;
    page.until("the keyboard to stand in the field", "document.activeElement?.id === 'pin'").await;
    let left = elin.read(LEFT).await;
    assert!(!left.contains(&name), "{name} is left: {left}");
    assert!(!left.contains("Åsa"), "{left}");
    // Nothing is found by going about, either.
    page.web().back().await.unwrap();
    page.web().forward().await.unwrap();
    page.fill("#pin", "1111").await;
    elin.tap("[data-action=open-pin]").await;
    page.see_text("#pin-unlock", "Försök kvar: 4").await;
    page.picture("03-fel-pin").await;
    elin.tap("[data-language=en]").await;
    page.see_text("#pin-unlock", "Tries left").await;
    page.picture("04-english").await;
    elin.tap("[data-language=sv]").await;
    page.until("the wait to pass", "!document.querySelector('[aria-busy=true]')").await;
    let end = Instant::now() + Duration::from_secs(30);
    while page.text("#sync-mark").await.is_empty() && Instant::now() < end {
        page.fill("#pin", PIN).await;
        elin.tap("[data-action=open-pin]").await;
        page.until("an answer", "!document.querySelector('[aria-busy=true]')").await;
    }
    page.see(FIELD).await;
    assert_eq!(elin.read("location.pathname").await, address);
    page.until(
        "what was half typed",
        &format!("document.querySelector({FIELD:?}).value === 'Trelleborg, Åsa mö'"),
    )
    .await;
    page.picture("05-tillbaka").await;

    // A button does the same, a second tab as well; the passphrase opens both.
    elin.tap("[data-action=lock-now]").await;
    page.see("#pin-unlock").await;
    elin.tap("[data-action=passphrase]").await;
    page.see("#unlock #passphrase").await;
    page.picture("06-losenfras").await;
    elin.unlocks().await;
    page.see(FIELD).await;

    server.start();
    elin.in_step().await;
    // Titles are kept in the browser's history: none names anybody.
    goes(&elin, "/idag").await;
    let (mut elin, name) = (elin, name);
    elin.profile.close().await;
    let history = history(elin.profile.folder());
    assert!(history.contains("Ankomst"), "no title is in the history at all");
    assert!(!history.contains(&name), "{name} is in the history");
}

/// What the browser keeps of where one was, as far as it is text.
fn history(profile: &Path) -> String {
    let mut all = String::new();
    for file in ["History", "History-wal", "Favicons", "Visited Links"] {
        let bytes = std::fs::read(profile.join("Default").join(file)).unwrap_or_default();
        all.push_str(&String::from_utf8_lossy(&bytes));
    }
    all
}

/// Waits for a screen that nobody touches to shut.
async fn left_alone(person: &Person, shut: &str) {
    let begun = Instant::now();
    while person.profile.text(shut).await.is_empty() {
        assert!(begun.elapsed() < ALONE_MAX, "it does not shut");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// The real minute that the municipality has decided on: nobody touches anything.
#[tokio::test(flavor = "multi_thread")]
async fn a_screen_left_alone_shuts_in_all_tabs_but_not_in_a_visit() {
    let (Some(driver), Some(server)) = (Driver::start(), Server::with_village()) else { return };
    let sixten = Person::arrives(&driver, &server, "skarm-sixten", "sixten", DESK).await;
    sixten.goto("/administration/organisation").await;
    sixten.tap("[data-part=decisions] [data-action=org-policy]").await;
    sixten.asked(&[("key", "utan beröring"), ("value", "1")]).await;
    sixten.profile.see_text("[data-part=decisions]", "utan beröring").await;
    sixten.profile.picture("01-beslut").await;

    let elin = Person::arrives(&driver, &server, "skarm-allena", "elin", DESK).await;
    let mats = Person::arrives(&driver, &server, "skarm-besok", "mats", TABLET).await;
    sets_pin(&elin).await;
    let (address, name) = case(&elin).await;
    goes(&elin, &address).await;
    let first = elin.profile.web().window().await.unwrap();
    let second = elin.profile.web().new_tab().await.unwrap();
    elin.profile.web().switch_to_window(second.clone()).await.unwrap();
    elin.profile.goto(&format!("{}/arenden", server.url())).await;
    elin.profile.see("[data-part=cases] [data-line]").await;
    elin.profile.web().switch_to_window(first.clone()).await.unwrap();
    elin.profile.see(FIELD).await;
    mats.goto("/boenden").await;
    // A browser without a screen keeps none lit; that it may be asked to, the page's policy must say.
    let may = "document.featurePolicy.allowsFeature('screen-wake-lock')";
    mats.profile.until("a policy that lets the screen be kept lit", may).await;
    mats.profile.web().execute(LAMP, vec![]).await.unwrap();
    mats.tap("[data-part=houses] [data-line] a").await;
    mats.tap("[data-action=start-run]").await;
    mats.profile.see("[data-item]").await;
    elin.profile.fill(FIELD, "Trelleborg, Åsa mö").await;

    left_alone(&elin, "#pin-unlock").await;
    elin.profile.picture("01-last").await;
    assert!(!elin.read(LEFT).await.contains(&name));
    elin.profile.web().switch_to_window(second).await.unwrap();
    elin.profile.see("#pin-unlock").await;
    assert!(!elin.read(LEFT).await.contains(&name));
    opens(&elin).await;
    elin.profile.see("[data-part=cases] [data-line]").await;
    elin.profile.web().switch_to_window(first).await.unwrap();
    elin.profile.see(FIELD).await;
    let half = format!("document.querySelector({FIELD:?}).value === 'Trelleborg, Åsa mö'");
    elin.profile.until("what was half typed", &half).await;

    // Nobody has touched the visit for as long; its screen did not go dark, either.
    mats.profile.see("[data-item]").await;
    mats.profile.until("the screen to be kept lit", "ankomst.lit && !ankomst.lit.released").await;
    goes(&mats, "/boenden").await;
    mats.profile.until("the screen to be let go", "!ankomst.lit").await;
    left_alone(&mats, "#unlock").await;
}
