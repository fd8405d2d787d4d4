//! A supervisor would destroy a record, in a real browser: what goes and what stands against it, by the way from clearing
//! its history; and the list of what was destroyed.

use ankomst_tests::kit::browser::Driver;
use ankomst_tests::kit::person::Person;
use ankomst_tests::kit::server::Server;

const DESK: (u32, u32) = (1440, 900);
const TABLET: (u32, u32) = (800, 1280);

async fn dark_english(person: &Person) {
    person.goto("/surfplatta").await;
    person.tap("[data-action=theme-2]").await;
    let dark = "document.documentElement.dataset.theme === 'dark'";
    person.profile.until("the dark look", dark).await;
    person.tap("[data-action=speak-en]").await;
    person.profile.see_text("h1", "This tablet").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_against_it_is_shown_and_nothing_is_offered() {
    let (Some(driver), Some(server)) = (Driver::start(), Server::with_village()) else { return };
    for (name, size) in [("gallring-skrivbord", DESK), ("gallring-surfplatta", TABLET)] {
        let ingrid = Person::arrives(&driver, &server, name, "ingrid", size).await;
        let page = &ingrid.profile;
        ingrid.goto("/arenden").await;
        ingrid.tap("[data-action=new-case]").await;
        page.see("#ask-label").await;
        ingrid.asked(&[("label", "Familjen Kanariehaddad")]).await;
        page.see_text("h1", "Kanariehaddad").await;
        let here = ingrid.read("location.pathname").await;
        let id = here.rsplit('/').next().unwrap_or_default().to_owned();
        ingrid.in_step().await;
        ingrid.goto(&format!("/administration/rensa/{id}")).await;
        ingrid.tap("[data-part=whole] [data-line] a").await;
        page.see_text("[data-part=against]", "Den är inte avslutad.").await;
        page.picture("01-hindrar").await;
        dark_english(&ingrid).await;
        ingrid.goto(&format!("/administration/gallra/{id}")).await;
        page.see_text("[data-part=against]", "It is not closed.").await;
        page.picture("02-bars-dark-english").await;
        let none = "!document.querySelector('[data-action=destroy]')";
        page.until("nothing is offered", none).await;
        ingrid.goto("/administration/gallrat").await;
        page.see("[data-part=destroyed]").await;
        page.picture("03-list-dark-english").await;
    }
}
