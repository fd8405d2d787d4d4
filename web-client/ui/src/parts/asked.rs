//! Answers of forms that are no records: saved while they are typed, given back to who comes to the
//! form again, gone when it is done.

use std::cell::OnceCell;

use ankomst_shared::app::{Command, Reply};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;

use crate::bridge::ask;
use crate::field::kept;
use crate::prelude::*;
use crate::react::Kept;
use crate::typing::{self, Mark};

thread_local! {
    static TAB: OnceCell<String> = const { OnceCell::new() };
}

/// A name of this tab for as long as it is open.
fn tab() -> String {
    TAB.with(|tab| tab.get_or_init(|| js_sys::Math::random().to_bits().to_string()).clone())
}

/// The id of a form by what it is about: an act, or anything else that bytes tell from every other.
pub fn form_of(about: &[u8]) -> DocumentId {
    // FNV-1a: nobody gains by two forms that fall together.
    let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    for byte in about {
        hash = (hash ^ u128::from(*byte)).wrapping_mul(0x0100_0000_0000_0000_0000_013b);
    }
    DocumentId::from_bytes(hash.to_le_bytes())
}

/// Gives what is half typed in a form; nothing most of the time.
pub fn found(form: DocumentId, then: impl FnOnce(Vec<(String, Value)>) + 'static) {
    find(form, Box::new(then));
}

/// What is done with answers that were found.
type Then = Box<dyn FnOnce(Vec<(String, Value)>)>;

fn find(form: DocumentId, then: Then) {
    ask(Command::Asked { form, tab: tab(), leaves: false }, |reply| {
        then(if let Reply::Asked(answers) = reply { answers } else { Vec::new() });
    });
}

/// The form is done or given up: nothing of it is kept.
pub fn forget(form: DocumentId) {
    typing::forget(form);
    ask(Command::Asked { form, tab: tab(), leaves: true }, |_| {});
}

/// A form on the page.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    form: DocumentId,
    mark: StoredValue<Kept<Mark>>,
}

impl Asked {
    /// Takes a form up; it goes with the current owner.
    pub fn new(form: DocumentId) -> Self {
        Self { form, mark: StoredValue::new(Kept::new(Mark::Quiet)) }
    }

    /// Saves an answer.
    pub fn keep(self, question: &str, value: Value) {
        if let Ok(path) = FieldPath::parse(&format!("asked/{}/{question}", tab())) {
            typing::save(self.form, &path, value, &self.mark.get_value());
        }
    }

    /// Shows that it is saved.
    pub fn mark(self) -> AnyView {
        kept(self.mark.get_value())
    }

    /// The form is done.
    pub fn done(self) {
        self.mark.get_value().set(Mark::Quiet);
        forget(self.form);
    }
}
