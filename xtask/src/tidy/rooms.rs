//! Which room of a crate names which: a room is a module at the crate's top, named by `crate::`.

use std::collections::BTreeMap;

use regex::Regex;

use super::Repository;
use super::code::line_at;
use super::settings::LAYERS;
use super::source::Fault;

/// Holds the code that is not a test against the table of rooms.
///
/// # Errors
/// When a pattern is wrong.
pub(super) fn check(repository: &Repository<'_>) -> anyhow::Result<Vec<Fault>> {
    let named = Regex::new(r"\bcrate::(\w+|\{[^;]*?\}\s*;)")?;
    let mut faults = Vec::new();
    for (folder, rooms) in &repository.settings.layers.rooms {
        for file in repository.rust.iter().filter(|file| !file.is_test) {
            let path = &file.source.path;
            let Some(room) = path.strip_prefix(folder).map(room_of) else { continue };
            let Some(allowed) = rooms.get(room) else {
                faults.push(Fault::new(path, 1, format!("give room `{room}` a line in {LAYERS}")));
                continue;
            };
            for found in named.captures_iter(file.product()).filter_map(|found| found.get(1)) {
                for other in names_in(found.as_str(), rooms) {
                    if other != room && !allowed.iter().any(|one| one == other) {
                        let line = line_at(file.product(), found.start());
                        let what = format!(
                            "room `{room}` must not name room `{other}` ({LAYERS}): \
                             move what both need down, or make the arrow a decision"
                        );
                        faults.push(Fault::new(path, line, what));
                    }
                }
            }
        }
    }
    Ok(faults)
}

fn room_of(path: &str) -> &str {
    let first = path.split('/').next().unwrap_or(path);
    first.trim_end_matches(".rs")
}

/// The rooms a name, or the outermost names of a group in braces, stand for.
fn names_in<'a>(found: &str, rooms: &'a BTreeMap<String, Vec<String>>) -> Vec<&'a str> {
    let mut names = Vec::new();
    let mut depth = 0_usize;
    let mut name = String::new();
    let mut inside_path = false;
    let whole = !found.starts_with('{');
    for letter in found.chars().chain(",".chars()) {
        let is_outer = depth == usize::from(!whole);
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if letter.is_alphanumeric() || letter == '_' {
            if is_outer && !inside_path {
                name.push(letter);
            }
        } else {
            if let Some((room, _)) = rooms.get_key_value(&name) {
                names.push(room.as_str());
            }
            name.clear();
            inside_path = if letter == ',' { false } else { inside_path || letter == ':' };
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::kit::found;
    use crate::tidy::settings::Settings;

    fn faults(path: &str, text: &str) -> Vec<String> {
        let mut settings = Settings::default();
        let rooms = [("http", vec!["sync".to_owned()]), ("sync", vec![]), ("cli", vec![])];
        let rooms = rooms.into_iter().map(|(name, may)| (name.to_owned(), may)).collect();
        settings.layers.rooms.insert("server/src/".to_owned(), rooms);
        found(check, &settings, &[(path, text)])
    }

    #[test]
    fn arrows_of_the_table_pass() {
        let text =
            "use crate::sync::{cli, Hub};\nuse crate::http::x;\nuse crate::{sync::{cli}, Error};\n";
        assert!(faults("server/src/http/live.rs", text).is_empty());
        assert!(faults("shared/src/http.rs", "use crate::cli;\n").is_empty());
    }

    #[test]
    fn an_arrow_that_is_not_in_the_table_is_found_alone_and_in_a_group() {
        let alone = faults("server/src/sync/hub.rs", "//! Doc.\nuse crate::http::serve;\n");
        assert!(
            alone[0].starts_with("server/src/sync/hub.rs:2: room `sync` must not name room `http`")
        );
        let group = faults(
            "server/src/http.rs",
            "use crate::{\n    sync::{Hub, Feed},\n    cli::Args,\n};\n",
        );
        assert_eq!(group.len(), 1, "{group:#?}");
        assert!(group[0].contains("must not name room `cli`"));
        let called = faults("server/src/sync/hub.rs", "fn f() {\n    crate::http::serve()\n}\n");
        assert!(called[0].starts_with("server/src/sync/hub.rs:2:"));
    }

    #[test]
    fn a_room_without_a_line_is_found() {
        assert!(faults("server/src/mail/mod.rs", "")[0].contains("give room `mail` a line"));
    }
}
