//! The domain's records held against the catalog: what can be recorded, and what is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use anyhow::Context;
use toml::{Table, Value};

use super::{id, tables};

/// Everything that can be named in the catalog: `case`, `case/guardians`, `case/guardians/child`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Places(BTreeSet<String>);

impl Places {
    /// Notes a kind with the parts it includes.
    pub(super) fn kind(&mut self, kind: &Table, parts: &BTreeMap<String, Table>) {
        let name = id(kind);
        self.0.insert(name.to_owned());
        for table in with_parts(kind, parts) {
            self.fields(name, table);
            for list in tables(table, "entry_lists") {
                let owner = format!("{name}/{}", id(list));
                self.fields(&owner, list);
                self.0.insert(owner);
            }
        }
    }

    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = &String> {
        self.0.iter()
    }

    fn fields(&mut self, owner: &str, table: &Table) {
        let fields = tables(table, "fields").into_iter();
        self.0.extend(fields.map(|field| format!("{owner}/{}", id(field))));
    }
}

/// A kind and the parts it includes.
pub(super) fn with_parts<'a>(
    kind: &'a Table,
    parts: &'a BTreeMap<String, Table>,
) -> Vec<&'a Table> {
    let names = kind.get("include").and_then(Value::as_array).into_iter().flatten();
    let included = names.filter_map(|name| parts.get(&format!("{}.toml", name.as_str()?)));
    core::iter::once(kind).chain(included).collect()
}

/// One record of the domain.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record {
    id: String,
    chapter: String,
    at: String,
    all: usize,
    missing: Vec<String>,
}

/// The domain's records and code lists, and how much of them there is.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Records {
    all: Vec<Record>,
    /// List, codes there are, codes the domain counts.
    codes: Vec<(String, usize, usize)>,
}

impl Records {
    /// Holds the list of records against the catalog.
    ///
    /// # Errors
    /// When the list cannot be read.
    pub(super) fn read(
        text: &str,
        places: &Places,
        codes: &BTreeMap<String, usize>,
    ) -> anyhow::Result<Self> {
        let table: Table = text.parse().context("records.toml")?;
        let all = tables(&table, "records").into_iter().map(|record| held(record, places));
        let counted = table.get("codes").and_then(Value::as_table).into_iter().flatten();
        let counted = counted.filter_map(|(list, count)| {
            let there = codes.get(list).copied().unwrap_or(0);
            Some((list.clone(), there, usize::try_from(count.as_integer()?).ok()?))
        });
        Ok(Self { all: all.collect(), codes: counted.collect() })
    }

    /// Records that can be recorded at all, and all there are.
    pub(super) fn kinds(&self) -> (usize, usize) {
        let there = self.all.iter().filter(|record| record.missing.len() < record.all);
        (there.count(), self.all.len())
    }

    /// Fields that are there, and all there are.
    pub(super) fn fields(&self) -> (usize, usize) {
        let all = self.all.iter().map(|record| record.all).sum();
        let missing: usize = self.all.iter().map(|record| record.missing.len()).sum();
        (all - missing, all)
    }

    /// Code lists that have fewer codes than the domain counts.
    pub(super) fn short_lists(&self) -> usize {
        self.codes.iter().filter(|(_, there, wanted)| there < wanted).count()
    }

    /// The lines of the report: every record, and the code lists that are too short.
    pub(super) fn lines(&self) -> Vec<String> {
        let record = |record: &Record| {
            let Record { id, chapter, at, all, missing } = record;
            let mut line = format!("{chapter} {id}: {} of {all} ({at})", all - missing.len());
            if !missing.is_empty() {
                let _written = write!(line, ", missing {}", missing.join(", "));
            }
            line
        };
        let short = self.codes.iter().filter(|(_, there, wanted)| there < wanted);
        let short =
            short.map(|(list, there, wanted)| format!("codes of {list}: {there} of {wanted}"));
        self.all.iter().map(record).chain(short).collect()
    }
}

fn held(record: &Table, places: &Places) -> Record {
    let text = |key: &str| record.get(key).and_then(Value::as_str).unwrap_or("?").to_owned();
    let (at, mut all) = (text("at"), 0);
    let mut missing = Vec::new();
    let mut named = |name: &str, place: String| {
        all += 1;
        if !places.0.contains(&place) {
            missing.push(name.to_owned());
        }
    };
    for field in texts(record, "fields") {
        named(field, format!("{at}/{field}"));
    }
    for (name, place) in record.get("elsewhere").and_then(Value::as_table).into_iter().flatten() {
        named(name, place.as_str().unwrap_or("?").to_owned());
    }
    for key in ["derived", "header", "server", "catalog"] {
        all += texts(record, key).len();
    }
    Record { id: text("id"), chapter: text("chapter"), at, all, missing }
}

fn texts<'a>(table: &'a Table, key: &str) -> Vec<&'a str> {
    let all = table.get(key).and_then(Value::as_array).into_iter().flatten();
    all.filter_map(Value::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_and_what_is_included_is_there() {
        let kind: Table = "id = \"house\"\ninclude = [\"seen\"]\nfields = [{ id = \"name\" }]\n\
                           [[entry_lists]]\nid = \"rooms\"\nfields = [{ id = \"area\" }]\n"
            .parse()
            .unwrap();
        let part: Table = "fields = [{ id = \"seen_on\" }]".parse().unwrap();
        let mut places = Places::default();
        places.kind(&kind, &BTreeMap::from([("seen.toml".to_owned(), part)]));
        let wanted = "[[records]]\nid = \"house\"\nchapter = \"1\"\nat = \"house\"\n\
                      fields = [\"name\", \"seen_on\", \"colour\"]\nderived = [\"age\"]\n\
                      elsewhere = { area = \"house/rooms/area\", roof = \"house/roofs\" }\n\
                      [[records]]\nid = \"boat\"\nchapter = \"2\"\nat = \"boat\"\nfields = [\"name\"]\n\
                      [codes]\ncolour = 3\nsize = 1\n";
        let codes = BTreeMap::from([("colour".to_owned(), 2), ("size".to_owned(), 5)]);
        let records = Records::read(wanted, &places, &codes).unwrap();
        assert_eq!(
            records.lines(),
            [
                "1 house: 4 of 6 (house), missing colour, roof",
                "2 boat: 0 of 1 (boat), missing name",
                "codes of colour: 2 of 3",
            ]
        );
        assert_eq!((records.kinds(), records.fields(), records.short_lists()), ((1, 2), (4, 7), 1));
    }
}
