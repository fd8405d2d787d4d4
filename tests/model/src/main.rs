//! `model [--json]`: what the model costs on this machine, natively.
#![expect(clippy::print_stdout, reason = "a program that prints figures")]

use std::time::Instant;

use ankomst_model::{figures, lines};
use ankomst_shared::catalog::Catalog;

fn main() -> anyhow::Result<()> {
    let json = std::env::args().any(|arg| arg == "--json");
    let begun = Instant::now();
    let found = figures(Catalog::builtin(), &|| begun.elapsed().as_secs_f64() * 1e6)?;
    for line in lines(json, "W-native", &found) {
        println!("{line}");
    }
    Ok(())
}
