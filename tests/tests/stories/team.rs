//! Two caseworkers on tablets and their supervisor at a desk, and what is held against their pages.

use std::path::Path;

use ankomst_tests::kit::browser::Driver;
use ankomst_tests::kit::person::Person;
use ankomst_tests::kit::server::Server;
use thirtyfour::By;

const TABLET: (u32, u32) = (800, 1280);
const DESK: (u32, u32) = (1440, 900);

/// On the tablet or further; with contact it may have come further before anybody looks.
const SAVED: &str = ":is([data-level=saved], [data-level=received], [data-level=shared])";

const PRESSES: usize = 20;

const CONTROL: char = '\u{e009}';

pub(crate) const ELIN: &str = "Elin Lindqvist";
pub(crate) const OSKAR: &str = "Oskar Nyström";
pub(crate) const INGRID: &str = "Ingrid Wikander";

/// Whose page it is.
pub(crate) struct Colleague {
    pub(crate) at: Person,
    name: &'static str,
}

/// A server with the village, and three people signed in.
pub(crate) struct Team {
    pub(crate) server: Server,
    pub(crate) elin: Colleague,
    pub(crate) oskar: Colleague,
    pub(crate) ingrid: Colleague,
    _driver: Driver,
}

/// What somebody said of a field: the words of the value, and who.
pub(crate) type Said<'a> = (&'a str, &'a str);

/// Says which story is told now, by its title; what fails below it fails there.
pub(crate) fn told(story: &str) {
    tell("all", story);
}

#[expect(clippy::print_stdout, reason = "shown when the test fails, so that it names the story")]
fn tell(who: &str, story: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/tests/stories");
    let text = std::fs::read_to_string(folder.join(format!("{story}.toml"))).unwrap();
    let table: toml::Table = text.parse().unwrap();
    let title = table.get("title").and_then(toml::Value::as_str).unwrap();
    println!("{story}, {who}: {title}");
}

impl Team {
    /// Everybody signs in; `names` are the beginnings of the names of the screenshots.
    pub(crate) async fn gathers(names: [&str; 3]) -> Option<Self> {
        let (Some(driver), Some(server)) = (Driver::start(), Server::with_village()) else {
            return None;
        };
        let [elin, oskar, ingrid] = names;
        let (elin, oskar, ingrid) = tokio::join!(
            Person::arrives(&driver, &server, elin, "elin", TABLET),
            Person::arrives(&driver, &server, oskar, "oskar", TABLET),
            Person::arrives(&driver, &server, ingrid, "ingrid", DESK),
        );
        Some(Self {
            server,
            elin: Colleague { at: elin, name: ELIN },
            oskar: Colleague { at: oskar, name: OSKAR },
            ingrid: Colleague { at: ingrid, name: INGRID },
            _driver: driver,
        })
    }

    /// Both who write, and the one who decides.
    pub(crate) const fn all(&self) -> [&Colleague; 3] {
        [&self.elin, &self.oskar, &self.ingrid]
    }

    /// Nobody has contact.
    pub(crate) fn parts(&mut self) {
        self.server.stop();
    }

    /// Contact again, until everybody has everything.
    pub(crate) async fn meets(&mut self) {
        self.server.start();
        self.in_step().await;
    }

    pub(crate) async fn in_step(&self) {
        // Once everything is on the server everybody can have it.
        for colleague in self.all() {
            colleague.at.in_step().await;
        }
    }
}

impl Colleague {
    /// Says which story this person tells now.
    pub(crate) fn tells(&self, story: &str) {
        tell(self.name, story);
    }

    /// Opens a place.
    pub(crate) async fn goes(&self, path: &str) {
        self.at.goto(path).await;
    }

    /// Waits for something to be seen.
    pub(crate) async fn sees(&self, css: &str) {
        drop(self.at.profile.see(css).await);
    }

    /// Waits for a text to be seen in one of the elements.
    pub(crate) async fn reads(&self, css: &str, text: &str) {
        // What is far down the page is drawn once it is looked at.
        let told = format!(
            "[...document.querySelectorAll({css:?})].some(one => \
             (one.scrollIntoView({{block: 'center', behavior: 'instant'}}), \
             one.innerText.includes({text:?})))"
        );
        self.at.profile.until(&format!("{text:?} in {css}"), &told).await;
    }

    /// Waits until nothing is found any more.
    pub(crate) async fn misses(&self, css: &str) {
        let gone = format!("!document.querySelector({css:?})");
        self.at.profile.until(&format!("{css} to be gone"), &gone).await;
    }

    /// Presses something, moved to the middle of the screen.
    pub(crate) async fn presses(&self, css: &str) {
        let middle = format!(
            "(e => e && (e.scrollIntoView({{block: 'center', behavior: 'instant'}}), true))\
             (document.querySelector({css:?}))"
        );
        for _ in 0..PRESSES {
            self.sees(css).await;
            self.at.profile.until(css, &middle).await;
            // The page may draw it anew while it is being pressed.
            let found = self.at.profile.web().find(By::Css(css)).await;
            if let Ok(element) = found
                && element.click().await.is_ok()
            {
                return;
            }
        }
        self.shows("failure").await;
        panic!("{}: {css} cannot be pressed", self.name);
    }

    /// Presses something that asks, and answers.
    pub(crate) async fn answers(&self, css: &str, answers: &[(&str, &str)]) {
        self.presses(css).await;
        self.sees("#ask").await;
        self.at.asked(answers).await;
    }

    /// Types into a field, and waits until it is saved.
    pub(crate) async fn types(&self, field: &str, text: &str) {
        let field = format!(":is([data-path='{field}'], [data-path$='/{field}'])");
        self.at.profile.fill(&format!("{field} :is(input, textarea)"), text).await;
        self.saves(&field).await;
    }

    /// Waits until a field is saved on the tablet.
    pub(crate) async fn saves(&self, field: &str) {
        self.sees(&format!("{field} .mark{SAVED}")).await;
    }

    /// The key of the line in which a text stands.
    pub(crate) async fn line(&self, css: &str, text: &str) -> String {
        self.reads(css, text).await;
        let found = format!(
            "[...document.querySelectorAll({css:?})]\
             .find(line => line.innerText.includes({text:?})).dataset.line"
        );
        self.at.read(&found).await
    }

    /// Where the page is.
    pub(crate) async fn place(&self) -> String {
        self.at.read("location.pathname").await
    }

    /// The page shows how a field stands and who said what of it.
    pub(crate) async fn is_told(&self, field: &str, agreement: &str, said: &[Said<'_>]) {
        self.sees(&format!("{field}[data-agreement={agreement}]")).await;
        self.hears(&format!("{field} .said"), said).await;
    }

    /// Each statement stands there with its author.
    async fn hears(&self, css: &str, said: &[Said<'_>]) {
        for (value, who) in said {
            let who = if *who == self.name { ", du," } else { who };
            let css = format!("{css} li");
            let told = format!(
                "[...document.querySelectorAll({css:?})].some(one => \
                 (one.scrollIntoView({{block: 'center', behavior: 'instant'}}), \
                 one.innerText.includes({value:?}) && one.innerText.includes({who:?})))"
            );
            self.at.profile.until(&format!("{value:?} by {who} in {css}"), &told).await;
        }
    }

    /// The inbox lists a field with what was said of it.
    pub(crate) async fn finds(&self, document: &str, path: &str, said: &[Said<'_>]) {
        self.opens(document).await;
        self.presses(&format!("[data-change$='{path}']")).await;
        self.sees(&format!("#inbox-detail [data-path$='{path}']")).await;
        self.hears("#inbox-detail .said", said).await;
    }

    /// The inbox says what is to be decided that is not about one field.
    pub(crate) async fn warned(&self, document: &str, words: &str) {
        self.opens(document).await;
        self.reads("[data-decide]", words).await;
    }

    /// The inbox lists a record as written into after its signing.
    pub(crate) async fn opens_late(&self, document: &str) {
        self.opens(document).await;
        self.reads(&format!("[data-inbox='{document}']"), "Kom efter signeringen").await;
    }

    async fn opens(&self, document: &str) {
        let path = format!("/inkorg/{document}");
        if self.place().await != path {
            self.goes(&path).await;
        }
        self.sees(&format!("[data-inbox='{document}'][aria-current=true]")).await;
    }

    /// Decides on the field under the eye.
    pub(crate) async fn decides(&self, words: &str, reason: &str) {
        self.settles("#inbox-detail", words, reason).await;
        self.sees("#inbox-detail [data-settlement]").await;
    }

    /// Chooses one of the statements of a field, and says why.
    pub(crate) async fn settles(&self, field: &str, words: &str, reason: &str) {
        let choices = format!("{field} .card-choice");
        self.reads(&choices, words).await;
        let pick = format!(
            "[...document.querySelectorAll({choices:?})]\
             .find(one => one.innerText.includes({words:?})).querySelector('input').dataset.pick"
        );
        let pick = self.at.read(&pick).await;
        self.at.tap(&format!("{field} [data-pick='{pick}']")).await;
        let why = format!("{field} [data-action=settle-reason]");
        self.at.profile.fill(&why, reason).await;
        self.presses(&format!("{field} [data-action=settle]")).await;
        self.reads(&format!("{field} .decision q"), reason).await;
    }

    /// The record of a kind that the inbox lists by its title.
    pub(crate) async fn inbox_of(&self, kind: &str, title: &str) -> String {
        self.goes("/inkorg").await;
        self.reads("[data-inbox] .line-main", title).await;
        let found = format!(
            "[...document.querySelectorAll('[data-inbox]')].find(one => \
             one.innerText.includes({kind:?}) && one.innerText.includes({title:?})).dataset.inbox"
        );
        self.at.read(&found).await
    }

    /// Presses a key or types a text, so many times.
    pub(crate) async fn keys(&self, keys: &str, times: usize) {
        self.at.keys(&keys.repeat(times)).await;
    }

    /// Presses a key together with Ctrl: to the beginning or the end of a text.
    pub(crate) async fn jumps(&self, key: char) {
        let chain = self.at.profile.web().action_chain();
        chain.key_down(CONTROL).send_keys(key).key_up(CONTROL).perform().await.unwrap();
    }

    /// Takes a picture.
    pub(crate) async fn shows(&self, step: &str) {
        self.at.profile.picture(step).await;
    }
}
