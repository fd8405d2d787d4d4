//! Answers of forms that are no records: saved while they are typed, given back to who comes to the
//! form again, gone when it is done.

use std::cell::OnceCell;

use ankomst_shared::app::{Command, Reply};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::path::FieldPath;
use ankomst_shared::value::Value;

use crate::bridge::ask;
use crate::react::Kept;
use crate::typing::{self, Mark};

thread_local! {
    static TAB: OnceCell<String> = const { OnceCell::new() };
}

/// A name of this tab for as long as it is open.
fn tab() -> String {
    TAB.with(|tab| tab.get_or_init(|| js_sys::Math::random().to_bits().to_string()).clone())
}

/// A form by what it is about.
#[derive(Debug, Clone, Copy)]
pub struct Asked(DocumentId);

impl Asked {
    /// The form of an act, or of anything else that bytes tell from every other form.
    pub fn of(bytes: &[u8]) -> Self {
        // FNV-1a: nobody gains by two forms that fall together.
        let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
        for byte in bytes {
            hash = (hash ^ u128::from(*byte)).wrapping_mul(0x0100_0000_0000_0000_0000_013b);
        }
        Self(DocumentId::from_bytes(hash.to_le_bytes()))
    }

    /// Gives what was typed into the form before; nothing most of the time.
    pub fn found(self, then: impl FnOnce(Vec<(String, Value)>) + 'static) {
        self.find(Box::new(then));
    }

    fn find(self, then: Box<dyn FnOnce(Vec<(String, Value)>)>) {
        self.comes(false, |reply| {
            then(if let Reply::Asked(answers) = reply { answers } else { Vec::new() });
        });
    }

    fn comes(self, leaves: bool, then: impl FnOnce(Reply) + 'static) {
        ask(Command::Asked { form: self.0, tab: tab(), leaves }, then);
    }

    /// Saves an answer.
    pub fn keep(self, question: &str, value: Value) {
        if let Ok(path) = FieldPath::parse(&format!("asked/{}/{question}", tab())) {
            typing::save(self.0, &path, value, &Kept::new(Mark::Quiet));
        }
    }

    /// The form is done or given up.
    pub fn done(self) {
        typing::forget(self.0);
        self.comes(true, |_| {});
    }
}
