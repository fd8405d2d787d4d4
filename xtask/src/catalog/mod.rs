//! `cargo xtask catalog report`: how much the catalog asks, which texts it lacks, and what answers each
//! thing the product was made for.
//!
//! Reads the files themselves, also what is not packed yet, so that it can be asked while they are
//! being written.

mod records;
mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use serde_json::json;
use toml::{Table, Value};

use crate::run::top;
use records::{Places, Records, with_parts};
use rows::{Names, Rows};

/// Items of each built-in checklist as the domain counts them: 352 in all. A checklist that is not
/// named here is one more.
const ITEMS: [(&str, usize); 8] = [
    ("arrival_household", 77),
    ("residence_inspection", 121),
    ("uam_arrival", 43),
    ("uam_rejection", 30),
    ("move_out", 29),
    ("private_lease", 34),
    ("missing_child", 10),
    ("gap", 8),
];

/// What can be asked of the catalog.
#[derive(Subcommand)]
pub(crate) enum Catalog {
    /// Counts kinds, fields, checklists, items, merge codes, stories and texts that are missing, and tells
    /// which needs are not answered yet.
    Report(ReportArgs),
}

/// Options of `catalog report`.
#[derive(Args)]
pub(crate) struct ReportArgs {
    /// Print the counts as one JSON object.
    #[arg(long)]
    json: bool,
}

/// What the files hold.
#[derive(Debug, Default, PartialEq, Eq)]
struct Report {
    kinds: usize,
    fields: usize,
    lists: usize,
    codes: usize,
    /// Items of the newest version of each checklist.
    checklists: BTreeMap<String, (i64, usize)>,
    /// Fields by merge code.
    merge_codes: BTreeMap<String, usize>,
    /// Codes by list.
    codes_of: BTreeMap<String, usize>,
    /// What can be named in the catalog.
    places: Places,
    /// The domain's records held against it.
    records: Records,
    /// Everything that can be named as an answer.
    names: Names,
    /// The needs, and what answers them.
    rows: Rows,
    /// Place and language of each text that is missing.
    missing: Vec<String>,
}

/// Prints the report.
///
/// # Errors
/// When a file cannot be read, a text is missing, or an answer names what is not there.
pub(crate) fn run(catalog: &Catalog) -> anyhow::Result<()> {
    let Catalog::Report(args) = catalog;
    let report = built_in()?;
    if args.json {
        println!("{}", report.json());
    } else {
        report.print();
    }
    if !report.missing.is_empty() {
        bail!("{} texts are missing:\n{}", report.missing.len(), report.missing.join("\n"));
    }
    let faults = report.rows.faults();
    if !faults.is_empty() {
        bail!("{} faults in xtask/rows.toml:\n{}", faults.len(), faults.join("\n"));
    }
    Ok(())
}

/// The report on the catalog of this project.
fn built_in() -> anyhow::Result<Report> {
    let wanted = fs::read_to_string(top().join("xtask").join("records.toml"))?;
    let mut report = read(&files(&top().join("shared").join("catalog"))?, &wanted)?;
    report.names.beside(&top())?;
    let rows = fs::read_to_string(top().join("xtask").join("rows.toml"))?;
    report.rows = Rows::read(&rows, &report.names)?;
    Ok(report)
}

/// The TOML files below a folder, by their path in it.
fn files(folder: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    for inner in ["kinds", "lists", "parts", "checklists", "text", "words"] {
        let path = folder.join(inner);
        for entry in fs::read_dir(&path).with_context(|| path.display().to_string())? {
            let entry = entry?;
            let name = format!("{inner}/{}", entry.file_name().to_string_lossy());
            if entry.path().extension().is_some_and(|end| end == "toml") {
                files.push((name, fs::read_to_string(entry.path())?));
            }
        }
    }
    files.sort();
    Ok(files)
}

fn read(files: &[(String, String)], wanted: &str) -> anyhow::Result<Report> {
    let mut parts = BTreeMap::new();
    for (name, text) in files {
        if let Some(part) = name.strip_prefix("parts/") {
            parts.insert(part.to_owned(), text.parse().with_context(|| name.clone())?);
        }
    }
    let mut report = Report::default();
    let mut keys: BTreeMap<&str, BTreeMap<&str, BTreeSet<String>>> = BTreeMap::new();
    for (name, text) in files {
        let table: Table = text.parse().with_context(|| name.clone())?;
        let (folder, file) = name.split_once('/').unwrap_or(("", name));
        match folder {
            "kinds" => report.kind(&table, &parts),
            "lists" => {
                let codes = tables(&table, "codes");
                report.lists += 1;
                report.codes += codes.len();
                report.codes_of.insert(id(&table).to_owned(), codes.len());
                report.names.list(id(&table), codes.into_iter().map(id));
            }
            "parts" => {}
            "checklists" => report.checklist(&table),
            _ => {
                let said = table.iter().filter(|(_, text)| is_said(text));
                let said = said.map(|(key, _)| key.clone()).collect();
                keys.entry(folder).or_default().insert(file, said);
                continue;
            }
        }
        labels(name, &Value::Table(table), &mut report.missing);
    }
    for (folder, languages) in keys {
        let all: BTreeSet<&String> = languages.values().flatten().collect();
        for language in ["sv.toml", "en.toml"] {
            let said = languages.get(language);
            let lacks = |key: &&&String| !said.is_some_and(|said| said.contains(**key));
            let missing = all.iter().filter(lacks);
            report.missing.extend(missing.map(|key| format!("{folder}/{language}: `{key}`")));
        }
    }
    report.names.places(&report.places);
    report.records = Records::read(wanted, &report.places, &report.codes_of)?;
    Ok(report)
}

/// The tables of a list of tables.
fn tables<'a>(table: &'a Table, key: &str) -> Vec<&'a Table> {
    let all = table.get(key).and_then(Value::as_array);
    all.into_iter().flatten().filter_map(Value::as_table).collect()
}

fn is_said(text: &Value) -> bool {
    text.as_str().is_some_and(|text| !text.trim().is_empty())
}

fn id(table: &Table) -> &str {
    table.get("id").and_then(Value::as_str).unwrap_or("?")
}

/// Notes what has no label (a constraint: nothing to say), and texts without one of the languages.
fn labels(place: &str, value: &Value, missing: &mut Vec<String>) {
    match value {
        Value::Table(table) => {
            let place = match table.get("id").and_then(Value::as_str) {
                Some(id) => format!("{place} {id}"),
                None => place.to_owned(),
            };
            let is_named = table.contains_key("label") || table.contains_key("say");
            if table.contains_key("id") && !is_named {
                missing.push(format!("{place}: `label`"));
            }
            if table.contains_key("sv") || table.contains_key("en") {
                for language in ["sv", "en"] {
                    if !table.get(language).is_some_and(is_said) {
                        missing.push(format!("{place}: `{language}`"));
                    }
                }
                return;
            }
            for (key, inner) in table {
                let place = if inner.is_table() { format!("{place} {key}") } else { place.clone() };
                labels(&place, inner, missing);
            }
        }
        Value::Array(all) => {
            for inner in all {
                labels(place, inner, missing);
            }
        }
        _ => {}
    }
}

impl Report {
    fn kind(&mut self, kind: &Table, parts: &BTreeMap<String, Table>) {
        self.kinds += 1;
        self.places.kind(kind, parts);
        for table in with_parts(kind, parts) {
            let lists = tables(table, "entry_lists").into_iter();
            let fields = lists.flat_map(|list| tables(list, "fields"));
            for field in tables(table, "fields").into_iter().chain(fields) {
                self.fields += 1;
                let code = field.get("merge").and_then(Value::as_str).unwrap_or("?");
                *self.merge_codes.entry(code.to_owned()).or_default() += 1;
            }
        }
    }

    fn checklist(&mut self, checklist: &Table) {
        let version = checklist.get("version").and_then(Value::as_integer).unwrap_or(0);
        let items = tables(checklist, "items");
        let newest = (version, items.len());
        self.names.checklist(id(checklist), items.into_iter().map(id));
        let known = self.checklists.entry(id(checklist).to_owned()).or_insert(newest);
        *known = newest.max(*known);
    }

    fn items(&self) -> usize {
        self.checklists.values().map(|(_, items)| items).sum()
    }

    fn json(&self) -> serde_json::Value {
        let ((kinds, kinds_total), (fields, fields_total)) =
            (self.records.kinds(), self.records.fields());
        json!({
            "documents": self.kinds,
            "kinds": kinds,
            "kinds_total": kinds_total,
            "fields": self.fields,
            "record_fields": fields,
            "record_fields_total": fields_total,
            "short_code_lists": self.records.short_lists(),
            "checklists": self.checklists.len(),
            "items": self.items(),
            "stories": self.names.stories(),
            "seed_rows_total": self.rows.all(),
            "seed_rows_answered": self.rows.answered(),
            "texts_missing": self.missing.len(),
        })
    }

    fn print(&self) {
        println!("{} kinds of document with {} fields", self.kinds, self.fields);
        let ((kinds, all_kinds), (fields, all_fields)) =
            (self.records.kinds(), self.records.fields());
        println!("{kinds} of {all_kinds} records with {fields} of {all_fields} fields");
        for line in self.records.lines() {
            println!("    {line}");
        }
        let codes = self.merge_codes.iter().map(|(code, count)| format!("{code} {count}"));
        println!("merge codes: {}", codes.collect::<Vec<_>>().join(", "));
        println!("{} code lists with {} codes", self.lists, self.codes);
        println!("{} checklists with {} items", self.checklists.len(), self.items());
        for (id, (version, items)) in &self.checklists {
            let wanted = ITEMS.iter().find(|(known, _)| known == id);
            let wanted = wanted.map_or_else(String::new, |(_, count)| format!(" of {count}"));
            println!("    {id} v{version}: {items}{wanted}");
        }
        let gone = ITEMS.iter().filter(|(id, _)| !self.checklists.contains_key(*id));
        for (id, count) in gone {
            println!("    {id}: 0 of {count}");
        }
        println!("{} merge stories", self.names.stories());
        println!("{} of {} needs answered", self.rows.answered(), self.rows.all());
        for line in self.rows.lines() {
            println!("    {line}");
        }
        println!("{} texts missing", self.missing.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: &str = "id = \"house\"\nlabel = { sv = \"Hus\", en = \"House\" }\n\
                        fields = [{ id = \"name\", label = { sv = \"Namn\", en = \"Name\" }, merge = \"R\" }]\n\
                        [[entry_lists]]\nid = \"rooms\"\nlabel = { sv = \"Rum\", en = \"Room\" }\n\
                        fields = [{ id = \"area\", label = { sv = \"Yta\", en = \"Area\" }, merge = \"S\" }]\n";

    const LIST: &str = "id = \"move\"\nversion = 1\nlabel = { sv = \"Flytt\", en = \"Move\" }\n\
                        [[items]]\nid = \"M-01\"\nlabel = { sv = \"Nycklar\", en = \"Keys\" }\n";

    fn of(files: &[(&str, &str)]) -> Report {
        let files: Vec<(String, String)> =
            files.iter().map(|(name, text)| ((*name).into(), (*text).into())).collect();
        read(&files, "").unwrap()
    }

    #[test]
    fn fields_of_entries_count_and_only_the_newest_version_of_a_checklist() {
        let second = LIST.replace("version = 1", "version = 2")
            + "[[items]]\nid = \"M-02\"\nlabel = { sv = \"El\", en = \"Power\" }\n";
        let report = of(&[
            ("checklists/move.toml", &second),
            ("checklists/move_1.toml", LIST),
            ("kinds/house.toml", KIND),
        ]);
        assert_eq!((report.kinds, report.fields, report.items()), (1, 2, 2));
        assert_eq!(report.merge_codes["R"] + report.merge_codes["S"], 2);
        assert_eq!(report.missing, [""; 0]);
        let json = report.json();
        assert_eq!((&json["checklists"], &json["texts_missing"]), (&json!(1), &json!(0)));
    }

    #[test]
    fn a_missing_text_is_named_wherever_it_is() {
        let report = of(&[
            ("checklists/move.toml", &LIST.replace(", en = \"Keys\"", "")),
            ("kinds/house.toml", &KIND.replace("\"Yta\"", "\" \"")),
            ("lists/colour.toml", "id = \"colour\"\ncodes = []\n"),
            ("text/en.toml", "add = \"Add\"\nback = \"Back\"\n"),
            ("text/sv.toml", "add = \"\"\nback = \"Tillbaka\"\nclose = \"Stäng\"\n"),
        ]);
        assert_eq!(
            report.missing,
            [
                "checklists/move.toml move M-01 label: `en`",
                "kinds/house.toml house rooms area label: `sv`",
                "lists/colour.toml colour: `label`",
                "text/sv.toml: `add`",
                "text/en.toml: `close`",
            ]
        );
    }

    #[test]
    fn every_record_of_the_domain_can_be_recorded_with_all_its_fields() {
        let records = built_in().unwrap().records;
        let lines = records.lines();
        let short: Vec<&String> = lines
            .iter()
            .filter(|line| line.contains("missing") || line.starts_with("codes"))
            .collect();
        assert_eq!(short, [""; 0]);
        let ((kinds, all), (fields, all_fields)) = (records.kinds(), records.fields());
        assert_eq!((kinds, fields), (all, all_fields));
        assert!(kinds >= 46 && fields >= 450, "{kinds} records, {fields} fields");
    }

    #[test]
    fn every_need_has_a_row_and_every_answer_named_is_there() {
        let report = built_in().unwrap();
        assert_eq!(report.rows.faults(), [""; 0]);
        let (answered, all) = (report.rows.answered(), report.rows.all());
        assert_eq!((report.names.stories(), all), (32, 100));
        let told = report.rows.lines().iter().filter(|line| line.contains("not yet")).count();
        assert!(answered > 0 && answered + told == all, "{answered} answered, {told} told");
        let json = report.json();
        assert_eq!(
            (&json["stories"], &json["seed_rows_total"], &json["seed_rows_answered"]),
            (&json!(32), &json!(100), &json!(answered))
        );
    }

    #[test]
    fn the_built_in_lists_are_as_the_domain_counts_them() {
        let report = built_in().unwrap();
        for (id, count) in ITEMS {
            assert_eq!(report.checklists[id].1, count, "{id}");
        }
        assert_eq!(report.missing, [""; 0]);
    }
}
