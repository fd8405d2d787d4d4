//! Every error as `application/problem+json`, with a stable code that tablets read from a header.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::accounts::DoorError;
use crate::limits::AGAIN_AFTER_S;
use crate::sockets::NoPlace;
use crate::storage::StorageError;
use crate::sync::exchange::ExchangeError;

/// After too many attempts.
const WAIT_A_MINUTE_S: u32 = 60;

/// A problem to be told.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    title: String,
    again_after_s: Option<u32>,
}

impl Problem {
    /// Makes a problem.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, title: impl Into<String>) -> Self {
        Self { status, code, title: title.into(), again_after_s: None }
    }

    /// Asks to come again after some seconds.
    #[must_use]
    pub fn again_after(mut self, seconds: u32) -> Self {
        self.again_after_s = Some(seconds);
        self
    }

    /// As much is under way as the server does at one time.
    #[must_use]
    pub fn busy() -> Self {
        let title =
            "The server has as much to do as it can. Nothing was changed; try again in a moment.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", title).again_after(AGAIN_AFTER_S)
    }

    /// The message is larger than any that is sent here.
    #[must_use]
    pub fn too_large() -> Self {
        let title = "The message is larger than any the app sends here. Nothing was changed.";
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", title)
    }

    /// The message did not come, or the answer was not found, in time.
    #[must_use]
    pub fn slow() -> Self {
        let title = "The message did not come whole or was not answered in time. Nothing is lost: the \
                     tablet tries again.";
        Self::new(StatusCode::REQUEST_TIMEOUT, "slow", title)
    }

    /// The address is longer than any of ours.
    #[must_use]
    pub fn long_address() -> Self {
        Self::new(
            StatusCode::URI_TOO_LONG,
            "long-address",
            "There is nothing at an address this long.",
        )
    }

    /// The message cannot be read.
    #[must_use]
    pub fn unreadable() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "unreadable",
            "The message cannot be read. Nothing was changed.",
        )
    }

    /// What would be shown cannot be noted in the access log.
    #[must_use]
    pub fn unnoted() -> Self {
        let title = "The server cannot write its access log, so it shows no records. Nothing is lost: what tablets \
                     hold can be read and written there, and what they send is taken in. Whoever runs the server \
                     makes room or mends `access.db`; then it goes on by itself.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "access-log", title).again_after(AGAIN_AFTER_S)
    }

    /// Nobody is signed in.
    #[must_use]
    pub fn signed_out() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "signed-out", "Sign in. What the tablet holds is safe.")
    }

    /// There is no such address.
    #[must_use]
    pub fn nowhere() -> Self {
        Self::new(StatusCode::NOT_FOUND, "nowhere", "There is nothing at this address.")
    }

    /// The person's roles do not include this.
    #[must_use]
    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "Your roles do not include this.")
    }

    /// Too many attempts.
    #[must_use]
    pub fn too_many() -> Self {
        let title = "Too many attempts. Nothing was changed; the tablet tries again.";
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many", title).again_after(WAIT_A_MINUTE_S)
    }

    /// The server has a defect.
    #[must_use]
    pub fn defect() -> Self {
        let title = "A defect of the server ended this request. Nothing was lost: tablets keep what they \
                     sent. The server's log says where the defect is.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "defect", title)
    }

    /// The request comes from another page.
    #[must_use]
    pub fn origin() -> Self {
        Self::new(StatusCode::FORBIDDEN, "origin", "The request does not come from this app.")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::json!({
            "type": format!("urn:ankomst:problem:{}", self.code),
            "title": self.title,
            "status": self.status.as_u16(),
            "code": self.code,
        });
        let mut response = Response::new(Body::from(body.to_string()));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert("x-ankomst-problem", HeaderValue::from_static(self.code));
        if let Some(seconds) = self.again_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<StorageError> for Problem {
    fn from(error: StorageError) -> Self {
        if matches!(error, StorageError::Full | StorageError::Low) {
            // Who keeps the ballast has said so once at its level.
            tracing::debug!(%error, "A request was refused for want of room.");
            let title = "The server's disk is full. Nothing was lost: tablets keep what is not sent and \
                         send it by themselves. Whoever runs the server makes room on its disk.";
            return Self::new(StatusCode::INSUFFICIENT_STORAGE, "disk-full", title);
        }
        if matches!(error, StorageError::Unnoted(_)) {
            return Self::unnoted();
        }
        tracing::error!(%error, "A request failed because storage refused.");
        let title =
            "The server could not write. Nothing was lost: the tablets keep what they sent.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "storage", title)
    }
}

impl From<NoPlace> for Problem {
    fn from(full: NoPlace) -> Self {
        match full {
            NoPlace::Session => {
                let title =
                    "This session has as many live connections as it may. Close other tabs.";
                Self::new(StatusCode::TOO_MANY_REQUESTS, "sockets", title)
                    .again_after(AGAIN_AFTER_S)
            }
            NoPlace::Server => Self::busy(),
        }
    }
}

impl From<DoorError> for Problem {
    fn from(error: DoorError) -> Self {
        match error {
            DoorError::Wrong => {
                Self::new(StatusCode::UNAUTHORIZED, "wrong-password", error.to_string())
            }
            DoorError::NeedsPasskey => {
                Self::new(StatusCode::FORBIDDEN, "passkey-needed", error.to_string())
            }
            DoorError::TooMany => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too-many", error.to_string())
                    .again_after(WAIT_A_MINUTE_S)
            }
            DoorError::OnlyByLink => {
                Self::new(StatusCode::FORBIDDEN, "only-by-link", error.to_string())
            }
            DoorError::Ended => Self::signed_out(),
            DoorError::Request(_) => {
                Self::new(StatusCode::BAD_REQUEST, "request", error.to_string())
            }
            DoorError::Storage(error) => error.into(),
        }
    }
}

impl From<ExchangeError> for Problem {
    fn from(error: ExchangeError) -> Self {
        match error {
            ExchangeError::Storage(error) => error.into(),
            ExchangeError::Ended => Self::signed_out(),
            ExchangeError::Version => {
                Self::new(StatusCode::UPGRADE_REQUIRED, "version", error.to_string())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const DOCUMENT: &str = include_str!("../../../docs/protocol.md");

    /// Every problem that the code of a folder makes: code and name of the status.
    fn made(folder: &std::path::Path, into: &mut BTreeMap<String, String>) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                made(&entry.path(), into);
                continue;
            }
            let text = std::fs::read_to_string(entry.path()).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for one in code.split("::new(").skip(1) {
                let one = one.trim_start();
                let Some((status, rest)) =
                    one.strip_prefix("StatusCode::").and_then(|one| one.split_once(','))
                else {
                    continue;
                };
                let told = rest.trim_start().strip_prefix('"');
                if let Some((code, _)) = told.and_then(|told| told.split_once('"')) {
                    into.insert(code.to_owned(), status.to_owned());
                }
            }
        }
    }

    #[test]
    fn the_document_of_the_protocol_has_every_problem_with_its_status() {
        let mut all = BTreeMap::new();
        made(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http"), &mut all);
        assert!(all.len() >= 20, "{all:?}");
        let (_, section) = DOCUMENT.split_once("## 10. Problems").unwrap();
        let section = section.split("\n## ").next().unwrap();
        for (code, name) in all {
            let named = format!("`{code}`");
            let line = section.lines().find(|line| line.contains(&named));
            let line = line.unwrap_or_else(|| panic!("docs/protocol.md has no problem {code}"));
            let mut words = line.split(|one: char| !one.is_ascii_digit());
            let is_named = words.any(|word| {
                let status = word.parse().ok().and_then(|number| StatusCode::from_u16(number).ok());
                let reason = status.and_then(|status| status.canonical_reason());
                reason.is_some_and(|reason| reason.to_uppercase().replace(' ', "_") == name)
            });
            assert!(is_named, "docs/protocol.md says another status of {code} than {name}: {line}");
        }
    }
}
