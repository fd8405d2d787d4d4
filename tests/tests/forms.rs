//! What is typed outside of records: why something is decided, what an act asks, a note to the authors.
//! It comes back after an empty battery and after an update; and nothing takes a page away that holds
//! what the tablet cannot write.
#![expect(clippy::unwrap_used, reason = "a story told as a test: a failed step fails it")]

use ankomst_tests::kit::browser::Driver;
use ankomst_tests::kit::person::Person;
use ankomst_tests::kit::release::{build_of, next_release, probe, probed};
use ankomst_tests::kit::server::Server;

const DESK: (u32, u32) = (1440, 900);
const REASON: &str = "[data-action=settle-reason]";

/// Types into a form and waits until it is shown as saved on this tablet.
async fn types(person: &Person, css: &str, text: &str) {
    person.profile.fill(css, text).await;
    stands(person, css, text).await;
    let saved = format!(
        "document.querySelector({css:?}).closest('form, .review').querySelector('.mark[data-level=saved]')"
    );
    person.profile.until(&format!("{text:?} to be saved"), &saved).await;
}

async fn stands(person: &Person, css: &str, text: &str) {
    person.profile.see(css).await;
    let stands = format!("document.querySelector({css:?}).value === {text:?}");
    person.profile.until(&format!("{text:?} to stand in {css}"), &stands).await;
}

async fn told(person: &Person, asked: &str) -> i64 {
    let script = format!("{} return answer.timers", probe(asked));
    let answer = person.profile.web().execute(script, vec![]).await.unwrap();
    answer.json().as_i64().unwrap_or(-1)
}

/// Goes on in the browser that has come up again.
async fn opens(person: &Person, path: &str) {
    person.goto(path).await;
    person.profile.see("#sync-mark[data-contact=live]").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_half_typed_in_a_form_survives_an_empty_battery() {
    let (Some(driver), Some(server)) = (Driver::start(), Server::with_town()) else { return };
    let mut ingrid = Person::arrives(&driver, &server, "formular", "ingrid", DESK).await;
    ingrid.tap("a[href='/inkorg']").await;
    ingrid.profile.see("[data-inbox]").await;
    let differing = "[...document.querySelectorAll('[data-inbox]')]\
                     .find(row => row.querySelector('[data-tone=danger]')).dataset.inbox";
    let inbox = format!("/inkorg/{}", ingrid.read(differing).await);
    ingrid.goto(&inbox).await;
    ingrid.profile.see(REASON).await;
    let pick = "#inbox-detail [data-pick='2']";
    ingrid.tap(pick).await;
    types(&ingrid, REASON, "Mätt med egen hand i går").await;
    types(&ingrid, "#review-note", "Ring mig om varnaren").await;
    ingrid.profile.picture("1-halvskrivet").await;
    ingrid.profile.kill();
    ingrid.profile.start().await;
    opens(&ingrid, &inbox).await;
    stands(&ingrid, REASON, "Mätt med egen hand i går").await;
    stands(&ingrid, "#review-note", "Ring mig om varnaren").await;
    let picked = format!("document.querySelector({pick:?}).checked");
    ingrid.profile.until("the choice to stand", &picked).await;
    ingrid.profile.picture("2-aterfatt").await;
    // Decided: the next time the form is empty.
    ingrid.tap("[data-action=settle]").await;
    ingrid.profile.until("the decision", &format!("!document.querySelector({REASON:?})")).await;
    ingrid.profile.fill("#review-note", "").await;
    ingrid.in_step().await;

    // A new person's name.
    ingrid.goto("/arenden").await;
    ingrid.tap("[data-action=new-case]").await;
    types(&ingrid, "#ask-label", "Familjen Halvskriven").await;
    ingrid.profile.kill();
    ingrid.profile.start().await;
    opens(&ingrid, "/arenden").await;
    ingrid.tap("[data-action=new-case]").await;
    stands(&ingrid, "#ask-label", "Familjen Halvskriven").await;
    // Given up: it does not come back.
    ingrid.tap("[data-action=ask-cancel]").await;
    ingrid.tap("[data-action=new-case]").await;
    stands(&ingrid, "#ask-label", "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_waits_for_a_full_tablet_and_keeps_a_half_typed_form() {
    let (Some(driver), Some(mut server)) = (Driver::start(), Server::with_village()) else {
        return;
    };
    let first = server.app().to_path_buf();
    let (old, new) = (probed(&first), next_release(&first));
    let new = next_release(new.path());
    server.stop();
    server.release(old.path());
    server.start();
    let ingrid = Person::arrives(&driver, &server, "uppdatering-full", "ingrid", DESK).await;
    let page = &ingrid.profile;
    ingrid.goto("/arenden").await;
    page.until("the service worker", "navigator.serviceWorker.controller").await;
    ingrid.in_step().await;

    // However often the server goes and comes, no timer of the lost contact is left behind.
    let before = told(&ingrid, "{}").await;
    for _ in 0..4 {
        server.stop();
        page.see("#sync-mark[data-contact=none]").await;
        server.start();
        ingrid.tap("#sync-mark summary").await;
        page.see("#sync-mark[data-contact=live]").await;
    }
    let after = told(&ingrid, "{}").await;
    assert!(after <= before + 1, "{before} long timers became {after}");

    ingrid.tap("[data-action=new-case]").await;
    types(&ingrid, "#ask-label", "Familjen Väntar").await;
    told(&ingrid, "{ failing: true }").await;
    page.fill("#ask-label", "Familjen Väntar länge").await;
    page.see(".notice[data-tone=danger]").await;
    server.stop();
    server.release(new.path());
    server.start();
    let look = "document.dispatchEvent(new Event('visibilitychange'))";
    page.web().execute(look, vec![]).await.unwrap();
    page.until("the new version to wait", "ankomst.updateReady").await;
    page.until("no offer", "!document.querySelector('#update-bar')").await;
    // A yes that was said a moment before does not take the page away, either.
    page.web().execute("window.kept = true; ankomst.update()", vec![]).await.unwrap();
    stands(&ingrid, "#ask-label", "Familjen Väntar länge").await;
    page.until("the page to be the same", "window.kept").await;

    // Room again: what was in memory is written, the update is offered, the text comes back.
    told(&ingrid, "{ failing: false }").await;
    page.see("#update-bar").await;
    page.web()
        .execute("document.querySelector('[data-action=update]').click()", vec![])
        .await
        .unwrap();
    let is_new = format!("globalThis.ankomst?.build === {:?}", build_of(new.path()));
    page.until("the new version", &is_new).await;
    ingrid.unlocks().await;
    ingrid.tap("[data-action=new-case]").await;
    stands(&ingrid, "#ask-label", "Familjen Väntar länge").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_wants_a_newer_app_gets_everything_after_the_update() {
    let (Some(driver), Some(mut server)) = (Driver::start(), Server::with_village()) else {
        return;
    };
    let first = server.app().to_path_buf();
    let (old, new) = (probed(&first), next_release(&first));
    let new = next_release(new.path());
    server.stop();
    server.release(old.path());
    server.start();
    let elin = Person::arrives(&driver, &server, "gammal-app", "elin", (800, 1280)).await;
    let page = &elin.profile;
    elin.goto("/arenden").await;
    page.until("the service worker", "navigator.serviceWorker.controller").await;
    elin.in_step().await;
    told(&elin, "{ old: true }").await;
    server.stop();
    server.release(new.path());
    server.start();
    page.see("#outdated").await;
    elin.tap("[data-action=new-case]").await;
    elin.asked(&[("label", "Familjen Gammal App")]).await;
    page.see_text("h1", "Familjen Gammal App").await;
    page.picture("1-maste-uppdateras").await;
    // The app looks for the new version by itself.
    page.see("#update-bar").await;
    page.web()
        .execute("document.querySelector('[data-action=update]').click()", vec![])
        .await
        .unwrap();
    let is_new = format!("globalThis.ankomst?.build === {:?}", build_of(new.path()));
    page.until("the new version", &is_new).await;
    elin.unlocks().await;
    elin.in_step().await;
    page.until("the notice to be gone", "!document.querySelector('#outdated')").await;
    assert!(server.dump().text().contains("Familjen Gammal App"));
}
