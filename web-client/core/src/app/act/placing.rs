//! Who lives where: placing, moving, ending. A move is a new placement, never an edit.

use ankomst_shared::app::{Act, Acted, Refusal};
use ankomst_shared::catalog::read_date;
use ankomst_shared::document::Edit;
use ankomst_shared::ids::DocumentId;
use ankomst_shared::path::FieldPath;
use ankomst_shared::text::Word;
use ankomst_shared::value::Value;

use super::super::command::checked;
use super::super::state::Core;
use super::{Answers, edit};
use crate::platform::Platform;

/// What goes over to the next placement of the same person.
const KEPT: [&str; 8] =
    ["person", "case", "display", "age_band", "sex", "household", "assignment", "basis"];

impl<P: Platform> Core<P> {
    pub(super) async fn place(
        &self,
        (residence, room, bed): (DocumentId, &str, Option<&str>),
        answers: &Answers,
    ) -> Result<Acted, Refusal> {
        let (case, person) = answers.text("person")?.split_once('/').ok_or(Refusal::BadValue)?;
        let case: DocumentId = case.parse().map_err(|_| Refusal::BadValue)?;
        let stands = self.with_open(|open| {
            let record = open.judged_record(case).ok_or(Refusal::NotHere)?;
            Ok(record.entries(open.catalog, "case", "persons").iter().any(|one| one == person))
        })?;
        // Who stands only in a file may be nobody.
        if !stands && let Some(waits) = self.is_first_judged(case)? {
            return Ok(waits);
        }
        let mut facts = self.facts_of(case, person)?;
        facts.push(("room", Value::text(room)));
        facts.extend(bed.map(|bed| ("bed", Value::text(bed))));
        let entry = self.settle_in(residence, facts, answers.text("from_date")?).await?;
        self.mirror(case, residence).await?;
        let path = FieldPath::parse(&format!("occupancy/{entry}/state"));
        let path = path.map_err(|_| Refusal::Internal)?;
        let undo = Act::Set { document: residence, values: vec![(path, Value::text("cancelled"))] };
        Ok(self.done(Word::Placed, Some(undo)))
    }

    pub(super) async fn move_on(
        &self,
        residence: DocumentId,
        occupant: &str,
        answers: &Answers,
    ) -> Result<Acted, Refusal> {
        let mut parts = answers.text("to")?.split('/');
        let house = parts.next().and_then(|house| house.parse::<DocumentId>().ok());
        let (Some(house), Some(room)) = (house, parts.next()) else {
            return Err(Refusal::BadValue);
        };
        let from_date = answers.text("from_date")?;
        let mut facts = self.with_open(|open| {
            let record = open.judged_record(residence).ok_or(Refusal::NotHere)?;
            let kept = KEPT.iter().filter_map(|field| {
                let value = record.value(&format!("occupancy/{occupant}/{field}"))?;
                Some((*field, value.clone()))
            });
            Ok(kept.collect::<Vec<_>>())
        })?;
        if facts.is_empty()
            && let Some(waits) = self.is_first_judged(residence)?
        {
            return Ok(waits);
        }
        facts.push(("room", Value::text(room)));
        facts.extend(parts.next().map(|bed| ("bed", Value::text(bed))));
        let case = facts.iter().find(|(field, _)| *field == "case");
        let case = case.and_then(|(_, value)| value.as_str()?.parse::<DocumentId>().ok());
        // The new one first: cut off in between, the person is seen in two places, never in none.
        let entry = self.settle_in(house, facts, from_date).await?;
        let key = |field: &str| format!("occupancy/{occupant}/{field}");
        let ended = [
            (key("state"), Value::text("ended")),
            (key("to_date"), Value::text(from_date)),
            (key("end_reason"), Value::text("placement_changed")),
            (key("next_placement"), Value::text(entry)),
        ];
        self.write_known(residence, &ended).await?;
        if let Some(case) = case.filter(|_| house != residence) {
            self.mirror(case, house).await?;
        }
        Ok(self.done(Word::Moved, None))
    }

    pub(super) async fn end(
        &self,
        residence: DocumentId,
        occupant: &str,
        answers: &Answers,
    ) -> Result<Acted, Refusal> {
        let key = |field: &str| FieldPath::parse(&format!("occupancy/{occupant}/{field}"));
        let (state, to_date, reason) = (key("state"), key("to_date"), key("end_reason"));
        let (Ok(state), Ok(to_date), Ok(reason)) = (state, to_date, reason) else {
            return Err(Refusal::NotHere);
        };
        let values = vec![
            (state, Value::text("ended")),
            (to_date, Value::text(answers.text("to_date")?)),
            (reason, Value::text(answers.text("end_reason")?)),
        ];
        let acted = self.set_values(residence, values).await?;
        Ok(Acted { say: self.say(Word::EndedDone, &[]), ..acted })
    }

    /// What the record of a house may know of a person: initials, age band, sex.
    fn facts_of(
        &self,
        case: DocumentId,
        person: &str,
    ) -> Result<Vec<(&'static str, Value)>, Refusal> {
        let today = self.now().today();
        self.with_open(|open| {
            let record = open.judged_record(case).ok_or(Refusal::NotHere)?;
            let text = |field: &str| record.text(&format!("persons/{person}/{field}"));
            let names = [text("given"), text("family")];
            let initial = |name: &str| name.chars().next().map(String::from);
            let mut initials: Vec<String> = names.into_iter().filter_map(initial).collect();
            if initials.is_empty() {
                // Whom only the own script names.
                initials = text("native_name").split_whitespace().filter_map(initial).collect();
            }
            let display = if initials.is_empty() { "?".to_owned() } else { initials.join(".") };
            let mut facts = vec![
                ("person", Value::text(person)),
                ("case", Value::text(case.to_string())),
                ("display", Value::text(display)),
            ];
            if let Some(born) = read_date(text("birth_date")) {
                let had_birthday = (today.month(), today.day()) >= (born.month(), born.day());
                let years = today.year() - born.year() - i16::from(!had_birthday);
                facts.push(("age_band", Value::text(age_band(years))));
            }
            if !text("sex").is_empty() {
                facts.push(("sex", Value::text(text("sex"))));
            }
            Ok(facts)
        })
    }

    /// Writes a new placement; one that begins later is planned.
    async fn settle_in(
        &self,
        residence: DocumentId,
        mut facts: Vec<(&'static str, Value)>,
        from_date: &str,
    ) -> Result<String, Refusal> {
        let from = read_date(from_date).ok_or(Refusal::BadValue)?;
        let state = if from > self.now().today() { "planned" } else { "active" };
        facts.push(("from_date", Value::text(from_date)));
        facts.push(("state", Value::text(state)));
        let entry = self.entry()?.to_string();
        let facts: Vec<(String, Value)> = facts
            .into_iter()
            .map(|(field, value)| (format!("occupancy/{entry}/{field}"), value))
            .collect();
        self.write_known(residence, &facts).await?;
        Ok(entry)
    }

    /// Writes those of the values whose fields the catalog knows.
    pub(super) async fn write_known(
        &self,
        document: DocumentId,
        values: &[(String, Value)],
    ) -> Result<(), Refusal> {
        let edits = self.with_open(|open| {
            let kind = open.kind(document).ok_or(Refusal::NotHere)?;
            let mut edits: Vec<Edit> = Vec::new();
            for (key, value) in values {
                let Some(known) = edit(key, value.clone()) else { continue };
                match checked(kind, known.path, value) {
                    Err(Refusal::NotHere) => {}
                    other => edits.push(other?),
                }
            }
            Ok(edits)
        })?;
        let _turn = self.0.turn.take().await;
        self.write(document, &edits).await
    }

    /// The case says in which house its household lives.
    async fn mirror(&self, case: DocumentId, residence: DocumentId) -> Result<(), Refusal> {
        let here = self.with_open(|open| Ok(open.kind(case) == Some("case")))?;
        if !here {
            return Ok(());
        }
        let values = [("residence".to_owned(), Value::text(residence.to_string()))];
        self.write_known(case, &values).await
    }
}

/// The band of an age in years, of the list `age_band`.
fn age_band(years: i16) -> &'static str {
    match years {
        ..=5 => "0-5",
        6..=12 => "6-12",
        13..=17 => "13-17",
        18..=64 => "18-64",
        _ => "65-",
    }
}
