//! The way in for a browser.

use ankomst_shared::catalog::Catalog;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance)]
    fn now() -> f64;
}

/// Measures with the catalog of the app, in the order of [`crate::METRICS`]; nothing when that cannot be done.
#[wasm_bindgen]
#[must_use]
pub fn measure(catalog: &[u8]) -> Vec<f64> {
    if !Catalog::load(catalog) {
        return Vec::new();
    }
    crate::figures(Catalog::builtin(), &|| now() * 1_000.0).map(Vec::from).unwrap_or_default()
}
