//! Somebody new: the administrator makes an account without a password and shows the link as a code; the person opens
//! it on a tablet of their own, chooses a password, and comes in.

use ankomst_tests::kit::browser::{Driver, Profile};
use ankomst_tests::kit::person::Person;
use ankomst_tests::kit::server::Server;

const DESK: (u32, u32) = (1440, 900);
const TABLET: (u32, u32) = (800, 1280);
const PASSWORD: &str = "fyra ord i en rad";
const PASSPHRASE: &str = "en lång fras för vallen";

/// Without contact nobody knows whose link it is: it is said, nothing is asked, and it goes on by itself.
async fn without_contact(tablet: &Profile, server: &mut Server) {
    server.stop();
    let anew =
        "(own => { location.hash = '#x'; location.hash = own; return true; })(location.hash)";
    tablet.until("the address to be another and the same again", anew).await;
    tablet.see("#said-contact").await;
    let asks = "document.querySelector('#form').offsetParent !== null";
    tablet.until("nothing to be asked", &format!("!({asks})")).await;
    server.start();
    tablet.until("the form to come back", asks).await;
    tablet
        .until("no name to be asked for", "document.querySelector('#name').offsetParent === null")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_new_comes_in_by_a_link_and_nobody_tells_a_password() {
    let (Some(driver), Some(mut server)) = (Driver::start(), Server::with_village()) else {
        return;
    };
    let sixten = Person::arrives(&driver, &server, "lank-sixten", "sixten", DESK).await;
    sixten.goto("/administration/personer").await;
    sixten.tap("[data-action=new]").await;
    sixten.asked(&[("login", "rakel"), ("name", "Rakel Ek"), ("role", "Handläggare")]).await;
    let desk = &sixten.profile;
    desk.see("img.picture").await;
    let drawn = "document.querySelector('img.picture').naturalWidth > 0";
    desk.until("the code to be drawn", drawn).await;
    desk.picture("01-kod").await;
    let text = desk.text("[data-part=address]").await;
    let address =
        text.split_whitespace().find(|word| word.contains("/welcome#")).unwrap_or_default();
    assert!(address.starts_with(&server.url()), "{text}");

    let tablet = Profile::open(&driver, "lank-rakel", TABLET).await;
    tablet.goto(address).await;
    tablet.see_text("#begin", "Rakel Ek").await;
    tablet
        .until("no name to be asked for", "document.querySelector('#name').offsetParent === null")
        .await;
    tablet.picture("02-valj").await;
    without_contact(&tablet, &mut server).await;
    tablet.fill("#password", "för kort").await;
    tablet.fill("#repeat", "för kort").await;
    tablet.click("#make").await;
    tablet.see("#password-fault").await;
    tablet.fill("#password", PASSWORD).await;
    tablet.fill("#repeat", PASSWORD).await;
    tablet.click("#make").await;
    tablet.see("#done").await;
    tablet.picture("03-sparat").await;
    tablet.until("the secret to be gone from the address", "location.hash === ''").await;
    // Whoever opens it again is told why it is of no use.
    tablet.goto("about:blank").await;
    tablet.goto(address).await;
    tablet.see("#said-link").await;
    tablet.click("#said-open").await;
    tablet.fill("#login", "rakel").await;
    tablet.fill("#password", PASSWORD).await;
    tablet.fill("#device-name", "lank-rakel").await;
    tablet.fill("#passphrase", PASSPHRASE).await;
    tablet.fill("#passphrase-repeat", PASSPHRASE).await;
    tablet.click("[data-action=sign-in]").await;
    tablet.see("#sync-mark").await;

    // What her tablet has with it is told where tablets are looked after, without names to an administrator.
    sixten.goto("/administration/surfplattor").await;
    let line = "[...document.querySelectorAll('[data-part=devices] a')].find((one) => one.textContent.includes('lank-rakel'))";
    desk.until("her tablet to be listed", line).await;
    desk.web().execute(format!("{line}.click()"), vec![]).await.unwrap();
    desk.see("[data-part=kinds] table").await;
    desk.see_text("[data-part=records]", "Inga som du får läsa").await;
    desk.picture("04-har-med-sig").await;
}
