//! One connection to a server: blocking, and no more of HTTP than its answers need.

use std::collections::BTreeMap;
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Longer than any answer takes under strace.
const ANSWER_MAX: Duration = Duration::from_mins(1);

/// Where an answer went: the port at this end of the connection, and how many answers went there before it.
pub(crate) type Place = (u16, usize);

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    pub(crate) place: Place,
}

/// A connection, opened when it is needed, and the cookies that were set by it.
pub(crate) struct Wire {
    port: u16,
    stream: Option<TcpStream>,
    answers: usize,
    pub(crate) cookies: BTreeMap<String, String>,
}

impl Wire {
    pub(crate) fn to(port: u16) -> Self {
        Self { port, stream: None, answers: 0, cookies: BTreeMap::new() }
    }

    /// Sends a question and waits for its answer.
    pub(crate) fn post(&mut self, path: &str, body: &[u8]) -> Result<Answer> {
        let answer = self.ask(path, body);
        if answer.is_err() {
            self.stream = None;
        }
        answer
    }

    fn ask(&mut self, path: &str, body: &[u8]) -> Result<Answer> {
        let mut stream =
            if let Some(stream) = self.stream.take() { stream } else { self.connect()? };
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost:{port}\r\norigin: http://localhost:{port}\r\n\
             content-type: application/cbor\r\ncookie: {}\r\ncontent-length: {}\r\n\r\n",
            cookies.join("; "),
            body.len(),
            port = self.port,
        );
        stream.write_all(&[head.as_bytes(), body].concat())?;
        let (status, body) = self.answer(&mut stream)?;
        let place = (stream.local_addr()?.port(), self.answers);
        self.answers += 1;
        self.stream = Some(stream);
        Ok(Answer { status, body, place })
    }

    fn connect(&mut self) -> Result<TcpStream> {
        self.answers = 0;
        let stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(ANSWER_MAX))?;
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    fn answer(&mut self, stream: &mut TcpStream) -> Result<(u16, Vec<u8>)> {
        let mut bytes = Vec::new();
        let head = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break bytes.drain(..end + 4).collect::<Vec<u8>>();
            }
            more(stream, &mut bytes)?;
        };
        let head = String::from_utf8_lossy(&head).into_owned();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| Error::from(ErrorKind::InvalidData))?;
        let mut length = 0;
        for (name, value) in head.lines().filter_map(|line| line.split_once(": ")) {
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().unwrap(),
                "set-cookie" => self.keep(value),
                "transfer-encoding" => panic!("an answer in pieces"),
                _ => {}
            }
        }
        while bytes.len() < length {
            more(stream, &mut bytes)?;
        }
        Ok((status, bytes))
    }

    fn keep(&mut self, cookie: &str) {
        let pair = cookie.split(';').next().and_then(|pair| pair.split_once('='));
        let (name, value) = pair.unwrap();
        self.cookies.insert(name.to_owned(), value.to_owned());
    }
}

fn more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Result<()> {
    let mut piece = [0; 16 << 10];
    match stream.read(&mut piece)? {
        0 => Err(ErrorKind::UnexpectedEof.into()),
        read => {
            bytes.extend_from_slice(&piece[..read]);
            Ok(())
        }
    }
}
