//! `ankomst template` as whoever looks after a server runs it: what is published stays, and a file that is
//! not as it should be changes nothing.

use std::path::{Path, PathBuf};

use super::ankomst;

const ONE: &str = include_str!("../../../tests/templates/fire_round_1.toml");
const TWO: &str = include_str!("../../../tests/templates/fire_round_2.toml");

/// A data folder with made-up people and their houses, and room for files beside it.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Self { folder };
        let (fine, said) = ankomst(&place.data(), &["seed", "--pack", "sp-1"]);
        assert!(fine, "{said}");
        place
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn file(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let file = self.folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    }

    fn template(&self, args: &[&str]) -> (bool, String) {
        ankomst(&self.data(), &[&["template"], args].concat())
    }

    /// Runs a command that must go well.
    fn fine(&self, args: &[&str]) -> String {
        let (fine, said) = self.template(args);
        assert!(fine, "{args:?}: {said}");
        said
    }

    /// Runs a command that must be refused and change nothing.
    fn refused(&self, args: &[&str]) -> String {
        let before = self.changes();
        let (fine, said) = self.template(args);
        assert!(!fine, "{args:?}: {said}");
        assert_eq!(self.changes(), before, "{args:?} changed something: {said}");
        said
    }

    fn changes(&self) -> i64 {
        let log = rusqlite::Connection::open(self.data().join("log.db")).unwrap();
        log.query_row("SELECT count(*) FROM chunks", [], |row| row.get(0)).unwrap()
    }
}

#[test]
fn a_checklist_is_checked_published_once_and_told_apart_from_the_one_before() {
    let place = Place::new();
    let (one, two) = (place.file("one.toml", ONE), place.file("two.toml", TWO));
    let before = place.changes();
    let said = place.fine(&["check", &one, &two]);
    assert!(said.contains("version 1: 3 items, the first version here"), "{said}");
    assert!(said.contains("Nothing was changed"), "{said}");
    assert_eq!(place.changes(), before);
    assert_eq!(place.fine(&["list"]), "");

    let said = place.fine(&["add", &one]);
    assert!(said.contains("version 1: 3 items, the first version here"), "{said}");
    assert_eq!(place.changes(), before + 1);
    let said = place.fine(&["add", &one]);
    assert!(said.contains("version 1 is there already; nothing was changed"), "{said}");
    assert_eq!(place.changes(), before + 1);

    let said = place.fine(&["add", &one, &two]);
    assert!(said.contains("version 1 is there already"), "{said}");
    assert!(said.contains("since version 1:\n  Removed K2326-F03"), "{said}");
    assert!(said.contains("K2326-F01 has a new text: All doors open"), "{said}");
    assert!(said.contains("its button or where it stands changed"), "{said}");
    let said = place.fine(&["list"]);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 2, "{said}");
    assert!(lines[0].contains("version 1  3 items  replaced  adopted 2026-10-01"), "{said}");
    assert!(lines[1].contains("version 2  3 items  begins at residence"), "{said}");
    assert!(lines[1].contains("by Integrationsnämnden, review 2027-11-20"), "{said}");
}

#[test]
fn what_is_published_is_never_replaced() {
    let place = Place::new();
    place.fine(&["add", &place.file("one.toml", ONE)]);
    let other = place.file("other.toml", ONE.replace("Brandrond", "Annan rond"));
    let said = place.refused(&["add", &other]);
    assert!(said.contains("other.toml:1: version 1 is published with other contents"), "{said}");
    let decided = place.file("decided.toml", ONE.replace("IN 2026:17", "IN 2026:99"));
    let said = place.refused(&["add", &decided]);
    assert!(said.contains("published with dnr \"IN 2026:17\""), "{said}");
    let town = place.file("town.toml", TWO.replace("2326", "0114"));
    let said = place.refused(&["add", &town]);
    assert!(said.contains("this server's municipality has code 2326"), "{said}");
    // One file that does not fit keeps the others back.
    let two = place.file("two.toml", TWO);
    let said = place.refused(&["add", &two, &other]);
    assert!(said.contains("1 things to mend; nothing was changed"), "{said}");
}

#[test]
fn a_wrong_huge_or_strange_file_is_named_and_changes_nothing() {
    let place = Place::new();
    let cases: [(&str, Vec<u8>, &str); 6] = [
        ("cut.toml", ONE.as_bytes()[..900].to_vec(), "cut.toml:"),
        (
            "built_in.toml",
            ONE.replace("k2326_fire_round", "fire_round").into(),
            "must begin with k",
        ),
        ("huge.toml", vec![b'#'; 300 * 1024], "has more than 256 kB"),
        ("picture.toml", vec![0xff, 0xd8, 0xff], "is not text in UTF-8"),
        ("empty.toml", Vec::new(), "`id` is missing"),
        ("deep.toml", "a = [".repeat(40_000).into(), "this is not TOML"),
    ];
    for (name, bytes, wanted) in cases {
        let file = place.file(name, bytes);
        for command in ["check", "add"] {
            let said = place.refused(&[command, &file]);
            assert!(said.contains(wanted), "{name}: {said}");
            assert!(said.len() < 20_000, "{name} tells too much: {} bytes", said.len());
        }
    }
    let folder = place.folder.path().to_str().unwrap();
    for missing in [folder, "/nowhere/at/all.toml"] {
        assert!(place.refused(&["add", missing]).contains("reading"), "{missing}");
    }
    let said = place.refused(&["add", &place.file("wide.toml", wide())]);
    assert!(said.contains("bytes packed, and at most 65536 fit"), "{said}");
}

/// A checklist within every bound but that of the record.
fn wide() -> String {
    let (head, items) = ONE.split_at(ONE.find("[[items]]").unwrap());
    let item = items.split("[[items]]").nth(1).unwrap();
    let long = "å".repeat(190);
    let items = (0..200).map(|at| {
        let item = item.replace("K2326-F01", &format!("K2326-F{at}"));
        format!("[[items]]{}", item.replace("Dörren går", &long))
    });
    format!("{head}{}", items.collect::<String>())
}

#[test]
fn without_data_or_accounts_nothing_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let one = folder.path().join("one.toml");
    std::fs::write(&one, ONE).unwrap();
    let one = one.to_str().unwrap();
    let data = folder.path().join("data");
    let run = |data: &Path, args: &[&str]| ankomst(data, &[&["template"], args].concat());
    let (fine, said) = run(&data, &["check", one]);
    assert!(fine && said.contains("whether ids and versions fit what is published"), "{said}");
    for args in [&["add", one][..], &["list"]] {
        let (fine, said) = run(&data, args);
        assert!(!fine && said.contains("there are no data in"), "{said}");
    }
    assert!(!data.exists());
}
