//! Chromium profiles driven through chromedriver: each is a tablet or a desk of its own.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use thirtyfour::prelude::*;

use super::server::signal_pid;

/// How long a page may take to show what is waited for.
const WAIT: Duration = Duration::from_mins(1);

/// A chromedriver process; profiles are opened through it.
pub struct Driver {
    child: Child,
    port: u16,
}

impl Driver {
    /// Starts chromedriver, or gives `None` when browser tests are not asked for.
    #[must_use]
    pub fn start() -> Option<Self> {
        super::program("ANKOMST_BROWSER")?;
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed by `cargo xtask test`");
        Some(Self { child, port })
    }
}

impl Driver {
    /// The process of chromedriver, which has started the browsers.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// One browser profile: its storage outlives the browser process.
pub struct Profile {
    name: String,
    folder: TempDir,
    driver: Option<WebDriver>,
    port: u16,
    size: (u32, u32),
    more: Vec<String>,
}

impl Profile {
    /// Makes a fresh profile and opens a browser of that size in it.
    pub async fn open(driver: &Driver, name: &str, size: (u32, u32)) -> Self {
        Self::open_with(driver, name, size, &[]).await
    }

    /// Makes a fresh profile whose browser gets more arguments.
    pub async fn open_with(driver: &Driver, name: &str, size: (u32, u32), more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let more = more.iter().map(|arg| (*arg).to_owned()).collect();
        let port = driver.port;
        let mut profile = Self { name: name.to_owned(), folder, driver: None, port, size, more };
        profile.start().await;
        profile
    }

    /// Opens a browser in the profile.
    pub async fn start(&mut self) {
        let mut caps = DesiredCapabilities::chrome();
        let profile = format!("--user-data-dir={}", self.folder.path().display());
        let size = format!("--window-size={},{}", self.size.0, self.size.1);
        for arg in [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            // A page that glides to an element begins anew with every try to click it, and on a slow machine never arrives.
            "--force-prefers-reduced-motion",
            "--lang=sv-SE",
            &profile,
            &size,
        ] {
            caps.add_arg(arg).unwrap();
        }
        for arg in &self.more {
            caps.add_arg(arg).unwrap();
        }
        let address = format!("http://127.0.0.1:{}", self.port);
        let mut last = None;
        for _ in 0..50 {
            match WebDriver::new(&address, caps.clone()).await {
                Ok(driver) => {
                    self.driver = Some(driver);
                    return;
                }
                Err(error) => last = Some(error),
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        panic!("no browser: {last:?}");
    }

    /// The driver of the running browser.
    #[must_use]
    pub fn web(&self) -> &WebDriver {
        self.driver.as_ref().expect("the browser is running")
    }

    /// Opens an address.
    pub async fn goto(&self, url: &str) {
        self.web().goto(url).await.unwrap();
    }

    /// Waits for an element that can be seen.
    pub async fn see(&self, css: &str) -> WebElement {
        let end = std::time::Instant::now() + WAIT;
        loop {
            // Elements may be drawn anew between being found and being asked.
            for element in self.web().find_all(By::Css(css)).await.unwrap_or_default() {
                if element.is_displayed().await.unwrap_or(false) {
                    return element;
                }
            }
            if std::time::Instant::now() > end {
                self.picture("failure").await;
                let text = self.text("body").await;
                panic!("{}: {css} is not to be seen\n{text}", self.name)
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Waits until a script's expression is true.
    pub async fn until(&self, what: &str, expression: &str) {
        let end = std::time::Instant::now() + WAIT;
        loop {
            let script = format!("return !!({expression})");
            let holds = self.web().execute(script, vec![]).await;
            if holds.is_ok_and(|value| value.json().as_bool() == Some(true)) {
                return;
            }
            if std::time::Instant::now() > end {
                self.picture("failure").await;
                let text = self.text("body").await;
                panic!("{}: waited in vain for {what}\n{text}", self.name);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits until the text of an element contains a text.
    pub async fn see_text(&self, css: &str, text: &str) {
        let expression = format!(
            "[...document.querySelectorAll({css:?})].some(e => e.innerText.includes({text:?}))"
        );
        self.until(&format!("{text:?} in {css}"), &expression).await;
    }

    /// Clicks an element once it can be seen and nothing covers it.
    pub async fn click(&self, css: &str) {
        let end = std::time::Instant::now() + WAIT;
        loop {
            let element = self.see(css).await;
            drop(element.scroll_into_view().await);
            let Err(error) = element.click().await else { return };
            if std::time::Instant::now() > end {
                self.picture("failure").await;
                let text = self.text("body").await;
                panic!("{}: {css} cannot be clicked: {error}\n{text}", self.name);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Types into an element, replacing what stands there.
    pub async fn fill(&self, css: &str, text: &str) {
        let mut last = None;
        // The page may draw a field anew while it is being found.
        for _ in 0..50 {
            let element = self.see(css).await;
            let typed = async {
                element.clear().await?;
                element.send_keys(text).await
            };
            match typed.await {
                Ok(()) => return,
                Err(error) => last = Some(error),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{}: {css} cannot be filled: {last:?}", self.name);
    }

    /// The text of an element, empty when it is not there.
    pub async fn text(&self, css: &str) -> String {
        match self.web().query(By::Css(css)).nowait().first().await {
            Ok(element) => element.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// Saves a screenshot as `target/screens/<name>-<step>.png`.
    pub async fn picture(&self, step: &str) {
        let folder = screens();
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join(format!("{}-{step}.png", self.name));
        drop(self.web().screenshot(&file).await);
    }

    /// Lets the browser save files in a folder without asking.
    pub async fn downloads_to(&self, folder: &Path) {
        let how = serde_json::json!({ "behavior": "allow", "downloadPath": folder });
        self.web().cdp().send_raw("Browser.setDownloadBehavior", how).await.unwrap();
    }

    /// The text of a file that the browser saves.
    pub async fn downloaded(&self, folder: &Path, name: &str) -> String {
        let file = self.saved_in(folder, |file| file.ends_with(name)).await;
        std::fs::read_to_string(file).unwrap()
    }

    /// Waits until the browser has saved such a file in a folder.
    pub async fn saved_in(&self, folder: &Path, wanted: impl Fn(&Path) -> bool) -> PathBuf {
        let end = std::time::Instant::now() + WAIT;
        loop {
            let files = std::fs::read_dir(folder).unwrap().flatten();
            let whole = files.filter(|file| file.metadata().is_ok_and(|file| file.len() > 0));
            if let Some(file) = whole.map(|file| file.path()).find(|file| wanted(file)) {
                return file;
            }
            assert!(std::time::Instant::now() < end, "{}: nothing was saved", self.name);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Picks a file where the page asks for one, whether its field can be seen or not.
    pub async fn pick(&self, css: &str, file: &Path) {
        self.until(css, &format!("document.querySelector({css:?})")).await;
        let field = self.web().find(By::Css(css)).await.unwrap();
        field.send_keys(file.to_str().unwrap()).await.unwrap();
    }

    /// Ends the browser in good order; the profile stays.
    pub async fn close(&mut self) {
        if let Some(driver) = self.driver.take() {
            driver.quit().await.unwrap();
        }
    }

    /// Kills every process of the browser at once, as an empty battery would; the profile stays.
    pub fn kill(&mut self) {
        self.driver = None;
        for pid in processes_of(self.folder.path()) {
            signal_pid(pid, "-KILL");
        }
        // A killed browser leaves its lock behind; a device that is switched on again has none.
        for lock in ["SingletonLock", "SingletonCookie", "SingletonSocket"] {
            drop(std::fs::remove_file(self.folder.path().join(lock)));
        }
    }

    /// The profile's folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The folder screenshots go to.
#[must_use]
pub fn screens() -> PathBuf {
    std::env::var_os("ANKOMST_SCREENS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/screens"),
        PathBuf::from,
    )
}

fn processes_of(profile: &Path) -> Vec<u32> {
    let marker = format!("--user-data-dir={}", profile.display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse::<u32>() else { continue };
        let Ok(line) = std::fs::read(entry.path().join("cmdline")) else { continue };
        if String::from_utf8_lossy(&line).contains(&marker) {
            found.push(pid);
        }
    }
    found
}
