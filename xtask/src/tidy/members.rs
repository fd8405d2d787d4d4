//! Which member of the workspace depends on which, and through which features, read from the manifests.

use std::collections::BTreeSet;

use anyhow::Context;
use toml::{Table, Value};

use super::Repository;
use super::settings::{LAYERS, line_of};
use super::source::{Fault, Source};

/// A member's manifest.
struct Manifest<'a> {
    source: &'a Source,
    name: String,
    dependencies: Vec<Dependency>,
}

/// One line of a manifest's dependencies.
struct Dependency {
    name: String,
    features: Vec<String>,
}

/// Holds every manifest against the table.
///
/// # Errors
/// When a manifest cannot be read.
pub(super) fn check(repository: &Repository<'_>) -> anyhow::Result<Vec<Fault>> {
    let manifests = manifests(repository.sources)?;
    let members: BTreeSet<&str> = manifests.iter().map(|one| one.name.as_str()).collect();
    let mut faults = Vec::new();
    for manifest in &manifests {
        let path = &manifest.source.path;
        let Some(allowed) = repository.settings.layers.members.get(&manifest.name) else {
            faults.push(Fault::new(
                path,
                1,
                format!("give `{}` a line in {LAYERS}", manifest.name),
            ));
            continue;
        };
        for dependency in &manifest.dependencies {
            let line = line_of(&manifest.source.text, &dependency.name);
            let fault = |what: String| Fault::new(path, line, what);
            if members.contains(dependency.name.as_str()) && !allowed.contains(&dependency.name) {
                faults.push(fault(format!(
                    "`{}` must not depend on `{}` ({LAYERS}, members): move what both need down",
                    manifest.name, dependency.name
                )));
            }
            let doors = &repository.settings.layers.doors;
            let door = doors.get(&dependency.name.replace('-', "_"));
            if door.is_some_and(|door| !door.members.contains(&manifest.name)) {
                faults.push(fault(format!(
                    "`{}` must not depend on `{}` ({LAYERS}, doors): ask the member that has the door",
                    manifest.name, dependency.name
                )));
            }
            let without = repository.settings.layers.without.get(&manifest.name);
            for feature in &dependency.features {
                let wanted = format!("{}/{feature}", dependency.name);
                if without.is_some_and(|without| without.contains(&wanted)) {
                    faults.push(fault(format!(
                        "`{}` must leave off `{wanted}` ({LAYERS}, without)",
                        manifest.name
                    )));
                }
            }
        }
    }
    Ok(faults)
}

fn manifests(sources: &[Source]) -> anyhow::Result<Vec<Manifest<'_>>> {
    let mut manifests = Vec::new();
    let defaults = workspace_defaults(sources)?;
    for source in sources.iter().filter(|source| source.is("Cargo.toml")) {
        let table: Table = source.text.parse().with_context(|| source.path.clone())?;
        let name = table.get("package").and_then(|p| p.get("name")).and_then(Value::as_str);
        if let Some(name) = name {
            let dependencies = dependencies(&table, &defaults);
            manifests.push(Manifest { source, name: name.to_owned(), dependencies });
        }
    }
    Ok(manifests)
}

/// Names of the dependencies of the workspace that have their default features on.
fn workspace_defaults(sources: &[Source]) -> anyhow::Result<BTreeSet<String>> {
    let Some(top) = sources.iter().find(|source| source.path == "Cargo.toml") else {
        return Ok(BTreeSet::new());
    };
    let table: Table = top.text.parse().context("Cargo.toml")?;
    let all = table.get("workspace").and_then(|w| w.get("dependencies")).and_then(Value::as_table);
    let all = all.into_iter().flatten();
    Ok(all.filter(|(_, value)| has_defaults(value)).map(|(name, _)| name.clone()).collect())
}

fn has_defaults(value: &Value) -> bool {
    value.get("default-features").and_then(Value::as_bool).unwrap_or(true)
}

fn dependencies(manifest: &Table, defaults: &BTreeSet<String>) -> Vec<Dependency> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let targets = targets.into_iter().flatten().filter_map(|(_, target)| target.as_table());
    let mut found = Vec::new();
    for table in std::iter::once(manifest).chain(targets) {
        for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (name, value) in table.get(kind).and_then(Value::as_table).into_iter().flatten() {
                found.push(Dependency {
                    name: name.clone(),
                    features: features(name, value, defaults),
                });
            }
        }
    }
    found
}

fn features(name: &str, value: &Value, defaults: &BTreeSet<String>) -> Vec<String> {
    let listed = value.get("features").and_then(Value::as_array).into_iter().flatten();
    let mut features: Vec<String> = listed.filter_map(Value::as_str).map(str::to_owned).collect();
    let from_workspace = value.get("workspace").is_some();
    if if from_workspace { defaults.contains(name) } else { has_defaults(value) } {
        features.push("default".to_owned());
    }
    features
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::kit::found;
    use crate::tidy::settings::{Door, Settings};

    const TOP: &str =
        "[workspace.dependencies]\nmodel = { path = \"model\", default-features = false }\n";

    fn settings() -> Settings {
        let mut settings = Settings::default();
        let layers = &mut settings.layers;
        layers.members.insert("model".to_owned(), Vec::new());
        layers.members.insert("page".to_owned(), vec!["model".to_owned()]);
        layers.without.insert(
            "page".to_owned(),
            vec!["model/document".to_owned(), "model/default".to_owned()],
        );
        let door = Door { members: vec!["model".to_owned()], ..Door::default() };
        layers.doors.insert("auto_merge".to_owned(), door);
        settings
    }

    fn faults(model: &str, page: &str) -> Vec<String> {
        let model = format!("[package]\nname = \"model\"\n\n{model}");
        let page = format!("[package]\nname = \"page\"\n\n{page}");
        let files = [("Cargo.toml", TOP), ("model/Cargo.toml", &model), ("page/Cargo.toml", &page)];
        found(check, &settings(), &files)
    }

    #[test]
    fn arrows_of_the_table_pass_and_outside_crates_are_free() {
        let page = "[dependencies]\nmodel.workspace = true\nserde = \"1\"\n";
        assert!(faults("[dependencies]\nauto-merge = \"1\"\n", page).is_empty());
    }

    #[test]
    fn an_arrow_back_a_door_gone_round_and_a_feature_are_found_with_their_lines() {
        let model = "[target.'cfg(unix)'.dev-dependencies]\npage = { path = \"../page\" }\n";
        let page = "[dependencies]\nauto-merge = \"1\"\nmodel = { workspace = true, features = [\"document\"] }\n";
        let faults = faults(model, page);
        assert_eq!(faults.len(), 3, "{faults:#?}");
        assert!(faults[0].starts_with("model/Cargo.toml:5: `model` must not depend on `page`"));
        assert!(faults[1].starts_with("page/Cargo.toml:5: `page` must not depend on `auto-merge`"));
        assert!(faults[2].starts_with("page/Cargo.toml:6: `page` must leave off `model/document`"));
    }

    #[test]
    fn default_features_of_the_workspace_or_of_the_line_count() {
        let page = "[dependencies]\nmodel = { path = \"../model\" }\n";
        assert!(faults("", page)[0].contains("`model/default`"));
    }

    #[test]
    fn a_member_without_a_line_is_found() {
        let other = [("other/Cargo.toml", "[package]\nname = \"other\"\n")];
        assert!(found(check, &settings(), &other)[0].contains("give `other` a line"));
    }
}
