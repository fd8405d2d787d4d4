//! A disk of its own for a process: small, in memory, gone with it.

use std::path::Path;
use std::process::Command;

/// Whether this system lets a test have a disk of its own.
#[must_use]
pub fn has_small_disks() -> bool {
    let folder = tempfile::tempdir().unwrap();
    on_small_disk(folder.path(), 1 << 20, Path::new("true"))
        .output()
        .is_ok_and(|it| it.status.success())
}

/// A program in a mount namespace of its own, in which a small disk lies over a folder. Only the
/// program sees it, and it becomes the program: the process id stays.
pub(super) fn on_small_disk(folder: &Path, bytes: u32, program: &Path) -> Command {
    const SCRIPT: &str = "mkdir \"$0.seed\" && cp -a \"$0/.\" \"$0.seed\" \
        && mount -t tmpfs -o size=\"$1\",mode=700 tmpfs \"$0\" && cp -a \"$0.seed/.\" \"$0\" \
        && rm -r \"$0.seed\" && shift && exec \"$@\"";
    let mut command = Command::new("unshare");
    // Without root a user namespace gives the right to mount.
    if std::fs::metadata("/proc/self").is_ok_and(|it| std::os::unix::fs::MetadataExt::uid(&it) != 0)
    {
        command.args(["--user", "--map-root-user"]);
    }
    command.args(["--mount", "sh", "-c", SCRIPT]).arg(folder).arg(bytes.to_string()).arg(program);
    command
}
