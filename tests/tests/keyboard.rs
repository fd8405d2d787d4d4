//! An intake and the inbox with the keyboard alone: no pointer is moved once the person is in.

use ankomst_tests::kit::browser::Driver;
use ankomst_tests::kit::person::Person;
use ankomst_tests::kit::server::Server;

const ENTER: &str = "\u{e007}";
const SPACE: &str = " ";

#[tokio::test(flavor = "multi_thread")]
async fn an_intake_and_the_inbox_need_no_pointer() {
    let (Some(driver), Some(server)) = (Driver::start(), Server::with_village()) else { return };
    let elin = Person::arrives(&driver, &server, "tangenter", "elin", (1280, 800)).await;
    let page = &elin.profile;
    page.see("[data-part=due]").await;
    elin.key_to("nav a[href='/arenden']").await;
    elin.keys(ENTER).await;
    page.see("[data-part=cases]").await;
    elin.key_to("[data-action=new-case]").await;
    elin.keys(ENTER).await;
    // The dialog takes the focus, Escape closes it, Enter sends it.
    page.until("the question to have the focus", "document.activeElement?.id === 'ask-label'")
        .await;
    elin.keys("\u{e00c}").await;
    page.until("the dialog to close", "!document.querySelector('#ask')").await;
    elin.key_to("[data-action=new-case]").await;
    elin.keys(ENTER).await;
    page.until("the question to have the focus", "document.activeElement?.id === 'ask-label'")
        .await;
    elin.keys("Familjen Tangent").await;
    elin.keys(ENTER).await;
    page.see_text("h1", "Familjen Tangent").await;
    elin.key_to("[data-action=add-persons]").await;
    elin.keys(ENTER).await;
    page.see("[data-path$='/given']").await;
    elin.key_to("[data-path$='/given'] input").await;
    elin.keys("Layal").await;
    elin.saved("given").await;
    elin.key_to("[data-path$='/family'] input").await;
    elin.keys("Haddad").await;
    elin.saved("family").await;
    page.web().back().await.expect("the way back");
    page.see("[data-action=add-intakes]").await;
    elin.key_to("[data-action=add-intakes]").await;
    elin.keys(ENTER).await;
    page.see("[data-path$='/immediate_needs']").await;
    elin.key_to("[data-path$='/immediate_needs'] input").await;
    elin.keys(SPACE).await;
    elin.saved("immediate_needs").await;
    elin.key_to("[data-path$='/feels_safe'] input").await;
    elin.keys(SPACE).await;
    elin.saved("feels_safe").await;
    elin.key_to("[data-path$='/education_level'] :is(select, input)").await;
    elin.keys("\u{e015}").await;
    elin.saved("education_level").await;
    elin.key_to("[data-path$='/work'] input, [data-path$='/work'] textarea").await;
    elin.keys("Sömmerska").await;
    elin.saved("work").await;
    page.picture("1-intake").await;
    elin.in_step().await;

    let ingrid = Person::arrives(&driver, &server, "tangenter-chef", "ingrid", (1440, 900)).await;
    let page = &ingrid.profile;
    page.see("[data-part=due]").await;
    ingrid.key_to("nav a[href='/inkorg']").await;
    ingrid.keys(ENTER).await;
    page.see("[data-inbox]").await;
    let rows = "document.querySelectorAll('[data-inbox]').length";
    ingrid.key_to("[data-inbox]").await;
    ingrid.keys(ENTER).await;
    page.see("[data-action=approve]").await;
    page.picture("2-inbox").await;
    ingrid.key_to("[data-action=approve]").await;
    page.web().execute(format!("window.before = {rows}"), vec![]).await.expect("a count");
    ingrid.keys(ENTER).await;
    page.until("one row fewer", &format!("{rows} < window.before")).await;
}
