//! The entrance in a browser: a wrong passphrase waits and says how long, a forgotten one costs nothing, and a tablet
//! that is wiped says so in plain words.

use ankomst_tests::kit::browser::{Driver, Profile};
use ankomst_tests::kit::person::Person;
use ankomst_tests::kit::server::Server;

const TABLET: (u32, u32) = (800, 1280);
const LABEL: &str = "Familjen Glömsk";
const FRESH: &str = "en alldeles ny ordföljd";

async fn opens_with(page: &Profile, passphrase: &str) {
    page.fill("#unlock #passphrase", passphrase).await;
    page.click("[data-action=unlock]").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passphrase_that_is_wrong_waits_and_one_that_is_forgotten_loses_nothing() {
    let (Some(driver), Some(mut server)) = (Driver::start(), Server::with_village()) else {
        return;
    };
    let elin = Person::arrives(&driver, &server, "entrance-elin", "elin", TABLET).await;
    let page = &elin.profile;
    server.stop();
    elin.goto("/arenden").await;
    elin.tap("[data-action=new-case]").await;
    elin.asked(&[("label", LABEL)]).await;
    page.see_text("main", LABEL).await;

    // The page is opened anew, and the vault is locked.
    page.goto(&server.url()).await;
    opens_with(page, "fel fras fel fras").await;
    page.see_text("#entry-fault", "Lösenfrasen").await;
    opens_with(page, "fel fras fel fras").await;
    page.see("#wait").await;
    page.picture("01-vanta").await;
    page.until("the wait to run out", "!document.querySelector('#wait')").await;

    server.start();
    page.click("[data-action=forgotten]").await;
    page.see_text("#sign-in", "Det du har skrivit här skickas").await;
    page.picture("02-glomt").await;
    page.fill("#login", "elin").await;
    page.fill("#password", "elin-i-provby").await;
    page.fill("#device-name", "entrance-elin").await;
    page.fill("#passphrase", FRESH).await;
    page.fill("#passphrase-repeat", FRESH).await;
    page.click("[data-action=sign-in]").await;
    elin.in_step().await;
    elin.tap("nav a[href='/arenden']").await;
    page.see_text("main", LABEL).await;

    // It is lost, and comes home: nobody signs in on it.
    let all = server.command(&["device", "list"]);
    let device =
        all.lines().find(|line| line.contains("entrance-elin") && line.contains(" active "));
    let id = device.and_then(|line| line.split_whitespace().next()).unwrap_or_default();
    server.command(&["device", "wipe", id]);
    page.see("#wipe").await;
    page.see_text("#wipe", "har tömts").await;
    let plain = "!document.querySelector('#sign-in')?.textContent.includes('skrivit här skickas')";
    page.until("nothing to be forgotten any more", plain).await;
    page.picture("03-tomd").await;
    let all = server.command(&["device", "list"]);
    assert!(all.lines().any(|line| line.starts_with(id) && line.contains(" wiped ")), "{all}");
}
