//! Words of the page in its language.

use ankomst_shared::app::Refusal;
pub use ankomst_shared::text::Text;
use ankomst_shared::text::t;

use crate::state::ui;

/// The words in the page's language.
pub fn tr(text: Text) -> &'static str {
    t(ui().language.get_untracked(), text)
}

/// The words with their gaps `{0}`, `{1}` … filled.
pub fn fill(text: Text, parts: &[&str]) -> String {
    ankomst_shared::text::fill(tr(text), parts)
}

/// The words for one or for many, with the number in `{0}`.
pub fn count(one: Text, many: Text, number: u32) -> String {
    fill(if number == 1 { one } else { many }, &[&number.to_string()])
}

/// What happened, what is safe, and what to do next.
pub fn refusal(refusal: Refusal) -> &'static str {
    tr(match refusal {
        Refusal::Locked => Text::RefusalLocked,
        Refusal::WrongPassword => Text::RefusalWrongPassword,
        Refusal::WrongPassphrase => Text::RefusalWrongPassphrase,
        Refusal::ShortPassphrase => Text::RefusalShortPassphrase,
        Refusal::NoContact => Text::RefusalNoContact,
        Refusal::NoVault => Text::RefusalNoVault,
        Refusal::NotHere => Text::RefusalNotHere,
        Refusal::Aside => Text::RefusalAside,
        Refusal::BadValue => Text::RefusalBadValue,
        Refusal::TooLong => Text::RefusalTooLong,
        Refusal::Immutable => Text::RefusalImmutable,
        Refusal::Missing => Text::RefusalMissing,
        Refusal::Signed => Text::RefusalSigned,
        Refusal::NoPlace => Text::PageUnknownHow,
        Refusal::Stale => Text::RefusalStale,
        Refusal::NotAllowed => Text::RefusalNotAllowed,
        Refusal::Storage => Text::RefusalStorage,
        Refusal::OtherBuild => Text::RefusalOtherBuild,
        Refusal::BadMessage | Refusal::Internal => Text::RefusalInternal,
        Refusal::TooMany => Text::RefusalTooMany,
        Refusal::OnlyByLink => Text::RefusalOnlyByLink,
        Refusal::WrongPin => Text::RefusalWrongPin,
        Refusal::Lease => Text::RefusalLease,
        Refusal::Wait(_) => Text::RefusalWait,
        Refusal::WrongKey => Text::RefusalWrongKey,
        Refusal::NeedsKey => Text::RefusalNeedsKey,
        Refusal::NoRoom => Text::RefusalNoRoom,
        Refusal::LongFile => Text::RefusalLongFile,
        Refusal::Wiped => Text::WipeOrdered,
    })
}
