//! What a browser keeps of the app after the first visit.

use ankomst_tests::kit::browser::{Driver, Profile};
use ankomst_tests::kit::server::Server;
use serde_json::json;

/// Compiles what is kept of the modules as every later start does, and gives their numbers: the page's
/// and the core's.
const COMPILE: &str = "const [name] = await caches.keys();
    const cache = await caches.open(name);
    const kept = (await cache.keys()).filter(({ url }) => /\\.parts/.test(url));
    for (const one of kept) await WebAssembly.compileStreaming(cache.match(one));
    return kept.map(({ url }) => url.split('?')[1]).sort();";

#[tokio::test(flavor = "multi_thread")]
async fn modules_arrive_in_parts_and_are_kept_whole_for_starts_without_a_server() {
    let Some(driver) = Driver::start() else { return };
    let Some(mut server) = Server::empty() else { return };
    server.start();
    let page = Profile::open(&driver, "kept", (800, 1280)).await;
    page.goto(&server.url()).await;
    page.see("#device-name").await;
    page.until("the app to be kept", "navigator.serviceWorker?.controller").await;
    server.stop();
    let script = format!("return (async () => {{ {COMPILE} }})()");
    let compiled = page.web().execute(script, vec![]).await.unwrap();
    assert_eq!(compiled.json(), &json!(["0", "1"]));
    page.web().refresh().await.unwrap();
    page.see("#device-name").await;
}
