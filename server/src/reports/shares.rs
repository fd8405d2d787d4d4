//! Shares by category and by citizenship, for a region or the public: numbers below five are never told (domain
//! section 6), nor are such from which one below five could be reckoned.

use std::collections::BTreeMap;

use ankomst_shared::order;
use ankomst_shared::text::Word;

use super::records::Records;
use super::{Row, SMALL, Table, Told, share};

pub(super) fn make(records: &Records, told: &Told<'_>) -> Vec<Table> {
    let (mut categories, mut citizens) = (BTreeMap::new(), BTreeMap::new());
    let mut persons = 0;
    for one in records.of("case") {
        if matches!(one.state.text("state"), "closed" | "purged") {
            continue;
        }
        for person in records.listed(one, "persons") {
            // A card that points at another is of somebody who is counted there.
            if !person.text("duplicate_of").is_empty() {
                continue;
            }
            persons += 1;
            *categories.entry(person.text("category").to_owned()).or_insert(0) += 1;
            let mut of = person.members("citizenships");
            of.sort_unstable();
            // Of several citizenships each would count its person once: together they are one group.
            let group = match of.as_slice() {
                [] => String::new(),
                [one] => (*one).to_owned(),
                _ => SEVERAL.to_owned(),
            };
            *citizens.entry(group).or_insert(0) += 1;
        }
    }
    let table = |id, title, (list, counts): (&str, BTreeMap<String, usize>)| Table {
        id,
        title,
        help: Word::RegisterSmall,
        columns: vec![
            (list_column(id), title),
            ("persons", Word::RegisterPersons),
            ("share_%", Word::RegisterShare),
        ],
        rows: rows((records, told), list, counts, persons),
        in_file_only: false,
    };
    vec![
        table("categories", Word::RegisterCategories, ("category", categories)),
        table("citizenships", Word::RegisterCitizens, ("country", citizens)),
    ]
}

/// Stands for several citizenships at once; no country has this code.
const SEVERAL: &str = "*";

fn list_column(id: &str) -> &'static str {
    if id == "categories" { "category" } else { "citizenship" }
}

/// The groups by size; small ones together as others.
fn rows(
    (records, told): (&Records, &Told<'_>),
    list: &str,
    counts: BTreeMap<String, usize>,
    all: usize,
) -> Vec<Row> {
    let name = |code: &str| match code {
        "" => told.w(Word::RegisterNotSaid),
        SEVERAL => told.w(Word::RegisterSeveral),
        code => records.catalog.code_words(list, code, told.language),
    };
    let (shown, others) = hidden(counts);
    let mut rows: Vec<Row> = Vec::new();
    for (code, count) in shown {
        let cells = vec![name(&code), count.to_string(), share(count, all)];
        rows.push(Row { is_grave: false, cells, href: None });
    }
    if others > 0 {
        let (count, part) = if others < SMALL {
            (format!("<{SMALL}"), String::new())
        } else {
            (others.to_string(), share(others, all))
        };
        rows.push(Row {
            is_grave: false,
            cells: vec![told.w(Word::RegisterOthers), count, part],
            href: None,
        });
    }
    rows
}

/// Groups that may be told, the largest first, and how many are in the others together. While those others are
/// some and below five, the smallest group told goes among them: otherwise the sum would give them away.
fn hidden(counts: BTreeMap<String, usize>) -> (Vec<(String, usize)>, usize) {
    let mut shown: Vec<(String, usize)> = counts.into_iter().collect();
    order::sort_by_key(&mut shown, |(code, count)| (core::cmp::Reverse(*count), code.clone()));
    let mut others = 0;
    while let Some((_, count)) = shown.last() {
        if *count >= SMALL && !(1..SMALL).contains(&others) {
            break;
        }
        others += count;
        shown.pop();
    }
    (shown, others)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nobody_can_be_reckoned_from_what_is_told(counts in prop::collection::btree_map("[a-z]", 1usize..40, 0..12)) {
            let all: usize = counts.values().sum();
            let (shown, others) = hidden(counts);
            prop_assert!(shown.iter().all(|(_, count)| *count >= SMALL));
            prop_assert_eq!(shown.iter().map(|(_, count)| count).sum::<usize>() + others, all);
            // Small others stand alone only where nobody is told at all.
            prop_assert!(others == 0 || others >= SMALL || shown.is_empty());
        }
    }
}
