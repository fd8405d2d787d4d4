//! HTTP by `reqwest` and the live socket by `tokio-tungstenite`, cookies kept by hand.
//!
//! The server's cookies are `Secure`; browsers accept that on loopback without TLS, cookie jars of
//! libraries do not. So the two cookies are read and sent as they are, and kept beside the store so
//! that the next run of the tablet goes on in the same session.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use ankomst_core::mailbox::Mailbox;
use ankomst_core::platform::{HttpAnswer, Method, Socket, Transport, TransportError};
use futures_util::{SinkExt, StreamExt};
use tokio_rustls::rustls::ClientConfig;
use tokio_tungstenite::Connector;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;

use super::heard::Heard;
use crate::kit::certificate::trusting;

type Cookies = BTreeMap<String, String>;

/// Reaches one server.
#[derive(Debug)]
pub struct HttpTransport {
    client: reqwest::Client,
    trust: Option<Arc<ClientConfig>>,
    server: Arc<str>,
    jar: Rc<Jar>,
    counts: Rc<RefCell<Traffic>>,
    heard: Rc<RefCell<Heard>>,
    bend: Rc<RefCell<Bend>>,
}

/// Makes another body of one that goes to an address.
pub type Asks = fn(&str, &[u8]) -> Vec<u8>;
/// Makes another body of one that comes.
pub type Hears = fn(&[u8]) -> Vec<u8>;

/// What is done to bodies on their way, for programs of another age; nothing if not said.
#[derive(Debug, Default, Clone, Copy)]
pub struct Bend {
    /// To what is asked, of which address.
    pub asks: Option<Asks>,
    /// To what is answered.
    pub hears: Option<Hears>,
}

impl Bend {
    fn asked(self, path: &str, body: Vec<u8>) -> Vec<u8> {
        match self.asks {
            Some(bend) if !body.is_empty() => bend(path, &body),
            _ => body,
        }
    }

    fn heard(self, body: Vec<u8>) -> Vec<u8> {
        match self.hears {
            Some(bend) if !body.is_empty() => bend(&body),
            _ => body,
        }
    }
}

/// What went over the wire.
#[derive(Debug, Default, Clone, Copy)]
pub struct Traffic {
    /// Requests and socket messages sent.
    pub messages: u64,
    /// Bytes of bodies and messages sent.
    pub sent_bytes: u64,
    /// Bytes of bodies and messages received.
    pub received_bytes: u64,
}

#[derive(Debug)]
struct Jar {
    cookies: RefCell<Cookies>,
    file: PathBuf,
}

impl HttpTransport {
    /// Makes a transport to a server such as `http://localhost:8080`; cookies are kept in a file.
    /// Of `https` addresses, those are reached whose certificate `trust` accepts.
    #[must_use]
    pub fn new(server: &str, cookies: PathBuf, trust: Option<Arc<ClientConfig>>) -> Self {
        let kept = std::fs::read_to_string(&cookies).unwrap_or_default();
        let kept = kept
            .lines()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        Self {
            client: client(trust.as_deref()),
            trust,
            server: server.trim_end_matches('/').into(),
            jar: Rc::new(Jar { cookies: RefCell::new(kept), file: cookies }),
            counts: Rc::default(),
            heard: Rc::default(),
            bend: Rc::default(),
        }
    }

    /// Gives what is done to bodies on their way; it may be changed.
    #[must_use]
    pub fn bend(&self) -> Rc<RefCell<Bend>> {
        Rc::clone(&self.bend)
    }

    /// Gives the notes of what was said; they go on being written.
    #[must_use]
    pub fn heard(&self) -> Rc<RefCell<Heard>> {
        Rc::clone(&self.heard)
    }

    /// The cookies as a header says them.
    #[must_use]
    pub fn cookies(&self) -> String {
        self.jar.header()
    }

    /// Gives the counts of what went over the wire; they go on counting.
    #[must_use]
    pub fn traffic(&self) -> Rc<RefCell<Traffic>> {
        Rc::clone(&self.counts)
    }
}

/// A client; without trust it reaches `http` addresses only.
fn client(trust: Option<&ClientConfig>) -> reqwest::Client {
    // A connection that has rested may be of a server that was started anew since; a browser tries again then.
    let builder = reqwest::Client::builder().pool_idle_timeout(core::time::Duration::from_secs(1));
    let config = trust.cloned().unwrap_or_else(|| (*trusting(&[])).clone());
    builder.tls_backend_preconfigured(config).build().unwrap()
}

impl Jar {
    fn header(&self) -> String {
        let cookies = self.cookies.borrow();
        let pairs: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    fn take(&self, headers: &reqwest::header::HeaderMap) {
        let mut cookies = self.cookies.borrow_mut();
        for line in headers.get_all("set-cookie").iter().filter_map(|line| line.to_str().ok()) {
            let mut parts = line.split(';').map(str::trim);
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
                continue;
            };
            let ended =
                value.is_empty() || parts.any(|part| part.eq_ignore_ascii_case("max-age=0"));
            if ended {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let lines: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        // A session that cannot be kept only means a new sign-in at the next run.
        drop(std::fs::write(&self.file, lines.join("\n")));
    }
}

impl Transport for HttpTransport {
    type Socket = LiveSocket;

    fn send(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
    ) -> impl Future<Output = Result<HttpAnswer, TransportError>> + 'static {
        let method = match method {
            Method::Post => reqwest::Method::POST,
            Method::Delete => reqwest::Method::DELETE,
        };
        let (jar, counts) = (Rc::clone(&self.jar), Rc::clone(&self.counts));
        let question = (path == "/api/v1/sync").then(|| (body.clone(), Rc::clone(&self.heard)));
        count(&counts, body.len(), 0);
        // Pages of the desk are no messages of the protocol.
        let is_message = !path.starts_with("/api/v1/desk");
        let bend = if is_message { *self.bend.borrow() } else { Bend::default() };
        let body = bend.asked(path, body);
        let request = self
            .client
            .request(method, format!("{}{path}", self.server))
            .header("content-type", "application/cbor")
            .header("origin", &*self.server)
            .header("cookie", jar.header())
            .body(body);
        async move {
            let answer = request.send().await.map_err(|error| failed(&error))?;
            jar.take(answer.headers());
            let status = answer.status().as_u16();
            let problem = answer.headers().get("x-ankomst-problem");
            let problem = problem.and_then(|code| code.to_str().ok()).map(str::to_owned);
            let retry_s = answer.headers().get("retry-after");
            let retry_s = retry_s.and_then(|seconds| seconds.to_str().ok()?.parse().ok());
            let body = answer.bytes().await.map_err(|error| failed(&error))?.to_vec();
            let body = if status == 200 { bend.heard(body) } else { body };
            count(&counts, 0, body.len());
            if let Some((question, heard)) = question {
                heard.borrow_mut().answered(&question, status, &body);
            }
            Ok(HttpAnswer { status, problem, retry_s, body })
        }
    }

    fn connect(
        &self,
        path: &str,
    ) -> impl Future<Output = Result<LiveSocket, TransportError>> + 'static {
        let address = format!("{}{path}", self.server.replacen("http", "ws", 1));
        let (cookie, origin) = (self.jar.header(), self.server.to_string());
        let (counts, heard) = (Rc::clone(&self.counts), Rc::clone(&self.heard));
        let bend = *self.bend.borrow();
        let connector = self.trust.clone().map(Connector::Rustls);
        async move {
            let mut request = address.into_client_request().map_err(|error| failed(&error))?;
            let headers = request.headers_mut();
            headers.insert("cookie", HeaderValue::from_str(&cookie).map_err(|e| failed(&e))?);
            headers.insert("origin", HeaderValue::from_str(&origin).map_err(|e| failed(&e))?);
            let opened =
                tokio_tungstenite::connect_async_tls_with_config(request, None, false, connector);
            let (stream, _) = opened.await.map_err(|error| failed(&error))?;
            Ok(LiveSocket::start(stream, counts, (heard, bend)))
        }
    }
}

fn failed(error: &dyn std::error::Error) -> TransportError {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = format!("{text}: {inner}");
        source = inner.source();
    }
    TransportError(text)
}

fn count(counts: &RefCell<Traffic>, sent: usize, received: usize) {
    let mut counts = counts.borrow_mut();
    counts.messages += u64::from(sent > 0);
    counts.sent_bytes += u64::try_from(sent).unwrap_or_default();
    counts.received_bytes += u64::try_from(received).unwrap_or_default();
}

/// The live socket: two tasks on this thread, one for each way.
#[derive(Debug, Clone)]
pub struct LiveSocket {
    incoming: Mailbox<Vec<u8>>,
    outgoing: Mailbox<Vec<u8>>,
    counts: Rc<RefCell<Traffic>>,
}

type Stream =
    tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

impl LiveSocket {
    fn start(
        stream: Stream,
        counts: Rc<RefCell<Traffic>>,
        (heard, bend): (Rc<RefCell<Heard>>, Bend),
    ) -> Self {
        let socket = Self { incoming: Mailbox::default(), outgoing: Mailbox::default(), counts };
        let (mut sink, mut messages) = stream.split();
        let (reader, writer) = (socket.clone(), socket.clone());
        tokio::task::spawn_local(async move {
            while let Some(message) = writer.outgoing.next().await {
                let message = bend.asked("/api/v1/live", message);
                if sink.send(Message::Binary(message.into())).await.is_err() {
                    break;
                }
            }
            drop(sink.close().await);
            writer.incoming.close();
        });
        tokio::task::spawn_local(async move {
            while let Some(Ok(message)) = messages.next().await {
                match message {
                    Message::Binary(bytes) => {
                        count(&reader.counts, 0, bytes.len());
                        heard.borrow_mut().frame(&bytes);
                        reader.incoming.put(bend.heard(bytes.to_vec()));
                    }
                    Message::Close(_) => break,
                    _ => {}
                }
            }
            reader.incoming.close();
        });
        socket
    }
}

impl Socket for LiveSocket {
    fn send(&self, message: Vec<u8>) -> Result<(), TransportError> {
        if self.incoming.is_closed() {
            return Err(TransportError("the live socket is closed".to_owned()));
        }
        count(&self.counts, message.len(), 0);
        self.outgoing.put(message);
        Ok(())
    }

    fn receive(&self) -> impl Future<Output = Option<Vec<u8>>> + 'static {
        self.incoming.next()
    }

    fn close(&self) {
        self.outgoing.close();
        self.incoming.close();
    }
}
