//! From an empty folder to the first administrator: the link, the page, signing in.

use ankomst_tests::kit::axe::{axe, rules};
use ankomst_tests::kit::browser::{Driver, Profile};
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::Tablet;
use ankomst_tests::tablet::device::local;
use reqwest::StatusCode;
use serde_json::json;

const PASSWORD: &str = "fyra ord i rad";

/// Sends what the page sends, with the secret of a link.
async fn make(server: &Server, link: &str) -> StatusCode {
    let (_, secret) = link.split_once('#').unwrap();
    let body = json!({
        "secret": secret, "unit": "Bergby kommun", "name": "Anna Berg", "login": "anna",
        "password": PASSWORD,
    });
    let request = reqwest::Client::new()
        .post(format!("{}/api/v1/welcome", server.url()))
        .header("origin", server.url())
        .body(body.to_string());
    request.send().await.unwrap().status()
}

#[test]
fn the_link_of_an_empty_folder_works_once_and_only_the_newest() {
    let Some(mut server) = Server::empty() else { return };
    server.start();
    let old = server.link().unwrap().to_owned();
    assert!(old.starts_with(&format!("{}/welcome#", server.url())), "{old}");
    server.hear("A link to make the first one was printed");
    let log = server.log();
    server.stop();
    server.start();
    let link = server.link().unwrap().to_owned();
    local(async {
        assert_eq!(make(&server, &old).await, StatusCode::FORBIDDEN, "a newer one was printed");
        assert_eq!(make(&server, &link).await, StatusCode::NO_CONTENT);
        assert_eq!(make(&server, &link).await, StatusCode::FORBIDDEN, "it was used");
        let folder = tempfile::tempdir().unwrap();
        let tablet = Tablet::open(folder.path(), &server.url()).await;
        tablet.login("anna", PASSWORD).await;
        tablet.sync().await;
    });
    let log = [log, server.log()].concat();
    for link in [&old, &link] {
        let (_, secret) = link.split_once('#').unwrap();
        assert!(!log.contains(secret), "the secret is in the log");
    }
    server.stop();
    server.start();
    assert_eq!(server.link(), None, "there is an account");
}

#[test]
fn an_account_made_by_command_ends_the_link() {
    let Some(mut server) = Server::empty() else { return };
    server.start();
    let link = server.link().unwrap().to_owned();
    let file = server.data().join("password");
    std::fs::write(&file, PASSWORD).unwrap();
    let add = ["user", "add", "berit", "--name", "Berit", "--roles", "administrator"];
    let from = ["--password-file", file.to_str().unwrap()];
    server.command(&[&add[..], &from[..]].concat());
    local(async { assert_eq!(make(&server, &link).await, StatusCode::FORBIDDEN) });
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_leads_with_the_keyboard_alone_from_the_link_to_the_sign_in() {
    let Some(driver) = Driver::start() else { return };
    let Some(mut server) = Server::empty() else { return };
    server.start();
    let link = server.link().unwrap().to_owned();
    for (name, size) in [("first-tablet", (800, 1280)), ("first-desk", (1440, 900))] {
        let page = Profile::open(&driver, name, size).await;
        looks_right(&page, &link, &server.url()).await;
    }
    let page = Profile::open(&driver, "first", (800, 1280)).await;
    // Somebody has looked at the app before: it is kept, and must not stand before the page.
    page.goto(&server.url()).await;
    page.until("the app to be kept", "navigator.serviceWorker?.controller").await;
    page.goto(&link).await;
    page.see("#unit").await;
    keys(&page, "\u{e004}\u{e004}Bergby kommun\u{e004}Anna Berg\u{e004}Anna Berg").await;
    keys(&page, "\u{e004}kort\u{e004}kort\u{e007}").await;
    page.see_text("#said", "Inget är sparat än").await;
    page.until("the first fault", "document.activeElement.id === 'login'").await;
    page.picture("faults").await;
    page.fill("#login", "anna").await;
    page.fill("#password", PASSWORD).await;
    page.fill("#repeat", PASSWORD).await;
    keys(&page, "\u{e007}").await;
    page.see_text("#done", "Kontot är skapat").await;
    page.until("the secret to be gone", "location.hash === ''").await;
    page.picture("done").await;
    keys(&page, "\u{e004}\u{e007}").await;
    page.see("#device-name").await;

    page.goto(&link).await;
    // The address differs only in its fragment.
    page.web().refresh().await.unwrap();
    page.see("#said-link").await;
}

async fn keys(page: &Profile, keys: &str) {
    page.web().action_chain().send_keys(keys).perform().await.unwrap();
}

/// The page light and dark, in both languages, and without its secret.
async fn looks_right(page: &Profile, link: &str, url: &str) {
    page.goto(link).await;
    page.see("#unit").await;
    for scheme in ["light", "dark"] {
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        page.web().cdp().send_raw("Emulation.setEmulatedMedia", media).await.unwrap();
        page.picture(scheme).await;
        if let Some(rules) = rules() {
            let found: Vec<String> =
                axe(page, &rules).await.iter().map(ToString::to_string).collect();
            assert!(found.is_empty(), "{scheme}: {found:?}");
        }
    }
    page.click("#language").await;
    page.see_text("h1", "Welcome").await;
    let wide = "document.documentElement.scrollWidth <= innerWidth";
    page.until("nothing to be cut off", wide).await;
    page.picture("english").await;
    page.goto(&format!("{url}/welcome")).await;
    page.web().refresh().await.unwrap();
    page.see_text("#said", "Länken gäller inte").await;
    page.picture("no-link").await;
}
