//! What was published stays: no id disappears, and none comes to mean another kind of answer.
//!
//! `shared/catalog/published.lock` has one line for each field, constraint, code and item ever published. The
//! test reads all files, also the lists that are not packed yet, and adds nothing by itself: a new
//! line is part of the review.

use std::collections::BTreeSet;

use super::{Constraint, Field, Package};

fn lines() -> BTreeSet<String> {
    let whole = include_bytes!(concat!(env!("OUT_DIR"), "/catalog_whole.packed"));
    let package: Package = crate::packed::from_bytes(whole).unwrap();
    let mut lines = BTreeSet::new();
    let mut part = |owner: &str, fields: &[Field], constraints: &[Constraint]| {
        for field in fields {
            lines.insert(format!("field {owner}/{} {:?}", field.id, field.typ));
        }
        let rules = constraints.iter();
        lines.extend(rules.map(|rule| format!("constraint {owner} {}", rule.id)));
    };
    for kind in &package.kinds {
        part(&kind.id, &kind.fields, &kind.constraints);
        for list in &kind.entry_lists {
            part(&format!("{}/{}", kind.id, list.id), &list.fields, &list.constraints);
        }
    }
    for list in &package.lists {
        lines.extend(list.codes.iter().map(|code| format!("code {}/{}", list.id, code.id)));
    }
    for list in &package.checklists {
        let items = list.items.iter();
        lines.extend(items.map(|item| format!("item {}/{} v{}", list.id, item.id, list.version)));
    }
    lines
}

#[test]
fn nothing_published_is_missing_or_re_typed_and_everything_new_is_written_down() {
    let published: BTreeSet<String> =
        include_str!("../../catalog/published.lock").lines().map(str::to_owned).collect();
    let current = lines();
    let gone: Vec<&String> = published.difference(&current).collect();
    assert!(gone.is_empty(), "published and now gone or re-typed: {gone:#?}");
    let new: Vec<&String> = current.difference(&published).collect();
    assert!(new.is_empty(), "add these lines to shared/catalog/published.lock: {new:#?}");
}
