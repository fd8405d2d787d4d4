//! One signal per row, so that a fresh view touches only the rows that differ and never the one
//! under a finger.

use std::marker::PhantomData;
use std::sync::Arc;

use crate::prelude::*;

use crate::react::{Boxed, Held, Kept, Live};

/// Rows by key, in an order.
#[derive(Debug)]
pub struct Slots<T: Held> {
    keys: Live<Vec<String>>,
    /// By key.
    rows: StoredValue<Vec<(String, Boxed)>>,
    holds: PhantomData<fn() -> T>,
}

impl<T: Held> Clone for Slots<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Held> Copy for Slots<T> {}

impl<T: Held> Slots<T> {
    /// Makes an empty set of rows.
    pub fn new() -> Self {
        let (keys, rows) = (Live::new(Vec::new()), StoredValue::new(Vec::new()));
        Self { keys, rows, holds: PhantomData }
    }

    /// Takes in fresh rows.
    pub fn fill(self, fresh: impl IntoIterator<Item = (String, T)>) {
        let mut keys = Vec::new();
        for (key, row) in fresh {
            self.put(&key, row);
            keys.push(key);
        }
        self.keys.fresh(keys);
    }

    /// Takes in one row without changing the order.
    pub fn put(self, key: &str, row: T) {
        match find(self.rows, key) {
            Some(slot) => Kept::of(slot).fresh(row),
            None => keep(self.rows, key, Kept::new(row).boxed()),
        }
    }

    /// Keys in order.
    pub fn keys(self) -> Vec<String> {
        self.keys.get()
    }

    /// The signal of a row.
    pub fn get(self, key: &str) -> Option<Live<T>> {
        find(self.rows, key).map(|slot| Kept::of(slot).live())
    }

    /// Whether there is no row.
    pub fn is_empty(self) -> bool {
        self.keys.with(Vec::is_empty)
    }
}

fn find(rows: StoredValue<Vec<(String, Boxed)>>, key: &str) -> Option<Boxed> {
    rows.with_value(|rows| {
        let at = rows.binary_search_by(|(known, _)| known.as_str().cmp(key)).ok()?;
        rows.get(at).map(|(_, slot)| slot.clone())
    })
}

fn keep(rows: StoredValue<Vec<(String, Boxed)>>, key: &str, slot: Boxed) {
    rows.update_value(|rows| {
        let at = rows.partition_point(|(known, _)| known.as_str() < key);
        rows.insert(at, (key.to_owned(), slot));
    });
}

/// Shows one view per key; a key that stays keeps its elements.
pub fn each(
    keys: impl Fn() -> Vec<String> + Send + Sync + 'static,
    row: impl Fn(String) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    listed(Box::new(keys), Arc::new(row))
}

fn listed(
    keys: Box<dyn Fn() -> Vec<String> + Send + Sync>,
    row: Arc<dyn Fn(String) -> AnyView + Send + Sync>,
) -> AnyView {
    view! { <For each=keys key=String::clone children=move |key| row(key) /> }.into_any()
}

/// Shows one view per row.
pub fn rows<T: Held>(
    slots: Slots<T>,
    row: impl Fn(Live<T>) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    each(move || slots.keys(), move |key| slots.get(&key).map_or_else(|| ().into_any(), &row))
}
