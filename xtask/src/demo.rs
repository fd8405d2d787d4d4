//! `cargo xtask demo`: the whole product on this machine with a made-up municipality.

use std::process::Command;

use clap::Args;

use crate::run::run as start;
use crate::run::{cargo, step, target, top};
use crate::{prepare, web};

/// What to try first, below address and logins.
const TRY: &str = "\
Logga in med namn och lösenord ovan; välj själv en lösenfras på minst 12 tecken. En andra surfplatta är ett privat fönster.
Prova: elin ser i Idag vad som är försenat, tre osignerade anteckningar och dagens besök.
Prova: mats har en påbörjad besiktning där brandvarnaren är motsagd; svara utan nät och anslut igen.
Prova: ingrid avgör motsägelsen i inkorgen och hittar rummet med för många boende.
Sign in with a name and password from above; choose a passphrase of 12 characters or more. A private window is a second tablet.
Try: elin finds on Today what is late, three unsigned notes and the visits of the day.
Try: mats has a half-done inspection with a contradicted smoke alarm; answer offline, then reconnect.
Try: ingrid settles the contradiction in her inbox and finds the room with too many people.";

/// Options of `demo`.
#[derive(Args)]
pub(crate) struct DemoArgs {
    /// Port on loopback.
    #[arg(long, default_value_t = 8765)]
    port: u16,
    /// Seed of the made-up people.
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
    println!("A first build takes about seven minutes on two cores, later ones seconds.");
    step("wasm target", prepare::wasm_target)?;
    let app = step("app", || web::run(&web::WebArgs::default()))?;
    step("server", || cargo(&["build", "--quiet", "-p", "ankomst-server", "--bin", "ankomst"]))?;
    let data = target().join("demo");
    if args.fresh && data.exists() {
        std::fs::remove_dir_all(&data)?;
    }
    let server = target().join("debug").join("ankomst");
    step("made-up people", || {
        start(
            Command::new(&server)
                .args(["seed", "--size", "S", "--years", "1", "--seed"])
                .arg(args.seed.to_string())
                .arg("--data")
                .arg(&data),
        )
    })?;
    println!("{TRY}");
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
