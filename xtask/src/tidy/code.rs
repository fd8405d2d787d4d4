//! Rust code without comments and without the contents of texts; what of it is a test.
//!
//! Not a parser: it relies on the form `cargo fmt` gives.

use std::collections::BTreeSet;

use regex::{Captures, Regex};

use super::source::Source;

/// A Rust file.
pub(super) struct RustFile<'a> {
    /// The file.
    pub(super) source: &'a Source,
    /// Its text, line for line, with comments and texts blanked.
    pub(super) code: String,
    /// Whether all of it is a test.
    pub(super) is_test: bool,
    /// Where its last part, the tests beside the code, begins in `code`.
    tests_from: usize,
}

impl RustFile<'_> {
    /// The part of the code that is not a test.
    pub(super) fn product(&self) -> &str {
        if self.is_test { "" } else { self.code.get(..self.tests_from).unwrap_or_default() }
    }

    /// The part of the code that is a test, with blank lines before it so that lines count alike.
    pub(super) fn tests(&self) -> String {
        if self.is_test {
            return self.code.clone();
        }
        let before = self.product().matches('\n').count();
        let rest = self.code.get(self.tests_from..).unwrap_or_default();
        format!("{}{rest}", "\n".repeat(before))
    }
}

/// Gives the Rust files.
///
/// # Errors
/// When a pattern is wrong.
pub(super) fn rust_files(sources: &[Source]) -> anyhow::Result<Vec<RustFile<'_>>> {
    let hidden = Regex::new(HIDDEN)?;
    let inline = Regex::new(r"#\[cfg\(test\)\]\s*(?:#\[.*\]\s*)*mod \w+ \{")?;
    let apart = Regex::new(r"#\[cfg\(test\)\]\s*(?:#\[.*\]\s*)*(?:pub )?mod (\w+);")?;
    let mut files = Vec::new();
    let mut test_modules = BTreeSet::new();
    for source in sources.iter().filter(|source| source.is(".rs")) {
        let code = blank(&hidden, &source.text);
        let tests_from = inline.find(&code).map_or(code.len(), |found| found.start());
        for name in apart.captures_iter(&code).filter_map(|found| found.get(1)) {
            test_modules.insert(format!("{}{}", folder_of_modules(&source.path), name.as_str()));
        }
        files.push(RustFile { source, code, is_test: false, tests_from });
    }
    for file in &mut files {
        file.is_test = is_test(&file.source.path, &test_modules);
    }
    Ok(files)
}

/// Gives the line at a place of a text.
pub(super) fn line_at(text: &str, place: usize) -> usize {
    1 + text.get(..place).unwrap_or_default().matches('\n').count()
}

/// A path of Rust names that is looked for, alone or in a group `a::{b, c}`.
pub(super) struct Named {
    /// Code without it need not be looked through.
    last: String,
    pattern: Regex,
}

impl Named {
    /// Makes a path ready to be looked for; a crate is a path of one name.
    ///
    /// # Errors
    /// When the path cannot be made a pattern.
    pub(super) fn new(path: &str) -> anyhow::Result<Self> {
        let whole = regex::escape(path);
        let (pattern, last) = match path.rsplit_once("::") {
            Some((head, last)) => {
                let group = format!(r"{}::\{{[^;]*\b{last}", regex::escape(head));
                (format!(r"(?:^|[^\w:])(?:{whole}|{group})\b"), last)
            }
            None => (format!(r"(?:^|[^\w:])(?:::)?{whole}::|\buse {whole}\b"), path),
        };
        Ok(Self { last: last.to_owned(), pattern: Regex::new(&pattern)? })
    }

    /// Gives the lines it stands in.
    pub(super) fn lines_in(&self, code: &str) -> Vec<usize> {
        if !code.contains(&self.last) {
            return Vec::new();
        }
        self.pattern.find_iter(code).map(|found| line_at(code, found.end() - 1)).collect()
    }
}

/// Comments, texts and letters, the earliest first.
const HIDDEN: &str = concat!(
    r"(?s)//[^\n]*|/\*.*?\*/",
    r###"|b?r"[^"]*"|b?r#".*?"#|b?r##".*?"##|b?r\#{3}".*?"\#{3}"###,
    r###"|b?"(?:[^"\\]|\\.)*"|b?'(?:[^'\\\n]|\\[^\n]+?)'"###,
);

fn blank(hidden: &Regex, text: &str) -> String {
    let blanked = hidden.replace_all(text, |found: &Captures<'_>| {
        let found = found.get(0).map_or("", |found| found.as_str());
        found.chars().map(|letter| if letter == '\n' { '\n' } else { ' ' }).collect::<String>()
    });
    blanked.into_owned()
}

/// The folder in which modules declared in that file lie.
fn folder_of_modules(path: &str) -> String {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.trim_end_matches(".rs");
    match stem {
        "mod" | "lib" | "main" => format!("{folder}/"),
        _ => format!("{folder}/{stem}/"),
    }
}

fn is_test(path: &str, test_modules: &BTreeSet<String>) -> bool {
    let whole = path.trim_end_matches(".rs");
    let inside = |module: &String| {
        whole.strip_prefix(module.as_str()).is_some_and(|r| r.is_empty() || r.starts_with('/'))
    };
    path.starts_with("tests/")
        || path.contains("/tests/")
        || path.ends_with("/tests.rs")
        || test_modules.iter().any(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_texts_are_blank_and_code_stays_in_its_line() {
        let text = "let a = \"dbg!(\\\"\"; // dbg!\nlet b: &'a str = r#\"x \"y\" z\"#;\nlet c = '\\''; f();\n";
        let source = [Source::new("a.rs", text)];
        let files = rust_files(&source).unwrap();
        let code = &files[0].code;
        assert!(!code.contains("dbg") && !code.contains('y') && !code.contains('z'), "{code}");
        let second = format!("let b: &'a str ={};", " ".repeat(13));
        assert_eq!(code.lines().nth(1).unwrap(), second);
        assert!(code.lines().nth(2).unwrap().ends_with("f();"));
    }

    #[test]
    fn tests_are_told_apart_by_module_file_and_folder() {
        let lib = "mod sim;\nfn f() {}\n\n#[cfg(test)]\nmod tests {\n    g();\n}\n";
        let source = [
            Source::new("x/src/lib.rs", lib),
            Source::new("x/src/a/mod.rs", "#[cfg(test)]\n#[allow(y)]\nmod sim;\n"),
            Source::new("x/src/a/sim/world.rs", "fn f() {}"),
            Source::new("x/src/a/simple.rs", "fn f() {}"),
            Source::new("x/tests/door.rs", "fn f() {}"),
        ];
        let files = rust_files(&source).unwrap();
        let test: Vec<bool> = files.iter().map(|file| file.is_test).collect();
        assert_eq!(test, [false, false, true, false, true]);
        assert!(files[0].product().contains("f()") && !files[0].product().contains("g()"));
        assert_eq!(line_at(&files[0].tests(), files[0].tests().find("g()").unwrap()), 6);
    }

    #[test]
    fn a_path_is_found_alone_in_a_group_and_as_a_crate_but_not_inside_a_longer_name() {
        let count = |code: &str, path: &str| Named::new(path).unwrap().lines_in(code).len();
        assert_eq!(count("use std::fs;", "std::fs"), 1);
        assert_eq!(count("use std::{env, fs};", "std::fs"), 1);
        assert_eq!(count("use std::{\n    env,\n    fs::File,\n};", "std::fs"), 1);
        assert_eq!(count("use std::fsx; a::std::fs;", "std::fs"), 0);
        assert_eq!(count("use std::fmt;\nfn fs() {}", "std::fs"), 0);
        assert_eq!(count("tokio::time::now(); use tokio;", "tokio"), 2);
        assert_eq!(count("let tokio = 1; crate::tokio::x();", "tokio"), 0);
    }
}
