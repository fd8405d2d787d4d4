//! Fragments of the changelog: `name.kind.md` in `changelog.d/`, a sentence or two each.

use regex::Regex;

use super::Repository;
use super::source::Fault;

const FOLDER: &str = "changelog.d/";

/// Looks at every file of the folder.
///
/// # Errors
/// When a pattern is wrong.
pub(super) fn check(repository: &Repository<'_>) -> anyhow::Result<Vec<Fault>> {
    let form =
        Regex::new(r"^[a-z0-9]+(?:-[a-z0-9]+)*\.(?:added|changed|fixed|removed|security)\.md$")?;
    let mut faults = Vec::new();
    for source in repository.sources {
        let Some(name) = source.path.strip_prefix(FOLDER) else { continue };
        if !form.is_match(name) {
            let what =
                "name it `area-slug.kind.md`; kinds are added, changed, fixed, removed, security";
            faults.push(Fault::new(&source.path, 1, what));
        }
        if source.text.trim().is_empty() {
            let what = "say in a sentence or two what the reader who runs Ankomst will notice";
            faults.push(Fault::new(&source.path, 1, what));
        }
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::kit::found;
    use crate::tidy::settings::Settings;

    fn faults(path: &str, text: &str) -> usize {
        found(check, &Settings::default(), &[(path, text)]).len()
    }

    #[test]
    fn a_named_and_filled_fragment_passes() {
        assert_eq!(faults("changelog.d/app-spine.added.md", "Two tablets share.\n"), 0);
        assert_eq!(faults("docs/spine.md", ""), 0);
    }

    #[test]
    fn a_wrong_name_and_an_empty_fragment_are_found() {
        assert_eq!(faults("changelog.d/app_spine.added.md", "Text.\n"), 1);
        assert_eq!(faults("changelog.d/app-spine.new.md", "Text.\n"), 1);
        assert_eq!(faults("changelog.d/sub/app.added.md", "Text.\n"), 1);
        assert_eq!(faults("changelog.d/app.fixed.md", "\n"), 1);
    }
}
