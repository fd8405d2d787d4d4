//! The answers of the town fit together, but for what the demo is to show.

use std::collections::BTreeMap;

use ankomst_shared::catalog::Catalog;
use ankomst_shared::form::{Why, evaluate};

use super::small;

#[test]
fn two_houses_have_too_few_toilets_and_all_other_answers_fit_together() {
    let catalog = Catalog::builtin();
    let mut broken: BTreeMap<String, usize> = BTreeMap::new();
    for one in &small().1 {
        let Some(kind) = catalog.kind(&one.header.kind) else { continue };
        let found = evaluate(catalog, kind, &one.state);
        for rule in found.broken {
            *broken.entry(rule.rule).or_default() += 1;
        }
        for unclear in found.unclear {
            assert_eq!(unclear.why, Why::Empty, "{unclear:?}");
        }
    }
    assert_eq!(broken, BTreeMap::from([("residence persons_per_toilet".to_owned(), 2)]));
}
