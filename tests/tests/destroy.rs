//! A supervisor destroys a record lawfully, in a real browser: what goes, what stands against it, the number typed once
//! more; and how it is told on the first place, by its address and in the list.

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
async fn a_record_is_destroyed_and_everybody_who_had_it_is_told() {
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
        ingrid.goto(&format!("/arenden/{id}/uppgifter")).await;
        ingrid.choose("state", "closed").await;
        ingrid.in_step().await;
        ingrid.goto(&format!("/administration/gallra/{id}")).await;
        ingrid.tap("[data-action=destroy]").await;
        page.see("#ask-confirm").await;
        page.picture("02-bekrafta").await;
        let answers = [("ground", "domstol"), ("reference", "Dnr 2026:14"), ("confirm", &*id)];
        ingrid.asked(&answers).await;
        ingrid.goto("/administration/gallrat").await;
        page.see_text("[data-part=destroyed]", "Dnr 2026:14").await;
        page.picture("03-lista").await;
        dark_english(&ingrid).await;
        ingrid.goto("/administration/gallrat").await;
        page.see_text("[data-part=destroyed]", "Dnr 2026:14").await;
        page.picture("04-list-dark-english").await;
        ingrid.goto(&format!("/arenden/{id}")).await;
        page.see_text("main", "Lawfully destroyed").await;
        page.picture("05-where-it-stood").await;
        ingrid.goto("/idag").await;
        page.see_text("main", "Dnr 2026:14").await;
        page.picture("06-today").await;
    }
}
