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

#[test]
fn a_long_document_is_read_once_and_small_changes_of_it_come_alone() {
    let (mut document, first) =
        Document::create(actor(1), vec![1], &phone("+46701740600"), &by(1)).unwrap();
    let mut base = vec![first.bytes];
    for number in 0..200 {
        let edit = phone(&format!("+467017406{:02}", number % 90 + 1));
        base.push(document.commit(&edit, &by(number + 2)).unwrap().unwrap().bytes);
    }
    let mut trial = Trial::start(false);
    let next = |document: &mut Document, number: i64| {
        let edit = phone(&format!("+467017407{number:02}"));
        document.commit(&edit, &by(1_000 + number)).unwrap().unwrap()
    };
    let stands = |document: &Document| {
        let mut stands = Digest::default();
        document.changes().for_each(|(hash, _)| stands.add(hash));
        stands
    };
    let before = stands(&document);
    let one = next(&mut document, 1);
    // Nothing is kept yet; then the document comes with the question, once.
    assert!(trial.tries((None, before), &one.bytes).unwrap().lacks);
    let passed = |answer: Option<Answer>| answer.unwrap().verdicts == [String::new()];
    assert!(passed(trial.tries((Some(&base), before), &one.bytes)));
    for number in 2..20 {
        let before = stands(&document);
        let change = next(&mut document, number);
        assert!(passed(trial.tries((None, before), &change.bytes)), "{number}");
    }
    // What does not pass leaves it as it was, and whoever asks on another footing is told so.
    let now = stands(&document);
    let bent = trial.tries((None, now), &[1, 2, 3]).unwrap();
    assert_eq!(bent.verdicts, ["the change is malformed"]);
    let last = next(&mut document, 21);
    assert!(trial.tries((None, before), &last.bytes).unwrap().lacks);
    // It was given up by that; a new child has nothing either.
    assert!(trial.tries((None, now), &last.bytes).unwrap().lacks);
    assert!(Trial::start(false).tries((None, now), &last.bytes).unwrap().lacks);
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
        let answer = self.tries((Some(base), Digest::default()), candidate);
        answer.map(|answer| answer.verdicts)
    }

    fn tries(
        &mut self,
        (base, stands): (Option<&[Vec<u8>]>, Digest),
        candidate: &[u8],
    ) -> Option<Answer> {
        let request = Request {
            kind: "case".to_owned(),
            base: base.map(|base| base.iter().map(|bytes| bytes.clone().into()).collect()),
            candidates: vec![candidate.to_vec().into()],
            document: DocumentId::new(1, [1; 10]),
            stands,
            weight: 1,
        };
        write(&mut self.input, &request).unwrap();
        read::<Answer>(&mut self.output).ok()
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn by(now_ms: i64) -> Authoring {
    Authoring {
        device: DeviceId::new(1, [1; 10]),
        user: UserId::new(1, [2; 10]),
        now_ms,
        clock_offset_s: None,
        review_heads: Vec::new(),
    }
}

fn phone(text: &str) -> [Edit; 1] {
    [Edit { path: FieldPath::parse("phone").unwrap(), value: Value::text(text) }]
}

fn actor(at: u8) -> ActorId {
    ActorId::from_bytes([at; 16])
}

/// A case in which two devices wrote and one has seen both.
fn history() -> Vec<Vec<u8>> {
    let (mut one, first) =
        Document::create(actor(1), vec![1], &phone("+46701740600"), &by(1)).unwrap();
    let mut two = Document::open(actor(2), [first.bytes.as_slice()]).unwrap();
    let a = one.commit(&phone("+46701740601"), &by(2)).unwrap().unwrap();
    let b = two.commit(&phone("+46701740602"), &by(3)).unwrap().unwrap();
    one.apply([b.bytes.as_slice()]).unwrap();
    let last = one.commit(&phone("+46701740603"), &by(4)).unwrap().unwrap();
    [first, a, b, last].map(|chunk| chunk.bytes).to_vec()
}
