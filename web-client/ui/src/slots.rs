//! One signal per row, so that a fresh view touches only the rows that differ and never the one
//! under a finger.

use std::collections::BTreeMap;
use std::sync::Arc;

use leptos::prelude::*;

/// Rows by key, in an order.
#[derive(Debug)]
pub struct Slots<T: Clone + PartialEq + Send + Sync + 'static> {
    keys: RwSignal<Vec<String>>,
    rows: StoredValue<BTreeMap<String, ArcRwSignal<T>>>,
}

impl<T: Clone + PartialEq + Send + Sync + 'static> Clone for Slots<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Clone + PartialEq + Send + Sync + 'static> Copy for Slots<T> {}

impl<T: Clone + PartialEq + Send + Sync + 'static> Slots<T> {
    /// Makes an empty set of rows.
    pub fn new() -> Self {
        Self { keys: RwSignal::new(Vec::new()), rows: StoredValue::new(BTreeMap::new()) }
    }

    /// Takes in fresh rows.
    pub fn fill(self, fresh: impl IntoIterator<Item = (String, T)>) {
        let mut keys = Vec::new();
        for (key, row) in fresh {
            self.put(&key, row);
            keys.push(key);
        }
        if self.keys.with_untracked(|old| *old != keys) {
            self.keys.set(keys);
        }
    }

    /// Takes in one row without changing the order.
    pub fn put(self, key: &str, row: T) {
        let known = self.rows.with_value(|rows| rows.get(key).cloned());
        match known {
            Some(slot) => {
                if slot.with_untracked(|old| *old != row) {
                    slot.set(row);
                }
            }
            None => self.rows.update_value(|rows| {
                rows.insert(key.to_owned(), ArcRwSignal::new(row));
            }),
        }
    }

    /// Keys in order.
    pub fn keys(self) -> Signal<Vec<String>> {
        self.keys.into()
    }

    /// The signal of a row.
    pub fn get(self, key: &str) -> Option<RwSignal<T>> {
        self.rows.with_value(|rows| rows.get(key).cloned()).map(RwSignal::from)
    }

    /// Whether there is no row.
    pub fn is_empty(self) -> bool {
        self.keys.with(Vec::is_empty)
    }
}

/// Shows one view per key; a key that stays keeps its elements.
pub fn each(
    keys: Signal<Vec<String>>,
    row: impl Fn(String) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    let row: Arc<dyn Fn(String) -> AnyView + Send + Sync> = Arc::new(row);
    view! { <For each=move || keys.get() key=String::clone children=move |key| row(key) /> }
        .into_any()
}

/// Shows one view per row.
pub fn rows<T: Clone + PartialEq + Send + Sync + 'static>(
    slots: Slots<T>,
    row: impl Fn(RwSignal<T>) -> AnyView + Send + Sync + 'static,
) -> AnyView {
    each(slots.keys(), move |key| slots.get(&key).map_or_else(|| ().into_any(), &row))
}
