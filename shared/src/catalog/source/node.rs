//! A TOML table with its place, read key by key; what is wrong is noted, and reading goes on.

use core::cell::RefCell;
use core::ops::Range;
use std::collections::BTreeSet;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::model::Label;
use super::{Fault, Faults, SourceFile};

/// Where a thing stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) file: String,
    pub(super) line: usize,
}

/// A table being read.
pub(super) struct Node<'a> {
    file: &'a SourceFile,
    table: &'a DeTable<'a>,
    span: Range<usize>,
    faults: &'a Faults,
    read: RefCell<BTreeSet<String>>,
}

impl<'a> Node<'a> {
    pub(super) fn new(
        file: &'a SourceFile,
        table: &'a DeTable<'a>,
        span: Range<usize>,
        faults: &'a Faults,
    ) -> Self {
        Self { file, table, span, faults, read: RefCell::default() }
    }

    /// The place of the table.
    pub(super) fn place(&self) -> Place {
        Place { file: self.file.name.clone(), line: line_of(&self.file.text, self.span.start) }
    }

    /// Notes a fault of the table.
    pub(super) fn fault(&self, what: impl Into<String>) {
        fault_at(self.faults, &self.place(), what);
    }

    fn get(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.read.borrow_mut().insert(key.to_owned());
        self.table.get(key)
    }

    fn wrong(&self, value: &Spanned<DeValue<'_>>, key: &str, wanted: &str) {
        let line = line_of(&self.file.text, value.span().start);
        let place = Place { file: self.file.name.clone(), line };
        fault_at(self.faults, &place, format!("`{key}` must be {wanted}"));
    }

    /// A text that must be there.
    pub(super) fn text(&self, key: &str) -> String {
        let found = self.maybe_text(key);
        if found.is_none() && self.table.get(key).is_none() {
            self.fault(format!("`{key}` is missing"));
        }
        found.unwrap_or_default()
    }

    /// A text that may be there.
    pub(super) fn maybe_text(&self, key: &str) -> Option<String> {
        let value = self.get(key)?;
        if let DeValue::String(text) = value.get_ref()
            && !text.trim().is_empty()
        {
            return Some(text.to_string());
        }
        self.wrong(value, key, "a text that is not empty");
        None
    }

    /// A whole number that must be there.
    pub(super) fn number(&self, key: &str) -> i64 {
        let found = self.maybe_number(key);
        if found.is_none() && self.table.get(key).is_none() {
            self.fault(format!("`{key}` is missing"));
        }
        found.unwrap_or_default()
    }

    /// A whole number that may be there.
    pub(super) fn maybe_number(&self, key: &str) -> Option<i64> {
        let value = self.get(key)?;
        if let DeValue::Integer(number) = value.get_ref()
            && let Ok(number) = i64::from_str_radix(number.as_str(), number.radix())
        {
            return Some(number);
        }
        self.wrong(value, key, "a whole number");
        None
    }

    /// Whether a key is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Yes or no; no when absent.
    pub(super) fn flag(&self, key: &str) -> bool {
        let Some(value) = self.get(key) else { return false };
        if let DeValue::Boolean(yes) = value.get_ref() {
            return *yes;
        }
        self.wrong(value, key, "true or false");
        false
    }

    /// A text in both languages that must be there.
    pub(super) fn label(&self, key: &str) -> Label {
        if let Some(label) = self.maybe_label(key) {
            return label;
        }
        if self.table.get(key).is_none() {
            self.fault(format!("`{key}` is missing"));
        }
        Label::default()
    }

    /// A text in both languages that may be there.
    pub(super) fn maybe_label(&self, key: &str) -> Option<Label> {
        let node = self.maybe_node(key)?;
        let label = Label { sv: node.text("sv"), en: node.text("en") };
        node.end();
        Some(label)
    }

    /// A table that may be there.
    pub(super) fn maybe_node(&self, key: &str) -> Option<Node<'a>> {
        let value = self.get(key)?;
        if let DeValue::Table(table) = value.get_ref() {
            return Some(Node::new(self.file, table, value.span(), self.faults));
        }
        self.wrong(value, key, "a table");
        None
    }

    /// A list of tables; empty when absent.
    pub(super) fn nodes(&self, key: &str) -> Vec<Node<'a>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let DeValue::Array(all) = value.get_ref() else {
            self.wrong(value, key, "a list of tables");
            return Vec::new();
        };
        let mut nodes = Vec::new();
        for one in all {
            if let DeValue::Table(table) = one.get_ref() {
                nodes.push(Node::new(self.file, table, one.span(), self.faults));
            } else {
                self.wrong(one, key, "a list of tables");
            }
        }
        nodes
    }

    /// A list of texts; empty when absent.
    pub(super) fn texts(&self, key: &str) -> Vec<String> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let DeValue::Array(all) = value.get_ref() else {
            self.wrong(value, key, "a list of texts");
            return Vec::new();
        };
        let mut texts = Vec::new();
        for one in all {
            match one.get_ref() {
                DeValue::String(text) if !text.trim().is_empty() => texts.push(text.to_string()),
                _ => self.wrong(one, key, "a list of texts that are not empty"),
            }
        }
        texts
    }

    /// A list of whole numbers; empty when absent.
    pub(super) fn numbers(&self, key: &str) -> Vec<i64> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let DeValue::Array(all) = value.get_ref() else {
            self.wrong(value, key, "a list of whole numbers");
            return Vec::new();
        };
        let mut numbers = Vec::new();
        for one in all {
            match one.get_ref() {
                DeValue::Integer(number)
                    if let Ok(number) = i64::from_str_radix(number.as_str(), number.radix()) =>
                {
                    numbers.push(number);
                }
                _ => self.wrong(one, key, "a list of whole numbers"),
            }
        }
        numbers
    }

    /// All its keys as whole numbers, in the order of the keys.
    pub(super) fn all_numbers(self) -> Vec<(String, i64)> {
        let keys: Vec<String> = self.table.keys().map(|key| key.get_ref().to_string()).collect();
        let numbers = keys.into_iter().map(|key| (self.number(&key), key));
        numbers.map(|(number, key)| (key, number)).collect()
    }

    /// A list of pairs of texts; empty when absent.
    pub(super) fn pairs(&self, key: &str) -> Vec<(String, String)> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let DeValue::Array(all) = value.get_ref() else {
            self.wrong(value, key, "a list of pairs of texts");
            return Vec::new();
        };
        let mut pairs = Vec::new();
        for one in all {
            let DeValue::Array(pair) = one.get_ref() else { continue };
            let texts: Vec<&str> = pair.iter().filter_map(|text| text.get_ref().as_str()).collect();
            if let ([first, second], 2) = (texts.as_slice(), pair.len()) {
                pairs.push(((*first).to_owned(), (*second).to_owned()));
            }
        }
        if pairs.len() != all.len() {
            self.wrong(value, key, "a list of pairs of texts");
        }
        pairs
    }

    /// Whether a key holds a list.
    pub(super) fn is_list(&self, key: &str) -> bool {
        self.table.get(key).is_some_and(|value| matches!(value.get_ref(), DeValue::Array(_)))
    }

    /// Notes every key that nobody has read.
    pub(super) fn end(self) {
        let read = self.read.borrow();
        for key in self.table.keys() {
            if !read.contains(key.get_ref().as_ref()) {
                let line = line_of(&self.file.text, key.span().start);
                let place = Place { file: self.file.name.clone(), line };
                fault_at(self.faults, &place, format!("`{}` is not known here", key.get_ref()));
            }
        }
    }
}

/// Notes a fault at a place.
pub(super) fn fault_at(faults: &Faults, place: &Place, what: impl Into<String>) {
    let what = what.into();
    faults.borrow_mut().push(Fault { file: place.file.clone(), line: place.line, what });
}

/// The line of a byte offset, from 1.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}
