//! Names that code may hold only in some places: outside crates by their doors, and in pure folders
//! nothing that reads a clock, draws randomness or does input and output.

use super::Repository;
use super::code::{Named, RustFile};
use super::settings::LAYERS;
use super::source::Fault;

/// Looks through the code that is not a test.
///
/// # Errors
/// When a name cannot be looked for.
pub(super) fn check(repository: &Repository<'_>) -> anyhow::Result<Vec<Fault>> {
    let mut faults = impure(repository)?;
    for (name, door) in &repository.settings.layers.doors {
        let mut needed = Vec::new();
        for (file, line) in naming(repository.rust, name)? {
            let path = &file.source.path;
            if door.files.contains(path) {
                needed.push(path);
            } else if !door.folders.iter().any(|folder| path.starts_with(folder)) {
                let what = format!(
                    "`{name}` is named outside its door {} ({LAYERS}): ask that room instead",
                    door.folders.join(", ")
                );
                faults.push(Fault::new(path, line, what));
            }
        }
        for file in door.files.iter().filter(|file| !needed.contains(file)) {
            let what = format!("`{name}` is no longer named here: take the file out of {LAYERS}");
            faults.push(Fault::new(file, 1, what));
        }
    }
    Ok(faults)
}

fn impure(repository: &Repository<'_>) -> anyhow::Result<Vec<Fault>> {
    let pure = &repository.settings.layers.pure;
    let mut faults = Vec::new();
    for name in &pure.names {
        for (file, line) in naming(repository.rust, name)? {
            let path = &file.source.path;
            if pure.folders.iter().any(|folder| path.starts_with(folder)) {
                let what = format!("`{name}` in a pure folder: take what it gives as an argument");
                faults.push(Fault::new(path, line, what));
            }
        }
    }
    Ok(faults)
}

/// Gives every file and line of the product's code that names it.
fn naming<'a, 'b>(
    files: &'b [RustFile<'a>],
    name: &str,
) -> anyhow::Result<Vec<(&'b RustFile<'a>, usize)>> {
    let named = Named::new(name)?;
    let lines = |file: &'b RustFile<'a>| {
        named.lines_in(file.product()).into_iter().map(move |line| (file, line))
    };
    Ok(files.iter().flat_map(lines).collect())
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::kit::found;
    use crate::tidy::settings::{Door, Settings};

    fn settings() -> Settings {
        let mut settings = Settings::default();
        let door = Door {
            folders: vec!["a/src/store/".to_owned()],
            files: vec!["a/src/old.rs".to_owned()],
            ..Door::default()
        };
        settings.layers.doors.insert("lite".to_owned(), door);
        settings.layers.pure.folders = vec!["b/src/".to_owned()];
        settings.layers.pure.names = vec!["std::fs".to_owned()];
        settings
    }

    const OLD: (&str, &str) = ("a/src/old.rs", "use lite::Row;\n");

    #[test]
    fn what_keeps_to_the_doors_passes() {
        let test = "//! About `std::fs` and lite::Row.\n\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n";
        let files = [OLD, ("a/src/store/rows.rs", "use lite::Row;\n"), ("b/src/lib.rs", test)];
        assert!(found(check, &settings(), &files).is_empty());
    }

    #[test]
    fn a_name_outside_its_door_or_in_a_pure_folder_is_found() {
        let files = [
            OLD,
            ("a/src/http.rs", "//! Doc.\n\nuse lite::Row;\n"),
            ("b/src/lib.rs", "//! Doc.\n\nuse std::{env,\n    fs};\n"),
        ];
        let faults = found(check, &settings(), &files);
        assert_eq!(faults.len(), 2, "{faults:#?}");
        assert!(faults[0].starts_with("b/src/lib.rs:4: `std::fs` in a pure folder"));
        assert!(faults[1].starts_with("a/src/http.rs:3: `lite` is named outside its door"));
    }

    #[test]
    fn a_debt_that_is_paid_is_found() {
        let faults = found(check, &settings(), &[("a/src/old.rs", "//! Doc.\n")]);
        assert!(faults[0].starts_with("a/src/old.rs:1: `lite` is no longer named here"));
    }
}
