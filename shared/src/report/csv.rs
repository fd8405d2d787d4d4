//! A table as a file for a spreadsheet: UTF-8 with its mark, `;` between cells, lines as Windows ends them.

/// The mark by which a Swedish Excel knows UTF-8.
const MARK: &str = "\u{feff}";

/// Writes lines of cells.
#[must_use]
pub fn write(lines: &[Vec<String>]) -> String {
    let mut text = MARK.to_owned();
    for line in lines {
        for (at, cell) in line.iter().enumerate() {
            if at > 0 {
                text.push(';');
            }
            put(&mut text, cell);
        }
        text.push_str("\r\n");
    }
    text
}

/// A cell that a spreadsheet could take for a formula gets an apostrophe before it; a number stays one.
fn put(text: &mut String, cell: &str) {
    let begins = cell.trim_start().chars().next();
    let is_formula = matches!(begins, Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠'))
        || cell.starts_with(['\t', '\r']);
    let number = cell.strip_prefix('-').unwrap_or(cell);
    let is_number = number.bytes().all(|one| one.is_ascii_digit() || matches!(one, b',' | b'.'));
    let begins_with_digit = number.bytes().next().is_some_and(|one| one.is_ascii_digit());
    let guarded = is_formula && !(is_number && begins_with_digit);
    let quoted = cell.contains([';', '"', '\n', '\r']);
    if quoted {
        text.push('"');
    }
    if guarded {
        text.push('\'');
    }
    for letter in cell.chars() {
        if letter == '"' {
            text.push('"');
        }
        text.push(letter);
    }
    if quoted {
        text.push('"');
    }
}
