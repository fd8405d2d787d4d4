//! A page whose worker has gone while somebody was at it.

use ankomst_tests::kit::browser::Driver;
use ankomst_tests::kit::person::Person;
use ankomst_tests::kit::server::Server;
use serde_json::json;

/// Keeps hold of the worker that a page makes.
const HOLDS: &str = "const Real = Worker;
    globalThis.Worker = class extends Real {
        constructor(...all) { super(...all); globalThis.held = this; }
    };";
const ENDS: &str = "held.dispatchEvent(new ErrorEvent('error', { message: 'out of memory' }))";

#[tokio::test(flavor = "multi_thread")]
async fn a_page_whose_worker_has_gone_says_so_and_takes_nothing_more() {
    let (Some(driver), Some(server)) = (Driver::start(), Server::with_village()) else { return };
    let elin = Person::arrives(&driver, &server, "stannat", "elin", (820, 1180)).await;
    let page = &elin.profile;
    let holds = json!({ "source": HOLDS });
    page.web().cdp().send_raw("Page.enable", json!({})).await.unwrap();
    page.web().cdp().send_raw("Page.addScriptToEvaluateOnNewDocument", holds).await.unwrap();
    elin.goto("/arenden").await;
    page.see("main [data-line] a").await;
    page.web().execute(ENDS, vec![]).await.unwrap();
    page.see_text("#boot-fault", "Appen har stannat").await;
    let rests =
        "document.getElementById('app').inert && document.activeElement.matches('#boot-fault a')";
    page.until("nothing more to be taken", rests).await;
    page.picture("1-stannat").await;
    loads_anew(&elin).await;

    // A dialog lies above everything else.
    elin.goto("/arenden").await;
    elin.tap("[data-action=new-case]").await;
    page.see("#ask-label").await;
    page.web().execute(ENDS, vec![]).await.unwrap();
    page.see_text("#boot-fault", "Appen har stannat").await;
    let rests = "document.querySelector('#ask form').inert && document.activeElement.matches('#boot-fault a')";
    page.until("nothing more to be taken in the dialog", rests).await;
    page.picture("2-i-en-fraga").await;
    loads_anew(&elin).await;
}

async fn loads_anew(elin: &Person) {
    let page = &elin.profile;
    page.click("#boot-fault a").await;
    elin.unlocks().await;
    page.until("the app to be back", "!document.querySelector('#boot-fault')").await;
    elin.in_step().await;
}
