//! Twenty empty batteries while somebody types: the browser is killed at once, and nothing that was
//! shown as saved is missing when the tablet is switched on again.
#![expect(clippy::panic, clippy::too_many_lines, reason = "a story told as a test")]

use std::time::{Duration, Instant};

use ankomst_tests::kit::browser::{Driver, Profile};
use ankomst_tests::kit::ledger::{Ledger, Shown};
use ankomst_tests::kit::server::Server;

const PASSPHRASE: &str = "en lång fras för vallen";
const FIELD: &str = "[data-path=arriving_from]";
const INPUT: &str = "[data-path=arriving_from] input";

async fn read(page: &Profile, expression: &str) -> String {
    let value = page.web().execute(format!("return {expression}"), vec![]).await;
    value.ok().and_then(|value| value.json().as_str().map(str::to_owned)).unwrap_or_default()
}

async fn unlock(page: &Profile, url: &str) {
    page.goto(url).await;
    page.fill("#unlock #passphrase", PASSPHRASE).await;
    page.click("[data-action=unlock]").await;
    page.see(INPUT).await;
}

/// What was typed longer ago than this is durable, shown as saved or not.
const UNSHOWN_MAX: Duration = Duration::from_secs(1);

/// Strikes one key; the page may draw the field anew between looking and striking.
async fn strike(page: &Profile, letter: char) {
    for _ in 0..50 {
        if page.see(INPUT).await.send_keys(letter.to_string()).await.is_ok() {
            return;
        }
    }
    panic!("no key can be struck");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_shown_as_saved_is_missing_after_twenty_empty_batteries() {
    let (Some(driver), Some(mut server)) = (Driver::start(), Server::with_village()) else {
        return;
    };
    let mut page = Profile::open(&driver, "batteri", (800, 1280)).await;
    page.goto(&server.url()).await;
    page.fill("#login", "elin").await;
    page.fill("#password", "elin-i-provby").await;
    page.fill("#device-name", "batteri").await;
    page.fill("#passphrase", PASSPHRASE).await;
    page.fill("#passphrase-repeat", PASSPHRASE).await;
    page.click("[data-action=sign-in]").await;
    page.see("#sync-mark[data-contact=live]").await;
    page.goto(&format!("{}/arenden", server.url())).await;
    if page.text("#unlock").await.is_empty() {
        page.see("[data-part=cases], #unlock").await;
    }
    if !page.text("#unlock").await.is_empty() {
        page.fill("#unlock #passphrase", PASSPHRASE).await;
        page.click("[data-action=unlock]").await;
    }
    page.see("[data-part=cases] [data-line]").await;
    let case =
        read(&page, "document.querySelector('[data-part=cases] [data-line]').dataset.line").await;
    let address = format!("{}/arenden/{case}/uppgifter", server.url());
    server.stop();
    unlock(&page, &address).await;

    // Saving and committing must never draw the page anew under the fingers.
    page.web()
        .execute("window.kept = document.querySelector('main *')".to_owned(), vec![])
        .await
        .unwrap();
    page.fill(INPUT, "en första gång").await;
    page.until(
        "the draft to be a change",
        "document.querySelector('#sync-mark').dataset.waiting !== '0'",
    )
    .await;
    tokio::time::sleep(Duration::from_millis(5_500)).await;
    page.until("the page to be the same", "document.contains(window.kept)").await;

    let mut ledger = Ledger::default();
    for round in 0..20_u64 {
        // Each round types a text of its own; how long it is typed varies, so that the battery ends
        // before, during and after saves and commits.
        let text = format!("omgång {round} från Östersund");
        page.fill(INPUT, "").await;
        let mut shown = String::new();
        let mut struck = Vec::new();
        let keystrokes = 3 + usize::try_from(round * 7 % 23).unwrap();
        for letter in text.chars().take(keystrokes) {
            strike(&page, letter).await;
            struck.push(Instant::now());
            // In one look: what stands in the field while it is shown as saved or further.
            let look = format!(
                "(() => {{ const level = document.querySelector({FIELD:?} + ' .mark')?.dataset.level;
                   return ['saved', 'received', 'shared'].includes(level)
                     ? document.querySelector({INPUT:?}).value : ''; }})()"
            );
            let saved = read(&page, &look).await;
            if !saved.is_empty() {
                shown = saved;
            }
        }
        if round % 4 == 3 {
            // Long enough for the pause after which drafts become a change.
            tokio::time::sleep(Duration::from_millis(3_000 + 200 * round)).await;
        }
        let end = Instant::now();
        page.kill();
        page.start().await;
        unlock(&page, &address).await;
        let stands = format!("document.querySelector({INPUT:?}).value");
        let value = read(&page, &stands).await;
        assert!(
            value.starts_with(&shown),
            "round {round}: shown as saved {shown:?}, found {value:?}"
        );
        if let Some(first_lost) = struck.get(value.chars().count()) {
            let age = end.duration_since(*first_lost);
            assert!(
                age <= UNSHOWN_MAX,
                "round {round}: a letter struck {age:?} ago is lost: {value:?}"
            );
        }
        if shown.chars().count() > 2 {
            ledger.note(&shown, Shown::Saved);
        }
    }
    assert!(ledger.len() >= 10, "too few texts were shown as saved: {}", ledger.len());
    page.picture("after-twenty").await;

    server.start();
    page.see("#sync-mark[data-contact=live]").await;
    let mark = "document.querySelector('#sync-mark').dataset";
    page.until(
        "everything to be shared",
        &format!("{mark}.waiting === '0' && {mark}.received === '0'"),
    )
    .await;
    let dump = server.command(&["dump"]);
    assert_eq!(ledger.missing(&dump, Shown::Saved), Vec::new());
}
