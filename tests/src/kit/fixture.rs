//! Files that an earlier version made (`cargo xtask fixtures`), unpacked for a test.

use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;

/// Everything that was made of one version.
#[derive(Debug)]
pub struct Fixture {
    /// The version's first two numbers.
    pub version: String,
    folder: PathBuf,
}

impl Fixture {
    /// All fixtures, by version.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
        let entries = std::fs::read_dir(fixtures).unwrap().flatten();
        let folders = entries.map(|entry| entry.path()).filter(|path| path.is_dir());
        let mut all: Vec<Self> =
            folders.map(|folder| Self { version: name_of(&folder), folder }).collect();
        all.sort_by(|a, b| a.version.cmp(&b.version));
        assert!(!all.is_empty(), "there is no fixture");
        all
    }

    /// Unpacks a folder of the fixture into another.
    pub fn unpack(&self, folder: &str, to: &Path) {
        std::fs::create_dir_all(to).unwrap();
        for entry in std::fs::read_dir(self.folder.join(folder)).unwrap().flatten() {
            let name = name_of(&entry.path());
            std::fs::write(to.join(name.trim_end_matches(".gz")), read(&entry.path())).unwrap();
        }
    }

    /// Whether it has a text.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.folder.join(format!("{name}.gz")).exists()
    }

    /// A text of the fixture.
    #[must_use]
    pub fn text(&self, name: &str) -> String {
        String::from_utf8(read(&self.folder.join(format!("{name}.gz")))).unwrap()
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn read(file: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    GzDecoder::new(std::fs::File::open(file).unwrap()).read_to_end(&mut bytes).unwrap();
    bytes
}
