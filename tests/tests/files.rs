//! A picture of a blocked way out, in a cellar without a network: it is kept through a reload, is a sentence to a colleague
//! until it has been handed in, then a small picture, and large when it is tapped.
#![expect(clippy::unwrap_used, reason = "a story told as a test")]

use std::path::{Path, PathBuf};

use ankomst_tests::kit::axe::{axe, rules};
use ankomst_tests::kit::browser::{Driver, Profile};
use ankomst_tests::kit::person::Person;
use ankomst_tests::kit::server::Server;
use serde_json::json;

const TABLET: (u32, u32) = (800, 1280);
const DESK: (u32, u32) = (1440, 900);
const PART: &str = "[data-part=files]";
const SMALL: &str = "[data-part=files] [data-line] img";
const LARGE: &str = "#viewer img";

/// A picture as large as a camera makes them, a dark door in a light wall, in a form that needs no library.
fn camera(folder: &Path) -> PathBuf {
    let (width, height) = (2_400_u32, 1_800_u32);
    let bytes = width * height * 3;
    let mut file = b"BM".to_vec();
    file.extend((54 + bytes).to_le_bytes());
    file.extend([0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0]);
    file.extend(width.to_le_bytes());
    file.extend(height.to_le_bytes());
    file.extend([1, 0, 24, 0]);
    file.extend([0; 24]);
    for y in 0..height {
        for x in 0..width {
            let is_door = (900..1_500).contains(&x) && y < 1_300;
            let shade = u8::try_from((x / 40 + y / 40) % 16).unwrap();
            file.extend(if is_door { [40 + shade, 60, 90] } else { [180 + shade, 200, 210] });
        }
    }
    let path = folder.join("nödutgång.bmp");
    std::fs::write(&path, file).unwrap();
    path
}

/// Whether a picture is drawn, and so wide.
fn drawn(css: &str, width: u32) -> String {
    format!("document.querySelector({css:?})?.naturalWidth === {width}")
}

/// What is shown in both sizes and schemes.
async fn pictures(page: &Profile, name: &str, part: &str) {
    for ((width, height), size) in [(DESK, "desk"), (TABLET, "tablet")] {
        for scheme in ["dark", "light"] {
            let cdp = page.web().cdp();
            let feature =
                json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
            cdp.send_raw("Emulation.setEmulatedMedia", feature).await.unwrap();
            let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
            cdp.send_raw("Emulation.setDeviceMetricsOverride", metrics).await.unwrap();
            let show =
                format!("document.querySelector({part:?}).scrollIntoView({{block: 'center'}})");
            page.web().execute(show, vec![]).await.unwrap();
            page.picture(&format!("{name}-{size}-{scheme}")).await;
        }
    }
}

/// Holds what is shown against the rules of accessibility, where they are there.
async fn is_for_all(page: &Profile) {
    if let Some(rules) = rules() {
        let found = axe(page, &rules).await;
        let told: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert!(told.is_empty(), "{}", told.join("\n"));
    }
}

async fn takes(person: &Person, file: &Path) {
    person.profile.see(PART).await;
    person.tap(&format!("{PART} [data-action=add-picture]")).await;
    person.profile.pick("#picked", file).await;
    person.profile.see_text(".toast", "Sparad på den här surfplattan").await;
}

async fn speaks(person: &Person, language: &str) {
    person.goto("/surfplatta").await;
    person.tap(&format!("[data-action=speak-{language}]")).await;
    let speaks = format!("document.documentElement.lang === '{language}'");
    person.profile.until("the language", &speaks).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_taken_in_a_cellar_comes_home_and_is_a_sentence_until_then() {
    let (Some(driver), Some(mut server)) = (Driver::start(), Server::with_village()) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = camera(folder.path());
    let elin = Person::arrives(&driver, &server, "bild-elin", "elin", TABLET).await;
    let oskar = Person::arrives(&driver, &server, "bild-oskar", "oskar", TABLET).await;
    elin.goto("/arenden").await;
    elin.in_step().await;
    elin.profile.see("[data-part=cases] [data-line]").await;
    let case =
        elin.read("document.querySelector('[data-part=cases] [data-line]').dataset.line").await;
    let place = format!("/arenden/{case}");

    // In the cellar.
    server.stop();
    elin.goto(&place).await;
    elin.profile.see(PART).await;
    pictures(&elin.profile, "tomt", PART).await;
    takes(&elin, &file).await;
    elin.profile.until("the small picture", &drawn(SMALL, 320)).await;
    elin.goto(&place).await;
    elin.profile.until("the small picture after a reload", &drawn(SMALL, 320)).await;
    elin.profile.see_text(&format!("{PART} [data-line]"), "Bara på den här surfplattan").await;
    pictures(&elin.profile, "tagen", PART).await;

    // What is written goes before the picture, for which there is no room yet.
    server.variable("ANKOMST_FILES_FREE_MB", "4000000");
    server.start();
    elin.goto(&place).await;
    elin.in_step().await;
    oskar.goto(&place).await;
    let tile = format!("{PART} [data-line]");
    oskar.profile.see_text(&tile, "Ligger på bild-elin, inte uppladdad än").await;
    pictures(&oskar.profile, "mening", PART).await;
    is_for_all(&oskar.profile).await;

    // Then it comes, the small one by itself.
    server.stop();
    server.without_variables();
    server.start();
    elin.goto(&place).await;
    elin.profile.see_text(&tile, "Inlämnad").await;
    oskar.goto(&place).await;
    oskar.profile.until("the small picture", &drawn(SMALL, 320)).await;
    pictures(&oskar.profile, "liten", PART).await;
    oskar.tap(&format!("{PART} [data-action=show-file]")).await;
    oskar.profile.until("the whole picture", &drawn(LARGE, 2048)).await;
    pictures(&oskar.profile, "stor", LARGE).await;
    is_for_all(&oskar.profile).await;
    oskar.keys("\u{e00c}").await;
    oskar.profile.until("the picture to be gone", "!document.querySelector('#viewer')").await;

    // And stays.
    server.stop();
    oskar.goto(&place).await;
    oskar.tap(&format!("{PART} [data-action=show-file]")).await;
    oskar.profile.until("the whole picture", &drawn(LARGE, 2048)).await;
    speaks(&oskar, "en").await;
    oskar.goto(&place).await;
    oskar.profile.until("the small picture", &drawn(SMALL, 320)).await;
    pictures(&oskar.profile, "english", PART).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_of_an_item_gets_its_words_and_a_document_stays_as_it_is() {
    let (Some(driver), Some(server)) = (Driver::start(), Server::with_village()) else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = camera(folder.path());
    let elin = Person::arrives(&driver, &server, "punkt-elin", "elin", TABLET).await;
    let page = &elin.profile;
    elin.goto("/boenden").await;
    page.see("main [data-line]").await;
    let house = elin.read("document.querySelector('main [data-line]').dataset.line").await;
    elin.goto(&format!("/boenden/{house}")).await;
    elin.tap("[data-action=start-run]").await;
    page.see("[data-item]").await;
    let item = elin.read("document.querySelector('[data-item]').dataset.item").await;
    let card = format!("[data-item={item:?}]");
    elin.tap(&format!("{card} [data-answer=not_ok]")).await;
    elin.tap(&format!("{card} [data-action=add-picture]")).await;
    page.pick("#picked", &file).await;
    let small = format!("{card} .files img");
    page.until("the small picture at the item", &drawn(&small, 320)).await;
    pictures(page, "punkt", &small).await;

    // Its words, by the ordinary form.
    elin.tap(&format!("{card} [data-action=show-file]")).await;
    page.until("the whole picture", &drawn(LARGE, 2048)).await;
    elin.tap("#viewer a").await;
    let caption = "[data-path$='/caption'] input";
    page.fill(caption, "Nödutgången i källaren").await;
    elin.saved("caption").await;
    page.until("the small picture beside the form", &drawn(SMALL, 320)).await;
    pictures(page, "bildtext", caption).await;
    is_for_all(page).await;

    // A document of the house, and its end.
    let paper = folder.path().join("hyresavtal.pdf");
    std::fs::write(&paper, b"%PDF-1.7 hyresavtal").unwrap();
    elin.goto(&format!("/boenden/{house}")).await;
    page.see(PART).await;
    elin.tap(&format!("{PART} [data-action=add-file]")).await;
    page.pick("#picked", &paper).await;
    let tile = format!("{PART} [data-line]");
    page.see_text(&tile, "hyresavtal.pdf").await;
    page.see_text(&tile, "Inlämnad").await;
    elin.tap(&format!("{PART} [data-action=show-file]")).await;
    page.see("#viewer [data-action=save-file]").await;
    pictures(page, "handling", "#viewer").await;
    let saved = folder.path().join("sparat");
    std::fs::create_dir_all(&saved).unwrap();
    page.downloads_to(&saved).await;
    elin.tap("#viewer [data-action=save-file]").await;
    assert_eq!(page.downloaded(&saved, "hyresavtal.pdf").await, "%PDF-1.7 hyresavtal");
    elin.tap("#viewer a").await;
    elin.tap("[data-action=remove]").await;
    elin.asked(&[("reason", "fel fil")]).await;
    page.until("the file to be gone", &format!("!document.querySelector({tile:?})")).await;
    elin.in_step().await;
}
