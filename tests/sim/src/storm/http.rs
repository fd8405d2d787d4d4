//! Requests over a connection that may break, stall or be used once more; and sockets.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Result};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{WebSocketStream, client_async};
use turmoil::net::TcpStream;

use crate::hub::HOST;

/// Where the server listens.
pub const PORT: u16 = 443;
/// An answer that takes longer is given up.
const WAITS: Duration = Duration::from_secs(40);

/// Cookies.
pub type Jar = BTreeMap<String, String>;

/// An answer.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Body.
    pub body: Vec<u8>,
    /// Cookies it sets.
    pub set: Vec<(String, String)>,
}

/// A connection.
pub struct Line {
    stream: TcpStream,
    read: Vec<u8>,
}

/// What a request is on the wire.
#[must_use]
pub fn request(method: &str, path: &str, jar: &Jar, body: &[u8]) -> Vec<u8> {
    let cookies: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {HOST}\r\norigin: https://{HOST}\r\ncookie: {}\r\n\
         content-length: {}\r\n\r\n",
        cookies.join("; "),
        body.len()
    );
    [head.as_bytes(), body].concat()
}

impl Line {
    /// Connects.
    ///
    /// # Errors
    /// When nobody answers.
    pub async fn open() -> Result<Self> {
        let stream = timeout(WAITS, TcpStream::connect(("server", PORT))).await.map_err(late)??;
        Ok(Self { stream, read: Vec::new() })
    }

    /// Sends bytes, in pieces as they go out of a browser.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        for piece in bytes.chunks(16 * 1024) {
            self.stream.write_all(piece).await?;
        }
        Ok(())
    }

    /// Says that nothing more will be sent.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn half_close(&mut self) -> Result<()> {
        self.stream.shutdown().await
    }

    /// Asks and waits for the answer.
    ///
    /// # Errors
    /// When the connection goes or the answer takes too long.
    pub async fn ask(&mut self, request: &[u8]) -> Result<Answer> {
        timeout(WAITS, async {
            self.send(request).await?;
            self.answer().await
        })
        .await
        .map_err(late)?
    }

    /// Reads an answer.
    ///
    /// # Errors
    /// When the connection goes, or it is no answer.
    pub async fn answer(&mut self) -> Result<Answer> {
        let head = loop {
            if let Some(at) = find(&self.read, b"\r\n\r\n") {
                break self.take(at + 4);
            }
            self.more().await?;
        };
        let head = String::from_utf8(head).map_err(|_| strange("a head that is no text"))?;
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
        let status = status.ok_or_else(|| strange("no status"))?;
        let mut answer = Answer { status, ..Answer::default() };
        let (mut length, mut is_chunked) = (0, false);
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().map_err(|_| strange("a length"))?,
                "transfer-encoding" => is_chunked = value == "chunked",
                "set-cookie" => {
                    let pair = value.split(';').next().and_then(|pair| pair.split_once('='));
                    answer.set.extend(pair.map(|(n, v)| (n.to_owned(), v.to_owned())));
                }
                _ => {}
            }
        }
        answer.body = if is_chunked { self.chunks().await? } else { self.exactly(length).await? };
        Ok(answer)
    }

    async fn chunks(&mut self) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let at = loop {
                if let Some(at) = find(&self.read, b"\r\n") {
                    break at;
                }
                self.more().await?;
            };
            let size = self.take(at + 2);
            let size = std::str::from_utf8(&size)
                .ok()
                .and_then(|text| usize::from_str_radix(text.trim(), 16).ok());
            let size = size.ok_or_else(|| strange("the size of a piece"))?;
            let piece = self.exactly(size + 2).await?;
            if size == 0 {
                return Ok(body);
            }
            body.extend_from_slice(&piece[..size]);
        }
    }

    async fn exactly(&mut self, length: usize) -> Result<Vec<u8>> {
        while self.read.len() < length {
            self.more().await?;
        }
        Ok(self.take(length))
    }

    async fn more(&mut self) -> Result<()> {
        let mut piece = vec![0; 16 * 1024];
        let count = self.stream.read(&mut piece).await?;
        if count == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        self.read.extend_from_slice(&piece[..count]);
        Ok(())
    }

    fn take(&mut self, length: usize) -> Vec<u8> {
        let rest = self.read.split_off(length);
        core::mem::replace(&mut self.read, rest)
    }
}

/// A socket.
pub type Socket = WebSocketStream<TcpStream>;

/// Opens the live socket.
///
/// # Errors
/// With the status it was refused with, or 0.
pub async fn socket(jar: &Jar) -> core::result::Result<Socket, u16> {
    use tokio_tungstenite::tungstenite::Error::Http;
    let line = Line::open().await.map_err(|_| 0_u16)?;
    let mut request =
        format!("ws://{HOST}/api/v1/live").into_client_request().map_err(|_| 0_u16)?;
    let cookies: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let headers = request.headers_mut();
    for (name, value) in [("origin", format!("https://{HOST}")), ("cookie", cookies.join("; "))] {
        headers.insert(name, HeaderValue::from_str(&value).map_err(|_| 0_u16)?);
    }
    match timeout(WAITS, client_async(request, line.stream)).await {
        Ok(Ok((socket, _))) => Ok(socket),
        Ok(Err(Http(answer))) => Err(answer.status().as_u16()),
        Ok(Err(_)) | Err(_) => Err(0),
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

fn late<E>(_: E) -> Error {
    ErrorKind::TimedOut.into()
}

fn strange(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, what.to_owned())
}
