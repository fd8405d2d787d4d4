//! Small ways into JavaScript that `web-sys` has no stable names for.

use ankomst_core::platform::StorageFacts;
use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::DedicatedWorkerGlobalScope;

/// The worker this runs in.
pub(crate) fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Calls a method by name.
pub(crate) fn call(
    object: &JsValue,
    method: &str,
    arguments: &[JsValue],
) -> Result<JsValue, JsValue> {
    let function: Function = Reflect::get(object, &method.into())?.dyn_into()?;
    function.apply(object, &arguments.iter().collect::<Array>())
}

/// Makes an object of names and values.
pub(crate) fn object(entries: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (name, value) in entries {
        // A fresh plain object takes any property.
        drop(Reflect::set(&object, &(*name).into(), value));
    }
    object
}

/// Copies bytes to JavaScript.
pub(crate) fn bytes_out(bytes: &[u8]) -> Uint8Array {
    Uint8Array::from(bytes)
}

/// Copies bytes from an `ArrayBuffer` or a `Uint8Array`.
pub(crate) fn bytes_in(value: &JsValue) -> Option<Vec<u8>> {
    let fits =
        value.is_instance_of::<js_sys::ArrayBuffer>() || value.is_instance_of::<Uint8Array>();
    fits.then(|| Uint8Array::new(value).to_vec())
}

/// A timer of the browser; it goes with the wait that needs it.
struct Timer(i32);

impl Drop for Timer {
    fn drop(&mut self) {
        scope().clear_timeout_with_handle(self.0);
    }
}

/// Waits so many milliseconds. A wait that is dropped leaves no timer behind.
pub(crate) async fn sleep(ms: u64) {
    // Longer than 24 days is not waited for at once.
    let ms = i32::try_from(ms).unwrap_or(i32::MAX);
    let mut timer = Timer(0);
    let promise = Promise::new(&mut |resolve, _| {
        let set = scope().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, ms);
        timer.0 = set.unwrap_or_default();
    });
    drop(JsFuture::from(promise).await);
    drop(timer);
}

/// Gives what went wrong as text.
pub(crate) fn fault(error: &JsValue) -> String {
    let message = Reflect::get(error, &"message".into()).ok().and_then(|text| text.as_string());
    message.unwrap_or_else(|| "no reason given".to_owned())
}

/// Asks what the browser says of this app's storage.
pub(crate) async fn storage_facts() -> Option<StorageFacts> {
    let storage = scope().navigator().storage();
    let estimate = JsFuture::from(storage.estimate().ok()?).await.ok()?;
    let number = |name: &str| {
        let value = Reflect::get(&estimate, &name.into()).ok()?.as_f64()?;
        #[expect(
            clippy::as_conversions,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "bytes of a device's storage stay far below 2^53"
        )]
        Some(value as u64)
    };
    let persisted = JsFuture::from(storage.persisted().ok()?).await.ok()?;
    Some(StorageFacts {
        used: number("usage")?,
        quota: number("quota")?,
        persisted: persisted.as_bool().unwrap_or(false),
    })
}
