//! What strace has seen, read: calls on the files of a folder and answers on connections, in the order of the
//! tracer, which is an order in which they can have happened.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::wire::Place;

/// What a call is to the disk, or to somebody outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Call {
    /// Bytes at a place of a file; without one at its end.
    Write { path: PathBuf, at: Option<u64>, bytes: Vec<u8> },
    /// A file gets this length.
    Length { path: PathBuf, bytes: u64 },
    /// A file is opened, made if it is not there, and emptied if so asked.
    Open { path: PathBuf, empties: bool },
    /// A folder is made.
    Folder { path: PathBuf },
    /// A file gets another name.
    Rename { from: PathBuf, to: PathBuf },
    /// A name is taken away.
    Remove { path: PathBuf },
    /// A file, or the names in a folder, are brought to the disk.
    Sync { path: PathBuf },
    /// An answer goes out.
    Says(Place),
}

/// A moment of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// The call of this number has begun.
    Begun(usize),
    /// It is done.
    Done(usize),
}

/// A trace: its calls, and when each began and was done.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    pub(crate) calls: Vec<Call>,
    pub(crate) moments: Vec<Moment>,
    /// The moment at which each answer began to go out.
    pub(crate) said: BTreeMap<Place, usize>,
}

/// Reads what strace wrote, as far as it is about files below a folder.
pub(crate) fn read(text: &str, root: &Path) -> Trace {
    let mut reading =
        Reading { root, trace: Trace::default(), open: BTreeMap::new(), said: BTreeMap::new() };
    for line in text.lines() {
        reading.line(line);
    }
    reading.trace
}

struct Reading<'a> {
    root: &'a Path,
    trace: Trace,
    /// Calls of threads that have begun: their text, and their number if they matter.
    open: BTreeMap<&'a str, (String, Option<usize>)>,
    /// Answers on each connection so far.
    said: BTreeMap<u16, usize>,
}

impl<'a> Reading<'a> {
    fn line(&mut self, line: &'a str) {
        let Some((thread, rest)) = line.split_once(' ') else { return };
        let rest = rest.trim_start();
        if let Some(begun) = rest.strip_suffix(" <unfinished ...>") {
            let number = self.call(begun).map(|call| self.begin(call));
            self.open.insert(thread, (begun.to_owned(), number));
        } else if rest.starts_with("<... ") {
            let Some((begun, number)) = self.open.remove(thread) else { return };
            let Some((_, end)) = rest.split_once(" resumed>") else { return };
            match number {
                Some(number) if !has_failed(end) => self.done(number),
                // It has changed nothing.
                Some(number) => self.trace.calls[number] = Call::Says((0, 0)),
                // The name of what is opened may come with its end.
                None => self.whole(&format!("{begun}{end}")),
            }
        } else {
            self.whole(rest);
        }
    }

    fn whole(&mut self, text: &str) {
        if !has_failed(text)
            && let Some(call) = self.call(text)
        {
            let number = self.begin(call);
            self.done(number);
        }
    }

    fn begin(&mut self, call: Call) -> usize {
        if let Call::Says(place) = &call {
            self.trace.said.insert(*place, self.trace.moments.len());
        }
        self.trace.calls.push(call);
        let number = self.trace.calls.len() - 1;
        self.trace.moments.push(Moment::Begun(number));
        number
    }

    fn done(&mut self, number: usize) {
        self.trace.moments.push(Moment::Done(number));
    }

    /// A call that matters.
    fn call(&mut self, text: &str) -> Option<Call> {
        let (name, rest) = text.split_once('(')?;
        let mut words = Words(rest);
        match name {
            "pwrite64" => {
                let path = self.ours(&words.file()?)?;
                let bytes = words.string()?;
                words.number()?;
                Some(Call::Write { path, at: Some(words.number()?), bytes })
            }
            "write" | "writev" | "sendto" | "sendmsg" => {
                let file = words.file()?;
                if let Some(port) = client(&file) {
                    return self.says(port, &words);
                }
                let (path, bytes) = (self.ours(&file)?, words.string()?);
                Some(Call::Write { path, at: None, bytes })
            }
            "ftruncate" => {
                let path = self.ours(&words.file()?)?;
                Some(Call::Length { path, bytes: words.number()? })
            }
            "fsync" | "fdatasync" => Some(Call::Sync { path: self.ours(&words.file()?)? }),
            "openat" => {
                words.file()?;
                let path = self.ours(&words.string()?)?;
                let how = words.0;
                how.contains("O_CREAT")
                    .then(|| Call::Open { path, empties: how.contains("O_TRUNC") })
            }
            "mkdir" => Some(Call::Folder { path: self.ours(&words.string()?)? }),
            "rename" => {
                let from = self.ours(&words.string()?)?;
                Some(Call::Rename { from, to: self.ours(&words.string()?)? })
            }
            "unlink" => Some(Call::Remove { path: self.ours(&words.string()?)? }),
            "fallocate" | "copy_file_range" | "sendfile" | "pwritev" | "renameat" | "renameat2"
            | "unlinkat" | "mkdirat" => {
                assert!(self.ours(&words.file()?).is_none(), "{name} is not read yet: {text}");
                None
            }
            _ => None,
        }
    }

    /// The path of a file below the folder; the index of a write-ahead log lives in memory.
    fn ours(&self, path: &[u8]) -> Option<PathBuf> {
        let path = PathBuf::from(String::from_utf8(path.to_vec()).ok()?);
        let is_index = path.to_string_lossy().ends_with("-shm");
        (path.starts_with(self.root) && !is_index).then_some(path)
    }

    /// The beginning of an answer on a connection.
    fn says(&mut self, port: u16, words: &Words<'_>) -> Option<Call> {
        let (_, text) = words.0.split_once('"')?;
        let mut text = Words(text);
        if !text.unescaped('"')?.starts_with(b"HTTP/1.1 ") {
            return None;
        }
        let count = self.said.entry(port).or_default();
        let place = (port, *count);
        *count += 1;
        Some(Call::Says(place))
    }
}

/// The port at the other end of a connection of the server's, if that is one: `TCP:[<here>-><there>]`.
fn client(file: &[u8]) -> Option<u16> {
    let file = String::from_utf8_lossy(file);
    let there = file.strip_prefix("TCP")?.split_once("->")?.1;
    there.trim_end_matches(']').rsplit(':').next()?.parse().ok()
}

fn has_failed(text: &str) -> bool {
    text.rsplit_once(" = ")
        .is_none_or(|(_, value)| value.starts_with('-') || value.starts_with('?'))
}

/// The arguments of a call, read from the front.
struct Words<'a>(&'a str);

impl Words<'_> {
    /// What a number of a file stands for: `7<path>`.
    fn file(&mut self) -> Option<Vec<u8>> {
        let (_, rest) = self.0.split_once('<')?;
        self.0 = rest;
        let file = self.unescaped('>')?;
        self.next();
        Some(file)
    }

    /// A string in quotes, which strace must have written whole.
    fn string(&mut self) -> Option<Vec<u8>> {
        let (_, rest) = self.0.split_once('"')?;
        self.0 = rest;
        let string = self.unescaped('"')?;
        assert!(!self.0.starts_with("..."), "strace left something out");
        self.next();
        Some(string)
    }

    fn number(&mut self) -> Option<u64> {
        let digits: String = self.0.chars().take_while(char::is_ascii_digit).collect();
        self.0 = self.0.get(digits.len()..)?;
        self.next();
        digits.parse().ok()
    }

    /// Passes over what stands between two arguments.
    fn next(&mut self) {
        self.0 = self.0.trim_start_matches([',', ' ', ')']);
    }

    /// Everything up to an end, with `\x41` read as a byte; goes on behind it. In `->` the end is none.
    fn unescaped(&mut self, end: char) -> Option<Vec<u8>> {
        let (text, end) = (self.0.as_bytes(), u8::try_from(end).ok()?);
        let (mut bytes, mut at) = (Vec::with_capacity(text.len() / 4), 0);
        loop {
            match text.get(at..)? {
                [b'\\', b'x', high, low, ..] => {
                    bytes.push(digit(*high)? * 16 + digit(*low)?);
                    at += 4;
                }
                [b'-', b'>', ..] => {
                    bytes.extend(b"->");
                    at += 2;
                }
                [byte, ..] if *byte == end => {
                    self.0 = self.0.get(at + 1..)?;
                    return Some(bytes);
                }
                [byte, ..] => {
                    bytes.push(*byte);
                    at += 1;
                }
                [] => return None,
            }
        }
    }
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::Moment::{Begun, Done};
    use super::*;

    fn hex(text: &str) -> String {
        text.bytes().fold(String::new(), |hex, byte| format!("{hex}\\x{byte:02x}"))
    }

    #[test]
    fn calls_that_overlap_are_read_with_their_beginnings_and_ends() {
        let (wal, folder) = (hex("/d/log.db-wal"), hex("/d"));
        let socket = hex("TCP:[127.0.0.1:80->127.0.0.1:4711]");
        let text = [
            format!("7  pwrite64(9<{wal}>, \"{}\", 2, 4096 <unfinished ...>", hex("ab")),
            format!("8  fdatasync(9<{wal}>) = 0"),
            "7  <... pwrite64 resumed>) = 2".to_owned(),
            format!("8  fsync(3<{folder}>) = -1 EIO (Input/output error)"),
            format!(
                "8  writev(4<{socket}>, [{{iov_base=\"{}\", iov_len=9}}], 1) = 9",
                hex("HTTP/1.1 200")
            ),
            format!("8  pwrite64(9<{}>, \"{}\", 1, 0) = 1", hex("/d/log.db-shm"), hex("x")),
        ];
        let trace = read(&text.join("\n"), Path::new("/d"));
        let path = || PathBuf::from("/d/log.db-wal");
        let write = Call::Write { path: path(), at: Some(4096), bytes: b"ab".to_vec() };
        assert_eq!(trace.calls, [write, Call::Sync { path: path() }, Call::Says((4711, 0))]);
        assert_eq!(trace.moments, [Begun(0), Begun(1), Done(1), Done(0), Begun(2), Done(2)]);
        assert_eq!(trace.said[&(4711, 0)], 4);
    }
}
