//! What has no page of its own, recorded in a real browser.

use ankomst_tests::kit::browser::Driver;
use ankomst_tests::kit::person::Person;
use ankomst_tests::kit::server::Server;

const DESK: (u32, u32) = (1440, 900);

/// What has no page of its own is recorded all the same: a party, and a contract that names it.
#[tokio::test(flavor = "multi_thread")]
async fn a_supervisor_records_a_contract() {
    let (Some(driver), Some(server)) = (Driver::start(), Server::with_village()) else { return };
    let ingrid = Person::arrives(&driver, &server, "kontrakt", "ingrid", DESK).await;
    let page = &ingrid.profile;
    page.see("[data-part=kinds] [data-line=party]").await;
    ingrid.tap("[data-part=kinds] [data-line=party] a").await;
    ingrid.tap("[data-action=new-party]").await;
    ingrid.asked(&[("name", "Provbolaget Bostäder")]).await;
    page.see_text("h1", "Provbolaget Bostäder").await;
    page.picture("01-aktor").await;
    ingrid.goto("/boenden").await;
    ingrid.tap("[data-part=houses] [data-line] a").await;
    let house = ingrid.read("location.pathname").await;
    ingrid.tap("[data-part=more] [data-line=contract] a").await;
    ingrid.tap("[data-action=new-contract]").await;
    ingrid.asked(&[("title", "Kontrakt Provhuset"), ("kind", "Blockhyra")]).await;
    page.see_text("h1", "Kontrakt Provhuset").await;
    page.see_text("main", "Tips").await;
    page.see("[data-path=landlord]").await;
    page.fill("[data-path=rent] input", "8 500,50").await;
    ingrid.in_step().await;
    page.picture("02-kontrakt").await;
    ingrid.tap("[data-part=more] [data-line=damages] a").await;
    ingrid.tap("[data-action=add-damages]").await;
    page.see("[data-path$='/claim_state']").await;
    page.picture("03-skada").await;
    ingrid.goto(&format!("{house}/contract")).await;
    page.see_text("[data-part=records]", "Kontrakt Provhuset").await;
    ingrid.goto("/sok").await;
    page.fill("#search", "provhuset").await;
    page.see_text("[data-part=found]", "Kontrakt Provhuset").await;
}
