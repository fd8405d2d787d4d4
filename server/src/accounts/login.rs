//! What a login may look like: easy to type on a tablet, the same however it is written.

/// Longest login, in characters.
const LOGIN_CHARS_MAX: usize = 40;

/// Reads a login as it is kept: small letters, digits, `.`, `-` and `_`.
#[must_use]
pub fn read(text: &str) -> Option<String> {
    let login = text.trim().to_lowercase();
    let plain = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '.' | '-' | '_');
    let fits = !login.is_empty() && login.len() <= LOGIN_CHARS_MAX && login.chars().all(plain);
    fits.then_some(login)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_plain_and_kept_small() {
        assert_eq!(read(" Anna.Berg-2 ").as_deref(), Some("anna.berg-2"));
        for bad in ["", "  ", "anna berg", "åsa", "a\nb", &"a".repeat(41)] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }
}
