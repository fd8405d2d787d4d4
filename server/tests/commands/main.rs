//! The commands of the real binary, as whoever looks after a server runs them.
#![expect(clippy::unwrap_used, reason = "helpers of tests stop at what is unexpected")]

mod audit;
mod export;
mod form;
mod settings;
mod template;
mod units;

use std::path::Path;
use std::process::Command;

/// Runs a command; tells whether it went well and what it said.
pub(crate) fn ankomst(folder: &Path, command: &[&str]) -> (bool, String) {
    let mut run = Command::new(env!("CARGO_BIN_EXE_ankomst"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("ANKOMST_") {
            run.env_remove(name);
        }
    }
    let out = run.args(command).arg("--data").arg(folder).output().unwrap();
    let said = [out.stdout, out.stderr].concat();
    (out.status.success(), String::from_utf8(said).unwrap())
}
