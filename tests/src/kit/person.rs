//! A person with a browser: signing in, going places, answering.

use super::browser::{Driver, Profile};
use super::server::Server;

const PASSPHRASE: &str = "en lång fras för vallen";

/// Someone at a browser, signed in.
pub struct Person {
    /// The browser.
    pub profile: Profile,
    login: &'static str,
    url: String,
}

impl Person {
    /// Signs in for the first time on a new tablet, with the server at hand.
    pub async fn arrives(
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
    pub async fn in_step(&self) {
        let mark = "document.querySelector('#sync-mark')";
        let zero = |key: &str| format!("['0', ''].includes({mark}.dataset.{key} ?? '')");
        let live = format!("{mark} && {mark}.dataset.contact === 'live'");
        let all = format!("{live} && {} && {}", zero("waiting"), zero("received"));
        self.profile.until("everything to be shared", &all).await;
    }

    /// Opens a place, and the vault if need be.
    pub async fn goto(&self, path: &str) {
        self.profile.goto(&format!("{}{path}", self.url)).await;
        self.unlocks().await;
    }

    /// Opens the vault if the page asks for it.
    pub async fn unlocks(&self) {
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

    /// The text an expression of the page gives; empty for anything else.
    pub async fn read(&self, expression: &str) -> String {
        let value =
            self.profile.web().execute(format!("return {expression}"), vec![]).await.unwrap();
        value.json().as_str().unwrap_or_default().to_owned()
    }

    /// Waits until a field is shown as saved on this tablet.
    pub async fn saved(&self, field: &str) {
        // With the network at hand it may have come further before anybody looks.
        let levels = ":is([data-level=saved], [data-level=received], [data-level=shared])";
        let mark = format!("[data-path$='{field}'] .mark{levels}");
        let shown = format!("document.querySelector({mark:?})");
        self.profile.until(&format!("{field} to be saved"), &shown).await;
    }

    /// Chooses one of a field's choices, and waits until it is saved.
    pub async fn choose(&self, field: &str, choice: &str) {
        let script = format!(
            "const box = document.querySelector(\"[data-path$='/{field}']\");
             const made = box.querySelector(\"[data-choice='{choice}']\");
             const select = box.querySelector('select');
             if (made) (made.matches('input,button') ? made : made.querySelector('input') ?? made).click();
             else {{ select.value = '{choice}'; select.dispatchEvent(new Event('change', {{bubbles: true}})); }}"
        );
        self.profile.see(&format!("[data-path$='/{field}']")).await;
        self.profile.web().execute(script, vec![]).await.unwrap();
        self.saved(field).await;
    }

    /// Taps the first element of a selector, in the page itself.
    pub async fn tap(&self, css: &str) {
        let tap = format!("(e => e && (e.click(), true))(document.querySelector({css:?}))");
        self.profile.until(&format!("{css} to be tapped"), &tap).await;
    }

    /// Answers the questions of an action: texts are typed, of choices the one whose words contain
    /// the text is taken.
    pub async fn asked(&self, answers: &[(&str, &str)]) {
        for (id, answer) in answers {
            let field = format!("#ask-{id}");
            self.profile.see(&field).await;
            let choose = format!(
                "(field => {{
                   if (field.tagName !== 'SELECT') return false;
                   const wanted = [...field.options].find(o => o.text.includes({answer:?}));
                   if (!wanted) return false;
                   field.value = wanted.value;
                   field.dispatchEvent(new Event('change', {{bubbles: true}}));
                   return true;
                 }})(document.querySelector({field:?}))"
            );
            let chosen = self.profile.web().execute(format!("return {choose}"), vec![]).await;
            if chosen.unwrap().json().as_bool() != Some(true) {
                self.profile.fill(&field, answer).await;
            }
        }
        self.tap("[data-action=ask-done]").await;
        self.profile.until("the dialog to close", "!document.querySelector('#ask')").await;
    }

    /// Presses the tabulator as often as it takes until the focus is on an element.
    pub async fn key_to(&self, css: &str) {
        let there = format!(
            "return !!document.activeElement?.matches({css:?}) || !!document.activeElement?.closest({css:?})"
        );
        for _ in 0..150 {
            let is_there = self.profile.web().execute(there.clone(), vec![]).await.unwrap();
            if is_there.json().as_bool() == Some(true) {
                return;
            }
            self.keys("\u{e004}").await;
        }
        panic!("the keyboard does not come to {css}");
    }

    /// Types where the focus is.
    pub async fn keys(&self, keys: &str) {
        self.profile.web().action_chain().send_keys(keys).perform().await.unwrap();
    }
}
