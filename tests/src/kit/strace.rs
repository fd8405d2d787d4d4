//! How the server's process is run: without the variables of the tests, and under strace, which notes or refuses what it
//! asks of the system.

use std::path::Path;
use std::process::Command;

/// Runs the binary so that what matters for durability is written into a file. With the name of a file of the data
/// folder, bringing that one to the disk fails, those times of each thread that are told.
pub(super) fn strace(
    data: &Path,
    file: &Path,
    failing: Option<&(String, String)>,
    binary: &Path,
) -> Command {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-tt", "-y", "-s", "24", "-A", "-o"]).arg(file);
    if let Some((name, when)) = failing {
        strace.arg("-P").arg(data.join(name)).args(["-e", "trace=fsync,fdatasync"]);
        strace.arg("-e").arg(format!("inject=fsync,fdatasync:error=EIO:when={when}"));
    } else {
        strace.args(["-e", "trace=fsync,fdatasync,write,writev,sendto,sendmsg,pwrite64"]);
    }
    strace.arg(binary);
    strace
}

/// Variables that steer the tests are no settings of the server's.
pub(super) fn without_ours(command: &mut Command) {
    let ours = std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
    for name in ours.filter(|name| name.starts_with("ANKOMST_") && name != "ANKOMST_LOG") {
        command.env_remove(name);
    }
}
