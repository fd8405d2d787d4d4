//! The binary `ankomst`.

// Clock and randomness of a simulation are nobody's secrets, and planted defects nobody's friends.
#[cfg(all(any(feature = "sim", feature = "plant"), not(debug_assertions)))]
compile_error!("a program that serves people is built without the features of simulations");

fn main() -> std::process::ExitCode {
    ankomst_server::cli::main()
}
