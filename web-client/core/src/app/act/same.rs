//! Saying that two cards are of one person, or that they are not. What was said, by whom and why, stays.

use ankomst_shared::app::{Acted, Refusal};
use ankomst_shared::catalog::Catalog;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::path::FieldPath;
use ankomst_shared::same::named;
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
            let (at, shown) = named(case, other).ok_or(Refusal::BadValue)?;
            let is_here = open.kind(at) == Some("case")
                && open.record(at).is_some_and(|record| {
                    record.entries(Catalog::builtin(), "case", "persons").contains(&shown)
                });
            if joined && !is_here { Err(Refusal::NotHere) } else { Ok(()) }
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
