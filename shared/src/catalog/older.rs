//! The catalog of an earlier program, for simulations in which programs of several ages run in one thread.

use core::cell::Cell;
use std::sync::OnceLock;

use super::lookup::Catalog;

std::thread_local! {
    static CHOSEN: Cell<Option<&'static Catalog>> = const { Cell::new(None) };
}

/// The catalog that stands in the place of the built-in one in this thread, if there is one.
pub(super) fn chosen() -> Option<&'static Catalog> {
    CHOSEN.get()
}

/// Until this goes, an older catalog stands in the place of the built-in one in this thread.
#[derive(Debug)]
pub struct Stands(Option<&'static Catalog>);

impl Stands {
    /// Lets a catalog stand there, or the built-in one.
    #[must_use]
    pub fn instead(older: Option<&'static Catalog>) -> Self {
        Self(CHOSEN.replace(older))
    }
}

impl Drop for Stands {
    fn drop(&mut self) {
        CHOSEN.set(self.0);
    }
}

/// The catalog without these fields, each as `kind/field` or `kind/list/field`. Made once for a process.
#[must_use]
pub fn without(fields: &[&str]) -> &'static Catalog {
    static MADE: OnceLock<&'static Catalog> = OnceLock::new();
    MADE.get_or_init(|| {
        let mut package = Catalog::builtin().package().clone();
        for kind in &mut package.kinds {
            let here = |at: &str| fields.contains(&at);
            kind.fields.retain(|field| !here(&[&kind.id, "/", &field.id].concat()));
            for list in &mut kind.entry_lists {
                let of = [&kind.id, "/", &list.id, "/"].concat();
                list.fields.retain(|field| !here(&[of.as_str(), &field.id].concat()));
            }
        }
        Box::leak(Box::new(Catalog::of(package)))
    })
}
