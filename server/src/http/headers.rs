//! Headers every answer bears.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::http::signed_in::host;

const HEADERS: [(HeaderName, &str); 6] = [
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-embedder-policy"), "require-corp"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("permissions-policy"), NOTHING_OF_THE_DEVICE),
];

/// What no page may ask a browser for; the app keeps the screen lit in a visit, asks for
/// passkeys, and uses nothing else of it.
const NOTHING_OF_THE_DEVICE: &str = "accelerometer=(), autoplay=(), bluetooth=(), browsing-topics=(), camera=(), \
     display-capture=(), encrypted-media=(), fullscreen=(), geolocation=(), gyroscope=(), hid=(), \
     identity-credentials-get=(), idle-detection=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), \
     otp-credentials=(), payment=(), picture-in-picture=(), publickey-credentials-create=(self), \
     publickey-credentials-get=(self), screen-wake-lock=(self), serial=(), storage-access=(), sync-xhr=(), usb=(), \
     web-share=(), window-management=(), xr-spatial-tracking=()";

/// Markup and addresses of scripts are taken from the app's own policies only (`boot.js`, `sw.js`), which know
/// three scripts and no markup.
const TRUSTED_TYPES: &str = "require-trusted-types-for 'script'; trusted-types ankomst";

/// Adds the headers. Answers of the API are stored nowhere, nor is anything else but the app's files.
pub async fn add(request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with("/api/");
    let policy = policy(host(request.headers(), request.uri()));
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // A page with a narrower one keeps it.
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    let nowhere = HeaderValue::from_static("no-store");
    if is_api {
        headers.insert(header::CACHE_CONTROL, nowhere);
    } else {
        // The app's files say for themselves how long they are kept.
        headers.entry(header::CACHE_CONTROL).or_insert(nowhere);
    }
    response
}

/// Tells browsers to come by TLS only, for a year.
#[must_use]
pub fn always_tls() -> SetResponseHeaderLayer<HeaderValue> {
    let year = HeaderValue::from_static("max-age=31536000");
    SetResponseHeaderLayer::overriding(header::STRICT_TRANSPORT_SECURITY, year)
}

/// The page may load and reach nothing but this host. Its socket is named because not every browser
/// takes `'self'` to mean sockets too.
fn policy(host: Option<&str>) -> HeaderValue {
    let host = host.filter(|host| {
        host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".:-[]".contains(&byte))
    });
    let sockets = host.map(|host| format!(" ws://{host} wss://{host}")).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; \
         connect-src 'self'{sockets}; style-src 'self'; img-src 'self' data: blob:; \
         font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'; {TRUSTED_TYPES}"
    );
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy_for(host: &str) -> String {
        policy(Some(host)).to_str().unwrap().to_owned()
    }

    #[test]
    fn only_the_own_host_may_be_reached() {
        let policy = policy_for("ankomst.example.org:8443");
        assert!(policy.contains("connect-src 'self' ws://ankomst.example.org:8443 wss://ankomst"));
        assert!(!policy.contains("ws:;") && !policy.contains("ws: "));
    }

    #[test]
    fn a_host_that_is_none_adds_nothing_to_the_policy() {
        assert!(policy_for("x; script-src *").contains("connect-src 'self'; style-src"));
    }
}
