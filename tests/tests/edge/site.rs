//! A web site that defends nothing: it answers everybody, lets everybody read, embed and frame it. Attacks start from
//! one, and are held against another to see that they are attacks.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

const PAGE: &str = "<!doctype html><meta charset=utf-8><title>open</title><p id=open>open</p>\
                    <script>(opener ?? parent).postMessage('open', '*')</script>";
const PICTURE: &str = "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>";

/// A running site.
pub(crate) struct Site {
    port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// A request that came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Method and path.
    pub(crate) line: String,
    /// Its cookies.
    pub(crate) cookies: String,
    /// What it brought.
    pub(crate) body: Vec<u8>,
}

impl Site {
    /// Starts a site on a port of its own; it ends with the test.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::default();
        let notes = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let notes = Arc::clone(&notes);
                std::thread::spawn(move || drop(answer(&stream, &notes)));
            }
        });
        Self { port, asked }
    }

    /// Its address: the same site as a server on this machine, another origin.
    pub(crate) fn url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// The requests of a method and path so far.
    pub(crate) fn asked(&self, line: &str) -> Vec<Asked> {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|one| one.line == line).cloned().collect()
    }
}

/// Reads one request and answers it.
fn answer(mut stream: &TcpStream, notes: &Mutex<Vec<Asked>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        head.push(line);
    }
    let value = |name: &str| {
        let found = head.iter().filter_map(|line| line.split_once(": "));
        found.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    };
    let length = value("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut words = head.first().map_or("", |line| line.as_str()).split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let cookies = value("cookie").unwrap_or_default().to_owned();
    notes.lock().unwrap().push(Asked { line: format!("{method} {path}"), cookies, body });
    if let Some(key) = value("sec-websocket-key") {
        let accept = derive_accept_key(key.as_bytes());
        write!(
            stream,
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
             sec-websocket-accept: {accept}\r\n\r\n"
        )?;
        return reader.read_to_end(&mut Vec::new()).map(drop);
    }
    let (kind, text) = match path.rsplit('.').next() {
        Some("js") => ("text/javascript", "window.stolen = true"),
        Some("png" | "svg") => ("image/svg+xml", PICTURE),
        _ => ("text/html", PAGE),
    };
    let origin = value("origin").unwrap_or("*");
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}\r\nconnection: close\r\n\
         access-control-allow-origin: {origin}\r\naccess-control-allow-credentials: true\r\n\
         access-control-allow-methods: POST, DELETE\r\n\
         access-control-allow-headers: x-y\r\n\r\n{text}",
        text.len()
    )
}
