//! The real server in this process: its router, its sockets' logic, its files; it crashes, comes back, and is put back.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Waker};

use ankomst_core::platform::{HttpAnswer, Method};
use ankomst_server::app::App;
use ankomst_server::care::{self, Schedule};
use ankomst_server::given;
use ankomst_server::http::serve::router;
use ankomst_server::http::signed_in::signed_in;
use ankomst_server::http::way::{ByHttps, Way};
use ankomst_server::news::Hearer;
use ankomst_server::storage::sqlite::accounts::{self, UserRow};
use ankomst_server::storage::sqlite::{backup, log, units};
use ankomst_server::sync::live::Live;
use ankomst_server::sync::{Session, feed};
use ankomst_shared::app::Role;
use ankomst_shared::ids::{ChangeHash, DocumentId, UnitId, UserId};
use ankomst_shared::sync::message::{ClientFrame, ServerFrame};
use ankomst_shared::sync::wire;
use argon2::password_hash::PasswordHasher;
use argon2::{Algorithm, Argon2, Params, Version};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use tower::ServiceExt;

use crate::wire::{Question, Wire};

/// The password of everybody.
pub const PASSWORD: &str = "ett långt lösenord";
/// What browsers call the server.
pub const HOST: &str = "ankomst.example.org";

/// Where histories keep their files: memory, if there is a disk of it.
#[must_use]
pub fn scratch() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() { memory } else { std::env::temp_dir() }
}

/// People of a unit; the first of each is its supervisor. A small history has one unit.
pub const OF_UNIT: usize = 8;

/// The unit of a person.
#[must_use]
pub fn unit_of(person: usize) -> UnitId {
    let number = u8::try_from(person / OF_UNIT).unwrap();
    UnitId::new(1, [1 + number; 10])
}

/// Whether a person decides about what is held in their unit.
#[must_use]
pub const fn supervises(person: usize) -> bool {
    person.is_multiple_of(OF_UNIT)
}

/// A person's id.
#[must_use]
pub fn user(person: usize) -> UserId {
    let [a, b, ..] = u64::try_from(person).unwrap().to_le_bytes();
    UserId::new(1, [2, a, b, 0, 0, 0, 0, 0, 0, 1])
}

/// A person's login.
#[must_use]
pub fn login(person: usize) -> String {
    format!("p{person}")
}

/// What is to be sent over a socket; none closes it.
pub type Frames = Vec<Option<Vec<u8>>>;

/// The server.
pub struct Hub {
    /// While it runs.
    pub app: Option<Arc<App>>,
    router: Option<Router>,
    /// Rung when there is something to tell over sockets.
    news: Option<Hearer>,
    runtime: tokio::runtime::Runtime,
    folder: PathBuf,
    lives: BTreeMap<u64, (Live, Rc<Wire>)>,
    /// Whose the sockets are.
    pub(crate) sessions: BTreeMap<u64, Session>,
    /// What goes over sockets is looked at: somebody has lost a right.
    pub guards: bool,
    /// What went over a socket to somebody who may not read it.
    pub unscoped: Vec<String>,
    /// Everything that was in a backup that was read whole.
    pub backed: BTreeSet<ChangeHash>,
    /// Its disk was put back and nobody has noticed yet: what devices were told may not hold.
    pub is_put_back: bool,
    /// How often its log has gone back.
    pub back_count: u32,
    /// Answers of exchanges that compared documents one by one.
    pub compared: u64,
    /// Exchanges are looked into.
    pub looks: bool,
}

impl Hub {
    /// A new server for people and their units, in a folder that is there.
    #[must_use]
    pub fn begin(folder: &Path, people: usize) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut hub = Self {
            app: None,
            router: None,
            news: None,
            runtime,
            folder: folder.to_path_buf(),
            lives: BTreeMap::new(),
            sessions: BTreeMap::new(),
            guards: false,
            unscoped: Vec::new(),
            backed: BTreeSet::new(),
            is_put_back: false,
            back_count: 0,
            compared: 0,
            looks: false,
        };
        hub.start();
        let rows: Vec<UserRow> = (0..people).map(row).collect();
        let app = Arc::clone(hub.app());
        let write = app.writer.write(move |db| {
            for first in (0..people).step_by(OF_UNIT) {
                units::add(db, unit_of(first), &format!("Enhet {}", first / OF_UNIT))?;
            }
            rows.iter().try_for_each(|row| accounts::add_user(db, row))
        });
        hub.runtime.block_on(write).unwrap();
        hub
    }

    /// The running server.
    #[must_use]
    pub fn app(&self) -> &Arc<App> {
        self.app.as_ref().expect("the server runs")
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn schedule(&self) -> Schedule {
        Schedule { folder: self.folder.join("backups"), every_hours: 24, keep: 2 }
    }

    /// Starts it on its files.
    pub fn start(&mut self) {
        given::stop_after(None);
        let binary = PathBuf::from("/there/is/no/trial");
        let app = self.runtime.block_on(App::open(&self.data(), binary)).unwrap();
        ankomst_server::projector::make_whole(&app).unwrap();
        self.router = Some(router(Arc::clone(&app), None, Way { tls: true, proxy: false }));
        self.news = Some(app.news.subscribe());
        self.app = Some(app);
    }

    /// Ends it without a word; gives the sockets that were open.
    pub fn crash(&mut self) -> Vec<Rc<Wire>> {
        (self.router, self.news, self.app) = (None, None, None);
        self.sessions.clear();
        core::mem::take(&mut self.lives).into_values().map(|(_, wire)| wire).collect()
    }

    /// Whether it was cut off in the middle of something.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        given::is_stopped()
    }

    /// Answers a question; nothing while it does not run.
    pub fn answer(&mut self, question: &Question) -> Option<(HttpAnswer, Vec<(String, String)>)> {
        let router = self.router.clone()?;
        let (status, headers, body) = self.runtime.block_on(async move {
            let response = router.oneshot(request(question)).await.unwrap();
            let (parts, body) = response.into_parts();
            (parts.status, parts.headers, to_bytes(body, usize::MAX).await)
        });
        let body = body.ok()?.to_vec();
        if self.looks && status == 200 && question.path == "/api/v1/sync" {
            let answer = wire::unpack::<ankomst_shared::sync::message::ExchangeAnswer>(&body);
            self.compared += u64::from(answer.is_ok_and(|answer| answer.compared));
        }
        let set = headers.get_all(header::SET_COOKIE).iter().filter_map(|cookie| {
            let (pair, _) = cookie.to_str().ok()?.split_once(';')?;
            let (name, value) = pair.split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        });
        let problem = headers.get("x-ankomst-problem").and_then(|code| code.to_str().ok());
        let retry_s = headers.get(header::RETRY_AFTER);
        let retry_s = retry_s.and_then(|seconds| seconds.to_str().ok()?.parse().ok());
        let problem = problem.map(str::to_owned);
        let answer = HttpAnswer { status: status.as_u16(), problem, retry_s, body };
        Some((answer, set.collect()))
    }

    /// Opens a socket, if whoever asks has a session; gives the status.
    pub fn open(&mut self, question: &Question, wire: &Rc<Wire>) -> Option<u16> {
        let app = Arc::clone(self.app.as_ref()?);
        let Ok((session, _)) = signed_in(&app, &request(question)) else { return Some(401) };
        self.lives.insert(wire.id, (Live::new(app, session), Rc::clone(wire)));
        self.sessions.insert(wire.id, session);
        Some(200)
    }

    /// Hears a frame of a socket; gives what is to be sent back, none for the end.
    pub fn hear(&mut self, wire: &Rc<Wire>, frame: Option<&[u8]>) -> Frames {
        let Some((live, _)) = self.lives.get_mut(&wire.id) else { return vec![None] };
        let frame = frame.and_then(|bytes| wire::unpack::<ClientFrame>(bytes).ok());
        let Some(frame) = frame else {
            self.lives.remove(&wire.id);
            return Vec::new();
        };
        if let Ok(frames) = self.runtime.block_on(live.receive(frame)) {
            self.packed(wire.id, &frames)
        } else {
            self.lives.remove(&wire.id);
            vec![None]
        }
    }

    fn packed(&mut self, id: u64, frames: &[ServerFrame]) -> Frames {
        if self.guards {
            self.look_at_frames(id, frames);
        }
        let mut packed: Vec<_> = frames.iter().map(|frame| Some(wire::pack(frame))).collect();
        if frames.contains(&ServerFrame::Ended) {
            self.lives.remove(&id);
            packed.push(None);
        }
        packed
    }

    /// Whether the bell for what has arrived was rung.
    pub fn has_arrived(&mut self) -> bool {
        let Some(app) = &self.app else { return false };
        let rung = pin!(app.arrived.notified());
        rung.poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    /// Whether sockets are to be told something.
    pub fn has_news(&mut self) -> bool {
        let Some(news) = &mut self.news else { return false };
        news.is_new()
    }

    /// Tries what waits.
    pub fn settle(&mut self) {
        if let Some(app) = &self.app {
            // Where it cannot be tried it waits, as it does when the server stops meanwhile.
            let _waits = self.runtime.block_on(feed::settle(app));
        }
    }

    /// What there is to tell over each socket.
    pub fn news(&mut self) -> Vec<(Rc<Wire>, Frames)> {
        let mut told = Vec::new();
        let ids: Vec<u64> = self.lives.keys().copied().collect();
        for id in ids {
            let Some((live, wire)) = self.lives.get_mut(&id) else { continue };
            let wire = Rc::clone(wire);
            let Ok(frames) = live.news() else { continue };
            let packed = self.packed(id, &frames);
            if !packed.is_empty() {
                told.push((wire, packed));
            }
        }
        told
    }

    /// Runs something of the server to its end.
    pub fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Makes a backup and reads it whole; tells whether it is good.
    pub fn back_up(&mut self) -> bool {
        let Some(app) = self.app.clone() else { return false };
        if self.run(care::one(&app, &self.schedule())).is_err() {
            return false;
        }
        let chunks = app.readers.read(log::all_chunks).unwrap();
        self.backed.extend(chunks.into_iter().map(|chunk| chunk.hash));
        true
    }

    /// Restores the newest backup, as the manual says.
    pub fn restore(&mut self) -> bool {
        let backups = self.schedule().folder;
        let Ok(files) = std::fs::read_dir(backups) else { return false };
        let mut files: Vec<PathBuf> = files.flatten().map(|file| file.path()).collect();
        files.retain(|file| file.extension().is_some_and(|end| end == "db"));
        files.sort();
        let Some(newest) = files.pop() else { return false };
        let master = std::fs::read(self.data().join("master.key")).unwrap().try_into().unwrap();
        backup::restore(&newest, &self.data(), master, given::now_ms()).unwrap();
        self.goes_back(true);
        true
    }

    /// Copies its files aside; it must not run.
    pub fn copy_aside(&self) {
        copy(&self.data(), &self.folder.join("aside"));
    }

    /// Puts the copied files back, if there are any; it must not run.
    pub fn put_back(&mut self) -> bool {
        let aside = self.folder.join("aside");
        if !aside.is_dir() {
            return false;
        }
        copy(&aside, &self.data());
        std::fs::remove_dir_all(aside).unwrap();
        self.goes_back(false);
        true
    }

    /// Forgets the copied files.
    pub fn forget_aside(&self) {
        let aside = self.folder.join("aside");
        if aside.is_dir() {
            std::fs::remove_dir_all(aside).unwrap();
        }
    }

    /// Whether a change is in the log, in whatever state.
    #[must_use]
    pub fn has(&self, document: DocumentId, hash: ChangeHash) -> bool {
        let found = self.app().readers.read(|db| log::chunk_of(db, document, hash));
        found.unwrap().is_some() || self.known_as(document, hash)
    }

    /// Whether a change is there under the name it was given when it was carried over.
    fn known_as(&self, document: DocumentId, hash: ChangeHash) -> bool {
        let chunks = self.app().readers.read(|db| log::line_of(db, document)).unwrap();
        chunks.iter().any(|chunk| chunk.was == Some(hash))
    }
}

fn request(question: &Question) -> Request<Body> {
    let method = match question.method {
        Method::Post => "POST",
        Method::Delete => "DELETE",
    };
    let cookies: Vec<String> =
        question.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    Request::builder()
        .method(method)
        .uri(&question.path)
        .header(header::HOST, HOST)
        .header(header::ORIGIN, format!("https://{HOST}"))
        .header(header::COOKIE, cookies.join("; "))
        .extension(ByHttps(true))
        .body(Body::from(question.body.clone()))
        .unwrap()
}

/// A person's account.
#[must_use]
pub fn row(person: usize) -> UserRow {
    let params = Params::new(8, 1, 1, None).unwrap();
    let light = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let salt = *b"of a simulation.";
    let password = light.hash_password_with_salt(PASSWORD.as_bytes(), &salt).unwrap().to_string();
    let roles = if supervises(person) {
        vec![Role::Caseworker, Role::Supervisor]
    } else {
        vec![Role::Caseworker]
    };
    UserRow {
        id: user(person),
        login: login(person),
        name: format!("Namn {person}"),
        password,
        roles,
        unit: unit_of(person),
        active: true,
    }
}

/// Copies the files of a folder into one that holds nothing else.
pub(crate) fn copy(from: &Path, to: &Path) {
    if to.is_dir() {
        std::fs::remove_dir_all(to).unwrap();
    }
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        if entry.path().is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}
