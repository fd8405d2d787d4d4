//! A server without a network: requests go straight into the router.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use ankomst_server::accounts::password;
use ankomst_server::app::App;
use ankomst_server::http::serve::router;
use ankomst_server::http::way::Way;
use ankomst_server::storage::sqlite::accounts::{self, UserRow};
use ankomst_server::storage::sqlite::units;
use ankomst_shared::app::Role;
use ankomst_shared::ids::{DeviceId, UnitId, UserId};
use ankomst_shared::sign::SigningKey;
use ankomst_shared::sync::message::{EnrolRequest, RefreshRequest, SignInAnswer, refresh_proof};
use ankomst_shared::sync::wire;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use tempfile::TempDir;
use tower::ServiceExt;

pub(crate) const PASSWORD: &str = "ett långt lösenord";
pub(crate) const TLS: Way = Way { tls: true, proxy: false };
pub(crate) const HOST: &str = "ankomst.example.org";

/// A running server and its folder.
pub(crate) struct Door {
    pub(crate) app: Arc<App>,
    pub(crate) folder: TempDir,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Runs a command on a data folder, with none of our settings; tells whether it went well and what it said.
pub(crate) fn ankomst(folder: &Path, command: &[&str]) -> (bool, String) {
    let mut run = Command::new(env!("CARGO_BIN_EXE_ankomst"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("ANKOMST_") {
            run.env_remove(name);
        }
    }
    let out = run.args(command).arg("--data").arg(folder).output().unwrap();
    (out.status.success(), String::from_utf8([out.stdout, out.stderr].concat()).unwrap())
}

/// A browser: an origin, cookies, a device key.
#[derive(Clone)]
pub(crate) struct Browser {
    pub(crate) origin: Option<String>,
    pub(crate) cookies: BTreeMap<String, String>,
    pub(crate) key: SigningKey,
    pub(crate) device: Option<DeviceId>,
    pub(crate) enrolment: Option<ByteVec>,
}

impl Door {
    pub(crate) async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let binary = PathBuf::from(env!("CARGO_BIN_EXE_ankomst"));
        let app = App::open(&folder.path().join("data"), binary).await.unwrap();
        Self { app, folder }
    }

    /// A server with one account; each test has a login of its own since attempts are counted.
    pub(crate) async fn with(login: &str) -> Self {
        let door = Self::open().await;
        let unit = UnitId::new(1, [1; 10]);
        let user = UserRow {
            id: UserId::new(1, [2; 10]),
            login: login.to_owned(),
            name: "Namn".to_owned(),
            password: password::hash(PASSWORD).unwrap(),
            roles: vec![Role::Caseworker],
            unit,
            active: true,
        };
        let write = door.app.writer.write(move |db| {
            units::add(db, unit, "Enheten")?;
            accounts::add_user(db, &user)
        });
        write.await.unwrap();
        door
    }

    /// The folder the app's files are served from.
    pub(crate) fn files(&self) -> PathBuf {
        self.folder.path().join("app")
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        self.send_by(TLS, request).await
    }

    pub(crate) async fn send_by(&self, way: Way, request: Request<Body>) -> Answer {
        let router = router(Arc::clone(&self.app), Some(self.files()), way);
        let response = router.oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn get(&self, path: &str, encoding: &str) -> Answer {
        let request = Request::get(path)
            .header(header::HOST, HOST)
            .header(header::ACCEPT_ENCODING, encoding)
            .body(Body::empty());
        self.send(request.unwrap()).await
    }
}

impl Answer {
    pub(crate) fn problem(&self) -> &str {
        self.header("x-ankomst-problem")
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn read<T: for<'b> Decode<'b, ()>>(&self) -> T {
        assert_eq!(self.status, StatusCode::OK, "{}", String::from_utf8_lossy(&self.body));
        wire::unpack(&self.body).unwrap()
    }
}

impl Browser {
    pub(crate) fn new(seed: u8) -> Self {
        Self {
            origin: Some(format!("https://{HOST}")),
            cookies: BTreeMap::new(),
            key: SigningKey::from_seed([seed; 32]),
            device: None,
            enrolment: None,
        }
    }

    pub(crate) async fn call(
        &mut self,
        door: &Door,
        (method, path): (Method, &str),
        body: Vec<u8>,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, HOST);
        if let Some(origin) = &self.origin {
            request = request.header(header::ORIGIN, origin);
        }
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            request = request.header(header::COOKIE, cookies.join("; "));
        }
        let answer = door.send(request.body(Body::from(body)).unwrap()).await;
        for cookie in answer.headers.get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        answer
    }

    pub(crate) async fn post<T: Encode<()>>(
        &mut self,
        door: &Door,
        path: &str,
        message: &T,
    ) -> Answer {
        self.call(door, (Method::POST, path), wire::pack(message)).await
    }

    pub(crate) async fn enrol(&mut self, door: &Door, login: &str, password: &str) -> Answer {
        let request = EnrolRequest {
            login: login.to_owned(),
            password: password.to_owned(),
            device_name: "Surfplatta".to_owned(),
            key: *self.key.public().as_bytes(),
            passkey: None,
        };
        let answer = self.post(door, "/api/v1/devices", &request).await;
        if answer.status == StatusCode::OK {
            let SignInAnswer { device, enrolment, .. } = answer.read();
            (self.device, self.enrolment) = (Some(device), Some(enrolment));
        }
        answer
    }

    pub(crate) async fn refresh(&mut self, door: &Door) -> Answer {
        let device = self.device.unwrap();
        let at_ms = door.app.now_ms();
        let signature = self.key.sign("ankomst/refresh/1", &refresh_proof(device, at_ms));
        let request = RefreshRequest { device, at_ms, signature: signature.to_vec().into() };
        self.post(door, "/api/v1/session/refresh", &request).await
    }
}
