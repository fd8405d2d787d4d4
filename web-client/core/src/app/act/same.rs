//! Saying that two cards are of one person, or that they are not. What was said, by whom and why, stays.

use ankomst_shared::app::{Acted, Refusal};
use ankomst_shared::ids::DocumentId;
use ankomst_shared::path::FieldPath;
use ankomst_shared::same::{Card, There, named};
use ankomst_shared::value::Value;

use super::super::state::Core;
use crate::platform::Platform;

impl<P: Platform> Core<P> {
    /// Says of a card that it is of the person of another one, which must be here to be seen, or is not.
    pub(super) async fn same(
        &self,
        (case, entry): (DocumentId, &str),
        other: &str,
        joined: bool,
        reason: &str,
    ) -> Result<Acted, Refusal> {
        self.with_open(|open| {
            let shown = named(case, other).ok_or(Refusal::BadValue)?;
            let mut is_here = |card: &Card| open.has_card(card) == There::Yes;
            let are_here = is_here(&(case, entry.to_owned())) && (!joined || is_here(&shown));
            if are_here { Ok(()) } else { Err(Refusal::NotHere) }
        })?;
        let id = self.entry()?.to_string();
        let mut values = Vec::new();
        let to = if joined { Value::text(other) } else { Value::Null };
        for (list, one, field, value) in [
            ("persons/", entry, "/duplicate_of", to),
            ("same_said/", &id, "/person", Value::text(entry)),
            ("same_said/", &id, "/other", Value::text(other)),
            ("same_said/", &id, "/joined", Value::Bool(joined)),
            ("same_said/", &id, "/reason", Value::text(reason)),
        ] {
            let path = FieldPath::parse(&[list, one, field].concat());
            values.push((path.map_err(|_| Refusal::BadValue)?, value));
        }
        self.set_values(case, values).await
    }
}
