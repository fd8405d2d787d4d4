//! The app's files.

use axum::http::StatusCode;

use super::kit::{Answer, Door};

async fn door() -> Door {
    let door = Door::open().await;
    std::fs::create_dir_all(door.files()).unwrap();
    let files = [
        ("index.html", "<!doctype html>"),
        ("sw.js", "// worker"),
        ("core_bg-0123456789ab.parts", "plain"),
        ("core_bg-0123456789ab.parts.br", "brotli"),
        ("core_bg-0123456789ab.parts.gz", "gzip"),
        ("manifest.webmanifest", "{}"),
    ];
    for (name, text) in files {
        std::fs::write(door.files().join(name), text).unwrap();
    }
    std::fs::write(door.folder.path().join("secret.js"), "secret").unwrap();
    door
}

fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

#[tokio::test]
async fn the_best_packed_form_the_browser_takes_is_served() {
    let door = door().await;
    let cases = [
        ("gzip, deflate, br, zstd", "brotli", "br"),
        ("gzip", "gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip", "gzip"),
        ("", "plain", ""),
        ("identity", "plain", ""),
    ];
    for (accepted, body, coding) in cases {
        let answer = door.get("/core_bg-0123456789ab.parts", accepted).await;
        assert_eq!((text(&answer).as_str(), answer.header("content-encoding")), (body, coding));
        assert_eq!(answer.header("content-type"), "application/octet-stream");
        assert_eq!(answer.header("vary"), "accept-encoding");
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
    }
}

#[tokio::test]
async fn the_shell_is_asked_for_anew_and_answers_for_every_screen() {
    let door = door().await;
    for path in ["/", "/residences/06gsphn2c25m27zskrwvcr9bbw", "/index.html"] {
        let answer = door.get(path, "").await;
        assert_eq!((text(&answer).as_str(), answer.status), ("<!doctype html>", StatusCode::OK));
        assert_eq!(answer.header("cache-control"), "no-cache");
    }
    assert_eq!(door.get("/sw.js", "").await.header("cache-control"), "no-cache");
    let manifest = door.get("/manifest.webmanifest", "").await;
    assert_eq!(manifest.header("content-type"), "application/manifest+json");
}

#[tokio::test]
async fn nothing_outside_the_folder_and_nothing_that_is_not_there_is_served() {
    let door = door().await;
    for path in ["/../secret.js", "/..%2fsecret.js", "/a/../../secret.js", "//etc/passwd.js"] {
        assert!(!text(&door.get(path, "").await).contains("secret"), "{path}");
    }
    assert_eq!(door.get("/absent.js", "").await.status, StatusCode::NOT_FOUND);
    let answer = door.get("/api/v1/absent", "").await;
    assert_eq!((answer.status, answer.problem()), (StatusCode::NOT_FOUND, "nowhere"));
}

#[tokio::test]
async fn every_answer_bears_the_headers_that_keep_the_page_to_itself() {
    let door = door().await;
    for path in ["/", "/healthz", "/readyz", "/absent.js", "/api/v1/absent", "/api/v1/held"] {
        let answer = door.get(path, "").await;
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self' 'wasm-unsafe-eval';"));
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe-inline"));
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(answer.header("cross-origin-embedder-policy"), "require-corp");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        if path.starts_with("/api/") {
            assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        }
    }
    assert_eq!(door.get("/healthz", "").await.status, StatusCode::OK);
    assert_eq!(door.get("/readyz", "").await.status, StatusCode::OK);
}
