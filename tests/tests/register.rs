//! The register: what a tablet does not hold is found on the server, and taken along.

use ankomst_tests::kit::browser::Driver;
use ankomst_tests::kit::person::Person;
use ankomst_tests::kit::server::Server;

const TABLET: (u32, u32) = (800, 1280);
const DESK: (u32, u32) = (1440, 900);

/// Types a search and asks the server for it, too.
async fn ask(one: &Person, wanted: &str) {
    one.profile.fill("#search", wanted).await;
    one.profile.see("[data-part=found]").await;
    one.tap("[data-action=ask-server]").await;
}

async fn count(one: &Person, css: &str) -> usize {
    let count = one.read(&format!("String(document.querySelectorAll({css:?}).length)")).await;
    count.parse().unwrap_or(usize::MAX)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inspector_finds_a_house_on_the_server_and_takes_its_inspections_along() {
    let (Some(driver), Some(mut server)) = (Driver::start(), Server::with_town()) else { return };
    let hedda = Person::arrives(&driver, &server, "register-hedda", "hedda", TABLET).await;
    let page = &hedda.profile;
    hedda.goto("/boenden").await;
    page.see("[data-part=houses] [data-line]").await;
    let first = "document.querySelector('[data-part=houses] [data-line]')";
    let house = hedda.read(&format!("{first}.dataset.line")).await;
    let name = hedda.read(&format!("{first}.querySelector('strong').innerText")).await;
    hedda.goto(&format!("/boenden/{house}")).await;
    page.see("[data-part=visits]").await;
    let inspections = "[data-part=visits] a[href^='/besok/']";
    assert_eq!(count(&hedda, inspections).await, 0, "nothing was taken along yet");

    hedda.goto("/sok").await;
    page.see("[data-action=ask-server]").await;
    page.picture("01-sok").await;
    ask(&hedda, &name).await;
    let found = format!("[data-part=server-found] [data-line='{house}']");
    let take = format!("{found} [data-action=take]");
    page.see(&take).await;
    // Why it is on the tablet, as the server judges it: the rule that gives it, and when it was sent.
    hedda.tap(&format!("{found} details.why summary")).await;
    page.see_text(&format!("{found} details.why"), "finns på surfplattan").await;
    page.picture("02-pa-servern").await;
    assert_eq!(hedda.read("location.pathname").await, "/sok", "the name is not in the address");
    hedda.tap(&take).await;
    page.until("nothing left to take", &format!("!document.querySelector({take:?})")).await;
    hedda.in_step().await;
    hedda.tap(&format!("[data-part=server-found] [data-line='{house}'] a")).await;
    page.see(inspections).await;
    page.picture("03-kom-med").await;

    // A person is outside an inspector's reach: the answer is the one for a name nobody has.
    hedda.goto("/sok").await;
    ask(&hedda, "Haddad").await;
    page.see("[data-part=server-found] .none").await;
    page.picture("04-ingen").await;
    let told = page.text("[data-part=server-found]").await;
    ask(&hedda, "Qvxzqy").await;
    page.see("[data-part=server-found] .none").await;
    assert_eq!(page.text("[data-part=server-found]").await, told);

    server.stop();
    ask(&hedda, &name).await;
    page.see("[data-part=found] [data-line]").await;
    page.see("[data-part=no-contact]").await;
    page.picture("05-utan-kontakt").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_supervisor_pages_through_the_register_and_an_administrator_has_none() {
    let (Some(driver), Some(server)) = (Driver::start(), Server::with_town()) else { return };
    let ingrid = Person::arrives(&driver, &server, "register-ingrid", "ingrid", DESK).await;
    let page = &ingrid.profile;
    ingrid.tap("nav a[href='/register']").await;
    page.see("[data-part=lists] [data-line='/register/case/case']").await;
    page.picture("01-listor").await;
    ingrid.tap("[data-line='/register/case/case'] a").await;
    page.see("[data-part=register] [data-line]").await;
    page.picture("02-arenden").await;
    ingrid.tap("[data-action=order-due]").await;
    page.see("[data-action=order-due][aria-pressed=true]").await;
    page.see("[data-part=register] [data-line]").await;
    page.picture("04-narmast-i-tid").await;
    ingrid.tap("[data-action=order-held]").await;
    page.see("[data-part=register] .none").await;
    page.picture("05-inget-halls").await;
    ingrid.goto("/register/residence/run").await;
    page.see("[data-part=register] [data-line] a[href^='/besok/']").await;
    page.picture("06-inspektioner").await;
    assert_eq!(count(&ingrid, "[data-part=register] [data-line]").await, 40);
    let first = "document.querySelector('[data-part=register] [data-line]').dataset.line";
    let before = ingrid.read(first).await;
    ingrid.tap("[data-part=turn] [data-action=next]").await;
    page.until("the next page", &format!("{first} !== '{before}'")).await;
    page.see("[data-part=turn] [data-action=first]").await;
    page.picture("03-nasta-sida").await;
    ingrid.goto("/surfplatta").await;
    ingrid.tap("[data-action=theme-2]").await;
    page.until("the dark look", "document.documentElement.dataset.theme === 'dark'").await;
    ingrid.tap("[data-action=speak-en]").await;
    page.see_text("h1", "This tablet").await;
    ingrid.goto("/register/residence/residence").await;
    page.see("[data-part=register] [data-line]").await;
    page.picture("07-dark-english").await;
    ingrid.tap("[data-part=register] [data-line] a").await;
    page.see("[data-part=board]").await;

    let sixten = Person::arrives(&driver, &server, "register-sixten", "sixten", DESK).await;
    let page = &sixten.profile;
    page.until("no register in the menu", "!document.querySelector('nav a[href=\"/register\"]')")
        .await;
    sixten.goto("/register").await;
    page.see("main [role=alert]").await;
    page.picture("01-inget-register").await;
}

/// Reports in both looks and languages, as far as they fit a page; their files are those of the command line.
#[tokio::test(flavor = "multi_thread")]
async fn a_supervisor_reads_the_reports_and_an_administrator_writes_the_organisation() {
    let (Some(driver), Some(server)) = (Driver::start(), Server::with_town()) else { return };
    let sixten = Person::arrives(&driver, &server, "reports-sixten", "sixten", TABLET).await;
    sixten.goto("/administration/organisation").await;
    sixten.profile.see("[data-part=decisions] [data-action=org-policy]").await;
    sixten.profile.picture("01-organisation").await;
    let ingrid = Person::arrives(&driver, &server, "reports-ingrid", "ingrid", DESK).await;
    let page = &ingrid.profile;
    ingrid.tap("nav a[href='/register']").await;
    ingrid.tap("[data-part=reports] a[href='/register/rapport/bostadslage']").await;
    page.see("[data-part=months_households] table").await;
    page.picture("01-bostadslage").await;
    for (place, shows) in [
        ("spridning", "[data-part=areas] table"),
        ("andelar", "[data-part=citizenships] table"),
        ("indikatorer", "[data-part=indicators]"),
        ("avdelningar", "[data-part=departments] [data-line]"),
    ] {
        ingrid.goto(&format!("/register/rapport/{place}")).await;
        page.see(shows).await;
        page.picture(place).await;
    }
    ingrid.tap("[data-part=departments] [data-line] a").await;
    page.see("[data-part=open] [data-line] a").await;
    page.picture("avdelning").await;
    ingrid.goto("/rutiner").await;
    ingrid.tap("[data-line=uam_rejection] a").await;
    page.see("[data-line=D-09]").await;
    page.picture("rutin").await;
}
