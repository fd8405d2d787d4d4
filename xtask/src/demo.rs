//! `cargo xtask demo`: the whole product on this machine with a synthetic village.

use std::process::Command;

use clap::Args;

use crate::run::run as start;
use crate::run::{cargo, step, target, top};
use crate::{prepare, web};

/// Options of `demo`.
#[derive(Args)]
pub(crate) struct DemoArgs {
    /// Port on loopback.
    #[arg(long, default_value_t = 8765)]
    port: u16,
    /// Seed of the synthetic village.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Throw the last demo's data away and begin anew.
    #[arg(long)]
    fresh: bool,
}

/// Builds, seeds and serves until interrupted.
///
/// # Errors
/// When a build, the seed or the server fails.
pub(crate) fn run(args: &DemoArgs) -> anyhow::Result<()> {
    step("wasm target", prepare::wasm_target)?;
    let app = step("app", || web::run(&web::WebArgs::default()))?;
    step("server", || cargo(&["build", "--quiet", "-p", "ankomst-server", "--bin", "ankomst"]))?;
    let data = target().join("demo");
    if args.fresh && data.exists() {
        std::fs::remove_dir_all(&data)?;
    }
    let server = target().join("debug").join("ankomst");
    step("synthetic village", || {
        start(
            Command::new(&server)
                .args(["seed", "--pack", "sp-1", "--seed"])
                .arg(args.seed.to_string())
                .arg("--data")
                .arg(&data),
        )
    })?;
    println!("Öppna / open  http://localhost:{}  (Ctrl-C avslutar / ends)", args.port);
    start(
        Command::new(&server)
            .current_dir(top())
            .arg("serve")
            .arg("--data")
            .arg(&data)
            .arg("--app")
            .arg(&app)
            .arg("--listen")
            .arg(format!("127.0.0.1:{}", args.port)),
    )
}
