//! Says to a server, in this version's words, what tablets say, and prints what was said: for `cargo xtask fixtures`.
#![expect(clippy::print_stdout, reason = "a command talks to a program")]

use ankomst_tests::kit::recorded::write;
use ankomst_tests::tablet::device::local;
use ankomst_tests::tablet::recorder::record;
use clap::Parser;

#[derive(Parser)]
#[command(name = "wire", about = "Records what goes over the wire, for tests")]
struct Args {
    /// Address of a server with the small village.
    #[arg(long)]
    server: String,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let folder = tempfile::tempdir()?;
    print!("{}", write(&local(record(&args.server, folder.path()))));
    Ok(())
}
