//! What a hostile web page, and hostile words in a record, can do in a real browser: nothing.
#![expect(clippy::unwrap_used, reason = "helpers of tests stop at what is unexpected")]

mod hostile;
mod markup;
mod profile;
mod site;
mod words;
