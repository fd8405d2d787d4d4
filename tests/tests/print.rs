//! Paper: the protocol of a visit and the list at the fire door, printed by a real browser.
#![expect(clippy::unwrap_used, reason = "a story told as a test: a failed step fails it")]

use ankomst_tests::kit::browser::{Driver, screens};
use ankomst_tests::kit::person::Person;
use ankomst_tests::kit::server::Server;
use serde_json::json;

/// What can be pressed or typed into; none of it has a place on paper.
const CONTROLS: &str =
    "[...document.querySelectorAll('button, input, select, textarea, summary, nav')]
    .filter(one => one.checkVisibility()).map(one => one.outerHTML).join(' ')";

/// Prints what is shown and gives how many pages it takes.
async fn printed(person: &Person, name: &str) -> usize {
    let tools = person.profile.web().cdp();
    let media = |name: &str| json!({ "media": name });
    tools.send_raw("Emulation.setEmulatedMedia", media("print")).await.unwrap();
    assert_eq!(person.read(CONTROLS).await, "", "{name}: controls on paper");
    tools.send_raw("Emulation.setEmulatedMedia", media("")).await.unwrap();
    let asked = json!({ "preferCSSPageSize": true, "printBackground": true });
    let pdf = tools.send_raw("Page.printToPDF", asked).await.unwrap();
    let pdf = pdf.get("data").and_then(|data| data.as_str()).unwrap().to_owned();
    // The browser itself reads the letters of the file back into bytes.
    let read = format!("atob({pdf:?}).match(/\\/Type\\s*\\/Page\\b(?!s)/g)?.length ?? 0");
    let pages = person.profile.web().execute(format!("return {read}"), vec![]).await.unwrap();
    let folder = screens();
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("print-{name}.pdf.base64")), pdf).unwrap();
    usize::try_from(pages.json().as_u64().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_protocol_and_a_fire_list_come_out_on_paper() {
    let (Some(driver), Some(server)) = (Driver::start(), Server::with_town()) else { return };
    let mats = Person::arrives(&driver, &server, "utskrift", "mats", (800, 1280)).await;
    let page = &mats.profile;
    mats.goto("/boenden").await;
    page.see("[data-part=houses] [data-line]").await;
    let house = "document.querySelector('[data-part=houses] [data-line]').dataset.line";
    let house = mats.read(house).await;
    mats.goto(&format!("/boenden/{house}")).await;
    page.see("[data-action=start-run]").await;
    mats.tap("[data-action=start-run]").await;
    page.see("[data-item]").await;
    // Every item is answered, some are not as they should be.
    let answer = "for (const [at, item] of [...document.querySelectorAll('[data-item]')].entries())
        item.querySelector(`[data-answer=${at % 6 ? 'ok' : 'not_ok'}]`)?.click()";
    page.web().execute(answer, vec![]).await.unwrap();
    page.until(
        "every item to be answered",
        "![...document.querySelectorAll('[data-item]')].some(item => item.dataset.status === 'not_checked')",
    )
    .await;
    mats.in_step().await;
    let run = mats.read("location.pathname").await;
    mats.goto(&format!("/utskrift{run}")).await;
    page.see("[data-part=facts]").await;
    assert!(
        printed(&mats, "protokoll").await >= 2,
        "all items of an inspection take more than a page"
    );
    mats.goto(&format!("/utskrift/brand/{house}")).await;
    page.see("[data-part=rooms]").await;
    assert_eq!(printed(&mats, "brandlista").await, 1, "the list hangs at a door");
    // Who has what on paper is known.
    let known = || server.command(&["audit", "show", "--what", "printed"]);
    for _ in 0..40 {
        if known().contains(&house) {
            break;
        }
        mats.tap("#sync-mark").await;
        mats.in_step().await;
    }
    let run = run.rsplit('/').next().unwrap().to_owned();
    assert!(known().contains(&house) && known().contains(&run), "{}", known());
}
