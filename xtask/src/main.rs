//! Builds, checks, measures and runs Ankomst: `cargo xtask web | demo | bench | test | tidy | catalog |
//! fixtures | mutants | cuts | faults | sim | turmoil | hostile`.
//! No shell scripts.
//!
//! Reading order: `prepare` (what the machine needs), `web` (the app), `demo`, `bench` (figures), `check`
//! (all tests), `tidy` (how the repository is written), `catalog` (how much is asked), `fixtures` (files of this version for the tests of
//! later ones), `mutants` (what the tests of merge and forms notice), `power` (more power cuts and failing calls),
//! `sim` (whole histories), `storms` (the server on a network that fails), `hostile` (hostile changes).
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command-line tool talks to a person"
)]

mod bench;
mod catalog;
mod check;
mod demo;
mod fixtures;
mod hostile;
mod mutants;
mod power;
mod prepare;
mod run;
mod sim;
mod storms;
mod tidy;
mod web;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Builds, checks and runs Ankomst")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Builds the app into target/app: two wasm modules, hashed names, precompressed, budget checked.
    Web(web::WebArgs),
    /// Builds all, makes a synthetic village, starts the server, prints address and logins.
    Demo(demo::DemoArgs),
    /// Prints figures: of the server with a made-up municipality.
    #[command(subcommand)]
    Bench(bench::Bench),
    /// Installs what tests need and runs every check and test.
    Test(check::TestArgs),
    /// Checks layers, sizes, names, paths in docs and words; takes seconds.
    Tidy,
    /// Tells how much the catalog asks and which texts it lacks.
    #[command(subcommand)]
    Catalog(catalog::Catalog),
    /// Makes a data folder and a tablet in the formats of this version, for the tests of later ones.
    Fixtures,
    /// Lives whole histories of many tablets and the server; the last line tells what came of them.
    Sim(sim::SimArgs),
    /// Lives through storms: the server's listener, router and files on a network that fails.
    Turmoil(storms::StormArgs),
    /// Sends hostile changes through gate, rules and trial; the last line tells what came of them.
    Hostile(hostile::HostileArgs),
    /// Puts small faults into merge and forms, one at a time; fails when the tests notice too few of them.
    Mutants(mutants::MutantsArgs),
    /// Cuts the power of a real server: more often than the tests do.
    Cuts(power::CutsArgs),
    /// Lets the n-th call of a real server fail, for each n from 1 to 500.
    Faults(power::FaultsArgs),
}

fn main() -> anyhow::Result<()> {
    match Args::parse().command {
        Command::Web(args) => web::run(&args).map(drop),
        Command::Demo(args) => demo::run(&args),
        Command::Bench(bench) => bench::run(&bench),
        Command::Test(args) => check::run(&args),
        Command::Tidy => tidy::run(),
        Command::Catalog(catalog) => catalog::run(&catalog),
        Command::Fixtures => fixtures::run(),
        Command::Sim(args) => sim::run(&args),
        Command::Turmoil(args) => storms::run(&args),
        Command::Hostile(args) => hostile::run(&args),
        Command::Mutants(args) => mutants::run(&args),
        Command::Cuts(args) => power::cuts(&args),
        Command::Faults(args) => power::faults(&args),
    }
}
