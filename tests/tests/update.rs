//! A new version of the app in the middle of an edit, in two tabs: it is announced, waits for a yes,
//! and takes nothing along that was typed; the old version goes on working with the new server.
#![expect(clippy::unwrap_used, reason = "a story told as a test: a failed step fails it")]

use ankomst_tests::kit::browser::{Driver, Profile};
use ankomst_tests::kit::release::{build_of, next_release};
use ankomst_tests::kit::server::Server;
use thirtyfour::WindowHandle;

const PASSPHRASE: &str = "en lång fras för vallen";
const INPUT: &str = "[data-path=arriving_from] input";
const IN_STEP: &str =
    "(mark => mark && mark.dataset.contact === 'live' && mark.dataset.waiting === '0'
    && mark.dataset.received === '0')(document.querySelector('#sync-mark'))";

/// A person who types without a pause until the page can no longer be typed in. What was last typed
/// is noted where it outlives the page.
const TYPIST: &str = "let strokes = 0;
    window.typist = setInterval(() => {
      const input = document.querySelector(arguments_input);
      if (!input || input.closest('[inert]')) return;
      input.value = `${arguments_text} ${++strokes}`;
      input.dispatchEvent(new Event('input', { bubbles: true }));
      localStorage.setItem(arguments_text, strokes);
    }, 40);";

/// One tab: its window and its case.
struct Tab {
    window: WindowHandle,
    address: String,
}

struct Story {
    page: Profile,
    server: Server,
}

impl Story {
    async fn run(&self, script: &str) -> serde_json::Value {
        self.page.web().execute(script.to_owned(), vec![]).await.unwrap().json().clone()
    }

    async fn read(&self, expression: &str) -> String {
        let value = self.run(&format!("return {expression}")).await;
        value.as_str().unwrap_or_default().to_owned()
    }

    async fn turn_to(&self, tab: &Tab) {
        self.page.web().switch_to_window(tab.window.clone()).await.unwrap();
    }

    async fn open(&self, address: String) -> Tab {
        self.page.goto(&address).await;
        self.unlocked().await;
        self.page.see(INPUT).await;
        Tab { window: self.page.web().window().await.unwrap(), address }
    }

    /// Opens the vault if the page asks for it.
    async fn unlocked(&self) {
        let asks = "document.querySelector('#unlock #passphrase, #sync-mark')";
        self.page.until("the page or the lock", asks).await;
        if !self.page.text("#unlock").await.is_empty() {
            self.page.fill("#unlock #passphrase", PASSPHRASE).await;
            self.page.click("[data-action=unlock]").await;
        }
        self.page.see("#sync-mark").await;
    }

    async fn types(&self, text: &str) {
        let script = TYPIST
            .replace("arguments_input", &format!("{INPUT:?}"))
            .replace("arguments_text", &format!("{text:?}"));
        self.run(&script).await;
        self.page.until("keys to be struck", &format!("localStorage.getItem({text:?}) > 2")).await;
    }

    /// The text of the last stroke must stand in the field, whatever happened to the page.
    async fn stands(&self, text: &str) -> String {
        self.page.see(INPUT).await;
        let struck = self.read(&format!("localStorage.getItem({text:?})")).await;
        let wanted = format!("{text} {struck}");
        let stands = format!("document.querySelector({INPUT:?}).value === {wanted:?}");
        self.page.until(&format!("{wanted:?} to stand in the field"), &stands).await;
        wanted
    }

    /// The server is given another release and started anew, and this tab looks for it.
    async fn release(&mut self, app: &std::path::Path) {
        self.server.stop();
        self.server.release(app);
        self.server.start();
        self.run("document.dispatchEvent(new Event('visibilitychange'))").await;
        self.page.see("#update-bar").await;
    }

    /// Says yes in one tab while both are typed in; both must come up in that version.
    async fn accepted(&self, (yes, other): (&Tab, &Tab), round: u32, build: &str) -> Vec<String> {
        let texts = [format!("Ja-fliken {round}"), format!("Andra fliken {round}")];
        for (tab, text) in [yes, other].into_iter().zip(&texts) {
            self.turn_to(tab).await;
            self.types(text).await;
        }
        self.turn_to(yes).await;
        self.page.see("#update-bar").await;
        let click = "document.querySelector('[data-action=update]').click()";
        self.run(click).await;
        let mut stands = Vec::new();
        for (tab, text) in [yes, other].into_iter().zip(&texts) {
            self.turn_to(tab).await;
            let is_new = format!("globalThis.ankomst?.build === {build:?}");
            self.page.until(&format!("{} in version {build}", tab.address), &is_new).await;
            self.unlocked().await;
            stands.push(self.stands(text).await);
            self.page.until("everything to be shared", IN_STEP).await;
        }
        stands
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_version_waits_for_a_yes_and_loses_nothing_typed_in_two_tabs() {
    let (Some(driver), Some(server)) = (Driver::start(), Server::with_village()) else { return };
    let page = Profile::open(&driver, "uppdatering", (800, 1280)).await;
    let mut story = Story { page, server };
    let first = story.server.app().to_path_buf();
    let second = next_release(&first);
    let third = next_release(second.path());
    let (old, new) = (build_of(&first), build_of(second.path()));

    let (one, two) = arrives(&story).await;
    story.turn_to(&one).await;
    story.types("Mitt i en mening").await;
    story.run(&format!("window.kept = document.querySelector({INPUT:?})")).await;
    story.release(second.path()).await;

    // Announced, and nothing more: the same page goes on, and so does the other tab when it is
    // loaded anew, though the server has none of its files.
    story.page.picture("1-announced").await;
    story.run("clearInterval(window.typist)").await;
    story.stands("Mitt i en mening").await;
    assert_eq!(story.read("ankomst.build").await, old);
    story.page.until("the page to be the same", "document.contains(window.kept)").await;
    story.turn_to(&two).await;
    story.page.goto(&two.address).await;
    story.page.see(INPUT).await;
    assert_eq!(story.read("ankomst.build").await, old);

    // The old version saves without the server, and sends when the server is there again.
    story.server.stop();
    story.page.fill(INPUT, "Gammal flik utan server").await;
    story.page.see("[data-path=arriving_from] .mark[data-level=saved]").await;
    story.server.start();
    story.page.until("everything to be shared", IN_STEP).await;
    assert!(story.server.dump().text().contains("Gammal flik utan server"));

    // Yes in the tab that keeps the core, then yes in the other.
    let mut texts = story.accepted((&one, &two), 1, &new).await;
    let started = std::fs::read_to_string(first.join("index.html")).unwrap();
    let started = started.split("src=\"").find(|part| part.starts_with("/boot-")).unwrap();
    let started = started.split('"').next().unwrap();
    let kept = format!("return fetch({started:?}).then(answer => answer.ok)");
    assert_eq!(story.run(&kept).await, true, "a tab of the old version could not go on starting");
    story.release(third.path()).await;
    texts.extend(story.accepted((&two, &one), 2, &build_of(third.path())).await);
    story.page.picture("2-updated").await;
    let dump = story.server.dump();
    for text in texts {
        assert!(dump.text().contains(&text), "{text} is lost");
    }
}

/// Signs in and opens two cases, each in a tab of its own, served by the service worker.
async fn arrives(story: &Story) -> (Tab, Tab) {
    let (page, url) = (&story.page, story.server.url());
    page.goto(&url).await;
    page.fill("#login", "elin").await;
    page.fill("#password", "elin-i-provby").await;
    page.fill("#device-name", "uppdatering").await;
    page.fill("#passphrase", PASSPHRASE).await;
    page.fill("#passphrase-repeat", PASSPHRASE).await;
    page.click("[data-action=sign-in]").await;
    page.see("#sync-mark[data-contact=live]").await;
    page.goto(&format!("{url}/arenden")).await;
    story.unlocked().await;
    page.see("[data-part=cases] [data-line]").await;
    let case = |at: u8| {
        format!("document.querySelectorAll('[data-part=cases] [data-line]')[{at}].dataset.line")
    };
    let cases = [story.read(&case(0)).await, story.read(&case(1)).await];
    let one = story.open(format!("{url}/arenden/{}/uppgifter", cases[0])).await;
    page.until("the service worker", "navigator.serviceWorker.controller").await;
    let tab = page.web().new_tab().await.unwrap();
    page.web().switch_to_window(tab).await.unwrap();
    let two = story.open(format!("{url}/arenden/{}/uppgifter", cases[1])).await;
    (one, two)
}
