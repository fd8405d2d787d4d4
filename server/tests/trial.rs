//! The trial's process: what makes Automerge panic ends it, and nothing else.
#![expect(clippy::unwrap_used, reason = "a test may stop at once")]

use std::io::{BufReader, BufWriter};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use ankomst_server::trial::frame::{Answer, Request, read, write};
use ankomst_shared::chunk::hostile::find_aborting;
use ankomst_shared::document::{Authoring, Document, Edit};
use ankomst_shared::ids::{ActorId, DeviceId, DocumentId, UserId};
use ankomst_shared::path::FieldPath;
use ankomst_shared::sync::Digest;
use ankomst_shared::value::Value;

#[test]
fn a_change_that_makes_automerge_panic_ends_the_trial_and_the_rules_refuse_it_before() {
    let history = history();
    let (honest, before) = history.split_last().unwrap();
    let known: Vec<&[u8]> = before.iter().map(Vec::as_slice).collect();
    let hostile = find_aborting(&known, honest, 1).unwrap();

    let mut drilled = Trial::start(true);
    assert_eq!(drilled.ask(before, honest), Some(vec![String::new()]));
    assert_eq!(drilled.ask(before, &hostile), None);
    assert!(!drilled.process.wait().unwrap().success());

    let mut trial = Trial::start(false);
    let verdicts = trial.ask(before, &hostile).unwrap();
    assert_eq!(verdicts, ["the change replaces something else than its author saw"]);
    assert_eq!(trial.ask(before, honest), Some(vec![String::new()]));
}

/// One `ankomst trial` and its pipes.
struct Trial {
    process: Child,
    input: BufWriter<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Trial {
    fn start(is_drill: bool) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ankomst"));
        command.arg("trial").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        if is_drill {
            command.env("ANKOMST_TRIAL_DRILL", "1");
        }
        let mut process = command.spawn().unwrap();
        let input = BufWriter::new(process.stdin.take().unwrap());
        let output = BufReader::new(process.stdout.take().unwrap());
        Self { process, input, output }
    }

    /// The verdicts; `None` when the process ended instead.
    fn ask(&mut self, base: &[Vec<u8>], candidate: &[u8]) -> Option<Vec<String>> {
        let request = Request {
            kind: "case".to_owned(),
            base: Some(base.iter().map(|bytes| bytes.clone().into()).collect()),
            candidates: vec![candidate.to_vec().into()],
            document: DocumentId::new(1, [1; 10]),
            stands: Digest::default(),
        };
        write(&mut self.input, &request).unwrap();
        read::<Answer>(&mut self.output).ok().map(|answer| answer.verdicts)
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// A case in which two devices wrote and one has seen both.
fn history() -> Vec<Vec<u8>> {
    let by = |now_ms| Authoring {
        device: DeviceId::new(1, [1; 10]),
        user: UserId::new(1, [2; 10]),
        now_ms,
        clock_offset_s: None,
        review_heads: Vec::new(),
    };
    let phone =
        |text: &str| [Edit { path: FieldPath::parse("phone").unwrap(), value: Value::text(text) }];
    let actor = |at: u8| ActorId::from_bytes([at; 16]);
    let (mut one, first) =
        Document::create(actor(1), vec![1], &phone("+46701740600"), &by(1)).unwrap();
    let mut two = Document::open(actor(2), [first.bytes.as_slice()]).unwrap();
    let a = one.commit(&phone("+46701740601"), &by(2)).unwrap().unwrap();
    let b = two.commit(&phone("+46701740602"), &by(3)).unwrap().unwrap();
    one.apply([b.bytes.as_slice()]).unwrap();
    let last = one.commit(&phone("+46701740603"), &by(4)).unwrap().unwrap();
    [first, a, b, last].map(|chunk| chunk.bytes).to_vec()
}
