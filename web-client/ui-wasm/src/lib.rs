//! Mounts the screens of Ankomst: the one function `boot.js` calls.

#![cfg(target_arch = "wasm32")]

use wasm_bindgen::prelude::*;

/// Starts the page with the core's worker and the build's id.
#[wasm_bindgen]
pub fn start(worker: JsValue, build: String) {
    ankomst_ui::start(worker, build);
}
