//! The binary `ankomst`.

fn main() -> std::process::ExitCode {
    ankomst_server::cli::main()
}
