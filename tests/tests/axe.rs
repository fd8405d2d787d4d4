//! Every page, in both languages, light and dark, held against the rules of axe-core.
#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a walk told as a test: a failed step fails it"
)]

use std::time::Duration;

use ankomst_tests::kit::axe::{Violation, axe, rules};
use ankomst_tests::kit::browser::{Driver, Profile};
use ankomst_tests::kit::server::Server;
use serde_json::json;

/// Where a page is found.
enum At {
    /// At an address.
    Address(&'static str),
    /// Behind the first link of a list: the page the list is on, and what is or holds the link.
    First(&'static str, &'static str),
    /// Behind a button: the page it is on, and what to press.
    Behind(&'static str, &'static str),
}

/// All pages of a person who is in: name, where, and what shows that it has come. A later line may
/// begin at the name of an earlier one.
type Pages = &'static [(&'static str, At, &'static str)];

const CASEWORKER: Pages = &[
    ("today", At::Address("/idag"), "[data-part=due]"),
    ("residences", At::Address("/boenden"), "[data-part=houses] [data-line]"),
    ("residence", At::First("residences", "[data-part=houses] [data-line]"), "[data-part=board]"),
    ("residence-facts", At::First("residence", "[data-part=more] [data-line]"), "main [data-path]"),
    ("room", At::First("residence", ".room"), "main [data-path]"),
    (
        "reasons",
        At::Behind("residence", "[data-part=rules] .why summary"),
        "[data-part=rules] [data-part^=why-]",
    ),
    ("fire-list", At::Behind("residence", "[data-action=fire-list]"), "[data-part=rooms]"),
    ("visit", At::Behind("residence", "[data-action=start-run]"), "[data-item=B-F01]"),
    (
        "item-note",
        At::Behind("visit", "[data-item=B-F01] [data-action=note]"),
        "[data-item=B-F01] textarea",
    ),
    ("protocol", At::Behind("visit", "[data-action=protocol]"), "[data-part=own]"),
    ("cases", At::Address("/arenden"), "[data-part=cases] [data-line]"),
    ("case", At::First("cases", "[data-part=cases] [data-line]"), "[data-part=about]"),
    ("case-facts", At::Behind("case", "[data-action=change]"), "main [data-path=phone]"),
    ("person", At::Behind("case", "[data-action=add-persons]"), "[data-path$='/given']"),
    ("intake", At::Behind("case", "[data-action=add-intakes]"), "[data-path$='/work']"),
    ("note", At::Behind("case", "[data-action=add-notes]"), "[data-path$='/body']"),
    ("arrival", At::Behind("case", "[data-action=start-arrival]"), "[data-item=A-20]"),
    ("question", At::Behind("case", "[data-action=add-tasks]"), "#ask"),
    ("dates", At::Behind("case", "[data-action=start-gap]"), "#ask-programme_ends_on"),
    ("passkeys", At::Address("/register/passkeys"), "[data-part=passkeys]"),
    ("search", At::Address("/sok"), "#search"),
    ("twins", At::Address("/lika"), "[data-part=twins]"),
    ("routines", At::Address("/rutiner"), "[data-part=routines] [data-line]"),
    ("routine", At::First("routines", "[data-line=uam_rejection]"), "[data-line=D-09]"),
    ("tablet", At::Address("/surfplatta"), "[data-action=sync-now]"),
    ("unknown", At::Address("/finns-inte"), "main .button"),
];

const SUPERVISOR: Pages = &[
    ("today", At::Address("/idag"), "[data-part=due]"),
    ("administration", At::Address("/administration"), "[data-part=server]"),
    ("people", At::Address("/administration/personer"), "[data-part=people]"),
    ("tablets", At::Address("/administration/surfplattor"), "[data-part=devices]"),
    (
        "tablet-holds",
        At::First("tablets", "[data-part=devices] [data-line]"),
        "[data-part=records]",
    ),
    ("log", At::Address("/administration/logg"), "[data-part=months] [data-line]"),
    ("log-month", At::First("log", "[data-part=months] [data-line]"), "[data-part=sample]"),
    ("held", At::Address("/administration/hallna"), "[data-part=held]"),
    ("register", At::Address("/register"), "[data-part=lists] [data-line]"),
    (
        "register-list",
        At::First("register", "[data-line='/register/case/case']"),
        "[data-part=register] [data-line]",
    ),
    ("forecast", At::Address("/register/rapport/bostadslage"), "[data-part=months_households]"),
    ("spread", At::Address("/register/rapport/spridning"), "[data-part=areas]"),
    (
        "departments",
        At::Address("/register/rapport/avdelningar"),
        "[data-part=departments] [data-line]",
    ),
    (
        "department",
        At::First("departments", "[data-part=departments] [data-line]"),
        "[data-part=open] [data-line]",
    ),
    ("organisation", At::Address("/administration/organisation"), "[data-part=departments]"),
    ("guarded", At::Address("/administration/skydd"), "main h1"),
    ("destroyed", At::Address("/administration/gallrat"), "main h1"),
    ("own-held", At::Address("/register/hallna"), "main h1"),
    ("records", At::Address("/event"), "[data-part=records]"),
    ("record-question", At::Behind("records", "[data-action=new-event]"), "#ask"),
    ("report-empty", At::Address("/rapport/avtal"), "[data-part=report]"),
    ("inbox", At::Address("/inkorg"), "main h1"),
    ("changes", At::First("inbox", "[data-inbox]"), "#inbox-detail"),
];

/// Who has figures of several years.
const CHIEF: Pages = &[
    ("today", At::Address("/idag"), "[data-part=due]"),
    ("report", At::Address("/rapport/avtal"), "[data-part=table]"),
    ("years", At::Address("/year"), "[data-part=records] [data-line]"),
    ("year", At::First("years", "[data-part=records] [data-line]"), "main [data-path]"),
];

/// What is known and not yet mended: rule, how the element begins, why.
const DEBTS: &[(&str, &str, &str)] = &[];

const PASSPHRASE: &str = "en lång fras för vallen";

struct Walk<'a> {
    page: &'a Profile,
    url: String,
    rules: String,
    found: Vec<(String, Violation)>,
    looks: u32,
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_breaks_a_rule_of_accessibility() {
    let (Some(driver), Some(rules)) = (Driver::start(), rules()) else { return };
    let Some(server) = Server::with_examples() else { return };
    let mut found = Vec::new();
    let mut looks = 0;
    let people = [
        ("elin", (800, 1280), CASEWORKER),
        ("ingrid", (1440, 900), SUPERVISOR),
        ("krokom", (800, 1280), CHIEF),
    ];
    for (login, size, pages) in people {
        let page = Profile::open(&driver, &format!("axe-{login}"), size).await;
        let (url, rules) = (server.url(), rules.clone());
        let mut walk = Walk { page: &page, url, rules, found: Vec::new(), looks: 0 };
        walk.arrives(login).await;
        for language in ["sv", "en"] {
            walk.speaks(language).await;
            for (name, at, shows) in pages {
                walk.to(pages, at).await;
                page.see(shows).await;
                walk.looks(&format!("{name}-{language}")).await;
            }
        }
        found.append(&mut walk.found);
        looks += walk.looks;
    }
    for (rule, html, why) in DEBTS {
        let before = found.len();
        found.retain(|(_, one)| one.rule != *rule || !one.html.starts_with(html));
        eprintln!("debt, met {} times: {rule}, {why}", before - found.len());
    }
    for (place, violation) in &found {
        eprintln!("{place}: {violation}");
    }
    eprintln!("{looks} looks");
    assert!(found.is_empty(), "{} faults on the pages above", found.len());
}

impl Walk<'_> {
    /// Signs in, and looks at what comes before a vault is open.
    async fn arrives(&mut self, login: &str) {
        let page = self.page;
        page.goto(&self.url).await;
        page.see("#sign-in").await;
        for language in ["en", "sv"] {
            self.press(&format!("[data-language={language}]")).await;
            self.looks(&format!("sign-in-{language}")).await;
        }
        page.fill("#login", login).await;
        page.fill("#password", &format!("{login}-i-provby")).await;
        page.fill("#device-name", "axe").await;
        page.fill("#passphrase", PASSPHRASE).await;
        page.fill("#passphrase-repeat", PASSPHRASE).await;
        page.click("[data-action=sign-in]").await;
        page.see("#sync-mark[data-contact=live]").await;
        page.goto(&format!("{}/arenden", self.url)).await;
        page.see("#unlock #passphrase").await;
        self.looks("unlock").await;
        page.fill("#unlock #passphrase", "fel fras, med flit").await;
        page.click("[data-action=unlock]").await;
        page.see("#entry-fault").await;
        self.looks("unlock-refused").await;
        self.unlocks().await;
        self.shuts().await;
    }

    async fn unlocks(&self) {
        self.page.fill("#unlock #passphrase", PASSPHRASE).await;
        // A wrong passphrase makes the next attempt wait.
        let opens = "document.querySelector('#sync-mark') || (document.querySelector('[data-action=unlock]')?.click(), false)";
        self.page.until("the vault to open", opens).await;
        self.page.see("#sync-mark").await;
    }

    /// Sets a PIN, and looks at the screen it stands before.
    async fn shuts(&mut self) {
        let page = self.page;
        self.follow("/surfplatta").await;
        self.press("[data-part=person] [data-action=pin]").await;
        page.see("#ask-pin").await;
        self.looks("pin-question").await;
        page.fill("#ask-pin", "204816").await;
        self.press("[data-action=ask-done]").await;
        page.until("the dialog to close", "!document.querySelector('#ask')").await;
        self.press("[data-action=lock-now]").await;
        page.see("#pin").await;
        self.looks("pin").await;
        page.fill("#pin", "1111").await;
        self.press("[data-action=open-pin]").await;
        page.see_text("#pin-unlock", "4").await;
        self.looks("pin-wrong").await;
        self.press("[data-action=passphrase]").await;
        page.see("#unlock #passphrase").await;
        self.unlocks().await;
    }

    async fn speaks(&self, language: &str) {
        self.follow("/surfplatta").await;
        self.press(&format!("[data-action=speak-{language}]")).await;
        let is_spoken = format!("document.documentElement.lang === {language:?}");
        self.page.until(&format!("the language {language}"), &is_spoken).await;
    }

    /// Goes to a page as its reader would, beginning at an address.
    async fn to(&self, pages: Pages, at: &At) {
        match at {
            At::Address(path) => self.follow(path).await,
            At::First(from, row) => {
                self.begin(pages, from).await;
                self.page.see(row).await;
                let link = format!(
                    "(row => row.closest('a[href]') ?? row.querySelector('a[href]'))\
                     (document.querySelector({row:?}))"
                );
                self.run(&format!("{link}.click()")).await;
            }
            At::Behind(from, button) => {
                self.begin(pages, from).await;
                self.press(button).await;
            }
        }
    }

    async fn begin(&self, pages: Pages, name: &str) {
        let (_, at, shows) = pages.iter().find(|(known, ..)| *known == name).unwrap();
        Box::pin(self.to(pages, at)).await;
        self.page.see(shows).await;
    }

    /// Follows a link to an address without loading the app anew.
    async fn follow(&self, path: &str) {
        let script = format!(
            "const link = document.createElement('a'); link.href = {path:?};
             document.body.append(link); link.click(); link.remove();"
        );
        self.run(&script).await;
        self.page.until(path, "document.querySelector('main h1')").await;
    }

    async fn press(&self, css: &str) {
        self.page.see(css).await;
        self.run(&format!("document.querySelector({css:?}).click()")).await;
    }

    async fn run(&self, script: &str) {
        self.page.web().execute(script.to_owned(), vec![]).await.unwrap();
    }

    /// Looks at the page as it stands, light and dark.
    async fn looks(&mut self, name: &str) {
        self.rests().await;
        for scheme in ["light", "dark"] {
            let features = json!([
                { "name": "prefers-color-scheme", "value": scheme },
                { "name": "prefers-reduced-motion", "value": "reduce" },
            ]);
            let media = json!({ "features": features });
            self.page.web().cdp().send_raw("Emulation.setEmulatedMedia", media).await.unwrap();
            self.page.picture(&format!("{name}-{scheme}")).await;
            let found = axe(self.page, &self.rules).await;
            let place = format!("{name}, {scheme}");
            self.found.extend(found.into_iter().map(|one| (place.clone(), one)));
            self.looks += 1;
        }
    }

    /// Waits until the page is no longer being drawn.
    async fn rests(&self) {
        let mut before = String::new();
        for _ in 0..100 {
            let text = self.page.web().source().await.unwrap();
            if text == before {
                return;
            }
            before = text;
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
    }
}
