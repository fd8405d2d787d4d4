//! The app's files, precompressed by the build. Any address without an extension is the app itself.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::http::problem::Problem;

const TYPES: [(&str, &str); 10] = [
    ("html", "text/html; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("parts", "application/octet-stream"),
    ("bin", "application/octet-stream"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("ico", "image/x-icon"),
    ("webmanifest", "application/manifest+json"),
    ("json", "application/json"),
];

/// Serves a file of the app's folder.
pub async fn serve(State(folder): State<Arc<PathBuf>>, request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/').to_owned();
    // What is told elsewhere must not look as if it were told here.
    if path.starts_with("api/") || path.trim_end_matches('/') == "metrics" {
        return Problem::nowhere().into_response();
    }
    let relative = PathBuf::from(&path);
    let is_plain = relative.components().all(|part| matches!(part, Component::Normal(_)));
    let name = if relative.extension().is_none() || !is_plain {
        PathBuf::from("index.html")
    } else {
        relative
    };
    match read(&folder, &name, request.headers()).await {
        Some(response) => response,
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn read(folder: &Path, name: &Path, headers: &HeaderMap) -> Option<Response> {
    let accepted =
        headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or("");
    let file = folder.join(name);
    let mut found = None;
    for (coding, end) in [("br", ".br"), ("gzip", ".gz")] {
        if accepts(accepted, coding) {
            let mut packed = file.clone().into_os_string();
            packed.push(end);
            if let Ok(bytes) = tokio::fs::read(packed).await {
                found = Some((bytes, Some(coding)));
                break;
            }
        }
    }
    let (bytes, coding) = match found {
        Some(found) => found,
        None => (tokio::fs::read(&file).await.ok()?, None),
    };
    let end = name.extension()?.to_str()?;
    let kind = TYPES.iter().find(|(known, _)| *known == end).map(|(_, kind)| *kind)?;
    let mut response = Response::new(bytes.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(coding) = coding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    let caching = if is_hashed(name) { "public, max-age=31536000, immutable" } else { "no-cache" };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    Some(response)
}

/// Whether a coding is among the accepted ones and not refused by a weight of nought.
fn accepts(accepted: &str, coding: &str) -> bool {
    accepted.split(',').any(|one| {
        let mut parts = one.split(';').map(str::trim);
        let named = parts.next() == Some(coding);
        let refused = parts.any(|part| {
            part.strip_prefix("q=").is_some_and(|weight| weight.parse() == Ok(0.0_f32))
        });
        named && !refused
    })
}

/// Whether the name ends in a dash and at least eight hexadecimal digits.
fn is_hashed(name: &Path) -> bool {
    let stem = name.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let hash = stem.rsplit_once('-').map_or("", |(_, hash)| hash);
    hash.len() >= 8 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hashed_names_are_kept_for_ever() {
        assert!(is_hashed(Path::new("modules-0123456789.parts")));
        assert!(!is_hashed(Path::new("sw.js")) && !is_hashed(Path::new("index.html")));
    }
}
