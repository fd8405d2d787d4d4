//! A device that speaks the protocol without the core: for saying what the core never says.

use std::path::Path;

use ankomst_core::platform::{HttpAnswer, Method, Socket, Transport, TransportError};
use ankomst_shared::app::{Language, PAGE_FORM};
use ankomst_shared::document::{Authoring, Chunk};
use ankomst_shared::ids::{ActorId, ChangeHash, DocumentId, Epoch};
use ankomst_shared::packed::to_bytes;
use ankomst_shared::sign::{AuthorEnvelope, Header, Manifest, SigningKey};
use ankomst_shared::sync::bundle::{self, Content};
use ankomst_shared::sync::message::{
    ClientFrame, EnrolRequest, Exchange, ExchangeAnswer, Hello, PROTOCOL_VERSION, Push, PushPart,
    SignInAnswer,
};
use ankomst_shared::sync::{Position, wire};
use ankomst_shared::value::Value;

use super::transport::{HttpTransport, LiveSocket};

/// An enrolled device.
pub struct RawDevice {
    transport: HttpTransport,
    key: SigningKey,
    /// What the server said when it was enrolled.
    pub me: SignInAnswer,
}

impl RawDevice {
    /// Enrols a device; its session is kept in the folder.
    pub async fn enrol(server: &str, folder: &Path, (login, password): (&str, &str)) -> Self {
        let transport = HttpTransport::new(server, folder.join("raw-cookies"), None);
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).unwrap();
        let key = SigningKey::from_seed(seed);
        let question = EnrolRequest {
            login: login.to_owned(),
            password: password.to_owned(),
            device_name: "Rå enhet".to_owned(),
            key: *key.public().as_bytes(),
            passkey: None,
        };
        let answer = transport.send(Method::Post, "/api/v1/devices", wire::pack(&question)).await;
        let answer = answer.unwrap();
        assert_eq!(answer.status, 200, "{:?}", answer.problem);
        let me = wire::unpack(&answer.body).unwrap();
        Self { transport, key, me }
    }

    /// A signed header of a new document.
    #[must_use]
    pub fn header(&self, document: DocumentId, kind: &str) -> Vec<u8> {
        self.header_of(document, kind).sign(&self.key)
    }

    /// A signed header of a new run at a house or in a case.
    #[must_use]
    pub fn run_header(
        &self,
        document: DocumentId,
        parent: DocumentId,
        (checklist, version): (&str, u32),
    ) -> Vec<u8> {
        let template = Some((checklist.to_owned(), version));
        let header = self.header_of(document, "run");
        Header { parent: Some(parent), template, ..header }.sign(&self.key)
    }

    /// A signed header of the one document of a kind that goes with another.
    #[must_use]
    pub fn companion_header(&self, document: DocumentId, kind: &str, of: DocumentId) -> Vec<u8> {
        Header { parent: Some(of), ..self.header_of(document, kind) }.sign(&self.key)
    }

    fn header_of(&self, document: DocumentId, kind: &str) -> Header {
        Header {
            document,
            kind: kind.to_owned(),
            parent: None,
            unit: *self.me.me.units.first().unwrap(),
            protection: 0,
            user: self.me.me.user,
            device: self.me.device,
            created_ms: now_ms(),
            template: None,
        }
    }

    /// Who writes, for the changes of this device.
    #[must_use]
    pub fn by(&self) -> Authoring {
        Authoring {
            device: self.me.device,
            user: self.me.me.user,
            now_ms: now_ms(),
            clock_offset_s: None,
            review_heads: Vec::new(),
        }
    }

    /// A part of a push with one change of an actor.
    #[must_use]
    pub fn part(
        &self,
        document: DocumentId,
        actor: ActorId,
        (last, bytes): (ChangeHash, Vec<u8>),
    ) -> PushPart {
        let (user, device) = (self.me.me.user, self.me.device);
        let envelope = AuthorEnvelope { document, actor, user, device, opened_ms: now_ms(), last };
        let envelope = envelope.sign(&self.key).into();
        PushPart { document, envelope, chunks: vec![bytes.into()], enrolment: None }
    }

    /// A part of a push with changes that an actor wrote one after the other.
    ///
    /// # Panics
    /// When there are none.
    #[must_use]
    pub fn run_of(
        &self,
        document: DocumentId,
        actor: ActorId,
        changes: Vec<(ChangeHash, Vec<u8>)>,
    ) -> PushPart {
        let (last, _) = changes.last().unwrap();
        let part = self.part(document, actor, (*last, Vec::new()));
        PushPart { chunks: changes.into_iter().map(|(_, bytes)| bytes.into()).collect(), ..part }
    }

    /// A file for another tablet that holds just that.
    ///
    /// # Panics
    /// When it cannot be sealed.
    #[must_use]
    pub fn bundle(&self, salt: &[u8; 32], content: &Content) -> Vec<u8> {
        let (device, user) = (self.me.device, self.me.me.user);
        let manifest = Manifest { device, user, at_ms: now_ms(), sum: [0; 32] };
        let keys = (self.me.server_key, self.me.deposit_key);
        bundle::write((&keys, salt), (&self.key, &self.me.enrolment), manifest, content).unwrap()
    }

    /// Opens a live socket and says where the device stands.
    ///
    /// # Errors
    /// When the server does not let it.
    pub async fn attach(
        &self,
        (epoch, cursor): (Epoch, Position),
    ) -> Result<LiveSocket, TransportError> {
        let socket = self.connect().await?;
        let (device, arrived) = (self.me.device, Position::default());
        socket.send(wire::pack(&ClientFrame::Attach { device, epoch, cursor, arrived }))?;
        Ok(socket)
    }

    /// Sends any request with the device's cookies.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn send(&self, path: &str, body: Vec<u8>) -> Result<HttpAnswer, TransportError> {
        self.transport.send(Method::Post, path, body).await
    }

    /// A device that others enrolled: it has no session yet.
    #[must_use]
    pub fn of(server: &str, folder: &Path, me: SignInAnswer) -> Self {
        let transport = HttpTransport::new(server, folder.join("raw-cookies"), None);
        Self { transport, key: SigningKey::from_seed([0; 32]), me }
    }

    /// Opens the live socket.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn connect(&self) -> Result<LiveSocket, TransportError> {
        self.transport.connect("/api/v1/live").await
    }

    /// Does what a place of administration offers, and says how that was answered.
    pub async fn administers(&self, act: &str) -> HttpAnswer {
        self.administers_with(act, &[]).await
    }

    /// As [`Self::administers`], with answers to its questions.
    pub async fn administers_with(&self, act: &str, answers: &[(&str, &str)]) -> HttpAnswer {
        let what = ("/administration".to_owned(), act.to_owned());
        let answers: Vec<(String, Value)> =
            answers.iter().map(|(id, value)| ((*id).to_owned(), Value::text(*value))).collect();
        let body = to_bytes(&(PAGE_FORM, to_bytes(&(what, (Language::En, answers)))));
        self.send("/api/v1/desk/act", body).await.unwrap()
    }

    /// Asks for a page in a form of no release.
    pub async fn other_build(&self) -> HttpAnswer {
        let body = to_bytes(&(PAGE_FORM + 1, Vec::<u8>::new()));
        self.send("/api/v1/desk/page", body).await.unwrap()
    }

    /// The body of an exchange in which the device brings nothing and knows nothing yet.
    #[must_use]
    pub fn question(&self) -> Vec<u8> {
        let nowhere = Position::default();
        let hello = self.hello((None, nowhere, nowhere));
        wire::pack(&Exchange {
            hello,
            push: Push::default(),
            deposits: Vec::new(),
            looks: None,
            gone: None,
        })
    }

    /// The body of an exchange that brings something.
    #[must_use]
    pub fn pushing(&self, parts: Vec<PushPart>) -> Vec<u8> {
        let nowhere = Position::default();
        let (hello, push) = (self.hello((None, nowhere, nowhere)), Push { parts });
        wire::pack(&Exchange { hello, push, deposits: Vec::new(), looks: None, gone: None })
    }

    /// The body of an exchange in which the device wants, lacks and doubts these.
    #[must_use]
    pub fn asking(&self, ids: &[DocumentId]) -> Vec<u8> {
        let nowhere = Position::default();
        let (wants, heal, unsure) = (ids.to_vec(), ids.to_vec(), ids.to_vec());
        let hello = Hello { wants, heal, unsure, ..self.hello((None, nowhere, nowhere)) };
        wire::pack(&Exchange {
            hello,
            push: Push::default(),
            deposits: Vec::new(),
            looks: None,
            gone: None,
        })
    }

    /// The device's cookies as a header says them.
    #[must_use]
    pub fn cookies(&self) -> String {
        self.transport.cookies()
    }

    /// One exchange in which the device wants houses and documents whole.
    pub async fn asks_for(&self, wants: Vec<DocumentId>, heal: Vec<DocumentId>) -> ExchangeAnswer {
        let nowhere = Position::default();
        let hello = Hello { wants, heal, ..self.hello((None, nowhere, nowhere)) };
        let question = Exchange {
            hello,
            push: Push::default(),
            deposits: Vec::new(),
            looks: None,
            gone: None,
        };
        let answer = self.send("/api/v1/sync", wire::pack(&question)).await.unwrap();
        assert_eq!(answer.status, 200, "{:?}", answer.problem);
        wire::unpack(&answer.body).unwrap()
    }

    /// Greets in a version of no release.
    pub async fn other_version(&self) -> HttpAnswer {
        let nowhere = Position::default();
        let mut hello = self.hello((None, nowhere, nowhere));
        (hello.version_min, hello.version_max) = (PROTOCOL_VERSION + 7, PROTOCOL_VERSION + 7);
        let question = Exchange {
            hello,
            push: Push::default(),
            deposits: Vec::new(),
            looks: None,
            gone: None,
        };
        self.send("/api/v1/sync", wire::pack(&question)).await.unwrap()
    }

    /// What a place of administration shows, in the form it comes in.
    pub async fn visits(&self, place: &str) -> HttpAnswer {
        self.tries_to_visit(place).await.unwrap()
    }

    /// As [`Self::visits`], where the server may hang up.
    ///
    /// # Errors
    /// When it does.
    pub async fn tries_to_visit(&self, place: &str) -> Result<HttpAnswer, TransportError> {
        let question = to_bytes(&(place.to_owned(), Language::En));
        self.send("/api/v1/desk/page", to_bytes(&(PAGE_FORM, question))).await
    }

    /// One exchange of a device that knows nothing yet.
    pub async fn exchange(&self, parts: Vec<PushPart>) -> ExchangeAnswer {
        let nowhere = Position::default();
        self.ask((None, nowhere, nowhere), parts).await
    }

    /// One exchange of a device that says where it stands.
    pub async fn claim(
        &self,
        epoch: Option<Epoch>,
        cursor: Position,
        high: Position,
    ) -> ExchangeAnswer {
        self.ask((epoch, cursor, high), Vec::new()).await
    }

    /// One exchange of a device that says where it stands and brings something.
    pub async fn ask(
        &self,
        place: (Option<Epoch>, Position, Position),
        parts: Vec<PushPart>,
    ) -> ExchangeAnswer {
        self.try_ask(place, parts).await.unwrap()
    }

    /// The same; `None` when the server has no place for it now.
    pub async fn try_ask(
        &self,
        place: (Option<Epoch>, Position, Position),
        parts: Vec<PushPart>,
    ) -> Option<ExchangeAnswer> {
        let (hello, push) = (self.hello(place), Push { parts });
        let question = Exchange { hello, push, deposits: Vec::new(), looks: None, gone: None };
        let answer = self.send("/api/v1/sync", wire::pack(&question)).await.unwrap();
        if answer.status == 503 {
            return None;
        }
        assert_eq!(answer.status, 200, "{:?}", answer.problem);
        Some(wire::unpack(&answer.body).unwrap())
    }

    fn hello(&self, (epoch, cursor, high): (Option<Epoch>, Position, Position)) -> Hello {
        Hello { epoch, cursor, high, ..Hello::first(self.me.device, "raw".to_owned()) }
    }
}

/// A change's hash and bytes.
#[must_use]
pub fn sent(chunk: &Chunk) -> (ChangeHash, Vec<u8>) {
    (chunk.hash, chunk.bytes.clone())
}

/// The machine's clock, Unix milliseconds.
#[must_use]
pub fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}
