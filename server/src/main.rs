//! The binary `ankomst`.

// Clock and randomness of a simulation are nobody's secrets.
#[cfg(all(feature = "sim", not(debug_assertions)))]
compile_error!("a program that serves people is built without the feature of simulations");

fn main() -> std::process::ExitCode {
    ankomst_server::cli::main()
}
