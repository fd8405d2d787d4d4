//! What every view needs.
//!
//! Attributes are set by name here and not by Leptos's own methods, which have a type of their own
//! for each attribute and kind of value and so a copy of their code for each.

pub use leptos::prelude::{
    AnyView, CollectView, CustomAttribute, ElementChild, For, Get, GetValue, IntoAny, NodeRef,
    NodeRefAttribute, OnAttribute, PropAttribute, StoredValue, TimeoutHandle, UpdateValue,
    WithValue, mount_to, on_cleanup, set_timeout, set_timeout_with_handle, untrack, view,
};

use leptos::tachys::html::attribute::AttributeValue;
use leptos::tachys::html::attribute::custom::CustomAttr;
use leptos::tachys::view::add_attr::AddAnyAttr;

macro_rules! attributes {
    ($($method:ident $name:literal),* $(,)?) => {
        /// Attributes of any element, for the macro `view!`.
        pub trait Attributes: AddAnyAttr + Sized {
            $(
                #[doc = concat!("Sets the attribute `", $name, "`.")]
                fn $method<V: AttributeValue>(
                    self,
                    value: V,
                ) -> <Self as AddAnyAttr>::Output<CustomAttr<&'static str, V>> {
                    self.attr($name, value)
                }
            )*
        }
    };
}

attributes!(
    aria_busy "aria-busy", aria_checked "aria-checked", aria_current "aria-current",
    aria_describedby "aria-describedby", aria_hidden "aria-hidden", aria_invalid "aria-invalid", aria_keyshortcuts "aria-keyshortcuts",
    aria_label "aria-label", aria_labelledby "aria-labelledby", aria_live "aria-live",
    aria_modal "aria-modal", aria_pressed "aria-pressed", autocapitalize "autocapitalize",
    class "class", dir "dir", hidden "hidden", id "id", inputmode "inputmode", lang "lang",
    role "role", spellcheck "spellcheck", tabindex "tabindex", title "title",
);

impl<T: AddAnyAttr> Attributes for T {}
