//! Two tablets in a village house without a network: a file goes from one to the other in both directions while the server
//! is gone, each shows what the other has written, one of them syncs for both, and both are told.
#![expect(clippy::unwrap_used, reason = "a story told as a test")]

use std::path::{Path, PathBuf};

use ankomst_tests::kit::browser::{Driver, Profile};
use ankomst_tests::kit::ledger::{Ledger, Shown};
use ankomst_tests::kit::person::Person;
use ankomst_tests::kit::server::Server;
use serde_json::json;

const TABLET: (u32, u32) = (800, 1280);
const DESK: (u32, u32) = (1440, 900);
const PART: &str = "[data-part=hand-over]";
const HERS: (&str, &str) = ("arriving_from", "Trelleborg, enligt Elin");
const HIS: (&str, &str) = ("email", "enligt-oskar@example.org");

/// A place in both sizes and schemes.
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
                format!("document.querySelector('{part}').scrollIntoView({{block: 'center'}})");
            page.web().execute(show, vec![]).await.unwrap();
            page.picture(&format!("{name}-{size}-{scheme}")).await;
        }
    }
}

/// The tablet's own place in both languages.
async fn looks(page: &Profile) {
    for language in ["en", "sv"] {
        page.click(&format!("[data-action=speak-{language}]")).await;
        page.until("the language", &format!("document.documentElement.lang === '{language}'"))
            .await;
        pictures(page, &format!("plats-{language}"), PART).await;
    }
}

/// Saves the file on a tablet and gives where it lies.
async fn saves(person: &Person, folder: &Path) -> PathBuf {
    person.goto("/surfplatta").await;
    person.profile.see(PART).await;
    person.profile.downloads_to(folder).await;
    person.profile.click(&format!("{PART} [data-action=hand-over]")).await;
    person.profile.see_text(".toast", "Filen är sparad").await;
    person.profile.picture("sparad").await;
    let whole = |path: &Path| {
        path.extension().is_some_and(|ending| ending == "bundle")
            && std::fs::metadata(path).is_ok_and(|file| file.len() > 0)
    };
    person.profile.saved_in(folder, whole).await
}

/// Takes a file in and waits for what is said of it.
async fn takes(person: &Person, file: &Path, said: &str) {
    person.goto("/surfplatta").await;
    person.profile.see(PART).await;
    person.profile.click(&format!("{PART} [data-action=take-file]")).await;
    person.profile.pick("#picked", file).await;
    person.profile.see_text(".toast", said).await;
    person.profile.picture("mottagen").await;
}

fn field(path: &str) -> String {
    format!("[data-path={path}] input")
}

/// Writes an answer, and waits until it is saved here.
async fn writes(person: &Person, form: &str, (path, text): (&str, &str)) {
    person.goto(form).await;
    person.profile.fill(&field(path), text).await;
    person.saved(path).await;
}

/// Waits until that stands there.
async fn reads(person: &Person, form: &str, (path, text): (&str, &str)) {
    person.goto(form).await;
    let field = field(path);
    person.profile.see(&field).await;
    let stands = format!("document.querySelector({field:?})?.value === {text:?}");
    person.profile.until(text, &stands).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tablets_hand_over_without_a_server_and_one_syncs_for_both() {
    let (Some(driver), Some(mut server)) = (Driver::start(), Server::with_village()) else {
        return;
    };
    let files = tempfile::tempdir().unwrap();
    let folder = |name: &str| {
        let folder = files.path().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        folder
    };
    let mut ledger = Ledger::default();
    let elin = Person::arrives(&driver, &server, "bunt-elin", "elin", TABLET).await;
    let oskar = Person::arrives(&driver, &server, "bunt-oskar", "oskar", TABLET).await;
    // Each has heard of the other's tablet, and both have the case.
    elin.goto("/arenden").await;
    elin.in_step().await;
    elin.profile.see("[data-part=cases] [data-line]").await;
    let case =
        elin.read("document.querySelector('[data-part=cases] [data-line]').dataset.line").await;
    let form = format!("/arenden/{case}/uppgifter");
    oskar.goto(&form).await;
    oskar.profile.see(&field(HIS.0)).await;

    // From here on there is no server.
    server.stop();
    writes(&elin, &form, HERS).await;
    elin.goto("/surfplatta").await;
    looks(&elin.profile).await;
    let file = saves(&elin, &folder("elin")).await;
    let other = files.path().join("annat.pdf");
    std::fs::write(&other, b"%PDF-1.7").unwrap();
    takes(&oskar, &other, "ingen fil från Ankomst").await;
    takes(&oskar, &file, "är mottagen").await;
    reads(&oskar, &form, HERS).await;
    oskar.profile.see_text("[data-part=by-file]", "fil från Elin").await;
    oskar.profile.see_text("[data-path=arriving_from] .beside", "fil från Elin").await;
    pictures(&oskar.profile, "ser-hennes", "[data-path=arriving_from]").await;
    writes(&oskar, &form, HIS).await;
    let back = saves(&oskar, &folder("oskar")).await;
    takes(&elin, &back, "är mottagen").await;
    reads(&elin, &form, HIS).await;
    for (_, text) in [HERS, HIS] {
        ledger.note(text, Shown::Saved);
    }

    // Her tablet is switched off; his comes home and brings both.
    let mut elin = elin;
    elin.profile.close().await;
    server.start();
    oskar.goto("/surfplatta").await;
    oskar.in_step().await;
    let missing = ledger.missing(&server.command(&["dump"]), Shown::Saved);
    assert!(missing.is_empty(), "{missing:?}");
    let before = server.dump().len();
    elin.profile.start().await;
    elin.goto("/surfplatta").await;
    elin.in_step().await;
    assert_eq!(server.dump().len(), before, "something is there twice");
    for person in [&elin, &oskar] {
        for said in [HERS, HIS] {
            reads(person, &form, said).await;
            let mark = format!("[data-path={}] .mark[data-level=shared]", said.0);
            person.profile.until("the receipt", &format!("document.querySelector({mark:?})")).await;
        }
        person.profile.until("no mark", "!document.querySelector('[data-part=by-file]')").await;
        person.profile.picture("kvitto").await;
    }
}
