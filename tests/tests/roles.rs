//! Roles without a tablet's work, in a real browser: a recipient at the school answers a task, a regional coordinator
//! reads figures; and a child caseworker finds the cases of children.

use ankomst_tests::kit::browser::{Driver, Profile};
use ankomst_tests::kit::person::Person;
use ankomst_tests::kit::server::Server;

const DESK: (u32, u32) = (1440, 900);
const TABLET: (u32, u32) = (800, 1280);
const TASK: &str = "Skolplats för ett barn i årskurs 4";

/// A page in the other look and language, as a picture.
async fn dark_english(person: &Person, place: &str, step: &str) {
    let page = &person.profile;
    person.goto("/surfplatta").await;
    person.tap("[data-action=theme-2]").await;
    page.until("the dark look", "document.documentElement.dataset.theme === 'dark'").await;
    person.tap("[data-action=speak-en]").await;
    page.see_text("h1", "This tablet").await;
    person.goto(place).await;
    page.see("main h1").await;
    page.picture(step).await;
}

async fn has_no(page: &Profile, place: &str) {
    let none = format!("!document.querySelector('nav a[href=\"{place}\"]')");
    page.until("no such place in the menu", &none).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_school_answers_its_task_a_region_reads_figures_and_children_have_their_caseworker() {
    let (Some(driver), Some(server)) = (Driver::start(), Server::with_village()) else { return };
    let tyra = Person::arrives(&driver, &server, "roller-tyra", "tyra", TABLET).await;
    let page = &tyra.profile;
    page.see_text("[data-part=intro]", "Inget av ärendena kommer till den här enheten").await;
    page.picture("01-idag").await;
    has_no(page, "/arenden").await;
    tyra.tap("nav a[href='/register']").await;
    page.see_text("[data-part=sent]", TASK).await;
    page.picture("02-uppdrag").await;
    dark_english(&tyra, "/register", "03-dark-english").await;
    tyra.tap("[data-part=sent] [data-action=answer]").await;
    page.see("#ask-status").await;
    page.picture("04-svara").await;
    tyra.asked(&[("status", "Done"), ("comment", "Plats från måndag")]).await;
    page.see_text("[data-part=sent]", "Nothing waits for you").await;
    page.picture("05-besvarat").await;

    let dump = server.dump();
    let said = dump.text();
    assert!(said.contains("Tyra Holm (School): Done. Plats från måndag"), "it is not in the case");

    let anton = Person::arrives(&driver, &server, "roller-anton", "anton", DESK).await;
    let page = &anton.profile;
    anton.tap("nav a[href='/register']").await;
    page.see("[data-part=reports] [data-line]").await;
    page.picture("01-register").await;
    anton.tap("[data-part=reports] [data-line] a").await;
    page.see("[data-part=citizenships] table").await;
    page.picture("02-andelar").await;
    dark_english(&anton, "/register/rapport/andelar", "03-dark-english").await;

    let vera = Person::arrives(&driver, &server, "roller-vera", "vera", TABLET).await;
    let page = &vera.profile;
    vera.tap("nav a[href='/arenden']").await;
    page.until("one case", "document.querySelectorAll('main [data-line]').length === 1").await;
    page.picture("01-arenden").await;
    vera.tap("nav a[href='/boenden']").await;
    page.see("main [data-line] a").await;
    vera.tap("main [data-line] a").await;
    page.see("[data-part=deficiencies]").await;
    let none = "!document.querySelector('[data-part=deficiencies] button, main [data-action*=inspection]')";
    page.until("nothing to inspect with", none).await;
    page.picture("02-boende").await;
}

/// Where the access log is reviewed: by month, with a sample; on a desk and on a tablet, in both looks and languages.
#[tokio::test(flavor = "multi_thread")]
async fn a_supervisor_reviews_a_month_of_the_access_log() {
    let (Some(driver), Some(server)) = (Driver::start(), Server::with_village()) else { return };
    for (name, size) in [("logg-skrivbord", DESK), ("logg-surfplatta", TABLET)] {
        let ingrid = Person::arrives(&driver, &server, name, "ingrid", size).await;
        let page = &ingrid.profile;
        ingrid.goto("/register/case/case").await;
        page.see("[data-part=register] [data-line]").await;
        ingrid.goto("/administration/logg").await;
        page.see("[data-part=months] [data-line]").await;
        page.picture("01-manader").await;
        ingrid.tap("[data-part=months] [data-line] a").await;
        page.see("[data-part=sample]").await;
        page.picture("02-manad").await;
        dark_english(&ingrid, "/administration/logg", "03-dark-english").await;
        ingrid.tap("[data-part=months] [data-line] a").await;
        page.see("[data-part=sample]").await;
        page.picture("04-month-dark-english").await;
    }
}
