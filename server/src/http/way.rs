//! By which way a request came: over TLS, through a proxy that ends TLS, or bare. A tablet's browser
//! gives safe storage and work without coverage only over https, so bare requests from elsewhere than
//! this machine get a page that says so, and the API a problem.

use core::net::IpAddr;
use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::http::problem::Problem;
use crate::http::signed_in::{Address, host, peer};

const PAGE: &str = include_str!("way/page.html");
const STYLE: &str =
    concat!(include_str!("../../../web-client/static/tokens.css"), include_str!("way/page.css"));

/// How this server is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Way {
    /// It speaks TLS itself.
    pub tls: bool,
    /// A proxy stands before it; what that says about requests is believed.
    pub proxy: bool,
}

/// Whether the browser asked by https, also where a declared proxy ended it.
#[derive(Debug, Clone, Copy)]
pub struct ByHttps(pub bool);

/// Lets requests through that came over TLS or from this machine, and says whose they are and how they came.
pub async fn check(State(way): State<Way>, mut request: Request, next: Next) -> Response {
    let from = peer(request.extensions());
    let told = Forwarded::of(way, from, request.headers());
    request.extensions_mut().insert(Address(told.map_or(from, |told| told.from)));
    let by_https = way.tls || told.is_some_and(|told| told.by_https);
    request.extensions_mut().insert(ByHttps(by_https));
    let is_here = host(request.headers(), request.uri()).is_some_and(is_this_machine);
    if by_https
        || told.is_none() && is_here
        || matches!(request.uri().path(), "/healthz" | "/readyz")
    {
        return next.run(request).await;
    }
    let is_page = matches!(*request.method(), Method::GET | Method::HEAD);
    let mut response = if is_page && !request.uri().path().starts_with("/api/") {
        page()
    } else {
        let title = "This server is reached by https only. Nothing was changed; what the tablet holds is safe.";
        Problem::new(StatusCode::UPGRADE_REQUIRED, "https-needed", title).into_response()
    };
    if request.version() <= Version::HTTP_11 {
        let upgrade = HeaderValue::from_static("TLS/1.2, HTTP/1.1");
        response.headers_mut().insert(header::UPGRADE, upgrade);
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    }
    response
}

/// What a proxy says about a request.
#[derive(Debug, Clone, Copy)]
struct Forwarded {
    by_https: bool,
    from: Option<IpAddr>,
}

impl Forwarded {
    /// Reads what a proxy says, if one stands before this server and the request came from it.
    fn of(way: Way, peer: Option<IpAddr>, headers: &HeaderMap) -> Option<Self> {
        let last = |name: &str| {
            // What comes last was added by the nearest proxy; the rest anybody may have made up.
            let values = headers.get_all(name).iter().next_back();
            let text = values.and_then(|value| value.to_str().ok());
            text.and_then(|text| text.rsplit(',').next()).map(str::trim)
        };
        let scheme = last("x-forwarded-proto")?;
        if !way.proxy || !peer.is_some_and(is_near) {
            return None;
        }
        let from = last("x-forwarded-for").and_then(|from| from.parse().ok());
        Some(Self { by_https: scheme.eq_ignore_ascii_case("https"), from })
    }
}

/// Whether a proxy of one's own may have this address.
fn is_near(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// Whether a browser that asks for this host is on this machine, where it needs no https.
fn is_this_machine(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        _ => host,
    };
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    let name = name.to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

fn page() -> Response {
    let mut response = Response::new(Body::from(PAGE.replace("/*style*/", STYLE)));
    *response.status_mut() = StatusCode::UPGRADE_REQUIRED;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY.clone());
    response
}

/// Nothing but the page's own style.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    );
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_known_by_its_names() {
        for host in [
            "localhost",
            "LOCALHOST:8765",
            "a.localhost",
            "127.0.0.1",
            "127.8.0.1:80",
            "[::1]",
            "[::1]:8765",
        ] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in [
            "",
            "ankomst.example.org",
            "10.0.0.5:8765",
            "localhost.example.org",
            "[fd00::1]",
            "127.0.0.1.example.org",
            "128.0.0.1",
        ] {
            assert!(!is_this_machine(host), "{host}");
        }
    }

    #[test]
    fn only_a_declared_proxy_nearby_is_believed_and_only_its_own_word() {
        let told = |proxy: bool, peer: &str, scheme: &'static str, from: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-proto", HeaderValue::from_static(scheme));
            headers.insert("x-forwarded-for", HeaderValue::from_static(from));
            let told = Forwarded::of(Way { tls: !proxy, proxy }, peer.parse().ok(), &headers);
            told.map(|told| (told.by_https, told.from.map(|from| from.to_string())))
        };
        let from = || Some("203.0.113.9".to_owned());
        let line = "198.51.100.1, 203.0.113.9";
        assert_eq!(told(true, "127.0.0.1", "https", line), Some((true, from())));
        assert_eq!(told(true, "::ffff:10.1.2.3", "https", line), Some((true, from())));
        assert_eq!(told(true, "fd00::1", "http", line), Some((false, from())));
        assert_eq!(told(true, "127.0.0.1", "https, http", line), Some((false, from())));
        assert_eq!(told(true, "127.0.0.1", "https", "unknown"), Some((true, None)));
        assert_eq!(told(true, "203.0.113.1", "https", line), None);
        assert_eq!(told(false, "127.0.0.1", "https", line), None);
    }
}
