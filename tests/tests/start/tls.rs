//! TLS by the server itself: tablets and browsers come by https, and the certificate can be changed
//! under a running server.

use std::net::TcpStream;
use std::path::Path;

use ankomst_tests::kit::browser::{Driver, Profile};
use ankomst_tests::kit::certificate::Certificate;
use ankomst_tests::kit::server::Server;
use ankomst_tests::tablet::Tablet;
use ankomst_tests::tablet::device::local;
use reqwest::Version;
use tokio_rustls::rustls::ClientConfig;

/// More than the server greets at one time.
const SILENT: usize = 520;

/// A village reached by https, and its certificate.
fn village(folder: &Path) -> Option<(Server, Certificate)> {
    let mut server = Server::empty()?;
    server.command(&["seed", "--pack", "sp-1", "--seed", "1"]);
    let certificate = Certificate::until(2040);
    server.with_tls(&certificate.put(folder));
    server.start();
    Some((server, certificate))
}

/// A client that offers versions of HTTP, by their names in TLS.
fn client(trust: &ClientConfig, versions: &[&str]) -> reqwest::Client {
    let mut config = trust.clone();
    config.alpn_protocols = versions.iter().map(|name| name.as_bytes().to_vec()).collect();
    reqwest::Client::builder().tls_backend_preconfigured(config).build().unwrap()
}

async fn is_trusted(server: &Server, certificate: &Certificate) -> bool {
    let client = client(&certificate.trusted(), &[]);
    client.get(format!("{}/healthz", server.url())).send().await.is_ok()
}

#[test]
fn a_tablet_signs_in_and_stays_in_touch_by_https() {
    let folder = tempfile::tempdir().unwrap();
    let Some((mut server, certificate)) = village(folder.path()) else { return };
    local(async {
        let trust = Some(certificate.trusted());
        let tablet = Tablet::trusting(&folder.path().join("elin"), &server.url(), trust).await;
        tablet.login("elin", "elin-i-provby").await;
        tablet.sync().await;
        let stranger = Certificate::until(2040);
        assert!(!is_trusted(&server, &stranger).await, "another certificate is not the server's");
        // It ends although the tablet's socket is open.
        server.stop();
    });
}

#[test]
fn both_versions_of_http_are_spoken_and_browsers_are_told_to_come_by_tls_only() {
    let folder = tempfile::tempdir().unwrap();
    let Some((server, certificate)) = village(folder.path()) else { return };
    local(async {
        let cases: [(&[&str], _); 2] =
            [(&["http/1.1"], Version::HTTP_11), (&["h2", "http/1.1"], Version::HTTP_2)];
        for (offered, version) in cases {
            let client = client(&certificate.trusted(), offered);
            let answer = client.get(server.url()).send().await.unwrap();
            assert_eq!(answer.version(), version);
            assert_eq!(answer.headers()["strict-transport-security"], "max-age=31536000");
            let policy = answer.headers()["content-security-policy"].to_str().unwrap();
            assert!(policy.contains(" wss://localhost:"), "{version:?}: {policy}");
        }
    });
}

#[test]
fn a_new_certificate_is_taken_and_a_broken_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let Some((server, old)) = village(folder.path()) else { return };
    local(async {
        let new = Certificate::until(2041);
        std::fs::write(folder.path().join("key.pem"), &new.key).unwrap();
        server.signal("-HUP");
        server.hear("The new certificate cannot be used");
        assert!(is_trusted(&server, &old).await, "the key is of another certificate");

        let ended = Certificate::until(2021);
        let _names = ended.put(folder.path());
        server.signal("-HUP");
        server.hear("The new certificate cannot be used");
        assert!(is_trusted(&server, &old).await);

        let _names = new.put(folder.path());
        server.signal("-HUP");
        server.hear("The certificate was read anew");
        assert!(is_trusted(&server, &new).await);
        assert!(!is_trusted(&server, &old).await);
    });
}

#[test]
fn a_certificate_without_its_key_or_that_has_ended_stops_the_start() {
    let Some(server) = Server::empty() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = Certificate::until(2021).put(folder.path());
    let (certificate, key) = (certificate.to_str().unwrap(), key.to_str().unwrap());
    let (fine, said) = server.try_command(&["serve", "--tls-cert", certificate]);
    assert!(!fine && said.contains("tls_cert is given without tls_key"), "{said}");
    let (fine, said) = server.try_command(&["serve", "--tls-cert", certificate, "--tls-key", key]);
    assert!(!fine && said.contains("ended on 2021-01-01"), "{said}");
    assert!(!server.data().join("log.db").exists(), "nothing was begun");
}

#[test]
fn many_who_say_nothing_do_not_keep_a_tablet_out() {
    let folder = tempfile::tempdir().unwrap();
    let Some((server, certificate)) = village(folder.path()) else { return };
    let address = server.url().replace("https://", "");
    let silent: Vec<TcpStream> =
        (0..SILENT).map(|_| TcpStream::connect(&address).unwrap()).collect();
    local(async { assert!(is_trusted(&server, &certificate).await) });
    drop(silent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_signs_in_keeps_the_app_and_opens_its_socket_by_https() {
    let Some(driver) = Driver::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let Some((server, _)) = village(folder.path()) else { return };
    let size = (800, 1280);
    let arguments = ["--ignore-certificate-errors"];
    let page = Profile::open_with(&driver, "https", size, &arguments).await;
    page.goto(&server.url()).await;
    page.fill("#login", "elin").await;
    page.fill("#password", "elin-i-provby").await;
    page.fill("#device-name", "Surfplatta").await;
    page.fill("#passphrase", "en lång fras för vallen").await;
    page.fill("#passphrase-repeat", "en lång fras för vallen").await;
    page.click("[data-action=sign-in]").await;
    page.until("contact", "document.querySelector('#sync-mark')?.dataset.contact === 'live'").await;
    let protocol = "performance.getEntriesByType('navigation')[0].nextHopProtocol === 'h2'";
    page.until("HTTP/2", protocol).await;
    page.until(
        "the app to be kept",
        "window.isSecureContext && caches.keys().then(k => k.length > 0)",
    )
    .await;
}
