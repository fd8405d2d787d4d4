//! The way in for a browser.

use ankomst_shared::catalog::Catalog;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance)]
    fn now() -> f64;
}

/// Measures with the catalog of the app: a figure a line, its parts apart by tabs; a line without is a fault.
#[wasm_bindgen]
#[must_use]
pub fn measure(catalog: &[u8]) -> String {
    if !Catalog::load(catalog) {
        return "the catalog cannot be read".to_owned();
    }
    match crate::figures(Catalog::builtin(), &|| now() * 1_000.0) {
        Ok(figures) => {
            let line =
                |one: crate::Figure| format!("{}\t{}\t{}\n", one.metric, one.value, one.unit);
            figures.into_iter().map(line).collect()
        }
        Err(fault) => fault.to_string(),
    }
}
