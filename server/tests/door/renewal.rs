//! Renewing a session when answers are lost, tabs ask at once, and somebody has a copy.

use std::sync::atomic::{AtomicU32, Ordering};

use ankomst_server::auth::renew::{self, RETRY_MS, SESSION_MS};
use ankomst_server::http::signed_in::{SECRET, TOKEN};
use ankomst_server::storage::sqlite::accounts::{self, SessionRow};
use ankomst_shared::ids::SessionId;
use ankomst_shared::sign::SigningKey;
use axum::http::{Method, StatusCode};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::kit::{Browser, Door, PASSWORD};

/// Longest time that a question or an answer is on its way.
const ON_WAY_MS: i64 = 15_000;
/// A browser that lacks an answer asks again after at most this long. Together they leave of the minute
/// what the test itself takes, since the server's own clock goes on.
const AGAIN_MS: i64 = 35_000;

/// One of the things that happen between a browser with several tabs and its server.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// A tab asks to renew; the question is on its way.
    Asks,
    /// The question at this place of the queue arrives at the server.
    Arrives(usize),
    /// The answer at this place comes back; answers overtake each other.
    Comes(usize),
    /// The answer at this place is lost.
    Lost(usize),
    /// Time passes.
    Passes(i64),
    /// Somebody who has the cookies but not the key of the device tries them.
    Tries,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => Just(Event::Asks),
        4 => (0_usize..3).prop_map(Event::Arrives),
        2 => (0_usize..3).prop_map(Event::Comes),
        2 => (0_usize..3).prop_map(Event::Lost),
        3 => (1_i64..ON_WAY_MS).prop_map(Event::Passes),
        1 => (RETRY_MS..86_400_000_i64).prop_map(Event::Passes),
        1 => Just(Event::Tries),
    ]
}

/// A browser whose tabs share their cookies, and what is on its way.
struct Tabs<'a> {
    door: &'a Door,
    browser: Browser,
    now_ms: i64,
    /// Questions: the secret they were asked with, and when.
    questions: Vec<(String, i64)>,
    /// Answers: the secret they bring, and when they were asked for.
    answers: Vec<(String, i64)>,
    /// The secret the server told last, and when it first did.
    told: (String, i64),
}

impl Tabs<'_> {
    async fn happens(&mut self, event: Event) {
        match event {
            Event::Asks => self.questions.push((secret(&self.browser), self.now_ms)),
            Event::Arrives(at) if at < self.questions.len() => {
                let (asked, at_ms) = self.questions.remove(at);
                let renewed = self.renews(&asked).await;
                self.answers.push((renewed, at_ms));
            }
            Event::Comes(at) if at < self.answers.len() => {
                let (renewed, _) = self.answers.remove(at);
                self.browser.cookies.insert(SECRET.to_owned(), renewed);
            }
            Event::Lost(at) if at < self.answers.len() => drop(self.answers.remove(at)),
            Event::Passes(ms) => self.passes(ms).await,
            Event::Tries => {
                let mut thief = self.browser.clone();
                thief.key = SigningKey::from_seed([9; 32]);
                assert_eq!(thief.refresh(self.door).await.problem(), "signed-out");
            }
            Event::Arrives(_) | Event::Comes(_) | Event::Lost(_) => {}
        }
    }

    /// Time passes; what would be late happens before.
    async fn passes(&mut self, ms: i64) {
        let then = self.now_ms + ms;
        let is_late = |since: i64| since + ON_WAY_MS < then;
        while let Some(at) = self.questions.iter().position(|(_, at_ms)| is_late(*at_ms)) {
            let (asked, _) = self.questions.remove(at);
            self.renews(&asked).await;
        }
        self.answers.retain(|(_, at_ms)| !is_late(*at_ms));
        if self.told.0 != secret(&self.browser) && self.told.1 + AGAIN_MS < then {
            let renewed = self.renews(&secret(&self.browser)).await;
            self.browser.cookies.insert(SECRET.to_owned(), renewed);
        }
        self.now_ms = then;
        later(self.door, &self.browser, ms).await;
    }

    /// A question of the honest device, which must be answered.
    async fn renews(&mut self, asked: &str) -> String {
        let mut tab = self.browser.clone();
        tab.cookies.insert(SECRET.to_owned(), asked.to_owned());
        let answer = tab.refresh(self.door).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "the honest device was logged out");
        let renewed = secret(&tab);
        if renewed != self.told.0 {
            self.told = (renewed.clone(), self.now_ms);
        }
        renewed
    }
}

fn secret(browser: &Browser) -> String {
    browser.cookies.get(SECRET).unwrap().clone()
}

/// Lets time pass for a session.
async fn later(door: &Door, browser: &Browser, ms: i64) {
    let id = renew::session_of(&secret(browser)).unwrap();
    let pass = move |db: &_| {
        let mut row = accounts::session(db, id)?.unwrap();
        row.rotated_ms -= ms;
        accounts::put_session(db, &row)
    };
    door.app.writer.write(pass).await.unwrap();
}

async fn is_in(door: &Door, browser: &Browser) -> bool {
    let held = (Method::GET, "/api/v1/held");
    browser.clone().call(door, held, Vec::new()).await.problem() == "forbidden"
}

/// The same device with a session of its own, as after signing in.
async fn anew(door: &Door, enrolled: &Browser, number: u32) -> Browser {
    let now_ms = door.app.now_ms();
    let before = renew::session_of(&secret(enrolled)).unwrap();
    let user = door.app.readers.read(|db| accounts::session(db, before)).unwrap().unwrap().user;
    let mut random = [0; 10];
    random[..4].copy_from_slice(&number.to_be_bytes());
    let id = SessionId::new(now_ms, random);
    let (first, refresh) = renew::secret(id).unwrap();
    let row = SessionRow {
        id,
        user,
        device: enrolled.device.unwrap(),
        refresh,
        previous: None,
        rotated_ms: now_ms,
        ends_ms: now_ms + SESSION_MS,
        ended: false,
        taken: true,
    };
    door.app.writer.write(move |db| accounts::put_session(db, &row)).await.unwrap();
    let mut browser = enrolled.clone();
    browser.cookies.insert(SECRET.to_owned(), first);
    browser.cookies.remove(TOKEN);
    browser
}

#[test]
fn an_honest_device_is_never_logged_out_whatever_is_lost_or_overtaken() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (door, enrolled) = runtime.block_on(enrolled("arlig"));
    let number = AtomicU32::new(0);
    let config = Config { cases: 60, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new(config);
    let days = proptest::collection::vec(event(), 1..40);
    let outcome = runner.run(&days, |events| {
        runtime.block_on(async {
            let browser = anew(&door, &enrolled, number.fetch_add(1, Ordering::Relaxed)).await;
            let told = (secret(&browser), 0);
            let (now_ms, questions, answers) = (0, Vec::new(), Vec::new());
            let mut tabs = Tabs { door: &door, browser, now_ms, questions, answers, told };
            for event in events {
                tabs.happens(event).await;
            }
            tabs.passes(10 * RETRY_MS).await;
            tabs.happens(Event::Asks).await;
            tabs.happens(Event::Arrives(0)).await;
        });
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

#[tokio::test]
async fn each_use_of_a_copy_ends_the_session_once_one_of_the_two_is_old() {
    let (door, enrolled) = enrolled("kopia").await;
    for (number, thief_first) in [(1, true), (2, false)] {
        let mut honest = anew(&door, &enrolled, number).await;
        honest.refresh(&door).await;
        later(&door, &honest, 2 * RETRY_MS).await;
        // Cookies and the key of the device: a clone.
        let mut thief = honest.clone();
        let (first, second) =
            if thief_first { (&mut thief, &mut honest) } else { (&mut honest, &mut thief) };
        assert_eq!(first.refresh(&door).await.status, StatusCode::NO_CONTENT);
        assert!(is_in(&door, first).await, "uses what it was given");
        later(&door, first, RETRY_MS + 1_000).await;
        assert_eq!(second.refresh(&door).await.problem(), "signed-out", "an old secret");
        assert_eq!(first.refresh(&door).await.problem(), "signed-out", "the session has ended");
        assert!(!is_in(&door, first).await && !is_in(&door, second).await, "tokens too");
    }
}

#[tokio::test]
async fn repeating_an_old_secret_keeps_it_good_no_longer() {
    let (door, enrolled) = enrolled("dra-ut").await;
    let mut honest = anew(&door, &enrolled, 1).await;
    let mut thief = honest.clone();
    assert_eq!(honest.refresh(&door).await.status, StatusCode::NO_CONTENT);
    assert!(is_in(&door, &honest).await);
    let old = secret(&thief);
    for _ in 0..3 {
        later(&door, &honest, RETRY_MS / 4).await;
        thief.cookies.insert(SECRET.to_owned(), old.clone());
        assert_eq!(thief.refresh(&door).await.status, StatusCode::NO_CONTENT);
        assert_eq!(secret(&thief), secret(&honest), "it leads nowhere else");
    }
    later(&door, &honest, RETRY_MS / 3).await;
    thief.cookies.insert(SECRET.to_owned(), old);
    assert_eq!(thief.refresh(&door).await.problem(), "signed-out");
    assert_eq!(honest.refresh(&door).await.problem(), "signed-out");
}

#[tokio::test]
async fn a_tablet_whose_answer_was_lost_may_ask_again_days_later() {
    let (door, enrolled) = enrolled("dalen").await;
    let mut tablet = anew(&door, &enrolled, 1).await;
    let old = secret(&tablet);
    assert_eq!(tablet.refresh(&door).await.status, StatusCode::NO_CONTENT);
    let next = secret(&tablet);
    // The answer is lost, and the tablet is out of contact.
    later(&door, &tablet, 2_000 * RETRY_MS).await;
    tablet.cookies.remove(TOKEN);
    tablet.cookies.insert(SECRET.to_owned(), old.clone());
    assert_eq!(tablet.refresh(&door).await.status, StatusCode::NO_CONTENT);
    assert_eq!(secret(&tablet), next);
    // It has the answer now, as the use of its token shows: a minute later the old secret is a thief's.
    assert!(is_in(&door, &tablet).await);
    later(&door, &tablet, RETRY_MS + 1_000).await;
    tablet.cookies.insert(SECRET.to_owned(), old);
    assert_eq!(tablet.refresh(&door).await.problem(), "signed-out");
}

#[tokio::test]
async fn a_change_of_the_session_key_logs_nobody_out() {
    let (door, mut tablet) = enrolled("nyckelbyte").await;
    later(&door, &tablet, 2 * RETRY_MS).await;
    let before = tablet.clone();
    assert_eq!(tablet.refresh(&door).await.status, StatusCode::NO_CONTENT);
    let key_files = &door.app.key_files;
    key_files.rotate_session(&door.app.folder).unwrap();
    assert!(is_in(&door, &tablet).await, "not looked at yet");
    door.app.look_at_session_key().unwrap();
    assert!(is_in(&door, &tablet).await, "the token of before is good for a while");
    let mut again = before.clone();
    assert_eq!(again.refresh(&door).await.status, StatusCode::NO_CONTENT);
    assert_eq!(secret(&again), secret(&tablet), "the same secret follows under the new key");
    assert_ne!(again.cookies.get(TOKEN), tablet.cookies.get(TOKEN));
    assert!(is_in(&door, &again).await);
    // Once more: tokens of the first key are out, and their tablets renew.
    key_files.rotate_session(&door.app.folder).unwrap();
    door.app.look_at_session_key().unwrap();
    assert!(!is_in(&door, &tablet).await && is_in(&door, &again).await);
    assert_eq!(tablet.refresh(&door).await.status, StatusCode::NO_CONTENT);
    assert!(is_in(&door, &tablet).await);
}

#[tokio::test]
async fn tabs_that_renew_at_the_same_moment_stay_in() {
    let (door, enrolled) = enrolled("flikar").await;
    let mut browser = anew(&door, &enrolled, 1).await;
    for _ in 0..5 {
        let mut tabs: Vec<Browser> = (0..6).map(|_| browser.clone()).collect();
        let answers = futures_util::future::join_all(tabs.iter_mut().map(|tab| tab.refresh(&door)));
        let answers = answers.await;
        assert!(answers.iter().all(|answer| answer.status == StatusCode::NO_CONTENT));
        let mut secrets: Vec<String> = tabs.iter().map(secret).collect();
        secrets.dedup();
        assert_eq!(secrets.len(), 1, "whichever answer comes last, the cookie is the valid one");
        browser = tabs.pop().unwrap();
        assert!(is_in(&door, &browser).await);
        later(&door, &browser, 2 * RETRY_MS).await;
    }
}

async fn enrolled(login: &str) -> (Door, Browser) {
    let door = Door::with(login).await;
    let mut browser = Browser::new(1);
    assert_eq!(browser.enrol(&door, login, PASSWORD).await.status, StatusCode::OK);
    (door, browser)
}
