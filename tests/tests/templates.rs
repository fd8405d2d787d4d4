//! A checklist of the municipality's own in a real browser: it comes while the page is open, is begun and
//! answered with the network cut, in both languages, and keeps its version.

use ankomst_tests::kit::browser::Driver;
use ankomst_tests::kit::person::Person;
use ankomst_tests::kit::server::Server;

const ONE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/templates/fire_round_1.toml");
const TWO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/templates/fire_round_2.toml");
const START: &str = "[data-action=start-k2326-fire-round]";

#[tokio::test(flavor = "multi_thread")]
async fn an_own_checklist_is_begun_without_a_network() {
    let (Some(driver), Some(mut server)) = (Driver::start(), Server::with_village()) else {
        return;
    };
    let mats = Person::arrives(&driver, &server, "egen-checklista", "mats", (800, 1280)).await;
    let page = &mats.profile;
    mats.goto("/boenden").await;
    page.see("[data-part=houses] [data-line]").await;
    let house = "document.querySelector('[data-part=houses] [data-line]').dataset.line";
    let address = format!("/boenden/{}", mats.read(house).await);
    mats.goto(&address).await;
    page.see("[data-action=start-run]").await;

    // It comes to the page that is open, without a new start of the app.
    server.command(&["template", "add", ONE]);
    page.see(START).await;
    page.picture("01-kommer").await;

    server.stop();
    mats.goto(&address).await;
    page.see(START).await;
    mats.tap(START).await;
    page.see("[data-item=K2326-F01]").await;
    mats.tap("[data-item=K2326-F01] [data-answer=not_ok]").await;
    mats.tap("[data-item=K2326-F03] [data-answer=ok]").await;
    let stands = "document.querySelector('[data-item=K2326-F01]').dataset.status === 'not_ok'";
    page.until("the door to be not OK", stands).await;
    page.picture("02-utan-nat").await;
    let run = mats.read("location.pathname").await;
    mats.goto("/surfplatta").await;
    mats.tap("[data-action=speak-en]").await;
    mats.goto(&run).await;
    page.see_text("[data-item=K2326-F01]", "The door opens from inside").await;
    page.picture("03-english").await;
    mats.goto(&format!("/utskrift{run}")).await;
    page.see_text("[data-part=facts]", "Fire round v1").await;
    page.picture("04-protocol").await;

    // A new version, while the run is open: the run stays what it was, the button is new.
    server.start();
    server.command(&["template", "add", TWO]);
    mats.in_step().await;
    mats.goto(&address).await;
    page.see_text(START, "Start: fire round with residents").await;
    mats.goto(&run).await;
    page.see_text("[data-item=K2326-F01]", "The door opens from inside").await;
    page.see("[data-item=K2326-F03]").await;
    page.picture("05-version-2").await;
}
