//! "Not ok" on an item of an inspection makes a deficiency of the house: one for an item of a run,
//! whoever marks it, because its entry's id follows from both.

use ankomst_shared::app::{Acted, Refusal};
use ankomst_shared::catalog::{Item, days_after, written_date};
use ankomst_shared::chunk::sha256;
use ankomst_shared::document::Edit;
use ankomst_shared::ids::{DocumentId, EntryId};
use ankomst_shared::sign::header::companion;
use ankomst_shared::text::Word;
use ankomst_shared::value::Value;

use super::super::state::Core;
use super::edit;
use crate::platform::Platform;

/// The day by which a deficiency of a severity must be put right (domain 3.22).
pub(super) fn deadline(severity: &str, found_on: jiff::civil::Date) -> String {
    let days = match severity {
        "S1" => 0,
        "S2" => 3,
        "S3" => 14,
        _ => 60,
    };
    written_date(days_after(found_on, days).unwrap_or(found_on))
}

impl<P: Platform> Core<P> {
    /// What follows from answers in a run: the house, the document of its deficiencies, what is
    /// to be written there.
    pub(in crate::app) fn follows(
        &self,
        run: DocumentId,
        edits: &[Edit],
    ) -> Result<Option<(DocumentId, DocumentId, Vec<Edit>)>, Refusal> {
        let today = self.now().today();
        self.with_open(|open| {
            let Some(header) = open.headers.get(&run) else { return Ok(None) };
            let Some(house) = header.parent.filter(|_| header.kind == "run") else {
                return Ok(None);
            };
            if open.kind(house) != Some("residence") {
                return Ok(None);
            }
            let known = open.judged_record(companion(house, "deficiencies"));
            let mut found = Vec::new();
            for answer in edits {
                let parts = answer.path.segments();
                let ("item", [Some(item), Some("status"), _]) = (parts.head, parts.rest) else {
                    continue;
                };
                let Some(item) = open.catalog.item(item) else { continue };
                let Some(severity) = item.severity else { continue };
                let entry = entry_of(run, item);
                let key = |field: &str| format!("deficiencies/{entry}/{field}");
                let before = |field: &str| {
                    known.as_ref().map_or("", |record| record.text(&key(field))).to_owned()
                };
                let is_known = !before("item").is_empty();
                let is_gone = !before("tombstone").is_empty();
                let is_bad = answer.value.as_str() == Some("not_ok");
                if is_bad && !is_known {
                    found.extend(first(&key, run, item, severity, today));
                } else if is_bad && is_gone {
                    found.extend(edit(&key("tombstone"), Value::Null));
                } else if !is_bad && is_known && !is_gone && before("state") == "open" {
                    // Answered by mistake, or put right on the spot before anyone dealt with it.
                    let reason = answer.value.as_str().unwrap_or_default();
                    found.extend(edit(&key("tombstone"), Value::text(reason)));
                }
            }
            let home = companion(house, "deficiencies");
            Ok((!found.is_empty()).then_some((house, home, found)))
        })
    }

    /// Seen again: still there. Whoever had claimed it mended is contradicted in the open.
    pub(super) async fn sighting(
        &self,
        document: DocumentId,
        entry: &str,
    ) -> Result<Acted, Refusal> {
        let one = self.entry()?;
        let key = |field: &str| format!("sightings/{one}/{field}");
        let state = self.with_open(|open| {
            let record = open.judged_record(document).ok_or(Refusal::NotHere)?;
            Ok(record.text(&format!("deficiencies/{entry}/state")).to_owned())
        })?;
        let mut values = vec![
            (key("deficiency"), Value::text(entry)),
            (key("date"), Value::text(self.today())),
            (key("still_present"), Value::Bool(true)),
        ];
        if matches!(state.as_str(), "fixed_claimed" | "verified") {
            values.push((format!("deficiencies/{entry}/state"), Value::text("reopened")));
        }
        self.write_known(document, &values).await?;
        Ok(self.done(Word::SightingDone, None))
    }
}

fn first(
    key: &impl Fn(&str) -> String,
    run: DocumentId,
    item: &Item,
    severity: u8,
    today: jiff::civil::Date,
) -> Vec<Edit> {
    let severity = format!("S{severity}");
    let deadline = deadline(&severity, today);
    [
        ("run", Value::text(run.to_string())),
        ("item", Value::text(&item.id)),
        ("severity", Value::text(severity)),
        ("found_on", Value::text(written_date(today))),
        ("deadline", Value::text(deadline)),
        ("state", Value::text("open")),
    ]
    .into_iter()
    .filter_map(|(field, value)| edit(&key(field), value))
    .collect()
}

fn entry_of(run: DocumentId, item: &Item) -> EntryId {
    let hash = sha256(&[b"ankomst deficiency", run.as_bytes(), item.id.as_bytes()]);
    EntryId::from_bytes(hash.first_chunk().copied().unwrap_or_default())
}
