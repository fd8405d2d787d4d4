//! `cargo xtask bench web`: what the app costs the one who uses it, in a real Chromium with a real server: from switching
//! on to the list, opening a case, typing.
//!
//! The page's thread is slowed down as the table of figures says; the throttle does not reach workers, whose time on
//! the processor is told apart.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use super::rows::Say;
use super::town::{Town, add, password};
use crate::kit::browser::{Driver, Profile};

/// A tablet held upright, in pixels.
const SIZE: (u32, u32) = (800, 1280);
/// How much slower the page’s thread is than this machine.
const SLOWER: u32 = 4;
/// So often the tablet is switched on, and cases are opened.
const STARTS: usize = 9;
const CASES: usize = 30;
/// Letters typed, so far apart that each is saved before the next.
const LETTERS: usize = 100;
const BETWEEN: Duration = Duration::from_millis(120);
/// What takes longer does not come to an end.
const MOST: Duration = Duration::from_mins(10);

const LOGIN: &str = "lotta";
const PASSPHRASE: &str = "en lång fras för vallen";
const LINES: &str = "[data-part=cases] [data-line]";
/// What stands on the page of a case: the way to its own answers.
const CASE: &str = "main a[href$='/uppgifter']";
const FIELD: &str = "[data-path=arriving_from]";

/// What every page gets: `appears(css, count)` is the time at which so many were to be seen on the screen, in
/// milliseconds since the page began to load.
const WATCH: &str = "
    window.appears = (css, count = 1) => new Promise((done) => {
        let seen = false;
        const look = () => {
            if (seen || document.querySelectorAll(css).length < count) return;
            seen = true;
            watch.disconnect();
            // A frame later it is on the screen.
            requestAnimationFrame(() => setTimeout(() => done(performance.now())));
        };
        const watch = new MutationObserver(look);
        watch.observe(document, { subtree: true, childList: true, attributes: true });
        look();
    });
";

/// A tablet in a browser.
struct Page {
    driver: Driver,
    profile: Profile,
    url: String,
    rows: u64,
}

/// Measures all of it.
///
/// # Errors
/// When a program or the app is not built, or the page does not do what it is asked for.
pub async fn measure(records: usize, say: Say<'_>) -> anyhow::Result<()> {
    let town = Town::new(records).await?;
    add(&town.server, LOGIN);
    let mut page = Page::signed_in(&town, say).await?;
    page.starts(say).await?;
    page.opens(say).await?;
    page.types(say).await
}

impl Page {
    async fn signed_in(town: &Town, say: Say<'_>) -> anyhow::Result<Self> {
        let driver = Driver::start().context("ANKOMST_BROWSER is not set")?;
        let profile = Profile::open(&driver, "bench", SIZE).await;
        let mut page = Self { driver, profile, url: town.server.url(), rows: 0 };
        page.profile.goto(&page.url).await;
        for (field, text) in [
            ("#login", LOGIN),
            ("#password", &password(LOGIN)),
            ("#device-name", "Bänken"),
            ("#passphrase", PASSPHRASE),
            ("#passphrase-repeat", PASSPHRASE),
        ] {
            page.profile.fill(field, text).await;
        }
        let begun = Instant::now();
        page.profile.click("[data-action=sign-in]").await;
        page.profile.see("#sync-mark").await;
        page.profile.goto(&format!("{}/arenden", page.url)).await;
        page.unlock().await?;
        // All of them are here once no more come.
        let (mut rows, mut since) = (0, Instant::now());
        while rows == 0 || since.elapsed() < Duration::from_secs(10) {
            ensure!(begun.elapsed() < MOST, "the first sync does not end: {rows} lines");
            tokio::time::sleep(Duration::from_millis(100)).await;
            let now = page.number(&format!("document.querySelectorAll({LINES:?}).length")).await?;
            if now > rows {
                (rows, since) = (now, Instant::now());
            }
        }
        page.rows = rows;
        say("first", "lines of the list", count(rows), "lines");
        let all = since.duration_since(begun);
        say("first", "from the name and password to all of them", all.as_secs_f64(), "s");
        Ok(page)
    }

    /// Switched on again: the browser has ended, the page comes from its cache, the vault is shut.
    async fn starts(&mut self, say: Say<'_>) -> anyhow::Result<()> {
        let (mut asks, mut list, mut worker) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..STARTS {
            self.profile.close().await;
            self.profile.start().await;
            self.slow(SLOWER).await?;
            self.profile.goto(&format!("{}/arenden", self.url)).await;
            asks.push(self.after("appears('#unlock #passphrase')").await?);
            let before = self.workers_ms()?;
            list.push(self.unlock().await?);
            worker.push(self.workers_ms()? - before);
        }
        let all: Vec<f64> = asks.iter().zip(&list).map(|(asks, list)| asks + list).collect();
        tell(say, "warm", "page to asking for the passphrase", asks);
        tell(say, "warm", "passphrase to the list", list);
        tell(say, "warm", "both", all);
        tell(say, "warm", "worker CPU, passphrase to the list", worker);
        Ok(())
    }

    /// Gives the passphrase and waits for the list; gives how long that took, in milliseconds.
    async fn unlock(&self) -> anyhow::Result<f64> {
        self.profile.see("#unlock #passphrase").await;
        let rows = self.rows.max(1);
        self.after(&format!(
            "(async () => {{
                const field = document.querySelector('#unlock #passphrase');
                field.value = {PASSPHRASE:?};
                field.dispatchEvent(new Event('input', {{ bubbles: true }}));
                const begun = performance.now();
                document.querySelector('[data-action=unlock]').click();
                return await {} - begun;
            }})()",
            if self.rows == 0 {
                "(async () => { while (!document.querySelector('#sync-mark')) await new Promise((on) => setTimeout(on, 20)); return performance.now(); })()".to_owned()
            } else {
                format!("appears({LINES:?}, {rows})")
            }
        ))
        .await
    }

    /// Opens cases from the list, each another one.
    async fn opens(&self, say: Say<'_>) -> anyhow::Result<()> {
        self.slow(SLOWER).await?;
        let (mut took, mut worker) = (Vec::new(), Vec::new());
        for case in 0..CASES {
            let before = self.workers_ms()?;
            let opens = format!(
                "(async () => {{
                    const line = document.querySelectorAll({LINES:?})[{case}];
                    const begun = performance.now();
                    (line.querySelector('a') ?? line).click();
                    return await appears({CASE:?}) - begun;
                }})()"
            );
            took.push(self.after(&opens).await?);
            worker.push(self.workers_ms()? - before);
            self.profile.web().back().await?;
            self.after(&format!("appears({LINES:?}, {})", self.rows)).await?;
        }
        tell(say, "case", "tap to the case", took);
        tell(say, "case", "worker CPU", worker);
        Ok(())
    }

    /// Types into a field of a case.
    async fn types(&self, say: Say<'_>) -> anyhow::Result<()> {
        self.slow(1).await?;
        let opens = format!("document.querySelector({LINES:?} + ' a')?.click()");
        self.profile.web().execute(opens, vec![]).await?;
        self.profile.click(CASE).await;
        let input = format!("{FIELD} input");
        self.profile.click(&input).await;
        let watch = format!(
            "window.saved = [];
             let typed = 0;
             const mark = document.querySelector({FIELD:?}).querySelector('.mark');
             document.addEventListener('keydown', (event) => {{ typed = event.timeStamp; }}, true);
             new MutationObserver(() => {{
                 if (mark.dataset.level === 'saved' && typed) {{
                     window.saved.push(performance.now() - typed);
                     typed = 0;
                 }}
             }}).observe(mark, {{ attributes: true, childList: true }});"
        );
        self.profile.web().execute(watch, vec![]).await?;
        let cdp = self.profile.web().cdp();
        cdp.send_raw("Performance.enable", json!({})).await?;
        let (before, worker) = (self.script_ms().await?, self.workers_ms()?);
        for letter in "abcdefghijklmnopqrst".chars().cycle().take(LETTERS) {
            for (kind, text) in [("keyDown", letter.to_string()), ("keyUp", String::new())] {
                let key = json!({ "type": kind, "key": letter.to_string(), "text": text });
                cdp.send_raw("Input.dispatchKeyEvent", key).await?;
            }
            tokio::time::sleep(BETWEEN).await;
        }
        let letters = count(u64::try_from(LETTERS)?);
        let after = (self.script_ms().await?, self.workers_ms()?);
        let script = (after.0.0 - before.0) / letters;
        say("key", "script CPU of the page for each", script, "ms");
        say("key", "all CPU of the page for each", (after.0.1 - before.1) / letters, "ms");
        say("key", "worker CPU for each, with changes made", (after.1 - worker) / letters, "ms");
        let saved = self.profile.web().execute("return window.saved", vec![]).await?;
        let saved: Vec<f64> = serde_json::from_value(saved.json().clone())?;
        ensure!(saved.len() * 10 > LETTERS * 9, "only {} letters were saved alone", saved.len());
        tell(say, "key", "from the key to saved here", saved);
        Ok(())
    }

    /// Slows the page’s thread down, and lets pages that come measure.
    async fn slow(&self, times: u32) -> anyhow::Result<()> {
        let cdp = self.profile.web().cdp();
        cdp.send_raw("Page.enable", json!({})).await?;
        let watch = json!({ "source": WATCH });
        cdp.send_raw("Page.addScriptToEvaluateOnNewDocument", watch).await?;
        cdp.send_raw("Emulation.setCPUThrottlingRate", json!({ "rate": times })).await?;
        Ok(())
    }

    /// What a promise of the page gives, a number.
    async fn after(&self, promise: &str) -> anyhow::Result<f64> {
        let web = self.profile.web();
        web.set_script_timeout(MOST).await?;
        let script = format!(
            "const done = arguments[0]; ({promise}).then(done, (fault) => done(`${{fault}}`));"
        );
        let told = web.execute_async(script, vec![]).await?;
        told.json().as_f64().with_context(|| format!("the page says {}", told.json()))
    }

    async fn number(&self, expression: &str) -> anyhow::Result<u64> {
        let told = self.profile.web().execute(format!("return {expression}"), vec![]).await?;
        told.json().as_u64().with_context(|| format!("the page says {}", told.json()))
    }

    /// Time of scripts, and all time, of the page’s thread so far, in milliseconds.
    async fn script_ms(&self) -> anyhow::Result<(f64, f64)> {
        let told = self.profile.web().cdp().send_raw("Performance.getMetrics", json!({})).await?;
        let metrics = told.get("metrics").and_then(Value::as_array).context("no metrics")?;
        let of = |name: &str| {
            let one = metrics.iter().find(|metric| metric.get("name") == Some(&json!(name)));
            one.and_then(|metric| metric.get("value")?.as_f64()).context("no such metric")
        };
        Ok((of("ScriptDuration")? * 1_000.0, of("TaskDuration")? * 1_000.0))
    }

    /// Time on the processor of the workers’ threads so far, in milliseconds.
    fn workers_ms(&self) -> anyhow::Result<f64> {
        super::cost::threads_ms(self.driver.pid(), "DedicatedWorker")
    }
}

/// The middle of figures, and what one of twenty exceeds.
fn tell(say: Say<'_>, row: &str, metric: &str, mut all: Vec<f64>) {
    all.sort_by(f64::total_cmp);
    let at = |part: usize| all.get((all.len() * part / 100).min(all.len().saturating_sub(1)));
    say(row, &format!("{metric}, middle"), at(50).copied().unwrap_or_default(), "ms");
    say(row, &format!("{metric}, 95 %"), at(95).copied().unwrap_or_default(), "ms");
}

fn count(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}
