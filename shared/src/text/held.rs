//! Why a change is held for a person: what the server tells of it, and what that is called.
//!
//! The codes are those of `HeldNote` (`docs/protocol.md`, chapter of held changes).

use super::{Word, fill, w};
use crate::app::Language;

/// Its author's account has ended.
pub const ENDED: &str = "account ended";
/// Its author's device was revoked.
pub const REVOKED: &str = "device revoked";
/// Its author may not write that.
pub const NOT_PERMITTED: &str = "not permitted";
/// Nobody is known as its author.
pub const AUTHOR: &str = "author";
/// What it builds on is held.
pub const DEPENDS: &str = "depends";
/// It was half typed when its tablet was wiped or its passphrase forgotten.
pub const DRAFT: &str = "draft";
/// A person has decided that it, or what it builds on, is not shown.
pub const REFUSED: &str = "refused";
/// Its record, or its author's part of it, is as large as a trial can open.
pub const LARGE: &str = "large";
/// It wrote in what had been cleaned; the rest of it counts.
pub const CLEANED: &str = "cleaned";

/// Why something is held, as a sentence without its end. What a trial has found is told in the server's own
/// words, for support.
#[must_use]
pub fn why(language: Language, reason: &str) -> String {
    let word = match reason {
        ENDED => Word::HeldWhyEnded,
        REVOKED => Word::HeldWhyRevoked,
        NOT_PERMITTED => Word::HeldWhyNotPermitted,
        AUTHOR => Word::HeldWhyAuthor,
        DEPENDS => Word::HeldWhyDepends,
        DRAFT => Word::HeldWhyDraft,
        REFUSED => Word::HeldWhyRefused,
        LARGE => Word::HeldWhyLarge,
        CLEANED => Word::HeldWhyCleaned,
        found => return fill(w(language, Word::HeldWhyTrial), &[found]),
    };
    w(language, word).to_owned()
}
