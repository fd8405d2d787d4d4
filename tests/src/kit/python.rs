//! The client of `tests/python`, which shares nothing with the product but `docs/protocol.md`.

use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

/// The client running beside a test.
#[derive(Debug)]
pub struct Python {
    child: Child,
    said: Lines<BufReader<ChildStdout>>,
}

impl Python {
    /// Starts it; `None` when its packages are not there, which continuous integration does not accept.
    #[must_use]
    pub fn start(server: &str, (login, password): (&str, &str), house: &str) -> Option<Self> {
        let packages = super::program("ANKOMST_PYTHON")?;
        let client = Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join("client.py");
        let mut child = Command::new("python3")
            .arg("-B")
            .arg(client)
            .args([server, login, password, house])
            .env("PYTHONPATH", packages)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap()).lines();
        Some(Self { child, said })
    }

    /// Holds what it makes against the bytes the product keeps; what it says of that.
    #[must_use]
    pub fn golden() -> Option<String> {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        let golden = tests.join("../shared/src/sync/message/golden/bytes.txt");
        let mut command = Command::new("python3");
        command.arg("-B").arg(tests.join("python").join("golden.py")).arg(golden);
        command.env("PYTHONPATH", super::program("ANKOMST_PYTHON")?);
        let said = command.output().unwrap();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        Some(String::from_utf8_lossy(&said.stdout).into_owned())
    }

    /// Waits for a step and gives what the client says of it.
    pub fn hear(&mut self, step: &str) -> Value {
        self.hear_where(step, |_| true)
    }

    /// Waits for a step of which something holds.
    pub fn hear_where(&mut self, step: &str, holds: impl Fn(&Value) -> bool) -> Value {
        for line in self.said.by_ref().map_while(Result::ok) {
            eprintln!("python: {line}");
            let line: Value = serde_json::from_str(&line).unwrap();
            if line.get("step").is_some_and(|said| said == step) && holds(&line) {
                return line;
            }
        }
        panic!("the client ended before {step}: {:?}", self.child.wait())
    }

    /// Tells it to end, and gives what it says last.
    #[must_use]
    pub fn ends(mut self) -> Value {
        drop(self.child.stdin.take());
        let last = self.hear("ends");
        assert!(self.child.wait().unwrap().success());
        last
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        // It has ended unless the test failed.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
