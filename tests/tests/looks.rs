//! What a tablet shows when something stands in the way: no contact for too long, what was protected gone, a server that
//! asks to wait, a passkey at the entrance. Every picture on a tablet and on a desk, in daylight and at night, in both
//! languages.
#![expect(clippy::unwrap_used, reason = "a story told as a test")]

use std::io::{Read, Write};
use std::net::TcpListener;

use ankomst_tests::kit::browser::{Driver, Profile};
use ankomst_tests::kit::person::Person;
use ankomst_tests::kit::release::next_release;
use ankomst_tests::kit::server::Server;
use serde_json::json;

const TABLET: (u32, u32) = (800, 1280);
const DESK: (u32, u32) = (1440, 900);

/// A worker whose clock goes ahead when a page says so.
const CLOCK: &str = "const real = Date.now.bind(Date); let ahead = 0;
new BroadcastChannel('clock').onmessage = ({ data }) => { ahead = data; };
Date.now = () => real() + ahead;\n";

/// The app with such a worker.
fn app(server: &Server) -> tempfile::TempDir {
    let app = next_release(server.app());
    for entry in std::fs::read_dir(app.path()).unwrap().flatten() {
        let path = entry.path();
        if entry.file_name().to_string_lossy().starts_with("worker-") {
            let worker = std::fs::read_to_string(&path).unwrap();
            std::fs::write(
                &path,
                worker.replacen("const early", &format!("{CLOCK}const early"), 1),
            )
            .unwrap();
        }
    }
    app
}

async fn later(page: &Profile, hours: u32) {
    let ms = u64::from(hours) * 3_600_000;
    let say = format!("new BroadcastChannel('clock').postMessage({ms})");
    page.web().execute(say, vec![]).await.unwrap();
}

/// The same screen in both sizes, schemes and languages.
async fn looks(page: &Profile, name: &str, speaks: bool) {
    for language in ["sv", "en"] {
        if speaks {
            page.click(&format!("[data-language={language}]")).await;
            page.until("the language", &format!("document.documentElement.lang === '{language}'"))
                .await;
        } else if language == "en" {
            continue;
        }
        for ((width, height), size) in [(TABLET, "tablet"), (DESK, "desk")] {
            for scheme in ["light", "dark"] {
                let cdp = page.web().cdp();
                let feature =
                    json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
                cdp.send_raw("Emulation.setEmulatedMedia", feature).await.unwrap();
                let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
                cdp.send_raw("Emulation.setDeviceMetricsOverride", metrics).await.unwrap();
                page.picture(&format!("{name}-{language}-{size}-{scheme}")).await;
            }
        }
    }
    if speaks {
        page.click("[data-language=sv]").await;
    }
}

/// A server at the same door that has too much to do.
fn busy(port: u16) {
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            let mut asked = vec![0; 65_536];
            let _some = stream.read(&mut asked);
            let _gone = stream.write_all(
                b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 90\r\nx-ankomst-problem: busy\r\n\
                  content-length: 0\r\nconnection: close\r\n\r\n",
            );
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_stands_in_the_way_is_said_with_what_is_safe_and_what_to_do() {
    let (Some(driver), Some(mut server)) = (Driver::start(), Server::with_village()) else {
        return;
    };
    server.stop();
    let app = app(&server);
    server.release(app.path());
    server.start();
    let elin = Person::arrives(&driver, &server, "looks", "elin", TABLET).await;
    let page = &elin.profile;
    let cdp = page.web().cdp();
    cdp.send_raw("WebAuthn.enable", json!({})).await.unwrap();
    let options = json!({ "options": {
        "protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "internal", "hasResidentKey": true,
        "hasUserVerification": true, "isUserVerified": true, "automaticPresenceSimulation": true, "hasPrf": true,
    }});
    cdp.send_raw("WebAuthn.addVirtualAuthenticator", options).await.unwrap();
    elin.goto("/surfplatta").await;
    elin.tap("[data-part=passkey] [data-action=passkey]").await;
    page.see("[data-action=no-passkey]").await;
    page.web().refresh().await.unwrap();
    page.see("#open-key").await;
    looks(page, "passkey", true).await;
    elin.unlocks().await;
    elin.in_step().await;

    // The server asks to wait.
    server.stop();
    let port = server.url().rsplit_once(':').unwrap().1.parse().unwrap();
    busy(port);
    let says = "document.querySelector('#sync-mark')?.dataset.contact === 'busy'";
    page.until("what the server asks for", says).await;
    page.click("#sync-mark summary").await;
    page.see_text("#sync-mark", "ber surfplattan vänta").await;
    looks(page, "busy", false).await;

    // And nobody answers for longer than the tablet may be read.
    later(page, 8 * 24).await;
    // Nobody has touched it for so long: it has shut.
    page.fill("#unlock #passphrase", "en lång fras för vallen").await;
    elin.tap("[data-action=unlock]").await;
    page.see("#lease").await;
    looks(page, "lease", true).await;
}
