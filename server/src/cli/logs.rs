//! What the server says about itself on standard error: text for a person at a terminal, otherwise one
//! JSON object a line. No line holds a name, a login, a number of a person, a text, a cookie or a token.

use std::io::IsTerminal;
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicBool, Ordering};

use tracing::Level;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, filter};

use crate::config::LogFormat;

/// What is told if `ANKOMST_LOG` says nothing else.
const USUAL: &str = "info,refinery_core=warn";
/// Targets of this program's own lines.
const OURS: &str = "ankomst";

static IS_JSON: AtomicBool = AtomicBool::new(false);

/// Begins to tell, in this format or in the one that fits where it goes.
pub(super) fn start(format: Option<LogFormat>) {
    let is_terminal = std::io::stderr().is_terminal();
    let usual_format = if is_terminal { LogFormat::Text } else { LogFormat::Json };
    let format = format.unwrap_or(usual_format);
    IS_JSON.store(format == LogFormat::Json, Ordering::Relaxed);
    let usual = EnvFilter::try_from_env("ANKOMST_LOG").unwrap_or_else(|_| EnvFilter::new(USUAL));
    // Below `info` libraries tell headers and messages, which hold cookies and contents.
    let ours =
        filter::filter_fn(|line| line.target().starts_with(OURS) || *line.level() <= Level::INFO);
    let plain = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match format {
        LogFormat::Json => {
            plain.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed()
        }
        LogFormat::Text => plain.with_ansi(is_terminal).boxed(),
    };
    let lines = lines.with_filter(ours).with_filter(usual);
    tracing_subscriber::registry().with(lines).init();
    std::panic::set_hook(Box::new(tell_defect));
}

/// Tells where a defect is. What it says of itself may hold what somebody wrote, so that is not told.
fn tell_defect(panic: &PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string);
    tracing::error!(place, "A defect ended a piece of work; what it was for was refused.");
}

/// Tells why the program ends.
#[expect(clippy::print_stderr, reason = "a person reads it where there is no log for machines")]
pub(super) fn ends(error: &anyhow::Error) {
    if IS_JSON.load(Ordering::Relaxed) {
        tracing::error!(error = format!("{error:#}"), "Ankomst ends.");
    } else {
        eprintln!("ankomst: {error:#}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_defect_is_one_line_that_says_where_and_not_what() {
        let lines = Lines::default();
        let into = lines.clone();
        let plain = tracing_subscriber::fmt().json().flatten_event(true);
        let subscriber = plain.with_writer(move || into.clone()).finish();
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(tell_defect));
        tracing::subscriber::with_default(subscriber, || {
            drop(std::panic::catch_unwind(|| panic!("Zarghona Provdotter, 851212-1234")));
        });
        std::panic::set_hook(before);
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let told: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(told.len(), 1, "{text}");
        assert!(told[0]["level"] == "ERROR" && text.contains("logs.rs"), "{text}");
        assert!(!text.contains("Zarghona") && !text.contains("851212"), "{text}");
    }
}
