//! Small questions to the page's elements.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event, FocusEvent, HtmlElement, HtmlInputElement, Node};

/// What stands in the field an event came from.
pub fn value_of(event: &Event) -> String {
    let Some(target) = event.target() else { return String::new() };
    // Inputs, text areas and selects alike.
    let value = js_sys::Reflect::get(&target, &"value".into());
    value.ok().and_then(|value| value.as_string()).unwrap_or_default()
}

/// Whether the checkbox an event came from is ticked.
pub fn checked_of(event: &Event) -> bool {
    let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
    input.is_some_and(|input| input.checked())
}

/// Whether the focus has left the element the listener sits on.
pub fn has_left(event: &FocusEvent) -> bool {
    let Some(holder) = event.current_target().and_then(|it| it.dyn_into::<Node>().ok()) else {
        return true;
    };
    let next = event.related_target().and_then(|it| it.dyn_into::<Node>().ok());
    !holder.contains(next.as_ref())
}

/// What `boot.js` and the page share.
pub fn boot() -> Option<JsValue> {
    let boot = js_sys::Reflect::get(&js_sys::global(), &"ankomst".into()).ok()?;
    boot.is_object().then_some(boot)
}

/// Asks `boot.js` to do something, and gives what it answers.
pub fn call(name: &str, arguments: &[JsValue]) -> Option<JsValue> {
    let boot = boot()?;
    let act =
        js_sys::Reflect::get(&boot, &name.into()).ok()?.dyn_into::<js_sys::Function>().ok()?;
    act.apply(&boot, &arguments.iter().collect()).ok()
}

/// The element with this id.
pub fn by_id(id: &str) -> Option<Element> {
    web_sys::window()?.document()?.get_element_by_id(id)
}

/// Puts the focus on the element with this id and brings it into view.
pub fn focus(id: &str) {
    if let Some(element) = by_id(id).and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
        element.scroll_into_view();
    }
}

/// Whether a key press was meant for a field, not for a shortcut.
pub fn is_typing(event: &Event) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|element| {
        element
            .closest("input, textarea, select, [contenteditable], dialog")
            .ok()
            .flatten()
            .is_some()
    })
}
